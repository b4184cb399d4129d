//! Variables and attributes of the same name from several objects: which one stays, and `merge`.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::align::{AlignOptions, align_parts};
use super::attrs::Attrs;
use super::broadcast::{broadcast_sizes, expand};
use super::compare::{Same, indexes_equal, variables_match};
use super::coords::Coords;
use super::dataset::Dataset;
use super::diagnostics;
use super::missing::fill_missing;
use super::operand::Object;
use super::variable::{Name, Variable};
use crate::dtype::Scalar;
use crate::error::{Error, Result};
use crate::index::Index;
use crate::index::Join;

/// When variables of one name agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compat {
    /// Equal, and equal attributes.
    Identical,
    /// Equal dimensions and elements.
    Equals,
    /// Equal after broadcasting against each other.
    BroadcastEquals,
    /// Equal wherever neither is missing; holes are filled from the later ones.
    NoConflicts,
    /// Always: the first is taken unseen.
    #[default]
    Override,
    /// As `BroadcastEquals`, but what does not agree is left out instead of refused.
    Minimal,
}

/// What becomes of the attributes of several objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CombineAttrs {
    /// None are kept.
    Drop,
    /// All must be the same.
    Identical,
    /// All are kept; equal names must have equal values.
    NoConflicts,
    /// All are kept but those with different values.
    DropConflicts,
    /// Those of the first are kept.
    #[default]
    Override,
}

impl CombineAttrs {
    /// The attributes that come out of several sets of them.
    ///
    /// # Errors
    /// If they differ and must not.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let metres = Attrs::new().with("units", "m");
    /// let sets = [metres.clone().with("run", 1), metres.clone().with("run", 2)];
    /// assert_eq!(CombineAttrs::DropConflicts.combine(&sets)?, metres);
    /// assert_eq!(CombineAttrs::Override.combine(&sets)?, sets[0]);
    /// assert!(CombineAttrs::NoConflicts.combine(&sets).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn combine<'a>(self, sets: impl IntoIterator<Item = &'a Attrs>) -> Result<Attrs> {
        let mut sets = sets.into_iter();
        let Some(first) = sets.next() else { return Ok(Attrs::new()) };
        let mut out = first.clone();
        match self {
            CombineAttrs::Drop => return Ok(Attrs::new()),
            CombineAttrs::Override => {}
            CombineAttrs::Identical => {
                if let Some(n) = sets.position(|a| a != first) {
                    return Err(Error::invalid(format!(
                        "attributes of object {} differ from the first's",
                        n + 1
                    ))
                    .help("combine them as `drop_conflicts` or `override`"));
                }
            }
            CombineAttrs::NoConflicts => {
                for attrs in sets {
                    for (name, value) in attrs.iter() {
                        match out.get(name) {
                            None => out.insert(name, value.clone()),
                            Some(own) if own == value => {}
                            Some(own) => {
                                return Err(Error::invalid(format!(
                                    "attribute `{name}` has the values {own:?} and {value:?}"
                                ))
                                .help("combine attributes as `drop_conflicts` or `override`"));
                            }
                        }
                    }
                }
            }
            CombineAttrs::DropConflicts => {
                // A name once in conflict stays out, whatever later objects say.
                let mut dropped = IndexSet::new();
                for (name, value) in sets.filter(|a| *a != first).flat_map(Attrs::iter) {
                    match out.get(name) {
                        Some(own) if own != value => {
                            out.remove(name);
                            dropped.insert(name);
                        }
                        Some(_) => {}
                        None if dropped.contains(name) => {}
                        None => out.insert(name, value.clone()),
                    }
                }
            }
        }
        Ok(out)
    }
}

/// A variable with its index, if it has one.
pub(crate) type Indexed = (Variable, Option<Arc<dyn Index>>);

/// A variable of one of several objects: its number, the variable, and its index.
pub(crate) type Element<'a> = (usize, &'a Variable, Option<&'a Arc<dyn Index>>);

