//! Objects one after the other along a dimension: `concat`.

use indexmap::{IndexMap, IndexSet};

use super::align::{AlignOptions, align_parts};
use super::align_joint::concat_levels;
use super::broadcast::expand;
use super::compare::{Same, variables_match};
use super::coords::Coords;
use super::dataarray::{DataArray, THIS};
use super::dataset::Dataset;
use super::diagnostics;
use super::joint::Part;
use super::merge::{CombineAttrs, Compat, Indexed, elements_of, merge_variables};
use super::operand::{Labelled, Object};
use super::reindex::{in_variable, take_variable};
use super::variable::{Name, Variable};
use crate::dtype::{DType, Scalar, promote};
use crate::error::{Error, Result};
use crate::index::Join;
use crate::index::{self, Positions};
use crate::lazy::LazyArray;

/// Which variables (or coordinates) [`concat`](fn@concat) joins besides those that have the dimension anyway; the
/// others are merged into one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ConcatOver {
    /// `All` along a new dimension, `Minimal` along an existing one.
    #[default]
    Auto,
    /// All; those that lack the dimension repeat along it.
    All,
    /// None but those that have the dimension.
    Minimal,
    /// Those that differ between the objects; this computes them.
    Different,
    /// These.
    Names(Vec<Name>),
}

/// How [`concat`](fn@concat) chooses, compares and fills.
#[derive(Debug, Clone, PartialEq)]
pub struct ConcatOptions {
    /// Which data variables are joined.
    pub data_vars: ConcatOver,
    /// Which coordinates are joined.
    pub coords: ConcatOver,
    /// When variables that are not joined agree.
    pub compat: Compat,
    /// How labels along the other dimensions are joined.
    pub join: Join,
    /// What becomes of the attributes.
    pub combine_attrs: CombineAttrs,
    /// What fills holes; missing values by default.
    pub fill_value: Option<Scalar>,
    /// The same for single variables and coordinates, by name (of arrays, by their own).
    pub fill_values: IndexMap<Name, Scalar>,
}

impl Default for ConcatOptions {
    fn default() -> Self {
        ConcatOptions {
            data_vars: ConcatOver::Auto,
            coords: ConcatOver::Minimal,
            compat: Compat::Override,
            join: Join::Exact,
            combine_attrs: CombineAttrs::Override,
            fill_value: None,
            fill_values: IndexMap::new(),
        }
    }
}

/// The dimension along which [`concat`](fn@concat) joins: its name, or the labels of a new one.
#[derive(Debug, Clone)]
pub enum ConcatDim {
    /// An existing or new dimension.
    Name(Name),
    /// A dimension with these labels; the variable has that dimension only.
    Labels(Variable),
}

impl From<&str> for ConcatDim {
    fn from(name: &str) -> Self {
        ConcatDim::Name(name.into())
    }
}

impl From<&Variable> for ConcatDim {
    fn from(labels: &Variable) -> Self {
        ConcatDim::Labels(labels.clone())
    }
}

impl From<&DataArray> for ConcatDim {
    fn from(labels: &DataArray) -> Self {
        ConcatDim::Labels(labels.variable().clone())
    }
}

impl ConcatDim {
    fn name(&self) -> Result<&Name> {
        match self {
            ConcatDim::Name(name) => Ok(name),
            ConcatDim::Labels(v) => match v.dims() {
                [name] => Ok(name),
                dims => Err(Error::invalid(format!(
                    "the labels to concatenate along have {} dimensions, not one",
                    dims.len()
                ))),
            },
        }
    }
}

