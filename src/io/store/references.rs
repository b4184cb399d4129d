//! References to bytes in other files, as kerchunk writes them: a Zarr store whose chunks lie in NetCDF files, say.
//!
//! <https://fsspec.github.io/kerchunk/spec.html>, versions 0 and 1.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError, Weak};

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ByteRange, Location, Store};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::io::zarr::{base64, json};

/// References larger than this are taken for something else.
const LARGEST: u64 = 4 << 30;

/// The store that a file of kerchunk references describes: each key is a range of some file, or bytes in the references
/// themselves.
///
/// Addresses that are no absolute ones are relative to the folder of the references.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReferenceStore {
    location: Location,
    #[serde(skip)]
    opened: Arc<OnceLock<Arc<References>>>,
}

/// What a file of references says.
struct References {
    entries: BTreeMap<String, Entry>,
    targets: Vec<Target>,
    stamp: Option<String>,
}

enum Entry {
    /// Bytes in the references.
    Inline(Vec<u8>),
    /// All of a target, or a part: offset and length.
    Of { target: usize, part: Option<(u64, u64)> },
}

/// A file that is referred to; opened when it is first read.
struct Target {
    url: String,
    location: Location,
    store: OnceLock<Arc<dyn Store>>,
}

impl fmt::Debug for References {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} references to {} files", self.entries.len(), self.targets.len())
    }
}

impl ReferenceStore {
    /// The store that the references at a location describe.
    ///
    /// # Errors
    /// If they cannot be read, or are no such references.
    ///
    /// ```
    /// use graticule::io::store::{ByteRange, ReferenceStore, Store};
    /// # let folder = std::env::temp_dir().join(format!("graticule-references-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// std::fs::write(folder.join("data"), "some bytes")?;
    /// std::fs::write(
    ///     folder.join("refs.json"),
    ///     r#"{"version": 1, "refs": {"a/0": ["data", 5, 5], ".zgroup": "{\"zarr_format\": 2}"}}"#,
    /// )?;
    /// let store = ReferenceStore::open(&folder.join("refs.json"))?;
    /// assert_eq!(store.list("")?, [".zgroup", "a"]);
    /// assert_eq!(store.read("a/0", ByteRange::Last(4))?.as_deref(), Some(&b"ytes"[..]));
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn open(location: impl Into<Location>) -> Result<Self> {
        let store = ReferenceStore { location: location.into().settled()?, opened: Arc::default() };
        store.references()?;
        Ok(store)
    }

    /// What the references say: read once, as long as somebody has it.
    fn references(&self) -> Result<&Arc<References>> {
        type Known = HashMap<(Vec<u8>, String), Weak<References>>;
        static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let object = self.location.object()?;
        let stamp = object.stamp("");
        let key = rmp_serde::to_vec(&self.location).ok().zip(stamp.clone());
        // Whoever else wants the same waits: reading a million references twice takes longer.
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, references| references.strong_count() > 0);
        let opened = match key.as_ref().and_then(|key| known.get(key)?.upgrade()) {
            Some(opened) => opened,
            None => Arc::new(References::read(&*object, &self.location, stamp).at(|| self.describe())?),
        };
        if let Some(key) = key {
            known.insert(key, Arc::downgrade(&opened));
        }
        Ok(self.opened.get_or_init(|| opened))
    }

    /// Whether the beginning of a text is that of references.
    pub(in crate::io) fn is_beginning(text: &[u8]) -> bool {
        let text = String::from_utf8_lossy(text);
        text.trim_start().starts_with('{')
            && ["\"refs\"", ".zgroup\"", ".zarray\"", ".zmetadata\"", ".zattrs\""]
                .iter()
                .any(|k| text.contains(k))
    }
}

/// The names below a prefix, each once: what lies deeper is skipped.
fn names_below(entries: &BTreeMap<String, Entry>, prefix: &str) -> Vec<String> {
    let start = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let mut names: Vec<String> = Vec::new();
    let mut from = Bound::Included(start.clone());
    while let Some((key, _)) = entries.range((from, Bound::Unbounded)).next() {
        let Some(rest) = key.strip_prefix(&start) else { break };
        let (name, deeper) = rest.split_once('/').map_or((rest, false), |(name, _)| (name, true));
        if names.last().is_none_or(|last| last != name) && !name.is_empty() {
            names.push(name.to_string());
        }
        // `0` is what follows `/`.
        from = if deeper { Bound::Included(format!("{start}{name}0")) } else { Bound::Excluded(key.clone()) };
    }
    names.sort();
    names.dedup();
    names
}

