//! Selection by label where several coordinates share an index: levels and tuples of a multi-index, and
//! points of indexes of one's own.

use super::broadcast::{broadcast_sizes, expand};
use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::indexer::Indexer;
use super::joint::Joint;
use super::sel::{indexer, range_label};
use super::selector::{Sel, Selector, block_of_values};
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::Scalar;
use crate::error::{Context, Error, Result};
use crate::index::{Label, Method, MultiIndex, Positions};

/// Levels that a selection took one label of each: they leave the multi-index of the dimension.
pub(super) struct Chosen {
    pub(super) dim: Name,
    /// The levels, and the labels that they were asked for.
    pub(super) levels: Vec<(Name, Block)>,
}

/// What a selection on a shared index gives: positions for dimensions, and perhaps levels that go.
type Found = (Vec<(Name, Indexer)>, Option<Chosen>);

/// Selectors of coordinates that share an index.
pub(super) struct Asked<'a> {
    joint: Joint,
    /// For each coordinate of the index what was asked of it.
    levels: Vec<Option<&'a Selector>>,
    /// What was asked of the dimension of a multi-index.
    tuple: Option<&'a Selector>,
    method: Method,
}

impl Dataset {
    /// The selectors that are about shared indexes, by index; and the others.
    pub(super) fn split_shared<'a>(
        &self,
        sel: &'a Sel,
    ) -> Result<(Vec<Asked<'a>>, Vec<(&'a Name, &'a Selector, Method)>)> {
        let joints = self.coords().joints();
        let mut shared: Vec<Asked<'a>> = Vec::new();
        let mut others = Vec::new();
        for (name, (selector, method)) in &sel.selectors {
            let method = method.unwrap_or(sel.method);
            let of_dim = |j: &Joint| j.multi().is_some_and(|(d, _)| d == name);
            let found = match self.coords().contains(name) {
                true => joints.iter().find(|j| j.names.contains(name)),
                false => joints.iter().find(|j| of_dim(j)),
            };
            let Some(joint) = found else {
                others.push((name, selector, method));
                continue;
            };
            let at = match shared.iter().position(|a| a.joint.names == joint.names) {
                Some(at) => at,
                None => {
                    let levels = vec![None; joint.names.len()];
                    shared.push(Asked { joint: joint.clone(), levels, tuple: None, method });
                    shared.len() - 1
                }
            };
            let asked = &mut shared[at];
            if asked.method != method {
                return Err(
                    Error::invalid("coordinates that share an index take one method").at(joint.place())
                );
            }
            match joint.names.iter().position(|n| n == name) {
                Some(level) => asked.levels[level] = Some(selector),
                None => asked.tuple = Some(selector),
            }
            if asked.tuple.is_some() && asked.levels.iter().any(Option::is_some) {
                return Err(Error::invalid(format!(
                    "labels both for the dimension `{}` and for levels of it",
                    joint.dims[0]
                ))
                .help("select by tuples along the dimension, or by levels"));
            }
        }
        Ok((shared, others))
    }

    /// The dataset without levels of a multi-index: each becomes a single value. Where one level is left, the
    /// dimension takes its name.
    pub(super) fn without_levels(&self, chosen: Vec<Chosen>, drop: bool) -> Result<Dataset> {
        let mut ds = self.clone();
        for Chosen { dim, levels } in chosen {
            let Some(joint) = ds.coords().multi_along(&dim) else {
                return Err(Error::internal(format!("the multi-index of `{dim}` is gone")));
            };
            let Some((_, multi)) = joint.multi() else { continue };
            let goes = |name: &Name| levels.iter().find(|(level, _)| level == name);
            let left: Vec<usize> =
                (0..joint.names.len()).filter(|&i| goes(&joint.names[i]).is_none()).collect();
            let mut coords = Coords::new();
            for (name, v) in ds.coords().iter() {
                match goes(name) {
                    Some(_) if drop => {}
                    Some((_, label)) => {
                        coords.insert_with(
                            name.clone(),
                            v.with_data([] as [Name; 0], label.clone())?,
                            None,
                        )?;
                    }
                    None => {
                        let index = ds.coords().index(name).filter(|_| !joint.names.contains(name));
                        coords.insert_with(name.clone(), v.clone(), index.cloned())?;
                    }
                }
            }
            let names: Vec<Name> = left.iter().map(|&i| joint.names[i].clone()).collect();
            ds = match &names[..] {
                [] => ds.with_parts(ds.data_vars().clone(), coords),
                [last] => {
                    let ds = ds.with_parts(ds.data_vars().clone(), coords).with_dim_named(&dim, last)?;
                    let mut coords = ds.coords().clone();
                    if let Some(v) = ds.coords().get(last) {
                        coords.insert(last.clone(), v.clone())?;
                    }
                    ds.with_parts(ds.data_vars().clone(), coords)
                }
                _ => {
                    let index = std::sync::Arc::new(multi.keep(&left)?);
                    coords.share(&Joint { names, dims: joint.dims.clone(), index })?;
                    ds.with_parts(ds.data_vars().clone(), coords)
                }
            };
        }
        Ok(ds)
    }

    /// The dataset with another name for a dimension, even that of a coordinate along it.
    pub(super) fn with_dim_named(&self, dim: &Name, name: &Name) -> Result<Dataset> {
        let rename = |v: &Variable| v.rename_dims(|d| if d == dim { name.clone() } else { d.clone() });
        let mut coords = Coords::new();
        for (n, v) in self.coords().iter() {
            coords.insert_with(n.clone(), rename(v)?, self.coords().index(n).cloned())?;
        }
        let vars = self.data_vars().iter().map(|(n, v)| Ok((n.clone(), rename(v)?)));
        Ok(self.with_parts(vars.collect::<Result<_>>()?, coords))
    }
}

