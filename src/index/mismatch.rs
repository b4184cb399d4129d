//! How many labels of two indexes match, and how near the others are: what an error or event tells.

use std::cmp::Ordering;
use std::fmt;

use super::key::{self, Key};
use super::{Index, Method};
use crate::dtype::DType;

/// How the labels of two indexes of one dimension fit together.
///
/// # Example
/// ```
/// use graticule::array::Block;
/// use graticule::index::{Mismatch, default_index};
/// let a = default_index(&Block::from_vec(&[3], vec![1.0, 2.0, 3.0])?)?;
/// let b = default_index(&Block::from_vec(&[2], vec![1.0, 2.25])?)?;
/// let m = Mismatch::of(a.as_ref(), b.as_ref());
/// assert_eq!(m.to_string(), "1 of 3 and 2 labels match; the nearest of the others differ by 0.25");
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// How many labels stand in both.
    pub matched: usize,
    /// How many labels each has.
    pub of: (usize, usize),
    /// The least distance of two labels of which neither stands in both, as text with its unit.
    pub nearest: Option<String>,
}

impl Mismatch {
    /// Compares two indexes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::{Mismatch, default_index};
    /// let a = default_index(&Block::from_vec(&[2], vec![10i64, 20])?)?;
    /// let b = default_index(&Block::from_vec(&[3], vec![10i64, 21, 30])?)?;
    /// let m = Mismatch::of(a.as_ref(), b.as_ref());
    /// assert_eq!((m.matched, m.of), (1, (2, 3)));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn of(a: &dyn Index, b: &dyn Index) -> Mismatch {
        let of = (a.len(), b.len());
        let plain = Mismatch { matched: 0, of, nearest: None };
        let labels = b.labels();
        let Ok(found) = a.positions_of(&labels, Method::Exact, None) else { return plain };
        let mut in_both = vec![false; a.len()];
        found.iter().filter_map(|p| usize::try_from(*p).ok()).for_each(|p| in_both[p] = true);
        let rest = |keys: Vec<Key>, skip: &dyn Fn(usize) -> bool| -> Vec<Key> {
            let mut rest: Vec<Key> = (keys.into_iter().enumerate())
                .filter(|(i, k)| !skip(*i) && matches!(k, Key::Int(_) | Key::Float(_)))
                .map(|(_, k)| k)
                .collect();
            rest.sort_by(|a, b| a.order(b).unwrap_or(Ordering::Equal));
            rest
        };
        let own = rest(key::keys(&a.labels()), &|i| in_both[i]);
        let other = rest(key::keys(&labels), &|i| found[i] >= 0);
        let nearest = match a.dtype().is_text() || a.dtype().is_complex() {
            true => None,
            false => least_distance(&own, &other).map(|d| show(&d, a.dtype())),
        };
        Mismatch { matched: found.iter().filter(|p| **p >= 0).count(), of, nearest }
    }
}

/// The least distance between members of two rising lists.
fn least_distance(a: &[Key], b: &[Key]) -> Option<Key> {
    let (mut i, mut j) = (0, 0);
    let mut least: Option<Key> = None;
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        if let Some(d) = x.distance(y)
            && least.as_ref().is_none_or(|l| d.order(l) == Some(Ordering::Less))
        {
            least = Some(d);
        }
        match x.order(y) {
            Some(Ordering::Less) => i += 1,
            _ => j += 1,
        }
    }
    least
}

fn show(distance: &Key, dtype: DType) -> String {
    match distance {
        // Keys of times are nanoseconds.
        Key::Int(ns) if dtype.is_time() => {
            let units = [(86_400_000_000_000, "days"), (3_600_000_000_000, "h"), (60_000_000_000, "min")];
            let units = units.into_iter().chain([(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")]);
            let (tick, name) = { units }.find(|(tick, _)| ns % tick == 0).unwrap_or((1, "ns"));
            format!("{} {name}", ns / tick)
        }
        Key::Int(v) => v.to_string(),
        Key::Float(bits) => {
            let v = f64::from_bits(*bits);
            if v < 1e-3 { format!("{v:.1e}") } else { v.to_string() }
        }
        other => format!("{other:?}"),
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (m, n) = self.of;
        match m == n {
            true => write!(f, "{} of {m} labels match", self.matched)?,
            false => write!(f, "{} of {m} and {n} labels match", self.matched)?,
        }
        match &self.nearest {
            Some(d) => write!(f, "; the nearest of the others differ by {d}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Block;
    use crate::index::default_index;

    #[test]
    fn rounded_labels_are_found_out() {
        let f64s: Vec<f64> = (0..11).map(|i| i as f64 / 10.0).collect();
        let f32s: Vec<f64> = f64s.iter().map(|v| f64::from(*v as f32)).collect();
        let index = |v: Vec<f64>| default_index(&Block::from_vec(&[v.len()], v).unwrap()).unwrap();
        let text = Mismatch::of(index(f64s).as_ref(), index(f32s).as_ref()).to_string();
        assert_eq!(text, "3 of 11 labels match; the nearest of the others differ by 1.5e-9");
    }

    #[test]
    fn times_differ_by_a_span() {
        let times = |t: Vec<i64>| {
            default_index(&Block::from_vec(&[t.len()], t).unwrap().retype(DType::DATETIME_NS)).unwrap()
        };
        let hour = 3_600_000_000_000;
        let m = Mismatch::of(times(vec![0, 24 * hour]).as_ref(), times(vec![12 * hour]).as_ref());
        assert_eq!(m.to_string(), "0 of 2 and 1 labels match; the nearest of the others differ by 12 h");
    }
}
