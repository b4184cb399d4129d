//! Several dimensions as one, and back: `stack` and `unstack`.

use indexmap::IndexMap;

use super::broadcast::expand;
use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::dims::IntoDims;
use super::joint::Joint;
use super::reindex::{in_variable, take_variable};
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::Scalar;
use crate::error::{Context, Error, Result};
use crate::index::{MultiIndex, Positions};

/// What becomes of labels where dimensions are stacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StackIndex {
    /// They become levels of a multi-index; along a dimension without labels positions do.
    #[default]
    Always,
    /// They become levels if every dimension has an index, else plain coordinates.
    WhereLabelled,
    /// They become plain coordinates.
    Never,
}

/// What stands where a combination of labels is not there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UnstackOptions {
    /// For all variables; missing values by default. Takes part in the dtype.
    pub fill_value: Option<Scalar>,
    /// For single variables and coordinates, instead.
    pub fill_values: IndexMap<Name, Scalar>,
}

impl UnstackOptions {
    /// The value for a variable.
    fn of(&self, name: &Name) -> Option<&Scalar> {
        self.fill_values.get(name).or(self.fill_value.as_ref())
    }
}

impl Dataset {
    /// Makes one dimension of several, which comes last; the last of `dims` goes fastest. Their labels
    /// become levels of a multi-index of it. `..` stacks all dimensions, and `"..."` among names stands for
    /// those that are not named.
    ///
    /// A variable that has only some of the dimensions repeats along the others; one that has none stays.
    /// Chunks: see [`LazyArray::reshape`](crate::lazy::LazyArray::reshape). Lazy: reads no data variable.
    ///
    /// # Errors
    /// If a dimension does not exist, the new one does, or one has a multi-index or several indexes already.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let ds = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.to_dataset("a");
    /// let flat = ds.stack("z", ["x", "y"])?;
    /// assert_eq!(flat.get("a")?.to_vec::<i32>()?, [1, 2, 3, 4]);
    /// assert_eq!(flat.sel("y", 1)?.get("a")?.to_vec::<i32>()?, [2, 4]);
    /// assert!(flat.unstack("z")?.equals(&ds.assign_coords([
    ///     ("x", Block::from_vec(&[2], vec![0i64, 1])?),
    ///     ("y", Block::from_vec(&[2], vec![0i64, 1])?),
    /// ])?)?);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn stack(&self, new_dim: impl Into<Name>, dims: impl IntoDims) -> Result<Dataset> {
        self.stack_with(new_dim, dims, StackIndex::Always)
    }

    /// [`stack`](Self::stack) that says what becomes of the labels.
    ///
    /// # Errors
    /// Those of [`stack`](Self::stack).
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::StackIndex;
    /// # use graticule::prelude::*;
    /// let ds = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.to_dataset("a");
    /// assert!(ds.stack_with("z", ["x", "y"], StackIndex::Never)?.coords().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn stack_with(
        &self,
        new_dim: impl Into<Name>,
        dims: impl IntoDims,
        index: StackIndex,
    ) -> Result<Dataset> {
        let new_dim = new_dim.into();
        let stacked = self.stacked(&new_dim, dims, index);
        self.locate(stacked, || format!("`stack` to `{new_dim}`"))
    }

    fn stacked(&self, new_dim: &Name, dims: impl IntoDims, index: StackIndex) -> Result<Dataset> {
        let sizes = self.sizes();
        let dims = stacked_dims(&sizes, dims)?;
        if sizes.contains_key(new_dim) {
            return Err(
                Error::invalid(format!("dimension `{new_dim}` exists already")).known(names_of(sizes.keys()))
            );
        }
        let taken = self.data_vars().contains_key(new_dim);
        if taken || index == StackIndex::Never && self.coords().contains(new_dim) {
            return Err(Error::invalid(format!("`{new_dim}` is a variable or coordinate already"))
                .help("choose another name for the new dimension, or rename the variable"));
        }
        let joint = match index {
            StackIndex::Never => None,
            _ => self.product_index(new_dim, &dims, &sizes, index == StackIndex::Always)?,
        };
        let mut coords = Coords::new();
        for (name, v) in self.coords().iter() {
            let is_level = joint.as_ref().is_some_and(|j| j.names.contains(name));
            if is_level || joint.is_some() && name == new_dim {
                continue;
            }
            if v.dims().iter().any(|d| dims.contains(d)) {
                let v = stack_variable(v, new_dim, &dims, &sizes).at(|| format!("coordinate `{name}`"))?;
                coords.insert_with(name.clone(), v, None)?;
            } else {
                coords.insert_with(name.clone(), v.clone(), self.coords().index(name).cloned())?;
            }
        }
        if let Some(joint) = &joint {
            coords.insert_joint(joint, self.coords())?;
        }
        let mut vars = IndexMap::with_capacity(self.data_vars().len());
        for (name, v) in self.data_vars() {
            let v = stack_variable(v, new_dim, &dims, &sizes).map_err(|e| in_variable(e, name))?;
            vars.insert(name.clone(), v);
        }
        Ok(self.with_parts(vars, coords))
    }

    /// The multi-index of every combination of the labels of some dimensions.
    fn product_index(
        &self,
        new_dim: &Name,
        dims: &[Name],
        sizes: &IndexMap<Name, usize>,
        always: bool,
    ) -> Result<Option<Joint>> {
        let (mut names, mut labels) = (Vec::new(), Vec::new());
        for dim in dims {
            if let Some(joint) = self.coords().multi_along(dim) {
                if !always {
                    return Ok(None);
                }
                return Err(Error::invalid(format!("dimension `{dim}` has a multi-index"))
                    .at(joint.place())
                    .help("`unstack` or `reset_index` it first, or stack without an index"));
            }
            let along =
                |name: &Name| self.coords().get(name).is_some_and(|v| v.dims() == std::slice::from_ref(dim));
            let mut found = self.coords().indexes().filter(|(name, _)| along(name));
            let (name, block) = match (found.next(), found.next()) {
                (Some((name, index)), None) => (name.clone(), index.labels()),
                (Some((a, _)), Some((b, _))) if always => {
                    return Err(Error::invalid(format!("dimension `{dim}` has the indexes `{a}` and `{b}`"))
                        .help("drop one with `drop_indexes`, or stack without an index"));
                }
                _ if !always => return Ok(None),
                _ => match self.coords().get(dim) {
                    Some(v) => (dim.clone(), v.load()?),
                    None => (dim.clone(), Block::from_vec(&[sizes[dim]], (0..sizes[dim] as i64).collect())?),
                },
            };
            if names.contains(&name) || name == *new_dim {
                return Err(Error::invalid(format!(
                    "the level `{name}` cannot be named like another or `{new_dim}`"
                )));
            }
            names.push(name);
            labels.push(block);
        }
        let index = std::sync::Arc::new(MultiIndex::product(&labels)?);
        Ok(Some(Joint { names, dims: vec![new_dim.clone()], index }))
    }

    /// Makes a dimension of each level of a multi-index, in order and last: the way back from
    /// [`stack`](Self::stack). `..` or `()` does so for every dimension with one.
    ///
    /// Combinations of labels that are not there get missing values, so that integers become floats; where
    /// all are there the dtype stays. Lazy: reads no data variable.
    ///
    /// # Errors
    /// If a dimension has no multi-index, a combination of labels stands twice, or a label is missing.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.to_dataset("a").stack("z", ..)?;
    /// assert_eq!(a.unstack("z")?.get("a")?.dtype(), DType::I32);
    /// let part = a.isel("z", [0, 1, 2])?.unstack(())?;
    /// assert!(part.get("a")?.to_vec::<f64>()?[3].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn unstack(&self, dims: impl IntoDims) -> Result<Dataset> {
        self.unstack_with(dims, &UnstackOptions::default())
    }

    /// [`unstack`](Self::unstack) with values for what is not there.
    ///
    /// # Errors
    /// Those of [`unstack`](Self::unstack), and if a fill value has no meaning for a dtype.
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::UnstackOptions;
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.to_dataset("a").stack("z", ..)?;
    /// let options = UnstackOptions { fill_value: Some(Scalar::Int(-1)), ..Default::default() };
    /// let part = a.isel("z", [0, 1, 2])?.unstack_with("z", &options)?;
    /// assert_eq!(part.get("a")?.to_vec::<i32>()?, [1, 2, 3, -1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn unstack_with(&self, dims: impl IntoDims, options: &UnstackOptions) -> Result<Dataset> {
        let dims = dims.into_dims();
        let unstacked = || {
            let mut joints = Vec::new();
            for dim in dims.among(&self.sizes())? {
                match self.coords().multi_along(&dim) {
                    Some(joint) => joints.push(joint),
                    None if dims.names().is_none() => {}
                    None => {
                        return Err(Error::invalid(format!("dimension `{dim}` has no multi-index"))
                            .help("`set_index` with several coordinates makes one"));
                    }
                }
            }
            joints
                .iter()
                .try_fold(self.clone(), |ds, joint| ds.unstacked(joint, options).at(|| joint.place()))
        };
        self.locate(unstacked(), || "`unstack`".to_string())
    }

    fn unstacked(&self, joint: &Joint, options: &UnstackOptions) -> Result<Dataset> {
        let Some((dim, multi)) = joint.multi() else {
            return Err(Error::internal("no multi-index to unstack"));
        };
        if let Some(name) = joint.names.iter().find(|n| self.sizes().contains_key(*n)) {
            return Err(Error::invalid(format!("the level `{name}` is named like a dimension that exists"))
                .help("rename one of them"));
        }
        let (levels, positions) = multi.unstack()?;
        let places = Places::new(
            joint.names.iter().cloned().zip(levels.iter().map(Block::size)),
            positions,
            multi.len(),
        );
        let mut coords = Coords::new();
        for (name, labels) in joint.names.iter().zip(&levels) {
            let v = Variable::new([name.clone()], labels.clone())?;
            let attrs = self.coords().get(name).map(|v| v.attrs.clone()).unwrap_or_default();
            coords.insert(name.clone(), v.with_attrs(attrs))?;
        }
        for (name, v) in self.coords().iter().filter(|(n, _)| !joint.names.contains(n)) {
            let index = self.coords().index(name).filter(|_| v.axis(dim).is_none());
            let v = places.unstack(v, dim, options.of(name)).at(|| format!("coordinate `{name}`"))?;
            coords.insert_with(name.clone(), v, index.cloned())?;
        }
        let mut vars = IndexMap::with_capacity(self.data_vars().len());
        for (name, v) in self.data_vars() {
            let v = places.unstack(v, dim, options.of(name)).map_err(|e| in_variable(e, name))?;
            vars.insert(name.clone(), v);
        }
        Ok(self.with_parts(vars, coords))
    }
}

