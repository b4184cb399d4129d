//! Which coordinates have an index: `set_index`, `reset_index`, `reorder_levels`, `set_xindex`,
//! `drop_indexes`.

use std::sync::Arc;

use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::dims::{IntoDims, Missing};
use super::joint::Joint;
use super::variable::Name;
use crate::array::Block;
use crate::error::{Error, Result};
use crate::index::{self, JointIndex, MultiIndex};

impl Dataset {
    /// Makes the labels of a dimension of one coordinate or variable along it, or of several the levels of a
    /// multi-index. What had an index before stays as a plain coordinate, but the coordinate of the
    /// dimension itself gives way.
    ///
    /// # Errors
    /// If a name does not exist, does not lie along `dim` alone, or is a level named like `dim`.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let along = |v: Vec<i64>| Variable::from_vec(&[("x", 3)], v);
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let ds = a.assign_coords([("year", along(vec![1, 1, 2])?), ("day", along(vec![5, 6, 5])?)])?.to_dataset("a");
    /// assert_eq!(ds.set_index("x", "day")?.sel("x", 6)?.get("a")?.to_vec::<i32>()?, [2]);
    /// let long = ds.set_index("x", ["year", "day"])?;
    /// assert_eq!(long.sel("x", (2, 5))?.get("a")?.to_vec::<i32>()?, [3]);
    /// assert_eq!(long.unstack("x")?.get("a")?.shape(), [2, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn set_index(&self, dim: &str, names: impl IntoDims) -> Result<Dataset> {
        self.locate(self.index_set(dim, names, false), || format!("`set_index` of `{dim}`"))
    }

    /// Adds levels to the index of a dimension: xarray's `set_index(append=True)`. An index of single labels
    /// becomes the level `DIM_level_0`.
    ///
    /// # Errors
    /// Those of [`set_index`](Self::set_index).
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let along = |v: Vec<i64>| Variable::from_vec(&[("x", 2)], v);
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.assign_coords([("x", along(vec![7, 8])?), ("p", along(vec![0, 1])?)])?.to_dataset("a");
    /// assert_eq!(ds.append_index("x", "p")?.sel("x", (8, 1))?.get("a")?.to_vec::<i32>()?, [2]);
    /// assert!(ds.append_index("x", "p")?.coords().contains("x_level_0"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn append_index(&self, dim: &str, names: impl IntoDims) -> Result<Dataset> {
        self.locate(self.index_set(dim, names, true), || format!("`append_index` of `{dim}`"))
    }

    fn index_set(&self, dim: &str, names: impl IntoDims, append: bool) -> Result<Dataset> {
        let dim = Name::from(dim);
        let names = names.into_dims();
        let Some(names) = names.names().filter(|n| !n.is_empty()) else {
            return Err(Error::invalid("no coordinate named for the index"));
        };
        let mut labels = Vec::with_capacity(names.len());
        for name in names {
            let v = self.variable(name)?;
            if v.dims() != std::slice::from_ref(&dim) {
                return Err(Error::invalid(format!(
                    "`{name}` has the dimensions ({}), not `{dim}` alone",
                    v.dims().join(", ")
                )));
            }
            labels.push(v.load()?);
        }
        let old = self.coords().multi_along(&dim);
        let single = self.coords().index(&dim).cloned();
        let mut data_vars = self.data_vars().clone();
        data_vars.retain(|n, _| !names.contains(n));
        let mut coords = self.coords().clone();
        let (_, kept) = match &old {
            Some(joint) => (coords.drop_index(&joint.names[0]), &joint.names[..]),
            None => (None, &[] as &[Name]),
        };
        for name in names {
            coords.drop_index(name);
        }
        if names.len() == 1 && (!append || old.is_none() && single.is_none()) {
            let v = self.variable(&names[0])?;
            let v = v.with_data([dim.clone()], labels.swap_remove(0))?;
            coords.remove(&names[0]);
            coords.insert(dim, v)?;
            return Ok(self.with_parts(data_vars, coords));
        }
        let mut levels: Vec<Name> = Vec::new();
        let index = match (&old, &single) {
            (Some(joint), _) if append => {
                levels.extend(kept.iter().cloned());
                let Some((_, multi)) = joint.multi() else { return Err(Error::internal("no multi-index")) };
                multi.append(&labels)?
            }
            (None, Some(index)) if append => {
                levels.push(format!("{dim}_level_0").into());
                labels.insert(0, index.labels());
                MultiIndex::from_labels(&labels)?
            }
            _ => MultiIndex::from_labels(&labels)?,
        };
        levels.extend(names.iter().cloned());
        coords.remove(&dim);
        for name in names {
            coords.insert_with(name.clone(), self.variable(name)?.clone(), None)?;
        }
        with_levels(&mut coords, dim, levels, index, self)?;
        Ok(self.with_parts(data_vars, coords))
    }

    /// Makes plain coordinates of those with an index. The dimension of a multi-index stands for all of its
    /// levels; without some of them the others remain its index, a last one under the name of the dimension.
    ///
    /// # Errors
    /// If a name is neither a coordinate with an index nor a dimension with a multi-index.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.stack("z", ..)?.to_dataset("a");
    /// assert!(a.reset_index("z")?.coords().joints().is_empty());
    /// assert_eq!(a.reset_index("x")?.sel("z", 1)?.get("a")?.to_vec::<i32>()?, [2, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reset_index(&self, names: impl IntoDims) -> Result<Dataset> {
        self.locate(self.index_reset(names, false), || "`reset_index`".to_string())
    }

    /// Takes coordinates with an index away: xarray's `reset_index(drop=True)`.
    ///
    /// # Errors
    /// Those of [`reset_index`](Self::reset_index).
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.stack("z", ..)?.to_dataset("a");
    /// assert!(a.reset_index_dropping("z")?.coords().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reset_index_dropping(&self, names: impl IntoDims) -> Result<Dataset> {
        self.locate(self.index_reset(names, true), || "`reset_index_dropping`".to_string())
    }

    fn index_reset(&self, names: impl IntoDims, drop: bool) -> Result<Dataset> {
        let names = self.indexed(names)?;
        let mut coords = self.coords().clone();
        for joint in self.coords().joints() {
            let of_dim = joint.multi().is_some_and(|(dim, _)| names.contains(dim));
            let gone: Vec<Name> =
                joint.names.iter().filter(|n| of_dim || names.contains(n)).cloned().collect();
            if gone.is_empty() {
                continue;
            }
            coords.drop_index(&joint.names[0]);
            if drop {
                gone.iter().for_each(|n| std::mem::drop(coords.remove(n)));
            }
            let left: Vec<usize> =
                (0..joint.names.len()).filter(|&i| !gone.contains(&joint.names[i])).collect();
            let Some((dim, multi)) = joint.multi().filter(|_| !left.is_empty()) else { continue };
            match left[..] {
                // As in xarray the last level becomes the coordinate of the dimension.
                [last] => {
                    if let Some(v) = coords.remove(&joint.names[last]) {
                        coords.insert(dim.clone(), v)?;
                    }
                }
                _ => {
                    let levels = left.iter().map(|&i| joint.names[i].clone()).collect();
                    let index: Arc<dyn JointIndex> = Arc::new(multi.keep(&left)?);
                    coords.share(&Joint { names: levels, dims: joint.dims.clone(), index })?;
                }
            }
        }
        for name in names.iter().filter(|n| self.coords().contains(n)) {
            if self.coords().joint_of(name).is_none() {
                match drop {
                    true => std::mem::drop(coords.remove(name)),
                    false => std::mem::drop(coords.drop_index(name)),
                }
            }
        }
        Ok(self.with_parts(self.data_vars().clone(), coords))
    }

    /// The names of coordinates with an index, or of dimensions with a multi-index.
    fn indexed(&self, names: impl IntoDims) -> Result<Vec<Name>> {
        let names = names.into_dims();
        let joints = self.coords().joints();
        let dims = joints.iter().filter_map(|j| Some(j.multi()?.0));
        let known: Vec<Name> = self.coords().indexes().map(|(n, _)| n).chain(dims).cloned().collect();
        let Some(names) = names.names() else { return Ok(known) };
        match names.iter().find(|n| !known.contains(n)) {
            Some(name) => Err(Error::not_found("coordinate with an index", name, known.iter())),
            None => Ok(names.to_vec()),
        }
    }

    /// The levels of the multi-index of a dimension in another order.
    ///
    /// # Errors
    /// If the dimension has no multi-index, or `order` does not name each level once.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.stack("z", ..)?.to_dataset("a");
    /// let b = a.reorder_levels("z", ["y", "x"])?;
    /// assert_eq!(b.sel("z", (1, 0))?.get("a")?.to_vec::<i32>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reorder_levels(&self, dim: &str, order: impl IntoDims) -> Result<Dataset> {
        let reordered = || {
            let Some(joint) = self.coords().multi_along(dim) else {
                return Err(Error::invalid(format!("dimension `{dim}` has no multi-index")));
            };
            let Some((_, multi)) = joint.multi() else { return Err(Error::internal("no multi-index")) };
            let order = order.into_dims();
            let names = order.names().unwrap_or(&joint.names).to_vec();
            let mut levels = Vec::with_capacity(names.len());
            for name in &names {
                match joint.names.iter().position(|n| n == name) {
                    Some(level) if !levels.contains(&level) => levels.push(level),
                    Some(_) => return Err(Error::invalid(format!("the level `{name}` stands twice"))),
                    None => return Err(Error::not_found("level", name, joint.names.iter())),
                }
            }
            if levels.len() < joint.names.len() {
                return Err(Error::invalid(format!(
                    "{} of {} levels named",
                    levels.len(),
                    joint.names.len()
                ))
                .known(joint.names.iter().map(|n| n.to_string()))
                .help("`reset_index` takes levels out of the index"));
            }
            let mut coords = self.coords().clone();
            let index = Arc::new(multi.keep(&levels)?);
            coords.share(&Joint { names, dims: joint.dims.clone(), index })?;
            Ok(self.with_parts(self.data_vars().clone(), coords))
        };
        self.locate(reordered(), || format!("`reorder_levels` of `{dim}`"))
    }

    /// Gives an index to a coordinate along one dimension; several such coordinates become the levels of a
    /// multi-index, and the coordinate of their dimension gives way.
    ///
    /// # Errors
    /// If a name is no coordinate, or they do not lie along one dimension.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let along = |v: Vec<i64>| Variable::from_vec(&[("x", 3)], v);
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?.assign_coords([("p", along(vec![4, 4, 5])?)])?;
    /// let ds = a.to_dataset("a").set_xindex("p")?;
    /// assert_eq!(ds.sel("p", 4)?.get("a")?.to_vec::<i32>()?, [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn set_xindex(&self, names: impl IntoDims) -> Result<Dataset> {
        let set = || {
            let (names, labels, dims) = self.coords_for_index(names)?;
            let [dim] = &dims[..] else {
                return Err(Error::invalid(format!(
                    "an index by labels lies along one dimension, not ({})",
                    dims.join(", ")
                ))
                .help("`set_xindex_with` takes an index of your own"));
            };
            let mut coords = self.coords().clone();
            if let ([name], [block]) = (&names[..], &labels[..]) {
                coords.drop_index(name);
                let variable = self.variable(name)?.with_data(dims.clone(), block.clone())?;
                coords.insert_with(name.clone(), variable, Some(index::default_index(block)?))?;
            } else {
                for name in &names {
                    coords.drop_index(name);
                }
                let index = MultiIndex::from_labels(&labels)?;
                with_levels(&mut coords, dim.clone(), names, index, self)?;
                coords.remove(dim);
            }
            Ok(self.with_parts(self.data_vars().clone(), coords))
        };
        self.locate(set(), || "`set_xindex`".to_string())
    }

    /// Gives coordinates an index of one's own, which they share: `build` gets their labels, over the
    /// dimensions of the first, and selection by label asks what it makes. See [`JointIndex`].
    ///
    /// # Errors
    /// If a name is no coordinate, the coordinates have not all the same dimensions, and those of `build`.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use graticule::prelude::*;
    /// # use graticule::index::MultiIndex;
    /// let ds = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.to_dataset("a").assign_coords([
    ///     ("p", Variable::from_vec(&[("x", 2)], vec![5i64, 6])?),
    ///     ("q", Variable::from_vec(&[("x", 2)], vec![0i64, 1])?),
    /// ])?;
    /// let ds = ds.set_xindex_with(["p", "q"], |labels| Ok(Arc::new(MultiIndex::from_labels(labels)?)))?;
    /// assert_eq!(ds.sel("q", 1)?.get("a")?.to_vec::<i32>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn set_xindex_with(
        &self,
        names: impl IntoDims,
        build: impl FnOnce(&[Block]) -> Result<Arc<dyn JointIndex>>,
    ) -> Result<Dataset> {
        let set = || {
            let (names, labels, dims) = self.coords_for_index(names)?;
            let index = build(&labels)?;
            let mut coords = self.coords().clone();
            coords.share(&Joint { names, dims, index })?;
            Ok(self.with_parts(self.data_vars().clone(), coords))
        };
        self.locate(set(), || "`set_xindex_with`".to_string())
    }

    /// Coordinates with their labels over common dimensions.
    fn coords_for_index(&self, names: impl IntoDims) -> Result<(Vec<Name>, Vec<Block>, Vec<Name>)> {
        let names = names.into_dims();
        let Some(names) = names.names().filter(|n| !n.is_empty()) else {
            return Err(Error::invalid("no coordinate named for the index"));
        };
        let mut labels = Vec::with_capacity(names.len());
        let mut dims: Vec<Name> = Vec::new();
        for name in names {
            let Some(v) = self.coords().get(name) else {
                let e = Error::not_found("coordinate", name, self.coords().names());
                return Err(match self.data_vars().contains_key(name) {
                    true => e.help(format!("`{name}` is a variable: make it a coordinate with `set_coords`")),
                    false => e,
                });
            };
            if labels.is_empty() {
                dims = v.dims().to_vec();
            }
            let perm: Option<Vec<usize>> = dims.iter().map(|d| v.axis(d)).collect();
            let Some(perm) = perm.filter(|p| p.len() == v.ndim() && v.ndim() > 0) else {
                return Err(Error::invalid(format!(
                    "coordinate `{name}` has the dimensions ({}), `{}` has ({})",
                    v.dims().join(", "),
                    names[0],
                    dims.join(", ")
                ))
                .help("coordinates that share an index have the same dimensions"));
            };
            labels.push(v.load()?.permute(&perm));
        }
        Ok((names.to_vec(), labels, dims))
    }

    /// Takes the index of coordinates away; they stay. A shared one goes from all of its coordinates at
    /// once.
    ///
    /// # Errors
    /// If a name is no coordinate, has no index, or shares one with a coordinate that is not named.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.stack("z", ..)?.to_dataset("a");
    /// assert!(a.drop_indexes(["x", "y"])?.coords().index("x").is_none());
    /// assert!(a.drop_indexes("x").is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_indexes(&self, names: impl IntoDims) -> Result<Dataset> {
        self.drop_indexes_with(names, Missing::Raise)
    }

    /// [`drop_indexes`](Self::drop_indexes) that may pass over coordinates that are not there or have no index.
    ///
    /// # Errors
    /// Those of [`drop_indexes`](Self::drop_indexes) that count.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.to_dataset("a");
    /// assert!(a.drop_indexes("x").is_err());
    /// assert!(a.drop_indexes_with("x", Missing::Ignore)?.identical(&a)?);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_indexes_with(&self, names: impl IntoDims, missing: Missing) -> Result<Dataset> {
        let dropped = || {
            let names = names.into_dims();
            let names = match names.names() {
                Some(names) => names.to_vec(),
                None => self.coords().indexes().map(|(n, _)| n.clone()).collect(),
            };
            let mut coords = self.coords().clone();
            for name in &names {
                if self.coords().multi_along(name).is_some() {
                    continue;
                }
                match (self.coords().get(name), self.coords().index(name)) {
                    (Some(_), Some(_)) => {}
                    _ if missing == Missing::Ignore => continue,
                    (Some(_), None) => {
                        return Err(Error::invalid(format!("coordinate `{name}` has no index")));
                    }
                    (None, _) => return Err(Error::not_found("coordinate", name, self.coords().names())),
                }
                if let Some(joint) = self.coords().joint_of(name)
                    && let Some(other) = joint.names.iter().find(|n| !names.contains(n))
                {
                    return Err(corrupts(&joint, name, other));
                }
                coords.drop_index(name);
            }
            let whole = |n: &&Name| {
                self.coords().multi_along(n).is_some_and(|j| !j.names.iter().all(|n| names.contains(n)))
            };
            if let Some(dim) = names.iter().find(whole) {
                return Err(Error::invalid(format!("`{dim}` has a multi-index: name all of its levels")));
            }
            Ok(self.with_parts(self.data_vars().clone(), coords))
        };
        self.locate(dropped(), || "`drop_indexes`".to_string())
    }
}

