//! Expressions as a list of nodes: plain data that can be stored.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexSet;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{Body, LazyArray, Meta, Node, Op};
use crate::array::Block;
use crate::error::{Error, Result};

/// Operations that a thread reads at least: handing over fewer would cost more than they do.
const FEW_OPS: usize = 64;

/// Some expressions, inputs before users, each node once.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Graph {
    /// Operations as they serialise, one behind the other; those that are alike stand here once.
    ops: ByteBuf,
    /// Where each of them ends.
    ends: Vec<usize>,
    metas: Vec<Meta>,
    nodes: Vec<GraphNode>,
    /// The nodes that are the arrays.
    roots: Vec<usize>,
}

#[derive(Debug, Serialize, Deserialize)]
enum GraphNode {
    Memory(Block),
    /// Numbers of the operation, of the nodes that it works on, of its meta.
    Op(usize, Vec<usize>, usize),
}

impl Graph {
    /// The nodes of some arrays.
    ///
    /// # Errors
    /// If an operation cannot be serialised: it holds a closure.
    pub(crate) fn of<'a>(arrays: impl IntoIterator<Item = &'a LazyArray>) -> Result<Graph> {
        let mut all = Vec::new();
        let mut numbers = HashMap::new();
        let visit = |a: &LazyArray, inputs| all.push((a.clone(), inputs));
        let roots = number_nodes(arrays, &mut numbers, visit);
        let (mut ops, mut metas) = (IndexSet::new(), IndexSet::new());
        let mut nodes = Vec::with_capacity(all.len());
        for (array, inputs) in all {
            if let Some(block) = array.as_block() {
                nodes.push(GraphNode::Memory(block.clone()));
                continue;
            }
            let bytes = rmp_serde::to_vec_named(&array.op()).map_err(|e| {
                Error::unsupported(format!("the operation `{}` cannot be stored", array.op().describe()))
                    .caused_by(e)
            })?;
            let (op, meta) = (ops.insert_full(bytes).0, metas.insert_full(array.meta().clone()).0);
            nodes.push(GraphNode::Op(op, inputs, meta));
        }
        let ends = ops.iter().scan(0, |end, op: &Vec<u8>| {
            *end += op.len();
            Some(*end)
        });
        let ends = ends.collect();
        let ops = ByteBuf::from(ops.into_iter().flatten().collect::<Vec<u8>>());
        Ok(Graph { ops, ends, metas: metas.into_iter().collect(), nodes, roots })
    }

    /// The arrays again, in their order.
    ///
    /// # Errors
    /// If a number is none of the list's, or this program lacks an operation or source.
    pub(crate) fn into_arrays(self) -> Result<Vec<LazyArray>> {
        let broken = || Error::storage("the list of operations is broken");
        let read = |i: usize| -> Result<Arc<dyn Op>> {
            let start = if i == 0 { 0 } else { self.ends[i - 1] };
            let bytes = self.ops.get(start..self.ends[i]).ok_or_else(broken)?;
            rmp_serde::from_slice(bytes)
                .map_err(|e| Error::unsupported("this program cannot read an operation").caused_by(e))
        };
        let ops = (0..self.ends.len()).into_par_iter().with_min_len(FEW_OPS).map(read);
        let ops: Vec<Arc<dyn Op>> = ops.collect::<Result<_>>()?;
        let mut arrays: Vec<LazyArray> = Vec::with_capacity(self.nodes.len());
        for node in self.nodes {
            arrays.push(match node {
                GraphNode::Memory(block) => LazyArray::from_block(block),
                GraphNode::Op(op, inputs, meta) => {
                    let inputs = inputs.into_iter().map(|i| arrays.get(i).cloned());
                    let inputs = inputs.collect::<Option<Vec<_>>>().ok_or_else(broken)?;
                    let op = ops.get(op).ok_or_else(broken)?.clone();
                    let meta = self.metas.get(meta).ok_or_else(broken)?.clone();
                    LazyArray(Arc::new(Node { body: Body::Op(op), inputs, meta }))
                }
            });
        }
        self.roots.iter().map(|&i| arrays.get(i).cloned().ok_or_else(broken)).collect()
    }
}

