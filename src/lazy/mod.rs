//! Lazy arrays: an expression over chunks, built from few operations. Axes are numbers here; names
//! stop at [`labels`](crate::labels).

mod axes;
mod carry;
mod coarsen;
mod concat;
mod constant;
mod contract;
mod diff;
mod extreme;
mod fit;
mod gather;
mod gradient;
mod graph;
mod interp;
mod interp_points;
mod interpolate;
mod lookup;
mod map;
mod pad;
mod pick;
mod present;
mod read;
mod rechunk;
mod reduce;
mod reduce_lanes;
mod reshape;
mod rolling;
mod scan;
mod scatter;
mod slice;
mod sort;
mod take;
mod text;
mod together;
mod user;
mod windows;

use std::fmt::Debug;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::array::{Block, ChunkGrid, Place, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};
pub(crate) use crate::kernel::elementwise::{MapFn, Operand, Program, last_uses};
use crate::kernel::reduce::ReduceSpec;
use crate::source::Traffic;

pub use crate::kernel::movement::AxisFrom;
pub use crate::kernel::reduce::State;
pub use axes::Axes;
pub use carry::{Carries, Carry};
pub use coarsen::{Coarsen, Within};
pub use concat::Concat;
pub use constant::Constant;
pub use contract::Contract;
pub use diff::Diff;
pub use extreme::Locate;
pub use fit::Fit;
pub use gather::Gather;
pub use gradient::Gradient;
pub(crate) use graph::{Graph, number_nodes};
pub use interp::{InterpEach, InterpLanes, InterpLines};
pub use interp_points::InterpPoints;
pub use interpolate::FillGaps;
pub use lookup::Lookup;
pub use map::Map;
pub use pad::PadWith;
pub use pick::Choose;
pub use present::Present;
pub use read::Read;
pub use rechunk::Rechunk;
pub(crate) use reduce_lanes::reducer_of;
pub use reduce_lanes::{ReduceLanes, Reducer};
pub use reshape::Reshape;
pub use rolling::Rolling;
pub use scan::{Running, Scan};
pub use scatter::Scatter;
pub use slice::SliceOp;
pub use sort::Sort;
pub use take::Take;
pub use text::{TextDummies, TextJoin, TextParts};
pub use user::{Apply, BlockFunction, Closure, MapBlocks};
pub use windows::Windows;

/// Results of at most this many elements over inputs in memory are computed at once: a plan would
/// cost more than the work.
const EAGER_ELEMENTS: usize = 1 << 16;

/// What is known of an array before any of it is computed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Meta {
    /// Type of the elements.
    pub dtype: DType,
    /// Chunks; they give the shape.
    pub grid: ChunkGrid,
}

impl Meta {
    /// The shape.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{array::ChunkGrid, lazy::Meta};
    /// let meta = Meta { dtype: DType::F32, grid: ChunkGrid::regular(&[4, 6], &[2, 3]) };
    /// assert_eq!(meta.shape(), [4, 6]);
    /// ```
    pub fn shape(&self) -> Vec<usize> {
        self.grid.shape()
    }

    /// Bytes of a box of this array.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{array::ChunkGrid, lazy::Meta};
    /// let meta = Meta { dtype: DType::F32, grid: ChunkGrid::single(&[4, 6]) };
    /// assert_eq!(meta.bytes(&Region::new([0..2, 0..3])), 24);
    /// ```
    pub fn bytes(&self, region: &Region) -> usize {
        region.size() * self.dtype.size()
    }
}

/// A part of an input that a part of the output needs.
#[derive(Debug, Clone)]
pub struct Need {
    /// Which input.
    pub input: usize,
    /// Which box of it.
    pub region: Region,
}

/// An operation on arrays: which boxes of its inputs a box of its output needs, and what to do with
/// them. It serialises by name; a user's own kernel is an `Op` like any other.
#[typetag::serde(tag = "_op")]
pub trait Op: Debug + Send + Sync {
    /// Short name for plans and errors.
    fn name(&self) -> &'static str;

