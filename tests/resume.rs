//! Writing that is interrupted: it leaves nothing, or what another run goes on from, with the same result.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use graticule::array::{ChunkGrid, Region};
use graticule::exec::Outcome;
use graticule::io::zarr::{Resume, WriteMode, WriteOptions};
use graticule::lazy::LazyArray;
use graticule::plan::{Plan, Rules};
use graticule::prelude::*;
use graticule::source::{Source, Traffic};
use serde::{Deserialize, Serialize};
use support::results::{assert_same_files, files};

const DAYS: usize = 730;
const LATS: usize = 31;
const LONS: usize = 48;

/// Days in a chunk.
const EACH: usize = 10;

/// The reads of the field `fragile` that are left before it breaks, or before it throws the switch.
static LEFT: AtomicIsize = AtomicIsize::new(isize::MAX);
static SWITCH: Mutex<Option<Cancel>> = Mutex::new(None);

/// Noise on an annual cycle, with nothing at all in some of the chunks.
#[derive(Debug, Serialize, Deserialize)]
struct Field {
    name: String,
}

#[typetag::serde]
impl Source for Field {
    fn dtype(&self) -> DType {
        DType::F32
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::regular(&[DAYS, LATS, LONS], &[EACH, LATS, LONS])
    }

    fn read(&self, region: &Region, io: &Traffic) -> Result<Block> {
        if self.name == "fragile" && LEFT.fetch_sub(1, Ordering::Relaxed) <= 0 {
            let switch = SWITCH.lock().unwrap().clone();
            match switch {
                Some(switch) => switch.cancel(),
                None => panic!("the disk is gone"),
            }
        }
        io.count_read(region.size() * 4);
        let mut values = Vec::with_capacity(region.size());
        for day in region.axis(0) {
            for lat in region.axis(1) {
                for lon in region.axis(2) {
                    let noise =
                        ((day * 7_919 + lat * 104_729 + lon * 1_299_709) as u32).wrapping_mul(2_654_435_761);
                    let season = (day as f32 / 58.0).sin();
                    let gone = day / EACH % 9 == 4;
                    values.push(if gone { f32::NAN } else { 280.0 + season + (noise >> 27) as f32 / 16.0 });
                }
            }
        }
        Block::from_vec(&region.shape(), values)
    }

    fn describe(&self) -> String {
        format!("field {}", self.name)
    }
}

fn field(name: &str) -> DataArray {
    let data = LazyArray::from_source(Arc::new(Field { name: name.to_string() }));
    let ticks: Vec<i64> = (0..DAYS as i64).map(|d| d * 86_400_000_000_000).collect();
    let days = Block::from_vec(&[DAYS], ticks).unwrap().retype(DType::DATETIME_NS);
    let mut coords = Coords::new();
    coords.insert("time", Variable::new(["time"], days).unwrap()).unwrap();
    DataArray::new(Variable::new(["time", "lat", "lon"], data).unwrap(), coords).unwrap()
}

/// A two-pass job: the climatology first, then each day's distance from it.
fn anomalies(t: &DataArray) -> Dataset {
    let months = t.groupby("time.month").unwrap();
    months.sub(months.mean("time").unwrap()).unwrap().to_dataset("t")
}

fn resumable() -> WriteOptions {
    WriteOptions { resume: Resume::IfBegun, ..WriteOptions::default() }
}

fn required() -> WriteOptions {
    WriteOptions { resume: Resume::Required, ..WriteOptions::default() }
}

