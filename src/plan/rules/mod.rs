//! What the plan chooses beyond what is written. The rules run in this order:
//!
//! 1. `merge`: equal expressions become one. First, since the rules behind it ask who else uses an array.
//! 2. the cut into stages (`plan/build.rs`), which drops whatever no target reaches.
//! 3. `spread`: for tasks that share no memory, reductions with large states are cut. Before the rules that look at chunks.
//! 4. `keep`: what several stages read, or tasks beside each other, is kept between them where it fits. Before `regroup`,
//!    which has nothing to save where a source is kept.
//! 5. `regroup`: chunks that use the same chunks of a source run together. Last, since it must know what is kept.
//!
//! No rule pushes selections down or fuses operations: a task asks for boxes, and asks for no more than it needs
//! (see [`Op::needs`](crate::lazy::Op::needs)). No rule changes a result: not dtype, not shape, not a bit.

pub(super) mod keep;
pub(super) mod merge;
mod passes;
pub(super) mod regroup;
pub(super) mod spread;

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Which rules a plan is made by, and for what machine.
///
/// ```
/// use graticule::plan::Rules;
/// let rules = Rules { memory: 256 << 20, threads: 4, ..Rules::default() };
/// assert!(rules.merge && rules.scratch.is_none());
/// ```
#[derive(Debug, Clone)]
pub struct Rules {
    /// Whether equal expressions are computed once.
    pub merge: bool,
    /// Whether what several stages read is kept where it fits.
    pub keep: bool,
    /// Whether chunks that use the same chunks of a source run together, and share them.
    pub regroup: bool,
    /// The budget in bytes.
    pub memory: usize,
    /// Bytes of the budget that may be kept between stages to save reads: sources that several stages read, and parts of
    /// chunks while an array is put into other chunks. Where tasks are `apart`, of each of them.
    pub held: usize,
    /// How many tasks run side by side.
    pub threads: usize,
    /// Whether tasks share no memory, as those of several machines: what one has read others cannot use, and states travel.
    pub apart: bool,
    /// A folder for what does not fit into memory between stages; without one nothing is put there.
    pub scratch: Option<PathBuf>,
}

impl Default for Rules {
    /// All rules, for a budget of 1 GiB, half of it for what is kept between stages, and one thread, without a folder.
    fn default() -> Self {
        Rules {
            merge: true,
            keep: true,
            regroup: true,
            memory: 1 << 30,
            held: 512 << 20,
            threads: 1,
            apart: false,
            scratch: None,
        }
    }
}

impl Rules {
    /// No rules: a plan that does what is written.
    ///
    /// ```
    /// # use graticule::plan::Rules;
    /// let none = Rules::none();
    /// assert!(!none.merge && !none.keep && !none.regroup);
    /// ```
    pub fn none() -> Self {
        Rules { merge: false, keep: false, regroup: false, ..Rules::default() }
    }

    /// All rules, for a cluster of so many threads of which each has so many bytes: its tasks are [`apart`](Rules::apart).
    ///
    /// ```
    /// # use graticule::plan::Rules;
    /// let cluster = Rules::of_cluster(1000, 4 << 30);
    /// assert!(cluster.apart && cluster.threads == 1000 && cluster.held == 4 << 30);
    /// ```
    pub fn of_cluster(threads: usize, memory: usize) -> Self {
        Rules { apart: true, threads, memory, held: memory, ..Rules::default() }
    }

    /// The same rules with so many bytes less.
    pub(super) fn beside(&self, kept: usize) -> Rules {
        let less = |bytes: usize| bytes.saturating_sub(kept);
        Rules { memory: less(self.memory), held: less(self.held), ..self.clone() }
    }
}

/// What a rule chose, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The rule.
    pub rule: String,
    /// Where.
    pub place: String,
    /// What was chosen, and why.
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.rule, self.place, self.text)
    }
}
