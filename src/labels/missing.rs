//! Missing values and choices by condition: `where_cond`, `fillna`, `dropna`, `combine_first`.

use indexmap::IndexMap;

use super::align::{AlignOptions, align_parts};
use super::apply::{Arg, Rules, apply, common_dtype, dims_of, map_args, map_over};
use super::attrs::Attrs;
use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::diagnostics;
use super::operand::{Labelled, Object, Operand};
use super::options::Options;
use super::reindex::reindex_parts;
use super::variable::{Name, Variable};
use crate::dtype::{DType, Scalar, promote};
use crate::error::{Error, Result};
use crate::index::Join;
use crate::index::Positions;
use crate::kernel::elementwise::MapFn;
use crate::kernel::reduce::{ReduceOp, ReduceSpec};

/// `a` where the condition holds, else `b`; dimensions in the order of `order`.
fn choose(cond: Arg<'_>, a: Arg<'_>, b: Arg<'_>, dtype: DType, order: &[Arg<'_>]) -> Result<Variable> {
    let as_bool = (!cond.dtype().is_bool()).then_some(DType::Bool);
    map_over(MapFn::Where, dims_of(order)?, &[cond, a, b], &[as_bool, Some(dtype), Some(dtype)])
}

/// `data` where the condition holds, else missing or `other`.
fn masked(data: impl Into<Operand>, cond: Operand, other: Option<Operand>) -> Result<Operand> {
    let join = if other.is_none() { Join::Inner } else { Join::Exact };
    let args = [data.into(), cond].into_iter().chain(other).collect();
    apply(args, &Rules::function(join, true), &|args| match args {
        [data, cond, other] => choose(*cond, *data, *other, common_dtype(*data, *other)?, args),
        [data, cond] => {
            let dtype = promote::with_missing(data.dtype());
            diagnostics::holes(data.dtype(), dtype)?;
            let missing = Scalar::Typed(promote::missing_value(dtype));
            choose(*cond, *data, Arg::Scalar(&missing), dtype, args)
        }
        _ => Err(Error::internal("a mask takes two or three operands")),
    })
}

/// `x` where the condition holds, else `y`; a dataset if one takes part.
///
/// Labels must be equal. Dimensions stand in order of first appearance, those of the condition first.
/// Attributes are those of `x`. Lazy: reads no data.
///
/// # Errors
/// If labels differ, or no dtype holds both `x` and `y`.
///
/// # Example
/// ```
/// use graticule::labels::{DataArray, select_where};
/// let a = DataArray::from_vec(&[("x", 3)], vec![1, 5, 3])?;
/// let high = select_where(a.gt(2)?, "high", "low")?.into_array()?;
/// assert_eq!(high.to_vec::<graticule::dtype::Text>()?, ["low".into(), "high".into(), "high".into()]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn select_where(
    cond: impl Into<Operand>,
    x: impl Into<Operand>,
    y: impl Into<Operand>,
) -> Result<Operand> {
    let keep = Options::current().keep_attrs;
    let (cond, x, y) = (cond.into(), x.into(), y.into());
    let rules = Rules::function(Join::Exact, keep);
    let result = apply(vec![cond, x.clone(), y.clone()], &rules, &|args| {
        choose(args[0], args[1], args[2], common_dtype(args[1], args[2])?, args)
    })?;
    if !keep {
        return Ok(result);
    }
    let (attrs, coords) = match &x {
        Operand::DataArray(a) => (a.attrs().clone(), Some(a.coords())),
        Operand::Dataset(ds) => (ds.attrs.clone(), Some(ds.coords())),
        Operand::Variable(v) => (v.attrs.clone(), None),
        Operand::Scalar(_) => (Attrs::new(), None),
    };
    match result {
        Operand::DataArray(a) => {
            let v = a.variable().clone().with_attrs(attrs);
            let coords = coords_with_attrs_of(a.coords(), coords)?;
            Ok(Operand::DataArray(DataArray::from_parts(a.name().cloned(), v, coords)))
        }
        Operand::Dataset(ds) => {
            let mut vars = ds.data_vars().clone();
            let y_only = matches!(y, Operand::Dataset(_)) && !matches!(x, Operand::Dataset(_));
            for (name, v) in &mut vars {
                match &x {
                    Operand::Dataset(x) => {
                        v.attrs = x.data_vars().get(name).map(|v| v.attrs.clone()).unwrap_or_default()
                    }
                    Operand::DataArray(x) if y_only => {
                        if x.name() == Some(name) {
                            v.attrs = x.attrs().clone();
                        }
                    }
                    _ if y_only => {}
                    _ => v.attrs = Attrs::new(),
                }
            }
            let coords = coords_with_attrs_of(ds.coords(), coords)?;
            let attrs = if y_only { Attrs::new() } else { attrs };
            Ok(Operand::Dataset(Dataset::from_parts(vars, coords, attrs, Attrs::new())))
        }
        plain => Ok(plain),
    }
}

