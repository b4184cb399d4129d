//! The groups of an object's positions.

use std::sync::Arc;

use super::grouper::Encoded;
use super::key::GroupKey;
use crate::error::{Context, Error, Result};
use crate::index::Index;
use crate::labels::coords::Coords;
use crate::labels::dataset::Dataset;
use crate::labels::variable::{Name, Variable};

/// The dimension that one key gives.
#[derive(Clone)]
pub(in crate::labels) struct GroupDim {
    pub(in crate::labels) name: Name,
    /// How many groups there are, those without members included.
    pub(in crate::labels) count: usize,
    /// The labels of the groups along `name`, unless they are just positions.
    pub(in crate::labels) labels: Option<Variable>,
    /// The index of the labels, where it is not the usual one.
    index: Option<Arc<dyn Index>>,
    /// The dimensions along which the key lies.
    pub(in crate::labels) along: Vec<Name>,
    /// The group of this key of each position along them, as its grouper gave it.
    pub(in crate::labels) codes: Arc<[i32]>,
}

/// The groups of the positions along one or more dimensions.
///
/// Several keys make a group of each combination of theirs, in row-major order. Only groups that have members
/// are numbered by `codes`; `places` says where they are among all.
#[derive(Clone)]
pub(in crate::labels) struct Groups {
    /// The dimensions that take the place of `dims`: one for each key.
    pub(in crate::labels) keys: Vec<GroupDim>,
    /// The dimensions that the groups take apart, those of overlapping groups first.
    pub(in crate::labels) dims: Vec<Name>,
    /// Lengths of `dims`.
    pub(in crate::labels) shape: Vec<usize>,
    /// How many of `dims` only the groups have, because these overlap: the object repeats along them.
    pub(in crate::labels) layers: usize,
    /// The group of each position in row-major order over `dims`, among those with members; -1 belongs to none.
    pub(in crate::labels) codes: Arc<[i32]>,
    /// How many groups have members.
    pub(in crate::labels) present: usize,
    /// For each combination of groups its number among those with members, or -1; `None` where all have some.
    pub(in crate::labels) places: Option<Arc<[i64]>>,
}

impl Groups {
    /// Groups along one dimension, with one label for each unless they are just positions.
    ///
    /// # Errors
    /// If no position is in a group.
    pub(in crate::labels) fn new(
        name: Name,
        dim: Name,
        codes: Vec<i32>,
        count: usize,
        labels: Option<Variable>,
    ) -> Result<Groups> {
        let len = codes.len();
        Self::of(Encoded { name, codes, count, labels, index: None }, vec![dim], vec![len])
    }

    /// Each position along a dimension a group of its own, without labels.
    pub(super) fn positions(dim: Name, len: usize) -> Result<Groups> {
        Self::new(dim.clone(), dim, (0..len as i32).collect(), len, None)
    }

    /// The groups of several keys.
    pub(super) fn by(keys: &[GroupKey], parts: &Dataset) -> Result<Groups> {
        let mut all: Option<Groups> = None;
        for key in keys {
            let labels = key.labels(parts)?;
            let place = || format!("groups `{}`", labels.name);
            let encoded = key.grouper().encode(&labels).at(place)?;
            let dims = labels.variable.dims().to_vec();
            let one = Self::of(encoded, dims, labels.variable.shape()).at(place)?;
            all = Some(match all {
                None => one,
                Some(all) => all.times(one)?,
            });
        }
        all.ok_or_else(|| Error::invalid("groups by nothing").help("name at least one key"))
    }

    /// The groups of one key along its dimensions.
    fn of(encoded: Encoded, along: Vec<Name>, lengths: Vec<usize>) -> Result<Groups> {
        let Encoded { name, codes, count, labels, index } = encoded;
        let size: usize = lengths.iter().product();
        if codes.is_empty() || codes.len() % size.max(1) != 0 {
            return Err(Error::internal(format!("{} group numbers for {size} labels", codes.len())));
        }
        if labels.as_ref().is_some_and(|v| v.size() != count) {
            return Err(Error::internal(format!(
                "labels of shape {:?} for {count} groups",
                labels.map(|v| v.shape())
            )));
        }
        let (mut dims, mut shape) = (along.clone(), lengths);
        let layers = codes.len() / size;
        if layers > 1 {
            dims.insert(0, format!("__{name}_layer__").into());
            shape.insert(0, layers);
        }
        let numbers = codes.iter().map(|c| i64::from(*c)).collect();
        let key = GroupDim { name, count, labels, index, along, codes: codes.into() };
        Self::numbered(vec![key], dims, shape, usize::from(layers > 1), numbers, count)
    }

    /// Numbers the combinations that have members.
    fn numbered(
        keys: Vec<GroupDim>,
        dims: Vec<Name>,
        shape: Vec<usize>,
        layers: usize,
        codes: Vec<i64>,
        count: usize,
    ) -> Result<Groups> {
        let mut places = vec![-1i64; count];
        for code in codes.iter().filter(|c| **c >= 0) {
            let place = places.get_mut(*code as usize);
            *place.ok_or_else(|| Error::internal(format!("group {code} of {count}")))? = 0;
        }
        let mut present = 0;
        for place in places.iter_mut().filter(|p| **p == 0) {
            *place = present;
            present += 1;
        }
        if present == 0 {
            return Err(Error::invalid("no position is in any of the groups"));
        }
        i32::try_from(present).map_err(|_| Error::unsupported("more groups than a 32-bit number counts"))?;
        let number = |&code: &i64| usize::try_from(code).map_or(-1, |c| places[c] as i32);
        let codes = codes.iter().map(number).collect();
        let present = present as usize;
        let places = (present < count).then(|| places.into());
        Ok(Groups { keys, dims, shape, layers, codes, present, places })
    }

