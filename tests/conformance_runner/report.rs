//! Counts by group, and the reason for each case that did not pass.

use std::fmt::Write as _;
use std::path::Path;

use indexmap::IndexMap;

use super::case::Case;

/// How a case ended, with the reason.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    Passed,
    Failed(String),
    Unsupported(String),
}

/// The results of a run, in order.
#[derive(Default)]
pub struct Report {
    rows: Vec<(String, String, Status)>,
}

impl Report {
    /// Notes how a case ended.
    pub fn add(&mut self, case: &Case, status: Status) {
        self.rows.push((case.id.clone(), case.group.clone(), status));
    }

    /// A line for each group and the sum.
    pub fn table(&self) -> String {
        let mut groups: IndexMap<&str, [usize; 3]> = IndexMap::new();
        let mut sum = [0; 3];
        for (_, group, status) in &self.rows {
            let column = match status {
                Status::Passed => 0,
                Status::Failed(_) => 1,
                Status::Unsupported(_) => 2,
            };
            groups.entry(group).or_default()[column] += 1;
            sum[column] += 1;
        }
        groups.sort_unstable_keys();
        let width = groups.keys().map(|g| g.len()).max().unwrap_or(0);
        let mut table = String::new();
        for (group, [passed, failed, unsupported]) in groups {
            let n = passed + failed + unsupported;
            writeln!(
                table,
                "{group:width$}  {passed:4} passed {failed:4} failed {unsupported:4} unsupported of {n:4}"
            )
            .expect("a String takes text");
        }
        let [passed, failed, unsupported] = sum;
        let n = self.rows.len();
        writeln!(table, "conformance: {passed} passed, {failed} failed, {unsupported} unsupported of {n}")
            .expect("a String takes text");
        table
    }

    /// The cases with a wrong answer, a line each.
    pub fn failures(&self) -> Vec<String> {
        let failed = self.rows.iter().filter_map(|(id, _, status)| match status {
            Status::Failed(why) => Some(format!("{id}: {why}")),
            _ => None,
        });
        failed.collect()
    }

    /// Writes the table to `target/conformance.txt`, and a line of JSON for each case where asked.
    ///
    /// # Panics
    /// If the report that was asked for cannot be written.
    pub fn write(&self) {
        // The target folder may be elsewhere; the table is printed in any case.
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
        let _ = std::fs::write(target.join("conformance.txt"), self.table());
        let Some(path) = std::env::var_os("CONFORMANCE_REPORT") else { return };
        let lines: Vec<String> = (self.rows.iter())
            .map(|(id, _, status)| {
                let (status, why) = match status {
                    Status::Passed => ("passed", ""),
                    Status::Failed(why) => ("failed", why.as_str()),
                    Status::Unsupported(why) => ("unsupported", why.as_str()),
                };
                serde_json::json!({"id": id, "status": status, "why": why}).to_string() + "\n"
            })
            .collect();
        std::fs::write(&path, lines.concat()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
}
