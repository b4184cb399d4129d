//! Manifests of `open_mfdataset`: the second open reads no header, and never gives what the files do not hold.

mod support;

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::time::Duration;

use graticule::array::Block;
use graticule::dtype::{Calendar, Text, TimeUnit};
use graticule::io::zarr::{WriteMode, WriteOptions};
use graticule::labels::{UfuncOptions, on_blocks};
use graticule::prelude::*;
use graticule::testing::assert_identical;
use support::told::told_by;

const DAY: i64 = 86_400_000_000_000;

/// Variables of many kinds over some days: packed, of text, of whole numbers, times that are no labels.
fn days(start: i64, n: usize) -> Result<Dataset> {
    let times = (0..n as i64).map(|i| (start + i) * DAY).collect();
    let times = Block::from_vec(&[n], times)?.retype(DType::DATETIME_NS);
    let lats = Block::from_vec(&[3], vec![-10.0f32, 5.5, 10.0])?;
    let values = (0..3 * n).map(|i| if i == 4 { f32::NAN } else { start as f32 + i as f32 }).collect();
    let mut t = Variable::from_vec(&[("time", n), ("lat", 3)], values)?;
    t.attrs =
        Attrs::new().with("units", "K").with("valid_range", vec![0i16, 400]).with("long_name", "temperature");
    t.encoding = Attrs::new().with("dtype", "int16").with("scale_factor", 0.5f32).with("_FillValue", -1i16);
    let t = DataArray::new(t, Coords::new())?.assign_coords([("time", times.clone()), ("lat", lats)])?;
    let names: Vec<Text> = (0..n).map(|i| Text::from(format!("day {}", start + i as i64).as_str())).collect();
    let seen = times.retype(DType::Datetime { unit: TimeUnit::Ns, calendar: Calendar::ProlepticGregorian });
    let mut ds = t.to_dataset("t").assign([
        ("names", DataArray::from_vec(&[("time", n)], names)?),
        ("count", DataArray::from_vec(&[("time", n)], (0..n as i64).map(|i| start + i).collect())?),
        ("flag", DataArray::from_vec(&[("time", n)], (0..n).map(|i| i % 2 == 0).collect())?),
        ("seen", DataArray::new(Variable::new(["time"], seen)?, Coords::new())?),
        ("height", DataArray::from_vec(&[], vec![2.0])?),
    ])?;
    ds = ds.assign_coords([("station", DataArray::from_vec(&[], vec![7i32])?)])?;
    ds.attrs = Attrs::new().with("title", format!("from day {start}")).with("version", 3i32).with("a", 1.5);
    Ok(ds)
}

/// A folder with files of some days each.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Result<Files> {
        let files = Files(tempfile::tempdir()?);
        for (name, start, n) in [("a.nc", 5, 3), ("b.nc", 0, 5), ("c.nc", 8, 4)] {
            days(start, n)?.to_netcdf(files.at(name))?;
        }
        Ok(files)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn pattern(&self) -> String {
        self.at("*.nc").display().to_string()
    }

    fn manifest(&self) -> PathBuf {
        self.at("of/these.manifest")
    }

    fn options(&self) -> MultiFileOptions {
        MultiFileOptions::new().manifest(self.manifest())
    }

    /// The dataset of all, and what was told.
    fn open(&self) -> (Dataset, Vec<String>) {
        open(self.pattern(), &self.options())
    }
}

fn open(paths: impl Into<graticule::io::Paths>, options: &MultiFileOptions) -> (Dataset, Vec<String>) {
    let (ds, told) = told_by("graticule::io::", || open_mfdataset_with(paths, options));
    (ds.expect("the files can be opened"), told)
}

/// Puts nothing but zeros into a file, which looks as it did.
fn blank(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(path)?;
    put(path, &vec![0; bytes.len()])?;
    Ok(bytes)
}

/// Replaces what is in a file, as of the time at which it was changed last.
fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let modified = fs::metadata(path)?.modified()?;
    fs::write(path, bytes)?;
    File::options().write(true).open(path)?.set_times(FileTimes::new().set_modified(modified))?;
    Ok(())
}

