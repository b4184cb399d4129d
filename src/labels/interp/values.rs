//! A variable at other places: which dimensions go together, and in what order the new ones stand.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::targets::{Along, is_time};
use super::{Interp, is_between};
use crate::array::{Block, Slice};
use crate::dtype::{DType, Scalar, promote};
use crate::error::{Error, Result};
use crate::index::{self, Positions};
use crate::kernel::elementwise::{MapFn, UnaryOp};
use crate::kernel::interp::{Hits, InterpMethod, Outside, Taps, value_dtype};
use crate::labels::reindex::take_variable;
use crate::labels::variable::{Name, Variable};
use crate::lazy::{AxisFrom, LazyArray};

/// An array on its way: its elements and the names of its axes.
struct Work {
    data: LazyArray,
    dims: Vec<Name>,
}

/// The variable at the places along its dimensions; `None` where a variable without values between its elements has no
/// label to take them from.
pub(super) fn at_places(v: &Variable, along: &[Along], interp: &Interp) -> Result<Option<Variable>> {
    let here: Vec<&Along> = along.iter().filter(|a| v.axis(&a.dim).is_some()).collect();
    if here.is_empty() {
        return Ok(Some(v.clone()));
    }
    if !is_between(v.dtype()) {
        return nearest_labels(v, &here, interp);
    }
    let dtype = v.dtype();
    let data = match dtype {
        d if is_time(d) => ticks(v.data())?,
        d if d.is_integer() => v.data().cast(DType::F64)?,
        _ => v.data().clone(),
    };
    let mut work = Work { data, dims: v.dims().to_vec() };
    for group in groups(interp.method, here, v) {
        work = work.through(&group, interp)?;
    }
    if is_time(dtype) {
        let whole = LazyArray::map(MapFn::Unary(UnaryOp::Rint), &[work.data])?;
        work.data = whole.cast(dtype)?;
    }
    Ok(Some(Variable::new(work.dims, work.data)?.with_attrs(v.attrs.clone())))
}

/// Ticks as `f64`, with NaN for NaT.
fn ticks(data: &LazyArray) -> Result<LazyArray> {
    let there = LazyArray::map(MapFn::Unary(UnaryOp::NotNull), std::slice::from_ref(data))?;
    let nothing = everywhere(f64::NAN, DType::F64, data.ndim())?;
    LazyArray::map(MapFn::Where, &[there, data.cast(DType::F64)?, nothing])
}

/// A value for all elements of arrays of some rank.
fn everywhere(value: f64, dtype: DType, ndim: usize) -> Result<LazyArray> {
    let block =
        if value.is_nan() { promote::missing_value(dtype) } else { Scalar::Float(value).cast_to(dtype)? };
    Ok(block.reshape(&vec![1; ndim])?.into())
}

/// Dimensions that are interpolated together: all, or (where the method is a product of lines) as few as share
/// dimensions of their places.
fn groups<'a>(method: InterpMethod, along: Vec<&'a Along>, v: &Variable) -> Vec<Vec<&'a Along>> {
    use InterpMethod::{Linear, Nearest, Slinear};
    if !matches!(method, Linear | Nearest | Slinear) {
        return vec![along];
    }
    let dims = |a: &'a Along| match a.target.dims() {
        [] => std::slice::from_ref(&a.dim),
        dims => dims,
    };
    let mut groups = Vec::new();
    let mut group: Vec<&Along> = Vec::new();
    for (i, a) in along.iter().copied().enumerate() {
        group.push(a);
        let mut later = along[i + 1..].iter().flat_map(|a| dims(a));
        if !later.any(|d| group.iter().any(|a| dims(a).contains(d))) {
            groups.push(std::mem::take(&mut group));
        }
    }
    // Onto a grid the innermost axis comes first: the rows that then multiply are contiguous. Ticks of times have more
    // digits than `f64`, and are rounded in the order that was asked for.
    let own = |a: &Along| a.target.dims() == std::slice::from_ref(&a.dim);
    if !v.dtype().is_time() && groups.iter().all(|g| g.iter().all(|a| own(a))) {
        groups.sort_by_key(|g| std::cmp::Reverse(g.first().and_then(|a| v.axis(&a.dim))));
    }
    groups
}

