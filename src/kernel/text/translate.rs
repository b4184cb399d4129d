//! Python's regular expressions in the spelling of the crate `regex`.

use std::iter::Peekable;
use std::str::Chars;

use super::pattern::Flags;
use crate::error::{Error, Result};

/// The pattern in the other spelling.
///
/// # Errors
/// If it needs what `regex` cannot do, or means something else there.
pub(super) fn to_rust(pattern: &str, flags: Flags) -> Result<String> {
    let mut t = Translator { pattern, flags, rest: pattern.chars().peekable(), out: String::new() };
    t.run()?;
    Ok(t.out)
}

struct Translator<'a> {
    pattern: &'a str,
    flags: Flags,
    rest: Peekable<Chars<'a>>,
    out: String,
}

/// What stands before a character: a repetition cannot follow another one.
#[derive(PartialEq)]
enum Before {
    Atom,
    Repeat,
    LazyRepeat,
}

impl Translator<'_> {
    fn unsupported(&self, what: &str) -> Error {
        Error::unsupported(format!("{what} in the pattern {:?}", self.pattern))
            .help("expressions run in linear time: without look-around, back-references and atomic groups")
    }

    fn invalid(&self, what: &str) -> Error {
        Error::invalid(format!("{:?} is no regular expression: {what}", self.pattern))
    }

    fn run(&mut self) -> Result<()> {
        let mut before = Before::Atom;
        while let Some(c) = self.rest.next() {
            let repeats = match c {
                '*' | '+' | '?' => true,
                '{' => match self.counts() {
                    Some((low, high)) => {
                        self.repetition(&mut before, '{')?;
                        self.out.push_str(&match high {
                            Some(high) => format!("{{{low},{high}}}"),
                            None => format!("{{{low}}}"),
                        });
                        continue;
                    }
                    None => {
                        self.out.push_str("\\{");
                        before = Before::Atom;
                        continue;
                    }
                },
                _ => false,
            };
            if repeats {
                self.repetition(&mut before, c)?;
                self.out.push(c);
                continue;
            }
            before = Before::Atom;
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                // A comment of a verbose pattern may hold anything.
                '#' if self.flags.verbose => {
                    self.out.push('#');
                    for c in self.rest.by_ref() {
                        self.out.push(c);
                        if c == '\n' {
                            break;
                        }
                    }
                }
                c => self.out.push(c),
            }
        }
        Ok(())
    }

    /// Checks that a repetition may stand here.
    fn repetition(&self, before: &mut Before, c: char) -> Result<()> {
        *before = match (&before, c) {
            (Before::Atom, _) => Before::Repeat,
            (Before::Repeat, '?') => Before::LazyRepeat,
            (Before::Repeat, '+') => return Err(self.unsupported("possessive repetition")),
            _ => return Err(self.invalid("a repetition follows a repetition")),
        };
        Ok(())
    }

    /// The bounds of `{m,n}` (without its first brace), taken if they are some; a brace of its own is text.
    fn counts(&mut self) -> Option<(String, Option<String>)> {
        let text: String = self.rest.clone().take_while(|c| *c != '}').collect();
        let closed = self.rest.clone().nth(text.chars().count()) == Some('}');
        let number = |t: &str| t.chars().all(|c| c.is_ascii_digit());
        let (low, high) = match text.split_once(',') {
            Some((low, high)) => (low, Some(high)),
            None => (&text[..], None),
        };
        if !closed || text.is_empty() || !number(low) || !high.is_none_or(number) {
            return None;
        }
        let low = if low.is_empty() { "0" } else { low };
        for _ in 0..=text.chars().count() {
            self.rest.next();
        }
        Some((low.to_string(), high.map(str::to_string)))
    }

    /// An opening parenthesis was taken.
    fn group(&mut self) -> Result<()> {
        let ahead: String = self.rest.clone().take(3).collect();
        let refused = [
            ("?=", "look-ahead"),
            ("?!", "look-ahead"),
            ("?<=", "look-behind"),
            ("?<!", "look-behind"),
            ("?>", "an atomic group"),
            ("?(", "a conditional group"),
            ("?P=", "a back-reference"),
        ];
        if let Some((_, what)) = refused.iter().find(|(start, _)| ahead.starts_with(start)) {
            return Err(self.unsupported(what));
        }
        if ahead.starts_with("?#") {
            // A comment.
            if !self.rest.by_ref().any(|c| c == ')') {
                return Err(self.invalid("a comment does not end"));
            }
            return Ok(());
        }
        self.out.push('(');
        // The `?` of `(?:` is no repetition.
        if ahead.starts_with('?') {
            self.rest.next();
            self.out.push('?');
        }
        Ok(())
    }

    /// A backslash outside of a class was taken.
    fn escape(&mut self) -> Result<()> {
        let Some(c) = self.rest.next() else { return Err(self.invalid("it ends with a backslash")) };
        match c {
            'Z' => self.out.push_str("\\z"),
            '1'..='9' => return Err(self.unsupported("a back-reference")),
            '0' => self.octal(),
            'b' | 'B' if self.flags.ascii => self.out.push_str(&format!("(?-u:\\{c})")),
            'w' | 'd' | 's' | 'W' | 'D' | 'S' => self.named_class(c),
            c => self.plain_escape(c),
        }
        Ok(())
    }

    /// `\0`, `\012`: a character by its number.
    fn octal(&mut self) {
        let mut code = 0;
        for _ in 0..2 {
            match self.rest.peek().and_then(|c| c.to_digit(8)) {
                Some(d) => code = code * 8 + d,
                None => break,
            }
            self.rest.next();
        }
        self.out.push_str(&format!("\\x{{{code:x}}}"));
    }

    /// `\w`, `\d`, `\s` and their opposites, as Python has them.
    fn named_class(&mut self, c: char) {
        let set = match (c.to_ascii_lowercase(), self.flags.ascii) {
            ('w', true) => "0-9A-Za-z_",
            ('d', true) => "0-9",
            (_, true) => " \\t\\n\\r\\x0b\\x0c",
            ('w', false) => "\\p{L}\\p{N}_",
            ('d', false) => "\\p{Nd}",
            (_, false) => "\\s\\x1c-\\x1f",
        };
        let not = if c.is_ascii_uppercase() { "^" } else { "" };
        self.out.push_str(&format!("[{not}{set}]"));
    }

    /// An escape that means the same in both, or a character for itself.
    fn plain_escape(&mut self, c: char) {
        match c {
            // `regex` gives these another meaning, or none.
            '<' | '>' => self.out.push(c),
            c if !c.is_ascii() || c.is_ascii_whitespace() => {
                self.out.push_str(&format!("\\x{{{:x}}}", c as u32));
            }
            c => self.out.extend(['\\', c]),
        }
    }

    /// A class whose bracket was taken.
    fn class(&mut self) -> Result<()> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        // A closing bracket that comes first is a member.
        if self.rest.next_if_eq(&']').is_some() {
            self.out.push_str("\\]");
        }
        let mut after_class = false;
        loop {
            let Some(c) = self.rest.next() else { return Err(self.invalid("a class does not end")) };
            let was_class = std::mem::take(&mut after_class);
            match c {
                ']' => {
                    self.out.push(']');
                    return Ok(());
                }
                '\\' => {
                    let Some(c) = self.rest.next() else {
                        return Err(self.invalid("it ends with a backslash"));
                    };
                    match c {
                        'b' => self.out.push_str("\\x08"),
                        '0' => self.octal(),
                        'w' | 'd' | 's' | 'W' | 'D' | 'S' => {
                            after_class = true;
                            self.named_class(c);
                        }
                        c => self.plain_escape(c),
                    }
                }
                // After `\w` it is no range; twice it would be a difference of sets.
                '-' if was_class || self.rest.peek() == Some(&'-') => self.out.push_str("\\-"),
                '[' | '&' | '~' => self.out.extend(['\\', c]),
                // Verbose patterns leave out white space outside of classes only.
                '#' => self.out.push_str("\\#"),
                c if c.is_whitespace() => self.out.push_str(&format!("\\x{{{:x}}}", c as u32)),
                c => self.out.push(c),
            }
        }
    }
}
