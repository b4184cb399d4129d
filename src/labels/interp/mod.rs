//! Values at other places along dimensions: `interp` and `interp_like`.

mod targets;
mod values;

use indexmap::IndexMap;

use self::targets::Along;
use super::coords::Coords;
use super::dataarray::{DataArray, is_private};
use super::dataset::Dataset;
use super::indexer::Indexer;
use super::operand::{Labelled, Object};
use super::reindex::ReindexOptions;
use super::selector::Selector;
use super::variable::{Name, Variable};
use crate::dtype::DType;
use crate::error::{Context, Error, Result};
use crate::index::{self, Method};
use crate::kernel::interp::{InterpMethod, Outside};

/// Places along several dimensions, and how values at them follow from the values at the labels.
///
/// # Example
/// ```
/// use graticule::labels::Interp;
/// use graticule::prelude::*;
/// let mut coords = Coords::new();
/// coords.insert("y", Variable::from_vec(&[("y", 2)], vec![0.0, 10.0])?)?;
/// coords.insert("x", Variable::from_vec(&[("x", 2)], vec![0.0, 1.0])?)?;
/// let a = Variable::from_vec(&[("y", 2), ("x", 2)], vec![0.0, 1.0, 10.0, 11.0])?;
/// let a = DataArray::new(a, coords)?;
/// let b = a.interp_with(Interp::new().at("y", 5.0).at("x", [0.5, 1.0]))?;
/// assert_eq!(b.to_vec::<f64>()?, [5.5, 6.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Clone)]
pub struct Interp {
    pub(super) targets: IndexMap<Name, Selector>,
    pub(super) method: InterpMethod,
    pub(super) outside: Option<Outside>,
    pub(super) bounds_error: bool,
    pub(super) assume_sorted: bool,
    pub(super) non_numeric: Method,
}

impl Default for Interp {
    fn default() -> Self {
        Interp {
            targets: IndexMap::new(),
            method: InterpMethod::Linear,
            outside: None,
            bounds_error: false,
            assume_sorted: false,
            non_numeric: Method::Nearest,
        }
    }
}

impl Interp {
    /// No places yet, lines between neighbours.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::Interp;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// assert_eq!(a.interp_with(Interp::new())?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Places along `dim`: a number or time (the dimension goes), a list, or an array with dimensions of its own, which
    /// take the place of `dim`. Arrays that share a dimension are taken point by point. Texts are dates where the labels
    /// are.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::Interp;
    /// let a = DataArray::from_vec(&[("y", 2), ("x", 2)], vec![1.0, 2.0, 3.0, 4.0])?;
    /// let points = Variable::from_vec(&[("p", 2)], vec![0.5, 1.0])?;
    /// let b = a.interp_with(Interp::new().at("y", points.clone()).at("x", points))?;
    /// assert_eq!(b.to_vec::<f64>()?, [2.5, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn at(mut self, dim: impl Into<Name>, places: impl Into<Selector>) -> Self {
        self.targets.insert(dim.into(), places.into());
        self
    }

    /// How values follow from those at the labels. Along several dimensions at once there are `Linear`, `Nearest`,
    /// `Slinear`, `Cubic`, `Quintic` and `Pchip`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::Interp;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![0.0, 1.0, 8.0, 27.0])?;
    /// let cubic = Interp::new().at("x", [1.5]).method(InterpMethod::Cubic);
    /// assert!((a.interp_with(cubic)?.to_vec::<f64>()?[0] - 3.375).abs() < 1e-12);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn method(mut self, method: InterpMethod) -> Self {
        self.method = method;
        self
    }

    /// What stands outside of the labels; by default missing values, but `Barycentric` and `Krogh` go on.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::{Interp, Outside};
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 10.0])?;
    /// let on = Interp::new().at("x", [2.0]).outside(Outside::Extrapolate);
    /// assert_eq!(a.interp_with(on)?.to_vec::<f64>()?, [20.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn outside(mut self, outside: impl Into<Option<Outside>>) -> Self {
        self.outside = outside.into();
        self
    }

    /// Whether a place outside of the labels is an error.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::Interp;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 10.0])?;
    /// assert!(a.interp_with(Interp::new().at("x", [2.0]).bounds_error(true)).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn bounds_error(mut self, bounds_error: bool) -> Self {
        self.bounds_error = bounds_error;
        self
    }

    /// Whether labels that do not rise are an error. By default points are taken in the order of their labels.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::Interp;
    /// let x = Block::from_vec(&[2], vec![1.0, 0.0])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![10.0, 20.0])?.assign_coords([("x", x)])?;
    /// assert_eq!(a.interp("x", [0.25])?.to_vec::<f64>()?, [17.5]);
    /// assert!(a.interp_with(Interp::new().at("x", [0.25]).assume_sorted(true)).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn assume_sorted(mut self, assume_sorted: bool) -> Self {
        self.assume_sorted = assume_sorted;
        self
    }

    /// Which label's element texts, bools and dates of other calendars than the standard one take: by default the
    /// nearest, of two equally near the greater one.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::Interp;
    /// let ds = DataArray::from_vec(&[("x", 2)], vec![true, false])?.to_dataset("dry");
    /// let before = Interp::new().at("x", [0.9]).method_non_numeric(Method::Pad);
    /// assert_eq!(ds.interp_with(before)?.get("dry")?.to_vec::<bool>()?, [true]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn method_non_numeric(mut self, method: Method) -> Self {
        self.non_numeric = method;
        self
    }

    /// What stands outside, said or not.
    fn beyond(&self) -> Outside {
        self.outside.unwrap_or(self.method.default_outside())
    }
}

