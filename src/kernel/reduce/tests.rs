use ndarray::{ArrayD, Axis, IxDyn};
use num_complex::Complex;

use super::*;
use crate::dtype::{NAT, Text, TimeUnit};

const NAN: f64 = f64::NAN;
const DELTA: DType = DType::Timedelta { unit: TimeUnit::Ns };

fn spec(op: ReduceOp, axes: &[usize]) -> ReduceSpec {
    ReduceSpec { op, axes: axes.to_vec(), group: None, skipna: true, ddof: 0.0, min_count: None }
}

fn grouped(op: ReduceOp, axes: &[usize], axis: usize, codes: &[i32], count: usize) -> ReduceSpec {
    ReduceSpec { group: Some(Groups::along(axis, codes, count)), ..spec(op, axes) }
}

/// The reduction of a block in one piece.
fn reduce(spec: &ReduceSpec, block: &Block) -> Result<Block> {
    whole(spec, block)
}

/// The reduction of a block cut at `cuts` along one axis; each half of the pieces has a state of its own.
fn reduce_cut(spec: &ReduceSpec, block: &Block, axis: usize, cuts: &[usize]) -> Result<Block> {
    let out = out_shape(block.shape(), &spec.axes, spec.group.as_ref());
    let mut bounds = vec![0];
    bounds.extend(cuts);
    bounds.push(block.shape()[axis]);
    let pieces: Vec<Region> = bounds
        .windows(2)
        .map(|w| {
            let mut r = Region::full(block.shape());
            r.set(axis, w[0]..w[1]);
            r
        })
        .collect();
    let (a, b) = pieces.split_at(pieces.len() / 2);
    let mut states = Vec::new();
    for half in [a, b] {
        let mut state = init(spec, block.dtype(), &out)?;
        for at in half {
            push(spec, &mut state, &block.region(at), at)?;
        }
        states.push(state);
    }
    let later = states.pop().unwrap_or_default();
    let mut state = states.pop().unwrap_or_default();
    merge(spec, &mut state, later)?;
    finish(spec, block.dtype(), state)
}

fn f64s(v: &[f64]) -> Block {
    Block::from_vec(&[v.len()], v.to_vec()).unwrap()
}

fn ints(v: &[i64]) -> Block {
    Block::from_vec(&[v.len()], v.to_vec()).unwrap()
}

fn one(spec: &ReduceSpec, block: &Block) -> f64 {
    reduce(spec, block).unwrap().to_vec::<f64>().unwrap()[0]
}

fn same(a: f64, b: f64) -> bool {
    a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-12 * b.abs()
}

fn keep(op: ReduceOp) -> ReduceSpec {
    ReduceSpec { skipna: false, ..spec(op, &[0]) }
}

#[test]
fn missing_values_are_left_out_or_win() {
    use ReduceOp::*;
    let x = f64s(&[1.0, NAN, 3.0]);
    for (op, skipped, kept) in [
        (Sum, 4.0, NAN),
        (Prod, 3.0, NAN),
        (Mean, 2.0, NAN),
        (Min, 1.0, NAN),
        (Max, 3.0, NAN),
        (Var, 1.0, NAN),
        (Std, 1.0, NAN),
        (Median, 2.0, NAN),
        (First, 1.0, 1.0),
        (Last, 3.0, 3.0),
    ] {
        assert!(same(one(&spec(op, &[0]), &x), skipped), "{op:?}");
        assert!(same(one(&keep(op), &x), kept), "{op:?} with skipna=false");
    }
    let gone = f64s(&[NAN, NAN]);
    for (op, value) in
        [(Sum, 0.0), (Prod, 1.0), (Mean, NAN), (Min, NAN), (Max, NAN), (Std, NAN), (Median, NAN)]
    {
        assert!(same(one(&spec(op, &[0]), &gone), value), "{op:?} of NaN");
    }
    assert_eq!(reduce(&spec(Count, &[0]), &x).unwrap().to_vec::<i64>().unwrap(), [2]);
    assert_eq!(reduce(&spec(ArgMin, &[0]), &x).unwrap().to_vec::<i64>().unwrap(), [0]);
    assert_eq!(reduce(&keep(ArgMin), &x).unwrap().to_vec::<i64>().unwrap(), [1]);
    assert!(reduce(&spec(ArgMax, &[0]), &gone).unwrap_err().to_string().contains("all-NaN"));
    assert_eq!(reduce(&keep(ArgMax), &gone).unwrap().to_vec::<i64>().unwrap(), [0]);
    assert_eq!(reduce(&spec(Any, &[0]), &gone).unwrap().to_vec::<bool>().unwrap(), [true]);
    assert_eq!(reduce(&spec(All, &[0]), &f64s(&[NAN, 0.0])).unwrap().to_vec::<bool>().unwrap(), [false]);
}