impl Asked<'_> {
    /// The positions, and the levels that go.
    pub(super) fn locate(&self, tolerance: Option<&Scalar>) -> Result<Found> {
        let found = match self.joint.multi() {
            Some((dim, multi)) => {
                if self.method != Method::Exact || tolerance.is_some() {
                    Err(Error::invalid("a multi-index has no nearest label, and takes no tolerance"))
                } else if let Some(tuple) = self.tuple {
                    self.by_tuple(dim, multi, tuple)
                } else {
                    self.by_levels(dim, multi)
                }
            }
            None => self.by_points(tolerance.filter(|_| self.method != Method::Exact)),
        };
        found.at(|| self.joint.place())
    }

    fn by_levels(&self, dim: &Name, multi: &MultiIndex) -> Result<Found> {
        let mut labels = Vec::new();
        for (number, selector) in self.levels.iter().enumerate() {
            if let Some(selector) = selector {
                labels
                    .push((number, single(selector).at(|| format!("level `{}`", self.joint.names[number]))?));
            }
        }
        self.levels_of(dim, multi, &labels)
    }

    /// Positions with these labels at some levels, which go unless that is all of them.
    fn levels_of(&self, dim: &Name, multi: &MultiIndex, labels: &[(usize, Scalar)]) -> Result<Found> {
        let mut asked = vec![None; self.joint.names.len()];
        labels.iter().for_each(|(number, label)| asked[*number] = Some(Label::One(label.clone())));
        let positions = self.joint.index.select(&asked, Method::Exact, None)?.swap_remove(0);
        let mut chosen = None;
        if labels.len() < asked.len() {
            let shown = |(number, label): &(usize, Scalar)| {
                Ok((self.joint.names[*number].clone(), multi.shown(*number, label)?))
            };
            let levels = labels.iter().map(shown).collect::<Result<_>>()?;
            chosen = Some(Chosen { dim: dim.clone(), levels });
        }
        Ok((vec![(dim.clone(), indexer(positions))], chosen))
    }

    fn by_tuple(&self, dim: &Name, multi: &MultiIndex, selector: &Selector) -> Result<Found> {
        let along = |indexer: Indexer| Ok((vec![(dim.clone(), indexer)], None));
        let list = |block: Block| match block.dtype().is_bool() {
            true => along(Indexer::List(block)),
            false => Err(Error::invalid(format!("a list along `{dim}` must hold tuples of labels"))
                .help("make it with `tuples`; a single level is selected by its name")),
        };
        let bound = |b: &Option<Scalar>| b.as_ref().map(|b| vec![b.clone()]);
        let between = |start: Option<Vec<Scalar>>, stop: Option<Vec<Scalar>>, step: Option<i64>| {
            along(indexer(multi.select_between(start.as_deref(), stop.as_deref(), step.unwrap_or(1))?))
        };
        match selector {
            Selector::One(label) => self.levels_of(dim, multi, &[(0, label.clone())]),
            Selector::Tuple(parts) => {
                if parts.iter().all(|p| matches!(p, Selector::One(_)))
                    && parts.len() <= self.joint.names.len()
                {
                    let labels = parts.iter().map(single).enumerate();
                    let labels = labels.map(|(i, label)| Ok((i, label?))).collect::<Result<Vec<_>>>()?;
                    return self.levels_of(dim, multi, &labels);
                }
                let parts = parts.iter().map(part).collect::<Result<Vec<_>>>()?;
                along(indexer(multi.select_tuple(&parts)?))
            }
            Selector::Tuples(tuples) => along(multi.select_tuples(tuples)?.into()),
            Selector::Between { start, stop, step } => between(start.clone(), stop.clone(), *step),
            Selector::Range { start, stop, half_open } => match (start, stop, half_open) {
                (_, Some(_), true) => Err(Error::invalid("a range between tuples has both ends in")
                    .help("write `a..=b`, or `tuple_range(a, b)`")),
                _ => between(bound(start), bound(stop), None),
            },
            Selector::Slice(s) => between(bound(&s.start), bound(&s.stop), s.step),
            Selector::List(block) => list(block.clone()),
            Selector::Values(values) => list(block_of_values(values)?),
            Selector::Array(a) if a.dtype().is_bool() => along(Indexer::Array(a.clone())),
            Selector::Array(a) if a.shape().is_empty() => {
                self.levels_of(dim, multi, &[(0, Scalar::Typed(a.load()?))])
            }
            Selector::Array(_) => Err(Error::invalid(format!("an array of labels along `{dim}`"))
                .help("select tuples, or positions with `isel`")),
        }
    }

    /// Positions along all dimensions of an index of another kind: one point, or a list with dimensions.
    fn by_points(&self, tolerance: Option<&Scalar>) -> Result<Found> {
        let names = &self.joint.names;
        let mut labels: Vec<Option<Label>> = vec![None; names.len()];
        let mut arrays: Vec<(usize, DataArray)> = Vec::new();
        for (number, selector) in self.levels.iter().enumerate() {
            labels[number] = match selector {
                None => None,
                Some(Selector::Array(a)) if !a.shape().is_empty() => {
                    arrays.push((number, (**a).clone()));
                    None
                }
                Some(range @ (Selector::Range { .. } | Selector::Slice(_))) => Some(range_label(range)),
                Some(selector) => {
                    Some(Label::One(single(selector).at(|| format!("coordinate `{}`", names[number]))?))
                }
            };
        }
        let variables: Vec<&Variable> = arrays.iter().map(|(_, a)| a.variable()).collect();
        let sizes = broadcast_sizes(&variables)?;
        let shape: Vec<usize> = sizes.values().copied().collect();
        if !arrays.is_empty() {
            // Single labels beside arrays stand at every point.
            for label in labels.iter_mut().flatten() {
                if let Label::One(one) = label {
                    *label = Label::Many(Block::full(&shape, &one.to_block()));
                }
            }
        }
        let mut brought = Coords::new();
        for (number, array) in &arrays {
            labels[*number] = Some(Label::Many(expand(array.variable(), &sizes)?.load()?));
            for (name, v) in array.coords().iter() {
                if !names.contains(name) && !brought.contains(name) {
                    brought.insert_with(name.clone(), v.clone(), array.coords().index(name).cloned())?;
                }
            }
        }
        let found = self.joint.index.select(&labels, self.method, tolerance)?;
        if found.len() != self.joint.dims.len() {
            return Err(Error::invalid(format!(
                "the index gave positions along {} dimensions, not {}",
                found.len(),
                self.joint.dims.len()
            )));
        }
        let indexers = self.joint.dims.iter().zip(found).map(|(dim, positions)| {
            Ok((
                dim.clone(),
                match positions {
                    Positions::Many(p) if !arrays.is_empty() => {
                        let points = Variable::new(sizes.keys().cloned(), Block::from_vec(&shape, p)?)?;
                        DataArray::from_parts(None, points, brought.clone()).into()
                    }
                    positions => indexer(positions),
                },
            ))
        });
        Ok((indexers.collect::<Result<_>>()?, None))
    }
}

