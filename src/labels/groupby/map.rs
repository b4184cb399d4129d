//! A function of each group, and the groups one by one.

use indexmap::IndexMap;

use super::GroupBy;
use crate::array::{Block, Slice};
use crate::dtype::Scalar;
use crate::error::{Context, Error, Result};
use crate::index::{Join, Method, Positions, default_index};
use crate::labels::Dataset;
use crate::labels::combine::{ConcatOptions, ConcatOver, concat};
use crate::labels::coords::Coords;
use crate::labels::dims::Missing;
use crate::labels::merge::Compat;
use crate::labels::operand::Labelled;
use crate::labels::reindex::{label_text, reindex_parts};
use crate::labels::variable::Name;

/// An object with the grouped dimensions in one.
struct Flat {
    parts: Dataset,
    dim: Name,
    /// Dimensions that have no labels of their own.
    bare: Vec<Name>,
}

impl<T: Labelled> GroupBy<T> {
    /// Applies a function to each group and puts the results together: along the grouped dimension, in
    /// the original order if the groups keep their lengths, or along new dimensions of the groups if
    /// the function takes the grouped one away. Groups without members are missing then.
    ///
    /// Where groups lie along several dimensions, the function gets these stacked into one.
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
        let place = || format!("groupby `{}`, in `map`", self.groups.names());
        let flat = self.flat().at(place)?;
        let mut results = Vec::with_capacity(self.groups.present);
        for positions in self.groups.members() {
            results.push(f(&self.group_at(&flat, positions)?)?);
        }
        let Some(first) = results.first() else { return Ok(self.object.clone()) };
        let pieces: Vec<Dataset> = results.iter().map(T::to_parts).collect();
        first.rebuild(self.combine(&pieces, &flat).at(place)?)
    }

    /// Each group with members: its labels (one for each key) and its part of the object.
    ///
    /// # Errors
    /// If labels cannot be read.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![7i64, 5, 7])?;
    /// let mut sizes = Vec::new();
    /// for group in a.groupby(key)?.iter()? {
    ///     let (labels, part) = group?;
    ///     sizes.push((labels[0].clone(), part.shape()[0]));
    /// }
    /// assert_eq!(sizes, [(Scalar::from(Block::scalar(5i64)), 1), (Scalar::from(Block::scalar(7i64)), 2)]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn iter(&self) -> Result<impl Iterator<Item = Result<(Vec<Scalar>, T)>> + '_> {
        let flat = self.flat()?;
        Ok(self.groups()?.into_iter().map(move |(labels, positions)| {
            let positions = positions.into_iter().map(|p| p as i64).collect();
            Ok((labels, self.group_at(&flat, positions)?))
        }))
    }

    /// The labels of each group with members (one for each key), and the positions of its members: in row-major
    /// order over the grouped dimensions, if these are several.
    ///
    /// # Errors
    /// If labels cannot be read.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![7i64, 5, 7])?;
    /// let groups = a.groupby(key)?.groups()?;
    /// assert_eq!(groups[1], (vec![Scalar::from(Block::scalar(7i64))], vec![0, 2]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn groups(&self) -> Result<Vec<(Vec<Scalar>, Vec<usize>)>> {
        let groups = &self.groups;
        let labels: Vec<_> = groups
            .keys
            .iter()
            .map(|k| k.labels.as_ref().map(|v| v.load()).transpose())
            .collect::<Result<_>>()?;
        let label = |full: usize| {
            let mut rest = full;
            let mut all: Vec<Scalar> = Vec::with_capacity(labels.len());
            for (key, labels) in groups.keys.iter().zip(&labels).rev() {
                let at = rest % key.count;
                rest /= key.count;
                all.push(match labels {
                    Some(labels) => Scalar::Typed(labels.slice(&[Slice::range(at..at + 1)]).reshape(&[])?),
                    None => Scalar::Int(at as i64),
                });
            }
            all.reverse();
            Ok::<_, Error>(all)
        };
        let full = groups.full_numbers();
        let positions = groups.members().into_iter().map(|m| m.into_iter().map(|p| p as usize).collect());
        full.iter().zip(positions).map(|(full, p)| Ok((label(*full as usize)?, p))).collect()
    }

    /// The part of the object that is the group of these labels, one for each key.
    ///
    /// # Errors
    /// If there is no such group, or it has no members.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![7i64, 5, 7])?;
    /// assert_eq!(a.groupby(key)?.group([7i64])?.to_vec::<f64>()?, [1.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn group<L: Into<Scalar>>(&self, labels: impl IntoIterator<Item = L>) -> Result<T> {
        let place = || format!("groupby `{}`", self.groups.names());
        let wanted: Vec<Scalar> = labels.into_iter().map(Into::into).collect();
        let number = self.number_of(&wanted).at(place)?;
        let flat = self.flat().at(place)?;
        self.group_at(&flat, self.groups.members().swap_remove(number))
    }

    /// The number of a group among those with members.
    fn number_of(&self, wanted: &[Scalar]) -> Result<usize> {
        let keys = &self.groups.keys;
        if wanted.len() != keys.len() {
            return Err(Error::invalid(format!("{} labels for {} keys", wanted.len(), keys.len())));
        }
        let mut full = 0;
        for (key, label) in keys.iter().zip(wanted) {
            let labels = match &key.labels {
                Some(labels) => labels.load()?,
                None => Block::from_vec(&[key.count], (0..key.count as i64).collect())?,
            };
            let index = default_index(&labels)?;
            let label = match labels.dtype().is_text() {
                true => label.to_block(),
                false => label.cast_to(labels.dtype())?,
            };
            let at = index.positions_of(&label.reshape(&[1])?, Method::Exact, None)?[0];
            let Ok(at) = usize::try_from(at) else {
                let known = (0..labels.size()).map(|i| label_text(&labels, i));
                return Err(Error::not_found("group", &format!("{:?}", wanted), known));
            };
            full = full * key.count + at;
        }
        let number = self.groups.places.as_ref().map_or(full as i64, |places| places[full]);
        usize::try_from(number).map_err(|_| Error::invalid("the group has no members"))
    }

    /// The object with the grouped dimensions in one.
    fn flat(&self) -> Result<Flat> {
        let parts = self.object.to_parts();
        let own = self.groups.own_dims();
        if let [dim] = own {
            return Ok(Flat { parts, dim: dim.clone(), bare: Vec::new() });
        }
        let bare = own.iter().filter(|d| !parts.coords().contains(d)).cloned().collect();
        let dim: Name = format!("stacked_{}", own.join("_")).into();
        Ok(Flat { parts: parts.stack(dim.clone(), own)?, dim, bare })
    }

    /// The part of the object at some positions.
    fn group_at(&self, flat: &Flat, positions: Vec<i64>) -> Result<T> {
        let takes = IndexMap::from([(flat.dim.clone(), Positions::Many(positions))]);
        self.object.rebuild(reindex_parts(&flat.parts, &takes, Vec::new(), None)?)
    }

    fn combine(&self, pieces: &[Dataset], flat: &Flat) -> Result<Dataset> {
        let (groups, dim) = (&self.groups, &flat.dim);
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
            let rows: Vec<i64> = groups.members().concat();
            let ordered = match joined.sizes()[dim] == rows.len() && groups.layers == 0 {
                false => joined,
                true => {
                    // Row `rows[i]` of the object stands at `i`; the order is that of the rows.
                    let mut order: Vec<i64> = (0..rows.len() as i64).collect();
                    order.sort_by_key(|&i| rows[i as usize]);
                    let takes = IndexMap::from([(dim.clone(), Positions::Many(order))]);
                    reindex_parts(&joined, &takes, Vec::new(), None)?
                }
            };
            if groups.own_dims().len() == 1 {
                return Ok(ordered);
            }
            let ds = ordered.unstack(&**dim)?;
            let mut coords = ds.coords().clone();
            flat.bare.iter().for_each(|d| drop(coords.remove(d)));
            return Ok(ds.with_parts(ds.data_vars().clone(), coords));
        }
        let marker = groups.marker();
        let bare: Vec<Dataset> = pieces
            .iter()
            .map(|ds| {
                groups.keys.iter().try_fold(ds.clone(), |ds, k| ds.drop_vars_with(&k.name, Missing::Ignore))
            })
            .collect::<Result<_>>()?;
        let joined = concat(&bare, &*marker, &options)?;
        let is_array = Self::is_array(&joined);
        let own: Vec<Name> = flat.parts.data_vars().values().flat_map(|v| v.dims().to_vec()).collect();
        let data_vars = joined.map_variables(|v| groups.settled(v.clone(), &own, is_array).map(Some))?;
        let mut coords = Coords::new();
        for (name, v) in joined.coords().iter() {
            match v.axis(&marker).is_some() {
                true => coords.insert_with(name.clone(), groups.settled(v.clone(), &own, false)?, None)?,
                false => coords.insert_with(name.clone(), v.clone(), joined.coords().index(name).cloned())?,
            }
        }
        groups.add_coords(&mut coords)?;
        Ok(joined.with_parts(data_vars, coords))
    }
}
