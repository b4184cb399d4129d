//! Functions of text, by the rules of Python's `str` and `re`: the table of them and its loop.
//!
//! A missing text stays missing; where the result is no text, it is false or 0.

mod case;
mod coding;
mod parts;
mod pattern;
mod spans;
mod table;
mod translate;
mod unicode;
mod wrap;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::array::Block;
use crate::dtype::{DType, Element, Text};
use crate::error::{Context, Error, Result};
use crate::kernel::feed::{BoxFeed, Operand, TILE};

pub use coding::{Encoding, OnError};
pub use parts::{PartsOp, dummies, each_part, expand, join};
pub use pattern::{Flags, groups};
pub use spans::NONE;
pub use table::TextOp;

use pattern::{Compiled, Patterns};
use table::Function;

/// What stands for an argument of a function of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// A text.
    Text,
    /// A regular expression.
    Pattern,
    /// An integer; [`NONE`] is a bound that was left out.
    Int,
}

/// A function of each text and of arguments beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TextFn {
    /// A function of the table; the flags are for its regular expression, if it takes one.
    Op(TextOp, Flags),
    /// Some characters replaced by others.
    Translate(Vec<(char, String)>),
    /// As bytes of at most this number.
    Encode(Encoding, OnError, u32),
    /// How many bytes the encoded text has.
    EncodedLen(Encoding, OnError),
    /// Text from bytes.
    Decode(Encoding, OnError),
    /// How many parts a text falls into.
    CountParts(PartsOp, Flags),
}

impl TextFn {
    /// A function that takes no regular expression.
    pub fn op(op: TextOp) -> Self {
        TextFn::Op(op, Flags::default())
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            TextFn::Op(op, _) => op.name(),
            TextFn::Translate(_) => "translate",
            TextFn::Encode(..) => "encode",
            TextFn::EncodedLen(..) => "length of encoded text",
            TextFn::Decode(..) => "decode",
            TextFn::CountParts(..) => "number of parts",
        }
    }

    /// What it takes beside the text; the first one of `cat` stands for any number.
    pub fn arguments(&self) -> &'static [Argument] {
        match self {
            TextFn::Op(op, _) => op.arguments(),
            TextFn::CountParts(op, _) => op.arguments(),
            _ => &[],
        }
    }

    /// The dtype of the result.
    ///
    /// # Errors
    /// If the first operand is no text, or an argument is none where it must be one.
    pub fn result_dtype(&self, inputs: &[DType]) -> Result<DType> {
        let wrong = |d: DType, what: &str| Err(Error::dtype(format!("`{}` of {d}: {what}", self.name())));
        match (self, inputs) {
            (TextFn::Decode(..), [DType::Bytes(_)]) => return Ok(DType::Str),
            (TextFn::Decode(..), [d, ..]) => return wrong(*d, "only bytes are decoded"),
            (_, [DType::Str, ..]) => {}
            (_, [d, ..]) => return wrong(*d, "only text has it"),
            (_, []) => return Err(Error::internal("a function of text without operands")),
        }
        for (k, d) in inputs[1..].iter().enumerate() {
            let fits = match self.argument(k) {
                Argument::Int => *d == DType::I64,
                Argument::Text | Argument::Pattern => *d == DType::Str,
            };
            if !fits {
                return wrong(*d, "an argument has the wrong type");
            }
        }
        Ok(match self {
            TextFn::Op(op, _) => match op.function() {
                Function::Text(_) => DType::Str,
                Function::Bool(_) => DType::Bool,
                Function::Int(_) => DType::I64,
            },
            TextFn::Translate(_) | TextFn::Decode(..) => DType::Str,
            TextFn::Encode(_, _, n) => DType::Bytes(*n),
            TextFn::EncodedLen(..) | TextFn::CountParts(..) => DType::I64,
        })
    }

    /// What the argument of this number is.
    fn argument(&self, k: usize) -> Argument {
        self.arguments().get(k).copied().unwrap_or(Argument::Text)
    }

    /// Applies the function to blocks that repeat up to `shape`.
    ///
    /// # Errors
    /// If a pattern is none, or a value has no meaning.
    pub fn apply(&self, inputs: &[Block], shape: &[usize]) -> Result<Block> {
        let flags = match self {
            TextFn::Op(_, flags) | TextFn::CountParts(_, flags) => *flags,
            _ => Flags::default(),
        };
        let mut rows = Rows::new(|k| self.argument(k), inputs, shape, flags);
        let block = match self {
            TextFn::Op(op, _) => match op.function() {
                Function::Text(f) => rows.map(shape, text(f)),
                Function::Bool(f) => rows.map(shape, |s, args| f(s, args)),
                Function::Int(f) => rows.map(shape, |s, args| f(s, args)),
            },
            TextFn::Translate(table) => rows.map(shape, text(|s, _, out| translate(s, table, out))),
            TextFn::Encode(encoding, on_error, _) => {
                let bytes = |s: &str, _: &Args, out: &mut String| {
                    coding::encode(*encoding, *on_error, s, out)?;
                    // Bytes are kept without NULs at the end, as numpy gives them.
                    out.truncate(out.trim_end_matches('\0').len());
                    Ok(())
                };
                rows.map(shape, text(bytes))
            }
            TextFn::EncodedLen(encoding, on_error) => rows.map(shape, |s, _| {
                let mut bytes = String::new();
                coding::encode(*encoding, *on_error, s, &mut bytes)?;
                Ok(spans::chars(&bytes) as i64)
            }),
            TextFn::Decode(encoding, on_error) => {
                rows.map(shape, text(|s, _, out| coding::decode(*encoding, *on_error, s, out)))
            }
            TextFn::CountParts(op, _) => rows.map(shape, |s, args| Ok(op.parts(s, args)?.len() as i64)),
        };
        block.at(|| format!("`{}` of text", self.name()))
    }
}

