//! Windows one after the other.

use super::Rolling;
use super::construct::enough;
use crate::error::{Context, Error, Result};
use crate::kernel::reduce::ReduceOp;
use crate::labels::dataarray::DataArray;
use crate::labels::dims::Dims;
use crate::labels::operand::Labelled;
use crate::labels::reduce::ReduceOptions;
use crate::labels::variable::Variable;

impl<T: Labelled> Rolling<T> {
    /// The windows one after the other, each with its label (its position where the dimension has none).
    ///
    /// A window holds the positions that it takes in, fewer at the edges. Where it has fewer values than
    /// [`min_periods`](Self::min_periods) all of it is missing. Lazy: reads no data variable. What is to be computed of
    /// all windows is computed faster at once, as with [`reduce`](Self::reduce).
    ///
    /// # Errors
    /// If there are windows along several dimensions, or they have no meaning.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[3], vec![10, 20, 30])?;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?.assign_coords([("x", x)])?;
    /// let mut windows = a.rolling([("x", 2)]).min_periods(1).iter()?;
    /// let (label, window) = windows.nth(2).expect("three windows")?;
    /// assert_eq!(label.to_vec::<i32>()?, [30]);
    /// assert_eq!(window.to_vec::<f64>()?, [2.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn iter(&self) -> Result<impl Iterator<Item = Result<(DataArray, T)>> + use<T>> {
        let place = format!("in `{}`, `iter`", self.method);
        let parts = self.object.to_parts();
        self.check(&parts).at(|| place.clone())?;
        let spans = self.spans(&parts).at(|| place.clone())?;
        if spans.len() > 1 {
            let dims: Vec<String> = spans.keys().map(|d| format!("`{d}`")).collect();
            return Err(Error::unsupported(format!(
                "one window after the other along {}",
                dims.join(" and ")
            ))
            .help("`construct` gives windows dimensions of their own"))
            .at(|| place);
        }
        let Some((dim, spans)) = spans.into_iter().next() else {
            return Err(Error::internal("windows along no dimension"));
        };
        let labels = match parts.coords().get(&dim) {
            Some(v) => v.clone(),
            None => Variable::from_vec(
                &[(&*dim, parts.sizes()[&dim])],
                (0..parts.sizes()[&dim] as i64).collect(),
            )?,
        };
        let labels = DataArray::from_parts(Some(dim.clone()), labels, Default::default());
        let rolling = self.clone();
        Ok((0..spans.count()).map(move |i| {
            let window = || -> Result<(DataArray, T)> {
                let span = spans.span(i);
                let window = parts.isel(&dim, span.start as i64..span.end as i64)?;
                let vars = window.map_variables(|v| match v.axis(&dim) {
                    Some(axis) => rolling.if_enough(v, axis).map(Some),
                    None => Ok(Some(v.clone())),
                })?;
                let window = rolling.object.rebuild(window.with_parts(vars, window.coords().clone()))?;
                Ok((labels.isel(&dim, (i * spans.stride()) as i64)?, window))
            };
            window().at(|| place.clone())
        }))
    }

    /// A window along an axis, missing where it has too few values.
    fn if_enough(&self, v: &Variable, axis: usize) -> Result<Variable> {
        let array = DataArray::from_parts(None, v.clone(), Default::default());
        let over = Dims::Names(vec![v.dims()[axis].clone()]);
        let counts = array.reduce_with(ReduceOp::Count, over, ReduceOptions::new())?;
        enough(v, counts.variable(), self.least(v))
    }
}
