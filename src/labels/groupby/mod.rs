//! Groups of equal labels: reductions by group, arithmetic with group values, and functions of groups.
//!
//! A group reduction is one pass over the data: each chunk is folded into a row for each group.

mod arithmetic;
mod factorize;
mod map;
mod reduce;

use std::sync::Arc;

use indexmap::IndexMap;

use super::align::{AlignOptions, align_parts};
use super::coords::Coords;
use super::dataarray::{DataArray, THIS};
use super::dataset::Dataset;
use super::operand::Labelled;
use super::reindex::reindex_parts;
use super::variable::{Name, Variable};
use crate::error::{Error, Result};
use crate::index::{Join, Positions};
use crate::lazy::AxisFrom;
use factorize::factorize;

/// What objects are grouped by: the name of a coordinate or variable, a component of a time
/// (`"time.month"`), or an array along a dimension.
#[derive(Clone)]
pub enum GroupKey {
    /// The name of a coordinate or variable, or of a component of one.
    Name(Name),
    /// Labels along one or more dimensions; its name (or `group`) becomes the dimension of groups.
    Array(Box<DataArray>),
}

impl From<&str> for GroupKey {
    fn from(name: &str) -> Self {
        GroupKey::Name(name.into())
    }
}

impl From<String> for GroupKey {
    fn from(name: String) -> Self {
        GroupKey::Name(name.into())
    }
}

impl From<&DataArray> for GroupKey {
    fn from(array: &DataArray) -> Self {
        GroupKey::Array(Box::new(array.clone()))
    }
}

impl From<DataArray> for GroupKey {
    fn from(array: DataArray) -> Self {
        GroupKey::Array(Box::new(array))
    }
}

/// An array or dataset with a group for each position of one dimension.
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
    object: T,
    groups: Groups,
}

impl<T> std::fmt::Debug for GroupBy<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let g = &self.groups;
        write!(f, "GroupBy({} groups `{}` along `{}`)", g.count, g.name, g.dim)
    }
}

/// The groups of the positions along a dimension.
#[derive(Clone)]
struct Groups {
    /// The dimension that the groups get.
    name: Name,
    /// The dimension that they take apart.
    dim: Name,
    /// The group of each position; -1 belongs to none.
    codes: Arc<[i32]>,
    /// How many groups there are.
    count: usize,
    /// The labels of the groups along `name`, unless they are just positions.
    labels: Option<Variable>,
}

impl DataArray {
    /// Groups the positions of a dimension by equal labels: those of a coordinate, of a component of a
    /// time (`"time.month"`, `"time.season"`, ...), or of another array.
    ///
    /// Groups are sorted by label; missing labels are in no group. Reads the labels, no data.
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
    pub fn groupby(&self, by: impl Into<GroupKey>) -> Result<GroupBy<DataArray>> {
        GroupBy::new(self.clone(), by.into()).map_err(|e| e.at(self.place()))
    }
}

impl Dataset {
    /// Groups the positions of a dimension by equal labels: those of a coordinate, of a component of a
    /// time (`"time.month"`, `"time.season"`, ...), or of another array.
    ///
    /// Groups are sorted by label; missing labels are in no group. Reads the labels, no other data.
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
    pub fn groupby(&self, by: impl Into<GroupKey>) -> Result<GroupBy<Dataset>> {
        GroupBy::new(self.clone(), by.into()).map_err(|e| e.at(self.place()))
    }
}

impl<T: Labelled> GroupBy<T> {
    fn new(object: T, by: GroupKey) -> Result<Self> {
        let mut parts = object.to_parts();
        let (name, mut group) = match by {
            GroupKey::Name(name) => {
                let array = parts.get(&name)?;
                let positions = parts.find(&name).is_none() && parts.sizes().contains_key(&name);
                if positions && array.variable().size() > 0 {
                    return Ok(GroupBy { object, groups: Groups::positions(name, array.variable().size()) });
                }
                (array.name().cloned().unwrap_or(name), array.variable().clone())
            }
            GroupKey::Array(array) => {
                // Labels must be those of the object, not merely as many.
                align_parts(&[parts.clone(), array.to_parts()], &AlignOptions::new(Join::Exact))?;
                (array.name().cloned().unwrap_or_else(|| "group".into()), array.variable().clone())
            }
        };
        let sizes = parts.sizes();
        if let Some(d) = group.dims().iter().find(|d| !sizes.contains_key(*d)) {
            return Err(Error::not_found("dimension", d, sizes.keys()).at(format!("groups `{name}`")));
        }
        if group.ndim() == 0 {
            return Err(Error::invalid(format!("`{name}` is a single value: it makes no groups")));
        }
        if group.size() == 0 {
            return Err(Error::invalid(format!("`{name}` has length 0: there are no groups")));
        }
        if group.ndim() == 1 {
            return Ok(GroupBy { object, groups: Groups::new(name, &group)? });
        }
        let stacked: Name = format!("stacked_{}", group.dims().join("_")).into();
        let dims = group.dims().to_vec();
        parts = stack(&parts, &dims, &stacked)?;
        group = stack_variable(&group, &sizes, &dims, &stacked)?;
        Ok(GroupBy { object: object.rebuild(parts)?, groups: Groups::new(name, &group)? })
    }

