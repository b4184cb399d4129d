//! Reductions: states, how they take in pieces, merge and finish.
//!
//! What a reduction keeps (`lanes`) are a few numbers for several elements side by side, so that loops
//! vectorise whichever axis is folded. `walk` takes a piece apart into runs and rows and hands them to
//! a `sink`; `sums`, `moments`, `extremes` and `logic` say what happens to the elements. `ends` holds
//! what needs no arithmetic (first, last, text). Medians and positions of extremes are
//! [`order`]'s.

mod direct;
mod ends;
mod extremes;
mod grouping;
mod groups;
mod lanes;
mod logic;
mod moments;
mod parts;
mod sink;
mod spans;
mod sums;
mod ticks;
mod visit;
mod walk;
mod windows;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::array::{Block, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::order::{self, Extreme, OrderSpec, Pick};
pub use groups::Groups;
pub(crate) use groups::{Held, OutAxis, out_axes, out_shape};
pub(in crate::kernel) use lanes::{LANES, Partial, Store, flat_block, next_vec, take_vec};
pub(crate) use lanes::{Nan, Never, Policy, Wide, Widen, two_sum};
pub(in crate::kernel) use logic::{Valid, simpler};
use parts::{Parts, held_in};
pub(in crate::kernel) use sink::fetch;
pub(crate) use spans::Spans;
use visit::{Done, Init, Only, Push, dispatch};
pub(in crate::kernel) use visit::{Visit, dispatch_wide};
use walk::Place;
pub(crate) use windows::split;
pub use windows::windows;

/// The partial result of a fold: blocks over the shape of the result.
pub type State = Vec<Block>;

/// What a reduction computes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ReduceOp {
    Sum,
    Prod,
    Mean,
    Var,
    Std,
    Min,
    Max,
    Count,
    Any,
    All,
    First,
    Last,
    Median,
    ArgMin,
    ArgMax,
}

impl ReduceOp {
    /// The name of the method.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(ReduceOp::ArgMax.name(), "argmax");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            ReduceOp::Sum => "sum",
            ReduceOp::Prod => "prod",
            ReduceOp::Mean => "mean",
            ReduceOp::Var => "var",
            ReduceOp::Std => "std",
            ReduceOp::Min => "min",
            ReduceOp::Max => "max",
            ReduceOp::Count => "count",
            ReduceOp::Any => "any",
            ReduceOp::All => "all",
            ReduceOp::First => "first",
            ReduceOp::Last => "last",
            ReduceOp::Median => "median",
            ReduceOp::ArgMin => "argmin",
            ReduceOp::ArgMax => "argmax",
        }
    }
}

/// A reduction: what, along which axes, by which rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReduceSpec {
    /// What is computed.
    pub op: ReduceOp,
    /// Axes that go, in rising order (those of groups are not among them).
    pub axes: Vec<usize>,
    /// Groups along other axes.
    pub group: Option<Groups>,
    /// Whether missing values are left out.
    pub skipna: bool,
    /// Degrees of freedom taken off in `Var` and `Std`.
    pub ddof: f64,
    /// Fewer valid values than this give a missing result (`Sum`, `Prod`).
    pub min_count: Option<usize>,
}

