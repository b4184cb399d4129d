//! Plans for engines that only start programs.

use crate::error::{Error, Result};

pub(crate) fn run_part(_job: &str, _stage: &str, _part: &str) -> Result<()> {
    Err(Error::unsupported("to come"))
}