fn postpone(path: &Path) -> Result<()> {
    let modified = fs::metadata(path)?.modified()? - Duration::from_secs(60);
    File::options().write(true).open(path)?.set_times(FileTimes::new().set_modified(modified))?;
    Ok(())
}

/// The same values, attributes and encodings in the same order, chunks and indexes.
fn assert_same(a: &Dataset, b: &Dataset) {
    assert_identical(a, b);
    let texts = |attrs: &Attrs| attrs.iter().map(|(k, v)| format!("{k}: {v:?}")).collect::<Vec<_>>();
    assert_eq!(texts(&a.attrs), texts(&b.attrs));
    assert_eq!(texts(&a.encoding), texts(&b.encoding));
    let all = |ds: &Dataset| {
        let variables = ds.coords().iter().chain(ds.data_vars());
        variables.map(|(n, v)| (n.clone(), v.clone())).collect::<Vec<_>>()
    };
    for ((name, a), (other, b)) in all(a).iter().zip(all(b)) {
        assert_eq!(*name, other);
        assert_eq!((a.dims(), a.dtype(), a.chunks()), (b.dims(), b.dtype(), b.chunks()), "{name}");
        assert_eq!(a.data().as_block().is_some(), b.data().as_block().is_some(), "{name}");
        assert_eq!(texts(&a.attrs), texts(&b.attrs), "{name}");
        assert_eq!(texts(&a.encoding), texts(&b.encoding), "{name}");
    }
    let indexes =
        |ds: &Dataset| ds.coords().indexes().map(|(n, i)| format!("{n}: {i:?}")).collect::<Vec<_>>();
    assert_eq!(indexes(a), indexes(b));
}

#[test]
fn the_manifest_gives_what_the_files_give() -> Result<()> {
    let files = Files::new()?;
    let direct = open_mfdataset(files.pattern())?;
    let (first, told) = files.open();
    assert_eq!(told, ["the files are opened: there is no manifest yet"]);
    assert_same(&first, &direct);
    let (second, told) = files.open();
    assert_eq!(told, [] as [&str; 0]);
    assert_same(&second, &direct);
    // Also what is computed from a part, which reads from the file that holds it.
    let part = second.sel("time", "1970-01-04".."1970-01-09")?.get("t")?;
    assert_eq!(part.isel("lat", 0)?.to_vec::<f32>()?[..2], [9.0, 12.0]);
    let read = second.get("t")?.variable().data().inputs()[0].inputs()[0].op();
    assert!(read.describe().contains("b.nc"), "{}", read.describe());
    Ok(())
}

#[test]
fn lists_of_lists_and_new_labels_are_kept() -> Result<()> {
    let files = Files::new()?;
    let paths = [[files.at("b.nc"), files.at("a.nc")], [files.at("b.nc"), files.at("a.nc")]];
    let members = |labels: [&str; 2]| {
        let labels = labels.map(Text::from).to_vec();
        let mut labels = Variable::from_vec(&[("member", 2)], labels)?;
        labels.attrs.insert("kind", "run");
        Ok::<_, Error>(MultiFileOptions {
            combine: graticule::io::Combine::Nested(vec![(&labels).into(), "time".into()]),
            ..files.options()
        })
    };
    let first = open(paths.clone(), &members(["x", "y"])?);
    let again = open(paths.clone(), &members(["x", "y"])?);
    assert_eq!((first.1.len(), again.1.len()), (1, 0));
    assert_same(&first.0, &again.0);
    let other = open(paths, &members(["x", "z"])?);
    assert_eq!(other.1, ["the files are opened: the manifest is that of other options"]);
    assert_eq!(other.0.get("member")?.to_vec::<Text>()?, ["x", "z"].map(Text::from));
    Ok(())
}

#[test]
fn no_file_is_opened() -> Result<()> {
    let files = Files::new()?;
    let (first, _) = files.open();
    let first = first.compute()?;
    let contents = ["a.nc", "b.nc", "c.nc"].map(|name| blank(&files.at(name)));
    assert!(open_mfdataset(files.pattern()).is_err());
    let (second, told) = files.open();
    assert_eq!(told, [] as [&str; 0]);
    // Labels are in the manifest; the rest is read where the files are.
    assert_eq!(second.get("time")?.load()?, first.get("time")?.load()?);
    for (name, bytes) in ["a.nc", "b.nc", "c.nc"].iter().zip(contents) {
        put(&files.at(name), &bytes?)?;
    }
    assert_identical(&second.compute()?, &first);
    Ok(())
}

