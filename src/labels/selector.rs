//! What stands for labels along a dimension, and several of them in one call.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use indexmap::IndexMap;

use super::coords::Coords;
use super::dataarray::DataArray;
use super::indexer::PySlice;
use super::variable::{Name, Variable};
use crate::array::{Block, Region};
use crate::dtype::{DType, Scalar, Text};
use crate::error::{Error, Result};
use crate::index::Method;

/// Labels along one dimension.
///
/// A label (the dimension goes, unless the label stands several times or is a partial date such as
/// `"2000-02"`), a range of labels, a list, or an array with dimensions of its own. In ranges `a..=b` takes
/// in both ends and `a..b` leaves `b` out; bounds need not be labels if these are in order.
#[derive(Clone)]
pub enum Selector {
    /// One label.
    One(Scalar),
    /// A list of labels, or a mask of bools: a block of rank 1.
    List(Block),
    /// A list of plain values, which get one type when they are looked up.
    Values(Vec<Scalar>),
    /// From one label to another.
    Range {
        /// First label.
        start: Option<Scalar>,
        /// Last label.
        stop: Option<Scalar>,
        /// Whether `stop` itself is left out.
        half_open: bool,
    },
    /// Python's slice: both ends in for labels, the last out for positions of a dimension without labels.
    Slice(PySlice<Scalar>),
    /// Labels with dimensions and coordinates of their own.
    Array(Box<DataArray>),
    /// A tuple of labels along the dimension of a multi-index: one for each of the first levels (or a list or
    /// range of them). Labels for some levels only take these away, as selecting them by name does.
    Tuple(Vec<Selector>),
    /// A list of tuples with a label for each level: see [`tuples`].
    Tuples(Vec<Vec<Scalar>>),
    /// From one tuple to another, both in, where the tuples of the index are in order: see [`tuple_range`].
    Between {
        /// First tuple; it may be shorter than there are levels.
        start: Option<Vec<Scalar>>,
        /// Last tuple.
        stop: Option<Vec<Scalar>>,
        /// Every so-many-th position.
        step: Option<i64>,
    },
}

/// A tuple of labels, one for each level of a multi-index.
pub trait IntoTuple {
    /// The labels in order.
    fn into_tuple(self) -> Vec<Scalar>;
}

impl<T: Into<Scalar>> IntoTuple for Vec<T> {
    fn into_tuple(self) -> Vec<Scalar> {
        self.into_iter().map(Into::into).collect()
    }
}

macro_rules! tuple {
    ($($T:ident $i:tt),*) => {
        impl<$($T: Into<Scalar>),*> IntoTuple for ($($T,)*) {
            fn into_tuple(self) -> Vec<Scalar> {
                vec![$(self.$i.into()),*]
            }
        }
        impl<$($T: Into<Selector>),*> From<($($T,)*)> for Selector {
            fn from(tuple: ($($T,)*)) -> Self {
                Selector::Tuple(vec![$(tuple.$i.into()),*])
            }
        }
    };
}
tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);

/// A list of tuples to select along the dimension of a multi-index.
///
/// # Example
/// ```
/// use graticule::labels::tuples;
/// use graticule::prelude::*;
/// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.stack("z", ["x", "y"])?;
/// assert_eq!(a.sel("z", tuples([(1, 0), (0, 1)]))?.to_vec::<i32>()?, [3, 2]);
/// assert_eq!(a.sel("z", (1, 0))?.to_vec::<i32>()?, [3]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn tuples<T: IntoTuple>(tuples: impl IntoIterator<Item = T>) -> Selector {
    Selector::Tuples(tuples.into_iter().map(IntoTuple::into_tuple).collect())
}

/// What lies between two tuples, both of them in, along the dimension of a multi-index in order.
///
/// # Example
/// ```
/// use graticule::labels::tuple_range;
/// use graticule::prelude::*;
/// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.stack("z", ["x", "y"])?;
/// assert_eq!(a.sel("z", tuple_range((0, 1), (1, 0)))?.to_vec::<i32>()?, [2, 3]);
/// assert_eq!(a.sel("z", tuple_range((1,), (1,)))?.to_vec::<i32>()?, [3, 4]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn tuple_range(start: impl IntoTuple, stop: impl IntoTuple) -> Selector {
    Selector::Between { start: Some(start.into_tuple()), stop: Some(stop.into_tuple()), step: None }
}

/// Labels along several dimensions, and what to do with those that are not there.
///
/// # Example
/// ```
/// use graticule::labels::Sel;
/// use graticule::prelude::*;
/// let mut coords = Coords::new();
/// coords.insert("lat", Variable::from_vec(&[("lat", 3)], vec![40.0, 45.0, 50.0])?)?;
/// let a = DataArray::new(Variable::from_vec(&[("lat", 3)], vec![1, 2, 3])?, coords)?;
/// let near = a.sel_with(Sel::new().nearest("lat", 48.1).tolerance(2.5))?;
/// assert_eq!(near.to_vec::<i32>()?, [3]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Clone)]
pub struct Sel {
    pub(super) selectors: IndexMap<Name, (Selector, Option<Method>)>,
    pub(super) method: Method,
    pub(super) tolerance: Option<Scalar>,
    pub(super) drop: bool,
}

