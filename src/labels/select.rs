//! Selection by position: `isel`, `head`, `tail`, `thin`, `drop_isel`.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::compare::{Same, variables_match};
use super::coords::Coords;
use super::dataarray::{DataArray, is_private};
use super::dataset::Dataset;
use super::diagnostics;
use super::dims::Missing;
use super::indexer::{Indexer, Isel, Pick, set_positions, slice};
use super::variable::{Name, Variable};
use crate::error::{Context, Error, Result};
use crate::index::{Index, Positions};

/// How many positions to take: along every dimension, or along those named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counts {
    /// The same along every dimension.
    All(usize),
    /// Along these dimensions; the others stay whole.
    Each(Vec<(Name, usize)>),
}

impl From<usize> for Counts {
    fn from(n: usize) -> Self {
        Counts::All(n)
    }
}

impl<N: Into<Name>, const K: usize> From<[(N, usize); K]> for Counts {
    fn from(each: [(N, usize); K]) -> Self {
        Counts::Each(each.into_iter().map(|(d, n)| (d.into(), n)).collect())
    }
}

impl<N: Into<Name>> From<Vec<(N, usize)>> for Counts {
    fn from(each: Vec<(N, usize)>) -> Self {
        Counts::Each(each.into_iter().map(|(d, n)| (d.into(), n)).collect())
    }
}

impl Counts {
    fn isel(self, ds: &Dataset, indexer: impl Fn(usize) -> Indexer) -> Isel {
        let each = match self {
            Counts::All(n) => ds.sizes().into_keys().map(|d| (d, n)).collect(),
            Counts::Each(each) => each,
        };
        each.into_iter().fold(Isel::new(), |isel, (d, n)| isel.at(d, indexer(n)))
    }
}

