//! Texts cut into parts, which lie along a new last axis: `split`, `partition`, `extract`, `get_dummies`.

use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};

use super::pattern::Flags;
use super::unicode::is_space;
use super::{Args, Argument, Rows};
use crate::array::Block;
use crate::dtype::{Element, Text};
use crate::error::{Error, Result};

/// How a text falls into parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartsOp {
    /// At a separator, at most so many times; negative: everywhere.
    Split(i64),
    /// The same from the end; missing parts are the first ones.
    Rsplit(i64),
    /// At white space.
    SplitSpace(i64),
    /// At white space from the end; missing parts are the first ones.
    RsplitSpace(i64),
    /// Before, at and after the first separator.
    Partition,
    /// Before, at and after the last separator.
    Rpartition,
    /// The groups of the first match of a pattern.
    Extract,
    /// All matches of a pattern: the group, if it has one, else the whole.
    FindAll,
    /// The groups of all matches of a pattern, match by match.
    ExtractAll,
}

/// The parts of one text.
type Parts<'s> = SmallVec<[&'s str; 8]>;

impl PartsOp {
    /// What it takes beside the text.
    pub fn arguments(self) -> &'static [Argument] {
        match self {
            PartsOp::SplitSpace(_) | PartsOp::RsplitSpace(_) => &[],
            PartsOp::Split(_) | PartsOp::Rsplit(_) | PartsOp::Partition | PartsOp::Rpartition => {
                &[Argument::Text]
            }
            PartsOp::Extract | PartsOp::FindAll | PartsOp::ExtractAll => &[Argument::Pattern],
        }
    }

    /// The name of the method.
    pub fn name(self) -> &'static str {
        match self {
            PartsOp::Split(_) | PartsOp::SplitSpace(_) => "split",
            PartsOp::Rsplit(_) | PartsOp::RsplitSpace(_) => "rsplit",
            PartsOp::Partition => "partition",
            PartsOp::Rpartition => "rpartition",
            PartsOp::Extract => "extract",
            PartsOp::FindAll => "findall",
            PartsOp::ExtractAll => "extractall",
        }
    }

    fn fills_front(self) -> bool {
        matches!(self, PartsOp::Rsplit(_) | PartsOp::RsplitSpace(_))
    }

    pub(super) fn parts<'s>(self, s: &'s str, args: &Args) -> Result<Parts<'s>> {
        Ok(match self {
            PartsOp::Split(max) => {
                let sep = separator(args)?;
                match usize::try_from(max) {
                    Ok(max) => s.splitn(max + 1, sep).collect(),
                    Err(_) => s.split(sep).collect(),
                }
            }
            PartsOp::Rsplit(max) => {
                let sep = separator(args)?;
                let mut parts: Parts<'_> = match usize::try_from(max) {
                    Ok(max) => s.rsplitn(max + 1, sep).collect(),
                    Err(_) => s.rsplit(sep).collect(),
                };
                parts.reverse();
                parts
            }
            PartsOp::SplitSpace(max) => split_space(s, max),
            PartsOp::RsplitSpace(max) => rsplit_space(s, max),
            PartsOp::Partition => {
                let sep = separator(args)?;
                match s.find(sep) {
                    Some(at) => cut(s, at, at + sep.len()),
                    None => smallvec![s, "", ""],
                }
            }
            PartsOp::Rpartition => {
                let sep = separator(args)?;
                match s.rfind(sep) {
                    Some(at) => cut(s, at, at + sep.len()),
                    None => smallvec!["", "", s],
                }
            }
            PartsOp::Extract => args.pattern(0)?.groups_of(s).unwrap_or_default().into(),
            PartsOp::FindAll => {
                let (pattern, mut parts) = (args.pattern(0)?, Parts::new());
                let which = pattern.groups.min(1);
                pattern.each(s, |found| {
                    parts.push(found.get(which).map_or("", |m| m.as_str()));
                    true
                });
                parts
            }
            PartsOp::ExtractAll => {
                let (pattern, mut parts) = (args.pattern(0)?, Parts::new());
                pattern.each(s, |found| {
                    parts.extend(found.iter().skip(1).map(|g| g.map_or("", |g| g.as_str())));
                    true
                });
                parts
            }
        })
    }
}

fn separator<'a>(args: &'a Args) -> Result<&'a str> {
    match args.text(0) {
        "" => Err(Error::invalid("the separator is empty")),
        sep => Ok(sep),
    }
}

fn cut(s: &str, start: usize, end: usize) -> Parts<'_> {
    smallvec![&s[..start], &s[start..end], &s[end..]]
}

/// Words; what is left after `max` cuts keeps its white space at the end.
fn split_space(s: &str, max: i64) -> Parts<'_> {
    let (mut parts, mut rest, mut left) = (Parts::new(), s.trim_start_matches(is_space), max);
    while !rest.is_empty() {
        let end = if left == 0 { None } else { rest.find(is_space) };
        let Some(end) = end else {
            parts.push(rest);
            break;
        };
        parts.push(&rest[..end]);
        rest = rest[end..].trim_start_matches(is_space);
        left -= 1;
    }
    parts
}

