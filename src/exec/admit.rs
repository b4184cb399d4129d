//! Whether a plan fits into the memory that there is, asked before anything runs.

use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Plan, human_bytes, parse_bytes};

/// The part of a machine's memory that runs take without being told, in percent.
const SHARE: usize = 60;

/// Refuses a plan whose results do not fit; their bytes.
pub(crate) fn admit_results(plan: &Plan, budget: usize) -> Result<usize> {
    let results: usize =
        plan.output_metas().iter().map(|m| m.shape().iter().product::<usize>() * m.dtype.size()).sum();
    if results <= budget {
        return Ok(results);
    }
    Err(Error::new(
        ErrorKind::Memory,
        format!(
            "the results take {}, the budget is {}",
            human_bytes(results as u64),
            human_bytes(budget as u64)
        ),
    )
    .help("write them with `to_zarr` instead of computing them into memory, or raise the budget"))
}

/// Refuses a plan whose largest task does not fit, with a chunking that would.
pub(crate) fn admit_tasks(plan: &Plan, room: usize) -> Result<()> {
    let Some(stage) = plan.stages().iter().max_by_key(|s| s.task_bytes) else { return Ok(()) };
    if stage.task_bytes <= room {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Memory,
        format!(
            "a task of this run needs {}, the budget is {}",
            human_bytes(stage.task_bytes as u64),
            human_bytes(room as u64)
        ),
    )
    .at(plan.describe_stage(stage))
    .help(plan.advise(stage, room)))
}

/// The budget that `GRATICULE_MEMORY` asks for.
pub(crate) fn asked_memory() -> Option<usize> {
    let asked = std::env::var("GRATICULE_MEMORY").ok()?;
    match parse_bytes(&asked) {
        Ok(bytes) => Some(bytes),
        Err(e) => {
            tracing::warn!("GRATICULE_MEMORY has no say: {e}");
            None
        }
    }
}

/// Bytes that runs on this machine take: what was asked for, or most of what there is.
pub(crate) fn usable_memory() -> usize {
    asked_memory().unwrap_or_else(|| machine_memory() / 100 * SHARE)
}

/// Bytes of memory of this machine; 4 GiB where it does not say.
fn machine_memory() -> usize {
    let told = std::fs::read_to_string("/proc/meminfo").ok();
    let kib = told.as_deref().and_then(|text| {
        let line = text.lines().find(|l| l.starts_with("MemTotal:"))?;
        line.split_whitespace().nth(1)?.parse::<usize>().ok()
    });
    kib.map_or(4 << 30, |k| k << 10)
}