/// Whether elements of this dtype have values between them.
fn is_between(dtype: DType) -> bool {
    targets::is_time(dtype) || dtype.is_number()
}

impl Dataset {
    /// The dataset at other places along one dimension, on lines between neighbours.
    ///
    /// # Errors
    /// Those of [`interp_with`](Self::interp_with).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![0.0, 10.0])?;
    /// let ds = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("x", x)])?.to_dataset("a");
    /// assert_eq!(ds.interp("x", [2.5, 11.0])?.get("a")?.to_vec::<f64>()?[0], 1.25);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn interp(&self, dim: &str, places: impl Into<Selector>) -> Result<Dataset> {
        self.interp_with(Interp::new().at(dim, places))
    }

    /// The dataset at other places along some dimensions: see [`Interp`].
    ///
    /// Shape: a list keeps its dimension, a single place drops it, an array puts its own dimensions there. dtype:
    /// `f64` or `complex128`; `Nearest` keeps floats; times stay times. Texts and bools are those of the nearest label,
    /// and go where they have none (a single place). Coordinates along the dimensions are interpolated too; coordinates
    /// of the arrays come along. Attributes stay. Lazy: a piece of the result reads the rows around its places; methods
    /// that go through all points of a lane (all but `Linear`, `Nearest`, `Zero`, `Slinear`, `Pchip`) put the chunks
    /// along a dimension together.
    ///
    /// # Errors
    /// If a dimension does not exist, its labels are no numbers or times or hold duplicates, places are of another kind,
    /// or the method takes more points or has no meaning along several dimensions.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::Interp;
    /// let ds = DataArray::from_vec(&[("x", 3)], vec![1.0, 3.0, 7.0])?.to_dataset("a");
    /// let near = ds.interp_with(Interp::new().at("x", [0.5, 1.8]).method(InterpMethod::Nearest))?;
    /// assert_eq!(near.get("a")?.to_vec::<f64>()?, [1.0, 7.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn interp_with(&self, interp: Interp) -> Result<Dataset> {
        self.locate(self.interp_inner(&interp), || "`interp`".to_string())
    }

    pub(super) fn interp_inner(&self, interp: &Interp) -> Result<Dataset> {
        // In a dataset such variables stand beside others; of an array nothing would be left.
        let nothing_between = |(name, v): &(&Name, &Variable)| is_private(name) && !is_between(v.dtype());
        if let Some((_, v)) = self.data_vars().iter().find(nothing_between) {
            return Err(Error::dtype(format!("there are no values between elements of {}", v.dtype()))
                .help("take those of the nearest labels, as with `sel` or `reindex_with`"));
        }
        let sizes = self.sizes();
        if let Some(dim) = interp.targets.keys().find(|d| !sizes.contains_key(*d)) {
            return Err(Error::not_found("dimension", dim, sizes.keys()));
        }
        let along = |(dim, places): (&Name, &Selector)| {
            let along = Along::new(self, dim, sizes[dim], places, interp.assume_sorted);
            let along = along.and_then(|a| if interp.bounds_error { a.inside() } else { Ok(a) });
            along.at(|| format!("along `{dim}`"))
        };
        let along: Vec<Along> = interp.targets.iter().map(along).collect::<Result<_>>()?;
        let replaced = |name: &Name| along.iter().any(|a| a.dim == *name);
        let mut vars = IndexMap::with_capacity(self.data_vars().len());
        for (name, v) in self.data_vars().iter().filter(|(n, _)| !replaced(n)) {
            let values = values::at_places(v, &along, interp);
            let values =
                if is_private(name) { values? } else { values.at(|| format!("variable `{name}`"))? };
            if let Some(v) = values {
                vars.insert(name.clone(), v);
            }
        }
        let mut coords = Coords::new();
        for (name, v) in self.coords().iter().filter(|(n, _)| !replaced(n)) {
            if !v.dims().iter().any(replaced) {
                coords.insert_with(name.clone(), v.clone(), self.coords().index(name).cloned())?;
            } else if let Some(v) =
                values::at_places(v, &along, interp).at(|| format!("coordinate `{name}`"))?
            {
                coords.insert_with(name.clone(), v, None)?;
            }
        }
        self.assemble(vars, coords, along, interp)
    }

    /// The interpolated variables with the places as coordinates, and those that came with them.
    fn assemble(
        &self,
        vars: IndexMap<Name, Variable>,
        coords: Coords,
        along: Vec<Along>,
        interp: &Interp,
    ) -> Result<Dataset> {
        let arrays = interp.targets.iter().filter_map(|(dim, places)| match places {
            Selector::Array(a) => Some((dim.clone(), Indexer::Array(a.clone()))),
            _ => None,
        });
        let arrays: IndexMap<Name, Indexer> = arrays.collect();
        let with_arrays = self.with_parts(vars, coords).with_coords_of(&arrays, &self.sizes())?;
        let mut coords = with_arrays.coords().clone();
        for a in along {
            // An array may bring labels for the very dimension that it has places along.
            if coords.contains(&a.dim) {
                continue;
            }
            let index = match a.target.dims() {
                [dim] if *dim == a.dim => Some(index::default_index(&a.target.load()?)?),
                _ => None,
            };
            coords.insert_with(a.dim, a.target, index)?;
        }
        let mut ds = Dataset::from_variables(with_arrays.data_vars().clone(), coords)?;
        let sizes = ds.sizes();
        if let Some((name, _)) = ds.coords().iter().find(|(n, v)| v.ndim() != 1 && sizes.contains_key(*n)) {
            return Err(Error::invalid(format!(
                "an array of places brings the dimension `{name}`, but coordinate `{name}` is along other ones"
            ))
            .help("rename the dimension of the array"));
        }
        (ds.attrs, ds.encoding) = (self.attrs.clone(), self.encoding.clone());
        Ok(ds)
    }
}

