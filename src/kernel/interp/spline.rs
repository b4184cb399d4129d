//! Splines of any order in the B-spline basis. de Boor, A Practical Guide to Splines (1978).

use super::Value;

/// The spline of order `k` through the points; the first and last piece go on for ever.
pub(super) fn spline<V: Value>(k: usize, x: &[f64], y: &[V], at: &[f64], out: &mut [V]) {
    let t = knots(k, x);
    let c = if k < 2 { y.to_vec() } else { coefficients(k, &t, x, y) };
    let mut basis = Basis::new(k);
    for (out, &at) in out.iter_mut().zip(at) {
        let l = interval(k, &t, at);
        let weights = basis.at(&t, l, at);
        let terms = c[l - k..=l].iter().zip(weights);
        *out = terms.fold(V::real(0.0), |sum, (c, w)| sum + *c * *w);
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
struct Basis {
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

/// The coefficients of the spline that goes through the points.
///
/// The matrix has `k` diagonals to each side, and none of its minors is negative, so elimination needs no
/// exchange of rows.
fn coefficients<V: Value>(k: usize, t: &[f64], x: &[f64], y: &[V]) -> Vec<V> {
    let n = x.len();
    let width = 2 * k + 1;
    // Row i holds the columns i - k to i + k.
    let mut rows = vec![0.0; n * width];
    let mut basis = Basis::new(k);
    for (i, &at) in x.iter().enumerate() {
        let l = interval(k, t, at);
        for (j, w) in (l - k..=l).zip(basis.at(t, l, at)) {
            if let Some(place) = (j + k).checked_sub(i).filter(|p| *p < width) {
                rows[i * width + place] = *w;
            }
        }
    }
    let mut c = y.to_vec();
    for p in 0..n {
        let pivot = rows[p * width + k];
        for i in p + 1..n.min(p + k + 1) {
            let factor = rows[i * width + p + k - i] / pivot;
            if factor == 0.0 {
                continue;
            }
            for j in p..n.min(p + k + 1) {
                rows[i * width + j + k - i] -= factor * rows[p * width + j + k - p];
            }
            c[i] = c[i] - c[p] * factor;
        }
    }
    for p in (0..n).rev() {
        let mut v = c[p];
        for j in p + 1..n.min(p + k + 1) {
            v = v - c[j] * rows[p * width + j + k - p];
        }
        c[p] = v / rows[p * width + k];
    }
    c
}