impl References {
    fn read(object: &dyn Store, location: &Location, stamp: Option<String>) -> Result<Self> {
        let bytes = object.read("", ByteRange::Whole { limit: LARGEST })?;
        let bytes = bytes.ok_or_else(|| Error::new(ErrorKind::NotFound, "there are no references"))?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|e| Error::storage("the references are not UTF-8").caused_by(e))?;
        let document: Document = json::from_text(text)?;
        if let Some(version) = document.version.filter(|v| *v != 1) {
            return Err(Error::unsupported(format!("references of version {version}")).known(["0", "1"]));
        }
        if document.is_generated {
            return Err(Error::unsupported("references that are generated (`gen`)")
                .help("write them out: by fsspec, `ReferenceFileSystem(fo).references` has all of them"));
        }
        let templates = Templates::of(&document.templates)?;
        let mut out = References { entries: BTreeMap::new(), targets: Vec::new(), stamp };
        let mut numbers: HashMap<String, usize> = HashMap::new();
        for (key, said) in document.refs {
            let place = || format!("the reference `{key}`");
            let entry = match said {
                Said::Text(text) => Entry::Inline(match text.strip_prefix("base64:") {
                    Some(coded) => base64::decode(coded)
                        .ok_or_else(|| Error::storage("what follows `base64:` is not base64").at(place()))?,
                    None => templates.resolve(text).into_bytes(),
                }),
                Said::Document(document) => Entry::Inline(json::to_text(&document).into_bytes()),
                Said::Range(url, part) => {
                    let url = templates.resolve_url(url).at(place)?;
                    let target = match numbers.get(&url) {
                        Some(number) => *number,
                        None => {
                            out.targets.push(Target::new(&url, location).at(place)?);
                            numbers.insert(url, out.targets.len() - 1);
                            out.targets.len() - 1
                        }
                    };
                    Entry::Of { target, part }
                }
                Said::Nonsense => {
                    return Err(Error::storage(
                        "it is neither a text nor `[url]` nor `[url, offset, length]`",
                    )
                    .at(place()));
                }
            };
            out.entries.insert(key, entry);
        }
        Ok(out)
    }
}

impl Target {
    /// The file at `url`, as seen from the folder of the references.
    fn new(url: &str, references: &Location) -> Result<Self> {
        if url.is_empty() {
            return Err(Error::storage("it refers to no file"));
        }
        let beside = |address: &str| match address.rsplit_once('/') {
            Some((folder, _)) if !folder.ends_with('/') => format!("{folder}/{url}"),
            _ => url.to_string(),
        };
        let location = match references {
            _ if url.contains("://") || url.starts_with('/') => Location::from(url),
            Location::Path(path) => Location::Path(path.with_file_name("").join(url)),
            Location::Address(address) => Location::from(beside(address)),
            Location::Store(store) => {
                let address = store.describe();
                match address.contains("://") {
                    true => Location::from(beside(&address)),
                    false => Location::from(url),
                }
            }
        };
        Ok(Target { url: url.to_string(), location, store: OnceLock::new() })
    }

    fn store(&self) -> Result<&Arc<dyn Store>> {
        if let Some(store) = self.store.get() {
            return Ok(store);
        }
        let opened = self.location.object()?;
        Ok(self.store.get_or_init(|| opened))
    }

    fn read(&self, range: ByteRange) -> Result<Vec<u8>> {
        let missing = || Error::storage(format!("there is no file `{}`", self.location));
        let read = self.store().and_then(|store| store.read("", range)?.ok_or_else(missing));
        read.at(|| format!("the reference to `{}`", self.url))
    }
}

#[typetag::serde(name = "references")]
impl Store for ReferenceStore {
    fn read(&self, key: &str, range: ByteRange) -> Result<Option<Vec<u8>>> {
        let place = || format!("`{key}` in {}", self.describe());
        let references = self.references()?;
        let bytes = match references.entries.get(key) {
            None => return Ok(None),
            Some(Entry::Inline(bytes)) => range.of(bytes).map(<[u8]>::to_vec),
            Some(Entry::Of { target, part: None }) => references.targets[*target].read(range),
            Some(Entry::Of { target, part: Some((start, length)) }) => {
                range.within(*length).and_then(|(offset, length)| {
                    let offset = start.saturating_add(offset);
                    references.targets[*target].read(ByteRange::Part { offset, length })
                })
            }
        };
        bytes.map(Some).at(place)
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        let references = self.references()?;
        match references.entries.get(key) {
            None => Ok(None),
            Some(Entry::Inline(bytes)) => Ok(Some(bytes.len() as u64)),
            Some(Entry::Of { part: Some((_, length)), .. }) => Ok(Some(*length)),
            Some(Entry::Of { target, part: None }) => references.targets[*target]
                .store()
                .and_then(|store| store.size(""))
                .at(|| format!("`{key}` in {}", self.describe())),
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        Ok(names_below(&self.references()?.entries, prefix))
    }

    /// Of bytes in another file that of the file; of others that of the references.
    fn stamp(&self, key: &str) -> Option<String> {
        let references = self.references().ok()?;
        match references.entries.get(key)? {
            Entry::Inline(_) => references.stamp.clone(),
            Entry::Of { target, .. } => references.targets[*target].store().ok()?.stamp(""),
        }
    }

    fn requests(&self) -> usize {
        let Ok(references) = self.references() else { return 1 };
        let of = |target: &Target| target.store().map_or(1, |store| store.requests());
        references.targets.iter().map(of).max().unwrap_or(1)
    }

    fn describe(&self) -> String {
        self.location.to_string()
    }
}

/// Short names for parts of addresses.
struct Templates(Vec<(String, String)>);

impl Templates {
    fn of(document: &Value) -> Result<Self> {
        let mut all = Vec::new();
        for (name, text) in document.as_object().into_iter().flatten() {
            match text.as_str() {
                Some(text) if !text.contains("{{") => all.push((format!("{{{{{name}}}}}"), text.to_string())),
                _ => {
                    return Err(Error::unsupported(format!("the template `{name}`, which is {text}"))
                        .help("templates that are plain texts are supported"));
                }
            }
        }
        Ok(Templates(all))
    }