impl DataArray {
    /// The array at other places along one dimension, on lines between neighbours: see [`Dataset::interp_with`].
    ///
    /// # Errors
    /// Those of [`interp_with`](Self::interp_with).
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[3], vec![0.0, 1.0, 3.0])?;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![10.0, 20.0, 40.0])?.assign_coords([("x", x)])?;
    /// let b = a.interp("x", [0.5, 2.0, 4.0])?;
    /// assert_eq!(b.to_vec::<f64>()?[..2], [15.0, 30.0]);
    /// assert!(b.to_vec::<f64>()?[2].is_nan());
    /// assert!(a.interp("x", 0.1)?.dims().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn interp(&self, dim: &str, places: impl Into<Selector>) -> Result<DataArray> {
        self.interp_with(Interp::new().at(dim, places))
    }

    /// The array at other places along some dimensions: see [`Dataset::interp_with`].
    ///
    /// # Errors
    /// Those of [`Dataset::interp_with`], and if the elements are neither numbers nor times.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::Interp;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let b = a.interp_with(Interp::new().at("x", 0.5).method(InterpMethod::Zero))?;
    /// assert_eq!(b.to_vec::<f64>()?, [1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn interp_with(&self, interp: Interp) -> Result<DataArray> {
        self.via_dataset(|ds| ds.interp_with(interp))
    }
}

macro_rules! methods {
    ($T:ident) => {
        impl $T {
            /// The same at the labels that `other` has along the dimensions of both, by the method of `interp` (whose
            /// own places are left aside). Where these are texts or bools it is reindexed.
            ///
            /// # Errors
            /// Those of [`interp_with`](Self::interp_with), and of reindexing.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// # use graticule::labels::Interp;
            /// let x = |v: [f64; 2]| Block::from_vec(&[2], v.to_vec());
            /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
            /// let (coarse, fine) = (a.assign_coords([("x", x([0.0, 4.0])?)])?, a.assign_coords([("x", x([1.0, 2.0])?)])?);
            /// assert_eq!(coarse.interp_like(&fine, &Interp::new())?.to_vec::<f64>()?, [1.25, 1.5]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn interp_like(&self, other: impl Into<Object>, interp: &Interp) -> Result<$T> {
                let other = other.into().to_parts();
                let mut like = Interp { targets: IndexMap::new(), ..interp.clone() };
                let mut labels: Vec<(Name, Variable)> = Vec::new();
                for dim in self.sizes().into_keys() {
                    let (Some(v), Some(_)) = (other.coords().get(&dim), other.coords().index(&dim)) else {
                        continue;
                    };
                    if other.coords().multi_along(&dim).is_some() {
                        continue;
                    }
                    if v.dtype().is_number() || v.dtype().is_time() {
                        like = like.at(dim, v.clone());
                    } else {
                        labels.push((dim, v.clone()));
                    }
                }
                if labels.is_empty() {
                    return self.interp_with(like);
                }
                let labels: Vec<(&str, Variable)> = labels.iter().map(|(d, v)| (&**d, v.clone())).collect();
                self.reindex_with(&labels, &ReindexOptions::default())?.interp_with(like)
            }
        }
    };
}
methods!(DataArray);
methods!(Dataset);