    /// The groups of each combination with those of another key.
    pub(super) fn times(self, other: Groups) -> Result<Groups> {
        if let Some(key) = other.keys.iter().find(|k| self.keys.iter().any(|own| own.name == k.name)) {
            return Err(Error::invalid(format!("two keys give the dimension `{}`", key.name))
                .help("rename one of them, as with `with_name`"));
        }
        let counts = self.count().checked_mul(other.count()).filter(|n| i32::try_from(*n).is_ok());
        let Some(count) = counts else {
            return Err(Error::unsupported(format!(
                "{} by {} groups are more than a 32-bit number counts",
                self.count(),
                other.count()
            ))
            .help("the result has room for every combination: group by a key that names the pairs instead"));
        };
        // Layers come first, then the dimensions in the order of their appearance.
        let (mut dims, mut shape) = (Vec::new(), Vec::new());
        for layers in [true, false] {
            for groups in [&self, &other] {
                for (i, (d, n)) in groups.dims.iter().zip(&groups.shape).enumerate() {
                    if (i < groups.layers) == layers && !dims.contains(d) {
                        dims.push(d.clone());
                        shape.push(*n);
                    }
                }
            }
        }
        let (own, theirs) = (self.spread(&dims, &shape), other.spread(&dims, &shape));
        let codes = own
            .iter()
            .zip(&theirs)
            .map(|(a, b)| if *a < 0 || *b < 0 { -1 } else { a * other.count() as i64 + b })
            .collect();
        let layers = self.layers + other.layers;
        let keys = self.keys.into_iter().chain(other.keys).collect();
        Self::numbered(keys, dims, shape, layers, codes, count)
    }

    /// The number of each position's combination among all, spread over more dimensions.
    fn spread(&self, dims: &[Name], shape: &[usize]) -> Vec<i64> {
        let full = self.full_numbers();
        let codes: Vec<i64> =
            self.codes.iter().map(|c| usize::try_from(*c).map_or(-1, |c| full[c])).collect();
        if dims == self.dims {
            return codes;
        }
        let mut strides = vec![0usize; dims.len()];
        let mut step = 1;
        for (d, n) in self.dims.iter().zip(&self.shape).rev() {
            if let Some(axis) = dims.iter().position(|o| o == d) {
                strides[axis] = step;
            }
            step *= n;
        }
        let size: usize = shape.iter().product();
        let mut out = Vec::with_capacity(size);
        let (mut at, mut index) = (0, vec![0usize; shape.len()]);
        for _ in 0..size {
            out.push(codes[at]);
            for axis in (0..shape.len()).rev() {
                index[axis] += 1;
                at += strides[axis];
                if index[axis] < shape[axis] {
                    break;
                }
                at -= strides[axis] * shape[axis];
                index[axis] = 0;
            }
        }
        out
    }

    /// For each group with members its number among all combinations.
    pub(super) fn full_numbers(&self) -> Vec<i64> {
        match &self.places {
            None => (0..self.present as i64).collect(),
            Some(places) => {
                (0..).zip(places.iter()).filter(|(_, p)| **p >= 0).map(|(full, _)| full).collect()
            }
        }
    }

    /// How many combinations there are, those without members included.
    pub(in crate::labels) fn count(&self) -> usize {
        self.keys.iter().map(|k| k.count).product()
    }

    /// The dimensions of the object that the groups take apart.
    pub(in crate::labels) fn own_dims(&self) -> &[Name] {
        &self.dims[self.layers..]
    }

    /// The name for all keys together, while they are one dimension.
    pub(super) fn marker(&self) -> Name {
        match &self.keys[..] {
            [key] => key.name.clone(),
            keys => format!("stacked_{}", keys.iter().map(|k| &*k.name).collect::<Vec<_>>().join("_")).into(),
        }
    }

    /// The names of the keys, for people.
    pub(super) fn names(&self) -> String {
        self.keys.iter().map(|k| &*k.name).collect::<Vec<_>>().join("`, `")
    }

    /// The positions of each group with members, in row-major order over the object's own dimensions.
    pub(in crate::labels) fn members(&self) -> Vec<Vec<i64>> {
        let own: usize = self.shape[self.layers..].iter().product();
        let mut members = vec![Vec::new(); self.present];
        for (row, code) in self.codes.iter().enumerate() {
            if let Ok(code) = usize::try_from(*code) {
                members[code].push((row % own) as i64);
            }
        }
        members
    }

    /// Whether each position is in a group.
    pub(super) fn covers_all(&self) -> bool {
        self.layers == 0 && !self.codes.contains(&-1)
    }

    /// An error if an array has a dimension that the groups are to get.
    pub(super) fn check_free(&self, dims: &[Name]) -> Result<()> {
        match self.keys.iter().find(|k| dims.contains(&k.name)) {
            None => Ok(()),
            Some(key) => Err(Error::invalid(format!("the groups' dimension `{}` exists already", key.name))
                .help("rename that dimension, or group by an array of another name")),
        }
    }

    /// Adds the coordinates of the groups, in place of others of their names.
    pub(in crate::labels) fn add_coords(&self, coords: &mut Coords) -> Result<()> {
        for key in &self.keys {
            let Some(labels) = &key.labels else { continue };
            coords.remove(&key.name);
            match &key.index {
                None => coords.insert(key.name.clone(), labels.clone())?,
                index => coords.insert_with(key.name.clone(), labels.clone(), index.clone())?,
            }
        }
        Ok(())
    }
}
