//! Data moved along dimensions: `shift` and `roll`.

use indexmap::IndexMap;

use super::coords::Coords;
use super::dataarray::{DataArray, is_private};
use super::dataset::Dataset;
use super::operand::Labelled;
use super::reindex::room_for;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::{DType, Scalar, promote};
use crate::error::{Context, Error, Result};

/// What stands in the places that [`shift`](Dataset::shift_with) sets free.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum FillValue {
    /// Missing values: integers become floats to hold them.
    #[default]
    Missing,
    /// This value in every variable, cast to the variable's dtype.
    Value(Scalar),
    /// A value for each of some variables of a dataset; missing values in the others.
    Each(Vec<(Name, Scalar)>),
}

impl FillValue {
    /// The value for a variable; an array has no name here.
    fn of(&self, name: &str) -> Option<&Scalar> {
        match self {
            FillValue::Missing => None,
            FillValue::Value(v) => Some(v),
            FillValue::Each(values) => values.iter().find(|(n, _)| **n == *name).map(|(_, v)| v),
        }
    }
}

impl<S: Into<Scalar>> From<S> for FillValue {
    fn from(v: S) -> Self {
        FillValue::Value(v.into())
    }
}

/// The dtype that an array has with this value in it, and the value: the array keeps its dtype, unless
/// what is missing needs room.
///
/// # Errors
/// If the dtype does not hold the value. What a cast of a float to an integer cuts off is no error, as in
/// xarray.
pub(super) fn fill_block(dtype: DType, value: Option<&Scalar>) -> Result<(DType, Block)> {
    let Some(value) = value else {
        return room_for(dtype, None);
    };
    let number = match value {
        Scalar::Float(v) => Some(*v),
        Scalar::Typed(b) if b.dtype().is_float() => {
            value.cast_to(DType::F64)?.to_vec::<f64>()?.first().copied()
        }
        _ => None,
    };
    if number.is_some_and(f64::is_nan) {
        if dtype.is_integer() || dtype.is_bool() {
            return Err(Error::invalid(format!("{dtype} has no place for NaN"))
                .help("leave the fill value out: missing values make floats of integers"));
        }
        return Ok((dtype, promote::missing_value(dtype)));
    }
    if dtype.is_integer() {
        let ours = match value {
            Scalar::Typed(b) if b.dtype().is_unsigned() => {
                Some(Scalar::UInt(value.cast_to(DType::U64)?.to_vec::<u64>()?[0]))
            }
            Scalar::Typed(b) if b.dtype().is_signed() => {
                Some(Scalar::Int(value.cast_to(DType::I64)?.to_vec::<i64>()?[0]))
            }
            Scalar::Float(v) => Some(Scalar::Int(*v as i64)),
            Scalar::Int(_) | Scalar::UInt(_) => Some(value.clone()),
            _ => None,
        };
        if let Some(ours) = ours {
            promote::with_scalar(dtype, &ours)?;
        }
    }
    if value.dtype().is_complex() && !dtype.is_complex() {
        return Err(Error::dtype(format!("{dtype} does not hold a complex number"))
            .help("cast the data first, as with `astype`"));
    }
    Ok((dtype, value.cast_to(dtype)?))
}

/// The shifts with each dimension once; all must exist.
fn known(ds: &Dataset, shifts: &[(&str, i64)]) -> Result<IndexMap<Name, i64>> {
    let sizes = ds.sizes();
    shifts
        .iter()
        .map(|(dim, by)| match sizes.get_key_value(*dim) {
            Some((dim, _)) => Ok((dim.clone(), *by)),
            None => Err(Error::not_found("dimension", dim, sizes.keys())),
        })
        .collect()
}

fn shifted<O: Labelled>(object: &O, shifts: &[(&str, i64)], fill: &FillValue) -> Result<O> {
    let ds = object.to_parts();
    let shifts = known(&ds, shifts)?;
    let mut vars = ds.data_vars().clone();
    for (name, v) in &mut vars {
        let here: Vec<(usize, i64)> =
            shifts.iter().filter_map(|(dim, by)| Some((v.axis(dim)?, *by))).collect();
        if here.is_empty() {
            continue;
        }
        let moved = fill_block(v.dtype(), fill.of(name)).and_then(|(dtype, value)| {
            let mut data = v.data().cast(dtype)?;
            for (axis, by) in here {
                data = data.shift(axis, by, &value)?;
            }
            v.with_data(v.dims().iter().cloned(), data)
        });
        *v = if is_private(name) { moved? } else { moved.at(|| format!("variable `{name}`"))? };
    }
    object.rebuild(ds.with_parts(vars, ds.coords().clone()))
}

