//! The one error type: what is wrong, where, what exists, and the way out.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What kind of mistake or failure an [`Error`] reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A name, label or file does not exist.
    NotFound,
    /// An argument, shape or value is not acceptable.
    Invalid,
    /// Labels or sizes of several operands do not match.
    Alignment,
    /// The operation has no meaning for this dtype.
    DType,
    /// A file or store cannot be read or written, or holds something broken.
    Storage,
    /// The feature is not there (yet), or not compiled in.
    Unsupported,
    /// The run would not fit its memory budget.
    Memory,
    /// The run was cancelled.
    Cancelled,
    /// A task panicked or an invariant broke: our own mistake.
    Internal,
}

/// An error of graticule; cheap to move, readable as it prints.
///
/// Ask for its [`kind`](Error::kind); the text is for people.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    what: String,
    places: Vec<String>,
    known: Vec<String>,
    help: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// `Result` with graticule's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Makes an error of a kind with one line that says what is wrong.
    ///
    /// ```
    /// # use graticule::{Error, ErrorKind};
    /// assert_eq!(Error::new(ErrorKind::Storage, "the disk is full").kind(), ErrorKind::Storage);
    /// ```
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            what: what.into(),
            places: Vec::new(),
            known: Vec::new(),
            help: None,
            source: None,
        }))
    }

    /// An argument, shape or value is not acceptable.
    ///
    /// ```
    /// # use graticule::{Error, ErrorKind};
    /// let e = Error::invalid("a step of 0").help("leave it out");
    /// assert_eq!(e.to_string(), "a step of 0\n  help: leave it out");
    /// ```
    pub fn invalid(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, what)
    }

    /// The operation has no meaning for this dtype.
    ///
    /// ```
    /// # use graticule::{Error, ErrorKind};
    /// assert_eq!(Error::dtype("no cosine of text").kind(), ErrorKind::DType);
    /// ```
    pub fn dtype(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::DType, what)
    }

    /// Labels or sizes of several operands do not match.
    ///
    /// ```
    /// # use graticule::{Error, ErrorKind};
    /// assert_eq!(Error::alignment("labels differ").kind(), ErrorKind::Alignment);
    /// ```
    pub fn alignment(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Alignment, what)
    }

    /// A file or store cannot be read or written.
    ///
    /// ```
    /// # use graticule::{Error, ErrorKind};
    /// assert_eq!(Error::storage("a chunk is cut off").kind(), ErrorKind::Storage);
    /// ```
    pub fn storage(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Storage, what)
    }

    /// The feature is not there.
    ///
    /// ```
    /// # use graticule::Error;
    /// assert!(Error::unsupported("that codec").is_unsupported());
    /// ```
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, what)
    }

    /// An invariant of ours broke.
    ///
    /// ```
    /// # use graticule::{Error, ErrorKind};
    /// assert_eq!(Error::internal("a task ran twice").kind(), ErrorKind::Internal);
    /// ```
    pub fn internal(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, what)
    }

    /// No `what` (a dimension, a coordinate, ...) has this name; suggests the nearest known one.
    ///
    /// ```
    /// # use graticule::Error;
    /// let e = Error::not_found("dimension", "tiem", ["time", "lat"]);
    /// assert!(e.to_string().contains("known: time, lat\n  help: did you mean `time`?"));
    /// ```
    pub fn not_found<S: AsRef<str>>(what: &str, name: &str, known: impl IntoIterator<Item = S>) -> Self {
        let known: Vec<String> = known.into_iter().map(|s| s.as_ref().to_string()).collect();
        let near = known
            .iter()
            .map(|k| (edit_distance(k, name), k))
            .min()
            .filter(|(d, k)| *d <= 1 + k.chars().count().min(name.chars().count()) / 3)
            .map(|(_, k)| format!("did you mean `{k}`?"));
        let mut e = Self::new(ErrorKind::NotFound, format!("no {what} named `{name}`"));
        e.0.known = known;
        e.0.help = near;
        e
    }

    /// Adds where it happened; the innermost place was added first.
    ///
    /// ```
    /// # use graticule::Error;
    /// let e = Error::invalid("a step of 0").at("`isel` of `x`");
    /// assert_eq!(e.to_string(), "a step of 0\n  where: `isel` of `x`");
    /// ```
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.0.places.push(place.into());
        self
    }

    /// Adds the names that exist.
    ///
    /// ```
    /// # use graticule::Error;
    /// let e = Error::invalid("no such mode").known(["w", "w-"]);
    /// assert_eq!(e.to_string(), "no such mode\n  known: w, w-");
    /// ```
    pub fn known<S: Into<String>>(mut self, known: impl IntoIterator<Item = S>) -> Self {
        self.0.known = known.into_iter().map(Into::into).collect();
        self
    }

    /// Adds the way out.
    ///
    /// ```
    /// # use graticule::Error;
    /// let e = Error::invalid("no labels").help("give the dimension a coordinate");
    /// assert!(e.to_string().ends_with("help: give the dimension a coordinate"));
    /// ```
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Adds the error of a lower layer that caused this one.
    ///
    /// ```
    /// # use graticule::Error;
    /// let e = Error::storage("no number").caused_by("x".parse::<f64>().unwrap_err());
    /// assert_eq!(e.to_string(), "no number: invalid float literal");
    /// ```
    pub fn caused_by(mut self, e: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(e.into());
        self
    }

    /// What kind of error this is.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// assert_eq!(a.mean("y").unwrap_err().kind(), ErrorKind::NotFound);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether something named does not exist.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// assert!(a.mean("y").unwrap_err().is_not_found());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }

    /// Whether the feature is missing rather than the input wrong.
    ///
    /// ```
    /// # use graticule::Error;
    /// assert!(!Error::invalid("a step of 0").is_unsupported());
    /// ```
    pub fn is_unsupported(&self) -> bool {
        self.0.kind == ErrorKind::Unsupported
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 10;
        let e = &self.0;
        f.write_str(&e.what)?;
        if let Some(source) = &e.source {
            write!(f, ": {source}")?;
        }
        for place in &e.places {
            write!(f, "\n  where: {place}")?;
        }
        if !e.known.is_empty() {
            let shown = e.known.iter().take(SHOWN).cloned().collect::<Vec<_>>();
            write!(f, "\n  known: {}", shown.join(", "))?;
            if e.known.len() > SHOWN {
                write!(f, ", ... ({} in all)", e.known.len())?;
            }
        }
        if let Some(help) = &e.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|e| e as _)
    }
}

