//! What objects are grouped by.

use std::sync::Arc;

use super::grouper::{Grouper, UniqueGrouper};
use crate::error::{Error, Result};
use crate::index::Join;
use crate::labels::align::{AlignOptions, align_parts};
use crate::labels::dataarray::DataArray;
use crate::labels::dataset::Dataset;
use crate::labels::variable::{Name, Variable};

/// Where the labels of a key come from.
#[derive(Clone)]
pub enum GroupBySource {
    /// The name of a coordinate or variable, of a component of a time (`"time.month"`), or of a dimension.
    Name(Name),
    /// Labels along one or more dimensions; its name (or `group`) becomes the dimension of groups.
    Array(Box<DataArray>),
}

/// A key to group by: labels, and the [`Grouper`] that makes groups of them.
///
/// Names and arrays are keys by themselves (equal labels make a group); a pair of one of them and a
/// grouper is a key too.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::labels::GroupKey;
/// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 2.0, 3.0, 6.0])?;
/// let a = a.assign_coords([("basin", Variable::from_vec(&[("x", 4)], vec![7i64, 5, 7, 5])?)])?;
/// let ordered = UniqueGrouper::with_labels(Block::from_vec(&[2], vec![7i64, 5])?);
/// assert_eq!(a.groupby(GroupKey::new("basin", ordered))?.sum(())?.to_vec::<f64>()?, [4.0, 8.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Clone)]
pub struct GroupKey {
    source: GroupBySource,
    grouper: Arc<dyn Grouper>,
}

/// The labels of a key, as a [`Grouper`] gets them.
#[derive(Debug, Clone)]
pub struct KeyLabels {
    /// The name of the labels.
    pub name: Name,
    /// The labels along their dimensions.
    pub variable: Variable,
    /// Whether they are just the positions along a dimension without labels.
    pub positions: bool,
}

impl GroupKey {
    /// A key of labels and a grouper.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::GroupKey;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
    /// let ordered = GroupKey::new(key, UniqueGrouper::with_labels(Block::from_vec(&[2], vec![1i64, 0])?));
    /// assert_eq!(a.groupby(ordered)?.sum(())?.to_vec::<f64>()?, [5.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(source: impl Into<GroupBySource>, grouper: impl Grouper + 'static) -> Self {
        GroupKey { source: source.into(), grouper: Arc::new(grouper) }
    }

    pub(super) fn grouper(&self) -> &dyn Grouper {
        &*self.grouper
    }

    /// The labels of the key in an object.
    pub(super) fn labels(&self, parts: &Dataset) -> Result<KeyLabels> {
        let key = match &self.source {
            GroupBySource::Name(name) => {
                let array = parts.get(name)?;
                let positions = parts.find(name).is_none() && parts.sizes().contains_key(name);
                let name = array.name().cloned().unwrap_or_else(|| name.clone());
                KeyLabels { name, variable: array.variable().clone(), positions }
            }
            GroupBySource::Array(array) => {
                // Labels must be those of the object, not merely as many.
                align_parts(
                    &[parts.clone(), crate::labels::Labelled::to_parts(&**array)],
                    &AlignOptions::new(Join::Exact),
                )?;
                let name = array.name().cloned().unwrap_or_else(|| "group".into());
                KeyLabels { name, variable: array.variable().clone(), positions: false }
            }
        };
        let (name, variable) = (&key.name, &key.variable);
        let sizes = parts.sizes();
        if let Some(d) = variable.dims().iter().find(|d| !sizes.contains_key(*d)) {
            return Err(Error::not_found("dimension", d, sizes.keys()).at(format!("groups `{name}`")));
        }
        if variable.ndim() == 0 {
            return Err(Error::invalid(format!("`{name}` is a single value: it makes no groups")));
        }
        if variable.size() == 0 {
            return Err(Error::invalid(format!("`{name}` has length 0: there are no groups")));
        }
        Ok(key)
    }
}

impl From<&str> for GroupBySource {
    fn from(name: &str) -> Self {
        GroupBySource::Name(name.into())
    }
}

impl From<String> for GroupBySource {
    fn from(name: String) -> Self {
        GroupBySource::Name(name.into())
    }
}

impl From<&String> for GroupBySource {
    fn from(name: &String) -> Self {
        GroupBySource::Name(name.as_str().into())
    }
}

impl From<Name> for GroupBySource {
    fn from(name: Name) -> Self {
        GroupBySource::Name(name)
    }
}

impl From<&DataArray> for GroupBySource {
    fn from(array: &DataArray) -> Self {
        GroupBySource::Array(Box::new(array.clone()))
    }
}

impl From<DataArray> for GroupBySource {
    fn from(array: DataArray) -> Self {
        GroupBySource::Array(Box::new(array))
    }
}

/// What names the keys of a grouping: a name, an array, a pair of one of them and a [`Grouper`], a
/// [`GroupKey`], or a list of them.
pub trait IntoGroupKeys {
    /// The keys in order.
    fn into_keys(self) -> Vec<GroupKey>;
}

macro_rules! sources {
    ($($T:ty),*) => {$(
        impl From<$T> for GroupKey {
            fn from(source: $T) -> Self {
                GroupKey::new(source, UniqueGrouper::new())
            }
        }

        impl IntoGroupKeys for $T {
            fn into_keys(self) -> Vec<GroupKey> {
                vec![self.into()]
            }
        }
    )*};
}
sources!(&str, String, &String, Name, &DataArray, DataArray);

impl<S: Into<GroupBySource>, G: Grouper + 'static> From<(S, G)> for GroupKey {
    fn from((source, grouper): (S, G)) -> Self {
        GroupKey::new(source, grouper)
    }
}

impl<S: Into<GroupBySource>, G: Grouper + 'static> IntoGroupKeys for (S, G) {
    fn into_keys(self) -> Vec<GroupKey> {
        vec![self.into()]
    }
}

impl IntoGroupKeys for GroupKey {
    fn into_keys(self) -> Vec<GroupKey> {
        vec![self]
    }
}

impl<K: Into<GroupKey>, const N: usize> IntoGroupKeys for [K; N] {
    fn into_keys(self) -> Vec<GroupKey> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<K: Into<GroupKey>> IntoGroupKeys for Vec<K> {
    fn into_keys(self) -> Vec<GroupKey> {
        self.into_iter().map(Into::into).collect()
    }
}
