//! Sums of products over shared axes: matrix products over chunks.

use serde::{Deserialize, Serialize};

use super::map::shared_axis;
use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::contract::{Contraction, contract};
use crate::kernel::elementwise::{BinaryOp, MapFn};
use crate::kernel::movement::AxisFrom;
use crate::kernel::reduce::{ReduceOp, ReduceSpec};
use crate::source::Traffic;

/// The products of the chunks of two arrays. The first axis of the result counts the chunks of the axes
/// that are summed over; a sum over it, which folds chunk by chunk, ends the contraction.
#[derive(Debug, Serialize, Deserialize)]
pub struct Contract {
    labels: Contraction,
    /// The chunks of the summed axes, in the order of [`Contraction::summed`].
    summed: ChunkGrid,
}

impl Contract {
    /// The box of an input with these axis labels, for one chunk of the summed axes.
    fn region(&self, own: &[usize], out: &Region, chunk: &Region) -> Region {
        let summed = self.labels.summed();
        Region::new(own.iter().map(|l| match summed.iter().position(|s| s == l) {
            Some(i) => chunk.axis(i),
            None => {
                let axis = self.labels.out.iter().position(|o| o == l);
                out.axis(1 + axis.expect("what is not summed is in the result"))
            }
        }))
    }
}

#[typetag::serde]
impl Op for Contract {
    fn name(&self) -> &'static str {
        "contract"
    }

    fn needs(&self, out: &Region, _inputs: &[&Meta]) -> Vec<Need> {
        let mut needs = Vec::with_capacity(2 * out.axis(0).len());
        for i in out.axis(0) {
            let chunk = self.summed.region(i);
            needs.push(Need { input: 0, region: self.region(&self.labels.a, out, &chunk) });
            needs.push(Need { input: 1, region: self.region(&self.labels.b, out, &chunk) });
        }
        needs
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        if let [a, b] = &pieces[..] {
            return Ok(contract(a, b, &self.labels)?.contiguous().insert_axis(0));
        }
        let mut block = Block::zeros(inputs[0].dtype, &out.shape());
        for (i, pair) in pieces.chunks(2).enumerate() {
            let mut at = Region::full(&out.shape());
            at.set(0, i..i + 1);
            block.assign(&at, &contract(&pair[0], &pair[1], &self.labels)?.insert_axis(0));
        }
        Ok(block)
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        // Pieces whose axes lie in another order are copied, and so is the result.
        let pieces: usize = self.needs(out, inputs).iter().map(|n| inputs[n.input].bytes(&n.region)).sum();
        pieces + out.size() * inputs[0].dtype.size()
    }

    fn is_expensive(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        let Contraction { a, b, out } = &self.labels;
        format!("contract axes {a:?} with {b:?} to {out:?}")
    }
}

impl LazyArray {
    /// Sums over axes in the dtype of the elements: integers wrap, a sum of bools is "any".
    ///
    /// # Errors
    /// If the elements cannot be summed.
    pub(crate) fn sum_as_is(&self, axes: Vec<usize>) -> Result<LazyArray> {
        if axes.is_empty() {
            return Ok(self.clone());
        }
        let op = if self.dtype() == DType::Bool { ReduceOp::Any } else { ReduceOp::Sum };
        let spec = ReduceSpec { op, axes, group: None, skipna: false, ddof: 0.0, min_count: None };
        self.reduce(spec)?.cast(self.dtype())
    }

    /// Sums of products of two arrays of one dtype, as an einsum of two operands. Every label of the
    /// result is in one of them, and a label that only one of them has is in the result.
    ///
    /// Matrix-shaped products run block by block over the chunks of both; a task holds one chunk of each.
    ///
    /// # Errors
    /// If labels do not fit the arrays, lengths of a label differ, or the dtypes do.
    pub(crate) fn contract(&self, other: &LazyArray, labels: Contraction) -> Result<LazyArray> {
        let alone = |own: &[usize], others: &[usize]| {
            own.iter().any(|l| !others.contains(l) && !labels.out.contains(l))
        };
        let known = |l: &usize| labels.a.contains(l) || labels.b.contains(l);
        if labels.a.len() != self.ndim()
            || labels.b.len() != other.ndim()
            || alone(&labels.a, &labels.b)
            || alone(&labels.b, &labels.a)
            || !labels.out.iter().all(known)
            || self.dtype() != other.dtype()
        {
            return Err(Error::internal(format!(
                "{labels:?} of {} {:?} and {} {:?}",
                self.dtype(),
                self.shape(),
                other.dtype(),
                other.shape()
            )));
        }
        let (shape, others) = (self.shape(), other.shape());
        for (n, l) in shape.iter().zip(&labels.a) {
            let beside = labels.b.iter().position(|x| x == l).map(|axis| others[axis]);
            if beside.is_some_and(|m| m != *n) {
                return Err(Error::invalid(format!("lengths {n} and {beside:?} of one axis do not match")));
            }
        }
        let summed = labels.summed();
        let free = |own: &[usize], others: &[usize]| own.iter().any(|l| !others.contains(l));
        if summed.is_empty() || !free(&labels.a, &labels.b) || !free(&labels.b, &labels.a) {
            return self.sum_of_products(other, &labels);
        }
        let grid = |labels_of: &[usize]| -> Result<ChunkGrid> {
            let axes = |l: &usize| {
                let of = |array, own: &[usize]| Some((array, own.iter().position(|x| x == l)?));
                shared_axis(of(self, &labels.a).into_iter().chain(of(other, &labels.b)))
            };
            Ok(ChunkGrid(labels_of.iter().map(axes).collect::<Result<_>>()?))
        };
        let summed = grid(&summed)?;
        let parts = summed.count();
        let mut axes = vec![AxisGrid::regular(parts, 1)];
        axes.extend(grid(&labels.out)?.0);
        let meta = Meta { dtype: self.dtype(), grid: ChunkGrid(axes) };
        let products = LazyArray::new(Contract { labels, summed }, vec![self.clone(), other.clone()], meta)?;
        match parts {
            1 => products.axes(&(1..products.ndim()).map(AxisFrom::Input).collect::<Vec<_>>()),
            _ => products.sum_as_is(vec![0]),
        }
    }

    /// Where a matrix product would have nothing to gain: the products, summed.
    fn sum_of_products(&self, other: &LazyArray, labels: &Contraction) -> Result<LazyArray> {
        let summed = labels.summed();
        let all: Vec<usize> = labels.out.iter().chain(&summed).copied().collect();
        let spread = |array: &LazyArray, own: &[usize]| {
            let from =
                |l: &usize| own.iter().position(|x| x == l).map_or(AxisFrom::Repeat(1), AxisFrom::Input);
            array.axes(&all.iter().map(from).collect::<Vec<_>>())
        };
        let inputs = [spread(self, &labels.a)?, spread(other, &labels.b)?];
        let products = LazyArray::map(MapFn::Binary(BinaryOp::Mul), &inputs)?;
        products.sum_as_is((labels.out.len()..all.len()).collect())
    }
}
