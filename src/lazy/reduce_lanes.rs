//! A user's reductions: one value from the elements along axes.

use std::fmt::Debug;
use std::sync::Arc;

use serde::de::{Deserializer, Error as _};
use serde::ser::{Error as _, Serializer};
use serde::{Deserialize, Serialize};

use super::together::Together;
use super::{LazyArray, Meta, Need, Op};
use crate::array::{Block, Region};
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::kernel::movement;
use crate::kernel::reduce::Groups;
use crate::source::Traffic;

/// A reduction of one's own. It serialises by name, so that plans with it can travel to programs that know it.
///
/// ```
/// use graticule::prelude::*;
/// use graticule::lazy::Reducer;
///
/// /// How many elements exceed a limit.
/// #[derive(Debug, serde::Serialize, serde::Deserialize)]
/// struct Exceeding {
///     limit: f64,
/// }
///
/// #[typetag::serde]
/// impl Reducer for Exceeding {
///     fn name(&self) -> &str {
///         "exceeding"
///     }
///     fn result_dtype(&self, _input: DType) -> Result<DType> {
///         Ok(DType::I64)
///     }
///     fn reduce(&self, lanes: &Block) -> Result<Block> {
///         let counts = lanes.typed::<f64>()?.rows().into_iter()
///             .map(|lane| lane.iter().filter(|v| **v > self.limit).count() as i64);
///         Block::from_vec(&[lanes.shape()[0]], counts.collect())
///     }
/// }
///
/// let a = DataArray::from_vec(&[("x", 2), ("y", 3)], vec![1.0, 5.0, 9.0, 2.0, 3.0, 4.0])?;
/// let hot = a.reduce_kernel("y", Exceeding { limit: 3.5 }, ReduceOptions::new())?;
/// assert_eq!(hot.to_vec::<i64>()?, [2, 1]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[typetag::serde(tag = "_reducer")]
pub trait Reducer: Debug + Send + Sync {
    /// Short name for plans and errors.
    fn name(&self) -> &str;

    /// The dtype of the result.
    ///
    /// # Errors
    /// If the reduction has no meaning for the dtype.
    fn result_dtype(&self, input: DType) -> Result<DType>;

    /// One value for each row of `lanes`, a row-major block of rank 2: its rows are lanes, in row-major order of
    /// the axes that go. The result has rank 1.
    ///
    /// # Errors
    /// If a value has no meaning.
    fn reduce(&self, lanes: &Block) -> Result<Block>;
}

/// Applies a user's reduction along axes, and to each group along others.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReduceLanes {
    together: Together,
    reducer: Arc<dyn Reducer>,
}

impl ReduceLanes {
    /// One value for each lane of `n` elements.
    fn all(&self, block: Block, lanes: usize, n: usize) -> Result<Block> {
        reduced(self.reducer.as_ref(), block.reshape(&[lanes, n])?)
    }

    /// The values of each of these groups, as the last axis; `piece` lies at `at`, and the axes `kept` stay.
    fn by_group(
        &self,
        groups: &Groups,
        out: &Region,
        at: &Region,
        piece: &Block,
        kept: &[usize],
    ) -> Result<Block> {
        // The members of groups along one axis stay among the other elements of a lane, as they lie.
        let axes = match groups.axes[..] {
            [_] => self.together.gone(),
            _ => self.together.axes.iter().chain(&groups.axes).copied().collect(),
        };
        let place = axes.iter().position(|a| groups.axes.contains(a)).unwrap_or_default();
        let len = |axes: &[usize]| axes.iter().map(|a| piece.shape()[*a]).product::<usize>();
        let (before, behind) = (len(&axes[..place]), len(&axes[place + groups.axes.len()..]));
        let (lanes, n) = (len(kept), len(&groups.axes));
        let order: Vec<usize> = kept.iter().chain(&axes).copied().collect();
        let piece = piece.permute(&order).reshape(&[lanes, before, n, behind])?;
        let wanted = self.together.groups(out);
        let mut members = vec![Vec::new(); wanted.len()];
        for (position, code) in groups.codes_in(at, &wanted.clone().into()).iter().enumerate() {
            if let Ok(code) = usize::try_from(*code) {
                members[code].push(Some((0, position)));
            }
        }
        let unused = Block::zeros(piece.dtype(), &[1; 4]);
        let mut result = Block::zeros(self.reducer.result_dtype(piece.dtype())?, &[lanes, wanted.len()]);
        for (group, picks) in members.iter().enumerate() {
            let shape = [lanes, before, picks.len(), behind];
            let part = movement::take(std::slice::from_ref(&piece), 2, picks, &unused, &shape);
            let values = self.all(part, lanes, before * picks.len() * behind)?;
            result.assign(&Region::new([0..lanes, group..group + 1]), &values.insert_axis(1));
        }
        Ok(result)
    }
}

/// What a user's reduction makes of lanes, if it is what it declares.
pub(super) fn reduced(reducer: &dyn Reducer, lanes: Block) -> Result<Block> {
    let result = reducer.reduce(&lanes)?;
    let (n, dtype) = (lanes.shape()[0], reducer.result_dtype(lanes.dtype())?);
    if result.shape() != [n] || result.dtype() != dtype {
        return Err(Error::invalid(format!(
            "`{}` gave {} {:?} for {n} lanes, not {dtype} [{n}]",
            reducer.name(),
            result.dtype(),
            result.shape(),
        )));
    }
    Ok(result)
}

