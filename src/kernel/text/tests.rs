//! What Python's `str` and `re` give, by function.

use super::*;

fn block(texts: &[&str]) -> Block {
    Block::from_vec(&[texts.len()], texts.iter().map(|t| Text::from(*t)).collect()).unwrap()
}

fn ints(values: &[i64]) -> Block {
    Block::from_vec(&[values.len()], values.to_vec()).unwrap()
}

/// The function of one text with its arguments.
fn of(op: TextOp, flags: Flags, s: &str, args: &[Block]) -> Result<Block> {
    let inputs: Vec<Block> = std::iter::once(block(&[s])).chain(args.iter().cloned()).collect();
    TextFn::Op(op, flags).apply(&inputs, &[1])
}

fn text_of(op: TextOp, s: &str, args: &[Block]) -> String {
    of(op, Flags::default(), s, args).unwrap().to_vec::<Text>().unwrap()[0].to_string()
}

fn bool_of(op: TextOp, s: &str) -> bool {
    of(op, Flags::default(), s, &[]).unwrap().to_vec::<bool>().unwrap()[0]
}

#[test]
fn case_follows_unicode() {
    assert_eq!(text_of(TextOp::Title, "ΑΣ ΒΣΓ they're ǆ ﬁn", &[]), "Ας Βσγ They'Re ǅ Fin");
    assert_eq!(text_of(TextOp::Lower, "ΟΔΥΣΣΕΥΣ. İ", &[]), "οδυσσευς. i\u{307}");
    assert_eq!(text_of(TextOp::CaseFold, "ẞ ς Ꭰ ꭰ ŉ", &[]), "ss σ Ꭰ Ꭰ ʼn");
    assert_eq!(text_of(TextOp::Capitalize, "ßA", &[]), "Ssa");
    assert_eq!(text_of(TextOp::SwapCase, "ßΣ ǅ", &[]), "SSς ǅ");
    assert!(bool_of(TextOp::IsTitle, "Ab Cd1E") && !bool_of(TextOp::IsTitle, "AB"));
    assert!(bool_of(TextOp::IsDigit, "²①") && !bool_of(TextOp::IsDecimal, "²"));
    assert!(bool_of(TextOp::IsNumeric, "½一") && !bool_of(TextOp::IsDigit, "½"));
    assert!(bool_of(TextOp::IsSpace, "\u{1c}\u{2003}") && !bool_of(TextOp::IsSpace, ""));
    assert!(bool_of(TextOp::IsAlpha, "éß") && !bool_of(TextOp::IsAlpha, "e\u{301}"));
}

#[test]
fn replacing_finds_empty_matches_as_python() {
    let replaced = |pat: &str, repl: &str, s: &str, n: i64| {
        text_of(TextOp::Replace, s, &[block(&[pat]), block(&[repl]), ints(&[n])])
    };
    assert_eq!(replaced("x*", "-", "abxd", -1), "-a-b--d-");
    assert_eq!(replaced("x*", "-", "abxd", 2), "-a-bxd");
    assert_eq!(replaced("(?P<a>.)(.)?", r"<\2\g<a>\g<1>>\\", "abc", -1), "<baa><cc>".replace('>', r">\"));
    assert_eq!(replaced("é", "e", "né", 0), "né");
    let bad = of(TextOp::Replace, Flags::default(), "a", &[block(&["a"]), block(&[r"\1"]), ints(&[-1])]);
    assert!(bad.unwrap_err().to_string().contains("no group `1`"));
}

#[test]
fn patterns_are_read_as_python_reads_them() {
    let matches = |pat: &str, flags: Flags, s: &str| {
        of(TextOp::FullMatch, flags, s, &[block(&[pat])]).map(|b| b.to_vec::<bool>().unwrap()[0])
    };
    let plain = Flags::default();
    for (pat, s) in [
        ("[[]a{,2}{x}", "[aa{x}"),
        ("[]a-]+", "]-a"),
        (r"[\w-.]+", "a-."),
        (r"a\Z", "a"),
        ("[a&&b]+", "a&b"),
        (r"\<b\>", "<b>"),
        ("(?#comment)a", "a"),
        ("a{2}", "aa"),
        ("a|ab", "ab"),
        (r"\07", "\u{7}"),
    ] {
        assert!(matches(pat, plain, s).unwrap(), "{pat}");
    }
    let verbose = Flags { verbose: true, ..plain };
    assert!(matches("a [ ] # comment (", verbose, "a ").unwrap());
    assert!(!matches(r"\w", Flags { ascii: true, ..plain }, "é").unwrap());
    assert!(matches("[^\\W]", plain, "é").unwrap());
    for pat in ["(?=a)", "(a)\\1", "(?<!a)b", "a++", "(?>a)", "(?P<n>a)(?P=n)"] {
        assert!(matches(pat, plain, "a").unwrap_err().is_unsupported(), "{pat}");
    }
    for pat in ["(", "[a", "a**", "*"] {
        assert!(!matches(pat, plain, "a").unwrap_err().is_unsupported(), "{pat}");
    }
}

#[test]
fn missing_text_stays_missing() {
    let texts = Block::from_vec(&[2], vec![Text::MISSING, "a".into()]).unwrap();
    let upper = TextFn::op(TextOp::Upper).apply(std::slice::from_ref(&texts), &[2]).unwrap();
    assert_eq!(upper.to_vec::<Text>().unwrap(), [Text::MISSING, "A".into()]);
    let joined = join(&texts, &block(&["-"]), 0).unwrap();
    assert_eq!(joined.to_vec::<Text>().unwrap(), [Text::MISSING]);
    let parts = expand(PartsOp::Split(-1), Flags::default(), 2, &[texts, block(&["-"])], &[2]).unwrap();
    assert_eq!(parts.to_vec::<Text>().unwrap(), [Text::MISSING, Text::MISSING, "a".into(), "".into()]);
}

#[test]
fn lines_wrap_as_in_textwrap() {
    for (width, s, lines) in [
        (10, "Look, goof-ball -- use the -b option!", "Look,\ngoof-ball\n-- use the\n-b option!"),
        (5, "abcdefghijk lm", "abcde\nfghij\nk lm"),
        (6, "one--two three", "one--\ntwo\nthree"),
        (4, "  a\tb  c ", "  a\nb  c"),
        (3, "", ""),
    ] {
        assert_eq!(text_of(TextOp::Wrap, s, &[ints(&[width])]), lines, "{s}");
    }
    assert!(of(TextOp::Wrap, Flags::default(), "a", &[ints(&[0])]).is_err());
}
