//! What keys of a Zarr store are in Icechunk: documents of nodes and chunks of arrays, nothing else.

use ::icechunk::format::{ChunkIndices, Path};

use crate::error::{Error, Result};

/// What lies under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// The document of a group or an array.
    Node(Path),
    /// A chunk of an array.
    Chunk(Path, ChunkIndices),
}

impl Key {
    /// What lies under `key`; `None` if Icechunk has no place for such a key.
    pub fn of(key: &str) -> Option<Key> {
        if key == "zarr.json" {
            return Some(Key::Node(Path::root()));
        }
        if let Some(node) = key.strip_suffix("/zarr.json") {
            return path(node).ok().map(Key::Node);
        }
        let parts: Vec<&str> = key.split('/').collect();
        let at = parts.iter().rposition(|part| *part == "c")?;
        let index = parts[at + 1..].iter().map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>()?;
        Some(Key::Chunk(path(&parts[..at].join("/")).ok()?, ChunkIndices(index)))
    }
}

/// The path of the node at a key.
///
/// # Errors
/// If no node can lie there.
pub(super) fn path(key: &str) -> Result<Path> {
    Path::new(&format!("/{key}"))
        .map_err(|e| Error::invalid(format!("`{key}` is no path of a group or an array")).caused_by(e))
}

/// The path as a key: without the `/` that it begins with.
pub(super) fn key_of(path: &Path) -> &str {
    path.as_str().trim_start_matches('/')
}

/// What is left of `key` below `prefix`: `Some("")` if they are the same, `None` if it does not lie below.
pub(super) fn below<'a>(key: &'a str, prefix: &str) -> Option<&'a str> {
    if prefix.is_empty() {
        return Some(key);
    }
    let rest = key.strip_prefix(prefix)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_documents_or_chunks() {
        let chunk =
            |node: &str, index: &[u32]| Some(Key::Chunk(path(node).unwrap(), ChunkIndices(index.to_vec())));
        assert_eq!(Key::of("zarr.json"), Some(Key::Node(Path::root())));
        assert_eq!(Key::of("a/b/zarr.json"), Some(Key::Node(path("a/b").unwrap())));
        assert_eq!(Key::of("a/c/0/12"), chunk("a", &[0, 12]));
        // An array may have the name that stands before the numbers; a scalar has one chunk without a number.
        assert_eq!(Key::of("c/c/3"), chunk("c", &[3]));
        assert_eq!(Key::of("c/c"), chunk("c", &[]));
        assert_eq!(Key::of("abc/c"), chunk("abc", &[]));
        for other in [".zgroup", "a/.zarray", ".lock", "a/0.1", "a/c/x", "abc", ""] {
            assert_eq!(Key::of(other), None, "{other}");
        }
    }

    #[test]
    fn below_ends_at_separators() {
        assert_eq!(below("a/b", "a"), Some("b"));
        assert_eq!(below("a", "a"), Some(""));
        assert_eq!(below("ab", "a"), None);
        assert_eq!(below("a", ""), Some("a"));
    }
}