impl Work {
    fn axis(&self, dim: &Name) -> Result<usize> {
        let axis = self.dims.iter().position(|d| d == dim);
        axis.ok_or_else(|| Error::not_found("dimension", dim, self.dims.iter()))
    }

    /// The array at the places of a group.
    fn through(self, group: &[&Along], interp: &Interp) -> Result<Work> {
        use InterpMethod::{Cubic, Linear, Nearest, Pchip, Quintic, Slinear};
        let method = interp.method;
        if group.len() > 1 && !matches!(method, Linear | Nearest | Slinear | Cubic | Quintic | Pchip) {
            return Err(Error::invalid(format!(
                "`{}` has no meaning along several dimensions at once",
                method.name()
            ))
            .known(["linear", "nearest", "slinear", "cubic", "quintic", "pchip"])
            .help("interpolate along one dimension after the other"));
        }
        if let (true, Some(Outside::Values(a, b))) = (group.len() > 1, interp.outside)
            && a.to_bits() != b.to_bits()
        {
            return Err(Error::invalid("along several dimensions there is one value outside, not two")
                .help("give the same value twice"));
        }
        let dims = self.dims_after(group);
        let own = self.data.dtype();
        let shared = self.shared(group);
        // As in numpy and scipy: what is copied, what meets no wider places, what `interpn` puts into an array of the
        // same dtype, and what is found lane by lane.
        let narrow = match group {
            [one] => method == Nearest || !shared.is_empty() || method == Linear && one.is_narrow(),
            _ => matches!(method, Nearest | Pchip),
        };
        let mut work = match group {
            [one] if shared.is_empty() => self.along_one(one, interp, narrow)?,
            _ if method.is_local() => self.at_points(group, &shared, interp)?,
            _ => self.by_lanes(group, &shared, interp)?,
        };
        if narrow {
            work.data = work.data.cast(own)?;
        }
        work.ordered(dims)
    }

    /// The dimensions when those of a group are replaced by the dimensions of their places.
    fn dims_after(&self, group: &[&Along]) -> IndexSet<Name> {
        let replaced = |d: &Name| group.iter().find(|a| a.dim == *d);
        let new =
            self.dims.iter().flat_map(|d| replaced(d).map_or(vec![d.clone()], |a| a.target.dims().to_vec()));
        new.collect()
    }

    /// Dimensions of the places that the array has too and keeps: each position has places of its own.
    fn shared(&self, group: &[&Along]) -> Vec<Name> {
        let places: IndexSet<&Name> = group.iter().flat_map(|a| a.target.dims()).collect();
        let kept = |d: &&Name| self.dims.contains(d) && !group.iter().any(|a| a.dim == **d);
        places.into_iter().filter(kept).cloned().collect()
    }

    /// The axes in another order.
    fn ordered(self, dims: IndexSet<Name>) -> Result<Work> {
        let perm: Vec<usize> = dims.iter().map(|d| self.axis(d)).collect::<Result<_>>()?;
        Ok(Work { data: self.data.transpose(&perm)?, dims: dims.into_iter().collect() })
    }

    /// The axis with the elements in the order of their labels.
    fn rising(&self, a: &Along) -> Result<LazyArray> {
        let axis = self.axis(&a.dim)?;
        match &a.order {
            None => Ok(self.data.clone()),
            Some(order) if order.windows(2).all(|w| w[0] == w[1] + 1) => {
                let mut slices: Vec<Slice> = self.data.shape().into_iter().map(Slice::all).collect();
                let len = order.len();
                slices[axis] = Slice { start: len - 1, step: -1, len };
                self.data.slice(&slices)
            }
            Some(order) => self.data.take(axis, order.clone(), None),
        }
    }

    /// What a place on a point takes of the next one. xarray leaves single lanes of `float64` to numpy, which takes
    /// nothing, and the others to scipy.
    fn hits(&self, a: &Along, rank: usize, go_on: bool) -> Hits {
        let plain = matches!(a.labels.dtype(), DType::F64 | DType::I64) || a.labels.dtype().is_time();
        match rank == 1 && plain && self.data.dtype() == DType::F64 && !go_on {
            true => Hits::Exact,
            false => Hits::Before,
        }
    }

