//! Takes a piece apart: which runs of elements go to which element of the result.
//!
//! Axes of one kind that lie behind each other in memory are merged; then the axis with the closest
//! neighbours decides: folded (runs are reduced by several lanes), kept (rows are added to a row of
//! results) or groups (elements are scattered). A second axis makes a plane of it; the others are loops.

use std::collections::HashMap;
use std::sync::Arc;

use ndarray::{ArrayView2, ArrayViewD, Axis, Ix2, s};

use super::ReduceSpec;
use super::grouping::Grouping;
use super::groups::{Groups, Held, OutAxis, out_axes};
use super::lanes::LANES;
use super::sink::{ROWS, RUN, Sink};
use crate::array::Region;

/// What becomes of an axis of the input.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    /// Elements `step` apart in the result.
    Kept {
        step: usize,
    },
    Folded,
    /// Positions whose codes lie `step` apart.
    Groups {
        step: usize,
    },
}

/// Where a piece belongs.
#[derive(Debug)]
pub(super) struct Place {
    roles: Vec<Role>,
    /// The group of each position of the piece along the axes of groups, in row-major order.
    codes: Arc<[i32]>,
    /// The groups, if the piece holds all positions of all of them.
    all: Option<Groups>,
    /// Elements of the result between two groups.
    group_step: usize,
    /// Positions of the piece along the folded axes.
    folded: usize,
    grouped: bool,
    /// How many groups there are.
    groups: usize,
    /// The element of the result that the first one of the piece goes to, but for its group.
    base: usize,
}

impl Place {
    /// The place of the piece at `at`, a part of the box `of` that all of a result of shape `out` comes from; the groups
    /// of it are these.
    pub(super) fn new(spec: &ReduceSpec, at: &Region, of: &Region, out: &[usize], groups: &Held) -> Self {
        let mut steps: Vec<usize> = vec![1; out.len()];
        for i in (1..out.len()).rev() {
            steps[i - 1] = steps[i] * out[i];
        }
        let mut roles = vec![Role::Folded; at.ndim()];
        let (mut codes, mut all, mut group_step, mut base) = (Arc::default(), None, 0, 0);
        let folded = spec.axes.iter().map(|a| at.axis(*a).len()).product();
        for (axis, step) in out_axes(at.ndim(), &spec.axes, spec.group.as_ref()).zip(steps) {
            match axis {
                OutAxis::Kept(axis) => {
                    roles[axis] = Role::Kept { step };
                    base += (at.axis(axis).start - of.axis(axis).start) * step;
                }
                OutAxis::Groups => group_step = step,
            }
        }
        if let Some(g) = &spec.group {
            codes = g.codes_in(at, groups);
            all = g.is_all(at, groups).then(|| g.clone());
            let mut step = 1;
            for axis in g.axes.iter().rev() {
                roles[*axis] = Role::Groups { step };
                step *= at.axis(*axis).len();
            }
        }
        let (grouped, groups) = (spec.group.is_some(), groups.len());
        Place { roles, codes, all, group_step, folded, grouped, groups, base }
    }

    /// Adds the positions that each group takes in: parts that lie beside each other take in the same ones.
    pub(super) fn count_rows(&self, rows: &mut [i64]) {
        if self.base > 0 {
            return;
        }
        if !self.grouped {
            rows[0] += self.folded as i64;
        }
        if let Some(groups) = &self.all {
            for (group, positions) in groups.grouping(true).members() {
                rows[group] += (positions.len() * self.folded) as i64;
            }
            return;
        }
        for code in self.codes.iter().filter(|c| **c >= 0) {
            rows[*code as usize] += self.folded as i64;
        }
    }

    /// The axes that are folded, or of groups.
    pub(super) fn gone(&self) -> impl Iterator<Item = usize> + '_ {
        (self.roles.iter().enumerate()).filter(|(_, r)| !matches!(r, Role::Kept { .. })).map(|(i, _)| i)
    }

    /// The group of the position that lies at `at` along the axes that are [`gone`](Self::gone).
    pub(super) fn group(&self, at: &[usize]) -> Option<usize> {
        if !self.grouped {
            return Some(0);
        }
        let code = self.gone().zip(at).filter_map(|(axis, i)| match self.roles[axis] {
            Role::Groups { step } => Some(i * step),
            _ => None,
        });
        usize::try_from(self.codes[code.sum::<usize>()]).ok()
    }
}

/// A piece as it will be walked over.
pub(super) struct Path<'a, T> {
    view: ArrayViewD<'a, T>,
    roles: Vec<Role>,
}

