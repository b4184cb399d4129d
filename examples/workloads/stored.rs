//! Workloads over stores and files.

use graticule::io::zarr::WriteMode;
use graticule::labels::AttrValue;
use graticule::prelude::*;

use super::{Job, Outcome, Run, dataset};

pub const NAMES: &[&str] = &[
    "W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W9a", "W9b", "W10t", "W10s", "W13", "W16", "W17",
    "W17m", "W19", "W20n", "W20z", "W20b", "W21",
];

/// The workload of this name.
pub fn workload(name: &str, job: &Job) -> Option<Result<Run>> {
    let f: fn(&mut Job) -> Result<Outcome> = match name {
        "W1" => climatology,
        "W2" => anomalies,
        "W3" => zonal_mean,
        "W4" => circulation,
        "W5" => rechunk,
        "W6" => files_to_zarr,
        "W7" => regrid,
        "W8" => satellite,
        "W9a" => running_mean,
        "W9b" => vorticity,
        "W10t" => |job| quantile(job, &["time"]),
        "W10s" => |job| quantile(job, &["lat", "lon"]),
        "W13" => points,
        "W16" => monthly,
        "W17" => |job| times(job, &MultiFileOptions::new()),
        "W17m" => return Some(many_files_again(job)),
        "W19" => weighted_mean,
        "W20n" => |job| read(job, "nc/read.nc", "t2m"),
        "W20z" => |job| read(job, "sst.zarr", "sst"),
        "W20b" => |job| read(job, "t2m.zarr", "t2m"),
        "W21" => many_chunks,
        _ => return None,
    };
    Some(Ok(Box::new(f)))
}

const MAP: [&str; 2] = ["lat", "lon"];

/// W1: mean and standard deviation of each month and each day of the year.
fn climatology(job: &mut Job) -> Result<Outcome> {
    let t = job.stored("t2m", "t2m")?;
    let (months, days) = (t.groupby("time.month")?, t.groupby("time.dayofyear")?);
    job.compute(&dataset([
        ("mmean", months.mean("time")?),
        ("mstd", months.std("time")?),
        ("dmean", days.mean("time")?),
        ("dstd", days.std("time")?),
    ])?)
}

/// W2: what each value differs from the mean of its month.
fn anomalies(job: &mut Job) -> Result<Outcome> {
    let t = job.stored("t2m", "t2m")?;
    let climatology = t.groupby("time.month")?.mean("time")?;
    let anomalies = t.groupby("time.month")?.sub(&climatology)?.drop_vars("month")?;
    job.write(&stored(&anomalies.to_dataset("anom"))?)
}

/// W3: means along circles of latitude.
fn zonal_mean(job: &mut Job) -> Result<Outcome> {
    let means = job.store("pl")?.mean("lon")?;
    job.compute(&means)
}

/// W4: fluxes by eddies, as daily means.
fn circulation(job: &mut Job) -> Result<Outcome> {
    let ds = job.store("pl")?;
    let means = ds.mean("lon")?;
    let eddies = ds.sub(&means)?;
    let flux = |a: &str, b: &str| eddies.get(a)?.mul(eddies.get(b)?)?.mean("lon");
    let all = means.assign([("uv", flux("u", "v")?), ("vt", flux("v", "t")?), ("uw", flux("u", "w")?)])?;
    job.compute(&all.resample("time", "D")?.mean()?)
}

/// W5: from maps to series.
fn rechunk(job: &mut Job) -> Result<Outcome> {
    let ds = job.store("t2m")?;
    let sizes = ds.sizes();
    let series = ds
        .chunk("time", sizes["time"])?
        .chunk("lat", sizes["lat"].div_ceil(10))?
        .chunk("lon", sizes["lon"].div_ceil(18))?
        .rename([("t2m", "x")])?;
    job.write(&stored(&series)?)
}

/// W6: many NetCDF files into one Zarr store.
fn files_to_zarr(job: &mut Job) -> Result<Outcome> {
    let chunk = job.size("ntc");
    let parts = job.files("nc", "t2m_")?.iter().map(open_dataset).collect::<Result<Vec<_>>>()?;
    let ds = concat(&parts, "time", &ConcatOptions::default())?.chunk("time", chunk)?;
    job.write(&stored(&ds.rename([("t2m", "x")])?)?)
}

/// W17: the times of many small files.
fn times(job: &mut Job, options: &MultiFileOptions) -> Result<Outcome> {
    let time = open_mfdataset_with(job.small_files()?, options)?.get("time")?;
    let since = time.sub(time.isel("time", 0)?)?.rename([("time", "step")])?;
    let hours = since.dt("total_seconds")?.div(3600.0)?;
    job.compute(&hours.drop_vars("step")?.to_dataset("time"))
}

/// W20: half a gigabyte of a variable, into memory.
fn read(job: &mut Job, path: &str, name: &str) -> Result<Outcome> {
    let a = open_dataset(job.data.join(path))?.get(name)?;
    let step = a.shape()[1..].iter().product::<usize>() * a.dtype().size();
    let steps = (500_000_000 / step).min(a.shape()[0]);
    job.compute(&a.isel("time", 0..steps)?.to_dataset(name))
}

/// W21: the mean of 100,000 stored chunks.
fn many_chunks(job: &mut Job) -> Result<Outcome> {
    job.compute(&job.stored("many", "x")?.mean("time")?.to_dataset("mean"))
}

/// W17m: the same of files that were opened before, with a manifest.
fn many_files_again(job: &Job) -> Result<Run> {
    let options = MultiFileOptions::new().manifest(job.out(".manifest"));
    open_mfdataset_with(job.small_files()?, &options)?;
    Ok(Box::new(move |job| times(job, &options)))
}

