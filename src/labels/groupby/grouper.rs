//! Groupers: from the labels of a key to groups.

use std::fmt::Debug;
use std::sync::Arc;

use super::factorize::{factorize, find};
use super::key::KeyLabels;
use crate::array::Block;
use crate::error::{Error, Result};
use crate::index::Index;
use crate::labels::variable::{Name, Variable};

/// Makes groups of the labels of a key. Bring your own for groups of another kind.
///
/// ```
/// use graticule::dtype::Text;
/// use graticule::labels::{Encoded, KeyLabels};
/// use graticule::prelude::*;
///
/// /// Even and odd numbers.
/// #[derive(Debug)]
/// struct Parity;
///
/// impl Grouper for Parity {
///     fn encode(&self, key: &KeyLabels) -> Result<Encoded> {
///         let codes = key.variable.load()?.to_vec::<i64>()?.iter().map(|v| (v % 2) as i32).collect();
///         Encoded::new("parity", codes, Block::from_vec(&[2], vec![Text::from("even"), "odd".into()])?)
///     }
/// }
///
/// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
/// let key = DataArray::from_vec(&[("x", 3)], vec![4i64, 7, 6])?;
/// assert_eq!(a.groupby((key, Parity))?.sum(())?.to_vec::<f64>()?, [5.0, 2.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub trait Grouper: Debug + Send + Sync {
    /// The group of each label, and the labels of the groups.
    ///
    /// # Errors
    /// If the labels make no groups of this kind.
    fn encode(&self, key: &KeyLabels) -> Result<Encoded>;
}

/// Groups as a [`Grouper`] makes them.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// The dimension that the groups get.
    pub name: Name,
    /// The group of each label, in row-major order; -1 belongs to none. Groups that overlap have several
    /// layers of them, one after the other.
    pub codes: Vec<i32>,
    /// How many groups there are, those without members included.
    pub count: usize,
    /// The labels of the groups along `name`, unless they are just positions.
    pub labels: Option<Variable>,
    /// The index of the labels, where it is not the usual one.
    pub index: Option<Arc<dyn Index>>,
}

impl Encoded {
    /// Groups along a dimension with labels.
    ///
    /// # Errors
    /// If the labels have no or several dimensions.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::Encoded;
    /// let groups = Encoded::new("k", vec![0, 1, 0], Block::from_vec(&[2], vec![5i64, 7])?)?;
    /// assert_eq!(groups.count, 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(name: impl Into<Name>, codes: Vec<i32>, labels: Block) -> Result<Self> {
        let name = name.into();
        let count = labels.size();
        let labels = Some(Variable::new([name.clone()], labels)?);
        Ok(Encoded { name, codes, count, labels, index: None })
    }
}

/// Equal labels make a group; groups are sorted by label, or are those of given labels.
///
/// ```
/// # use graticule::prelude::*;
/// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
/// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
/// let given = UniqueGrouper::with_labels(Block::from_vec(&[3], vec![1i64, 5, 0])?);
/// let sums = a.groupby((key, given))?.sum(())?.to_vec::<f64>()?;
/// assert!(sums[0] == 5.0 && sums[1].is_nan() && sums[2] == 2.0);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct UniqueGrouper {
    labels: Option<Block>,
}

impl UniqueGrouper {
    /// Groups by the labels that there are.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
    /// assert_eq!(a.groupby((key, UniqueGrouper::new()))?.len(), 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Groups by these labels, in this order: others are in no group, and those that nothing has give missing
    /// values.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
    /// let one = UniqueGrouper::with_labels(Block::from_vec(&[1], vec![1i64])?);
    /// assert_eq!(a.groupby((key, one))?.sum(())?.to_vec::<f64>()?, [5.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn with_labels(labels: Block) -> Self {
        UniqueGrouper { labels: Some(labels) }
    }
}

impl Grouper for UniqueGrouper {
    fn encode(&self, key: &KeyLabels) -> Result<Encoded> {
        let name = key.name.clone();
        if let Some(labels) = &self.labels {
            let labels = labels.clone().contiguous();
            let codes = find(&key.variable.load()?, &labels)?;
            let mut groups = Encoded::new(name, codes, labels)?;
            groups.labels = groups.labels.map(|v| v.with_attrs(key.variable.attrs.clone()));
            return Ok(groups);
        }
        if key.positions {
            let count = key.variable.size();
            let codes = (0..count as i32).collect();
            return Ok(Encoded { name, codes, count, labels: None, index: None });
        }
        let labels = key.variable.load()?;
        let (mut codes, mut unique) = factorize(&labels)?;
        let count = unique.size();
        if count == 0 {
            return Err(Error::invalid("every label is missing: there are no groups"));
        }
        // An index without duplicates in falling order stays as it is.
        let own = key.variable.dims() == std::slice::from_ref(&name);
        if own && count == codes.len() && codes.is_sorted_by(|a, b| a > b) {
            codes = (0..count as i32).collect();
            unique = labels;
        }
        let mut groups = Encoded::new(name, codes, unique)?;
        groups.labels = groups.labels.map(|v| v.with_attrs(key.variable.attrs.clone()));
        Ok(groups)
    }
}
