//! Attributes and encodings: ordered names with typed values.

use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::array::Block;
use crate::dtype::{Element, Text};

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AttrValue {
    /// A text.
    Str(String),
    /// A number, or a list of numbers, bools or texts, with its dtype: a block of rank 0 or 1.
    Array(Block),
    /// Anything else that JSON can say (Zarr allows it).
    Json(serde_json::Value),
}

/// Ordered attributes of a variable or a dataset, or the encoding of a variable; cheap to clone, copied when
/// written to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Map", into = "Map")]
pub struct Attrs(Option<Arc<Map>>);

type Map = IndexMap<String, AttrValue>;

/// What attributes that are none refer to.
static NOTHING: LazyLock<Map> = LazyLock::new(Map::new);

impl Attrs {
    /// No attributes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(Attrs::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    fn map(&self) -> &Map {
        self.0.as_deref().unwrap_or(&NOTHING)
    }

    fn map_mut(&mut self) -> &mut Map {
        Arc::make_mut(self.0.get_or_insert_default())
    }

    /// Adds or replaces an attribute.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let mut attrs = Attrs::new();
    /// attrs.insert("units", "m");
    /// attrs.insert("units", "km");
    /// assert_eq!((attrs.len(), attrs.get_str("units")), (1, Some("km")));
    /// ```
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<AttrValue>) {
        self.map_mut().insert(name.into(), value.into());
    }

    /// The attributes with one added or replaced.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let attrs = Attrs::new().with("units", "m").with("scale", 0.5);
    /// assert_eq!(attrs.get_f64("scale"), Some(0.5));
    /// ```
    pub fn with(mut self, name: impl Into<String>, value: impl Into<AttrValue>) -> Self {
        self.insert(name, value);
        self
    }

    /// Takes an attribute away, keeping the order of the others.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let mut attrs = Attrs::new().with("units", "m");
    /// assert_eq!(attrs.remove("units"), Some(AttrValue::from("m")));
    /// assert_eq!(attrs.remove("units"), None);
    /// ```
    pub fn remove(&mut self, name: &str) -> Option<AttrValue> {
        if self.contains(name) { self.map_mut().shift_remove(name) } else { None }
    }

    /// The value of an attribute.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let attrs = Attrs::new().with("units", "m");
    /// assert_eq!(attrs.get("units"), Some(&AttrValue::Str("m".to_string())));
    /// ```
    pub fn get(&self, name: &str) -> Option<&AttrValue> {
        self.map().get(name)
    }

    /// The value of an attribute that is text.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let attrs = Attrs::new().with("units", "m").with("level", 2);
    /// assert_eq!(attrs.get_str("units"), Some("m"));
    /// assert_eq!(attrs.get_str("level"), None);
    /// ```
    pub fn get_str(&self, name: &str) -> Option<&str> {
        match self.map().get(name)? {
            AttrValue::Str(s) => Some(s),
            AttrValue::Array(b) if b.size() == 1 => b.get::<Text>()?.first()?.as_str(),
            _ => None,
        }
    }

    /// The value of an attribute that is one number.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let attrs = Attrs::new().with("units", "m").with("level", 2);
    /// assert_eq!(attrs.get_f64("level"), Some(2.0));
    /// assert_eq!(attrs.get_f64("units"), None);
    /// ```
    pub fn get_f64(&self, name: &str) -> Option<f64> {
        match self.map().get(name)? {
            AttrValue::Array(b) if b.size() == 1 && b.dtype().is_number() => {
                crate::kernel::cast::cast(b, crate::dtype::DType::F64).ok()?.get::<f64>()?.first().copied()
            }
            _ => None,
        }
    }

    /// The value of an attribute that is a list of lengths: chunks of an encoding, say.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let encoding = Attrs::new().with("chunks", vec![10i64, 20]).with("level", -2);
    /// assert_eq!(encoding.get_lengths("chunks"), Some(vec![10, 20]));
    /// assert_eq!(encoding.get_lengths("level"), None);
    /// ```
    pub fn get_lengths(&self, name: &str) -> Option<Vec<usize>> {
        match self.map().get(name)? {
            AttrValue::Array(b) if b.ndim() == 1 && b.dtype().is_number() => {
                let lengths = crate::kernel::cast::cast(b, crate::dtype::DType::I64).ok()?;
                lengths.get::<i64>()?.iter().map(|n| usize::try_from(*n).ok()).collect()
            }
            _ => None,
        }
    }

    /// Whether there is an attribute of this name.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let attrs = Attrs::new().with("units", "m");
    /// assert!(attrs.contains("units") && !attrs.contains("level"));
    /// ```
    pub fn contains(&self, name: &str) -> bool {
        self.map().contains_key(name)
    }

    /// Names and values in order.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let attrs = Attrs::new().with("units", "m").with("level", 2);
    /// assert_eq!(attrs.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["units", "level"]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &AttrValue)> {
        self.map().iter().map(|(k, v)| (k.as_str(), v))
    }

    /// How many there are.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Attrs::new().with("units", "m").len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.map().len()
    }

    /// Whether there are none.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(Attrs::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.map().is_empty()
    }

    /// Keeps the attributes for which `keep` holds.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let mut attrs = Attrs::new().with("units", "m").with("level", 2);
    /// attrs.retain(|name, _| name != "level");
    /// assert!(attrs.len() == 1 && attrs.contains("units"));
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &AttrValue) -> bool) {
        if !self.is_empty() {
            self.map_mut().retain(|k, v| keep(k, v));
        }
    }

    /// xarray's `drop_conflicts`: what both have equally or only one has.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = Attrs::new().with("units", "m").with("run", 1);
    /// let b = Attrs::new().with("units", "m").with("run", 2).with("grid", "T63");
    /// assert_eq!(a.drop_conflicts(&b), Attrs::new().with("units", "m").with("grid", "T63"));
    /// ```
    pub fn drop_conflicts(&self, other: &Attrs) -> Attrs {
        let mut out = self.clone();
        let mut conflicts = Vec::new();
        for (k, v) in other.map() {
            match self.map().get(k) {
                Some(own) if own != v => conflicts.push(k),
                Some(_) => {}
                None => out.insert(k.clone(), v.clone()),
            }
        }
        out.retain(|k, _| !conflicts.iter().any(|c| *c == k));
        out
    }
}

