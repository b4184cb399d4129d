//! Coordinates that share an index: which they are, and what becomes of it when they change.

use std::any::Any;
use std::sync::Arc;

use indexmap::IndexMap;

use super::coords::Coords;
use super::indexer::Pick;
use super::set_index::corrupts;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use crate::index::{self, Index, JointIndex, Label, Method, MultiIndex, Positions, same_joint};

/// What one coordinate has of an index that it shares: the whole of it, and which coordinate it is.
///
/// [`Coords`] keeps one for each of the coordinates, so that the index goes wherever they go together, and
/// ends where one of them is left behind.
#[derive(Debug, Clone)]
pub(super) struct Part {
    index: Arc<dyn JointIndex>,
    number: usize,
    dims: Arc<[Name]>,
}

impl Part {
    pub(super) fn of(index: &Arc<dyn Index>) -> Option<&Part> {
        (index.as_ref() as &dyn Any).downcast_ref()
    }

    /// The part for a coordinate with these dimensions; `None` where it does not describe it.
    fn fitted(&self, dims: &[Name], shape: &[usize]) -> Option<Part> {
        let own = self.index.shape();
        if dims.len() == 1 && own.len() == 1 {
            return (own == shape).then(|| Part { dims: dims.into(), ..self.clone() });
        }
        let len = |d: &Name| self.dims.iter().position(|o| o == d).map(|i| own[i]);
        let fits = dims.len() == own.len() && dims.iter().zip(shape).all(|(d, n)| len(d) == Some(*n));
        fits.then(|| self.clone())
    }
}

impl Index for Part {
    fn len(&self) -> usize {
        self.index.shape().iter().product()
    }

    fn labels(&self) -> Block {
        let labels = self.index.labels(self.number);
        let size = labels.size();
        labels.reshape(&[size]).expect("as many elements as before")
    }

    fn dtype(&self) -> DType {
        self.index.labels(self.number).dtype()
    }

    fn select(&self, label: &Label, method: Method, tolerance: Option<&Scalar>) -> Result<Positions> {
        index::default_index(&self.labels())?.select(label, method, tolerance)
    }

    fn positions_of(&self, labels: &Block, method: Method, tolerance: Option<&Scalar>) -> Result<Vec<i64>> {
        index::default_index(&self.labels())?.positions_of(labels, method, tolerance)
    }

    fn take(&self, positions: &Positions) -> Arc<dyn Index> {
        match self.index.take(0, positions).filter(|_| self.dims.len() == 1) {
            Some(index) => Arc::new(Part { index, ..self.clone() }),
            None => index::default_index(&self.labels()).expect("labels of rank 1").take(positions),
        }
    }

    fn is_unique(&self) -> bool {
        index::default_index(&self.labels()).is_ok_and(|index| index.is_unique())
    }

    fn equals(&self, other: &dyn Index) -> bool {
        let other = (other as &dyn Any).downcast_ref::<Part>();
        other.is_some_and(|o| self.number == o.number && same_joint(&self.index, &o.index))
    }
}

/// An index and the coordinates that share it.
#[derive(Debug, Clone)]
pub struct Joint {
    /// The coordinates, in the order in which the index counts them.
    pub names: Vec<Name>,
    /// The dimensions, in the order in which the index counts them.
    pub dims: Vec<Name>,
    /// The index.
    pub index: Arc<dyn JointIndex>,
}

impl Joint {
    /// The index as one of several levels, with its dimension.
    pub(super) fn multi(&self) -> Option<(&Name, &MultiIndex)> {
        let multi = (self.index.as_ref() as &dyn Any).downcast_ref::<MultiIndex>()?;
        Some((self.dims.first()?, multi))
    }

    /// What errors call it.
    pub(super) fn place(&self) -> String {
        format!("index of the coordinates ({})", self.names.join(", "))
    }

