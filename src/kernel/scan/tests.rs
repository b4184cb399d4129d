use super::*;
use crate::array::Slice;
use crate::dtype::Text;

fn spec(op: ScanOp, axis: usize) -> ScanSpec {
    ScanSpec { op, axis, skipna: true }
}

/// Scans `block` cut at `cuts` along the axis, piece by piece.
fn in_pieces(spec: &ScanSpec, block: &Block, cuts: &[usize]) -> Vec<Block> {
    let mut bounds = vec![0];
    bounds.extend_from_slice(cuts);
    bounds.push(block.shape()[spec.axis]);
    let pieces: Vec<Block> = (bounds.windows(2))
        .map(|w| {
            let mut slices: Vec<Slice> = block.shape().iter().map(|&n| Slice::all(n)).collect();
            slices[spec.axis] = Slice::range(w[0]..w[1]);
            block.slice(&slices)
        })
        .collect();
    let totals: Vec<Block> = pieces.iter().map(|p| total(spec, p).unwrap()).collect();
    let carries = before(spec, block.dtype(), &totals).unwrap();
    (pieces.iter().enumerate())
        .map(|(i, p)| {
            let mut at = crate::array::Region::full(carries.shape());
            at.set(spec.axis + 1, i..i + 1);
            scan(spec, p, Some(&carries.region(&at))).unwrap()
        })
        .collect()
}

#[test]
fn pieces_run_on_where_the_last_one_ended() {
    let values: Vec<f64> = (0..60).map(|i| if i % 7 == 3 { f64::NAN } else { 0.1 * i as f64 }).collect();
    for op in [ScanOp::Sum, ScanOp::Fill { limit: None }] {
        for axis in 0..3 {
            let x = Block::from_vec(&[5, 3, 4], values.clone()).unwrap();
            let whole = scan(&spec(op, axis), &x, None).unwrap();
            let mut start = 0;
            for piece in in_pieces(&spec(op, axis), &x, &[1, 2]) {
                let mut at = crate::array::Region::full(x.shape());
                at.set(axis, start..start + piece.shape()[axis]);
                start += piece.shape()[axis];
                assert!(piece.same_bits(&whole.region(&at)), "{op:?} along {axis}");
            }
        }
    }
}

#[test]
fn sums_keep_what_rounding_lost() {
    let x = Block::from_vec(&[4], vec![1e16, 1.0, 1.0, -1e16]).unwrap();
    assert_eq!(scan(&spec(ScanOp::Sum, 0), &x, None).unwrap().to_vec::<f64>().unwrap()[3], 2.0);
    let x = Block::from_vec(&[3], vec![f64::INFINITY, 1.0, -1.0]).unwrap();
    let sums = scan(&spec(ScanOp::Sum, 0), &x, None).unwrap().to_vec::<f64>().unwrap();
    assert_eq!(sums, [f64::INFINITY; 3]);
}

#[test]
fn small_integers_widen_and_lanes_do_not_mix() {
    let x = Block::from_vec(&[5, 2], vec![100_i8; 10]).unwrap();
    let sums = scan(&spec(ScanOp::Sum, 1), &x, None).unwrap().to_vec::<i64>().unwrap();
    assert_eq!(sums, [100, 200].repeat(5));
    let x = Block::from_vec(&[2, 2], vec![true, false, true, true]).unwrap();
    let products = scan(&spec(ScanOp::Prod, 0), &x, None).unwrap().to_vec::<i64>().unwrap();
    assert_eq!(products, [1, 0, 1, 0]);
}

#[test]
fn a_limit_counts_from_the_last_valid_element() {
    let t = |s: &str| if s.is_empty() { Text::MISSING } else { s.into() };
    let x = Block::from_vec(&[5], ["", "a", "", "", "b"].map(t).to_vec()).unwrap();
    let filled = |limit| scan(&spec(ScanOp::Fill { limit }, 0), &x, None).unwrap().to_vec::<Text>().unwrap();
    assert_eq!(filled(Some(1)), ["", "a", "a", "", "b"].map(t));
    assert_eq!(filled(None), ["", "a", "a", "a", "b"].map(t));
}

#[test]
fn running_sums_of_ticks_that_leave_64_bits_are_errors() {
    use crate::dtype::{DType, NAT, TimeUnit};
    let spans = |v: &[i64]| {
        let block = Block::from_vec(&[v.len()], v.to_vec()).unwrap();
        block.retype(DType::Timedelta { unit: TimeUnit::S })
    };
    let sum = spec(ScanOp::Sum, 0);
    assert!(scan(&sum, &spans(&[i64::MAX, 1]), None).unwrap_err().to_string().contains("timedelta64[s]"));
    // A piece alone may leave them, if what it starts from brings it back.
    let x = spans(&[-10, i64::MAX, 5, -1]);
    let pieces = in_pieces(&sum, &x, &[1]);
    let whole = scan(&sum, &x, None).unwrap().to_vec::<i64>().unwrap();
    assert_eq!(pieces[1].to_vec::<i64>().unwrap(), whole[1..]);
    assert_eq!(whole[2], i64::MAX - 5);
    let missing = scan(&sum, &spans(&[1, NAT, i64::MAX, i64::MAX]), None).unwrap();
    assert_eq!(missing.to_vec::<i64>().unwrap(), [1, NAT, NAT, NAT]);
    assert_eq!(in_pieces(&sum, &spans(&[1, NAT, 2]), &[2])[1].to_vec::<i64>().unwrap(), [NAT]);
}
