//! Chains of elementwise work that a task does tile by tile, so that nothing lies between two operations.

use std::collections::BTreeMap;

use super::Plan;
use crate::array::Region;
use crate::lazy::Operand;

/// Boxes of so many elements are computed in tiles.
pub(crate) const TILED: usize = 1 << 16;

/// Elementwise operations that together give a box of the last one.
#[derive(Debug)]
pub(crate) struct Chain {
    /// Nodes and what they work on, in the order in which they run; each runs once, however many others use it.
    pub(crate) steps: Vec<(usize, Vec<Operand>)>,
    /// Nodes, and boxes of them, that are computed before.
    pub(crate) leaves: Vec<(usize, Region)>,
}

impl Plan {
    /// The chain that ends at a node, which is elementwise work. Its operands belong to it if they are such work too, are
    /// not kept, and nobody outside of the chain uses them.
    pub(crate) fn chain(&self, root: usize, region: &Region) -> Chain {
        // How often nodes were met. Inputs come before what uses them, so that the last node has met all its users.
        let mut met = BTreeMap::from([(root, 0)]);
        let mut inside: Vec<usize> = Vec::new();
        while let Some((node, count)) = met.pop_last() {
            let n = &self.nodes[node];
            let ours = n.op.as_map().is_some() && self.kept[node].is_none() && count == n.uses;
            if node != root && !ours {
                continue;
            }
            inside.push(node);
            let needs = n.op.needs(region, &self.input_metas(node)).into_iter();
            // A box with repeated axes is small: it is computed whole, once.
            for need in needs.filter(|need| need.region == *region) {
                *met.entry(n.inputs[need.input]).or_default() += 1;
            }
        }
        let mut chain = Chain { steps: Vec::with_capacity(inside.len()), leaves: Vec::new() };
        for node in inside.into_iter().rev() {
            let n = &self.nodes[node];
            let needs = n.op.needs(region, &self.input_metas(node)).into_iter();
            let operands = needs.map(|need| chain.operand(n.inputs[need.input], need.region, region));
            let operands = operands.collect();
            chain.steps.push((node, operands));
        }
        chain
    }

    /// Whether a reduction takes in a box of its input tile by tile: it is elementwise work. What else is computed has no
    /// say, so that the bits do not depend on it.
    pub(crate) fn folds_tiles(&self, fold: usize, region: &Region) -> bool {
        let input = &self.nodes[self.nodes[fold].inputs[0]];
        region.size() >= TILED && input.op.as_map().is_some() && self.fold(fold).takes_parts(&input.meta)
    }

    /// Whether a node is elementwise work that only one other needs, so that no array of it has to be there.
    pub(crate) fn is_inside_tiles(&self, node: usize) -> bool {
        let n = &self.nodes[node];
        n.op.as_map().is_some() && n.uses < 2 && self.kept[node].is_none()
    }
}

impl Chain {
    /// A box of a node: what an earlier step gives, or a leaf, which is there once for all that use it.
    fn operand(&mut self, node: usize, of: Region, region: &Region) -> Operand {
        if of == *region
            && let Ok(step) = self.steps.binary_search_by_key(&node, |(n, _)| *n)
        {
            return Operand::Step(step);
        }
        let known = self.leaves.iter().position(|(n, r)| *n == node && *r == of);
        Operand::Leaf(known.unwrap_or_else(|| {
            self.leaves.push((node, of));
            self.leaves.len() - 1
        }))
    }
}
