//! Chains of elementwise work over tiles that stay in cache: a chunk goes through memory once, however
//! long the chain.

use super::assemble::side_by_side;
use crate::array::{AxisGrid, Block, ChunkGrid, Place, Region, Slice};
use crate::dtype::DType;
use crate::error::{Context, Error, Result};
use crate::exec::guard::guarded;
use crate::exec::pull::Pull;
use crate::lazy::{MapFn, Operand, Program, State, last_uses};
use crate::plan::{Chain, TILED};

/// Elements of a tile: a few operands of it fit into a core's L2 cache.
const TILE: usize = 1 << 15;

/// Elements that a program is run for at once; it has tiles of its own.
const PROGRAM: usize = 1 << 18;

/// Elements of a tile that a fold takes in: leaves and results fit into a core's L2 cache.
const FOLDED: usize = 1 << 16;

/// Elements that loops run along at least, where it can be.
const RUN: usize = 4096;

/// Chains of fewer operations than this gain nothing.
const CHAIN: usize = 2;

/// A box of a chain of elementwise operations, ready to be computed tile by tile.
pub(super) struct Tiles {
    chain: Chain,
    dtype: DType,
    program: Option<Program>,
    leaves: Vec<Block>,
    /// The [`last_uses`] of the steps.
    last: Vec<(usize, usize)>,
    grid: ChunkGrid,
}

impl Tiles {
    /// Cuts a box into tiles; `None` where there is no chain or no need.
    pub(super) fn of(pull: &mut Pull, node: usize, region: &Region) -> Result<Option<Tiles>> {
        if region.size() < TILED || pull.plan().nodes()[node].op.as_map().is_none() {
            return Ok(None);
        }
        let chain = pull.plan().chain(node, region);
        if chain.steps.len() < CHAIN {
            return Ok(None);
        }
        Tiles::new(pull, node, chain, |programmed| {
            runs(&region.shape(), if programmed { PROGRAM } else { TILE })
        })
        .map(Some)
    }

    fn new(
        pull: &mut Pull,
        node: usize,
        chain: Chain,
        grid: impl FnOnce(bool) -> ChunkGrid,
    ) -> Result<Tiles> {
        let mut leaves = Vec::with_capacity(chain.leaves.len());
        for (leaf, of_leaf) in &chain.leaves {
            leaves.push(pull.pull(*leaf, of_leaf)?.contiguous());
        }
        let nodes = pull.plan().nodes();
        let functions: Option<Vec<(&MapFn, &[Operand])>> = (chain.steps.iter())
            .map(|(node, operands)| Some((nodes[*node].op.as_map()?, &operands[..])))
            .collect();
        let dtypes: Vec<DType> = leaves.iter().map(Block::dtype).collect();
        let dtype = nodes[node].meta.dtype;
        let program = functions.and_then(|f| Program::new(&f, &dtypes, dtype));
        let grid = grid(program.is_some());
        let last = last_uses(chain.steps.iter().map(|(_, operands)| &operands[..]));
        Ok(Tiles { chain, dtype, program, leaves, last, grid })
    }

    /// Computes the tiles, each to its place.
    pub(super) fn fill(&self, pull: &Pull, place: &mut Place<'_>) -> Result<()> {
        let tile = |i: usize, place: &mut Place<'_>| self.tile(pull, &self.grid.region(i), place);
        if pull.shares() {
            return side_by_side(place, &self.grid, tile);
        }
        (0..self.grid.count()).try_for_each(|i| tile(i, &mut place.part(&self.grid.region(i))))
    }

    /// Computes one tile.
    fn tile(&self, pull: &Pull, tile: &Region, place: &mut Place<'_>) -> Result<()> {
        match &self.program {
            Some(program) => {
                let leaves: Vec<Block> = self.leaves.iter().map(|leaf| part(leaf, tile)).collect();
                program.run(&leaves, place)
            }
            None => place.fill(&self.step_by_step(pull, tile)?),
        }
    }

    /// Runs the steps over one tile (a box relative to the region of the chain).
    fn step_by_step(&self, pull: &Pull, tile: &Region) -> Result<Block> {
        let mut results: Vec<Option<Block>> = Vec::with_capacity(self.chain.steps.len());
        for (i, (node, operands)) in self.chain.steps.iter().enumerate() {
            let piece = |(k, operand): (usize, &Operand)| match *operand {
                Operand::Leaf(leaf) => Some(part(&self.leaves[leaf], tile)),
                // The last user may overwrite it.
                Operand::Step(step) if self.last[step] == (i, k) => results[step].take(),
                Operand::Step(step) => results[step].clone(),
            };
            let pieces: Option<Vec<Block>> = operands.iter().enumerate().map(piece).collect();
            let pieces = pieces.ok_or_else(|| Error::internal("a step is used after its last user"))?;
            let metas = pull.plan().input_metas(*node);
            let block = pull.plan().nodes()[*node].op.compute(tile, &metas, pieces, pull.io())?;
            results.push(Some(block));
        }
        results.pop().flatten().ok_or_else(|| Error::internal("a chain has no steps"))
    }
}

