//! Reductions: states, how they take in pieces, merge and finish.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::array::{Block, Region};
use crate::dtype::DType;
use crate::error::Result;

/// The partial result of a fold: blocks over the shape of the result.
pub type State = Vec<Block>;

/// What a reduction computes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ReduceOp {
    Sum,
    Prod,
    Mean,
    Var,
    Std,
    Min,
    Max,
    Count,
    Any,
    All,
    First,
    Last,
    Median,
    ArgMin,
    ArgMax,
}

impl ReduceOp {
    /// Whether it works piece by piece; the others need whole axes at once.
    pub fn folds(self) -> bool {
        !matches!(self, ReduceOp::Median | ReduceOp::ArgMin | ReduceOp::ArgMax)
    }
}

/// Groups along an axis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Groups {
    /// The axis of the input that becomes the axis of groups.
    pub axis: usize,
    /// The group of each position; -1 belongs to none.
    pub codes: Arc<[i32]>,
    /// How many groups there are.
    pub count: usize,
}

/// A reduction: what, along which axes, by which rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReduceSpec {
    /// What is computed.
    pub op: ReduceOp,
    /// Axes that go, in rising order (the axis of groups is not among them).
    pub axes: Vec<usize>,
    /// Groups along one more axis.
    pub group: Option<Groups>,
    /// Whether missing values are left out.
    pub skipna: bool,
    /// Degrees of freedom taken off in `Var` and `Std`.
    pub ddof: f64,
    /// Fewer valid values than this give a missing result (`Sum`, `Prod`).
    pub min_count: Option<usize>,
}

impl ReduceSpec {
    /// The dtype of the result.
    ///
    /// # Errors
    /// If the operation has no meaning for the dtype.
    pub fn result_dtype(&self, _input: DType) -> Result<DType> {
        unimplemented!()
    }

    /// Short text for plans.
    pub fn describe(&self) -> String {
        let over = match &self.group {
            Some(g) => format!("axes {:?} by {} groups along axis {}", self.axes, g.count, g.axis),
            None => format!("axes {:?}", self.axes),
        };
        format!("{:?} over {over}", self.op).to_lowercase()
    }
}

/// The state before any input; `out` is the shape of the result, all groups included.
///
/// # Errors
/// If the operation has no meaning for the dtype.
pub fn init(_spec: &ReduceSpec, _input: DType, _out: &[usize]) -> Result<State> {
    unimplemented!()
}

/// Takes in the piece of the input that lies at `at` (positions in the whole input).
///
/// # Errors
/// If the operation has no meaning for the dtype.
pub fn push(_spec: &ReduceSpec, _state: &mut State, _piece: &Block, _at: &Region) -> Result<()> {
    unimplemented!()
}

/// Takes in the state of later pieces.
///
/// # Errors
/// If the operation has no meaning for the dtype.
pub fn merge(_spec: &ReduceSpec, _state: &mut State, _later: State) -> Result<()> {
    unimplemented!()
}

/// The result; `input` is the dtype that was reduced.
///
/// # Errors
/// If a value has no meaning.
pub fn finish(_spec: &ReduceSpec, _input: DType, _state: State) -> Result<Block> {
    unimplemented!()
}

/// Bytes of state per element of the result.
pub fn state_size(_spec: &ReduceSpec, _input: DType) -> usize {
    unimplemented!()
}

/// A reduction that needs whole axes, over a block that has them.
///
/// # Errors
/// If the operation has no meaning for the dtype or a value.
pub fn whole(_spec: &ReduceSpec, _block: &Block) -> Result<Block> {
    unimplemented!()
}