    /// The boxes of the inputs that `out` needs, in the order in which `compute` takes them: the same
    /// box of each, unless the operation moves elements or folds them.
    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        if let Some(fold) = self.as_fold() {
            return vec![Need { input: 0, region: fold.input_region(out, inputs[0]) }];
        }
        (0..inputs.len()).map(|input| Need { input, region: out.clone() }).collect()
    }

    /// Bytes of the inputs that computing `out` takes in, about: all of the boxes that it needs, unless it takes only
    /// some of their elements.
    fn taken_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        self.needs(out, inputs).iter().map(|n| inputs[n.input].bytes(&n.region)).sum()
    }

    /// The elements of `out` from the needed pieces.
    ///
    /// # Errors
    /// If a source fails or a value has no meaning.
    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, io: &Traffic) -> Result<Block>;

    /// What [`compute`](Self::compute) gives, written to its place in a larger block: for operations with large
    /// results, which need no block of their own then.
    ///
    /// # Errors
    /// Those of `compute`.
    fn compute_into(
        &self,
        out: &Region,
        inputs: &[&Meta],
        pieces: Vec<Block>,
        io: &Traffic,
        place: &mut Place<'_>,
    ) -> Result<()> {
        place.fill(&self.compute(out, inputs, pieces, io)?)
    }

    /// The same operation as a fold over the chunks of its (one) input, where it is one.
    fn as_fold(&self) -> Option<&dyn Fold> {
        None
    }

    /// The function of single elements that this operation applies, if it does no more than that.
    fn as_map(&self) -> Option<&MapFn> {
        None
    }

    /// Bytes of memory that computing `out` takes besides the pieces and the result: for a fold, its state.
    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        self.as_fold().map_or(0, |fold| fold.state_bytes(out, inputs[0]))
    }

    /// Whether every element costs so much (or reads so much) that two consumers should share one result,
    /// as with folds.
    fn is_expensive(&self) -> bool {
        self.as_fold().is_some()
    }

    /// Whether this reads from a store: (bytes as stored in memory for this box).
    fn reads(&self) -> bool {
        false
    }

    /// Where this reads: what tells other data at the same place apart. See [`Source::stamp`](crate::source::Source::stamp).
    fn stamp(&self) -> Option<String> {
        None
    }

    /// How many of these are best done at the same time. See [`Source::requests`](crate::source::Source::requests).
    fn requests(&self) -> usize {
        1
    }

    /// Details for `explain`: what and where.
    fn describe(&self) -> String {
        self.name().to_string()
    }

    /// The block itself, where the operation is just a value in memory.
    fn as_constant(&self) -> Option<&Block> {
        None
    }
}

