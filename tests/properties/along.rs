//! What works along a dimension, for random data, chunks and arguments: in chunks as in memory, and on
//! any number of threads as on one.

use graticule::Result;
use graticule::kernel::order::Method as QuantileMethod;
use graticule::labels::{
    DiffLabel, DifferentiateOptions, FillValue, IdxOptions, InterpMethod, InterpolateNa, Outside, PadMode,
    PadValues, Places, QuantileOptions, RankOptions, ReflectType, StatLength,
};
use graticule::prelude::*;
use proptest::prelude::*;
use proptest::sample::select;

use crate::check::{Check, close, same, scale};
use crate::config;
use crate::reductions::agree_in_magnitude;
use crate::runs::any_way_the_same;
use crate::samples::{Sample, dtypes, labelled, numbers, pair, times};
use crate::selection::Pick;

/// A verb with a dimension and a small number.
pub type Verb = fn(&DataArray, &str, i64) -> Result<DataArray>;

/// The array with a coordinate `at` of uneven steps along a dimension.
fn placed(a: &DataArray, dim: &str) -> Result<DataArray> {
    let n = a.sizes()[dim];
    let places: Vec<f64> = (0..n).map(|i| i as f64 + 0.25 * (i % 3) as f64).collect();
    a.assign_coords([("at", Variable::from_vec(&[(dim, n)], places)?)])
}

/// A side's number of places.
fn width(n: i64) -> usize {
    n.unsigned_abs() as usize
}

fn limit(n: i64) -> Option<usize> {
    (n > 0).then(|| width(n))
}

/// Pads both sides, by other widths.
fn pad(a: &DataArray, dim: &str, n: i64, mode: PadMode) -> Result<DataArray> {
    a.pad(&[(dim, (width(n), width(n - 3)))], mode)
}

/// Verbs that change no bit for chunks.
pub const EXACT: &[(&str, Verb)] = &[
    ("cumsum", |a, d, _| a.cumsum(d)),
    ("strict cumsum of all", |a, _, _| a.cumsum_with(.., ReduceOptions::new().skipna(false))),
    ("diff", |a, d, n| a.diff_with(d, width(n) % 4, if n < 0 { DiffLabel::Lower } else { DiffLabel::Upper })),
    ("shift", |a, d, n| a.shift(d, n)),
    ("shift with 0", |a, d, n| a.shift_with(&[(d, n)], FillValue::from(0))),
    ("roll", |a, d, n| a.roll_with(&[(d, n)], n % 2 == 0)),
    ("ffill", |a, d, n| a.ffill(d, limit(n))),
    ("bfill", |a, d, n| a.bfill(d, limit(n))),
    ("interpolate_na", |a, d, n| {
        let options = InterpolateNa::new().places(Places::Positions).limit(limit(n));
        a.interpolate_na_with(d, &options.outside(Outside::Extrapolate))
    }),
    ("interpolate_na nearest", |a, d, n| {
        let options = InterpolateNa::new().places(Places::Positions).limit(limit(n));
        a.interpolate_na_with(d, &options.method(InterpMethod::Nearest))
    }),
    ("sortby labels", |a, d, n| a.sortby_with(d, n > 0)),
    ("sortby elements", |a, d, n| {
        let others = a.dims().iter().filter(|o| &***o != d);
        let key = others.fold(Isel::new(), |isel, o| isel.at(&**o, 0));
        a.sortby_with(&a.isel_with(key)?.drop_vars(..)?, n > 0)
    }),
    ("rank", |a, d, n| a.rank_with(d, RankOptions::new().pct(n > 0))),
    ("argsort", |a, d, _| a.argsort(d)),
    ("quantile", |a, d, n| a.quantile(width(n) as f64 / 8.0, d)),
    ("quantiles", |a, d, n| {
        let options = QuantileOptions::new().method(QuantileMethod::Hazen).skipna(n > 0);
        a.quantile_with([0.0, 0.3, 1.0], d, options)
    }),
    ("median of all", |a, _, _| a.median(..)),
    ("idxmin", |a, d, _| a.idxmin(d)),
    ("idxmax", |a, d, n| a.idxmax_with(d, IdxOptions::new().skipna(n > 0))),
    ("differentiate", |a, d, n| {
        placed(a, d)?.differentiate_with("at", &DifferentiateOptions::new().edge_order(1 + width(n) % 2))
    }),
    ("assign one place", |a, d, n| a.assign_isel(Isel::new().at(d, n), 1)),
    ("assign a slice", |a, d, n| {
        a.assign_isel(Isel::new().at(d, slice(Some(n), None, Some(2))), a.isel(d, 0)?)
    }),
    ("assign a list", |a, d, n| a.assign_isel(Isel::new().at(d, [n, 0, n]), 0)),
    ("pad by nothing", |a, d, n| pad(a, d, n, PadMode::default())),
    ("pad by constants", |a, d, n| pad(a, d, n, PadMode::Constant(PadValues::from((1, 2))))),
    ("pad by edges", |a, d, n| pad(a, d, n, PadMode::Edge)),
    ("pad by ramps", |a, d, n| pad(a, d, n, PadMode::LinearRamp(PadValues::from((5, -2))))),
    ("pad by the greatest", |a, d, n| pad(a, d, n, PadMode::Maximum(StatLength::All))),
    ("pad by the least", |a, d, n| pad(a, d, n, PadMode::Minimum(StatLength::Sides(1, width(n))))),
    ("pad by medians", |a, d, n| pad(a, d, n, PadMode::Median(StatLength::Sides(2, 3)))),
    ("pad by reflections", |a, d, n| pad(a, d, n, PadMode::Reflect(ReflectType::Even))),
    ("pad by odd reflections", |a, d, n| pad(a, d, n, PadMode::Reflect(ReflectType::Odd))),
    ("pad symmetric", |a, d, n| pad(a, d, n, PadMode::Symmetric(ReflectType::Even))),
    ("pad symmetric and odd", |a, d, n| pad(a, d, n, PadMode::Symmetric(ReflectType::Odd))),
    ("pad by the other side", |a, d, n| pad(a, d, n, PadMode::Wrap)),
];

