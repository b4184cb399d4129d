//! Attributes and encodings: ordered names with typed values.

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

/// Ordered attributes of a variable or a dataset, or the encoding of a variable.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Attrs(IndexMap<String, AttrValue>);

impl Attrs {
    /// No attributes.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(Attrs::new().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces an attribute.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let mut attrs = Attrs::new();
    /// attrs.insert("units", "m");
    /// assert!(attrs.contains("units"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<AttrValue>) {
        self.0.insert(name.into(), value.into());
    }

    /// The attributes with one added or replaced.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Attrs::new().with("units", "m").len(), 1);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn with(mut self, name: impl Into<String>, value: impl Into<AttrValue>) -> Self {
        self.insert(name, value);
        self
    }

    /// Takes an attribute away, keeping the order of the others.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let mut attrs = Attrs::new().with("units", "m");
    /// assert!(attrs.remove("units").is_some() && attrs.is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn remove(&mut self, name: &str) -> Option<AttrValue> {
        self.0.shift_remove(name)
    }

    /// The value of an attribute.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Attrs::new().with("n", 3_i64).get("n"), Some(&AttrValue::from(3_i64)));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn get(&self, name: &str) -> Option<&AttrValue> {
        self.0.get(name)
    }

    /// The value of an attribute that is text.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Attrs::new().with("units", "m").get_str("units"), Some("m"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn get_str(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            AttrValue::Str(s) => Some(s),
            AttrValue::Array(b) if b.size() == 1 => b.get::<Text>()?.first()?.as_str(),
            _ => None,
        }
    }

    /// The value of an attribute that is one number.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Attrs::new().with("scale", 0.5).get_f64("scale"), Some(0.5));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn get_f64(&self, name: &str) -> Option<f64> {
        match self.0.get(name)? {
            AttrValue::Array(b) if b.size() == 1 && b.dtype().is_number() => {
                crate::kernel::cast::cast(b, crate::dtype::DType::F64).ok()?.get::<f64>()?.first().copied()
            }
            _ => None,
        }
    }

    /// Whether there is an attribute of this name.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(!Attrs::new().contains("units"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Names and values in order.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let attrs = Attrs::new().with("a", 1).with("b", 2);
    /// assert_eq!(attrs.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b"]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &AttrValue)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v))
    }

    /// How many there are.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Attrs::new().with("a", 1).len(), 1);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(!Attrs::new().with("a", 1).is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps the attributes for which `keep` holds.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let mut attrs = Attrs::new().with("a", 1).with("b", 2);
    /// attrs.retain(|name, _| name == "b");
    /// assert!(!attrs.contains("a"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &AttrValue) -> bool) {
        self.0.retain(|k, v| keep(k, v));
    }

    /// xarray's `drop_conflicts`: what both have equally or only one has.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let both = Attrs::new().with("a", 1).drop_conflicts(&Attrs::new().with("a", 2).with("b", 3));
    /// assert_eq!(both, Attrs::new().with("b", 3));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_conflicts(&self, other: &Attrs) -> Attrs {
        let mut out = self.clone();
        let mut conflicts = Vec::new();
        for (k, v) in &other.0 {
            match self.0.get(k) {
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
        Attrs(iter.into_iter().collect())
    }
}

impl IntoIterator for Attrs {
    type Item = (String, AttrValue);
    type IntoIter = indexmap::map::IntoIter<String, AttrValue>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
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
