//! Parts of text by position, padding, stripping, searching. Positions count characters, as in Python;
//! [`NONE`] is a bound that was left out.

use super::Args;
use super::unicode::is_space;
use crate::array::Slice;
use crate::error::{Error, Result};

/// A bound that is left out.
pub const NONE: i64 = i64::MIN;

/// Bytes of the longest text that is made: a width beyond is a mistake, and no memory would hold it.
const LONGEST: usize = 1 << 31;

/// Room in `out` for `n` more characters of so many bytes.
fn reserve(out: &mut String, n: usize, bytes: usize) -> Result<()> {
    let more = n.checked_mul(bytes).filter(|more| *more <= LONGEST);
    more.and_then(|more| out.try_reserve(more).ok()).ok_or_else(|| {
        Error::invalid(format!("a text with {n} times {bytes} bytes more is too long"))
            .help(format!("texts of at most {LONGEST} bytes are made"))
    })
}

/// How many characters a text has.
pub(super) fn chars(s: &str) -> usize {
    if s.is_ascii() { s.len() } else { s.chars().count() }
}

/// The byte at which character number `n` begins.
fn byte_of(s: &str, n: usize) -> usize {
    if s.is_ascii() {
        return n.min(s.len());
    }
    s.char_indices().nth(n).map_or(s.len(), |(at, _)| at)
}

/// A bound from the beginning: negative ones count from the end.
fn clamp(bound: i64, absent: usize, len: usize) -> usize {
    match bound {
        NONE => absent,
        b if b < 0 => len.saturating_sub(b.unsigned_abs() as usize),
        b => (b as usize).min(len),
    }
}

/// Python's `s[start:stop]`.
fn between(s: &str, start: i64, stop: i64) -> &str {
    let len = chars(s);
    let (start, stop) = (clamp(start, 0, len), clamp(stop, len, len));
    if start >= stop {
        return "";
    }
    &s[byte_of(s, start)..byte_of(s, stop)]
}

pub(super) fn get(s: &str, args: &Args, out: &mut String) -> Result<()> {
    let i = args.int(0);
    let stop = if i == -1 { NONE } else { i.saturating_add(1) };
    let found = between(s, i, stop);
    out.push_str(if found.is_empty() { args.text(1) } else { found });
    Ok(())
}

pub(super) fn slice(s: &str, args: &Args, out: &mut String) -> Result<()> {
    let (start, stop) = (args.int(0), args.int(1));
    match args.int(2) {
        NONE | 1 => out.push_str(between(s, start, stop)),
        0 => return Err(Error::invalid("the step of a slice is 0")),
        step => {
            let all: Vec<char> = s.chars().collect();
            let bound = |b: i64| (b != NONE).then_some(b);
            let slice = Slice::python(bound(start), bound(stop), Some(step), all.len());
            out.extend((0..slice.len).map(|i| all[slice.position(i)]));
        }
    }
    Ok(())
}

pub(super) fn slice_replace(s: &str, args: &Args, out: &mut String) -> Result<()> {
    let (start, stop) = (args.int(0), args.int(1));
    let local_stop = if between(s, start, stop).is_empty() { start } else { stop };
    if start != NONE {
        out.push_str(between(s, NONE, start));
    }
    out.push_str(args.text(2));
    if stop != NONE {
        out.push_str(between(s, local_stop, NONE));
    }
    Ok(())
}

/// On which side padding stands.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Left,
    Right,
    Both,
}

pub(super) fn pad(s: &str, args: &Args, side: Side, out: &mut String) -> Result<()> {
    let (width, fill) = (args.int(0), args.text(1));
    let mut filling = fill.chars();
    let (Some(fill), None) = (filling.next(), filling.next()) else {
        return Err(Error::invalid(format!("the text {fill:?} to pad with is not one character")));
    };
    let width = usize::try_from(width).unwrap_or(0);
    let missing = width.saturating_sub(chars(s));
    reserve(out, missing, fill.len_utf8())?;
    let left = match side {
        Side::Left => missing,
        Side::Right => 0,
        // As Python: the odd one goes to the left of an odd width.
        Side::Both => missing / 2 + (missing & width & 1),
    };
    out.extend(std::iter::repeat_n(fill, left));
    out.push_str(s);
    out.extend(std::iter::repeat_n(fill, missing - left));
    Ok(())
}

pub(super) fn strip(s: &str, side: Side, out: &mut String) {
    out.push_str(trim(s, side, is_space));
}

pub(super) fn strip_chars(s: &str, args: &Args, side: Side, out: &mut String) {
    let set = args.text(0);
    out.push_str(trim(s, side, |c| set.contains(c)));
}

fn trim(s: &str, side: Side, test: impl Fn(char) -> bool) -> &str {
    let s = if matches!(side, Side::Left | Side::Both) { s.trim_start_matches(&test) } else { s };
    if matches!(side, Side::Right | Side::Both) { s.trim_end_matches(&test) } else { s }
}

pub(super) fn repeat(s: &str, args: &Args, out: &mut String) -> Result<()> {
    let times = if s.is_empty() { 0 } else { usize::try_from(args.int(0)).unwrap_or(0) };
    reserve(out, times, s.len())?;
    (0..times).for_each(|_| out.push_str(s));
    Ok(())
}

/// The text and its arguments with the last argument between them.
pub(super) fn cat(s: &str, args: &Args, out: &mut String) {
    let sep = args.text(args.len() - 1);
    out.push_str(s);
    for k in 0..args.len() - 1 {
        out.push_str(sep);
        out.push_str(args.text(k));
    }
}

/// The position of the first (or last) occurrence between two positions, or -1.
pub(super) fn find(s: &str, args: &Args, last: bool) -> i64 {
    let (sub, start, stop) = (args.text(0), args.int(1), args.int(2));
    let len = chars(s);
    let (start, stop) =
        (if start > len as i64 { return -1 } else { clamp(start, 0, len) }, clamp(stop, len, len));
    if start > stop {
        return -1;
    }
    let part = &s[byte_of(s, start)..byte_of(s, stop)];
    let found = if last { part.rfind(sub) } else { part.find(sub) };
    found.map_or(-1, |at| (start + chars(&part[..at])) as i64)
}

/// As [`find`], where what is not found is an error.
pub(super) fn index(s: &str, args: &Args, last: bool) -> Result<i64> {
    match find(s, args, last) {
        -1 => Err(Error::invalid(format!("the text {s:?} does not contain {:?}", args.text(0)))
            .help("`find` gives -1 where there is no occurrence")),
        at => Ok(at),
    }
}

/// The first `n` occurrences replaced, all if `n` is negative.
pub(super) fn replace(s: &str, args: &Args, out: &mut String) {
    let (pat, repl, n) = (args.text(0), args.text(1), args.int(2));
    match usize::try_from(n) {
        Ok(n) => out.push_str(&s.replacen(pat, repl, n)),
        Err(_) => out.push_str(&s.replace(pat, repl)),
    }
}
