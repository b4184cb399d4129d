//! Running sums and products.
//!
//! As in reductions, `f64` and complex sums carry what every addition lost, `f32` is summed in `f64`, and
//! integers wrap as numpy's do. So the last running sum is the sum, and where chunks are cut hardly matters.

use std::marker::PhantomData;

use super::{Lay, ScanOp, ScanSpec};
use crate::array::Block;
use crate::dtype::dispatch::with_number;
use crate::dtype::{DType, Element, NAT};
use crate::error::{Error, Result};
use crate::kernel::cast::CastFrom;
use crate::kernel::reduce::{Nan, Never, Policy, Wide, Widen, two_sum};

/// Plain addition.
const PLAIN: u8 = 0;
/// Addition that keeps what rounding lost.
const EXACT: u8 = 1;
/// Multiplication.
const TIMES: u8 = 2;

/// Lanes whose running values stay in the first-level cache.
const TILE: usize = 512;

/// Lanes along the last axis that run side by side, so that one addition need not wait for the last.
const SIDE: usize = 4;

/// How a running value takes in elements: two numbers, of which the second is what the first lost.
trait Rule {
    type In: Element + Copy;
    type Acc: Element + Copy;
    type Out: Element + Copy;
    /// How many of the two numbers count.
    const PARTS: usize;
    const START: (Self::Acc, Self::Acc);
    fn step(state: (Self::Acc, Self::Acc), x: Self::In) -> (Self::Acc, Self::Acc);
    fn join(a: (Self::Acc, Self::Acc), b: (Self::Acc, Self::Acc)) -> (Self::Acc, Self::Acc);
    fn value(state: (Self::Acc, Self::Acc)) -> Self::Out;
    /// Whether the value is one that the dtype can hold.
    #[inline(always)]
    fn fits(_state: (Self::Acc, Self::Acc)) -> bool {
        true
    }
}

/// Sums (or products) of `T` in `A`, leaving out what `M` calls missing.
struct Running<T, A, R, M, const HOW: u8>(PhantomData<(T, A, R, M)>);

impl<T, A, R, M, const HOW: u8> Rule for Running<T, A, R, M, HOW>
where
    T: Widen<A>,
    A: Wide,
    R: Element + Copy + CastFrom<A>,
    M: Policy<T>,
{
    type In = T;
    type Acc = A;
    type Out = R;
    const PARTS: usize = if HOW == EXACT { 2 } else { 1 };
    const START: (A, A) = (if HOW == TIMES { A::ONE } else { A::ZERO }, A::ZERO);

    #[inline(always)]
    fn step((total, lost): (A, A), x: T) -> (A, A) {
        let x = if M::missing(x) { Self::START.0 } else { x.widen() };
        Self::join((total, lost), (x, A::ZERO))
    }

    #[inline(always)]
    fn join(a: (A, A), b: (A, A)) -> (A, A) {
        match HOW {
            PLAIN => (a.0.plus(b.0), a.1),
            EXACT => {
                let (sum, lost) = two_sum(a.0, b.0);
                (sum, a.1.plus(b.1).plus(lost))
            }
            _ => (a.0.times(b.0), a.1),
        }
    }

    #[inline(always)]
    fn value((total, lost): (A, A)) -> R {
        // What an infinite sum lost is no number.
        R::cast_from(&if HOW == EXACT { total.plus(lost).or(total) } else { total })
    }
}

/// Sums of ticks in 128 bits (the lower half, then the upper one), NaT from the first NaT on.
struct Ticks;

impl Ticks {
    /// The upper half of what NaT came into. Sums never reach it.
    const MISSING: i64 = i64::MIN;

    #[inline(always)]
    fn wide((low, high): (i64, i64)) -> i128 {
        i128::from(high) << 64 | i128::from(low as u64)
    }
}

impl Rule for Ticks {
    type In = i64;
    type Acc = i64;
    type Out = i64;
    const PARTS: usize = 2;
    const START: (i64, i64) = (0, 0);

    #[inline(always)]
    fn step(state: (i64, i64), x: i64) -> (i64, i64) {
        Self::join(state, (x, if x == NAT { Ticks::MISSING } else { x >> 63 }))
    }

    #[inline(always)]
    fn join(a: (i64, i64), b: (i64, i64)) -> (i64, i64) {
        let sum = Ticks::wide(a).wrapping_add(Ticks::wide(b));
        let missing = a.1 == Ticks::MISSING || b.1 == Ticks::MISSING;
        (sum as i64, if missing { Ticks::MISSING } else { (sum >> 64) as i64 })
    }

    #[inline(always)]
    fn value(state: (i64, i64)) -> i64 {
        if state.1 == Ticks::MISSING { NAT } else { state.0 }
    }

    #[inline(always)]
    fn fits((low, high): (i64, i64)) -> bool {
        high == Ticks::MISSING || high == low >> 63 && low != NAT
    }
}

