//! What texts are searched for.

use super::super::dataarray::DataArray;
use super::super::operand::Operand;
use super::super::variable::Variable;
use crate::dtype::{Scalar, Text};
use crate::error::{Error, Result};
use crate::kernel::text::{Flags, groups};

/// A regular expression in Python's spelling, or text that stands for itself; one for all or an array.
///
/// It is run by the crate `regex` in time linear in the text: look-around, back-references, atomic groups and
/// possessive repetition are refused. `$` matches at the very end only, not before a newline there.
///
/// # Example
/// ```
/// # use graticule::prelude::*;
/// # use graticule::dtype::Text;
/// use graticule::labels::Pattern;
/// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("A.b"), Text::from("aXb")])?;
/// let s = a.str()?;
/// assert_eq!(s.contains("a.b")?.to_vec::<bool>()?, [false, true]);
/// assert_eq!(s.contains(Pattern::literal(".b"))?.to_vec::<bool>()?, [true, false]);
/// assert_eq!(s.contains(Pattern::new("a.b").case(false))?.to_vec::<bool>()?, [true, true]);
/// assert!(s.contains("(?=a)").is_err_and(|e| e.is_unsupported()));
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Clone)]
pub struct Pattern {
    pub(super) text: Operand,
    pub(super) flags: Flags,
}

impl Pattern {
    /// A regular expression.
    pub fn new(text: impl Into<Operand>) -> Self {
        Pattern { text: text.into(), flags: Flags::default() }
    }

    /// Text that stands for itself.
    pub fn literal(text: impl Into<Operand>) -> Self {
        Pattern { text: text.into(), flags: Flags { literal: true, ..Flags::default() } }
    }

    /// Whether capitals differ from small letters; they do by default.
    pub fn case(mut self, case: bool) -> Self {
        self.flags.ignore_case = !case;
        self
    }

    /// Whether `^` and `$` match at every line (`re.MULTILINE`).
    pub fn multi_line(mut self, on: bool) -> Self {
        self.flags.multi_line = on;
        self
    }

    /// Whether `.` matches newlines too (`re.DOTALL`).
    pub fn dot_all(mut self, on: bool) -> Self {
        self.flags.dot_all = on;
        self
    }

    /// Whether white space and comments in the pattern do not count (`re.VERBOSE`).
    pub fn verbose(mut self, on: bool) -> Self {
        self.flags.verbose = on;
        self
    }

    /// Whether `\w`, `\d`, `\s` and `\b` know ASCII only (`re.ASCII`).
    pub fn ascii(mut self, on: bool) -> Self {
        self.flags.ascii = on;
        self
    }

    /// The most groups that a pattern has. Patterns in a lazy array are computed.
    ///
    /// # Errors
    /// If one is no regular expression.
    pub(super) fn groups(&self) -> Result<usize> {
        let block = match &self.text {
            Operand::Scalar(s) => s.to_block(),
            Operand::DataArray(a) => a.load()?,
            Operand::Variable(v) => v.load()?,
            Operand::Dataset(_) => return Err(Error::invalid("a dataset is no pattern")),
        };
        let texts = crate::kernel::cast::cast(&block, crate::dtype::DType::Str)?;
        let mut most = 0;
        for text in texts.typed::<Text>()?.iter().filter_map(Text::as_str) {
            most = most.max(groups(text, self.flags)?);
        }
        Ok(most)
    }

    /// Finds a mistake in a plain pattern at once, not in the run.
    pub(super) fn checked(self) -> Result<Self> {
        if matches!(self.text, Operand::Scalar(_)) {
            self.groups()?;
        }
        Ok(self)
    }
}

impl From<&str> for Pattern {
    fn from(text: &str) -> Self {
        Pattern::new(text)
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Pattern::new(Scalar::from(&text[..]))
    }
}

impl From<&DataArray> for Pattern {
    fn from(texts: &DataArray) -> Self {
        Pattern::new(texts)
    }
}

impl From<&Variable> for Pattern {
    fn from(texts: &Variable) -> Self {
        Pattern::new(texts)
    }
}
