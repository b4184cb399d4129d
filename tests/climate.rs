//! Seasons, years, running means and anomalies of real files: what xarray gives, in memory and from chunks of odd lengths.

mod support;

use graticule::kernel::reduce::ReduceOp;
use graticule::prelude::*;
use support::python::{find, python, run_script, sample_data};
use support::results::{assert_close, scratch, text};

/// All results of `climate_oracle.py` by name.
fn results(a: &DataArray) -> Result<Vec<(String, DataArray)>> {
    let mut all = Vec::new();
    for freq in ["QS-DEC", "YS", "YE-JUN", "10YS"] {
        let bins = a.resample("time", freq)?;
        for (name, op) in [
            ("mean", ReduceOp::Mean),
            ("max", ReduceOp::Max),
            ("min", ReduceOp::Min),
            ("first", ReduceOp::First),
            ("std", ReduceOp::Std),
            ("count", ReduceOp::Count),
        ] {
            all.push((format!("{freq}-{name}"), bins.reduce_with(op, (), ReduceOptions::default())?));
        }
    }
    let windows = || a.rolling([("time", 12)]);
    all.push(("rolling-12".into(), windows().mean()?));
    all.push(("rolling-12-center".into(), windows().center(true).mean()?));
    all.push(("rolling-12-least".into(), windows().min_periods(3).mean()?));
    for key in ["month", "season", "year"] {
        let groups = a.groupby(&*format!("time.{key}"))?;
        let climatology = groups.mean("time")?;
        all.push((format!("{key}-anomalies"), groups.sub(&climatology)?));
        all.push((format!("{key}-climatology"), climatology));
    }
    let up = a.isel("time", 0..12)?.resample("time", "15D")?;
    all.push(("up-interpolate".into(), up.interpolate(InterpMethod::Linear)?));
    Ok(all)
}

/// Compares all results of a file; `largest` is the size of its values.
fn agrees_with_xarray(file: &str, variable: &str, largest: f64) {
    let (Some(python), Some(data)) = (python(), sample_data()) else { return };
    let path = find(&data, &format!("{file}.nc")).expect("the sample data have this file");
    let oracle = scratch(&format!("climate-{file}"));
    run_script(&python, "climate_oracle.py", &[text(&path), variable, text(&oracle)]);
    let a = open_dataset(&path).unwrap().get(variable).unwrap();
    let in_memory = a.compute().unwrap();
    for (how, a) in [("in memory", in_memory), ("in chunks", a.chunk("time", 7).unwrap())] {
        for (name, got) in results(&a).unwrap() {
            // Single precision near the values: what is left of a mean or a difference has their rounding.
            let (rtol, atol) = match &*name {
                name if name.ends_with("anomalies") => (0.0, 1e-6 * largest),
                _ => (1e-6, 1e-7 * largest),
            };
            assert_close(&format!("{file}, {name} {how}"), &got, &oracle, &name, rtol, atol);
        }
    }
    std::fs::remove_dir_all(oracle).ok();
}

#[test]
fn the_scenario_of_low_emissions_agrees() {
    agrees_with_xarray("E1_north_america", "air_temperature", 300.0);
}

#[test]
fn the_scenario_of_fast_growth_agrees() {
    agrees_with_xarray("A1B_north_america", "air_temperature", 300.0);
}

#[test]
fn the_southern_oscillation_agrees() {
    agrees_with_xarray("SOI_Darwin", "SOI_Darwin", 5.0);
}
