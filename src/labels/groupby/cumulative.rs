//! Running sums and products within groups.

use super::GroupBy;
use crate::error::{Context, Error, Result};
use crate::kernel::scan::ScanOp;
use crate::labels::cumulative::{Grouped, scan_variable};
use crate::labels::dims::{Dims, IntoDims};
use crate::labels::operand::Labelled;
use crate::labels::reduce::ReduceOptions;
use crate::labels::resample::Resample;
use crate::labels::variable::{Name, Variable};

impl<T: Labelled> GroupBy<T> {
    fn scanned(&self, op: ScanOp, dims: &Dims, options: &ReduceOptions) -> Result<T> {
        let parts = self.object.to_parts();
        let own = self.groups.own_dims();
        let dims: Vec<Name> = match dims {
            Dims::Default => own.to_vec(),
            named => named.among(&parts.sizes())?,
        };
        let along = match own {
            _ if !dims.iter().any(|d| own.contains(d)) => None,
            _ if self.groups.layers > 0 => {
                return Err(Error::invalid("running values of groups that overlap")
                    .help("a position has one running value: take the groups apart, as with `map`"));
            }
            [dim] => Some(Grouped {
                dim: dim.clone(),
                codes: self.groups.codes.iter().copied().filter(|c| *c >= 0).collect(),
                count: self.groups.present,
            }),
            _ => {
                return Err(Error::invalid(format!(
                    "running values of groups along several dimensions: `{}`",
                    own.join("`, `")
                ))
                .help("make one of them, as with `stack`, which says in what order they run"));
            }
        };
        let scan = |v: &Variable| scan_variable(v, op, &dims, along.as_ref(), options);
        let mut ds = self.map_rows(scan, |coords| Ok(coords.clone()))?;
        ds.attrs = options.attrs(&parts.attrs);
        self.object.rebuild(ds)
    }
}

