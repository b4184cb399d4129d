//! Evaluation of polynomials by degree labels.

use super::apply::{Arg, NameRule, Rules, apply};
use super::arithmetic::binary_args;
use super::dataset::Dataset;
use super::merge::CombineAttrs;
use super::operand::{Labelled, Object, Operand};
use super::options::Options;
use super::points::numbers;
use super::variable::Variable;
use crate::array::Slice;
use crate::dtype::{DType, Scalar};
use crate::error::{Context, Error, Result};
use crate::kernel::cast::cast;
use crate::kernel::elementwise::BinaryOp;
use crate::lazy::{AxisFrom, LazyArray};

/// Evaluates polynomials whose coefficients lie along `degree`: see [`polyval_over`].
///
/// # Errors
/// Those of [`polyval_over`].
///
/// # Example
/// ```
/// use graticule::labels::{Coords, DataArray, Variable, polyval};
/// let mut coords = Coords::new();
/// coords.insert("degree", Variable::from_vec(&[("degree", 2)], vec![2_i64, 0])?)?;
/// let c = DataArray::new(Variable::from_vec(&[("degree", 2)], vec![3.0, 1.0])?, coords)?;
/// let x = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
/// assert_eq!(polyval(&x, &c)?.into_array()?.to_vec::<f64>()?, [4.0, 13.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn polyval(coord: impl Into<Object>, coeffs: impl Into<Object>) -> Result<Operand> {
    polyval_over(coord, coeffs, "degree")
}

/// Evaluates polynomials at `coord` by Horner's method; the labels along `degree` say which power a
/// coefficient belongs to, powers without one count as zero.
///
/// Arrays align and broadcast as in arithmetic; with a dataset on either side the result is a dataset of the
/// variables that both have. Datetimes count in nanoseconds since 1970, timedeltas in ticks, as in
/// [`polyfit`](super::DataArray::polyfit). Lazy.
///
/// # Errors
/// If `degree` has no labels that are integers from 0 on, labels do not join, or elements are no numbers.
///
/// # Example
/// ```
/// use graticule::labels::{Coords, DataArray, Variable, polyval_over};
/// let mut coords = Coords::new();
/// coords.insert("k", Variable::from_vec(&[("k", 2)], vec![0_i64, 1])?)?;
/// let c = DataArray::new(Variable::from_vec(&[("k", 2)], vec![1.0, 2.0])?, coords)?;
/// let x = DataArray::from_vec(&[("x", 1)], vec![10.0])?;
/// assert_eq!(polyval_over(&x, &c, "k")?.into_array()?.to_vec::<f64>()?, [21.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn polyval_over(coord: impl Into<Object>, coeffs: impl Into<Object>, degree: &str) -> Result<Operand> {
    let (coord, coeffs): (Object, Object) = (coord.into(), coeffs.into());
    evaluate(&coord, &coeffs, degree).at(|| format!("polyval over `{degree}`"))
}

fn evaluate(coord: &Object, coeffs: &Object, degree: &str) -> Result<Operand> {
    let parts = coeffs.to_parts();
    let degrees = degrees(&parts, degree)?;
    // The coefficients of each power take part as objects of their own, without `degree`.
    let Some(highest) = degrees.iter().copied().flatten().max() else {
        return Err(Error::invalid(format!("`{degree}` has no power from 0 on")));
    };
    let x = coord.rebuild(with_numbers(&coord.to_parts())?)?;
    let power = |k: usize| -> Result<Object> {
        let at = degrees.iter().position(|d| *d == Some(k));
        let vars = parts.map_variables(|v| coefficient(v, degree, at).map(Some))?;
        let coords = parts.coords().without_dims(&[degree.into()]);
        coeffs.rebuild(parts.with_parts(vars, coords))
    };
    let mut args: Vec<Operand> = vec![x.into()];
    for k in (0..=highest).rev() {
        args.push(power(k)?.into());
    }
    let options = Options::current();
    // As a sum: what both agree on is kept.
    let attrs = if options.keep_attrs { CombineAttrs::DropConflicts } else { CombineAttrs::Drop };
    let rules = Rules {
        compat: options.arithmetic_compat,
        attrs,
        // xarray goes on in place, which takes the attributes of a dataset away.
        dataset_attrs: if highest > 0 { CombineAttrs::Drop } else { attrs },
        coord_attrs: CombineAttrs::Override,
        array_attrs_count: true,
        name: NameRule::Common,
        ..Rules::function(options.arithmetic_join, options.keep_attrs)
    };
    apply(args, &rules, &|args| {
        let [x, powers @ ..] = args else { return Err(Error::internal("polyval without a coordinate")) };
        let zero = Scalar::Int(0);
        // Zeros like the coordinate: the result has its dimensions first.
        let zeros = match x {
            Arg::Variable(v) => {
                let axes: Vec<AxisFrom> = v.shape().into_iter().map(AxisFrom::Repeat).collect();
                let zeros = LazyArray::from(zero.cast_to(v.dtype())?).axes(&axes)?;
                Variable::new(v.dims().iter().cloned(), zeros)?
            }
            Arg::Scalar(_) => Variable::scalar(zero.to_block()),
        };
        let mut sum = binary_args(BinaryOp::Add, Arg::Variable(&zeros), powers[0])?;
        for power in &powers[1..] {
            sum = binary_args(BinaryOp::Mul, Arg::Variable(&sum), *x)?;
            sum = binary_args(BinaryOp::Add, Arg::Variable(&sum), *power)?;
        }
        Ok(sum)
    })
}