    /// Along one dimension, whose place the dimensions of the places take.
    fn along_one(self, a: &Along, interp: &Interp, narrow: bool) -> Result<Work> {
        let axis = self.axis(&a.dim)?;
        let (method, outside) = (interp.method, interp.beyond());
        let go_on = outside == Outside::Extrapolate;
        let data = if method.is_local() {
            method.check_points(if method == InterpMethod::Linear { 2.max(a.x.len()) } else { a.x.len() })?;
            let hits = match method {
                InterpMethod::Slinear => Hits::Behind,
                _ => self.hits(a, self.data.ndim(), go_on),
            };
            let taps = Taps::new(method, &a.x, &a.at, go_on, hits)?;
            let taps = a.order.as_ref().map_or(taps.clone(), |order| taps.ordered(order));
            let [before, behind] = outside.fills();
            let alike = before.is_nan() && behind.is_nan();
            let copies = (method == InterpMethod::Nearest && (alike || before == behind))
                .then(|| taps.as_copies(alike))
                .flatten();
            match copies {
                Some(positions) => {
                    let fill = everywhere(before, self.data.dtype(), 0)?.as_block().cloned();
                    self.data.take(axis, positions.into(), fill)?
                }
                None => self.data.interp_lines(axis, taps, [before, behind], narrow)?,
            }
        } else {
            self.rising(a)?.interp(axis, method, a.x.clone(), a.at.clone(), outside)?
        };
        Work { data, dims: self.dims }.split(axis, a.target.dims(), &a.target.shape())
    }

    /// An axis of all places as the dimensions of the places.
    fn split(self, axis: usize, dims: &[Name], lengths: &[usize]) -> Result<Work> {
        let Work { data, dims: mut names } = self;
        names.splice(axis..axis + 1, dims.iter().cloned());
        let data = match dims.len() {
            1 => data,
            0 => {
                let kept = (0..data.ndim()).filter(|i| *i != axis);
                data.axes(&kept.map(AxisFrom::Input).collect::<Vec<_>>())?
            }
            _ => {
                let mut shape = data.shape();
                shape.splice(axis..axis + 1, lengths.iter().copied());
                data.reshape(&shape)?
            }
        };
        Ok(Work { data, dims: names })
    }

    /// The dimensions of all places of a group together and how long they are.
    fn places(&self, group: &[&Along], shared: &[Name]) -> Result<IndexMap<Name, usize>> {
        let mut lengths: IndexMap<Name, usize> = IndexMap::new();
        let own = shared.iter().map(|d| Ok((d.clone(), self.data.shape()[self.axis(d)?], "the array")));
        let own = own.collect::<Result<Vec<_>>>()?;
        let all = group.iter().flat_map(|a| {
            let shape = a.target.shape();
            a.target.dims().iter().cloned().zip(shape).map(|(d, n)| (d, n, &*a.dim)).collect::<Vec<_>>()
        });
        for (dim, n, whose) in all.chain(own.iter().map(|(d, n, w)| (d.clone(), *n, *w))) {
            let known = *lengths.entry(dim.clone()).or_insert(n);
            if known != n {
                return Err(Error::alignment(format!(
                    "`{dim}` has length {known} for some places and {n} for those of `{whose}`"
                )));
            }
        }
        Ok(lengths)
    }

