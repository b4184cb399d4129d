//! Case and classes of characters, by the rules of Python's `str`.

use super::unicode::{
    all_decimals, all_letters, all_letters_or_numbers, is_case_ignorable, is_cased, is_digit, is_numeric,
    is_space, is_title, push_folded, push_title,
};

/// Every character by `f`.
fn each(s: &str, out: &mut String, f: fn(char, &mut String)) {
    s.chars().for_each(|c| f(c, out));
}

/// The small letter of the character at byte `at`; a sigma at the end of a word has a form of its own.
fn push_lower(s: &str, at: usize, c: char, out: &mut String) {
    if c != 'Σ' {
        out.extend(c.to_lowercase());
        return;
    }
    let cased = |c: Option<char>| c.is_some_and(is_cased);
    let before = s[..at].chars().rev().find(|c| !is_case_ignorable(*c));
    let after = s[at + c.len_utf8()..].chars().find(|c| !is_case_ignorable(*c));
    out.push(if cased(before) && !cased(after) { 'ς' } else { 'σ' });
}

pub(super) fn lower(s: &str, out: &mut String) {
    s.char_indices().for_each(|(at, c)| push_lower(s, at, c, out));
}

pub(super) fn upper(s: &str, out: &mut String) {
    each(s, out, |c, out| out.extend(c.to_uppercase()));
}

pub(super) fn casefold(s: &str, out: &mut String) {
    each(s, out, push_folded);
}

pub(super) fn capitalize(s: &str, out: &mut String) {
    for (at, c) in s.char_indices() {
        if at == 0 { push_title(c, out) } else { push_lower(s, at, c, out) }
    }
}

pub(super) fn title(s: &str, out: &mut String) {
    let mut inside = false;
    for (at, c) in s.char_indices() {
        if inside {
            push_lower(s, at, c, out)
        } else {
            push_title(c, out)
        }
        inside = is_cased(c);
    }
}

pub(super) fn swapcase(s: &str, out: &mut String) {
    for (at, c) in s.char_indices() {
        if c.is_uppercase() {
            push_lower(s, at, c, out);
        } else if c.is_lowercase() {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
    }
}

/// Whether there are characters and all of them pass.
fn all(s: &str, test: fn(char) -> bool) -> bool {
    !s.is_empty() && s.chars().all(test)
}

pub(super) fn isalpha(s: &str) -> bool {
    if s.is_ascii() { all(s, |c| c.is_ascii_alphabetic()) } else { all_letters(s) }
}

pub(super) fn isalnum(s: &str) -> bool {
    if s.is_ascii() { all(s, |c| c.is_ascii_alphanumeric()) } else { all_letters_or_numbers(s) }
}

pub(super) fn isdecimal(s: &str) -> bool {
    if s.is_ascii() { all(s, |c| c.is_ascii_digit()) } else { all_decimals(s) }
}

pub(super) fn isdigit(s: &str) -> bool {
    all(s, is_digit)
}

pub(super) fn isnumeric(s: &str) -> bool {
    all(s, is_numeric)
}

pub(super) fn isspace(s: &str) -> bool {
    all(s, is_space)
}

pub(super) fn islower(s: &str) -> bool {
    s.chars().any(char::is_lowercase) && !s.chars().any(|c| c.is_uppercase() || is_title(c))
}

pub(super) fn isupper(s: &str) -> bool {
    s.chars().any(char::is_uppercase) && !s.chars().any(|c| c.is_lowercase() || is_title(c))
}

/// Capitals follow what has no case, small letters what has.
pub(super) fn istitle(s: &str) -> bool {
    let (mut inside, mut any) = (false, false);
    for c in s.chars() {
        let capital = c.is_uppercase() || is_title(c);
        if capital == inside && is_cased(c) {
            return false;
        }
        inside = is_cased(c);
        any |= inside;
    }
    any
}
