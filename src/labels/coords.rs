//! Coordinates and their indexes.

use std::sync::Arc;

use indexmap::IndexMap;

use super::joint::{self, Part};
use super::variable::{Name, Variable};
use crate::error::{Error, Result};
use crate::index::{self, Index};

/// Named coordinate variables; some of them have an index for selection and alignment by label, of their
/// own or shared with others (see [`joints`](Coords::joints)).
///
/// A 1-d coordinate named like its dimension gets a default index (unless made without).
#[derive(Debug, Clone, Default)]
pub struct Coords {
    // Shared, as most operations leave most coordinates alone: copied when written to.
    variables: Arc<IndexMap<Name, Variable>>,
    indexes: Arc<IndexMap<Name, Arc<dyn Index>>>,
}

impl Coords {
    /// No coordinates.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Coords::new().len(), 0);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a coordinate; a dimension coordinate gets its default index.
    ///
    /// # Errors
    /// If the labels of a dimension coordinate cannot be read, or it has more dimensions than its own.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let mut coords = Coords::new();
    /// coords.insert("lat", Variable::from_vec(&[("lat", 2)], vec![40.0, 50.0])?)?;
    /// coords.insert("height", Variable::scalar(Block::scalar(2.0)))?;
    /// // A coordinate along the dimension of its name can be looked up.
    /// assert!(coords.index("lat").is_some() && coords.index("height").is_none());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn insert(&mut self, name: impl Into<Name>, variable: Variable) -> Result<()> {
        let name = name.into();
        if variable.ndim() > 1 && variable.axis(&name).is_some() {
            return Err(Error::invalid(format!(
                "coordinate `{name}` has the dimensions ({}): one named like a dimension must have that one only",
                variable.dims().join(", ")
            )));
        }
        let index = if variable.dims() == std::slice::from_ref(&name) {
            Some(index::default_index(&variable.load()?)?)
        } else {
            None
        };
        self.insert_with(name, variable, index)
    }

    /// Adds or replaces a coordinate with a given index (that covers this variable), or none.
    ///
    /// # Errors
    /// If index and variable differ in length.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let mut coords = Coords::new();
    /// coords.insert_with("lat", Variable::from_vec(&[("lat", 2)], vec![40.0, 50.0])?, None)?;
    /// assert!(coords.index("lat").is_none());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn insert_with(
        &mut self,
        name: impl Into<Name>,
        variable: Variable,
        index: Option<Arc<dyn Index>>,
    ) -> Result<()> {
        let name = name.into();
        let index = index.and_then(|index| joint::fitted(index, &variable));
        // Coordinates that shared an index with this one lose it, unless it stays.
        if let Some(part) = self.take_index(&name).as_ref().and_then(Part::of)
            && !index.as_ref().is_some_and(|new| part.equals(new.as_ref()))
        {
            self.drop_partial_indexes();
        }
        if let Some(index) = index {
            if Part::of(&index).is_none() && !variable.lengths().map(|(_, n)| n).eq([index.len()]) {
                return Err(Error::internal(format!("index of {} labels for `{name}`", index.len())));
            }
            Arc::make_mut(&mut self.indexes).insert(name.clone(), index);
        }
        Arc::make_mut(&mut self.variables).insert(name, variable);
        Ok(())
    }

    /// Takes a coordinate (and its index) away. Coordinates that shared the index stay without it.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let mut coords = Coords::new();
    /// # coords.insert("lat", Variable::from_vec(&[("lat", 2)], vec![40.0, 50.0])?)?;
    /// assert_eq!(coords.remove("lat").map(|v| v.shape()), Some(vec![2]));
    /// assert!(coords.is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn remove(&mut self, name: &str) -> Option<Variable> {
        self.drop_index(name);
        if !self.contains(name) {
            return None;
        }
        Arc::make_mut(&mut self.variables).shift_remove(name)
    }

    /// Takes only the index of a coordinate away, also from those that it shares it with.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let mut coords = Coords::new();
    /// coords.insert("lat", Variable::from_vec(&[("lat", 2)], vec![40.0, 50.0])?)?;
    /// assert!(coords.drop_index("lat").is_some());
    /// assert!(coords.contains("lat") && coords.index("lat").is_none());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_index(&mut self, name: &str) -> Option<Arc<dyn Index>> {
        let index = self.take_index(name)?;
        if Part::of(&index).is_some() {
            self.drop_partial_indexes();
        }
        Some(index)
    }

    /// The index of a coordinate, taken away from it alone.
    fn take_index(&mut self, name: &str) -> Option<Arc<dyn Index>> {
        if !self.indexes.contains_key(name) {
            return None;
        }
        Arc::make_mut(&mut self.indexes).shift_remove(name)
    }

    /// A coordinate.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let mut coords = Coords::new();
    /// coords.insert("lat", Variable::from_vec(&[("lat", 2)], vec![40.0, 50.0])?)?;
    /// assert_eq!(coords.get("lat").map(|v| v.dtype()), Some(DType::F64));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.variables.get(name)
    }

    /// The attributes and encoding of a coordinate may change; its labels may not.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let mut coords = Coords::new();
    /// coords.insert("lat", Variable::from_vec(&[("lat", 2)], vec![40.0, 50.0])?)?;
    /// if let Some(lat) = coords.get_mut("lat") {
    ///     lat.attrs.insert("units", "degrees_north");
    /// }
    /// assert_eq!(coords.get("lat").and_then(|v| v.attrs.get_str("units")), Some("degrees_north"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Variable> {
        if !self.contains(name) {
            return None;
        }
        Arc::make_mut(&mut self.variables).get_mut(name)
    }

    /// The index of a coordinate (of a dimension: of the coordinate named like it). Of a shared index this
    /// is a view that looks up the labels of this coordinate alone.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let mut coords = Coords::new();
    /// coords.insert("lat", Variable::from_vec(&[("lat", 2)], vec![40.0, 50.0])?)?;
    /// assert_eq!(coords.index("lat").map(|i| i.len()), Some(2));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn index(&self, name: &str) -> Option<&Arc<dyn Index>> {
        self.indexes.get(name)
    }

    /// Whether there is a coordinate of this name.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let mut coords = Coords::new();
    /// coords.insert("height", Variable::scalar(Block::scalar(2.0)))?;
    /// assert!(coords.contains("height") && !coords.contains("lat"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn contains(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// Names and variables in order.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let mut coords = Coords::new();
    /// coords.insert("height", Variable::scalar(Block::scalar(2.0)))?;
    /// let ranks: Vec<(&str, usize)> = coords.iter().map(|(name, v)| (&**name, v.ndim())).collect();
    /// assert_eq!(ranks, [("height", 0)]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Variable)> {
        self.variables.iter()
    }

    /// Names in order.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let mut coords = Coords::new();
    /// coords.insert("lat", Variable::from_vec(&[("lat", 2)], vec![40.0, 50.0])?)?;
    /// coords.insert("height", Variable::scalar(Block::scalar(2.0)))?;
    /// assert_eq!(coords.names().map(|n| &**n).collect::<Vec<_>>(), ["lat", "height"]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.variables.keys()
    }

    /// Names and indexes in order.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let mut coords = Coords::new();
    /// coords.insert("lat", Variable::from_vec(&[("lat", 2)], vec![40.0, 50.0])?)?;
    /// coords.insert("height", Variable::scalar(Block::scalar(2.0)))?;
    /// assert_eq!(coords.indexes().map(|(name, _)| &**name).collect::<Vec<_>>(), ["lat"]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn indexes(&self) -> impl Iterator<Item = (&Name, &Arc<dyn Index>)> {
        self.indexes.iter()
    }

    /// How many coordinates there are.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let mut coords = Coords::new();
    /// coords.insert("height", Variable::scalar(Block::scalar(2.0)))?;
    /// assert_eq!(coords.len(), 1);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.variables.len()
    }

    /// Whether there are none.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(Coords::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty()
    }

    /// Whether both are the very same set: clones of one that nobody has written to.
    pub(crate) fn is_same(&self, other: &Coords) -> bool {
        Arc::ptr_eq(&self.variables, &other.variables) && Arc::ptr_eq(&self.indexes, &other.indexes)
    }
}
