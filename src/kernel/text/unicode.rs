//! What Python's `str` knows of Unicode and Rust's does not: title case, case folding, digits, numerals.
//!
//! Made from the Unicode 14 tables of Python 3.11 (`str.title`, `str.casefold`, `str.isdigit`,
//! `str.isnumeric`): only what differs from what the standard library and the crate `regex` give.

use std::collections::HashMap;
use std::sync::OnceLock;

use regex::Regex;

/// Characters whose title case is not their upper case, each before its title case.
const TITLE: &str = "ßSs Ǆǅ ǅǅ ǆǅ Ǉǈ ǈǈ ǉǈ Ǌǋ ǋǋ ǌǋ Ǳǲ ǲǲ ǳǲ ևԵւ ᾀᾈ ᾁᾉ ᾂᾊ ᾃᾋ ᾄᾌ ᾅᾍ ᾆᾎ ᾇᾏ ᾈᾈ ᾉᾉ ᾊᾊ ᾋᾋ ᾌᾌ ᾍᾍ ᾎᾎ ᾏᾏ ᾐᾘ \
     ᾑᾙ ᾒᾚ ᾓᾛ ᾔᾜ ᾕᾝ ᾖᾞ ᾗᾟ ᾘᾘ ᾙᾙ ᾚᾚ ᾛᾛ ᾜᾜ ᾝᾝ ᾞᾞ ᾟᾟ ᾠᾨ ᾡᾩ ᾢᾪ ᾣᾫ ᾤᾬ ᾥᾭ ᾦᾮ ᾧᾯ ᾨᾨ ᾩᾩ ᾪᾪ ᾫᾫ ᾬᾬ ᾭᾭ ᾮᾮ ᾯᾯ \
     ᾲᾺ\u{345} ᾳᾼ ᾴΆ\u{345} ᾷΑ\u{342}\u{345} ᾼᾼ ῂῊ\u{345} ῃῌ ῄΉ\u{345} ῇΗ\u{342}\u{345} ῌῌ ῲῺ\u{345} \
     ῳῼ ῴΏ\u{345} ῷΩ\u{342}\u{345} ῼῼ ﬀFf ﬁFi ﬂFl ﬃFfi ﬄFfl ﬅSt ﬆSt ﬓՄն ﬔՄե ﬕՄի ﬖՎն ﬗՄխ";

/// Characters that fold to something else than their lower case, each before what it folds to.
const FOLD: &str = "µμ ßss ŉʼn ſs ǰj\u{30c} \u{345}ι ΐι\u{308}\u{301} ΰυ\u{308}\u{301} ςσ ϐβ ϑθ ϕφ ϖπ ϰκ ϱρ ϵε ևեւ \
     ᲀв ᲁд ᲂо ᲃс ᲄт ᲅт ᲆъ ᲇѣ ᲈꙋ ẖh\u{331} ẗt\u{308} ẘw\u{30a} ẙy\u{30a} ẚaʾ ẛṡ ẞss ὐυ\u{313} \
     ὒυ\u{313}\u{300} ὔυ\u{313}\u{301} ὖυ\u{313}\u{342} ᾀἀι ᾁἁι ᾂἂι ᾃἃι ᾄἄι ᾅἅι ᾆἆι ᾇἇι ᾈἀι ᾉἁι ᾊἂι \
     ᾋἃι ᾌἄι ᾍἅι ᾎἆι ᾏἇι ᾐἠι ᾑἡι ᾒἢι ᾓἣι ᾔἤι ᾕἥι ᾖἦι ᾗἧι ᾘἠι ᾙἡι ᾚἢι ᾛἣι ᾜἤι ᾝἥι ᾞἦι ᾟἧι ᾠὠι ᾡὡι ᾢὢι \
     ᾣὣι ᾤὤι ᾥὥι ᾦὦι ᾧὧι ᾨὠι ᾩὡι ᾪὢι ᾫὣι ᾬὤι ᾭὥι ᾮὦι ᾯὧι ᾲὰι ᾳαι ᾴάι ᾶα\u{342} ᾷα\u{342}ι ᾼαι ιι ῂὴι \
     ῃηι ῄήι ῆη\u{342} ῇη\u{342}ι ῌηι ῒι\u{308}\u{300} ΐι\u{308}\u{301} ῖι\u{342} ῗι\u{308}\u{342} \
     ῢυ\u{308}\u{300} ΰυ\u{308}\u{301} ῤρ\u{313} ῦυ\u{342} ῧυ\u{308}\u{342} ῲὼι ῳωι ῴώι ῶω\u{342} \
     ῷω\u{342}ι ῼωι ﬀff ﬁfi ﬂfl ﬃffi ﬄffl ﬅst ﬆst ﬓմն ﬔմե ﬕմի ﬖվն ﬗմխ";

