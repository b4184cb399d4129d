//! A function of each group.

use indexmap::IndexMap;

use super::GroupBy;
use crate::error::{Context, Result};
use crate::index::{Join, Positions};
use crate::labels::Dataset;
use crate::labels::combine::{ConcatOptions, ConcatOver, concat};
use crate::labels::dims::Missing;
use crate::labels::merge::Compat;
use crate::labels::operand::Labelled;
use crate::labels::reindex::reindex_parts;
use crate::labels::variable::Name;

impl<T: Labelled> GroupBy<T> {
    /// Applies a function to each group and puts the results together: along the grouped dimension, in
    /// the original order if the groups keep their lengths, or along a new dimension of the groups if
    /// the function takes the grouped one away.
    ///
    /// # Errors
    /// Those of the function, and if the results do not fit together.
    ///
    /// ```
    /// # use graticule::labels::{DataArray, Variable};
    /// let key = Variable::from_vec(&[("x", 4)], vec![1i64, 0, 1, 0])?;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 2.0, 3.0, 6.0])?.assign_coords([("key", key)])?;
    /// let ranges = a.groupby("key")?.map(|g| g.max("x")?.sub(&g.min("x")?))?;
    /// assert_eq!(ranges.to_vec::<f64>()?, [4.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn map(&self, mut f: impl FnMut(&T) -> Result<T>) -> Result<T> {
        let parts = self.object.to_parts();
        let mut results = Vec::with_capacity(self.groups.count);
        for positions in self.group_positions() {
            let takes = IndexMap::from([(self.groups.dim.clone(), Positions::Many(positions))]);
            let group = self.object.rebuild(reindex_parts(&parts, &takes, Vec::new(), None)?)?;
            results.push(f(&group)?);
        }
        let Some(first) = results.first() else { return Ok(self.object.clone()) };
        let pieces: Vec<Dataset> = results.iter().map(T::to_parts).collect();
        let combined = self.combine(&pieces).at(|| format!("groupby `{}`, in `map`", self.groups.name))?;
        first.rebuild(combined)
    }

    /// The positions of each group.
    fn group_positions(&self) -> Vec<Vec<i64>> {
        let mut positions = vec![Vec::new(); self.groups.count];
        for (row, group) in self.groups.rows() {
            positions[group].push(row as i64);
        }
        positions
    }

    fn combine(&self, pieces: &[Dataset]) -> Result<Dataset> {
        let (name, dim) = (&self.groups.name, &self.groups.dim);
        // What the function made of each group decides: nothing is looked up by label.
        let options = ConcatOptions {
            data_vars: ConcatOver::All,
            coords: ConcatOver::Different,
            compat: Compat::Equals,
            join: Join::Outer,
            ..ConcatOptions::default()
        };
        if pieces[0].sizes().contains_key(dim) {
            let joined = concat(pieces, &**dim, &options)?;
            let rows: Vec<i64> = self.group_positions().concat();
            if joined.sizes()[dim] != rows.len() {
                return Ok(joined);
            }
            // Row `rows[i]` of the object stands at `i`; the order is that of the rows.
            let mut order: Vec<i64> = (0..rows.len() as i64).collect();
            order.sort_by_key(|&i| rows[i as usize]);
            let takes = IndexMap::from([(dim.clone(), Positions::Many(order))]);
            return reindex_parts(&joined, &takes, Vec::new(), None);
        }
        let bare: Vec<Dataset> =
            pieces.iter().map(|ds| ds.drop_vars_with(name, Missing::Ignore)).collect::<Result<_>>()?;
        let joined = concat(&bare, &**name, &options)?;
        let mut data_vars = joined.data_vars().clone();
        if Self::is_array(&joined) {
            // The groups stand where the grouped dimension stood.
            let parts = self.object.to_parts();
            let own: Vec<Name> = parts.data_vars().values().flat_map(|v| v.dims().to_vec()).collect();
            let place = |d: &Name| own.iter().position(|o| if d == name { o == dim } else { o == d });
            for v in data_vars.values_mut() {
                let mut order = v.dims().to_vec();
                order.sort_by_key(|d| place(d).unwrap_or(usize::MAX));
                *v = v.in_order(&order)?;
            }
        }
        let mut coords = joined.coords().clone();
        self.groups.add_coord(&mut coords)?;
        Ok(joined.with_parts(data_vars, coords))
    }
}