fn names_of<'a>(names: impl Iterator<Item = &'a Name>) -> Vec<String> {
    names.map(|n| n.to_string()).collect()
}

/// The dimensions to stack, `"..."` replaced by those that are not named.
fn stacked_dims(sizes: &IndexMap<Name, usize>, dims: impl IntoDims) -> Result<Vec<Name>> {
    let dims = dims.into_dims();
    let Some(names) = dims.names() else { return Ok(sizes.keys().cloned().collect()) };
    let mut out: Vec<Name> = Vec::new();
    for name in names {
        if &**name == "..." {
            out.extend(sizes.keys().filter(|d| !names.contains(d)).cloned());
        } else if !sizes.contains_key(name) {
            return Err(Error::not_found("dimension", name, sizes.keys()));
        } else if out.contains(name) {
            return Err(Error::invalid(format!("dimension `{name}` is stacked twice")));
        } else {
            out.push(name.clone());
        }
    }
    if out.is_empty() {
        return Err(Error::invalid("no dimensions to stack").known(names_of(sizes.keys())));
    }
    Ok(out)
}

/// A variable with one last dimension in place of several; it repeats along those that it lacks.
fn stack_variable(
    v: &Variable,
    new_dim: &Name,
    dims: &[Name],
    sizes: &IndexMap<Name, usize>,
) -> Result<Variable> {
    if !v.dims().iter().any(|d| dims.contains(d)) {
        return Ok(v.clone());
    }
    let kept: Vec<Name> = v.dims().iter().filter(|d| !dims.contains(d)).cloned().collect();
    let all: IndexMap<Name, usize> = kept.iter().chain(dims).map(|d| (d.clone(), sizes[d])).collect();
    let spread = expand(v, &all)?;
    let mut shape: Vec<usize> = kept.iter().map(|d| sizes[d]).collect();
    shape.push(dims.iter().map(|d| sizes[d]).product());
    spread.with_data(kept.into_iter().chain([new_dim.clone()]), spread.data().reshape(&shape)?)
}