#[test]
fn infinities_are_numbers() {
    use ReduceOp::*;
    let inf = f64::INFINITY;
    assert_eq!(one(&spec(Sum, &[0]), &f64s(&[1.0, inf, 2.0])), inf);
    assert_eq!(one(&spec(Mean, &[0]), &f64s(&[-inf, 1.0])), -inf);
    assert!(one(&spec(Sum, &[0]), &f64s(&[-inf, inf])).is_nan());
    assert!(one(&spec(Var, &[0]), &f64s(&[1.0, inf])).is_nan());
    assert_eq!(one(&spec(Min, &[0]), &f64s(&[inf, NAN, inf])), inf);
    assert_eq!(one(&spec(Median, &[0]), &f64s(&[inf, inf, 1.0, inf])), inf);
    assert!(one(&spec(Median, &[0]), &f64s(&[-inf, inf])).is_nan());
    let (a, b) = (f64s(&[1.0, inf]), spec(Sum, &[0]));
    assert_eq!(reduce_cut(&b, &a, 0, &[1]).unwrap().to_vec::<f64>().unwrap(), [inf]);
}

#[test]
fn degrees_of_freedom_run_out_as_in_numpy() {
    let var = |skipna, ddof, x: &Block| one(&ReduceSpec { skipna, ddof, ..spec(ReduceOp::Var, &[0]) }, x);
    let (x, same_twice) = (f64s(&[1.0, 2.0]), f64s(&[2.0, 2.0]));
    assert_eq!(var(true, 0.0, &x), 0.25);
    assert_eq!(var(true, 1.0, &x), 0.5);
    assert!(var(true, 2.0, &x).is_nan());
    assert_eq!(var(false, 2.0, &x), f64::INFINITY);
    assert!(var(false, 2.0, &same_twice).is_nan());
    assert_eq!(var(true, 3.0, &ints(&[1, 2])), f64::INFINITY);
}

#[test]
fn integers_of_every_width_keep_their_rules() {
    use ReduceOp::*;
    macro_rules! check {
        ($($T:ty => $S:ty),*) => {$({
            let x = Block::from_vec(&[4], vec![3 as $T, 1, 2, 2]).unwrap();
            let get = |op| reduce(&spec(op, &[0]), &x).unwrap();
            assert_eq!(get(Sum).to_vec::<$S>().unwrap(), [8]);
            assert_eq!(get(Prod).to_vec::<$S>().unwrap(), [12]);
            assert_eq!(get(Mean).to_vec::<f64>().unwrap(), [2.0]);
            assert_eq!(get(Std).to_vec::<f64>().unwrap(), [0.5f64.sqrt()]);
            assert_eq!(get(Median).to_vec::<f64>().unwrap(), [2.0]);
            assert_eq!(get(Min).to_vec::<$T>().unwrap(), [1]);
            assert_eq!(get(Max).to_vec::<$T>().unwrap(), [3]);
            assert_eq!(get(ArgMin).to_vec::<i64>().unwrap(), [1]);
            assert_eq!(get(Count).to_vec::<i64>().unwrap(), [4]);
            assert_eq!(get(Any).to_vec::<bool>().unwrap(), [true]);
            assert_eq!(get(First).to_vec::<$T>().unwrap(), [3]);
            for (least, sum) in [(2, 8.0), (5, NAN)] {
                let s = ReduceSpec { min_count: Some(least), ..spec(Sum, &[0]) };
                assert!(same(one(&s, &x), sum));
            }
        })*};
    }
    check!(i8 => i64, i16 => i64, i32 => i64, i64 => i64, u8 => u64, u16 => u64, u32 => u64, u64 => u64);
    let big = ints(&[1 << 62; 4]);
    assert_eq!(reduce(&spec(Sum, &[0]), &big).unwrap().to_vec::<i64>().unwrap(), [0]);
    assert_eq!(one(&spec(Mean, &[0]), &big), (1i64 << 62) as f64);
    let bools = Block::from_vec(&[2], vec![true, false]).unwrap();
    assert_eq!(one(&spec(Mean, &[0]), &bools), 0.5);
    assert_eq!(one(&spec(Median, &[0]), &bools), 0.5);
    assert_eq!(one(&spec(Var, &[0]), &bools), 0.25);
    assert_eq!(reduce(&spec(Max, &[0]), &bools).unwrap().to_vec::<bool>().unwrap(), [true]);
}

