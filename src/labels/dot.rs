//! Sums of products over shared dimensions: `dot`, and the cross product of vectors.

use indexmap::IndexMap;

use super::align::{AlignOptions, align_parts};
use super::apply::{Arg, Rules, apply};
use super::arithmetic::binary_args;
use super::broadcast::broadcast_sizes;
use super::coords::Coords;
use super::dataarray::DataArray;
use super::diagnostics;
use super::dims::{Dims, IntoDims};
use super::operand::{Labelled, Operand};
use super::options::Options;
use super::variable::{Name, Variable};
use crate::array::{AxisGrid, ChunkGrid, Slice};
use crate::dtype::promote::{is_plain, promote};
use crate::dtype::{DType, Scalar};
use crate::error::{Context, Error, Result};
use crate::index::Join;
use crate::kernel::contract::Contraction;
use crate::kernel::elementwise::BinaryOp;
use crate::lazy::{AxisFrom, LazyArray};

/// Multiplies arrays and sums over dimensions: an einsum by dimension name.
///
/// `dims` are the dimensions that are summed over: names, `..` for all, `()` for those that at least two
/// arrays have. The others stay, in order of first appearance. Labels are joined as by operators (on those
/// that all have, or exactly). Coordinates along summed dimensions go; attributes and name are those of the
/// first array. The dtype is that of a product: integers wrap, a sum of bools is "any". NaN is not skipped.
///
/// Lazy. Several arrays are multiplied two by two, the smallest intermediate result first; products of
/// matrices run block by block over the chunks of both.
///
/// # Errors
/// If there is no array, a dimension does not exist, labels do not join, or elements are not numbers.
///
/// # Example
/// ```
/// use graticule::labels::{DataArray, dot};
/// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1.0, 2.0, 3.0, 4.0])?;
/// let b = DataArray::from_vec(&[("y", 2), ("z", 2)], vec![5.0, 6.0, 7.0, 8.0])?;
/// let product = dot(&[a, b], ())?;
/// assert_eq!(product.to_vec::<f64>()?, [19.0, 22.0, 43.0, 50.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn dot(arrays: &[DataArray], dims: impl IntoDims) -> Result<DataArray> {
    let dims: Dims = dims.into_dims();
    let Some(first) = arrays.first() else {
        return Err(Error::invalid("`dot` of no array").help("give at least one"));
    };
    dot_arrays(arrays, &dims).at(|| format!("{}, in dot", first.place()))
}

impl DataArray {
    /// Multiplies by another array and sums over dimensions: [`dot`] of two arrays.
    ///
    /// # Errors
    /// Those of [`dot`].
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1.0, 2.0, 3.0, 4.0])?;
    /// let w = DataArray::from_vec(&[("y", 2)], vec![10.0, 1.0])?;
    /// assert_eq!(a.dot(&w, ())?.to_vec::<f64>()?, [12.0, 34.0]);
    /// assert_eq!(a.dot(&w, ..)?.to_vec::<f64>()?, [46.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn dot(&self, other: &DataArray, dims: impl IntoDims) -> Result<DataArray> {
        dot(&[self.clone(), other.clone()], dims)
    }
}

fn dot_arrays(arrays: &[DataArray], dims: &Dims) -> Result<DataArray> {
    let mut counts: IndexMap<Name, usize> = IndexMap::new();
    for d in arrays.iter().flat_map(|a| a.dims()) {
        *counts.entry(d.clone()).or_default() += 1;
    }
    let summed = match dims {
        Dims::Default => counts.iter().filter(|(_, n)| **n > 1).map(|(d, _)| d.clone()).collect(),
        dims => dims.among(&counts)?,
    };
    let options = Options::current();
    let join = if options.arithmetic_join == Join::Exact { Join::Exact } else { Join::Inner };
    let rules = Rules::function(join, options.keep_attrs);
    let result = apply(arrays.iter().map(Operand::from).collect(), &rules, &|args| {
        let variables: Vec<&Variable> = args
            .iter()
            .filter_map(|a| match a {
                Arg::Variable(v) => Some(*v),
                Arg::Scalar(_) => None,
            })
            .collect();
        sum_of_products(&variables, &summed)
    })?
    .into_array()?;
    diagnostics::units_of_product("dot", result.attrs(), arrays.iter().map(|a| a.attrs()))?;
    let coords = result.coords().without_dims(&summed);
    Ok(DataArray::from_parts(result.name().cloned(), result.variable().clone(), coords))
}

