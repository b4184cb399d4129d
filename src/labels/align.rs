//! Objects brought to common labels: which labels, and which object must be reindexed.

use std::sync::Arc;

use indexmap::IndexMap;

use super::align_joint::{JointGroup, join_shared};
use super::compare::indexes_equal;
use super::dataarray::{DataArray, is_private};
use super::dataset::Dataset;
use super::diagnostics;
use super::joint::Part;
use super::operand::Labelled;
use super::reindex::{NewCoord, reindex_parts_by};
use super::variable::{Name, Variable};
use crate::array::{Block, Slice};
use crate::dtype::Scalar;
use crate::error::{Context, Error, Result};
use crate::index::{self, Index, Join, Mismatch, Positions};

/// How [`align`] joins labels.
#[derive(Debug, Clone, PartialEq)]
pub struct AlignOptions {
    /// Which labels the results have; by default those that all objects have.
    pub join: Join,
    /// Dimensions that are left alone.
    pub exclude: Vec<Name>,
    /// What stands at labels that an object lacks; missing values by default. Takes part in the dtype.
    pub fill_value: Option<Scalar>,
    /// The same for single variables and coordinates, by name (of arrays, by their own).
    pub fill_values: IndexMap<Name, Scalar>,
}

impl Default for AlignOptions {
    fn default() -> Self {
        AlignOptions::new(Join::Inner)
    }
}

impl AlignOptions {
    /// Options with a join.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![1i64, 2])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.5, 2.5])?.assign_coords([("x", x)])?;
    /// let x = Block::from_vec(&[2], vec![2i64, 3])?;
    /// let b = DataArray::from_vec(&[("x", 2)], vec![10, 20])?.assign_coords([("x", x)])?;
    /// let left = align(&[a.into(), b.into()] as &[Object], &AlignOptions::new(Join::Left))?;
    /// assert_eq!(left[1].clone().into_array()?.fillna(0.0)?.to_vec::<f64>()?, [0.0, 10.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(join: Join) -> Self {
        AlignOptions { join, exclude: Vec::new(), fill_value: None, fill_values: IndexMap::new() }
    }

    /// The options with dimensions that are left alone.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![1i64, 2])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.5, 2.5])?.assign_coords([("x", x)])?;
    /// let x = Block::from_vec(&[3], vec![2i64, 3, 4])?;
    /// let b = DataArray::from_vec(&[("x", 3)], vec![0.1, 0.2, 0.3])?.assign_coords([("x", x)])?;
    /// let same = align(&[a, b], &AlignOptions::new(Join::Exact).exclude(&["x"]))?;
    /// assert_eq!((same[0].shape(), same[1].shape()), (vec![2], vec![3]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn exclude(mut self, dims: &[&str]) -> Self {
        self.exclude = dims.iter().map(|d| Name::from(*d)).collect();
        self
    }

    /// The options with a value for labels that an object lacks.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![1i64, 2])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![10, 20])?.assign_coords([("x", x)])?;
    /// let x = Block::from_vec(&[2], vec![2i64, 3])?;
    /// let b = DataArray::from_vec(&[("x", 2)], vec![30, 40])?.assign_coords([("x", x)])?;
    /// let both = align(&[a, b], &AlignOptions::new(Join::Outer).fill_value(0))?;
    /// assert_eq!(both[0].to_vec::<i32>()?, [10, 20, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn fill_value(mut self, value: impl Into<Scalar>) -> Self {
        self.fill_value = Some(value.into());
        self
    }
}

