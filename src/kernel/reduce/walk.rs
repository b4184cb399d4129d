//! Takes a piece apart: which runs of elements go to which element of the result.
//!
//! Axes of one kind that lie behind each other in memory are merged; then the axis with the closest
//! neighbours decides: folded (runs are reduced by several lanes), kept (rows are added to a row of
//! results) or groups (elements are scattered). A second axis makes a plane of it; the others are loops.

use ndarray::{ArrayView1, ArrayView2, ArrayViewD, Axis, Ix2, s};

use super::ReduceSpec;
use super::lanes::{LANES, Partial};
use crate::array::Region;

/// Rows that a column of lanes takes in before it goes back to memory.
const ROWS: usize = 16;
/// Elements of a run per lane between two looks at the partial result.
const RUN: usize = 32;
/// Results of a row that are kept in the nearest cache.
const COLUMNS: usize = 4096;

/// What becomes of an axis of the input.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    /// Elements `step` apart in the result.
    Kept {
        step: usize,
    },
    Folded,
    Groups,
}

/// Where a piece belongs.
#[derive(Debug)]
pub(super) struct Place {
    roles: Vec<Role>,
    /// The group of each position of the piece along the axis of groups.
    codes: Vec<i32>,
    /// Elements of the result between two groups.
    group_step: usize,
    /// Positions of the piece along the folded axes.
    folded: usize,
    grouped: bool,
}

impl Place {
    /// The place of the piece at `at` in a result of shape `out`.
    pub(super) fn new(spec: &ReduceSpec, at: &Region, out: &[usize]) -> Self {
        let mut steps: Vec<usize> = vec![1; out.len()];
        for i in (1..out.len()).rev() {
            steps[i - 1] = steps[i] * out[i];
        }
        let mut next = steps.iter();
        let (mut roles, mut codes, mut group_step, mut folded) = (Vec::new(), Vec::new(), 0, 1);
        for (axis, range) in at.ranges().enumerate() {
            roles.push(match &spec.group {
                _ if spec.axes.contains(&axis) => {
                    folded *= range.len();
                    Role::Folded
                }
                Some(g) if g.axis == axis => {
                    group_step = *next.next().expect("the result has this axis");
                    codes = g.codes[range].to_vec();
                    Role::Groups
                }
                _ => Role::Kept { step: *next.next().expect("the result has this axis") },
            });
        }
        Place { roles, codes, group_step, folded, grouped: spec.group.is_some() }
    }

    /// Adds the positions that each group takes in.
    pub(super) fn count_rows(&self, rows: &mut [i64]) {
        if !self.grouped {
            rows[0] += self.folded as i64;
        }
        for code in self.codes.iter().filter(|c| **c >= 0) {
            rows[*code as usize] += self.folded as i64;
        }
    }

    /// The axes that are folded, or of groups.
    pub(super) fn gone(&self) -> impl Iterator<Item = usize> + '_ {
        (self.roles.iter().enumerate()).filter(|(_, r)| !matches!(r, Role::Kept { .. })).map(|(i, _)| i)
    }

    /// The group of each position along the axis of groups.
    pub(super) fn codes(&self) -> Option<&[i32]> {
        self.grouped.then_some(&self.codes)
    }
}

