//! Sums of products over shared axes of two arrays, as products of matrices.

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array3, ArrayView2, ArrayViewMut2, Axis, CowArray, Ix3, IxDyn};
use num_complex::Complex;
use serde::{Deserialize, Serialize};

use crate::array::Block;
use crate::dtype::dispatch::with_number;
use crate::dtype::{Element, Kind};
use crate::error::{Error, Result};

/// Which axes of two arrays are the same: every axis has a label, as in an einsum.
///
/// Labels of both arrays that the result lacks are summed over; labels of the result that both have run
/// along; all others are free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contraction {
    /// The label of each axis of the first array.
    pub a: Vec<usize>,
    /// The label of each axis of the second array.
    pub b: Vec<usize>,
    /// The label of each axis of the result.
    pub out: Vec<usize>,
}

impl Contraction {
    /// The labels that are summed over, in the order of the first array.
    pub fn summed(&self) -> Vec<usize> {
        self.a.iter().filter(|l| !self.out.contains(l)).copied().collect()
    }

    /// The labels that run along, and those of one array alone.
    fn kept(&self) -> [Vec<usize>; 3] {
        let of = |keep: &dyn Fn(bool, bool) -> bool| -> Vec<usize> {
            let both = |l: usize| (self.a.contains(&l), self.b.contains(&l));
            self.out.iter().filter(|l| keep(both(**l).0, both(**l).1)).copied().collect()
        };
        [of(&|a, b| a && b), of(&|a, b| a && !b), of(&|a, b| !a && b)]
    }
}

/// Sums of products of two blocks of one dtype: each label of `labels` has one length.
///
/// Floats and complex numbers go through a blocked matrix product; integers wrap; a sum of bools is "any".
///
/// # Errors
/// If the elements are not bools or numbers, or dtypes differ.
pub fn contract(a: &Block, b: &Block, labels: &Contraction) -> Result<Block> {
    if a.dtype() != b.dtype() {
        return Err(Error::internal(format!("a contraction of {} with {}", a.dtype(), b.dtype())));
    }
    let kind = a.dtype().kind();
    with_number!(kind, T => Ok(products::<T>(a, b, labels)), else match kind {
        Kind::Bool => Ok(products::<bool>(a, b, labels)),
        _ => Err(Error::dtype(format!("a sum of products has no meaning for {}", a.dtype()))),
    })
}

fn products<T: Product>(a: &Block, b: &Block, labels: &Contraction) -> Block {
    let [along, free_a, free_b] = labels.kept();
    let summed = labels.summed();
    let (a_ordered, b_ordered) = (
        ordered(a, &labels.a, [&along, &free_a, &summed]),
        ordered(b, &labels.b, [&along, &summed, &free_b]),
    );
    let left = grouped::<T>(&a_ordered, along.len(), free_a.len());
    let right = grouped::<T>(&b_ordered, along.len(), summed.len());
    let (n, rows, columns) = (left.dim().0, left.dim().1, right.dim().2);
    let mut out = Array3::from_elem((n, rows, columns), T::default());
    for ((left, right), to) in left.outer_iter().zip(right.outer_iter()).zip(out.outer_iter_mut()) {
        T::matrix_product(left, right, to);
    }
    // The lengths of the single axes again, and their order.
    let length = |l: usize| match labels.a.iter().position(|x| *x == l) {
        Some(axis) => a.shape()[axis],
        None => {
            b.shape()[labels.b.iter().position(|x| *x == l).expect("a label of the result is in an input")]
        }
    };
    let order: Vec<usize> = along.iter().chain(&free_a).chain(&free_b).copied().collect();
    let shape: Vec<usize> = order.iter().map(|l| length(*l)).collect();
    let out = out.into_shape_with_order(IxDyn(&shape)).expect("the same elements");
    let perm: Vec<usize> =
        labels.out.iter().map(|l| order.iter().position(|x| x == l).expect("the same labels")).collect();
    Block::new(out.permuted_axes(IxDyn(&perm)).into_shared())
}

