//! Selection by label: `sel`, `drop_sel`.

use std::sync::Arc;

use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::dims::Missing;
use super::indexer::{Indexer, Isel, PySlice};
use super::levels::{Chosen, positions_of_tuples};
use super::selector::{Sel, Selector, block_of_values};
use super::variable::{Name, Variable};
use crate::array::{Block, Slice};
use crate::dtype::{DType, Scalar};
use crate::error::{Context, Error, Result};
use crate::index::{self, Index, Label, Method, Positions};
use crate::kernel::cast::cast;

impl Dataset {
    /// Selects by label along one dimension; variables without it stay as they are.
    ///
    /// A label drops the dimension and leaves its coordinate as scalar; ranges, lists and partial dates
    /// keep it; an array puts its own dimensions in the place. Along a dimension without coordinate labels
    /// are positions. Lazy: reads no data variable.
    ///
    /// # Errors
    /// If there is no such coordinate or dimension, or a label is not there.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let mut coords = Coords::new();
    /// coords.insert("x", Variable::from_vec(&[("x", 4)], vec![10, 20, 30, 40])?)?;
    /// let ds = DataArray::new(Variable::from_vec(&[("x", 4)], vec![1, 2, 3, 4])?, coords)?.to_dataset("a");
    /// assert_eq!(ds.sel("x", 30)?.get("a")?.to_vec::<i32>()?, [3]);
    /// assert_eq!(ds.sel("x", 15..=30)?.get("a")?.to_vec::<i32>()?, [2, 3]);
    /// assert_eq!(ds.sel("x", 20..40)?.get("a")?.to_vec::<i32>()?, [2, 3]);
    /// assert!(ds.sel("x", 25).err().unwrap().is_not_found());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn sel(&self, dim: &str, labels: impl Into<Selector>) -> Result<Dataset> {
        self.sel_with(Sel::new().at(dim, labels))
    }

    /// Selects by label along several dimensions at once, by neighbours too: see [`Sel`].
    ///
    /// # Errors
    /// If a coordinate or dimension does not exist, a label (or a neighbour within the tolerance) is not
    /// there, or arrays of labels do not fit together.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[3], vec![10.0, 20.0, 30.0])?;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?.assign_coords([("x", x)])?;
    /// let ds = a.to_dataset("n").sel_with(Sel::new().nearest("x", [11.0, 29.0]))?;
    /// assert_eq!(ds.get("n")?.to_vec::<i32>()?, [1, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn sel_with(&self, sel: Sel) -> Result<Dataset> {
        let (isel, chosen) = self.locate(self.find_labels(&sel), || "`sel`".to_string())?;
        let drop = isel.drop;
        let selected = self.isel_with(isel)?;
        if chosen.is_empty() { Ok(selected) } else { selected.without_levels(chosen, drop) }
    }

    /// The selection by position that a selection by label stands for.
    pub(super) fn positions_of(&self, sel: &Sel) -> Result<Isel> {
        Ok(self.find_labels(sel)?.0)
    }

    /// The positions of labels, and the levels of multi-indexes that one label each was taken of.
    fn find_labels(&self, sel: &Sel) -> Result<(Isel, Vec<Chosen>)> {
        let mut isel = Isel::new().drop(sel.drop);
        let inexact = |m: &Option<Method>| m.unwrap_or(sel.method) != Method::Exact;
        if sel.tolerance.is_some() && !sel.selectors.values().any(|(_, m)| inexact(m)) {
            return Err(Error::invalid("a tolerance without a method")
                .help("say nearest, pad or backfill for the dimension"));
        }
        let (shared, others) = self.split_shared(sel)?;
        let mut found = Vec::with_capacity(others.len());
        let mut chosen = Vec::new();
        for asked in shared {
            let (indexers, levels) = asked.locate(sel.tolerance.as_ref())?;
            found.extend(indexers);
            chosen.extend(levels);
        }
        for (name, selector, method) in others {
            found.push(match self.lookup(name)? {
                Some((dim, index)) => {
                    let tolerance = sel.tolerance.as_ref().filter(|_| method != Method::Exact);
                    let indexer = by_label(index.as_ref(), selector, method, tolerance);
                    (dim, indexer.at(|| format!("index of `{name}`"))?)
                }
                None if method != Method::Exact => {
                    return Err(Error::invalid(format!("dimension `{name}` has no labels to be near to"))
                        .help(format!("select positions with `isel`, or give `{name}` a coordinate")));
                }
                None => (name.clone(), by_position(selector)?),
            });
        }
        for (dim, indexer) in found {
            if isel.indexers.contains_key(&dim) {
                return Err(Error::invalid(format!("dimension `{dim}` is selected twice")));
            }
            isel = isel.at(dim, indexer);
        }
        Ok((isel, chosen))
    }

    /// The index of a coordinate (made for the moment if it has none) and its dimension; `None` for a
    /// dimension without coordinate.
    fn lookup(&self, name: &Name) -> Result<Option<(Name, Arc<dyn Index>)>> {
        let Some(coord) = self.coords().get(name) else {
            let sizes = self.sizes();
            if sizes.contains_key(name) {
                return Ok(None);
            }
            let known = self.coords().names().chain(sizes.keys().filter(|d| !self.coords().contains(d)));
            return Err(Error::not_found("coordinate or dimension", name, known));
        };
        match (self.coords().index(name), coord.dims()) {
            (Some(index), [dim]) => Ok(Some((dim.clone(), index.clone()))),
            (None, [dim]) => Ok(Some((dim.clone(), index::default_index(&coord.load()?)?))),
            (_, dims) => Err(Error::invalid(format!(
                "coordinate `{name}` has the dimensions ({}): only along one can labels be selected",
                dims.join(", ")
            ))
            .help("select with `where_cond` on the coordinate, or by position with `isel`")),
        }
    }

    /// Takes all but these labels.
    ///
    /// # Errors
    /// If there is no such index, or a label is not there.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let mut coords = Coords::new();
    /// coords.insert("x", Variable::from_vec(&[("x", 3)], vec![10, 20, 30])?)?;
    /// let ds = DataArray::new(Variable::from_vec(&[("x", 3)], vec![1, 2, 3])?, coords)?.to_dataset("a");
    /// assert_eq!(ds.drop_sel("x", 20)?.get("a")?.to_vec::<i32>()?, [1, 3]);
    /// assert!(ds.drop_sel("x", 99).is_err());
    /// assert_eq!(ds.drop_sel_with("x", [30, 99], Missing::Ignore)?.get("a")?.to_vec::<i32>()?, [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_sel(&self, dim: &str, labels: impl Into<Selector>) -> Result<Dataset> {
        self.drop_sel_with(dim, labels, Missing::Raise)
    }

    /// Takes all but these labels; says whether a label that is not there is a mistake.
    ///
    /// # Errors
    /// If there is no such index, or a label is not there and must be.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("x", x)])?;
    /// let ds = a.to_dataset("n").drop_sel_with("x", [20, 30], Missing::Ignore)?;
    /// assert_eq!(ds.get("n")?.to_vec::<i32>()?, [1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_sel_with(&self, dim: &str, labels: impl Into<Selector>, missing: Missing) -> Result<Dataset> {
        let found = self.all_but(dim, &labels.into(), missing == Missing::Ignore);
        let (dim, keep) = self.locate(found, || format!("`drop_sel` along `{dim}`"))?;
        self.isel(&dim, keep)
    }

    /// The dimension of a coordinate, and a mask of the places where it has none of these labels.
    fn all_but(&self, name: &str, labels: &Selector, ignore: bool) -> Result<(Name, Vec<bool>)> {
        if let Some(joint) = self.coords().multi_along(name) {
            let n = joint.index.shape()[0];
            return Ok((name.into(), mask_of_others(n, positions_of_tuples(&joint, labels)?, ignore)?));
        }
        if let Some(joint) = self.coords().joint_of(name) {
            return Err(Error::invalid(format!(
                "`{name}` shares an index: its labels have no place of their own"
            ))
            .at(joint.place())
            .help("drop tuples along the dimension, or select with `where_cond`"));
        }
        let Some((dim, index)) = self.lookup(&name.into())? else {
            return Err(Error::invalid(format!("dimension `{name}` has no labels")).help("use `drop_isel`"));
        };
        let labels = match labels {
            Selector::One(s) => s.to_block().reshape(&[1])?,
            Selector::List(b) => b.clone(),
            Selector::Values(v) => block_of_values(v)?,
            Selector::Array(a) => a.load()?,
            Selector::Range { .. } | Selector::Slice(_) => {
                let found = index.select(&range_label(labels), Method::Exact, None)?;
                return Ok((dim, mask_of_others(index.len(), [Ok(found)], ignore)?));
            }
            Selector::Tuple(_) | Selector::Tuples(_) | Selector::Between { .. } => {
                return Err(no_tuples());
            }
        };
        let n = labels.size();
        let labels = labels.reshape(&[n])?;
        // One by one, because a label that stands twice goes twice.
        let found = (0..n).map(|i| {
            let one = labels.slice(&[Slice::range(i..i + 1)]).remove_axis(0);
            index.select(&Label::One(Scalar::Typed(one)), Method::Exact, None)
        });
        Ok((dim, mask_of_others(index.len(), found, ignore)?))
    }
}