/// Digits that are no decimal digits (superscripts, circled ones, ...): ranges.
const DIGITS: &[(char, char)] = &[
    ('\u{b2}', '\u{b3}'),
    ('\u{b9}', '\u{b9}'),
    ('\u{1369}', '\u{1371}'),
    ('\u{19da}', '\u{19da}'),
    ('\u{2070}', '\u{2070}'),
    ('\u{2074}', '\u{2079}'),
    ('\u{2080}', '\u{2089}'),
    ('\u{2460}', '\u{2468}'),
    ('\u{2474}', '\u{247c}'),
    ('\u{2488}', '\u{2490}'),
    ('\u{24ea}', '\u{24ea}'),
    ('\u{24f5}', '\u{24fd}'),
    ('\u{24ff}', '\u{24ff}'),
    ('\u{2776}', '\u{277e}'),
    ('\u{2780}', '\u{2788}'),
    ('\u{278a}', '\u{2792}'),
    ('\u{10a40}', '\u{10a43}'),
    ('\u{10e60}', '\u{10e68}'),
    ('\u{11052}', '\u{1105a}'),
    ('\u{1f100}', '\u{1f10a}'),
];

/// Letters that stand for numbers.
const NUMERALS: &str = "㐅㒃㠪㭍一七万三九二五亖亿什仟仨伍佰億兆兩八六十千卄卅卌叁参參叄四壱壹幺廾廿弌弍弎弐拾捌柒漆玖百肆萬貮貳贰阡陆陌陸零參拾兩零六陸什𠀁𠁤𠃢𠄡𠤪𠦃𠦌𠦜𠫪𠫽𠬙𢎐𢦘𣬛𦉭廾";

type Table = HashMap<char, &'static str>;

fn table(cell: &'static OnceLock<Table>, text: &'static str) -> &'static Table {
    cell.get_or_init(|| {
        let entry = |e: &'static str| {
            let key = e.chars().next()?;
            Some((key, &e[key.len_utf8()..]))
        };
        text.split(' ').filter_map(entry).collect()
    })
}

/// Adds the title case of a character.
pub(super) fn push_title(c: char, out: &mut String) {
    static TABLE: OnceLock<Table> = OnceLock::new();
    match c {
        // Georgian has capital letters, but no title case.
        '\u{10d0}'..='\u{10ff}' => out.push(c),
        _ => match table(&TABLE, TITLE).get(&c) {
            Some(title) => out.push_str(title),
            None => out.extend(c.to_uppercase()),
        },
    }
}

/// Adds the folded form of a character, for comparisons that ignore case.
pub(super) fn push_folded(c: char, out: &mut String) {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let moved = |c: char, from: u32, to: u32| char::from_u32(c as u32 - from + to).unwrap_or(c);
    match c {
        // Cherokee folds to its capital letters, which came first.
        '\u{13a0}'..='\u{13f5}' => out.push(c),
        '\u{13f8}'..='\u{13fd}' => out.push(moved(c, 0x13f8, 0x13f0)),
        '\u{ab70}'..='\u{abbf}' => out.push(moved(c, 0xab70, 0x13a0)),
        _ => match table(&TABLE, FOLD).get(&c) {
            Some(folded) => out.push_str(folded),
            None => out.extend(c.to_lowercase()),
        },
    }
}

/// White space as Python has it.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// A letter that is a capital only at the beginning of a word, such as `ǅ`.
pub(super) fn is_title(c: char) -> bool {
    matches!(c,
        '\u{1c5}' | '\u{1c8}' | '\u{1cb}' | '\u{1f2}' | '\u{1f88}'..='\u{1f8f}'
        | '\u{1f98}'..='\u{1f9f}' | '\u{1fa8}'..='\u{1faf}' | '\u{1fbc}' | '\u{1fcc}' | '\u{1ffc}')
}

/// Whether a character is upper, lower or title case.
pub(super) fn is_cased(c: char) -> bool {
    c.is_uppercase() || c.is_lowercase() || is_title(c)
}

macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident $pattern:literal;)*) => {$(
        $(#[$doc])*
        pub(super) fn $name(text: &str) -> bool {
            static CLASS: OnceLock<Regex> = OnceLock::new();
            CLASS.get_or_init(|| Regex::new($pattern).expect("a fixed pattern")).is_match(text)
        }
    )*};
}
classes! {
    /// Letters only, and at least one.
    all_letters r"\A\p{L}+\z";
    /// Letters and numbers only, and at least one.
    all_letters_or_numbers r"\A[\p{L}\p{N}]+\z";
    /// Decimal digits only, and at least one.
    all_decimals r"\A\p{Nd}+\z";
    /// A number.
    is_number r"\A\p{N}\z";
    /// A character that word boundaries of case pass over.
    is_ignorable r"\A\p{CI}\z";
}

/// Whether a test of single characters as text holds.
fn one(test: fn(&str) -> bool, c: char) -> bool {
    test(c.encode_utf8(&mut [0; 4]))
}

/// A decimal digit, a superscript, a circled digit, ...
pub(super) fn is_digit(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_digit();
    }
    DIGITS.iter().any(|(a, b)| (*a..=*b).contains(&c)) || one(all_decimals, c)
}

/// A digit, a fraction, a numeral of any script.
pub(super) fn is_numeric(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_digit();
    }
    one(is_number, c) || NUMERALS.contains(c)
}

/// Whether case passes over the character in looking for the neighbours of a sigma.
pub(super) fn is_case_ignorable(c: char) -> bool {
    one(is_ignorable, c)
}
