//! The data of groups, and the places that the dimensions of groups get.

use indexmap::IndexMap;

use super::groups::Groups;
use crate::error::Result;
use crate::index::Positions;
use crate::kernel::reduce::{Groups as Codes, ReduceOp};
use crate::labels::diagnostics;
use crate::labels::reduce::{ReduceOptions, check_not_empty, only_numeric};
use crate::labels::reindex::take_variable;
use crate::labels::squeeze::expanded;
use crate::labels::variable::{Name, Variable};
use crate::lazy::{AxisFrom, LazyArray};

/// A variable as a reduction by group takes it.
pub(super) struct LaidOut {
    /// The elements, with all dimensions of the groups in the order of their codes.
    pub(super) data: LazyArray,
    /// The groups over the axes.
    pub(super) codes: Codes,
    /// The axes that go besides, rising.
    pub(super) others: Vec<usize>,
    /// The dimensions of the result, that of the groups where the first of theirs stood.
    pub(super) kept: Vec<Name>,
}

impl Groups {
    /// The variable with all dimensions of the groups, in the order of their codes, and the names of its dimensions.
    /// What it lacks repeats.
    fn laid(&self, v: &Variable) -> Result<(Vec<Name>, LazyArray)> {
        let own = |d: &&Name| self.dims.contains(d);
        let dims: Vec<Name> = match self.dims.iter().all(|d| v.axis(d).is_some()) {
            // They stay on their places, so that nothing else moves.
            true => {
                let mut next = self.dims.iter();
                v.dims().iter().map(|d| if own(&d) { next.next().unwrap_or(d) } else { d }.clone()).collect()
            }
            false => v.dims().iter().filter(|d| !own(d)).chain(&self.dims).cloned().collect(),
        };
        if dims == v.dims() {
            return Ok((dims, v.data().clone()));
        }
        let length =
            |d: &Name| self.dims.iter().zip(&self.shape).find(|(o, _)| *o == d).map_or(1, |(_, n)| *n);
        let from =
            dims.iter().map(|d| v.axis(d).map_or_else(|| AxisFrom::Repeat(length(d)), AxisFrom::Input));
        let data = v.data().axes(&from.collect::<Vec<_>>())?;
        Ok((dims, data))
    }

    /// A variable reduced by group and over `others`; `None` if its dtype has no part in this.
    pub(super) fn reduced(
        &self,
        v: &Variable,
        op: ReduceOp,
        others: &[Name],
        options: &ReduceOptions,
    ) -> Result<Option<Variable>> {
        if only_numeric(op) && v.dtype().is_text() {
            return Ok(None);
        }
        let axes: Vec<usize> = (0..v.ndim()).filter(|&i| others.contains(&v.dims()[i])).collect();
        check_not_empty(v, op, &axes)?;
        diagnostics::units_of_reduction(op, options, &v.attrs)?;
        if matches!(op, ReduceOp::ArgMin | ReduceOp::ArgMax) {
            return self.extreme_positions(v, op, others, options).map(Some);
        }
        let laid = self.laid_out(v, others)?;
        let spec = options.spec(op, laid.others, Some(laid.codes), v.dtype());
        let data = laid.data.reduce(spec)?;
        Ok(Some(Variable::new(laid.kept, data)?.with_attrs(options.attrs(&v.attrs))))
    }

    /// A variable with all that a reduction by group and over `others` needs to know of it.
    pub(super) fn laid_out(&self, v: &Variable, others: &[Name]) -> Result<LaidOut> {
        let (dims, data) = self.laid(v)?;
        let (own, others): (Vec<usize>, Vec<usize>) = (0..dims.len())
            .filter(|i| self.dims.contains(&dims[*i]) || others.contains(&dims[*i]))
            .partition(|i| self.dims.contains(&dims[*i]));
        let name = |i: usize| match own.iter().position(|o| *o == i) {
            Some(0) => Some(self.marker()),
            Some(_) => None,
            None => (!others.contains(&i)).then(|| dims[i].clone()),
        };
        let kept: Vec<Name> = (0..dims.len()).filter_map(name).collect();
        let codes = Codes::over(own, self.shape.clone(), self.codes.clone(), self.present);
        Ok(LaidOut { data, codes, others, kept })
    }

    /// A variable without the dimensions of the groups, repeated for each.
    pub(in crate::labels) fn repeated(&self, v: Option<Variable>) -> Result<Option<Variable>> {
        v.map(|v| expanded(&v, &[(self.marker(), self.present)], &[0])).transpose()
    }

    /// The variable with a dimension for each key in place of the marker: all combinations, where `own` were
    /// the dimensions before. Dimensions stand where xarray has them.
    ///
    /// # Errors
    /// If the groups' dimension exists already.
    pub(in crate::labels) fn settled(&self, v: Variable, own: &[Name], is_array: bool) -> Result<Variable> {
        let marker = self.marker();
        let kept: Vec<Name> = v.dims().iter().filter(|d| **d != marker).cloned().collect();
        self.check_free(&kept)?;
        let v = match &self.places {
            Some(places) => {
                let takes = IndexMap::from([(marker.clone(), Positions::Many(places.to_vec()))]);
                take_variable(&v, &takes, None)?
            }
            None => v,
        };
        let mut order: Vec<Name> = std::iter::once(marker.clone()).chain(kept).collect();
        if is_array {
            self.array_order(&mut order, own);
        }
        let [_] = &self.keys[..] else {
            order.retain(|d| *d != marker);
            order.push(marker);
            return self.split(&v.in_order(&order)?);
        };
        v.in_order(&order)
    }

    /// Puts the dimensions of an array in the order of `own`: groups along one dimension stand where that
    /// stood unless they overlap, what is new comes last.
    pub(super) fn array_order(&self, dims: &mut [Name], own: &[Name]) {
        let place = |d: &Name| {
            let d = match &self.keys[..] {
                [key] if key.name == *d && key.along.len() == 1 && self.layers == 0 => &key.along[0],
                _ => d,
            };
            own.iter().position(|o| o == d).unwrap_or(usize::MAX)
        };
        dims.sort_by_key(place);
    }

    /// The last dimension, of all combinations, as one dimension for each key.
    fn split(&self, v: &Variable) -> Result<Variable> {
        let mut shape = v.shape();
        shape.pop();
        shape.extend(self.keys.iter().map(|k| k.count));
        let dims = v.dims()[..v.ndim() - 1].iter().chain(self.keys.iter().map(|k| &k.name)).cloned();
        v.with_data(dims, v.data().reshape(&shape)?)
    }

    /// The variable with the grouped dimensions last, if there are several.
    pub(super) fn rows_last(&self, v: &Variable) -> Result<Variable> {
        match self.own_dims() {
            [_] => Ok(v.clone()),
            own => {
                let mut order: Vec<Name> = v.dims().iter().filter(|d| !own.contains(d)).cloned().collect();
                order.extend(own.iter().filter(|d| v.axis(d).is_some()).cloned());
                v.in_order(&order)
            }
        }
    }
}
