//! Searching: `contains`, `match_`, `count`, `find`, `replace`, `extract_group`.

use super::super::dataarray::DataArray;
use super::super::operand::Operand;
use super::{Pattern, Str, TextSlice};
use crate::error::{Error, Result};
use crate::kernel::text::{TextFn, TextOp};

impl Str {
    /// Whether a pattern is found in the text.
    ///
    /// # Errors
    /// If the pattern is no regular expression, or has groups.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("a1"), Text::from("b")])?;
    /// assert_eq!(a.str()?.contains("[0-9]")?.to_vec::<bool>()?, [true, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn contains(&self, pat: impl Into<Pattern>) -> Result<DataArray> {
        let pat = pat.into();
        if !pat.flags.literal {
            if matches!(pat.text, Operand::Scalar(_)) && pat.groups()? > 0 {
                return Err(Error::invalid("the pattern has groups")
                    .at("`str.contains`")
                    .help("`(?:...)` groups without one"));
            }
            return self.pattern_call(TextOp::Contains, pat, Vec::new());
        }
        let op = TextFn::op(TextOp::ContainsText);
        if pat.flags.ignore_case {
            let folded = pat.text.into_array()?.str()?.casefold()?;
            return Str(self.casefold()?).call(op, vec![folded.into()]);
        }
        self.call(op, vec![pat.text])
    }

    /// Whether a pattern matches at the beginning of the text: xarray's `match`.
    ///
    /// # Errors
    /// If the pattern is no regular expression.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("ab1"), Text::from("1ab")])?;
    /// assert_eq!(a.str()?.match_("[a-z]+")?.to_vec::<bool>()?, [true, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn match_(&self, pat: impl Into<Pattern>) -> Result<DataArray> {
        self.pattern_call(TextOp::Match, pat.into(), Vec::new())
    }

    /// Whether a pattern matches the whole text.
    ///
    /// # Errors
    /// If the pattern is no regular expression.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("ab1"), Text::from("ab")])?;
    /// assert_eq!(a.str()?.fullmatch("[a-z]+")?.to_vec::<bool>()?, [false, true]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn fullmatch(&self, pat: impl Into<Pattern>) -> Result<DataArray> {
        self.pattern_call(TextOp::FullMatch, pat.into(), Vec::new())
    }

    /// How often a pattern is found, as `i64`.
    ///
    /// # Errors
    /// If the pattern is no regular expression.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("banana"), Text::from("x")])?;
    /// assert_eq!(a.str()?.count("an")?.to_vec::<i64>()?, [2, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn count(&self, pat: impl Into<Pattern>) -> Result<DataArray> {
        self.pattern_call(TextOp::Count, pat.into(), Vec::new())
    }

    /// Whether the text begins with another one.
    ///
    /// # Errors
    /// If labels differ.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("A1"), Text::from("B1")])?;
    /// assert_eq!(a.str()?.startswith("A")?.to_vec::<bool>()?, [true, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn startswith(&self, pat: impl Into<Operand>) -> Result<DataArray> {
        self.call(TextFn::op(TextOp::StartsWith), vec![pat.into()])
    }

    /// Whether the text ends with another one.
    ///
    /// # Errors
    /// If labels differ.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("A1"), Text::from("A2")])?;
    /// assert_eq!(a.str()?.endswith("2")?.to_vec::<bool>()?, [false, true]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn endswith(&self, pat: impl Into<Operand>) -> Result<DataArray> {
        self.call(TextFn::op(TextOp::EndsWith), vec![pat.into()])
    }

    /// The position of the first occurrence of a text within a slice (`..` for all), as `i64`; -1 without.
    ///
    /// # Errors
    /// If bounds are no integers, or the slice has a step.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("banana"), Text::from("x")])?;
    /// assert_eq!(a.str()?.find("an", ..)?.to_vec::<i64>()?, [1, -1]);
    /// assert_eq!(a.str()?.find("an", 2..)?.to_vec::<i64>()?, [3, -1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn find(&self, sub: impl Into<Operand>, within: impl Into<TextSlice>) -> Result<DataArray> {
        self.position(TextOp::Find, sub.into(), within.into())
    }

    /// The position of the last occurrence of a text within a slice, as `i64`; -1 without.
    ///
    /// # Errors
    /// If bounds are no integers, or the slice has a step.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("banana"), Text::from("x")])?;
    /// assert_eq!(a.str()?.rfind("an", ..)?.to_vec::<i64>()?, [3, -1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rfind(&self, sub: impl Into<Operand>, within: impl Into<TextSlice>) -> Result<DataArray> {
        self.position(TextOp::Rfind, sub.into(), within.into())
    }

    /// As [`find`](Str::find), where a text without an occurrence is an error (of lazy arrays, in the run).
    ///
    /// # Errors
    /// If a text lacks the other one, and those of `find`.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("banana")])?;
    /// assert_eq!(a.str()?.index("an", ..)?.to_vec::<i64>()?, [1]);
    /// assert!(a.str()?.index("x", ..).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn index(&self, sub: impl Into<Operand>, within: impl Into<TextSlice>) -> Result<DataArray> {
        self.position(TextOp::Index, sub.into(), within.into())
    }

    /// As [`rfind`](Str::rfind), where a text without an occurrence is an error (of lazy arrays, in the run).
    ///
    /// # Errors
    /// If a text lacks the other one, and those of `rfind`.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("banana")])?;
    /// assert_eq!(a.str()?.rindex("an", ..)?.to_vec::<i64>()?, [3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rindex(&self, sub: impl Into<Operand>, within: impl Into<TextSlice>) -> Result<DataArray> {
        self.position(TextOp::Rindex, sub.into(), within.into())
    }

    fn position(&self, op: TextOp, sub: Operand, within: TextSlice) -> Result<DataArray> {
        let (start, stop) = within.bounds(&format!("str.{}", op.name()))?;
        self.call(TextFn::op(op), vec![sub, start, stop])
    }

    /// Without any of these characters at both ends: xarray's `strip(to_strip)`.
    ///
    /// # Errors
    /// If labels differ.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("xayx")])?;
    /// assert_eq!(a.str()?.strip_chars("xy")?.load()?, Scalar::from("a").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn strip_chars(&self, to_strip: impl Into<Operand>) -> Result<DataArray> {
        self.call(TextFn::op(TextOp::StripChars), vec![to_strip.into()])
    }

    /// Without any of these characters at the beginning: xarray's `lstrip(to_strip)`.
    ///
    /// # Errors
    /// If labels differ.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("xayx")])?;
    /// assert_eq!(a.str()?.lstrip_chars("xy")?.load()?, Scalar::from("ayx").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn lstrip_chars(&self, to_strip: impl Into<Operand>) -> Result<DataArray> {
        self.call(TextFn::op(TextOp::LstripChars), vec![to_strip.into()])
    }

    /// Without any of these characters at the end: xarray's `rstrip(to_strip)`.
    ///
    /// # Errors
    /// If labels differ.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("xayx")])?;
    /// assert_eq!(a.str()?.rstrip_chars("xy")?.load()?, Scalar::from("xa").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rstrip_chars(&self, to_strip: impl Into<Operand>) -> Result<DataArray> {
        self.call(TextFn::op(TextOp::RstripChars), vec![to_strip.into()])
    }

    /// Every occurrence of a pattern replaced. In the replacement for a regular expression `\1`, `\g<1>` and
    /// `\g<name>` stand for groups.
    ///
    /// # Errors
    /// If the pattern is no regular expression, or lacks a group of the replacement.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// use graticule::labels::Pattern;
    /// let a = DataArray::from_vec(&[], vec![Text::from("a.b.12")])?;
    /// assert_eq!(a.str()?.replace(r"(\d)(\d)", r"\2\1")?.load()?, Scalar::from("a.b.21").to_block());
    /// assert_eq!(a.str()?.replace(Pattern::literal("."), "-")?.load()?, Scalar::from("a-b-12").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn replace(&self, pat: impl Into<Pattern>, repl: impl Into<Operand>) -> Result<DataArray> {
        self.replace_n(pat, repl, -1)
    }

    /// The first `n` occurrences of a pattern replaced, all if negative: see [`replace`](Str::replace).
    ///
    /// # Errors
    /// Those of `replace`.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("aaa")])?;
    /// assert_eq!(a.str()?.replace_n("a", "b", 2)?.load()?, Scalar::from("bba").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn replace_n(
        &self,
        pat: impl Into<Pattern>,
        repl: impl Into<Operand>,
        n: impl Into<Operand>,
    ) -> Result<DataArray> {
        let (pat, repl, n) = (pat.into(), repl.into(), n.into());
        if !pat.flags.literal {
            return self.pattern_call(TextOp::Replace, pat, vec![repl, n]);
        }
        if pat.flags.ignore_case {
            // A plain replacement has no groups: its backslashes are themselves.
            let plain = repl.into_array()?.str()?.replace(Pattern::literal("\\"), "\\\\")?;
            return self.pattern_call(TextOp::Replace, pat, vec![plain.into(), n]);
        }
        self.call(TextFn::op(TextOp::ReplaceText), vec![pat.text, repl, n])
    }

    /// The group of the first match of a pattern with one group, empty without a match: xarray's
    /// `extract(pat, dim=None)`.
    ///
    /// # Errors
    /// If the pattern is no regular expression, or has not one group.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("a12"), Text::from("b")])?;
    /// assert_eq!(a.str()?.extract_group(r"(\d+)")?.to_vec::<Text>()?, ["12".into(), "".into()]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn extract_group(&self, pat: impl Into<Pattern>) -> Result<DataArray> {
        let pat = pat.into();
        match pat.groups()? {
            1 => self.pattern_call(TextOp::ExtractOne, pat, Vec::new()),
            n => Err(Error::invalid(format!("the pattern has {n} groups, not one"))
                .at("`str.extract_group`")
                .help("`extract` puts groups along a new dimension")),
        }
    }

    fn pattern_call(&self, op: TextOp, pat: Pattern, more: Vec<Operand>) -> Result<DataArray> {
        let pat = pat.checked().map_err(|e| e.at(format!("`str.{}`", op.name())))?;
        let args = std::iter::once(pat.text).chain(more).collect();
        self.call(TextFn::Op(op, pat.flags), args)
    }
}
