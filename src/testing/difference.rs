//! What differs between two objects, in words.

use std::fmt::Write;

use super::elements::differing;
use crate::array::{Block, Slice};
use crate::dtype::{DType, Text};
use crate::error::Result;
use crate::kernel::cast::cast;
use crate::labels::{Attrs, Coords, DataArray, Dataset, Name, Variable};

/// What counts as the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Same {
    /// Equal dimensions, coordinates and elements.
    Equal,
    /// And equal names, attributes and indexes.
    Identical,
    /// Numbers where `|left - right| <= atol + rtol * |right|`.
    Close {
        /// Relative to the right one.
        rtol: f64,
        /// Absolute.
        atol: f64,
    },
    /// Numbers that differ by at most `epsilon`, or by at most `max_relative` times the greater one.
    Relative {
        /// Absolute.
        epsilon: f64,
        /// Relative to the greater of both.
        max_relative: f64,
    },
}

mod sealed {
    /// Only the types of this module are [`Compared`](super::Compared).
    pub trait Sealed {}
    impl Sealed for super::Variable {}
    impl Sealed for super::DataArray {}
    impl Sealed for super::Dataset {}
}

/// What can be compared for tests: a [`Variable`], [`DataArray`] or [`Dataset`].
pub trait Compared: sealed::Sealed {
    /// Writes a line (with indented ones) for everything that differs.
    #[doc(hidden)]
    fn compare(&self, other: &Self, how: Same, out: &mut String) -> Result<()>;

    /// What it is, in the plural.
    #[doc(hidden)]
    const KIND: &'static str;
}

/// What differs between two objects: dimensions, names of coordinates and variables, attributes, and how many
/// elements, by how much and where; `None` if nothing does. Computes what is lazy; a run that fails is told
/// too.
///
/// # Example
/// ```
/// # use graticule::prelude::*;
/// use graticule::testing::{Same, difference};
/// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
/// let a = a.assign_coords([("x", Block::from_vec(&[2], vec![10, 20])?)])?;
/// assert_eq!(difference(&a, &a, Same::Identical), None);
/// let text = difference(&a, &a.add(0.5)?, Same::Equal).unwrap_or_default();
/// assert!(text.contains("2 of 2 elements differ"), "{text}");
/// assert!(text.contains("x=10: left 1.0, right 1.5"), "{text}");
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn difference<T: Compared>(left: &T, right: &T, how: Same) -> Option<String> {
    let mut found = String::new();
    if let Err(e) = left.compare(right, how, &mut found) {
        let _ = writeln!(found, "the comparison failed: {e}");
    }
    if found.is_empty() {
        return None;
    }
    let what = match how {
        Same::Equal => "equal",
        Same::Identical => "identical",
        Same::Close { .. } | Same::Relative { .. } => "close",
    };
    Some(format!("left and right {} are not {what}\n{}", T::KIND, found.trim_end()))
}

/// How many elements, names and attributes are shown.
const SHOWN: usize = 5;

impl Compared for Variable {
    const KIND: &'static str = "Variables";

    fn compare(&self, other: &Self, how: Same, out: &mut String) -> Result<()> {
        compare_variables("", self, other, None, how, out)
    }
}

impl Compared for DataArray {
    const KIND: &'static str = "DataArrays";

    fn compare(&self, other: &Self, how: Same, out: &mut String) -> Result<()> {
        if how == Same::Identical && self.name() != other.name() {
            line(out, format!("name: left {}, right {}", quoted(self.name()), quoted(other.name())));
        }
        compare_variables("", self.variable(), other.variable(), Some(self.coords()), how, out)?;
        compare_coords(self.coords(), other.coords(), how, out)
    }
}

impl Compared for Dataset {
    const KIND: &'static str = "Datasets";

