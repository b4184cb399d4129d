//! A user's reductions: one value from the elements along axes.

use std::fmt::Debug;
use std::sync::Arc;

use serde::de::{Deserializer, Error as _};
use serde::ser::{Error as _, Serializer};
use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{Block, ChunkGrid, Region};
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
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

/// Applies a user's reduction along axes.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReduceLanes {
    axes: Vec<usize>,
    reducer: Arc<dyn Reducer>,
}

impl ReduceLanes {
    fn kept(&self, ndim: usize) -> Vec<usize> {
        (0..ndim).filter(|a| !self.axes.contains(a)).collect()
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
        let mut region = Region::full(&inputs[0].shape());
        let kept = self.kept(inputs[0].grid.ndim());
        kept.into_iter().enumerate().for_each(|(i, axis)| region.set(axis, out.axis(i)));
        vec![Need { input: 0, region }]
    }

    fn compute(
        &self,
        out: &Region,
        _inputs: &[&Meta],
        mut pieces: Vec<Block>,
        _io: &Traffic,
    ) -> Result<Block> {
        let piece = pieces.remove(0);
        let mut order = self.kept(piece.ndim());
        order.extend(&self.axes);
        let n: usize = self.axes.iter().map(|a| piece.shape()[*a]).product();
        let lanes = piece.permute(&order).reshape(&[out.size(), n])?;
        let result = reduced(self.reducer.as_ref(), lanes)?;
        result.reshape(&out.shape())
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        // Lanes are copied where they do not lie in order.
        inputs[0].bytes(&self.needs(out, inputs)[0].region)
    }

    fn is_expensive(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("{} over axes {:?}", self.reducer.name(), self.axes)
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
        if axes.iter().any(|a| *a >= self.ndim()) || !axes.is_sorted() {
            return Err(Error::internal(format!("axes {axes:?} of shape {:?}", self.shape())));
        }
        let dtype = reducer.result_dtype(self.dtype())?;
        let input = self.whole_along(axes)?;
        let op = ReduceLanes { axes: axes.to_vec(), reducer };
        let kept = op.kept(self.ndim()).into_iter().map(|a| input.grid().axes()[a].clone());
        let grid = ChunkGrid(kept.collect());
        LazyArray::new(op, vec![input], Meta { dtype, grid })
    }
}
