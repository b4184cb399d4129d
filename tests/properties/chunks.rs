//! Chunk lengths that are chosen: their size, where they may be cut, and that they change no element.

use graticule::array::{AxisGrid, ChunkGrid};
use graticule::prelude::*;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::check::{Check, same_arrays};
use crate::config;
use crate::samples::{dtypes, labelled};

/// Stored chunks along an axis, regular from its beginning or any.
fn axis() -> impl Strategy<Value = AxisGrid> {
    let len =
        || prop_oneof![1 => Just(0usize), 2 => Just(1usize), 8 => 2..500usize, 2 => 500..2_000_000usize];
    let size = prop_oneof![3 => 1..20usize, 3 => 1..1000usize, 1 => Just(usize::MAX)];
    prop_oneof![
        4 => (len(), size).prop_map(|(len, size)| AxisGrid::regular(len, size)),
        1 => vec(1..60usize, 1..30).prop_map(|lengths| AxisGrid::from_lengths(&lengths)),
    ]
}

/// What a dimension is asked to have: lengths that are chosen, or given ones.
fn given() -> impl Strategy<Value = Option<usize>> {
    prop_oneof![3 => Just(None), 1 => (1..3000usize).prop_map(Some), 1 => Just(Some(usize::MAX))]
}

/// Whether no chunk of `coarse` ends inside one of `fine`.
fn unions(coarse: &AxisGrid, fine: &AxisGrid) -> bool {
    let starts_one = |at: usize| fine.chunk(fine.find(at)).start == at;
    // Regular ones are told from few of their borders.
    let count = coarse.count();
    (1..count.min(300))
        .chain(count.saturating_sub(5).max(1)..count)
        .all(|c| starts_one(coarse.chunk(c).start))
}

fn is_regular(axis: &AxisGrid) -> bool {
    matches!(axis, AxisGrid::Regular { len, first, size } if first == size || first == len)
}

fn check_auto(stored: &ChunkGrid, asked: &[Option<usize>], item: usize, bytes: usize) -> Check {
    let axes = stored.axes();
    let given: Vec<Option<AxisGrid>> =
        axes.iter().zip(asked).map(|(a, n)| n.map(|n| AxisGrid::regular(a.len(), n))).collect();
    let auto = stored.auto(&given, item, bytes);
    prop_assert_eq!(auto.shape(), stored.shape());
    let least = |axis: &AxisGrid| axis.largest().max(1) as u128;
    let fixed: u128 = given.iter().flatten().map(least).product();
    let one: u128 = axes.iter().map(least).product();
    let with_given: u128 = axes.iter().zip(&given).map(|(a, g)| least(g.as_ref().unwrap_or(a))).product();
    let most = (bytes / item).max(1) as u128;
    let size: u128 = auto.axes().iter().map(least).product();
    prop_assert!(size <= most.max(one).max(fixed), "{} elements for {}: {:?}", size, most, auto.region(0));
    let cut = with_given > most.max(one);
    let mut grown = false;
    for ((a, s), g) in auto.axes().iter().zip(axes).zip(&given) {
        match g {
            Some(g) => prop_assert_eq!(a, g),
            None if cut => prop_assert!(unions(s, a), "{:?} is not within {:?}", a, s),
            None => prop_assert!(unions(a, s), "{:?} cuts {:?}", a, s),
        }
        grown |= g.is_none() && a.count() > 1;
    }
    if grown && stored.axes().iter().all(is_regular) {
        prop_assert!(4 * size >= most, "{} elements are too few for {}: {:?}", size, most, auto.region(0));
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn chosen_chunks_fill_the_room_with_whole_stored_ones(
        (axes, asked) in (0..5usize).prop_flat_map(|n| (vec(axis(), n), vec(given(), n))),
        item in prop_oneof![Just(1usize), Just(2), Just(4), Just(8), Just(16)],
        bytes in prop_oneof![1..5000usize, 1000..10_000_000usize, Just(ChunkLen::AUTO_BYTES)],
    ) {
        check_auto(&ChunkGrid(axes), &asked, item, bytes)?;
    }
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn chosen_chunks_change_no_element(s in labelled(dtypes(), 1), bytes in 1..200usize) {
        let dim = s.dims()[0].clone();
        for a in [&s.whole, &s.chunked] {
            let text = format!("{bytes}B");
            for chunks in [Chunks::from(&*text), Chunks::from(&*text).at(&*dim, ..), Chunks::new().at(&*dim, &*text)] {
                same_arrays(&a.compute()?, &a.chunk_with(chunks)?.compute()?)?;
            }
        }
    }
}