impl Default for Sel {
    fn default() -> Self {
        Sel { selectors: IndexMap::new(), method: Method::Exact, tolerance: None, drop: false }
    }
}

impl Sel {
    /// Everything.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// assert_eq!(a.sel_with(Sel::new())?.to_vec::<i32>()?, [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes these labels along `dim`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[3], vec![10i64, 20, 30])?;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?.assign_coords([("x", x)])?;
    /// assert_eq!(a.sel_with(Sel::new().at("x", 15..=30))?.to_vec::<i32>()?, [2, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn at(self, dim: impl Into<Name>, labels: impl Into<Selector>) -> Self {
        self.insert(dim, labels, None)
    }

    /// Takes the labels nearest to these; of two equally near the greater one.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10.0, 20.0])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("x", x)])?;
    /// // Of two equally near the greater one.
    /// assert_eq!(a.sel_with(Sel::new().nearest("x", 15.0))?.to_vec::<i32>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn nearest(self, dim: impl Into<Name>, labels: impl Into<Selector>) -> Self {
        self.insert(dim, labels, Some(Method::Nearest))
    }

    /// Takes the last labels at or before these.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10.0, 20.0])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("x", x)])?;
    /// assert_eq!(a.sel_with(Sel::new().pad("x", 19.9))?.to_vec::<i32>()?, [1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn pad(self, dim: impl Into<Name>, labels: impl Into<Selector>) -> Self {
        self.insert(dim, labels, Some(Method::Pad))
    }

    /// Takes the first labels at or after these.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10.0, 20.0])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("x", x)])?;
    /// assert_eq!(a.sel_with(Sel::new().backfill("x", 10.1))?.to_vec::<i32>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn backfill(self, dim: impl Into<Name>, labels: impl Into<Selector>) -> Self {
        self.insert(dim, labels, Some(Method::Backfill))
    }

    fn insert(mut self, dim: impl Into<Name>, labels: impl Into<Selector>, method: Option<Method>) -> Self {
        self.selectors.insert(dim.into(), (labels.into(), method));
        self
    }

    /// What to do with labels that are not there, for all dimensions given by [`at`](Sel::at).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10.0, 20.0])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("x", x)])?;
    /// let sel = Sel::new().at("x", 12.0).method(Method::Nearest);
    /// assert_eq!(a.sel_with(sel)?.to_vec::<i32>()?, [1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// How far away a neighbour may be, itself included: a number, for times a timedelta or "12h".
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10.0, 20.0])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("x", x)])?;
    /// let near = Sel::new().nearest("x", 12.0);
    /// assert_eq!(a.sel_with(near.clone().tolerance(2.0))?.to_vec::<i32>()?, [1]);
    /// assert!(a.sel_with(near.tolerance(1.0)).unwrap_err().is_not_found());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn tolerance(mut self, tolerance: impl Into<Scalar>) -> Self {
        self.tolerance = Some(tolerance.into());
        self
    }

    /// Whether coordinates that become scalar are dropped.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("x", x)])?;
    /// assert!(a.sel_with(Sel::new().at("x", 10).drop(true))?.coords().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop(mut self, drop: bool) -> Self {
        self.drop = drop;
        self
    }
}

macro_rules! plain {
    ($($T:ty),*) => {$(
        impl From<$T> for Selector {
            fn from(v: $T) -> Self {
                Selector::One(Scalar::from(v))
            }
        }
    )*};
}
plain!(bool, i32, i64, u64, usize, f32, f64, &str, Scalar);

impl From<String> for Selector {
    fn from(v: String) -> Self {
        Selector::One(Scalar::Str(v.into()))
    }
}

