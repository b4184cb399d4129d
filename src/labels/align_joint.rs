//! Alignment and concatenation where coordinates share an index: equal ones stay, multi-indexes are joined.

use std::sync::Arc;

use indexmap::IndexMap;

use super::align::AlignOptions;
use super::coords::Coords;
use super::dataset::Dataset;
use super::joint::Joint;
use super::reindex::NewCoord;
use super::variable::Name;
use crate::error::{Context, Error, Result};
use crate::index::{Join, MultiIndex, Positions, same_joint};

/// One shared index in several objects.
pub(super) struct JointGroup {
    /// (object, its index).
    members: Vec<(usize, Joint)>,
    /// What all are brought to.
    joined: Joint,
    reindex: bool,
}

/// The shared indexes of all objects, joined.
///
/// # Errors
/// If an object has other labels along the dimensions of one, or they differ and cannot be joined.
pub(super) fn join_shared(objects: &[Dataset], options: &AlignOptions) -> Result<Vec<JointGroup>> {
    let mut found: Vec<Vec<(usize, Joint)>> = Vec::new();
    for (i, ds) in objects.iter().enumerate() {
        for joint in ds.coords().joints() {
            if joint.dims.iter().any(|d| options.exclude.contains(d)) {
                continue;
            }
            let same =
                |g: &&mut Vec<(usize, Joint)>| g[0].1.names == joint.names && g[0].1.dims == joint.dims;
            match found.iter_mut().find(same) {
                Some(group) => group.push((i, joint)),
                None => found.push(vec![(i, joint)]),
            }
        }
    }
    found.into_iter().map(|members| join_members(members, objects, options)).collect()
}

fn join_members(
    members: Vec<(usize, Joint)>,
    objects: &[Dataset],
    options: &AlignOptions,
) -> Result<JointGroup> {
    let (first_object, first) = &members[0];
    let place = || format!("{} of object {first_object}", first.place());
    for (i, ds) in objects.iter().enumerate() {
        if members.iter().any(|(j, _)| *j == i) {
            continue;
        }
        let other = ds.coords().indexes().find(|(name, _)| {
            ds.coords().get(name).is_some_and(|v| v.dims().iter().any(|d| first.dims.contains(d)))
        });
        if let Some((name, _)) = other {
            let dims = first.dims.join(", ");
            return Err(Error::alignment(format!(
                "object {i} has another index along ({dims}): that of `{name}`"
            ))
            .at(place())
            .help("bring both to the same kind of index, as with `set_index` or `reset_index`"));
        }
    }
    let different = members[1..].iter().find(|(_, j)| !same_joint(&j.index, &first.index));
    let Some((n, other)) = different else {
        return Ok(JointGroup { joined: first.clone(), members, reindex: false });
    };
    if options.join == Join::Override && other.index.shape() == first.index.shape() {
        return Ok(JointGroup { joined: first.clone(), members, reindex: false });
    }
    let multis: Option<Vec<&MultiIndex>> = members.iter().map(|(_, j)| Some(j.multi()?.1)).collect();
    let Some(multis) = multis.filter(|_| !matches!(options.join, Join::Exact | Join::Override)) else {
        return Err(Error::alignment(format!("the labels of objects {first_object} and {n} differ"))
            .at(place())
            .help(
                "multi-indexes can be joined (inner, outer, left, right); other shared indexes must be equal",
            ));
    };
    let index = MultiIndex::join(&multis, options.join).at(place)?;
    let joined = Joint { index: Arc::new(index), ..first.clone() };
    Ok(JointGroup { joined, members, reindex: true })
}

/// Joins the multi-indexes of objects along the dimension, whose levels are among `coords` already.
pub(super) fn concat_levels(objects: &[Dataset], dim: &Name, coords: &mut Coords) -> Result<()> {
    let joints: Vec<Option<Joint>> = objects.iter().map(|ds| ds.coords().multi_along(dim)).collect();
    let Some(first) = joints.iter().flatten().next() else { return Ok(()) };
    let mut multis = Vec::with_capacity(joints.len());
    for (n, joint) in joints.iter().enumerate() {
        match joint.as_ref().filter(|j| j.names == first.names).and_then(Joint::multi) {
            Some((_, multi)) => multis.push(multi),
            None => {
                return Err(Error::invalid(format!(
                    "object {n} has no multi-index like others along `{dim}`"
                ))
                .at(first.place())
                .help("give all objects one, as with `set_index`, or none with `reset_index`"));
            }
        }
    }
    let index = Arc::new(MultiIndex::concat(&multis)?);
    let old = coords.clone();
    coords.insert_joint(&Joint { index, ..first.clone() }, &old)
}

impl JointGroup {
    /// The dimensions with their lengths after the join.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (&Name, usize)> {
        self.joined.dims.iter().zip(self.joined.index.shape())
    }

    /// What an object needs to be brought to the joined index: positions along dimensions, and coordinates. Tells
    /// whether it changes.
    pub(super) fn conform(
        &self,
        object: usize,
        ds: &Dataset,
        join: Join,
        takes: &mut IndexMap<Name, Positions>,
        coords: &mut Vec<NewCoord>,
    ) -> Result<bool> {
        let own = self.members.iter().find(|(i, _)| *i == object).map(|(_, joint)| joint);
        let sizes = ds.sizes();
        match own {
            Some(own) if Arc::ptr_eq(&own.index, &self.joined.index) => return Ok(false),
            Some(own) if self.reindex => {
                if let (Some((dim, own)), Some((_, target))) = (own.multi(), self.joined.multi())
                    && !same_multi(own, target)
                {
                    takes.insert(dim.clone(), Positions::Many(own.positions_of(target)?));
                }
            }
            // Equal labels stay as they are.
            Some(_) if join != Join::Override => return Ok(false),
            Some(_) => {}
            // An override only replaces; what lacks the dimensions gets no labels either.
            None if join == Join::Override || !self.joined.dims.iter().all(|d| sizes.contains_key(d)) => {
                return Ok(false);
            }
            None => {}
        }
        let variables = self.joined.variables()?;
        for ((name, variable), (_, part)) in variables.into_iter().zip(self.joined.parts()) {
            let keep_attrs = join != Join::Override;
            coords.push(NewCoord { name, variable, index: Some(part), keep_attrs });
        }
        Ok(true)
    }
}

fn same_multi(a: &MultiIndex, b: &MultiIndex) -> bool {
    use crate::index::JointIndex;
    a.len() == b.len() && a.equals(b)
}
