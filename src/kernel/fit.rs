//! Least squares with one small matrix for many columns of data, in one pass over any chunks.

use std::ops::Range;
use std::sync::Arc;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::cast::cast_into;
use super::svd::{Svd, svd};
use crate::array::Block;
use crate::dtype::DType;
use crate::error::{Error, Result};

/// With pivots above this, normal equations of the basis lose few digits.
const GOOD_PIVOT: f64 = 1e-3;

/// The matrix of a least squares problem, decomposed: rows belong to positions along an axis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Design {
    /// Orthonormal columns that span those of the matrix, row by row.
    basis: Arc<[f64]>,
    /// The singular values, from great to small.
    singular: Vec<f64>,
    /// Right singular vectors, one after the other.
    right: Vec<f64>,
    /// What each column was divided by.
    scale: Vec<f64>,
    /// A factor for each row of the data, if there are weights.
    weights: Option<Arc<[f64]>>,
    /// Singular values below this part of the greatest count as zero.
    rcond: f64,
}

impl Design {
    /// Scales the columns of a matrix to length 1 and decomposes it; `weights` multiply its rows, and the
    /// data. `rcond` is by default the number of rows times the machine's precision.
    ///
    /// # Errors
    /// If a column is zero or not finite.
    pub fn new(mut columns: Vec<Vec<f64>>, weights: Option<Vec<f64>>, rcond: Option<f64>) -> Result<Design> {
        let rows = columns.first().map_or(0, Vec::len);
        let mut scale = Vec::with_capacity(columns.len());
        for column in &mut columns {
            if let Some(w) = &weights {
                column.iter_mut().zip(w).for_each(|(x, w)| *x *= w);
            }
            // The greatest element first: powers of large numbers have squares beyond all bounds.
            let greatest = column.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
            let length = greatest * column.iter().map(|x| (x / greatest).powi(2)).sum::<f64>().sqrt();
            if rows > 0 && !(length.is_normal() && column.iter().all(|x| x.is_finite())) {
                return Err(Error::invalid("the matrix of the fit has a column that is zero or not finite")
                    .help("the coordinate must hold finite numbers, and not only zeros"));
            }
            column.iter_mut().for_each(|x| *x /= length);
            scale.push(length);
        }
        let p = columns.len();
        let Svd { u, s, v } = svd(columns);
        Ok(Design {
            basis: (0..rows).flat_map(|i| u.iter().map(move |c| c[i])).collect(),
            singular: s,
            right: (0..p).flat_map(|k| v[k].clone()).collect(),
            scale,
            weights: weights.map(Into::into),
            rcond: rcond.unwrap_or(rows as f64 * f64::EPSILON),
        })
    }

    /// How many unknowns there are.
    pub fn unknowns(&self) -> usize {
        self.scale.len()
    }

    /// How many rows the matrix has.
    pub fn rows(&self) -> usize {
        self.basis.len().checked_div(self.unknowns()).unwrap_or(0)
    }

    /// The singular values of the scaled matrix, from great to small: as many as rows or columns.
    pub fn singular_values(&self) -> &[f64] {
        &self.singular[..self.rows().min(self.unknowns())]
    }

    /// The rank of the scaled matrix: how many singular values are more than rounding noise.
    pub fn rank(&self) -> usize {
        let limit = self.rows().max(self.unknowns()) as f64 * f64::EPSILON;
        let s = self.singular_values();
        s.iter().filter(|v| **v > s[0] * limit).count()
    }

    /// The orthonormal columns as a block (rows, unknowns).
    pub fn basis(&self) -> Result<Block> {
        Block::from_vec(&[self.rows(), self.unknowns()], self.basis.to_vec())
    }

    /// The inverse of `AᵀA` for the matrix before scaling.
    ///
    /// # Errors
    /// If the rank is deficient.
    pub fn covariance(&self) -> Result<Block> {
        let p = self.unknowns();
        if self.rank() < p {
            return Err(Error::invalid(format!("the fit of {p} unknowns has only rank {}", self.rank()))
                .help("a covariance needs more distinct labels than unknowns"));
        }
        let element = |i: usize, j: usize| {
            let sum: f64 = (0..p)
                .map(|k| self.right[k * p + i] * self.right[k * p + j] / self.singular[k].powi(2))
                .sum();
            sum / (self.scale[i] * self.scale[j])
        };
        Block::from_vec(&[p, p], (0..p * p).map(|e| element(e / p, e % p)).collect())
    }

    fn row(&self, i: usize) -> &[f64] {
        let p = self.unknowns();
        &self.basis[i * p..(i + 1) * p]
    }
}

/// What a fit gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FitPart {
    /// The unknowns.
    Coefficients,
    /// The fitted values in terms of the basis, and one more row: 0 where there is a sum of squared
    /// residuals, NaN where numpy gives none (too few rows, deficient rank).
    Projection,
}