impl<T: Into<Scalar>, const N: usize> From<[T; N]> for Selector {
    fn from(v: [T; N]) -> Self {
        Selector::Values(v.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Scalar>> From<Vec<T>> for Selector {
    fn from(v: Vec<T>) -> Self {
        Selector::Values(v.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Scalar> + Clone> From<&[T]> for Selector {
    fn from(v: &[T]) -> Self {
        v.to_vec().into()
    }
}

impl From<Block> for Selector {
    fn from(b: Block) -> Self {
        if b.ndim() == 0 { Selector::One(b.into()) } else { Selector::List(b) }
    }
}

impl From<DataArray> for Selector {
    fn from(a: DataArray) -> Self {
        Selector::Array(Box::new(a))
    }
}

impl From<&DataArray> for Selector {
    fn from(a: &DataArray) -> Self {
        Selector::Array(Box::new(a.clone()))
    }
}

impl From<Variable> for Selector {
    fn from(v: Variable) -> Self {
        DataArray::from_parts(None, v, Coords::new()).into()
    }
}

impl<T: Into<Scalar>> From<PySlice<T>> for Selector {
    fn from(s: PySlice<T>) -> Self {
        Selector::Slice(PySlice {
            start: s.start.map(Into::into),
            stop: s.stop.map(Into::into),
            step: s.step,
        })
    }
}

impl<T: Into<Scalar>> From<Range<T>> for Selector {
    fn from(r: Range<T>) -> Self {
        Selector::Range { start: Some(r.start.into()), stop: Some(r.end.into()), half_open: true }
    }
}

impl<T: Into<Scalar>> From<RangeInclusive<T>> for Selector {
    fn from(r: RangeInclusive<T>) -> Self {
        let (start, stop) = r.into_inner();
        Selector::Range { start: Some(start.into()), stop: Some(stop.into()), half_open: false }
    }
}

impl<T: Into<Scalar>> From<RangeFrom<T>> for Selector {
    fn from(r: RangeFrom<T>) -> Self {
        Selector::Range { start: Some(r.start.into()), stop: None, half_open: false }
    }
}

impl<T: Into<Scalar>> From<RangeTo<T>> for Selector {
    fn from(r: RangeTo<T>) -> Self {
        Selector::Range { start: None, stop: Some(r.end.into()), half_open: true }
    }
}

impl<T: Into<Scalar>> From<RangeToInclusive<T>> for Selector {
    fn from(r: RangeToInclusive<T>) -> Self {
        Selector::Range { start: None, stop: Some(r.end.into()), half_open: false }
    }
}

impl From<RangeFull> for Selector {
    fn from(_: RangeFull) -> Self {
        Selector::Range { start: None, stop: None, half_open: false }
    }
}

/// Plain values as a block of rank 1 with the narrowest type that holds all.
pub(super) fn block_of_values(values: &[Scalar]) -> Result<Block> {
    let shape = [values.len()];
    let Some(first) = values.first() else { return Block::from_vec::<i64>(&shape, Vec::new()) };
    let mixed = || {
        Error::dtype(format!("a list of labels has both {} and other types", first.dtype()))
            .help("give labels of one type")
    };
    let is = |f: fn(&Scalar) -> bool| values.iter().all(f);
    if is(|v| matches!(v, Scalar::Str(_))) {
        let texts = values.iter().map(|v| if let Scalar::Str(t) = v { t.clone() } else { Text::MISSING });
        return Block::from_vec(&shape, texts.collect());
    }
    if is(|v| matches!(v, Scalar::Bool(_))) {
        return Block::from_vec(&shape, values.iter().map(|v| *v == Scalar::Bool(true)).collect());
    }
    if is(|v| matches!(v, Scalar::Int(_))) {
        let ints = values.iter().map(|v| if let Scalar::Int(i) = v { *i } else { 0 });
        return Block::from_vec(&shape, ints.collect());
    }
    if is(|v| matches!(v, Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_))) {
        let unsigned = |v: &Scalar| match v {
            Scalar::Int(i) => u64::try_from(*i).ok(),
            Scalar::UInt(u) => Some(*u),
            _ => None,
        };
        if let Some(all) = values.iter().map(unsigned).collect::<Option<Vec<u64>>>() {
            return Block::from_vec(&shape, all);
        }
        let float = |v: &Scalar| match v {
            Scalar::Int(i) => *i as f64,
            Scalar::UInt(u) => *u as f64,
            Scalar::Float(f) => *f,
            _ => f64::NAN,
        };
        return Block::from_vec(&shape, values.iter().map(float).collect());
    }
    if first.dtype().is_time() {
        return times(values).unwrap_or_else(|| Err(mixed()));
    }
    // Typed values of one dtype, side by side.
    let dtype = first.dtype();
    let mut block = Block::zeros(dtype, &shape);
    for (i, v) in values.iter().enumerate() {
        if v.dtype() != dtype {
            return Err(mixed());
        }
        block.assign(&Region::new(std::iter::once(i..i + 1)), &v.to_block().reshape(&[1])?);
    }
    Ok(block)
}

/// Times of one calendar in their finest unit; `None` where they are not of one kind.
fn times(values: &[Scalar]) -> Option<Result<Block>> {
    let unit_of = |v: &Scalar| match v {
        Scalar::Datetime { unit, .. } | Scalar::Timedelta { unit, .. } => Some(*unit),
        _ => None,
    };
    let unit = values.iter().map(unit_of).collect::<Option<Vec<_>>>()?.into_iter().max()?;
    let with_unit = |dtype: DType| match dtype {
        DType::Datetime { calendar, .. } => DType::Datetime { unit, calendar },
        _ => DType::Timedelta { unit },
    };
    let dtype = with_unit(values[0].dtype());
    let mut ticks = Vec::with_capacity(values.len());
    for v in values {
        let (Scalar::Datetime { ticks: t, unit: own, .. } | Scalar::Timedelta { ticks: t, unit: own }) = v
        else {
            return None;
        };
        if with_unit(v.dtype()) != dtype {
            return None;
        }
        match crate::time::TimeUnit::convert(*t, *own, unit) {
            Ok(t) => ticks.push(t),
            Err(e) => return Some(Err(e.into())),
        }
    }
    Some(Block::from_vec(&[ticks.len()], ticks).map(|b| b.retype(dtype)))
}