impl<'a, T: Copy> Path<'a, T> {
    pub(super) fn new(mut view: ArrayViewD<'a, T>, place: &Place) -> Self {
        let mut roles = place.roles.clone();
        merge_axes(&mut view, &mut roles);
        // Planes need two axes; an axis of length 1 folds without effect.
        while view.ndim() < 2 {
            view = view.insert_axis(Axis(0));
            roles.insert(0, Role::Folded);
        }
        let inner = inner_axis(&view, &roles);
        let rows = row_axis(&view, &roles, inner);
        let mut order: Vec<usize> = (0..view.ndim()).filter(|a| *a != inner && *a != rows).collect();
        order.extend([rows, inner]);
        let roles = order.iter().map(|a| roles[*a]).collect();
        Path { view: view.permuted_axes(order), roles }
    }

    /// Whether every element of the result takes in all its elements at one go.
    pub(super) fn is_direct(&self) -> bool {
        let kept = |role: &Role| matches!(role, Role::Kept { .. });
        match &self.roles[..] {
            _ if self.view.is_empty() => false,
            [outer @ .., _, Role::Kept { .. }] => outer.iter().all(kept),
            [outer @ .., rows, Role::Groups { .. }] => kept(rows) && outer.iter().all(kept),
            _ => false,
        }
    }

    /// Hands the elements to the sink.
    pub(super) fn walk(self, place: &Place, sink: &mut dyn Sink<T>) {
        if !self.view.is_empty() {
            let every = if sink.every_group() { place.groups } else { 0 };
            let lines = HashMap::new();
            let mut walk = Walk { place, every, lines, buffer: Vec::new(), sink };
            walk.planes(self.view, &self.roles, place.base, 0);
        }
    }
}

/// Merges axes of one role wherever they make one longer axis, in the input and in the result.
fn merge_axes<T>(view: &mut ArrayViewD<'_, T>, roles: &mut [Role]) {
    for into in (0..view.ndim()).rev() {
        for take in (0..view.ndim()).rev() {
            let (n, m) = (view.len_of(Axis(take)), view.len_of(Axis(into)));
            if take == into || n <= 1 || m <= 1 {
                continue;
            }
            let fits = match (roles[take], roles[into]) {
                (Role::Folded, Role::Folded) => true,
                (Role::Kept { step: a }, Role::Kept { step: b }) => a == b * m,
                (Role::Groups { step: a }, Role::Groups { step: b }) => a == b * m,
                _ => false,
            };
            if fits {
                view.merge_axes(Axis(take), Axis(into));
            }
        }
    }
}

/// The axis along which neighbours are closest, unless it is too short to be worth it.
fn inner_axis<T>(view: &ArrayViewD<'_, T>, roles: &[Role]) -> usize {
    let len = |a: usize| view.len_of(Axis(a));
    let near = (0..view.ndim())
        .rev()
        .min_by_key(|a| if len(*a) > 1 { view.stride_of(Axis(*a)).unsigned_abs() } else { usize::MAX })
        .expect("there are two axes");
    if matches!(roles[near], Role::Kept { .. }) && len(near) < 2 * LANES {
        let longer = |suits: fn(Role) -> bool| {
            (0..view.ndim()).filter(|a| suits(roles[*a]) && len(*a) > len(near)).max_by_key(|a| len(*a))
        };
        return longer(|r| r == Role::Folded)
            .or(longer(|r| matches!(r, Role::Groups { .. })))
            .unwrap_or(near);
    }
    near
}

/// The second axis of a plane: the longest that suits the inner one.
fn row_axis<T>(view: &ArrayViewD<'_, T>, roles: &[Role], inner: usize) -> usize {
    let gathers = matches!(roles[inner], Role::Kept { .. });
    (0..view.ndim())
        .filter(|a| *a != inner)
        .max_by_key(|a| (gathers && !matches!(roles[*a], Role::Kept { .. }), view.len_of(Axis(*a))))
        .expect("there are two axes")
}

struct Walk<'a, T: Copy> {
    place: &'a Place,
    /// How many groups are ended whether they occur or not.
    every: usize,
    /// Lines of groups by their first code.
    lines: HashMap<usize, Arc<Grouping>>,
    /// Elements of rows that do not lie together.
    buffer: Vec<T>,
    sink: &'a mut dyn Sink<T>,
}