/// A reduction that takes its input piece by piece, and whose partial results merge.
pub trait Fold: Sync {
    /// The axes of the input that are folded, in rising order.
    fn axes(&self) -> Vec<usize>;
    /// The box of the input that a box of the output needs: full along the folded axes, unless [`cut`](Self::cut) is
    /// some number.
    fn input_region(&self, out: &Region, input: &Meta) -> Region;
    /// A number where chunks of the output need different parts of the folded axes (groups that follow one another):
    /// the same for folds of the same chunks that need the same parts. `None` where all need the axes whole.
    fn cut(&self) -> Option<u64> {
        None
    }
    /// Of the chunks of the output those along axes that are cut: folds for which these are the same can take in a chunk
    /// of the input together.
    fn cut_grid(&self, out: &ChunkGrid) -> ChunkGrid {
        out.clone()
    }
    /// The state before any input.
    ///
    /// # Errors
    /// If the operation has no meaning for the dtype.
    fn init(&self, out: &Region, input: &Meta) -> Result<State>;
    /// [`init`](Self::init) where only the box `at` of the input will be taken in: what nothing in it belongs to may be
    /// left out.
    ///
    /// # Errors
    /// If the operation has no meaning for the dtype.
    fn init_part(&self, out: &Region, input: &Meta, _at: &Region) -> Result<State> {
        self.init(out, input)
    }
    /// Takes in the piece of the input that lies at `at`.
    ///
    /// # Errors
    /// If the operation has no meaning for the dtype.
    fn push(&self, state: &mut State, piece: &Block, at: &Region) -> Result<()>;
    /// Whether a box of the input can be taken in by parts, which may lie side by side.
    fn takes_parts(&self, _input: &Meta) -> bool {
        false
    }
    /// Takes in the piece at `at`, a part of the box `of` that [`push`](Self::push) would take in whole. All other parts
    /// follow: cut as a grid, in row-major order.
    ///
    /// # Errors
    /// If the operation has no meaning for the dtype, or takes no parts.
    fn push_part(&self, _state: &mut State, _piece: &Block, _at: &Region, _of: &Region) -> Result<()> {
        Err(Error::internal("this fold takes no parts"))
    }
    /// Takes in the state of later pieces.
    ///
    /// # Errors
    /// If the operation has no meaning for the dtype.
    fn merge(&self, state: &mut State, later: State) -> Result<()>;
    /// The result.
    ///
    /// # Errors
    /// If a value has no meaning (argmax of nothing).
    fn finish(&self, state: State, input: &Meta) -> Result<Block>;
    /// Bytes of the state for a box of the output.
    fn state_bytes(&self, out: &Region, input: &Meta) -> usize;
    /// Bytes of the state of a [part](Self::init_part) of the input.
    fn part_bytes(&self, out: &Region, input: &Meta, _at: &Region) -> usize {
        self.state_bytes(out, input)
    }
    /// The reduction, if it is one.
    fn as_reduction(&self) -> Option<&ReduceSpec> {
        None
    }
    /// Whether the state of this fold holds the result of another one of the same input, which need not be folded then.
    fn holds(&self, _other: &dyn Fold, _input: &Meta) -> bool {
        false
    }
    /// The result of a fold that this one [`holds`](Self::holds), from the state of this one.
    ///
    /// # Errors
    /// If there is no such fold.
    fn finish_other(&self, _state: &State) -> Result<Block> {
        Err(Error::internal("this fold holds no other one"))
    }
}

/// An array as an expression: dtype, shape and chunks are known, elements are not.
#[derive(Clone)]
pub struct LazyArray(Arc<Node>);

struct Node {
    body: Body,
    inputs: Vec<LazyArray>,
    meta: Meta,
}

/// Most arrays are small and in memory: these take no operation of their own.
enum Body {
    Memory(Constant),
    Op(Arc<dyn Op>),
}

