//! Where in its group the least and the greatest values are.

use super::GroupBy;
use super::groups::Groups;
use super::reduce::Reduces;
use crate::array::Block;
use crate::error::{Context, Error, Result};
use crate::kernel::reduce::ReduceOp;
use crate::labels::attrs::Attrs;
use crate::labels::dims::Dims;
use crate::labels::extremes::{IdxOptions, Labels};
use crate::labels::operand::Labelled;
use crate::labels::reduce::ReduceOptions;
use crate::labels::variable::{Name, Variable};

impl Groups {
    /// The positions of extremes within their groups, in row-major order of the members.
    pub(super) fn extreme_positions(
        &self,
        v: &Variable,
        op: ReduceOp,
        others: &[Name],
        options: &ReduceOptions,
    ) -> Result<Variable> {
        if let Some(other) = others.iter().find(|d| v.axis(d).is_some()) {
            return Err(Error::invalid(format!(
                "a position within a group and along `{other}` is two numbers"
            ))
            .help("name the grouped dimension alone, or `map` over the groups with `argmin_dims`"));
        }
        let laid = self.laid_out(v, others)?;
        let spec = options.spec(op, laid.others, Some(laid.codes), v.dtype());
        let positions = laid.data.reduce(spec)?.lookup(self.ranks()?, Block::scalar(-1i64))?;
        Ok(Variable::new(laid.kept, positions)?.with_attrs(options.attrs(&v.attrs)))
    }

    /// How many members of its group come before each position.
    fn ranks(&self) -> Result<Block> {
        let mut seen = vec![0i64; self.present];
        let rank = |code: &i32| match usize::try_from(*code) {
            Err(_) => -1,
            Ok(code) => {
                seen[code] += 1;
                seen[code] - 1
            }
        };
        Block::from_vec(&[self.codes.len()], self.codes.iter().map(rank).collect())
    }
}

struct Idx<'a> {
    labels: Labels<'a>,
    dim: &'a Name,
}

impl Reduces for Idx<'_> {
    fn by_group(&self, v: &Variable, groups: &Groups, others: &[Name]) -> Result<Option<Variable>> {
        let laid = groups.laid_out(v, others)?;
        self.labels.of(v, self.dim, &laid.data, Some(laid.codes), laid.kept).map(Some)
    }

    fn over(&self, v: &Variable, dims: &[Name]) -> Result<Option<Variable>> {
        let kept = v.dims().iter().filter(|d| !dims.contains(d)).cloned().collect();
        self.labels.of(v, self.dim, v.data(), None, kept).map(Some)
    }

    fn attrs(&self, attrs: &Attrs) -> Attrs {
        self.labels.reduction().attrs(attrs)
    }
}

impl<T: Labelled> GroupBy<T> {
    /// The label along the grouped dimension of the least or greatest value of each group, by `op`.
    fn idx(&self, op: ReduceOp, options: &IdxOptions) -> Result<T> {
        let place = || {
            let verb = if op == ReduceOp::ArgMin { "idxmin" } else { "idxmax" };
            format!("groupby `{}`, in `{verb}`", self.groups.names())
        };
        let [dim] = self.groups.own_dims() else {
            return Err(Error::unsupported("one label for positions along several dimensions")
                .help("`argmin` and `argmax` give positions within the groups")
                .at(place()));
        };
        let parts = self.object.to_parts();
        if self.groups.layers > 0 {
            return Err(Error::unsupported("labels of extremes in groups that overlap").at(place()));
        }
        // About datasets the general option alone decides, as it does without groups.
        let keep_attrs = options.keep_attrs.filter(|_| Self::is_array(&parts));
        let options = IdxOptions { keep_attrs, ..options.clone() };
        let labels = Labels { op, coords: parts.coords(), options: &options };
        let ds = self.reduced(&Idx { labels, dim }, &Dims::Default).at(place)?;
        Ok(self.object.rebuild(ds)?.named(dim))
    }

    /// The position within its group of the least value of each group.
    ///
    /// Positions count the members of the group, in row-major order where groups lie over several dimensions. The
    /// first of equal values is it; missing values are left out. Groups without members are missing. Lazy: reads
    /// nothing; the data are folded chunk by chunk.
    ///
    /// # Errors
    /// In the run, if a group holds nothing but missing values.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 5.0, 4.0, 2.0])?;
    /// let key = DataArray::from_vec(&[("x", 4)], vec![0i64, 1, 1, 0])?;
    /// assert_eq!(a.groupby(key)?.argmin()?.to_vec::<i64>()?, [0, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn argmin(&self) -> Result<T> {
        self.reduce_with(ReduceOp::ArgMin, (), ReduceOptions::default())
    }

    /// The position within its group of the greatest value of each group. As [`argmin`](Self::argmin) in all else.
    ///
    /// # Errors
    /// In the run, if a group holds nothing but missing values.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 5.0, 4.0, 2.0])?;
    /// let key = DataArray::from_vec(&[("x", 4)], vec![0i64, 1, 1, 0])?;
    /// assert_eq!(a.groupby(key)?.argmax()?.to_vec::<i64>()?, [1, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn argmax(&self) -> Result<T> {
        self.reduce_with(ReduceOp::ArgMax, (), ReduceOptions::default())
    }

    /// The label along the grouped dimension of the least value of each group: when it was least, say. Missing where
    /// all values are missing. Lazy: reads nothing but the labels.
    ///
    /// # Errors
    /// If the dimension has no coordinate, or groups lie over several dimensions.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![5, 4, 2])?;
    /// let a = a.assign_coords([("x", Block::from_vec(&[3], vec![10i64, 20, 30])?)])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// assert_eq!(a.groupby(key)?.idxmin(&Default::default())?.to_vec::<i64>()?, [10, 30]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn idxmin(&self, options: &IdxOptions) -> Result<T> {
        self.idx(ReduceOp::ArgMin, options)
    }

    /// The label along the grouped dimension of the greatest value of each group. As [`idxmin`](Self::idxmin) in all
    /// else.
    ///
    /// # Errors
    /// Those of [`idxmin`](Self::idxmin).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![5, 4, 2])?;
    /// let a = a.assign_coords([("x", Block::from_vec(&[3], vec![10i64, 20, 30])?)])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// assert_eq!(a.groupby(key)?.idxmax(&Default::default())?.to_vec::<i64>()?, [10, 20]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn idxmax(&self, options: &IdxOptions) -> Result<T> {
        self.idx(ReduceOp::ArgMax, options)
    }
}