fn one_thread() -> Local {
    Local::new().threads(1)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// What is written of a field that breaks when it was read once and twenty chunks again.
fn interrupted(path: &Path, options: &WriteOptions, switch: Option<Cancel>) -> Error {
    LEFT.store((DAYS / EACH + 20) as isize, Ordering::Relaxed);
    *SWITCH.lock().unwrap() = switch.clone();
    // The field, 4 MB, does not fit: it is read twice.
    let local = one_thread().memory(3 << 20).cancel_with(switch.unwrap_or_default());
    let error = anomalies(&field("fragile")).to_zarr_with(path, options, &local).unwrap_err();
    LEFT.store(isize::MAX, Ordering::Relaxed);
    error
}

#[test]
fn what_ends_early_is_continued_or_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let whole = path("whole");
    let ds = anomalies(&field("fragile"));
    ds.to_zarr_with(&whole, &WriteOptions::default(), &one_thread()).unwrap();

    // Nothing is left, unless it was asked for.
    let out = path("out");
    for switch in [None, Some(Cancel::new())] {
        let cancelled = switch.is_some();
        let e = interrupted(&out, &WriteOptions::default(), switch);
        assert_eq!(e.kind() == ErrorKind::Cancelled, cancelled, "{e}");
        assert_eq!(names(folder.path()), ["whole"]);
    }
    for switch in [None, Some(Cancel::new())] {
        let e = interrupted(&out, &resumable(), switch);
        assert!(e.to_string().contains("disk is gone") || e.kind() == ErrorKind::Cancelled, "{e}");
        assert_eq!(names(folder.path()), [".out.resume", "whole"]);
        let report = ds.to_zarr_with(&out, &required(), &one_thread()).unwrap();
        assert!((18..=21).contains(&report.resumed), "{report}");
        assert_same_files(&whole, &out);
        assert_eq!(names(folder.path()), ["out", "whole"]);
        std::fs::remove_dir_all(&out).unwrap();
    }

    // What a power failure may leave: a line without its end, a file without its last bytes, one without its name.
    interrupted(&out, &resumable(), None);
    let begun = path(".out.resume");
    let manifest = std::fs::read_to_string(begun.join("manifest")).unwrap();
    std::fs::write(begun.join("manifest"), &manifest[..manifest.len() - 2]).unwrap();
    let first = begun.join("store/t/c/0/0/0");
    let bytes = std::fs::read(&first).unwrap();
    std::fs::write(&first, &bytes[..bytes.len() / 2]).unwrap();
    std::fs::write(first.with_file_name(".0.unfinished-1-1"), &bytes[1..]).unwrap();
    let report = ds.to_zarr_with(&out, &required(), &one_thread()).unwrap();
    assert!((16..=19).contains(&report.resumed), "{report}");
    assert_same_files(&whole, &out);

    // Another executor goes on as well; a store that stands there stays until it is replaced.
    let before = files(&out);
    let replace = WriteOptions { mode: WriteMode::Replace, ..resumable() };
    interrupted(&out, &replace, None);
    assert_eq!(files(&out), before);
    let shuffled = graticule::testing::Shuffled::new(3).threads(3);
    assert!(ds.to_zarr_with(&out, &replace, &shuffled).unwrap().resumed >= 18);
    assert_same_files(&whole, &out);

    // Lines of a worker without a manifest, as a run that was killed while it tidied up may leave them, say nothing.
    std::fs::remove_dir_all(&out).unwrap();
    std::fs::create_dir(&begun).unwrap();
    std::fs::write(begun.join("lines-host-1-0"), "0 5 0\n0 6 0\n").unwrap();
    assert_eq!(ds.to_zarr_with(&out, &resumable(), &one_thread()).unwrap().resumed, 0);
    assert_same_files(&whole, &out);

    // One that is written anew without more words makes what was begun useless.
    interrupted(&out, &replace, None);
    let anew = WriteOptions { mode: WriteMode::Replace, ..WriteOptions::default() };
    assert_eq!(ds.to_zarr_with(&out, &anew, &one_thread()).unwrap().resumed, 0);
    assert_eq!(names(folder.path()), ["out", "whole"]);
}

#[test]
fn another_plan_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let begin = |ds: &Dataset, options: &WriteOptions| {
        let raw = graticule::io::cf::encode(ds, true).unwrap();
        graticule::io::zarr::ZarrWrite::create(&out, &raw, options)
    };
    let ds = anomalies(&field("a"));
    let e = begin(&ds, &required()).unwrap_err();
    assert!(e.to_string().contains("nothing to continue"), "{e}");
    assert_eq!(names(folder.path()), Vec::<String>::new());

    let write = begin(&ds, &resumable()).unwrap();
    let e = begin(&ds, &resumable()).unwrap_err();
    assert!(e.to_string().contains("another run is writing"), "{e}");
    drop(write);
    let changed = [
        anomalies(&field("b")),
        anomalies(&field("a").mul(2.0).unwrap()),
        anomalies(&field("a").chunk("time", 20).unwrap()),
        anomalies(&field("a")).rename([("t", "u")]).unwrap(),
    ];
    for other in &changed {
        let e = begin(other, &resumable()).unwrap_err();
        assert!(e.to_string().contains("another plan") && e.to_string().contains(".out.resume"), "{e}");
    }
    // Attributes are written anew.
    let told = ds.assign_attrs([("history", "run again")]);
    drop(begin(&told, &resumable()).unwrap());
    told.to_zarr_with(&out, &required(), &one_thread()).unwrap();
    assert_eq!(names(folder.path()), ["out"]);
    assert!(open_dataset(&out).unwrap().attrs.get("history").is_some());
}

