//! The polynomial through all points.

use super::Value;

/// The barycentric formula; weights are scaled by the capacity of the interval. Berrut and Trefethen (2004).
pub(super) fn barycentric<V: Value>(x: &[f64], y: &[V], at: &[f64], out: &mut [V]) {
    let scale = 4.0 / (x[x.len() - 1] - x[0]);
    let weights: Vec<f64> = (0..x.len())
        .map(|i| {
            let others = (0..x.len()).filter(|j| *j != i);
            1.0 / others.map(|j| scale * (x[i] - x[j])).product::<f64>()
        })
        .collect();
    for (out, &at) in out.iter_mut().zip(at) {
        if let Some(i) = x.iter().position(|x| *x == at) {
            *out = y[i];
            continue;
        }
        let (mut value, mut total) = (V::real(0.0), 0.0);
        for ((x, y), w) in x.iter().zip(y).zip(&weights) {
            let w = w / (at - x);
            value = value + *y * w;
            total += w;
        }
        *out = value / total;
    }
}

/// Newton's form with divided differences. Krogh (1970).
pub(super) fn newton<V: Value>(x: &[f64], y: &[V], at: &[f64], out: &mut [V]) {
    let mut c = vec![y[0]];
    for k in 1..x.len() {
        let mut v = y[k];
        for i in 0..k {
            v = (c[i] - v) / (x[i] - x[k]);
        }
        c.push(v);
    }
    for (out, &at) in out.iter_mut().zip(at) {
        let mut factor = 1.0;
        let mut value = c[0];
        for k in 1..c.len() {
            factor *= at - x[k - 1];
            value = value + c[k] * factor;
        }
        *out = value;
    }
}