/// A factor: its elements, with a label for each axis.
struct Term {
    labels: Vec<usize>,
    data: LazyArray,
}

/// The product of variables, summed over some dimensions; the others in order of first appearance.
pub(crate) fn sum_of_products(variables: &[&Variable], summed: &[Name]) -> Result<Variable> {
    let sizes = broadcast_sizes(variables)?;
    let kept: Vec<Name> = sizes.keys().filter(|d| !summed.contains(d)).cloned().collect();
    if let ([one], true) = (variables, summed.is_empty()) {
        return Variable::new(one.dims().iter().cloned(), one.data().clone());
    }
    let mut dtype = variables[0].dtype();
    for v in variables {
        dtype = promote(dtype, v.dtype())?;
    }
    if !is_plain(dtype) {
        return Err(Error::dtype(format!("a sum of products has no meaning for {dtype}"))
            .help("of times, subtract a reference and cast to a number first"));
    }
    if let Some(shape) = empty_sum(&sizes, summed) {
        // Nothing is summed: zeros, also where a factor is missing.
        let axes: Vec<AxisFrom> = shape.into_iter().map(AxisFrom::Repeat).collect();
        return Variable::new(kept, LazyArray::from(Scalar::Int(0).cast_to(dtype)?).axes(&axes)?);
    }
    let keep: Vec<usize> = kept.iter().filter_map(|d| sizes.get_index_of(d)).collect();
    let mut terms: Vec<Term> = Vec::with_capacity(variables.len());
    for v in variables {
        let labels = v.dims().iter().filter_map(|d| sizes.get_index_of(d)).collect();
        terms.push(Term { labels, data: v.data().cast(dtype)? });
    }
    let length = |l: &usize| sizes[*l] as f64;
    loop {
        for i in 0..terms.len() {
            // What only one factor has is summed at once: it makes that factor smaller.
            let alone = |l: &usize| {
                !keep.contains(l) && !terms.iter().enumerate().any(|(j, t)| j != i && t.labels.contains(l))
            };
            let axes: Vec<usize> =
                (0..terms[i].labels.len()).filter(|a| alone(&terms[i].labels[*a])).collect();
            terms[i].data = terms[i].data.sum_as_is(axes.clone())?;
            for a in axes.into_iter().rev() {
                terms[i].labels.remove(a);
            }
        }
        if terms.len() == 1 {
            break;
        }
        // The pair with the smallest product; of equal ones that with the least work.
        let mut best: Option<((f64, f64), usize, usize)> = None;
        for i in 0..terms.len() {
            for j in i + 1..terms.len() {
                let out = labels_of_pair(&terms, i, j, &keep);
                let summed = terms[i].labels.iter().filter(|l| !out.contains(l));
                let size: f64 = out.iter().map(length).product();
                let cost = (size, size * summed.map(length).product::<f64>());
                if best.is_none_or(|(c, _, _)| cost < c) {
                    best = Some((cost, i, j));
                }
            }
        }
        let (_, i, j) = best.ok_or_else(|| Error::internal("two factors make a pair"))?;
        let out = labels_of_pair(&terms, i, j, &keep);
        let right = terms.remove(j);
        let left = std::mem::replace(&mut terms[i], Term { labels: out.clone(), data: right.data.clone() });
        let labels = Contraction { a: left.labels, b: right.labels, out };
        terms[i].data = left.data.contract(&right.data, labels)?;
    }
    let last = terms.remove(0);
    let from: Vec<AxisFrom> =
        (keep.iter()).filter_map(|l| last.labels.iter().position(|x| x == l)).map(AxisFrom::Input).collect();
    Variable::new(kept, last.data.axes(&from)?)
}