/// Brings objects to the same labels along every dimension that they share.
///
/// An outer join sorts the labels, an inner one keeps the order of the first object. Equal indexes are
/// never reindexed, so they may hold duplicates. An object without labels along a dimension gets those of
/// the others, if its length fits. Where an object lacks labels, integers become floats to hold NaN (unless
/// there is a fill value). Lazy: reads no data.
///
/// # Errors
/// If labels differ and the join is exact, if lengths differ where there are no labels, or if
/// indexes with duplicates differ.
///
/// # Example
/// ```
/// use graticule::index::Join;
/// use graticule::labels::{AlignOptions, Coords, DataArray, Variable, align};
/// let series = |labels: Vec<i64>, values: Vec<f64>| {
///     let mut coords = Coords::new();
///     coords.insert("x", Variable::from_vec(&[("x", labels.len())], labels)?)?;
///     DataArray::new(Variable::from_vec(&[("x", values.len())], values)?, coords)
/// };
/// let a = series(vec![1, 2, 3], vec![10.0, 20.0, 30.0])?;
/// let b = series(vec![2, 3, 4], vec![0.2, 0.3, 0.4])?;
/// let both = align(&[a, b], &AlignOptions::new(Join::Inner))?;
/// assert_eq!(both[0].to_vec::<f64>()?, [20.0, 30.0]);
/// assert_eq!(both[1].to_vec::<f64>()?, [0.2, 0.3]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn align<O: Labelled>(objects: &[O], options: &AlignOptions) -> Result<Vec<O>> {
    let parts: Vec<Dataset> = objects.iter().map(Labelled::to_parts).collect();
    let names: Vec<Option<Name>> = objects.iter().map(Labelled::own_name).collect();
    let parts = align_named(&parts, &names, options)?;
    objects.iter().zip(parts).map(|(o, ds)| o.rebuild(ds)).collect()
}

/// Lengths along a dimension without labels, and where each was first seen.
type Lengths = IndexMap<usize, String>;

/// The indexes of one coordinate name in several objects.
struct Group {
    name: Name,
    dim: Name,
    /// (object, its index).
    members: Vec<(usize, Arc<dyn Index>)>,
}

/// What alignment found for one group: the labels to come, and whether members must be reindexed.
struct Joined {
    index: Arc<dyn Index>,
    variable: Variable,
    reindex: bool,
    /// Where the labels stand in each member that must be reindexed, if not in the same order.
    positions: Vec<Option<Positions>>,
}

/// [`align`] on datasets.
pub(crate) fn align_parts(objects: &[Dataset], options: &AlignOptions) -> Result<Vec<Dataset>> {
    align_named(objects, &[], options)
}

/// [`align`] on datasets and on arrays that go under their private name; `names` are their own.
fn align_named(objects: &[Dataset], names: &[Option<Name>], options: &AlignOptions) -> Result<Vec<Dataset>> {
    if objects.len() < 2 {
        return Ok(objects.to_vec());
    }
    let excluded = |dim: &Name| options.exclude.contains(dim);
    let groups = collect(objects, &excluded)?;
    let mut unindexed: IndexMap<Name, Lengths> = IndexMap::new();
    for (i, ds) in objects.iter().enumerate() {
        for (dim, n) in ds.sizes() {
            let indexed = (ds.coords().indexes())
                .any(|(c, _)| ds.coords().get(c).is_some_and(|v| v.axis(&dim).is_some()));
            if !indexed && !excluded(&dim) {
                let lengths = unindexed.entry(dim.clone()).or_default();
                lengths.entry(n).or_insert_with(|| whose(i, ds, &dim));
            }
        }
    }
    let shared = join_shared(objects, options)?;
    let mut joined = Vec::with_capacity(groups.len());
    for group in &groups {
        joined.push(
            join_group(group, objects, unindexed.get(&group.dim), options.join)
                .at(|| format!("alignment along `{}` ({:?} join)", group.dim, options.join))?,
        );
    }
    for (group, j) in groups.iter().zip(&joined) {
        if let Some(sizes) = unindexed.get_mut(&group.dim) {
            sizes.entry(j.index.len()).or_insert_with(|| "the labels".to_string());
        }
    }
    for (dim, n) in shared.iter().flat_map(JointGroup::sizes) {
        if let Some(sizes) = unindexed.get_mut(dim) {
            sizes.entry(n).or_insert_with(|| "the labels".to_string());
        }
    }
    for (dim, sizes) in &unindexed {
        if sizes.len() > 1 {
            let sizes: Vec<String> = sizes.iter().map(|(n, of)| format!("{n} of {of}")).collect();
            return Err(Error::alignment(format!(
                "lengths {} along `{dim}` do not match",
                sizes.join(" and ")
            ))
            .help(format!(
                "where an object has no labels along `{dim}`, lengths must be equal; a dimension of \
                     length 1 does not repeat: drop it with `squeeze` or `isel`"
            )));
        }
    }
    let conform = |(i, ds): (usize, &Dataset)| {
        let own = names.get(i).and_then(Option::as_ref);
        conform(i, ds, own, &groups, &mut joined, &shared, options)
    };
    objects.iter().enumerate().map(conform).collect()
}

