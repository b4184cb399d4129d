//! Cubic pieces from values and slopes at the points.

use super::{InterpMethod, Value, piece};
use crate::error::{Error, Result};

pub(super) fn pieces<V: Value>(
    method: InterpMethod,
    x: &[f64],
    y: &[V],
    at: &[f64],
    out: &mut [V],
) -> Result<()> {
    let real: Option<Vec<f64>> = y.iter().map(Value::as_real).collect();
    let Some(y) = real else {
        return Err(Error::dtype(format!("interpolation by `{}` takes real values only", method.name()))
            .help("interpolate the real and the imaginary part on their own"));
    };
    if y.iter().any(|y| !y.is_finite()) {
        return Err(Error::invalid(format!("interpolation by `{}` takes finite values only", method.name()))
            .help("mask infinite values first, as with `where_cond`"));
    }
    let h: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
    let d: Vec<f64> = y.windows(2).zip(&h).map(|(w, h)| (w[1] - w[0]) / h).collect();
    let slopes = match method {
        _ if d.len() == 1 => vec![d[0]; 2],
        InterpMethod::Pchip => pchip(&h, &d),
        _ => akima(&d, method == InterpMethod::Makima),
    };
    for (out, &at) in out.iter_mut().zip(at) {
        let i = piece(x, at);
        let t = (slopes[i] + slopes[i + 1] - 2.0 * d[i]) / h[i];
        let s = at - x[i];
        let v = y[i] + slopes[i] * s + ((d[i] - slopes[i]) / h[i] - t) * (s * s) + t / h[i] * (s * s * s);
        *out = V::real(v);
    }
    Ok(())
}

/// 1, -1 or 0, as numpy's `sign`.
fn sign(v: f64) -> f64 {
    if v == 0.0 { 0.0 } else { v.signum() }
}

/// Weighted harmonic means of the slopes `d` of neighbouring pieces (of lengths `h`), 0 where their signs
/// differ. Fritsch and Butland (1984); the ends as in Moler, Numerical Computing with Matlab, 3.6.
fn pchip(h: &[f64], d: &[f64]) -> Vec<f64> {
    let end = |h0: f64, h1: f64, d0: f64, d1: f64| {
        let s = ((2.0 * h0 + h1) * d0 - h0 * d1) / (h0 + h1);
        if sign(s) != sign(d0) {
            0.0
        } else if sign(d0) != sign(d1) && s.abs() > 3.0 * d0.abs() {
            3.0 * d0
        } else {
            s
        }
    };
    let last = d.len() - 1;
    let mut slopes = vec![end(h[0], h[1], d[0], d[1])];
    slopes.extend((0..last).map(|k| {
        if sign(d[k]) != sign(d[k + 1]) || d[k] == 0.0 {
            return 0.0;
        }
        let (w1, w2) = (2.0 * h[k + 1] + h[k], h[k + 1] + 2.0 * h[k]);
        1.0 / ((w1 / d[k] + w2 / d[k + 1]) / (w1 + w2))
    }));
    slopes.push(end(h[last], h[last - 1], d[last], d[last - 1]));
    slopes
}

/// Means of the slopes of the pieces to both sides, weighted by how much the slopes change on the other
/// side. Akima (1970); modified: Moler and Ionita (2019).
fn akima(d: &[f64], modified: bool) -> Vec<f64> {
    // Two more slopes at each end.
    let mut m = vec![0.0, 0.0];
    m.extend_from_slice(d);
    m[1] = 2.0 * m[2] - m[3];
    m[0] = 2.0 * m[1] - m[2];
    for _ in 0..2 {
        m.push(2.0 * m[m.len() - 1] - m[m.len() - 2]);
    }
    let change: Vec<f64> = (m.windows(2))
        .map(|w| (w[1] - w[0]).abs() + if modified { 0.5 * (w[1] + w[0]).abs() } else { 0.0 })
        .collect();
    let n = d.len() + 1;
    let sums: Vec<f64> = (0..n).map(|i| change[i + 2] + change[i]).collect();
    let greatest = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (0..n)
        .map(|i| {
            // Where all slopes are alike the weights have no meaning.
            if sums[i] > 1e-9 * greatest {
                m[i + 1] + change[i] / sums[i] * (m[i + 2] - m[i + 1])
            } else {
                0.5 * (m[i + 3] + m[i])
            }
        })
        .collect()
}
