//! Chains of elementwise work over tiles that stay in cache: a chunk goes through memory once, however
//! long the chain.

use super::assemble::side_by_side;
use crate::array::{AxisGrid, Block, ChunkGrid, Place, Region, Slice};
use crate::dtype::DType;
use crate::error::{Context, Result};
use crate::exec::guard::guarded;
use crate::exec::pull::Pull;
use crate::lazy::{MapFn, Operand, Program, State};
use crate::plan::TILED;

/// Elements of a tile: a few operands of it fit into a core's L2 cache.
const TILE: usize = 1 << 15;

/// Elements that a program is run for at once; it has tiles of its own.
const PROGRAM: usize = 1 << 18;

/// Elements of a tile that a fold takes in: leaves and results fit into a core's L2 cache.
const FOLDED: usize = 1 << 16;

/// Chains of fewer operations than this gain nothing.
const CHAIN: usize = 2;

/// A box of a chain of elementwise operations, ready to be computed tile by tile.
pub(super) struct Tiles {
    tree: Tree,
    dtype: DType,
    program: Option<Program>,
    leaves: Vec<Block>,
    grid: ChunkGrid,
}

impl Tiles {
    /// Cuts a box into tiles; `None` where there is no chain or no need.
    pub(super) fn of(pull: &mut Pull, node: usize, region: &Region) -> Result<Option<Tiles>> {
        if region.size() < TILED || pull.plan().nodes()[node].op.as_map().is_none() {
            return Ok(None);
        }
        let tree = Tree::new(pull, node, region);
        if tree.steps.len() < CHAIN {
            return Ok(None);
        }
        Tiles::new(pull, node, tree, |programmed| {
            runs(&region.shape(), if programmed { PROGRAM } else { TILE })
        })
        .map(Some)
    }

    fn new(pull: &mut Pull, node: usize, tree: Tree, grid: impl FnOnce(bool) -> ChunkGrid) -> Result<Tiles> {
        let mut leaves = Vec::with_capacity(tree.leaves.len());
        for (leaf, of_leaf) in &tree.leaves {
            leaves.push(pull.pull(*leaf, of_leaf)?.contiguous());
        }
        let nodes = pull.plan().nodes();
        let functions: Option<Vec<(&MapFn, &[Operand])>> = (tree.steps.iter())
            .map(|(node, operands)| Some((nodes[*node].op.as_map()?, &operands[..])))
            .collect();
        let dtypes: Vec<DType> = leaves.iter().map(Block::dtype).collect();
        let dtype = nodes[node].meta.dtype;
        let program = functions.and_then(|f| Program::new(&f, &dtypes, dtype));
        let grid = grid(program.is_some());
        Ok(Tiles { tree, dtype, program, leaves, grid })
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
            None => place.fill(&self.tree.run(pull, &self.leaves, tile)?),
        }
    }
}