/// Whether [`align`] would give these arrays back as they are, told without going into labels that are the
/// very same: whatever dimension two of them share has one length and either equal labels or none.
pub(crate) fn already_aligned(arrays: &[&DataArray], join: Join) -> bool {
    let [first, others @ ..] = arrays else { return true };
    if others.iter().all(|a| a.coords().is_same(first.coords()))
        && others.iter().all(|a| a.variable().lengths().eq(first.variable().lengths()))
    {
        return true;
    }
    let own = |a: &DataArray| a.coords().indexes().all(|(name, _)| a.variable().axis(name).is_some());
    // An override replaces labels unseen, and an index under another name than its dimension's is not looked
    // at here.
    if join == Join::Override || !arrays.iter().all(|a| own(a)) {
        return false;
    }
    arrays.iter().enumerate().all(|(k, a)| {
        a.variable().lengths().all(|(dim, n)| {
            let before = arrays[..k].iter().find_map(|b| Some((b, b.variable().len_of(dim)?)));
            before.is_none_or(|(b, len)| {
                let same = match (a.coords().index(dim), b.coords().index(dim)) {
                    (Some(x), Some(y)) => indexes_equal(x, y),
                    (None, None) => true,
                    _ => false,
                };
                n == len && same
            })
        })
    })
}

/// An object, and the variable of it that has a dimension, for errors.
fn whose(object: usize, ds: &Dataset, dim: &str) -> String {
    let mut all = ds.data_vars().iter().chain(ds.coords().iter());
    match all.find(|(name, v)| v.axis(dim).is_some() && !is_private(name)) {
        Some((name, _)) => format!("`{name}` in object {object}"),
        None => format!("object {object}"),
    }
}

/// The indexes of all objects by coordinate name.
fn collect(objects: &[Dataset], excluded: &dyn Fn(&Name) -> bool) -> Result<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    for (i, ds) in objects.iter().enumerate() {
        for (name, index) in ds.coords().indexes().filter(|(_, index)| Part::of(index).is_none()) {
            let Some([dim]) = ds.coords().get(name).map(Variable::dims) else { continue };
            if excluded(dim) {
                continue;
            }
            match groups.iter_mut().find(|g| g.name == *name) {
                Some(g) if g.dim == *dim => g.members.push((i, index.clone())),
                Some(g) => {
                    return Err(Error::alignment(format!(
                        "the index `{name}` lies along `{}` in one object and along `{dim}` in another",
                        g.dim
                    )));
                }
                None => groups.push(Group {
                    name: name.clone(),
                    dim: dim.clone(),
                    members: vec![(i, index.clone())],
                }),
            }
        }
    }
    Ok(groups)
}

fn join_group(group: &Group, objects: &[Dataset], unindexed: Option<&Lengths>, how: Join) -> Result<Joined> {
    let coord = |object: usize| {
        let found = objects[object].coords().get(&group.name).cloned();
        found.ok_or_else(|| Error::internal(format!("index of `{}` without its coordinate", group.name)))
    };
    let (first_object, first) = &group.members[0];
    let keep_first =
        |variable| Joined { index: first.clone(), variable, reindex: false, positions: Vec::new() };
    if how == Join::Override {
        if let Some((n, other)) = group.members.iter().find(|(_, i)| i.len() != first.len()) {
            return Err(Error::alignment(format!(
                "override needs equal lengths, but `{}` has {} labels in object {first_object} and {} in object {n}",
                group.name,
                first.len(),
                other.len()
            )));
        }
        return Ok(keep_first(coord(*first_object)?));
    }
    let mut different = None;
    for (n, other) in &group.members[1..] {
        if !indexes_equal(first, other) {
            different = Some((n, other));
            break;
        }
    }
    // Labels on one side only fit by length; where they do not, the join may still shorten the others.
    let odd_length =
        group.members.len() > 1 && unindexed.is_some_and(|sizes| sizes.keys().any(|n| *n != first.len()));
    if different.is_none() && !odd_length {
        return Ok(keep_first(coord(*first_object)?));
    }
    if how == Join::Exact {
        return Err(match different {
            Some((n, other)) => difference(&group.name, (*first_object, first), (*n, other)),
            None => Error::alignment(format!("lengths along `{}` differ", group.dim)),
        }
        .help("choose another join (inner, outer, left, right), reindex one object first, or let near labels match (`with_tolerance`)"));
    }
    let indexes: Vec<Arc<dyn Index>> = group.members.iter().map(|(_, i)| i.clone()).collect();
    let (index, positions) = index::join_with_positions(&indexes, how)?;
    diagnostics::joined(&group.name, how, &group.members, index.as_ref())?;
    let variable = Variable::new([group.dim.clone()], index.labels())?;
    Ok(Joined { index, variable, reindex: true, positions })
}