impl Dataset {
    /// Selects by position along one dimension; variables without it stay as they are.
    ///
    /// An integer drops the dimension and leaves its coordinate as scalar; ranges, [`slice`](fn@slice)s, lists and
    /// masks keep it; an array puts its own dimensions in the place. Lazy: reads no data variable.
    ///
    /// # Errors
    /// If there is no such dimension, or a position lies outside of it.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let ds = DataArray::from_vec(&[("x", 4)], vec![1, 2, 3, 4])?.to_dataset("a");
    /// assert_eq!(ds.isel("x", 1..=2)?.get("a")?.to_vec::<i32>()?, [2, 3]);
    /// assert_eq!(ds.isel("x", -1)?.get("a")?.to_vec::<i32>()?, [4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn isel(&self, dim: &str, indexer: impl Into<Indexer>) -> Result<Dataset> {
        self.isel_with(Isel::new().at(dim, indexer))
    }

    /// Selects by position along several dimensions at once, with options.
    ///
    /// Lists are independent of each other; arrays that share a dimension are taken point by point, and
    /// the new dimensions stand in the place of the first one indexed. Coordinates of an array come along.
    ///
    /// # Errors
    /// If a dimension does not exist, a position lies outside, or arrays do not fit together.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 2), ("x", 2)], vec![1, 2, 3, 4])?;
    /// let ds = a.to_dataset("n").isel_with(Isel::new().at("y", 1).at("x", [1, 0]))?;
    /// assert_eq!(ds.get("n")?.to_vec::<i32>()?, [4, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn isel_with(&self, isel: Isel) -> Result<Dataset> {
        let sizes = self.sizes();
        let mut picks: IndexMap<Name, Pick> = IndexMap::new();
        for (dim, indexer) in &isel.indexers {
            let pick = match sizes.get(dim) {
                Some(&len) => indexer.resolve(dim, len),
                None if isel.missing_dims == Missing::Ignore => continue,
                None => Err(Error::not_found("dimension", dim, sizes.keys())),
            };
            picks.insert(dim.clone(), self.locate(pick, || format!("`isel` along `{dim}`"))?);
        }
        let selected = self.pick(&picks, isel.drop).and_then(|ds| ds.with_coords_of(&isel.indexers, &sizes));
        self.locate(selected, || "`isel`".to_string())
    }

    /// All variables and coordinates at known positions.
    fn pick(&self, picks: &IndexMap<Name, Pick>, drop: bool) -> Result<Dataset> {
        let mut variables = IndexMap::with_capacity(self.data_vars().len());
        for (n, v) in self.data_vars() {
            let picked = v.pick(picks);
            let picked = if is_private(n) { picked? } else { picked.at(|| format!("variable `{n}`"))? };
            variables.insert(n.clone(), picked);
        }
        let selected = self.with_parts(variables, pick_coords(self.coords(), picks, drop)?);
        // Only arrays of positions bring dimensions.
        let sizes = match picks.values().any(|p| matches!(p, Pick::Points { .. })) {
            true => selected.sizes(),
            false => IndexMap::new(),
        };
        let twice = selected.coords().iter().find(|(n, v)| v.ndim() == 0 && sizes.contains_key(*n));
        if let Some((name, _)) = twice {
            return Err(Error::invalid(format!(
                "an indexer brings the dimension `{name}`, but coordinate `{name}` became scalar"
            ))
            .help("rename the dimension of the indexer, or drop the scalar with `drop(true)`"));
        }
        Ok(selected)
    }

    /// Adds the coordinates of the arrays that selected.
    pub(super) fn with_coords_of(
        self,
        indexers: &IndexMap<Name, Indexer>,
        before: &IndexMap<Name, usize>,
    ) -> Result<Dataset> {
        if !indexers.values().any(|i| matches!(i, Indexer::Array(_))) {
            return Ok(self);
        }
        let mut found = Coords::new();
        let mut conflicting: IndexSet<Name> = IndexSet::new();
        for (dim, indexer) in indexers.iter().filter(|(d, _)| before.contains_key(*d)) {
            let Indexer::Array(array) = indexer else { continue };
            for (name, variable, own) in coords_at_points(array, dim, before[dim])? {
                match (found.get(&name), found.index(&name), &own) {
                    (None, ..) => found.insert_with(name, variable, own)?,
                    (Some(_), Some(a), Some(b)) if a.equals(b.as_ref()) => {}
                    (Some(_), Some(_), Some(_)) => {
                        return Err(Error::invalid(format!("indexers have different coordinates `{name}`")));
                    }
                    // As in xarray, other coordinates in conflict are left out.
                    (Some(other), ..) if !variables_match(other, &variable, Same::Equals)? => {
                        diagnostics::coord_dropped(&name)?;
                        conflicting.insert(name);
                    }
                    _ => {}
                }
            }
        }
        if found.is_empty() {
            return Ok(self);
        }
        let dims = self.sizes();
        let mut coords = self.coords().clone();
        for (name, variable) in found.iter().filter(|(n, _)| !conflicting.contains(*n)) {
            match self.coords().get(name) {
                Some(own) if dims.contains_key(name) && !variables_match(own, variable, Same::Equals)? => {
                    return Err(Error::invalid(format!(
                        "coordinate `{name}` of the indexer differs from the selected one"
                    ))
                    .help(format!("drop `{name}` from the indexer, or rename its dimension")));
                }
                Some(_) => {}
                None if self.data_vars().contains_key(name) => {}
                None => coords.insert_with(name.clone(), variable.clone(), found.index(name).cloned())?,
            }
        }
        Ok(self.with_parts(self.data_vars().clone(), coords))
    }

    /// Takes the first positions: `head(5)` along every dimension, `head([("x", 2)])` along some.
    ///
    /// # Errors
    /// If there is no such dimension.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.to_dataset("n").head(2)?.get("n")?.to_vec::<i32>()?, [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn head(&self, counts: impl Into<Counts>) -> Result<Dataset> {
        self.isel_with(counts.into().isel(self, |n| (..n).into()))
    }

    /// Takes the last positions: `tail(5)` along every dimension, `tail([("x", 2)])` along some.
    ///
    /// # Errors
    /// If there is no such dimension.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.to_dataset("n").tail([("x", 2)])?.get("n")?.to_vec::<i32>()?, [2, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn tail(&self, counts: impl Into<Counts>) -> Result<Dataset> {
        self.isel_with(counts.into().isel(self, |n| match n as i64 {
            0 => (0..0).into(),
            n => (-n..).into(),
        }))
    }

    /// Takes every n-th position: `thin(5)` along every dimension, `thin([("x", 2)])` along some.
    ///
    /// # Errors
    /// If there is no such dimension, or n is zero.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.to_dataset("n").thin(2)?.get("n")?.to_vec::<i32>()?, [1, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn thin(&self, counts: impl Into<Counts>) -> Result<Dataset> {
        self.isel_with(counts.into().isel(self, |n| slice::<i64>(None, None, Some(n as i64)).into()))
    }

    /// Takes all but these positions.
    ///
    /// # Errors
    /// If there is no such dimension, or a position lies outside of it.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.to_dataset("n").drop_isel("x", [0, -1])?.get("n")?.to_vec::<i32>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_isel(&self, dim: &str, indexer: impl Into<Indexer>) -> Result<Dataset> {
        let (name, sizes) = (Name::from(dim), self.sizes());
        let dropped = match sizes.get(dim) {
            Some(&len) => indexer.into().resolve(&name, len),
            None => Err(Error::not_found("dimension", dim, sizes.keys())),
        };
        let mut keep = vec![true; sizes.get(dim).copied().unwrap_or_default()];
        match self.locate(dropped, || format!("`drop_isel` along `{dim}`"))? {
            Pick::One(i) => keep[i] = false,
            Pick::Slice(s) => (0..s.len).for_each(|i| keep[s.position(i)] = false),
            Pick::Points { positions, .. } => positions.iter().for_each(|&p| keep[p as usize] = false),
        }
        self.isel(dim, keep)
    }
}

