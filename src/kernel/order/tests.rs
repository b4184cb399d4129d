use super::*;
use crate::array::{Block, Region};
use crate::dtype::{NAT, Text};

fn spec(pick: Pick, axes: &[usize], skipna: bool) -> OrderSpec {
    OrderSpec { pick, axes: axes.to_vec(), group: None, skipna }
}

fn quantiles(q: &[f64], method: Method) -> Pick {
    Pick::Quantiles { q: q.into(), method }
}

/// A block of many lanes in every layout: the same elements as permuted axes.
fn layouts(shape: [usize; 3]) -> Vec<Block> {
    let n: usize = shape.iter().product();
    let values = |i: usize| ((i * 7919 + 13) % 1009) as f64 / 7.0 - 50.0;
    let plain: Vec<f64> = (0..n).map(|i| if i % 11 == 3 { f64::NAN } else { values(i) }).collect();
    let block = Block::from_vec(&shape, plain).unwrap();
    let turned = |perm: [usize; 3]| {
        let mut back = [0; 3];
        perm.iter().enumerate().for_each(|(i, p)| back[*p] = i);
        block.permute(&perm).contiguous().permute(&back)
    };
    vec![block.clone(), turned([2, 1, 0]), turned([1, 2, 0])]
}

/// The elements along `axes` for each element of the others, by plain indexing.
fn slow_lanes(block: &Block, axes: &[usize]) -> Vec<Vec<f64>> {
    let a = block.typed::<f64>().unwrap();
    let stay: Vec<usize> = (0..3).filter(|i| !axes.contains(i)).collect();
    let mut lanes = vec![Vec::new(); stay.iter().map(|i| a.shape()[*i]).product()];
    for (at, x) in a.indexed_iter() {
        let lane = stay.iter().fold(0, |n, i| n * a.shape()[*i] + at[*i]);
        lanes[lane].push(*x);
    }
    lanes
}