fn roll_variable(v: &Variable, shifts: &IndexMap<Name, i64>) -> Result<Variable> {
    let mut data = v.data().clone();
    for (dim, by) in shifts {
        if let Some(axis) = v.axis(dim) {
            data = data.roll(axis, *by)?;
        }
    }
    v.with_data(v.dims().iter().cloned(), data)
}

fn rolled<O: Labelled>(object: &O, shifts: &[(&str, i64)], roll_coords: bool) -> Result<O> {
    let ds = object.to_parts();
    let shifts = known(&ds, shifts)?;
    let vars = ds.map_variables(|v| roll_variable(v, &shifts).map(Some))?;
    let mut coords = ds.coords().clone();
    if roll_coords {
        coords = Coords::new();
        for (name, v) in ds.coords().iter() {
            let rolled = roll_variable(v, &shifts)?;
            match ds.coords().index(name) {
                Some(_) => coords.insert(name.clone(), rolled)?,
                None => coords.insert_with(name.clone(), rolled, None)?,
            }
        }
    }
    object.rebuild(ds.with_parts(vars, coords))
}

macro_rules! methods {
    ($T:ident) => {
        impl $T {
            /// The data moved by so many positions along `dim`, to higher positions where `by` is positive. Labels
            /// stay in place, missing values fill the places that get free.
            ///
            /// Shape, chunks and attributes stay; integers become floats to hold missing values. Lazy: reads no data.
            ///
            /// # Errors
            /// If the dimension does not exist.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 3.0])?;
            /// let before = a.shift("x", 1)?.to_vec::<f64>()?;
            /// assert!(before[0].is_nan() && before[1..] == [1.0, 2.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn shift(&self, dim: &str, by: i64) -> Result<$T> {
                self.shift_with(&[(dim, by)], FillValue::Missing)
            }

            /// The data moved along several dimensions, with a fill value: one for all, one for each of some
            /// variables, or missing values. A value is cast to the dtype of the data, which stays.
            ///
            /// # Errors
            /// If a dimension does not exist, or a dtype does not hold the value.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?;
            /// assert_eq!(a.shift_with(&[("x", 1), ("y", -1)], 0)?.to_vec::<i32>()?, [0, 0, 2, 0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn shift_with(&self, shifts: &[(&str, i64)], fill: impl Into<FillValue>) -> Result<$T> {
                shifted(self, shifts, &fill.into()).at(|| format!("{}, in `shift`", self.place()))
            }

            /// The data moved by so many positions along `dim`; what leaves at one end enters at the other. Labels
            /// stay in place: see [`roll_with`](Self::roll_with).
            ///
            /// Shape, dtype, chunks and attributes stay. Lazy: reads no data.
            ///
            /// # Errors
            /// If the dimension does not exist.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
            /// assert_eq!(a.roll("x", 1)?.to_vec::<i32>()?, [3, 1, 2]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn roll(&self, dim: &str, by: i64) -> Result<$T> {
                self.roll_with(&[(dim, by)], false)
            }

            /// The data moved around along several dimensions, with `roll_coords` its coordinates too.
            ///
            /// # Errors
            /// If a dimension does not exist.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::{Coords, DataArray, Variable};
            /// let mut coords = Coords::new();
            /// coords.insert("lon", Variable::from_vec(&[("lon", 3)], vec![0, 120, 240])?)?;
            /// let a = DataArray::new(Variable::from_vec(&[("lon", 3)], vec![1, 2, 3])?, coords)?;
            /// let rolled = a.roll_with(&[("lon", -1)], true)?;
            /// assert_eq!(rolled.coord("lon")?.to_vec::<i32>()?, [120, 240, 0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn roll_with(&self, shifts: &[(&str, i64)], roll_coords: bool) -> Result<$T> {
                rolled(self, shifts, roll_coords).at(|| format!("{}, in `roll`", self.place()))
            }
        }
    };
}
methods!(DataArray);
methods!(Dataset);
