//! Where the least and the greatest values are: labels, and positions along several dimensions.

use indexmap::IndexMap;

use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::dims::IntoDims;
use super::reduce::{ReduceOptions, check_not_empty};
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::promote::{missing_value, with_missing};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use crate::kernel::elementwise::{BinaryOp, MapFn, UnaryOp};
use crate::kernel::reduce::ReduceOp;
use crate::lazy::{AxisFrom, LazyArray};

impl DataArray {
    /// The label of the least value along `dim`; missing where all values are missing.
    ///
    /// The result is named like `dim`. Lazy: reads nothing but the labels of `dim`.
    ///
    /// # Errors
    /// If there is no such dimension, or it has no coordinate.
    ///
    /// ```
    /// # use graticule::labels::{Coords, DataArray, Variable};
    /// let mut coords = Coords::new();
    /// coords.insert("x", Variable::from_vec(&[("x", 3)], vec![10i64, 20, 30])?)?;
    /// let a = DataArray::new(Variable::from_vec(&[("x", 3)], vec![2, 9, 4])?, coords)?;
    /// assert_eq!(a.idxmin("x")?.to_vec::<i64>()?, [10]);
    /// assert_eq!(a.idxmax("x")?.to_vec::<i64>()?, [20]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn idxmin(&self, dim: &str) -> Result<DataArray> {
        self.idx_with(ReduceOp::ArgMin, dim, None, None)
    }

    /// The label of the greatest value along `dim`; missing where all values are missing.
    ///
    /// # Errors
    /// If there is no such dimension, or it has no coordinate.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[3], vec![10i64, 20, 30])?;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![2, 9, 4])?.assign_coords([("x", x)])?;
    /// assert_eq!(a.idxmax("x")?.to_vec::<i64>()?, [20]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn idxmax(&self, dim: &str) -> Result<DataArray> {
        self.idx_with(ReduceOp::ArgMax, dim, None, None)
    }

    /// [`idxmin`](Self::idxmin) with all choices open: whether missing values are left out, and the
    /// label where there is no value.
    ///
    /// # Errors
    /// If there is no such dimension, it has no coordinate, or the fill value is no label.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![f64::NAN, f64::NAN])?.assign_coords([("x", x)])?;
    /// assert_eq!(a.idxmin_with("x", None, Some(Scalar::Int(-1)))?.to_vec::<i64>()?, [-1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn idxmin_with(&self, dim: &str, skipna: Option<bool>, fill: Option<Scalar>) -> Result<DataArray> {
        self.idx_with(ReduceOp::ArgMin, dim, skipna, fill)
    }

    /// [`idxmax`](Self::idxmax) with all choices open.
    ///
    /// # Errors
    /// If there is no such dimension, it has no coordinate, or the fill value is no label.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![f64::NAN, 1.0])?.assign_coords([("x", x)])?;
    /// assert_eq!(a.idxmax_with("x", None, None)?.to_vec::<f64>()?, [20.0]);
    /// // A missing value that is not left out counts as the greatest.
    /// assert_eq!(a.idxmax_with("x", Some(false), None)?.to_vec::<i64>()?, [10]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn idxmax_with(&self, dim: &str, skipna: Option<bool>, fill: Option<Scalar>) -> Result<DataArray> {
        self.idx_with(ReduceOp::ArgMax, dim, skipna, fill)
    }

    fn idx_with(
        &self,
        op: ReduceOp,
        dim: &str,
        skipna: Option<bool>,
        fill: Option<Scalar>,
    ) -> Result<DataArray> {
        let array = self.via_dataset(|ds| ds.idx_with(op, dim, skipna, fill))?;
        Ok(array.with_name(dim))
    }

    /// The positions of the least value along several dimensions: one array for each.
    ///
    /// # Errors
    /// If a dimension does not exist, or all values are missing.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![5, 3, 1, 7])?;
    /// let at = a.argmin_dims(["x", "y"])?;
    /// assert_eq!(at["x"].to_vec::<i64>()?, [1]);
    /// assert_eq!(at["y"].to_vec::<i64>()?, [0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn argmin_dims(&self, dims: impl IntoDims) -> Result<IndexMap<Name, DataArray>> {
        self.arg_dims(ReduceOp::ArgMin, dims, ReduceOptions::default())
    }

    /// The positions of the greatest value along several dimensions: one array for each.
    ///
    /// # Errors
    /// If a dimension does not exist, or all values are missing.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![5, 3, 1, 7])?;
    /// let at = a.argmax_dims(["x", "y"])?;
    /// assert_eq!((at["x"].to_vec::<i64>()?, at["y"].to_vec::<i64>()?), (vec![1], vec![1]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn argmax_dims(&self, dims: impl IntoDims) -> Result<IndexMap<Name, DataArray>> {
        self.arg_dims(ReduceOp::ArgMax, dims, ReduceOptions::default())
    }

    /// [`argmin_dims`](Self::argmin_dims) or [`argmax_dims`](Self::argmax_dims) with options.
    ///
    /// # Errors
    /// If `op` is neither, a dimension does not exist, or all values are missing.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![5, 3, 1, 7])?;
    /// let keep = ReduceOptions::new().keep_attrs(false);
    /// assert_eq!(a.arg_dims(ReduceOp::ArgMax, "x", keep)?["x"].to_vec::<i64>()?, [0, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn arg_dims(
        &self,
        op: ReduceOp,
        dims: impl IntoDims,
        options: ReduceOptions,
    ) -> Result<IndexMap<Name, DataArray>> {
        if !matches!(op, ReduceOp::ArgMin | ReduceOp::ArgMax) {
            return Err(Error::invalid("only `ArgMin` and `ArgMax` give positions"));
        }
        let place = |e: Error| e.at(self.place());
        let dims = dims.into_dims().among(&self.sizes()).map_err(place)?;
        // Ties go to the first in the order in which the dimensions were named, so that is the order
        // in which they are made one.
        let kept: Vec<Name> = self.dims().iter().filter(|d| !dims.contains(d)).cloned().collect();
        let order: Vec<&str> = kept.iter().chain(&dims).map(|d| &**d).collect();
        let v = self.transpose(order)?.variable().clone();
        let sizes: Vec<usize> = v.shape()[kept.len()..].to_vec();
        let mut shape = v.shape()[..kept.len()].to_vec();
        shape.push(sizes.iter().product());
        let merged =
            Variable::new(kept.iter().cloned().chain([Name::from("flat")]), v.data().reshape(&shape)?)?;
        check_not_empty(&merged, op, &[kept.len()]).map_err(place)?;
        let spec = options.spec(op, vec![kept.len()], None, v.dtype());
        let flat = merged.data().reduce(spec).map_err(place)?;
        let coords = self.coords().without_dims(&dims);
        let attrs = options.attrs(self.attrs());
        let mut result = IndexMap::with_capacity(dims.len());
        let mut stride: usize = sizes.iter().product();
        for (dim, &n) in dims.iter().zip(&sizes) {
            stride /= n.max(1);
            let at = arithmetic(BinaryOp::FloorDiv, &flat, stride as i64)?;
            let at = arithmetic(BinaryOp::Rem, &at, n as i64)?;
            let variable = Variable::new(kept.iter().cloned(), at)?.with_attrs(attrs.clone());
            let array = DataArray::from_parts(self.name().cloned(), variable, coords.clone());
            result.insert(dim.clone(), array);
        }
        Ok(result)
    }
}