/// W7: from a quarter of a degree to one, bilinearly.
fn regrid(job: &mut Job) -> Result<Outcome> {
    let (ny, nx) = (job.size("nyq"), job.size("nxq"));
    let (rows, columns) = (ny / 4, nx / 4);
    let (dlat, dlon) = (180.0 / (ny - 1) as f64 * 4.0, 360.0 / columns as f64);
    let lat: Vec<f64> =
        (0..rows).map(|i| 90.0 - 0.4 * dlat - dlat * i as f64).filter(|v| *v > -90.0).collect();
    let lon: Vec<f64> = (0..columns).map(|i| 0.1 * dlon + dlon * i as f64).collect();
    let fields = job.store("e025")?.interp("lat", lat)?.interp("lon", lon)?;
    job.compute(&fields.astype(DType::F32)?)
}

/// W8: the median vegetation index of each month, without clouds.
fn satellite(job: &mut Job) -> Result<Outcome> {
    let path = job.store_path("sat");
    let ds = open_dataset_with(path, &OpenOptions::new().mask_and_scale(false))?;
    let reflectance = |name: &str| ds.get(name)?.astype(DType::F32)?.mul(1e-4f32)?.sub(0.1f32);
    let (red, nir) = (reflectance("red")?, reflectance("nir")?);
    // The attributes of the packed bands do not hold for it.
    let index = nir.sub(&red)?.div(&nir.add(&red)?)?.drop_attrs(false);
    let clear = ds.get("qa")?.and(0b11011)?.eq(0)?;
    job.compute(&index.where_cond(&clear)?.groupby("time.month")?.median("time")?.to_dataset("ndvi"))
}

/// W9a: the largest mean of 24 steps in a row.
fn running_mean(job: &mut Job) -> Result<Outcome> {
    let t = job.stored("t2m", "t2m")?;
    job.compute(&t.rolling([("time", 24)]).mean()?.max("time")?.to_dataset("max"))
}

/// W9b: the mean square of the vorticity.
fn vorticity(job: &mut Job) -> Result<Outcome> {
    const RADIUS: f64 = 6371229.0;
    let ds = job.store("e025")?;
    let cos_lat = ds.get("u10")?.coord("lat")?.to_radians()?.cos()?.astype(DType::F32)?;
    let dv = ds.get("v10")?.differentiate("lon")?;
    let du = ds.get("u10")?.mul(&cos_lat)?.differentiate("lat")?;
    let per_degree = (RADIUS * std::f64::consts::PI / 180.0) as f32;
    let vorticity = dv.sub(&du)?.div(cos_lat.mul(per_degree)?)?;
    let square = vorticity.mul(&vorticity)?.mean("time")?;
    let rows = square.sizes()["lat"];
    job.compute(&square.isel("lat", 1..rows - 1)?.to_dataset("ens"))
}

/// W10: nine tenths of the values are below.
fn quantile(job: &mut Job, dims: &[&str]) -> Result<Outcome> {
    let t = job.stored("t2m", "t2m")?;
    let options = QuantileOptions::new().skipna(false);
    job.compute(&t.quantile_with(0.9, dims, options)?.astype(DType::F32)?.to_dataset("q"))
}

/// W13: series at a thousand places.
fn points(job: &mut Job) -> Result<Outcome> {
    let places = open_dataset(job.store_path("points"))?;
    let t = job.stored("t2m", "t2m")?;
    let at = Sel::new().nearest("lat", places.get("lat")?).nearest("lon", places.get("lon")?);
    job.compute(&t.sel_with(at)?.transpose(["p", "time"])?.to_dataset("ts"))
}

/// W16: mean and maximum of each month, to NetCDF.
fn monthly(job: &mut Job) -> Result<Outcome> {
    use graticule::io::netcdf::NetcdfOptions;
    let months = job.stored("t2m", "t2m")?.resample("time", "MS")?;
    let deflate = Attrs::new().with("zlib", true).with("complevel", 4).with("shuffle", true);
    let ds = encoded(&dataset([("mean", months.mean()?), ("max", months.max()?)])?, &deflate)?;
    let path = job.out(".nc");
    let options = NetcdfOptions { mode: WriteMode::Replace, ..Default::default() };
    let (_, report) = Batch::new().write_netcdf_with(&path, &ds, &options)?.run_on(&*job.executor)?;
    job.count(&report);
    Ok(Outcome::Written(path))
}

/// W19: means of the sea, weighted by area.
fn weighted_mean(job: &mut Job) -> Result<Outcome> {
    let sst = job.stored("sst", "sst")?;
    let weights = sst.coord("lat")?.to_radians()?.cos()?;
    job.compute(&sst.weighted(&weights)?.mean(MAP)?.astype(DType::F32)?.to_dataset("m"))
}

/// To be stored as peers do it: fast compression, chunks as they are.
fn stored(ds: &Dataset) -> Result<Dataset> {
    let lz4 = serde_json::json!([{
        "name": "blosc",
        "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": 4, "blocksize": 0},
    }]);
    let codecs = Attrs::new()
        .with("serializer", AttrValue::Json(serde_json::Value::Null))
        .with("compressors", AttrValue::Json(lz4));
    encoded(ds, &codecs)
}

/// The dataset, all its variables to be stored in this encoding.
fn encoded(ds: &Dataset, encoding: &Attrs) -> Result<Dataset> {
    let mut variables = ds.data_vars().clone();
    variables.values_mut().for_each(|v| v.encoding = encoding.clone());
    Dataset::from_variables(variables, ds.drop_encoding().coords().clone())
}