/// The error for a coordinate that cannot go from an index without another.
pub(super) fn corrupts(joint: &Joint, name: &str, other: &str) -> Error {
    Error::invalid(format!("`{name}` shares its index with `{other}`: it cannot go or change alone"))
        .at(joint.place())
        .help("name all coordinates of the index, or drop it first with `drop_indexes` or `reset_index`")
}

/// Puts the levels of a multi-index among coordinates, with the attributes of the variables of their names.
fn with_levels(
    coords: &mut Coords,
    dim: Name,
    levels: Vec<Name>,
    index: MultiIndex,
    old: &Dataset,
) -> Result<()> {
    if levels.contains(&dim) {
        return Err(Error::invalid(format!("the level `{dim}` cannot be named like its dimension"))
            .help("rename the coordinate or the dimension first"));
    }
    if let Some(name) = levels.iter().enumerate().find(|(i, n)| levels[..*i].contains(n)) {
        return Err(Error::invalid(format!("the level `{}` stands twice", name.1)));
    }
    let mut own = Coords::new();
    for name in &levels {
        if let Some(v) = old.find(name) {
            own.insert_with(name.clone(), v.clone(), None)?;
        }
    }
    coords.insert_joint(&Joint { names: levels, dims: vec![dim], index: Arc::new(index) }, &own)
}