/// What differs between two indexes: the first label that is not the same, how many match, how near the
/// others are.
fn difference(name: &str, (m, a): (usize, &Arc<dyn Index>), (n, b): (usize, &Arc<dyn Index>)) -> Error {
    let fit = Mismatch::of(a.as_ref(), b.as_ref());
    if a.len() != b.len() {
        let lengths = format!("{} in object {m}, {} in object {n}", a.len(), b.len());
        return Error::alignment(format!("the labels of `{name}` differ: {lengths} ({fit})"));
    }
    let (a, b) = (a.labels(), b.labels());
    let label = |block: &Block, i: usize| block.slice(&[Slice::range(i..i + 1)]);
    let equal = |i: usize| super::compare::blocks_equal(&label(&a, i), &label(&b, i)).unwrap_or(false);
    let at = (0..a.size()).find(|i| !equal(*i)).unwrap_or(0);
    Error::alignment(format!(
        "the labels of `{name}` differ from position {at} on: {} in object {m}, {} in object {n} ({fit})",
        super::reindex::label_text(&a, at),
        super::reindex::label_text(&b, at)
    ))
}

/// One object with the joined labels.
fn conform(
    object: usize,
    ds: &Dataset,
    own_name: Option<&Name>,
    groups: &[Group],
    joined: &mut [Joined],
    shared: &[JointGroup],
    options: &AlignOptions,
) -> Result<Dataset> {
    let sizes = ds.sizes();
    let mut takes: IndexMap<Name, Positions> = IndexMap::new();
    let mut coords = Vec::new();
    // Indexes equal by value may differ in dtype: an object where nothing moves keeps its own.
    let mut changes = options.join == Join::Override;
    for (group, j) in groups.iter().zip(joined) {
        let own = group.members.iter().position(|(i, _)| *i == object);
        match own {
            Some(own) if !j.reindex && Arc::ptr_eq(&group.members[own].1, &j.index) => continue,
            Some(own) if j.reindex => {
                // Each member is brought to the labels once.
                if let Some(positions) = j.positions[own].take() {
                    takes.insert(group.dim.clone(), positions);
                }
            }
            // Labels along a dimension that this object has without labels become its labels; an
            // override only replaces.
            None if options.join == Join::Override || !sizes.contains_key(&group.dim) => continue,
            _ => {}
        }
        changes |= own.is_none() || j.reindex;
        coords.push(NewCoord {
            name: group.name.clone(),
            variable: j.variable.clone(),
            index: Some(j.index.clone()),
            keep_attrs: options.join != Join::Override,
        });
    }
    for group in shared {
        changes |= group.conform(object, ds, options.join, &mut takes, &mut coords)?;
    }
    if coords.is_empty() || !changes {
        return Ok(ds.clone());
    }
    reindex_parts_by(ds, &takes, coords, &|name| {
        let own = if is_private(name) { own_name.map(|n| &**n) } else { Some(name) };
        own.and_then(|n| options.fill_values.get(n)).or(options.fill_value.as_ref())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::Coords;

    #[test]
    fn equal_labels_of_another_dtype_stay() {
        let array = |labels: Variable| {
            let mut coords = Coords::new();
            coords.insert("x", labels).unwrap();
            DataArray::new(Variable::from_vec(&[("x", 2)], vec![1.0, 2.0]).unwrap(), coords).unwrap()
        };
        let a = array(Variable::from_vec(&[("x", 2)], vec![1_i64, 2]).unwrap());
        let b = array(Variable::from_vec(&[("x", 2)], vec![1.0_f32, 2.0]).unwrap());
        let dtype = |a: &DataArray| a.coords().get("x").unwrap().dtype();
        let both = align(&[a.clone(), b.clone()], &AlignOptions::default()).unwrap();
        assert_eq!((dtype(&both[0]), dtype(&both[1])), (dtype(&a), dtype(&b)));
        assert_eq!(dtype(&a.reindex_like(&b, &Default::default()).unwrap()), dtype(&a));
    }
}
