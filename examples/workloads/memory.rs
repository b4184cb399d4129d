//! Workloads over arrays in memory, and those whose work is scheduling.

use std::time::Instant;

use graticule::prelude::*;

use super::{Job, Outcome, Run, dataset};

pub const NAMES: &[&str] = &["W11", "W12-100k", "W12-1M", "W12-anom", "W14", "W15", "W18"];

/// The workload of this name, its data in memory.
pub fn workload(name: &str, job: &Job) -> Option<Result<Run>> {
    Some(match name {
        "W11" => elementwise(job),
        "W12-100k" => Ok(Box::new(|job: &mut Job| tiny_chunks(job, 100_000))),
        "W12-1M" => Ok(Box::new(|job: &mut Job| tiny_chunks(job, 1_000_000))),
        "W12-anom" => Ok(Box::new(tiny_anomalies)),
        "W14" => reductions(job),
        "W15" => Ok(Box::new(labels)),
        "W18" => groups(job),
        _ => return None,
    })
}

/// W11: a formula over two long vectors.
fn elementwise(job: &Job) -> Result<Run> {
    let u = job.stored("vectors", "u")?.compute()?;
    let v = u.roll("x", 12_345)?.mul(0.7f32)?.compute()?;
    Ok(Box::new(move |job| {
        let speed = u.mul(&u)?.add(v.mul(&v)?)?.sqrt()?;
        let r = speed.mul(0.5f32)?.add(u.sub(&v)?.mul(0.25f32)?)?.sub(1.0f32)?;
        job.compute(&r.to_dataset("r"))
    }))
}

/// W12: the mean of many chunks of a hundred elements.
fn tiny_chunks(job: &mut Job, chunks: usize) -> Result<Outcome> {
    let n = 100 * job.scaled(chunks);
    let one = DataArray::from_vec(&[], vec![1.0f32])?;
    let ones = one.expand_dims_with([("x", NewDim::Len(n))], None)?.chunk("x", 100)?;
    job.compute(&ones.mean("x")?.to_dataset("mean"))
}

/// W12: two passes over many chunks.
fn tiny_anomalies(job: &mut Job) -> Result<Outcome> {
    let n = 100 * job.scaled(100_000);
    let x = DataArray::from_vec(&[("x", n)], (0..n).map(|i| i as f32).collect())?.chunk("x", 100)?;
    let anomalies = x.sub(x.mean("x")?)?;
    job.compute(&anomalies.mul(&anomalies)?.mean("x")?.to_dataset("mean"))
}

/// W14: reductions of a cube along each of its axes, one after the other.
fn reductions(job: &Job) -> Result<Run> {
    let cube = job.stored("cube", "a")?.compute()?;
    let axes: [(&str, &[&str]); 4] =
        [("0", &["t"]), ("1", &["y"]), ("2", &["x"]), ("None", &["t", "y", "x"])];
    Ok(Box::new(move |job| {
        let mut all = Dataset::new();
        for (name, op) in [("mean", ReduceOp::Mean), ("std", ReduceOp::Std), ("max", ReduceOp::Max)] {
            for (prefix, skipna) in [("", false), ("nan", true)] {
                for (axis, dims) in axes {
                    let reduced = cube.reduce_with(op, dims, ReduceOptions::new().skipna(skipna))?;
                    let r = job.part(format!("{prefix}{name}/{axis}"), &reduced)?;
                    all = all.assign([(format!("{prefix}{name}_{axis}"), sample(&r, axis)?)])?;
                }
            }
        }
        Ok(Outcome::Arrays(all))
    }))
}

/// Each 64th map of a large result, which is enough to compare.
fn sample(r: &DataArray, axis: &str) -> Result<DataArray> {
    if r.variable().size() <= 1_000_000 {
        return Ok(r.clone());
    }
    let first = r.dims()[0].clone();
    r.isel(&first, slice(None, None, Some(64)))?.rename([(first, format!("each_64th_{axis}"))])
}

/// W18: means of groups of an array in memory: few groups, many, and more than the cache has room for.
fn groups(job: &Job) -> Result<Run> {
    let ds = job.store("groups")?.compute()?;
    let by = |name: &str, key: &str| ds.get(name)?.assign_coords([(key, ds.get(key)?)]);
    let (months, days, regions) = (by("a", "month")?, by("a", "day")?, by("b", "region")?);
    Ok(Box::new(move |job| {
        Ok(Outcome::Arrays(dataset([
            ("g12", job.part("12", &months.groupby("month")?.mean("time")?)?),
            ("g366", job.part("366", &days.groupby("day")?.mean("time")?)?),
            ("g10000", job.part("10000", &regions.groupby("region")?.mean("p")?)?),
        ])?))
    }))
}

