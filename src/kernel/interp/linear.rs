//! Straight lines and nearest points.

use super::{Value, piece};
use crate::dtype::Element;

/// As `numpy.interp`, whose lines also bear infinite values; beyond the points as scipy's `interp1d`.
pub(super) fn lines<V: Value>(x: &[f64], y: &[V], at: &[f64], go_on: bool, out: &mut [V]) {
    for (out, &at) in out.iter_mut().zip(at) {
        let i = piece(x, at);
        let j = i + 1;
        let slope = (y[j] - y[i]) / (x[j] - x[i]);
        let mut v = slope * (at - x[i]) + y[i];
        if !go_on {
            if at == x[i] {
                v = y[i];
            } else if at == x[j] {
                v = y[j];
            } else if v.is_missing() {
                v = slope * (at - x[j]) + y[j];
                if v.is_missing() && y[i] == y[j] {
                    v = y[i];
                }
            }
        }
        *out = v;
    }
}

/// The point before the middle between two points, or behind it.
pub(super) fn nearest<V: Element + Copy>(x: &[f64], y: &[V], at: &[f64], out: &mut [V]) {
    let middles: Vec<f64> = x.windows(2).map(|w| w[1] / 2.0 + w[0] / 2.0).collect();
    for (out, at) in out.iter_mut().zip(at) {
        *out = y[middles.partition_point(|m| m < at)];
    }
}
