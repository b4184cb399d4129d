//! Elements from one view to another, in runs as long as both have them.

use ndarray::{ArrayViewD, ArrayViewMutD, Axis, Ix2};

/// Shorter runs are copied element by element, as is what has few elements in its last two axes.
const SHORT: usize = 4;
const FEW: usize = 64;

/// Copies all elements of a view to another one of the same shape.
pub(crate) fn copy<T: Clone>(to: &mut ArrayViewMutD<'_, T>, from: &ArrayViewD<'_, T>) {
    if let (Some(to), Some(from)) = (to.as_slice_mut(), from.as_slice()) {
        to.clone_from_slice(from);
        return;
    }
    let last = to.ndim() - 1;
    if !is_wide(from) || (to.strides()[last], from.strides()[last]) != (1, 1) {
        to.assign(from);
        return;
    }
    if last > 1 {
        for i in 0..from.len_of(Axis(0)) {
            copy(&mut to.index_axis_mut(Axis(0), i), &from.index_axis(Axis(0), i));
        }
        return;
    }
    let mut to = to.view_mut().into_dimensionality::<Ix2>().expect("two axes are left");
    let from = from.view().into_dimensionality::<Ix2>().expect("two axes are left");
    for (mut to, from) in to.rows_mut().into_iter().zip(from.rows()) {
        match (to.as_slice_mut(), from.as_slice()) {
            (Some(to), Some(from)) => to.clone_from_slice(from),
            _ => to.assign(&from),
        }
    }
}

/// Whether rows are worth it.
fn is_wide<T>(view: &ArrayViewD<'_, T>) -> bool {
    match view.shape() {
        [.., rows, len] => *len >= SHORT && rows * len >= FEW,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{ArrayD, IxDyn, Slice};

    use super::*;

    #[test]
    fn all_elements_come_to_their_places() {
        let from = ArrayD::from_shape_vec(IxDyn(&[9, 12, 14]), (0..1512).collect::<Vec<i32>>()).unwrap();
        for axes in [[0, 1, 2], [0, 2, 1], [2, 1, 0], [1, 0, 2]] {
            for (start, step) in [(0, 1), (1, 1), (0, 2), (2, 1), (4, 1)] {
                for cut in 0..3 {
                    let part = from.view().permuted_axes(IxDyn(&axes));
                    let part = part.slice_axis_move(Axis(cut), Slice::new(start, None, step));
                    let mut dense = ArrayD::zeros(part.raw_dim());
                    copy(&mut dense.view_mut(), &part);
                    assert_eq!(dense, part);
                    let mut wider =
                        ArrayD::zeros(IxDyn(&part.shape().iter().map(|n| n + 2).collect::<Vec<_>>()));
                    let mut inner = wider.slice_each_axis_mut(|a| Slice::from(1..a.len - 1));
                    copy(&mut inner, &part);
                    assert_eq!(inner, part);
                    assert_eq!(wider.sum(), part.sum());
                }
            }
        }
        let (mut one, seven) = (ArrayD::zeros(IxDyn(&[])), ArrayD::from_elem(IxDyn(&[]), 7));
        copy(&mut one.view_mut(), &seven.view());
        assert_eq!(one, seven);
        let none = ArrayD::<f32>::zeros(IxDyn(&[3, 0]));
        copy(&mut none.clone().view_mut(), &none.view());
    }
}
