//! Functions of text beyond the conformance cases: missing text, lazy arrays, errors.

use graticule::dtype::Text;
use graticule::labels::{Pattern, Separator};
use graticule::prelude::*;

fn texts(values: &[Option<&str>]) -> DataArray {
    let values: Vec<Text> = values.iter().map(|t| t.map_or(Text::MISSING, Text::from)).collect();
    DataArray::from_vec(&[("x", values.len())], values).unwrap()
}

/// The same text as an expression: nothing of it is known before a run.
fn lazy(a: &DataArray) -> DataArray {
    a.chunk("x", 1).unwrap().str().unwrap().strip().unwrap()
}

#[test]
fn missing_text_gives_missing_text_false_and_nan() {
    let a = texts(&[Some("ab"), None]);
    let s = a.str().unwrap();
    assert_eq!(s.upper().unwrap().to_vec::<Text>().unwrap(), ["AB".into(), Text::MISSING]);
    assert_eq!(s.contains("a").unwrap().to_vec::<bool>().unwrap(), [true, false]);
    let len = s.len().unwrap().to_vec::<f64>().unwrap();
    assert!(len[0] == 2.0 && len[1].is_nan());
    let parts = s.split("k", "a", None).unwrap();
    assert_eq!(parts.to_vec::<Text>().unwrap()[2..], [Text::MISSING, Text::MISSING]);
    assert_eq!(s.cat([&a], "").unwrap().to_vec::<Text>().unwrap(), ["abab".into(), Text::MISSING]);
}

#[test]
fn numbers_of_missing_text_are_found_out_in_the_run() {
    let a = lazy(&texts(&[Some("ab"), None]));
    let len = a.str().unwrap().len().unwrap();
    assert_eq!(len.dtype(), DType::I64);
    assert!(len.load().unwrap_err().is_unsupported());
    // What was only cut into chunks is in memory still: that it lacks some is known.
    let cut = texts(&[Some("ab"), None]).chunk("x", 1).unwrap();
    let len = cut.str().unwrap().len().unwrap().to_vec::<f64>().unwrap();
    assert!(len[0] == 2.0 && len[1].is_nan());
    let there = lazy(&texts(&[Some("ab"), Some("")]));
    assert_eq!(there.str().unwrap().len().unwrap().to_vec::<i64>().unwrap(), [2, 0]);
}

#[test]
fn lazy_text_stays_lazy_and_gives_the_same() {
    let a = texts(&[Some("a b"), Some("c"), Some("d e f")]);
    let b = lazy(&a);
    for f in [
        |a: &DataArray| a.str()?.split("k", Separator::Whitespace, None),
        |a: &DataArray| a.str()?.get_dummies("k", " "),
        |a: &DataArray| a.str()?.extractall("([a-z])( ?)", "g", "m"),
        |a: &DataArray| a.str()?.replace("[a-c]", "<\\g<0>>"),
        |a: &DataArray| a.str()?.join("x", "-"),
    ] {
        let (whole, chunked) = (f(&a).unwrap(), f(&b).unwrap());
        assert!(chunked.variable().data().as_block().is_none());
        assert!(whole.identical(&chunked).unwrap(), "{whole} {chunked}");
    }
}

#[test]
fn a_mistake_in_a_pattern_is_found_at_once() {
    let a = lazy(&texts(&[Some("a")]));
    let s = a.str().unwrap();
    let e = s.count("(a").unwrap_err().to_string();
    assert!(e.contains("no regular expression") && e.contains("`str.count`"), "{e}");
    assert!(s.replace("a(?=b)", "").unwrap_err().to_string().contains("look-ahead"));
    assert!(s.contains(Pattern::new("(a)")).unwrap_err().to_string().contains("(?:...)"));
    assert!(s.split("x", "-", None).unwrap_err().to_string().contains("`x` already"));
    assert!(s.normalize("NFX").unwrap_err().to_string().contains("NFKD"));
}

#[test]
fn bytes_ask_to_be_decoded() {
    let bytes = texts(&[Some("a")]).astype(DType::Bytes(1)).unwrap();
    assert!(bytes.str().unwrap().upper().unwrap_err().to_string().contains("decode"));
}

#[test]
fn texts_beyond_memory_are_errors() {
    let a = texts(&[Some("a"), Some("é")]);
    let s = a.str().unwrap();
    for n in [i64::MAX, 1 << 40] {
        for made in [s.center(n, "é"), s.ljust(n, " "), s.zfill(n), s.repeat(n)] {
            assert!(made.unwrap_err().to_string().contains("too long"));
        }
    }
    assert_eq!(
        s.repeat(i64::MIN).unwrap().to_vec::<graticule::dtype::Text>().unwrap(),
        ["".into(), "".into()]
    );
}