macro_rules! forwarded {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $T:ty),*);)*) => {
        impl DataArray {
            $($(#[$doc])*
            pub fn $name(&self, $($arg: $T),*) -> Result<DataArray> {
                self.via_dataset(|ds| ds.$name($($arg),*))
            })*
        }
    };
}
forwarded! {
    /// Makes the labels of a dimension of coordinates along it: see [`Dataset::set_index`].
    ///
    /// # Errors
    /// Those of [`Dataset::set_index`].
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let p = Variable::from_vec(&[("x", 2)], vec![5i64, 6])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("p", p)])?;
    /// assert_eq!(a.set_index("x", "p")?.sel("x", 6)?.to_vec::<i32>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    set_index(dim: &str, names: impl IntoDims);
    /// Adds levels to the index of a dimension: see [`Dataset::append_index`].
    ///
    /// # Errors
    /// Those of [`Dataset::set_index`].
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let p = Variable::from_vec(&[("z", 4)], vec![5i64, 6, 7, 8])?;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.stack("z", ..)?;
    /// let a = a.assign_coords([("p", p)])?.append_index("z", "p")?;
    /// assert_eq!(a.sel("z", (1, 0, 7))?.to_vec::<i32>()?, [3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    append_index(dim: &str, names: impl IntoDims);
    /// Makes plain coordinates of those with an index: see [`Dataset::reset_index`].
    ///
    /// # Errors
    /// Those of [`Dataset::reset_index`].
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.stack("z", ..)?;
    /// assert!(a.reset_index("z")?.coords().index("x").is_none());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    reset_index(names: impl IntoDims);
    /// Takes coordinates with an index away: see [`Dataset::reset_index_dropping`].
    ///
    /// # Errors
    /// Those of [`Dataset::reset_index`].
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.stack("z", ..)?;
    /// assert!(a.reset_index_dropping("z")?.coords().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    reset_index_dropping(names: impl IntoDims);
    /// The levels of a multi-index in another order: see [`Dataset::reorder_levels`].
    ///
    /// # Errors
    /// Those of [`Dataset::reorder_levels`].
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 3)], vec![1, 2, 3, 4, 5, 6])?.stack("z", ..)?;
    /// assert_eq!(a.reorder_levels("z", ["y", "x"])?.unstack("z")?.shape(), [3, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    reorder_levels(dim: &str, order: impl IntoDims);
    /// Gives an index to coordinates along a dimension: see [`Dataset::set_xindex`].
    ///
    /// # Errors
    /// Those of [`Dataset::set_xindex`].
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let p = Variable::from_vec(&[("x", 2)], vec![5i64, 6])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("p", p)])?;
    /// assert_eq!(a.set_xindex("p")?.sel("p", 6)?.to_vec::<i32>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    set_xindex(names: impl IntoDims);
    /// Gives coordinates an index of one's own: see [`Dataset::set_xindex_with`] and [`JointIndex`].
    ///
    /// # Errors
    /// Those of [`Dataset::set_xindex_with`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use graticule::prelude::*;
    /// # use graticule::index::MultiIndex;
    /// let p = Variable::from_vec(&[("x", 2)], vec![5i64, 6])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("p", p)])?;
    /// let a = a.set_xindex_with("p", |labels| Ok(Arc::new(MultiIndex::from_labels(labels)?)))?;
    /// assert_eq!(a.sel("p", 6)?.to_vec::<i32>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    set_xindex_with(names: impl IntoDims, build: impl FnOnce(&[Block]) -> Result<Arc<dyn JointIndex>>);
    /// Takes the index of coordinates away: see [`Dataset::drop_indexes`].
    ///
    /// # Errors
    /// Those of [`Dataset::drop_indexes`].
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.stack("z", ..)?;
    /// assert!(a.drop_indexes(["x", "y"])?.unstack("z").is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    drop_indexes(names: impl IntoDims);
    /// [`drop_indexes`](Self::drop_indexes) that may pass over what has none: see
    /// [`Dataset::drop_indexes_with`].
    ///
    /// # Errors
    /// Those of [`Dataset::drop_indexes`] that count.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// assert!(a.drop_indexes_with("q", Missing::Ignore).is_ok());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    drop_indexes_with(names: impl IntoDims, missing: Missing);
}
