//! Splines of any order in the B-spline basis. de Boor, A Practical Guide to Splines (1978).

use super::Value;

/// The spline of order `k` through the points; the first and last piece go on for ever.
pub(super) fn spline<V: Value>(k: usize, x: &[f64], y: &[V], at: &[f64], out: &mut [V]) {
    let spline = Spline::new(k, x);
    let mut c = y.to_vec();
    spline.solve(&mut c, 1);
    let mut basis = spline.basis();
    for (out, &at) in out.iter_mut().zip(at) {
        let (first, weights) = spline.terms(&mut basis, at);
        let terms = c[first..].iter().zip(weights);
        *out = terms.fold(V::real(0.0), |sum, (c, w)| sum + *c * *w);
    }
}

/// The splines of one order through points at the same places, whatever their values.
///
/// The matrix has `k` diagonals to each side, and none of its minors is negative, so elimination needs no
/// exchange of rows.
pub(super) struct Spline {
    k: usize,
    t: Vec<f64>,
    n: usize,
    /// The matrix when the columns below the diagonal are gone: row `i` holds the columns `i - k` to `i + k`.
    rows: Vec<f64>,
    /// What was taken `factors[p * k + i]` times off row `p + 1 + i`: row `p`.
    factors: Vec<f64>,
}

impl Spline {
    /// The spline through points at the rising places `x`, of which there are more than `k`.
    pub(super) fn new(k: usize, x: &[f64]) -> Spline {
        let (n, width, t) = (x.len(), 2 * k + 1, knots(k, x));
        let (mut rows, mut factors) = (Vec::new(), Vec::new());
        if k > 1 {
            rows = vec![0.0; n * width];
            factors = vec![0.0; n * k];
            let mut basis = Basis::new(k);
            for (i, &at) in x.iter().enumerate() {
                let l = interval(k, &t, at);
                for (j, w) in (l - k..=l).zip(basis.at(&t, l, at)) {
                    if let Some(place) = (j + k).checked_sub(i).filter(|p| *p < width) {
                        rows[i * width + place] = *w;
                    }
                }
            }
            for p in 0..n {
                let pivot = rows[p * width + k];
                for i in p + 1..n.min(p + k + 1) {
                    let factor = rows[i * width + p + k - i] / pivot;
                    if factor == 0.0 {
                        continue;
                    }
                    factors[p * k + i - p - 1] = factor;
                    for j in p..n.min(p + k + 1) {
                        rows[i * width + j + k - i] -= factor * rows[p * width + j + k - p];
                    }
                }
            }
        }
        Spline { k, t, n, rows, factors }
    }

    /// Values at the points become coefficients: as many rows as points, each of `width` lanes.
    pub(super) fn solve<V: Value>(&self, c: &mut [V], width: usize) {
        let (n, k) = (self.n, self.k);
        if k < 2 {
            return;
        }
        for p in 0..n {
            let (done, rest) = c.split_at_mut((p + 1) * width);
            let row = &done[p * width..];
            let below = self.factors[p * k..][..k].iter().zip(rest.chunks_exact_mut(width));
            for (factor, below) in below.filter(|(factor, _)| **factor != 0.0) {
                below.iter_mut().zip(row).for_each(|(v, c)| *v = *v - *c * *factor);
            }
        }
        for p in (0..n).rev() {
            let (before, behind) = c.split_at_mut((p + 1) * width);
            let row = &mut before[p * width..];
            let matrix = &self.rows[p * (2 * k + 1) + k..][..k + 1];
            for (w, behind) in matrix[1..].iter().zip(behind.chunks_exact(width)) {
                row.iter_mut().zip(behind).for_each(|(v, c)| *v = *v - *c * *w);
            }
            row.iter_mut().for_each(|v| *v = *v / matrix[0]);
        }
    }

    /// Room for [`terms`](Self::terms).
    pub(super) fn basis(&self) -> Basis {
        Basis::new(self.k)
    }

    /// The first of the coefficients that a value is made of, and how much it takes of each.
    pub(super) fn terms<'b>(&self, basis: &'b mut Basis, at: f64) -> (usize, &'b [f64]) {
        let l = interval(self.k, &self.t, at);
        (l - self.k, basis.at(&self.t, l, at))
    }
}

/// Knots at the points, or for even orders between them; at the ends they stand `k + 1` times, and so many
/// of the next are left out that there are as many coefficients as points ("not a knot").
fn knots(k: usize, x: &[f64]) -> Vec<f64> {
    let inner: Vec<f64> = match k {
        0 => x[1..].to_vec(),
        k if k % 2 == 1 => x.to_vec(),
        _ => x.windows(2).map(|w| (w[1] + w[0]) / 2.0).collect(),
    };
    let cut = if k == 0 { 0 } else { k.div_ceil(2) };
    let mut t = vec![x[0]; k + 1];
    t.extend_from_slice(&inner[cut..inner.len() - cut]);
    t.extend(vec![x[x.len() - 1]; k + 1]);
    t.truncate(x.len() + k + 1);
    t
}

/// The last knot with a coefficient of its own that lies at or before a place.
fn interval(k: usize, t: &[f64], at: f64) -> usize {
    let n = t.len() - k - 1;
    t[k + 1..n.max(k + 1)].partition_point(|t| *t <= at) + k
}

/// Room for the `k + 1` basis functions that are not zero at a place.
pub(super) struct Basis {
    k: usize,
    values: Vec<f64>,
    before: Vec<f64>,
}

impl Basis {
    fn new(k: usize) -> Basis {
        Basis { k, values: vec![0.0; k + 1], before: vec![0.0; k + 1] }
    }

    /// Their values at a place in the interval that begins at knot `l`, by the recurrence of Cox and de Boor.
    fn at(&mut self, t: &[f64], l: usize, at: f64) -> &[f64] {
        let h = &mut self.values;
        h[0] = 1.0;
        for j in 1..=self.k {
            self.before[..j].copy_from_slice(&h[..j]);
            h[0] = 0.0;
            for n in 1..=j {
                let (right, left) = (t[l + n], t[l + n - j]);
                if right == left {
                    h[n] = 0.0;
                    continue;
                }
                let w = self.before[n - 1] / (right - left);
                h[n - 1] += w * (right - at);
                h[n] = w * (at - left);
            }
        }
        h
    }
}
