//! Longer dimensions: `pad`.

use indexmap::IndexMap;

use super::attrs::Attrs;
use super::coords::Coords;
use super::dataarray::{DataArray, is_private};
use super::dataset::Dataset;
use super::options::Options;
use super::shift::fill_block;
use super::variable::{Name, Variable};
use crate::dtype::Scalar;
use crate::error::{Context, Error, Result};
use crate::kernel::reduce::ReduceOp;
use crate::lazy::PadWith;

/// Values before and behind the data.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum PadValues {
    /// Missing values (as the end of a ramp: 0).
    #[default]
    Missing,
    /// These two in every variable and along every dimension.
    Sides(Scalar, Scalar),
    /// Values by the name of a dimension, or by the name of a variable (and there again by dimension). What is
    /// not named gets 0.
    Each(Vec<(Name, PadValues)>),
}

impl PadValues {
    fn named(&self, name: &str) -> Option<&PadValues> {
        match self {
            PadValues::Each(values) => values.iter().find(|(n, _)| **n == *name).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The values of one variable along one of its dimensions; `None` for missing ones.
    fn sides(&self, variable: &str, dim: &str) -> Option<(Scalar, Scalar)> {
        let own = self.named(variable).unwrap_or(self);
        let own = match own {
            PadValues::Each(_) => own.named(dim),
            own => Some(own),
        };
        match own {
            None | Some(PadValues::Each(_)) => Some((Scalar::Int(0), Scalar::Int(0))),
            Some(PadValues::Missing) => None,
            Some(PadValues::Sides(left, right)) => Some((left.clone(), right.clone())),
        }
    }
}

impl<S: Into<Scalar>> From<S> for PadValues {
    fn from(v: S) -> Self {
        let v = v.into();
        PadValues::Sides(v.clone(), v)
    }
}

impl<S: Into<Scalar>, T: Into<Scalar>> From<(S, T)> for PadValues {
    fn from((left, right): (S, T)) -> Self {
        PadValues::Sides(left.into(), right.into())
    }
}

/// How many elements at each side a statistic is of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StatLength {
    /// All along the dimension.
    #[default]
    All,
    /// So many at the begin and at the end of every dimension.
    Sides(usize, usize),
    /// So many along some dimensions; all along the others.
    Each(Vec<(Name, (usize, usize))>),
}

impl StatLength {
    fn of(&self, dim: &str) -> (usize, usize) {
        let all = (usize::MAX, usize::MAX);
        match self {
            StatLength::All => all,
            StatLength::Sides(left, right) => (*left, *right),
            StatLength::Each(each) => each.iter().find(|(n, _)| **n == *dim).map_or(all, |(_, n)| *n),
        }
    }
}

/// How a mirrored part continues the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReflectType {
    /// As it is.
    #[default]
    Even,
    /// Turned around the value at the edge: `x[-k] = 2 x[0] - x[k]`.
    Odd,
}

/// What [`pad`](Dataset::pad) puts into the new places: numpy's modes.
#[derive(Debug, Clone, PartialEq)]
pub enum PadMode {
    /// Values, missing ones unless told otherwise.
    Constant(PadValues),
    /// The first and last element.
    Edge,
    /// A line from the edge to a value, 0 unless told otherwise.
    LinearRamp(PadValues),
    /// The greatest element.
    Maximum(StatLength),
    /// The mean; for integers rounded to even.
    Mean(StatLength),
    /// The middle element; for integers rounded to even.
    Median(StatLength),
    /// The least element.
    Minimum(StatLength),
    /// The data mirrored at the edge, which is not repeated.
    Reflect(ReflectType),
    /// The data mirrored at the edge, which is repeated.
    Symmetric(ReflectType),
    /// The data of the other end.
    Wrap,
}

impl Default for PadMode {
    fn default() -> Self {
        PadMode::Constant(PadValues::Missing)
    }
}

impl PadMode {
    /// The mode for coordinates: the same where it repeats what is there, else missing values.
    fn for_coords(&self) -> PadMode {
        match self {
            PadMode::Edge | PadMode::Reflect(_) | PadMode::Symmetric(_) | PadMode::Wrap => self.clone(),
            _ => PadMode::default(),
        }
    }

    /// The same in terms of an array: the dtype that it must have, and what stands in the new places along
    /// `dim`.
    fn resolve(&self, v: &Variable, name: &str, dim: &str) -> Result<(crate::dtype::DType, PadWith)> {
        let dtype = v.dtype();
        let stat = |op, lengths: &StatLength| {
            let (left, right) = lengths.of(dim);
            PadWith::Stat(op, left, right)
        };
        let with = match self {
            PadMode::Constant(values) => match values.sides(name, dim) {
                None => {
                    let (dtype, value) = fill_block(dtype, None)?;
                    return Ok((dtype, PadWith::Constant(value.clone(), value)));
                }
                Some((left, right)) => {
                    PadWith::Constant(fill_block(dtype, Some(&left))?.1, fill_block(dtype, Some(&right))?.1)
                }
            },
            PadMode::LinearRamp(values) => {
                let (left, right) =
                    values.sides(name, dim).unwrap_or((Scalar::Float(0.0), Scalar::Float(0.0)));
                PadWith::Ramp(left.to_block(), right.to_block())
            }
            PadMode::Edge => PadWith::Edge,
            PadMode::Maximum(lengths) => stat(ReduceOp::Max, lengths),
            PadMode::Mean(lengths) => stat(ReduceOp::Mean, lengths),
            PadMode::Median(lengths) => stat(ReduceOp::Median, lengths),
            PadMode::Minimum(lengths) => stat(ReduceOp::Min, lengths),
            PadMode::Reflect(how) => PadWith::Reflect { odd: *how == ReflectType::Odd },
            PadMode::Symmetric(how) => PadWith::Symmetric { odd: *how == ReflectType::Odd },
            PadMode::Wrap => PadWith::Wrap,
        };
        Ok((dtype, with))
    }
}