/// Takes a box of its input into the state of a fold. Arithmetic that a reduction takes in is worked out tile by tile:
/// nothing is stored between. What it takes in is cut in the same way if it lies in memory, so that the bits are those
/// of the shapes alone.
pub(super) fn fold(pull: &mut Pull, node: usize, state: &mut State, region: &Region) -> Result<()> {
    let plan = pull.plan();
    let (fold, input) = (plan.fold(node), plan.nodes()[node].inputs[0]);
    let place = |at: &Region| format!("region {at} of the input of {}", plan.nodes()[node].op.describe());
    let mut take =
        |piece: &Block, at: &Region| guarded(|| place(at), || fold.push(state, piece, at).at(|| place(at)));
    if !plan.folds_tiles(node, region) {
        return take(&pull.pull(input, region)?, region);
    }
    let grid = boxes(&region.shape(), &fold.axes());
    let within = |tile: &Region| {
        Region::new(tile.ranges().zip(region.ranges()).map(|(t, r)| r.start + t.start..r.start + t.end))
    };
    if !plan.is_inside_tiles(input) {
        let whole = pull.pull(input, region)?;
        return (0..grid.count())
            .map(|i| grid.region(i))
            .try_for_each(|t| take(&whole.region(&t), &within(&t)));
    }
    let tree = Tree::new(pull, input, region);
    let tiles = Tiles::new(pull, input, tree, |_| grid)?;
    let mut memory: Option<Block> = None;
    for i in 0..tiles.grid.count() {
        pull.io().check()?;
        let tile = tiles.grid.region(i);
        let shape = tile.shape();
        let mut block =
            memory.filter(|b| b.shape() == shape).unwrap_or_else(|| Block::uncleared(tiles.dtype, &shape));
        tiles.tile(pull, &tile, &mut block.place())?;
        take(&block, &within(&tile))?;
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
    let (mut order, gone): (Vec<usize>, Vec<usize>) = (0..last).partition(|a| !folded.contains(a));
    order.extend(gone.into_iter().chain([last]));
    for axis in order {
        let size: usize = lengths.iter().product();
        if size <= FOLDED {
            break;
        }
        lengths[axis] = (FOLDED * lengths[axis] / size).max(1);
    }
    ChunkGrid::regular(shape, &lengths)
}

/// Elementwise operations in the order in which they run.
struct Tree {
    steps: Vec<(usize, Vec<Operand>)>,
    leaves: Vec<(usize, Region)>,
}

impl Tree {
    /// The chain that gives a box of a node.
    fn new(pull: &Pull, node: usize, region: &Region) -> Tree {
        let mut tree = Tree { steps: Vec::new(), leaves: Vec::new() };
        tree.add(pull, node, region, true);
        tree
    }

    fn add(&mut self, pull: &Pull, node: usize, region: &Region, root: bool) -> Operand {
        let n = &pull.plan().nodes()[node];
        // A box with repeated axes is small: it is computed whole, once.
        let inner = root || pull.plan().is_inside_tiles(node);
        if !inner {
            return self.leaf(node, region.clone());
        }
        let needs = n.op.needs(region, &pull.plan().input_metas(node));
        let mut operands = Vec::with_capacity(needs.len());
        for need in needs {
            let input = n.inputs[need.input];
            let operand = if need.region == *region {
                crate::plan::deeper(|| self.add(pull, input, region, false))
            } else {
                self.leaf(input, need.region)
            };
            operands.push(operand);
        }
        self.steps.push((node, operands));
        Operand::Step(self.steps.len() - 1)
    }

    /// A box that is computed before the tiles, once for all that use it.
    fn leaf(&mut self, node: usize, region: Region) -> Operand {
        let known = self.leaves.iter().position(|(n, r)| *n == node && *r == region);
        Operand::Leaf(known.unwrap_or_else(|| {
            self.leaves.push((node, region));
            self.leaves.len() - 1
        }))
    }

    /// Runs the steps over one tile (a box relative to the region of the tree).
    fn run(&self, pull: &Pull, leaves: &[Block], tile: &Region) -> Result<Block> {
        let mut results: Vec<Option<Block>> = Vec::with_capacity(self.steps.len());
        for (node, operands) in &self.steps {
            let pieces = operands
                .iter()
                .map(|o| match o {
                    // Every step has one user, so its block is the next step's to overwrite.
                    Operand::Step(i) => results[*i].take().expect("steps run in order, each used once"),
                    Operand::Leaf(i) => part(&leaves[*i], tile),
                })
                .collect();
            let metas = pull.plan().input_metas(*node);
            let block = pull.plan().nodes()[*node].op.compute(tile, &metas, pieces, pull.io())?;
            results.push(Some(block));
        }
        Ok(results.pop().flatten().expect("the root is the last step"))
    }
}

/// The tile of a leaf; its axes of length 1 repeat.
fn part(leaf: &Block, tile: &Region) -> Block {
    let slices: Vec<Slice> = (leaf.shape().iter().zip(tile.ranges()))
        .map(|(&n, r)| if n == 1 { Slice::all(1) } else { Slice::range(r) })
        .collect();
    leaf.slice(&slices)
}