impl FromIterator<(String, AttrValue)> for Attrs {
    fn from_iter<I: IntoIterator<Item = (String, AttrValue)>>(iter: I) -> Self {
        Map::from_iter(iter).into()
    }
}

impl From<Map> for Attrs {
    fn from(map: Map) -> Self {
        Attrs((!map.is_empty()).then(|| Arc::new(map)))
    }
}

impl From<Attrs> for Map {
    fn from(attrs: Attrs) -> Self {
        attrs.0.map_or_else(Map::new, Arc::unwrap_or_clone)
    }
}

/// The same names and values, in any order.
impl PartialEq for Attrs {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) if Arc::ptr_eq(a, b) => true,
            _ => self.map() == other.map(),
        }
    }
}

impl IntoIterator for Attrs {
    type Item = (String, AttrValue);
    type IntoIter = indexmap::map::IntoIter<String, AttrValue>;
    fn into_iter(self) -> Self::IntoIter {
        Map::from(self).into_iter()
    }
}

impl From<&str> for AttrValue {
    fn from(s: &str) -> Self {
        AttrValue::Str(s.to_string())
    }
}

impl From<String> for AttrValue {
    fn from(s: String) -> Self {
        AttrValue::Str(s)
    }
}

impl From<Block> for AttrValue {
    fn from(b: Block) -> Self {
        AttrValue::Array(b)
    }
}

macro_rules! number {
    ($($T:ty),*) => {$(
        impl From<$T> for AttrValue {
            fn from(v: $T) -> Self {
                AttrValue::Array(Block::scalar(v))
            }
        }
    )*};
}
number!(bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);

impl<T: Element> From<Vec<T>> for AttrValue {
    fn from(v: Vec<T>) -> Self {
        let n = v.len();
        AttrValue::Array(Block::from_vec(&[n], v).expect("one axis of its own length"))
    }
}