#[test]
fn small_floats_stay_small() {
    let x = Block::from_vec(&[3], vec![1.0f32, 2.5, f32::NAN]).unwrap();
    for (op, v) in
        [(ReduceOp::Sum, 3.5f32), (ReduceOp::Mean, 1.75), (ReduceOp::Var, 0.5625), (ReduceOp::Median, 1.75)]
    {
        assert_eq!(reduce(&spec(op, &[0]), &x).unwrap().to_vec::<f32>().unwrap(), [v]);
    }
    let few = ReduceSpec { min_count: Some(3), ..spec(ReduceOp::Sum, &[0]) };
    assert!(reduce(&few, &x).unwrap().to_vec::<f32>().unwrap()[0].is_nan());
}

#[test]
fn complex_numbers_order_by_parts_and_spread_by_modulus() {
    let c = Complex::new;
    let x = Block::from_vec(&[4], vec![c(1.0, 2.0), c(1.0, -1.0), c(NAN, 3.0), c(0.5, 9.0)]).unwrap();
    let get = |op| reduce(&spec(op, &[0]), &x).unwrap().to_vec::<Complex<f64>>().unwrap()[0];
    assert_eq!(get(ReduceOp::Sum), c(2.5, 10.0));
    assert_eq!(get(ReduceOp::Prod), c(-7.5, 27.5));
    assert_eq!(get(ReduceOp::Min), c(0.5, 9.0));
    assert_eq!(get(ReduceOp::Max), c(1.0, 2.0));
    assert_eq!(get(ReduceOp::Median), c(1.0, -1.0));
    let kept = reduce(&keep(ReduceOp::Max), &x).unwrap().to_vec::<Complex<f64>>().unwrap()[0];
    assert!(kept.re.is_nan() && kept.im == 3.0);
    let y = Block::from_vec(&[2], vec![c(1.0, 1.0), c(2.0, 0.0)]).unwrap();
    assert!(same(one(&spec(ReduceOp::Std, &[0]), &y), 0.5f64.sqrt()));
}

#[test]
fn times_poison_or_are_left_out() {
    use ReduceOp::*;
    let x = ints(&[1, NAT, 3, 5]).retype(DELTA);
    let get = |s: &ReduceSpec| reduce(s, &x).unwrap().to_vec::<i64>().unwrap()[0];
    for (op, skipped, kept) in
        [(Sum, 9, NAT), (Mean, 3, NAT), (Min, 1, NAT), (Max, 5, NAT), (Median, 3, NAT), (First, 1, 1)]
    {
        assert_eq!((get(&spec(op, &[0])), get(&keep(op))), (skipped, kept), "{op:?}");
    }
    assert_eq!(get(&spec(Count, &[0])), 3);
    // Left out where that is asked for; else NaT wins, as in numpy.
    assert_eq!((get(&spec(ArgMin, &[0])), get(&keep(ArgMin)), get(&keep(ArgMax))), (0, 1, 1));
    let nat = ints(&[NAT, NAT]).retype(DELTA);
    for (op, v) in [(Sum, 0), (Mean, NAT), (Min, NAT), (Max, NAT), (Median, NAT), (Last, NAT)] {
        assert_eq!(reduce(&spec(op, &[0]), &nat).unwrap().to_vec::<i64>().unwrap(), [v], "{op:?}");
    }
    // As in xarray means go down, medians towards zero.
    let below = ints(&[-1, -2]).retype(DELTA);
    assert_eq!(reduce(&spec(Mean, &[0]), &below).unwrap().to_vec::<i64>().unwrap(), [-2]);
    assert_eq!(reduce(&spec(Median, &[0]), &below).unwrap().to_vec::<i64>().unwrap(), [-1]);
    let far = ints(&[i64::MAX, 1, -1]).retype(DELTA);
    assert_eq!(reduce(&spec(Sum, &[0]), &far).unwrap().to_vec::<i64>().unwrap(), [i64::MAX]);
    let far = ints(&[i64::MAX, 1]).retype(DELTA);
    let e = reduce(&spec(Sum, &[0]), &far).unwrap_err().to_string();
    assert!(e.contains("9223372036854775808 does not fit"), "{e}");
    // The sum does not fit 64 bits, the mean does.
    let dates = ints(&[i64::MAX - 1; 3]).retype(DType::DATETIME_NS);
    let mean = reduce(&spec(Mean, &[0]), &dates).unwrap();
    assert_eq!((mean.dtype(), mean.to_vec::<i64>().unwrap()), (DType::DATETIME_NS, vec![i64::MAX - 1]));
    assert!(reduce(&spec(Sum, &[0]), &dates).unwrap_err().to_string().contains("datetime64[ns]"));
}

