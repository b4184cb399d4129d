//! Plans on a Dask cluster: a real scheduler and real workers, as processes of the test on 127.0.0.1.
#![cfg(feature = "dask")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use graticule::cluster::{Dask, DaskOptions};
use graticule::exec::Cancel;
use graticule::io::store::MemoryStore;
use graticule::io::zarr::{Resume, WriteOptions};
use graticule::prelude::*;
use support::cluster::{DAYS, anomalies, assert_same, jobs, store_of_t};
use support::dask::{Cluster, example, library};
use support::python::python;
use support::results::assert_same_files;

/// Many tasks of Dask for little data.
fn options(cluster: &Cluster) -> DaskOptions {
    DaskOptions { library: Some(library()), batch_bytes: 300_000, ..cluster.options() }
}

fn isolated(cluster: &Cluster) -> DaskOptions {
    DaskOptions {
        library: None,
        program: Some(env!("CARGO_BIN_EXE_graticule-worker").into()),
        ..options(cluster)
    }
}

fn connect(cluster: &Cluster, options: &DaskOptions) -> Dask {
    Dask::connect_with(cluster.file(), options).unwrap()
}

fn field(folder: &Path) -> DataArray {
    open_dataset(store_of_t(folder)).unwrap().get("t").unwrap()
}

/// A longer field, and its anomalies as this machine writes them.
fn slow_field(folder: &Path) -> (DataArray, PathBuf) {
    let t = slow(&field(folder));
    let local = folder.join("local.zarr");
    anomalies(&t).to_dataset("t").to_zarr(&local).unwrap();
    (t, local)
}

fn assert_within(begun: Instant, seconds: u64) {
    assert!(begun.elapsed() < Duration::from_secs(seconds), "it took {:?}", begun.elapsed());
}

#[test]
fn two_workers_give_the_bits_of_the_local_executor() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let t = field(folder.path());
    let cluster = Cluster::start(&python, 2);
    for options in [options(&cluster), isolated(&cluster)] {
        let told = Arc::new(AtomicUsize::new(0));
        let shown = told.clone();
        let dask = connect(&cluster, &options)
            .on_progress(move |p| shown.store(p.done * 100 / p.total, Ordering::Relaxed));
        for (name, lazy) in jobs(&t) {
            let (found, report) = lazy.compute_on(&dask).unwrap();
            let (here, at_home) = lazy.compute_on(&Local::new()).unwrap();
            assert_same(name, &found, &here);
            assert_eq!(told.swap(0, Ordering::Relaxed), 100, "{name}");
            assert_eq!(report.threads, 2);
            assert!(report.bytes_read >= at_home.bytes_read, "{name}: {report}, at home {at_home}");
        }
    }
}

#[test]
fn workers_write_stores_and_blocks_of_files_come_back() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let t = field(folder.path());
    let cluster = Cluster::start(&python, 2);
    let dask = connect(&cluster, &options(&cluster));
    let ds = anomalies(&t).to_dataset("t");
    let (local, out) = (folder.path().join("local.zarr"), folder.path().join("dask.zarr"));
    ds.to_zarr(&local).unwrap();
    let report = ds.to_zarr_with(&out, &WriteOptions::default(), &dask).unwrap();
    assert!(report.bytes_written > 2_000_000, "{report}");
    assert_same_files(&local, &out);
    let path = folder.path().join("dask.nc");
    ds.to_netcdf_with(&path, &Default::default(), &dask).unwrap();
    let there = open_dataset(&path).unwrap().get("t").unwrap().compute().unwrap();
    assert_same("netcdf", &there, &ds.get("t").unwrap().compute().unwrap());
}

/// Runs the anomalies into a store while something happens to the cluster after half of the tasks.
fn write_while(
    t: &DataArray,
    out: &Path,
    dask: Dask,
    resume: Resume,
    happens: impl FnOnce() + Send + 'static,
) -> Result<Report> {
    let happens = Mutex::new(Some(happens));
    let dask = dask.on_progress(move |p| {
        if p.done > p.total / 2
            && let Some(happens) = happens.lock().unwrap().take()
        {
            happens();
        }
    });
    let options = WriteOptions { resume, ..WriteOptions::default() };
    anomalies(t).to_dataset("t").to_zarr_with(out, &options, &dask)
}

