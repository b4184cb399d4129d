//! Functions of text: the methods behind `a.str()`.

mod parts;
mod pattern;
mod search;
mod spans;

use super::apply::{Arg, Rules, apply, arrays_over, dims_of};
use super::dataarray::DataArray;
use super::diagnostics;
use super::operand::Operand;
use super::options::Options;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use crate::index::Join;
use crate::kernel::elementwise::{MapFn, UnaryOp};
use crate::kernel::reduce::{ReduceOp, ReduceSpec};
use crate::kernel::text::{Argument, NONE, TextFn, TextOp};
use crate::lazy::LazyArray;

pub use crate::kernel::text::{Encoding, OnError};
pub use parts::Separator;
pub use pattern::Pattern;
pub use spans::{PadSide, TextSlice};

/// The functions of text of an array: xarray's `.str`.
///
/// They follow Python's `str` and `re`. Arguments may be plain values or arrays, which broadcast by dimension
/// name; labels that both have must be equal. Numbers as arguments are spelled out. Missing text stays
/// missing; of missing text, questions are false, and numbers become floats to hold NaN (of lazy arrays the
/// run fails, as its result was promised to be integers). Names, coordinates and attributes stay. Lazy: reads
/// nothing, but where the length of a new dimension depends on the text (`split`, `findall`, `extractall`,
/// `get_dummies`) or the width of bytes does (`encode`): there the text is computed once at the call.
///
/// # Example
/// ```
/// # use graticule::prelude::*;
/// # use graticule::dtype::Text;
/// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("some"), Text::from("Text")])?;
/// let s = a.str()?;
/// assert_eq!(s.upper()?.to_vec::<Text>()?, ["SOME".into(), "TEXT".into()]);
/// assert_eq!(s.contains("[A-Z]")?.to_vec::<bool>()?, [false, true]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Clone)]
pub struct Str(DataArray);

impl DataArray {
    /// The functions of text of this array.
    ///
    /// # Errors
    /// If the elements are no text.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[("x", 1)], vec![Text::from("four")])?;
    /// assert_eq!(a.str()?.len()?.to_vec::<i64>()?, [4]);
    /// assert!(DataArray::from_vec(&[("x", 1)], vec![4])?.str().is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn str(&self) -> Result<Str> {
        if self.dtype().is_text() {
            return Ok(Str(self.clone()));
        }
        Err(Error::dtype(format!("`str` of {}: only text has it", self.dtype()))
            .at(self.place())
            .help("`astype(DType::Str)` spells numbers and times"))
    }
}