    fn compare(&self, other: &Self, how: Same, out: &mut String) -> Result<()> {
        let (a, b) = (self.data_vars(), other.data_vars());
        one_sided("variable", a.keys(), b.keys(), out);
        for (name, v) in a {
            if let Some(w) = b.get(name) {
                compare_variables(&format!("variable `{name}`: "), v, w, Some(self.coords()), how, out)?;
            }
        }
        compare_coords(self.coords(), other.coords(), how, out)?;
        if how == Same::Identical {
            compare_attrs("attributes of the dataset", &self.attrs, &other.attrs, out);
        }
        Ok(())
    }
}

fn line(out: &mut String, text: String) {
    let _ = writeln!(out, "  {text}");
}

fn quoted(name: Option<&Name>) -> String {
    name.map_or_else(|| "none".to_string(), |n| format!("`{n}`"))
}

/// Tells the names that only one side has.
fn one_sided<'a>(
    what: &str,
    left: impl Iterator<Item = &'a Name>,
    right: impl Iterator<Item = &'a Name>,
    out: &mut String,
) {
    let (left, right): (Vec<_>, Vec<_>) = (left.collect(), right.collect());
    for (own, other, side) in [(&left, &right, "left"), (&right, &left, "right")] {
        let names: Vec<String> =
            own.iter().filter(|n| !other.contains(n)).map(|n| format!("`{n}`")).collect();
        if !names.is_empty() {
            line(out, format!("only in {side}: {what} {}", names.join(", ")));
        }
    }
}

fn compare_coords(a: &Coords, b: &Coords, how: Same, out: &mut String) -> Result<()> {
    one_sided("coordinate", a.names(), b.names(), out);
    for (name, v) in a.iter() {
        let Some(w) = b.get(name) else { continue };
        compare_variables(&format!("coordinate `{name}`: "), v, w, None, how, out)?;
        if how == Same::Identical && a.index(name).is_some() != b.index(name).is_some() {
            let side = if a.index(name).is_some() { "left" } else { "right" };
            line(out, format!("coordinate `{name}`: only {side} has an index"));
        }
    }
    Ok(())
}

fn compare_attrs(what: &str, a: &Attrs, b: &Attrs, out: &mut String) {
    let text = |attrs: &Attrs, name: &str| match attrs.get(name) {
        Some(value) => format!("{value:?}"),
        None => "none".to_string(),
    };
    let new = b.iter().map(|(n, _)| n).filter(|n| !a.contains(n));
    let different: Vec<&str> = a.iter().map(|(n, _)| n).chain(new).filter(|n| a.get(n) != b.get(n)).collect();
    for name in different.iter().take(SHOWN) {
        line(out, format!("{what}: `{name}`: left {}, right {}", text(a, name), text(b, name)));
    }
    if different.len() > SHOWN {
        line(out, format!("{what}: {} more", different.len() - SHOWN));
    }
}

fn compare_variables(
    place: &str,
    a: &Variable,
    b: &Variable,
    coords: Option<&Coords>,
    how: Same,
    out: &mut String,
) -> Result<()> {
    if how == Same::Identical {
        compare_attrs(&format!("{place}attributes"), &a.attrs, &b.attrs, out);
    }
    let dims = |v: &Variable| {
        let dims: Vec<String> = v.sizes().iter().map(|(d, n)| format!("{d}: {n}")).collect();
        format!("({})", dims.join(", "))
    };
    if a.sizes().iter().ne(b.sizes().iter()) {
        line(out, format!("{place}dimensions: left {}, right {}", dims(a), dims(b)));
        return Ok(());
    }
    let (x, y) = (a.load()?.contiguous(), b.load()?.contiguous());
    let Some(found) = differing(&x, &y, how)? else {
        if x.size() > 0 {
            line(out, format!("{place}dtypes: left {}, right {}", x.dtype(), y.dtype()));
        }
        return Ok(());
    };
    if found.at.is_empty() {
        return Ok(());
    }
    let mut text = format!("{place}{} of {} elements differ", found.at.len(), x.size());
    if let Some((absolute, relative)) = found.largest {
        let _ = write!(text, ", by at most {absolute:.3e} (relative to right: {relative:.3e})");
    }
    if x.dtype() != y.dtype() {
        let _ = write!(text, "; left is {}, right {}", x.dtype(), y.dtype());
    }
    line(out, text);
    for &at in found.at.iter().take(SHOWN) {
        let index = unravel(a.shape(), at);
        let place = label_of(a.dims(), &index, coords);
        line(out, format!("  {place}: left {}, right {}", element(&x, &index), element(&y, &index)));
    }
    if found.at.len() > SHOWN {
        line(out, "  ...".to_string());
    }
    Ok(())
}

