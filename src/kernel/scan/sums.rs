//! Running sums and products.
//!
//! As in reductions, `f64` and complex sums carry what every addition lost, `f32` is summed in `f64`, and
//! integers wrap as numpy's do. So the last running sum is the sum, and where chunks are cut hardly matters.

use std::marker::PhantomData;

use super::groups::{GroupChunks, Rows, Run};
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

    /// The `from`-th of `inner` states each of others in place of the `to`-th here.
    fn copy(&mut self, to: usize, other: &States<A>, from: usize, inner: usize) {
        self.total[to * inner..][..inner].copy_from_slice(&other.total[from * inner..][..inner]);
        self.lost[to * inner..][..inner].copy_from_slice(&other.lost[from * inner..][..inner]);
    }

    /// The same within these states.
    fn copy_within(&mut self, to: usize, from: usize, inner: usize) {
        self.total.copy_within(from * inner..(from + 1) * inner, to * inner);
        self.lost.copy_within(from * inner..(from + 1) * inner, to * inner);
    }

    /// Joins the `from`-th of `inner` later states each to the `to`-th here.
    fn join<R: Rule<Acc = A>>(&mut self, to: usize, later: &States<A>, from: usize, inner: usize) {
        let (to, from) = (to * inner..(to + 1) * inner, from * inner..(from + 1) * inner);
        let own = self.total[to.clone()].iter_mut().zip(&mut self.lost[to]);
        let later = later.total[from.clone()].iter().zip(&later.lost[from]);
        for ((total, lost), (more, also)) in own.zip(later) {
            (*total, *lost) = R::join((*total, *lost), (*more, *also));
        }
    }

    fn into_block<R: Rule<Acc = A>>(self) -> Result<Block> {
        let mut parts = self.total;
        if R::PARTS == 2 {
            parts.extend(self.lost);
        }
        Block::from_vec(&[parts.len()], parts)
    }
}

