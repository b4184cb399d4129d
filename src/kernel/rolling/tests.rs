use super::*;
use crate::kernel::cast::cast;
use crate::kernel::reduce::whole;

fn spec(op: ReduceOp, axes: Vec<(usize, Spans)>, min_periods: usize) -> RollSpec {
    RollSpec { op: op.into(), ddof: 0.0, min_periods, axes }
}

fn irregular(shape: &[usize], dtype: DType) -> Block {
    let n = shape.iter().product::<usize>();
    let values = (0..n).map(|i| match i % 7 {
        3 if dtype.is_float() => f64::NAN,
        _ => (((i * 7919) % 1009) as f64 / 7.0 - 50.0).round(),
    });
    let block = Block::from_vec(shape, values.collect()).unwrap();
    if dtype.is_time() {
        cast(&block, DType::I64).unwrap().retype(dtype)
    } else {
        cast(&block, dtype).unwrap()
    }
}

/// Window by window, as one would do it by hand: integers as the floats that come out, whose sums do not wrap.
fn naive(spec: &RollSpec, block: &Block) -> Block {
    let input = block.dtype();
    let dtype = spec.result_dtype(input).unwrap();
    let RollOp::Reduce(op) = spec.op else { panic!("{:?} is no reduction", spec.op) };
    let ordered = spec.op.is_ordered();
    let wide = if !ordered && (input.is_integer() || input.is_bool()) { DType::F64 } else { input };
    let block = &cast(block, wide).unwrap();
    let mut shape = block.shape().to_vec();
    spec.axes.iter().for_each(|(axis, spans)| shape[*axis] = spans.count());
    let mut all = Block::full(&shape, &crate::dtype::promote::missing_value(dtype));
    for i in 0..shape.iter().product() {
        let mut at = crate::array::ChunkGrid::regular(&shape, &vec![1; shape.len()]).region(i);
        let one = at.clone();
        spec.axes.iter().for_each(|(axis, spans)| at.set(*axis, spans.span(one.axis(*axis).start)));
        let window = block.region(&at);
        let window = window.reshape(&[at.size()]).unwrap();
        let reduce = |op| ReduceSpec { axes: vec![0], ..spec.reduce(op) };
        let count = whole(&reduce(ReduceOp::Count), &window).unwrap().to_vec::<i64>().unwrap()[0];
        if count < spec.min_periods as i64 || count == 0 {
            continue;
        }
        let mut value = cast(&whole(&reduce(op), &window).unwrap(), dtype).unwrap();
        if matches!(op, ReduceOp::ArgMin | ReduceOp::ArgMax) {
            let (axis, spans) = &spec.axes[0];
            let i = one.axis(*axis).start;
            let skipped = spans.span(i).start as i64 - spans.begin(i);
            value = Block::scalar(value.to_vec::<f64>().unwrap()[0] + skipped as f64);
        }
        all.assign(&one, &value.reshape(&vec![1; shape.len()]).unwrap());
    }
    all
}

fn same(a: &Block, b: &Block, what: &str) {
    assert_eq!((a.dtype(), a.shape()), (b.dtype(), b.shape()), "{what}");
    let plain = |x: &Block| match x.dtype().is_time() {
        true => x.to_vec::<i64>().unwrap().into_iter().map(|v| v as f64).collect(),
        false => cast(x, DType::F64).unwrap().to_vec::<f64>().unwrap(),
    };
    let (tolerance, a, b) = (if a.dtype() == DType::F32 { 1e-6 } else { 1e-12 }, plain(a), plain(b));
    for (i, (x, y)) in a.iter().zip(&b).enumerate() {
        let close = (x - y).abs() <= tolerance * y.abs().max(1e-3) || x.is_nan() && y.is_nan();
        assert!(close, "{what}: {x} instead of {y} at {i}");
    }
}

const OPS: [ReduceOp; 11] = {
    use ReduceOp::*;
    [Sum, Prod, Mean, Var, Std, Min, Max, Count, Median, ArgMin, ArgMax]
};

/// Axis, positions, centre, stride.
type Window = (usize, usize, bool, usize);

#[test]
fn windows_are_what_they_are_one_by_one_whatever_the_pieces() {
    let cases: [(&[usize], &[Window]); 10] = [
        (&[30], &[(0, 4, false, 1)]),
        (&[30], &[(0, 5, true, 3)]),
        (&[3], &[(0, 9, true, 1)]),
        (&[20, 19], &[(0, 6, false, 1)]),
        (&[19, 20], &[(1, 3, true, 1)]),
        (&[3, 11, 2], &[(1, 4, false, 2)]),
        (&[9, 21], &[(0, 3, false, 1), (1, 2, true, 1)]),
        (&[5, 6, 17], &[(0, 2, false, 1), (1, 3, true, 2), (2, 4, true, 1)]),
        (&[4, 7, 5], &[(0, 9, false, 1), (2, 2, false, 3)]),
        (&[6, 1], &[(0, 2, false, 7)]),
    ];
    let dtypes = [
        DType::F64,
        DType::F32,
        DType::I16,
        DType::U64,
        DType::Timedelta { unit: crate::dtype::TimeUnit::Ns },
    ];
    for (shape, axes) in cases {
        for dtype in dtypes {
            let block = irregular(shape, dtype);
            for op in OPS {
                let periods: &[usize] = if dtype == DType::F64 { &[1, 3] } else { &[2] };
                for &min_periods in periods {
                    let axes: Vec<_> =
                        axes.iter().map(|&(a, w, c, s)| (a, Spans::fixed(shape[a], w, c, s))).collect();
                    let spec = spec(op, axes, min_periods);
                    let Ok(_) = spec.result_dtype(dtype) else { continue };
                    if op == ReduceOp::Prod
                        && spec.axes.iter().map(|(_, s)| s.widest()).product::<usize>() > 9
                    {
                        continue;
                    }
                    let what = format!("{op:?} of {dtype} {shape:?} {:?}", spec.axes);
                    let out: Vec<usize> = (0..shape.len())
                        .map(|a| spec.axes.iter().find(|x| x.0 == a).map_or(shape[a], |x| x.1.count()))
                        .collect();
                    let whole = roll(&spec, &block, &Region::full(shape), &Region::full(&out)).unwrap();
                    same(&whole, &naive(&spec, &block), &what);
                    for chunk in [1, 7] {
                        let grid = crate::array::ChunkGrid::regular(&out, &vec![chunk; out.len()]);
                        for i in 0..grid.count() {
                            let part = grid.region(i);
                            let at = spec.reach(&part);
                            let some = roll(&spec, &block.region(&at), &at, &part).unwrap();
                            assert!(some.same_bits(&whole.region(&part)), "{what} in chunks of {chunk}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn infinities_leave_with_their_windows() {
    let block = Block::from_vec(&[6], vec![1.0, f64::INFINITY, 2.0, 1e300, 4.0, 5.0]).unwrap();
    let spec = spec(ReduceOp::Sum, vec![(0, Spans::fixed(6, 2, false, 1))], 2);
    let sums =
        roll(&spec, &block, &Region::full(&[6]), &Region::full(&[6])).unwrap().to_vec::<f64>().unwrap();
    assert_eq!(sums[1..], [f64::INFINITY, f64::INFINITY, 1e300, 1e300, 9.0]);
}