/// True at all places but those found; what is not there may be passed over.
fn mask_of_others(
    len: usize,
    found: impl IntoIterator<Item = Result<Positions>>,
    ignore: bool,
) -> Result<Vec<bool>> {
    let mut keep = vec![true; len];
    for positions in found {
        match positions {
            Ok(Positions::One(p)) => keep[p] = false,
            Ok(Positions::Slice(s)) => (0..s.len).for_each(|i| keep[s.position(i)] = false),
            Ok(Positions::Many(p)) => p.iter().for_each(|&p| keep[p as usize] = false),
            Err(e) if ignore && e.is_not_found() => {}
            Err(e) => return Err(e),
        }
    }
    Ok(keep)
}

fn no_tuples() -> Error {
    Error::invalid("a tuple of labels where labels are single")
        .help("tuples are labels of a multi-index, which `stack` and `set_index` make")
}

/// A range or slice of labels, as an index takes it.
pub(super) fn range_label(selector: &Selector) -> Label {
    match selector {
        Selector::Range { start, stop, half_open } => {
            Label::Range { start: start.clone(), stop: stop.clone(), step: None, half_open: *half_open }
        }
        Selector::Slice(s) => {
            Label::Range { start: s.start.clone(), stop: s.stop.clone(), step: s.step, half_open: false }
        }
        _ => Label::Range { start: None, stop: None, step: None, half_open: false },
    }
}

