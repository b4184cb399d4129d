//! Lazy arrays: an expression over chunks, built from few operations. Axes are numbers here; names
//! stop at [`labels`](crate::labels).

mod axes;
mod concat;
mod constant;
mod gather;
mod lookup;
mod map;
mod present;
mod read;
mod rechunk;
mod reduce;
mod reshape;
mod slice;
mod take;

use std::fmt::Debug;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::array::{Block, ChunkGrid, Region};
use crate::dtype::DType;
use crate::error::Result;
use crate::source::Traffic;

pub use crate::kernel::movement::AxisFrom;
pub use crate::kernel::reduce::State;
pub use axes::Axes;
pub use concat::Concat;
pub use constant::Constant;
pub use gather::Gather;
pub use lookup::Lookup;
pub use map::Map;
pub use present::Present;
pub use read::Read;
pub use rechunk::Rechunk;
pub use reduce::Reduce;
pub use reshape::Reshape;
pub use slice::SliceOp;
pub use take::Take;

/// Results of at most this many elements over inputs in memory are computed at once: a plan would
/// cost more than the work.
const EAGER_ELEMENTS: usize = 1 << 16;

/// What is known of an array before any of it is computed.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Meta {
    /// Type of the elements.
    pub dtype: DType,
    /// Chunks; they give the shape.
    pub grid: ChunkGrid,
}

impl Meta {
    /// The shape.
    pub fn shape(&self) -> Vec<usize> {
        self.grid.shape()
    }

    /// Bytes of a box of this array.
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
    /// box of each, unless the operation moves elements.
    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        (0..inputs.len()).map(|input| Need { input, region: out.clone() }).collect()
    }

    /// The elements of `out` from the needed pieces.
    ///
    /// # Errors
    /// If a source fails or a value has no meaning.
    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, io: &Traffic) -> Result<Block>;

    /// The same operation as a fold over the chunks of its (one) input, where it is one.
    fn as_fold(&self) -> Option<&dyn Fold> {
        None
    }

    /// Bytes of memory that computing `out` takes besides the pieces and the result.
    fn scratch_bytes(&self, _out: &Region, _inputs: &[&Meta]) -> usize {
        0
    }

    /// Whether every element costs so much (or reads so much) that two consumers should share one result.
    fn is_expensive(&self) -> bool {
        false
    }

    /// Whether this reads from a store: (bytes as stored in memory for this box).
    fn reads(&self) -> bool {
        false
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
pub trait Fold {
    /// The axes of the input that are folded, in rising order.
    fn axes(&self) -> Vec<usize>;
    /// The box of the input that a box of the output needs: full along the folded axes.
    fn input_region(&self, out: &Region, input: &Meta) -> Region;
    /// The state before any input.
    ///
    /// # Errors
    /// If the operation has no meaning for the dtype.
    fn init(&self, out: &Region, input: &Meta) -> Result<State>;
    /// Takes in the piece of the input that lies at `at`.
    ///
    /// # Errors
    /// If the operation has no meaning for the dtype.
    fn push(&self, state: &mut State, piece: &Block, at: &Region) -> Result<()>;
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
    /// Those of the operation, where it is computed at once.
    pub fn new(op: impl Op + 'static, inputs: Vec<LazyArray>, meta: Meta) -> Result<Self> {
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
    pub fn op(&self) -> Arc<dyn Op> {
        match &self.0.body {
            Body::Memory(block) => Arc::new(block.clone()),
            Body::Op(op) => op.clone(),
        }
    }

    /// The arrays that it works on.
    pub fn inputs(&self) -> &[LazyArray] {
        &self.0.inputs
    }

    /// Dtype and chunks.
    pub fn meta(&self) -> &Meta {
        &self.0.meta
    }

    /// Type of the elements.
    pub fn dtype(&self) -> DType {
        self.0.meta.dtype
    }

    /// Length of each axis.
    pub fn shape(&self) -> Vec<usize> {
        self.0.meta.shape()
    }

    /// Number of axes.
    pub fn ndim(&self) -> usize {
        self.0.meta.grid.ndim()
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.grid().size()
    }

    /// Chunks.
    pub fn grid(&self) -> &ChunkGrid {
        &self.0.meta.grid
    }

    /// Bytes of the elements.
    pub fn nbytes(&self) -> usize {
        self.as_block().map_or_else(|| self.size() * self.dtype().size(), Block::nbytes)
    }

    /// The elements, where they are in memory already.
    pub fn as_block(&self) -> Option<&Block> {
        match &self.0.body {
            Body::Memory(block) => block.as_constant(),
            Body::Op(op) => op.as_constant(),
        }
    }

    /// Which node of the expression this is: equal for clones.
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
