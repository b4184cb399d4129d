//! The way a plan is run: threads and storing it change no bit.

use graticule::Result;
use graticule::plan::{Plan, Rules, Target};
use graticule::prelude::*;
use graticule::testing::{Batched, Shuffled};
use proptest::prelude::*;
use proptest::sample::select;

use crate::check::{Check, same_blocks};
use crate::config;
use crate::expressions::expressions;
use crate::samples::{Sample, dtypes, labelled};

const OPS: [ReduceOp; 6] =
    [ReduceOp::Sum, ReduceOp::Mean, ReduceOp::Std, ReduceOp::Prod, ReduceOp::Max, ReduceOp::Median];

/// An array, and what is made of it over a dimension: sums that depend on their order, and the
/// distances of the elements from them.
fn jobs(s: &Sample, op: ReduceOp) -> Vec<DataArray> {
    let a = &s.chunked;
    let mut jobs = vec![a.clone()];
    for dim in s.dims() {
        let reduced = a.reduce_with(op, &*dim, ReduceOptions::new());
        let Ok(reduced) = reduced else { continue };
        jobs.extend(a.sub(&reduced).ok());
        jobs.push(reduced);
    }
    jobs
}

fn plan(arrays: &[DataArray], rules: &Rules) -> Result<Plan> {
    let targets: Vec<Target> = arrays.iter().map(|a| Target::Memory(a.variable().data().clone())).collect();
    Plan::new_with(&targets, rules)
}

/// Both runs give the same bits, or both fail.
fn same_outcomes(a: &Result<Vec<Block>>, b: &Result<Vec<Block>>) -> Check {
    if let (Ok(a), Ok(b)) = (a, b) {
        prop_assert_eq!(a.len(), b.len());
        return a.iter().zip(b).try_for_each(|(a, b)| same_blocks(a, b));
    }
    let kind = |r: &Result<Vec<Block>>| r.as_ref().err().map(Error::kind);
    prop_assert_eq!(kind(a), kind(b));
    Ok(())
}

fn run(plan: &Plan, threads: usize) -> Result<Vec<Block>> {
    Local::new().threads(threads).run(plan).map(|o| o.blocks)
}

/// With little memory: the same bits, unless the plan is refused.
fn within(plan: &Plan, memory: usize, one: &Result<Vec<Block>>) -> Check {
    let found = Local::new().threads(3).memory(memory).run(plan).map(|o| o.blocks);
    match found {
        Err(e) if e.kind() == ErrorKind::Memory => Ok(()),
        found => same_outcomes(one, &found),
    }
}

/// Threads, order of tasks, batches of a cluster, memory, rules of the plan, company and storage change no bit of a run.
pub fn any_way_the_same(arrays: &[DataArray]) -> Check {
    let all = Rules::default();
    let plan = plan(arrays, &all)?;
    let one = run(&plan, 1);
    same_outcomes(&one, &run(&self::plan(arrays, &Rules::none())?, 2))?;
    for threads in [2, 7] {
        same_outcomes(&one, &run(&plan, threads))?;
    }
    for (seed, threads) in [(1, 1), (2, 1), (3, 4)] {
        same_outcomes(&one, &Shuffled::new(seed).threads(threads).run(&plan).map(|o| o.blocks))?;
    }
    for bytes in [1, 200, 1 << 20] {
        same_outcomes(&one, &Batched::new().bytes(bytes).run(&plan).map(|o| o.blocks))?;
    }
    // Plans as they are made for clusters.
    for threads in [2, 5] {
        let apart = self::plan(arrays, &Rules { apart: true, threads, ..Rules::default() })?;
        same_outcomes(&one, &Batched::new().bytes(200).run(&apart).map(|o| o.blocks))?;
    }
    let results: usize =
        plan.output_metas().iter().map(|m| m.shape().iter().product::<usize>() * m.dtype.size()).sum();
    let task = plan.stages().iter().map(|s| s.task_bytes).max().unwrap_or(0);
    for room in [1, 2, 4] {
        within(&plan, results + room * task, &one)?;
    }
    if arrays.len() > 1 {
        let alone =
            |a: &DataArray| run(&self::plan(std::slice::from_ref(a), &all)?, 2).map(|mut b| b.remove(0));
        same_outcomes(&one, &arrays.iter().map(alone).collect())?;
    }
    let bytes = plan.to_bytes()?;
    let again = Plan::from_bytes(&bytes)?;
    prop_assert_eq!(&again.to_bytes()?, &bytes);
    same_outcomes(&one, &run(&again, 2))
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn reductions_and_what_is_made_of_them(s in labelled(dtypes(), 0), op in select(&OPS[..])) {
        any_way_the_same(&jobs(&s, op))?;
    }

    #[test]
    fn expressions_of_any_kind((leaves, e) in expressions()) {
        any_way_the_same(&[e.eval(&leaves)?.chunked])?;
    }
}