/// The partial result of a fit: sums of products of basis and data, of the basis with itself over valid
/// rows (upper triangle), and the number of missing rows; for each column.
pub struct FitState {
    products: Array2<f64>,
    gram: Array2<f64>,
    missing: Vec<f64>,
}

impl FitState {
    /// Before any input. Without `skipna` only products are kept.
    pub fn new(unknowns: usize, columns: usize, skipna: bool) -> FitState {
        let some = if skipna { columns } else { 0 };
        FitState {
            products: Array2::zeros((unknowns, columns)),
            gram: Array2::zeros((unknowns * (unknowns + 1) / 2, some)),
            missing: vec![0.0; some],
        }
    }

    /// From the blocks that [`into_blocks`](Self::into_blocks) gave.
    ///
    /// # Errors
    /// If they are others.
    pub fn from_blocks(blocks: Vec<Block>) -> Result<FitState> {
        let wrong = || Error::internal("this is no state of a fit");
        let mut blocks = blocks.into_iter();
        let mut next = || blocks.next().and_then(Block::into_shared::<f64>).ok_or_else(wrong);
        let mut matrix = || next()?.into_owned().into_dimensionality::<ndarray::Ix2>().map_err(|_| wrong());
        let (products, gram) = (matrix()?, matrix()?);
        let missing = matrix()?.into_raw_vec_and_offset().0;
        Ok(FitState { products, gram, missing })
    }

    /// As blocks.
    pub fn into_blocks(self) -> Vec<Block> {
        let missing = Array2::from_shape_vec((1, self.missing.len()), self.missing).expect("one row");
        [self.products, self.gram, missing].map(|m| Block::new(m.into_dyn().into_shared())).into()
    }

    /// Takes in rows `at` of the data: a block whose axis 0 holds them.
    ///
    /// # Errors
    /// If the elements are no reals.
    pub fn push(&mut self, design: &Design, block: &Block, at: Range<usize>) -> Result<()> {
        let (rows, columns) = (at.len(), self.products.ncols());
        let block = cast_into(block.clone(), DType::F64)?;
        let array = block.typed::<f64>()?;
        let matrix =
            array.to_shape((rows, columns)).map_err(|_| Error::internal("a piece of another shape"))?;
        let mut data: ArrayView2<'_, f64> = matrix.view();
        let p = design.unknowns();
        let basis = ArrayView2::from_shape((rows, p), &design.basis[at.start * p..at.end * p])
            .map_err(|_| Error::internal("rows beyond the matrix of the fit"))?;
        let mut weighted = basis.to_owned();
        if let Some(w) = &design.weights {
            weighted.outer_iter_mut().zip(&w[at.clone()]).for_each(|(mut row, w)| row *= *w);
        }
        let filled;
        if !self.missing.is_empty() {
            let mut holes: Vec<bool> = vec![false; columns];
            for row in data.outer_iter() {
                holes.iter_mut().zip(row).for_each(|(hole, v)| *hole |= v.is_nan());
            }
            self.count(design, data, &holes, at);
            if holes.contains(&true) {
                filled = data.mapv(|v| if v.is_nan() { 0.0 } else { v });
                data = filled.view();
            }
        }
        general_mat_mul(1.0, &weighted.t(), &data, 1.0, &mut self.products);
        Ok(())
    }

    /// Adds what valid rows give the basis with itself.
    fn count(&mut self, design: &Design, data: ArrayView2<'_, f64>, holes: &[bool], at: Range<usize>) {
        let products = |i: usize| {
            let row = design.row(at.start + i);
            (0..row.len()).flat_map(move |j| row[j..].iter().map(move |b| row[j] * b))
        };
        let mut whole = vec![0.0; self.gram.nrows()];
        for i in 0..at.len() {
            whole.iter_mut().zip(products(i)).for_each(|(sum, x)| *sum += x);
        }
        for (mut row, whole) in self.gram.outer_iter_mut().zip(&whole) {
            row.iter_mut().zip(holes).for_each(|(sum, hole)| *sum += if *hole { 0.0 } else { *whole });
        }
        for (column, _) in holes.iter().enumerate().filter(|(_, hole)| **hole) {
            for (i, v) in data.index_axis(Axis(1), column).iter().enumerate() {
                match v.is_nan() {
                    true => self.missing[column] += 1.0,
                    false => self
                        .gram
                        .index_axis_mut(Axis(1), column)
                        .iter_mut()
                        .zip(products(i))
                        .for_each(|(sum, x)| *sum += x),
                }
            }
        }
    }

    /// Takes in the state of other rows.
    pub fn merge(&mut self, later: FitState) {
        self.products += &later.products;
        self.gram += &later.gram;
        self.missing.iter_mut().zip(later.missing).for_each(|(a, b)| *a += b);
    }

