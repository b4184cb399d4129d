//! Plans as steps of programs: job arrays, HyperQueue, and processes of this machine stand in for them.

mod support;

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use graticule::cluster::{CommandLine, Launcher, Processes, Staged, Step};
use graticule::exec::Cancel;
use graticule::io::zarr::{Resume, WriteOptions};
use graticule::prelude::*;
use support::cluster::{anomalies, assert_same, jobs, store_of_t};
use support::python::python;
use support::results::assert_same_files;

const WORKER: &str = env!("CARGO_BIN_EXE_graticule-worker");

/// Parts are small, so that there are several of each step.
const PART: usize = 2 << 20;

fn staged(job: &Path, launcher: impl Launcher + 'static) -> Staged {
    Staged::new(job.to_str().unwrap(), launcher).unwrap().part_bytes(PART).most_parts(5)
}

fn two_workers() -> Processes {
    Processes::new(WORKER).at_once(2)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|n| !n.ends_with(".lock"))
        .collect();
    names.sort();
    names
}

#[test]
fn steps_give_the_bits_of_the_local_executor_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let t = open_dataset(store_of_t(folder.path())).unwrap().get("t").unwrap();
    let job = folder.path().join("job");
    let told = std::sync::Arc::new(AtomicUsize::new(0));
    let shown = told.clone();
    let executor = staged(&job, two_workers())
        .on_progress(move |p| shown.store(p.done * 100 / p.total, Ordering::Relaxed));
    for (name, lazy) in jobs(&t) {
        let (found, report) = lazy.compute_on(&executor).unwrap();
        assert_same(name, &found, &lazy.compute().unwrap());
        assert_eq!(told.swap(0, Ordering::Relaxed), 100, "{name}");
        assert!(report.bytes_read > 0 && report.tasks > 0, "{name}: {report}");
        assert!(names(&job).is_empty(), "{name}: {:?}", names(&job));
    }
}

#[test]
fn stores_and_files_are_written_as_the_local_executor_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    let t = open_dataset(store_of_t(folder.path())).unwrap().get("t").unwrap();
    let executor = staged(&folder.path().join("job"), two_workers());
    let ds = anomalies(&t).to_dataset("t");
    ds.to_zarr(folder.path().join("local.zarr")).unwrap();
    let report =
        ds.to_zarr_with(folder.path().join("staged.zarr"), &WriteOptions::default(), &executor).unwrap();
    assert!(report.bytes_written > 2_000_000 && report.bytes_read > 400_000, "{report}");
    assert_same_files(&folder.path().join("local.zarr"), &folder.path().join("staged.zarr"));
    // Only one process can write a NetCDF file: blocks come back.
    let path = folder.path().join("staged.nc");
    ds.to_netcdf_with(&path, &Default::default(), &executor).unwrap();
    let there = open_dataset(&path).unwrap().get("t").unwrap();
    assert_same("netcdf", &there.compute().unwrap(), &ds.get("t").unwrap().compute().unwrap());
}

/// Starts the workers of the first steps, then no more.
#[derive(Debug)]
struct EndsAfter<L>(AtomicUsize, Cancel, L);

impl<L: Launcher> Launcher for EndsAfter<L> {
    fn launch(&self, step: &Step, cancel: &Cancel) -> Result<Option<ExitStatus>> {
        let ended = self.2.launch(step, cancel)?;
        if self.0.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.1.cancel();
        }
        Ok(ended)
    }
}

#[test]
fn a_run_that_ended_early_goes_on_from_its_job() {
    let folder = tempfile::tempdir().unwrap();
    let t = open_dataset(store_of_t(folder.path())).unwrap().get("t").unwrap();
    let ds = anomalies(&t).to_dataset("t");
    ds.to_zarr(folder.path().join("local.zarr")).unwrap();
    let options = WriteOptions { resume: Resume::IfBegun, ..WriteOptions::default() };
    let (job, out) = (folder.path().join("job"), folder.path().join("out.zarr"));
    let mut resumed = Vec::new();
    for steps in 1..10 {
        let cancel = Cancel::new();
        let launcher = EndsAfter(AtomicUsize::new(steps), cancel.clone(), two_workers());
        let executor = staged(&job, launcher).cancel_with(cancel);
        match ds.to_zarr_with(&out, &options, &executor) {
            Err(e) => assert_eq!(e.kind(), ErrorKind::Cancelled, "{e}"),
            Ok(report) => {
                resumed.push(report.resumed);
                break;
            }
        }
        assert!(!out.exists());
        // Another plan does not go on from there.
        let other = t.mean("time").unwrap().compute_on(&staged(&job, two_workers())).unwrap_err();
        assert!(other.to_string().contains("another plan's job"), "{other}");
    }
    assert!(resumed.first().is_some_and(|&n| n > 0), "{resumed:?}");
    assert_same_files(&folder.path().join("local.zarr"), &out);
    assert!(names(&job).is_empty(), "{:?}", names(&job));
}

#[test]
fn a_run_goes_on_with_parts_of_another_size() {
    let folder = tempfile::tempdir().unwrap();
    let t = open_dataset(store_of_t(folder.path())).unwrap().get("t").unwrap();
    let job = folder.path().join("job");
    // A climatology, and what is made of it: two steps at least.
    let lazy = anomalies(&t).std("time").unwrap();
    for steps in [1, 2] {
        let cancel = Cancel::new();
        let launcher = EndsAfter(AtomicUsize::new(steps), cancel.clone(), two_workers());
        let executor =
            staged(&job, launcher).part_bytes(1 << (17 + steps)).most_parts(200).cancel_with(cancel);
        let e = lazy.compute_on(&executor).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Cancelled, "{e}");
    }
    let (found, report) = lazy.compute_on(&staged(&job, two_workers())).unwrap();
    assert_same("deviation", &found, &lazy.compute().unwrap());
    assert!(names(&job).is_empty(), "{report}: {:?}", names(&job));
}

