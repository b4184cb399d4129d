//! A user's own functions of blocks.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::map::shared_axis;
use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::dtype::DType;
use crate::error::{Context, Error, Result};
use crate::source::Traffic;

/// A function from blocks to a block, which runs chunk by chunk.
///
/// A plan with it can travel, since it serialises by the name of its type: give the type
/// `#[typetag::serde]`, and have it in every program that runs the plan. It is called from several threads
/// at once, in any order of chunks, and must give the same for the same input.
///
/// # Example
/// ```
/// use graticule::array::{Block, Region};
/// use graticule::error::Result;
/// use graticule::lazy::BlockFunction;
///
/// #[derive(Debug, serde::Serialize, serde::Deserialize)]
/// struct Scale(f64);
///
/// #[typetag::serde]
/// impl BlockFunction for Scale {
///     fn name(&self) -> String {
///         format!("scale by {}", self.0)
///     }
///     fn call(&self, inputs: &[Block], _at: &Region, _loops: usize) -> Result<Block> {
///         Ok(Block::new(inputs[0].typed::<f64>()?.mapv(|v| v * self.0).into_shared()))
///     }
/// }
/// assert_eq!(Scale(2.0).name(), "scale by 2");
/// ```
#[typetag::serde(tag = "_function")]
pub trait BlockFunction: fmt::Debug + Send + Sync {
    /// What plans and errors call it.
    fn name(&self) -> String;

    /// The result for one chunk. `at` is the box of the result that is made; its first `loops` axes are those
    /// of the blocks too (where they have length 1, a block serves all positions), the others are core axes.
    ///
    /// # Errors
    /// Whatever the function finds wrong with its input.
    fn call(&self, inputs: &[Block], at: &Region, loops: usize) -> Result<Block>;

    /// Bytes of memory that a call takes besides inputs and result.
    fn scratch_bytes(&self, _inputs: &[usize], _result: usize) -> usize {
        0
    }
}

type Call = dyn Fn(&[Block], &Region, usize) -> Result<Block> + Send + Sync;

/// A closure as [`BlockFunction`]: it runs in this process, and a plan with it cannot travel.
pub struct Closure(Arc<Call>);

impl Closure {
    /// Wraps a closure.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::lazy::{BlockFunction, Closure};
    /// let first = Closure::new(|inputs, _at, _loops| Ok(inputs[0].clone()));
    /// let block = Block::scalar(7);
    /// assert_eq!(first.call(&[block.clone()], &Region::full(&[]), 0)?, block);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(f: impl Fn(&[Block], &Region, usize) -> Result<Block> + Send + Sync + 'static) -> Self {
        Closure(Arc::new(f))
    }
}

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closure")
    }
}

impl Serialize for Closure {
    fn serialize<S: Serializer>(&self, _: S) -> std::result::Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(
            "it holds a closure, which cannot leave this process: make it a struct that implements \
             `BlockFunction` with `#[typetag::serde]`",
        ))
    }
}

impl<'de> Deserialize<'de> for Closure {
    fn deserialize<D: Deserializer<'de>>(_: D) -> std::result::Result<Self, D::Error> {
        Err(serde::de::Error::custom("a closure cannot be read"))
    }
}

#[typetag::serde]
impl BlockFunction for Closure {
    fn name(&self) -> String {
        "closure".to_string()
    }

    fn call(&self, inputs: &[Block], at: &Region, loops: usize) -> Result<Block> {
        (self.0)(inputs, at, loops)
    }
}

/// The result of a call, if it is what was declared.
fn checked(
    function: &dyn BlockFunction,
    inputs: &[Block],
    at: &Region,
    loops: usize,
    dtype: DType,
) -> Result<Block> {
    let place = || format!("the function `{}` for the box {at}", function.name());
    let block = function.call(inputs, at, loops).at(place)?;
    if block.dtype() != dtype || block.shape() != at.shape() {
        let given: Vec<String> = inputs.iter().map(|b| format!("{} {:?}", b.dtype(), b.shape())).collect();
        return Err(Error::invalid(format!(
            "the function gave {} {:?} where {dtype} {:?} was declared",
            block.dtype(),
            block.shape(),
            at.shape()
        ))
        .at(place())
        .help(format!("it was given {}", given.join(", "))));
    }
    Ok(block)
}

/// A function of core axes, which it gets whole, called for each chunk of all other axes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Apply {
    function: Arc<dyn BlockFunction>,
    /// Number of axes that are looped over: the first ones of all arrays.
    loops: usize,
    /// Lengths of the core axes of the result.
    core: Vec<usize>,
    dtype: DType,
}

impl Apply {
    /// The box of the result with whole core axes.
    fn whole(&self, out: &Region) -> Region {
        let loops = out.ranges().take(self.loops);
        Region::new(loops.chain(self.core.iter().map(|n| 0..*n)))
    }
}