impl ReduceSpec {
    /// The dtype of the result.
    ///
    /// # Errors
    /// If the operation has no meaning for the dtype, or (first, last) over several axes at once.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::kernel::reduce::ReduceSpec;
    /// let spec = |op| ReduceSpec { op, axes: vec![0], group: None, skipna: true, ddof: 0.0, min_count: None };
    /// assert_eq!(spec(ReduceOp::Sum).result_dtype(DType::I8)?, DType::I64);
    /// assert_eq!(spec(ReduceOp::Mean).result_dtype(DType::I8)?, DType::F64);
    /// assert!(spec(ReduceOp::Sum).result_dtype(DType::Str).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn result_dtype(&self, input: DType) -> Result<DType> {
        use ReduceOp as R;
        if matches!(self.op, R::First | R::Last) && self.axes.len() + usize::from(self.group.is_some()) > 1 {
            return Err(Error::unsupported(format!("`{}` over several axes at once", self.op.name()))
                .help("stack the dimensions into one first"));
        }
        let refuse = |possible: &str| {
            Err(Error::dtype(format!("`{}` has no meaning for {input}", self.op.name()))
                .help(format!("possible for {input}: {possible}")))
        };
        const TEXT: &str = "count, min, max, any, all, first, last, argmin, argmax";
        const DATETIME: &str = "count, min, max, mean, any, all, first, last, argmin, argmax";
        const TIMEDELTA: &str = "count, min, max, sum, mean, median, any, all, first, last, argmin, argmax";
        Ok(match self.op {
            R::Count | R::ArgMin | R::ArgMax => DType::I64,
            R::Any | R::All => DType::Bool,
            R::Min | R::Max | R::First | R::Last => input,
            _ if input.is_text() => return refuse(TEXT),
            R::Sum | R::Prod if input.is_datetime() => return refuse(DATETIME),
            R::Prod if input.is_timedelta() => return refuse(TIMEDELTA),
            R::Sum | R::Prod => match input {
                DType::Bool | DType::I8 | DType::I16 | DType::I32 | DType::I64
                    if self.min_count.is_none() =>
                {
                    DType::I64
                }
                d if d.is_unsigned() && self.min_count.is_none() => DType::U64,
                d if d.is_bool() || d.is_integer() => DType::F64,
                d => d,
            },
            R::Mean if input.is_time() => input,
            R::Median if input.is_timedelta() => input,
            R::Median if input.is_datetime() => return refuse(DATETIME),
            R::Mean | R::Median if input.is_float() || input.is_complex() => input,
            R::Mean | R::Median => DType::F64,
            R::Var | R::Std => match input {
                d if d.is_datetime() => return refuse(DATETIME),
                d if d.is_timedelta() => return refuse(TIMEDELTA),
                DType::F32 | DType::C64 => DType::F32,
                _ => DType::F64,
            },
        })
    }

    /// The reduction as a choice from sorted elements, where it is one.
    pub(crate) fn as_order(&self) -> Option<OrderSpec> {
        let group = self.group.clone();
        (self.op == ReduceOp::Median).then(|| OrderSpec {
            pick: Pick::Median,
            axes: self.axes.clone(),
            group,
            skipna: self.skipna,
        })
    }

    /// The reduction as a search for the position of an extreme, where it is one.
    pub(crate) fn as_extreme(&self) -> Option<Extreme> {
        let max = match self.op {
            ReduceOp::ArgMin => false,
            ReduceOp::ArgMax => true,
            _ => return None,
        };
        let (axes, group) = (self.axes.clone(), self.group.clone());
        Some(Extreme { max, axes, group, skipna: self.skipna, lenient: false })
    }

    /// Short text for plans.
    pub(crate) fn describe(&self) -> String {
        let by = self.group.as_ref().map(Groups::describe).unwrap_or_default();
        format!("{:?} over axes {:?}{by}", self.op, self.axes).to_lowercase()
    }

    /// The axis of groups in the result.
    fn group_axis(&self) -> Option<usize> {
        self.group.as_ref().map(|g| g.out_axis(&self.axes))
    }

    /// Whether elements of `input` can be missing and are left out.
    fn skips(&self, input: DType) -> bool {
        self.skipna && input.holds_missing()
    }
}

/// The state before any input; `out` is the shape of the result, all groups included.
///
/// # Errors
/// If the operation has no meaning for the dtype.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::kernel::reduce::{ReduceSpec, finish, init};
/// let sum =
///     ReduceSpec { op: ReduceOp::Sum, axes: vec![0], group: None, skipna: true, ddof: 0.0, min_count: None };
/// // The sum of nothing is 0.
/// let state = init(&sum, DType::F64, &[])?;
/// assert_eq!(finish(&sum, DType::F64, state)?, Block::scalar(0.0));
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn init(spec: &ReduceSpec, input: DType, out: &[usize]) -> Result<State> {
    init_from(spec, input, out, 0)
}

