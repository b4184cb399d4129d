//! A user's own functions over core dimensions: `apply_ufunc`.

use std::sync::Arc;

use ndarray::{ArrayD, ArrayViewD, IxDyn};

use super::apply::{Arg, Rules, apply};
use super::broadcast::broadcast_sizes;
use super::dataarray::DataArray;
use super::operand::Operand;
use super::options::Options;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::promote::promote;
use crate::dtype::{DType, Element};
use crate::error::{Context, Error, Result};
use crate::index::Join;
use crate::lazy::{AxisFrom, BlockFunction, Closure, LazyArray};

/// What [`apply_ufunc`] needs to know of a function.
///
/// # Example
/// ```
/// use graticule::dtype::DType;
/// use graticule::labels::UfuncOptions;
/// let options = UfuncOptions::new().input_core_dims([vec!["time"]]).dtype(DType::F64);
/// assert_eq!(options.input_core_dims[0].len(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct UfuncOptions {
    /// For each argument the dimensions that every call gets whole, as last axes in this order. Arguments
    /// without a list have none.
    pub input_core_dims: Vec<Vec<Name>>,
    /// The dimensions that a call gives as last axes, with their lengths; without one it is that of the input.
    pub output_core_dims: Vec<(Name, Option<usize>)>,
    /// Core dimensions that are not aligned, and may differ in length; their coordinates go.
    pub exclude_dims: Vec<Name>,
    /// How labels are joined; by default they must be equal.
    pub join: Join,
    /// How variables of datasets are paired; by default both must have the same.
    pub dataset_join: Join,
    /// Whether attributes of the first argument stay; by default as [`Options::keep_attrs`] says.
    pub keep_attrs: Option<bool>,
    /// The dtype of the result; by default what the arguments promote to.
    pub dtype: Option<DType>,
    /// Whether a core dimension may lie in several chunks, which then are put together for every call.
    pub allow_rechunk: bool,
}

impl Default for UfuncOptions {
    fn default() -> Self {
        UfuncOptions {
            input_core_dims: Vec::new(),
            output_core_dims: Vec::new(),
            exclude_dims: Vec::new(),
            join: Join::Exact,
            dataset_join: Join::Exact,
            keep_attrs: None,
            dtype: None,
            allow_rechunk: false,
        }
    }
}

