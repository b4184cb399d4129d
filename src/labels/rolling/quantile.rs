//! Quantiles of windows that move.

use super::Rolling;
use crate::error::{Context, Error, Result};
use crate::kernel::rolling::RollOp;
use crate::labels::Dataset;
use crate::labels::operand::Labelled;
use crate::labels::quantile::{QUANTILE, QuantileOptions, Quantiles};
use crate::labels::reduce::ReduceOptions;
use crate::labels::variable::{Name, Variable};
use crate::lazy::{AxisFrom, LazyArray};

impl<T: Labelled> Rolling<T> {
    /// The quantiles of each window, by linear interpolation between the two nearest values.
    ///
    /// One `q` gives a scalar coordinate `quantile`, a list of them a first dimension of this name. What windows
    /// need is as in [`reduce_with`](Self::reduce_with): missing values are left out, and
    /// [`min_periods`](Self::min_periods) says how many of the others a window needs. dtype `f64`; times stay
    /// times. Variables of a dataset without a window stay as they are. Lazy; each of several quantiles is a walk of
    /// its own, whose windows keep their values sorted while they move.
    ///
    /// # Errors
    /// Those of [`reduce_with`](Self::reduce_with), if a fraction is not from 0 to 1, or if a variable has no order
    /// (complex numbers) or nothing between its values (text, bools).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 5.0, 3.0, 7.0])?;
    /// assert_eq!(a.rolling([("x", 3)]).quantile(0.75)?.to_vec::<f64>()?[2..], [4.0, 6.0]);
    /// let ends = a.rolling([("x", 3)]).min_periods(1).quantile([0.0, 1.0])?;
    /// assert_eq!(ends.to_vec::<f64>()?, [1.0, 1.0, 1.0, 3.0, 1.0, 5.0, 5.0, 7.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn quantile(&self, q: impl Into<Quantiles>) -> Result<T> {
        self.quantile_with(q, QuantileOptions::default())
    }

    /// [`quantile`](Self::quantile) with method and attributes open. Methods that choose a value make floats of
    /// integers too, as windows may be missing.
    ///
    /// # Errors
    /// Those of [`quantile`](Self::quantile).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{kernel::order::Method, labels::QuantileOptions};
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 5.0, 3.0, 7.0])?;
    /// let lower = a.rolling([("x", 2)]).quantile_with(0.5, QuantileOptions::new().method(Method::Lower))?;
    /// assert_eq!(lower.to_vec::<f64>()?[1..], [1.0, 3.0, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn quantile_with(&self, q: impl Into<Quantiles>, options: QuantileOptions) -> Result<T> {
        self.quantiles(&q.into(), &options)
            .and_then(|ds| self.object.rebuild(ds))
            .at(|| format!("in `{}`, `quantile`", self.method))
    }

    fn quantiles(&self, q: &Quantiles, options: &QuantileOptions) -> Result<Dataset> {
        q.check()?;
        let parts = self.object.to_parts();
        self.check(&parts)?;
        let reduce = ReduceOptions::new().skipna(options.skipna).keep_attrs(options.keep_attrs);
        self.check_options(&reduce)?;
        let spans = self.spans(&parts)?;
        let method = options.method;
        let each = |v: &Variable| -> Result<Option<Variable>> {
            if !v.dims().iter().any(|d| self.windows.contains_key(d)) {
                return Ok(Some(v.clone()));
            }
            if options.numeric_only && (v.dtype().is_text() || v.dtype().is_datetime()) {
                return Ok(None);
            }
            let one = |q: &f64| self.reduced_variable(v, &spans, RollOp::Quantile { q: *q, method }, &reduce);
            let of_fractions = q.values().iter().map(one).collect::<Result<Vec<_>>>()?;
            q.together(of_fractions).map(Some)
        };
        let data_vars = parts.map_variables(each)?;
        if data_vars.contains_key(QUANTILE) {
            return Err(Error::invalid(format!("a variable is named `{QUANTILE}`, as the new coordinate"))
                .help("rename it first"));
        }
        let mut coords = self.thinned(&parts)?.coords().clone();
        coords.remove(QUANTILE);
        coords.insert(QUANTILE, q.coord()?)?;
        let mut ds = Dataset::from_variables(data_vars, coords)?;
        ds.attrs = reduce.attrs(&parts.attrs);
        Ok(ds)
    }
}

impl Quantiles {
    /// What was made for each of the fractions as one variable.
    fn together(&self, each: Vec<Variable>) -> Result<Variable> {
        if self.is_one()
            && let Some(v) = each.first()
        {
            return Ok(v.clone());
        }
        let Some(first) = each.first() else { return Err(Error::invalid("quantiles of no fraction")) };
        if first.axis(QUANTILE).is_some() {
            return Err(
                Error::invalid(format!("the dimension `{QUANTILE}` is there already")).help("rename it")
            );
        }
        let axes: Vec<AxisFrom> =
            std::iter::once(AxisFrom::Repeat(1)).chain((0..first.ndim()).map(AxisFrom::Input)).collect();
        let rows = each.iter().map(|v| v.data().axes(&axes)).collect::<Result<Vec<_>>>()?;
        let dims = std::iter::once(Name::from(QUANTILE)).chain(first.dims().iter().cloned());
        Ok(Variable::new(dims, LazyArray::concat(0, &rows)?)?.with_attrs(first.attrs.clone()))
    }
}