/// The numbers of some arrays among all nodes of their expressions. Inputs come first; `visit` gets each node once, in the
/// order of the numbers, with those of its inputs. Without recursion, since chains can be long.
pub(crate) fn number_nodes<'a>(
    arrays: impl IntoIterator<Item = &'a LazyArray>,
    numbers: &mut HashMap<usize, usize>,
    mut visit: impl FnMut(&LazyArray, Vec<usize>),
) -> Vec<usize> {
    let mut number = |array: &LazyArray| {
        let mut pending = vec![(array.clone(), false)];
        while let Some((a, expanded)) = pending.pop() {
            if numbers.contains_key(&a.id()) {
                continue;
            }
            if !expanded {
                pending.push((a.clone(), true));
                pending.extend(a.inputs().iter().map(|i| (i.clone(), false)));
                continue;
            }
            let inputs: Vec<usize> = a.inputs().iter().map(|i| numbers[&i.id()]).collect();
            numbers.insert(a.id(), numbers.len());
            visit(&a, inputs);
        }
        numbers[&array.id()]
    };
    arrays.into_iter().map(&mut number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{AxisGrid, ChunkGrid};
    use crate::dtype::DType;

    fn ramp() -> LazyArray {
        let block = Block::from_vec(&[6], vec![0i64, 1, 2, 3, 4, 5]).unwrap();
        LazyArray::from(block).rechunk(ChunkGrid(vec![AxisGrid::regular(6, 2)])).unwrap()
    }

    #[test]
    fn what_is_shared_or_alike_is_stored_once() {
        let a = ramp();
        let (twice, float) =
            (LazyArray::concat(0, &[a.clone(), a.clone()]).unwrap(), a.cast(DType::F64).unwrap());
        let (other, again) = (float.cast(DType::F32).unwrap(), twice.cast(DType::F32).unwrap());
        let graph = Graph::of([&other, &again, &a]).unwrap();
        // memory, rechunk, to f64, to f32; concat, to f32.
        assert_eq!((graph.nodes.len(), graph.ends.len()), (6, 4));
        let bytes = rmp_serde::to_vec(&graph).unwrap();
        let read: Graph = rmp_serde::from_slice(&bytes).unwrap();
        let arrays = read.into_arrays().unwrap();
        assert_eq!(arrays[1].inputs()[0].inputs()[0].id(), arrays[2].id());
        for (read, written) in arrays.iter().zip([&other, &again, &a]) {
            assert_eq!(read.meta(), written.meta());
            let both = crate::exec::compute(&[read.clone(), written.clone()]).unwrap();
            assert_eq!(both[0], both[1]);
        }
    }

    #[test]
    fn numbers_that_lead_nowhere_are_errors() {
        let graph = || Graph::of([&ramp()]).unwrap();
        for spoil in [
            |g: &mut Graph| g.ends[0] += 1,
            |g: &mut Graph| g.metas.clear(),
            |g: &mut Graph| g.roots[0] = 2,
            |g: &mut Graph| g.nodes[1] = GraphNode::Op(0, vec![1], 0),
            |g: &mut Graph| g.nodes[1] = GraphNode::Op(1, vec![0], 0),
        ] {
            let mut graph = graph();
            spoil(&mut graph);
            assert!(graph.into_arrays().unwrap_err().to_string().contains("broken"));
        }
        let mut graph = graph();
        graph.ops[0] = 0;
        assert!(graph.into_arrays().unwrap_err().is_unsupported());
    }

    #[test]
    fn long_chains_need_no_stack() {
        let mut a = ramp();
        for i in 0..100_000 {
            a = a.cast(if i % 2 == 0 { DType::F64 } else { DType::I64 }).unwrap();
        }
        assert_eq!(Graph::of([&a]).unwrap().into_arrays().unwrap()[0].meta(), a.meta());
    }
}
