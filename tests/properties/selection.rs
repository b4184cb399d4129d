//! What moves elements: chunks change no bit, and no label.

use graticule::prelude::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::check::same;
use crate::config;
use crate::samples::{Sample, dtypes, labelled, overlapping, pair};

/// Positions along a dimension.
#[derive(Debug, Clone)]
pub enum Pick {
    At(i64),
    Slice(Option<i64>, Option<i64>, i64),
    List(Vec<i64>),
    Mask(Vec<bool>),
}

impl Pick {
    /// Positions of all kinds, inside of a dimension of this length.
    pub fn within(len: usize) -> impl Strategy<Value = Pick> {
        let n = len as i64;
        let bound = move || proptest::option::of(-n - 1..=n + 1);
        let slices = (bound(), bound(), select(vec![1i64, 2, 3, -1, -2]))
            .prop_map(|(start, stop, step)| Pick::Slice(start, stop, step));
        let masks = vec(any::<bool>(), len).prop_map(Pick::Mask);
        if len == 0 {
            return prop_oneof![slices, masks].boxed();
        }
        prop_oneof![(-n..n).prop_map(Pick::At), slices, vec(-n..n, 0..6).prop_map(Pick::List), masks,].boxed()
    }

    /// Positions along each of some dimensions of a sample.
    pub fn several(s: Sample) -> impl Strategy<Value = (Sample, Vec<(String, Pick)>)> {
        let dims = s.dims();
        subsequence(dims.clone(), 0..=dims.len()).prop_flat_map(move |dims| {
            let picks: Vec<_> = dims.iter().map(|d| (Just(d.clone()), Pick::within(s.len_of(d)))).collect();
            (Just(s.clone()), picks)
        })
    }

    /// The selection of all of them at once.
    pub fn isel(picks: &[(String, Pick)]) -> Isel {
        picks.iter().fold(Isel::new(), |isel, (dim, pick)| match pick.clone() {
            Pick::At(i) => isel.at(&**dim, i),
            Pick::Slice(start, stop, step) => isel.at(&**dim, slice(start, stop, Some(step))),
            Pick::List(list) => isel.at(&**dim, list),
            Pick::Mask(mask) => isel.at(&**dim, mask),
        })
    }
}

fn with_picks() -> impl Strategy<Value = (Sample, Vec<(String, Pick)>)> {
    labelled(dtypes(), 0).prop_flat_map(Pick::several)
}

fn with_dim() -> impl Strategy<Value = (Sample, String)> {
    labelled(dtypes(), 1).prop_flat_map(|s| {
        let dim = select(s.dims());
        (Just(s), dim)
    })
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn by_position((s, picks) in with_picks()) {
        let isel = Pick::isel(&picks);
        same(s.whole.isel_with(isel.clone()), s.chunked.isel_with(isel))?;
    }

    #[test]
    fn twice_by_position((s, picks, more) in with_picks().prop_flat_map(|(s, picks)| {
        let once = s.map(|a| a.isel_with(Pick::isel(&picks))).expect("positions are inside");
        let more = Pick::several(once).prop_map(|(_, more)| more);
        (Just(s), Just(picks), more)
    })) {
        let twice = |a: &DataArray| a.isel_with(Pick::isel(&picks))?.isel_with(Pick::isel(&more));
        same(twice(&s.whole), twice(&s.chunked))?;
    }

    #[test]
    fn points((s, positions) in labelled(dtypes(), 2).prop_flat_map(|s| {
        let len = |d: usize| s.len_of(&s.dims()[d]).max(1);
        let points = vec((0..len(0) as i64, 0..len(1) as i64), 0..6);
        (Just(s), points)
    })) {
        let dims = s.dims();
        let (i, j): (Vec<i64>, Vec<i64>) = positions.iter().copied().unzip();
        let at = |v: Vec<i64>| Variable::from_vec(&[("point", v.len())], v).expect("as many as it has");
        let isel = Isel::new().at(&*dims[0], at(i)).at(&*dims[1], at(j));
        same(s.whole.isel_with(isel.clone()), s.chunked.isel_with(isel))?;
    }

    #[test]
    fn by_label((s, dim) in with_dim(), method in select(vec![Method::Exact, Method::Pad, Method::Nearest]), at in 0..5usize) {
        if let Some(labels) = s.whole.coords().get(&dim) {
            let labels = labels.load()?;
            let n = labels.size();
            let one = labels.slice(&[graticule::array::Slice::range(at.min(n)..(at + 1).min(n))]);
            let sel = Sel::new().at(&*dim, one).method(method);
            same(s.whole.sel_with(sel.clone()), s.chunked.sel_with(sel))?;
            let half = labels.slice(&[graticule::array::Slice::range(n / 2..n)]);
            same(s.whole.sel(&dim, half.clone()), s.chunked.sel(&dim, half))?;
        }
    }

    #[test]
    fn by_labels_of_another((a, b) in overlapping(dtypes()), fill in any::<bool>()) {
        let options = ReindexOptions { fill_value: fill.then_some(Scalar::Int(1)), ..Default::default() };
        let like = |x: &DataArray, y: &DataArray| x.reindex_like(y, &options);
        same(like(&a.whole, &b.whole), like(&a.chunked, &b.chunked))?;
        for join in [Join::Outer, Join::Inner, Join::Left, Join::Right] {
            let first = |x: &DataArray, y: &DataArray| {
                align(&[x.clone(), y.clone()], &AlignOptions::new(join)).map(|mut v| v.swap_remove(0))
            };
            same(first(&a.whole, &b.whole), first(&a.chunked, &b.chunked))?;
        }
    }

    #[test]
    fn one_after_the_other((a, b) in pair(dtypes(), dtypes()), new in any::<bool>()) {
        let dim = if new { "run" } else { "x" };
        let joined = |x: &DataArray, y: &DataArray| concat(&[x.clone(), y.clone(), x.clone()], dim, &ConcatOptions::default());
        same(joined(&a.whole, &b.whole), joined(&a.chunked, &b.chunked))?;
        same(joined(&a.whole, &a.whole), joined(&a.chunked, &a.whole))?;
    }

    #[test]
    fn dimensions((s, order, dim) in with_dim().prop_flat_map(|(s, dim)| {
        let order = Just(s.dims()).prop_shuffle();
        (Just(s), order, Just(dim))
    }), n in 0..4usize) {
        same(s.whole.transpose(&order), s.chunked.transpose(&order))?;
        let wide = |a: &DataArray| a.to_dataset("a").expand_dims_with([("new", n)], Some(&[-1]))?.get("a");
        same(wide(&s.whole), wide(&s.chunked))?;
        let ends = |a: &DataArray| a.head([(&*dim, n)])?.squeeze(..);
        same(ends(&s.whole), ends(&s.chunked))?;
        let others = |a: &DataArray| a.transpose(&order)?.tail(n)?.thin([(&*dim, 2)]);
        same(others(&s.whole), others(&s.chunked))?;
    }

    #[test]
    fn only_where_something_holds((s, dim) in with_dim()) {
        same(s.whole.dropna(&dim, DropNa::Any), s.chunked.dropna(&dim, DropNa::Any))?;
        let present = |a: &DataArray| a.where_drop(a.notnull()?, None);
        same(present(&s.whole), present(&s.chunked))?;
    }
}
