//! The names that most programs need.

pub use crate::array::{Block, Region};
pub use crate::dtype::{DType, Scalar};
pub use crate::error::{Error, ErrorKind, Result};
pub use crate::exec::{Cancel, Executor, Local, Report};
pub use crate::io::Batch;
pub use crate::kernel::reduce::ReduceOp;
pub use crate::labels::{
    AttrValue, Attrs, Coords, DataArray, Dataset, Dims, IntoDims, Isel, Missing, Name, NewDim, ReduceOptions,
    Sel, Variable, slice,
};
