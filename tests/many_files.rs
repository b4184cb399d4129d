//! `open_mfdataset`: files by pattern or list as one dataset, beside xarray's.

mod support;

use std::path::{Path, PathBuf};

use graticule::dtype::Text;
use graticule::prelude::*;

const LATS: [f64; 3] = [-10.0, 0.0, 10.0];

/// Days from `start` on of a variable over some latitudes.
fn days(start: i64, n: usize, lats: &[f64]) -> Result<Dataset> {
    let day = 86_400_000_000_000i64;
    let times = (0..n as i64).map(|i| (start + i) * day).collect();
    let times = Block::from_vec(&[n], times)?.retype(DType::DATETIME_NS);
    let values = (0..n * lats.len()).map(|i| (start * 100) as f32 + i as f32).collect();
    let a = DataArray::from_vec(&[("time", n), ("lat", lats.len())], values)?
        .assign_coords([("time", times), ("lat", Block::from_vec(&[lats.len()], lats.to_vec())?)])?;
    let mut ds = a.to_dataset("t").assign([("height", DataArray::from_vec(&[], vec![2.0])?)])?;
    ds.attrs = Attrs::new().with("title", format!("from day {start}"));
    Ok(ds)
}

/// Files in an order of names that is not that of time.
fn month_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = [("a.nc", 31, 28), ("b.nc", 0, 31), ("c.nc", 59, 31)];
    let write = |(name, start, n): (&str, i64, usize)| {
        let path = folder.join(name);
        days(start, n, &LATS)?.to_netcdf(&path)?;
        Ok(path)
    };
    files.into_iter().map(write).collect()
}

fn text(value: &AttrValue) -> Option<String> {
    match value {
        AttrValue::Str(text) => Some(text.to_string()),
        _ => None,
    }
}

fn pattern(folder: &Path) -> String {
    folder.join("*.nc").display().to_string()
}

#[test]
fn files_are_put_in_the_order_of_their_labels() -> Result<()> {
    let folder = tempfile::tempdir()?;
    month_files(folder.path())?;
    let ds = open_mfdataset(pattern(folder.path()))?;
    assert_eq!((ds.sizes()["time"], ds.sizes()["lat"]), (90, 3));
    let t = ds.get("t")?;
    assert_eq!(t.isel("time", 31)?.to_vec::<f32>()?, [3100.0, 3101.0, 3102.0]);
    // One chunk for each file, of which a selection reads one.
    assert!(t.variable().data().as_block().is_none());
    assert_eq!(t.variable().data().grid().counts(), [3, 1]);
    // What does not change from file to file has no time.
    assert!(ds.get("height")?.dims().is_empty());
    assert_eq!(ds.attrs.get("title"), Some(&AttrValue::from("from day 0")));
    let attrs_of = folder.path().join("c.nc");
    let ds = open_mfdataset_with(pattern(folder.path()), &MultiFileOptions::new().attrs_file(attrs_of))?;
    assert_eq!(ds.attrs.get("title"), Some(&AttrValue::from("from day 59")));
    Ok(())
}

#[test]
fn lists_are_joined_as_they_stand() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let files = month_files(folder.path())?;
    let ds = open_mfdataset_with(&files, &MultiFileOptions::new().nested(["time"]))?;
    assert_eq!(ds.get("t")?.isel("time", 0)?.to_vec::<f32>()?, [3100.0, 3101.0, 3102.0]);
    let square = [[&files[1], &files[1]], [&files[1], &files[1]]];
    let ds = open_mfdataset_with(square, &MultiFileOptions::new().nested(["member", "time"]))?;
    assert_eq!((ds.sizes()["member"], ds.sizes()["time"]), (2, 62));
    let merged = open_mfdataset_with(
        &files[1..2],
        &MultiFileOptions::new().nested([None::<&str>]).preprocess(|ds| ds.rename([("t", "u")])),
    )?;
    assert!(merged.data_vars().contains_key("u"));
    Ok(())
}

