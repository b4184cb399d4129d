//! The loops of a search for extremes: how a piece is gone through, group by group where there are groups.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewD, Axis, Dimension, Ix2, IxDyn, Slice};

use super::key::{Key, Keyed};
use crate::kernel::reduce::Groups;

/// The position of an element that took in nothing yet.
pub(super) const NOWHERE: i64 = i64::MAX;
/// Elements of a run between two looks at the best so far, and columns that are kept in the nearest cache.
const STRETCH: usize = 1024;
/// Runs of a group that are shorter than this along contiguous lines are taken line by line.
const SHORT_RUN: usize = 16;

/// How a piece is gone through.
pub(super) struct Way {
    pub(super) roles: Vec<Role>,
    /// The position of its first element.
    pub(super) start: i64,
    /// What the next group does in the result.
    pub(super) group_step: usize,
    pub(super) runs: Vec<GroupRun>,
}

/// A run of positions along the last axis of groups that belong to the same group.
pub(super) struct GroupRun {
    group: usize,
    /// Where it is along each axis of groups.
    at: Vec<Range<usize>>,
}

impl GroupRun {
    /// The elements of the run in a piece, where they belong in the result, and the position of the first.
    pub(super) fn of<'a, T>(
        &self,
        mut view: ArrayViewD<'a, T>,
        groups: &Groups,
        way: &Way,
    ) -> (ArrayViewD<'a, T>, usize, i64) {
        let (mut at, mut position) = (0, way.start);
        for (axis, range) in groups.axes.iter().zip(&self.at) {
            step(way.roles[*axis], range.start, &mut at, &mut position);
            view.slice_axis_inplace(Axis(*axis), Slice::from(range.clone()));
        }
        (view, self.group * way.group_step, position)
    }
}

/// The runs of a piece with these codes.
pub(super) fn group_runs(groups: &Groups, codes: &[i32], shape: &[usize]) -> Vec<GroupRun> {
    let lens: Vec<usize> = groups.axes.iter().map(|a| shape[*a]).collect();
    let Some((&len, outer)) = lens.split_last() else { return Vec::new() };
    let mut runs = Vec::new();
    for (index, line) in ndarray::indices(IxDyn(outer)).into_iter().zip(codes.chunks(len.max(1))) {
        let mut start = 0;
        for run in line.chunk_by(|a, b| a == b) {
            if let Ok(group) = usize::try_from(run[0]) {
                let mut at: Vec<_> = index.as_array_view().iter().map(|i| *i..i + 1).collect();
                at.push(start..start + run.len());
                runs.push(GroupRun { group, at });
            }
            start += run.len();
        }
    }
    runs
}

/// What a step along an axis of the piece means.
#[derive(Clone, Copy)]
pub(super) enum Role {
    /// Another element of the result, so far away.
    Kept(usize),
    /// Another position, so much higher.
    Gone(i64),
}

/// Best keys and positions so far.
pub(super) struct Search<K, F> {
    pub(super) best: Vec<K>,
    pub(super) position: Vec<i64>,
    pub(super) key: F,
}

impl<K: Key, F> Search<K, F> {
    /// A candidate for an element of the result.
    #[inline(always)]
    fn offer(&mut self, at: usize, key: K, position: i64) {
        let (best, held) = (&mut self.best[at], &mut self.position[at]);
        if *held == NOWHERE || key < *best || key == *best && position < *held {
            (*best, *held) = (key, position);
        }
    }

