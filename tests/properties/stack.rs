//! Dimensions stacked and unstacked: there and back nothing changes, whatever the chunks.

use graticule::labels::StackIndex;
use graticule::prelude::*;
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

use crate::check::{same, same_blocks};
use crate::config;
use crate::samples::{Sample, dtypes, labelled};
use crate::selection::Pick;

/// A sample and some of its dimensions (at least one), in any order.
fn with_dims() -> impl Strategy<Value = (Sample, Vec<String>)> {
    labelled(dtypes(), 0).prop_filter("a dimension", |s| !s.dims().is_empty()).prop_flat_map(|s| {
        let dims = s.dims();
        let some = subsequence(dims.clone(), 1..=dims.len()).prop_shuffle();
        (Just(s), some)
    })
}

/// The dimensions that are not stacked, then those that are.
fn last(a: &DataArray, dims: &[String]) -> Vec<String> {
    let others = a.dims().iter().map(|d| d.to_string()).filter(|d| !dims.contains(d));
    others.chain(dims.iter().cloned()).collect()
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn chunks_change_nothing((s, dims) in with_dims()) {
        for index in [StackIndex::Always, StackIndex::WhereLabelled, StackIndex::Never] {
            same(s.whole.stack_with("s", &dims, index), s.chunked.stack_with("s", &dims, index))?;
        }
    }

    #[test]
    fn there_and_back((s, dims) in with_dims()) {
        // Without rows no labels are left to come back.
        prop_assume!(dims.iter().all(|d| s.len_of(d) > 0));
        let bare = s.map(|a| a.drop_vars(..)).expect("coordinates go");
        let ordered = bare.whole.transpose(last(&bare.whole, &dims)).expect("all dims are named");
        for a in [&bare.whole, &bare.chunked] {
            let stacked = a.stack("s", &dims).expect("the dims are there");
            prop_assert_eq!(&**stacked.dims().last().expect("one dim at least"), "s");
            let back = stacked.unstack("s").expect("every combination stands once");
            prop_assert_eq!(back.dims(), ordered.dims());
            same_blocks(&back.load()?, &ordered.load()?)?;
        }
    }

    #[test]
    fn parts_of_what_was_stacked((s, dims, pick) in with_dims().prop_flat_map(|(s, dims)| {
        let len: usize = dims.iter().map(|d| s.len_of(d)).product();
        (Just(s), Just(dims), Pick::within(len))
    })) {
        let isel = Pick::isel(&[("s".to_string(), pick)]);
        let part = s.map(|a| a.stack("s", &dims)?.isel_with(isel.clone())).expect("positions are inside");
        same(Ok(part.whole.clone()), Ok(part.chunked.clone()))?;
        same(part.whole.unstack(()), part.chunked.unstack(()))?;
    }

    #[test]
    fn rows_in_any_order((s, dims, order) in with_dims().prop_flat_map(|(s, dims)| {
        let len: usize = dims.iter().map(|d| s.len_of(d)).product();
        let order: Vec<i64> = (0..len as i64).collect();
        (Just(s), Just(dims), Just(order).prop_shuffle())
    })) {
        let bare = s.map(|a| a.drop_vars(..)).expect("coordinates go");
        let shuffled = bare.map(|a| a.stack("s", &dims)?.isel("s", order.clone())).expect("positions are inside");
        same(shuffled.whole.unstack("s"), shuffled.chunked.unstack("s"))?;
        let straight = bare.whole.stack("s", &dims)?.unstack("s")?;
        same_blocks(&shuffled.whole.unstack("s")?.load()?, &straight.load()?)?;
    }

    #[test]
    fn every_tuple_selects_its_row((s, dims, at) in (with_dims(), any::<Index>()).prop_map(|((s, d), at)| (s, d, at))) {
        let len: usize = dims.iter().map(|d| s.len_of(d)).product();
        prop_assume!(len > 0);
        let bare = s.whole.drop_vars(..)?.stack("s", &dims)?;
        let at = at.index(len);
        let label = |d: &String| bare.coords().get(d).expect("a level").load().map(|b| b.to_vec::<i64>().expect("positions")[at]);
        let tuple: Vec<i64> = dims.iter().map(label).collect::<Result<_>>()?;
        let selected = bare.sel("s", graticule::labels::tuples([tuple.clone()]))?;
        same_blocks(&selected.load()?, &bare.isel("s", [at as i64])?.load()?)?;
        let by_level = dims.iter().zip(&tuple).fold(Sel::new(), |sel, (d, l)| sel.at(d.as_str(), *l));
        same_blocks(&bare.sel_with(by_level)?.load()?, &bare.isel("s", at as i64)?.load()?)?;
    }
}
