//! Arrays as planes, whose rows lie along the axis with windows.

use ndarray::{ArrayView2, ArrayViewD, Axis, Ix2, IxDyn};

use crate::kernel::order::steps;

/// Columns side by side are worth it from so many on.
const MANY: usize = 8;

/// Axes of elements in an order in which the last two are planes of rows and columns.
pub(super) struct Planes<'a, T> {
    view: ArrayViewD<'a, T>,
    /// How far apart neighbours along each axis are in the result.
    steps: Vec<usize>,
}

/// Where a plane goes in the result.
#[derive(Debug, Clone, Copy)]
pub(super) struct To {
    pub(super) base: usize,
    pub(super) row: usize,
    pub(super) column: usize,
}

impl<'a, T> Planes<'a, T> {
    /// The planes of elements with windows along `axis`, whose results have the shape `out`.
    pub(super) fn new(mut view: ArrayViewD<'a, T>, axis: usize, out: &[usize]) -> Self {
        let mut steps = steps(out);
        for into in 1..view.ndim() {
            if into != axis && into - 1 != axis {
                view.merge_axes(Axis(into - 1), Axis(into));
            }
        }
        let len = |a: &usize| view.len_of(Axis(*a));
        let distance = |a: &usize| view.stride_of(Axis(*a)).unsigned_abs();
        let others: Vec<usize> = (0..view.ndim()).filter(|a| *a != axis && len(a) > 1).collect();
        let near = others.iter().rev().copied().min_by_key(distance);
        let column = near.filter(|a| len(a) >= MANY).or(others.iter().copied().max_by_key(len));
        let mut order: Vec<usize> = (0..view.ndim()).filter(|a| *a != axis && Some(*a) != column).collect();
        order.push(axis);
        order.extend(column);
        let mut view = view.permuted_axes(order.clone());
        steps = order.iter().map(|a| steps[*a]).collect();
        if column.is_none() {
            let last = view.ndim();
            view = view.insert_axis(Axis(last));
            steps.push(1);
        }
        Planes { view, steps }
    }

    /// Calls `f` with each plane.
    pub(super) fn each<E>(&self, mut f: impl FnMut(ArrayView2<'_, T>, To) -> Result<(), E>) -> Result<(), E> {
        let outer = self.view.ndim() - 2;
        for at in ndarray::indices(IxDyn(&self.view.shape()[..outer])) {
            let mut part = self.view.view();
            let mut to = To { base: 0, row: self.steps[outer], column: self.steps[outer + 1] };
            for k in 0..outer {
                part = part.index_axis_move(Axis(0), at[k]);
                to.base += at[k] * self.steps[k];
            }
            f(part.into_dimensionality::<Ix2>().expect("two axes are left"), to)?;
        }
        Ok(())
    }
}
