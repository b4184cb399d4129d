//! Laws that tie verbs together.

use graticule::array::Slice;
use graticule::dtype::promote::with_missing;
use graticule::prelude::*;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::check::{same, same_blocks};
use crate::config;
use crate::samples::{dtypes, labelled, numbers, overlapping, sample, times};
use crate::selection::Pick;

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn positions_may_be_taken_before_or_after_a_function(
        (s, picks) in labelled(prop_oneof![numbers(), times()], 0).prop_flat_map(Pick::several),
        op in select(UnaryOp::ALL),
    ) {
        let isel = || Pick::isel(&picks);
        let before = |a: &DataArray| a.isel_with(isel())?.unary(op);
        let after = |a: &DataArray| a.unary(op)?.isel_with(isel());
        same(before(&s.whole), after(&s.whole))?;
        same(before(&s.whole), after(&s.chunked))?;
    }

    #[test]
    fn every_label_gives_its_element(s in labelled(dtypes(), 1)) {
        for dim in s.dims() {
            let Some(index) = s.whole.coords().index(&dim).filter(|i| i.is_unique()) else { continue };
            for i in 0..index.len() {
                let label = index.labels().slice(&[Slice::range(i..i + 1)]).reshape(&[])?;
                same(s.whole.isel(&dim, i), s.whole.sel(&dim, label.clone()))?;
                same(s.whole.isel(&dim, i), s.chunked.sel(&dim, label))?;
            }
        }
    }

    #[test]
    fn parts_come_back_out_of_the_whole((s, at) in (labelled(dtypes(), 1), 0..6usize)) {
        let dim = &s.dims()[0];
        let n = s.len_of(dim);
        let at = at.min(n);
        for a in [&s.whole, &s.chunked] {
            let parts = [a.isel(dim, ..at)?, a.isel(dim, at..)?];
            let joined = concat(&parts, &**dim, &ConcatOptions::default())?;
            same(Ok(s.whole.clone()), Ok(joined.clone()))?;
            same(Ok(parts[0].clone()), joined.isel(dim, ..at))?;
            same(Ok(parts[1].clone()), joined.isel(dim, at..))?;
        }
    }

    #[test]
    fn a_new_dimension_holds_its_parts(s in sample()) {
        for a in [&s.whole, &s.chunked] {
            let runs = concat(&[a.clone(), a.clone()], "run", &ConcatOptions::default())?;
            same(Ok(s.whole.clone()), runs.isel("run", 1))?;
        }
    }

    #[test]
    fn transposing_back_gives_the_array((s, order) in labelled(dtypes(), 0).prop_flat_map(|s| {
        let order = Just(s.dims()).prop_shuffle();
        (Just(s), order)
    })) {
        let back = |a: &DataArray| a.transpose(&order)?.transpose(s.dims());
        same(Ok(s.whole.clone()), back(&s.whole))?;
        same(Ok(s.whole.clone()), back(&s.chunked))?;
        same(s.whole.transpose(..)?.transpose(..), Ok(s.chunked.clone()))?;
    }

    #[test]
    fn the_union_of_labels_holds_every_element((a, b) in overlapping(dtypes())) {
        let both = |a: &DataArray, b: &DataArray, join| align(&[a.clone(), b.clone()], &AlignOptions::new(join));
        for (x, y) in [(&a.whole, &b.whole), (&a.chunked, &b.chunked)] {
            let outer = both(x, y, Join::Outer)?;
            let inner = both(x, y, Join::Inner)?;
            // What is aligned stays as it is.
            let again = both(&outer[0], &outer[1], Join::Inner)?;
            for (i, own) in [x, y].into_iter().enumerate() {
                same(Ok(outer[i].clone()), Ok(again[i].clone()))?;
                let labels = own.coords().get("x").expect("it has labels").load()?;
                let grew = outer[i].sizes()["x"] > labels.size();
                let room = if grew { own.astype(with_missing(own.dtype())) } else { Ok(own.clone()) };
                same(room, outer[i].sel("x", labels))?;
                let common = inner[i].coords().get("x").expect("it has labels").load()?;
                same(own.sel("x", common), Ok(inner[i].clone()))?;
            }
        }
    }

    #[test]
    fn repeated_elements_reduce_to_themselves(s in labelled(dtypes(), 0), n in 1..4usize) {
        let row = DataArray::from_vec(&[("new", n)], vec![0; n])?;
        let options = ReduceOptions::new().skipna(false);
        for a in [&s.whole, &s.chunked] {
            let wide = a.broadcast_like(&row)?;
            for op in [ReduceOp::First, ReduceOp::Last] {
                same(Ok(s.whole.clone()), wide.reduce_with(op, "new", options))?;
            }
            let counts = s.whole.notnull()?.astype(DType::I64)?.mul(n as i64);
            same(counts, wide.count("new"))?;
        }
    }

    #[test]
    fn a_dimension_as_variables_and_back(s in labelled(dtypes(), 1)) {
        for dim in s.dims() {
            let n = s.len_of(&dim);
            if n == 0 {
                continue;
            }
            let names = Block::from_vec(&[n], (0..n as i64).collect())?;
            for a in [&s.whole, &s.chunked] {
                let rest: Vec<String> = s.dims().into_iter().filter(|d| *d != dim).collect();
                let first: Vec<&str> = std::iter::once(&*dim).chain(rest.iter().map(|d| &**d)).collect();
                let a = a.assign_coords([(&*dim, names.clone())])?.transpose(first)?;
                let back = a.to_dataset_dim(&dim)?.to_dataarray(&dim)?;
                same_blocks(&a.load()?, &back.load()?)?;
            }
        }
    }
    #[test]
    fn stacked_dimensions_come_back((s, dims) in labelled(dtypes(), 1).prop_flat_map(|s| {
        let dims = subsequence(s.dims(), 1..=s.dims().len()).prop_shuffle();
        (Just(s), dims)
    })) {
        let twice = |d: &String| s.whole.coords().index(d).is_some_and(|i| !i.is_unique());
        if dims.iter().any(|d| twice(d) || s.len_of(d) == 0) {
            return Ok(());
        }
        let rest: Vec<String> = s.dims().into_iter().filter(|d| !dims.contains(d)).collect();
        let order: Vec<String> = rest.iter().chain(&dims).cloned().collect();
        for a in [&s.whole, &s.chunked] {
            let back = a.stack("stacked", &dims)?.unstack("stacked")?;
            let expected = s.whole.transpose(&order)?;
            prop_assert_eq!(expected.dims(), back.dims());
            same_blocks(&expected.load()?, &back.load()?)?;
            for dim in &dims {
                // Where there were no labels their positions are the levels.
                let positions = || Block::from_vec(&[s.len_of(dim)], (0..s.len_of(dim) as i64).collect());
                let labels = s.whole.coords().index(dim).map_or_else(positions, |i| Ok(i.labels()))?;
                same_blocks(&labels, &back.coord(dim)?.load()?)?;
            }
        }
    }

    #[test]
    fn a_dataset_does_to_each_variable_what_an_array_does(
        (s, op) in (labelled(prop_oneof![numbers(), times()], 1), select(UnaryOp::ALL)),
    ) {
        let dim = &s.dims()[0];
        let ds = s.chunked.to_dataset("a").assign([("b", &s.whole)])?;
        for name in ["a", "b"] {
            let own = |r: graticule::Result<Dataset>| r.and_then(|ds| ds.get(name)).map(DataArray::without_name);
            let array = |r: graticule::Result<DataArray>| r.map(DataArray::without_name);
            same(array(s.whole.unary(op)), own(ds.unary(op)))?;
            same(array(s.whole.count(dim)), own(ds.count(dim)))?;
            same(array(s.whole.transpose(..)), own(ds.transpose(..)))?;
            same(array(s.whole.isel(dim, ..1)), own(ds.isel(dim, ..1)))?;
            same(array(s.whole.fillna(1)), own(ds.fillna(1)))?;
        }
    }
}
