//! Regular expressions in Python's spelling, run by the crate `regex`.
//!
//! What `regex` spells differently is translated; what it cannot do (look-around, back-references, atomic
//! groups, possessive repetition) is refused. `$` matches at the very end only, not before a last newline.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use regex::{Captures, Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::Args;
use super::translate::to_rust;
use crate::dtype::Text;
use crate::error::{Error, Result};

/// How a regular expression is read: the flags of Python's `re`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Flags {
    /// The text is no expression, but stands for itself.
    pub literal: bool,
    /// Capitals equal small letters (`re.I`).
    pub ignore_case: bool,
    /// `^` and `$` match at every line (`re.M`).
    pub multi_line: bool,
    /// `.` matches newlines too (`re.S`).
    pub dot_all: bool,
    /// White space and comments do not count (`re.X`).
    pub verbose: bool,
    /// `\w`, `\d`, `\s` and `\b` know ASCII only (`re.A`).
    pub ascii: bool,
}

/// How many groups a pattern has.
///
/// # Errors
/// If it is no regular expression.
pub fn groups(pattern: &str, flags: Flags) -> Result<usize> {
    Ok(compiled(pattern, flags)?.groups)
}

/// A regular expression that is ready to run.
#[derive(Debug)]
pub(super) struct Compiled {
    regex: Regex,
    flags: Flags,
    /// The same between the beginning and the end of the text.
    whole: OnceLock<Regex>,
    pub(super) groups: usize,
}

/// Compiles a pattern, or takes it from those of this thread.
fn compiled(pattern: &str, flags: Flags) -> Result<Arc<Compiled>> {
    /// More patterns than this come from data, and are not kept.
    const KEPT: usize = 256;
    thread_local! {
        static CACHE: RefCell<HashMap<(String, Flags), Arc<Compiled>>> = RefCell::default();
    }
    CACHE.with_borrow_mut(|cache| {
        let key = (pattern.to_string(), flags);
        if let Some(found) = cache.get(&key) {
            return Ok(found.clone());
        }
        let new = Arc::new(compile(pattern, flags)?);
        if cache.len() >= KEPT {
            cache.clear();
        }
        cache.insert(key, new.clone());
        Ok(new)
    })
}

fn compile(pattern: &str, flags: Flags) -> Result<Compiled> {
    let text = if flags.literal { regex::escape(pattern) } else { to_rust(pattern, flags)? };
    let regex = build(&text, flags)
        .map_err(|e| Error::invalid(format!("{pattern:?} is no regular expression")).caused_by(e))?;
    Ok(Compiled { groups: regex.captures_len() - 1, regex, flags, whole: OnceLock::new() })
}

fn build(text: &str, flags: Flags) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text)
        .case_insensitive(flags.ignore_case)
        .multi_line(flags.multi_line)
        .dot_matches_new_line(flags.dot_all)
        .ignore_whitespace(flags.verbose && !flags.literal)
        .build()
}

/// The patterns of one run over texts: the last one is at hand.
pub(super) struct Patterns {
    flags: Flags,
    last: RefCell<Option<(Text, Arc<Compiled>)>>,
}

impl Patterns {
    pub(super) fn new(flags: Flags) -> Self {
        Patterns { flags, last: RefCell::new(None) }
    }

    pub(super) fn get(&self, pattern: &Text) -> Result<Arc<Compiled>> {
        let mut last = self.last.borrow_mut();
        if let Some((text, found)) = &*last
            && text == pattern
        {
            return Ok(found.clone());
        }
        let new = compiled(pattern.as_str().unwrap_or_default(), self.flags)?;
        *last = Some((pattern.clone(), new.clone()));
        Ok(new)
    }
}

impl Compiled {
    /// Whether there is a match, of a pattern without groups (that seem to ask for more).
    pub(super) fn contains(&self, s: &str) -> Result<bool> {
        match self.groups {
            0 => Ok(self.regex.is_match(s)),
            _ => Err(Error::invalid("the pattern has groups").help("`(?:...)` groups without one")),
        }
    }

    /// Whether a match begins with the text.
    pub(super) fn matches_start(&self, s: &str) -> bool {
        // The first match is the leftmost one.
        self.regex.find(s).is_some_and(|m| m.start() == 0)
    }

    /// Whether a match is the whole text.
    pub(super) fn matches_whole(&self, s: &str) -> bool {
        let whole = self.whole.get_or_init(|| {
            // A newline, so that a comment of a verbose pattern ends.
            let end = if self.flags.verbose { "\n" } else { "" };
            build(&format!(r"\A(?:{}{end})\z", self.regex.as_str()), self.flags)
                .expect("the pattern without its frame was built")
        });
        whole.is_match(s)
    }