    /// What each coordinate has of the index.
    pub(super) fn parts(&self) -> impl Iterator<Item = (&Name, Arc<dyn Index>)> {
        let dims: Arc<[Name]> = self.dims.clone().into();
        self.names.iter().enumerate().map(move |(number, name)| {
            let part = Part { index: self.index.clone(), number, dims: dims.clone() };
            (name, Arc::new(part) as Arc<dyn Index>)
        })
    }

    /// The labels of each coordinate as a variable without attributes.
    pub(super) fn variables(&self) -> Result<Vec<(Name, Variable)>> {
        let variable = |(number, name): (usize, &Name)| {
            Ok((name.clone(), Variable::new(self.dims.clone(), self.index.labels(number))?))
        };
        self.names.iter().enumerate().map(variable).collect()
    }
}

impl Coords {
    /// The indexes that several coordinates share.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.stack("z", ["x", "y"])?;
    /// let joints = a.coords().joints();
    /// assert_eq!(joints[0].names.iter().map(|n| &**n).collect::<Vec<_>>(), ["x", "y"]);
    /// assert_eq!(&*joints[0].dims[0], "z");
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn joints(&self) -> Vec<Joint> {
        let mut groups: Vec<(&Part, Vec<Option<Name>>)> = Vec::new();
        for (name, index) in self.indexes() {
            let Some(part) = Part::of(index) else { continue };
            let free = |names: &[Option<Name>]| names.get(part.number).is_some_and(Option::is_none);
            let group = groups.iter_mut().find(|(other, names)| {
                free(names) && part.dims == other.dims && same_joint(&part.index, &other.index)
            });
            match group {
                Some((_, names)) => names[part.number] = Some(name.clone()),
                None => {
                    let mut names = vec![None; part.index.count()];
                    if let Some(own) = names.get_mut(part.number) {
                        *own = Some(name.clone());
                        groups.push((part, names));
                    }
                }
            }
        }
        let whole = |(part, names): (&Part, Vec<Option<Name>>)| {
            let names = names.into_iter().collect::<Option<Vec<_>>>()?;
            Some(Joint { names, dims: part.dims.to_vec(), index: part.index.clone() })
        };
        groups.into_iter().filter_map(whole).collect()
    }

    /// The levels of multi-indexes alone.
    pub(super) fn levels(&self) -> Coords {
        let joints = self.joints().into_iter().filter(|j| j.multi().is_some());
        let names: Vec<Name> = joints.flat_map(|j| j.names).collect();
        self.filter(|name, _| names.contains(name))
    }

    /// The shared index that a coordinate takes part in.
    pub(super) fn joint_of(&self, name: &str) -> Option<Joint> {
        Part::of(self.index(name)?)?;
        self.joints().into_iter().find(|j| j.names.iter().any(|n| &**n == name))
    }

    /// The multi-index along a dimension.
    pub(super) fn multi_along(&self, dim: &str) -> Option<Joint> {
        if !self.indexes().any(|(_, index)| Part::of(index).is_some()) {
            return None;
        }
        self.joints().into_iter().find(|j| j.multi().is_some_and(|(d, _)| &**d == dim))
    }

    /// Puts an index on coordinates that are there, in the order in which it counts them.
    ///
    /// # Errors
    /// If the index has another shape than a coordinate, or counts others.
    pub(super) fn share(&mut self, joint: &Joint) -> Result<()> {
        if joint.index.count() != joint.names.len() || joint.index.shape().len() != joint.dims.len() {
            return Err(Error::invalid(format!(
                "an index of {} coordinates over {} dimensions for ({}) over ({})",
                joint.index.count(),
                joint.index.shape().len(),
                joint.names.join(", "),
                joint.dims.join(", ")
            )));
        }
        // Those that shared another index with one of them stay without it.
        for name in &joint.names {
            self.drop_index(name);
        }
        for (name, part) in joint.parts() {
            let variable = self.get(name).cloned();
            let variable = variable.ok_or_else(|| Error::not_found("coordinate", name, self.names()))?;
            self.insert_with(name.clone(), variable, Some(part))?;
        }
        match self.joint_of(&joint.names[0]) {
            Some(_) => Ok(()),
            None => Err(Error::invalid(format!(
                "an index of shape {:?} does not fit the coordinates ({})",
                joint.index.shape(),
                joint.names.join(", ")
            ))),
        }
    }