/// A longer run: each chunk is read and written many times over.
fn slow(t: &DataArray) -> DataArray {
    let mut all = vec![t.clone()];
    for i in 1..5 {
        all.push(t.add(i as f32).unwrap());
    }
    concat(&all, "time", &ConcatOptions::default()).unwrap()
}

#[test]
fn a_worker_that_is_killed_and_one_that_joins_change_no_bit() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (t, local) = slow_field(folder.path());
    let cluster = Arc::new(Cluster::start(&python, 2));
    let happening = cluster.clone();
    let out = folder.path().join("killed.zarr");
    write_while(&t, &out, connect(&cluster, &options(&cluster)), Resume::Never, move || {
        happening.kill_worker(0);
        happening.start_worker(&[]);
    })
    .unwrap();
    assert_same_files(&local, &out);
    let happening = cluster.clone();
    let out = folder.path().join("retired.zarr");
    write_while(&t, &out, connect(&cluster, &options(&cluster)), Resume::Never, move || {
        happening.retire_worker(1);
        happening.start_worker(&[]);
    })
    .unwrap();
    assert_same_files(&local, &out);
}

#[test]
fn a_child_that_is_killed_is_started_again() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (t, local) = slow_field(folder.path());
    let cluster = Arc::new(Cluster::start(&python, 2));
    let happening = cluster.clone();
    let out = folder.path().join("out.zarr");
    write_while(&t, &out, connect(&cluster, &isolated(&cluster)), Resume::Never, move || {
        assert!(happening.kill_children("graticule-worker") > 0);
    })
    .unwrap();
    assert_same_files(&local, &out);
}

#[test]
fn a_scheduler_that_is_killed_ends_the_run_and_another_cluster_goes_on() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (t, local) = slow_field(folder.path());
    let out = folder.path().join("out.zarr");
    let cluster = Arc::new(Cluster::start(&python, 2));
    let (happening, killed) = (cluster.clone(), Arc::new(Mutex::new(None)));
    let at = killed.clone();
    let e = write_while(&t, &out, connect(&cluster, &options(&cluster)), Resume::IfBegun, move || {
        happening.kill_scheduler();
        *at.lock().unwrap() = Some(Instant::now());
    })
    .unwrap_err();
    assert!(e.to_string().contains("scheduler"), "{e}");
    assert_within(killed.lock().unwrap().expect("it was killed"), 20);
    assert!(!out.exists());
    let other = Cluster::start(&python, 1);
    let dask = connect(&other, &options(&other));
    let report = write_while(&t, &out, dask, Resume::Required, || ()).unwrap();
    assert!(report.resumed > 0, "{report}");
    assert_same_files(&local, &out);
}

#[test]
fn a_cancelled_run_ends_and_the_cluster_serves_the_next() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let t = slow(&field(folder.path()));
    let cluster = Cluster::start(&python, 2);
    let cancel = Cancel::new();
    let dask = connect(&cluster, &options(&cluster)).cancel_with(cancel.clone());
    let out = folder.path().join("out.zarr");
    let begun = Instant::now();
    let e = write_while(&t, &out, dask, Resume::Never, move || cancel.cancel()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Cancelled, "{e}");
    assert_within(begun, 60);
    assert!(!out.exists());
    let dask = connect(&cluster, &options(&cluster));
    let lazy = t.mean("time").unwrap();
    assert_same("mean", &lazy.compute_on(&dask).unwrap().0, &lazy.compute().unwrap());
}

const CLIENT: &str = "GRATICULE_TEST_DASK_CLIENT";

/// The program that is killed: this one again, told by the environment where to work.
#[test]
fn a_client_of_its_own() {
    let Some(folder) = std::env::var_os(CLIENT).map(PathBuf::from) else { return };
    let options = DaskOptions {
        library: Some(library()),
        batch_bytes: 300_000,
        python: python().unwrap(),
        timeout: Duration::from_secs(60),
        ..DaskOptions::default()
    };
    let dask = Dask::connect_with(&*folder.join("scheduler.json"), &options).unwrap();
    let t = slow(&open_dataset(folder.join("field.zarr")).unwrap().get("t").unwrap());
    let shown = folder.join("running");
    let dask = dask.on_progress(move |p| {
        if p.done > 0 {
            std::fs::write(&shown, "").unwrap();
        }
    });
    anomalies(&t)
        .to_dataset("t")
        .to_zarr_with(folder.join("out.zarr"), &WriteOptions::default(), &dask)
        .unwrap();
}