/// Takes a box of its input into the state of a fold. Arithmetic that a reduction takes in is worked out tile by tile:
/// nothing is stored between. What it takes in is cut in the same way if it lies in memory, so that the bits are those
/// of the shapes alone.
pub(super) fn push(pull: &mut Pull, node: usize, state: &mut State, region: &Region) -> Result<()> {
    let plan = pull.plan();
    let (fold, input) = (plan.fold(node), plan.nodes()[node].inputs[0]);
    let place = |at: &Region| format!("region {at} of the input of {}", plan.nodes()[node].op.describe());
    if !plan.folds_tiles(node, region) {
        let piece = pull.pull(input, region)?;
        return guarded(|| place(region), || fold.push(state, &piece, region).at(|| place(region)));
    }
    let mut take = |piece: &Block, tile: &Region| {
        let start = tile.ranges().zip(region.ranges());
        let at = Region::new(start.map(|(t, r)| r.start + t.start..r.start + t.end));
        guarded(|| place(&at), || fold.push_part(state, piece, &at, region).at(|| place(&at)))
    };
    let grid = boxes(&region.shape(), &fold.axes());
    if !plan.is_inside_tiles(input) {
        let whole = pull.pull(input, region)?;
        return (0..grid.count()).map(|i| grid.region(i)).try_for_each(|t| take(&whole.region(&t), &t));
    }
    let chain = plan.chain(input, region);
    let tiles = Tiles::new(pull, input, chain, |_| grid)?;
    let mut memory: Option<Block> = None;
    for i in 0..tiles.grid.count() {
        pull.io().check()?;
        let tile = tiles.grid.region(i);
        let shape = tile.shape();
        let mut block =
            memory.filter(|b| b.shape() == shape).unwrap_or_else(|| Block::uncleared(tiles.dtype, &shape));
        tiles.tile(pull, &tile, &mut block.place())?;
        take(&block, &tile)?;
        memory = Some(block);
    }
    Ok(())
}

/// Tiles of about so many elements: runs along the first axis that is long enough to be cut.
fn runs(shape: &[usize], tile: usize) -> ChunkGrid {
    let mut inner: usize = shape.iter().product();
    let cut = shape.iter().position(|n| {
        inner /= n;
        inner <= tile
    });
    let (axis, rows) = match cut {
        Some(axis) => (axis, (tile / inner.max(1)).max(1)),
        None => (shape.len() - 1, tile),
    };
    let chunks = |(a, &n): (usize, &usize)| match a {
        _ if a < axis => AxisGrid::regular(n, 1),
        _ if a == axis => AxisGrid::regular(n, rows),
        _ => AxisGrid::single(n),
    };
    ChunkGrid(shape.iter().enumerate().map(chunks).collect())
}

/// Tiles that a fold of these axes takes in. Axes that stay are cut first, for each tile to go to few elements of the
/// result; the last axis is cut last, for loops run along it.
fn boxes(shape: &[usize], folded: &[usize]) -> ChunkGrid {
    let mut lengths = shape.to_vec();
    let last = shape.len().saturating_sub(1);
    let (stays, gone): (Vec<usize>, Vec<usize>) = (0..last).partition(|a| !folded.contains(a));
    let run = if folded.contains(&last) { usize::MAX } else { RUN };
    let least = |axes: Vec<usize>, least: usize| axes.into_iter().map(move |a| (a, least));
    let order = least(stays, 1).chain([(last, run)]).chain(least(gone, 1)).chain([(last, 1)]);
    for (axis, least) in order {
        let size: usize = lengths.iter().product();
        if size <= FOLDED {
            break;
        }
        lengths[axis] = (FOLDED * lengths[axis] / size).max(least.min(lengths[axis])).max(1);
    }
    ChunkGrid::regular(shape, &lengths)
}

