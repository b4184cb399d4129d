//! Which folder of `src` may use which: data flows one way, and this table holds it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Folder → the folders that it may import from. `error` is everybody's.
const MAY_USE: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("array", &["dtype"]),
    // Programs use the library as everybody does.
    ("bin", &[]),
    ("dtype", &["array", "time"]),
    ("kernel", &["array", "dtype", "time"]),
    ("source", &["array", "dtype"]),
    ("lazy", &["array", "dtype", "kernel", "source"]),
    ("plan", &["array", "dtype", "lazy", "source"]),
    ("exec", &["array", "dtype", "lazy", "plan", "source"]),
    ("cluster", &["array", "dtype", "exec", "io", "lazy", "plan", "source"]),
    ("index", &["array", "dtype", "kernel", "time"]),
    ("labels", &["array", "dtype", "exec", "index", "kernel", "lazy", "plan", "time"]),
    ("testing", &["array", "cluster", "dtype", "exec", "kernel", "labels", "lazy", "plan", "source"]),
    ("io", &["array", "dtype", "exec", "index", "kernel", "labels", "lazy", "plan", "source", "time"]),
];

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).expect("a source file is text");
            found.push((path.display().to_string(), text));
        }
    }
}

/// The folders named in `crate::NAME` outside comments and tests.
fn used(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines()
        .filter(|l| !l.trim_start().starts_with("//"))
        .flat_map(|l| l.split("crate::").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

#[test]
fn folders_use_only_what_the_table_allows() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for entry in fs::read_dir(&src).expect("src is there") {
        let path = entry.expect("src can be read").path();
        if !path.is_dir() {
            continue;
        }
        let folder = path.file_name().expect("a folder has a name").to_string_lossy().to_string();
        let Some((_, allowed)) = MAY_USE.iter().find(|(f, _)| *f == folder) else {
            wrong.push(format!("the folder `{folder}` is not in the table"));
            continue;
        };
        let mut files = Vec::new();
        sources(&path, &mut files);
        for (file, text) in files {
            for name in used(&text) {
                // Dispatch macros are exported at the root.
                let fine = name == folder
                    || name == "error"
                    || allowed.contains(&&*name)
                    || name.starts_with("with_")
                    || name.chars().next().is_none_or(char::is_uppercase);
                if !fine {
                    wrong.push(format!("{file} uses crate::{name}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_short() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    for (file, text) in files.iter().filter(|f| !f.0.ends_with("tests.rs")) {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        // Documentation may be as long as it is good.
        let lines = code.lines().filter(|l| !l.trim_start().starts_with("///")).count();
        assert!(lines <= 450, "{file} has {lines} lines: split it by verb");
    }
}
