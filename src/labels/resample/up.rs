//! Values at the labels of the bins, from those at other times.

use super::Resample;
use crate::dtype::Scalar;
use crate::error::{Context, Result};
use crate::index::Method;
use crate::kernel::interp::InterpMethod;
use crate::labels::Dataset;
use crate::labels::interp::Interp;
use crate::labels::operand::Labelled;
use crate::labels::reindex::ReindexOptions;

impl<T: Labelled> Resample<T> {
    /// The mean of each bin, missing where a bin holds nothing: what stood at other times, at the labels of
    /// the bins, with holes. Lazy: reads nothing.
    ///
    /// # Errors
    /// If the mean has no meaning for a dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[2], vec![0, 2 * day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 2)], vec![1.0, 4.0])?.assign_coords([("time", time)])?;
    /// let daily = a.resample("time", "D")?.asfreq()?.to_vec::<f64>()?;
    /// assert!(daily[0] == 1.0 && daily[1].is_nan() && daily[2] == 4.0);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn asfreq(&self) -> Result<T> {
        self.mean()
    }

    /// The last value at or before the label of each bin; missing where there is none. Xarray's `ffill` and
    /// `pad`. Lazy: reads nothing.
    ///
    /// # Errors
    /// Those of [`reindex_with`](Self::reindex_with).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[2], vec![0, 2 * day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 2)], vec![1, 4])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.ffill()?.to_vec::<i32>()?, [1, 1, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn ffill(&self) -> Result<T> {
        self.filled("ffill", Method::Pad, None)
    }

    /// [`ffill`](Self::ffill) from times that are at most `tolerance` away: a timedelta, or its text.
    ///
    /// # Errors
    /// Those of [`reindex_with`](Self::reindex_with).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[2], vec![0, 3 * day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 2)], vec![1.0, 4.0])?.assign_coords([("time", time)])?;
    /// let daily = a.resample("time", "D")?.ffill_within("1D")?.to_vec::<f64>()?;
    /// assert!(daily[1] == 1.0 && daily[2].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn ffill_within(&self, tolerance: impl Into<Scalar>) -> Result<T> {
        self.filled("ffill", Method::Pad, Some(tolerance.into()))
    }

    /// The first value at or after the label of each bin; missing where there is none. Xarray's `bfill` and
    /// `backfill`. Lazy: reads nothing.
    ///
    /// # Errors
    /// Those of [`reindex_with`](Self::reindex_with).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[2], vec![0, 2 * day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 2)], vec![1, 4])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.bfill()?.to_vec::<i32>()?, [1, 4, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn bfill(&self) -> Result<T> {
        self.filled("bfill", Method::Backfill, None)
    }

    /// [`bfill`](Self::bfill) from times that are at most `tolerance` away: a timedelta, or its text.
    ///
    /// # Errors
    /// Those of [`reindex_with`](Self::reindex_with).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[2], vec![0, 3 * day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 2)], vec![1.0, 4.0])?.assign_coords([("time", time)])?;
    /// let daily = a.resample("time", "D")?.bfill_within("1D")?.to_vec::<f64>()?;
    /// assert!(daily[1].is_nan() && daily[2] == 4.0);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn bfill_within(&self, tolerance: impl Into<Scalar>) -> Result<T> {
        self.filled("bfill", Method::Backfill, Some(tolerance.into()))
    }

    /// The value nearest to the label of each bin; of two equally near the later. Lazy: reads nothing.
    ///
    /// # Errors
    /// Those of [`reindex_with`](Self::reindex_with).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[2], vec![0, 3 * day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 2)], vec![1, 4])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.nearest()?.to_vec::<i32>()?, [1, 1, 4, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn nearest(&self) -> Result<T> {
        self.filled("nearest", Method::Nearest, None)
    }

    /// [`nearest`](Self::nearest) among times that are at most `tolerance` away: a timedelta, or its text.
    ///
    /// # Errors
    /// Those of [`reindex_with`](Self::reindex_with).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[2], vec![0, 4 * day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 2)], vec![1.0, 4.0])?.assign_coords([("time", time)])?;
    /// let daily = a.resample("time", "D")?.nearest_within("1D")?.to_vec::<f64>()?;
    /// assert!(daily[1] == 1.0 && daily[2].is_nan() && daily[3] == 4.0);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn nearest_within(&self, tolerance: impl Into<Scalar>) -> Result<T> {
        self.filled("nearest", Method::Nearest, Some(tolerance.into()))
    }

    fn filled(&self, what: &str, method: Method, tolerance: Option<Scalar>) -> Result<T> {
        let options = ReindexOptions { method, tolerance, ..ReindexOptions::default() };
        self.relabelled(&options).at(|| format!("resample along `{}`, in `{what}`", self.dim))
    }

    /// The object with the labels of the bins in place of its times. Other coordinates along the times go.
    /// Lazy: reads nothing.
    ///
    /// # Errors
    /// If the times are not labels of a dimension of their name, hold duplicates, or the tolerance is no
    /// length of time.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[2], vec![0, 2 * day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 2)], vec![1, 4])?.assign_coords([("time", time)])?;
    /// let options = ReindexOptions { fill_value: Some(Scalar::Int(0)), ..Default::default() };
    /// assert_eq!(a.resample("time", "D")?.reindex_with(&options)?.to_vec::<i32>()?, [1, 0, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reindex_with(&self, options: &ReindexOptions) -> Result<T> {
        self.relabelled(options).at(|| format!("resample along `{}`, in `reindex_with`", self.dim))
    }

    fn relabelled(&self, options: &ReindexOptions) -> Result<T> {
        let parts = self.bare();
        self.object.rebuild(parts.reindex_inner(&[(&self.dim, self.labels().clone())], options)?)
    }

    /// The values at the labels of the bins on curves through those at the times around them; missing outside
    /// of the times.
    ///
    /// dtype, and which chunks are read, as in [`interp_with`](Dataset::interp_with): numbers become `f64`, and
    /// texts and bools are those of the nearest time. Other coordinates along the times go. Lazy: reads nothing.
    ///
    /// # Errors
    /// Those of [`interpolate_with`](Self::interpolate_with).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 2 * day, 4 * day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![0, 4, 16])?.assign_coords([("time", time)])?;
    /// let daily = a.resample("time", "D")?;
    /// assert_eq!(daily.interpolate(InterpMethod::Linear)?.to_vec::<f64>()?, [0.0, 2.0, 4.0, 10.0, 16.0]);
    /// assert_eq!(daily.interpolate(InterpMethod::Quadratic)?.to_vec::<f64>()?, [0.0, 1.0, 4.0, 9.0, 16.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn interpolate(&self, method: InterpMethod) -> Result<T> {
        self.curved("interpolate", Interp::new().method(method))
    }

    /// [`interpolate`](Self::interpolate) with all choices open: what stands outside of the times, or whether
    /// that is an error, and which time's element texts take. The places are the labels of the bins.
    ///
    /// # Errors
    /// If the times are not labels of a dimension of their name or hold duplicates, the method takes more of
    /// them, or the elements of an array are neither numbers nor times.
    ///
    /// ```
    /// # use graticule::labels::Outside;
    /// # use graticule::prelude::*;
    /// # let hour = 3_600_000_000_000i64;
    /// let time = Block::from_vec(&[2], vec![6 * hour, 30 * hour])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 2)], vec![1.0, 5.0])?.assign_coords([("time", time)])?;
    /// let on = Interp::new().outside(Outside::Extrapolate);
    /// assert_eq!(a.resample("time", "D")?.interpolate_with(&on)?.to_vec::<f64>()?, [0.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn interpolate_with(&self, interp: &Interp) -> Result<T> {
        let choices = Interp { targets: Default::default(), ..interp.clone() };
        self.curved("interpolate_with", choices)
    }

    fn curved(&self, what: &str, interp: Interp) -> Result<T> {
        let at_labels = interp.at(self.dim.clone(), self.labels().clone());
        let result = self.bare().interp_inner(&at_labels);
        self.object.rebuild(result.at(|| format!("resample along `{}`, in `{what}`", self.dim))?)
    }

    /// The object without the coordinates along the times, but for the times themselves.
    fn bare(&self) -> Dataset {
        let (parts, along) = (self.object.to_parts(), self.along());
        let coords = parts.coords().filter(|name, v| *name == self.dim || v.axis(&along).is_none());
        parts.with_parts(parts.data_vars().clone(), coords)
    }
}
