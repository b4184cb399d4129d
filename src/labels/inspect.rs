//! What an object holds: its indexes, its variables by attributes, and a listing like `ncdump -h`.

use std::fmt::Write;
use std::sync::Arc;

use super::attrs::{AttrValue, Attrs};
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::operand::Labelled;
use super::variable::Name;
use crate::dtype::{DType, Text};
use crate::error::{Error, Result};
use crate::index::{Index, RangeIndex};
use crate::kernel::cast::cast;

/// The labels along a dimension; its positions where it has none.
fn index_along(parts: &Dataset, dim: &str) -> Result<Arc<dyn Index>> {
    let sizes = parts.sizes();
    let Some(&len) = sizes.get(dim) else { return Err(Error::not_found("dimension", dim, sizes.keys())) };
    match parts.coords().index(dim) {
        Some(index) => Ok(index.clone()),
        None => Ok(Arc::new(RangeIndex::new(DType::I64, 0_i64, 1_i64, len)?)),
    }
}

macro_rules! methods {
    ($T:ident, $example:literal) => {
        impl $T {
            /// The index along a dimension; one of the positions where the dimension has no labels.
            ///
            /// # Errors
            /// If there is no such dimension.
            ///
            /// # Example
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
            #[doc = $example]
            /// assert_eq!(index.labels().to_vec::<i64>()?, [0, 1, 2]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn get_index(&self, dim: &str) -> Result<Arc<dyn Index>> {
                index_along(&self.to_parts(), dim).map_err(|e| e.at(self.place()))
            }
        }
    };
}
methods!(DataArray, "let index = a.get_index(\"x\")?;");
methods!(Dataset, "let index = a.to_dataset(\"a\").get_index(\"x\")?;");

/// An attribute as `ncdump` shows it.
fn attr_text(value: &AttrValue) -> String {
    match value {
        AttrValue::Str(s) => s.clone(),
        AttrValue::Array(b) => match cast(b, DType::Str).and_then(|t| t.to_vec::<Text>()) {
            Ok(items) => items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            Err(_) => format!("{value:?}"),
        },
        AttrValue::Json(v) => v.to_string(),
    }
}

impl Dataset {
    /// The dataset of the variables and coordinates whose attributes fulfil a condition, with the coordinates
    /// along their dimensions.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 1)], vec![1])?;
    /// let ds = a.assign_attrs([("units", "m")]).to_dataset("a").assign([("b", a)])?;
    /// let metres = ds.filter_by_attrs(|attrs| attrs.get_str("units") == Some("m"));
    /// assert_eq!(metres.data_vars().keys().map(|n| &**n).collect::<Vec<_>>(), ["a"]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    #[must_use]
    pub fn filter_by_attrs(&self, mut keep: impl FnMut(&Attrs) -> bool) -> Dataset {
        let all = self.data_vars().iter().chain(self.coords().iter());
        let names: Vec<Name> = all.filter(|(_, v)| keep(&v.attrs)).map(|(n, _)| n.clone()).collect();
        self.get_many(names).expect("names of its own variables")
    }

    /// A listing of dimensions, variables with their dtypes, and all attributes, like that of `ncdump -h`.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 1)], vec![1.5])?.assign_attrs([("units", "m")]);
    /// let text = a.to_dataset("a").info();
    /// assert!(text.contains("\tx = 1 ;") && text.contains("\tfloat64 a(x) ;"));
    /// assert!(text.contains("\t\ta:units = m ;"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn info(&self) -> String {
        let mut out = String::from("Dataset {\ndimensions:\n");
        // Writing to a string does not fail.
        for (dim, n) in self.sizes() {
            let _ = writeln!(out, "\t{dim} = {n} ;");
        }
        out.push_str("\nvariables:\n");
        for (name, v) in self.data_vars().iter().chain(self.coords().iter()) {
            let _ = writeln!(out, "\t{} {name}({}) ;", v.dtype(), v.dims().join(", "));
            for (key, value) in v.attrs.iter() {
                let _ = writeln!(out, "\t\t{name}:{key} = {} ;", attr_text(value));
            }
        }
        out.push_str("\n// global attributes:\n");
        for (key, value) in self.attrs.iter() {
            let _ = writeln!(out, "\t:{key} = {} ;", attr_text(value));
        }
        out.push('}');
        out
    }
}