#[test]
fn parts_that_are_killed_are_run_again_and_the_reason_of_a_failure_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = store_of_t(folder.path());
    let t = open_dataset(&path).unwrap().get("t").unwrap();
    let lazy = t.mean("time").unwrap();
    // On its first run each part is killed by the hardest of signals.
    let marks = folder.path().join("marks");
    std::fs::create_dir(&marks).unwrap();
    let line = format!(
        "for i in $(seq 0 {{last}}); do m={marks}/$(echo {{step}} | cut -d. -f1)-$i; \
         if [ -e $m ]; then {WORKER} run {{job}} {{step}} $i; else touch $m; \
         sh -c 'kill -9 $$'; fi; done",
        marks = marks.display()
    );
    let job = folder.path().join("job");
    let (found, _) = lazy.compute_on(&staged(&job, CommandLine::new(line))).unwrap();
    assert_same("mean", &found, &lazy.compute().unwrap());

    let nothing = lazy.compute_on(&staged(&job, CommandLine::new("true"))).unwrap_err();
    assert!(nothing.to_string().contains("ended without a word"), "{nothing}");
    let refused = lazy.compute_on(&staged(&job, CommandLine::new("exit 7"))).unwrap_err();
    assert!(refused.to_string().contains("exit status: 7"), "{refused}");
    let odd = staged(&folder.path().join("a job"), CommandLine::new("true"));
    let odd = lazy.compute_on(&odd).unwrap_err();
    assert!(odd.to_string().contains("take this place of a job apart"), "{odd}");
    let missing = lazy.compute_on(&staged(&job, CommandLine::new("/nowhere/hq submit"))).unwrap_err();
    assert!(missing.to_string().contains("/nowhere/hq"), "{missing}");
    let missing = lazy.compute_on(&staged(&job, Processes::new("/nowhere/worker"))).unwrap_err();
    assert!(missing.to_string().contains("/nowhere/worker"), "{missing}");

    // A chunk that is broken: the error of the worker, with the chunk.
    std::fs::write(path.join("t/c/30/0/0"), b"no chunk").unwrap();
    let broken = lazy.compute_on(&staged(&job, two_workers())).unwrap_err();
    assert!(
        broken.to_string().contains("chunk [30, 0, 0]") && broken.to_string().contains("3 attempts"),
        "{broken}"
    );
}

#[test]
fn a_plan_with_kernels_that_workers_lack_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let data =
        graticule::lazy::LazyArray::from_source(std::sync::Arc::new(support::Ramp::new(&[100], &[10])));
    let ramp = DataArray::new(Variable::new(["x"], data).unwrap(), Coords::new()).unwrap();
    let e =
        ramp.sum("x").unwrap().compute_on(&staged(&folder.path().join("job"), two_workers())).unwrap_err();
    assert!(e.to_string().contains("Ramp") && e.to_string().contains("worker"), "{e}");
}

/// A HyperQueue server with two workers, and the command line that hands steps to it.
fn hyperqueue(python: &Path, folder: &Path) -> (Child, String) {
    let server = folder.join("hq");
    std::fs::create_dir(&server).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/hyperqueue_cluster.py");
    let child = Command::new(python)
        .arg(script)
        .arg(&server)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !folder.join("hq.ready").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "HyperQueue does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
    let line = format!(
        "PYTHONPATH={} {} -m graticule_hyperqueue {{job}} {{step}} {{parts}} --server-dir {} --worker",
        package.display(),
        python.display(),
        server.display()
    );
    (child, line)
}

#[test]
fn hyperqueue_runs_the_main_job_repeats_what_failed_and_goes_on() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let t = open_dataset(store_of_t(folder.path())).unwrap().get("t").unwrap();
    let ds = anomalies(&t).to_dataset("t");
    ds.to_zarr(folder.path().join("local.zarr")).unwrap();
    let (mut server, line) = hyperqueue(&python, folder.path());
    // A worker whose first run of each part fails.
    let flaky = folder.path().join("flaky");
    let marks = folder.path().join("marks");
    std::fs::create_dir(&marks).unwrap();
    let script = format!(
        "#!/bin/sh\nm={}/$(echo $3 | cut -d. -f1)-$4\n[ -e $m ] || {{ touch $m; exit 3; }}\nexec {WORKER} \"$@\"\n",
        marks.display()
    );
    std::fs::write(&flaky, script).unwrap();
    assert!(Command::new("chmod").arg("+x").arg(&flaky).status().unwrap().success());

    let job = folder.path().join("job");
    let out = folder.path().join("out.zarr");
    let options = WriteOptions { resume: Resume::IfBegun, ..WriteOptions::default() };
    // The first program ends after the first step, the second goes on.
    let cancel = Cancel::new();
    let first = EndsAfter(AtomicUsize::new(1), cancel.clone(), CommandLine::new(format!("{line} {WORKER}")));
    let e = ds.to_zarr_with(&out, &options, &staged(&job, first).cancel_with(cancel)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Cancelled, "{e}");
    let second = staged(&job, CommandLine::new(format!("{line} {}", flaky.display())));
    let report = ds.to_zarr_with(&out, &options, &second).unwrap();
    assert!(report.resumed > 0, "{report}");
    assert!(names(&marks).len() > 1, "{:?}", names(&marks));
    assert_same_files(&folder.path().join("local.zarr"), &out);
    drop(server.stdin.take());
    server.wait().unwrap();
}