macro_rules! plain {
    ($($(#[$doc:meta])* $name:ident $op:ident $example:literal => $result:literal;)*) => {
        impl Str {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// If the elements are bytes.
                ///
                /// # Example
                /// ```
                /// # use graticule::prelude::*;
                /// # use graticule::dtype::Text;
                #[doc = concat!("let a = DataArray::from_vec(&[], vec![Text::from(", stringify!($example), ")])?;")]
                #[doc = concat!("assert_eq!(a.str()?.", stringify!($name), "()?.load()?, Scalar::from(", stringify!($result), ").to_block());")]
                /// # Ok::<(), graticule::Error>(())
                /// ```
                pub fn $name(&self) -> Result<DataArray> {
                    self.call(TextFn::op(TextOp::$op), Vec::new())
                }
            )*
        }
    };
}

plain! {
    /// The first character as a capital, the others as small letters.
    capitalize Capitalize "hELLO wORLD" => "Hello world";
    /// Small letters.
    lower Lower "ÀB" => "àb";
    /// Capitals.
    upper Upper "straße" => "STRASSE";
    /// Capitals as small letters, and small letters as capitals.
    swapcase SwapCase "aBc" => "AbC";
    /// Every word with a capital first, then small letters.
    title Title "hello wORLD" => "Hello World";
    /// The form in which text is compared without regard to case.
    casefold CaseFold "Straße" => "strasse";
    /// Without white space at both ends.
    strip Strip "  a b " => "a b";
    /// Without white space at the beginning.
    lstrip Lstrip "  a b " => "a b ";
    /// Without white space at the end.
    rstrip Rstrip "  a b " => "  a b";
    /// Whether there are characters, and all are letters or numbers.
    isalnum IsAlnum "a1" => true;
    /// Whether there are characters, and all are letters.
    isalpha IsAlpha "ab1" => false;
    /// Whether there are characters, and all are decimal digits.
    isdecimal IsDecimal "12" => true;
    /// Whether there are characters, and all are digits, superscripts and the like among them.
    isdigit IsDigit "1²" => true;
    /// Whether there are small letters, and no capitals.
    islower IsLower "ab 1" => true;
    /// Whether there are characters, and all are numerals, fractions and the like among them.
    isnumeric IsNumeric "½五" => true;
    /// Whether there are characters, and all are white space.
    isspace IsSpace " \t" => true;
    /// Whether there are letters, and capitals stand at the beginning of words only.
    istitle IsTitle "Hello World" => true;
    /// Whether there are capitals, and no small letters.
    isupper IsUpper "AB 1" => true;
    /// The number of characters, as `i64`.
    len Len "naïve" => 5_i64;
}

impl Str {
    /// The array itself.
    pub(super) fn array(&self) -> &DataArray {
        &self.0
    }

    /// A function of the texts and of arguments that broadcast against them.
    fn call(&self, f: TextFn, args: Vec<Operand>) -> Result<DataArray> {
        let name = f.name();
        self.apply(name, args, &|args| elementwise(&f, args))
    }

    /// The array that `f` makes of the texts and arguments.
    fn apply(
        &self,
        name: &str,
        args: Vec<Operand>,
        f: &dyn Fn(&[Arg<'_>]) -> Result<Variable>,
    ) -> Result<DataArray> {
        let rules = Rules::function(Join::Exact, Options::current().keep_attrs);
        let operands = std::iter::once(Operand::from(&self.0)).chain(args).collect();
        apply(operands, &rules, f)
            .and_then(Operand::into_array)
            .and_then(|result| match result.dtype().is_text() {
                true => Ok(result),
                false => diagnostics::units_changed(name, result.attrs()).map(|()| result),
            })
            .map_err(|e| e.at(format!("`str.{name}`")).at(self.0.place()))
    }

    /// Some characters replaced by others, or by nothing: Python's `str.translate`.
    ///
    /// # Errors
    /// If the elements are bytes.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("abc")])?;
    /// assert_eq!(a.str()?.translate([('a', "x"), ('b', "")])?.load()?, Scalar::from("xc").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn translate<S: Into<String>>(
        &self,
        table: impl IntoIterator<Item = (char, S)>,
    ) -> Result<DataArray> {
        let table = table.into_iter().map(|(c, s)| (c, s.into())).collect();
        self.call(TextFn::Translate(table), Vec::new())
    }

    /// The Unicode normal form `"NFC"`, `"NFD"`, `"NFKC"` or `"NFKD"`.
    ///
    /// # Errors
    /// If there is no such form.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("e\u{301}ﬁ")])?;
    /// assert_eq!(a.str()?.normalize("NFKC")?.load()?, Scalar::from("éfi").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn normalize(&self, form: &str) -> Result<DataArray> {
        // A form that does not exist is found here, not in the run.
        let texts = ["", form].map(|t| Scalar::from(t).to_block());
        TextFn::op(TextOp::Normalize).apply(&texts, &[]).map_err(|e| e.at("`str.normalize`"))?;
        self.call(TextFn::op(TextOp::Normalize), vec![form.into()])
    }

    /// As byte strings: `"utf-8"`, `"ascii"`, `"latin-1"`, `"utf-16"`, `"utf-32"`, ...
    ///
    /// The dtype holds the longest text, so the text is computed once at the call.
    ///
    /// # Errors
    /// If there is no such encoding, or a character has no form in it.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// # use graticule::labels::OnError;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("a"), Text::from("é")])?;
    /// let bytes = a.str()?.encode("utf-8", OnError::Strict)?;
    /// assert_eq!(bytes.dtype(), DType::Bytes(2));
    /// assert!(bytes.str()?.decode("utf-8", OnError::Strict)?.equals(&a)?);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn encode(&self, encoding: &str, on_error: OnError) -> Result<DataArray> {
        let encoding: Encoding = encoding.parse()?;
        let lengths = LazyArray::map(
            MapFn::Text(TextFn::EncodedLen(encoding, on_error)),
            std::slice::from_ref(self.0.variable().data()),
        )
        .and_then(|lengths| maximum(&lengths))
        .map_err(|e| e.at("`str.encode`").at(self.0.place()))?;
        let width = u32::try_from(lengths.max(1)).unwrap_or(u32::MAX);
        self.call(TextFn::Encode(encoding, on_error, width), Vec::new())
    }

    /// The text that byte strings stand for.
    ///
    /// # Errors
    /// If the elements are no bytes, there is no such encoding, or bytes stand for nothing in it.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// # use graticule::labels::OnError;
    /// let a = DataArray::from_vec(&[], vec![Text::from("é")])?;
    /// let bytes = a.str()?.encode("latin-1", OnError::Strict)?;
    /// assert!(bytes.str()?.decode("utf-8", OnError::Strict).is_err());
    /// assert_eq!(bytes.str()?.decode("utf-8", OnError::Replace)?.load()?, Scalar::from("\u{fffd}").to_block());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn decode(&self, encoding: &str, on_error: OnError) -> Result<DataArray> {
        self.call(TextFn::Decode(encoding.parse()?, on_error), Vec::new())
    }
}

