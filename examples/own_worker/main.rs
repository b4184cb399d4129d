//! A function of one's own on a cluster: this program is its own worker.
//!
//! ```text
//! cargo run --release --features dask --example own_worker -- STORE t                            # on this machine
//! cargo run --release --features dask --example own_worker -- STORE t --dask scheduler.json      # on a Dask cluster
//! cargo run --release --example own_worker -- STORE t --job /shared/job                          # as steps of programs
//! ```
//!
//! `STORE` has a temperature `t` in kelvin; the program prints the mean saturation pressure of water vapour. Workers start this
//! same program as `own_worker serve` or `own_worker run …`, so that they know the function. `--odd panic` and
//! `--odd abort` show what comes back when a function does not return: temperatures above 400 K are not water's.

use std::path::PathBuf;

use graticule::array::Region;
use graticule::cluster::{Processes, Staged, worker_main};
use graticule::lazy::BlockFunction;
use graticule::prelude::*;
use serde::{Deserialize, Serialize};

/// What is done about a temperature that the formula is not made for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Odd {
    Refuse,
    Panic,
    Abort,
}

/// Saturation pressure over water, in hPa (Bolton 1980, equation 10).
#[derive(Debug, Serialize, Deserialize)]
struct Saturation {
    odd: Odd,
}

#[typetag::serde]
impl BlockFunction for Saturation {
    fn name(&self) -> String {
        "saturation pressure".to_string()
    }

    fn call(&self, inputs: &[Block], _at: &Region, _loops: usize) -> Result<Block> {
        let kelvin = inputs[0].typed::<f64>()?;
        if let Some(odd) = kelvin.iter().find(|t| **t > 400.0) {
            match self.odd {
                Odd::Refuse => return Err(Error::invalid(format!("{odd} K is no temperature of water"))),
                Odd::Panic => panic!("{odd} K is no temperature of water"),
                Odd::Abort => std::process::abort(),
            }
        }
        let pressure = |t: f64| 6.112 * (17.67 * (t - 273.15) / (t - 29.65)).exp();
        Ok(Block::new(kelvin.mapv(pressure).into_shared()))
    }
}

fn main() -> std::process::ExitCode {
    // What workers are asked for, and nothing else, begins so.
    if matches!(std::env::args().nth(1).as_deref(), Some("serve" | "run")) {
        return worker_main();
    }
    match run(std::env::args().skip(1)) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run(mut args: impl Iterator<Item = String>) -> Result<()> {
    let usage = || {
        Error::invalid("own_worker STORE VARIABLE [--dask FILE | --job FOLDER] [--odd refuse|panic|abort]")
    };
    let (store, variable) = (args.next().ok_or_else(usage)?, args.next().ok_or_else(usage)?);
    let (mut executor, mut odd): (Box<dyn Executor>, _) = (Box::new(Local::new()), Odd::Refuse);
    while let (Some(option), Some(value)) = (args.next(), args.next()) {
        match (option.as_str(), value.as_str()) {
            ("--dask", file) => executor = cluster(file.into())?,
            ("--job", folder) => {
                executor =
                    Box::new(Staged::new(folder, Processes::new(std::env::current_exe()?).at_once(2))?);
            }
            ("--odd", "refuse") => odd = Odd::Refuse,
            ("--odd", "panic") => odd = Odd::Panic,
            ("--odd", "abort") => odd = Odd::Abort,
            _ => return Err(usage()),
        }
    }
    let t = open_dataset(store.as_str())?.get(&variable)?.astype(DType::F64)?;
    let pressure = apply_ufunc(Saturation { odd }, [&t], &UfuncOptions::new())?.into_array()?;
    let dims: Vec<String> = pressure.dims().iter().map(ToString::to_string).collect();
    let dims: Vec<&str> = dims.iter().map(String::as_str).collect();
    let (mean, report) = pressure.mean(&dims[..])?.compute_on(&*executor)?;
    println!("{} hPa", mean.to_vec::<f64>()?[0]);
    eprintln!("{report}");
    Ok(())
}

#[cfg(feature = "dask")]
fn cluster(scheduler: PathBuf) -> Result<Box<dyn Executor>> {
    use graticule::cluster::{Dask, DaskOptions};
    let options = DaskOptions {
        program: Some(std::env::current_exe()?),
        batch_bytes: 1 << 20,
        ..DaskOptions::default()
    };
    Ok(Box::new(Dask::connect_with(&*scheduler, &options)?))
}

#[cfg(not(feature = "dask"))]
fn cluster(_: PathBuf) -> Result<Box<dyn Executor>> {
    Err(Error::unsupported("this build has no Dask executor").help("build with `--features dask`"))
}