/// How many places to add along some dimensions: (dimension, (before, after)).
pub type PadWidths<'a> = &'a [(&'a str, (usize, usize))];

/// The variable with more places along those of the dimensions that it has; dimensions are padded in the
/// order in which the variable has them.
fn pad_variable(
    v: &Variable,
    name: &str,
    widths: &IndexMap<Name, (usize, usize)>,
    mode: &PadMode,
    keep_attrs: bool,
) -> Result<Variable> {
    let mut data = v.data().clone();
    for (axis, dim) in v.dims().iter().enumerate() {
        let Some(&(before, after)) = widths.get(dim) else { continue };
        let (dtype, with) = mode.resolve(v, name, dim)?;
        data =
            data.cast(dtype)?.pad(axis, before, after, &with).map_err(|e| e.at(format!("along `{dim}`")))?;
    }
    let attrs = if keep_attrs { v.attrs.clone() } else { Attrs::new() };
    Ok(Variable::new(v.dims().iter().cloned(), data)?.with_attrs(attrs))
}

impl Dataset {
    fn pad_inner(&self, widths: PadWidths<'_>, mode: &PadMode, keep_attrs: Option<bool>) -> Result<Dataset> {
        let keep_attrs = keep_attrs.unwrap_or_else(|| Options::current().keep_attrs);
        let sizes = self.sizes();
        let widths: IndexMap<Name, (usize, usize)> = widths
            .iter()
            .map(|(dim, n)| match sizes.get_key_value(*dim) {
                Some((dim, _)) => Ok((dim.clone(), *n)),
                None => Err(Error::not_found("dimension", dim, sizes.keys())),
            })
            .collect::<Result<_>>()?;
        let touched = |v: &Variable| v.dims().iter().any(|d| widths.contains_key(d));
        let mut vars = self.data_vars().clone();
        for (name, v) in vars.iter_mut().filter(|(_, v)| touched(v)) {
            let padded = pad_variable(v, name, &widths, mode, keep_attrs);
            *v = if is_private(name) { padded? } else { padded.at(|| format!("variable `{name}`"))? };
        }
        let of_coords = mode.for_coords();
        let mut coords = Coords::new();
        for (name, v) in self.coords().iter() {
            if !touched(v) {
                coords.insert_with(name.clone(), v.clone(), self.coords().index(name).cloned())?;
                continue;
            }
            let padded = pad_variable(v, name, &widths, &of_coords, keep_attrs)
                .at(|| format!("coordinate `{name}`"))?;
            // Other labels: an index of them, where the coordinate is that of a dimension.
            match padded.dims() == std::slice::from_ref(name) {
                true => coords.insert(name.clone(), padded)?,
                false => coords.insert_with(name.clone(), padded, None)?,
            }
        }
        let mut padded = self.with_parts(vars, coords);
        if !keep_attrs {
            padded.attrs = Attrs::new();
        }
        Ok(padded)
    }
}

macro_rules! methods {
    ($T:ident, $via:expr) => {
        impl $T {
            /// The same with more places along some dimensions: `(dim, (before, after))` pairs, filled as `mode` says.
            ///
            /// Coordinates are padded by the same mode if it repeats what is there (`Edge`, `Reflect`, `Symmetric`,
            /// `Wrap`), else with missing values. The dtype stays, unless missing values need room; integers round.
            /// Lazy: reads no data variable, and statistics are reductions of their own.
            ///
            /// # Errors
            /// If a dimension does not exist or is empty (only constants extend it), a value does not fit the dtype, or
            /// the mode has no meaning for it.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::{DataArray, PadMode, PadValues};
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
            /// assert_eq!(a.pad(&[("x", (2, 1))], PadMode::Wrap)?.to_vec::<i32>()?, [2, 3, 1, 2, 3, 1]);
            /// let zeros = PadMode::Constant(PadValues::from(0));
            /// assert_eq!(a.pad(&[("x", (1, 0))], zeros)?.to_vec::<i32>()?, [0, 1, 2, 3]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn pad(&self, widths: PadWidths<'_>, mode: PadMode) -> Result<$T> {
                self.pad_with(widths, mode, None)
            }

            /// [`pad`](Self::pad) with a choice of whether attributes stay; by default as
            /// [`Options::keep_attrs`] says (so they do).
            ///
            /// # Errors
            /// Those of [`pad`](Self::pad).
            ///
            /// # Example
            /// ```
            /// use graticule::labels::{DataArray, PadMode};
            /// let mut a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
            /// a.attrs_mut().insert("units", "m");
            /// assert!(a.pad_with(&[("x", (1, 1))], PadMode::Edge, Some(false))?.attrs().is_empty());
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn pad_with(
                &self,
                widths: PadWidths<'_>,
                mode: PadMode,
                keep_attrs: impl Into<Option<bool>>,
            ) -> Result<$T> {
                let f: fn(&$T, PadWidths<'_>, &PadMode, Option<bool>) -> Result<$T> = $via;
                f(self, widths, &mode, keep_attrs.into()).at(|| format!("{}, in `pad`", self.place()))
            }
        }
    };
}
methods!(Dataset, Dataset::pad_inner);
methods!(DataArray, |a, widths, mode, keep| a.via_dataset(|ds| ds.pad_inner(widths, mode, keep)));