/// The shape of the result, if a summed dimension has no positions.
fn empty_sum(sizes: &IndexMap<Name, usize>, summed: &[Name]) -> Option<Vec<usize>> {
    let empty = summed.iter().any(|d| sizes.get(d) == Some(&0));
    empty.then(|| sizes.iter().filter(|(d, _)| !summed.contains(*d)).map(|(_, n)| *n).collect())
}

/// The labels that the product of two factors must keep: those of the result and of other factors.
fn labels_of_pair(terms: &[Term], i: usize, j: usize, keep: &[usize]) -> Vec<usize> {
    let mut out: Vec<usize> = Vec::new();
    for l in terms[i].labels.iter().chain(&terms[j].labels) {
        let others = || terms.iter().enumerate().any(|(k, t)| k != i && k != j && t.labels.contains(l));
        if !out.contains(l) && (keep.contains(l) || others()) {
            out.push(*l);
        }
    }
    out
}

/// The cross product of vectors whose components lie along `dim`.
///
/// Vectors have two or three components; two of each give the third component of the product, without
/// `dim`. Where only one has two (with labels along `dim` on both: any that lacks some), the missing ones
/// are zero. Other dimensions broadcast, their labels must be equal. Lazy.
///
/// # Errors
/// If an array lacks `dim`, its length does not fit, labels differ, or elements are bools or no numbers.
///
/// # Example
/// ```
/// use graticule::labels::{DataArray, cross};
/// let a = DataArray::from_vec(&[("c", 3)], vec![1, 2, 3])?;
/// let b = DataArray::from_vec(&[("c", 3)], vec![4, 5, 6])?;
/// assert_eq!(cross(&a, &b, "c")?.to_vec::<i32>()?, [-3, 6, -3]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn cross(a: &DataArray, b: &DataArray, dim: &str) -> Result<DataArray> {
    cross_arrays(a, b, dim).at(|| format!("{}, in cross", a.place()))
}

fn cross_arrays(a: &DataArray, b: &DataArray, dim: &str) -> Result<DataArray> {
    let mut lengths = [0; 2];
    for (n, array) in lengths.iter_mut().zip([a, b]) {
        *n = array.shape()[array.variable().require_axis(dim).at(|| array.place())?];
        if !(1..=3).contains(n) {
            return Err(Error::invalid(format!("{n} components along `{dim}` are no vector"))
                .at(array.place())
                .help("a vector has two or three components"));
        }
    }
    let (mut a, mut b) = (a.clone(), b.clone());
    if lengths[0] != lengths[1] {
        if a.coords().contains(dim) && b.coords().contains(dim) {
            let others: Vec<Name> =
                a.dims().iter().chain(b.dims()).filter(|d| &***d != dim).cloned().collect();
            let options = AlignOptions { exclude: others, ..AlignOptions::new(Join::Outer).fill_value(0) };
            let mut parts = align_parts(&[a.to_parts(), b.to_parts()], &options)?.into_iter();
            let mut next = || parts.next().ok_or_else(|| Error::internal("alignment lost an operand"));
            (a, b) = (a.rebuild(next()?)?, b.rebuild(next()?)?);
        } else if lengths.contains(&1) {
            return Err(Error::invalid(format!("one component along `{dim}` does not say which it is"))
                .help(format!("give both arrays labels along `{dim}`")));
        } else if lengths[0] == 2 {
            a = padded(&a, dim)?;
        } else {
            b = padded(&b, dim)?;
        }
    }
    let components = a.variable().len_of(dim).unwrap_or(0);
    if !(2..=3).contains(&components) || b.variable().len_of(dim) != Some(components) {
        return Err(Error::invalid(format!("{components} components along `{dim}` are no vector")));
    }
    let dims: Vec<Name> = a.dims().iter().chain(b.dims()).fold(Vec::new(), |mut all, d| {
        if !all.contains(d) {
            all.push(d.clone());
        }
        all
    });
    let rules = Rules::function(Join::Exact, Options::current().keep_attrs);
    let result = apply(vec![(&a).into(), (&b).into()], &rules, &|args| match args {
        [Arg::Variable(a), Arg::Variable(b)] => product(a, b, dim, components, &dims),
        _ => Err(Error::internal("a cross product takes two arrays")),
    })?
    .into_array()?;
    diagnostics::units_of_product("cross", result.attrs(), [a.attrs(), b.attrs()].into_iter())?;
    let coords = match components {
        3 => result.coords().clone(),
        _ => result.coords().without_dims(&[dim.into()]),
    };
    Ok(DataArray::from_parts(result.name().cloned(), result.variable().clone(), coords))
}