/// The coordinates at known positions, with the indexes that still describe them.
fn pick_coords(coords: &Coords, picks: &IndexMap<Name, Pick>, drop: bool) -> Result<Coords> {
    let joints = coords.picked_joints(picks);
    let mut out = Coords::new();
    for (name, variable) in coords.iter() {
        let own = coords.index(name);
        if !variable.dims().iter().any(|d| picks.contains_key(d)) {
            out.insert_with(name.clone(), variable.clone(), own.cloned())?;
            continue;
        }
        let picked = variable.pick(picks).at(|| format!("coordinate `{name}`"))?;
        if drop && picked.ndim() == 0 {
            continue;
        }
        if let Some(kept) = joints.get(name) {
            out.insert_with(name.clone(), picked, kept.clone())?;
            continue;
        }
        // A dimension that a new one replaced has lost its index.
        let kept = match own.map(|i| (i, picks.get(&variable.dims()[0]))) {
            Some((i, Some(Pick::Slice(s)))) => Some(i.take(&Positions::Slice(*s))),
            Some((i, Some(Pick::Points { dims, positions, .. }))) if dims[..] == *variable.dims() => {
                Some(i.take(&Positions::Many(positions.to_vec())))
            }
            _ => None,
        };
        out.insert_with(name.clone(), picked, kept)?;
    }
    Ok(out)
}

type NamedCoord = (Name, Variable, Option<Arc<dyn Index>>);

/// The coordinates that an indexer brings: of a mask, those where it holds.
fn coords_at_points(array: &DataArray, dim: &Name, len: usize) -> Result<Vec<NamedCoord>> {
    let coords = if array.dtype().is_bool() {
        let positions = set_positions(&array.load()?, len)?;
        let shape = vec![positions.len()];
        let pick = Pick::Points { dims: vec![dim.clone()], shape, positions };
        pick_coords(array.coords(), &IndexMap::from([(dim.clone(), pick)]), false)?
    } else {
        array.coords().clone()
    };
    Ok(coords.iter().map(|(n, v)| (n.clone(), v.clone(), coords.index(n).cloned())).collect())
}

impl DataArray {
    /// Selects by position along one dimension: see [`Dataset::isel`].
    ///
    /// # Errors
    /// If there is no such dimension, or a position lies outside of it.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?;
    /// assert_eq!(a.isel("y", 0)?.to_vec::<i32>()?, [1, 3]);
    /// assert_eq!(a.isel("x", [1, 0])?.to_vec::<i32>()?, [3, 4, 1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn isel(&self, dim: &str, indexer: impl Into<Indexer>) -> Result<DataArray> {
        self.via_dataset(|ds| ds.isel(dim, indexer))
    }

    /// Selects by position along several dimensions: see [`Dataset::isel_with`].
    ///
    /// # Errors
    /// If a dimension does not exist, a position lies outside, or arrays do not fit together.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 2), ("x", 2)], vec![1, 2, 3, 4])?;
    /// assert_eq!(a.isel_with(Isel::new().at("y", 1).at("x", 0))?.to_vec::<i32>()?, [3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn isel_with(&self, isel: Isel) -> Result<DataArray> {
        self.via_dataset(|ds| ds.isel_with(isel))
    }

    /// Takes the first positions: see [`Dataset::head`].
    ///
    /// # Errors
    /// If there is no such dimension.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 2), ("x", 2)], vec![1, 2, 3, 4])?;
    /// assert_eq!(a.head(1)?.to_vec::<i32>()?, [1]);
    /// assert_eq!(a.head([("x", 1)])?.to_vec::<i32>()?, [1, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn head(&self, counts: impl Into<Counts>) -> Result<DataArray> {
        self.via_dataset(|ds| ds.head(counts))
    }

    /// Takes the last positions: see [`Dataset::tail`].
    ///
    /// # Errors
    /// If there is no such dimension.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.tail(2)?.to_vec::<i32>()?, [2, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn tail(&self, counts: impl Into<Counts>) -> Result<DataArray> {
        self.via_dataset(|ds| ds.tail(counts))
    }

    /// Takes every n-th position: see [`Dataset::thin`].
    ///
    /// # Errors
    /// If there is no such dimension, or n is zero.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1, 2, 3, 4])?;
    /// assert_eq!(a.thin(2)?.to_vec::<i32>()?, [1, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn thin(&self, counts: impl Into<Counts>) -> Result<DataArray> {
        self.via_dataset(|ds| ds.thin(counts))
    }

    /// Takes all but these positions: see [`Dataset::drop_isel`].
    ///
    /// # Errors
    /// If there is no such dimension, or a position lies outside of it.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.drop_isel("x", [1])?.to_vec::<i32>()?, [1, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_isel(&self, dim: &str, indexer: impl Into<Indexer>) -> Result<DataArray> {
        self.via_dataset(|ds| ds.drop_isel(dim, indexer))
    }
}