macro_rules! methods {
    ($T:ident, $this:ident => $groups:expr,
     [$(#[$sum:meta])*] [$(#[$sum_with:meta])*] [$(#[$prod:meta])*] [$(#[$prod_with:meta])*]) => {
        impl<T: Labelled> $T<T> {
            $(#[$sum])*
            pub fn cumsum(&self, dims: impl IntoDims) -> Result<T> {
                self.cumsum_with(dims, ReduceOptions::default())
            }

            $(#[$sum_with])*
            pub fn cumsum_with(&self, dims: impl IntoDims, options: ReduceOptions) -> Result<T> {
                let $this = self;
                let place = || format!("groupby `{}`, in `cumsum`", $groups.groups.names());
                $groups.scanned(ScanOp::Sum, &dims.into_dims(), &options).at(place)
            }

            $(#[$prod])*
            pub fn cumprod(&self, dims: impl IntoDims) -> Result<T> {
                self.cumprod_with(dims, ReduceOptions::default())
            }

            $(#[$prod_with])*
            pub fn cumprod_with(&self, dims: impl IntoDims, options: ReduceOptions) -> Result<T> {
                let $this = self;
                let place = || format!("groupby `{}`, in `cumprod`", $groups.groups.names());
                $groups.scanned(ScanOp::Prod, &dims.into_dims(), &options).at(place)
            }
        }
    };
}

methods! { GroupBy, this => this,
    [
        /// The running sum within each group over `dims` (`()` for the grouped dimension, names, or `..` for all),
        /// missing values counting as nothing.
        ///
        /// Shape, order and coordinates stay, attributes too; positions that are in no group go. Small integers and
        /// bools widen to 64 bits; text drops out of a dataset, and its variables that lack the grouped dimension
        /// repeat along it. Over other dimensions than the grouped one alone groups do not matter. Lazy; chunks are
        /// summed on their own, and where groups lie in several of them, a first pass over the data finds what
        /// each starts from.
        ///
        /// # Errors
        /// If a dimension does not exist, the dtype has no sum (datetimes, a text array), or groups lie along several
        /// dimensions or overlap.
        ///
        /// ```
        /// # use graticule::prelude::*;
        /// let a = DataArray::from_vec(&[("x", 4)], vec![1, 2, 3, 4])?;
        /// let key = DataArray::from_vec(&[("x", 4)], vec![7i64, 5, 7, 5])?;
        /// assert_eq!(a.groupby(key)?.cumsum(())?.to_vec::<i64>()?, [1, 2, 4, 6]);
        /// # Ok::<(), graticule::Error>(())
        /// ```
    ]
    [
        /// [`cumsum`](Self::cumsum) with a choice: `skipna` (by default missing floats are left out, NaT is not) and
        /// `keep_attrs`; other options have no part in it.
        ///
        /// # Errors
        /// Those of [`cumsum`](Self::cumsum).
        ///
        /// ```
        /// # use graticule::prelude::*;
        /// let a = DataArray::from_vec(&[("x", 3)], vec![f64::NAN, 2.0, 3.0])?;
        /// let key = DataArray::from_vec(&[("x", 3)], vec![7i64, 5, 7])?;
        /// let sums = a.groupby(key)?.cumsum_with((), ReduceOptions::new().skipna(false))?.to_vec::<f64>()?;
        /// assert!(sums[1] == 2.0 && sums[2].is_nan());
        /// # Ok::<(), graticule::Error>(())
        /// ```
    ]
    [
        /// The running product within each group over `dims`, missing values counting as one. As
        /// [`cumsum`](Self::cumsum) in all else.
        ///
        /// # Errors
        /// Those of [`cumsum`](Self::cumsum); times have no product.
        ///
        /// ```
        /// # use graticule::prelude::*;
        /// let a = DataArray::from_vec(&[("x", 4)], vec![1, 2, 3, 4])?;
        /// let key = DataArray::from_vec(&[("x", 4)], vec![7i64, 5, 7, 5])?;
        /// assert_eq!(a.groupby(key)?.cumprod(())?.to_vec::<i64>()?, [1, 2, 3, 8]);
        /// # Ok::<(), graticule::Error>(())
        /// ```
    ]
    [
        /// [`cumprod`](Self::cumprod) with a choice: `skipna` and `keep_attrs`.
        ///
        /// # Errors
        /// Those of [`cumprod`](Self::cumprod).
        ///
        /// ```
        /// # use graticule::prelude::*;
        /// let a = DataArray::from_vec(&[("x", 3)], vec![f64::NAN, 2.0, 3.0])?;
        /// let key = DataArray::from_vec(&[("x", 3)], vec![7i64, 5, 7])?;
        /// let strict = a.groupby(key)?.cumprod_with((), ReduceOptions::new().skipna(false))?;
        /// assert!(strict.to_vec::<f64>()?[2].is_nan());
        /// # Ok::<(), graticule::Error>(())
        /// ```
    ]
}

methods! { Resample, this => this.groups,
    [
        /// The running sum within each bin over `dims` (`()` for the dimension of the times, names, or `..` for all),
        /// missing values counting as nothing.
        ///
        /// Shape, order, coordinates and attributes stay: each value keeps its own time. dtypes are those of
        /// [`GroupBy::cumsum`]. Lazy: a chunk needs no more of those before it than the sum of the bin that it
        /// begins with.
        ///
        /// # Errors
        /// If a dimension does not exist, or the dtype has no sum (datetimes, a text array).
        ///
        /// ```
        /// # use graticule::prelude::*;
        /// # let day = 86_400_000_000_000i64;
        /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
        /// let rain = DataArray::from_vec(&[("time", 3)], vec![1.0, 3.0, 4.0])?.assign_coords([("time", time)])?;
        /// assert_eq!(rain.resample("time", "D")?.cumsum(())?.to_vec::<f64>()?, [1.0, 4.0, 4.0]);
        /// # Ok::<(), graticule::Error>(())
        /// ```
    ]
    [
        /// [`cumsum`](Self::cumsum) with a choice: `skipna` (by default missing floats are left out, NaT is not) and
        /// `keep_attrs`.
        ///
        /// # Errors
        /// Those of [`cumsum`](Self::cumsum).
        ///
        /// ```
        /// # use graticule::prelude::*;
        /// # let day = 86_400_000_000_000i64;
        /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
        /// let a = DataArray::from_vec(&[("time", 3)], vec![f64::NAN, 3.0, 4.0])?.assign_coords([("time", time)])?;
        /// let strict = ReduceOptions::new().skipna(false);
        /// assert!(a.resample("time", "D")?.cumsum_with((), strict)?.to_vec::<f64>()?[1].is_nan());
        /// # Ok::<(), graticule::Error>(())
        /// ```
    ]
    [
        /// The running product within each bin over `dims`, missing values counting as one. As
        /// [`cumsum`](Self::cumsum) in all else.
        ///
        /// # Errors
        /// Those of [`cumsum`](Self::cumsum); times have no product.
        ///
        /// ```
        /// # use graticule::prelude::*;
        /// # let day = 86_400_000_000_000i64;
        /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
        /// let a = DataArray::from_vec(&[("time", 3)], vec![2.0, 3.0, 4.0])?.assign_coords([("time", time)])?;
        /// assert_eq!(a.resample("time", "D")?.cumprod(())?.to_vec::<f64>()?, [2.0, 6.0, 4.0]);
        /// # Ok::<(), graticule::Error>(())
        /// ```
    ]
    [
        /// [`cumprod`](Self::cumprod) with a choice: `skipna` and `keep_attrs`.
        ///
        /// # Errors
        /// Those of [`cumprod`](Self::cumprod).
        ///
        /// ```
        /// # use graticule::prelude::*;
        /// # let day = 86_400_000_000_000i64;
        /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
        /// let a = DataArray::from_vec(&[("time", 3)], vec![f64::NAN, 3.0, 4.0])?.assign_coords([("time", time)])?;
        /// let strict = ReduceOptions::new().skipna(false);
        /// assert!(a.resample("time", "D")?.cumprod_with((), strict)?.to_vec::<f64>()?[1].is_nan());
        /// # Ok::<(), graticule::Error>(())
        /// ```
    ]
}
