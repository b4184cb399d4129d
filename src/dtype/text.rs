//! The element of text arrays.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A text that may be missing; cheap to clone. A missing one sorts first and equals itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Text(pub Option<Arc<str>>);

impl Text {
    /// The missing text.
    pub const MISSING: Text = Text(None);

    /// The text, or `None` where it is missing.
    ///
    /// ```
    /// # use graticule::dtype::Text;
    /// assert_eq!(Text::from("a").as_str(), Some("a"));
    /// assert_eq!(Text::MISSING.as_str(), None);
    /// ```
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl From<&str> for Text {
    fn from(s: &str) -> Self {
        Text(Some(s.into()))
    }
}

impl From<String> for Text {
    fn from(s: String) -> Self {
        Text(Some(s.into()))
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str().unwrap_or("<missing>"))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(s) => write!(f, "{s:?}"),
            None => f.write_str("<missing>"),
        }
    }
}
