//! Coordinates of intervals: texts as `(0, 5]`, and the index that knows their bounds.

use graticule::dtype::Text;
use graticule::index::{Closed, Index, IntervalIndex};
use graticule::kernel::cast::cast;
use graticule::prelude::*;
use graticule::time::{Calendar, PartialDate, TimeUnit, parse_timedelta_ns};
use serde_json::Value as Json;

use super::compare::wrong;
use super::json::float;
use super::value::Outcome;

/// Bounds are compared so: rounded ones are the same number or far from it.
const RTOL: f64 = 1e-12;

/// Which side is closed, where intervals are expected.
pub fn closed_side(expected: &Json) -> Option<&str> {
    expected["dtype"].as_str()?.strip_prefix("interval[")?.strip_suffix(']')
}

/// A number, or nanoseconds of a time.
#[derive(Debug, PartialEq)]
enum Bound {
    Number(f64),
    Time(i128),
}

/// Lower and upper bound; `None` is missing.
type Pair = Option<(Bound, Bound)>;

fn expected_pairs(expected: &Json) -> Vec<Pair> {
    let bound = |v: &Json| match v.get("ns").and_then(Json::as_i64) {
        Some(ns) => Bound::Time(i128::from(ns)),
        None => Bound::Number(float(v).unwrap_or(f64::NAN)),
    };
    let pairs = expected["data"].as_array().into_iter().flatten();
    pairs.map(|pair| pair.as_array().map(|p| (bound(&p[0]), bound(&p[1])))).collect()
}

fn near(a: &Bound, e: &Bound) -> bool {
    match (a, e) {
        (Bound::Number(a), Bound::Number(e)) => a == e || (a - e).abs() <= RTOL * e.abs(),
        (a, e) => a == e,
    }
}

fn same(actual: &[Pair], expected: &[Pair]) -> Outcome<()> {
    let differ = |(a, e): &(&Pair, &Pair)| match (a, e) {
        (None, None) => false,
        (Some(a), Some(e)) => !near(&a.0, &e.0) || !near(&a.1, &e.1),
        _ => true,
    };
    if actual.len() != expected.len() {
        return wrong(format!("{} intervals, expected {}", actual.len(), expected.len()));
    }
    match actual.iter().zip(expected).find(differ) {
        None => Ok(()),
        Some((a, e)) => wrong(format!("interval {a:?}, expected {e:?}")),
    }
}

/// A bound as it is written in a text.
fn bound(text: &str) -> Option<Bound> {
    if let Ok(number) = text.parse() {
        return Some(Bound::Number(number));
    }
    if let Ok(Some(ns)) = parse_timedelta_ns(text) {
        return Some(Bound::Time(ns));
    }
    let date = PartialDate::parse(text).ok()?;
    let ticks = date.start.to_ticks(Calendar::ProlepticGregorian, TimeUnit::Ns).ok()?;
    Some(Bound::Time(i128::from(ticks)))
}

/// Whether texts name the expected intervals.
pub fn same_intervals(actual: &Block, side: &str, expected: &Json) -> Outcome<()> {
    let (open, close) = match side {
        "right" => ('(', ']'),
        "left" => ('[', ')'),
        "both" => ('[', ']'),
        _ => ('(', ')'),
    };
    let mut pairs = Vec::new();
    for text in actual.to_vec::<Text>()? {
        let Some(text) = text.as_str() else {
            pairs.push(None);
            continue;
        };
        let inner = text.strip_prefix(open).and_then(|t| t.strip_suffix(close));
        let pair = inner.and_then(|t| t.split_once(", ")).and_then(|(l, r)| Some((bound(l)?, bound(r)?)));
        match pair {
            Some(pair) => pairs.push(Some(pair)),
            None => return wrong(format!("{text} is no interval closed {side}")),
        }
    }
    same(&pairs, &expected_pairs(expected))
}

/// Whether an index knows the expected intervals.
pub fn same_index(index: &dyn Index, side: &str, expected: &Json) -> Outcome<()> {
    let Some(index) = IntervalIndex::of(index) else { return wrong("an index that knows no intervals") };
    let closed = match index.closed() {
        Closed::Right => "right",
        Closed::Left => "left",
        Closed::Both => "both",
        Closed::Neither => "neither",
    };
    if closed != side {
        return wrong(format!("intervals closed {closed}, expected {side}"));
    }
    let bounds = |b: &Block| -> Outcome<Vec<Bound>> {
        if let DType::Datetime { unit, .. } | DType::Timedelta { unit } = b.dtype() {
            let ns = |t: i64| Bound::Time(i128::from(t) * i128::from(unit.tick_ns()));
            return Ok(b.to_vec::<i64>()?.into_iter().map(ns).collect());
        }
        Ok(cast(b, DType::F64)?.to_vec::<f64>()?.into_iter().map(Bound::Number).collect())
    };
    let pairs: Vec<Pair> = bounds(index.left())?.into_iter().zip(bounds(index.right())?).map(Some).collect();
    same(&pairs, &expected_pairs(expected))
}
