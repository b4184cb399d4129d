//! Parts of text by position, padding, and texts put together.

use std::ops::{Range, RangeFrom, RangeFull, RangeTo};

use super::super::compare::{Same, variables_match};
use super::super::coords::Coords;
use super::super::dataarray::DataArray;
use super::super::dataset::Dataset;
use super::super::indexer::PySlice;
use super::super::operand::Operand;
use super::super::variable::Variable;
use super::{Arg, Str, arrays_over, bound, dims_of};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use crate::kernel::text::{NONE, TextFn, TextOp};

/// Characters from one position up to another, as Python's `start:stop:step`. Bounds are integers or
/// arrays of them; those that are left out reach to the end.
///
/// Ranges and [`slice`](crate::labels::slice) are such slices too.
///
/// # Example
/// ```
/// # use graticule::prelude::*;
/// # use graticule::dtype::Text;
/// use graticule::labels::TextSlice;
/// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("abcd"), Text::from("efgh")])?;
/// let start = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
/// let parts = a.str()?.slice(TextSlice::new().start(&start))?;
/// assert_eq!(parts.to_vec::<Text>()?, ["bcd".into(), "gh".into()]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Clone)]
pub struct TextSlice {
    pub(super) start: Operand,
    pub(super) stop: Operand,
    step: Operand,
}

impl Default for TextSlice {
    fn default() -> Self {
        TextSlice { start: bound(None), stop: bound(None), step: bound(None) }
    }
}

impl TextSlice {
    /// All characters.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[], vec![graticule::dtype::Text::from("abc")])?;
    /// assert_eq!(a.str()?.slice(graticule::labels::TextSlice::new())?.load()?, Scalar::from("abc").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// From this position on; negative ones count from the end.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[], vec![graticule::dtype::Text::from("abc")])?;
    /// assert_eq!(a.str()?.slice(graticule::labels::TextSlice::new().start(1))?.load()?, Scalar::from("bc").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn start(mut self, start: impl Into<Operand>) -> Self {
        self.start = start.into();
        self
    }

    /// Up to this position, without it.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[], vec![graticule::dtype::Text::from("abc")])?;
    /// assert_eq!(a.str()?.slice(graticule::labels::TextSlice::new().stop(-1))?.load()?, Scalar::from("ab").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn stop(mut self, stop: impl Into<Operand>) -> Self {
        self.stop = stop.into();
        self
    }

    /// Every so-many-th character, backwards if negative.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[], vec![graticule::dtype::Text::from("abc")])?;
    /// assert_eq!(a.str()?.slice(graticule::labels::TextSlice::new().step(-1))?.load()?, Scalar::from("cba").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn step(mut self, step: impl Into<Operand>) -> Self {
        self.step = step.into();
        self
    }
}

impl From<PySlice<i64>> for TextSlice {
    fn from(s: PySlice<i64>) -> Self {
        TextSlice { start: bound(s.start), stop: bound(s.stop), step: bound(s.step) }
    }
}

impl From<Range<i64>> for TextSlice {
    fn from(r: Range<i64>) -> Self {
        TextSlice::new().start(r.start).stop(r.end)
    }
}

impl From<RangeFrom<i64>> for TextSlice {
    fn from(r: RangeFrom<i64>) -> Self {
        TextSlice::new().start(r.start)
    }
}

impl From<RangeTo<i64>> for TextSlice {
    fn from(r: RangeTo<i64>) -> Self {
        TextSlice::new().stop(r.end)
    }
}

impl From<RangeFull> for TextSlice {
    fn from(_: RangeFull) -> Self {
        TextSlice::new()
    }
}

/// On which side padding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PadSide {
    /// Before the text.
    #[default]
    Left,
    /// After the text.
    Right,
    /// On both sides; the text is in the middle.
    Both,
}