/// Takes the elements of a piece into the store.
pub(super) fn fold<T: Copy + 'static, P: Partial<T, LANES>>(
    mut view: ArrayViewD<'_, T>,
    place: &Place,
    store: &mut P::Store,
) {
    if view.is_empty() {
        return;
    }
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
    let view = view.permuted_axes(order.clone());
    let roles: Vec<Role> = order.iter().map(|a| roles[*a]).collect();
    let mut walk =
        Walk::<T, P> { place, groups: Grouping::new(place), tile: Vec::new(), tail: Vec::new(), store };
    walk.planes(view, &roles, 0);
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
        let longer = |role: Role| {
            (0..view.ndim()).filter(|a| roles[*a] == role && len(*a) > len(near)).max_by_key(|a| len(*a))
        };
        return longer(Role::Folded).or(longer(Role::Groups)).unwrap_or(near);
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

/// The positions of a piece along the axis of groups, by group.
struct Grouping {
    /// The groups that occur, and their positions in rising order.
    members: Vec<(usize, Vec<usize>)>,
    /// Runs of positions of one group: (which of `members`, first, end).
    runs: Vec<(usize, usize, usize)>,
}

impl Grouping {
    fn new(place: &Place) -> Self {
        let (mut members, mut runs) =
            (Vec::<(usize, Vec<usize>)>::new(), Vec::<(usize, usize, usize)>::new());
        let mut slots = vec![usize::MAX; place.codes.iter().max().map_or(0, |m| (m + 1).max(0) as usize)];
        for (position, code) in place.codes.iter().enumerate().filter(|(_, c)| **c >= 0) {
            let slot = &mut slots[*code as usize];
            if *slot == usize::MAX {
                *slot = members.len();
                members.push((*code as usize, Vec::new()));
            }
            members[*slot].1.push(position);
            match runs.last_mut() {
                Some((s, _, end)) if s == slot && *end == position => *end += 1,
                _ => runs.push((*slot, position, position + 1)),
            }
        }
        Grouping { members, runs }
    }
}

struct Walk<'a, T: Copy + 'static, P: Partial<T, LANES>> {
    place: &'a Place,
    groups: Grouping,
    tile: Vec<P>,
    tail: Vec<P::One>,
    store: &'a mut P::Store,
}

impl<T: Copy + 'static, P: Partial<T, LANES>> Walk<'_, T, P> {
    /// Loops over the outer axes; `base` is where the current position starts in the result.
    fn planes(&mut self, view: ArrayViewD<'_, T>, roles: &[Role], base: usize) {
        if roles.len() > 2 {
            for i in 0..view.len_of(Axis(0)) {
                let offset = match roles[0] {
                    Role::Kept { step } => i * step,
                    Role::Folded => 0,
                    Role::Groups if self.place.codes[i] < 0 => continue,
                    Role::Groups => self.place.codes[i] as usize * self.place.group_step,
                };
                self.planes(view.index_axis(Axis(0), i), &roles[1..], base + offset);
            }
            return;
        }
        let plane = view.into_dimensionality::<Ix2>().expect("two axes are left");
        match roles[1] {
            Role::Folded => self.runs(plane, roles[0], base),
            Role::Kept { step } => self.columns(plane, roles[0], step, base),
            Role::Groups => self.scatter(plane, roles[0], base),
        }
    }

    /// Every row is a run that folds into one element.
    fn runs(&mut self, plane: ArrayView2<'_, T>, rows: Role, base: usize) {
        let mut all = P::One::EMPTY;
        for (i, row) in plane.rows().into_iter().enumerate() {
            let at = match rows {
                Role::Folded => {
                    all.join(&run::<T, P>(row));
                    continue;
                }
                Role::Kept { step } => base + i * step,
                Role::Groups if self.place.codes[i] < 0 => continue,
                Role::Groups => base + self.place.codes[i] as usize * self.place.group_step,
            };
            run::<T, P>(row).flush(self.store, at, 0);
        }
        if rows == Role::Folded {
            all.flush(self.store, base, 0);
        }
    }

    /// Rows are added to rows of results.
    fn columns(&mut self, plane: ArrayView2<'_, T>, rows: Role, step: usize, base: usize) {
        let (n, m) = plane.dim();
        let mut buffer = Vec::new();
        for first in (0..m).step_by(COLUMNS) {
            let part = plane.slice(s![.., first..m.min(first + COLUMNS)]);
            let base = base + first * step;
            match rows {
                Role::Folded => self.rows(part, 0..n, &mut buffer, base, step),
                Role::Groups => {
                    let members = std::mem::take(&mut self.groups.members);
                    for (group, positions) in &members {
                        let base = base + group * self.place.group_step;
                        self.rows(part, positions.iter().copied(), &mut buffer, base, step);
                    }
                    self.groups.members = members;
                }
                // Nothing is folded here: each row is its own.
                Role::Kept { step: row_step } => {
                    for i in 0..n {
                        self.rows(part, i..i + 1, &mut buffer, base + i * row_step, step);
                    }
                }
            }
        }
    }

    /// Adds some rows of a plane to one row of results.
    fn rows(
        &mut self,
        plane: ArrayView2<'_, T>,
        mut rows: impl Iterator<Item = usize>,
        buffer: &mut Vec<T>,
        base: usize,
        step: usize,
    ) {
        let m = plane.ncols();
        self.tile.clear();
        self.tile.resize(m / LANES, P::EMPTY);
        self.tail.clear();
        self.tail.resize(m % LANES, P::One::EMPTY);
        let contiguous = m <= 1 || plane.strides()[1] == 1;
        let mut indices = [0; ROWS];
        loop {
            let mut taken = 0;
            for (slot, row) in indices.iter_mut().zip(&mut rows) {
                *slot = row;
                taken += 1;
            }
            if taken == 0 {
                break;
            }
            if !contiguous {
                buffer.clear();
                indices[..taken].iter().for_each(|i| buffer.extend(plane.row(*i).iter()));
            }
            let mut chunks: [&[[T; LANES]]; ROWS] = [&[]; ROWS];
            let mut rests: [&[[T; 1]]; ROWS] = [&[]; ROWS];
            for k in 0..taken {
                let row = if contiguous {
                    plane.row(indices[k]).to_slice().expect("the stride is 1")
                } else {
                    &buffer[k * m..(k + 1) * m]
                };
                let (whole, rest) = row.as_chunks::<LANES>();
                (chunks[k], rests[k]) = (whole, rest.as_chunks::<1>().0);
            }
            for (j, p) in self.tile.iter_mut().enumerate() {
                p.block(chunks[..taken].iter().map(|row| &row[j]));
            }
            for (j, p) in self.tail.iter_mut().enumerate() {
                p.block(rests[..taken].iter().map(|row| &row[j]));
            }
            if taken < ROWS {
                break;
            }
        }
        for (j, p) in self.tile.iter().enumerate() {
            p.flush(self.store, base + j * LANES * step, step);
        }
        for (j, p) in self.tail.iter().enumerate() {
            p.flush(self.store, base + (self.tile.len() * LANES + j) * step, step);
        }
    }

    /// Every row scatters its elements into groups.
    fn scatter(&mut self, plane: ArrayView2<'_, T>, rows: Role, base: usize) {
        let members = self.groups.members.len();
        let mut buffer = Vec::new();
        for (i, row) in plane.rows().into_iter().enumerate() {
            self.tail.clear();
            self.tail.resize(members, P::One::EMPTY);
            let elements = match row.to_slice() {
                Some(slice) => slice,
                None => {
                    buffer.clear();
                    buffer.extend(row.iter());
                    &buffer[..]
                }
            };
            for (slot, first, end) in &self.groups.runs {
                let part = &elements[*first..*end];
                match part.len() < 2 * LANES {
                    true => self.tail[*slot].block(part.as_chunks::<1>().0.iter()),
                    false => self.tail[*slot].join(&run::<T, P>(ArrayView1::from(part))),
                }
            }
            let at = base + if let Role::Kept { step } = rows { i * step } else { 0 };
            for (p, (group, _)) in self.tail.iter().zip(&self.groups.members) {
                p.flush(self.store, at + group * self.place.group_step, 0);
            }
        }
    }
}

/// A run of elements as one partial result; the same bits for every layout.
fn run<T: Copy + 'static, P: Partial<T, LANES>>(row: ArrayView1<'_, T>) -> P::One {
    let mut lanes = P::EMPTY;
    let mut rest = P::One::EMPTY;
    let mut whole = false;
    let mut take = |elements: &[T]| {
        let (chunks, tail) = elements.as_chunks::<LANES>();
        whole |= !chunks.is_empty();
        for block in chunks.chunks(RUN) {
            lanes.block(block.iter());
        }
        if !tail.is_empty() {
            rest.block(tail.as_chunks::<1>().0.iter());
        }
    };
    match row.to_slice() {
        Some(slice) => take(slice),
        None => {
            let mut buffer = [row[0]; RUN * LANES];
            let mut elements = row.iter();
            loop {
                let mut filled = 0;
                for (slot, x) in buffer.iter_mut().zip(&mut elements) {
                    *slot = *x;
                    filled += 1;
                }
                take(&buffer[..filled]);
                if filled < buffer.len() {
                    break;
                }
            }
        }
    }
    if !whole {
        return rest;
    }
    let mut one = lanes.lane(0);
    (1..LANES).for_each(|l| one.join(&lanes.lane(l)));
    one.join(&rest);
    one
}