/// Which power each position along `degree` is.
fn degrees(parts: &Dataset, degree: &str) -> Result<Vec<Option<usize>>> {
    let Some(index) = parts.coords().index(degree) else {
        let known = parts.coords().indexes().map(|(n, _)| n.to_string());
        return Err(Error::invalid(format!(
            "`{degree}` has no labels that say which power a coefficient has"
        ))
        .known(known)
        .help("give it a coordinate of integers, as `polyfit` does"));
    };
    if !index.dtype().is_integer() {
        return Err(Error::dtype(format!("the labels of `{degree}` are {}, not integers", index.dtype())));
    }
    if !index.is_unique() {
        return Err(Error::invalid(format!("a power stands twice along `{degree}`")));
    }
    let labels = cast(&index.labels(), DType::I64)?.to_vec::<i64>()?;
    // Negative powers have no part in it.
    Ok(labels.iter().map(|d| usize::try_from(*d).ok()).collect())
}

/// The coefficient at a position along `degree`, or zeros.
fn coefficient(v: &Variable, degree: &str, at: Option<usize>) -> Result<Variable> {
    let Some(axis) = v.axis(degree) else { return Ok(v.clone()) };
    let rest: Vec<_> = v.dims().iter().filter(|d| &***d != degree).cloned().collect();
    let data = match at {
        Some(i) => {
            let mut slices: Vec<Slice> = v.shape().into_iter().map(Slice::all).collect();
            slices[axis] = Slice::range(i..i + 1);
            let from: Vec<AxisFrom> = (0..v.ndim()).filter(|a| *a != axis).map(AxisFrom::Input).collect();
            v.data().slice(&slices)?.axes(&from)?
        }
        None => {
            let mut axes: Vec<AxisFrom> = v.shape().into_iter().map(AxisFrom::Repeat).collect();
            axes.remove(axis);
            LazyArray::from(Scalar::Int(0).cast_to(v.dtype())?).axes(&axes)?
        }
    };
    v.with_data(rest, data)
}

/// Times as numbers.
fn with_numbers(parts: &Dataset) -> Result<Dataset> {
    let vars =
        parts.map_variables(|v| v.with_data(v.dims().iter().cloned(), numbers(v.data())?).map(Some))?;
    let mut result = parts.with_parts(vars, parts.coords().clone());
    result.attrs = parts.attrs.clone();
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::{Coords, DataArray};

    #[test]
    fn a_power_without_labels_is_refused() {
        let x = DataArray::from_vec(&[("x", 1)], vec![1.0]).unwrap();
        let c = DataArray::from_vec(&[("degree", 1)], vec![1.0]).unwrap();
        let e = polyval(&x, &c).err().unwrap().to_string();
        assert!(e.contains("`degree`"), "{e}");
        let mut coords = Coords::new();
        coords.insert("degree", Variable::from_vec(&[("degree", 1)], vec![0.5]).unwrap()).unwrap();
        let c = DataArray::new(c.variable().clone(), coords).unwrap();
        assert!(polyval(&x, &c).is_err());
    }
}
