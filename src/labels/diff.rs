//! Differences of neighbours along a dimension.

use indexmap::IndexMap;

use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::reindex::reindex_parts;
use super::variable::{Name, Variable};
use crate::array::Slice;
use crate::error::{Context, Error, Result};
use crate::index::Positions;

/// Which of two neighbours gives their difference its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DiffLabel {
    /// The later one, from which is subtracted.
    #[default]
    Upper,
    /// The earlier one. Of differences of a higher order, as in xarray, the first is labelled so and the
    /// others by the later one.
    Lower,
}

fn diff_variable(v: &Variable, dim: &str, n: usize) -> Result<Variable> {
    match v.axis(dim) {
        Some(axis) => v.with_data(v.dims().iter().cloned(), v.data().diff(axis, n)?),
        None => Ok(v.clone()),
    }
}

impl Dataset {
    fn diff_inner(&self, dim: &str, n: usize, label: DiffLabel) -> Result<Dataset> {
        let sizes = self.sizes();
        let Some((dim, &len)) = sizes.get_key_value(dim) else {
            return Err(Error::not_found("dimension", dim, sizes.keys()));
        };
        let vars = self.map_variables(|v| diff_variable(v, dim, n).map(Some))?;
        let n = n.min(len);
        let kept = match label {
            DiffLabel::Upper => Slice::range(n..len),
            DiffLabel::Lower => Slice::range(n.saturating_sub(1)..len - n.min(1)),
        };
        let takes: IndexMap<Name, Positions> = [(dim.clone(), Positions::Slice(kept))].into();
        let labels = self.with_parts(IndexMap::new(), self.coords().clone());
        let coords = reindex_parts(&labels, &takes, Vec::new(), None)?.into_coords();
        Ok(self.with_parts(vars, coords))
    }
}

macro_rules! methods {
    ($T:ident, $via:expr) => {
        impl $T {
            /// The differences of neighbours along `dim`, labelled by the later one.
            ///
            /// `dim` gets shorter by one. Attributes stay; differences of datetimes are timedeltas. Lazy: a task reads
            /// its chunk and one position more.
            ///
            /// # Errors
            /// If the dimension does not exist, or the dtype has no difference (bools, text).
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 4)], vec![1, 4, 9, 16])?;
            /// assert_eq!(a.diff("x")?.to_vec::<i32>()?, [3, 5, 7]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn diff(&self, dim: &str) -> Result<$T> {
                self.diff_with(dim, 1, DiffLabel::default())
            }

            /// The `n`-th differences along `dim`, labelled by the upper or the lower neighbour. None of order 0: the
            /// same comes back.
            ///
            /// # Errors
            /// Those of [`diff`](Self::diff).
            ///
            /// # Example
            /// ```
            /// use graticule::labels::{DataArray, DiffLabel};
            /// let a = DataArray::from_vec(&[("x", 4)], vec![1, 4, 9, 16])?;
            /// assert_eq!(a.diff_with("x", 2, DiffLabel::Lower)?.to_vec::<i32>()?, [2, 2]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn diff_with(&self, dim: &str, n: usize, label: DiffLabel) -> Result<$T> {
                let f: fn(&$T, &str, usize, DiffLabel) -> Result<$T> = $via;
                f(self, dim, n, label).at(|| format!("{}, in `diff`", self.place()))
            }
        }
    };
}
methods!(Dataset, Dataset::diff_inner);
methods!(DataArray, |a, dim, n, label| a.via_dataset(|ds| ds.diff_inner(dim, n, label)));