    /// The dimension that the groups get in results.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?.with_name("key");
    /// assert_eq!(a.groupby(key)?.name().as_ref(), "key");
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn name(&self) -> &Name {
        &self.groups.name
    }

    /// The labels of the groups in order, unless the groups are single positions without labels.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![7i64, 5, 7])?;
    /// let groups = a.groupby(key)?;
    /// assert_eq!(groups.labels().map(|l| l.load()).transpose()?, Some(Block::from_vec(&[2], vec![5i64, 7])?));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn labels(&self) -> Option<&Variable> {
        self.groups.labels.as_ref()
    }

    /// How many groups there are.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
    /// assert_eq!(a.groupby(key)?.len(), 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.groups.count
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
        self.groups.count == 0
    }

    /// Whether the object is an array, whose dimensions keep their places.
    fn is_array(parts: &Dataset) -> bool {
        parts.data_vars().contains_key(THIS)
    }

    /// The object without the positions that are in no group.
    fn grouped_rows(&self) -> Result<Dataset> {
        let parts = self.object.to_parts();
        let groups = &self.groups;
        if !groups.codes.contains(&-1) {
            return Ok(parts);
        }
        let rows = groups.rows().map(|(row, _)| row as i64).collect();
        let takes = IndexMap::from([(groups.dim.clone(), Positions::Many(rows))]);
        reindex_parts(&parts, &takes, Vec::new(), None)
    }
}

impl Groups {
    /// Every position a group of its own, without labels.
    fn positions(dim: Name, len: usize) -> Groups {
        let codes = (0..len as i32).collect();
        Groups { name: dim.clone(), dim, codes, count: len, labels: None }
    }

    fn new(name: Name, group: &Variable) -> Result<Groups> {
        let labels = group.load()?;
        let dim = group.dims()[0].clone();
        let (mut codes, mut unique) = factorize(&labels).map_err(|e| e.at(format!("groups `{name}`")))?;
        let count = unique.size();
        if count == 0 {
            return Err(Error::invalid(format!("every label of `{name}` is missing: there are no groups")));
        }
        // An index without duplicates in falling order stays as it is.
        if name == dim && count == codes.len() && codes.is_sorted_by(|a, b| a > b) {
            codes = (0..count as i32).collect();
            unique = labels;
        }
        let labels = Variable::new([name.clone()], unique)?.with_attrs(group.attrs.clone());
        Ok(Groups { name, dim, codes: codes.into(), count, labels: Some(labels) })
    }

    /// Positions that are in a group, with their groups.
    fn rows(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.codes.iter().enumerate().filter_map(|(row, c)| Some((row, usize::try_from(*c).ok()?)))
    }

    /// An error if a variable has the dimension that the groups are to get.
    fn check_free(&self, dims: &[Name]) -> Result<()> {
        match self.name != self.dim && dims.contains(&self.name) {
            false => Ok(()),
            true => Err(Error::invalid(format!("the groups' dimension `{}` exists already", self.name))
                .help("rename that dimension, or group by an array of another name")),
        }
    }

    /// The coordinate of the groups.
    fn add_coord(&self, coords: &mut Coords) -> Result<()> {
        match &self.labels {
            Some(labels) => coords.insert(self.name.clone(), labels.clone()),
            None => Ok(()),
        }
    }
}

/// The dataset with several dimensions made one, the last of each variable that has any of them.
fn stack(ds: &Dataset, dims: &[Name], stacked: &Name) -> Result<Dataset> {
    let sizes = ds.sizes();
    let turn = |v: &Variable| match v.dims().iter().any(|d| dims.contains(d)) {
        true => stack_variable(v, &sizes, dims, stacked),
        false => Ok(v.clone()),
    };
    let data_vars = ds.map_variables(|v| turn(v).map(Some))?;
    Ok(ds.with_parts(data_vars, ds.coords().without_dims(dims)))
}

fn stack_variable(
    v: &Variable,
    sizes: &IndexMap<Name, usize>,
    dims: &[Name],
    stacked: &Name,
) -> Result<Variable> {
    let kept: Vec<Name> = v.dims().iter().filter(|d| !dims.contains(d)).cloned().collect();
    let from: Vec<AxisFrom> = (kept.iter().chain(dims))
        .map(|d| v.axis(d).map_or_else(|| AxisFrom::Repeat(sizes[d]), AxisFrom::Input))
        .collect();
    let mut shape: Vec<usize> = kept.iter().map(|d| sizes[d]).collect();
    shape.push(dims.iter().map(|d| sizes[d]).product());
    let data = v.data().axes(&from)?.reshape(&shape)?;
    v.with_data(kept.into_iter().chain([stacked.clone()]), data)
}

#[cfg(test)]
mod tests;