#[typetag::serde]
impl Op for Apply {
    fn name(&self) -> &'static str {
        "apply"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let region = |meta: &Meta| {
            Region::new(meta.grid.axes().iter().enumerate().map(|(axis, grid)| match axis < self.loops {
                // A loop axis of length 1 serves any part of the output.
                true if grid.len() == 1 => 0..1,
                true => out.axis(axis),
                false => 0..grid.len(),
            }))
        };
        inputs.iter().enumerate().map(|(input, meta)| Need { input, region: region(meta) }).collect()
    }

    fn compute(&self, out: &Region, _inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let whole = self.whole(out);
        let block = checked(&*self.function, &pieces, &whole, self.loops, self.dtype)?;
        Ok(block.region(&out.relative_to(&whole)))
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        let sizes: Vec<usize> =
            self.needs(out, inputs).iter().map(|n| inputs[n.input].bytes(&n.region)).collect();
        let result = self.whole(out).size() * self.dtype.size();
        self.function.scratch_bytes(&sizes, result)
    }

    fn is_expensive(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("apply {}", self.function.name())
    }
}

/// A function of whole chunks: chunk by chunk of the declared result.
#[derive(Debug, Serialize, Deserialize)]
pub struct MapBlocks {
    function: Arc<dyn BlockFunction>,
    /// The declared chunks of the result.
    grid: ChunkGrid,
    /// For each input and each axis of it the axis of the result whose chunks belong to its own, if one does.
    axes: Vec<Vec<Option<usize>>>,
    dtype: DType,
}

impl MapBlocks {
    /// The box of an input that belongs to one chunk of the result.
    fn input_region(&self, input: usize, meta: &Meta, chunk: &[usize]) -> Region {
        let of = self.axes[input].iter().zip(meta.grid.axes());
        Region::new(of.map(|(from, grid)| match from {
            Some(axis) => grid.chunk(chunk[*axis]),
            None => 0..grid.len(),
        }))
    }
}

#[typetag::serde]
impl Op for MapBlocks {
    fn name(&self) -> &'static str {
        "map_blocks"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let mut needs = Vec::new();
        for chunk in self.grid.touched(out) {
            let chunk = self.grid.unravel(chunk);
            for (input, meta) in inputs.iter().enumerate() {
                needs.push(Need { input, region: self.input_region(input, meta, &chunk) });
            }
        }
        needs
    }

    fn compute(&self, out: &Region, _inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let chunks = self.grid.touched(out);
        let mut block = None;
        for (chunk, pieces) in chunks.iter().zip(pieces.chunks(self.axes.len())) {
            let at = self.grid.region(*chunk);
            let made = checked(&*self.function, pieces, &at, self.grid.ndim(), self.dtype)?;
            let Some(part) = at.intersect(out) else { continue };
            let made = made.region(&part.relative_to(&at));
            if part == *out {
                return Ok(made);
            }
            block
                .get_or_insert_with(|| Block::zeros(self.dtype, &out.shape()))
                .assign(&part.relative_to(out), &made);
        }
        Ok(block.unwrap_or_else(|| Block::zeros(self.dtype, &out.shape())))
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        // Calls follow each other; a chunk is made whole, whatever part of it is wanted.
        let call = |chunk: usize| {
            let result = self.grid.region(chunk).size() * self.dtype.size();
            let chunk = self.grid.unravel(chunk);
            let pieces = inputs.iter().enumerate();
            let sizes: Vec<usize> = pieces.map(|(i, m)| m.bytes(&self.input_region(i, m, &chunk))).collect();
            result + self.function.scratch_bytes(&sizes, result)
        };
        self.grid.touched(out).into_iter().map(call).max().unwrap_or(0)
    }

    fn is_expensive(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("map blocks by {}", self.function.name())
    }
}

impl LazyArray {
    /// A user's function of core axes: the first `loops` axes of all arrays are looped over (of length 1 they
    /// repeat), the others are whole in every call. `core` are the core axes of the result, which follow the
    /// loop axes.
    ///
    /// # Errors
    /// If lengths along loop axes differ.
    pub(crate) fn apply(
        function: Arc<dyn BlockFunction>,
        inputs: &[LazyArray],
        loops: usize,
        core: &[usize],
        dtype: DType,
    ) -> Result<LazyArray> {
        let mut axes = Vec::with_capacity(loops + core.len());
        for axis in 0..loops {
            axes.push(shared_axis(inputs.iter().map(|a| (a, axis)))?);
        }
        axes.extend(core.iter().map(|n| AxisGrid::single(*n)));
        let op = Apply { function, loops, core: core.to_vec(), dtype };
        LazyArray::new(op, inputs.to_vec(), Meta { dtype, grid: ChunkGrid(axes) })
    }

    /// A user's function of whole chunks; `meta` is the declared result. `axes` gives for each axis of each
    /// input the axis of the result whose chunks belong to its own one by one; without one it is whole in
    /// every call.
    ///
    /// # Errors
    /// If an axis has another number of chunks than the one of the result.
    pub(crate) fn map_blocks(
        function: Arc<dyn BlockFunction>,
        inputs: &[LazyArray],
        axes: Vec<Vec<Option<usize>>>,
        meta: Meta,
    ) -> Result<LazyArray> {
        for (input, axes) in inputs.iter().zip(&axes) {
            for (own, to) in input.grid().axes().iter().zip(axes) {
                let there = to.map(|to| meta.grid.axes()[to].count());
                if there.is_some_and(|n| n != own.count()) {
                    return Err(Error::invalid(format!(
                        "an axis of {} chunks cannot make one of {} chunks by block",
                        own.count(),
                        there.unwrap_or(0)
                    )));
                }
            }
        }
        let op = MapBlocks { function, grid: meta.grid.clone(), axes, dtype: meta.dtype };
        LazyArray::new(op, inputs.to_vec(), meta)
    }
}