/// Running values of all lanes: the first numbers, then the second ones.
struct States<A> {
    total: Vec<A>,
    lost: Vec<A>,
}

impl<A: Element + Copy> States<A> {
    fn new<R: Rule<Acc = A>>(lanes: usize) -> Self {
        States { total: vec![R::START.0; lanes], lost: vec![R::START.1; lanes] }
    }

    fn from_block<R: Rule<Acc = A>>(block: &Block) -> Result<Self> {
        let parts = block.to_vec::<A>()?;
        let lanes = parts.len() / R::PARTS;
        let mut states = States::new::<R>(lanes);
        states.total.copy_from_slice(&parts[..lanes]);
        if R::PARTS == 2 {
            states.lost.copy_from_slice(&parts[lanes..]);
        }
        Ok(states)
    }

    fn into_block<R: Rule<Acc = A>>(self) -> Result<Block> {
        let mut parts = self.total;
        if R::PARTS == 2 {
            parts.extend(self.lost);
        }
        Block::from_vec(&[parts.len()], parts)
    }
}

/// Takes in all elements; notes the running value at each where `out` has room. Tells whether all fit.
fn walk<R: Rule, const NOTE: bool>(
    x: &[R::In],
    lay: Lay,
    states: &mut States<R::Acc>,
    out: &mut [R::Out],
) -> bool {
    let Lay { n, inner, .. } = lay;
    let mut fits = true;
    if n == 0 {
        return fits;
    }
    if inner == 1 {
        let whole = lay.outer / SIDE * SIDE;
        let (mut at, mut width) = (0, SIDE);
        while at < lay.outer {
            if at == whole {
                width = 1;
            }
            let lanes = at * n..(at + width) * n;
            let to = if NOTE { &mut out[lanes.clone()] } else { &mut [][..] };
            let (total, lost) = (&mut states.total[at..at + width], &mut states.lost[at..at + width]);
            fits &= match width {
                1 => side_by_side::<R, 1, NOTE>(&x[lanes], n, total, lost, to),
                _ => side_by_side::<R, SIDE, NOTE>(&x[lanes], n, total, lost, to),
            };
            at += width;
        }
        return fits;
    }
    for o in 0..lay.outer {
        for start in (0..inner).step_by(TILE) {
            let width = TILE.min(inner - start);
            let total = &mut states.total[o * inner + start..][..width];
            let lost = &mut states.lost[o * inner + start..][..width];
            for i in 0..n {
                let row = (o * n + i) * inner + start;
                let x = &x[row..][..width];
                if NOTE {
                    let out = &mut out[row..][..width];
                    for (((to, x), total), lost) in out.iter_mut().zip(x).zip(&mut *total).zip(&mut *lost) {
                        (*total, *lost) = R::step((*total, *lost), *x);
                        *to = R::value((*total, *lost));
                        fits &= R::fits((*total, *lost));
                    }
                } else {
                    for ((x, total), lost) in x.iter().zip(&mut *total).zip(&mut *lost) {
                        (*total, *lost) = R::step((*total, *lost), *x);
                    }
                }
            }
        }
    }
    fits
}

/// `L` lanes of `n` elements, each contiguous. Tells whether all values fit.
fn side_by_side<R: Rule, const L: usize, const NOTE: bool>(
    x: &[R::In],
    n: usize,
    total: &mut [R::Acc],
    lost: &mut [R::Acc],
    out: &mut [R::Out],
) -> bool {
    let mut fits = true;
    let lanes: [&[R::In]; L] = std::array::from_fn(|l| &x[l * n..][..n]);
    let mut state: [_; L] = std::array::from_fn(|l| (total[l], lost[l]));
    let mut rest = out;
    let outs: [&mut [R::Out]; L] = std::array::from_fn(|_| {
        let (one, later) = std::mem::take(&mut rest).split_at_mut(if NOTE { n } else { 0 });
        rest = later;
        one
    });
    for i in 0..n {
        for l in 0..L {
            state[l] = R::step(state[l], lanes[l][i]);
            if NOTE {
                outs[l][i] = R::value(state[l]);
                fits &= R::fits(state[l]);
            }
        }
    }
    for l in 0..L {
        (total[l], lost[l]) = state[l];
    }
    fits
}

/// Something to do with a rule.
trait Visit {
    type Done;
    fn visit<R: Rule>(self) -> Result<Self::Done>;
}

/// The rules for an element type.
trait Summed: Element + Copy {
    fn rule<V: Visit>(spec: &ScanSpec, v: V) -> Result<V::Done>;
}