/// The state before any input where only some groups are wanted, as many as `out` has, from `first` on.
///
/// # Errors
/// If the operation has no meaning for the dtype.
pub(crate) fn init_from(spec: &ReduceSpec, input: DType, out: &[usize], first: usize) -> Result<State> {
    let groups = spec.group_axis().map_or(1, |axis| out[axis]);
    let of = first..first + groups;
    Ok(Parts::empty(spec, input, out, of.clone().into(), of)?.into_state())
}

/// [`init_from`] for a part of the input alone, the box `at`: the state holds the groups that have members there,
/// where that takes less memory.
///
/// # Errors
/// If the operation has no meaning for the dtype.
pub(crate) fn init_part(
    spec: &ReduceSpec,
    input: DType,
    out: &[usize],
    first: usize,
    at: &Region,
) -> Result<State> {
    let Some(held) = held_in(spec, input, out, first, at) else { return init_from(spec, input, out, first) };
    let mut shape = out.to_vec();
    shape[0] = held.len();
    Ok(Parts::empty(spec, input, &shape, Held::These(held), first..first + out[0])?.into_state())
}

/// How many elements of a result of shape `out` the state of a part of the input holds.
pub(crate) fn size_of_part(
    spec: &ReduceSpec,
    input: DType,
    out: &[usize],
    first: usize,
    at: &Region,
) -> usize {
    let size = out.iter().product();
    held_in(spec, input, out, first, at).map_or(size, |held| size / out[0] * held.len())
}

/// Takes in the piece of the input that lies at `at` (positions in the whole input).
///
/// # Errors
/// If the operation has no meaning for the dtype.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::kernel::reduce::{ReduceSpec, finish, init, push};
/// # let sum =
/// #     ReduceSpec { op: ReduceOp::Sum, axes: vec![0], group: None, skipna: true, ddof: 0.0, min_count: None };
/// let mut state = init(&sum, DType::F64, &[])?;
/// push(&sum, &mut state, &Block::from_vec(&[2], vec![1.0, 2.0])?, &Region::new([0..2]))?;
/// push(&sum, &mut state, &Block::from_vec(&[1], vec![4.0])?, &Region::new([2..3]))?;
/// assert_eq!(finish(&sum, DType::F64, state)?, Block::scalar(7.0));
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn push(spec: &ReduceSpec, state: &mut State, piece: &Block, at: &Region) -> Result<()> {
    push_part(spec, state, piece, at, at)
}

/// Whether a reduction takes in [parts of boxes](push_part).
pub(crate) fn takes_parts(spec: &ReduceSpec, input: DType) -> bool {
    !ends::handles(spec, input)
}

/// [`push`] of a part of the box `of`; other parts of it follow.
///
/// # Errors
/// If the operation has no meaning for the dtype, or [takes no parts](takes_parts).
pub(crate) fn push_part(
    spec: &ReduceSpec,
    state: &mut State,
    piece: &Block,
    at: &Region,
    of: &Region,
) -> Result<()> {
    let mut s = Parts::from_state(std::mem::take(state))?;
    let place = Place::new(spec, at, of, &s.shape, &s.held);
    if ends::handles(spec, s.input) {
        if at != of {
            return Err(Error::internal(format!("`{}` takes no parts of boxes", spec.op.name())));
        }
        s.parts = ends::push(spec, &place, std::mem::take(&mut s.parts), piece, at, &s.rows, &s.shape)?;
    } else {
        let simpler = logic::simpler(spec.op, piece);
        let piece = simpler.as_ref().unwrap_or(piece);
        let parts = std::mem::take(&mut s.parts);
        s.parts = dispatch(spec, s.input, Push { piece, place: &place, parts })?;
    }
    place.count_rows(&mut s.rows);
    *state = s.into_state();
    Ok(())
}

