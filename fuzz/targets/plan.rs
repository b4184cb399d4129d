//! Any bytes as a plan that has travelled.
//!
//! With `PLAN_SEEDS` set to a folder it first puts plans of some kinds there.
#![no_main]

use graticule::exec::{Executor, Local};
use graticule::plan::{Plan, Target};
use graticule::prelude::*;
use libfuzzer_sys::fuzz_target;

fn seeds(folder: &str) -> Result<()> {
    let a = DataArray::from_vec(&[("x", 12), ("y", 3)], (0..36).collect::<Vec<i32>>())?.chunk("x", 5)?;
    let mean = a.mean("x")?;
    let many = [a.add(1)?, a.sub(&mean)?.std("y")?, a.cumsum("x")?, a.interp("x", vec![0.5])?, a.isel("x", 2..7)?, mean];
    for (number, a) in many.iter().enumerate() {
        let plan = Plan::new_with(&[Target::Memory(a.variable().data().clone())], &Local::default().rules())?;
        std::fs::write(format!("{folder}/{number}"), plan.to_bytes()?)?;
    }
    Ok(())
}

fuzz_target!(
    init: {
        if let Ok(folder) = std::env::var("PLAN_SEEDS") {
            seeds(&folder).expect("the plans are right");
        }
    },
    |bytes: &[u8]| {
        let _ = Plan::from_bytes(bytes);
    }
);