#[test]
fn text_has_an_order_but_no_sum() {
    use ReduceOp::*;
    let texts = |v: &[Option<&str>]| {
        let v = v.iter().map(|t| t.map_or(Text::MISSING, Text::from)).collect();
        Block::from_vec::<Text>(&[2, 2], v).unwrap()
    };
    let x = texts(&[Some("b"), Some("a"), None, Some("")]);
    let get = |s: &ReduceSpec| reduce(s, &x).unwrap().to_vec::<Text>().unwrap();
    assert_eq!(get(&spec(Min, &[0])), ["b".into(), "".into()]);
    assert_eq!(get(&spec(Max, &[1])), ["b".into(), "".into()]);
    assert_eq!(get(&spec(Max, &[0, 1])), ["b".into()]);
    assert_eq!(get(&ReduceSpec { axes: vec![0, 1], ..keep(Min) }), [Text::MISSING]);
    assert_eq!(
        reduce_cut(&spec(Min, &[0]), &x, 0, &[1]).unwrap().to_vec::<Text>().unwrap(),
        ["b".into(), "".into()]
    );
    assert_eq!(reduce(&spec(Count, &[0, 1]), &x).unwrap().to_vec::<i64>().unwrap(), [3]);
    assert_eq!(reduce(&spec(All, &[0]), &x).unwrap().to_vec::<bool>().unwrap(), [true, false]);
    assert_eq!(reduce(&spec(ArgMin, &[0, 1]), &x).unwrap().to_vec::<i64>().unwrap(), [3]);
    let e = reduce(&spec(Sum, &[0]), &x).unwrap_err().to_string();
    assert!(e.contains("`sum` has no meaning for str") && e.contains("min, max"), "{e}");
}

#[test]
fn nothing_has_a_sum_but_no_extreme() {
    use ReduceOp::*;
    let empty = Block::zeros(DType::F32, &[0, 2]);
    for (op, v) in [(Sum, 0.0f32), (Prod, 1.0), (Mean, f32::NAN), (Var, f32::NAN), (Median, f32::NAN)] {
        let r = reduce(&spec(op, &[0]), &empty).unwrap().to_vec::<f32>().unwrap();
        assert!(r.len() == 2 && same(r[0].into(), v.into()), "{op:?}");
    }
    assert_eq!(reduce(&spec(All, &[0]), &empty).unwrap().to_vec::<bool>().unwrap(), [true, true]);
    for op in [Min, Max, ArgMin, ArgMax, First] {
        assert!(reduce(&spec(op, &[0]), &empty).is_err(), "{op:?}");
        assert_eq!(reduce(&spec(op, &[1]), &empty).unwrap().shape(), [0], "{op:?}");
    }
    assert!(reduce(&spec(Max, &[0]), &Block::zeros(DType::I16, &[0])).is_err());
}

