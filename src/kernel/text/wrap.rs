//! Lines of limited width, by the rules of Python's `textwrap.wrap` with its defaults.

use super::spans::chars;
use super::{Args, NONE};
use crate::error::{Error, Result};

const TAB: usize = 8;

fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

pub(super) fn wrap(s: &str, args: &Args, out: &mut String) -> Result<()> {
    let width = match args.int(0) {
        w if w > 0 => w as usize,
        NONE => 70,
        w => return Err(Error::invalid(format!("lines of width {w}")).help("the width must be positive")),
    };
    let text = blanks(s);
    let mut pieces: Vec<String> = pieces(&text.chars().collect::<Vec<_>>());
    pieces.reverse();
    let mut first = true;
    while !pieces.is_empty() {
        // White space at the beginning of a line goes, but for the first one.
        if !first && pieces.last().is_some_and(|p| p.trim().is_empty()) {
            pieces.pop();
        }
        let mut line: Vec<String> = Vec::new();
        let mut len = 0;
        while let Some(piece) = pieces.pop_if(|p| len + chars(p) <= width) {
            len += chars(&piece);
            line.push(piece);
        }
        if let Some(piece) = pieces.last_mut().filter(|p| chars(p) > width) {
            // A piece longer than a line is broken, at a hyphen if there is one.
            let room = width - len;
            let all: Vec<char> = piece.chars().collect();
            let hyphen = all[..room.min(all.len())].iter().rposition(|c| *c == '-').filter(|h| *h > 0);
            let end = match hyphen {
                Some(h) if all.len() > room && all[..h].iter().any(|c| *c != '-') => h + 1,
                _ => room,
            };
            line.push(all[..end].iter().collect());
            *piece = all[end..].iter().collect();
        }
        if line.last().is_some_and(|p| p.trim().is_empty()) {
            line.pop();
        }
        if !line.is_empty() {
            if !first {
                out.push('\n');
            }
            line.iter().for_each(|p| out.push_str(p));
            first = false;
        }
    }
    Ok(())
}

/// The text with tabs as blanks up to the next stop, and every other white space as one blank.
fn blanks(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    let mut column = 0;
    for c in s.chars() {
        match c {
            '\t' => {
                let n = TAB - column % TAB;
                out.extend(std::iter::repeat_n(' ', n));
                column += n;
            }
            c if is_blank(c) => {
                out.push(' ');
                column = if matches!(c, '\n' | '\r') { 0 } else { column + 1 };
            }
            c => {
                out.push(c);
                column += 1;
            }
        }
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A letter of a word that may be cut after a hyphen.
fn is_letter(c: Option<&char>) -> bool {
    c.is_some_and(|c| is_word(*c) && !c.is_numeric())
}

/// A word character or punctuation that belongs to a word.
fn is_word_or_punctuation(c: Option<&char>) -> bool {
    c.is_some_and(|c| is_word(*c) || "!\"'&.,?".contains(*c))
}

/// White space, words, parts of hyphenated words, and dashes, in order.
fn pieces(s: &[char]) -> Vec<String> {
    let mut out = Vec::new();
    let mut start = 0;
    while start < s.len() {
        let end = piece_end(s, start);
        out.push(s[start..end].iter().collect());
        start = end;
    }
    out
}

/// Where the piece ends that begins at `start`.
fn piece_end(s: &[char], start: usize) -> usize {
    let run = |from: usize, test: &dyn Fn(char) -> bool| {
        s[from..].iter().position(|c| !test(*c)).map_or(s.len(), |n| from + n)
    };
    if is_blank(s[start]) {
        return run(start, &is_blank);
    }
    // A dash of several hyphens between words.
    let dash = |at: usize| {
        let end = run(at, &|c| c == '-');
        let after_word = at > 0 && is_word_or_punctuation(s.get(at - 1));
        (after_word && end - at >= 2 && s.get(end).is_some_and(|c| is_word(*c))).then_some(end)
    };
    if let Some(end) = dash(start) {
        return end;
    }
    for end in start + 1..=s.len() {
        // After the hyphen of a hyphenated word: two letters (or a letter and hyphen before) on both sides.
        let hyphen = end < s.len() && s[end - 1] == '-' && end - 1 > start;
        let back = |n: usize| end.checked_sub(n).and_then(|i| s.get(i));
        let before = is_letter(back(2)) && is_letter(back(3))
            || is_letter(back(2)) && back(3) == Some(&'-') && is_letter(back(4));
        let next = match s.get(end + 1) {
            Some('-') => is_letter(s.get(end + 2)),
            other => is_letter(other),
        };
        if hyphen && before && is_letter(s.get(end)) && next {
            return end;
        }
        if end == s.len() || is_blank(s[end]) || dash(end).is_some() {
            return end;
        }
    }
    s.len()
}