macro_rules! integers {
    ($($T:ty => $A:ty),*) => {$(
        impl Summed for $T {
            fn rule<V: Visit>(spec: &ScanSpec, v: V) -> Result<V::Done> {
                match spec.op {
                    ScanOp::Prod => v.visit::<Running<$T, $A, $A, Never, TIMES>>(),
                    _ => v.visit::<Running<$T, $A, $A, Never, PLAIN>>(),
                }
            }
        }
    )*};
}
integers!(bool => i64, i8 => i64, i16 => i64, i32 => i64, i64 => i64, u8 => u64, u16 => u64, u32 => u64, u64 => u64);

macro_rules! floats {
    ($($T:ty => $A:ty, $how:expr);*) => {$(
        impl Summed for $T {
            fn rule<V: Visit>(spec: &ScanSpec, v: V) -> Result<V::Done> {
                match (spec.op, spec.skipna) {
                    (ScanOp::Prod, false) => v.visit::<Running<$T, $A, $T, Never, TIMES>>(),
                    (ScanOp::Prod, true) => v.visit::<Running<$T, $A, $T, Nan, TIMES>>(),
                    (_, false) => v.visit::<Running<$T, $A, $T, Never, { $how }>>(),
                    (_, true) => v.visit::<Running<$T, $A, $T, Nan, { $how }>>(),
                }
            }
        }
    )*};
}
floats!(
    f32 => f64, PLAIN; f64 => f64, EXACT;
    num_complex::Complex<f32> => num_complex::Complex<f64>, EXACT;
    num_complex::Complex<f64> => num_complex::Complex<f64>, EXACT
);

fn dispatch<V: Visit>(spec: &ScanSpec, input: DType, v: V) -> Result<V::Done> {
    spec.result_dtype(input)?;
    if input.is_timedelta() {
        return v.visit::<Ticks>();
    }
    with_number!(input.kind(), T => <T as Summed>::rule(spec, v), else match input {
        DType::Bool => bool::rule(spec, v),
        _ => Err(Error::internal(format!("{input} has no running sum"))),
    })
}

/// Running values before any input; `size` counts their parts.
pub(super) fn start(spec: &ScanSpec, input: DType, size: usize) -> Result<Block> {
    struct Start(usize);
    impl Visit for Start {
        type Done = Block;
        fn visit<R: Rule>(self) -> Result<Block> {
            States::new::<R>(self.0 / R::PARTS).into_block::<R>()
        }
    }
    dispatch(spec, input, Start(size))
}

/// What a piece comes to.
pub(super) fn total(spec: &ScanSpec, piece: &Block, lay: Lay) -> Result<Block> {
    struct Total<'a>(&'a Block, Lay);
    impl Visit for Total<'_> {
        type Done = Block;
        fn visit<R: Rule>(self) -> Result<Block> {
            let mut states = States::new::<R>(self.1.lanes());
            walk::<R, false>(elements(self.0)?, self.1, &mut states, &mut []);
            states.into_block::<R>()
        }
    }
    dispatch(spec, piece.dtype(), Total(piece, lay))
}

/// Running values after those of later input.
pub(super) fn join(spec: &ScanSpec, input: DType, earlier: Block, later: &Block) -> Result<Block> {
    struct Join<'a>(Block, &'a Block);
    impl Visit for Join<'_> {
        type Done = Block;
        fn visit<R: Rule>(self) -> Result<Block> {
            let mut a = States::from_block::<R>(&self.0)?;
            let b = States::from_block::<R>(self.1)?;
            for (i, (total, lost)) in a.total.iter_mut().zip(&mut a.lost).enumerate() {
                (*total, *lost) = R::join((*total, *lost), (b.total[i], b.lost[i]));
            }
            a.into_block::<R>()
        }
    }
    dispatch(spec, input, Join(earlier, later))
}

/// The running value at every element.
pub(super) fn scan(spec: &ScanSpec, piece: &Block, lay: Lay, before: Option<&Block>) -> Result<Block> {
    struct Scan<'a>(&'a Block, Lay, Option<&'a Block>);
    impl Visit for Scan<'_> {
        type Done = Block;
        fn visit<R: Rule>(self) -> Result<Block> {
            let x = elements(self.0)?;
            let mut states = match self.2 {
                Some(before) => States::from_block::<R>(before)?,
                None => States::new::<R>(self.1.lanes()),
            };
            let mut out = vec![R::Out::default(); x.len()];
            if !walk::<R, true>(x, self.1, &mut states, &mut out) {
                return Err(Error::invalid(format!(
                    "a running sum does not fit into 64 bits of {}",
                    self.0.dtype()
                ))
                .help("cast the timedeltas to a coarser unit first"));
            }
            Block::from_vec(&[out.len()], out)
        }
    }
    dispatch(spec, piece.dtype(), Scan(piece, lay, before))
}

fn elements<T: Element>(block: &Block) -> Result<&[T]> {
    block.as_slice::<T>().ok_or_else(|| Error::internal("a scan needs contiguous elements of its dtype"))
}
