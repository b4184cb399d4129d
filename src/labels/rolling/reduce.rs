//! Reductions of moving windows.

use indexmap::IndexMap;

use super::Rolling;
use crate::error::{Context, Error, Result};
use crate::kernel::reduce::ReduceOp;
use crate::kernel::rolling::{RollOp, RollSpec, Spans};
use crate::labels::Dataset;
use crate::labels::attrs::Attrs;
use crate::labels::diagnostics;
use crate::labels::operand::Labelled;
use crate::labels::reduce::ReduceOptions;
use crate::labels::variable::{Name, Variable};

impl<T: Labelled> Rolling<T> {
    /// Makes one element of each window by `op`, with `ddof` and attributes open.
    ///
    /// Shape and coordinates stay, unless there is a [`stride`](Self::stride). Missing values are left out, and
    /// [`min_periods`](Self::min_periods) says how many of the others a window needs. dtype as for the reduction
    /// of a dimension, with room for missing values: integers become floats, counts and positions are `f64`.
    /// `ArgMin` and `ArgMax` give positions within the window, of the first of equal values; a window that is cut
    /// off at an edge is counted from where it would begin. Variables of a dataset without a window stay as they
    /// are. Lazy: chunks read what their windows reach in the chunks beside them, no window is ever put together
    /// in memory, and any chunks give the same bits.
    ///
    /// Sums and moments of windows are joined from two partial results each. Nothing is added and taken off
    /// again: no error builds up along a dimension.
    ///
    /// # Errors
    /// If a dimension does not exist, a window is 0, or the operation has no meaning for windows or for the dtype
    /// of a variable.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 5.0, 5.0])?;
    /// let sample = a.rolling([("x", 2)]).reduce_with(ReduceOp::Var, ReduceOptions::new().ddof(1.0))?;
    /// assert_eq!(sample.to_vec::<f64>()?[1..], [8.0, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reduce_with(&self, op: ReduceOp, options: ReduceOptions) -> Result<T> {
        self.reduced(op.into(), &options).at(|| format!("in `{}`, `{}`", self.method, op.name()))
    }

    /// An error if options have no meaning for windows.
    pub(super) fn check_options(&self, options: &ReduceOptions) -> Result<()> {
        match options.skipna == Some(false) || options.min_count.is_some() {
            true => Err(Error::unsupported("`skipna` and `min_count` of moving windows")
                .help("`min_periods` says how many values a window needs")),
            false => Ok(()),
        }
    }

    pub(super) fn reduced(&self, op: RollOp, options: &ReduceOptions) -> Result<T> {
        let parts = self.object.to_parts();
        self.check(&parts)?;
        self.check_options(options)?;
        let spans = self.spans(&parts)?;
        let data_vars = parts.map_variables(|v| self.reduced_variable(v, &spans, op, options).map(Some))?;
        let coords = self.thinned(&parts)?.coords().clone();
        let attrs = options.attrs(&parts.attrs);
        self.object.rebuild(Dataset::from_parts(data_vars, coords, attrs, Attrs::new()))
    }

    pub(super) fn reduced_variable(
        &self,
        v: &Variable,
        spans: &IndexMap<Name, Spans>,
        op: RollOp,
        options: &ReduceOptions,
    ) -> Result<Variable> {
        let dims = v.dims().iter().enumerate();
        let axes: Vec<(usize, Spans)> =
            dims.filter_map(|(axis, dim)| Some((axis, spans.get(dim)?.clone()))).collect();
        let attrs = options.attrs(&v.attrs);
        if axes.is_empty() {
            return Ok(v.clone().with_attrs(attrs));
        }
        if let RollOp::Reduce(op) = op {
            diagnostics::units_of_reduction(op, options, &v.attrs)?;
        }
        let spec = RollSpec { op, ddof: options.ddof, min_periods: self.least(v), axes };
        Ok(Variable::new(v.dims().iter().cloned(), v.data().rolling(spec)?)?.with_attrs(attrs))
    }
}

macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident => $op:ident),* $(,)?) => {
        impl<T: Labelled> Rolling<T> {$(
            $(#[$doc])*
            ///
            /// Lazy: reads no data variable. See [`reduce_with`](Self::reduce_with) for what windows need and what
            /// comes out.
            ///
            /// # Errors
            /// Those of [`reduce_with`](Self::reduce_with).
            pub fn $name(&self) -> Result<T> {
                self.reduce_with(ReduceOp::$op, ReduceOptions::default())
            }
        )*}
    };
}

reductions! {
    /// The mean of each window; integers give `f64`, `f32` stays.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 3.0, 5.0])?;
    /// assert_eq!(a.rolling([("x", 2)]).mean()?.to_vec::<f64>()?[1..], [2.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    mean => Mean,
    /// The sum of each window; integers give `f64`, `f32` stays.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 3.0, 5.0])?;
    /// assert_eq!(a.rolling([("x", 2)]).sum()?.to_vec::<f64>()?[1..], [4.0, 8.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sum => Sum,
    /// The product of each window; integers give `f64`, `f32` stays.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 3.0, 5.0])?;
    /// assert_eq!(a.rolling([("x", 2)]).prod()?.to_vec::<f64>()?[1..], [3.0, 15.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    prod => Prod,
    /// The least value of each window.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 3.0, 2.0])?;
    /// assert_eq!(a.rolling([("x", 2)]).min()?.to_vec::<f64>()?[1..], [1.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    min => Min,
    /// The greatest value of each window.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 3.0, 2.0])?;
    /// assert_eq!(a.rolling([("x", 2)]).max()?.to_vec::<f64>()?[1..], [3.0, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    max => Max,
    /// The standard deviation of each window (of the population: `ddof` is 0).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 3.0, 7.0])?;
    /// assert_eq!(a.rolling([("x", 2)]).std()?.to_vec::<f64>()?[1..], [1.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    std => Std,
    /// The variance of each window (of the population: `ddof` is 0).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 3.0, 7.0])?;
    /// assert_eq!(a.rolling([("x", 2)]).var()?.to_vec::<f64>()?[1..], [1.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    var => Var,
    /// The middle value of each window.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 9.0, 2.0, 5.0])?;
    /// assert_eq!(a.rolling([("x", 3)]).median()?.to_vec::<f64>()?[2..], [2.0, 5.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    median => Median,
    /// How many values of each window are not missing, as `f64`: missing itself where they are too few.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::NAN, 2.0])?;
    /// let counts = a.rolling([("x", 2)]).min_periods(1).count()?;
    /// assert_eq!(counts.to_vec::<f64>()?, [1.0, 1.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    count => Count,
    /// The position within each window of its least value, as `f64`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 3.0, 2.0])?;
    /// assert_eq!(a.rolling([("x", 2)]).argmin()?.to_vec::<f64>()?[1..], [0.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    argmin => ArgMin,
    /// The position within each window of its greatest value, as `f64`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 3.0, 2.0])?;
    /// assert_eq!(a.rolling([("x", 2)]).argmax()?.to_vec::<f64>()?[1..], [1.0, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    argmax => ArgMax,
}