    /// Calls `f` for every match as Python finds them, until it gives false: an empty match may stand
    /// right after another one.
    pub(super) fn each<'s>(&self, s: &'s str, mut f: impl FnMut(Captures<'s>) -> bool) {
        let mut at = 0;
        while at <= s.len() {
            let Some(found) = self.regex.captures_at(s, at) else { return };
            let m = found.get_match();
            at = after(s, m.start(), m.end());
            if !f(found) {
                return;
            }
        }
    }

    pub(super) fn count(&self, s: &str) -> i64 {
        let (mut at, mut n) = (0, 0);
        while at <= s.len() {
            let Some(m) = self.regex.find_at(s, at) else { break };
            at = after(s, m.start(), m.end());
            n += 1;
        }
        n
    }

    /// The groups of the first match; those that took no part are empty. Nothing without a match.
    pub(super) fn groups_of<'s>(&self, s: &'s str) -> Option<Vec<&'s str>> {
        let found = self.regex.captures(s)?;
        Some(found.iter().skip(1).map(|g| g.map_or("", |g| g.as_str())).collect())
    }

    pub(super) fn first_group(&self, s: &str, out: &mut String) -> Result<()> {
        if let Some(group) = self.regex.captures(s).and_then(|found| found.get(1)) {
            out.push_str(group.as_str());
        }
        Ok(())
    }
}

/// Where the search goes on: after an empty match one character on, and beyond the end at the end.
fn after(s: &str, start: usize, end: usize) -> usize {
    if start < end {
        return end;
    }
    end + s[end..].chars().next().map_or(1, char::len_utf8)
}

/// The first `n` matches replaced, all if `n` is negative.
pub(super) fn replace(s: &str, args: &Args, out: &mut String) -> Result<()> {
    let (pattern, template, n) = (args.pattern(0)?, args.text(1), args.int(2));
    let (mut last, mut left) = (0, usize::try_from(n).unwrap_or(usize::MAX));
    let mut result = Ok(());
    if left > 0 {
        pattern.each(s, |found| {
            let m = found.get_match();
            out.push_str(&s[last..m.start()]);
            last = m.end();
            left -= 1;
            result = pattern.expand(template, &found, out);
            left > 0 && result.is_ok()
        });
    }
    out.push_str(&s[last..]);
    result
}

impl Compiled {
    /// Writes a replacement: `\1`, `\g<1>` and `\g<name>` are groups, `\n` and the like characters.
    fn expand(&self, template: &str, found: &Captures<'_>, out: &mut String) -> Result<()> {
        let mut rest = template;
        while let Some(at) = rest.find('\\') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let Some(c) = rest.chars().next() else {
                return Err(Error::invalid(format!("the replacement {template:?} ends with a backslash")));
            };
            if c.is_ascii_digit() && c != '0' {
                let two = rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
                let name = &rest[..1 + usize::from(two)];
                self.push_group(name, template, found, out)?;
                rest = &rest[name.len()..];
                continue;
            }
            rest = &rest[c.len_utf8()..];
            match c {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'a' => out.push('\u{7}'),
                'f' => out.push('\u{c}'),
                'v' => out.push('\u{b}'),
                'b' => out.push('\u{8}'),
                '\\' => out.push('\\'),
                '0' => out.push('\0'),
                'g' => {
                    let name = rest.strip_prefix('<').and_then(|r| r.split_once('>')).map(|(name, _)| name);
                    let Some(name) = name else {
                        return Err(Error::invalid(format!(
                            "`\\g` without `<name>` in the replacement {template:?}"
                        )));
                    };
                    self.push_group(name, template, found, out)?;
                    rest = &rest[name.len() + 2..];
                }
                c if c.is_ascii_alphabetic() => {
                    return Err(Error::invalid(format!(
                        "`\\{c}` has no meaning in the replacement {template:?}"
                    ))
                    .help("a backslash itself is written as two"));
                }
                c => out.extend(['\\', c]),
            }
        }
        out.push_str(rest);
        Ok(())
    }

    /// Writes the group of a number or name; one that took no part is empty.
    fn push_group(&self, name: &str, template: &str, found: &Captures<'_>, out: &mut String) -> Result<()> {
        let number = name.parse::<usize>().ok();
        let exists = match number {
            Some(n) => n <= self.groups,
            None => self.regex.capture_names().any(|n| n == Some(name)),
        };
        if !exists {
            return Err(Error::invalid(format!("the pattern has no group `{name}`"))
                .at(format!("the replacement {template:?}")));
        }
        let part = number.map_or_else(|| found.name(name), |n| found.get(n));
        out.push_str(part.map_or("", |m| m.as_str()));
        Ok(())
    }
}