/// The positions of labels.
fn by_label(
    index: &dyn Index,
    selector: &Selector,
    method: Method,
    tolerance: Option<&Scalar>,
) -> Result<Indexer> {
    let select = |label: Label| index.select(&label, method, tolerance).map(indexer);
    let list = |labels: Block| {
        // A list of bools is a mask, also where it could be labels.
        if labels.dtype().is_bool() { Ok(Indexer::List(labels)) } else { select(Label::Many(labels)) }
    };
    match selector {
        Selector::One(label) => select(Label::One(label.clone())),
        Selector::List(labels) if labels.ndim() > 1 => Ok(Indexer::List(labels.clone())),
        Selector::List(labels) => list(labels.clone()),
        Selector::Values(values) => list(block_of_values(values)?),
        Selector::Range { .. } | Selector::Slice(_) => select(range_label(selector)),
        Selector::Tuple(_) | Selector::Tuples(_) | Selector::Between { .. } => Err(no_tuples()),
        Selector::Array(a) if a.dtype().is_bool() => Ok(Indexer::Array(a.clone())),
        Selector::Array(a) => {
            let labels = a.load()?;
            let positions = match labels.ndim() {
                0 => match index.select(&Label::One(Scalar::Typed(labels)), method, tolerance)? {
                    Positions::One(p) => Block::scalar(p as i64),
                    _ => {
                        return Err(Error::invalid("the label stands at several places")
                            .help("an array of labels needs each label to stand once"));
                    }
                },
                _ => match index.select(&Label::Many(labels.clone()), method, tolerance)? {
                    Positions::Many(p) => Block::from_vec(labels.shape(), p)?,
                    other => return Err(Error::internal(format!("a list of labels gave {other:?}"))),
                },
            };
            let variable = Variable::new(a.dims().to_vec(), positions)?;
            Ok(DataArray::from_parts(None, variable, a.coords().clone()).into())
        }
    }
}

