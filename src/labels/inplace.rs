//! In-place arithmetic: `add_assign` and the like. The array stays what it is; only its elements change.

use super::align::{AlignOptions, align_parts};
use super::apply::Arg;
use super::arithmetic::{binary, binary_args};
use super::compare::indexes_equal;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::diagnostics::{self, Kept};
use super::operand::{Labelled, Operand};
use crate::dtype::DType;
use crate::error::{Context, Error, Result};
use crate::index::Join;
use crate::kernel::elementwise::BinaryOp;

/// Whether elements of `from` may be stored as `to` without changing their kind: numpy's `same_kind`.
fn same_kind(from: DType, to: DType) -> bool {
    let kind = |d: DType| match d {
        DType::Bool => Some(0),
        d if d.is_unsigned() => Some(1),
        d if d.is_signed() => Some(2),
        d if d.is_float() => Some(3),
        d if d.is_complex() => Some(4),
        _ => None,
    };
    match (kind(from), kind(to)) {
        (Some(from), Some(to)) => from <= to,
        _ => match (from, to) {
            (DType::Datetime { calendar: a, .. }, DType::Datetime { calendar: b, .. }) => a == b,
            (DType::Timedelta { .. }, DType::Timedelta { .. }) => true,
            (from, to) => from.is_text() && to.is_text() || from == to,
        },
    }
}

impl DataArray {
    /// Applies `op` in place: the labels, dimensions, dtype, name and attributes of this array stay.
    ///
    /// Unlike the operators it does not align: labels that both have must be equal. Coordinates that only
    /// `rhs` has are taken over. Elements that are shared with another array are not changed there; lazy data
    /// stay lazy.
    ///
    /// # Errors
    /// If labels or lengths differ, `rhs` has a dimension that this array lacks or is a dataset, or the result
    /// is not of the kind of the dtype (an integer array plus a float). Then nothing has changed.
    ///
    /// # Example
    /// ```
    /// use graticule::kernel::elementwise::BinaryOp;
    /// use graticule::labels::DataArray;
    /// let mut a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// a.binary_assign(BinaryOp::Mul, 10)?;
    /// assert_eq!(a.to_vec::<i32>()?, [10, 20]);
    /// assert!(a.binary_assign(BinaryOp::Add, 0.5).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn binary_assign(&mut self, op: BinaryOp, rhs: impl Into<Operand>) -> Result<()> {
        let rhs = rhs.into();
        *self = assigned(self, op, &rhs).at(|| format!("{}, in {op:?} in place", self.place()))?;
        Ok(())
    }
}

fn assigned(array: &DataArray, op: BinaryOp, rhs: &Operand) -> Result<DataArray> {
    let mut coords = array.coords().clone();
    let other = match rhs {
        Operand::Dataset(_) => {
            return Err(Error::invalid("a dataset cannot be taken into an array in place"));
        }
        Operand::DataArray(b) => {
            for (name, index) in b.coords().indexes() {
                if coords.index(name).is_some_and(|own| !indexes_equal(own, index)) {
                    return Err(Error::alignment(format!("the labels of `{name}` differ"))
                        .help("in-place arithmetic does not align: align first, or use the operator"));
                }
            }
            for (name, c) in b.coords().iter().filter(|(n, _)| !array.coords().contains(n)) {
                coords.insert_with(name.clone(), c.clone(), b.coords().index(name).cloned())?;
            }
            Arg::Variable(b.variable())
        }
        Operand::Variable(v) => Arg::Variable(v),
        Operand::Scalar(s) => Arg::Scalar(s),
    };
    let v = array.variable();
    let result = binary_args(op, Arg::Variable(v), other)?;
    if result.dims() != v.dims() {
        let new = result.dims().iter().filter(|d| v.axis(d).is_none());
        return Err(Error::invalid(format!(
            "in-place arithmetic cannot add the dimensions {}",
            new.map(|d| format!("`{d}`")).collect::<Vec<_>>().join(", ")
        ))
        .help("use the operator, whose result is a new array"));
    }
    if !same_kind(result.dtype(), v.dtype()) {
        return Err(Error::dtype(format!(
            "the result is {}, which in place cannot become {}",
            result.dtype(),
            v.dtype()
        ))
        .help("cast the array first, as with `astype`, or use the operator"));
    }
    diagnostics::units_of_binary(op, Kept::First, Some(v), other.variable())?;
    let v = v.with_data(v.dims().iter().cloned(), result.data().cast(v.dtype())?)?;
    Ok(DataArray::from_parts(array.name().cloned(), v, coords))
}

