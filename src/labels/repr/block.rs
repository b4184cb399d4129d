//! Values of a block: on one line, or as rows of an array.

use std::fmt::{self, Write};

use super::WIDTH;
use super::value::{Style, element_text};
use crate::array::Block;

/// Arrays of more elements than this show only the ends of each axis.
const MANY: usize = 200;
/// How many positions at each end of an elided axis are shown.
const EDGE: usize = 3;

/// The position of element `flat` in row-major order.
fn unravel(mut flat: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (i, n) in shape.iter().enumerate().rev() {
        index[i] = flat % n;
        flat /= n;
    }
    index
}

/// The first and the last elements, as many as fit into `width` columns.
pub(super) fn flat_items(block: &Block, width: usize) -> String {
    const DOTS: &str = "...";
    let shape = block.shape().to_vec();
    let n = block.size();
    let item = |i: usize| element_text(block, &unravel(i, &shape), Style::Short);
    let (mut head, mut tail): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut used = 0;
    // From both ends in turn; the middle stays out when the line is full.
    while head.len() + tail.len() < n {
        let front = head.len() <= tail.len();
        let text = item(if front { head.len() } else { n - 1 - tail.len() });
        let left = n - head.len() - tail.len() - 1;
        let room = width.saturating_sub(if left > 0 { DOTS.len() + 1 } else { 0 });
        let needed = text.chars().count() + usize::from(used > 0);
        if used + needed > room && head.len() + tail.len() >= 2 {
            break;
        }
        used += needed;
        if front { head.push(text) } else { tail.push(text) }
    }
    if head.len() + tail.len() < n {
        head.push(DOTS.to_string());
    }
    head.extend(tail.into_iter().rev());
    head.join(" ")
}

/// Writes the block as nested rows, with the middle of long axes left out.
pub(super) fn write_block(f: &mut fmt::Formatter<'_>, block: &Block) -> fmt::Result {
    let shape = block.shape().to_vec();
    if block.size() == 0 {
        return write!(f, "[] of shape {shape:?}");
    }
    let elide = block.size() > MANY;
    let shown: Vec<Vec<Option<usize>>> = shape
        .iter()
        .map(|&n| match elide && n > 2 * EDGE {
            true => (0..EDGE).map(Some).chain([None]).chain((n - EDGE..n).map(Some)).collect(),
            false => (0..n).map(Some).collect(),
        })
        .collect();
    let mut width = 0;
    visit(&shown, &mut Vec::new(), &mut |index| {
        width = width.max(element_text(block, index, Style::Long).chars().count());
    });
    let mut out = String::new();
    rows(&mut out, block, &shown, &mut Vec::new(), width)?;
    f.write_str(&out)
}

fn visit(shown: &[Vec<Option<usize>>], index: &mut Vec<usize>, f: &mut impl FnMut(&[usize])) {
    let Some(axis) = shown.get(index.len()) else { return f(index) };
    for i in axis.iter().flatten() {
        index.push(*i);
        visit(shown, index, f);
        index.pop();
    }
}

fn rows(
    out: &mut String,
    block: &Block,
    shown: &[Vec<Option<usize>>],
    index: &mut Vec<usize>,
    width: usize,
) -> fmt::Result {
    let depth = index.len();
    let Some(axis) = shown.get(depth) else {
        let text = element_text(block, index, Style::Long);
        return if depth == 0 { out.write_str(&text) } else { write!(out, "{text:>width$}") };
    };
    let innermost = depth + 1 == shown.len();
    let indent = depth + 1;
    out.write_char('[')?;
    let mut column = indent;
    for (n, i) in axis.iter().enumerate() {
        let item = if i.is_some() { width } else { 3 };
        if n > 0 {
            if !innermost {
                let blank = "\n".repeat(shown.len() - depth - 1);
                write!(out, "{blank}{:indent$}", "")?;
            } else if column + 1 + item > WIDTH {
                write!(out, "\n{:indent$}", "")?;
                column = indent;
            } else {
                out.write_char(' ')?;
                column += 1;
            }
        }
        match i {
            None => out.write_str("...")?,
            Some(i) => {
                index.push(*i);
                rows(out, block, shown, index, width)?;
                index.pop();
            }
        }
        column += item;
    }
    out.write_char(']')
}
