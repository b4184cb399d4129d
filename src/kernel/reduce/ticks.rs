//! Sums and means of times, in 128 bits.

use std::ops::Range;

use super::lanes::{Nat, Partial, Policy, Store, flat_block, next_vec};
use super::{Finish, ReduceOp};
use crate::array::Block;
use crate::dtype::NAT;
use crate::error::{Error, Result};

/// Sums of ticks in 128 bits, with how many are valid: for means, and sums that NaT may poison.
#[derive(Clone, Copy)]
pub(super) struct Ticks<const L: usize> {
    sum: [i128; L],
    valid: [u32; L],
}

impl<const L: usize> Partial<i64, L> for Ticks<L> {
    type One = Ticks<1>;
    type Store = TickSums;

    const EMPTY: Self = Ticks { sum: [0; L], valid: [0; L] };

    fn block<'a>(&mut self, rows: impl Iterator<Item = &'a [i64; L]> + Clone) {
        for row in rows {
            for (l, x) in row.iter().enumerate() {
                let missing = Nat::missing(*x);
                self.sum[l] += if missing { 0 } else { i128::from(*x) };
                self.valid[l] += u32::from(!missing);
            }
        }
    }

    fn lane(&self, lane: usize) -> Ticks<1> {
        Ticks { sum: [self.sum[lane]], valid: [self.valid[lane]] }
    }

    fn join(&mut self, later: &Self) {
        for l in 0..L {
            self.sum[l] += later.sum[l];
            self.valid[l] += later.valid[l];
        }
    }

    #[inline(always)]
    fn flush(&self, store: &mut TickSums, at: usize) {
        for l in 0..L {
            store.add(at + l, self.sum[l], i64::from(self.valid[l]));
        }
    }

    fn load(store: &TickSums, at: usize) -> Self {
        Ticks {
            sum: std::array::from_fn(|l| store.sum(at + l)),
            valid: std::array::from_fn(|l| store.valid[at + l] as u32),
        }
    }
}

/// Sums of ticks: the upper and lower half of 128 bits.
pub(super) struct TickSums {
    high: Vec<i64>,
    low: Vec<u64>,
    valid: Vec<i64>,
}

impl TickSums {
    fn sum(&self, i: usize) -> i128 {
        i128::from(self.high[i]) << 64 | i128::from(self.low[i])
    }

    fn add(&mut self, i: usize, sum: i128, valid: i64) {
        let sum = self.sum(i) + sum;
        (self.high[i], self.low[i]) = ((sum >> 64) as i64, sum as u64);
        self.valid[i] += valid;
    }
}

impl Store for TickSums {
    fn new(size: usize) -> Self {
        TickSums { high: vec![0; size], low: vec![0; size], valid: vec![0; size] }
    }

    fn from_blocks(blocks: Vec<Block>) -> Result<Self> {
        let mut b = blocks.into_iter();
        Ok(TickSums { high: next_vec(&mut b)?, low: next_vec(&mut b)?, valid: next_vec(&mut b)? })
    }

    fn into_blocks(self) -> Vec<Block> {
        vec![flat_block(self.high), flat_block(self.low), flat_block(self.valid)]
    }

    fn merge(&mut self, to: usize, later: &Self, from: Range<usize>) {
        for (to, i) in (to..).zip(from) {
            self.add(to, later.sum(i), later.valid[i]);
        }
    }

    fn finish(self, end: &Finish) -> Result<Block> {
        let mean = end.spec.op == ReduceOp::Mean;
        let least = end.spec.min_count.map_or(0, |n| n as i64);
        let rows = end.rows_of_all(self.valid.len());
        let ticks = (0..self.valid.len()).map(|i| {
            let poisoned = !end.spec.skipna && self.valid[i] != rows[i];
            match self.valid[i] {
                _ if poisoned => Ok(NAT),
                0 if mean => Ok(NAT),
                n if mean => Ok(self.sum(i).div_euclid(i128::from(n)) as i64),
                n if n < least => Ok(NAT),
                _ => i64::try_from(self.sum(i)).ok().filter(|sum| *sum != NAT).ok_or_else(|| {
                    Error::invalid(format!(
                        "the sum {} does not fit into 64 bits of {}",
                        self.sum(i),
                        end.input
                    ))
                    .help("cast the timedeltas to a coarser unit first")
                }),
            }
        });
        Ok(flat_block::<i64>(ticks.collect::<Result<_>>()?).retype(end.input))
    }
}