#[typetag::serde]
impl Op for ReduceLanes {
    fn name(&self) -> &'static str {
        "reduce lanes"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        vec![Need { input: 0, region: self.together.input_region(out, &inputs[0].shape()) }]
    }

    fn compute(
        &self,
        out: &Region,
        inputs: &[&Meta],
        mut pieces: Vec<Block>,
        _io: &Traffic,
    ) -> Result<Block> {
        let piece = pieces.remove(0);
        let gone = self.together.gone();
        let mut kept: Vec<usize> = (0..piece.ndim()).filter(|a| !gone.contains(a)).collect();
        let Some(groups) = &self.together.group else {
            let n: usize = gone.iter().map(|a| piece.shape()[*a]).product();
            kept.extend(gone);
            return self.all(piece.permute(&kept), out.size(), n)?.reshape(&out.shape());
        };
        let at = self.together.input_region(out, &inputs[0].shape());
        let result = self.by_group(groups, out, &at, &piece, &kept)?;
        let place = groups.out_axis(&self.together.axes);
        let mut shape = out.shape();
        let count = shape.remove(place);
        shape.push(count);
        let mut order: Vec<usize> = (0..kept.len()).collect();
        order.insert(place, kept.len());
        Ok(result.reshape(&shape)?.permute(&order))
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        // Lanes are copied where they do not lie in order.
        inputs[0].bytes(&self.needs(out, inputs)[0].region)
    }

    fn is_expensive(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        let by = self.together.group.as_ref().map(Groups::describe).unwrap_or_default();
        format!("{} over axes {:?}{by}", self.reducer.name(), self.together.axes)
    }
}

type Function = dyn Fn(&Block) -> Result<Block> + Send + Sync;

/// A function of this process. It cannot travel.
struct Closure {
    input: DType,
    output: DType,
    f: Arc<Function>,
}

impl Debug for Closure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "function from {} to {}", self.input, self.output)
    }
}

impl Serialize for Closure {
    fn serialize<S: Serializer>(&self, _: S) -> std::result::Result<S::Ok, S::Error> {
        Err(S::Error::custom("a function of this process cannot travel with a plan: make it a `Reducer`"))
    }
}

impl<'de> Deserialize<'de> for Closure {
    fn deserialize<D: Deserializer<'de>>(_: D) -> std::result::Result<Self, D::Error> {
        Err(D::Error::custom("a function of another process cannot be run here"))
    }
}

#[typetag::serde]
impl Reducer for Closure {
    fn name(&self) -> &str {
        "function"
    }

    fn result_dtype(&self, input: DType) -> Result<DType> {
        match input.kind() == self.input.kind() {
            true => Ok(self.output),
            false => Err(Error::dtype(format!("the function takes {}, the array holds {input}", self.input))
                .help("cast it first, as with `astype`")),
        }
    }

    fn reduce(&self, lanes: &Block) -> Result<Block> {
        (self.f)(lanes)
    }
}

/// A function of a lane as a [`Reducer`] of this process.
pub(crate) fn reducer_of<T: Element, R: Element>(
    f: impl Fn(&[T]) -> R + Send + Sync + 'static,
) -> Arc<dyn Reducer> {
    let each = move |lanes: &Block| {
        let rows = lanes.typed::<T>()?.rows().into_iter().map(|lane| match lane.to_slice() {
            Some(lane) => f(lane),
            None => f(&lane.to_vec()),
        });
        Block::from_vec(&[lanes.shape()[0]], rows.collect())
    };
    Arc::new(Closure { input: T::DTYPE, output: R::DTYPE, f: Arc::new(each) })
}

impl LazyArray {
    /// Reduces `axes` (rising) by a user's reduction. Chunks along the axes are put together first.
    ///
    /// # Errors
    /// If an axis does not exist or the reduction has no meaning for the dtype.
    pub(crate) fn reduce_lanes(&self, axes: &[usize], reducer: Arc<dyn Reducer>) -> Result<LazyArray> {
        self.reduce_groups(axes, None, reducer)
    }

    /// The same for each group along other axes; a lane holds the members of a group along one axis as they lie,
    /// and of groups along several behind what else goes.
    ///
    /// # Errors
    /// Those of [`reduce_lanes`](Self::reduce_lanes), and if there are not as many codes as positions.
    pub(crate) fn reduce_groups(
        &self,
        axes: &[usize],
        group: Option<Groups>,
        reducer: Arc<dyn Reducer>,
    ) -> Result<LazyArray> {
        if axes.iter().any(|a| *a >= self.ndim()) || !axes.is_sorted() {
            return Err(Error::internal(format!("axes {axes:?} of shape {:?}", self.shape())));
        }
        if let Some(groups) = &group {
            groups.check(&self.shape(), axes)?;
        }
        let dtype = reducer.result_dtype(self.dtype())?;
        let together = Together::new(axes.to_vec(), group);
        let (input, grid) = together.chunks(self)?;
        LazyArray::new(ReduceLanes { together, reducer }, vec![input], Meta { dtype, grid })
    }
}
