//! Classic files: CDF-1, CDF-2 and CDF-5.

use std::collections::HashMap;
use std::sync::Arc;

use netcdf_reader::classic::ClassicFile;
use netcdf_reader::classic::data::compute_record_stride;
use netcdf_reader::{NcFormat, NcVariable};

use super::element::Element;
use super::file::RandomFile;
use super::hdf5::check_size;
use super::origin::Origin;
use super::pieces::Pieces;
use super::source::NetcdfSource;
use super::strided::Strided;
use super::write::NetcdfFormat;
use super::{attributes, grid};
use crate::array::{Block, Region};
use crate::error::{Error, Result};
use crate::io::RawDataset;
use crate::labels::{Attrs, Name, Variable};
use crate::lazy::LazyArray;
use crate::source::Traffic;

/// The header of a classic file.
pub(super) struct Classic {
    parsed: ClassicFile,
    variables: HashMap<String, ClassicVariable>,
}

struct ClassicVariable {
    shape: Vec<usize>,
    element: Element,
    place: Strided,
}

impl Classic {
    pub(super) fn open(file: &Arc<RandomFile>, format: NcFormat) -> Result<Self> {
        let parsed = ClassicFile::from_storage(file.clone(), format).map_err(broken)?;
        let all = &parsed.root_group().variables;
        let stride = compute_record_stride(all).map_err(broken)?;
        let mut variables = HashMap::new();
        for v in all {
            let stored = ClassicVariable::of(v, stride)?;
            stored.place.check(file).map_err(|e| e.at(format!("variable `{}`", v.name)))?;
            variables.insert(v.name.clone(), stored);
        }
        Ok(Classic { parsed, variables })
    }

    pub(super) fn read_group(&self, origin: &Arc<Origin>, group: &str) -> Result<RawDataset> {
        if !group.trim_matches('/').is_empty() {
            return Err(
                Error::not_found::<&str>("group", group, []).help("files in a classic format have no groups")
            );
        }
        let root = self.parsed.root_group();
        let mut raw = RawDataset::new();
        raw.attrs = attributes::from_nc(&root.attributes);
        for v in &root.variables {
            match self.variable(v, origin) {
                Ok(variable) => {
                    raw.variables.insert(v.name.as_str().into(), variable);
                }
                Err(e) => raw.skip(v.name.as_str(), e),
            }
        }
        let unlimited = root.dimensions.iter().filter(|d| d.is_unlimited).map(|d| d.name.as_str());
        raw.encoding = super::dataset_encoding(origin, unlimited);
        Ok(raw)
    }

    fn variable(&self, v: &NcVariable, origin: &Arc<Origin>) -> Result<Variable> {
        let stored = &self.variables[&v.name];
        let grid = grid::of_rows(&stored.shape, stored.element.size());
        let source = NetcdfSource::new(origin, "", &v.name, stored.element.dtype(), grid, Strided::SCRATCH);
        let names: Vec<Name> = v.dimensions.iter().map(|d| d.name.as_str().into()).collect();
        let mut out = Variable::new(names, LazyArray::from_source(Arc::new(source)))?;
        out.attrs = attributes::from_nc(&v.attributes);
        let shape: Vec<i64> = stored.shape.iter().map(|&n| n as i64).collect();
        out.encoding = Attrs::new().with("source", origin.to_string()).with("original_shape", shape);
        Ok(out)
    }

    pub(super) fn read(&self, file: &RandomFile, name: &str, region: &Region, io: &Traffic) -> Result<Block> {
        let stored = (self.variables.get(name))
            .ok_or_else(|| Error::not_found("variable", name, self.variables.keys()))?;
        super::source::check_region(region, &stored.shape)?;
        let bytes = |out: &mut [u8]| stored.place.read(file, region, out, io);
        stored
            .element
            .block(&region.shape(), bytes, |_| Err(Error::internal("classic files have no references")))
    }

    pub(super) fn format(&self) -> NetcdfFormat {
        match self.parsed.format() {
            NcFormat::Classic => NetcdfFormat::Cdf1,
            NcFormat::Offset64 => NetcdfFormat::Cdf2,
            _ => NetcdfFormat::Cdf5,
        }
    }

    /// The pieces in which a variable lies in the file.
    pub(super) fn pieces(&self, name: &str) -> Result<Pieces> {
        let stored = (self.variables.get(name))
            .ok_or_else(|| Error::not_found("variable", name, self.variables.keys()))?;
        Ok(Pieces::of_strided(&stored.element, vec![0; stored.element.size()], &stored.place))
    }

    /// The type and shape of a variable.
    pub(super) fn meta(&self, name: &str) -> Option<(crate::dtype::DType, Vec<usize>)> {
        self.variables.get(name).map(|v| (v.element.dtype(), v.shape.clone()))
    }
}

impl ClassicVariable {
    fn of(v: &NcVariable, record_stride: u64) -> Result<Self> {
        let shape: Vec<usize> = v.dimensions.iter().map(|d| d.size as usize).collect();
        let element = Element::of_classic(&v.dtype)?;
        check_size(&shape, element.size())?;
        let mut place = Strided::contiguous(v.data_offset, &shape, element.size());
        if v.is_record_var {
            place = place.with_record_stride(record_stride);
        }
        Ok(ClassicVariable { shape, element, place })
    }
}

fn broken(e: netcdf_reader::Error) -> Error {
    Error::storage("the NetCDF file cannot be read").caused_by(e)
}