#[test]
fn files_that_change_come_or_go_are_noticed() -> Result<()> {
    let files = Files::new()?;
    let opened = |why: &str| {
        let (ds, told) = files.open();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains(why), "{told:?}");
        // It was written anew.
        let (again, told) = files.open();
        assert_eq!(told, [] as [&str; 0]);
        assert_same(&ds, &again);
        ds
    };
    opened("no manifest yet");
    postpone(&files.at("b.nc"))?;
    opened("b.nc has changed");
    let modified = fs::metadata(files.at("c.nc"))?.modified()?;
    days(8, 6)?.to_netcdf(files.at("c.nc"))?;
    File::options().write(true).open(files.at("c.nc"))?.set_times(FileTimes::new().set_modified(modified))?;
    assert_eq!(opened("c.nc has changed").sizes()["time"], 14);
    days(14, 2)?.to_netcdf(files.at("d.nc"))?;
    assert_eq!(opened("other files (3, now 4)").sizes()["time"], 16);
    fs::remove_file(files.at("d.nc"))?;
    assert_eq!(opened("other files (4, now 3)").sizes()["time"], 14);
    fs::remove_file(files.manifest())?;
    opened("no manifest yet");
    // A file of a list that is gone is an error as it is without a manifest.
    let list = ["a.nc", "b.nc"].map(|name| files.at(name));
    open(list.clone(), &files.options());
    fs::remove_file(files.at("b.nc"))?;
    let error = open_mfdataset_with(list, &files.options()).expect_err("it is gone");
    assert!(error.is_not_found() && error.to_string().contains("b.nc"), "{error}");
    Ok(())
}

#[test]
fn other_options_are_noticed() -> Result<()> {
    let files = Files::new()?;
    let stored = files.options().open(OpenOptions::new().mask_and_scale(false));
    files.open();
    let (ds, told) = open(files.pattern(), &stored);
    assert_eq!(told, ["the files are opened: the manifest is that of other options"]);
    assert_eq!(ds.get("t")?.dtype(), DType::I16);
    assert_same(&ds, &open(files.pattern(), &stored).0);
    assert_eq!(files.open().0.get("t")?.dtype(), DType::F32);
    let (ds, told) = open(files.pattern(), &files.options().attrs_file(files.at("c.nc")));
    assert_eq!((ds.attrs.get_str("title"), told.len()), (Some("from day 8"), 1));
    Ok(())
}

#[test]
fn damaged_manifests_are_written_anew() -> Result<()> {
    let files = Files::new()?;
    let (ds, _) = files.open();
    let whole = fs::read(files.manifest())?;
    let mut damaged: Vec<Vec<u8>> = (0..whole.len()).step_by(401).map(|n| whole[..n].to_vec()).collect();
    damaged.extend((0..30).map(|n| whole[..n].to_vec()));
    for (i, at) in (0..30).chain((30..whole.len()).step_by(331)).enumerate() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (i % 8);
        damaged.push(bytes);
    }
    damaged.push([&whole[..], b"more"].concat());
    for bytes in damaged {
        fs::write(files.manifest(), &bytes)?;
        let (again, told) = files.open();
        assert_eq!(told, ["the files are opened: the manifest is damaged"]);
        assert!(again.identical(&ds)?);
        assert_eq!(fs::read(files.manifest())?, whole);
    }
    Ok(())
}

