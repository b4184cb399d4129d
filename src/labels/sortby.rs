//! Objects in the order of labels or of other values.

use std::cmp::Ordering;

use indexmap::IndexMap;

use super::align::{AlignOptions, align_parts};
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::indexer::Isel;
use super::operand::Labelled;
use super::variable::Name;
use crate::array::Block;
use crate::error::{Error, Result};
use crate::index::Join;
use crate::kernel::order::dense_ranks;

/// What decides an order.
#[derive(Clone)]
pub enum SortKey {
    /// A variable or coordinate of the object itself, or a component of a time (`"time.month"`).
    Name(Name),
    /// An array with the dimension that is sorted.
    Array(Box<DataArray>),
}

/// One or several keys; the first decides, the next ones where it leaves ties.
///
/// ```
/// # use graticule::labels::SortKeys;
/// let one: SortKeys = "lat".into();
/// let two: SortKeys = ["station", "time"].into();
/// assert_eq!((one.0.len(), two.0.len()), (1, 2));
/// ```
#[derive(Clone)]
pub struct SortKeys(pub Vec<SortKey>);

impl From<&str> for SortKey {
    fn from(name: &str) -> Self {
        SortKey::Name(name.into())
    }
}

impl From<&DataArray> for SortKey {
    fn from(array: &DataArray) -> Self {
        SortKey::Array(Box::new(array.clone()))
    }
}

impl<K: Into<SortKey>> From<K> for SortKeys {
    fn from(key: K) -> Self {
        SortKeys(vec![key.into()])
    }
}

impl<K: Into<SortKey>, const N: usize> From<[K; N]> for SortKeys {
    fn from(keys: [K; N]) -> Self {
        SortKeys(keys.into_iter().map(Into::into).collect())
    }
}

impl<K: Into<SortKey>> From<Vec<K>> for SortKeys {
    fn from(keys: Vec<K>) -> Self {
        SortKeys(keys.into_iter().map(Into::into).collect())
    }
}