impl Dataset {
    /// Applies `op` to every variable in place: the variables, labels and attributes of this dataset stay.
    ///
    /// `rhs` is brought to the labels of this dataset; where it has none the result is missing. Dtypes may
    /// change as by the operator. A dataset must have the same variables.
    ///
    /// # Errors
    /// If variables differ, labels do not join, or the operation has no meaning for the dtypes.
    ///
    /// # Example
    /// ```
    /// use graticule::kernel::elementwise::BinaryOp;
    /// use graticule::labels::DataArray;
    /// let mut ds = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.to_dataset("a");
    /// ds.binary_assign(BinaryOp::Add, 1)?;
    /// assert_eq!(ds.get("a")?.to_vec::<i32>()?, [2, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn binary_assign(&mut self, op: BinaryOp, rhs: impl Into<Operand>) -> Result<()> {
        let result = self.assigned(op, rhs.into()).at(|| format!("{}, in {op:?} in place", self.place()))?;
        *self = result;
        Ok(())
    }

    fn assigned(&self, op: BinaryOp, rhs: Operand) -> Result<Dataset> {
        let like = |parts: Dataset| -> Result<Dataset> {
            let mut both = align_parts(&[self.clone(), parts], &AlignOptions::new(Join::Left))?;
            both.pop().ok_or_else(|| Error::internal("alignment lost an operand"))
        };
        let rhs: Operand = match rhs {
            Operand::Dataset(other) => {
                let same = other.data_vars().len() == self.data_vars().len()
                    && other.data_vars().keys().all(|n| self.data_vars().contains_key(n));
                if !same {
                    let names =
                        |ds: &Dataset| ds.data_vars().keys().map(|n| n.to_string()).collect::<Vec<_>>();
                    return Err(Error::invalid(format!(
                        "in-place arithmetic needs the same variables, but the other dataset has {}",
                        names(&other).join(", ")
                    ))
                    .known(names(self)));
                }
                like(other)?.into()
            }
            Operand::DataArray(a) => a.rebuild(like(a.to_parts())?)?.into(),
            plain => plain,
        };
        let mut result = binary(op, self, rhs)?.into_dataset()?;
        result.attrs = self.attrs.clone();
        result.encoding = self.encoding.clone();
        Ok(result)
    }
}

