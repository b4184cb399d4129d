//! The groups and datasets of a file, and how they refer to each other: dimensions are datasets ("scales"), as netCDF-C
//! has them, so that it finds all names again.
//!
//! <https://docs.unidata.ucar.edu/netcdf-c/current/interoperability_hdf5.html>

use std::collections::HashSet;

use indexmap::IndexMap;

use super::super::definition::{Defined, Definition, check_name};
use crate::error::{Context, Error, Result};

/// A group or a dataset.
pub(super) enum Object<'a> {
    Group {
        definition: Option<&'a Definition>,
        /// Names and numbers of objects, in order.
        members: IndexMap<String, usize>,
    },
    /// A dimension without a variable of its own.
    Dimension(usize),
    Variable {
        /// Its number among the variables of all groups.
        number: usize,
        defined: &'a Defined,
        /// Dimensions of the file.
        dims: Vec<usize>,
        /// The dimension that it stands for: one of its name, which is its first.
        stands_for: Option<usize>,
    },
}

/// A dimension of the file; its position is netCDF's number for it.
pub(super) struct Dim {
    pub(super) len: usize,
    pub(super) unlimited: bool,
    /// The object that stands for it.
    pub(super) scale: usize,
    /// Objects and their axes.
    pub(super) uses: Vec<(usize, u32)>,
}

/// All objects; the first one is the root.
pub(super) struct Objects<'a> {
    pub(super) all: Vec<Object<'a>>,
    pub(super) dims: Vec<Dim>,
}

impl<'a> Objects<'a> {
    pub(super) fn of(groups: &'a [Definition]) -> Result<Self> {
        let root = Object::Group { definition: None, members: IndexMap::new() };
        let mut out = Objects { all: vec![root], dims: Vec::new() };
        let mut number = 0;
        for definition in groups {
            let group = out.group(definition)?;
            let first = out.dims.len();
            let stands = |v: &&Defined| {
                let dim = definition.dims.get_index_of(v.name.as_str());
                dim.is_some() && dim.as_ref() == v.dims.first()
            };
            let scales: HashSet<&str> =
                definition.variables.iter().filter(stands).map(|v| v.name.as_str()).collect();
            for (name, &(len, unlimited)) in &definition.dims {
                let dim = out.dims.len();
                out.dims.push(Dim { len, unlimited, scale: 0, uses: Vec::new() });
                if !scales.contains(&**name) {
                    out.dims[dim].scale = out.add(group, name.to_string(), Object::Dimension(dim))?;
                }
            }
            for defined in &definition.variables {
                let dims: Vec<usize> = defined.dims.iter().map(|d| first + d).collect();
                let named = definition.dims.get_index_of(defined.name.as_str()).map(|d| first + d);
                let stands_for = named.filter(|d| dims.first() == Some(d));
                let name = match (named, stands_for) {
                    (Some(_), None) => {
                        let longer = format!("_nc4_non_coord_{}", defined.name);
                        check_name(&longer).at(|| format!("variable `{}`, stored as", defined.name))?;
                        longer
                    }
                    _ => defined.name.clone(),
                };
                let variable = Object::Variable { number, defined, dims: dims.clone(), stands_for };
                let object = out.add(group, name, variable)?;
                match stands_for {
                    Some(dim) => out.dims[dim].scale = object,
                    None => {
                        for (axis, &dim) in dims.iter().enumerate() {
                            out.dims[dim].uses.push((object, axis as u32));
                        }
                    }
                }
                number += 1;
            }
        }
        Ok(out)
    }

    /// The group of a definition, made with those above it where they are not there.
    fn group(&mut self, definition: &'a Definition) -> Result<usize> {
        let mut at = 0;
        for name in definition.group.split('/').filter(|part| !part.is_empty()) {
            let known = match &self.all[at] {
                Object::Group { members, .. } => members.get(name).copied(),
                _ => None,
            };
            at = match known {
                Some(member) if matches!(self.all[member], Object::Group { .. }) => member,
                Some(_) => return Err(taken(name)),
                None => self.add(
                    at,
                    name.to_string(),
                    Object::Group { definition: None, members: IndexMap::new() },
                )?,
            };
        }
        match &mut self.all[at] {
            Object::Group { definition: own @ None, .. } => *own = Some(definition),
            _ => return Err(Error::invalid(format!("two datasets for the group `{}`", definition.group))),
        }
        Ok(at)
    }

    fn add(&mut self, group: usize, name: String, object: Object<'a>) -> Result<usize> {
        let number = self.all.len();
        match &mut self.all[group] {
            Object::Group { members, .. } if !members.contains_key(&name) => {
                members.insert(name, number);
            }
            _ => return Err(taken(&name)),
        }
        self.all.push(object);
        Ok(number)
    }
}

fn taken(name: &str) -> Error {
    Error::invalid(format!("`{name}` would be a group and a variable or dimension of one group"))
        .help("rename one of them")
}
