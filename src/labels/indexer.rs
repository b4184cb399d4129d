//! What stands for positions along a dimension, and several of them in one call.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};
use std::sync::Arc;

use indexmap::IndexMap;

use super::coords::Coords;
use super::dataarray::DataArray;
use super::dims::Missing;
use super::variable::{Name, Variable};
use crate::array::{Block, Slice};
use crate::dtype::dispatch::with_real;
use crate::dtype::{Element, Kind};
use crate::error::{Error, Result};

/// Python's `start:stop:step`: bounds may be left out, `stop` is left out of positions but is part of a
/// slice of labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PySlice<T> {
    /// First position or label; from the beginning if left out.
    pub start: Option<T>,
    /// Last label, or the position after the last; to the end if left out.
    pub stop: Option<T>,
    /// Every so-many-th position, backwards if negative.
    pub step: Option<i64>,
}

/// Python's `start:stop:step`, for `isel` and `sel`.
///
/// # Example
/// ```
/// use graticule::labels::slice;
/// use graticule::prelude::*;
/// let a = DataArray::from_vec(&[("x", 5)], vec![0, 1, 2, 3, 4])?;
/// assert_eq!(a.isel("x", slice(Some(3), None, Some(-2)))?.to_vec::<i32>()?, [3, 1]);
/// assert_eq!(a.isel("x", slice(Some(-2), None, None))?.to_vec::<i32>()?, [3, 4]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn slice<T>(start: Option<T>, stop: Option<T>, step: Option<i64>) -> PySlice<T> {
    PySlice { start, stop, step }
}

/// Positions along one dimension.
///
/// An integer (the dimension goes), a range or [`slice`](fn@slice), a list of integers, a mask of bools, or an array
/// with dimensions of its own: arrays are taken point by point. Negative positions count from the end.
#[derive(Clone)]
pub enum Indexer {
    /// One position: the dimension goes.
    At(i64),
    /// Positions at equal distances.
    Slice(PySlice<i64>),
    /// Positions, or a mask, along the dimension itself: lists of several dimensions are independent.
    List(Block),
    /// Positions, or a mask, with dimensions and coordinates of their own.
    Array(Box<DataArray>),
}

/// Positions along several dimensions.
///
/// # Example
/// ```
/// use graticule::labels::Isel;
/// use graticule::prelude::*;
/// let a = DataArray::from_vec(&[("x", 2), ("y", 3)], vec![0, 1, 2, 3, 4, 5])?;
/// let b = a.isel_with(Isel::new().at("x", 1).at("y", [2, 0]))?;
/// assert_eq!(b.to_vec::<i32>()?, [5, 3]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Isel {
    pub(super) indexers: IndexMap<Name, Indexer>,
    pub(super) drop: bool,
    pub(super) missing_dims: Missing,
}

impl Isel {
    /// Everything.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// assert_eq!(a.isel_with(Isel::new())?.to_vec::<i32>()?, [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes these positions along `dim`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 2), ("x", 2)], vec![1, 2, 3, 4])?;
    /// assert_eq!(a.isel_with(Isel::new().at("y", -1).at("x", 0..1))?.to_vec::<i32>()?, [3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn at(mut self, dim: impl Into<Name>, indexer: impl Into<Indexer>) -> Self {
        self.indexers.insert(dim.into(), indexer.into());
        self
    }

    /// Whether coordinates that become scalar are dropped.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("x", x)])?;
    /// assert!(a.isel_with(Isel::new().at("x", 0))?.coords().contains("x"));
    /// assert!(!a.isel_with(Isel::new().at("x", 0).drop(true))?.coords().contains("x"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop(mut self, drop: bool) -> Self {
        self.drop = drop;
        self
    }

    /// Whether a dimension that does not exist is a mistake.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let isel = Isel::new().at("x", 0).at("time", 5);
    /// assert!(a.isel_with(isel.clone()).is_err());
    /// assert_eq!(a.isel_with(isel.missing_dims(Missing::Ignore))?.to_vec::<i32>()?, [1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn missing_dims(mut self, missing: Missing) -> Self {
        self.missing_dims = missing;
        self
    }
}

macro_rules! integers {
    ($($T:ty),*) => {$(
        impl From<$T> for Indexer {
            fn from(v: $T) -> Self {
                Indexer::At(v as i64)
            }
        }
        integers!(range $T: Range, |r| (Some(r.start), Some(r.end as i64)));
        integers!(range $T: RangeFrom, |r| (Some(r.start), None));
        integers!(range $T: RangeTo, |r| (None, Some(r.end as i64)));
        integers!(range $T: RangeInclusive, |r| (Some(*r.start()), after(*r.end() as i64)));
        integers!(range $T: RangeToInclusive, |r| (None, after(r.end as i64)));
        impl From<Vec<$T>> for Indexer {
            fn from(v: Vec<$T>) -> Self {
                list(v.into_iter().map(|v| v as i64).collect())
            }
        }
        impl From<&[$T]> for Indexer {
            fn from(v: &[$T]) -> Self {
                list(v.iter().map(|v| *v as i64).collect())
            }
        }
        impl<const N: usize> From<[$T; N]> for Indexer {
            fn from(v: [$T; N]) -> Self {
                v.as_slice().into()
            }
        }
    )*};
    (range $T:ty: $Range:ident, |$r:ident| $bounds:expr) => {
        impl From<$Range<$T>> for Indexer {
            fn from($r: $Range<$T>) -> Self {
                let (start, stop): (Option<$T>, Option<i64>) = $bounds;
                Indexer::Slice(PySlice { start: start.map(|v| v as i64), stop, step: None })
            }
        }
    };
}
integers!(i32, i64, u32, usize, isize);