/// Joins objects along a dimension: an existing one, or a new one, which then comes first.
///
/// By default labels along the other dimensions must be equal; what lacks the dimension is taken from the
/// first object (along a new dimension all data variables are joined). Dtypes are promoted. An
/// array keeps the name of the first. Lazy: reads no data variable.
///
/// # Errors
/// If there are no objects, labels do not join, a coordinate is not in all objects, or dtypes have
/// nothing in common.
///
/// # Example
/// ```
/// use graticule::labels::{ConcatOptions, DataArray, concat};
/// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
/// let b = DataArray::from_vec(&[("x", 2)], vec![3.0, 4.0])?;
/// let long = concat(&[a.clone(), b.clone()], "x", &ConcatOptions::default())?;
/// assert_eq!(long.to_vec::<f64>()?, [1.0, 2.0, 3.0, 4.0]);
/// let stacked = concat(&[a, b], "run", &ConcatOptions::default())?;
/// assert_eq!(stacked.shape(), [2, 2]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn concat<O: Labelled + Into<Object>>(
    objects: &[O],
    dim: impl Into<ConcatDim>,
    options: &ConcatOptions,
) -> Result<O> {
    let dim = dim.into();
    let name = dim.name()?;
    let Some(first) = objects.first() else {
        return Err(Error::invalid("nothing to concatenate: the list of objects is empty"));
    };
    let place = || format!("concat of {} objects along `{}`", objects.len(), name);
    let all: Vec<Object> = objects.iter().cloned().map(Into::into).collect();
    let arrays: Vec<&DataArray> = all
        .iter()
        .filter_map(|o| match o {
            Object::DataArray(a) => Some(a),
            Object::Dataset(_) => None,
        })
        .collect();
    let mut options = options.clone();
    if !arrays.is_empty() {
        if arrays.len() < all.len() {
            return Err(Error::invalid("arrays and datasets do not concatenate")
                .at(place())
                .help("make datasets of the arrays with `to_dataset`"));
        }
        if !matches!(options.data_vars, ConcatOver::All | ConcatOver::Auto) {
            return Err(Error::invalid("`data_vars` has no meaning for arrays").at(place()));
        }
        if options.compat == Compat::Identical && arrays.iter().any(|a| a.name() != arrays[0].name()) {
            return Err(Error::invalid("the arrays have different names").at(place()));
        }
        options.data_vars = ConcatOver::All;
        // Arrays go under their private name; that of the first is the name of all.
        if let Some(fill) = arrays[0].name().and_then(|n| options.fill_values.get(n)).cloned() {
            options.fill_values.insert(THIS.into(), fill);
        }
    }
    let parts: Vec<Dataset> = objects.iter().map(Labelled::to_parts).collect();
    concat_parts(parts, &dim, &options).and_then(|ds| first.rebuild(ds)).map_err(|e| e.at(place()))
}

fn concat_parts(objects: Vec<Dataset>, dim: &ConcatDim, options: &ConcatOptions) -> Result<Dataset> {
    let name = dim.name()?;
    let align = AlignOptions {
        join: options.join,
        exclude: vec![name.clone()],
        fill_value: options.fill_value.clone(),
        fill_values: options.fill_values.clone(),
    };
    let mut objects = align_parts(&objects, &align)?;
    let mut existing = objects.iter().any(|ds| ds.sizes().contains_key(name));
    let has_labels = objects.iter().any(|ds| ds.sizes().contains_key(name) && ds.coords().contains(name));
    let named = |ds: &Dataset| ds.find(name).is_some();
    if !has_labels && objects.iter().any(named) {
        // A variable named like the new dimension holds its labels.
        for (n, ds) in objects.iter_mut().enumerate() {
            *ds = with_dim(ds, name).map_err(|e| e.at(format!("object {n}")))?;
        }
        existing = true;
    }
    let names: IndexSet<Name> =
        objects.iter().flat_map(|ds| ds.coords().names().chain(ds.data_vars().keys())).cloned().collect();
    for n in &names {
        let coord_in = objects.iter().position(|ds| ds.coords().contains(n));
        let var_in = objects.iter().position(|ds| ds.data_vars().contains_key(n));
        if let (Some(i), Some(j)) = (coord_in, var_in) {
            return Err(Error::invalid(format!(
                "`{n}` is a coordinate in object {i} and a data variable in object {j}"
            )));
        }
    }
    let over = chosen_names(&objects, name, existing, options)?;
    let job = Job { lengths: lengths(&objects, name), objects: &objects, dim: name, options, names: &over };
    let (mut vars, mut coords) = (IndexMap::new(), Coords::new());
    for n in &names {
        let is_coord = objects.iter().any(|ds| ds.coords().contains(n));
        let (v, index) = if over.contains(n) {
            job.joined(n, is_coord).map_err(|e| in_variable(e, n))?
        } else {
            let Some(merged) = job.merged(n, is_coord)? else { continue };
            merged
        };
        if is_coord {
            coords.insert_with(n.clone(), v, index)?;
        } else {
            vars.insert(n.clone(), v);
        }
    }
    concat_levels(&objects, name, &mut coords)?;
    if let ConcatDim::Labels(labels) = dim {
        coords.insert(name.clone(), labels.clone())?;
    }
    let mut out = Dataset::from_variables(vars, coords)?;
    out.attrs = options.combine_attrs.combine(objects.iter().map(|ds| &ds.attrs))?;
    if options.compat == Compat::Identical
        && let Some(n) = (1..objects.len()).find(|n| objects[*n].attrs != out.attrs)
    {
        return Err(Error::invalid(format!("the attributes of dataset {n} differ from those of the result")));
    }
    out.encoding = objects.first().map(|ds| ds.encoding.clone()).unwrap_or_default();
    Ok(out)
}

