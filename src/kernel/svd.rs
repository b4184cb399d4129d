//! The singular value decomposition of matrices with few columns.

/// `a = u · diag(s) · vᵀ`, with the singular values from great to small.
#[derive(Debug, Clone)]
pub(crate) struct Svd {
    /// Columns of `u`, each as long as the matrix has rows; zeros where a singular value is zero.
    pub(crate) u: Vec<Vec<f64>>,
    /// The singular values, one for each column.
    pub(crate) s: Vec<f64>,
    /// Columns of `v`.
    pub(crate) v: Vec<Vec<f64>>,
}

/// More sweeps than any matrix takes.
const SWEEPS: usize = 60;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn rotate(columns: &mut [Vec<f64>], i: usize, j: usize, c: f64, s: f64) {
    let (low, high) = columns.split_at_mut(j);
    for (a, b) in low[i].iter_mut().zip(&mut high[0]) {
        (*a, *b) = (c * *a - s * *b, s * *a + c * *b);
    }
}

/// Decomposes a matrix given by its columns.
///
/// One-sided Jacobi rotations: columns are turned in pairs until all are orthogonal. Small singular values
/// keep their relative accuracy. Hestenes (1958); Demmel & Veselić (1992).
pub(crate) fn svd(mut columns: Vec<Vec<f64>>) -> Svd {
    let p = columns.len();
    let mut v: Vec<Vec<f64>> =
        (0..p).map(|i| (0..p).map(|j| if i == j { 1.0 } else { 0.0 }).collect()).collect();
    for _ in 0..SWEEPS {
        let mut turned = false;
        for i in 0..p {
            for j in i + 1..p {
                let (a, b) = (dot(&columns[i], &columns[i]), dot(&columns[j], &columns[j]));
                let cross = dot(&columns[i], &columns[j]);
                // A column that was rotated away is noise; turning it on would never end.
                if cross.abs() <= f64::EPSILON * (a * b).sqrt() || a.min(b) <= f64::MIN_POSITIVE {
                    continue;
                }
                turned = true;
                let zeta = (b - a) / (2.0 * cross);
                let t = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                rotate(&mut columns, i, j, c, c * t);
                rotate(&mut v, i, j, c, c * t);
            }
        }
        if !turned {
            break;
        }
    }
    let s: Vec<f64> = columns.iter().map(|c| dot(c, c).sqrt()).collect();
    let mut order: Vec<usize> = (0..p).collect();
    order.sort_by(|a, b| s[*b].total_cmp(&s[*a]));
    for (column, s) in columns.iter_mut().zip(&s) {
        column.iter_mut().for_each(|x| *x = if *s > 0.0 { *x / s } else { 0.0 });
    }
    let take = |from: &mut Vec<Vec<f64>>| order.iter().map(|i| std::mem::take(&mut from[*i])).collect();
    Svd { u: take(&mut columns), s: order.iter().map(|i| s[*i]).collect(), v: take(&mut v) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_make_the_matrix_and_are_orthogonal() {
        for (rows, p) in [(6, 3), (4, 4), (2, 5), (1, 1), (5, 2)] {
            let a: Vec<Vec<f64>> =
                (0..p).map(|j| (0..rows).map(|i| ((i * 7 + j * 13) % 11) as f64 - 4.0).collect()).collect();
            let svd = svd(a.clone());
            assert!(svd.s.is_sorted_by(|a, b| a >= b));
            for (j, column) in a.iter().enumerate() {
                for (i, x) in column.iter().enumerate() {
                    let made: f64 = (0..p).map(|k| svd.u[k][i] * svd.s[k] * svd.v[k][j]).sum();
                    assert!((made - x).abs() < 1e-13, "{made} for {x}");
                }
            }
            for i in 0..p {
                for j in 0..p {
                    let one = if i == j { 1.0 } else { 0.0 };
                    assert!((dot(&svd.v[i], &svd.v[j]) - one).abs() < 1e-14);
                }
            }
        }
    }

    #[test]
    fn nearly_equal_columns_have_an_accurate_small_value() {
        let x: Vec<f64> = (0..4).map(|i| 1.0 + 1e-8 * i as f64).collect();
        let svd = svd(vec![x, vec![1.0; 4]]);
        // det(AᵀA) = n Σx² - (Σx)² = n² var(x)
        let det = 16.0 * 1e-16 * 1.25;
        assert!((svd.s[0] * svd.s[1] / f64::sqrt(det) - 1.0).abs() < 1e-7, "{:?}", svd.s);
    }
}