/// Where the positions of a dimension go among the combinations of the labels of its levels.
struct Places {
    dims: IndexMap<Name, usize>,
    /// The order of the levels in which the positions go through all combinations, if they do.
    order: Option<Vec<usize>>,
    /// For each combination its position, or -1.
    positions: Positions,
}

impl Places {
    fn new(dims: impl Iterator<Item = (Name, usize)>, positions: Vec<i64>, len: usize) -> Places {
        let dims: IndexMap<Name, usize> = dims.collect();
        let lengths: Vec<usize> = dims.values().copied().collect();
        let order = if positions.len() == len { nesting(&lengths, &positions) } else { None };
        Places { dims, order, positions: Positions::Many(positions) }
    }

    /// The variable with the dimensions of the levels, last, in place of `dim`.
    fn unstack(&self, v: &Variable, dim: &Name, fill: Option<&Scalar>) -> Result<Variable> {
        let Some(axis) = v.axis(dim) else { return Ok(v.clone()) };
        let mut perm: Vec<usize> = (0..v.ndim()).filter(|a| *a != axis).collect();
        let others: Vec<Name> = perm.iter().map(|&a| v.dims()[a].clone()).collect();
        let mut shape: Vec<usize> = perm.iter().map(|&a| v.shape()[a]).collect();
        perm.push(axis);
        let ordered = others.iter().chain([dim]).cloned().collect::<Vec<_>>();
        let last = v.with_data(ordered, v.data().transpose(&perm)?)?;
        let lengths: Vec<usize> = self.dims.values().copied().collect();
        let names = others.iter().chain(self.dims.keys()).cloned().collect::<Vec<_>>();
        let lead = shape.len();
        match &self.order {
            // All are there, and in order: nothing needs to be looked up.
            Some(order) => {
                shape.extend(order.iter().map(|&l| lengths[l]));
                let place = |level| order.iter().position(|l| *l == level).unwrap_or(level);
                let back: Vec<usize> = (0..lead).chain((0..order.len()).map(|l| lead + place(l))).collect();
                v.with_data(names, last.data().reshape(&shape)?.transpose(&back)?)
            }
            None => {
                let takes = IndexMap::from([(dim.clone(), self.positions.clone())]);
                let taken = take_variable(&last, &takes, fill)?;
                shape.extend(lengths);
                v.with_data(names, taken.data().reshape(&shape)?)
            }
        }
    }
}