/// With a third component that is zero.
fn padded(a: &DataArray, dim: &str) -> Result<DataArray> {
    let v = a.variable();
    let axis = v.require_axis(dim)?;
    let mut from: Vec<AxisFrom> = v.shape().into_iter().map(AxisFrom::Repeat).collect();
    from[axis] = AxisFrom::Repeat(1);
    let zero = LazyArray::from(Scalar::Int(0).cast_to(v.dtype())?).axes(&from)?;
    let data = LazyArray::concat(axis, &[v.data().clone(), zero])?;
    let mut coords = Coords::new();
    for (name, c) in a.coords().iter().filter(|(_, c)| c.axis(dim).is_none()) {
        coords.insert_with(name.clone(), c.clone(), a.coords().index(name).cloned())?;
    }
    Ok(DataArray::from_parts(a.name().cloned(), v.with_data(v.dims().iter().cloned(), data)?, coords))
}

fn product(a: &Variable, b: &Variable, dim: &str, components: usize, dims: &[Name]) -> Result<Variable> {
    if promote(a.dtype(), b.dtype())? == DType::Bool {
        return Err(Error::dtype("a cross product has no meaning for bool"));
    }
    let component = |v: &Variable, i: usize| -> Result<Variable> {
        let axis = v.require_axis(dim)?;
        let mut slices: Vec<Slice> = v.shape().into_iter().map(Slice::all).collect();
        slices[axis] = Slice::range(i..i + 1);
        let from: Vec<AxisFrom> = (0..v.ndim()).filter(|a| *a != axis).map(AxisFrom::Input).collect();
        let rest = v.dims().iter().filter(|d| &***d != dim).cloned();
        Variable::new(rest.collect::<Vec<_>>(), v.data().slice(&slices)?.axes(&from)?)
    };
    let of = |op, a: &Variable, b: &Variable| binary_args(op, Arg::Variable(a), Arg::Variable(b));
    let one = |i: usize, j: usize| -> Result<Variable> {
        let left = of(BinaryOp::Mul, &component(a, i)?, &component(b, j)?)?;
        of(BinaryOp::Sub, &left, &of(BinaryOp::Mul, &component(a, j)?, &component(b, i)?)?)
    };
    if components == 2 {
        return one(0, 1);
    }
    let parts = [one(1, 2)?, one(2, 0)?, one(0, 1)?];
    // `dim` comes back at its place among all dimensions.
    let at = dims.iter().position(|d| &**d == dim).ok_or_else(|| Error::internal("the dimension went"))?;
    let rest: Vec<Name> = dims.iter().filter(|d| &***d != dim).cloned().collect();
    let mut arrays = Vec::with_capacity(3);
    for part in &parts {
        let mut from: Vec<AxisFrom> = rest.iter().filter_map(|d| part.axis(d)).map(AxisFrom::Input).collect();
        from.insert(at, AxisFrom::Repeat(1));
        arrays.push(part.data().axes(&from)?);
    }
    let data = LazyArray::concat(at, &arrays)?;
    // The components stay together, as they were.
    let data = match data.as_block() {
        Some(_) => data,
        None => {
            let mut axes = data.grid().axes().to_vec();
            axes[at] = AxisGrid::single(3);
            data.rechunk(ChunkGrid(axes))?
        }
    };
    Variable::new(dims.iter().cloned(), data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::{Executor, Local};
    use crate::plan::{Plan, Target};

    fn matrix(dims: [(&str, usize); 2], seed: usize) -> DataArray {
        let n = dims[0].1 * dims[1].1;
        let values = (0..n).map(|i| ((i * 7919 + seed) % 101) as f64 * 0.25 - 12.0).collect();
        DataArray::from_vec(&dims, values).unwrap()
    }

    #[test]
    fn products_of_chunks_are_the_product_within_a_small_budget() {
        let (a, b) = (matrix([("x", 60), ("k", 2000)], 1), matrix([("k", 2000), ("y", 50)], 2));
        let whole = a.dot(&b, ()).unwrap().to_vec::<f64>().unwrap();
        let a = a.chunk("k", 90).unwrap().chunk("x", 25).unwrap();
        let b = b.chunk("k", 70).unwrap().chunk("y", 20).unwrap();
        let product = a.dot(&b, ()).unwrap();
        assert_eq!(product.variable().chunks().counts(), [3, 3]);
        let plan = Plan::new(&[Target::Memory(product.variable().data().clone())]).unwrap();
        // Both inputs together take 1.8 MB.
        let run = |threads| Local::new().threads(threads).memory(400 << 10).run(&plan).unwrap();
        let (one, two) = (run(1), run(2));
        assert!(one.blocks[0].same_bits(&two.blocks[0]));
        for (got, want) in one.blocks[0].to_vec::<f64>().unwrap().iter().zip(&whole) {
            assert!((got - want).abs() <= 1e-12 * want.abs().max(1.0), "{got} {want}");
        }
    }

    #[test]
    fn the_smallest_intermediate_comes_first() {
        // (x·y)·(y·z) would make 100 x 100 elements, y·z·z only 3.
        let (a, b) = (matrix([("x", 100), ("y", 3)], 1), matrix([("y", 3), ("z", 100)], 2));
        let c = DataArray::from_vec(&[("z", 100)], vec![0.5; 100]).unwrap();
        let chunked = |v: &DataArray, d: &str| v.chunk(d, 50).unwrap();
        let product = dot(&[chunked(&a, "x"), chunked(&b, "z"), chunked(&c, "z")], ()).unwrap();
        let plan = Plan::new(&[Target::Memory(product.variable().data().clone())]).unwrap();
        let largest = plan.nodes().iter().map(|n| n.meta.shape().iter().product::<usize>()).max().unwrap();
        assert!(largest <= 300, "{largest}");
        let want = a.dot(&b.dot(&c, ()).unwrap(), ()).unwrap().to_vec::<f64>().unwrap();
        assert_eq!(product.to_vec::<f64>().unwrap(), want);
    }

    #[test]
    fn complex_numbers_and_times() {
        let c = matrix([("x", 2), ("k", 3)], 1).astype(DType::C128).unwrap();
        let i = Scalar::Complex(num_complex::Complex::new(0.0, 1.0));
        let turned = c.mul(i).unwrap();
        let product = c.dot(&turned.rename(vec![("x".to_string(), "y".to_string())]).unwrap(), ()).unwrap();
        assert_eq!(product.dtype(), DType::C128);
        let real = matrix([("x", 2), ("k", 3)], 1);
        let want = real.dot(&real.rename(vec![("x".to_string(), "y".to_string())]).unwrap(), ()).unwrap();
        assert_eq!(product.imag().unwrap().to_vec::<f64>().unwrap(), want.to_vec::<f64>().unwrap());
        let times = real.astype(DType::I64).unwrap().astype(DType::DATETIME_NS).unwrap();
        assert!(times.dot(&times, ()).is_err());
    }
}
