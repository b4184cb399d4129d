//! Case files: what a case holds, and where files are.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value as Json;

/// A file of cases.
#[derive(Deserialize)]
struct File {
    format: u32,
    group: String,
    cases: Vec<Case>,
}

/// Inputs, steps, and what they must give.
#[derive(Deserialize)]
pub struct Case {
    pub id: String,
    #[serde(skip)]
    pub group: String,
    #[serde(default)]
    pub options: IndexMap<String, Json>,
    pub inputs: IndexMap<String, Json>,
    pub steps: Vec<Step>,
    #[serde(default)]
    pub outputs: Vec<String>,
    #[serde(default)]
    pub compare: Rules,
    pub expected: IndexMap<String, Json>,
}

/// An operation on a value with keyword arguments.
#[derive(Deserialize, Clone)]
pub struct Step {
    #[serde(default)]
    pub out: Out,
    pub op: String,
    #[serde(default)]
    pub on: Option<Json>,
    #[serde(default)]
    pub kwargs: IndexMap<String, Json>,
    /// What is done with the groups, windows or weights that the operation makes.
    #[serde(default)]
    pub then: Option<Box<Step>>,
    /// Of `map`: what is done with each group.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// The name or names that a step gives its result.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
pub enum Out {
    One(String),
    Several(Vec<String>),
}

impl Default for Out {
    fn default() -> Self {
        Out::Several(Vec::new())
    }
}

impl Out {
    /// Whether `name` is the name, or one of them.
    pub fn contains(&self, name: &str) -> bool {
        match self {
            Out::One(n) => n == name,
            Out::Several(names) => names.iter().any(|n| n == name),
        }
    }

    /// All the names.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Out::One(n) => vec![n],
            Out::Several(names) => names.iter().map(String::as_str).collect(),
        }
    }
}

/// Changes to the rules of comparison.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub rtol: Option<f64>,
    pub atol: Option<f64>,
    /// `"kind"`: widths may differ.
    pub dtype: Option<String>,
    #[serde(default)]
    pub attrs: bool,
    /// Keys of the encoding to compare.
    #[serde(default)]
    pub encoding: Vec<String>,
    #[serde(default)]
    pub name: bool,
    #[serde(default)]
    pub indexes: bool,
    #[serde(default)]
    pub ignore_coords: Vec<String>,
}

impl Case {
    /// The name of the step that must fail, if one must.
    pub fn failing_step(&self) -> Option<String> {
        match self.expected.get("error") {
            Some(Json::Bool(true)) => match self.expected.get("step")? {
                // A step with several results is named by all of them.
                Json::Array(names) => names.first()?.as_str().map(str::to_string),
                step => step.as_str().map(str::to_string),
            },
            _ => None,
        }
    }
}

/// The folders to read: those that were asked for, else the project's own and those of its neighbour.
pub fn folders() -> Vec<PathBuf> {
    if let Some(asked) = std::env::var_os("CONFORMANCE_CASES") {
        return std::env::split_paths(&asked).collect();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    [root.join("tests/conformance"), root.join("../shared/conformance/cases")]
        .into_iter()
        .filter(|f| f.is_dir())
        .collect()
}

/// Every case of the files in the folders, files by name.
///
/// # Panics
/// If a folder or file cannot be read, or an id stands twice in one folder: a test needs its cases.
pub fn load(folders: &[PathBuf]) -> Vec<Case> {
    let only = std::env::var("CONFORMANCE_ONLY").unwrap_or_default();
    let mut cases = Vec::new();
    for folder in folders {
        let mut seen = HashSet::new();
        let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("folder {}: {e}", folder.display()));
        let mut files: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
        files.retain(|f| f.extension().is_some_and(|e| e == "json"));
        files.sort();
        for path in files {
            let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let file: File =
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            assert_eq!(file.format, 1, "{}: this runner reads format 1", path.display());
            for mut case in file.cases {
                if !case.id.contains(&only) {
                    continue;
                }
                case.group = file.group.clone();
                assert!(seen.insert(case.id.clone()), "{}: case {} stands twice", path.display(), case.id);
                cases.push(case);
            }
        }
    }
    cases
}