    /// Adds the coordinates of a shared index; those of the same names give their attributes.
    pub(super) fn insert_joint(&mut self, joint: &Joint, old: &Coords) -> Result<()> {
        for (name, variable) in joint.variables()? {
            let variable = match old.get(&name) {
                Some(v) => v.with_data(variable.dims().to_vec(), variable.data().clone())?,
                None => variable,
            };
            self.insert_with(name, variable, None)?;
        }
        self.share(joint)
    }

    /// Makes room for a coordinate: where it is that of a dimension with a multi-index, the levels go.
    ///
    /// # Errors
    /// If it shares an index, which would no longer describe it.
    pub(super) fn give_way(&mut self, name: &Name) -> Result<()> {
        if let Some(joint) = self.joint_of(name) {
            let other = joint.names.iter().find(|n| *n != name).unwrap_or(name);
            return Err(corrupts(&joint, name, other));
        }
        for level in self.multi_along(name).map(|j| j.names).unwrap_or_default() {
            self.remove(&level);
        }
        Ok(())
    }

    /// Takes the index from coordinates that share it with others that are no longer here.
    pub(super) fn drop_partial_indexes(&mut self) {
        let parts: Vec<Name> =
            self.indexes().filter(|(_, i)| Part::of(i).is_some()).map(|(n, _)| n.clone()).collect();
        if parts.is_empty() {
            return;
        }
        let whole: Vec<Name> = self.joints().into_iter().flat_map(|j| j.names).collect();
        for name in parts.iter().filter(|n| !whole.contains(n)) {
            self.drop_index(name);
        }
    }

    /// What coordinates with a shared index keep of it where positions are picked along its dimensions.
    pub(super) fn picked_joints(
        &self,
        picks: &IndexMap<Name, Pick>,
    ) -> IndexMap<Name, Option<Arc<dyn Index>>> {
        let mut kept = IndexMap::new();
        for joint in self.joints() {
            let mut index = Some(joint.index.clone());
            for (axis, dim) in joint.dims.iter().enumerate() {
                let positions = match picks.get(dim) {
                    None => continue,
                    Some(Pick::Slice(s)) => Some(Positions::Slice(*s)),
                    // A dimension that a new one replaced has lost its labels.
                    Some(Pick::Points { dims, positions, .. }) => {
                        (dims[..] == [dim.clone()]).then(|| Positions::Many(positions.to_vec()))
                    }
                    Some(Pick::One(_)) => None,
                };
                index = index.zip(positions).and_then(|(index, p)| index.take(axis, &p));
            }
            match index {
                Some(index) => {
                    let joint = Joint { index, ..joint };
                    kept.extend(joint.parts().map(|(name, part)| (name.clone(), Some(part))));
                }
                None => kept.extend(joint.names.into_iter().map(|name| (name, None))),
            }
        }
        kept
    }
}

/// The index as one that fits a coordinate; `None` if it shares one that no longer describes it.
pub(super) fn fitted(index: Arc<dyn Index>, variable: &Variable) -> Option<Arc<dyn Index>> {
    let Some(part) = Part::of(&index) else { return Some(index) };
    if part.dims[..] == *variable.dims() && part.index.shape() == variable.shape() {
        return Some(index);
    }
    Some(Arc::new(part.fitted(variable.dims(), &variable.shape())?))
}

/// The index under other names of its dimensions, where it is a shared one.
pub(super) fn renamed(index: &Arc<dyn Index>, new: impl Fn(&Name) -> Name) -> Arc<dyn Index> {
    match Part::of(index) {
        Some(part) => Arc::new(Part { dims: part.dims.iter().map(new).collect(), ..part.clone() }),
        None => index.clone(),
    }
}
