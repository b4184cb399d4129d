//! Which plan this is: what a run that goes on where another ended must have in common with it.

use std::io::{self, Write};

use serde::Serialize;

use super::{Plan, StageKind};
use crate::error::{Error, Result};
use crate::source::Sink;

impl Plan {
    /// A number for what the plan computes: its operations with what they hold, its sources as far as they can be
    /// told apart ([`Source::stamp`](crate::source::Source::stamp)), what is written where and in which chunks. The
    /// same in every process of one version of a program.
    ///
    /// Threads and budgets have no part in it. Arrays in memory are looked at whole.
    ///
    /// # Errors
    /// If an operation cannot be serialised: it holds a closure.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?.chunk("x", 2)?;
    /// let plan = |a: &DataArray| Plan::new(&[Target::Memory(a.variable().data().clone())]);
    /// assert_eq!(plan(&a.add(1)?)?.identity()?, plan(&a.add(1)?)?.identity()?);
    /// assert_ne!(plan(&a.add(1)?)?.identity()?, plan(&a.add(2)?)?.identity()?);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn identity(&self) -> Result<u64> {
        let targets: Vec<(usize, Option<&dyn Sink>)> = (self.stages.iter())
            .filter_map(|stage| match &stage.kind {
                StageKind::Write { node, sink } => Some((*node, Some(&**sink))),
                StageKind::Output { node, .. } => Some((*node, None)),
                StageKind::Fold { .. } | StageKind::Keep { .. } | StageKind::Spill { .. } => None,
            })
            .collect();
        let stamps: Vec<Option<String>> = self.nodes.iter().map(|n| n.op.stamp()).collect();
        identity_of(&(env!("CARGO_PKG_VERSION"), &self.nodes, stamps, targets))
            .map_err(|e| e.at("telling one plan from another"))
    }
}

/// A number for a value: the same in every process.
pub(crate) fn identity_of(value: &impl Serialize) -> Result<u64> {
    let mut hash = Fnv(0xCBF2_9CE4_8422_2325);
    rmp_serde::encode::write_named(&mut hash, value).map_err(|e| {
        Error::unsupported("a plan with a closure in it cannot be told from others").caused_by(e)
    })?;
    Ok(hash.0)
}

/// FNV-1a, 64 bits (Fowler, Noll & Vo).
struct Fnv(u64);

impl Write for Fnv {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = bytes.iter().fold(self.0, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01B3));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
