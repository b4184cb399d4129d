//! The Python of the test environment.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The interpreter that has the oracles, or `None` (said in the output) where the environment has none.
pub fn python() -> Option<PathBuf> {
    let python = std::env::var_os("GRATICULE_PYTHON").map(PathBuf::from);
    if python.is_none() {
        println!("skipped: GRATICULE_PYTHON is not set (ci/test.sh sets it)");
    }
    python
}

/// The folder of real files, or `None` (said in the output).
pub fn sample_data() -> Option<PathBuf> {
    let folder = std::env::var_os("GRATICULE_SAMPLE_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: GRATICULE_SAMPLE_DATA is not set (ci/test.sh sets it)");
    }
    folder
}

/// Runs a script of `tests/python` and gives what it printed.
pub fn run_script(python: &Path, script: &str, args: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(script);
    let output = Command::new(python).arg(&script).args(args).output().expect("python starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} failed:\n{errors}", script.display());
    String::from_utf8(output.stdout).expect("scripts print text")
}

/// A file of the sample data, wherever in its folders it lies.
pub fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if let Some(found) = find(&path, name) {
                return Some(found);
            }
        } else if path.file_name().is_some_and(|n| n == name) {
            return Some(path);
        }
    }
    None
}