const STORE: &str = "GRATICULE_TEST_RESUME";

/// The run that is killed: this program again, told by the environment which folder to work in.
#[test]
fn a_run_of_its_own() {
    let Some(folder) = std::env::var_os(STORE).map(PathBuf::from) else { return };
    let t = open_dataset(folder.join("field")).unwrap().get("t").unwrap();
    let out = PathBuf::from(std::env::var_os("GRATICULE_TEST_OUT").unwrap());
    let report = anomalies(&t).to_zarr_with(out, &resumable(), &Local::new().threads(2)).unwrap();
    println!("\nresumed {}", report.resumed);
}

fn start(folder: &Path, out: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_run_of_its_own", "--nocapture", "--test-threads", "1"])
        .env(STORE, folder)
        .env("GRATICULE_TEST_OUT", out)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn ten_killed_runs_are_continued_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    field("a").to_dataset("t").to_zarr(folder.path().join("field")).unwrap();
    let whole = folder.path().join("whole");
    assert!(start(folder.path(), &whole).wait().unwrap().success());
    let chunks = DAYS / EACH;
    let (mut random, mut kept) = (2_026_u64, 0);
    for round in 0..10 {
        let out = folder.path().join(format!("out-{round}"));
        let manifest = folder.path().join(format!(".out-{round}.resume/manifest"));
        let lines = || std::fs::read_to_string(&manifest).map_or(0, |text| text.lines().count());
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let wanted = (random >> 33) as usize % (chunks - 10);
        let mut child = start(folder.path(), &out);
        let begun = Instant::now();
        while lines() < wanted && child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(120), "the run does not get on");
            std::thread::sleep(Duration::from_micros(200 + (random >> 40) % 300));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let killed_at = lines();
        let output = start(folder.path(), &out).wait_with_output().unwrap();
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        let resumed = output.lines().find_map(|l| l.strip_prefix("resumed ")?.parse::<usize>().ok());
        let resumed = resumed.unwrap_or_else(|| panic!("{output}"));
        println!(
            "killed after {killed_at} lines of the manifest: {resumed} of {chunks} chunks not computed again"
        );
        assert_same_files(&whole, &out);
        kept += resumed;
    }
    assert!(kept > 50, "{kept} chunks of ten runs were kept");
    assert!(names(folder.path()).iter().all(|n| !n.starts_with('.')), "{:?}", names(folder.path()));
}

/// Runs plans as a cluster does one of whose processes was killed while it wrote a chunk, which another then wrote.
#[derive(Debug)]
struct Killed(PathBuf);

impl Executor for Killed {
    fn rules(&self) -> Rules {
        Rules { apart: true, ..Rules::default() }
    }

    fn run(&self, plan: &Plan) -> Result<Outcome> {
        let outcome = Local::new().run(plan)?;
        let chunk = Path::new("t/c/0/0/0");
        let mut drafts =
            std::fs::read_dir(&self.0)?.map(|e| e.unwrap().path().join(chunk)).filter(|c| c.exists());
        let written = drafts.next().expect("the store is written beside its place");
        std::fs::write(written.with_file_name(".0.unfinished-1-1"), "half")?;
        Ok(outcome)
    }
}

#[test]
fn what_killed_processes_have_left_is_not_in_the_store() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (ds, options) = (anomalies(&field("sound")), WriteOptions::default());
    ds.to_zarr_with(here.path().join("out"), &options, &Local::new()).unwrap();
    ds.to_zarr_with(there.path().join("out"), &options, &Killed(there.path().into())).unwrap();
    assert_same_files(&here.path().join("out"), &there.path().join("out"));
}