/// The variables of one name in several objects.
pub(crate) fn elements_of<'a>(objects: &'a [Dataset], name: &str) -> Vec<Element<'a>> {
    let found = |(i, ds): (usize, &'a Dataset)| Some((i, ds.find(name)?, ds.coords().index(name)));
    objects.iter().enumerate().filter_map(found).collect()
}

/// The one variable for several of a name; `None` where `Minimal` leaves it out.
///
/// # Errors
/// If they do not agree.
pub(crate) fn merge_variables(
    name: &str,
    elements: &[Element<'_>],
    compat: Compat,
    attrs: CombineAttrs,
) -> Result<Option<Indexed>> {
    let origin = elements.first().map_or(0, |e| e.0);
    let conflict = |what: &str, other: usize| {
        Error::invalid(format!("{what} of `{name}` differ between object {origin} and object {other}"))
            .help("skip the check with `Compat::Override`, which takes the first")
    };
    let mut indexed = elements.iter().filter_map(|(n, v, i)| Some((*n, *v, (*i)?)));
    if let Some((_, first, index)) = indexed.next() {
        let mut sets = vec![&first.attrs];
        for (n, v, other) in indexed {
            if !indexes_equal(index, other) {
                return Err(conflict("labels", n));
            }
            if compat == Compat::Identical && first.attrs != v.attrs {
                return Err(conflict("attributes", n));
            }
            sets.push(&v.attrs);
        }
        let attrs = attrs.combine(sets)?;
        return Ok(Some((first.clone().with_attrs(attrs), Some(index.clone()))));
    }
    let variables: Vec<&Variable> = elements.iter().map(|(_, v, _)| *v).collect();
    let Some(first) = variables.first() else { return Ok(None) };
    let mut out = (*first).clone();
    if variables.len() > 1 && compat != Compat::Override {
        let how = match compat {
            Compat::Identical => Same::Identical,
            Compat::Equals => Same::Equals,
            Compat::NoConflicts => Same::NoConflicts,
            Compat::BroadcastEquals | Compat::Minimal | Compat::Override => Same::Broadcast,
        };
        for (n, v, _) in &elements[1..] {
            if !variables_match(&out, v, how)? {
                return match compat {
                    Compat::Minimal => diagnostics::coord_dropped(name).map(|()| None),
                    _ => Err(conflict("values", *n)),
                };
            }
        }
        if how == Same::Broadcast {
            out = expand(&out, &broadcast_sizes(&variables)?)?;
        }
        if how == Same::NoConflicts {
            for v in &variables[1..] {
                out = fill_missing(&out, v)?.with_attrs(out.attrs);
            }
        }
    }
    out.attrs = attrs.combine(variables.iter().map(|v| &v.attrs))?;
    Ok(Some((out, None)))
}

/// The coordinates of several aligned objects as one set.
///
/// # Errors
/// If they do not agree (`Minimal` leaves out what does not, unless it has an index).
pub(crate) fn merge_coords<'a>(sets: &[&'a Coords], compat: Compat, attrs: CombineAttrs) -> Result<Coords> {
    let [first, others @ ..] = sets else { return Ok(Coords::new()) };
    let same = attrs != CombineAttrs::Drop && others.iter().all(|c| c.is_same(first));
    if same && (!others.is_empty() || attrs == CombineAttrs::Override) {
        return Ok((*first).clone());
    }
    let mut out = Coords::new();
    let seen = |k: usize, name: &Name| sets[..k].iter().any(|c| c.contains(name));
    let names = sets.iter().enumerate().flat_map(|(k, c)| c.names().filter(move |n| !seen(k, n)));
    for name in names {
        let found = |(i, c): (usize, &&'a Coords)| Some((i, c.get(name)?, c.index(name)));
        let elements: Vec<Element<'_>> = sets.iter().enumerate().filter_map(found).collect();
        if let Some((v, index)) = merge_variables(name, &elements, compat, attrs)? {
            out.insert_with(name.clone(), v, index)?;
        }
    }
    Ok(out)
}

/// How [`merge`] joins labels, compares variables and combines attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeOptions {
    /// When variables of one name agree.
    pub compat: Compat,
    /// How labels are joined.
    pub join: Join,
    /// What fills holes; missing values by default.
    pub fill_value: Option<Scalar>,
    /// The same for single variables and coordinates, by name.
    pub fill_values: IndexMap<Name, Scalar>,
    /// What becomes of the attributes.
    pub combine_attrs: CombineAttrs,
}

