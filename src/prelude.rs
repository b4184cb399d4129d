//! The names that most programs need.

pub use crate::array::{Block, Region};
pub use crate::dtype::{DType, Scalar};
pub use crate::error::{Error, ErrorKind, Result};
pub use crate::exec::{Cancel, Executor, Local, Report};
pub use crate::index::{Join, Method};
pub use crate::io::{
    Batch, Compression, MultiFileOptions, OpenOptions, open_dataset, open_dataset_with, open_mfdataset,
    open_mfdataset_with, save_groups, save_groups_with, save_mfdataset, save_mfdataset_with,
};
pub use crate::kernel::elementwise::{BinaryOp, UnaryOp};
pub use crate::kernel::reduce::ReduceOp;
pub use crate::labels::math::{
    abs, acos, asin, atan, cbrt, ceil, cos, cosh, exp, expm1, floor, log, log1p, log2, log10, maximum,
    minimum, rint, sign, sin, sinh, sqrt, tan, tanh, trunc,
};
pub use crate::labels::{
    AlignOptions, AttrValue, Attrs, BinGrouper, Boundary, ChunkLen, Chunks, Coarsen, CombineAttrs,
    CombineDim, Compat, ConcatOptions, ConcatOver, Coords, CovOptions, DataArray, Dataset, DateRange,
    DatetimeUnit, DiffLabel, DifferentiateOptions, Dims, DropNa, FillValue, GroupBy, Grouper, IdxOptions,
    Interp, InterpMethod, InterpolateNa, IntoDims, Isel, Keep, MergeOptions, Missing, Name, Nested, NewDim,
    Object, Operand, Options, PadMode, PadValues, PolyfitOptions, QuantileOptions, Quantiles, RankOptions,
    ReduceOptions, ReindexOptions, Resample, Rolling, SeasonGrouper, SeasonResampler, Sel, Selector, Side,
    SortKey, SortKeys, StackIndex, Strict, TimeResampler, UfuncOptions, UniqueGrouper, UnstackOptions,
    Variable, Weighted, WeightedOp, align, apply_ufunc, binary, broadcast, combine_by_coords, combine_nested,
    concat, corr, cov, cross, date_range, date_range_like, dot, infer_freq, merge, polyval, select_where,
    slice, tuple_range, tuples, with_options,
};