#[test]
fn a_group_without_members_is_empty() {
    use ReduceOp::*;
    let codes = [0, 2, -1, 2];
    let x = f64s(&[1.0, 2.0, 100.0, 4.0]);
    for (op, v) in [
        (Sum, [1.0, 0.0, 6.0]),
        (Mean, [1.0, NAN, 3.0]),
        (Max, [1.0, NAN, 4.0]),
        (Var, [0.0, NAN, 1.0]),
        (Median, [1.0, NAN, 3.0]),
        (First, [1.0, NAN, 2.0]),
        (Last, [1.0, NAN, 4.0]),
    ] {
        let r = reduce(&grouped(op, &[], 0, &codes, 3), &x).unwrap().to_vec::<f64>().unwrap();
        assert!(r.iter().zip(v).all(|(a, b)| same(*a, b)), "{op:?}: {r:?}");
    }
    let counts = reduce(&grouped(Count, &[], 0, &codes, 3), &x).unwrap();
    assert_eq!(counts.to_vec::<i64>().unwrap(), [1, 0, 2]);
    let e = reduce(&grouped(Min, &[], 0, &codes, 3), &ints(&[1, 2, 3, 4])).unwrap_err();
    assert!(e.to_string().contains("group 1 has no members"), "{e}");
}

/// Numbers without a pattern, some of them NaN; sums of them round.
fn noise(shape: &[usize], nan: bool) -> ArrayD<f64> {
    let mut x: u64 = 42;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let v = ((x >> 33) as f64 / 1e6 - 700.0) * 1.1;
        if nan && (x >> 40).is_multiple_of(7) { NAN } else { v }
    })
}

/// What a reduction gives, written as plainly as can be.
fn plainly(spec: &ReduceSpec, x: &ArrayD<f64>) -> Vec<f64> {
    let shape = out_shape(x.shape(), &spec.axes, spec.group.as_ref());
    let mut rows = ArrayD::from_elem(IxDyn(&shape), Vec::<f64>::new());
    for (at, v) in x.indexed_iter() {
        let mut to = Vec::new();
        let mut none = false;
        for axis in (0..x.ndim()).filter(|a| !spec.axes.contains(a)) {
            to.push(match &spec.group {
                Some(g) if g.axes == [axis] => {
                    none |= g.codes[at[axis]] < 0;
                    g.codes[at[axis]].max(0) as usize
                }
                _ => at[axis],
            });
        }
        if !none {
            rows[IxDyn(&to)].push(*v);
        }
    }
    rows.iter()
        .map(|row| {
            let valid: Vec<f64> = row.iter().copied().filter(|v| !v.is_nan()).collect();
            let poison = if spec.skipna || valid.len() == row.len() { 1.0 } else { NAN };
            let n = valid.len() as f64;
            let mean = valid.iter().sum::<f64>() / n;
            let var = valid.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
            poison
                * match spec.op {
                    ReduceOp::Sum => valid.iter().sum::<f64>(),
                    ReduceOp::Prod => valid.iter().product::<f64>(),
                    ReduceOp::Mean => mean,
                    ReduceOp::Var => var,
                    ReduceOp::Std => var.sqrt(),
                    ReduceOp::Min => valid.iter().copied().fold(NAN, f64::min),
                    ReduceOp::Max => valid.iter().copied().fold(NAN, f64::max),
                    ReduceOp::Median => {
                        let mut v = valid.clone();
                        v.sort_by(f64::total_cmp);
                        let h = v.len() / 2;
                        if v.is_empty() {
                            NAN
                        } else if v.len() % 2 == 1 {
                            v[h]
                        } else {
                            (v[h - 1] + v[h]) / 2.0
                        }
                    }
                    op => unreachable!("{op:?}"),
                }
        })
        .collect()
}