#[test]
fn preprocess_sees_the_name_of_each_file() -> Result<()> {
    let folder = tempfile::tempdir()?;
    month_files(folder.path())?;
    let options = MultiFileOptions::new().preprocess(|ds| {
        let source = ds.encoding.get("source").and_then(text);
        let name = source.and_then(|s| Path::new(&s).file_stem().map(|s| s.to_string_lossy().into_owned()));
        let n = ds.sizes()["time"];
        let names = vec![Text::from(name.unwrap_or_default().as_str()); n];
        ds.assign([("file", DataArray::from_vec(&[("time", n)], names)?)])
    });
    let names = open_mfdataset_with(pattern(folder.path()), &options)?.get("file")?.to_vec::<Text>()?;
    assert_eq!(
        (names[0].as_str(), names[31].as_str(), names[89].as_str()),
        (Some("b"), Some("a"), Some("c"))
    );
    Ok(())
}

#[test]
fn the_first_file_that_does_not_fit_is_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    month_files(folder.path())?;
    let odd = folder.path().join("d.nc");
    let error = |ds: Dataset| -> Result<String> {
        ds.to_netcdf(&odd)?;
        let error = open_mfdataset(pattern(folder.path())).err().map(|e| e.to_string());
        std::fs::remove_file(&odd)?;
        Ok(error.expect("the files do not fit together"))
    };
    let text = error(days(90, 30, &[-10.0, 0.0, 20.0])?)?;
    assert!(text.contains("d.nc: the labels of `lat` differ from those in"), "{text}");
    let text = error(days(90, 30, &LATS[..2])?)?;
    assert!(text.contains("d.nc: `lat` has 2 elements, 3 in"), "{text}");
    // Times that overlap those of another file.
    let text = error(days(80, 30, &LATS)?)?;
    assert!(text.contains("4 files") && text.contains("time"), "{text}");
    std::fs::write(&odd, "this is no NetCDF file")?;
    let text = open_mfdataset(pattern(folder.path())).expect_err("one is broken").to_string();
    assert!(text.contains("d.nc"), "{text}");
    let without = open_mfdataset_with(pattern(folder.path()), &MultiFileOptions::new().skip_broken(true))?;
    assert_eq!(without.sizes()["time"], 90);
    Ok(())
}

#[test]
fn nothing_to_open_is_an_error() {
    let text = open_mfdataset("/not/there/*.nc").expect_err("no files").to_string();
    assert!(text.contains("no file matches `/not/there/*.nc`"), "{text}");
    assert!(text.contains("the nearest folder that is there is /"), "{text}");
    let text = open_mfdataset(Vec::<PathBuf>::new()).expect_err("no files").to_string();
    assert!(text.contains("empty"), "{text}");
    let missing = open_mfdataset(["not-there.nc"]).expect_err("no file").to_string();
    assert!(missing.contains("not-there.nc"), "{missing}");
}

#[test]
fn hundreds_of_files_are_opened_at_once() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for i in 0..400 {
        days(2 * i, 2, &LATS)?.to_netcdf(folder.path().join(format!("{i:03}.nc")))?;
    }
    let options = MultiFileOptions::new().manifest(folder.path().join("manifest"));
    for _ in 0..2 {
        let t = open_mfdataset_with(pattern(folder.path()), &options)?.get("t")?;
        assert_eq!(t.variable().data().grid().counts(), [400, 1]);
        assert_eq!(t.sel("time", "1971-01-01")?.to_vec::<f32>()?, [36403.0, 36404.0, 36405.0]);
    }
    Ok(())
}

#[test]
fn xarray_opens_the_same() -> Result<()> {
    let Some(python) = support::python::python() else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    month_files(folder.path())?;
    let pattern = pattern(folder.path());
    let theirs = support::python::run_script(&python, "open_mfdataset.py", &[&pattern]);
    let options = MultiFileOptions::new().manifest(folder.path().join("manifest"));
    // From the files, which writes a manifest, and from that.
    for _ in 0..2 {
        let ds = open_mfdataset_with(&pattern, &options)?;
        let t = ds.get("t")?;
        let title = ds.attrs.get("title").and_then(text).unwrap_or_default();
        let sum = t.astype(DType::F64)?.sum(["time", "lat"])?.to_vec::<f64>()?[0];
        let day = ds.get("time")?.isel("time", -1)?.to_vec::<i64>()?[0] / 86_400_000_000_000;
        assert_eq!(day, 89);
        let ours = format!(
            "{{'time': {}, 'lat': {}}} () {title} {} {sum:.1}\n1970-03-31 {:?}\n",
            ds.sizes()["time"],
            ds.sizes()["lat"],
            t.dtype(),
            t.isel("time", 31)?.to_vec::<f32>()?,
        );
        assert_eq!(ours, theirs);
    }
    Ok(())
}
