//! Every function and method that users can reach has an example in its documentation.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A source file: where it is, its text without tests, and whether paths from outside lead into it.
struct Module {
    path: PathBuf,
    code: String,
    public: bool,
}

/// The file of a module and those of the modules that it declares.
fn collect(path: PathBuf, public: bool, found: &mut Vec<Module>) {
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    // Tests in the file stand at its end.
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_string();
    let folder = match path.file_stem().and_then(|s| s.to_str()) {
        Some("lib" | "mod") => path.parent().expect("a file is in a folder").to_path_buf(),
        _ => path.with_extension(""),
    };
    for (before, line) in std::iter::once("").chain(code.lines()).zip(code.lines()) {
        let name = |prefix| line.strip_prefix(prefix).and_then(|l| l.strip_suffix(';'));
        let hidden = || name("mod ").or_else(|| name("pub(crate) mod ")).or_else(|| name("pub(super) mod "));
        let inner_public = public && name("pub mod ").is_some() && before != "#[doc(hidden)]";
        if let Some(name) = name("pub mod ").or_else(hidden).filter(|_| before != "#[cfg(test)]") {
            let (file, inner) = (folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs"));
            // Files that a `path` names are private ones.
            if let Some(path) = [file, inner].into_iter().find(|p| p.exists()) {
                collect(path, inner_public, found);
            }
        }
    }
    found.push(Module { path, code, public });
}

impl Module {
    /// A function of this module as `pub use` writes it.
    fn exported(&self, function: &str) -> String {
        let is_mod = self.path.ends_with("mod.rs");
        let name = if is_mod { self.path.parent() } else { Some(&*self.path) }.and_then(Path::file_stem);
        format!("{}::{function}", name.unwrap_or_default().to_string_lossy())
    }
}

/// The names that `pub use` makes reachable, and those of the public types of public modules.
fn reachable(modules: &[Module]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for m in modules.iter().filter(|m| m.public) {
        for used in m.code.split("\npub use ").skip(1) {
            let used = used.split(';').next().unwrap_or_default();
            let list = used.rsplit("::").next().unwrap_or_default();
            let list = used.split_once('{').map_or(list, |(_, l)| l);
            let from = used.split("::").next().unwrap_or_default();
            for name in list.split(',').map(|n| n.trim_matches(['{', '}', ' ', '\n'])) {
                names.extend([name.to_string(), format!("{from}::{name}")]);
            }
        }
        for line in m.code.lines() {
            let item = ["pub struct ", "pub enum "].iter().find_map(|p| line.strip_prefix(p));
            names.extend(item.map(identifier));
        }
    }
    names
}

/// The leading identifier of a text (`$name` in macros).
fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$')).collect()
}

/// The type of an `impl Type {`, `impl<T> Type<T> {`; empty for traits.
fn implemented(line: &str) -> Option<String> {
    let rest = line.strip_prefix("impl")?;
    let rest = match rest.strip_prefix('<') {
        Some(generics) => {
            let mut depth = 1;
            let end = generics.find(|c| {
                depth += i32::from(c == '<') - i32::from(c == '>');
                depth == 0
            })?;
            &generics[end + 1..]
        }
        None => rest,
    };
    Some(if rest.contains(" for ") { String::new() } else { identifier(rest.trim_start()) })
}

/// What a module offers without an example.
fn missing(module: &Module, reachable: &BTreeSet<String>) -> Vec<String> {
    let mut missing = Vec::new();
    let (mut owner, mut docs) = (None, String::new());
    let from_macro = module.code.contains("pub fn $");
    for line in module.code.lines() {
        let indent = &line[..line.len() - line.trim_start().len()];
        let line = line.trim();
        if let Some(t) = implemented(line) {
            owner = Some((t, indent.to_string()));
        } else if line == "}" && owner.as_ref().is_some_and(|(_, i)| i == indent) {
            owner = None;
        }
        if line.starts_with("///") || line.contains("$(#[") {
            docs.push_str(line);
            docs.push('\n');
            continue;
        }
        if line.starts_with("#[") {
            continue;
        }
        let docs = std::mem::take(&mut docs);
        let function = line.strip_prefix("pub const fn ").or_else(|| line.strip_prefix("pub fn "));
        if let Some(name) = function.map(identifier) {
            let (shown, open) = match &owner {
                Some((t, _)) => (format!("{t}::{name}"), t.starts_with('$') || reachable.contains(t)),
                None => (name.clone(), module.public || reachable.contains(&module.exported(&name))),
            };
            // The examples of a family stand where the macro is called.
            let family = docs.contains("$(#[");
            if open && !family && !docs.contains("```") {
                missing.push(format!("{}: {shown}", module.path.display()));
            }
        } else if from_macro && is_member(line) && docs.contains("///") && !docs.contains("```") {
            missing.push(format!("{}: {}", module.path.display(), identifier(line)));
        }
    }
    missing
}

/// A line such as `mean => Mean,`, `sqrt Sqrt;` or `drop(name: &str);`: a function that a macro makes.
fn is_member(line: &str) -> bool {
    let Some(line) = line.strip_suffix([',', ';']) else { return false };
    if line.ends_with(')') {
        return line.starts_with(char::is_lowercase) && line[identifier(line).len()..].starts_with('(');
    }
    let words: Vec<&str> = line.split_whitespace().filter(|w| *w != "=>").collect();
    words.len() == 2 && words.iter().all(|w| *w == identifier(w)) && words[0].starts_with(char::is_lowercase)
}

#[test]
fn what_users_can_call_has_an_example() {
    let mut modules = Vec::new();
    collect(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs"), true, &mut modules);
    let names = reachable(&modules);
    assert!(names.contains("DataArray") && names.contains("Plan") && !names.contains("Staging"));
    let missing: Vec<String> = modules.iter().flat_map(|m| missing(m, &names)).collect();
    assert!(missing.is_empty(), "{} have no example:\n{}", missing.len(), missing.join("\n"));
}

/// Names that the table of differences from xarray gives in its second column exist.
#[test]
fn names_in_the_guide_from_xarray_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(root.join("docs/from-xarray.md")).expect("the guide is there");
    let mut modules = Vec::new();
    collect(root.join("src/lib.rs"), true, &mut modules);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words: BTreeSet<&str> = (modules.iter().flat_map(|m| m.code.lines()))
        .filter(|l| !l.trim_start().starts_with("//"))
        .flat_map(|l| l.split(|c: char| !is_word(c)))
        .collect();
    let mut unknown = BTreeSet::new();
    for row in guide.lines().filter(|l| l.starts_with("| ")) {
        let row = row.replace("\\|", " ");
        let ours = row.split('|').nth(2).unwrap_or_default();
        for code in ours.split('`').skip(1).step_by(2) {
            for (at, _) in code.match_indices('(') {
                let name = code[..at].rsplit(|c: char| !is_word(c)).next().unwrap_or_default();
                if !name.is_empty() && name.starts_with(char::is_alphabetic) && !words.contains(name) {
                    unknown.insert(name.to_string());
                }
            }
        }
    }
    assert!(unknown.is_empty(), "docs/from-xarray.md names what is not in src: {unknown:?}");
}