/// The block with its axes in the order of the groups.
fn ordered(block: &Block, labels: &[usize], groups: [&[usize]; 3]) -> Block {
    let axis = |l: &usize| labels.iter().position(|x| x == l).expect("a group holds labels of the array");
    block.permute(&groups.iter().flat_map(|g| g.iter().map(axis)).collect::<Vec<_>>())
}

/// The array with three axes: the first `along`, the next `middle`, and all others as one. Copies only
/// where strides do not allow it.
fn grouped<T: Product>(block: &Block, along: usize, middle: usize) -> CowArray<'_, T, Ix3> {
    let array = block.get::<T>().expect("kind was matched");
    let length = |axes: Range<usize>| array.shape()[axes].iter().product::<usize>();
    let matrix = along..along + middle;
    let shape = (length(0..along), length(matrix.clone()), length(matrix.end..array.ndim()));
    // Of many matrices whose elements lie apart, each would touch a cache line for each element.
    let near = |axis: usize| array.shape()[axis] > 1 && array.strides()[axis].unsigned_abs() == 1;
    let fits = "the groups hold all elements";
    if shape.0 > 1 && shape.1 * shape.2 > 1 && !(along..array.ndim()).any(near) {
        let dense = array.as_standard_layout().into_owned();
        return CowArray::from(dense.into_shape_with_order(shape).expect(fits));
    }
    array.to_shape(shape).expect(fits)
}

/// Elements whose matrices can be multiplied.
trait Product: Element + Copy {
    /// Adds the product of two matrices to `out`, which is zero.
    fn matrix_product(a: ArrayView2<'_, Self>, b: ArrayView2<'_, Self>, out: ArrayViewMut2<'_, Self>);
}

macro_rules! inexact {
    ($($T:ty: $one:expr, $zero:expr);*) => {$(
        impl Product for $T {
            fn matrix_product(a: ArrayView2<'_, Self>, b: ArrayView2<'_, Self>, mut out: ArrayViewMut2<'_, Self>) {
                general_mat_mul($one, &a, &b, $zero, &mut out);
            }
        }
    )*};
}
inexact!(
    f32: 1.0, 0.0; f64: 1.0, 0.0;
    Complex<f32>: Complex::new(1.0, 0.0), Complex::new(0.0, 0.0);
    Complex<f64>: Complex::new(1.0, 0.0), Complex::new(0.0, 0.0)
);

/// Rows of the second matrix in so many bytes stay in the second-level cache.
const NEAR: usize = 128 << 10;

/// Row by row: the inner loop runs over contiguous elements.
fn by_rows<T: Copy + Clone + 'static>(
    a: ArrayView2<'_, T>,
    b: ArrayView2<'_, T>,
    mut out: ArrayViewMut2<'_, T>,
    add: impl Fn(T, T, T) -> T,
) {
    let b = b.as_standard_layout();
    let band = (NEAR / (b.ncols() * size_of::<T>()).max(1)).max(1);
    for start in (0..b.nrows()).step_by(band) {
        let band = start..b.nrows().min(start + band);
        for (a, mut out) in a.outer_iter().zip(out.outer_iter_mut()) {
            let out = out.as_slice_mut().expect("the result was made row by row");
            for k in band.clone() {
                let (factor, row) = (a[k], b.index_axis(Axis(0), k));
                let row = row.to_slice().expect("made contiguous above");
                for (o, b) in out.iter_mut().zip(row) {
                    *o = add(*o, factor, *b);
                }
            }
        }
    }
}

