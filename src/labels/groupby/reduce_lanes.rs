//! Reductions of groups by a function of one's own.

use std::sync::Arc;

use super::GroupBy;
use super::groups::Groups;
use super::reduce::Reduces;
use crate::dtype::Element;
use crate::error::{Context, Result};
use crate::labels::attrs::Attrs;
use crate::labels::dims::{Dims, IntoDims};
use crate::labels::operand::Labelled;
use crate::labels::reduce::{ReduceOptions, reduced};
use crate::labels::variable::{Name, Variable};
use crate::lazy::{Reducer, reducer_of};

struct Own<'a> {
    kernel: &'a Arc<dyn Reducer>,
    options: &'a ReduceOptions,
}

impl Reduces for Own<'_> {
    fn by_group(&self, v: &Variable, groups: &Groups, others: &[Name]) -> Result<Option<Variable>> {
        let laid = groups.laid_out(v, others)?;
        let data = laid.data.reduce_groups(&laid.others, Some(laid.codes), self.kernel.clone())?;
        Ok(Some(Variable::new(laid.kept, data)?.with_attrs(self.options.attrs(&v.attrs))))
    }

    fn over(&self, v: &Variable, dims: &[Name]) -> Result<Option<Variable>> {
        let axes: Vec<usize> = (0..v.ndim()).filter(|i| dims.contains(&v.dims()[*i])).collect();
        let data = v.data().reduce_lanes(&axes, self.kernel.clone())?;
        reduced(v, &axes, data, self.options).map(Some)
    }

    fn attrs(&self, attrs: &Attrs) -> Attrs {
        self.options.attrs(attrs)
    }
}

impl<T: Labelled> GroupBy<T> {
    /// Reduces each group over `dims` (`()` for the grouped dimensions, names, or `..` for all) by a function of its
    /// elements, which come in the order in which they lie; those of groups along several dimensions come in
    /// row-major order of these.
    ///
    /// The function's argument says which dtype it takes (times are `i64` ticks), its result which one comes out.
    /// Groups without members are missing: integers become floats where there are such. The rest is as for
    /// [`reduce_with`](Self::reduce_with). Lazy: the function is called in the run, on threads of its own choice of
    /// order; chunks are put together, those of the members alone where groups follow one another. A plan with it
    /// stays in this process: see [`reduce_kernel`](Self::reduce_kernel).
    ///
    /// # Errors
    /// If a dimension does not exist, or an array holds another dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 5)], vec![1.0, 5.0, 4.0, 2.0, 9.0])?;
    /// let key = DataArray::from_vec(&[("x", 5)], vec![0i64, 1, 1, 0, 0])?;
    /// let change = a.groupby(key)?.reduce((), |group: &[f64]| group[group.len() - 1] - group[0])?;
    /// assert_eq!(change.to_vec::<f64>()?, [8.0, -1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reduce<E: Element, R: Element>(
        &self,
        dims: impl IntoDims,
        f: impl Fn(&[E]) -> R + Send + Sync + 'static,
    ) -> Result<T> {
        self.reduced_by(dims.into_dims(), &reducer_of(f), &ReduceOptions::new())
    }

    /// Reduces each group over `dims` by a kernel that is known by name, so that plans with it can travel: see
    /// [`Reducer`] for an example. Of the options, those about attributes count.
    ///
    /// # Errors
    /// If a dimension does not exist, or the kernel has no meaning for a dtype.
    ///
    /// ```
    /// use graticule::lazy::Reducer;
    /// use graticule::prelude::*;
    /// #[derive(Debug, serde::Serialize, serde::Deserialize)]
    /// struct Members;
    /// #[typetag::serde(name = "Members of a group")]
    /// impl Reducer for Members {
    ///     fn name(&self) -> &str {
    ///         "members"
    ///     }
    ///     fn result_dtype(&self, _: DType) -> Result<DType> {
    ///         Ok(DType::I64)
    ///     }
    ///     fn reduce(&self, lanes: &Block) -> Result<Block> {
    ///         let (n, len) = (lanes.shape()[0], lanes.shape()[1]);
    ///         Block::from_vec(&[n], vec![len as i64; n])
    ///     }
    /// }
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 5.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// let members = a.groupby(key)?.reduce_kernel((), Members, ReduceOptions::new())?;
    /// assert_eq!(members.to_vec::<i64>()?, [1, 2]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn reduce_kernel(
        &self,
        dims: impl IntoDims,
        kernel: impl Reducer + 'static,
        options: ReduceOptions,
    ) -> Result<T> {
        let kernel: Arc<dyn Reducer> = Arc::new(kernel);
        self.reduced_by(dims.into_dims(), &kernel, &ReduceOptions { keepdims: false, ..options })
    }

    fn reduced_by(&self, dims: Dims, kernel: &Arc<dyn Reducer>, options: &ReduceOptions) -> Result<T> {
        let place = || format!("groupby `{}`, in `{}`", self.groups.names(), kernel.name());
        let ds = self.reduced(&Own { kernel, options }, &dims);
        ds.and_then(|ds| self.object.rebuild(ds)).at(place)
    }
}
