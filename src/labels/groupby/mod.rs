//! Groups of equal labels: reductions by group, arithmetic with group values, and functions of groups.
//!
//! A group reduction is one pass over the data: each chunk is folded into a row for each group.

mod arithmetic;
mod bins;
mod cumulative;
mod cut;
mod extremes;
mod factorize;
mod grouper;
mod groups;
mod key;
mod map;
mod quantile;
mod reduce;
mod reduce_lanes;
mod seasons;
mod settle;

use super::dataarray::{DataArray, THIS};
use super::dataset::Dataset;
use super::operand::Labelled;
use super::variable::{Name, Variable};
use crate::error::{Error, Result};
pub use bins::{BinGrouper, Bins};
pub use grouper::{Encoded, Grouper, UniqueGrouper};
pub(in crate::labels) use groups::Groups;
pub use key::{GroupBySource, GroupKey, IntoGroupKeys, KeyLabels};
pub use seasons::SeasonGrouper;
pub(in crate::labels) use seasons::{dates, months_of};

/// An array or dataset with a group for each position along one or more dimensions.
///
/// A key is a name, an array or a component of a time; with a [`Grouper`] it makes groups of another kind
/// than equal labels. Several keys make a group of each combination, and give a dimension each.
///
/// ```
/// use graticule::array::Block;
/// use graticule::labels::{DataArray, Variable};
/// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 2.0, 3.0, 6.0])?;
/// let letter = Variable::from_vec(&[("x", 4)], ["b", "a", "b", "a"].map(graticule::dtype::Text::from).to_vec())?;
/// let a = a.assign_coords([("letter", letter)])?;
/// let means = a.groupby("letter")?.mean("x")?;
/// assert_eq!(means.to_vec::<f64>()?, [4.0, 2.0]);
/// let anomalies = a.groupby("letter")?.sub(&means)?;
/// assert_eq!(anomalies.to_vec::<f64>()?, [-1.0, -2.0, 1.0, 2.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Clone)]
pub struct GroupBy<T> {
    pub(in crate::labels) object: T,
    pub(in crate::labels) groups: Groups,
}

impl<T> std::fmt::Debug for GroupBy<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let g = &self.groups;
        write!(f, "GroupBy({} groups `{}` along `{}`)", g.count(), g.names(), g.own_dims().join("`, `"))
    }
}

impl DataArray {
    /// Groups positions by equal labels: those of a coordinate, of a component of a time (`"time.month"`,
    /// `"time.season"`, ...), or of another array, along one or more dimensions.
    ///
    /// Groups are sorted by label; missing labels are in no group. Several keys make a group of each
    /// combination; a key with a [`Grouper`] makes groups of another kind (bins, seasons, given labels).
    /// Reads the labels, no data.
    ///
    /// # Errors
    /// If there is no such coordinate, there are no labels or all are missing, or they lie along no dimension.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = Variable::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
    /// let a = a.assign_coords([("key", key)])?;
    /// assert_eq!(a.groupby("key")?.sum(())?.to_vec::<f64>()?, [2.0, 5.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn groupby(&self, by: impl IntoGroupKeys) -> Result<GroupBy<DataArray>> {
        GroupBy::new(self.clone(), by).map_err(|e| e.at(self.place()))
    }
}

impl Dataset {
    /// Groups positions by equal labels: those of a coordinate, of a component of a time (`"time.month"`,
    /// `"time.season"`, ...), or of another array, along one or more dimensions.
    ///
    /// Groups are sorted by label; missing labels are in no group. Several keys make a group of each
    /// combination; a key with a [`Grouper`] makes groups of another kind (bins, seasons, given labels).
    /// Reads the labels, no other data. Variables that lack the grouped dimensions repeat for each group.
    ///
    /// # Errors
    /// If there is no such variable, there are no labels or all are missing, or they lie along no dimension.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?.with_name("key");
    /// let sums = a.to_dataset("a").groupby(&key)?.sum(())?;
    /// assert_eq!(sums.get("a")?.to_vec::<f64>()?, [2.0, 5.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn groupby(&self, by: impl IntoGroupKeys) -> Result<GroupBy<Dataset>> {
        GroupBy::new(self.clone(), by).map_err(|e| e.at(self.place()))
    }
}

impl<T: Labelled> GroupBy<T> {
    pub(in crate::labels) fn new(object: T, by: impl IntoGroupKeys) -> Result<Self> {
        let groups = Groups::by(&by.into_keys(), &object.to_parts())?;
        Ok(GroupBy { object, groups })
    }

    /// The dimensions that the groups get in results: one for each key.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?.with_name("key");
    /// assert_eq!(a.groupby(key)?.names(), ["key".into()]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn names(&self) -> Vec<Name> {
        self.groups.keys.iter().map(|k| k.name.clone()).collect()
    }

    /// The labels of the groups of a key in order; `None` if they are single positions without labels.
    ///
    /// # Errors
    /// If no key has this name.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![7i64, 5, 7])?.with_name("key");
    /// let groups = a.groupby(key)?;
    /// assert_eq!(groups.labels("key")?.map(|l| l.load()).transpose()?, Some(Block::from_vec(&[2], vec![5i64, 7])?));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn labels(&self, name: &str) -> Result<Option<&Variable>> {
        let key = self.groups.keys.iter().find(|k| &*k.name == name);
        match key {
            Some(key) => Ok(key.labels.as_ref()),
            None => Err(Error::not_found("group dimension", name, self.names())),
        }
    }

    /// How many groups there are, those without members included; of several keys the combinations.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
    /// assert_eq!(a.groupby(key)?.len(), 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.groups.count()
    }

    /// Whether there are no groups.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
    /// // Without a single group there is an error instead.
    /// assert!(!a.groupby(key)?.is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.groups.count() == 0
    }

    /// Whether the object is an array, whose dimensions keep their places.
    pub(in crate::labels) fn is_array(parts: &Dataset) -> bool {
        parts.data_vars().contains_key(THIS)
    }
}

#[cfg(test)]
mod tests;