/// How long each object is along the dimension.
fn lengths(objects: &[Dataset], dim: &str) -> Vec<usize> {
    objects.iter().map(|ds| ds.sizes().get(dim).copied().unwrap_or(1)).collect()
}

/// The dataset with a new first dimension of length 1 whose label is the scalar coordinate of its name.
fn with_dim(ds: &Dataset, dim: &Name) -> Result<Dataset> {
    if ds.sizes().contains_key(dim) {
        return Ok(ds.clone());
    }
    let expanded = |v: &Variable| -> Result<Variable> {
        let mut sizes = IndexMap::from([(dim.clone(), 1)]);
        sizes.extend(v.sizes());
        expand(v, &sizes)
    };
    let mut coords = Coords::new();
    for (name, v) in ds.coords().iter() {
        if name == dim {
            coords.insert(name.clone(), expanded(v)?)?;
        } else {
            coords.insert_with(name.clone(), v.clone(), ds.coords().index(name).cloned())?;
        }
    }
    let mut vars = IndexMap::new();
    for (name, v) in ds.data_vars() {
        if name == dim {
            coords.insert(name.clone(), expanded(v)?)?;
        } else {
            vars.insert(name.clone(), expanded(v)?);
        }
    }
    Ok(ds.with_parts(vars, coords))
}

/// The names of what is joined rather than merged.
fn chosen_names(
    objects: &[Dataset],
    dim: &Name,
    existing: bool,
    options: &ConcatOptions,
) -> Result<IndexSet<Name>> {
    let (data_vars, coords) = (&options.data_vars, &options.coords);
    if !existing && (data_vars, coords) == (&ConcatOver::Minimal, &ConcatOver::Minimal) {
        return Err(Error::invalid("along a new dimension, data_vars and coords cannot both be minimal"));
    }
    let mut over: IndexSet<Name> = IndexSet::new();
    if existing {
        over.insert(dim.clone());
    }
    for ds in objects {
        let all = ds.coords().iter().chain(ds.data_vars());
        over.extend(all.filter(|(_, v)| v.axis(dim).is_some()).map(|(n, _)| n.clone()));
    }
    for (opt, is_coord) in [(data_vars, false), (coords, true)] {
        let what = if is_coord { "coordinate" } else { "data variable" };
        let names = |ds: &Dataset| -> Vec<Name> {
            if is_coord {
                ds.coords().names().cloned().collect()
            } else {
                ds.data_vars().keys().cloned().collect()
            }
        };
        match opt {
            ConcatOver::Minimal => {}
            ConcatOver::Auto if existing => {}
            ConcatOver::Auto | ConcatOver::All => {
                for ds in objects {
                    let sizes = ds.sizes();
                    over.extend(names(ds).into_iter().filter(|n| !sizes.contains_key(n)));
                }
            }
            ConcatOver::Different => {
                if options.compat == Compat::Override {
                    return Err(Error::invalid(format!(
                        "to join the {what}s that differ they must be compared, but `compat` is override"
                    )));
                }
                for n in names(&objects[0]) {
                    if !over.contains(&n) && differs(objects, &n, what, options.compat)? {
                        over.insert(n);
                    }
                }
            }
            ConcatOver::Names(list) => {
                let known = names(&objects[0]);
                if let Some(n) = list.iter().find(|n| !known.contains(n)) {
                    return Err(Error::not_found(what, n, known.iter()).at("object 0"));
                }
                over.extend(list.iter().cloned());
            }
        }
    }
    Ok(over)
}

