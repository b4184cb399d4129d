//! What is taken over dimensions and groups: chunks change no bit of what needs no rounding, and of
//! sums no more than the rounding.

use graticule::Result;
use graticule::prelude::*;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::check::{Check, close, same, scale};
use crate::config;
use crate::samples::{Sample, dtypes, labelled};

const OPS: [ReduceOp; 15] = [
    ReduceOp::Sum,
    ReduceOp::Prod,
    ReduceOp::Mean,
    ReduceOp::Var,
    ReduceOp::Std,
    ReduceOp::Min,
    ReduceOp::Max,
    ReduceOp::Count,
    ReduceOp::Any,
    ReduceOp::All,
    ReduceOp::First,
    ReduceOp::Last,
    ReduceOp::Median,
    ReduceOp::ArgMin,
    ReduceOp::ArgMax,
];

fn options() -> impl Strategy<Value = ReduceOptions> {
    let choice = proptest::option::of(any::<bool>());
    (choice, select(vec![0.0, 1.0]), proptest::option::of(0..4usize), any::<bool>()).prop_map(
        |(skipna, ddof, min_count, keepdims)| {
            ReduceOptions::new().skipna(skipna).ddof(ddof).min_count(min_count).keepdims(keepdims)
        },
    )
}

/// Whether the result is the same in any order of the elements.
fn is_exact(op: ReduceOp, dtype: DType) -> bool {
    use ReduceOp as R;
    match op {
        R::Sum | R::Prod => !(dtype.is_float() || dtype.is_complex()),
        R::Mean | R::Var | R::Std => dtype.is_text(),
        _ => true,
    }
}

/// The results of an array in memory and in chunks.
fn agree(op: ReduceOp, s: &Sample, reduce: impl Fn(&DataArray) -> Result<DataArray>) -> Check {
    let (a, b) = (reduce(&s.whole), reduce(&s.chunked));
    if is_exact(op, s.dtype()) && !makes_floats(op, &a, s) {
        return same(a, b);
    }
    let (m, n) = (scale(&s.whole)?, s.whole.variable().size() as f64);
    let magnitude = match op {
        ReduceOp::Var => m * m * n,
        // The root of a variance that is nothing but rounding.
        ReduceOp::Std => m * n / f64::EPSILON.sqrt(),
        // Of products only those count that a float can hold.
        ReduceOp::Prod => return agree_in_magnitude(a, b),
        _ => m * n,
    };
    close(a, b, 4.0 * magnitude)
}

/// Whether integers are summed as floats, to hold missing results.
fn makes_floats(op: ReduceOp, result: &Result<DataArray>, s: &Sample) -> bool {
    matches!(op, ReduceOp::Sum | ReduceOp::Prod)
        && result.as_ref().is_ok_and(|r| r.dtype().is_float())
        && !s.dtype().is_float()
}

/// Products: equal but for rounding where both are finite and not 0.
pub fn agree_in_magnitude(a: Result<DataArray>, b: Result<DataArray>) -> Check {
    let logs = |r: Result<DataArray>| r.and_then(|r| r.abs()?.log()?.astype(DType::F32));
    match (logs(a), logs(b)) {
        (Ok(a), Ok(b)) => {
            let (a, b) = (a.to_vec::<f32>()?, b.to_vec::<f32>()?);
            for (a, b) in a.into_iter().zip(b).filter(|(a, b)| a.is_finite() && b.is_finite()) {
                prop_assert!((a - b).abs() <= 1e-4 * a.abs().max(1.0), "{} / {}", a, b);
            }
            Ok(())
        }
        (a, b) => same(a, b),
    }
}

/// A sample and at least so many of its dimensions.
fn with_dims(least: usize) -> impl Strategy<Value = (Sample, Vec<String>)> {
    labelled(dtypes(), 1).prop_flat_map(move |s| {
        let dims = subsequence(s.dims(), least..=s.dims().len());
        (Just(s), dims)
    })
}

/// A sample, a dimension of it, and a group for each position.
fn with_groups() -> impl Strategy<Value = (Sample, DataArray)> {
    labelled(dtypes(), 1).prop_flat_map(|s| {
        let dim = select(s.dims());
        (Just(s), dim).prop_flat_map(|(s, dim)| {
            let n = s.len_of(&dim);
            let codes = proptest::collection::vec(select(vec![0.0, 1.0, 2.0, f64::NAN]), n);
            (Just(s), codes).prop_map(move |(s, codes)| {
                let key = Variable::from_vec(&[(&dim, n)], codes).expect("one for each position");
                let coords = s.whole.coords().index(&dim).is_some().then(|| s.whole.coords().get(&dim));
                let mut all = Coords::new();
                if let Some(labels) = coords.flatten() {
                    all.insert(&*dim, labels.clone()).expect("labels of a sample");
                }
                (s, DataArray::new(key, all).expect("they fit").with_name("key"))
            })
        })
    })
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn over_dimensions((s, dims) in with_dims(0), op in select(&OPS[..]), options in options()) {
        agree(op, &s, |a| a.reduce_with(op, &dims, options))?;
    }

    #[test]
    fn over_all(s in labelled(dtypes(), 0), op in select(&OPS[..]), options in options()) {
        agree(op, &s, |a| a.reduce_with(op, .., options))?;
    }

    #[test]
    fn by_group((s, key) in with_groups(), op in select(&OPS[..]), options in options()) {
        agree(op, &s, |a| a.groupby(&key)?.reduce_with(op, (), options))?;
    }

    #[test]
    fn positions_of_extremes((s, dims) in with_dims(1), least in any::<bool>()) {
        let op = if least { ReduceOp::ArgMin } else { ReduceOp::ArgMax };
        let at = |a: &DataArray| {
            let all = a.arg_dims(op, &dims, ReduceOptions::new())?;
            Ok(all.into_values().next().expect("one for each dimension"))
        };
        same(at(&s.whole), at(&s.chunked))?;
    }

    #[test]
    fn group_values_at_elements((s, key) in with_groups()) {
        let anomalies = |a: &DataArray| {
            let groups = a.groupby(&key)?;
            groups.sub(groups.reduce_with(ReduceOp::Max, (), ReduceOptions::new())?)
        };
        same(anomalies(&s.whole), anomalies(&s.chunked))?;
    }
}