    /// Points: places along the axes of a group, and the own position along shared axes.
    fn at_points(self, group: &[&Along], shared: &[Name], interp: &Interp) -> Result<Work> {
        let lengths = self.places(group, shared)?;
        let go_on = interp.beyond() == Outside::Extrapolate;
        let mut taps: Vec<(usize, Taps)> = Vec::new();
        for a in group {
            let hits = match group {
                // Each lane is on its own.
                [_] if interp.method == InterpMethod::Linear => {
                    self.hits(a, self.data.ndim() - shared.len(), go_on)
                }
                _ => Hits::Behind,
            };
            let at: Vec<f64> = spread(a.target.dims(), &lengths).into_iter().map(|i| a.at[i]).collect();
            let found = Taps::new(interp.method, &a.x, &at, go_on, hits)?;
            let found = a.order.as_ref().map_or(found.clone(), |order| found.ordered(order));
            taps.push((self.axis(&a.dim)?, found));
        }
        for dim in shared {
            let positions = spread(std::slice::from_ref(dim), &lengths).into_iter().map(|i| i as i64);
            taps.push((self.axis(dim)?, Taps::copies(positions.collect())));
        }
        taps.sort_by_key(|(axis, _)| *axis);
        let (axes, taps): (Vec<usize>, Vec<Taps>) = taps.into_iter().unzip();
        let at = axes[0];
        let mut dims: Vec<Name> = self.dims.clone();
        let mut axis = 0..dims.len();
        dims.retain(|_| !axis.next().is_some_and(|i| axes.contains(&i)));
        // The name of the axis of points gives way to those of the places.
        dims.insert(at, group[0].dim.clone());
        let data = self.data.interp_points(axes, taps, at, interp.beyond().fills())?;
        let (names, lengths): (Vec<Name>, Vec<usize>) = lengths.into_iter().unzip();
        Work { data, dims }.split(at, &names, &lengths)
    }

    /// By a method that goes through whole lanes: one axis of the group after the other, from the last on.
    fn by_lanes(self, group: &[&Along], shared: &[Name], interp: &Interp) -> Result<Work> {
        let (method, outside) = (interp.method, interp.beyond());
        let lengths = self.places(group, shared)?;
        let apart =
            shared.is_empty() && lengths.len() == group.iter().map(|a| a.target.ndim()).sum::<usize>();
        // Beyond the last label along one axis there is nothing to interpolate along the others.
        let step = if group.len() > 1 { Outside::Extrapolate } else { outside };
        let mut work = self;
        if apart {
            let one = Interp { outside: Some(step), ..interp.clone() };
            for a in group.iter().rev() {
                work = work.along_one(a, &one, false)?;
            }
        } else {
            let points: Vec<Arc<[f64]>> = (group.iter())
                .map(|a| spread(a.target.dims(), &lengths).into_iter().map(|i| a.at[i]).collect())
                .collect();
            let mut rest = group.iter().zip(&points).rev();
            // The axis of points, by a name that no dimension has.
            let name: Name = "\0points".into();
            if shared.is_empty() {
                if let Some((a, at)) = rest.next() {
                    let axis = work.axis(&a.dim)?;
                    let data = work.rising(a)?.interp(axis, method, a.x.clone(), at.clone(), step)?;
                    work.dims[axis] = name.clone();
                    work.data = data;
                }
            } else {
                let mut axes: Vec<(usize, Arc<[usize]>)> = Vec::new();
                for dim in shared {
                    axes.push((work.axis(dim)?, spread(std::slice::from_ref(dim), &lengths).into()));
                }
                axes.sort_by_key(|(axis, _)| *axis);
                let (axes, positions): (Vec<usize>, Vec<Arc<[usize]>>) = axes.into_iter().unzip();
                work.data = work.data.gather(&axes, positions, axes[0])?;
                let mut axis = 0..work.dims.len();
                work.dims.retain(|_| !axis.next().is_some_and(|i| axes.contains(&i)));
                work.dims.insert(axes[0], name.clone());
            }
            for (a, at) in rest {
                let (axis, points) = (work.axis(&a.dim)?, work.axis(&name)?);
                let lanes = work.rising(a)?;
                work.data = lanes.interp_each((axis, points), method, a.x.clone(), at.clone(), step)?;
                work.dims.remove(axis);
            }
            let at = work.axis(&name)?;
            let (names, lengths): (Vec<Name>, Vec<usize>) = lengths.into_iter().unzip();
            work = work.split(at, &names, &lengths)?;
        }
        if group.len() > 1 && outside != Outside::Extrapolate {
            work = work.without_outside(group, outside.fills()[0])?;
        }
        Ok(work)
    }

