//! Which box of an array is written, and the chunks that it belongs to.

use std::ops::Range;

use indexmap::IndexMap;

use super::options::{DimRegion, WriteRegion};
use crate::array::{Block, Region, Slice};
use crate::dtype::{DType, Text};
use crate::error::{Context, Error, Result};
use crate::index::Method;
use crate::kernel::cast::cast;
use crate::labels::{Dataset, Name};
use crate::lazy::LazyArray;

/// The dims of a region, with the positions in the store; where labels told them, that is noted.
pub(super) type Dims = IndexMap<Name, (Range<usize>, bool)>;

/// The positions in the dataset `stored` that a region stands for.
///
/// # Errors
/// If a dimension is missing, a range does not fit, or labels are not found one after the other.
pub(super) fn resolve(region: &WriteRegion, ds: &Dataset, stored: &Dataset) -> Result<Dims> {
    let asked: Vec<(String, DimRegion)> = match region {
        WriteRegion::Dims(dims) => dims.clone(),
        WriteRegion::Auto => (ds.sizes().keys())
            .filter(|dim| ds.coords().index(dim).is_some() && stored.coords().index(dim).is_some())
            .map(|dim| (dim.to_string(), DimRegion::Auto))
            .collect(),
    };
    if asked.is_empty() {
        return Err(Error::invalid(
            "no dimension has labels in the dataset and in the store, to tell the region by",
        )
        .help("give the positions along each dimension"));
    }
    let (sizes, stored_sizes) = (ds.sizes(), stored.sizes());
    let mut out = Dims::new();
    for (dim, region) in asked {
        let (Some(len), Some(all)) = (sizes.get(dim.as_str()), stored_sizes.get(dim.as_str())) else {
            let known = stored_sizes.keys().filter(|d| sizes.contains_key(*d));
            return Err(Error::not_found("dimension of the region", &dim, known));
        };
        let found = match &region {
            DimRegion::Auto => (by_labels(&dim, ds, stored).at(|| format!("region along `{dim}`"))?, true),
            DimRegion::Range(range) => (range.clone(), false),
        };
        if found.0.len() != *len || found.0.end > *all {
            return Err(Error::invalid(format!(
                "the region {:?} along `{dim}`: the dataset has {len} elements there, the store {all}",
                found.0
            )));
        }
        out.insert(dim.into(), found);
    }
    Ok(out)
}

/// Where the labels of a dataset stand in another.
fn by_labels(dim: &str, ds: &Dataset, stored: &Dataset) -> Result<Range<usize>> {
    let no_labels = |which: &str| Error::invalid(format!("the {which} has no labels along `{dim}`"));
    let labels = ds.coords().index(dim).ok_or_else(|| no_labels("dataset"))?.labels();
    let index = stored.coords().index(dim).ok_or_else(|| no_labels("store"))?;
    let found = index.positions_of(&labels, Method::Exact, None)?;
    if let Some(missing) = found.iter().position(|p| *p < 0) {
        let label = label_at(&labels, missing);
        return Err(Error::invalid(format!("the label {label} is not in the store"))
            .help("a region changes neither dimensions nor labels: append what is new"));
    }
    let first = found.first().map_or(0, |p| *p as usize);
    if let Some(i) = found.iter().enumerate().position(|(i, p)| *p as usize != first + i) {
        let label = label_at(&labels, i);
        return Err(Error::invalid(format!(
            "the labels do not stand one after the other in the store: see {label}"
        ))
        .help("a region is a range: sort the dataset as the store is, or write several regions"));
    }
    Ok(first..first + found.len())
}

/// One label of a block of rank 1, for an error.
fn label_at(labels: &Block, i: usize) -> String {
    let label = labels.slice(&[Slice::range(i..i + 1)]);
    let text = cast(&label, DType::Str).and_then(|text| text.to_vec::<Text>());
    match text.ok().as_deref() {
        Some([Text(Some(text))]) => format!("`{text}`"),
        _ => format!("number {i}"),
    }
}

/// The box of whole units (chunks or shards) that holds another, in an array of this shape.
pub(super) fn aligned(within: &Region, unit: &[usize], shape: &[usize]) -> Region {
    Region::new(within.ranges().zip(unit).zip(shape).map(|((r, unit), n)| {
        let end = r.end.next_multiple_of(*unit).min(*n).max(r.end);
        (r.start / unit * unit).min(r.end)..end
    }))
}

/// The values for the box `whole`: those for `part` of it as given, the others as they are in `old`.
///
/// # Errors
/// If dtypes differ.
pub(super) fn grown(data: LazyArray, part: &Region, whole: &Region, old: &LazyArray) -> Result<LazyArray> {
    let mut data = data;
    let mut have = part.clone();
    for axis in 0..part.ndim() {
        let (inner, outer) = (part.axis(axis), whole.axis(axis));
        let beside = |range: Range<usize>| -> Result<Option<LazyArray>> {
            if range.is_empty() {
                return Ok(None);
            }
            let mut region = have.clone();
            region.set(axis, range);
            let slices: Vec<Slice> = region.ranges().map(Slice::range).collect();
            old.slice(&slices).map(Some)
        };
        let (before, after) = (beside(outer.start..inner.start)?, beside(inner.end..outer.end)?);
        let parts: Vec<LazyArray> = before.into_iter().chain([data]).chain(after).collect();
        data = LazyArray::concat(axis, &parts)?;
        have.set(axis, outer);
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_grows_to_whole_chunks_with_what_is_there() {
        let old = LazyArray::from(Block::from_vec(&[5, 4], (0..20).collect::<Vec<i32>>()).unwrap());
        let part = Region::new([1..3, 2..4]);
        let whole = aligned(&part, &[2, 3], &[5, 4]);
        assert_eq!(whole, Region::new([0..4, 0..4]));
        assert_eq!(aligned(&Region::new([4..5, 0..3]), &[2, 3], &[5, 4]), Region::new([4..5, 0..3]));
        let new = LazyArray::from(Block::from_vec(&[2, 2], vec![-1, -2, -3, -4]).unwrap());
        let grown = grown(new, &part, &whole, &old).unwrap();
        let values = grown.as_block().unwrap().to_vec::<i32>().unwrap();
        assert_eq!(values, [0, 1, 2, 3, 4, 5, -1, -2, 8, 9, -3, -4, 12, 13, 14, 15]);
    }
}
