//! Random expressions: in chunks they give the bits that they give in memory.

use graticule::Result;
use graticule::prelude::*;
use proptest::prelude::*;
use proptest::sample::select;

use crate::check::{Check, same};
use crate::config;
use crate::samples::{DIMS, Sample, Sizes, dtypes, numbers, sample_over, sizes};

/// An expression over some leaves. What has no meaning for its operands gives the first of them.
#[derive(Debug, Clone)]
pub enum Expr {
    Leaf(usize),
    Unary(UnaryOp, Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    Plain(BinaryOp, Box<Expr>, i64),
    Where(Box<Expr>, Box<Expr>, Box<Expr>),
    FillNa(Box<Expr>, Box<Expr>),
    Cast(DType, Box<Expr>),
    Reduce(ReduceOp, &'static str, Box<Expr>),
    Slice(&'static str, Option<i64>, i64, Box<Expr>),
    Take(&'static str, Vec<usize>, Box<Expr>),
    Reverse(Box<Expr>),
    Concat(&'static str, Box<Expr>, Box<Expr>),
}

/// Reductions whose results do not depend on the order of the elements.
const EXACT: [ReduceOp; 8] = [
    ReduceOp::Min,
    ReduceOp::Max,
    ReduceOp::Count,
    ReduceOp::Any,
    ReduceOp::All,
    ReduceOp::First,
    ReduceOp::Last,
    ReduceOp::Median,
];

/// Expressions of at most five levels over this many leaves.
pub fn exprs(leaves: usize) -> impl Strategy<Value = Expr> {
    (0..leaves).prop_map(Expr::Leaf).prop_recursive(5, 32, 3, |e| {
        let one = e.clone().prop_map(Box::new);
        let (two, three) = (one.clone(), one.clone());
        let dim = || select(&DIMS[..]);
        prop_oneof![
            (select(UnaryOp::ALL), one.clone()).prop_map(|(op, a)| Expr::Unary(op, a)),
            (select(BinaryOp::ALL), one.clone(), two.clone()).prop_map(|(op, a, b)| Expr::Binary(op, a, b)),
            (select(BinaryOp::ALL), one.clone(), -3..4i64).prop_map(|(op, a, n)| Expr::Plain(op, a, n)),
            (one.clone(), two.clone(), three).prop_map(|(c, a, b)| Expr::Where(c, a, b)),
            (one.clone(), two.clone()).prop_map(|(a, b)| Expr::FillNa(a, b)),
            (dtypes(), one.clone()).prop_map(|(d, a)| Expr::Cast(d, a)),
            (select(&EXACT[..]), dim(), one.clone()).prop_map(|(op, d, a)| Expr::Reduce(op, d, a)),
            (dim(), proptest::option::of(-3..3i64), select(vec![1i64, 2, -1]), one.clone())
                .prop_map(|(d, start, step, a)| Expr::Slice(d, start, step, a)),
            (dim(), proptest::collection::vec(0..6usize, 1..4), one.clone())
                .prop_map(|(d, at, a)| Expr::Take(d, at, a)),
            one.clone().prop_map(Expr::Reverse),
            (dim(), one, two).prop_map(|(d, a, b)| Expr::Concat(d, a, b)),
        ]
    })
}

impl Expr {
    /// The value of the expression on the way in memory and on the way in chunks. Where both fail the
    /// first operand goes on.
    pub fn eval(&self, leaves: &[Sample]) -> std::result::Result<Sample, TestCaseError> {
        let on = |operands: &[&Expr], f: &dyn Fn(&[DataArray]) -> Result<DataArray>| {
            let operands: Vec<Sample> =
                operands.iter().map(|e| e.eval(leaves)).collect::<std::result::Result<_, _>>()?;
            let pick =
                |of: fn(&Sample) -> &DataArray| operands.iter().map(|s| of(s).clone()).collect::<Vec<_>>();
            let whole = f(&pick(|s| &s.whole));
            let chunked = f(&pick(|s| &s.chunked));
            match (whole, chunked) {
                (Ok(whole), Ok(chunked)) => {
                    prop_assert_eq!(
                        (whole.dtype(), whole.sizes()),
                        (chunked.dtype(), chunked.sizes()),
                        "{:?}",
                        self
                    );
                    Ok(Sample { whole, chunked })
                }
                (Err(_), _) => Ok(operands[0].clone()),
                (Ok(_), Err(e)) => Err(TestCaseError::fail(format!("only in chunks {self:?} fails: {e}"))),
            }
        };
        match self {
            Expr::Leaf(i) => Ok(leaves[*i].clone()),
            Expr::Unary(op, a) => on(&[a], &|v| v[0].unary(*op)),
            Expr::Binary(op, a, b) => on(&[a, b], &|v| v[0].binary(*op, &v[1])),
            Expr::Plain(op, a, n) => on(&[a], &|v| v[0].binary(*op, *n)),
            Expr::Where(c, a, b) => on(&[a, b, c], &|v| v[0].where_else(v[2].notnull()?, &v[1])),
            Expr::FillNa(a, b) => on(&[a, b], &|v| v[0].fillna(&v[1])),
            Expr::Cast(d, a) => on(&[a], &|v| v[0].astype(*d)),
            Expr::Reduce(op, d, a) => on(&[a], &|v| v[0].reduce_with(*op, *d, ReduceOptions::new())),
            Expr::Slice(d, start, step, a) => on(&[a], &|v| v[0].isel(d, slice(*start, None, Some(*step)))),
            Expr::Take(d, at, a) => on(&[a], &|v| {
                let n = v[0].variable().len_of(d).unwrap_or(1).max(1);
                v[0].isel(d, at.iter().map(|i| i % n).collect::<Vec<_>>())
            }),
            Expr::Reverse(a) => on(&[a], &|v| v[0].transpose(..)),
            Expr::Concat(d, a, b) => {
                on(&[a, b], &|v| concat(&[v[0].clone(), v[1].clone()], *d, &ConcatOptions::default()))
            }
        }
    }
}

/// Three arrays over all dimensions, and an expression of them.
pub fn expressions() -> impl Strategy<Value = ([Sample; 3], Expr)> {
    let leaf = |sizes: Sizes| {
        let dtype = prop_oneof![5 => numbers(), 1 => dtypes()];
        dtype.prop_flat_map(move |d| sample_over(d, sizes, Just(DIMS.to_vec())))
    };
    (sizes().prop_flat_map(move |s| [leaf(s), leaf(s), leaf(s)]), exprs(3))
}

fn in_chunks_as_in_memory(leaves: &[Sample], e: &Expr) -> Check {
    let s = e.eval(leaves)?;
    same(Ok(s.whole), Ok(s.chunked))
}

proptest! {
    #![proptest_config(config(1024))]

    #[test]
    fn chunks_change_no_bit_of_an_expression((leaves, e) in expressions()) {
        in_chunks_as_in_memory(&leaves, &e)?;
    }
}