/// Coordinates with the attributes that those of the same name have elsewhere.
fn coords_with_attrs_of(coords: &Coords, of: Option<&Coords>) -> Result<Coords> {
    let mut out = Coords::new();
    for (name, v) in coords.iter() {
        let attrs = of.and_then(|c| c.get(name)).map(|v| v.attrs.clone()).unwrap_or_default();
        out.insert_with(name.clone(), v.clone().with_attrs(attrs), coords.index(name).cloned())?;
    }
    Ok(out)
}

/// `b` where `a` is missing.
fn fill_args(a: Arg<'_>, b: Arg<'_>) -> Result<Variable> {
    match (a, b) {
        // A variable that one of two datasets lacks takes part as NaN, so integers become floats.
        (Arg::Scalar(_), Arg::Variable(v)) if v.dtype().is_number() || v.dtype().is_bool() => {
            v.with_data(v.dims().iter().cloned(), v.data().cast(common_dtype(a, b)?)?)
        }
        (Arg::Scalar(_), Arg::Variable(v)) => Ok(v.clone()),
        (Arg::Variable(v), Arg::Scalar(Scalar::Float(f)))
            if f.is_nan() && (v.dtype().is_text() || v.dtype().is_time()) =>
        {
            Ok(v.clone())
        }
        // No dtype holds texts and numbers, but where no text is missing none is needed.
        (Arg::Variable(v), Arg::Scalar(s)) if v.dtype().is_text() && promote::is_plain(s.dtype()) => {
            let help = "give a text as fill value, or fill variable by variable with `fillna_each`";
            let data = v.data().require_present("texts to be filled with numbers", help, false)?;
            v.with_data(v.dims().iter().cloned(), data)
        }
        _ => {
            let dtype = Some(common_dtype(a, b)?);
            map_args(MapFn::FillNa, &[a, b], &[dtype, dtype])
        }
    }
}

/// `b` where `a` is missing, broadcast against each other; without attributes.
pub(crate) fn fill_missing(a: &Variable, b: &Variable) -> Result<Variable> {
    fill_args(Arg::Variable(a), Arg::Variable(b))
}

fn filled(data: impl Into<Operand>, value: Operand, join: Join) -> Result<Operand> {
    let data = data.into();
    if let (Operand::DataArray(_), Operand::Dataset(_), Join::Left) = (&data, &value, join) {
        return Err(Error::invalid("an array cannot be filled from a dataset")
            .help("take one variable of the dataset with `get`"));
    }
    if let (Operand::Dataset(ds), Operand::Dataset(value), Join::Left) = (&data, &value, join)
        && let Some(name) = value.data_vars().keys().find(|n| !ds.data_vars().contains_key(*n))
    {
        return Err(Error::not_found("variable", name, ds.data_vars().keys())
            .help("fill values may only be given for variables of the dataset"));
    }
    apply(vec![data, value], &Rules::function(join, true), &|args| fill_args(args[0], args[1]))
}

