//! A source that several stages read, as anomalies do: its chunks are kept from the first of them to the last where
//! they fit into the budget, and else read again.

use std::collections::HashSet;

use super::{Note, Rules};
use crate::plan::{Plan, StageKind, human_bytes};

/// Puts stages that keep what is read before those that read it more than once.
pub(in crate::plan) fn keep(plan: &mut Plan, rules: &Rules) {
    let mut taken = 0;
    for node in 0..plan.nodes.len() {
        if !plan.nodes[node].op.reads() || plan.kept[node].is_some() {
            continue;
        }
        let users: Vec<usize> = (0..plan.stages.len()).filter(|&s| plan.reads_in(s, node)).collect();
        if users.len() < 2 {
            continue;
        }
        let grid = plan.nodes[node].meta.grid.clone();
        let bytes = grid.size().saturating_mul(plan.nodes[node].meta.dtype.size());
        let room = users.iter().map(|&s| plan.room(s, &[], rules)).min().unwrap_or(0).saturating_sub(taken);
        let text = match bytes <= room {
            true => format!(
                "read once and kept for {} stages: it takes {} of the {} that there is room for",
                users.len(),
                human_bytes(bytes as u64),
                human_bytes(room as u64)
            ),
            false => format!(
                "read again by each of {} stages: kept it would take {}, and there is room for {}",
                users.len(),
                human_bytes(bytes as u64),
                human_bytes(room as u64)
            ),
        };
        let place = plan.nodes[node].op.describe();
        plan.notes.push(Note { rule: "keep".into(), place, text });
        if bytes <= room {
            taken += bytes;
            plan.insert_kept(users[0], node, StageKind::Keep { node }, grid);
        }
    }
}

impl Plan {
    /// Whether tasks of a stage read a source themselves.
    fn reads_in(&self, stage: usize, source: usize) -> bool {
        let stage = &self.stages[stage];
        let mut pending: Vec<usize> = match &stage.kind {
            StageKind::Output { node, .. } | StageKind::Write { node, .. } => vec![*node],
            StageKind::Fold { .. } | StageKind::Keep { .. } | StageKind::Spill { .. } => {
                stage.results().iter().flat_map(|&n| self.nodes[n].inputs.clone()).collect()
            }
        };
        let mut seen = HashSet::new();
        while let Some(node) = pending.pop() {
            if node == source && self.kept[node].is_none() {
                return true;
            }
            if self.kept[node].is_none() && seen.insert(node) {
                pending.extend(&self.nodes[node].inputs);
            }
        }
        false
    }
}