    /// The text with templates put in.
    fn resolve(&self, text: String) -> String {
        match text.contains("{{") {
            true => self.0.iter().fold(text, |text, (name, value)| text.replace(name, value)),
            false => text,
        }
    }

    /// The address with templates put in, all of which must be there.
    fn resolve_url(&self, url: String) -> Result<String> {
        let resolved = self.resolve(url);
        match resolved.contains("{{") {
            true => Err(Error::unsupported(format!("the template in `{resolved}`"))
                .known(self.0.iter().map(|(name, _)| name.as_str()))),
            false => Ok(resolved),
        }
    }
}

/// A file of references as it is written.
#[derive(Default)]
struct Document {
    version: Option<Value>,
    templates: Value,
    is_generated: bool,
    refs: BTreeMap<String, Said>,
}

/// What stands for a key.
enum Said {
    Text(String),
    Document(Value),
    Range(String, Option<(u64, u64)>),
    Nonsense,
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with references")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Document, A::Error> {
                let mut out = Document::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "version" => out.version = Some(map.next_value()?),
                        "templates" => out.templates = map.next_value()?,
                        "gen" => {
                            out.is_generated =
                                map.next_value::<Value>()?.as_array().is_none_or(|g| !g.is_empty())
                        }
                        "refs" => out.refs = map.next_value()?,
                        // In version 0 there is nothing around them.
                        _ => drop(out.refs.insert(key, map.next_value()?)),
                    }
                }
                Ok(out)
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct One;
        impl<'de> Visitor<'de> for One {
            type Value = Said;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a reference")
            }

            fn visit_str<E>(self, text: &str) -> std::result::Result<Said, E> {
                Ok(Said::Text(text.to_string()))
            }

            fn visit_string<E>(self, text: String) -> std::result::Result<Said, E> {
                Ok(Said::Text(text))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Said, A::Error> {
                Value::deserialize(MapAccessDeserializer::new(map)).map(Said::Document)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Said, A::Error> {
                let url = seq.next_element::<Value>()?;
                let (offset, length) = (seq.next_element::<Value>()?, seq.next_element::<Value>()?);
                let mut more = false;
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    more = true;
                }
                let number = |v: &Option<Value>| v.as_ref().and_then(Value::as_u64);
                Ok(match (url, number(&offset), number(&length)) {
                    _ if more => Said::Nonsense,
                    (Some(Value::String(url)), None, None) if offset.is_none() => Said::Range(url, None),
                    (Some(Value::String(url)), Some(o), Some(l)) => Said::Range(url, Some((o, l))),
                    _ => Said::Nonsense,
                })
            }

            fn visit_unit<E>(self) -> std::result::Result<Said, E> {
                Ok(Said::Nonsense)
            }

            fn visit_bool<E>(self, _: bool) -> std::result::Result<Said, E> {
                Ok(Said::Nonsense)
            }

            fn visit_i64<E>(self, _: i64) -> std::result::Result<Said, E> {
                Ok(Said::Nonsense)
            }

            fn visit_u64<E>(self, _: u64) -> std::result::Result<Said, E> {
                Ok(Said::Nonsense)
            }

            fn visit_f64<E>(self, _: f64) -> std::result::Result<Said, E> {
                Ok(Said::Nonsense)
            }
        }
        deserializer.deserialize_any(One)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(name: &str, text: &str) -> Result<ReferenceStore> {
        let memory = super::super::MemoryStore::new(format!("references of {name}/refs.json"));
        memory.write("", text.as_bytes())?;
        ReferenceStore::open(memory)
    }

    #[test]
    fn both_versions_are_read_with_texts_base64_documents_and_ranges() {
        let data = super::super::MemoryStore::new("references of both/data");
        data.write("", b"0123456789").unwrap();
        let refs = r#"{"a/.zarray": {"fill_value": NaN}, "a/0": ["data", 2, 3], "a/1": ["memory://references of both/data"],
            "a/2": "base64:AAEC", "a/b/c": "é", ".zgroup": "{\"zarr_format\": 2}", "a.x": "1", "b": ["gone", 0, 1]}"#;
        let one = format!(r#"{{"version": 1, "templates": {{"d": "memory:/"}}, "gen": [], "refs": {refs}}}"#);
        for text in [refs.to_string(), one] {
            let store = open("both", &text).unwrap();
            let read = |key: &str| store.read(key, ByteRange::Whole { limit: 100 }).unwrap();
            assert_eq!(read("a/0").as_deref(), Some(&b"234"[..]));
            assert_eq!(store.read("a/0", ByteRange::Last(1)).unwrap().as_deref(), Some(&b"4"[..]));
            assert!(store.read("a/0", ByteRange::Last(4)).is_err());
            assert_eq!(read("a/1").as_deref(), Some(&b"0123456789"[..]));
            assert_eq!(read("a/2").as_deref(), Some(&[0, 1, 2][..]));
            assert_eq!(read("a/b/c").as_deref(), Some("é".as_bytes()));
            assert!(String::from_utf8(read("a/.zarray").unwrap()).unwrap().contains(": NaN"));
            assert_eq!(read("a"), None);
            assert_eq!(store.list("").unwrap(), [".zgroup", "a", "a.x", "b"]);
            assert_eq!(store.list("a").unwrap(), [".zarray", "0", "1", "2", "b"]);
            assert_eq!(["a/0", "a/1", "a/2"].map(|k| store.size(k).unwrap()), [Some(3), Some(10), Some(3)]);
            let e = store.read("b", ByteRange::Last(1)).unwrap_err().to_string();
            assert!(e.contains("`b` in memory://") && e.contains("both/gone"), "{e}");
            assert!(store.write("a/0", b"").unwrap_err().to_string().contains("can only be read"));
        }
    }

    #[test]
    fn templates_stand_for_parts_of_addresses() {
        let data = super::super::MemoryStore::new("references of templates/data");
        data.write("", b"0123456789").unwrap();
        let text = r#"{"version": 1, "templates": {"u": "memory://references of templates", "n": "data"},
            "refs": {"a": ["{{u}}/{{n}}", 1, 2], "b": "{{u}}", ".zattrs": "{\"x\": {\"y\": {}}}"}}"#;
        let store = open("templates", text).unwrap();
        assert_eq!(store.read("a", ByteRange::Last(2)).unwrap().as_deref(), Some(&b"12"[..]));
        let whole = |key| store.read(key, ByteRange::Whole { limit: 99 }).unwrap().unwrap();
        assert_eq!(whole("b"), b"memory://references of templates");
        assert_eq!(whole(".zattrs"), br#"{"x": {"y": {}}}"#);
    }

    #[test]
    fn broken_references_tell_which_and_how() {
        for (text, what) in [
            ("{", "not JSON"),
            ("[1]", "not JSON"),
            (r#"{"version": 2, "refs": {}}"#, "version 2"),
            (r#"{"version": 1, "gen": [{"key": "a"}], "refs": {}}"#, "gen"),
            (r#"{"version": 1, "templates": {"f": "{{a}}/x"}, "refs": {}}"#, "template `f`"),
            (r#"{"version": 1, "templates": {"f": "a"}, "refs": {"k": ["{{g}}"]}}"#, "{{g}}"),
            (r#"{"k/0": "base64:?"}"#, "`k/0`"),
            (r#"{"k/0": 5}"#, "`k/0`"),
            (r#"{"k/0": null}"#, "`k/0`"),
            (r#"{"k/0": []}"#, "`k/0`"),
            (r#"{"k/0": ["u", 1]}"#, "`k/0`"),
            (r#"{"k/0": ["u", -1, 2]}"#, "`k/0`"),
            (r#"{"k/0": ["", 1, 2]}"#, "`k/0`"),
            (r#"{"k/0": ["u", 1, 2, 3]}"#, "`k/0`"),
        ] {
            let e = open("broken", text).unwrap_err().to_string();
            assert!(e.contains(what) && e.contains("references of broken"), "{text}: {e}");
        }
        let far = open("broken", r#"{"k": ["data", 18446744073709551615, 5]}"#).unwrap();
        let data = super::super::MemoryStore::new("references of broken/data");
        data.write("", b"0123").unwrap();
        assert!(far.read("k", ByteRange::Last(1)).is_err());
        assert!(far.read("k", ByteRange::Whole { limit: 9 }).is_err());
    }
}