    /// The array with a value where a place lies outside along some axis.
    fn without_outside(mut self, group: &[&Along], value: f64) -> Result<Work> {
        let dtype = value_dtype(self.data.dtype())?;
        for a in group {
            let (first, last) = (a.x[0], a.x[a.x.len() - 1]);
            let inside: Vec<bool> = a.at.iter().map(|at| *at >= first && *at <= last).collect();
            let nowhere: Vec<bool> = a.at.iter().map(|at| !at.is_nan()).collect();
            for (mask, value) in [(inside, value), (nowhere, f64::NAN)] {
                if mask.iter().all(|m| *m) {
                    continue;
                }
                let mask =
                    Variable::new(a.target.dims().to_vec(), Block::from_vec(&a.target.shape(), mask)?)?;
                let from =
                    self.dims.iter().map(|d| mask.axis(d).map_or(AxisFrom::Repeat(1), AxisFrom::Input));
                let mask = mask.data().axes(&from.collect::<Vec<_>>())?;
                let fill = everywhere(value, dtype, self.dims.len())?;
                self.data = LazyArray::map(MapFn::Where, &[mask, self.data, fill])?;
            }
        }
        Ok(self)
    }
}

/// For every element of an array of these dimensions in row-major order, which element of an array that has only `dims`
/// of them it is.
fn spread(dims: &[Name], lengths: &IndexMap<Name, usize>) -> Vec<usize> {
    let mut strides: Vec<usize> = vec![0; lengths.len()];
    let mut stride = 1;
    for dim in dims.iter().rev() {
        if let Some((i, _, n)) = lengths.get_full(dim) {
            strides[i] = stride;
            stride *= n;
        }
    }
    lengths.values().zip(strides).fold(vec![0], |all, (n, stride)| {
        all.iter().flat_map(|o| (0..*n).map(move |i| o + i * stride)).collect()
    })
}

/// Texts, bools and dates of other calendars: those of a label near each place. `None` where the places along a
/// dimension are no labels of it.
fn nearest_labels(v: &Variable, along: &[&Along], interp: &Interp) -> Result<Option<Variable>> {
    if along.iter().all(|a| a.x.len() == 1) {
        return only_label(v, along).map(Some);
    }
    let mut takes: IndexMap<Name, Positions> = IndexMap::new();
    for a in along {
        if a.target.dims() != std::slice::from_ref(&a.dim) {
            return Ok(None);
        }
        let mut labels: LazyArray = a.labels.clone().into();
        if let Some(order) = &a.order {
            labels = labels.take(0, order.clone(), None)?;
        }
        let labels = Variable::new([a.dim.clone()], labels)?.load()?;
        let found = index::default_index(&labels)?;
        let mut positions = found.positions_of(&a.target.load()?, interp.non_numeric, None)?;
        if let Some(order) = &a.order {
            positions.iter_mut().filter(|p| **p >= 0).for_each(|p| *p = order[*p as usize]);
        }
        takes.insert(a.dim.clone(), Positions::Many(positions));
    }
    let taken = take_variable(v, &takes, None)?;
    Ok(Some(Variable::new(taken.dims().to_vec(), taken.data().clone())?.with_attrs(v.attrs.clone())))
}

/// A variable with one element along some dimensions, repeated at all places.
fn only_label(v: &Variable, along: &[&Along]) -> Result<Variable> {
    let replaced = |d: &Name| along.iter().any(|a| a.dim == *d);
    let kept = v.dims().iter().enumerate().filter(|(_, d)| !replaced(d));
    let mut dims: IndexSet<Name> = IndexSet::new();
    let mut axes = Vec::new();
    for (axis, dim) in kept {
        dims.insert(dim.clone());
        axes.push(AxisFrom::Input(axis));
    }
    for (dim, n) in along.iter().flat_map(|a| a.target.dims().iter().zip(a.target.shape())) {
        if dims.insert(dim.clone()) {
            axes.push(AxisFrom::Repeat(n));
        }
    }
    Ok(Variable::new(dims, v.data().axes(&axes)?)?.with_attrs(v.attrs.clone()))
}
