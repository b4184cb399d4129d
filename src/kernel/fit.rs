//! Least squares with one small matrix for many columns of data, in one pass over any chunks.

use std::ops::Range;
use std::sync::Arc;

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

    /// Products of the basis with itself at a row (upper triangle).
    fn pairs(&self, i: usize) -> impl Iterator<Item = f64> + '_ {
        let p = self.unknowns();
        let row = &self.basis[i * p..(i + 1) * p];
        (0..p).flat_map(move |j| row[j..].iter().map(move |b| row[j] * b))
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

/// Columns side by side: their sums and elements fit the first-level cache.
const TILE: usize = 1024;

/// What the rows of a piece are multiplied by.
struct Rows<'a> {
    p: usize,
    /// The basis, with weights.
    factors: &'a [f64],
    /// The basis with itself.
    pairs: &'a [f64],
}

impl Rows<'_> {
    fn factors(&self, i: usize) -> &[f64] {
        &self.factors[i * self.p..(i + 1) * self.p]
    }

    fn pairs(&self, i: usize) -> &[f64] {
        let q = self.p * (self.p + 1) / 2;
        &self.pairs[i * q..(i + 1) * q]
    }
}

/// Adds a row of values times a factor to each row of sums.
fn add_rows(sums: &mut Array2<f64>, factors: &[f64], values: &[f64], tile: &Range<usize>) {
    for (mut sums, factor) in sums.outer_iter_mut().zip(factors) {
        let sums = &mut sums.as_slice_mut().expect("rows are contiguous")[tile.clone()];
        sums.iter_mut().zip(values).for_each(|(sum, v)| *sum += factor * v);
    }
}

fn add_column(sums: &mut Array2<f64>, column: usize, values: &[f64]) {
    sums.index_axis_mut(Axis(1), column).iter_mut().zip(values).for_each(|(sum, v)| *sum += v);
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
        let (rows, columns, p) = (at.len(), self.products.ncols(), design.unknowns());
        let block = cast_into(block.clone(), DType::F64)?;
        let array = block.typed::<f64>()?;
        let data =
            array.to_shape((rows, columns)).map_err(|_| Error::internal("a piece of another shape"))?;
        let mut factors = design.basis[at.start * p..at.end * p].to_vec();
        if let Some(w) = &design.weights {
            factors
                .chunks_exact_mut(p)
                .zip(&w[at.clone()])
                .for_each(|(f, w)| f.iter_mut().for_each(|f| *f *= w));
        }
        let pairs: Vec<f64> = at.flat_map(|i| design.pairs(i)).collect();
        let rows = Rows { p, factors: &factors, pairs: &pairs };
        // Whichever way the elements lie, they are read once and in order.
        if data.strides()[0] == 1 && data.strides()[1] != 1 {
            self.push_lines(&rows, data.view());
        } else {
            self.push_rows(&rows, data.as_standard_layout().view());
        }
        Ok(())
    }

    /// Row by row, over columns side by side whose sums stay in cache.
    fn push_rows(&mut self, rows: &Rows, data: ArrayView2<'_, f64>) {
        let skipna = !self.missing.is_empty();
        let (mut valid, mut values) = (vec![0.0; TILE], vec![0.0; TILE]);
        for start in (0..data.ncols()).step_by(TILE) {
            let tile = start..data.ncols().min(start + TILE);
            let mut whole = vec![0.0; self.gram.nrows()];
            for (i, row) in data.outer_iter().enumerate() {
                let row = &row.to_slice().expect("made contiguous by the caller")[tile.clone()];
                let (values, valid) = (&mut values[..row.len()], &mut valid[..row.len()]);
                let mut holes = 0.0;
                for ((value, valid), v) in values.iter_mut().zip(valid.iter_mut()).zip(row) {
                    let missing = skipna && v.is_nan();
                    (*value, *valid) = if missing { (0.0, 0.0) } else { (*v, 1.0) };
                    holes += 1.0 - *valid;
                }
                add_rows(&mut self.products, rows.factors(i), values, &tile);
                if skipna && holes == 0.0 {
                    whole.iter_mut().zip(rows.pairs(i)).for_each(|(sum, x)| *sum += x);
                } else if skipna {
                    add_rows(&mut self.gram, rows.pairs(i), valid, &tile);
                    self.missing[tile.clone()].iter_mut().zip(valid).for_each(|(n, v)| *n += 1.0 - *v);
                }
            }
            // Without `skipna` there are no columns here.
            for (mut sums, whole) in self.gram.outer_iter_mut().zip(whole).filter(|_| skipna) {
                sums.as_slice_mut().expect("rows are contiguous")[tile.clone()]
                    .iter_mut()
                    .for_each(|sum| *sum += whole);
            }
        }
    }

    /// Column by column, where the elements of a column lie side by side.
    fn push_lines(&mut self, rows: &Rows, data: ArrayView2<'_, f64>) {
        let skipna = !self.missing.is_empty();
        let mut whole = vec![0.0; self.gram.nrows()];
        for i in 0..data.nrows() {
            whole.iter_mut().zip(rows.pairs(i)).for_each(|(sum, x)| *sum += x);
        }
        let (mut products, mut pairs) = (vec![0.0; rows.p], whole.clone());
        for (column, line) in data.axis_iter(Axis(1)).enumerate() {
            let line = line.to_slice().expect("the caller looked at the strides");
            products.fill(0.0);
            let mut missing = 0.0;
            for (v, factors) in line.iter().zip(rows.factors.chunks_exact(rows.p)) {
                match skipna && v.is_nan() {
                    true => missing += 1.0,
                    false => products.iter_mut().zip(factors).for_each(|(sum, f)| *sum += f * v),
                }
            }
            add_column(&mut self.products, column, &products);
            if !skipna {
                continue;
            }
            if missing > 0.0 {
                pairs.fill(0.0);
                for (i, _) in line.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
                    pairs.iter_mut().zip(rows.pairs(i)).for_each(|(sum, x)| *sum += x);
                }
                self.missing[column] += missing;
            }
            add_column(&mut self.gram, column, if missing > 0.0 { &pairs } else { &whole });
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
        let block = Block::from_vec(&[3, 2], vec![1.0, 1.0, f64::NAN, 3.0, 4.0, 5.0]).unwrap();
        let mut strict = FitState::new(3, 2, false);
        strict.push(&design, &block, 0..3).unwrap();
        let strict = strict.finish(&design, FitPart::Coefficients).unwrap().to_vec::<f64>().unwrap();
        assert!(strict[0].is_nan() && (strict[3] - 2.0).abs() < 1e-12, "{strict:?}");
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
        // The same elements, lines contiguous.
        let turned = block.permute(&[1, 0]).contiguous().permute(&[1, 0]);
        let mut lines = FitState::new(3, 2, true);
        lines.push(&design, &turned, 0..9).unwrap();
        let lines = lines.finish(&design, FitPart::Coefficients).unwrap().to_vec::<f64>().unwrap();
        for ((a, b), c) in whole.iter().zip(parts).zip(lines) {
            assert!((a - b).abs() < 1e-12 && (a - c).abs() < 1e-12, "{a} {b} {c}");
        }
    }
}