#[test]
fn quantiles_agree_with_sorting_in_every_layout() {
    let q = [0.0, 0.1, 0.33, 0.5, 0.9, 1.0];
    for block in layouts([37, 5, 70]) {
        for axes in [&[0][..], &[1], &[2], &[0, 2], &[0, 1, 2]] {
            for method in [Method::Linear, Method::Lower, Method::Hazen] {
                let got = pick(&spec(quantiles(&q, method), axes, true), &block).unwrap();
                let got = got.to_vec::<f64>().unwrap();
                let lanes = slow_lanes(&block, axes);
                for (l, lane) in lanes.iter().enumerate() {
                    let mut sorted: Vec<f64> = lane.iter().copied().filter(|x| !x.is_nan()).collect();
                    sorted.sort_by(f64::total_cmp);
                    for (i, q) in q.iter().enumerate() {
                        let p = method.place(sorted.len(), *q);
                        let (a, b) = (sorted[p.low], sorted[p.high]);
                        let want = a + (b - a) * p.weight;
                        assert!((got[i * lanes.len() + l] - want).abs() < 1e-12, "{axes:?} {method:?} {l}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_missing_value_makes_all_missing_unless_left_out() {
    let block = Block::from_vec(&[2, 2], vec![1.0, f64::NAN, 5.0, 7.0]).unwrap();
    let strict = pick(&spec(Pick::Median, &[1], false), &block).unwrap().to_vec::<f64>().unwrap();
    assert!(strict[0].is_nan() && strict[1] == 6.0);
    let times = Block::from_vec(&[3], vec![10i64, NAT, 5]).unwrap().retype(DType::DATETIME_NS);
    let linear = quantiles(&[0.5], Method::Linear);
    assert_eq!(pick(&spec(linear.clone(), &[0], false), &times).unwrap().to_vec::<i64>().unwrap(), [NAT]);
    assert_eq!(pick(&spec(linear, &[0], true), &times).unwrap().to_vec::<i64>().unwrap(), [8]);
}

#[test]
fn groups_are_quantiles_of_their_members() {
    let block = Block::from_vec(&[5, 2], (0..10).map(|i| i as f32).collect()).unwrap();
    let group = Some(Groups::along(0, [1, 0, 1, -1, 1], 3));
    let by = OrderSpec { pick: quantiles(&[0.0, 1.0], Method::Linear), axes: vec![], group, skipna: true };
    let got = pick(&by, &block).unwrap();
    assert_eq!(got.shape(), [2, 3, 2]);
    let got = got.to_vec::<f64>().unwrap();
    assert_eq!(got[..4], [2.0, 3.0, 0.0, 1.0]);
    assert_eq!(got[6..10], [2.0, 3.0, 8.0, 9.0]);
    assert!(got[4].is_nan() && got[11].is_nan());
}

#[test]
fn wide_integers_do_not_wrap_between_values() {
    // numpy subtracts in the type of the elements, where 100 - -100 is -56.
    let block = Block::from_vec(&[2], vec![-100i8, 100]).unwrap();
    let half = spec(quantiles(&[0.25], Method::Linear), &[0], true);
    assert_eq!(pick(&half, &block).unwrap().to_vec::<f64>().unwrap(), [-50.0]);
    let block = Block::from_vec(&[2], vec![i64::MIN, i64::MAX]).unwrap();
    assert_eq!(pick(&half, &block).unwrap().to_vec::<f64>().unwrap(), [-(2f64.powi(62))]);
}

#[test]
fn ranks_share_places_in_every_layout() {
    for block in layouts([23, 4, 66]) {
        for axis in 0..3 {
            let got = rank(&block, axis, RankKind::Place).unwrap();
            let order = argsort(&block, axis).unwrap();
            assert_eq!(got.shape(), block.shape());
            let (ranks, lanes) = (slow_lanes(&got, &[axis]), slow_lanes(&block, &[axis]));
            for (ranks, lane) in ranks.iter().zip(&lanes) {
                for (r, x) in ranks.iter().zip(lane) {
                    let less = lane.iter().filter(|y| *y < x).count() as f64;
                    let same = lane.iter().filter(|y| *y == x).count() as f64;
                    assert!(x.is_nan() && r.is_nan() || *r == less + (same + 1.0) / 2.0);
                }
            }
            let as_floats = crate::kernel::cast::cast(&order, DType::F64).unwrap();
            for (order, lane) in slow_lanes(&as_floats, &[axis]).iter().zip(&lanes) {
                let sorted: Vec<f64> = order.iter().map(|i| lane[*i as usize]).collect();
                assert!(sorted.windows(2).all(|w| w[0] <= w[1] || w[1].is_nan()), "{sorted:?}");
            }
        }
    }
}

#[test]
fn texts_rank_and_sort_by_their_order() {
    let texts = ["b", "a", "c", "a"].map(Text::from).to_vec();
    let block = Block::from_vec(&[4], texts).unwrap();
    assert_eq!(rank(&block, 0, RankKind::Place).unwrap().to_vec::<f64>().unwrap(), [3.0, 1.5, 4.0, 1.5]);
    assert_eq!(argsort(&block, 0).unwrap().to_vec::<i64>().unwrap(), [1, 3, 0, 2]);
    let lower = spec(quantiles(&[0.5], Method::Higher), &[0], true);
    assert_eq!(pick(&lower, &block).unwrap().to_vec::<Text>().unwrap(), [Text::from("b")]);
    assert_eq!(dense_ranks(&block).unwrap(), [Some(1), Some(0), Some(2), Some(0)]);
}

/// Positions from pieces cut along two axes, in some order of the pieces.
fn searched(spec: &Extreme, block: &Block, turned: bool) -> Vec<i64> {
    let shape = block.shape().to_vec();
    let out: Vec<usize> = (0..3).filter(|a| !spec.axes.contains(a)).map(|a| shape[a]).collect();
    let mut pieces = Vec::new();
    for cut in [0..shape[0] / 2, shape[0] / 2..shape[0]] {
        for other in [0..shape[2] / 3, shape[2] / 3..shape[2]] {
            let mut region = Region::full(&shape);
            if spec.axes.contains(&0) {
                region.set(0, cut.clone());
            }
            if spec.axes.contains(&2) {
                region.set(2, other);
            }
            pieces.push(region);
        }
    }
    if turned {
        pieces.reverse();
    }
    let mut states = pieces.iter().map(|region| {
        let mut state = init(spec, block.dtype(), &shape, &out, 0);
        push(spec, &mut state, &block.region(region), region).unwrap();
        state
    });
    let mut all = states.next().unwrap();
    states.for_each(|later| merge(spec, &mut all, later).unwrap());
    finish(spec, all).unwrap().to_vec().unwrap()
}

#[test]
fn positions_do_not_depend_on_the_order_of_pieces() {
    for block in layouts([12, 3, 30]) {
        for axes in [&[0][..], &[2], &[0, 2], &[1, 2], &[0, 1, 2]] {
            for max in [false, true] {
                let spec = Extreme { max, axes: axes.to_vec(), group: None, skipna: true, lenient: false };
                let want: Vec<i64> = slow_lanes(&block, axes)
                    .iter()
                    .map(|lane| {
                        let valid = lane.iter().enumerate().filter(|(_, x)| !x.is_nan());
                        let ahead = |a: f64, b: f64| if max { a > b } else { a < b };
                        let best = valid.fold(None, |best: Option<(usize, f64)>, (i, x)| match best {
                            Some((_, b)) if !ahead(*x, b) => best,
                            _ => Some((i, *x)),
                        });
                        best.unwrap().0 as i64
                    })
                    .collect();
                assert_eq!(searched(&spec, &block, false), want, "{axes:?} {max}");
                assert_eq!(searched(&spec, &block, true), want, "{axes:?} {max}");
            }
        }
    }
}

#[test]
fn extremes_of_extreme_values() {
    let of = |block: Block, max: bool, skipna: bool| {
        let spec = Extreme { max, axes: vec![0], group: None, skipna, lenient: false };
        let mut state = init(&spec, block.dtype(), block.shape(), &[], 0);
        push(&spec, &mut state, &block, &Region::full(block.shape())).unwrap();
        finish(&spec, state).map(|b| b.to_vec::<i64>().unwrap()[0])
    };
    assert_eq!(of(Block::from_vec(&[2], vec![i32::MAX; 2]).unwrap(), false, true).unwrap(), 0);
    assert_eq!(of(Block::from_vec(&[2], vec![i64::MIN; 2]).unwrap(), true, true).unwrap(), 0);
    assert_eq!(of(Block::from_vec(&[3], vec![0.0, -0.0, f64::NAN]).unwrap(), false, true).unwrap(), 0);
    assert_eq!(of(Block::from_vec(&[3], vec![0.0, -1.0, f64::NAN]).unwrap(), false, false).unwrap(), 2);
    assert!(of(Block::from_vec(&[2], vec![f32::NAN; 2]).unwrap(), false, true).is_err());
    assert!(of(Block::from_vec::<f32>(&[0], vec![]).unwrap(), false, true).is_err());
    let times = Block::from_vec(&[3], vec![3, NAT, 1]).unwrap().retype(DType::DATETIME_NS);
    assert_eq!(of(times.clone(), false, true).unwrap(), 2);
    assert!(of(Block::from_vec(&[2], vec![NAT; 2]).unwrap().retype(DType::DATETIME_NS), true, true).is_err());
    assert_eq!(of(times, true, false).unwrap(), 1);
    let texts = Block::from_vec(&[3], vec!["b".into(), Text::MISSING, "c".into()]).unwrap();
    assert_eq!(of(texts.clone(), true, true).unwrap(), 2);
    assert_eq!(of(texts, false, false).unwrap(), 1);
}