macro_rules! methods {
    ($T:ident $make:literal: $($(#[$doc:meta])* $name:ident $op:ident $example:literal;)*) => {
        impl $T {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// Those of [`binary_assign`](Self::binary_assign).
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            #[doc = $make]
            #[doc = $example]
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn $name(&mut self, rhs: impl Into<Operand>) -> Result<()> {
                self.binary_assign(BinaryOp::$op, rhs)
            }
        )*}
    };
}

macro_rules! both {
    ($($tokens:tt)*) => {
        methods!(DataArray "let mut a = DataArray::from_vec(&[(\"x\", 1)], vec![7])?;": $($tokens)*);
        methods!(Dataset "let mut a = DataArray::from_vec(&[(\"x\", 1)], vec![7])?.to_dataset(\"a\");": $($tokens)*);
    };
}

both! {
    /// Adds `rhs` in place.
    add_assign Add "a.add_assign(2)?;";
    /// Subtracts `rhs` in place.
    sub_assign Sub "a.sub_assign(2)?;";
    /// Multiplies by `rhs` in place.
    mul_assign Mul "a.mul_assign(2)?;";
    /// Divides by `rhs` in place: not an array of integers.
    div_assign Div "assert!(a.div_assign(\"2\").is_err());";
    /// Divides by `rhs` in place and rounds down.
    floordiv_assign FloorDiv "a.floordiv_assign(2)?;";
    /// Takes the remainder by `rhs` in place.
    rem_assign Rem "a.rem_assign(2)?;";
    /// Raises to the power of `rhs` in place.
    pow_assign Pow "a.pow_assign(2)?;";
    /// Logical or bitwise and, in place.
    and_assign And "a.and_assign(2)?;";
    /// Logical or bitwise or, in place.
    or_assign Or "a.or_assign(2)?;";
    /// Exclusive or, in place.
    xor_assign Xor "a.xor_assign(2)?;";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::{Scalar, TimeUnit};
    use crate::labels::{Coords, Variable};

    fn series(labels: &[i64], values: Vec<f32>) -> DataArray {
        let mut coords = Coords::new();
        coords.insert("x", Variable::from_vec(&[("x", labels.len())], labels.to_vec()).unwrap()).unwrap();
        DataArray::new(Variable::from_vec(&[("x", values.len())], values).unwrap(), coords).unwrap()
    }

    #[test]
    fn labels_must_be_equal_and_the_dtype_stays() {
        let mut a = series(&[0, 1], vec![1.0, 2.0]).with_name("a");
        let before = a.clone();
        let wide = series(&[0, 1], vec![0.5, 0.5]).astype(DType::F64).unwrap().with_name("b");
        a.add_assign(&wide).unwrap();
        assert_eq!(a.to_vec::<f32>().unwrap(), [1.5, 2.5]);
        assert_eq!(a.name().map(|n| n.to_string()).as_deref(), Some("a"));
        assert_eq!(before.to_vec::<f32>().unwrap(), [1.0, 2.0]);
        let e = a.add_assign(series(&[0, 2], vec![0.0, 0.0])).unwrap_err();
        assert_eq!(e.kind(), crate::ErrorKind::Alignment);
        assert_eq!(a.to_vec::<f32>().unwrap(), [1.5, 2.5]);
    }

    #[test]
    fn another_kind_or_dimension_is_refused() {
        let mut a = DataArray::from_vec(&[("x", 2)], vec![1_u8, 2]).unwrap();
        assert!(a.div_assign(2).is_err());
        assert!(a.add_assign(300).is_err());
        let signed = DataArray::from_vec(&[("x", 2)], vec![1_i64, 2]).unwrap();
        assert!(a.add_assign(&signed).is_err());
        let e = a.add_assign(DataArray::from_vec(&[("y", 1)], vec![1_u8]).unwrap()).unwrap_err().to_string();
        assert!(e.contains("`y`"), "{e}");
        let mut times = signed.astype(DType::DATETIME_NS).unwrap();
        times.add_assign(Scalar::Timedelta { ticks: 1, unit: TimeUnit::Us }).unwrap();
        assert_eq!(times.load().unwrap().to_vec::<i64>().unwrap(), [1001, 1002]);
    }

    #[test]
    fn a_dataset_brings_the_other_to_its_labels() {
        let mut ds = series(&[0, 1], vec![1.0, 2.0]).to_dataset("a");
        ds.add_assign(series(&[1, 5], vec![10.0, 0.0])).unwrap();
        let sums = ds.get("a").unwrap().to_vec::<f32>().unwrap();
        assert!(sums[0].is_nan() && sums[1] == 12.0, "{sums:?}");
        assert!(ds.add_assign(Dataset::new()).is_err());
    }

    #[test]
    fn lazy_elements_stay_lazy() {
        let mut a = series(&[0, 1, 2], vec![1.0, 2.0, 3.0]).chunk("x", 1).unwrap();
        a.mul_assign(2).unwrap();
        assert!(a.variable().data().as_block().is_none());
        assert_eq!(a.to_vec::<f32>().unwrap(), [2.0, 4.0, 6.0]);
    }
}
