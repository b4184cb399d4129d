//! What a plan will do, for people.

use std::fmt;

use super::{Handover, Plan, StageKind, StageSize};
use crate::array::ChunkGrid;
use crate::error::{Error, Result};

/// The text of a plan: stages, tasks, bytes to read and write, memory.
#[derive(Debug, Clone)]
pub struct Explain {
    /// Number of tasks.
    pub tasks: usize,
    /// Decoded bytes that will be read, about.
    pub read_bytes: u64,
    /// Decoded bytes that will be written.
    pub write_bytes: u64,
    /// Bytes of the largest task: a run with one thread needs this and what it keeps.
    pub task_bytes: usize,
    text: String,
    stages: Vec<StageSize>,
}

impl Explain {
    /// What the plan asks of a cluster with so many threads: tasks of its engine, their size, time of its scheduler. Of a plan
    /// that is made for one: [`explain_with`](crate::labels::DataArray::explain_with).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::Rules;
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let plan = a.chunk("x", 1)?.sum("x")?.explain_with(&Rules::of_cluster(1000, 4 << 30))?;
    /// let cluster = plan.on_cluster(1000);
    /// assert_eq!(cluster.batches, 2);
    /// println!("{cluster}");
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn on_cluster(&self, threads: usize) -> Handover {
        Handover::of(&self.stages, threads)
    }
}

impl fmt::Display for Explain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Bytes with a unit: `12.6 MB`.
///
/// ```
/// # use graticule::plan::human_bytes;
/// assert_eq!(human_bytes(12_600_000), "13 MB");
/// assert_eq!(human_bytes(1_500), "1.50 kB");
/// ```
pub fn human_bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ if value < 9.995 => format!("{value:.2} {}", UNITS[unit]),
        _ => format!("{value:.0} {}", UNITS[unit]),
    }
}

/// The bytes that a text says: "256MiB", "1.5 GB", "1000000"; "24G" is 24 GiB, as batch systems mean it.
///
/// # Errors
/// If it is not a size.
///
/// ```
/// # use graticule::plan::parse_bytes;
/// assert_eq!(parse_bytes("256MiB")?, 256 << 20);
/// assert_eq!(parse_bytes("1.5 GB")?, 1_500_000_000);
/// assert_eq!(parse_bytes("24G")?, 24 << 30);
/// assert!(parse_bytes("much").is_err());
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn parse_bytes(text: &str) -> Result<usize> {
    let wrong = || Error::invalid(format!("`{text}` is not a size")).help("for example 256MiB, 2GB");
    let end = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    let number: f64 = text[..end].trim().parse().map_err(|_| wrong())?;
    let unit = match text[end..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "tb" => 1e12,
        "g" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "m" | "mib" => 1024.0 * 1024.0,
        "k" | "kib" => 1024.0,
        "t" | "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return Err(wrong()),
    };
    Ok((number * unit) as usize)
}

fn grid_text(grid: &ChunkGrid) -> String {
    let axes: Vec<String> = grid.axes().iter().map(|a| format!("{}/{}", a.len(), a.largest())).collect();
    format!("[{}] in {} chunks", axes.join(", "), grid.count())
}

impl Plan {
    /// What the plan will do: stages, tasks, bytes, memory. Reads nothing.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let sum = a.chunk("x", 2)?.add(1)?;
    /// let plan = Plan::new(&[Target::Memory(sum.variable().data().clone())])?;
    /// assert!(plan.explain().to_string().starts_with("stage 0: result 0 in memory"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn explain(&self) -> Explain {
        use fmt::Write;
        let mut text = String::new();
        let mut write_bytes = 0u64;
        let task_bytes = self.stages.iter().map(|s| s.task_bytes).max().unwrap_or(0);
        let read_bytes: u64 = self.stages.iter().map(|s| s.read_bytes).sum();
        for (i, stage) in self.stages.iter().enumerate() {
            let what = match &stage.kind {
                StageKind::Fold { nodes, within, segments, segment_len } => {
                    let op = |(&n, within): (&usize, &Option<usize>)| match within {
                        None => self.nodes[n].op.describe(),
                        Some(other) => {
                            let other = self.nodes[nodes[*other]].op.describe();
                            format!("{} (from {other})", self.nodes[n].op.describe())
                        }
                    };
                    let ops: Vec<String> = nodes.iter().zip(within).map(op).collect();
                    format!(
                        "fold {} ({segments} segment(s) of {segment_len} chunk(s) per result chunk)",
                        ops.join(" + ")
                    )
                }
                StageKind::Keep { node } => format!("keep {}", self.nodes[*node].op.describe()),
                StageKind::Spill { node, folder, .. } => {
                    format!("keep {} on disk in {}", self.nodes[*node].op.describe(), folder.display())
                }
                StageKind::Output { output, .. } => format!("result {output} in memory"),
                StageKind::Write { sink, node } => {
                    let meta = &self.nodes[*node].meta;
                    write_bytes +=
                        meta.grid.shape().iter().product::<usize>() as u64 * meta.dtype.size() as u64;
                    format!("write {}", sink.describe())
                }
            };
            let _ = writeln!(text, "stage {i}: {what}");
            let _ = writeln!(
                text,
                "  {} tasks over {}, {} a task, reads {}",
                stage.task_count(),
                grid_text(&stage.grid),
                human_bytes(stage.task_bytes as u64),
                human_bytes(stage.read_bytes)
            );
            if !stage.after.is_empty() {
                let after: Vec<String> = stage.after.iter().map(usize::to_string).collect();
                let _ = writeln!(text, "  uses the blocks of stage {}", after.join(", "));
            }
            for &root in stage.results() {
                self.tree(&mut text, root, 2, i);
            }
        }
        for note in &self.notes {
            let _ = writeln!(text, "{note}");
        }
        let _ = write!(
            text,
            "total: {} tasks, reads {}, writes {}, largest task {}",
            self.task_count(),
            human_bytes(read_bytes),
            human_bytes(write_bytes),
            human_bytes(task_bytes as u64)
        );
        let stages = StageSize::of_all(self);
        Explain { tasks: self.task_count(), read_bytes, write_bytes, task_bytes, text, stages }
    }

    /// The operations of a stage as an indented tree, without those of other stages; long ones are cut.
    fn tree(&self, text: &mut String, root: usize, indent: usize, stage: usize) {
        use fmt::Write;
        const LINES: usize = 24;
        let mut pending = vec![(root, indent)];
        let mut lines = 0;
        while let Some((node, indent)) = pending.pop() {
            lines += 1;
            if lines > LINES {
                let _ = writeln!(text, "{:indent$}...", "");
                return;
            }
            let n = &self.nodes[node];
            if let Some((s, _)) = self.kept[node].filter(|k| k.0 != stage) {
                let _ = writeln!(text, "{:indent$}blocks of stage {s}", "");
                continue;
            }
            let _ = writeln!(
                text,
                "{:indent$}{}: {} {}",
                "",
                n.op.describe(),
                n.meta.dtype,
                grid_text(&n.meta.grid)
            );
            pending.extend(n.inputs.iter().rev().map(|&i| (i, indent + 2)));
        }
    }
}