impl Str {
    /// The character at a position, counted from the end if negative; empty where there is none.
    ///
    /// # Errors
    /// If positions are no integers.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("abc")])?;
    /// assert_eq!(a.str()?.get(-1)?.load()?, Scalar::from("c").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn get(&self, i: impl Into<Operand>) -> Result<DataArray> {
        self.get_or(i, "")
    }

    /// The character at a position, and `default` where there is none.
    ///
    /// # Errors
    /// If positions are no integers.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("abc")])?;
    /// assert_eq!(a.str()?.get_or(7, "?")?.load()?, Scalar::from("?").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn get_or(&self, i: impl Into<Operand>, default: impl Into<Operand>) -> Result<DataArray> {
        self.call(TextFn::op(TextOp::Get), vec![i.into(), default.into()])
    }

    /// The characters of a slice.
    ///
    /// # Errors
    /// If a step is 0 or bounds are no integers.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("abcdef")])?;
    /// assert_eq!(a.str()?.slice(1..-1)?.load()?, Scalar::from("bcde").to_block());
    /// assert_eq!(a.str()?.slice(slice(None, None, Some(-2)))?.load()?, Scalar::from("fdb").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn slice(&self, slice: impl Into<TextSlice>) -> Result<DataArray> {
        let TextSlice { start, stop, step } = slice.into();
        self.call(TextFn::op(TextOp::Slice), vec![start, stop, step])
    }

    /// The text with the characters of a slice (without step) replaced. A bound that is left out takes all
    /// text on its side with it.
    ///
    /// # Errors
    /// If bounds are no integers, or the slice has a step.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("abcdef")])?;
    /// assert_eq!(a.str()?.slice_replace(1..3, "-")?.load()?, Scalar::from("a-def").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn slice_replace(&self, slice: impl Into<TextSlice>, repl: impl Into<Operand>) -> Result<DataArray> {
        let (start, stop) = slice.into().bounds("str.slice_replace")?;
        self.call(TextFn::op(TextOp::SliceReplace), vec![start, stop, repl.into()])
    }

    /// The text, then other texts, with a separator between them.
    ///
    /// # Errors
    /// If labels differ.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("a")])?;
    /// let b = DataArray::from_vec(&[("y", 2)], vec![1, 2])?;
    /// let both = a.str()?.cat([b], "_")?;
    /// assert_eq!(both.to_vec::<Text>()?, ["a_1".into(), "a_2".into()]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn cat<O: Into<Operand>>(
        &self,
        others: impl IntoIterator<Item = O>,
        sep: impl Into<Operand>,
    ) -> Result<DataArray> {
        let mut args: Vec<Operand> = others.into_iter().map(Into::into).collect();
        args.push(sep.into());
        self.call(TextFn::op(TextOp::Cat), args)
    }

    /// The texts along a dimension as one, with a separator between them; the dimension goes.
    ///
    /// # Errors
    /// If there is no such dimension, it has length 0, or the separator has it too.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("a"), Text::from("b")])?;
    /// assert_eq!(a.str()?.join("x", "/")?.load()?, Scalar::from("a/b").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn join(&self, dim: &str, sep: impl Into<Operand>) -> Result<DataArray> {
        let array = self.array();
        let place = |e: Error| e.at("`str.join`").at(array.place());
        let axis = array.variable().require_axis(dim).map_err(place)?;
        if array.shape()[axis] == 0 {
            return Err(place(Error::invalid(format!("`{dim}` has length 0: there is nothing to join"))));
        }
        let joined = self.apply("join", vec![sep.into()], &|args| {
            let dims = dims_of(args)?;
            if args[1..].iter().any(|a| matches!(a, Arg::Variable(v) if v.axis(dim).is_some())) {
                return Err(Error::invalid(format!(
                    "the separator has the dimension `{dim}` that is joined"
                )));
            }
            let inputs = arrays_over(&dims, args, &[None, Some(DType::Str)])?;
            let at =
                dims.iter().position(|d| &**d == dim).ok_or_else(|| Error::internal("no axis to join"))?;
            let data = inputs[0].text_join(&inputs[1], at)?;
            // The array is labelled with the dimension in place; a part of it stands for the whole.
            Variable::new(dims.iter().filter(|d| &***d != dim).cloned(), data)
        })?;
        let coords = without_dim(joined.coords(), dim)?;
        Ok(DataArray::from_parts(joined.name().cloned(), joined.variable().clone(), coords))
    }

    /// The text so many times; not at all for 0 and less.
    ///
    /// # Errors
    /// If the numbers are no integers, or a text gets longer than 2 GiB.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("ab")])?;
    /// assert_eq!(a.str()?.repeat(2)?.load()?, Scalar::from("abab").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn repeat(&self, repeats: impl Into<Operand>) -> Result<DataArray> {
        self.call(TextFn::op(TextOp::Repeat), vec![repeats.into()])
    }

    /// At least `width` characters, filled up with a character on a side.
    ///
    /// # Errors
    /// If the filling is not one character.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// use graticule::labels::PadSide;
    /// let a = DataArray::from_vec(&[], vec![Text::from("ab")])?;
    /// assert_eq!(a.str()?.pad(5, PadSide::Both, "*")?.load()?, Scalar::from("**ab*").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn pad(
        &self,
        width: impl Into<Operand>,
        side: PadSide,
        fillchar: impl Into<Operand>,
    ) -> Result<DataArray> {
        let op = match side {
            PadSide::Left => TextOp::Rjust,
            PadSide::Right => TextOp::Ljust,
            PadSide::Both => TextOp::Center,
        };
        self.call(TextFn::op(op), vec![width.into(), fillchar.into()])
    }

    /// In the middle of at least `width` characters.
    ///
    /// # Errors
    /// If the filling is not one character.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("ab")])?;
    /// assert_eq!(a.str()?.center(4, ".")?.load()?, Scalar::from(".ab.").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn center(&self, width: impl Into<Operand>, fillchar: impl Into<Operand>) -> Result<DataArray> {
        self.pad(width, PadSide::Both, fillchar)
    }

    /// At the left of at least `width` characters.
    ///
    /// # Errors
    /// If the filling is not one character.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("ab")])?;
    /// assert_eq!(a.str()?.ljust(4, ".")?.load()?, Scalar::from("ab..").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn ljust(&self, width: impl Into<Operand>, fillchar: impl Into<Operand>) -> Result<DataArray> {
        self.pad(width, PadSide::Right, fillchar)
    }

    /// At the right of at least `width` characters.
    ///
    /// # Errors
    /// If the filling is not one character.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("ab")])?;
    /// assert_eq!(a.str()?.rjust(4, ".")?.load()?, Scalar::from("..ab").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rjust(&self, width: impl Into<Operand>, fillchar: impl Into<Operand>) -> Result<DataArray> {
        self.pad(width, PadSide::Left, fillchar)
    }

    /// Zeros in front, up to `width` characters; a sign is a character like others.
    ///
    /// # Errors
    /// If the width is no integer.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("7")])?;
    /// assert_eq!(a.str()?.zfill(3)?.load()?, Scalar::from("007").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn zfill(&self, width: impl Into<Operand>) -> Result<DataArray> {
        self.pad(width, PadSide::Left, "0")
    }

    /// In lines of at most `width` characters, by the rules of Python's `textwrap` (its defaults).
    ///
    /// # Errors
    /// If a width is not positive.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("a long-winded tale")])?;
    /// assert_eq!(a.str()?.wrap(8)?.load()?, Scalar::from("a long-\nwinded\ntale").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn wrap(&self, width: impl Into<Operand>) -> Result<DataArray> {
        self.call(TextFn::op(TextOp::Wrap), vec![width.into()])
    }
}

impl TextSlice {
    /// The bounds of a slice that must not have a step.
    pub(super) fn bounds(self, of: &str) -> Result<(Operand, Operand)> {
        match self.step {
            Operand::Scalar(Scalar::Int(NONE)) => Ok((self.start, self.stop)),
            _ => Err(Error::invalid("a step has no meaning here").at(format!("`{of}`"))),
        }
    }
}

/// The coordinates without a dimension: one along it stays, as a scalar, where its values are all the same.
fn without_dim(coords: &Coords, dim: &str) -> Result<Coords> {
    let all = Dataset::new().with_parts(Default::default(), coords.clone());
    let first = if all.sizes().contains_key(dim) { all.isel(dim, 0)? } else { all };
    let mut kept = Coords::new();
    for (name, v) in first.coords().iter() {
        let along = coords.get(name).filter(|whole| whole.axis(dim).is_some());
        let same = along.map_or(Ok(true), |whole| variables_match(whole, v, Same::Broadcast))?;
        if same {
            kept.insert_with(name.clone(), v.clone(), first.coords().index(name).cloned())?;
        }
    }
    Ok(kept)
}
