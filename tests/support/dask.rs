//! A Dask cluster of processes: a scheduler and workers on 127.0.0.1 that end with the test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use graticule::cluster::DaskOptions;

const STARTING: Duration = Duration::from_secs(60);

/// The folder of the Python package.
pub fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python")
}

/// The worker library that cargo has built beside the tests.
pub fn library() -> PathBuf {
    example(&format!("{}worker_library{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX))
}

/// What cargo has built of an example.
pub fn example(name: &str) -> PathBuf {
    let path =
        Path::new(env!("CARGO_BIN_EXE_graticule-worker")).parent().unwrap().join("examples").join(name);
    assert!(path.exists(), "{} is missing: `cargo build --all-features --examples`", path.display());
    path
}

pub struct Cluster {
    python: PathBuf,
    folder: tempfile::TempDir,
    scheduler: Mutex<Child>,
    workers: Mutex<Vec<Child>>,
}

impl Cluster {
    pub fn start(python: &Path, workers: usize) -> Cluster {
        Cluster::start_with(python, workers, &[])
    }

    pub fn start_with(python: &Path, workers: usize, arguments: &[&str]) -> Cluster {
        let folder = tempfile::tempdir().unwrap();
        let arguments_of_scheduler = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"];
        let scheduler = start(python, folder.path(), "dask_scheduler", &arguments_of_scheduler);
        let cluster = Cluster {
            python: python.to_path_buf(),
            folder,
            scheduler: Mutex::new(scheduler),
            workers: Mutex::default(),
        };
        let begun = Instant::now();
        while !std::fs::read_to_string(cluster.file()).is_ok_and(|text| text.trim_end().ends_with('}')) {
            assert!(begun.elapsed() < STARTING, "the scheduler does not start: {}", cluster.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        for _ in 0..workers {
            cluster.start_worker(arguments);
        }
        while cluster.log().matches("Register worker").count() < workers {
            assert!(begun.elapsed() < STARTING, "the workers do not come: {}", cluster.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        cluster
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file that the scheduler wrote its address to.
    pub fn file(&self) -> &Path {
        // One allocation for each cluster of a test.
        Box::leak(self.folder.path().join("scheduler.json").into_boxed_path())
    }

    pub fn options(&self) -> DaskOptions {
        DaskOptions {
            python: wrapped(&self.python, self.folder()),
            timeout: STARTING,
            ..DaskOptions::default()
        }
    }

    pub fn start_worker(&self, arguments: &[&str]) {
        let mut workers = self.workers.lock().unwrap();
        let local = self.folder().join(format!("worker-{}", workers.len()));
        let mut all = vec!["--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard"];
        all.extend(["--local-directory", local.to_str().unwrap()]);
        all.extend(arguments);
        let child = start(&self.python, self.folder(), "dask_worker", &all);
        workers.push(child);
    }

    pub fn kill_worker(&self, number: usize) {
        let worker = &mut self.workers.lock().unwrap()[number];
        worker.kill().unwrap();
        worker.wait().unwrap();
    }

    /// Has a worker hand over what it holds and leave.
    pub fn retire_worker(&self, number: usize) {
        let id = self.workers.lock().unwrap()[number].id();
        assert!(Command::new("kill").arg(id.to_string()).status().unwrap().success());
    }

    /// Kills the children of workers that run a program of this name; how many there were.
    pub fn kill_children(&self, name: &str) -> usize {
        let parents: Vec<u32> = self.workers.lock().unwrap().iter().map(Child::id).collect();
        let mut killed = 0;
        for parent in parents {
            let children =
                Command::new("pgrep").args(["-P", &parent.to_string(), "-f", name]).output().unwrap();
            for id in String::from_utf8_lossy(&children.stdout).split_whitespace() {
                killed += usize::from(Command::new("kill").args(["-9", id]).status().unwrap().success());
            }
        }
        killed
    }

    pub fn kill_scheduler(&self) {
        let mut scheduler = self.scheduler.lock().unwrap();
        scheduler.kill().unwrap();
        scheduler.wait().unwrap();
    }

    /// Waits until nothing runs, and nothing is held, on the cluster.
    pub fn wait_until_idle(&self, limit: Duration) {
        let script = "
import sys, time
from distributed import Client
client = Client(scheduler_file=sys.argv[1])
end = time.monotonic() + float(sys.argv[2])
while True:
    left = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
    if not left:
        sys.exit(0)
    if time.monotonic() > end:
        sys.exit(f'{left} tasks are left')
    time.sleep(0.1)
";
        let seconds = limit.as_secs_f64().to_string();
        let done = Command::new(&self.python)
            .args(["-c", script, self.file().to_str().unwrap(), &seconds])
            .status()
            .unwrap();
        assert!(done.success(), "{}", self.log());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder().join("log")).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut workers = self.workers.lock().unwrap();
        let mut scheduler = self.scheduler.lock().unwrap();
        for child in workers.iter_mut().chain(std::iter::once(&mut *scheduler)) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn start(python: &Path, folder: &Path, module: &str, arguments: &[&str]) -> Child {
    let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
    Command::new(python)
        .args(["-m", &format!("distributed.cli.{module}"), "--scheduler-file"])
        .arg(folder.join("scheduler.json"))
        .args(arguments)
        .env("PYTHONPATH", package())
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// A Python that finds the package of this repository.
fn wrapped(python: &Path, folder: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("python");
    if !path.exists() {
        let line =
            format!("#!/bin/sh\nPYTHONPATH='{}' exec '{}' \"$@\"\n", package().display(), python.display());
        std::fs::write(&path, line).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    path
}