/// Takes in all elements; notes the running value at each where `out` has room, and leaves out what nobody asks
/// for else. Tells whether all fit.
///
/// States lie like elements, with those that rows add to in place of the rows.
fn walk<R: Rule, const NOTE: bool>(
    x: &[R::In],
    lay: Lay,
    rows: Rows<'_>,
    states: &mut States<R::Acc>,
    out: &mut [R::Out],
) -> bool {
    let Lay { n, inner, .. } = lay;
    let mut fits = true;
    let runs = || rows.runs(n).filter(|run| NOTE || run.kept);
    if inner == 1 {
        let whole = lay.outer / SIDE * SIDE;
        let (mut at, mut width) = (0, SIDE);
        while at < lay.outer {
            if at == whole {
                width = 1;
            }
            let lanes = at * n..(at + width) * n;
            let to = if NOTE { &mut out[lanes.clone()] } else { &mut [][..] };
            let of = at * rows.count..(at + width) * rows.count;
            let (total, lost) = (&mut states.total[of.clone()], &mut states.lost[of]);
            for run in runs() {
                fits &= match width {
                    1 => side_by_side::<R, 1, NOTE>(&x[lanes.clone()], n, run, total, lost, to),
                    _ => side_by_side::<R, SIDE, NOTE>(&x[lanes.clone()], n, run, total, lost, to),
                };
            }
            at += width;
        }
        return fits;
    }
    for o in 0..lay.outer {
        for start in (0..inner).step_by(TILE) {
            let width = TILE.min(inner - start);
            for run in runs() {
                let of = (o * rows.count + run.slot) * inner + start;
                let total = &mut states.total[of..][..width];
                let lost = &mut states.lost[of..][..width];
                if run.fresh {
                    total.fill(R::START.0);
                    lost.fill(R::START.1);
                }
                for i in run.rows {
                    let row = (o * n + i) * inner + start;
                    let x = &x[row..][..width];
                    if NOTE {
                        let out = &mut out[row..][..width];
                        for (((to, x), total), lost) in out.iter_mut().zip(x).zip(&mut *total).zip(&mut *lost)
                        {
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
    }
    fits
}

/// The rows of a run in `L` lanes of `n` elements, each contiguous. Tells whether all values fit.
fn side_by_side<R: Rule, const L: usize, const NOTE: bool>(
    x: &[R::In],
    n: usize,
    run: Run,
    total: &mut [R::Acc],
    lost: &mut [R::Acc],
    out: &mut [R::Out],
) -> bool {
    let mut fits = true;
    let slots = total.len() / L;
    let lanes: [&[R::In]; L] = std::array::from_fn(|l| &x[l * n..][run.rows.clone()]);
    let mut state: [_; L] = std::array::from_fn(|l| match run.fresh {
        true => R::START,
        false => (total[l * slots + run.slot], lost[l * slots + run.slot]),
    });
    let mut rest = out;
    let outs: [&mut [R::Out]; L] = std::array::from_fn(|_| {
        let (one, later) = std::mem::take(&mut rest).split_at_mut(if NOTE { n } else { 0 });
        rest = later;
        if NOTE { &mut one[run.rows.clone()] } else { one }
    });
    for i in 0..run.rows.len() {
        for l in 0..L {
            state[l] = R::step(state[l], lanes[l][i]);
            if NOTE {
                outs[l][i] = R::value(state[l]);
                fits &= R::fits(state[l]);
            }
        }
    }
    for l in 0..L {
        (total[l * slots + run.slot], lost[l * slots + run.slot]) = state[l];
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
pub(super) fn total(spec: &ScanSpec, piece: &Block, lay: Lay, rows: Rows<'_>) -> Result<Block> {
    struct Total<'a>(&'a Block, Lay, Rows<'a>);
    impl Visit for Total<'_> {
        type Done = Block;
        fn visit<R: Rule>(self) -> Result<Block> {
            let Total(piece, lay, rows) = self;
            let mut states = States::new::<R>(lay.lanes() * rows.count);
            walk::<R, false>(elements(piece)?, lay, rows, &mut states, &mut []);
            let mut kept = States::new::<R>(lay.lanes() * rows.kept.len());
            for o in 0..lay.outer {
                for (i, slot) in rows.kept.iter().enumerate() {
                    let to = o * rows.kept.len() + i;
                    kept.copy(to, &states, o * rows.count + *slot as usize, lay.inner);
                }
            }
            kept.into_block::<R>()
        }
    }
    dispatch(spec, piece.dtype(), Total(piece, lay, rows))
}

/// What comes before each chunk for the groups that are open in it, from what the chunks come to.
pub(super) fn before_groups(
    spec: &ScanSpec,
    input: DType,
    totals: &[Block],
    groups: &GroupChunks,
    lay: Lay,
) -> Result<Block> {
    struct Before<'a>(&'a [Block], &'a GroupChunks, Lay);
    impl Visit for Before<'_> {
        type Done = Block;
        fn visit<R: Rule>(self) -> Result<Block> {
            let Before(totals, groups, lay) = self;
            let totals: Vec<_> = totals
                .iter()
                .map(|t| States::from_block::<R>(&t.clone().contiguous()))
                .collect::<Result<_>>()?;
            let mut out = States::new::<R>(lay.lanes() * lay.n);
            let mut at = 0;
            for chunk in 0..groups.count() {
                for (last, kept, open) in groups.sources(chunk) {
                    let total = &totals[last];
                    let many = total.total.len() / lay.lanes().max(1);
                    for o in 0..lay.outer {
                        let to = o * lay.n + at;
                        if let Some(open) = open {
                            out.copy_within(to, o * lay.n + open, lay.inner);
                        }
                        out.join::<R>(to, total, o * many + kept, lay.inner);
                    }
                    at += 1;
                }
            }
            out.into_block::<R>()
        }
    }
    dispatch(spec, input, Before(totals, groups, lay))
}

/// Running values after those of later input.
pub(super) fn join(spec: &ScanSpec, input: DType, earlier: Block, later: &Block) -> Result<Block> {
    struct Join<'a>(Block, &'a Block);
    impl Visit for Join<'_> {
        type Done = Block;
        fn visit<R: Rule>(self) -> Result<Block> {
            let mut a = States::from_block::<R>(&self.0)?;
            let b = States::from_block::<R>(self.1)?;
            let lanes = a.total.len();
            a.join::<R>(0, &b, 0, lanes);
            a.into_block::<R>()
        }
    }
    dispatch(spec, input, Join(earlier, later))
}

/// The running value at every element.
pub(super) fn scan(
    spec: &ScanSpec,
    piece: &Block,
    lay: Lay,
    rows: Rows<'_>,
    before: Option<&Block>,
) -> Result<Block> {
    struct Scan<'a>(&'a Block, Lay, Rows<'a>, Option<&'a Block>);
    impl Visit for Scan<'_> {
        type Done = Block;
        fn visit<R: Rule>(self) -> Result<Block> {
            let Scan(piece, lay, rows, before) = self;
            let x = elements(piece)?;
            let mut states = States::new::<R>(lay.lanes() * rows.count);
            if let Some(before) = before {
                let before = States::from_block::<R>(before)?;
                for o in 0..lay.outer {
                    for slot in 0..rows.open {
                        states.copy(o * rows.count + slot, &before, o * rows.open + slot, lay.inner);
                    }
                }
            }
            let mut out = vec![R::Out::default(); x.len()];
            if !walk::<R, true>(x, lay, rows, &mut states, &mut out) {
                return Err(Error::invalid(format!(
                    "a running sum does not fit into 64 bits of {}",
                    piece.dtype()
                ))
                .help("cast the timedeltas to a coarser unit first"));
            }
            Block::from_vec(&[out.len()], out)
        }
    }
    dispatch(spec, piece.dtype(), Scan(piece, lay, rows, before))
}

fn elements<T: Element>(block: &Block) -> Result<&[T]> {
    block.as_slice::<T>().ok_or_else(|| Error::internal("a scan needs contiguous elements of its dtype"))
}
