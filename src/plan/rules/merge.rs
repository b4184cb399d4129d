//! Equal expressions become one: what is written twice is computed once.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::Note;
use crate::dtype::DType;
use crate::lazy::Op;
use crate::plan::PlanNode;

/// Larger blocks in memory are equal only if they are one: comparing would cost more than it could save.
const COMPARED_BYTES: usize = 1 << 16;

/// What equal nodes have in common at the least; it costs little to look at.
type Likeness = (&'static str, SmallVec<[usize; 4]>, DType, Vec<usize>);

/// Merges equal nodes; `roots` are numbers of nodes.
pub(in crate::plan) fn merge(nodes: &mut Vec<PlanNode>, roots: &mut [usize], notes: &mut Vec<Note>) {
    let mut place: Vec<usize> = Vec::with_capacity(nodes.len());
    let mut merged: Vec<PlanNode> = Vec::with_capacity(nodes.len());
    let mut alike: HashMap<Likeness, SmallVec<[usize; 2]>> = HashMap::with_capacity(nodes.len());
    // The bytes of operations that were compared.
    let mut bytes: HashMap<usize, Option<Vec<u8>>> = HashMap::new();
    let mut equal_ops: Vec<String> = Vec::new();
    for mut node in nodes.drain(..) {
        for input in &mut node.inputs {
            *input = place[*input];
        }
        let key = (node.op.name(), node.inputs.iter().copied().collect(), node.meta.dtype, node.meta.shape());
        let others = alike.entry(key).or_default();
        let same = others.iter().copied().find(|&other| {
            let o: &PlanNode = &merged[other];
            o.meta.grid == node.meta.grid
                && match (o.op.as_constant(), node.op.as_constant()) {
                    (None, None) => {
                        let of_other = bytes.entry(other).or_insert_with(|| op_bytes(&*o.op));
                        of_other.is_some() && *of_other == op_bytes(&*node.op)
                    }
                    (Some(a), Some(b)) => a.nbytes() <= COMPARED_BYTES && a.same_bits(b),
                    _ => false,
                }
        });
        match same {
            Some(other) => {
                if !node.inputs.is_empty() {
                    equal_ops.push(node.op.describe());
                }
                // What it used, its twin uses already.
                for &input in &node.inputs {
                    merged[input].uses -= 1;
                }
                merged[other].uses += node.uses;
                place.push(other);
            }
            None => {
                others.push(merged.len());
                place.push(merged.len());
                merged.push(node);
            }
        }
    }
    for root in roots {
        *root = place[*root];
    }
    *nodes = merged;
    if !equal_ops.is_empty() {
        let n = equal_ops.len();
        equal_ops.dedup();
        equal_ops.truncate(5);
        notes.push(Note {
            rule: "merge".into(),
            place: equal_ops.join(", "),
            text: format!("{n} operation(s) were written more than once and are computed once"),
        });
    }
}

/// The operation with all its parts; `None` if it holds code, of which nobody knows what it does.
fn op_bytes(op: &dyn Op) -> Option<Vec<u8>> {
    rmp_serde::to_vec(op).ok()
}