/// The greatest of some integers, 0 if there are none. Computes them, chunk by chunk.
fn maximum(counts: &LazyArray) -> Result<i64> {
    if counts.size() == 0 {
        return Ok(0);
    }
    let most = counts.reduce(ReduceSpec {
        op: ReduceOp::Max,
        axes: (0..counts.ndim()).collect(),
        group: None,
        skipna: false,
        ddof: 0.0,
        min_count: None,
    })?;
    let block = Variable::new::<Name>([], most)?.load()?;
    block.typed::<i64>()?.first().copied().ok_or_else(|| Error::internal("a full reduction gave no element"))
}

/// The dtype in which each operand takes part.
fn casts(arguments: &[Argument], args: &[Arg<'_>]) -> Result<Vec<Option<DType>>> {
    let mut casts = vec![None];
    for (k, arg) in args.iter().skip(1).enumerate() {
        let dtype = arg.dtype();
        casts.push(Some(match arguments.get(k) {
            Some(Argument::Int) if dtype.is_integer() || dtype.is_bool() => DType::I64,
            Some(Argument::Int) => {
                return Err(Error::dtype(format!("argument {} is {dtype}, not an integer", k + 1)));
            }
            _ => DType::Str,
        }));
    }
    Ok(casts)
}

/// `f` of each text with its arguments. Integers of missing text are NaN, and so floats.
fn elementwise(f: &TextFn, args: &[Arg<'_>]) -> Result<Variable> {
    let dims = dims_of(args)?;
    let mut inputs = arrays_over(&dims, args, &casts(f.arguments(), args)?)?;
    let map = |inputs: &[LazyArray]| LazyArray::map(MapFn::Text(f.clone()), inputs);
    let dtypes: Vec<DType> = inputs.iter().map(LazyArray::dtype).collect();
    let data = if f.result_dtype(&dtypes)? == DType::I64 {
        let help = "`compute` the text first: then the result holds NaN where text is missing";
        let mut gaps = Vec::new();
        for a in inputs.iter_mut().filter(|a| a.dtype().is_text()) {
            match a.has_missing() {
                Some(false) => {}
                Some(true) => gaps.push(a.clone()),
                None => *a = a.require_present("the texts", help, true)?,
            }
        }
        gaps.iter().try_fold(map(&inputs)?, |numbers, gap| {
            let valid = LazyArray::map(MapFn::Unary(UnaryOp::NotNull), std::slice::from_ref(gap))?;
            let nan = Block::scalar(f64::NAN).reshape(&vec![1; dims.len()])?;
            LazyArray::map(MapFn::Where, &[valid, numbers.cast(DType::F64)?, nan.into()])
        })?
    } else {
        map(&inputs)?
    };
    Variable::new(dims, data)
}

/// A bound that may be left out.
fn bound(at: Option<i64>) -> Operand {
    Operand::Scalar(Scalar::Int(at.unwrap_or(NONE)))
}