/// Verbs whose sums round by chunks.
pub const ROUNDED: &[(&str, Verb)] = &[
    ("integrate", |a, d, _| placed(a, d)?.integrate("at")),
    ("cumulative_integrate", |a, d, _| placed(a, d)?.cumulative_integrate("at")),
    ("pad by means", |a, d, n| pad(a, d, n, PadMode::Mean(StatLength::All))),
    ("fit of a line", |a, d, _| {
        placed(a, d)?.polyfit("at", width(1).min(a.sizes()[d].saturating_sub(1)))?.get("polyfit_coefficients")
    }),
];

/// Texts with none missing: whether numbers and bools can be missing must be known before chunks are.
fn present(a: &DataArray) -> Result<DataArray> {
    if a.dtype() == DType::Str { a.fillna("none") } else { Ok(a.clone()) }
}

/// Verbs of texts.
pub const TEXTS: &[(&str, Verb)] = &[
    ("upper", |a, _, _| a.str()?.upper()),
    ("len", |a, _, _| present(a)?.str()?.len()),
    ("contains", |a, _, _| present(a)?.str()?.contains("b")),
    ("replace", |a, _, n| a.str()?.replace("[ab]", "x".repeat(width(n)).as_str())),
    ("slice", |a, _, n| a.str()?.slice(graticule::labels::TextSlice::new().start(n))),
    ("get", |a, _, n| a.str()?.get_or(n, "none")),
    ("center", |a, _, n| a.str()?.center(n, "*")),
    ("repeat", |a, _, n| a.str()?.repeat(n)),
    ("find", |a, _, n| present(a)?.str()?.find("b", graticule::labels::TextSlice::new().start(n))),
    ("join", |a, d, _| a.str()?.join(d, "-")),
    ("partition", |a, _, _| a.str()?.partition("part", "b")),
    ("get_dummies", |a, _, _| present(a)?.str()?.get_dummies("part", "b")),
    ("findall", |a, _, _| present(a)?.str()?.findall("[ab]", "part")),
];

fn with_dim(dtypes: impl Strategy<Value = DType>) -> impl Strategy<Value = (Sample, String, i64)> {
    labelled(dtypes, 1).prop_flat_map(|s| {
        let dim = select(s.dims());
        (Just(s), dim, -7..8i64)
    })
}