/// The positions in the order of some keys, each of which has a number for every position.
fn sorted(keys: &[Vec<Option<usize>>], n: usize, ascending: bool) -> Vec<i64> {
    let mut positions: Vec<usize> = (0..n).collect();
    // Missing numbers come last.
    let number = |key: &[Option<usize>], i: usize| key[i].unwrap_or(usize::MAX);
    let each = |compare: &dyn Fn(&[Option<usize>]) -> Ordering| {
        keys.iter().map(|k| compare(k)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
    };
    if ascending {
        positions.sort_by(|&a, &b| each(&|k| number(k, a).cmp(&number(k, b))));
    } else {
        // xarray sorts upwards with missing keys first and reverses that, so ties turn around.
        positions.sort_unstable_by(|&a, &b| {
            let missing = each(&|k| k[a].is_none().cmp(&k[b].is_none()));
            missing.then_with(|| each(&|k| number(k, b).cmp(&number(k, a)))).then(b.cmp(&a))
        });
    }
    positions.into_iter().map(|p| p as i64).collect()
}

impl Dataset {
    /// Sorts along the dimensions of some keys, upwards: names of coordinates or variables, or arrays of one
    /// dimension.
    ///
    /// Arrays are brought to the labels of the dataset first; labels that they lack count as missing. Keys along
    /// one dimension decide in their order; equal ones stay in order; missing ones come last. Reads the keys now
    /// (a data variable too, if it is one); everything else stays lazy.
    ///
    /// # Errors
    /// If a key does not exist, has other than one dimension, or has a dimension that the dataset lacks.
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::DataArray;
    /// let ds = DataArray::from_vec(&[("x", 3)], vec![2.0, f64::NAN, 1.0])?.to_dataset("a");
    /// let sorted = ds.sortby("a")?.get("a")?.to_vec::<f64>()?;
    /// assert_eq!(sorted[..2], [1.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn sortby(&self, keys: impl Into<SortKeys>) -> Result<Dataset> {
        self.sortby_with(keys, true)
    }

    /// Sorts upwards (`ascending`) or downwards: see [`sortby`](Self::sortby). Missing keys come last in both
    /// directions; downwards equal ones are turned around, as in xarray.
    ///
    /// # Errors
    /// Those of [`sortby`](Self::sortby).
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::DataArray;
    /// let ds = DataArray::from_vec(&[("x", 3)], vec![2, 9, 4])?.to_dataset("a");
    /// assert_eq!(ds.sortby_with("a", false)?.get("a")?.to_vec::<i32>()?, [9, 4, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn sortby_with(&self, keys: impl Into<SortKeys>, ascending: bool) -> Result<Dataset> {
        let order = self.order_by(keys.into(), ascending);
        let order = self.locate(order, || "`sortby`".into())?;
        let isel = order.into_iter().fold(Isel::new(), |isel, (dim, positions)| isel.at(dim, positions));
        self.isel_with(isel)
    }

    /// The positions along each dimension that the keys have.
    fn order_by(&self, keys: SortKeys, ascending: bool) -> Result<IndexMap<Name, Block>> {
        let mut objects = vec![self.clone()];
        for key in keys.0 {
            objects.push(match key {
                SortKey::Name(name) => self.get(&name)?.to_parts(),
                SortKey::Array(array) => array.to_parts(),
            });
        }
        let aligned = align_parts(&objects, &AlignOptions::new(Join::Left))?;
        let sizes = self.sizes();
        let mut by_dim: IndexMap<Name, Vec<Vec<Option<usize>>>> = IndexMap::new();
        for key in aligned.iter().skip(1).flat_map(|ds| ds.data_vars().values()) {
            let [dim] = key.dims() else {
                let dims = key.dims().join(", ");
                return Err(Error::invalid(format!("a key has the dimensions ({dims}), not exactly one")));
            };
            if !sizes.contains_key(dim) {
                return Err(Error::not_found("dimension", dim, sizes.keys()));
            }
            by_dim.entry(dim.clone()).or_default().push(dense_ranks(&key.load()?)?);
        }
        let order = |(dim, keys): (Name, Vec<Vec<Option<usize>>>)| {
            let positions = sorted(&keys, sizes[&dim], ascending);
            Ok((dim, Block::from_vec(&[positions.len()], positions)?))
        };
        by_dim.into_iter().map(order).collect()
    }
}

impl DataArray {
    /// Sorts along the dimensions of some keys, upwards: see [`Dataset::sortby`]. Names are those of coordinates.
    ///
    /// # Errors
    /// Those of [`Dataset::sortby`].
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::{Coords, DataArray, Variable};
    /// let mut coords = Coords::new();
    /// coords.insert("x", Variable::from_vec(&[("x", 3)], vec![3i64, 1, 2])?)?;
    /// let a = DataArray::new(Variable::from_vec(&[("x", 3)], vec![30, 10, 20])?, coords)?;
    /// assert_eq!(a.sortby("x")?.to_vec::<i32>()?, [10, 20, 30]);
    /// let by = DataArray::from_vec(&[("x", 3)], vec![2u8, 1, 1])?;
    /// assert_eq!(a.sortby(&by)?.to_vec::<i32>()?, [10, 20, 30]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn sortby(&self, keys: impl Into<SortKeys>) -> Result<DataArray> {
        self.sortby_with(keys, true)
    }

    /// Sorts upwards (`ascending`) or downwards: see [`Dataset::sortby_with`].
    ///
    /// # Errors
    /// Those of [`Dataset::sortby`].
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![2.0, f64::NAN, 4.0])?;
    /// let down = a.sortby_with(&a, false)?.to_vec::<f64>()?;
    /// assert_eq!(down[..2], [4.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn sortby_with(&self, keys: impl Into<SortKeys>, ascending: bool) -> Result<DataArray> {
        self.via_dataset(|ds| ds.sortby_with(keys, ascending))
    }
}