impl UfuncOptions {
    /// A function of each element, of equal labels, in the dtype of its arguments.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::UfuncOptions;
    /// assert_eq!(UfuncOptions::new().join, Join::Exact);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// With the dimensions that every call gets whole, for each argument.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::{UfuncOptions, apply_ufunc, on_arrays};
    /// let first = on_arrays(|v: &[ndarray::ArrayViewD<'_, f64>]| {
    ///     Ok(v[0].index_axis(ndarray::Axis(v[0].ndim() - 1), 0).to_owned())
    /// });
    /// let a = DataArray::from_vec(&[("x", 2)], vec![7.0, 8.0])?;
    /// let options = UfuncOptions::new().input_core_dims([vec!["x"]]);
    /// assert_eq!(apply_ufunc(first, [&a], &options)?.into_array()?.to_vec::<f64>()?, [7.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn input_core_dims<S: AsRef<str>>(mut self, dims: impl IntoIterator<Item = Vec<S>>) -> Self {
        self.input_core_dims =
            dims.into_iter().map(|d| d.iter().map(|d| Name::from(d.as_ref())).collect()).collect();
        self
    }

    /// With dimensions of the input that a call gives too.
    ///
    /// ```
    /// # use graticule::labels::UfuncOptions;
    /// let options = UfuncOptions::new().input_core_dims([vec!["t"]]).output_core_dims(["t"]);
    /// // Its length is that of the input.
    /// assert_eq!(options.output_core_dims, [("t".into(), None)]);
    /// ```
    pub fn output_core_dims<S: AsRef<str>>(mut self, dims: impl IntoIterator<Item = S>) -> Self {
        self.output_core_dims.extend(dims.into_iter().map(|d| (Name::from(d.as_ref()), None)));
        self
    }

    /// With a dimension of a new length that a call gives.
    ///
    /// ```
    /// # use graticule::labels::UfuncOptions;
    /// assert_eq!(UfuncOptions::new().output_core_dim("ends", 2).output_core_dims, [("ends".into(), Some(2))]);
    /// ```
    pub fn output_core_dim(mut self, dim: &str, len: usize) -> Self {
        self.output_core_dims.push((dim.into(), Some(len)));
        self
    }

    /// With core dimensions that are not aligned, and may differ in length.
    ///
    /// ```
    /// # use graticule::labels::UfuncOptions;
    /// assert_eq!(UfuncOptions::new().exclude_dims(["t"]).exclude_dims.len(), 1);
    /// ```
    pub fn exclude_dims<S: AsRef<str>>(mut self, dims: impl IntoIterator<Item = S>) -> Self {
        self.exclude_dims = dims.into_iter().map(|d| Name::from(d.as_ref())).collect();
        self
    }

    /// With another join of labels.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::{UfuncOptions, apply_ufunc, on_blocks};
    /// let x = Block::from_vec(&[2], vec![1i64, 2])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?.assign_coords([("x", x)])?;
    /// let x = Block::from_vec(&[2], vec![2i64, 3])?;
    /// let b = DataArray::from_vec(&[("x", 2)], vec![5.0, 6.0])?.assign_coords([("x", x)])?;
    /// let left = || on_blocks(|v: &[Block]| Ok(v[0].clone()));
    /// let both = apply_ufunc(left(), [&a, &b], &UfuncOptions::new().join(Join::Inner))?.into_array()?;
    /// assert_eq!(both.to_vec::<f64>()?, [2.0]);
    /// assert!(apply_ufunc(left(), [&a, &b], &UfuncOptions::new()).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn join(mut self, join: Join) -> Self {
        self.join = join;
        self
    }

    /// With another pairing of the variables of datasets.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::UfuncOptions;
    /// assert_eq!(UfuncOptions::new().dataset_join(Join::Outer).dataset_join, Join::Outer);
    /// ```
    pub fn dataset_join(mut self, join: Join) -> Self {
        self.dataset_join = join;
        self
    }

    /// Whether attributes of the first argument stay.
    ///
    /// ```
    /// # use graticule::labels::UfuncOptions;
    /// assert_eq!(UfuncOptions::new().keep_attrs(false).keep_attrs, Some(false));
    /// ```
    pub fn keep_attrs(mut self, keep: bool) -> Self {
        self.keep_attrs = Some(keep);
        self
    }

    /// With the dtype of the result.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::UfuncOptions;
    /// assert_eq!(UfuncOptions::new().dtype(DType::F32).dtype, Some(DType::F32));
    /// ```
    pub fn dtype(mut self, dtype: DType) -> Self {
        self.dtype = Some(dtype);
        self
    }

    /// Whether a core dimension may lie in several chunks.
    ///
    /// ```
    /// # use graticule::labels::UfuncOptions;
    /// assert!(UfuncOptions::new().allow_rechunk(true).allow_rechunk);
    /// ```
    pub fn allow_rechunk(mut self, allow: bool) -> Self {
        self.allow_rechunk = allow;
        self
    }
}

/// What can be applied: a [`BlockFunction`] that travels with a plan, or a closure (see [`on_blocks`] and
/// [`on_arrays`]).
#[derive(Debug, Clone)]
pub struct Function(Arc<dyn BlockFunction>);

impl<F: BlockFunction + 'static> From<F> for Function {
    fn from(f: F) -> Self {
        Function(Arc::new(f))
    }
}

/// A closure over blocks as a function for [`apply_ufunc`]: each block has the loop axes of the result (of
/// length 1 where an argument lacks the dimension) and then its core axes.
///
/// # Example
/// ```
/// use graticule::array::Block;
/// use graticule::labels::{DataArray, UfuncOptions, apply_ufunc, on_blocks};
/// let double = on_blocks(|x| Ok(Block::new(x[0].typed::<f64>()?.mapv(|v| 2.0 * v).into_shared())));
/// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
/// let doubled = apply_ufunc(double, [&a], &UfuncOptions::new())?.into_array()?;
/// assert_eq!(doubled.to_vec::<f64>()?, [2.0, 4.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn on_blocks(f: impl Fn(&[Block]) -> Result<Block> + Send + Sync + 'static) -> Function {
    Closure::new(move |inputs, _, _| f(inputs)).into()
}

