//! The names that most programs need.

pub use crate::array::{Block, Region};
pub use crate::dtype::{DType, Scalar};
pub use crate::error::{Error, ErrorKind, Result};
pub use crate::exec::{Cancel, Executor, Local, Report};
pub use crate::index::{Join, Method};
pub use crate::io::{Batch, OpenOptions, open_dataset, open_dataset_with};
pub use crate::kernel::elementwise::{BinaryOp, UnaryOp};
pub use crate::kernel::reduce::ReduceOp;
pub use crate::labels::math::{
    abs, acos, asin, atan, cbrt, ceil, cos, cosh, exp, expm1, floor, log, log1p, log2, log10, maximum,
    minimum, rint, sign, sin, sinh, sqrt, tan, tanh, trunc,
};
pub use crate::labels::{
    AlignOptions, AttrValue, Attrs, CombineAttrs, Compat, ConcatOptions, ConcatOver, Coords, DataArray,
    Dataset, Dims, DropNa, GroupBy, IntoDims, Isel, MergeOptions, Missing, Name, NewDim, Object, Operand,
    Options, ReduceOptions, ReindexOptions, Sel, Strict, Variable, Weighted, WeightedOp, align, binary,
    broadcast, concat, merge, select_where, slice, with_options,
};
pub use crate::labels::{DiffLabel, InterpMethod, InterpolateNa, PadMode, PadValues};
pub use crate::labels::{apply_ufunc, corr, cov, cross, dot, polyval};