macro_rules! integers {
    ($($T:ty),*) => {$(
        impl Product for $T {
            fn matrix_product(a: ArrayView2<'_, Self>, b: ArrayView2<'_, Self>, out: ArrayViewMut2<'_, Self>) {
                by_rows(a, b, out, |sum, a, b| sum.wrapping_add(a.wrapping_mul(b)));
            }
        }
    )*};
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Product for bool {
    fn matrix_product(a: ArrayView2<'_, Self>, b: ArrayView2<'_, Self>, out: ArrayViewMut2<'_, Self>) {
        by_rows(a, b, out, |any, a, b| any | (a & b));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Slice;

    /// Sums of products by the definition.
    fn slow(a: &Block, b: &Block, labels: &Contraction) -> Vec<f64> {
        let all: Vec<usize> = labels.out.iter().copied().chain(labels.summed()).collect();
        let length = |l: &usize| match labels.a.iter().position(|x| x == l) {
            Some(axis) => a.shape()[axis],
            None => b.shape()[labels.b.iter().position(|x| x == l).unwrap()],
        };
        let shape: Vec<usize> = all.iter().map(length).collect();
        let inner: usize = labels.summed().iter().map(length).product();
        let mut out = vec![0.0; shape.iter().product::<usize>() / inner];
        for (i, at) in ndarray::indices(IxDyn(&shape)).into_iter().enumerate() {
            let of = |block: &Block, own: &[usize]| {
                let at: Vec<usize> =
                    own.iter().map(|l| at[all.iter().position(|x| x == l).unwrap()]).collect();
                block.get::<f64>().unwrap()[IxDyn(&at)]
            };
            out[i / inner] += of(a, &labels.a) * of(b, &labels.b);
        }
        out
    }

    fn block(shape: &[usize], seed: u64) -> Block {
        let n: usize = shape.iter().product();
        let values = (0..n as u64).map(|i| ((i * 7919 + seed * 31) % 97) as f64 - 48.0).collect();
        Block::from_vec(shape, values).unwrap()
    }

    #[test]
    fn every_order_of_axes_gives_the_sums_of_products() {
        let cases = [
            (vec![0, 1], vec![1, 2], vec![0, 2]),
            (vec![1, 0], vec![2, 1], vec![2, 0]),
            (vec![3, 0, 1], vec![1, 3, 2], vec![3, 0, 2]),
            (vec![0, 1, 3], vec![1, 2, 3], vec![2, 3, 0]),
            (vec![0, 4, 1, 3], vec![4, 1, 2], vec![0, 3, 2]),
        ];
        let length = [5, 4, 3, 2, 6];
        for (a, b, out) in cases {
            let shape = |l: &[usize]| l.iter().map(|l| length[*l]).collect::<Vec<_>>();
            let (x, y) = (block(&shape(&a), 1), block(&shape(&b), 2));
            let labels = Contraction { a, b, out };
            let got = contract(&x, &y, &labels).unwrap();
            assert_eq!(got.shape(), shape(&labels.out), "{labels:?}");
            assert_eq!(got.to_vec::<f64>().unwrap(), slow(&x, &y, &labels), "{labels:?}");
            let int = |b: &Block| crate::kernel::cast::cast(b, crate::dtype::DType::I32).unwrap();
            let got = contract(&int(&x), &int(&y), &labels).unwrap().to_vec::<i32>().unwrap();
            assert_eq!(got.iter().map(|v| f64::from(*v)).collect::<Vec<_>>(), slow(&x, &y, &labels));
        }
    }

    #[test]
    fn integers_wrap_and_bools_are_any() {
        let labels = Contraction { a: vec![0, 1], b: vec![1, 2], out: vec![0, 2] };
        let a = Block::from_vec(&[1, 2], vec![100_i8, 100]).unwrap();
        let got = contract(&a, &a.permute(&[1, 0]), &labels).unwrap();
        assert_eq!(got.to_vec::<i8>().unwrap(), [20_000_i64 as i8]);
        let a = Block::from_vec(&[2, 2], vec![true, false, false, false]).unwrap();
        assert_eq!(contract(&a, &a, &labels).unwrap().to_vec::<bool>().unwrap(), [true, false, false, false]);
    }

    #[test]
    fn parts_and_empty_axes() {
        let labels = Contraction { a: vec![0, 1], b: vec![1, 2], out: vec![0, 2] };
        let every = |b: &Block| b.slice(&[Slice::python(None, None, Some(-2), 6), Slice::all(6)]);
        let (x, y) = (every(&block(&[6, 6], 3)), every(&block(&[6, 6], 4)).permute(&[1, 0]));
        assert_eq!(contract(&x, &y, &labels).unwrap().to_vec::<f64>().unwrap(), slow(&x, &y, &labels));
        let (x, y) = (block(&[2, 0], 1), block(&[0, 3], 1));
        assert_eq!(contract(&x, &y, &labels).unwrap().to_vec::<f64>().unwrap(), [0.0; 6]);
    }
}