/// The tile of a leaf; its axes of length 1 repeat.
fn part(leaf: &Block, tile: &Region) -> Block {
    let slices: Vec<Slice> = (leaf.shape().iter().zip(tile.ranges()))
        .map(|(&n, r)| if n == 1 { Slice::all(1) } else { Slice::range(r) })
        .collect();
    leaf.slice(&slices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Block;
    use crate::exec::{Local, compute_on};
    use crate::kernel::elementwise::BinaryOp;
    use crate::kernel::reduce::{Groups, ReduceOp, ReduceSpec, whole};
    use crate::lazy::LazyArray;
    use crate::plan::{Plan, Target};

    #[test]
    fn reductions_of_arithmetic_are_those_of_its_results() {
        let shape = [40, 90, 101];
        let count = shape.iter().product::<usize>();
        // Whole numbers, whose sums are exact in any order; one in seven is missing.
        let value = |i: usize| if i.is_multiple_of(7) { f32::NAN } else { (i * 7919 % 501) as f32 };
        let a = Block::from_vec(&shape, (0..count).map(value).collect()).unwrap();
        let b = Block::from_vec(&[1, 90, 1], (0..90).map(f64::from).collect()).unwrap();
        let [product, sum, less] = [BinaryOp::Mul, BinaryOp::Add, BinaryOp::Sub].map(MapFn::Binary);
        let chain = |a: LazyArray| {
            let times = LazyArray::map(product.clone(), &[a.clone(), b.clone().into()]).unwrap();
            let sum = LazyArray::map(sum.clone(), &[times.clone(), a]).unwrap();
            let square = LazyArray::map(product.clone(), &[sum.clone(), sum]).unwrap();
            LazyArray::map(less.clone(), &[square, times]).unwrap()
        };
        let spec = |op, axes: &[usize], group| ReduceSpec {
            op,
            axes: axes.to_vec(),
            group,
            skipna: true,
            ddof: 0.0,
            min_count: None,
        };
        let months = || Groups::along(0, (0..40).map(|i| i / 4 % 12).collect::<Vec<_>>(), 12);
        let regions =
            Groups::over([1, 2], [90, 101], (0..9090).map(|i| i * 31 % 60 - 1).collect::<Vec<_>>(), 60);
        let specs = [
            spec(ReduceOp::Sum, &[0], None),
            spec(ReduceOp::Mean, &[1], None),
            spec(ReduceOp::Count, &[2], None),
            spec(ReduceOp::Max, &[0, 2], None),
            spec(ReduceOp::Mean, &[1, 2], None),
            spec(ReduceOp::Sum, &[0, 1, 2], None),
            spec(ReduceOp::Mean, &[], Some(months())),
            spec(ReduceOp::Count, &[1], Some(months())),
            spec(ReduceOp::Min, &[0], Some(regions)),
        ];
        let dense = compute_on(&Local::new(), &[chain(a.clone().into())]).unwrap().blocks.remove(0);
        for chunk in [[8, 90, 101], [40, 90, 101], [2, 90, 101]] {
            let lazy = chain(LazyArray::from(a.clone()).rechunk(ChunkGrid::regular(&shape, &chunk)).unwrap());
            for spec in &specs {
                let reduced = lazy.reduce(spec.clone()).unwrap();
                let plan = Plan::new(&[Target::Memory(reduced.clone())]).unwrap();
                let fold = plan.nodes().iter().position(|n| n.op.as_fold().is_some()).unwrap();
                assert_eq!(plan.folds_tiles(fold, &Region::full(&chunk)), chunk[0] > 2);
                // Twice used, and once.
                let whole_chain = plan.chain(plan.nodes()[fold].inputs[0], &Region::full(&chunk));
                assert_eq!((whole_chain.steps.len(), whole_chain.leaves.len()), (4, 2));
                let found = compute_on(&Local::new(), &[reduced]).unwrap().blocks.remove(0);
                assert!(found.same_bits(&whole(spec, &dense).unwrap()), "{} of {chunk:?}", spec.describe());
            }
        }
    }

    #[test]
    fn tiles_of_folds_go_to_few_elements_and_keep_their_last_axis() {
        let cut = |shape: &[usize], folded: &[usize]| boxes(shape, folded).region(0).shape();
        assert_eq!(cut(&[5, 721, 1440], &[1, 2]), [1, 45, 1440]);
        assert_eq!(cut(&[40, 181, 360], &[0]), [40, 4, 360]);
        assert_eq!(cut(&[1, 13, 181, 360], &[3]), [1, 1, 181, 360]);
        assert_eq!(cut(&[3, 1 << 20], &[0]), [3, 21845]);
        assert_eq!(cut(&[1 << 20], &[0]), [1 << 16]);
        assert_eq!(cut(&[10, 10], &[0]), [10, 10]);
    }
}