/// The order of the levels, slowest first, in which rising positions go through all combinations; `None` if
/// they go otherwise.
fn nesting(lengths: &[usize], positions: &[i64]) -> Option<Vec<usize>> {
    if positions.is_empty() {
        return Some((0..lengths.len()).collect());
    }
    // How far apart neighbours along each level stand.
    let mut inner = positions.len();
    let mut strides = Vec::with_capacity(lengths.len());
    for &n in lengths {
        inner /= n;
        strides.push(if n > 1 { positions[inner] - positions[0] } else { 0 });
    }
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&l| std::cmp::Reverse(if lengths[l] > 1 { strides[l] } else { i64::MAX }));
    let mut expected = positions.len() as i64;
    for &level in &order {
        expected /= lengths[level] as i64;
        if lengths[level] > 1 && strides[level] != expected {
            return None;
        }
    }
    let mut index = vec![0usize; lengths.len()];
    for &position in positions {
        let place: i64 = index.iter().zip(&strides).map(|(&i, s)| i as i64 * s).sum();
        if place != position {
            return None;
        }
        for (i, &n) in index.iter_mut().zip(lengths).rev() {
            *i += 1;
            if *i < n {
                break;
            }
            *i = 0;
        }
    }
    Some(order)
}

impl DataArray {
    /// Makes one dimension of several, which comes last: see [`Dataset::stack`].
    ///
    /// # Errors
    /// Those of [`Dataset::stack`].
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?;
    /// assert_eq!(a.stack("z", ["y", "x"])?.to_vec::<i32>()?, [1, 3, 2, 4]);
    /// assert_eq!(a.stack("z", ["y", "..."])?.to_vec::<i32>()?, [1, 3, 2, 4]);
    /// assert_eq!(a.stack("z", ..)?.sel("z", (1, 0))?.to_vec::<i32>()?, [3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn stack(&self, new_dim: impl Into<Name>, dims: impl IntoDims) -> Result<DataArray> {
        self.via_dataset(|ds| ds.stack(new_dim, dims))
    }

    /// [`stack`](Self::stack) that says what becomes of the labels: see [`Dataset::stack_with`].
    ///
    /// # Errors
    /// Those of [`Dataset::stack`].
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::StackIndex;
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?;
    /// assert!(a.stack_with("z", ["x", "y"], StackIndex::WhereLabelled)?.coords().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn stack_with(
        &self,
        new_dim: impl Into<Name>,
        dims: impl IntoDims,
        index: StackIndex,
    ) -> Result<DataArray> {
        self.via_dataset(|ds| ds.stack_with(new_dim, dims, index))
    }

    /// Makes a dimension of each level of a multi-index: see [`Dataset::unstack`].
    ///
    /// # Errors
    /// Those of [`Dataset::unstack`].
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?;
    /// assert_eq!(a.stack("z", ["y", "x"])?.unstack("z")?.to_vec::<i32>()?, [1, 3, 2, 4]);
    /// assert!(a.unstack("x").is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn unstack(&self, dims: impl IntoDims) -> Result<DataArray> {
        self.via_dataset(|ds| ds.unstack(dims))
    }

    /// [`unstack`](Self::unstack) with values for what is not there: see [`Dataset::unstack_with`].
    ///
    /// # Errors
    /// Those of [`Dataset::unstack_with`].
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::UnstackOptions;
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?.stack("z", ..)?;
    /// let options = UnstackOptions { fill_value: Some(0.5.into()), ..Default::default() };
    /// assert_eq!(a.isel("z", ..2)?.unstack_with("z", &options)?.shape(), [1, 2]);
    /// assert_eq!(a.isel("z", [0, 3])?.unstack_with("z", &options)?.to_vec::<f64>()?, [1.0, 0.5, 0.5, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn unstack_with(&self, dims: impl IntoDims, options: &UnstackOptions) -> Result<DataArray> {
        self.via_dataset(|ds| ds.unstack_with(dims, options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_levels_is_found() {
        assert_eq!(nesting(&[2, 3], &[0, 1, 2, 3, 4, 5]), Some(vec![0, 1]));
        assert_eq!(nesting(&[2, 3], &[0, 2, 4, 1, 3, 5]), Some(vec![1, 0]));
        assert_eq!(nesting(&[1, 3, 1], &[0, 1, 2]).map(|o| o.len()), Some(3));
        assert_eq!(nesting(&[2, 2], &[0, 3, 2, 1]), None);
        assert_eq!(nesting(&[3], &[2, 1, 0]), None);
        assert_eq!(nesting(&[2, 0], &[]), Some(vec![0, 1]));
    }
}