impl Dataset {
    /// The label of the least value along `dim` for each variable; missing where all values are missing.
    ///
    /// # Errors
    /// If a variable has no such dimension, or it has no coordinate.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[3], vec![10i64, 20, 30])?;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![2, 9, 4])?.assign_coords([("x", x)])?;
    /// let ds = a.to_dataset("a").assign([("b", a.neg()?)])?.idxmin("x")?;
    /// assert_eq!(ds.get("a")?.to_vec::<i64>()?, [10]);
    /// assert_eq!(ds.get("b")?.to_vec::<i64>()?, [20]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn idxmin(&self, dim: &str) -> Result<Dataset> {
        self.idx_with(ReduceOp::ArgMin, dim, None, None)
    }

    /// The label of the greatest value along `dim` for each variable; missing where all values are missing.
    ///
    /// # Errors
    /// If a variable has no such dimension, or it has no coordinate.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[3], vec![10i64, 20, 30])?;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![2, 9, 4])?.assign_coords([("x", x)])?;
    /// assert_eq!(a.to_dataset("a").idxmax("x")?.get("a")?.to_vec::<i64>()?, [20]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn idxmax(&self, dim: &str) -> Result<Dataset> {
        self.idx_with(ReduceOp::ArgMax, dim, None, None)
    }

    fn idx_with(
        &self,
        op: ReduceOp,
        dim: &str,
        skipna: Option<bool>,
        fill: Option<Scalar>,
    ) -> Result<Dataset> {
        if !self.sizes().contains_key(dim) {
            return Err(Error::not_found("dimension", dim, self.sizes().keys()));
        }
        let Some(labels) = self.coords().get(dim) else {
            return Err(Error::not_found("coordinate", dim, self.coords().names())
                .help(format!("`argmin` and `argmax` give positions, which need no labels along `{dim}`")));
        };
        let labels = labels.load()?;
        let reduced = [Name::from(dim)];
        let options = ReduceOptions::new().skipna(skipna);
        let data_vars = self.map_variables(|v| {
            let axis = v.require_axis(dim)?;
            check_not_empty(v, op, &[axis])?;
            let spec = options.spec(op, vec![axis], None, v.dtype());
            let missing = spec.skipna && v.dtype().holds_missing();
            let positions = match missing {
                true => positions_where_valid(v.data(), axis, spec)?,
                false => v.data().reduce(spec)?,
            };
            // Where nothing can be missing the labels keep their dtype.
            let (labels, fill) = match (missing, &fill) {
                (false, _) => (labels.clone(), Block::zeros(labels.dtype(), &[])),
                (true, Some(fill)) => (labels.clone(), fill.cast_to(labels.dtype())?),
                (true, None) => {
                    let dtype = with_missing(labels.dtype());
                    (crate::kernel::cast::cast(&labels, dtype)?, missing_value(dtype))
                }
            };
            let kept = v.dims().iter().filter(|d| ***d != *dim).cloned();
            Ok(Some(
                Variable::new(kept, positions.lookup(labels, fill)?)?.with_attrs(options.attrs(&v.attrs)),
            ))
        })?;
        Ok(self.with_parts(data_vars, self.coords().without_dims(&reduced)))
    }
}