#[test]
fn every_layout_gives_what_plain_loops_give() {
    use ReduceOp::*;
    let shapes: &[&[usize]] =
        &[&[37], &[5, 70], &[70, 5], &[3, 20, 19], &[40, 1, 3], &[2, 3, 4, 18], &[300, 17]];
    for shape in shapes {
        let x = noise(shape, true);
        let ndim = shape.len();
        // In rows, in columns, backwards, and as every second element of a larger block.
        let rows = Block::new(x.clone().into_shared());
        let perm: Vec<usize> = (0..ndim).rev().collect();
        let columns =
            Block::new(x.view().permuted_axes(&perm[..]).as_standard_layout().into_owned().into_shared())
                .permute(&perm);
        let mut backwards = x.clone();
        (0..ndim).for_each(|a| backwards.invert_axis(Axis(a)));
        let mut backwards = backwards.as_standard_layout().into_owned();
        (0..ndim).for_each(|a| backwards.invert_axis(Axis(a)));
        let double: Vec<usize> = shape.iter().map(|n| 2 * n).collect();
        let mut wide = ArrayD::from_elem(IxDyn(&double), -1.0);
        for (at, v) in x.indexed_iter() {
            let to: Vec<usize> = (0..ndim).map(|a| 2 * at[a]).collect();
            wide[IxDyn(&to)] = *v;
        }
        let steps: Vec<_> =
            shape.iter().map(|n| crate::array::Slice { start: 0, step: 2, len: *n }).collect();
        let strided = Block::new(wide.into_shared()).slice(&steps);
        let blocks = [rows, columns, Block::new(backwards.into_shared()), strided];
        for mask in 0..1usize << ndim {
            let axes: Vec<usize> = (0..ndim).filter(|a| mask >> a & 1 == 1).collect();
            let mut specs = vec![spec(Sum, &axes)];
            for axis in (0..ndim).filter(|a| !axes.contains(a)) {
                // In runs, in turn, and with positions of no group.
                let n = shape[axis];
                let runs: Vec<i32> = (0..n).map(|i| (i * 3 / n) as i32).collect();
                let turns: Vec<i32> = (0..n).map(|i| (i % 4) as i32 - 1).collect();
                specs.push(grouped(Sum, &axes, axis, &runs, 3));
                specs.push(grouped(Sum, &axes, axis, &turns, 3));
            }
            for (s, op) in specs.iter().flat_map(|s| [Sum, Mean, Var, Min, Max, Median].map(|op| (s, op))) {
                for skipna in [true, false] {
                    let s = ReduceSpec { op, skipna, ..s.clone() };
                    if matches!(op, Min | Max) && s.axes.is_empty() && s.group.is_none() {
                        continue;
                    }
                    let expected = plainly(&s, &x);
                    for (k, block) in blocks.iter().enumerate() {
                        let r = reduce(&s, block).unwrap().to_vec::<f64>().unwrap();
                        let close = |a: f64, b: f64| same(a, b) || (a - b).abs() < 1e-9 * b.abs().max(1.0);
                        assert!(
                            r.len() == expected.len() && r.iter().zip(&expected).all(|(a, b)| close(*a, *b)),
                            "{shape:?} layout {k} {s:?}\n{r:?}\n{expected:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn pieces_merge_to_the_whole() {
    use ReduceOp::*;
    let x = Block::new(noise(&[23, 6, 9], true).into_shared());
    let codes: Vec<i32> = (0..23).map(|i| i * 7 % 5 - 1).collect();
    for op in [Sum, Prod, Mean, Var, Std, Min, Max, Count, Any, All, First, Last] {
        for skipna in [true, false] {
            for s in [
                spec(op, &[0]),
                spec(op, &[0, 2]),
                spec(op, &[0, 1, 2]),
                grouped(op, &[], 0, &codes, 4),
                grouped(op, &[1], 0, &codes, 4),
            ] {
                let s = ReduceSpec { skipna, ..s };
                if matches!(op, First | Last) && s.axes.len() + usize::from(s.group.is_some()) > 1 {
                    assert!(reduce(&s, &x).unwrap_err().is_unsupported());
                    continue;
                }
                let one = reduce(&s, &x).unwrap();
                for cuts in [&[11][..], &[1, 2, 20], &[5, 5, 9]] {
                    let cut = reduce_cut(&s, &x, 0, cuts).unwrap();
                    assert_eq!(one.shape(), cut.shape());
                    if matches!(op, Min | Max | Count | Any | All | First | Last) {
                        assert!(one.same_bits(&cut), "{s:?}");
                        continue;
                    }
                    let (a, b) = (one.to_vec::<f64>().unwrap(), cut.to_vec::<f64>().unwrap());
                    assert!(a.iter().zip(&b).all(|(a, b)| same(*a, *b)), "{s:?}\n{a:?}\n{b:?}");
                    assert!(cut.same_bits(&reduce_cut(&s, &x, 0, cuts).unwrap()), "{s:?}");
                }
            }
        }
    }
}

#[test]
fn first_and_last_skip_what_is_missing() {
    let x = f64s(&[NAN, 2.0, 3.0, NAN]);
    for (op, skipna, v) in [
        (ReduceOp::First, true, [2.0, 3.0]),
        (ReduceOp::First, false, [NAN, 3.0]),
        (ReduceOp::Last, true, [2.0, 3.0]),
        (ReduceOp::Last, false, [2.0, NAN]),
    ] {
        let s = ReduceSpec { skipna, ..grouped(op, &[], 0, &[0, 0, 1, 1], 2) };
        for cut in [1, 2, 3] {
            let r = reduce_cut(&s, &x, 0, &[cut]).unwrap().to_vec::<f64>().unwrap();
            assert!(r.iter().zip(v).all(|(a, b)| same(*a, b)), "{s:?} cut at {cut}: {r:?}");
        }
    }
}

#[test]
fn positions_are_flat_over_several_axes() {
    let x = Block::from_vec(&[2, 2, 2], vec![5i32, 1, 7, 2, 1, 9, 9, 0]).unwrap();
    let get = |op, axes: &[usize]| reduce(&spec(op, axes), &x).unwrap().to_vec::<i64>().unwrap();
    assert_eq!(get(ReduceOp::ArgMax, &[0, 1, 2]), [5]);
    assert_eq!(get(ReduceOp::ArgMin, &[0, 2]), [1, 3]);
    assert_eq!(get(ReduceOp::ArgMax, &[1]), [1, 1, 1, 0]);
    assert_eq!(get(ReduceOp::ArgMin, &[2]), [1, 1, 0, 1]);
}

#[test]
fn sums_are_exact_where_naive_ones_are_not() {
    let mut v = vec![1e16, 1.0, -1e16];
    v.extend([0.1; 10_000]);
    let exact = 1.0 + 1000.0;
    assert!((one(&spec(ReduceOp::Sum, &[0]), &f64s(&v)) - exact).abs() < 1e-11);
    let x = f64s(&[1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0]);
    assert_eq!(one(&ReduceSpec { ddof: 1.0, ..spec(ReduceOp::Var, &[0]) }, &x), 30.0);
}

#[test]
fn state_size_is_that_of_the_blocks() {
    for (op, dtype, bytes) in [
        (ReduceOp::Sum, DType::F32, 8),
        (ReduceOp::Sum, DType::F64, 16),
        (ReduceOp::Mean, DType::F32, 16),
        (ReduceOp::Sum, DType::I8, 8),
        (ReduceOp::Var, DType::F32, 24),
        (ReduceOp::Max, DType::I16, 2),
        (ReduceOp::First, DType::F32, 12),
        (ReduceOp::Any, DType::Str, 1),
    ] {
        let s = spec(op, &[0]);
        assert_eq!(state_size(&s, dtype), bytes, "{op:?} {dtype}");
        let state = init(&s, dtype, &[10]).unwrap();
        assert_eq!(state[2..].iter().map(Block::nbytes).sum::<usize>(), 10 * bytes);
    }
}

/// Groups over several axes are groups along one, to which the axes are put together.
#[test]
fn groups_over_several_axes_are_those_along_one() {
    use ReduceOp::*;
    let (n, m, k) = (6, 5, 7);
    let x = Block::from_vec(&[n, m, k], numbers(n * m * k)).unwrap();
    for (axes, order) in [([0, 1], [0, 1, 2]), ([1, 2], [1, 2, 0]), ([0, 2], [0, 2, 1])] {
        let lens = axes.map(|a| x.shape()[a]);
        let codes: Vec<i32> = (0..lens[0] * lens[1]).map(|i| (i * i) as i32 % 5 - 1).collect();
        let other = order[2];
        let flat = x.permute(&order).contiguous().reshape(&[codes.len(), x.shape()[other]]).unwrap();
        for op in [Sum, Mean, Var, Min, Max, Count, Any, First, Last, Median] {
            for skipna in [true, false] {
                let group = Some(Groups::over(axes, lens, codes.clone(), 4));
                let s = ReduceSpec { group, skipna, ..spec(op, &[]) };
                let one = ReduceSpec { skipna, ..grouped(op, &[], 0, &codes, 4) };
                let (mut got, want) = (reduce(&s, &x).unwrap(), reduce(&one, &flat).unwrap());
                if other == 0 {
                    got = got.permute(&[1, 0]);
                }
                let values =
                    |b: &Block| crate::kernel::cast::cast(b, DType::F64).unwrap().to_vec::<f64>().unwrap();
                let (got, want) = (values(&got), values(&want));
                assert!(got.iter().zip(&want).all(|(a, b)| same(*a, *b)), "{s:?}\n{got:?}\n{want:?}");
                if op == Median {
                    continue;
                }
                for axis in axes {
                    let cut = reduce_cut(&s, &x, axis, &[1, 2, 4]).unwrap();
                    let cut = values(&if other == 0 { cut.permute(&[1, 0]) } else { cut });
                    assert!(cut.iter().zip(&want).all(|(a, b)| same(*a, *b)), "cut {axis} {s:?}");
                }
            }
        }
    }
}

/// Numbers of both signs, some missing.
fn numbers(n: usize) -> Vec<f64> {
    (0..n).map(|i| if i % 7 == 3 { NAN } else { ((i * 7919) % 1000) as f64 / 8.0 - 50.0 }).collect()
}

/// States of parts hold the groups of their part alone; put together they are what one state of all is.
#[test]
fn parts_hold_their_own_groups() {
    use ReduceOp::*;
    let (n, m) = (48, 11);
    let x = Block::from_vec(&[n, m], numbers(n * m).iter().map(|v| *v as f32).collect()).unwrap();
    // Days of a year of eight, four times, from the fifth day on.
    let codes: Vec<i32> = (0..n).map(|i| ((i / 2 + 5) % 8) as i32).collect();
    for op in [Sum, Mean, Var, Std, Min, Max, Count, Any, All, Prod] {
        for skipna in [true, false] {
            let s = ReduceSpec { skipna, ..grouped(op, &[], 0, &codes, 8) };
            let (mut all, mut parts) = (init(&s, DType::F32, &[8, m]).unwrap(), None::<State>);
            for first in (0..n).step_by(5) {
                let at = Region::new([first..n.min(first + 5), 0..m]);
                let piece = x.region(&at);
                let mut later = init(&s, DType::F32, &[8, m]).unwrap();
                push(&s, &mut later, &piece, &at).unwrap();
                merge(&s, &mut all, later).unwrap();
                let mut part = init_part(&s, DType::F32, &[8, m], 0, &at).unwrap();
                let held =
                    (first..n.min(first + 5)).map(|i| codes[i]).collect::<std::collections::HashSet<_>>();
                assert_eq!(part[2].shape(), [held.len(), m], "{op:?}");
                assert_eq!(size_of_part(&s, DType::F32, &[8, m], 0, &at), held.len() * m);
                push(&s, &mut part, &piece, &at).unwrap();
                match &mut parts {
                    None => parts = Some(part),
                    Some(parts) => merge(&s, parts, part).unwrap(),
                }
            }
            let parts = parts.unwrap();
            if op == Std {
                let mean = ReduceSpec { op: Mean, ..s.clone() };
                assert!(is_within(&mean, &s, DType::F32) && !is_within(&mean, &s, DType::F64));
                let (within, alone) = (finish_within(&s, &parts).unwrap(), whole(&mean, &x).unwrap());
                assert!(within.same_bits(&alone), "{within:?}\n{alone:?}");
            }
            let (all, parts) = (finish(&s, DType::F32, all).unwrap(), finish(&s, DType::F32, parts).unwrap());
            assert!(all.same_bits(&parts), "{op:?}\n{all:?}\n{parts:?}");
        }
    }
    // One part alone is given all groups at its end.
    let s = grouped(Max, &[], 0, &codes, 8);
    let at = Region::new([0..2, 0..m]);
    let mut part = init_part(&s, DType::F32, &[8, m], 0, &at).unwrap();
    push(&s, &mut part, &x.region(&at), &at).unwrap();
    let found = finish(&s, DType::F32, part).unwrap();
    assert_eq!(found.shape(), [8, m]);
    assert!(found.to_vec::<f32>().unwrap()[..5 * m].iter().all(|v| v.is_nan()));
}