#[test]
fn what_is_no_manifest_is_not_overwritten() -> Result<()> {
    let files = Files::new()?;
    let refused = |path: &Path, why: &str| {
        let options = MultiFileOptions::new().manifest(path);
        let error = open_mfdataset_with(files.pattern(), &options).expect_err("it is refused").to_string();
        assert!(error.contains(why) && error.contains(&path.display().to_string()), "{error}");
    };
    let notes = files.at("notes.txt");
    fs::write(&notes, "what I have found out")?;
    refused(&notes, "is no manifest");
    assert_eq!(fs::read_to_string(&notes)?, "what I have found out");
    refused(files.0.path(), "input/output failed");
    refused(&files.at("b.nc"), "is one of the files");
    assert_eq!(open_mfdataset(files.pattern())?.sizes()["time"], 12);
    refused(&notes.join("manifest"), "input/output failed");
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_manifest_that_cannot_be_written_is_told() -> Result<()> {
    let files = Files::new()?;
    let (ds, told) = open(files.pattern(), &MultiFileOptions::new().manifest("/proc/not-there/manifest"));
    assert_eq!(ds.sizes()["time"], 12);
    assert!(told[1].starts_with("the manifest is not written: "), "{told:?}");
    Ok(())
}

#[test]
fn a_function_goes_by_its_name() -> Result<()> {
    let files = Files::new()?;
    let options = files.options().preprocess(|ds| ds.drop_vars("count"));
    let error = open_mfdataset_with(files.pattern(), &options).expect_err("it has no name").to_string();
    assert!(error.contains("preprocess_named"), "{error}");
    let double = |ds: Dataset| {
        let double = ds.get("t")?.mul(2.0f32)?;
        ds.assign([("double", double)])
    };
    let options = files.options().preprocess_named("with double", double);
    let (first, _) = open(files.pattern(), &options);
    let (second, told) = open(files.pattern(), &options);
    assert_eq!(told, [] as [&str; 0]);
    assert_same(&first, &second);
    let renamed = files.options().preprocess_named("without t", |ds| ds.drop_vars("t"));
    let (ds, told) = open(files.pattern(), &renamed);
    assert!(told.len() == 1 && !ds.data_vars().contains_key("t"), "{told:?}");
    Ok(())
}

#[test]
fn what_cannot_be_stored_has_no_manifest() -> Result<()> {
    let files = Files::new()?;
    let told = |options: &MultiFileOptions| {
        let (ds, told) = open(files.pattern(), options);
        assert!(!files.manifest().exists());
        (ds, told[1].clone())
    };
    let stacked = |ds: Dataset| ds.get_many(["t"])?.stack("place", ["lat"]);
    let (ds, why) = told(&files.options().preprocess_named("stacked", stacked));
    assert!(why.contains("the manifest is not written: the index of the coordinate `"), "{why}");
    assert_eq!(ds.get("t")?.dims(), ["time", "place"].map(Name::from));
    let closure = |ds: Dataset| {
        let same = on_blocks(|x: &[Block]| Ok(x[0].clone()));
        let t = ds.get("t")?.chunk("time", 2)?;
        let applied = apply_ufunc(same, [&t], &UfuncOptions::new().dtype(DType::F32))?.into_array()?;
        ds.assign([("same", applied)])
    };
    let (_, why) = told(&files.options().preprocess_named("closure", closure));
    assert!(why.contains("closure"), "{why}");
    // A time in the future may stand for any change.
    let later = fs::metadata(files.at("a.nc"))?.modified()? + Duration::from_secs(3600);
    File::options().write(true).open(files.at("a.nc"))?.set_times(FileTimes::new().set_modified(later))?;
    let (_, why) = told(&files.options());
    assert!(why.contains("in the future"), "{why}");
    Ok(())
}

#[test]
fn files_that_were_left_out_are_named_again() -> Result<()> {
    let files = Files::new()?;
    fs::write(files.at("d.nc"), "this is no NetCDF file")?;
    let options = files.options().skip_broken(true);
    let (first, told) = open(files.pattern(), &options);
    assert!(told.len() == 2 && told[1].contains("d.nc is left out"), "{told:?}");
    let (second, told) = open(files.pattern(), &options);
    assert!(told.len() == 1 && told[0].contains("d.nc is left out"), "{told:?}");
    assert_same(&first, &second);
    days(12, 2)?.to_netcdf(files.at("d.nc"))?;
    let (third, told) = open(files.pattern(), &options);
    assert!(told.len() == 1 && told[0].contains("d.nc has changed"), "{told:?}");
    assert_eq!(third.sizes()["time"], 14);
    Ok(())
}

#[test]
fn stores_are_watched_by_documents_and_labels() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let stores = ["a.zarr", "b.zarr"].map(|name| folder.path().join(name));
    for (store, start) in stores.iter().zip([0, 4]) {
        days(start, 4)?.to_zarr(store.join("hourly"))?;
        fs::write(store.join("zarr.json"), r#"{"zarr_format": 3, "node_type": "group", "attributes": {}}"#)?;
    }
    let options = MultiFileOptions::new()
        .open(OpenOptions::new().group("hourly"))
        .manifest(folder.path().join("manifest"));
    let opened = |why: &str| {
        let (ds, told) = open(&stores[..], &options);
        assert!(told.len() == 1 && told[0].contains(why), "{told:?}");
        let (again, told) = open(&stores[..], &options);
        assert_eq!(told, [] as [&str; 0]);
        assert_same(&ds, &again);
        ds
    };
    opened("no manifest yet");
    let group = stores[1].join("hourly");
    // Documents, of the group and of an array.
    let document = group.join("t/zarr.json");
    let text = fs::read_to_string(&document)?;
    assert!(text.contains("temperature"));
    fs::write(&document, text.replace("temperature", "how warm it is"))?;
    opened("t/zarr.json has changed");
    // Labels that were written over.
    let chunk = group.join("time/c/0");
    let later = folder.path().join("later.zarr");
    days(40, 8)?.isel("time", slice(None, None, Some(2)))?.to_zarr(&later)?;
    fs::copy(later.join("time/c/0"), &chunk)?;
    let times = opened("has changed").get("time")?.to_vec::<i64>()?;
    assert_eq!((times[4], times[7]), (4 * DAY, 10 * DAY));
    // Data that was written over is read where it is, and there is nothing to be opened again.
    fs::write(group.join("t/new"), "a file")?;
    assert_eq!(open(&stores[..], &options).1, [] as [&str; 0]);
    // An array that comes or goes.
    fs::remove_dir_all(group.join("flag"))?;
    let (ds, told) = open(&stores[..], &options);
    assert!(told[0].contains("hourly has changed"), "{told:?}");
    assert!(ds.get("flag").is_ok());
    // A store that is replaced.
    let replace = WriteOptions { mode: WriteMode::Replace, ..WriteOptions::default() };
    days(4, 5)?.to_zarr_with(&group, &replace, &Local::new())?;
    assert_eq!(opened("has changed").sizes()["time"], 9);
    let inside = MultiFileOptions { manifest: Some(stores[0].join("manifest")), ..options.clone() };
    let error = open_mfdataset_with(&stores[..], &inside).expect_err("it lies in a store").to_string();
    assert!(error.contains("lies in one of the stores"), "{error}");
    Ok(())
}

#[test]
fn stores_of_version_2_are_watched_too() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let store = folder.path().join("a.zarr");
    let write = |path: &str, text: &str| {
        let path = store.join(path);
        fs::create_dir_all(path.parent().expect("it lies in the store"))?;
        Ok::<_, Error>(fs::write(path, text)?)
    };
    write(".zgroup", r#"{"zarr_format": 2}"#)?;
    let document = r#"{"zarr_format": 2, "shape": [1], "chunks": [1], "dtype": "|i1", "compressor": null,
        "fill_value": 0, "order": "C", "filters": null}"#;
    write("v/.zarray", document)?;
    write("v/.zattrs", r#"{"_ARRAY_DIMENSIONS": ["x"], "units": "m"}"#)?;
    let options = MultiFileOptions::new().manifest(folder.path().join("manifest"));
    let opened = || open([&store], &options);
    assert_eq!((opened().1.len(), opened().1.len()), (1, 0));
    write("v/.zattrs", r#"{"_ARRAY_DIMENSIONS": ["x"], "units": "km"}"#)?;
    let (ds, told) = opened();
    assert!(told.len() == 1 && told[0].contains(".zattrs has changed"), "{told:?}");
    assert_eq!(ds.get("v")?.attrs().get_str("units"), Some("km"));
    write(".zattrs", r#"{"title": "new"}"#)?;
    assert_eq!(opened().0.attrs.get_str("title"), Some("new"));
    Ok(())
}
