//! Named dimensions over a lazy array.

use std::sync::Arc;

use indexmap::IndexMap;
use smallvec::SmallVec;

use super::attrs::Attrs;
use crate::array::{AxisGrid, Block, ChunkGrid};
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::lazy::LazyArray;

/// The name of a dimension, coordinate or variable.
pub type Name = Arc<str>;

/// Dimensions, elements (lazy or in memory), attributes and encoding; no coordinates.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Few, and copied with every result: kept in place.
    dims: SmallVec<[Name; 4]>,
    data: LazyArray,
    /// What the elements mean: units, long name, ...
    pub attrs: Attrs,
    /// How the variable was or will be stored: dtype, fill value, units of time, chunks, ...
    pub encoding: Attrs,
}

impl Variable {
    /// A variable from dimension names and an array with as many axes.
    ///
    /// # Errors
    /// If there are not as many names as axes, or a name stands twice.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::new(["y", "x"], Block::from_vec(&[2, 1], vec![1, 2])?)?;
    /// assert_eq!(v.sizes()["y"], 2);
    /// assert!(Variable::new(["x", "x"], Block::from_vec(&[2, 1], vec![1, 2])?).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new<N: Into<Name>>(dims: impl IntoIterator<Item = N>, data: impl Into<LazyArray>) -> Result<Self> {
        let dims: SmallVec<[Name; 4]> = dims.into_iter().map(Into::into).collect();
        let data = data.into();
        if dims.len() != data.ndim() {
            return Err(Error::invalid(format!(
                "{} dimension names ({}) for an array of shape {:?}",
                dims.len(),
                dims.join(", "),
                data.shape()
            )));
        }
        if let Some(d) = dims.iter().enumerate().find(|(i, d)| dims[..*i].contains(d)) {
            return Err(Error::invalid(format!("dimension `{}` stands twice", d.1)));
        }
        Ok(Variable { dims, data, attrs: Attrs::new(), encoding: Attrs::new() })
    }

    /// A variable in memory from elements in row-major order; `dims` are names with lengths.
    ///
    /// # Errors
    /// If there are not as many elements as places.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::from_vec(&[("y", 2), ("x", 1)], vec![1.0, 2.0])?;
    /// assert_eq!(v.shape(), [2, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn from_vec<T: Element>(dims: &[(&str, usize)], values: Vec<T>) -> Result<Self> {
        let shape: Vec<usize> = dims.iter().map(|d| d.1).collect();
        Variable::new(dims.iter().map(|d| d.0), Block::from_vec(&shape, values)?)
    }

    /// A variable without dimensions.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::scalar(Block::scalar(2.5));
    /// assert_eq!((v.ndim(), v.size()), (0, 1));
    /// ```
    pub fn scalar(block: Block) -> Self {
        let block = if block.ndim() == 0 { block } else { block.reshape(&[]).expect("one element") };
        Variable { dims: SmallVec::new(), data: block.into(), attrs: Attrs::new(), encoding: Attrs::new() }
    }

    /// The same attributes and encoding over other dims and data.
    ///
    /// # Errors
    /// Those of [`Variable::new`].
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let mut v = Variable::from_vec(&[("x", 2)], vec![1, 2])?;
    /// v.attrs.insert("units", "m");
    /// let w = v.with_data(["y"], Block::from_vec(&[1], vec![5])?)?;
    /// assert_eq!(w.attrs.get_str("units"), Some("m"));
    /// assert_eq!(w.shape(), [1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn with_data<N: Into<Name>>(
        &self,
        dims: impl IntoIterator<Item = N>,
        data: impl Into<LazyArray>,
    ) -> Result<Self> {
        let mut v = Variable::new(dims, data)?;
        v.attrs = self.attrs.clone();
        v.encoding = self.encoding.clone();
        Ok(v)
    }

    /// The same attributes and encoding over other dims and data, trusted to fit.
    pub(super) fn over(&self, dims: SmallVec<[Name; 4]>, data: LazyArray) -> Self {
        Variable { dims, data, attrs: self.attrs.clone(), encoding: self.encoding.clone() }
    }

    /// The variable with these attributes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::from_vec(&[("x", 2)], vec![1, 2])?.with_attrs(Attrs::new().with("units", "m"));
    /// assert_eq!(v.attrs.get_str("units"), Some("m"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn with_attrs(mut self, attrs: Attrs) -> Self {
        self.attrs = attrs;
        self
    }

    /// The dimension names in order.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::from_vec(&[("y", 2), ("x", 1)], vec![1, 2])?;
    /// assert_eq!(v.dims()[0].as_ref(), "y");
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn dims(&self) -> &[Name] {
        &self.dims
    }

    /// The array.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::from_vec(&[("x", 2)], vec![1, 2])?;
    /// // In memory: nothing has to be computed.
    /// assert!(v.data().as_block().is_some());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn data(&self) -> &LazyArray {
        &self.data
    }

    /// Type of the elements.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::from_vec(&[("x", 2)], vec![true, false])?;
    /// assert_eq!(v.dtype(), DType::Bool);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn dtype(&self) -> DType {
        self.data.dtype()
    }

    /// Length of each axis.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::from_vec(&[("y", 2), ("x", 1)], vec![1, 2])?;
    /// assert_eq!(v.shape(), [2, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn shape(&self) -> Vec<usize> {
        self.data.shape()
    }

    /// Number of dimensions.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::from_vec(&[("y", 2), ("x", 1)], vec![1, 2])?;
    /// assert_eq!(v.ndim(), 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn ndim(&self) -> usize {
        self.dims.len()
    }

    /// Number of elements.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::from_vec(&[("y", 2), ("x", 3)], vec![0; 6])?;
    /// assert_eq!(v.size(), 6);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn size(&self) -> usize {
        self.data.size()
    }

    /// Chunks.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 5)], vec![0; 5])?.chunk("x", 2)?;
    /// assert_eq!(a.variable().chunks().axes()[0].chunk(2), 4..5);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn chunks(&self) -> &ChunkGrid {
        self.data.grid()
    }

    /// Dimension names with their lengths.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::from_vec(&[("y", 2), ("x", 1)], vec![1, 2])?;
    /// assert_eq!(v.sizes()["y"], 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn sizes(&self) -> IndexMap<Name, usize> {
        self.lengths().map(|(d, n)| (d.clone(), n)).collect()
    }

    /// Dimension names with their lengths, in order of the axes.
    pub(crate) fn lengths(&self) -> impl Iterator<Item = (&Name, usize)> {
        self.dims.iter().zip(self.data.grid().axes().iter().map(AxisGrid::len))
    }

    /// The axis of a dimension, if the variable has it.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::from_vec(&[("y", 2), ("x", 1)], vec![1, 2])?;
    /// assert_eq!(v.axis("x"), Some(1));
    /// assert_eq!(v.axis("time"), None);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn axis(&self, dim: &str) -> Option<usize> {
        self.dims.iter().position(|d| &**d == dim)
    }

    /// The axis of a dimension.
    ///
    /// # Errors
    /// If the variable has no such dimension.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::from_vec(&[("lat", 2)], vec![1, 2])?;
    /// assert_eq!(v.require_axis("lat")?, 0);
    /// assert!(v.require_axis("latt").unwrap_err().to_string().contains("did you mean `lat`?"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn require_axis(&self, dim: &str) -> Result<usize> {
        self.axis(dim).ok_or_else(|| Error::not_found("dimension", dim, self.dims.iter()))
    }

    /// Length along a dimension, if the variable has it.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::from_vec(&[("y", 2), ("x", 1)], vec![1, 2])?;
    /// assert_eq!(v.len_of("y"), Some(2));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn len_of(&self, dim: &str) -> Option<usize> {
        Some(self.data.grid().axes()[self.axis(dim)?].len())
    }

    /// With other names for some dimensions.
    ///
    /// # Errors
    /// If two dimensions get one name.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::from_vec(&[("x", 2)], vec![1, 2])?;
    /// assert_eq!(v.rename_dims(|_| "lon".into())?.dims()[0].as_ref(), "lon");
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rename_dims(&self, new: impl Fn(&Name) -> Name) -> Result<Self> {
        self.with_data(self.dims.iter().map(new), self.data.clone())
    }

    /// The elements: at once if they are in memory, else computed by the local executor.
    ///
    /// # Errors
    /// Those of the run.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let v = Variable::from_vec(&[("x", 2)], vec![1, 2])?;
    /// assert_eq!(v.load()?, Block::from_vec(&[2], vec![1, 2])?);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn load(&self) -> Result<Block> {
        match self.data.as_block() {
            Some(b) => Ok(b.clone()),
            None => crate::exec::compute(std::slice::from_ref(&self.data)).map(|mut b| b.remove(0)),
        }
    }
}