pub(super) fn indexer(positions: Positions) -> Indexer {
    match positions {
        Positions::One(p) => Indexer::At(p as i64),
        Positions::Many(p) => p.into(),
        Positions::Slice(s) => {
            let (start, step) = (s.start as i64, s.step as i64);
            let stop = start + s.len as i64 * step;
            // Before the first position a backward slice has no bound.
            let stop = Some(stop).filter(|_| stop >= 0);
            Indexer::Slice(PySlice { start: Some(start), stop, step: Some(step) })
        }
    }
}

/// Labels as positions, for a dimension without coordinate.
fn by_position(selector: &Selector) -> Result<Indexer> {
    let whole = |s: &Scalar| match s {
        Scalar::Int(i) => Ok(*i),
        Scalar::Typed(b) if b.dtype().is_integer() => {
            let key = cast(b, DType::I64)?;
            Ok(key.typed::<i64>()?.first().copied().unwrap_or_default())
        }
        s => Err(Error::dtype(format!("a position must be an integer, not {}", s.dtype()))
            .help("the dimension has no coordinate: labels along it are positions")),
    };
    let bound = |s: &Option<Scalar>| s.as_ref().map(whole).transpose();
    Ok(match selector {
        Selector::One(s) => Indexer::At(whole(s)?),
        Selector::List(b) => b.clone().into(),
        Selector::Values(v) => block_of_values(v)?.into(),
        Selector::Range { start, stop: Some(stop), half_open: false } => {
            let stop = whole(stop)?;
            let mut indexer = Indexer::from(..=stop);
            if let Indexer::Slice(s) = &mut indexer {
                s.start = bound(start)?;
            }
            indexer
        }
        Selector::Range { start, stop, .. } => {
            Indexer::Slice(PySlice { start: bound(start)?, stop: bound(stop)?, step: None })
        }
        Selector::Slice(s) => {
            Indexer::Slice(PySlice { start: bound(&s.start)?, stop: bound(&s.stop)?, step: s.step })
        }
        Selector::Array(a) => Indexer::Array(a.clone()),
        Selector::Tuple(_) | Selector::Tuples(_) | Selector::Between { .. } => return Err(no_tuples()),
    })
}

impl DataArray {
    /// Selects by label along one dimension: see [`Dataset::sel`].
    ///
    /// # Errors
    /// If there is no such coordinate or dimension, or a label is not there.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let mut coords = Coords::new();
    /// coords.insert("y", Variable::from_vec(&[("y", 2)], vec![Text::from("a"), Text::from("b")])?)?;
    /// let a = DataArray::new(Variable::from_vec(&[("y", 2)], vec![1, 2])?, coords)?;
    /// assert_eq!(a.sel("y", "b")?.to_vec::<i32>()?, [2]);
    /// # use graticule::dtype::Text;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn sel(&self, dim: &str, labels: impl Into<Selector>) -> Result<DataArray> {
        self.via_dataset(|ds| ds.sel(dim, labels))
    }

    /// Selects by label along several dimensions: see [`Dataset::sel_with`].
    ///
    /// # Errors
    /// If a coordinate or dimension does not exist, a label is not there, or arrays of labels do not fit.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[3], vec![10.0, 20.0, 30.0])?;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?.assign_coords([("x", x)])?;
    /// assert_eq!(a.sel_with(Sel::new().pad("x", 29.0))?.to_vec::<i32>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn sel_with(&self, sel: Sel) -> Result<DataArray> {
        self.via_dataset(|ds| ds.sel_with(sel))
    }

    /// Takes all but these labels: see [`Dataset::drop_sel`].
    ///
    /// # Errors
    /// If there is no such index, or a label is not there.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("x", x)])?;
    /// assert_eq!(a.drop_sel("x", [10])?.to_vec::<i32>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_sel(&self, dim: &str, labels: impl Into<Selector>) -> Result<DataArray> {
        self.via_dataset(|ds| ds.drop_sel(dim, labels))
    }

    /// Takes all but these labels: see [`Dataset::drop_sel_with`].
    ///
    /// # Errors
    /// If there is no such index, or a label is not there and must be.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("x", x)])?;
    /// assert_eq!(a.drop_sel_with("x", [20, 30], Missing::Ignore)?.to_vec::<i32>()?, [1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_sel_with(
        &self,
        dim: &str,
        labels: impl Into<Selector>,
        missing: Missing,
    ) -> Result<DataArray> {
        self.via_dataset(|ds| ds.drop_sel_with(dim, labels, missing))
    }
}