/// Reduces all axes but `dim` of a variable, and computes.
fn along(variable: &Variable, dim: &str, op: ReduceOp) -> Result<Variable> {
    let keep = variable.require_axis(dim)?;
    let axes: Vec<usize> = (0..variable.ndim()).filter(|a| *a != keep).collect();
    let skipna = op == ReduceOp::Count;
    let spec = ReduceSpec { op, axes, group: None, skipna, ddof: 0.0, min_count: None };
    let reduced = Variable::new([variable.dims()[keep].clone()], variable.data().reduce(spec)?)?;
    Variable::new(reduced.dims().iter().cloned(), reduced.load()?)
}

/// The positions where `keep` holds.
fn chosen(keep: impl Iterator<Item = bool>) -> Positions {
    Positions::Many(keep.zip(0..).filter_map(|(k, i)| k.then_some(i)).collect())
}

/// Data and condition on common labels, without the labels at which the condition never holds.
fn trimmed<O: Labelled>(data: &O, cond: &Object) -> Result<(O, Object)> {
    let mut parts = align_parts(&[data.to_parts(), cond.to_parts()], &AlignOptions::new(Join::Inner))?;
    let (Some(mask), Some(own)) = (parts.pop(), parts.pop()) else {
        return Err(Error::internal("alignment lost an operand"));
    };
    let mut takes: IndexMap<Name, Positions> = IndexMap::new();
    for (dim, n) in mask.sizes() {
        let mut keep = vec![false; n];
        let mut found = false;
        for v in mask.data_vars().values().filter(|v| v.axis(&dim).is_some()) {
            found = true;
            let any = along(v, &dim, ReduceOp::Any)?.load()?;
            keep.iter_mut().zip(any.typed::<bool>()?.iter()).for_each(|(k, a)| *k |= a);
        }
        if found {
            takes.insert(dim, chosen(keep.into_iter()));
        }
    }
    let own = reindex_parts(&own, &takes, Vec::new(), None)?;
    let mask = reindex_parts(&mask, &takes, Vec::new(), None)?;
    Ok((data.rebuild(own)?, cond.rebuild(mask)?))
}

/// Which labels `dropna` drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DropNa {
    /// Those with any missing value.
    #[default]
    Any,
    /// Those with missing values only.
    All,
    /// Those with fewer present values than this.
    Thresh(usize),
}

impl Dataset {
    fn dropna_inner(&self, dim: &str, how: DropNa, subset: Option<&[&str]>) -> Result<Dataset> {
        let sizes = self.sizes();
        let Some((dim, &len)) = sizes.get_key_value(dim) else {
            return Err(Error::not_found("dimension", dim, sizes.keys()));
        };
        let mut counts = vec![0_usize; len];
        let mut size = 0;
        let mut count = |v: &Variable| -> Result<()> {
            if v.axis(dim).is_none() {
                return Ok(());
            }
            let present = along(v, dim, ReduceOp::Count)?.load()?;
            counts.iter_mut().zip(present.typed::<i64>()?.iter()).for_each(|(c, n)| *c += *n as usize);
            size += v.size().checked_div(len).unwrap_or(0);
            Ok(())
        };
        match subset {
            Some(names) => names.iter().try_for_each(|n| count(self.variable(n)?))?,
            None => self.data_vars().values().try_for_each(&mut count)?,
        }
        let keep = counts.iter().map(|&c| match how {
            DropNa::Any => c == size,
            DropNa::All => c > 0,
            DropNa::Thresh(n) => c >= n,
        });
        let takes = IndexMap::from([(dim.clone(), chosen(keep))]);
        reindex_parts(self, &takes, Vec::new(), None)
    }