    /// A piece of groups.
    pub(super) fn groups<T: Keyed<Key = K>>(&mut self, view: ArrayViewD<'_, T>, groups: &Groups, way: &Way)
    where
        F: Fn(T) -> K + Copy,
    {
        let last = groups.axes[groups.axes.len() - 1];
        let far = |a: usize| view.len_of(Axis(a)) < 2 || view.stride_of(Axis(a)).unsigned_abs() > 1;
        let positions: usize = way.runs.iter().map(|r| r.at[groups.axes.len() - 1].len()).sum();
        if positions >= SHORT_RUN * way.runs.len() || far(last) {
            for run in &way.runs {
                let (part, at, position) = run.of(view.view(), groups, way);
                self.piece(part, &way.roles, at, position);
            }
            return;
        }
        // Neighbours belong to many groups: line by line, so that memory is read in order.
        let mut others: Vec<usize> = view.shape().to_vec();
        groups.axes.iter().for_each(|a| others[*a] = 1);
        for index in ndarray::indices(IxDyn(&others)) {
            let (mut at, mut start) = (0, way.start);
            let mut line = view.view();
            for (axis, i) in index.as_array_view().iter().enumerate() {
                step(way.roles[axis], *i, &mut at, &mut start);
                if !groups.axes.contains(&axis) {
                    line.slice_axis_inplace(Axis(axis), Slice::from(*i..*i + 1));
                }
            }
            for run in &way.runs {
                let (part, group, position) = run.of(line.view(), groups, way);
                let (at, mut position) = (at + group, position + start - way.start);
                let Role::Gone(along) = way.roles[last] else { continue };
                for x in part {
                    self.offer(at, (self.key)(*x), position);
                    position += along;
                }
            }
        }
    }

    pub(super) fn piece<T: Keyed<Key = K>>(
        &mut self,
        view: ArrayViewD<'_, T>,
        roles: &[Role],
        at: usize,
        start: i64,
    ) where
        F: Fn(T) -> K + Copy,
    {
        if view.is_empty() {
            return;
        }
        let (first, mut roles) = (at, roles.to_vec());
        // The nearest neighbours inside, and around them the longest axis that goes: a plane.
        let mut view = view;
        while view.ndim() < 2 {
            view = view.insert_axis(Axis(0));
            roles.insert(0, Role::Gone(0));
        }
        let len = |a: usize| view.len_of(Axis(a));
        let near = |a: usize| if len(a) > 1 { view.stride_of(Axis(a)).unsigned_abs() } else { usize::MAX };
        let inner = (0..view.ndim()).rev().min_by_key(|a| near(*a)).expect("there are two axes");
        let rows = (0..view.ndim())
            .filter(|a| *a != inner)
            .max_by_key(|a| (matches!(roles[*a], Role::Gone(_)), len(*a)))
            .expect("there are two axes");
        let mut order: Vec<usize> = (0..view.ndim()).filter(|a| *a != inner && *a != rows).collect();
        let outer: Vec<usize> = order.iter().map(|a| len(*a)).collect();
        order.extend([rows, inner]);
        let roles: Vec<Role> = order.iter().map(|a| roles[*a]).collect();
        let view = view.permuted_axes(order);
        for i in ndarray::indices(IxDyn(&outer)) {
            let mut plane = view.view();
            let (mut at, mut position) = (first, start);
            for (k, role) in roles[..outer.len()].iter().enumerate() {
                plane = plane.index_axis_move(Axis(0), i[k]);
                step(*role, i[k], &mut at, &mut position);
            }
            let plane = plane.into_dimensionality::<Ix2>().expect("two axes are left");
            self.plane(plane, [roles[outer.len()], roles[outer.len() + 1]], at, position);
        }
    }

    fn plane<T: Keyed<Key = K>>(
        &mut self,
        plane: ArrayView2<'_, T>,
        [rows, inner]: [Role; 2],
        at: usize,
        position: i64,
    ) where
        F: Fn(T) -> K + Copy,
    {
        match (rows, inner) {
            (Role::Gone(row_step), Role::Kept(kept_step)) => {
                self.columns(plane, row_step, kept_step, at, position);
            }
            (_, Role::Gone(along)) => {
                for (i, row) in plane.rows().into_iter().enumerate() {
                    let (mut at, mut position) = (at, position);
                    step(rows, i, &mut at, &mut position);
                    match row.to_slice() {
                        Some(run) => self.run(run, along, at, position),
                        None => self.run(&row.to_vec(), along, at, position),
                    }
                }
            }
            (Role::Kept(row_step), Role::Kept(kept_step)) => {
                for (i, row) in plane.rows().into_iter().enumerate() {
                    for (j, x) in row.iter().enumerate() {
                        self.offer(at + i * row_step + j * kept_step, (self.key)(*x), position);
                    }
                }
            }
        }
    }

    /// A run of elements for one element of the result.
    fn run<T: Keyed<Key = K>>(&mut self, run: &[T], along: i64, at: usize, position: i64)
    where
        F: Fn(T) -> K + Copy,
    {
        let key = self.key;
        for (i, stretch) in run.chunks(STRETCH).enumerate() {
            let least = stretch.iter().fold(K::MAX, |least, x| least.min(key(*x)));
            let first = position + (i * STRETCH) as i64 * along;
            if self.position[at] == NOWHERE || least < self.best[at] || first < self.position[at] {
                let place = stretch.iter().position(|x| key(*x) == least).unwrap_or(0);
                self.offer(at, least, first + place as i64 * along);
            }
        }
    }

    /// Rows of elements for a row of the result.
    fn columns<T: Keyed<Key = K>>(
        &mut self,
        plane: ArrayView2<'_, T>,
        row_step: i64,
        kept_step: usize,
        at: usize,
        position: i64,
    ) where
        F: Fn(T) -> K + Copy,
    {
        let key = self.key;
        let mut best = [K::default(); STRETCH];
        let mut row_of = [0u32; STRETCH];
        for first in (0..plane.ncols()).step_by(STRETCH) {
            let end = plane.ncols().min(first + STRETCH);
            let part = plane.slice(ndarray::s![.., first..end]);
            let (best, row_of) = (&mut best[..end - first], &mut row_of[..end - first]);
            for (i, row) in part.rows().into_iter().enumerate() {
                if i == 0 {
                    row.iter().zip(&mut *best).for_each(|(x, b)| *b = key(*x));
                    row_of.fill(0);
                    continue;
                }
                // Rows come in rising order, so that the first of equal ones stays.
                let held = best.iter_mut().zip(&mut *row_of);
                for (x, (b, r)) in row.iter().zip(held) {
                    let k = key(*x);
                    let ahead = k < *b;
                    *b = if ahead { k } else { *b };
                    *r = if ahead { i as u32 } else { *r };
                }
            }
            for (j, (b, r)) in best.iter().zip(&*row_of).enumerate() {
                self.offer(at + (first + j) * kept_step, *b, position + i64::from(*r) * row_step);
            }
        }
    }
}

#[inline(always)]
pub(super) fn step(role: Role, i: usize, at: &mut usize, position: &mut i64) {
    match role {
        Role::Kept(step) => *at += i * step,
        Role::Gone(step) => *position += i as i64 * step,
    }
}
