//! Positions applied to one variable: slices, lists, and points over several dimensions.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use smallvec::SmallVec;

use super::indexer::Pick;
use super::variable::{Name, Variable};
use crate::array::{Block, Slice};
use crate::error::{Error, Result};
use crate::lazy::{AxisFrom, LazyArray};

/// One axis while points are taken: the dimensions that it stands for (flattened if several), and the
/// positions still to take along it.
pub(super) struct Axis {
    pub(super) dims: Vec<Name>,
    pub(super) shape: Vec<usize>,
    pub(super) points: Option<Arc<[i64]>>,
}

/// Axes that share dimensions, with a position along each of them for every point.
pub(super) struct Group {
    /// The axes, in rising order.
    pub(super) axes: Vec<usize>,
    /// The dimensions of the points, in the order in which the axes bring them.
    pub(super) dims: Vec<Name>,
    pub(super) shape: Vec<usize>,
    pub(super) points: Vec<Arc<[usize]>>,
}

impl Variable {
    /// The variable at known positions; dimensions that it lacks are passed over.
    ///
    /// Points of several dimensions that share a dimension are taken together. The dimensions of the
    /// result stand in the order in which those of the variable bring them.
    pub(super) fn pick(&self, picks: &IndexMap<Name, Pick>) -> Result<Variable> {
        if !self.dims().iter().any(|d| picks.contains_key(d)) {
            return Ok(self.clone());
        }
        if !self.dims().iter().any(|d| matches!(picks.get(d), Some(Pick::Points { .. }))) {
            return self.pick_box(picks);
        }
        let (data, mut axes) = self.pick_slices(picks)?;
        let order: IndexSet<Name> = axes.iter().flat_map(|a| a.dims.iter().cloned()).collect();
        let mut data = data;
        while let Some(first) = axes.iter().position(|a| a.points.is_some()) {
            data = take_group(data, &mut axes, first)?;
        }
        if axes.iter().any(|a| a.dims.len() != 1) {
            data = data.reshape(&axes.iter().flat_map(|a| a.shape.iter().copied()).collect::<Vec<_>>())?;
        }
        let dims: Vec<Name> = axes.into_iter().flat_map(|a| a.dims).collect();
        let perm: Vec<usize> =
            order.iter().map(|d| dims.iter().position(|o| o == d).expect("every dim was kept")).collect();
        self.with_data(order, data.transpose(&perm)?)
    }

    /// Takes single positions and slices only: dimensions stay in order or go.
    fn pick_box(&self, picks: &IndexMap<Name, Pick>) -> Result<Variable> {
        let mut slices: SmallVec<[Slice; 4]> = SmallVec::new();
        let mut kept: SmallVec<[AxisFrom; 4]> = SmallVec::new();
        let mut dims: SmallVec<[Name; 4]> = SmallVec::new();
        for (axis, (dim, len)) in self.lengths().enumerate() {
            let slice = match picks.get(dim) {
                Some(Pick::One(i)) => {
                    slices.push(Slice::range(*i..i + 1));
                    continue;
                }
                Some(Pick::Slice(s)) => *s,
                _ => Slice::all(len),
            };
            slices.push(slice);
            kept.push(AxisFrom::Input(axis));
            dims.push(dim.clone());
        }
        let sliced = self.data().slice(&slices)?;
        let data = if kept.len() == slices.len() { sliced } else { sliced.axes(&kept)? };
        self.with_data(dims, data)
    }

    /// Takes single positions and slices; tells what is left to take.
    fn pick_slices(&self, picks: &IndexMap<Name, Pick>) -> Result<(LazyArray, Vec<Axis>)> {
        let shape = self.shape();
        let (mut slices, mut kept, mut axes) = (Vec::new(), Vec::new(), Vec::new());
        for (axis, (dim, &len)) in self.dims().iter().zip(&shape).enumerate() {
            let own = |len| Axis { dims: vec![dim.clone()], shape: vec![len], points: None };
            let (slice, left) = match picks.get(dim) {
                Some(Pick::One(i)) => (Slice::range(*i..i + 1), None),
                Some(Pick::Slice(s)) => (*s, Some(own(s.len))),
                Some(Pick::Points { dims, shape, positions }) => {
                    let (dims, shape) = (dims.clone(), shape.clone());
                    (Slice::all(len), Some(Axis { dims, shape, points: Some(positions.clone()) }))
                }
                None => (Slice::all(len), Some(own(len))),
            };
            slices.push(slice);
            if let Some(left) = left {
                kept.push(AxisFrom::Input(axis));
                axes.push(left);
            }
        }
        Ok((self.data().slice(&slices)?.axes(&kept)?, axes))
    }
}