    /// The dataset without the labels along `dim` at which values are missing, of all variables or of a
    /// `subset`. Computes which those are.
    ///
    /// # Errors
    /// If the dimension or a variable does not exist, and those of the run.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::NAN, 3.0])?;
    /// let ds = a.to_dataset("a").assign([("b", a.fillna(0.0)?)])?;
    /// assert_eq!(ds.dropna("x", DropNa::Any, None)?.sizes()["x"], 2);
    /// assert_eq!(ds.dropna("x", DropNa::Any, Some(&["b"]))?.sizes()["x"], 3);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn dropna(&self, dim: &str, how: DropNa, subset: Option<&[&str]>) -> Result<Dataset> {
        self.dropna_inner(dim, how, subset).map_err(|e| e.at(format!("{}, in dropna", self.place())))
    }

    /// The dataset with a fill value for each of some variables: `(variable, value)` pairs. Bools and
    /// integers that have none become floats, as if filled with NaN.
    ///
    /// # Errors
    /// If a variable does not exist, or no dtype holds both.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
    /// let ds = a.to_dataset("a").assign([("b", &a)])?.fillna_each(&[("a", 0.0.into())])?;
    /// assert_eq!(ds.get("a")?.to_vec::<f64>()?, [1.0, 0.0]);
    /// assert!(ds.get("b")?.to_vec::<f64>()?[1].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn fillna_each(&self, values: &[(&str, Operand)]) -> Result<Dataset> {
        let mut vars = self.data_vars().clone();
        for (name, value) in values {
            let Some(v) = vars.get_mut(*name) else {
                return Err(Error::not_found("variable", name, self.data_vars().keys()).at(self.place()));
            };
            *v = self.get(name)?.fillna(value.clone())?.variable().clone();
        }
        for (name, v) in vars.iter_mut() {
            let named = values.iter().any(|(n, _)| **n == **name);
            if !named && (v.dtype().is_bool() || v.dtype().is_integer()) {
                *v = self.get(name)?.fillna(f64::NAN)?.variable().clone();
            }
        }
        Ok(self.with_parts(vars, self.coords().clone()))
    }
}

impl DataArray {
    /// The array without the labels along `dim` at which values are missing. Computes which those are.
    ///
    /// # Errors
    /// If the dimension does not exist, and those of the run.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::{DataArray, DropNa};
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::NAN, 3.0])?;
    /// assert_eq!(a.dropna("x", DropNa::Any)?.to_vec::<f64>()?, [1.0, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn dropna(&self, dim: &str, how: DropNa) -> Result<DataArray> {
        self.via_dataset(|ds| ds.dropna_inner(dim, how, None))
    }
}