    /// The result: a row for each unknown (and one more, see [`FitPart`]), over the columns.
    ///
    /// # Errors
    /// Never, in truth: if shapes do not fit.
    pub fn finish(self, design: &Design, part: FitPart) -> Result<Block> {
        let (p, n, columns) = (design.unknowns(), design.rows(), self.products.ncols());
        let rows = p + usize::from(part == FitPart::Projection);
        let mut out = Array2::from_elem((rows, columns), f64::NAN);
        let mut h = vec![0.0; p];
        let greatest = design.singular.first().copied().unwrap_or(0.0);
        for column in 0..columns {
            h.iter_mut().zip(self.products.index_axis(Axis(1), column)).for_each(|(h, v)| *h = *v);
            let missing = self.missing.get(column).copied().unwrap_or(0.0) as usize;
            let (solution, rank) = match missing {
                0 => {
                    let kept = |k: &usize| design.singular[*k] > design.rcond * greatest;
                    let rank = (0..p).filter(kept).count();
                    h[rank..].fill(0.0);
                    (design.unproject(&h), rank)
                }
                m if m >= n => continue,
                m => {
                    let gram: Vec<f64> = self.gram.index_axis(Axis(1), column).to_vec();
                    solve_masked(design, &gram, &h, n - m)
                }
            };
            let mut out = out.index_axis_mut(Axis(1), column);
            if part == FitPart::Coefficients {
                out.iter_mut().zip(&solution).zip(&design.scale).for_each(|((o, c), s)| *o = c / s);
                continue;
            }
            let fitted = if missing == 0 { h.clone() } else { design.project(&solution) };
            out.iter_mut().zip(&fitted).for_each(|(o, z)| *o = *z);
            out[p] = if rank == p && n - missing > p { 0.0 } else { f64::NAN };
        }
        Ok(Block::new(out.into_dyn().into_shared()))
    }
}

impl Design {
    /// Scaled unknowns from fitted values in terms of the basis: `V S⁻¹ z`.
    fn unproject(&self, z: &[f64]) -> Vec<f64> {
        let p = self.unknowns();
        let mut c = vec![0.0; p];
        for (k, z) in z.iter().enumerate().filter(|(_, z)| **z != 0.0) {
            let by = z / self.singular[k];
            c.iter_mut().zip(&self.right[k * p..]).for_each(|(c, v)| *c += by * v);
        }
        c
    }

    /// Fitted values in terms of the basis from scaled unknowns: `S Vᵀ c`.
    fn project(&self, c: &[f64]) -> Vec<f64> {
        let p = self.unknowns();
        (0..p)
            .map(|k| self.singular[k] * c.iter().zip(&self.right[k * p..]).map(|(c, v)| c * v).sum::<f64>())
            .collect()
    }
}

/// The least squares solution of least length over some of the rows, and the rank there: `gram` is the
/// upper triangle of the basis with itself over these rows, `h` its products with the data.
///
/// Of the basis, not of the matrix: leaving rows out of orthonormal columns leaves them well conditioned,
/// where the normal equations of the matrix itself would lose twice its digits.
fn solve_masked(design: &Design, gram: &[f64], h: &[f64], valid: usize) -> (Vec<f64>, usize) {
    let p = design.unknowns();
    let at = |i: usize, j: usize| {
        let (i, j) = (i.min(j), i.max(j));
        gram[i * p - i * (i + 1) / 2 + j]
    };
    let rcond = f64::EPSILON * valid.max(p) as f64;
    if let Some((z, pivot)) = cholesky(p, &at, h) {
        let least = design.singular[p - 1] * pivot.sqrt();
        if pivot > GOOD_PIVOT && least > 1e3 * rcond * design.singular[0] {
            return (design.unproject(&z), p);
        }
    }
    // G = Q Λ Qᵀ. The rows that count are W Λ½ Qᵀ with orthonormal W, and the matrix over them W R with
    // R = Λ½ Qᵀ S Vᵀ: the solution is R⁺ Λ-½ Qᵀ h.
    let Svd { u: q, s: lambda, .. } = svd((0..p).map(|i| (0..p).map(|j| at(i, j)).collect()).collect());
    let noise = lambda[0] * f64::EPSILON * p as f64;
    let r = lambda.iter().take(valid).filter(|l| **l > noise).count();
    let columns = (0..p)
        .map(|j| {
            (0..r)
                .map(|i| {
                    let sum = (0..p).map(|k| q[i][k] * design.singular[k] * design.right[k * p + j]);
                    lambda[i].sqrt() * sum.sum::<f64>()
                })
                .collect()
        })
        .collect();
    let of_r = svd(columns);
    let g: Vec<f64> =
        (0..r).map(|i| q[i].iter().zip(h).map(|(q, h)| q * h).sum::<f64>() / lambda[i].sqrt()).collect();
    let mut c = vec![0.0; p];
    let mut rank = 0;
    for k in (0..p.min(r)).filter(|k| of_r.s[*k] > rcond * of_r.s[0]) {
        rank += 1;
        let by = of_r.u[k].iter().zip(&g).map(|(u, g)| u * g).sum::<f64>() / of_r.s[k];
        c.iter_mut().zip(&of_r.v[k]).for_each(|(c, v)| *c += by * v);
    }
    (c, rank)
}

