//! Chains of elementwise work over tiles that stay in cache: a chunk goes through memory once, however
//! long the chain.

use super::assemble::side_by_side;
use crate::array::{AxisGrid, Block, ChunkGrid, Place, Region, Slice};
use crate::dtype::DType;
use crate::error::Result;
use crate::exec::pull::Pull;
use crate::lazy::{MapFn, Operand, Program};
use crate::plan::TILED;

/// Elements of a tile: a few operands of it fit into a core's L2 cache.
const TILE: usize = 1 << 15;

/// Elements that a program is run for at once; it has tiles of its own.
const PROGRAM: usize = 1 << 18;

/// Chains of fewer operations than this gain nothing.
const CHAIN: usize = 2;

/// A box of a chain of elementwise operations, ready to be computed tile by tile.
pub(super) struct Tiles {
    tree: Tree,
    program: Option<Program>,
    leaves: Vec<Block>,
    grid: ChunkGrid,
}

impl Tiles {
    /// Cuts a box into tiles; `None` where there is no chain or no need.
    pub(super) fn of(pull: &mut Pull, node: usize, region: &Region) -> Result<Option<Tiles>> {
        let nodes = pull.plan().nodes();
        if region.size() < TILED || nodes[node].op.as_map().is_none() {
            return Ok(None);
        }
        let mut tree = Tree { steps: Vec::new(), leaves: Vec::new() };
        tree.add(pull, node, region, true);
        if tree.steps.len() < CHAIN {
            return Ok(None);
        }
        let mut leaves = Vec::with_capacity(tree.leaves.len());
        for (leaf, of_leaf) in &tree.leaves {
            leaves.push(pull.pull(*leaf, of_leaf)?.contiguous());
        }
        let functions: Option<Vec<(&MapFn, &[Operand])>> = (tree.steps.iter())
            .map(|(node, operands)| Some((nodes[*node].op.as_map()?, &operands[..])))
            .collect();
        let dtypes: Vec<DType> = leaves.iter().map(Block::dtype).collect();
        let program = functions.and_then(|f| Program::new(&f, &dtypes, nodes[node].meta.dtype));
        // Tiles are runs along the first axis that is long enough to be cut.
        let shape = region.shape();
        let (axis, rows) = cut(&shape, if program.is_some() { PROGRAM } else { TILE });
        let chunks = |(a, &n): (usize, &usize)| match a {
            _ if a < axis => AxisGrid::regular(n, 1),
            _ if a == axis => AxisGrid::regular(n, rows),
            _ => AxisGrid::single(n),
        };
        let grid = ChunkGrid(shape.iter().enumerate().map(chunks).collect());
        Ok(Some(Tiles { tree, program, leaves, grid }))
    }

    /// Computes the tiles, each to its place.
    pub(super) fn fill(&self, pull: &Pull, place: &mut Place<'_>) -> Result<()> {
        let tile = |i: usize, place: &mut Place<'_>| {
            let tile = self.grid.region(i);
            match &self.program {
                Some(program) => {
                    let leaves: Vec<Block> = self.leaves.iter().map(|leaf| part(leaf, &tile)).collect();
                    program.run(&leaves, place)
                }
                None => place.fill(&self.tree.run(pull, &self.leaves, &tile)?),
            }
        };
        if pull.shares() {
            return side_by_side(place, &self.grid, tile);
        }
        (0..self.grid.count()).try_for_each(|i| tile(i, &mut place.part(&self.grid.region(i))))
    }
}

/// The axis that tiles of about so many elements cut, and how many of its positions a tile has.
fn cut(shape: &[usize], tile: usize) -> (usize, usize) {
    let mut inner: usize = shape.iter().product();
    for (axis, &n) in shape.iter().enumerate() {
        inner /= n;
        if inner <= tile {
            return (axis, (tile / inner.max(1)).max(1));
        }
    }
    (shape.len() - 1, tile)
}

/// Elementwise operations in the order in which they run.
struct Tree {
    steps: Vec<(usize, Vec<Operand>)>,
    leaves: Vec<(usize, Region)>,
}

impl Tree {
    fn add(&mut self, pull: &Pull, node: usize, region: &Region, root: bool) -> Operand {
        let n = &pull.plan().nodes()[node];
        // A box with repeated axes is small: it is computed whole, once.
        let inner = root || pull.plan().is_inside_tiles(node);
        if !inner {
            self.leaves.push((node, region.clone()));
            return Operand::Leaf(self.leaves.len() - 1);
        }
        let needs = n.op.needs(region, &pull.plan().input_metas(node));
        let mut operands = Vec::with_capacity(needs.len());
        for need in needs {
            let input = n.inputs[need.input];
            let operand = if need.region == *region {
                crate::plan::deeper(|| self.add(pull, input, region, false))
            } else {
                self.leaves.push((input, need.region));
                Operand::Leaf(self.leaves.len() - 1)
            };
            operands.push(operand);
        }
        self.steps.push((node, operands));
        Operand::Step(self.steps.len() - 1)
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