macro_rules! methods {
    ($T:ident $into:ident) => {
        impl $T {
            /// Elements where the condition holds, missing values elsewhere: integers become floats, small ones
            /// `f32`, others `f64`. Labels are those that both have.
            ///
            /// Attributes and name stay. Lazy: reads no data.
            ///
            /// # Errors
            /// If lengths do not match.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 5.0, 3.0])?;
            /// let high = a.where_cond(a.gt(2.0)?)?;
            /// assert!(high.to_vec::<f64>()?[0].is_nan());
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn where_cond(&self, cond: impl Into<Operand>) -> Result<$T> {
                masked(self, cond.into(), None)
                    .and_then(Operand::$into)
                    .map_err(|e| e.at(format!("{}, in where", self.place())))
            }

            /// Elements where the condition holds, those of `other` elsewhere. Labels must be equal.
            ///
            /// # Errors
            /// If labels differ, or no dtype holds both.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1_i16, 5, 3])?;
            /// assert_eq!(a.where_else(a.gt(2)?, 0)?.to_vec::<i16>()?, [0, 5, 3]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn where_else(&self, cond: impl Into<Operand>, other: impl Into<Operand>) -> Result<$T> {
                masked(self, cond.into(), Some(other.into()))
                    .and_then(Operand::$into)
                    .map_err(|e| e.at(format!("{}, in where", self.place())))
            }

            /// Like [`where_cond`](Self::where_cond) or (with `other`) [`where_else`](Self::where_else), without the
            /// labels at which the condition never holds. Computes the condition.
            ///
            /// # Errors
            /// If lengths do not match, no dtype holds both, and those of the run.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 5.0, 3.0])?;
            /// assert_eq!(a.where_drop(a.gt(2.0)?, None)?.to_vec::<f64>()?, [5.0, 3.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn where_drop(&self, cond: impl Into<Object>, other: Option<Operand>) -> Result<$T> {
                trimmed(self, &cond.into())
                    .and_then(|(data, cond)| masked(data, cond.into(), other))
                    .and_then(Operand::$into)
                    .map_err(|e| e.at(format!("{}, in where", self.place())))
            }

            /// The same with `value` where elements are missing; an array is aligned to the labels of this one.
            ///
            /// Attributes and name stay. Lazy: reads no data.
            ///
            /// # Errors
            /// If lengths do not match, or no dtype holds both.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
            /// assert_eq!(a.fillna(0.0)?.to_vec::<f64>()?, [1.0, 0.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn fillna(&self, value: impl Into<Operand>) -> Result<$T> {
                filled(self, value.into(), Join::Left)
                    .and_then(Operand::$into)
                    .map_err(|e| e.at(format!("{}, in fillna", self.place())))
            }

            /// The elements of this where they are not missing, else those of `other`, on the labels of both.
            ///
            /// # Errors
            /// If lengths do not match, or no dtype holds both.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let x = Block::from_vec(&[2], vec![1i64, 2])?;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?.assign_coords([("x", x)])?;
            /// let x = Block::from_vec(&[2], vec![2i64, 3])?;
            /// let b = DataArray::from_vec(&[("x", 2)], vec![20.0, 30.0])?.assign_coords([("x", x)])?;
            /// assert_eq!(a.combine_first(&b)?.to_vec::<f64>()?, [1.0, 20.0, 30.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn combine_first(&self, other: impl Into<Operand>) -> Result<$T> {
                filled(self, other.into(), Join::Outer)
                    .and_then(Operand::$into)
                    .map_err(|e| e.at(format!("{}, in combine_first", self.place())))
            }
        }
    };
}
methods!(DataArray into_array);
methods!(Dataset into_dataset);

/// The same where an array may meet a dataset, so that the result is a dataset.
impl Operand {
    /// See [`DataArray::where_cond`].
    ///
    /// # Errors
    /// If lengths do not match.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 5.0])?;
    /// let high = Operand::from(&a).where_cond(a.gt(2.0)?)?.into_array()?;
    /// assert_eq!(high.count("x")?.to_vec::<i64>()?, [1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn where_cond(self, cond: impl Into<Operand>) -> Result<Operand> {
        masked(self, cond.into(), None)
    }

    /// See [`DataArray::where_else`].
    ///
    /// # Errors
    /// If labels differ, or no dtype holds both.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 5])?;
    /// let high = Operand::from(&a).where_else(a.gt(2)?, 0)?.into_array()?;
    /// assert_eq!(high.to_vec::<i32>()?, [0, 5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn where_else(self, cond: impl Into<Operand>, other: impl Into<Operand>) -> Result<Operand> {
        masked(self, cond.into(), Some(other.into()))
    }

    /// See [`DataArray::fillna`].
    ///
    /// # Errors
    /// If lengths do not match, or no dtype holds both.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
    /// assert_eq!(Operand::from(&a).fillna(0.0)?.into_array()?.to_vec::<f64>()?, [1.0, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn fillna(self, value: impl Into<Operand>) -> Result<Operand> {
        filled(self, value.into(), Join::Left)
    }

    /// See [`DataArray::combine_first`].
    ///
    /// # Errors
    /// If lengths do not match, or no dtype holds both.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
    /// let b = DataArray::from_vec(&[("x", 2)], vec![5.0, 6.0])?;
    /// assert_eq!(Operand::from(&a).combine_first(&b)?.into_array()?.to_vec::<f64>()?, [1.0, 6.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn combine_first(self, other: impl Into<Operand>) -> Result<Operand> {
        filled(self, other.into(), Join::Outer)
    }
}