impl<T: Copy> Walk<'_, T> {
    /// Loops over the outer axes; `base` is where the current position starts in the result, `code` where the codes
    /// of its groups start.
    fn planes(&mut self, view: ArrayViewD<'_, T>, roles: &[Role], mut base: usize, code: usize) {
        if roles.len() > 2 {
            for i in 0..view.len_of(Axis(0)) {
                let (mut base, mut code) = (base, code);
                match roles[0] {
                    Role::Kept { step } => base += i * step,
                    Role::Folded => {}
                    Role::Groups { step } => code += i * step,
                }
                self.planes(view.index_axis(Axis(0), i), &roles[1..], base, code);
            }
            return;
        }
        let plane = view.into_dimensionality::<Ix2>().expect("two axes are left");
        let (rows, inner) = (roles[0], roles[1]);
        if self.place.grouped && !roles.iter().any(|r| matches!(r, Role::Groups { .. })) {
            match self.group_base(base, code) {
                Some(at) => base = at,
                None => return,
            }
        }
        match inner {
            Role::Folded => self.runs(plane, rows, base, code),
            Role::Kept { step } => self.columns(plane, rows, step, base, code),
            Role::Groups { step } => self.scatter(plane, rows, step, base, code),
        }
    }

    /// Where the group that has its code at `code` starts; `None` if there is none.
    fn group_base(&self, base: usize, code: usize) -> Option<usize> {
        Some(base + usize::try_from(self.place.codes[code]).ok()? * self.place.group_step)
    }

    /// The groups along a line of `len` positions whose codes lie `step` apart.
    fn line(&mut self, code: usize, step: usize, len: usize) -> Arc<Grouping> {
        let codes = &self.place.codes;
        if let Some(groups) = self.place.all.as_ref().filter(|_| step == 1 && len == codes.len()) {
            return groups.grouping(self.every > 0);
        }
        let new = || Arc::new(Grouping::new((0..len).map(|i| codes[code + i * step]), self.every));
        self.lines.entry(code).or_insert_with(new).clone()
    }

    /// Every row is a run that folds into one element.
    fn runs(&mut self, plane: ArrayView2<'_, T>, rows: Role, base: usize, code: usize) {
        for (i, row) in plane.rows().into_iter().enumerate() {
            let at = match rows {
                Role::Kept { step } => base + i * step,
                Role::Folded => base,
                Role::Groups { step } => match self.group_base(base, code + i * step) {
                    Some(at) => at,
                    None => continue,
                },
            };
            match row.to_slice() {
                Some(slice) => self.sink.run(slice),
                None => {
                    let mut elements = row.iter();
                    while elements.len() > 0 {
                        self.buffer.clear();
                        self.buffer.extend(elements.by_ref().take(RUN));
                        self.sink.run(&self.buffer);
                    }
                }
            }
            if rows != Role::Folded {
                self.sink.end_run(at);
            }
        }
        if rows == Role::Folded {
            self.sink.end_run(base);
        }
    }

    /// Rows are added to rows of results.
    fn columns(&mut self, plane: ArrayView2<'_, T>, rows: Role, step: usize, base: usize, code: usize) {
        let (n, m) = plane.dim();
        // Tiles of about the same width.
        let width = m.div_ceil(m.div_ceil(self.sink.columns()).max(1)).next_multiple_of(LANES);
        for first in (0..m).step_by(width) {
            let part = plane.slice(s![.., first..m.min(first + width)]);
            let base = base + first * step;
            match rows {
                Role::Folded => self.rows(part, 0..n, base, step),
                Role::Groups { step: apart } => {
                    for (group, positions) in self.line(code, apart, n).members() {
                        let base = base + group * self.place.group_step;
                        self.rows(part, positions.iter().copied(), base, step);
                    }
                }
                // Nothing is folded here: each row is its own.
                Role::Kept { step: row_step } => {
                    (0..n).for_each(|i| self.rows(part, i..i + 1, base + i * row_step, step));
                }
            }
        }
    }

    /// Adds some rows of a plane to one row of results.
    fn rows(
        &mut self,
        plane: ArrayView2<'_, T>,
        mut rows: impl Iterator<Item = usize>,
        base: usize,
        step: usize,
    ) {
        let width = plane.ncols();
        self.sink.begin_rows(width);
        let contiguous = width <= 1 || plane.strides()[1] == 1;
        loop {
            let mut slices: [&[T]; ROWS] = [&[]; ROWS];
            let mut taken = 0;
            if contiguous {
                for (slot, row) in slices.iter_mut().zip(&mut rows) {
                    *slot = plane.row(row).to_slice().expect("neighbours lie together");
                    taken += 1;
                }
            } else {
                self.buffer.clear();
                for row in rows.by_ref().take(ROWS) {
                    self.buffer.extend(plane.row(row).iter());
                    taken += 1;
                }
                slices.iter_mut().zip(self.buffer.chunks(width)).for_each(|(slot, row)| *slot = row);
            }
            self.sink.rows(&slices[..taken]);
            if taken < ROWS {
                break;
            }
        }
        self.sink.end_rows(base, step);
    }

    /// Every row scatters its elements into groups.
    fn scatter(&mut self, plane: ArrayView2<'_, T>, rows: Role, step: usize, base: usize, code: usize) {
        let mut to = Vec::new();
        for (i, row) in plane.rows().into_iter().enumerate() {
            let (at, code) = match rows {
                Role::Kept { step } => (base + i * step, code),
                Role::Folded => (base, code),
                Role::Groups { step } => (base, code + i * step),
            };
            let line = self.line(code, step, row.len());
            to.clear();
            to.extend(line.groups.iter().map(|(group, _)| at + group * self.place.group_step));
            let elements = match row.to_slice() {
                Some(slice) => slice,
                None => {
                    self.buffer.clear();
                    self.buffer.extend(row.iter());
                    &self.buffer
                }
            };
            self.sink.scatter(elements, &line.runs, &to);
        }
    }
}