/// A closure over core dimensions only, called for every position of the loop dimensions: its arguments are
/// arrays of `T` with the core axes, its result an array of `R` with those of the result. xarray's
/// `vectorize=True`.
///
/// # Example
/// ```
/// use graticule::labels::{DataArray, UfuncOptions, apply_ufunc, on_arrays};
/// let range = on_arrays(|x: &[ndarray::ArrayViewD<'_, f64>]| {
///     let (low, high) = x[0].iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
///     Ok(ndarray::arr0(high - low).into_dyn())
/// });
/// let a = DataArray::from_vec(&[("x", 2), ("t", 3)], vec![1.0, 5.0, 2.0, 4.0, 4.0, 4.0])?;
/// let options = UfuncOptions::new().input_core_dims([vec!["t"]]);
/// assert_eq!(apply_ufunc(range, [&a], &options)?.into_array()?.to_vec::<f64>()?, [4.0, 0.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn on_arrays<T: Element, R: Element>(
    f: impl Fn(&[ArrayViewD<'_, T>]) -> Result<ArrayD<R>> + Send + Sync + 'static,
) -> Function {
    Closure::new(move |inputs, at, loops| {
        let arrays = inputs.iter().map(|b| b.typed::<T>()).collect::<Result<Vec<_>>>()?;
        let shape = at.shape();
        let mut out: Vec<R> = Vec::with_capacity(shape.iter().product());
        for position in ndarray::indices(IxDyn(&shape[..loops])) {
            let views: Vec<ArrayViewD<'_, T>> = arrays
                .iter()
                .map(|a| {
                    (0..loops).fold(a.view(), |v, axis| {
                        let i = if v.shape()[0] == 1 { 0 } else { position[axis] };
                        v.index_axis_move(ndarray::Axis(0), i)
                    })
                })
                .collect();
            let made = f(&views)?;
            if made.shape() != &shape[loops..] {
                return Err(Error::invalid(format!(
                    "the function gave an array of shape {:?} where {:?} was declared",
                    made.shape(),
                    &shape[loops..]
                )));
            }
            out.extend(made);
        }
        Block::from_vec(&shape, out)
    })
    .into()
}

/// Applies a user's function to labelled arguments: aligns them, broadcasts all but the core dimensions by
/// name, and calls the function for each chunk of these. xarray's `apply_ufunc`.
///
/// `args` are arrays, datasets, variables or plain values; with a dataset the function is applied to each
/// variable. The result has the loop dimensions in order of first appearance, then the output core
/// dimensions; coordinates along core dimensions that the result lacks go. The function is called chunk by
/// chunk, so it must treat every position of the loop dimensions by itself. Dtype and shape that it gives are
/// compared with what was declared.
///
/// A function that is a [`BlockFunction`] of its own travels with a plan; a closure ([`on_blocks`],
/// [`on_arrays`]) runs in this process only. Lazy.
///
/// # Errors
/// If labels do not join, an argument lacks a core dimension, a core dimension lies in several chunks (unless
/// allowed) or has no known length.
///
/// # Example
/// ```
/// use graticule::labels::{DataArray, UfuncOptions, apply_ufunc, on_arrays};
/// let cumulate = on_arrays(|x: &[ndarray::ArrayViewD<'_, f64>]| {
///     let mut sum = 0.0;
///     Ok(x[0].mapv(|v| { sum += v; sum }))
/// });
/// let a = DataArray::from_vec(&[("t", 3), ("x", 2)], vec![1.0, 10.0, 2.0, 20.0, 3.0, 30.0])?;
/// let options = UfuncOptions::new().input_core_dims([vec!["t"]]).output_core_dims(["t"]);
/// let sums = apply_ufunc(cumulate, [&a], &options)?.into_array()?;
/// assert_eq!(sums.dims().iter().map(|d| &**d).collect::<Vec<_>>(), ["x", "t"]);
/// assert_eq!(sums.to_vec::<f64>()?, [1.0, 3.0, 6.0, 10.0, 30.0, 60.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn apply_ufunc<A: Into<Operand>>(
    function: impl Into<Function>,
    args: impl IntoIterator<Item = A>,
    options: &UfuncOptions,
) -> Result<Operand> {
    let Function(function) = function.into();
    let place = || format!("apply_ufunc of `{}`", function.name());
    apply_to(&function, args.into_iter().map(Into::into).collect(), options).at(place)
}

