//! Windows as dimensions of their own, and functions of a user's on windows.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{Extent, Rolling};
use crate::array::Block;
use crate::dtype::{DType, Element, Scalar};
use crate::error::{Context, Error, Result};
use crate::kernel::reduce::ReduceOp;
use crate::kernel::rolling::Spans;
use crate::labels::attrs::Attrs;
use crate::labels::operand::Labelled;
use crate::labels::reduce::ReduceOptions;
use crate::labels::reindex::room_for;
use crate::labels::variable::{Name, Variable};
use crate::labels::{DataArray, Dataset};
use crate::lazy::{LazyArray, Reducer, reducer_of};

impl<T: Labelled> Rolling<T> {
    /// A dimension for the places in each window, behind the dimensions that are there.
    ///
    /// `dims` names it for each dimension with a window. Where a window reaches beyond the array its elements are
    /// missing; integers become floats to hold them. With a stride only every so many windows are there. Lazy: reads
    /// no data variable, and a reduction of the new dimension holds no more windows than a task takes.
    ///
    /// # Errors
    /// If `dims` does not name the dimensions with windows, windows are by distance and so of no one length, or a
    /// new dimension is there already.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 3.0])?;
    /// let pairs = a.rolling([("x", 2)]).construct([("x", "pair")])?;
    /// assert_eq!(pairs.isel("x", 1..)?.to_vec::<f64>()?, [1.0, 2.0, 2.0, 3.0]);
    /// // A filter: each window times its weights.
    /// let weights = DataArray::from_vec(&[("pair", 2)], vec![0.25, 0.75])?;
    /// assert_eq!(pairs.dot(&weights, "pair")?.to_vec::<f64>()?[1..], [1.75, 2.75]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn construct<N: Into<Name>, W: Into<Name>>(
        &self,
        dims: impl IntoIterator<Item = (N, W)>,
    ) -> Result<T> {
        self.construct_with(dims, None, None)
    }

    /// [`construct`](Self::construct) with a choice of what stands beyond the array, and of whether attributes stay.
    ///
    /// A fill value that the dtype holds leaves it as it is.
    ///
    /// # Errors
    /// Those of [`construct`](Self::construct), and if the fill value does not fit the dtype of a variable.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let pairs = a.rolling([("x", 2)]).construct_with([("x", "pair")], Some(0.into()), None)?;
    /// assert_eq!(pairs.to_vec::<i32>()?, [0, 1, 1, 2, 2, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn construct_with<N: Into<Name>, W: Into<Name>>(
        &self,
        dims: impl IntoIterator<Item = (N, W)>,
        fill_value: Option<Scalar>,
        keep_attrs: impl Into<Option<bool>>,
    ) -> Result<T> {
        let dims = dims.into_iter().map(|(dim, new)| (dim.into(), new.into())).collect();
        let options = ReduceOptions::new().keep_attrs(keep_attrs);
        self.constructed(&dims, fill_value.as_ref(), &options)
            .and_then(|ds| self.object.rebuild(ds))
            .at(|| format!("in `{}`, `construct`", self.method))
    }

    fn constructed(
        &self,
        dims: &IndexMap<Name, Name>,
        fill: Option<&Scalar>,
        options: &ReduceOptions,
    ) -> Result<Dataset> {
        let parts = self.object.to_parts();
        self.check(&parts)?;
        if let Some(dim) = dims.keys().find(|d| !self.windows.contains_key(*d)) {
            return Err(Error::not_found("window along", dim, self.windows.keys()));
        }
        if let Some(dim) = self.windows.keys().find(|d| !dims.contains_key(*d)) {
            return Err(Error::invalid(format!("no dimension is given for the windows along `{dim}`"))
                .help("name one for each dimension with a window"));
        }
        let turn = |v: &Variable| -> Result<Variable> {
            let (data, axes) = self.windows_of(v, fill)?;
            let names = v.dims().iter().chain(axes.iter().map(|dim| &dims[dim])).cloned();
            Ok(Variable::new(names, data)?.with_attrs(options.attrs(&v.attrs)))
        };
        let data_vars = parts.map_variables(|v| match v.dims().iter().any(|d| dims.contains_key(d)) {
            true => turn(v).map(Some),
            false => Ok(Some(v.clone())),
        })?;
        let coords = self.thinned(&parts)?.coords().clone();
        let mut ds = Dataset::from_variables(data_vars, coords)?;
        ds.attrs = options.attrs(&parts.attrs);
        ds.encoding = Attrs::new();
        Ok(ds)
    }

    /// The elements of all windows of a variable, with an axis for the places in them at the end for each of the
    /// dimensions that are also given.
    fn windows_of(&self, v: &Variable, fill: Option<&Scalar>) -> Result<(LazyArray, Vec<Name>)> {
        let (dtype, fill) = room_of(v.dtype(), fill)?;
        let (mut axes, mut names) = (Vec::new(), Vec::new());
        for (dim, extent) in &self.windows {
            let Some(axis) = v.axis(dim) else { continue };
            let len = v.shape()[axis];
            let window = match extent {
                Extent::Points(n) => *n,
                Extent::Whole => len,
                Extent::Distance(_) => {
                    return Err(Error::unsupported(format!(
                        "the windows along `{dim}` are by distance: they hold different numbers of elements"
                    ))
                    .help("give `rolling` a number of elements"));
                }
            };
            axes.push((axis, Spans::fixed(len, window, self.center_of(dim), self.stride_of(dim))));
            names.push(dim.clone());
        }
        Ok((v.data().cast(dtype)?.windows(axes, fill)?, names))
    }

    /// One element of each window by a function of its elements, which come in row-major order.
    ///
    /// The function's argument says which dtype it takes (times are `i64` ticks), its result which one comes out.
    /// Elements beyond the array are missing, so integers come as `f64`. Where a window holds fewer values than
    /// [`min_periods`](Self::min_periods) the result is missing. A plan with it stays in this process: see
    /// [`reduce_kernel`](Self::reduce_kernel).
    ///
    /// # Errors
    /// Those of [`construct`](Self::construct), and if an array holds another dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 5.0, 3.0, 2.0])?;
    /// let steps = a.rolling([("x", 2)]).reduce(|window: &[f64]| window[1] - window[0])?;
    /// assert_eq!(steps.to_vec::<f64>()?[1..], [4.0, -2.0, -1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reduce<E: Element, R: Element>(&self, f: impl Fn(&[E]) -> R + Send + Sync + 'static) -> Result<T> {
        self.reduced_by(reducer_of(f), ReduceOptions::new())
    }

    /// One element of each window by a kernel that is known by name, so that plans with it can travel.
    ///
    /// # Errors
    /// Those of [`reduce`](Self::reduce), and if the kernel has no meaning for a dtype.
    ///
    /// ```
    /// use graticule::lazy::Reducer;
    /// use graticule::prelude::*;
    /// #[derive(Debug, serde::Serialize, serde::Deserialize)]
    /// struct Newest;
    /// #[typetag::serde(name = "Newest of a window")]
    /// impl Reducer for Newest {
    ///     fn name(&self) -> &str {
    ///         "newest"
    ///     }
    ///     fn result_dtype(&self, input: DType) -> Result<DType> {
    ///         Ok(input)
    ///     }
    ///     fn reduce(&self, lanes: &Block) -> Result<Block> {
    ///         let (rows, len) = (lanes.shape()[0], lanes.shape()[1]);
    ///         let values = lanes.to_vec::<f64>()?;
    ///         Block::from_vec(&[rows], values.into_iter().skip(len - 1).step_by(len).collect())
    ///     }
    /// }
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 5.0, 3.0])?;
    /// let newest = a.rolling([("x", 2)]).reduce_kernel(Newest, ReduceOptions::new())?;
    /// assert_eq!(newest.to_vec::<f64>()?[1..], [5.0, 3.0]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn reduce_kernel(&self, kernel: impl Reducer + 'static, options: ReduceOptions) -> Result<T> {
        self.reduced_by(Arc::new(kernel), options)
    }

    fn reduced_by(&self, kernel: Arc<dyn Reducer>, options: ReduceOptions) -> Result<T> {
        let reduced = |v: &Variable| -> Result<Option<Variable>> {
            let attrs = options.attrs(&v.attrs);
            if !v.dims().iter().any(|d| self.windows.contains_key(d)) {
                return Ok(Some(v.clone().with_attrs(attrs)));
            }
            let (data, names) = self.windows_of(v, None)?;
            let axes: Vec<usize> = (v.ndim()..v.ndim() + names.len()).collect();
            let data = data.reduce_lanes(&axes, kernel.clone())?;
            Ok(Some(Variable::new(v.dims().iter().cloned(), data)?.with_attrs(attrs)))
        };
        let masked = || -> Result<Dataset> {
            let parts = self.object.to_parts();
            self.check(&parts)?;
            let coords = self.thinned(&parts)?.coords().clone();
            let values = parts.map_variables(reduced)?;
            // A window without values counts as one that lacks them.
            let counts = self.clone().min_periods(1).counted(&parts)?;
            let mut data_vars = IndexMap::new();
            for (name, v) in values {
                let v = match counts.get(&name) {
                    Some(count) => enough(&v, count, self.least(parts.variable(&name)?))?,
                    None => v,
                };
                data_vars.insert(name, v);
            }
            Ok(Dataset::from_parts(data_vars, coords, options.attrs(&parts.attrs), Attrs::new()))
        };
        masked()
            .and_then(|ds| self.object.rebuild(ds))
            .at(|| format!("in `{}`, `{}`", self.method, kernel.name()))
    }

    /// How many values each window of the variables with windows holds.
    fn counted(&self, parts: &Dataset) -> Result<IndexMap<Name, Variable>> {
        let spans = self.spans(parts)?;
        parts.map_variables(|v| match v.dims().iter().any(|d| self.windows.contains_key(d)) {
            true => self.reduced_variable(v, &spans, ReduceOp::Count.into(), &ReduceOptions::new()).map(Some),
            false => Ok(None),
        })
    }
}

/// The values where there are counts enough, missing elsewhere.
pub(super) fn enough(values: &Variable, counts: &Variable, least: usize) -> Result<Variable> {
    let array = |v: &Variable| DataArray::new(v.clone(), Default::default());
    let full = array(counts)?.ge(least as i64)?;
    let kept = array(values)?.where_cond(&full)?;
    Ok(kept.variable().clone().with_attrs(values.attrs.clone()))
}

/// The dtype in which windows have room for what stands beyond the array, and that value.
fn room_of(dtype: DType, fill: Option<&Scalar>) -> Result<(DType, Block)> {
    if let Some(value) = fill
        && let Ok(own) = value.cast_to(dtype)
        && !dtype.is_text()
        && Scalar::from(own.clone()) == *value
    {
        return Ok((dtype, own));
    }
    room_for(dtype, fill)
}
