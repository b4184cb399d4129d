//! Elements that must all be there.

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Op, Rechunk};
use crate::array::{Block, Region};
use crate::dtype::dispatch::with_element;
use crate::dtype::{Element, NAT};
use crate::error::{Error, Result};
use crate::source::Traffic;

/// Lets elements through and fails at a missing one.
#[derive(Debug, Serialize, Deserialize)]
pub struct Present {
    what: String,
    help: String,
    /// Whether missing elements are no mistake but more than we can do.
    unsupported: bool,
}

/// Whether an element is NaN, NaT or missing text.
fn any_missing(block: &Block) -> bool {
    if block.dtype().is_time() {
        return block.get::<i64>().is_some_and(|a| a.iter().any(|t| *t == NAT));
    }
    with_element!(block.dtype().kind(), T => {
        block.get::<T>().is_some_and(|a| a.iter().any(Element::is_missing))
    })
}

#[typetag::serde]
impl Op for Present {
    fn name(&self) -> &'static str {
        "present"
    }

    fn compute(
        &self,
        out: &Region,
        _inputs: &[&Meta],
        mut pieces: Vec<Block>,
        _io: &Traffic,
    ) -> Result<Block> {
        let block = pieces.remove(0);
        match any_missing(&block) {
            false => Ok(block),
            true => {
                let what = format!("{} hold missing values", self.what);
                let error = if self.unsupported { Error::unsupported(what) } else { Error::invalid(what) };
                Err(error.at(format!("elements {out}")).help(self.help.clone()))
            }
        }
    }
}

impl LazyArray {
    /// Whether an element in memory is missing; `None` where that takes a run to know.
    pub(crate) fn has_missing(&self) -> Option<bool> {
        if !self.dtype().holds_missing() {
            return Some(false);
        }
        let mut a = self;
        // What was only cut into chunks is still in memory.
        while let ([input], Rechunk::NAME) = (a.inputs(), a.op().name()) {
            a = input;
        }
        a.as_block().map(any_missing)
    }

    /// The array, once no element of it is missing: checked now if it is in memory, else in the run.
    /// `unsupported` says that missing elements are no mistake, but more than we can do.
    ///
    /// # Errors
    /// If an element in memory is missing.
    pub(crate) fn require_present(&self, what: &str, help: &str, unsupported: bool) -> Result<LazyArray> {
        if self.has_missing() == Some(false) {
            return Ok(self.clone());
        }
        let op = Present { what: what.to_string(), help: help.to_string(), unsupported };
        if let Some(b) = self.as_block() {
            let whole = Region::full(b.shape());
            op.compute(&whole, &[self.meta()], vec![b.clone()], &Traffic::default())?;
        }
        LazyArray::new(op, vec![self.clone()], self.meta().clone())
    }
}
