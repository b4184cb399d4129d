//! What is done to each element by itself: chunks change no bit.

use graticule::prelude::*;
use proptest::prelude::*;
use proptest::sample::select;

use crate::check::same;
use crate::config;
use crate::samples::{block, dtypes, numbers, pair, sample, times};

fn plain() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        any::<bool>().prop_map(Scalar::from),
        (-3..4i64).prop_map(Scalar::from),
        select(vec![0.5, -0.0, f64::NAN, f64::INFINITY]).prop_map(Scalar::from),
    ]
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn functions(s in sample(), op in select(UnaryOp::ALL)) {
        same(s.whole.unary(op), s.chunked.unary(op))?;
    }

    #[test]
    fn operators_of_numbers((a, b) in pair(numbers(), numbers()), op in select(BinaryOp::ALL)) {
        same(a.whole.binary(op, &b.whole), a.chunked.binary(op, &b.chunked))?;
        same(a.whole.binary(op, &b.whole), a.chunked.binary(op, &b.whole))?;
    }

    #[test]
    fn operators_of_times((a, b) in pair(times(), times()), op in select(BinaryOp::ALL)) {
        same(a.whole.binary(op, &b.whole), a.chunked.binary(op, &b.chunked))?;
    }

    #[test]
    fn operators_of_anything((a, b) in pair(dtypes(), dtypes()), op in select(BinaryOp::ALL)) {
        same(a.whole.binary(op, &b.whole), a.chunked.binary(op, &b.chunked))?;
    }

    #[test]
    fn plain_values(s in sample(), op in select(BinaryOp::ALL), v in plain()) {
        same(s.whole.binary(op, v.clone()), s.chunked.binary(op, v.clone()))?;
        let left = |a: &DataArray| binary(op, v.clone(), a)?.into_array();
        same(left(&s.whole), left(&s.chunked))?;
    }

    #[test]
    fn casts(s in sample(), to in dtypes()) {
        same(s.whole.astype(to), s.chunked.astype(to))?;
    }

    #[test]
    fn where_and_fillna((a, b) in pair(dtypes(), dtypes()), (c, d) in pair(Just(DType::Bool), numbers())) {
        // The two pairs have lengths of their own: most often they do not fit, which both must say.
        same(a.whole.where_cond(&c.whole), a.chunked.where_cond(&c.chunked))?;
        same(a.whole.fillna(&b.whole), a.chunked.fillna(&b.chunked))?;
        let chosen = |x: &DataArray, y: &DataArray, c: &DataArray| x.where_else(c, y);
        same(chosen(&a.whole, &b.whole, &c.whole), chosen(&a.chunked, &b.chunked, &c.chunked))?;
        let own = |x: &DataArray, y: &DataArray| x.where_else(x.notnull()?, y);
        same(own(&a.whole, &b.whole), own(&a.chunked, &b.chunked))?;
        same(d.whole.where_cond(&c.whole), d.chunked.where_cond(&c.chunked))?;
    }

    #[test]
    fn choices_of_elements(s in sample(), decimals in -2..3i32, list in dtypes().prop_flat_map(|d| block(d, vec![3]))) {
        same(s.whole.round(decimals), s.chunked.round(decimals))?;
        same(s.whole.isin(&list), s.chunked.isin(&list))?;
        same(s.whole.clip(-2, 2.5), s.chunked.clip(-2, 2.5))?;
        same(s.whole.fillna(0), s.chunked.fillna(0))?;
    }
}