/// The one label of a selector.
fn single(selector: &Selector) -> Result<Scalar> {
    let one = |block: Block| match block.size() {
        1 => Ok(Scalar::Typed(block.reshape(&[])?)),
        n => Err(Error::invalid(format!("{n} labels where one is selected at a time"))
            .help("along the dimension of a multi-index lists of tuples can be selected")),
    };
    match selector {
        Selector::One(label) => Ok(label.clone()),
        Selector::Array(a) => one(a.load()?),
        Selector::List(block) => one(block.clone()),
        Selector::Values(values) => match &values[..] {
            [label] => Ok(label.clone()),
            _ => one(block_of_values(values)?),
        },
        _ => Err(Error::invalid("a range or tuple where one label is selected")
            .help("ranges are selected along the dimension: `tuple_range`, or a tuple with a range in it")),
    }
}

/// One part of a tuple as an index takes it.
fn part(selector: &Selector) -> Result<Label> {
    Ok(match selector {
        Selector::One(label) => Label::One(label.clone()),
        Selector::List(block) => Label::Many(block.clone()),
        Selector::Values(values) => Label::Many(block_of_values(values)?),
        Selector::Array(a) => Label::Many(a.load()?),
        Selector::Range { .. } | Selector::Slice(_) => range_label(selector),
        _ => return Err(Error::invalid("a tuple within a tuple of labels")),
    })
}