impl LazyArray {
    /// An array from an operation on others. Computed at once where everything is small and in memory.
    ///
    /// # Errors
    /// Those of the operation, where it is computed at once, and if there are more elements than can be counted.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{Result, lazy::{LazyArray, Meta, Op}, source::Traffic};
    /// /// Mirrors the bits of bytes: an operation of our own.
    /// #[derive(Debug, serde::Serialize, serde::Deserialize)]
    /// struct Mirror;
    /// #[typetag::serde]
    /// impl Op for Mirror {
    ///     fn name(&self) -> &'static str {
    ///         "mirror"
    ///     }
    ///     fn compute(&self, _: &Region, _: &[&Meta], pieces: Vec<Block>, _: &Traffic) -> Result<Block> {
    ///         let bytes = pieces[0].to_vec::<u8>()?;
    ///         Block::from_vec(pieces[0].shape(), bytes.into_iter().map(u8::reverse_bits).collect())
    ///     }
    /// }
    /// let a = LazyArray::from(Block::from_vec(&[2], vec![1u8, 3])?);
    /// let meta = a.meta().clone();
    /// let mirrored = LazyArray::new(Mirror, vec![a], meta)?;
    /// assert_eq!(graticule::exec::compute(&[mirrored])?[0].to_vec::<u8>()?, [128, 192]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(op: impl Op + 'static, inputs: Vec<LazyArray>, meta: Meta) -> Result<Self> {
        let lengths = || meta.grid.axes().iter().map(|a| a.len());
        let bytes = lengths().try_fold(meta.dtype.size().max(1), |bytes, n| bytes.checked_mul(n.max(1)));
        if bytes.is_none_or(|n| n > isize::MAX as usize) {
            let shape = lengths().map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
            return Err(Error::invalid(format!(
                "no array can have the shape ({shape}): its bytes cannot be counted"
            )));
        }
        let small = !inputs.is_empty()
            && meta.grid.is_single()
            && meta.grid.size() <= EAGER_ELEMENTS
            && inputs.iter().all(|a| a.as_block().is_some_and(|b| b.size() <= EAGER_ELEMENTS));
        if small {
            let out = Region::new(meta.grid.axes().iter().map(|a| 0..a.len()));
            let metas: SmallVec<[&Meta; 4]> = inputs.iter().map(|a| a.meta()).collect();
            let pieces = op
                .needs(&out, &metas)
                .iter()
                .map(|n| inputs[n.input].as_block().expect("checked above").region(&n.region))
                .collect();
            let block = op.compute(&out, &metas, pieces, &Traffic::default())?;
            debug_assert_eq!((block.dtype(), block.shape()), (meta.dtype, &meta.shape()[..]), "{op:?}");
            return Ok(LazyArray::from_block(block));
        }
        Ok(LazyArray(Arc::new(Node { body: Body::Op(Arc::new(op)), inputs, meta })))
    }

    /// The operation.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let sum = a.chunk("x", 2)?.add(1)?;
    /// assert_eq!(sum.variable().data().op().name(), "map");
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn op(&self) -> Arc<dyn Op> {
        match &self.0.body {
            Body::Memory(block) => Arc::new(block.clone()),
            Body::Op(op) => op.clone(),
        }
    }

    /// The arrays that it works on.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let sum = a.chunk("x", 2)?.add(&a)?;
    /// assert_eq!(sum.variable().data().inputs().len(), 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn inputs(&self) -> &[LazyArray] {
        &self.0.inputs
    }

    /// Dtype and chunks.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.variable().data().meta().dtype, DType::I32);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn meta(&self) -> &Meta {
        &self.0.meta
    }

    /// Type of the elements.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.variable().data().dtype(), DType::I32);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn dtype(&self) -> DType {
        self.0.meta.dtype
    }

    /// Length of each axis.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.variable().data().shape(), [3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn shape(&self) -> Vec<usize> {
        self.0.meta.shape()
    }

    /// Number of axes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.variable().data().ndim(), 1);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn ndim(&self) -> usize {
        self.0.meta.grid.ndim()
    }

    /// Number of elements.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.variable().data().size(), 3);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn size(&self) -> usize {
        self.grid().size()
    }

    /// Chunks.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.chunk("x", 2)?.variable().data().grid().counts(), [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn grid(&self) -> &ChunkGrid {
        &self.0.meta.grid
    }

    /// Bytes of the elements.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.variable().data().nbytes(), 12);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn nbytes(&self) -> usize {
        self.as_block().map_or_else(|| self.size() * self.dtype().size(), Block::nbytes)
    }

    /// The elements, where they are in memory already.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert!(a.variable().data().as_block().is_some());
    /// assert!(a.chunk("x", 2)?.add(1)?.variable().data().as_block().is_none());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn as_block(&self) -> Option<&Block> {
        match &self.0.body {
            Body::Memory(block) => block.as_constant(),
            Body::Op(op) => op.as_constant(),
        }
    }

    /// Which node of the expression this is: equal for clones.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let data = a.variable().data();
    /// assert_eq!(data.id(), data.clone().id());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
}

impl Debug for LazyArray {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LazyArray({}, {}, {:?})", self.op().describe(), self.dtype(), self.shape())
    }
}

impl Drop for Node {
    /// Unlinks long chains one by one: dropping them recursively would overflow the stack.
    fn drop(&mut self) {
        let mut pending = std::mem::take(&mut self.inputs);
        while let Some(LazyArray(node)) = pending.pop() {
            if let Some(mut node) = Arc::into_inner(node) {
                pending.append(&mut node.inputs);
            }
        }
    }
}

impl From<Block> for LazyArray {
    fn from(block: Block) -> Self {
        LazyArray::from_block(block)
    }
}