/// The bound after the last position; after the very last (-1) there is none.
fn after(last: i64) -> Option<i64> {
    last.checked_add(1).filter(|v| *v != 0)
}

fn list<T: Element>(values: Vec<T>) -> Indexer {
    Indexer::List(Block::from_vec(&[values.len()], values).expect("as many as places"))
}

// For one integer type only, so that `slice(None, None, Some(-1))` needs no annotation.
impl From<PySlice<i64>> for Indexer {
    fn from(s: PySlice<i64>) -> Self {
        Indexer::Slice(s)
    }
}

impl From<RangeFull> for Indexer {
    fn from(_: RangeFull) -> Self {
        Indexer::Slice(slice(None, None, None))
    }
}

impl From<Vec<bool>> for Indexer {
    fn from(v: Vec<bool>) -> Self {
        list(v)
    }
}

impl From<&[bool]> for Indexer {
    fn from(v: &[bool]) -> Self {
        list(v.to_vec())
    }
}

impl<const N: usize> From<[bool; N]> for Indexer {
    fn from(v: [bool; N]) -> Self {
        list(v.to_vec())
    }
}

impl From<Block> for Indexer {
    fn from(b: Block) -> Self {
        Indexer::List(b)
    }
}

impl From<DataArray> for Indexer {
    fn from(a: DataArray) -> Self {
        Indexer::Array(Box::new(a))
    }
}

impl From<&DataArray> for Indexer {
    fn from(a: &DataArray) -> Self {
        Indexer::Array(Box::new(a.clone()))
    }
}

impl From<Variable> for Indexer {
    fn from(v: Variable) -> Self {
        DataArray::from_parts(None, v, Coords::new()).into()
    }
}

/// Known positions along one dimension, all of them inside.
#[derive(Debug, Clone)]
pub(super) enum Pick {
    /// One: the dimension goes.
    One(usize),
    /// Equal distances: the dimension stays.
    Slice(Slice),
    /// Points with dimensions of their own (at least one), in row-major order.
    Points { dims: Vec<Name>, shape: Vec<usize>, positions: Arc<[i64]> },
}

impl Indexer {
    /// The positions along a dimension of length `len`; loads an array of positions.
    pub(super) fn resolve(&self, dim: &Name, len: usize) -> Result<Pick> {
        match self {
            Indexer::At(i) => Ok(Pick::One(inside(*i, len)? as usize)),
            Indexer::Slice(PySlice { step: Some(0), .. }) => {
                Err(Error::invalid("a slice cannot have the step 0"))
            }
            Indexer::Slice(s) => Ok(Pick::Slice(Slice::python(s.start, s.stop, s.step, len))),
            Indexer::List(block) if block.ndim() > 1 => Err(Error::invalid(format!(
                "positions of shape {:?} have no names for their dimensions",
                block.shape()
            ))
            .help("index with a DataArray: its dimensions replace the indexed one")),
            Indexer::List(block) => resolve_block(std::slice::from_ref(dim), block, dim, len),
            Indexer::Array(a) => resolve_block(a.dims(), &a.load()?, dim, len),
        }
    }
}

fn resolve_block(dims: &[Name], block: &Block, dim: &Name, len: usize) -> Result<Pick> {
    if block.dtype().is_bool() {
        if dims != std::slice::from_ref(dim) || block.ndim() != 1 {
            return Err(Error::invalid(format!(
                "a mask for `{dim}` must have that dimension only, not ({})",
                dims.join(", ")
            )));
        }
        let positions = set_positions(block, len)?;
        return Ok(Pick::Points { dims: dims.to_vec(), shape: vec![positions.len()], positions });
    }
    let positions: Vec<i64> = if block.dtype().is_integer() {
        with_real!(block.dtype().kind(), T => {
            let to_i64 = |v: &T| <i64 as num_traits::NumCast>::from(*v).unwrap_or(i64::MAX);
            block.typed::<T>()?.iter().map(|v| inside(to_i64(v), len)).collect::<Result<_>>()?
        }, else Vec::new())
    } else if block.size() == 0 && block.dtype().kind() == Kind::F64 {
        // An empty list has no type of its own.
        Vec::new()
    } else {
        return Err(Error::dtype(format!("positions must be integers or bools, not {}", block.dtype()))
            .help("select by label with `sel`"));
    };
    match block.ndim() {
        0 => Ok(Pick::One(positions[0] as usize)),
        _ => Ok(Pick::Points {
            dims: dims.to_vec(),
            shape: block.shape().to_vec(),
            positions: positions.into(),
        }),
    }
}

/// The positions at which a mask of rank 1 holds.
pub(super) fn set_positions(mask: &Block, len: usize) -> Result<Arc<[i64]>> {
    let mask = mask.typed::<bool>()?;
    if mask.len() != len {
        return Err(Error::invalid(format!(
            "a mask of {} places for a dimension of length {len}",
            mask.len()
        )));
    }
    Ok(mask.iter().enumerate().filter(|(_, set)| **set).map(|(i, _)| i as i64).collect())
}

fn inside(position: i64, len: usize) -> Result<i64> {
    let n = len as i64;
    let at = if position < 0 { position.saturating_add(n) } else { position };
    if (0..n).contains(&at) {
        return Ok(at);
    }
    let help = if n == 0 {
        "it has no positions".to_string()
    } else {
        format!("it has 0..{n}, or -{n}..0 from the end")
    };
    Err(Error::invalid(format!("position {position} is outside of a dimension of length {n}")).help(help))
}