/// Positions of extremes along an axis, -1 where all values are missing.
fn positions_where_valid(
    data: &LazyArray,
    axis: usize,
    mut spec: crate::kernel::reduce::ReduceSpec,
) -> Result<LazyArray> {
    let valid = LazyArray::map(MapFn::Unary(UnaryOp::NotNull), std::slice::from_ref(data))?;
    let any = ReduceOptions::default().spec(ReduceOp::Any, vec![axis], None, DType::Bool);
    let any = valid.reduce(any)?;
    // A slice without any value gets one, as the search would fail in it.
    let mut keep: Vec<AxisFrom> = (0..any.ndim()).map(AxisFrom::Input).collect();
    keep.insert(axis, AxisFrom::Repeat(1));
    let zero = repeated(&Block::zeros(data.dtype(), &[]), data.ndim())?;
    let filled = LazyArray::map(MapFn::Where, &[any.axes(&keep)?, data.clone(), zero])?;
    spec.skipna = true;
    let positions = filled.reduce(spec)?;
    let none = repeated(&Block::scalar(-1i64), any.ndim())?;
    LazyArray::map(MapFn::Where, &[any, positions, none])
}

/// A value as an array with so many axes of length 1.
fn repeated(value: &Block, ndim: usize) -> Result<LazyArray> {
    Ok(value.clone().reshape(&vec![1; ndim])?.into())
}

fn arithmetic(op: BinaryOp, a: &LazyArray, b: i64) -> Result<LazyArray> {
    LazyArray::map(MapFn::Binary(op), &[a.clone(), repeated(&Block::scalar(b), a.ndim())?])
}