/// The positions of tuples, for taking them away: one after the other, because a tuple that stands twice
/// goes twice.
pub(super) fn positions_of_tuples(joint: &Joint, selector: &Selector) -> Result<Vec<Result<Positions>>> {
    let Some((_, multi)) = joint.multi() else { return Err(Error::internal("no multi-index")) };
    let whole =
        |tuple: &[Scalar]| multi.select_tuple(&tuple.iter().cloned().map(Label::One).collect::<Vec<_>>());
    Ok(match selector {
        Selector::Tuples(tuples) => tuples.iter().map(|t| whole(t)).collect(),
        Selector::Tuple(parts) => {
            vec![multi.select_tuple(&parts.iter().map(part).collect::<Result<Vec<_>>>()?)]
        }
        Selector::Between { start, stop, step } => {
            vec![multi.select_between(start.as_deref(), stop.as_deref(), step.unwrap_or(1))]
        }
        _ => {
            return Err(Error::invalid(format!("labels along `{}` are tuples", joint.dims[0]))
                .help("make a list of them with `tuples`"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_label_may_come_in_a_list() {
        assert_eq!(single(&[5i64].into()).unwrap(), Scalar::Int(5));
        assert!(single(&[5i64, 6].into()).is_err());
        assert!(single(&(1i64..=2).into()).is_err());
    }
}