/// The results in memory and in chunks; where a value is the mistake, only the run can tell.
fn both(s: &Sample, f: impl Fn(&DataArray) -> Result<DataArray>) -> [Result<DataArray>; 2] {
    [&s.whole, &s.chunked].map(|a| f(a).and_then(|r| r.compute()))
}

proptest! {
    #![proptest_config(config(1024))]

    #[test]
    fn without_rounding((s, dim, n) in with_dim(dtypes()), (name, verb) in select(EXACT)) {
        let [whole, parts] = both(&s, |a| verb(a, &dim, n));
        let result = same(whole, parts);
        prop_assert!(result.is_ok(), "{}({}, {}): {:?}", name, dim, n, result);
    }

    #[test]
    fn of_texts((s, dim, n) in with_dim(select(vec![DType::Str, DType::Bytes(3)])), (name, verb) in select(TEXTS)) {
        let [whole, parts] = both(&s, |a| verb(a, &dim, n));
        let result = same(whole, parts);
        prop_assert!(result.is_ok(), "{}({}, {}): {:?}", name, dim, n, result);
    }

    #[test]
    fn but_for_rounding((s, dim, n) in with_dim(prop_oneof![3 => numbers(), 1 => times()]), (name, verb) in select(ROUNDED)) {
        let [whole, parts] = both(&s, |a| verb(a, &dim, n));
        let result = close(whole, parts, 256.0 * scale(&s.whole)?);
        prop_assert!(result.is_ok(), "{}({}, {}): {:?}", name, dim, n, result);
    }

    #[test]
    fn running_products((s, dim, _) in with_dim(numbers())) {
        let [whole, parts] = both(&s, |a| a.cumprod(&*dim));
        match s.dtype().is_float() || s.dtype().is_complex() {
            true => agree_in_magnitude(whole, parts)?,
            false => same(whole, parts)?,
        }
    }

    #[test]
    fn products_of_two((a, b) in pair(numbers(), numbers()), all in any::<bool>()) {
        let dot = |x: &DataArray, y: &DataArray| match all {
            true => x.dot(y, ..),
            false => x.dot(y, ()),
        };
        let (whole, parts) = (dot(&a.whole, &b.whole), dot(&a.chunked, &b.chunked));
        products_agree(&a, &b, whole, parts)?;
    }

    #[test]
    fn values_at_positions((s, picks) in labelled(dtypes(), 1).prop_flat_map(Pick::several)) {
        let set = |a: &DataArray| {
            let isel = Pick::isel(&picks);
            let there = a.isel_with(isel.clone())?.drop_vars(..)?;
            // What stands there in another order, from the array itself.
            let value = there.dims().first().cloned().map_or(Ok(there.clone()), |d| there.roll(&d, 1))?;
            a.assign_isel(isel, value)
        };
        same(set(&s.whole), set(&s.chunked))?;
    }
}

fn products_agree(a: &Sample, b: &Sample, whole: Result<DataArray>, parts: Result<DataArray>) -> Check {
    let floats = |s: &Sample| s.dtype().is_float() || s.dtype().is_complex();
    if !floats(a) && !floats(b) {
        return same(whole, parts);
    }
    close(whole, parts, 256.0 * scale(&a.whole)? * scale(&b.whole)?)
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn threads_change_no_bit((s, dim, n) in with_dim(dtypes()), at in any::<proptest::sample::Index>()) {
        let verbs: Vec<_> = EXACT.iter().chain(ROUNDED).chain(TEXTS).collect();
        let texts = s.dtype().is_text();
        let verbs: Vec<_> = if texts { verbs } else { verbs[..EXACT.len() + ROUNDED.len()].to_vec() };
        let (name, verb) = verbs[at.index(verbs.len())];
        if let Ok(result) = verb(&s.chunked, &dim, n) {
            let result = any_way_the_same(&[result]);
            prop_assert!(result.is_ok(), "{}({}, {}): {:?}", name, dim, n, result);
        }
    }

    #[test]
    fn threads_change_no_product((a, b) in pair(numbers(), numbers())) {
        if let Ok(product) = a.chunked.dot(&b.chunked, ()) {
            any_way_the_same(&[product])?;
        }
    }
}