/// Solves `G z = h`; the solution with the least pivot, `None` where `G` is not positive.
fn cholesky(p: usize, at: &dyn Fn(usize, usize) -> f64, h: &[f64]) -> Option<(Vec<f64>, f64)> {
    let mut l = vec![0.0; p * p];
    let mut least = f64::INFINITY;
    for i in 0..p {
        for j in 0..=i {
            let sum: f64 = at(i, j) - (0..j).map(|k| l[i * p + k] * l[j * p + k]).sum::<f64>();
            if i == j {
                if sum <= 0.0 {
                    return None;
                }
                least = least.min(sum);
                l[i * p + i] = sum.sqrt();
            } else {
                l[i * p + j] = sum / l[j * p + j];
            }
        }
    }
    let mut z = h.to_vec();
    for i in 0..p {
        z[i] = (z[i] - (0..i).map(|k| l[i * p + k] * z[k]).sum::<f64>()) / l[i * p + i];
    }
    for i in (0..p).rev() {
        z[i] = (z[i] - (i + 1..p).map(|k| l[k * p + i] * z[k]).sum::<f64>()) / l[i * p + i];
    }
    Some((z, least))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vandermonde(x: &[f64], p: usize) -> Vec<Vec<f64>> {
        (0..p).rev().map(|k| x.iter().map(|x| x.powi(k as i32)).collect()).collect()
    }

    fn fit(design: &Design, y: &[f64]) -> Vec<f64> {
        let mut state = FitState::new(design.unknowns(), 1, true);
        let block = Block::from_vec(&[y.len(), 1], y.to_vec()).unwrap();
        state.push(design, &block, 0..y.len()).unwrap();
        state.finish(design, FitPart::Coefficients).unwrap().to_vec().unwrap()
    }

    #[test]
    fn a_column_with_holes_is_fitted_as_if_its_rows_were_not_there() {
        let x: Vec<f64> = (0..12).map(|i| 1e6 + i as f64).collect();
        let y: Vec<f64> = x.iter().map(|x| 3.0 * (x - 1e6) - 2.0).collect();
        let design = Design::new(vandermonde(&x, 2), None, None).unwrap();
        let mut holes = y.clone();
        holes[0] = f64::NAN;
        holes[7] = f64::NAN;
        for y in [&y, &holes] {
            let c = fit(&design, y);
            assert!((c[0] - 3.0).abs() < 1e-8 && (c[1] / -3_000_002.0 - 1.0).abs() < 1e-8, "{c:?}");
        }
    }

    #[test]
    fn too_few_valid_rows_give_the_shortest_solution() {
        // numpy: lstsq of the scaled matrix over the two valid rows.
        let design = Design::new(vandermonde(&[0.0, 1.0, 2.0], 3), None, None).unwrap();
        let c = fit(&design, &[1.0, f64::NAN, 4.0]);
        for (c, want) in c.iter().zip([0.40540541, 0.68918919, 1.0]) {
            assert!((c - want).abs() < 1e-7, "{c} for {want}");
        }
        assert!(fit(&design, &[f64::NAN; 3]).iter().all(|c| c.is_nan()));
    }

    #[test]
    fn states_merge_to_the_fit_of_all_rows() {
        let x: Vec<f64> = (0..9).map(|i| i as f64 * 0.5).collect();
        let y: Vec<f64> = (0..18).map(|i| if i == 5 { f64::NAN } else { ((i * 7) % 5) as f64 }).collect();
        let design = Design::new(vandermonde(&x, 3), None, None).unwrap();
        let block = Block::from_vec(&[9, 2], y).unwrap();
        let rows = |r: Range<usize>| {
            let part = block.region(&crate::array::Region::new([r.clone(), 0..2]));
            let mut state = FitState::new(3, 2, true);
            state.push(&design, &part, r).unwrap();
            state
        };
        let whole = rows(0..9).finish(&design, FitPart::Coefficients).unwrap().to_vec::<f64>().unwrap();
        let mut parts = rows(0..4);
        parts.merge(rows(4..9));
        let parts = parts.finish(&design, FitPart::Coefficients).unwrap().to_vec::<f64>().unwrap();
        for (a, b) in whole.iter().zip(parts) {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
    }
}