fn unravel(shape: Vec<usize>, mut flat: usize) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (i, &n) in index.iter_mut().zip(&shape).rev() {
        *i = flat % n;
        flat /= n;
    }
    index
}

/// Where an element stands: by labels, or by positions where there are none.
fn label_of(dims: &[Name], index: &[usize], coords: Option<&Coords>) -> String {
    if dims.is_empty() {
        return "the element".to_string();
    }
    let one = |(dim, &i): (&Name, &usize)| {
        let labels = coords.and_then(|c| c.get(dim)).filter(|v| v.ndim() == 1).and_then(|v| v.load().ok());
        match labels {
            Some(labels) => format!("{dim}={}", element(&labels, &[i])),
            None => format!("{dim}[{i}]"),
        }
    };
    dims.iter().zip(index).map(one).collect::<Vec<_>>().join(", ")
}

/// An element in full.
fn element(block: &Block, index: &[usize]) -> String {
    let slices: Vec<Slice> = index.iter().map(|&i| Slice::range(i..i + 1)).collect();
    let one = block.slice(&slices);
    let text = cast(&one, DType::Str).ok().and_then(|t| t.to_vec::<Text>().ok()?.into_iter().next());
    match text {
        Some(t) if block.dtype().is_text() => format!("{t:?}"),
        Some(t) => t.to_string(),
        None => "?".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(values: Vec<f64>) -> DataArray {
        DataArray::from_vec(&[("x", values.len())], values).unwrap()
    }

    #[test]
    fn everything_that_differs_is_told() {
        let a = array(vec![1.0, 2.0, f64::NAN]).to_dataset("t");
        let a = a.assign_coords([("x", Block::from_vec(&[3], vec![1, 2, 3]).unwrap())]).unwrap();
        let b = a.assign([("t", array(vec![1.0, 2.5, f64::NAN])), ("u", array(vec![0.0; 3]))]).unwrap();
        let b = b.assign_coords([("x", Block::from_vec(&[3], vec![1, 2, 4]).unwrap())]).unwrap();
        let b = b.assign_attrs([("title", "b")]);
        let text = difference(&a, &b, Same::Identical).unwrap();
        for part in [
            "Datasets are not identical",
            "only in right: variable `u`",
            "variable `t`: 1 of 3 elements differ, by at most 5.000e-1 (relative to right: 2.000e-1)",
            "x=2: left 2.0, right 2.5",
            "coordinate `x`: 1 of 3 elements differ",
            "attributes of the dataset: `title`: left none, right Str(\"b\")",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(
            difference(&array(vec![1.0]), &array(vec![1.0, 2.0]), Same::Equal).unwrap().contains("(x: 2)")
        );
    }

    #[test]
    fn close_is_relative_to_the_right_and_infinities_are_near_themselves_only() {
        let close = |a: f64, b: f64, rtol, atol| {
            difference(&array(vec![a]), &array(vec![b]), Same::Close { rtol, atol }).is_none()
        };
        assert!(close(1.0, 1.1, 0.1, 0.0) && !close(1.1, 0.99, 0.1, 0.0));
        assert!(close(f64::INFINITY, f64::INFINITY, 0.0, 0.0) && !close(1.0, f64::INFINITY, 1.0, 1.0));
        assert!(close(f64::NAN, f64::NAN, 0.0, 0.0) && !close(f64::NAN, 0.0, 1.0, 1.0));
    }

    #[test]
    fn text_and_numbers_have_nothing_in_common() {
        let text = DataArray::from_vec(&[("x", 1)], vec![Text::from("1")]).unwrap();
        assert!(difference(&text, &array(vec![1.0]), Same::Equal).is_some());
    }
}
