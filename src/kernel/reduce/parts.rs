//! The state of a reduction, and what of it a part of the input needs.

use std::ops::Range;

use super::groups::Held;
use super::lanes::{flat_block, take_vec};
use super::visit::{Init, Merge, dispatch};
use super::{ReduceSpec, State, ends};
use crate::array::{Block, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};

/// The groups that the state of a part of the input holds, if these are not all.
pub(super) fn held_in(
    spec: &ReduceSpec,
    input: DType,
    out: &[usize],
    first: usize,
    at: &Region,
) -> Option<Vec<usize>> {
    // Groups must lie apart in the state, so that some of them are a piece of it.
    let groups =
        spec.group.as_ref().filter(|_| spec.group_axis() == Some(0) && !ends::handles(spec, input))?;
    let held = groups.in_box(at, first..first + out[0]);
    (2 * held.len() < out[0] && !held.is_empty()).then_some(held)
}

/// A state taken apart: `[rows and groups, an empty block of the input's dtype, parts...]`.
pub(super) struct Parts {
    /// How many positions each group took in: tells "no input" from "nothing valid".
    pub(super) rows: Vec<i64>,
    /// The group of each of them.
    pub(super) held: Held,
    /// The groups of the result.
    pub(super) of: Range<usize>,
    pub(super) input: DType,
    pub(super) shape: Vec<usize>,
    /// What the reduction itself keeps, over the elements of `shape` in row-major order.
    pub(super) parts: Vec<Block>,
}

impl Parts {
    /// The state before any input that holds some of the groups `of` a result; `shape` counts those held.
    pub(super) fn empty(
        spec: &ReduceSpec,
        input: DType,
        shape: &[usize],
        held: Held,
        of: Range<usize>,
    ) -> Result<Parts> {
        spec.result_dtype(input)?;
        let parts = if ends::handles(spec, input) {
            ends::init(spec, input, shape)
        } else {
            dispatch(spec, input, Init { size: shape.iter().product() })?
        };
        Ok(Parts { rows: vec![0; held.len()], held, of, input, shape: shape.to_vec(), parts })
    }

    pub(super) fn from_state(state: State) -> Result<Parts> {
        let mut blocks = state.into_iter();
        let (Some(rows), Some(mark)) = (blocks.next(), blocks.next()) else {
            return Err(Error::internal("a state of a reduction is empty"));
        };
        let mut parts: Vec<Block> = blocks.collect();
        let shape = parts.last().ok_or_else(|| Error::internal("a state holds nothing"))?.shape().to_vec();
        for part in &mut parts {
            let size = part.size();
            *part = std::mem::replace(part, Block::scalar(false)).reshape(&[size])?;
        }
        // The rows, the groups if they do not follow one another, and where those of the result begin and end.
        let mut rows = take_vec::<i64>(rows)?;
        let (Some(end), Some(first)) = (rows.pop(), rows.pop()) else {
            return Err(Error::internal("a state counts nothing"));
        };
        let of = first as usize..end as usize;
        let held = match rows.len() == of.len() {
            true => Held::Range(of.clone()),
            false => {
                let groups = rows.split_off(rows.len() / 2);
                Held::These(groups.into_iter().map(|g| g as usize).collect())
            }
        };
        Ok(Parts { rows, held, of, input: mark.dtype(), shape, parts })
    }

    pub(super) fn into_state(mut self) -> State {
        if let Held::These(groups) = &self.held {
            self.rows.extend(groups.iter().map(|g| *g as i64));
        }
        self.rows.extend([self.of.start as i64, self.of.end as i64]);
        let mut state = vec![flat_block(self.rows), Block::zeros(self.input, &[0])];
        state.extend(self.parts.into_iter().map(|p| p.reshape(&self.shape).expect("parts cover the result")));
        state
    }

    /// The state with all groups of the result.
    pub(super) fn with_all_groups(self, spec: &ReduceSpec) -> Result<Parts> {
        if let Held::Range(_) = self.held {
            return Ok(self);
        }
        let mut shape = self.shape.clone();
        shape[0] = self.of.len();
        let of = self.of.clone();
        let mut all = Parts::empty(spec, self.input, &shape, of.clone().into(), of)?;
        all.merge(spec, self)?;
        Ok(all)
    }

    /// Takes in a later state; this one holds all groups.
    pub(super) fn merge(&mut self, spec: &ReduceSpec, mut later: Parts) -> Result<()> {
        let (a, b) = (std::mem::take(&mut self.parts), std::mem::take(&mut later.parts));
        self.parts = if ends::handles(spec, self.input) {
            ends::merge(spec, self, a, &later, b)?
        } else {
            let size: usize = later.shape.iter().product();
            let moves: Vec<(usize, Range<usize>)> = match &later.held {
                Held::Range(_) => vec![(0, 0..size)],
                Held::These(groups) => {
                    let inner = size / groups.len();
                    let to = groups.iter().map(|g| (g - self.of.start) * inner);
                    to.zip((0..size).step_by(inner.max(1)).map(|from| from..from + inner)).collect()
                }
            };
            dispatch(spec, self.input, Merge { parts: a, later: b, moves: &moves })?
        };
        for (place, rows) in later.rows.iter().enumerate() {
            self.rows[later.held.group(place) - self.of.start] += rows;
        }
        Ok(())
    }
}
