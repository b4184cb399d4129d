//! The headers of all objects, which refer to each other.

use indexmap::IndexMap;
use netcdf_reader::NcAttribute;

use super::super::definition::{Defined, Definition};
use super::attributes::{self, Attribute};
use super::dense::Put;
use super::header::{DATASPACE, DATATYPE, FILL_VALUE, FILTERS, GROUP_INFO, Header, LAYOUT, LINK, LINK_INFO};
use super::heap::Heap;
use super::objects::{Dim, Object, Objects};
use super::space::Space;
use super::superblock::NOWHERE;
use super::{Placed, Stored, messages, plain, types};
use crate::dtype::DType;
use crate::error::{Context, Result};

/// Who wrote the file, in netCDF's words.
const WRITER: &str = concat!("version=2,graticule=", env!("CARGO_PKG_VERSION"));

/// Writes all headers with their heaps; gives the address of the root's.
pub(super) fn write(
    space: &Space,
    groups: &[Definition],
    variables: &[Placed],
    stored: &[Stored<'_>],
) -> Result<u64> {
    let objects = Objects::of(groups)?;
    // Headers hold each other's addresses: made once for their lengths, and again when it is known where they lie.
    let mut file = Headers {
        objects: &objects,
        variables,
        stored,
        addresses: vec![0; objects.all.len()],
        heap: Heap::default(),
    };
    for object in 0..objects.all.len() {
        let length = file.encode(object, &|_| Ok(0))?.len();
        file.addresses[object] = space.reserve(length as u64)?;
    }
    file.heap = file.heap.placed(space)?;
    for object in 0..objects.all.len() {
        let header = file.encode(object, &|bytes| space.put(bytes))?;
        space.write(file.addresses[object], &header)?;
    }
    file.heap.write(space)?;
    Ok(file.addresses[0])
}

struct Headers<'a> {
    objects: &'a Objects<'a>,
    variables: &'a [Placed],
    stored: &'a [Stored<'a>],
    addresses: Vec<u64>,
    heap: Heap,
}

impl Headers<'_> {
    fn encode(&mut self, object: usize, put: Put<'_>) -> Result<Vec<u8>> {
        let objects = self.objects;
        match &objects.all[object] {
            Object::Group { definition, members } => {
                let attributes = definition.map_or(&[][..], |d| &d.attributes);
                self.group(object == 0, attributes, members, put)
            }
            Object::Dimension(dim) => {
                self.dimension(*dim, put).at(|| format!("the dimension with the number {dim}"))
            }
            Object::Variable { number, defined, dims, stands_for } => {
                let of = |&d: &usize| &objects.dims[d];
                let grows: Vec<bool> = dims.iter().map(of).map(|d| d.unlimited).collect();
                self.variable(*number, defined, dims, &grows, *stands_for, put)
                    .at(|| format!("variable `{}`", defined.name))
            }
        }
    }

    fn group(
        &mut self,
        root: bool,
        attributes: &[NcAttribute],
        members: &IndexMap<String, usize>,
        put: Put<'_>,
    ) -> Result<Vec<u8>> {
        let mut header = Header::default();
        header.push(LINK_INFO, &messages::link_info(members.len()))?;
        header.push(GROUP_INFO, &messages::group_info())?;
        for (number, (name, member)) in members.iter().enumerate() {
            header.push(LINK, &messages::link(name, number, self.addresses[*member]))?;
        }
        let mut own = self.given(attributes)?;
        if root {
            own.push(Attribute::fixed_text("_NCProperties", WRITER, WRITER.len()));
        }
        attributes::push_all(&mut header, &own, put)?;
        header.encode()
    }

    fn given(&mut self, attributes: &[NcAttribute]) -> Result<Vec<Attribute>> {
        attributes.iter().map(|a| Attribute::of(&a.name, &a.value, &mut self.heap)).collect()
    }

    /// An array without values, whose length is that of the dimension.
    fn dimension(&mut self, number: usize, put: Put<'_>) -> Result<Vec<u8>> {
        let Dim { len, unlimited, .. } = self.objects.dims[number];
        let mut header = Header::default();
        header.push(DATASPACE, &types::array([(len as u64, unlimited)]))?;
        header.push(DATATYPE, &types::float32(true))?;
        header.push(FILL_VALUE, &messages::fill_value(unlimited, None))?;
        let layout = match unlimited {
            true => messages::chunked(NOWHERE, &[1], 4),
            false => messages::contiguous(NOWHERE, 4 * len as u64),
        };
        header.push(LAYOUT, &layout)?;
        // The name that tells netCDF that there is no variable.
        let name = format!("This is a netCDF dimension but not a netCDF variable.{len:>10}");
        let own = self.scale(number, &name, name.len() + 1)?;
        attributes::push_all(&mut header, &own, put)?;
        header.encode()
    }

    /// What makes a dataset stand for a dimension.
    fn scale(&mut self, dim: usize, name: &str, bytes: usize) -> Result<Vec<Attribute>> {
        let mut out = vec![
            Attribute::fixed_text("CLASS", "DIMENSION_SCALE", 16),
            Attribute::fixed_text("NAME", name, bytes),
            Attribute::int("_Netcdf4Dimid", dim as i32)?,
        ];
        let uses = &self.objects.dims[dim].uses;
        if !uses.is_empty() {
            let uses = uses.iter().map(|&(object, axis)| (self.addresses[object], axis));
            out.push(Attribute::reference_list(uses));
        }
        Ok(out)
    }

    fn variable(
        &mut self,
        number: usize,
        defined: &Defined,
        dims: &[usize],
        grows: &[bool],
        stands_for: Option<usize>,
        put: Put<'_>,
    ) -> Result<Vec<u8>> {
        let mut header = Header::default();
        let shape = defined.shape.iter().zip(grows).map(|(&n, &grows)| (n as u64, grows));
        header.push(DATASPACE, &types::array(shape))?;
        header.push(DATATYPE, &types::of_dtype(defined.dtype)?)?;
        let fill = self.variables[number].fill.as_deref();
        header.push(FILL_VALUE, &messages::fill_value(defined.chunk.is_some(), fill))?;
        match &self.stored[number] {
            Stored::Contiguous { address, bytes } => {
                header.push(LAYOUT, &messages::contiguous(*address, *bytes))?;
            }
            Stored::Chunked { address, grid, filters } => {
                header.push(LAYOUT, &messages::chunked(*address, &grid.chunk, grid.element))?;
                if let Some(filters) = filters.message() {
                    header.push(FILTERS, &filters)?;
                }
            }
        }
        let mut own = Vec::new();
        if let Some(fill) = &defined.fill {
            own.push(Attribute::numbers("_FillValue", defined.dtype, &plain::bytes(fill)?)?);
        }
        own.extend(self.given(&defined.attributes)?);
        if !dims.is_empty() {
            let ids: Vec<i32> = dims.iter().map(|&d| d as i32).collect();
            own.push(Attribute::numbers("_Netcdf4Coordinates", DType::I32, bytemuck::cast_slice(&ids))?);
        }
        match (stands_for, dims.first()) {
            (Some(dim), _) => own.extend(self.scale(dim, &defined.name, defined.name.len() + 1)?),
            (None, Some(&first)) => {
                let (addresses, all) = (&self.addresses, &self.objects.dims);
                let scales = dims.iter().map(|&d| addresses[all[d].scale]);
                own.push(Attribute::dimension_list(scales, &mut self.heap));
                own.push(Attribute::int("_Netcdf4Dimid", first as i32)?);
            }
            (None, None) => {}
        }
        attributes::push_all(&mut header, &own, put)?;
        header.encode()
    }
}