#[test]
fn a_client_that_is_killed_leaves_nothing_running() {
    let Some(python) = python() else { return };
    let cluster = Cluster::start(&python, 2);
    store_of_t(cluster.folder());
    let mut client = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_client_of_its_own", "--test-threads", "1"])
        .env(CLIENT, cluster.folder())
        .env("PYTHONPATH", support::dask::package())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !cluster.folder().join("running").exists() {
        assert_within(begun, 120);
        assert!(client.try_wait().unwrap().is_none(), "the client ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    client.kill().unwrap();
    client.wait().unwrap();
    cluster.wait_until_idle(Duration::from_secs(30));
    assert!(!cluster.folder().join("out.zarr").exists());
}

#[test]
fn errors_of_workers_come_with_what_and_where() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = store_of_t(folder.path());
    let t = open_dataset(&path).unwrap().get("t").unwrap();
    let cluster = Cluster::start(&python, 2);
    let dask = connect(&cluster, &options(&cluster));
    let mean = t.mean("time").unwrap();

    // A source that workers do not know.
    let data = graticule::lazy::LazyArray::from_source(Arc::new(support::Ramp::new(&[100], &[10])));
    let ramp = DataArray::new(Variable::new(["x"], data).unwrap(), Coords::new()).unwrap();
    let e = ramp.sum("x").unwrap().compute_on(&dask).unwrap_err();
    assert!(e.to_string().contains("Ramp") && e.to_string().contains("worker"), "{e}");

    // A store that is in the memory of this program alone.
    let store = MemoryStore::new("only-here");
    t.to_dataset("t").to_zarr(store.clone()).unwrap();
    let here = open_dataset(store).unwrap().get("t").unwrap();
    let e = here.mean("time").unwrap().compute_on(&dask).unwrap_err();
    assert!(e.to_string().contains("only-here"), "{e}");

    // A broken chunk, and one that cannot be read there.
    let chunk = path.join("t/c/30/0/0");
    let whole = std::fs::read(&chunk).unwrap();
    std::fs::write(&chunk, b"no chunk").unwrap();
    let e = mean.compute_on(&dask).unwrap_err();
    assert!(e.kind() == ErrorKind::Storage && e.to_string().contains("chunk [30, 0, 0]"), "{e}");
    assert!(e.to_string().contains("tcp://127.0.0.1"), "{e}");
    std::fs::write(&chunk, whole).unwrap();
    // A store that is gone when the workers come to it.
    let gone = folder.path().join("gone");
    std::fs::rename(&path, &gone).unwrap();
    let e = mean.compute_on(&dask).unwrap_err();
    assert!(e.to_string().contains("field.zarr") && e.to_string().contains("tcp://127.0.0.1"), "{e}");
    std::fs::rename(&gone, &path).unwrap();

    // What is too much for a worker is refused before anything runs, with a way out.
    let small = Cluster::start_with(&python, 1, &["--memory-limit", "150MB"]);
    let dask = connect(&small, &options(&small));
    let large = DataArray::from_vec(&[("x", 30_000_000)], vec![1.0f32; 30_000_000]).unwrap();
    let large = large.to_dataset("a");
    large.to_zarr(folder.path().join("large.zarr")).unwrap();
    let large = open_dataset(folder.path().join("large.zarr")).unwrap().get("a").unwrap();
    let e = large.mul(2.0f32).unwrap().sum("x").unwrap().compute_on(&dask).unwrap_err();
    assert!(e.kind() == ErrorKind::Memory && e.to_string().contains("help"), "{e}");
    // The cluster still works.
    assert_same(
        "mean",
        &mean.compute_on(&connect(&small, &options(&small))).unwrap().0,
        &mean.compute().unwrap(),
    );
}

#[test]
fn what_is_missing_where_is_said_when_connecting() {
    let Some(python) = python() else { return };
    let cluster = Cluster::start(&python, 1);
    let refused = |options: DaskOptions| {
        let begun = Instant::now();
        let e = Dask::connect_with(cluster.file(), &options).unwrap_err().to_string();
        assert_within(begun, 60);
        e
    };
    let e = refused(DaskOptions { library: Some("/nowhere/libworker.so".into()), ..options(&cluster) });
    assert!(e.contains("/nowhere/libworker.so"), "{e}");
    let e =
        refused(DaskOptions { program: Some("/nowhere/worker".into()), library: None, ..options(&cluster) });
    assert!(e.contains("/nowhere/worker"), "{e}");
    let e = refused(DaskOptions { python: "/nowhere/python".into(), ..options(&cluster) });
    assert!(e.contains("/nowhere/python") && e.contains("GRATICULE_DASK_PYTHON"), "{e}");

    let e = Dask::connect_with("tcp://192.0.2.1:8786", &options(&cluster)).unwrap_err().to_string();
    assert!(e.contains("insecure") || e.contains("TLS"), "{e}");
    let nobody = DaskOptions { timeout: Duration::from_secs(2), ..options(&cluster) };
    let begun = Instant::now();
    let e = Dask::connect_with("tcp://127.0.0.1:9", &nobody).unwrap_err().to_string();
    assert!(e.contains("127.0.0.1:9"), "{e}");
    assert_within(begun, 60);
    let empty = Cluster::start(&python, 0);
    let e =
        Dask::connect_with(empty.file(), &DaskOptions { timeout: Duration::from_secs(3), ..options(&empty) });
    assert!(e.unwrap_err().to_string().contains("no worker"));
}

/// Runs the example that is its own worker.
fn own_worker(cluster: &Cluster, store: &Path, odd: &str) -> Output {
    Command::new(example("own_worker"))
        .args([store.to_str().unwrap(), "t", "--odd", odd, "--dask", cluster.file().to_str().unwrap()])
        .env("GRATICULE_DASK_PYTHON", cluster.options().python)
        .output()
        .unwrap()
}

#[test]
fn functions_of_ones_own_run_on_workers_and_what_they_do_wrong_is_told() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let store = store_of_t(folder.path());
    let cluster = Cluster::start(&python, 2);
    let printed = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let local = Command::new(example("own_worker")).args([store.to_str().unwrap(), "t"]).output().unwrap();
    assert!(local.status.success() && printed(&local).contains("hPa"), "{local:?}");
    let there = own_worker(&cluster, &store, "refuse");
    assert_eq!(printed(&there), printed(&local), "{there:?}");
    let job = folder.path().join("job");
    let staged = Command::new(example("own_worker"))
        .args([store.to_str().unwrap(), "t", "--job", job.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(printed(&staged), printed(&local), "{staged:?}");

    // One temperature that is none of water.
    let hot = folder.path().join("hot.zarr");
    let t = open_dataset(&store).unwrap().get("t").unwrap().compute().unwrap();
    let mut values = t.to_vec::<f32>().unwrap();
    values[400 * 31 * 48 + 7] = 500.0;
    let sizes: Vec<(&str, usize)> = vec![("time", DAYS), ("lat", 31), ("lon", 48)];
    DataArray::from_vec(&sizes, values)
        .unwrap()
        .chunk("time", 10)
        .unwrap()
        .to_dataset("t")
        .to_zarr(&hot)
        .unwrap();
    for (odd, told) in [
        ("refuse", "500 K is no temperature of water"),
        ("panic", "panicked: 500 K is no temperature of water"),
        ("abort", "SIGABRT"),
    ] {
        let begun = Instant::now();
        let failed = own_worker(&cluster, &hot, odd);
        let errors = String::from_utf8_lossy(&failed.stderr);
        assert!(!failed.status.success() && errors.contains(told), "{odd}: {errors}");
        assert!(errors.contains("saturation pressure") || odd == "abort", "{odd}: {errors}");
        assert_within(begun, 60);
    }
    // The workers live.
    assert_eq!(printed(&own_worker(&cluster, &store, "refuse")), printed(&local));
}