/// Takes in the state of later pieces.
///
/// # Errors
/// If the operation has no meaning for the dtype.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::kernel::reduce::{ReduceSpec, finish, init, merge, push};
/// # let sum =
/// #     ReduceSpec { op: ReduceOp::Sum, axes: vec![0], group: None, skipna: true, ddof: 0.0, min_count: None };
/// let mut state = init(&sum, DType::F64, &[])?;
/// let mut later = init(&sum, DType::F64, &[])?;
/// push(&sum, &mut state, &Block::from_vec(&[1], vec![1.0])?, &Region::new([0..1]))?;
/// push(&sum, &mut later, &Block::from_vec(&[1], vec![4.0])?, &Region::new([1..2]))?;
/// merge(&sum, &mut state, later)?;
/// assert_eq!(finish(&sum, DType::F64, state)?, Block::scalar(5.0));
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn merge(spec: &ReduceSpec, state: &mut State, later: State) -> Result<()> {
    let mut s = Parts::from_state(std::mem::take(state))?.with_all_groups(spec)?;
    s.merge(spec, Parts::from_state(later)?)?;
    *state = s.into_state();
    Ok(())
}

/// The result; `input` is the dtype that was reduced.
///
/// # Errors
/// If a value has no meaning.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::kernel::reduce::{ReduceSpec, finish, init, push};
/// # let mean =
/// #     ReduceSpec { op: ReduceOp::Mean, axes: vec![0], group: None, skipna: true, ddof: 0.0, min_count: None };
/// let mut state = init(&mean, DType::I8, &[])?;
/// push(&mean, &mut state, &Block::from_vec(&[2], vec![1i8, 2])?, &Region::new([0..2]))?;
/// assert_eq!(finish(&mean, DType::I8, state)?, Block::scalar(1.5));
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn finish(spec: &ReduceSpec, input: DType, state: State) -> Result<Block> {
    let mut s = Parts::from_state(state)?.with_all_groups(spec)?;
    let parts = std::mem::take(&mut s.parts);
    let first = s.of.start;
    let end = Finish { spec, input, first, groups: None, rows: &s.rows, inner: inner_size(spec, &s.shape) };
    let flat = if ends::handles(spec, input) {
        ends::finish(&end, parts)?
    } else {
        dispatch(spec, input, Done { end: &end, parts })?
    };
    flat.reshape(&s.shape)
}

/// Whether the state of the reduction `other` of the same elements holds the result of `spec` too, to the bit.
pub(crate) fn is_within(spec: &ReduceSpec, other: &ReduceSpec, input: DType) -> bool {
    input == DType::F32
        && spec.op == ReduceOp::Mean
        && matches!(other.op, ReduceOp::Var | ReduceOp::Std)
        && (&spec.axes, &spec.group, spec.skipna) == (&other.axes, &other.group, other.skipna)
}

/// The result of a reduction that [`is_within`] another one, from the state of that.
///
/// # Errors
/// If it is no such state.
pub(crate) fn finish_within(other: &ReduceSpec, state: &State) -> Result<Block> {
    let s = Parts::from_state(state.clone())?.with_all_groups(other)?;
    moments::mean_f32(&s.parts)?.reshape(&s.shape)
}

/// What [`init_from`], [`push`] and [`finish`] give for a piece that is all of the input, without a state between:
/// the same bits. `at` says where the piece lies, `out` is the shape of the result.
///
/// # Errors
/// If the operation has no meaning for the dtype or a value.
pub(crate) fn only(
    spec: &ReduceSpec,
    piece: &Block,
    at: &Region,
    out: &[usize],
    first: usize,
) -> Result<Block> {
    let input = piece.dtype();
    if ends::handles(spec, input) {
        let mut state = init_from(spec, input, out, first)?;
        push(spec, &mut state, piece, at)?;
        return finish(spec, input, state);
    }
    spec.result_dtype(input)?;
    let mut rows = vec![0; spec.group_axis().map_or(1, |axis| out[axis])];
    let place = Place::new(spec, at, at, out, &(first..first + rows.len()).into());
    place.count_rows(&mut rows);
    let end = Finish { spec, input, first, groups: None, rows: &rows, inner: inner_size(spec, out) };
    let simpler = logic::simpler(spec.op, piece);
    let piece = simpler.as_ref().unwrap_or(piece);
    let flat = dispatch(spec, input, Only { piece, place: &place, end: &end, size: out.iter().product() })?;
    flat.reshape(out)
}