/// Words from the end; what is left after `max` cuts keeps its white space at the beginning.
fn rsplit_space(s: &str, max: i64) -> Parts<'_> {
    let (mut parts, mut rest, mut left) = (Parts::new(), s.trim_end_matches(is_space), max);
    while !rest.is_empty() {
        let space = if left == 0 { None } else { rest.char_indices().rev().find(|(_, c)| is_space(*c)) };
        let Some((at, c)) = space else {
            parts.push(rest);
            break;
        };
        parts.push(&rest[at + c.len_utf8()..]);
        rest = rest[..at].trim_end_matches(is_space);
        left -= 1;
    }
    parts.reverse();
    parts
}

/// The parts of each text along a new last axis of length `n`; what a text lacks is empty.
///
/// # Errors
/// If a pattern is none, or a separator is empty.
pub fn expand(op: PartsOp, flags: Flags, n: usize, inputs: &[Block], shape: &[usize]) -> Result<Block> {
    let kind = |k: usize| op.arguments().get(k).copied().unwrap_or(Argument::Text);
    let size: usize = shape.iter().product();
    let mut out = vec![Text::MISSING; size * n];
    let empty = Text::from("");
    Rows::new(kind, inputs, shape, flags).each(size, |i, s, args| {
        let parts = op.parts(s, args)?;
        let row = &mut out[i * n..(i + 1) * n];
        row.fill(empty.clone());
        let first = if op.fills_front() { n.saturating_sub(parts.len()) } else { 0 };
        for (to, part) in row[first..].iter_mut().zip(&parts) {
            *to = Text::from(*part);
        }
        Ok(())
    })?;
    Block::from_vec(&[shape, &[n]].concat(), out)
}

/// Whether each text, cut at a separator, has each of the values as a part: along a new last axis.
///
/// # Errors
/// If a separator is empty.
pub fn dummies(values: &[Text], inputs: &[Block], shape: &[usize]) -> Result<Block> {
    let (size, n) = (shape.iter().product::<usize>(), values.len());
    let mut out = vec![false; size * n];
    Rows::new(|_| Argument::Text, inputs, shape, Flags::default()).each(size, |i, s, args| {
        let parts = PartsOp::Split(-1).parts(s, args)?;
        for (to, value) in out[i * n..(i + 1) * n].iter_mut().zip(values) {
            *to = value.as_str().is_some_and(|v| parts.contains(&v));
        }
        Ok(())
    })?;
    Block::from_vec(&[shape, &[n]].concat(), out)
}

/// Calls `f` for every part but empty ones of the texts, cut at a separator.
///
/// # Errors
/// If a separator is empty.
pub fn each_part(inputs: &[Block], shape: &[usize], mut f: impl FnMut(&str)) -> Result<()> {
    let size = shape.iter().product();
    Rows::new(|_| Argument::Text, inputs, shape, Flags::default()).each(size, |_, s, args| {
        PartsOp::Split(-1).parts(s, args)?.iter().filter(|p| !p.is_empty()).for_each(|p| f(p));
        Ok(())
    })
}

/// The texts along an axis as one, with a separator (of length 1 along it) between them; the axis goes.
///
/// A missing text makes the result missing.
///
/// # Errors
/// If one of the blocks holds no text.
pub fn join(texts: &Block, separators: &Block, axis: usize) -> Result<Block> {
    let n = texts.shape()[axis];
    // Both repeat along axes of length 1.
    let mut shape: Vec<usize> =
        texts.shape().iter().zip(separators.shape()).map(|(t, s)| if *t == 1 { *s } else { *t }).collect();
    shape[axis] = n;
    let texts = texts.broadcast_to(&shape)?;
    shape[axis] = 1;
    let separators = separators.broadcast_to(&shape)?.remove_axis(axis).contiguous();
    // The joined axis comes last, so that the texts of one result lie together.
    let mut order: Vec<usize> = (0..shape.len()).filter(|a| *a != axis).collect();
    order.push(axis);
    let texts = texts.permute(&order).contiguous();
    shape.remove(axis);
    let (texts, separators) = (texts.to_vec::<Text>()?, separators.to_vec::<Text>()?);
    let mut buffer = String::new();
    let mut joined = Vec::with_capacity(separators.len());
    for (i, sep) in separators.iter().enumerate() {
        let parts = &texts[i * n..(i + 1) * n];
        buffer.clear();
        for (k, part) in parts.iter().enumerate() {
            if k > 0 {
                buffer.push_str(sep.as_str().unwrap_or_default());
            }
            buffer.push_str(part.as_str().unwrap_or_default());
        }
        let missing = sep.is_missing() || parts.iter().any(Element::is_missing);
        joined.push(if missing { Text::MISSING } else { Text::from(&buffer[..]) });
    }
    Block::from_vec(&shape, joined)
}