fn apply_to(
    function: &Arc<dyn BlockFunction>,
    args: Vec<Operand>,
    options: &UfuncOptions,
) -> Result<Operand> {
    if args.is_empty() {
        return Err(Error::invalid("a function without arguments").help("give at least one"));
    }
    if options.input_core_dims.len() > args.len() {
        return Err(Error::invalid(format!(
            "core dimensions of {} arguments for {} arguments",
            options.input_core_dims.len(),
            args.len()
        )));
    }
    let all_core: Vec<Name> = options.input_core_dims.concat();
    if let Some(d) = options.exclude_dims.iter().find(|d| !all_core.contains(d)) {
        return Err(
            Error::not_found("core dimension", d, &all_core).help("only core dimensions are excluded")
        );
    }
    let args = args.into_iter().map(|a| without_coords(a, &options.exclude_dims)).collect::<Result<_>>()?;
    let keep = options.keep_attrs.unwrap_or_else(|| Options::current().keep_attrs);
    let rules = Rules {
        dataset_join: options.dataset_join,
        exclude: options.exclude_dims.clone(),
        ..Rules::function(options.join, keep)
    };
    let result = apply(args, &rules, &|args| call(function, args, options))?;
    let given = |d: &Name| options.output_core_dims.iter().any(|(o, _)| o == d);
    let gone: Vec<Name> = all_core.iter().filter(|d| !given(d)).cloned().collect();
    Ok(match result {
        Operand::DataArray(a) => {
            let coords = a.coords().without_dims(&gone);
            Operand::DataArray(DataArray::from_parts(a.name().cloned(), a.variable().clone(), coords))
        }
        Operand::Dataset(ds) => {
            let mut out = ds.with_parts(ds.data_vars().clone(), ds.coords().without_dims(&gone));
            out.attrs = ds.attrs.clone();
            Operand::Dataset(out)
        }
        plain => plain,
    })
}

/// The argument without coordinates along excluded dimensions, whose lengths may differ.
fn without_coords(arg: Operand, exclude: &[Name]) -> Result<Operand> {
    if exclude.is_empty() {
        return Ok(arg);
    }
    Ok(match arg {
        Operand::DataArray(a) => {
            let coords = a.coords().without_dims(exclude);
            Operand::DataArray(DataArray::from_parts(a.name().cloned(), a.variable().clone(), coords))
        }
        Operand::Dataset(ds) => {
            let mut out = ds.with_parts(ds.data_vars().clone(), ds.coords().without_dims(exclude));
            out.attrs = ds.attrs.clone();
            Operand::Dataset(out)
        }
        plain => plain,
    })
}