fn differs(objects: &[Dataset], name: &Name, what: &str, compat: Compat) -> Result<bool> {
    let variables: Vec<&Variable> = objects.iter().filter_map(|ds| ds.find(name)).collect();
    if variables.len() == 1 {
        return Ok(false);
    }
    if let Some(n) = objects.iter().position(|ds| ds.find(name).is_none()) {
        return Err(Error::invalid(format!("{what} `{name}` is not in object {n}"))
            .help("add it there, or join minimally"));
    }
    let how = match compat {
        Compat::Identical => Same::Identical,
        Compat::Equals => Same::Equals,
        Compat::NoConflicts => Same::NoConflicts,
        _ => Same::Broadcast,
    };
    for v in &variables[1..] {
        if !variables_match(variables[0], v, how)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What joining one variable needs to know.
struct Job<'a> {
    objects: &'a [Dataset],
    /// Of each object along the dimension.
    lengths: Vec<usize>,
    dim: &'a Name,
    options: &'a ConcatOptions,
    names: &'a IndexSet<Name>,
}

impl Job<'_> {
    /// The variables of a name as one, where they are not joined.
    fn merged(&self, name: &Name, is_coord: bool) -> Result<Option<Indexed>> {
        let elements = elements_of(self.objects, name);
        let merged = merge_variables(name, &elements, self.options.compat, CombineAttrs::Override)?;
        if merged.is_none() && is_coord {
            return Err(Error::invalid(format!("coordinate `{name}` differs between the objects")));
        }
        Ok(merged)
    }

    /// The variables of a name one after the other.
    fn joined(&self, name: &Name, is_coord: bool) -> Result<Indexed> {
        let found: Vec<(usize, &Variable)> =
            self.objects.iter().enumerate().filter_map(|(i, ds)| Some((i, ds.find(name)?))).collect();
        if is_coord && found.len() < self.objects.len() {
            let absent = (0..self.objects.len()).find(|i| self.objects[*i].find(name).is_none());
            return Err(Error::invalid(format!(
                "coordinate `{name}` is not in object {}, but in others",
                absent.unwrap_or_default()
            ))
            .help("add it there, or drop it from the others"));
        }
        let (arrays, sizes) = self.common(&found)?;
        let axis = sizes.get_index_of(self.dim).ok_or_else(|| Error::internal("no axis to join along"))?;
        let data = LazyArray::concat(axis, &arrays)?;
        let attrs = self.options.combine_attrs.combine(found.iter().map(|(_, v)| &v.attrs))?;
        let mut out = found[0].1.with_data(sizes.keys().cloned(), data)?.with_attrs(attrs);
        if found.len() < self.objects.len() {
            let takes = IndexMap::from([(self.dim.clone(), self.holes(&found))]);
            let fill = self.options.fill_values.get(name).or(self.options.fill_value.as_ref());
            out = take_variable(&out, &takes, fill)?;
        }
        let own = |ds: &&Dataset| ds.coords().index(name).is_some_and(|index| Part::of(index).is_none());
        let indexed = self.objects.iter().filter(own).count();
        if indexed == 0 || !self.names.contains(name) || out.ndim() != 1 {
            return Ok((out, None));
        }
        if indexed < self.objects.len() {
            let without = self.objects.iter().position(|ds| ds.coords().index(name).is_none());
            return Err(Error::invalid(format!(
                "coordinate `{name}` has an index in some objects, but not in object {}",
                without.unwrap_or_default()
            )));
        }
        let labels = out.load()?;
        let parts: Vec<_> = self.objects.iter().filter_map(|ds| ds.coords().index(name)).collect();
        let index = index::concat_index(&parts, &labels)?;
        Ok((out.with_data(out.dims().iter().cloned(), labels)?, Some(index)))
    }

    /// The arrays with one dtype and the same dimensions, the joined one first where it is new.
    fn common(&self, found: &[(usize, &Variable)]) -> Result<(Vec<LazyArray>, IndexMap<Name, usize>)> {
        let mut sizes: IndexMap<Name, usize> = IndexMap::new();
        if found.iter().all(|(_, v)| v.axis(self.dim).is_none()) {
            sizes.insert(self.dim.clone(), 1);
        }
        let mut dtype: Option<DType> = None;
        for (i, v) in found {
            dtype = Some(match dtype {
                None => v.dtype(),
                Some(d) => {
                    diagnostics::met(d, v.dtype())?;
                    promote::promote(d, v.dtype()).map_err(|e| e.at(format!("object {i}")))?
                }
            });
            for (d, n) in v.sizes() {
                sizes.entry(d).or_insert(n);
            }
        }
        let dtype = dtype.ok_or_else(|| Error::internal("nothing to join"))?;
        let mut arrays = Vec::with_capacity(found.len());
        for (i, v) in found {
            let mut own = sizes.clone();
            own.insert(self.dim.clone(), self.lengths[*i]);
            for (d, n) in v.sizes() {
                if own.get(&d) != Some(&n) {
                    return Err(Error::alignment(format!(
                        "object {i} has length {n} along `{d}`, object {} has {}",
                        found[0].0,
                        own.get(&d).copied().unwrap_or_default()
                    )));
                }
            }
            arrays.push(expand(v, &own)?.data().cast(dtype)?);
        }
        Ok((arrays, sizes))
    }

    /// Positions in the joined variable for every object; -1 where an object lacks it.
    fn holes(&self, found: &[(usize, &Variable)]) -> Positions {
        let mut positions = Vec::with_capacity(self.lengths.iter().sum());
        let mut next = 0;
        let mut found = found.iter().map(|(i, _)| *i).peekable();
        for (i, &n) in self.lengths.iter().enumerate() {
            let present = found.next_if_eq(&i).is_some();
            positions.extend((0..n as i64).map(|p| if present { next + p } else { -1 }));
            if present {
                next += n as i64;
            }
        }
        Positions::Many(positions)
    }
}