/// Takes the points of axis `first` and of all axes that share a dimension with it, and puts one axis of
/// points in the place of the first of them.
fn take_group(data: LazyArray, axes: &mut Vec<Axis>, first: usize) -> Result<LazyArray> {
    let group = sharing(axes, first);
    if group == [first] {
        let axis = &mut axes[first];
        let points = axis.points.take().expect("the caller found points");
        return take_axis(&data, first, points);
    }
    let Group { axes: group, dims, shape, points } = points_of(axes, group)?;
    // An axis without positions of its own may have joined from before `first`.
    let at = group[0];
    let data = data.gather(&group, points, at)?;
    let joined = Axis { dims, shape, points: None };
    let mut place = 0;
    axes.retain(|_| {
        place += 1;
        !group.contains(&(place - 1))
    });
    axes.insert(at, joined);
    Ok(data)
}

/// The axes that share a dimension with axis `first`, or with one that does, in rising order.
pub(super) fn sharing(axes: &[Axis], first: usize) -> Vec<usize> {
    let mut group = vec![first];
    let mut dims: IndexSet<Name> = axes[first].dims.iter().cloned().collect();
    // An axis that joins may bring dimensions that others share: repeat until none joins.
    loop {
        let joins = |i: &usize| !group.contains(i) && axes[*i].dims.iter().any(|d| dims.contains(d));
        let Some(next) = (0..axes.len()).find(joins) else { break };
        dims.extend(axes[next].dims.iter().cloned());
        group.push(next);
    }
    group.sort_unstable();
    group
}

/// The points that the positions along some axes make together.
///
/// # Errors
/// If they differ in length along a dimension.
pub(super) fn points_of(axes: &[Axis], group: Vec<usize>) -> Result<Group> {
    // The order of dims among the points is that of the axes that bring them.
    let dims: Vec<Name> = group
        .iter()
        .flat_map(|&i| axes[i].dims.iter().cloned())
        .collect::<IndexSet<_>>()
        .into_iter()
        .collect();
    let mut shape = vec![None; dims.len()];
    for &i in &group {
        for (d, &n) in axes[i].dims.iter().zip(&axes[i].shape) {
            let at = dims.iter().position(|o| o == d).expect("collected above");
            match shape[at] {
                Some(other) if other != n => {
                    return Err(Error::invalid(format!(
                        "indexers have the lengths {other} and {n} along their common dimension `{d}`"
                    ))
                    .help("indexers that share a dimension are taken point by point: give them other names to take every combination"));
                }
                _ => shape[at] = Some(n),
            }
        }
    }
    let shape: Vec<usize> = shape.into_iter().map(|n| n.expect("each dim has a length")).collect();
    let points = group.iter().map(|&i| spread(&axes[i], &dims, &shape)).collect::<Result<Vec<_>>>()?;
    Ok(Group { axes: group, dims, shape, points })
}

/// Positions along one axis; what is in memory and one-dimensional stays there, because coordinates must.
fn take_axis(data: &LazyArray, axis: usize, positions: Arc<[i64]>) -> Result<LazyArray> {
    match data.as_block() {
        Some(block) if block.ndim() == 1 => {
            let picks: Vec<_> = positions.iter().map(|&p| Some((0, p as usize))).collect();
            let fill = Block::zeros(block.dtype(), &[]);
            let pieces = std::slice::from_ref(block);
            Ok(crate::kernel::movement::take(pieces, 0, &picks, &fill, &[picks.len()]).into())
        }
        _ => data.take(axis, positions, None),
    }
}

/// The position along one axis for every point of the group.
fn spread(axis: &Axis, dims: &[Name], shape: &[usize]) -> Result<Arc<[usize]>> {
    let positions: Vec<i64> = match &axis.points {
        Some(p) => p.to_vec(),
        None => (0..axis.shape[0] as i64).collect(),
    };
    let block = Block::from_vec(&axis.shape, positions)?;
    let from: Vec<AxisFrom> = (dims.iter().zip(shape))
        .map(|(d, &n)| match axis.dims.iter().position(|o| o == d) {
            Some(a) => AxisFrom::Input(a),
            None => AxisFrom::Repeat(n),
        })
        .collect();
    let full = crate::kernel::movement::axes(block, &from, shape)?.contiguous();
    Ok(full.typed::<i64>()?.iter().map(|&p| p as usize).collect())
}
