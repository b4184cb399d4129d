//! The table of functions: name, arguments, and the function itself.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::spans::{self, Side};
use super::{Args, Argument, case, pattern, wrap};
use crate::error::{Error, Result};

/// A function by what it gives; text is written to the end of a buffer.
pub(super) enum Function {
    Text(fn(&str, &Args, &mut String) -> Result<()>),
    Bool(fn(&str, &Args) -> Result<bool>),
    Int(fn(&str, &Args) -> Result<i64>),
}

macro_rules! functions {
    ($($variant:ident $name:literal [$($argument:ident)*] $kind:ident $f:expr;)*) => {
        /// A function of each text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum TextOp {
            $(#[doc = concat!("xarray's `str.", $name, "`.")] $variant,)*
        }

        impl TextOp {
            /// Every function of the table.
            pub const ALL: &'static [TextOp] = &[$(TextOp::$variant),*];

            /// The name of the method.
            pub fn name(self) -> &'static str {
                match self {
                    $(TextOp::$variant => $name,)*
                }
            }

            /// What it takes beside the text.
            pub fn arguments(self) -> &'static [Argument] {
                match self {
                    $(TextOp::$variant => &[$(Argument::$argument),*],)*
                }
            }

            pub(super) fn function(self) -> Function {
                match self {
                    $(TextOp::$variant => Function::$kind($f),)*
                }
            }
        }
    };
}

/// A function that takes no arguments and cannot fail, as one of the table.
macro_rules! plain {
    ($f:path) => {
        |s, _, out| {
            $f(s, out);
            Ok(())
        }
    };
}

functions! {
    // variant      name             arguments        gives function
    Capitalize      "capitalize"     []               Text  plain!(case::capitalize);
    Lower           "lower"          []               Text  plain!(case::lower);
    Upper           "upper"          []               Text  plain!(case::upper);
    SwapCase        "swapcase"       []               Text  plain!(case::swapcase);
    Title           "title"          []               Text  plain!(case::title);
    CaseFold        "casefold"       []               Text  plain!(case::casefold);
    Normalize       "normalize"      [Text]           Text  normalize;
    IsAlnum         "isalnum"        []               Bool  |s, _| Ok(case::isalnum(s));
    IsAlpha         "isalpha"        []               Bool  |s, _| Ok(case::isalpha(s));
    IsDecimal       "isdecimal"      []               Bool  |s, _| Ok(case::isdecimal(s));
    IsDigit         "isdigit"        []               Bool  |s, _| Ok(case::isdigit(s));
    IsLower         "islower"        []               Bool  |s, _| Ok(case::islower(s));
    IsNumeric       "isnumeric"      []               Bool  |s, _| Ok(case::isnumeric(s));
    IsSpace         "isspace"        []               Bool  |s, _| Ok(case::isspace(s));
    IsTitle         "istitle"        []               Bool  |s, _| Ok(case::istitle(s));
    IsUpper         "isupper"        []               Bool  |s, _| Ok(case::isupper(s));
    Len             "len"            []               Int   |s, _| Ok(spans::chars(s) as i64);
    Get             "get"            [Int Text]       Text  spans::get;
    Slice           "slice"          [Int Int Int]    Text  spans::slice;
    SliceReplace    "slice_replace"  [Int Int Text]   Text  spans::slice_replace;
    Cat             "cat"            [Text]           Text  |s, a, out| { spans::cat(s, a, out); Ok(()) };
    Repeat          "repeat"         [Int]            Text  spans::repeat;
    Rjust           "rjust"          [Int Text]       Text  |s, a, out| spans::pad(s, a, Side::Left, out);
    Ljust           "ljust"          [Int Text]       Text  |s, a, out| spans::pad(s, a, Side::Right, out);
    Center          "center"         [Int Text]       Text  |s, a, out| spans::pad(s, a, Side::Both, out);
    Strip           "strip"          []               Text  |s, _, out| { spans::strip(s, Side::Both, out); Ok(()) };
    Lstrip          "lstrip"         []               Text  |s, _, out| { spans::strip(s, Side::Left, out); Ok(()) };
    Rstrip          "rstrip"         []               Text  |s, _, out| { spans::strip(s, Side::Right, out); Ok(()) };
    StripChars      "strip_chars"    [Text]           Text  |s, a, out| { spans::strip_chars(s, a, Side::Both, out); Ok(()) };
    LstripChars     "lstrip_chars"   [Text]           Text  |s, a, out| { spans::strip_chars(s, a, Side::Left, out); Ok(()) };
    RstripChars     "rstrip_chars"   [Text]           Text  |s, a, out| { spans::strip_chars(s, a, Side::Right, out); Ok(()) };
    Wrap            "wrap"           [Int]            Text  wrap::wrap;
    StartsWith      "startswith"     [Text]           Bool  |s, a| Ok(s.starts_with(a.text(0)));
    EndsWith        "endswith"       [Text]           Bool  |s, a| Ok(s.ends_with(a.text(0)));
    Find            "find"           [Text Int Int]   Int   |s, a| Ok(spans::find(s, a, false));
    Rfind           "rfind"          [Text Int Int]   Int   |s, a| Ok(spans::find(s, a, true));
    Index           "index"          [Text Int Int]   Int   |s, a| spans::index(s, a, false);
    Rindex          "rindex"         [Text Int Int]   Int   |s, a| spans::index(s, a, true);
    ContainsText    "contains"       [Text]           Bool  |s, a| Ok(s.contains(a.text(0)));
    ReplaceText     "replace"        [Text Text Int]  Text  |s, a, out| { spans::replace(s, a, out); Ok(()) };
    Contains        "contains"       [Pattern]        Bool  |s, a| a.pattern(0)?.contains(s);
    Match           "match"          [Pattern]        Bool  |s, a| Ok(a.pattern(0)?.matches_start(s));
    FullMatch       "fullmatch"      [Pattern]        Bool  |s, a| Ok(a.pattern(0)?.matches_whole(s));
    Count           "count"          [Pattern]        Int   |s, a| Ok(a.pattern(0)?.count(s));
    Replace         "replace"        [Pattern Text Int] Text pattern::replace;
    ExtractOne      "extract"        [Pattern]        Text  |s, a, out| a.pattern(0)?.first_group(s, out);
}

fn normalize(s: &str, args: &Args, out: &mut String) -> Result<()> {
    match args.text(0) {
        "NFC" => out.extend(s.nfc()),
        "NFD" => out.extend(s.nfd()),
        "NFKC" => out.extend(s.nfkc()),
        "NFKD" => out.extend(s.nfkd()),
        other => {
            return Err(Error::invalid(format!("no Unicode normal form is called {other:?}"))
                .known(["NFC", "NFD", "NFKC", "NFKD"]));
        }
    }
    Ok(())
}