/// What goes from one process to another: all but the causes, which become text.
#[derive(Serialize, Deserialize)]
struct Wire {
    kind: ErrorKind,
    what: String,
    places: Vec<String>,
    known: Vec<String>,
    help: Option<String>,
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Inner { kind, what, places, known, help, source } = &*self.0;
        let what = match source {
            Some(source) => format!("{what}: {source}"),
            None => what.clone(),
        };
        let (places, known, help) = (places.clone(), known.clone(), help.clone());
        Wire { kind: *kind, what, places, known, help }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Error {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let Wire { kind, what, places, known, help } = Wire::deserialize(deserializer)?;
        Ok(Error(Box::new(Inner { kind, what, places, known, help, source: None })))
    }
}

impl From<std::io::Error> for Error {
    fn from(e: std::io::Error) -> Self {
        let kind = match e.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            _ => ErrorKind::Storage,
        };
        Error::new(kind, "input/output failed").caused_by(e)
    }
}

impl From<crate::time::TimeError> for Error {
    fn from(e: crate::time::TimeError) -> Self {
        Error::invalid(e.to_string())
    }
}

/// Adds places to the errors of a lower layer.
pub trait Context<T> {
    /// Adds where it happened, computed only for an error.
    fn at<S: Into<String>>(self, place: impl FnOnce() -> S) -> Result<T>;
}

impl<T, E: Into<Error>> Context<T> for Result<T, E> {
    fn at<S: Into<String>>(self, place: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|e| e.into().at(place()))
    }
}

/// Levenshtein distance, for "did you mean".
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substitute = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let e = Error::not_found("dimension", "tiem", ["time", "lat"]);
        assert!(e.to_string().contains("did you mean `time`?"), "{e}");
        let e = Error::not_found("dimension", "zzz", ["time", "lat"]);
        assert!(!e.to_string().contains("did you mean"), "{e}");
    }
}