impl Default for MergeOptions {
    fn default() -> Self {
        MergeOptions {
            compat: Compat::Override,
            join: Join::Exact,
            fill_value: None,
            fill_values: IndexMap::new(),
            combine_attrs: CombineAttrs::Override,
        }
    }
}

/// One dataset with the variables of all objects; arrays take part under their names.
///
/// By default labels must be equal, and of variables of one name the first is taken.
///
/// # Errors
/// If an array has no name, labels do not join, or variables of one name do not agree.
///
/// # Example
/// ```
/// use graticule::labels::{DataArray, MergeOptions, merge};
/// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?.with_name("a");
/// let b = DataArray::from_vec(&[("x", 2)], vec![3, 4])?.with_name("b");
/// let ds = merge(&[a.into(), b.into()], &MergeOptions::default())?;
/// assert_eq!(ds.data_vars().len(), 2);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn merge(objects: &[Object], options: &MergeOptions) -> Result<Dataset> {
    let mut parts = Vec::with_capacity(objects.len());
    for (n, object) in objects.iter().enumerate() {
        parts.push(match object {
            Object::Dataset(ds) => ds.clone(),
            Object::DataArray(a) => {
                let Some(name) = a.name() else {
                    return Err(Error::invalid(format!(
                        "object {n} of the merge is an array without a name"
                    ))
                    .at(a.place())
                    .help("name it with `with_name`"));
                };
                let mut ds = a.to_dataset(name.clone());
                ds.attrs = a.attrs().clone();
                ds
            }
        });
    }
    let align = AlignOptions {
        join: options.join,
        exclude: Vec::new(),
        fill_value: options.fill_value.clone(),
        fill_values: options.fill_values.clone(),
    };
    let parts = align_parts(&parts, &align)?;
    let names: IndexSet<&Name> =
        parts.iter().flat_map(|ds| ds.coords().names().chain(ds.data_vars().keys())).collect();
    let mut coords = Coords::new();
    let mut vars = IndexMap::new();
    for name in names {
        let is_coord = parts.iter().any(|ds| ds.coords().contains(name));
        if is_coord && parts.iter().any(|ds| ds.data_vars().contains_key(name)) {
            return Err(Error::invalid(format!(
                "`{name}` is a coordinate in some objects, a variable in others"
            ))
            .help("rename one, or make both coordinates"));
        }
        let elements = elements_of(&parts, name);
        match merge_variables(name, &elements, options.compat, options.combine_attrs)? {
            Some((v, index)) if is_coord => coords.insert_with(name.clone(), v, index)?,
            Some((v, _)) => drop(vars.insert(name.clone(), v)),
            None => {}
        }
    }
    let mut out = Dataset::from_variables(vars, coords)?;
    out.attrs = options.combine_attrs.combine(parts.iter().map(|ds| &ds.attrs))?;
    Ok(out)
}

impl Dataset {
    /// The variables of this and of another object together: see [`merge`].
    ///
    /// # Errors
    /// Those of [`merge`].
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let ds = a.to_dataset("a").merge(&a.to_dataset("b"), &MergeOptions::default())?;
    /// assert_eq!(ds.data_vars().keys().map(|n| &**n).collect::<Vec<_>>(), ["a", "b"]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn merge(&self, other: impl Into<Object>, options: &MergeOptions) -> Result<Dataset> {
        merge(&[self.into(), other.into()], options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_stays_dropped() {
        let a = Attrs::new().with("u", "m").with("k", 1_i64);
        let b = Attrs::new().with("u", "cm").with("k", 1_i64);
        let out = CombineAttrs::DropConflicts.combine([&a, &b, &a]).unwrap();
        assert_eq!(out, Attrs::new().with("k", 1_i64));
    }
}