/// The function of aligned variables.
fn call(function: &Arc<dyn BlockFunction>, args: &[Arg<'_>], options: &UfuncOptions) -> Result<Variable> {
    let none = Vec::new();
    let core_of = |i: usize| options.input_core_dims.get(i).unwrap_or(&none);
    let mut outer: Vec<Variable> = Vec::new();
    let mut core_sizes: indexmap::IndexMap<Name, usize> = indexmap::IndexMap::new();
    for (i, arg) in args.iter().enumerate() {
        let Arg::Variable(v) = arg else {
            if let Some(d) = core_of(i).first() {
                return Err(Error::invalid(format!(
                    "argument {i} is a plain value without the dimension `{d}`"
                )));
            }
            continue;
        };
        for d in core_of(i) {
            let axis = v.require_axis(d).at(|| format!("argument {i} of the function"))?;
            let (n, grid) = (v.shape()[axis], &v.data().grid().axes()[axis]);
            let len = *core_sizes.entry(d.clone()).or_insert(n);
            if len != n && !options.exclude_dims.contains(d) {
                return Err(Error::alignment(format!("lengths {len} and {n} along `{d}` do not match")));
            }
            if grid.count() > 1 && !options.allow_rechunk {
                return Err(Error::invalid(format!(
                    "the core dimension `{d}` lies in {} chunks, but the function needs it whole",
                    grid.count()
                ))
                .help(format!(
                    "rechunk it first, as with `chunk(\"{d}\", {n})`, or ask for `allow_rechunk(true)`"
                )));
            }
        }
        // Only for its loop dimensions: the elements along core dimensions have no part in them.
        let loops: Vec<Name> = v.dims().iter().filter(|d| !core_of(i).contains(d)).cloned().collect();
        let from: Vec<AxisFrom> = loops.iter().filter_map(|d| v.len_of(d)).map(AxisFrom::Repeat).collect();
        outer.push(Variable::new(loops, LazyArray::from(Block::scalar(false)).axes(&from)?)?);
    }
    let loops: Vec<Name> = broadcast_sizes(&outer.iter().collect::<Vec<_>>())?.into_keys().collect();
    let (mut inputs, mut dtype) = (Vec::with_capacity(args.len()), None);
    for (i, arg) in args.iter().enumerate() {
        let data = match arg {
            Arg::Variable(v) => {
                let loop_axis = |d: &Name| v.axis(d).map_or(AxisFrom::Repeat(1), AxisFrom::Input);
                let core_axis = |d: &Name| v.require_axis(d).map(AxisFrom::Input);
                let mut from: Vec<AxisFrom> = loops.iter().map(loop_axis).collect();
                from.extend(core_of(i).iter().map(core_axis).collect::<Result<Vec<_>>>()?);
                v.data().axes(&from)?
            }
            Arg::Scalar(s) => s.to_block().reshape(&vec![1; loops.len()])?.into(),
        };
        if options.dtype.is_none() {
            dtype = Some(dtype.map_or(Ok(data.dtype()), |d| promote(d, data.dtype()))?);
        }
        inputs.push(data);
    }
    let mut core = Vec::with_capacity(options.output_core_dims.len());
    for (d, n) in &options.output_core_dims {
        if loops.contains(d) {
            return Err(Error::invalid(format!("`{d}` is a dimension of the result already"))
                .help("make it a core dimension of the argument that has it"));
        }
        let known = core_sizes.get(d).copied().filter(|_| !options.exclude_dims.contains(d));
        if let (Some(n), Some(known)) = (n, known)
            && *n != known
        {
            return Err(Error::invalid(format!(
                "the function changes the length of `{d}` from {known} to {n}"
            ))
            .help("name the dimension in `exclude_dims`: its labels go then"));
        }
        core.push(n.or(known).ok_or_else(|| {
            Error::invalid(format!("the length of the output core dimension `{d}` is not known"))
                .help(format!("declare it with `output_core_dim(\"{d}\", ...)`"))
        })?);
    }
    let dtype = options.dtype.or(dtype).ok_or_else(|| Error::internal("a function without arguments"))?;
    let data = LazyArray::apply(function.clone(), &inputs, loops.len(), &core, dtype)?;
    Variable::new(loops.into_iter().chain(options.output_core_dims.iter().map(|(d, _)| d.clone())), data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Region;
    use crate::exec::{Executor, Local};
    use crate::plan::{Plan, Target};

    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    struct RangeOf {
        axes: usize,
    }

    #[typetag::serde]
    impl BlockFunction for RangeOf {
        fn name(&self) -> String {
            "range".to_string()
        }

        fn call(&self, inputs: &[Block], at: &Region, loops: usize) -> Result<Block> {
            let x = inputs[0].typed::<f64>()?;
            let lanes = x.lanes(ndarray::Axis(loops + self.axes - 1));
            let ranges = lanes.into_iter().map(|lane| {
                let (low, high) = lane.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
                high - low
            });
            Block::from_vec(&at.shape(), ranges.collect())
        }
    }

    fn field() -> DataArray {
        let values = (0..24).map(|i| f64::from((i * 7) % 11)).collect();
        DataArray::from_vec(&[("t", 4), ("y", 3), ("x", 2)], values).unwrap()
    }

    #[test]
    fn a_registered_function_travels_with_its_plan() {
        let a = field().chunk("y", 1).unwrap();
        let options = UfuncOptions::new().input_core_dims([vec!["t"]]);
        let direct = apply_ufunc(RangeOf { axes: 1 }, [&field()], &options).unwrap().into_array().unwrap();
        let lazy = apply_ufunc(RangeOf { axes: 1 }, [&a], &options).unwrap().into_array().unwrap();
        assert!(lazy.variable().data().as_block().is_none());
        let plan = Plan::new(&[Target::Memory(lazy.variable().data().clone())]).unwrap();
        let travelled = Plan::from_bytes(&plan.to_bytes().unwrap()).unwrap();
        let blocks = Local::new().threads(2).run(&travelled).unwrap().blocks;
        assert!(blocks[0].same_bits(&direct.load().unwrap()));
    }

    #[test]
    fn a_closure_runs_here_and_says_how_it_could_travel() {
        let a = field().chunk("x", 1).unwrap();
        let f = on_blocks(|x| Ok(Block::new(x[0].typed::<f64>()?.mapv(|v| v + 1.0).into_shared())));
        let b = apply_ufunc(f, [&a], &UfuncOptions::new()).unwrap().into_array().unwrap();
        assert_eq!(b.to_vec::<f64>().unwrap(), (&field() + 1.0).unwrap().to_vec::<f64>().unwrap());
        let plan = Plan::new(&[Target::Memory(b.variable().data().clone())]).unwrap();
        let e = plan.to_bytes().unwrap_err();
        assert!(e.is_unsupported());
        let text = e.to_string();
        assert!(text.contains("BlockFunction") && text.contains("typetag::serde"), "{text}");
    }

    #[test]
    fn core_dims_in_several_chunks_are_refused_unless_allowed() {
        let a = field().chunk("t", 2).unwrap();
        let options = UfuncOptions::new().input_core_dims([vec!["t"]]);
        let e = apply_ufunc(RangeOf { axes: 1 }, [&a], &options).err().unwrap().to_string();
        assert!(e.contains("2 chunks") && e.contains("allow_rechunk"), "{e}");
        let options = options.allow_rechunk(true);
        let lazy = apply_ufunc(RangeOf { axes: 1 }, [&a], &options).unwrap().into_array().unwrap();
        let direct = apply_ufunc(RangeOf { axes: 1 }, [&field()], &options).unwrap().into_array().unwrap();
        assert_eq!(lazy.to_vec::<f64>().unwrap(), direct.to_vec::<f64>().unwrap());
    }

    #[test]
    fn what_a_function_gives_is_compared_with_what_was_declared() {
        let options = UfuncOptions::new().dtype(DType::F32);
        let e = apply_ufunc(on_blocks(|x| Ok(x[0].clone())), [&field()], &options).err().unwrap().to_string();
        assert!(e.contains("float32") && e.contains("float64"), "{e}");
        let options = UfuncOptions::new().output_core_dims(["k"]);
        let e = apply_ufunc(on_blocks(|x| Ok(x[0].clone())), [&field()], &options).err().unwrap().to_string();
        assert!(e.contains("output_core_dim"), "{e}");
        let options = UfuncOptions::new().input_core_dims([vec!["nix"]]);
        assert!(apply_ufunc(RangeOf { axes: 1 }, [&field()], &options).err().unwrap().is_not_found());
    }

    #[test]
    fn two_arguments_broadcast_and_new_lengths_are_declared() {
        let a = field().chunk("y", 2).unwrap();
        let w = DataArray::from_vec(&[("t", 4)], vec![1.0, 0.0, 0.0, 2.0]).unwrap();
        let ends = on_arrays(|x: &[ArrayViewD<'_, f64>]| {
            let sum: f64 = x[0].iter().zip(x[1].iter()).map(|(a, w)| a * w).sum();
            Ok(ndarray::arr1(&[sum, -sum]).into_dyn())
        });
        let options = UfuncOptions::new().input_core_dims([vec!["t"], vec!["t"]]).output_core_dim("sign", 2);
        let got = apply_ufunc(ends, [&a, &w], &options).unwrap().into_array().unwrap();
        assert_eq!(got.shape(), [3, 2, 2]);
        let sum = field().dot(&w, "t").unwrap().to_vec::<f64>().unwrap();
        let want: Vec<f64> = sum.iter().flat_map(|s| [*s, -s]).collect();
        assert_eq!(got.to_vec::<f64>().unwrap(), want);
    }
}