/// Bytes of state per element of the result.
pub(crate) fn state_size(spec: &ReduceSpec, input: DType) -> usize {
    if ends::handles(spec, input) {
        return ends::state_size(spec, input);
    }
    let one = dispatch(spec, input, Init { size: 1 }).unwrap_or_default();
    one.iter().map(Block::nbytes).sum()
}

/// The reduction of a block at once.
///
/// # Errors
/// If the operation has no meaning for the dtype or a value.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::kernel::reduce::{ReduceSpec, whole};
/// # let last = |op| ReduceSpec { op, axes: vec![1], group: None, skipna: true, ddof: 0.0, min_count: None };
/// let block = Block::from_vec(&[2, 3], vec![1.0, 9.0, 5.0, 0.0, 0.0, 6.0])?;
/// assert_eq!(whole(&last(ReduceOp::Median), &block)?.to_vec::<f64>()?, [5.0, 0.0]);
/// assert_eq!(whole(&last(ReduceOp::ArgMax), &block)?.to_vec::<i64>()?, [1, 2]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn whole(spec: &ReduceSpec, block: &Block) -> Result<Block> {
    let dtype = block.dtype();
    spec.result_dtype(dtype)?;
    if let Some(order) = spec.as_order() {
        return order::pick(&order, block);
    }
    let at = Region::full(block.shape());
    let out = out_shape(block.shape(), &spec.axes, spec.group.as_ref());
    if let Some(extreme) = spec.as_extreme() {
        let mut state = order::init(&extreme, dtype, block.shape(), &out, 0);
        order::push(&extreme, &mut state, block, &at)?;
        return order::finish(&extreme, state);
    }
    let mut state = init(spec, dtype, &out)?;
    push(spec, &mut state, block, &at)?;
    finish(spec, dtype, state)
}

/// Elements of a result of this shape per group along the axes after the axis of groups.
fn inner_size(spec: &ReduceSpec, shape: &[usize]) -> usize {
    let inner = spec.group_axis().map_or(shape, |a| &shape[a + 1..]);
    inner.iter().product()
}

/// What the end of a reduction needs to know.
pub(in crate::kernel) struct Finish<'a> {
    spec: &'a ReduceSpec,
    input: DType,
    /// The first of the groups.
    first: usize,
    /// The group of each of `rows`, where they do not follow one another from `first` on.
    groups: Option<&'a [usize]>,
    rows: &'a [i64],
    /// Elements of the result per group along the axes after the axis of groups.
    inner: usize,
}

impl<'a> Finish<'a> {
    /// For windows: `rows` positions went into each `width` elements of the result.
    pub(in crate::kernel) fn of_windows(
        spec: &'a ReduceSpec,
        input: DType,
        rows: &'a [i64],
        width: usize,
    ) -> Self {
        Finish { spec, input, first: 0, groups: None, rows, inner: width }
    }

    /// How many positions each of the `size` elements of the result took in.
    fn rows_of_all(&self, size: usize) -> Vec<i64> {
        let one = self.rows.iter().flat_map(|n| std::iter::repeat_n(*n, self.inner));
        let mut all: Vec<i64> = Vec::with_capacity(size);
        while all.len() < size {
            all.extend(one.clone().take(size - all.len()));
        }
        all
    }

    /// The elements of the result that took in nothing.
    fn without_input(&self, size: usize) -> Vec<usize> {
        match self.rows.contains(&0) {
            true => (self.rows_of_all(size).iter().enumerate())
                .filter(|(_, n)| **n == 0)
                .map(|(i, _)| i)
                .collect(),
            false => Vec::new(),
        }
    }

    /// The error for an element without input, where the dtype has no missing value for it.
    fn nothing(&self, i: usize) -> Error {
        let op = self.spec.op.name();
        match self.spec.group {
            None => Error::invalid(format!("`{op}` of an empty axis has no value"))
                .help("select at least one element, or use a reduction with a start value such as sum"),
            Some(_) => {
                let row = i / self.inner % self.rows.len();
                let group = self.groups.map_or(self.first + row, |groups| groups[row]);
                Error::invalid(format!(
                    "group {group} has no members, and {} has no missing value",
                    self.input
                ))
                .at(format!("`{op}`"))
                .help("cast to float64 first: a missing group is NaN there")
            }
        }
    }
}
