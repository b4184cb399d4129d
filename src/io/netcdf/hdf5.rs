//! NetCDF4 files and other HDF5 files.

mod dims;
mod index;
mod stored;
mod tree;

use std::sync::Arc;

use hdf5_reader::{Hdf5File, OpenOptions};
use netcdf_reader::NcMetadataMode;
use netcdf_reader::nc4::attributes::{convert_visible_attribute, extract_group_attributes};

use super::file::RandomFile;
use super::origin::Origin;
use super::source::NetcdfSource;
use super::{attributes, filters, grid};
use crate::array::ChunkGrid;
use crate::error::{Error, Result};
use crate::io::RawDataset;
use crate::labels::{Attrs, Variable};
use crate::lazy::LazyArray;

use dims::Dims;
pub(super) use stored::{LARGEST_CHUNK, StoredVariable};
use tree::Tree;

/// Opens the HDF5 file; reads its superblock only.
pub(super) fn open(file: &Arc<RandomFile>) -> Result<Hdf5File> {
    // Values of variables are read by us; this cache is for what the library reads for itself.
    let options = OpenOptions::default().with_chunk_cache_bytes(0).with_max_read_bytes(64 << 20);
    let storage: hdf5_reader::storage::DynStorage = file.clone();
    let hdf5 = Hdf5File::from_storage_with_options(storage, options).map_err(broken)?;
    let sb = hdf5.superblock();
    let undefined = u64::MAX >> (64 - 8 * u32::from(sb.offset_size.clamp(1, 8)));
    // Alone among addresses it counts from the beginning of the file, also behind a user block.
    let end = sb.eof_address;
    if end != undefined && end > file.len() {
        return Err(Error::storage(format!(
            "the file is cut off: it should have {end} bytes and has {}",
            file.len()
        ))
        .help("it may still be on its way here, or the program that wrote it was stopped"));
    }
    Ok(hdf5)
}

/// An error of the library as ours.
pub(super) fn broken(e: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::storage("the HDF5 file cannot be read").caused_by(e)
}

/// The paths of all groups, the root first.
pub(super) fn groups(hdf5: &Hdf5File) -> Result<Vec<String>> {
    Ok(Tree::read(hdf5)?.paths().rev().map(str::to_string).collect())
}

/// The variables of one group ("" is the root), lazily.
pub(super) fn read_group(
    file: &RandomFile,
    hdf5: &Hdf5File,
    origin: &Arc<Origin>,
    group: &str,
) -> Result<RawDataset> {
    let tree = Tree::read(hdf5)?;
    let node = &tree.groups[tree.find(group)?];
    let dims = Dims::of(&tree);
    let mut raw = RawDataset::new();
    raw.attrs =
        attributes::from_nc(&extract_group_attributes(&node.group, NcMetadataMode::Lossy).map_err(broken)?);
    let mut unlimited = Vec::new();
    for (name, dataset) in &node.datasets {
        let shown = name.strip_prefix("_nc4_non_coord_").unwrap_or(name);
        let dataset = match dataset {
            Ok(d) => d,
            Err(e) => {
                raw.skip(shown, broken(e.to_string()));
                continue;
            }
        };
        if Dims::is_only_dimension(dataset) {
            continue;
        }
        let variable = dims.of_dataset(dataset).and_then(|axes| {
            let stored = StoredVariable::open(file, hdf5, dataset.clone())?;
            let shape: Vec<usize> = axes.iter().zip(stored.shape()).map(|(a, &n)| n.max(a.len)).collect();
            check_size(&shape, stored.element().dtype().size())?;
            let grid = match stored.chunk() {
                Some(chunk) => grid::of_chunks(&shape, chunk, stored.element().size()),
                None => grid::of_rows(&shape, stored.element().size()),
            };
            let dtype = stored.element().dtype();
            let source =
                NetcdfSource::new(origin, group, name, dtype, grid.clone(), stored.scratch_bytes(file));
            let names = axes.iter().map(|a| a.name.clone());
            let mut v = Variable::new(names, LazyArray::from_source(Arc::new(source)))?;
            v.attrs = variable_attributes(dataset);
            v.encoding = encoding(&stored, &grid, origin);
            unlimited.extend(axes.into_iter().filter(|a| a.unlimited).map(|a| a.name));
            Ok(v)
        });
        match variable {
            Ok(v) => {
                raw.variables.insert(shown.into(), v);
            }
            Err(e) => raw.skip(shown, e),
        }
    }
    unlimited.sort_unstable();
    unlimited.dedup();
    raw.encoding = super::dataset_encoding(origin, unlimited.iter().map(|n| &**n));
    Ok(raw)
}

fn variable_attributes(dataset: &hdf5_reader::Dataset) -> Attrs {
    let found: Vec<_> = (dataset.attributes().iter())
        .filter_map(|a| convert_visible_attribute(a, NcMetadataMode::Lossy).ok().flatten())
        .collect();
    attributes::from_nc(&found)
}

/// Refuses a variable of more bytes than any machine has: its header must be broken.
pub(super) fn check_size(shape: &[usize], element: usize) -> Result<()> {
    let size = shape.iter().try_fold(element as u64, |n, &len| n.checked_mul(len as u64));
    match size {
        Some(n) if n < 1 << 56 => Ok(()),
        _ => Err(Error::storage(format!("the shape {shape:?} cannot be true: the file is damaged"))),
    }
}

/// How the variable is stored, under xarray's names.
fn encoding(stored: &StoredVariable, grid: &ChunkGrid, origin: &Origin) -> Attrs {
    let mut out = Attrs::new();
    let lengths = |v: &[usize]| v.iter().map(|&n| n as i64).collect::<Vec<i64>>();
    if let Some(chunk) = stored.chunk() {
        let find = |id| stored.filters().iter().find(move |f| f.id == id);
        out.insert("zlib", find(1).is_some());
        if let Some(f) = find(1).or_else(|| find(filters::FILTER_ZSTD)) {
            out.insert("complevel", i64::from(f.client_data.first().copied().unwrap_or(0) as i32));
        }
        out.insert("shuffle", find(2).is_some());
        out.insert("fletcher32", find(3).is_some());
        for f in stored.filters().iter().filter(|f| f.id > 3) {
            out.insert(filters::name(f), true);
        }
        out.insert("contiguous", false);
        out.insert("chunksizes", lengths(chunk));
    } else {
        out.insert("contiguous", true);
    }
    out.insert("source", origin.to_string());
    out.insert("original_shape", lengths(&grid.shape()));
    out
}