/// W15: small operations by label; their parts are microseconds each.
fn labels(job: &mut Job) -> Result<Outcome> {
    let labels: Vec<f64> = (0..100).map(|i| f64::from(i) * 0.5).collect();
    let values: Vec<f32> = (0..10_000).map(|i| ((i * 7919) % 1009) as f32 / 100.0).collect();
    let label = Block::from_vec(&[100], labels.clone())?;
    let square = || DataArray::from_vec(&[("y", 100), ("x", 100)], values.clone());
    let a = square()?.assign_coords([("y", label.clone()), ("x", label.clone())])?;
    let ds = dataset([("a", a.clone()), ("b", a.add(1)?)])?;
    let small = a.isel("y", 0..10)?.isel("x", 0..10)?;
    let (same, other) = (small.add(1)?, a.isel("y", 5..15)?.isel("x", 5..15)?);
    let ten = vec![small.clone(); 10];
    let days = DateRange::new().start("2000-01-01").periods(100).freq("D").make()?;
    let series = DataArray::from_vec(&[("time", 100)], values[..100].to_vec())?
        .assign_coords([("time", days.load()?)])?;
    let dates = series.coord("time")?.times()?.strftime("%Y-%m-%d")?.to_vec::<graticule::dtype::Text>()?;
    let z = a.clone().with_name("z").to_dataset("z");
    let at = |i: usize| labels[(i * 7919) % 100];
    let (many, few) = (job.scaled(20_000), job.scaled(20_000) / 20);
    type Small<'a> = Box<dyn Fn(usize) -> Result<()> + 'a>;
    let operations: Vec<(&str, usize, Small)> = vec![
        ("da.sel scalar", many, Box::new(|i| a.sel("y", at(i)).map(drop))),
        (
            "da.sel 2 scalars",
            many,
            Box::new(|i| a.sel_with(Sel::new().at("y", at(i)).at("x", at(i + 1))).map(drop)),
        ),
        ("da.sel nearest", many, Box::new(|i| a.sel_with(Sel::new().nearest("y", at(i) + 0.1)).map(drop))),
        (
            "da.sel time str",
            many,
            Box::new(|i| series.sel("time", dates[i % 100].as_str().unwrap_or_default()).map(drop)),
        ),
        ("da.sel slice", many, Box::new(|i| a.sel("y", at(i)..=at(i) + 5.0).map(drop))),
        ("ds.sel scalar", many, Box::new(|i| ds.sel("y", at(i)).map(drop))),
        ("da.isel scalar", many, Box::new(|i| a.isel("y", i % 100).map(drop))),
        ("da.isel slice", many, Box::new(|i| a.isel("y", i % 90..i % 90 + 5).map(drop))),
        ("ds['a']", many, Box::new(|_| ds.get("a").map(drop))),
        ("da+da aligned 10x10", many, Box::new(|_| small.add(&same).map(drop))),
        ("da+da unaligned 10x10", many, Box::new(|_| small.add(&other).map(drop))),
        ("da+scalar", many, Box::new(|_| small.add(1.0).map(drop))),
        ("ds+ds", many, Box::new(|_| ds.add(&ds).map(drop))),
        ("np.sqrt(da)", many, Box::new(|_| small.sqrt().map(drop))),
        ("da.mean(dim)", many, Box::new(|_| small.mean("y").map(drop))),
        ("da.transpose", many, Box::new(|_| small.transpose(["x", "y"]).map(drop))),
        (
            "DataArray()",
            many,
            Box::new(|_| square()?.assign_coords([("y", label.clone()), ("x", label.clone())]).map(drop)),
        ),
        ("ds.assign", many, Box::new(|_| ds.assign([("c", &a)]).map(drop))),
        ("concat 10", few, Box::new(|_| concat(&ten, "z", &ConcatOptions::default())?.load().map(drop))),
        ("groupby(12).mean", few, Box::new(|_| series.groupby("time.month")?.mean("time")?.load().map(drop))),
        ("resample MS mean", few, Box::new(|_| series.resample("time", "MS")?.mean()?.load().map(drop))),
        ("interp 1pt", few, Box::new(|_| a.interp("y", 3.3)?.load().map(drop))),
        ("where", few, Box::new(|_| small.where_cond(small.gt(0)?).map(drop))),
        ("merge", few, Box::new(|_| ds.merge(&z, &MergeOptions::default()).map(drop))),
    ];
    for (name, n, f) in operations {
        let start = Instant::now();
        for i in 0..n {
            f(i)?;
        }
        let each = start.elapsed().as_secs_f64() / n as f64 * 1e6;
        job.parts.insert(name.to_string(), serde_json::json!(each));
    }
    Ok(Outcome::Arrays(a.sum(..)?.to_dataset("s")))
}