fn translate(s: &str, table: &[(char, String)], out: &mut String) -> Result<()> {
    for c in s.chars() {
        match table.iter().find(|(from, _)| *from == c) {
            Some((_, to)) => out.push_str(to),
            None => out.push(c),
        }
    }
    Ok(())
}

/// A function that writes text, as one that gives it; the buffer is used again.
fn text(f: impl Fn(&str, &Args, &mut String) -> Result<()>) -> impl FnMut(&str, &Args) -> Result<Text> {
    let mut buffer = String::new();
    move |s, args| {
        buffer.clear();
        f(s, args, &mut buffer)?;
        Ok(Text::from(&buffer[..]))
    }
}

/// The arguments beside one text.
pub(crate) struct Args<'a> {
    tiles: &'a [Tile<'a>],
    row: usize,
    patterns: &'a Patterns,
}

enum Tile<'a> {
    Text(&'a [Text]),
    Int(&'a [i64]),
}

impl Args<'_> {
    fn len(&self) -> usize {
        self.tiles.len()
    }

    /// The text that is argument `k`.
    fn text(&self, k: usize) -> &str {
        self.handle(k).and_then(Text::as_str).unwrap_or_default()
    }

    fn handle(&self, k: usize) -> Option<&Text> {
        match self.tiles.get(k) {
            Some(Tile::Text(t)) => t.get(self.row),
            _ => None,
        }
    }

    /// The integer that is argument `k`.
    fn int(&self, k: usize) -> i64 {
        match self.tiles.get(k) {
            Some(Tile::Int(t)) => t[self.row],
            _ => NONE,
        }
    }

    /// The regular expression that is argument `k`.
    fn pattern(&self, k: usize) -> Result<std::sync::Arc<Compiled>> {
        match self.handle(k) {
            Some(t) => self.patterns.get(t),
            None => Err(Error::internal("a pattern is missing")),
        }
    }

    /// Whether an argument is a missing text.
    fn any_missing(&self) -> bool {
        self.tiles.iter().any(|t| matches!(t, Tile::Text(t) if t[self.row].is_missing()))
    }
}

enum Feed<'a> {
    Text(BoxFeed<'a, Text>),
    Int(BoxFeed<'a, i64>),
}

/// Texts with their arguments, tile by tile.
struct Rows<'a> {
    texts: BoxFeed<'a, Text>,
    arguments: SmallVec<[Feed<'a>; 4]>,
    patterns: Patterns,
}

impl<'a> Rows<'a> {
    fn new(kind: impl Fn(usize) -> Argument, inputs: &'a [Block], shape: &[usize], flags: Flags) -> Self {
        let argument = |(k, b): (usize, &'a Block)| match kind(k) {
            Argument::Int => Feed::Int(i64::feed(b, shape)),
            Argument::Text | Argument::Pattern => Feed::Text(Text::feed(b, shape)),
        };
        Rows {
            texts: Text::feed(&inputs[0], shape),
            arguments: inputs[1..].iter().enumerate().map(argument).collect(),
            patterns: Patterns::new(flags),
        }
    }

    /// Calls `f` for each text that is there, with the number of its row.
    fn each(&mut self, size: usize, mut f: impl FnMut(usize, &str, &Args) -> Result<()>) -> Result<()> {
        let mut start = 0;
        while start < size {
            let range = start..size.min(start + TILE);
            let texts = self.texts.tile(range.clone());
            let tiles: SmallVec<[Tile<'_>; 4]> = self
                .arguments
                .iter_mut()
                .map(|feed| match feed {
                    Feed::Text(f) => Tile::Text(f.tile(range.clone())),
                    Feed::Int(f) => Tile::Int(f.tile(range.clone())),
                })
                .collect();
            for (row, s) in texts.iter().enumerate() {
                let args = Args { tiles: &tiles, row, patterns: &self.patterns };
                if let Some(s) = s.as_str()
                    && !args.any_missing()
                {
                    f(start + row, s, &args)?;
                }
            }
            start = range.end;
        }
        Ok(())
    }

    /// `f` of each text; what is missing gives the default.
    fn map<R: Element>(
        &mut self,
        shape: &[usize],
        mut f: impl FnMut(&str, &Args) -> Result<R>,
    ) -> Result<Block> {
        let mut out = vec![R::default(); shape.iter().product()];
        self.each(out.len(), |i, s, args| {
            out[i] = f(s, args)?;
            Ok(())
        })?;
        Block::from_vec(shape, out)
    }
}

#[cfg(test)]
mod tests;
