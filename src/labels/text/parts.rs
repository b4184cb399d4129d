//! Texts cut into parts along a new last dimension: `split`, `partition`, `extract`, `get_dummies`.

use std::collections::BTreeSet;

use super::super::apply::Arg;
use super::super::dataarray::DataArray;
use super::super::operand::Operand;
use super::super::variable::{Name, Variable};
use super::{Pattern, Str, arrays_over, casts, dims_of, maximum};
use crate::array::{Block, ChunkGrid, Region, Slice};
use crate::dtype::{DType, Text};
use crate::error::{Error, Result};
use crate::kernel::elementwise::MapFn;
use crate::kernel::text::{Flags, PartsOp, TextFn, each_part};
use crate::lazy::LazyArray;

/// At what texts are split.
#[derive(Clone, Default)]
pub enum Separator {
    /// At white space; there are no empty parts.
    #[default]
    Whitespace,
    /// At every occurrence of a text.
    At(Operand),
}

impl From<&str> for Separator {
    fn from(sep: &str) -> Self {
        Separator::At(sep.into())
    }
}

impl From<&DataArray> for Separator {
    fn from(sep: &DataArray) -> Self {
        Separator::At(sep.into())
    }
}

/// How many parts there are.
enum Count {
    /// So many.
    Fixed(usize),
    /// As many as a text has at most; this computes the texts.
    Most,
}

impl Str {
    /// The parts between separators along a new last dimension; texts with fewer parts have empty ones at
    /// the end. With `maxsplit`, only so many cuts are made.
    ///
    /// How long the new dimension is depends on the text, which is computed once at the call.
    ///
    /// # Errors
    /// If the array has the new dimension already, or a separator is empty.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// use graticule::labels::Separator;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("a-b"), Text::from("c")])?;
    /// let parts = a.str()?.split("part", "-", None)?;
    /// assert_eq!(parts.shape(), [2, 2]);
    /// assert_eq!(parts.to_vec::<Text>()?, ["a".into(), "b".into(), "c".into(), "".into()]);
    /// assert_eq!(a.str()?.split("part", Separator::Whitespace, None)?.shape(), [2, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn split(
        &self,
        dim: impl Into<Name>,
        sep: impl Into<Separator>,
        maxsplit: Option<usize>,
    ) -> Result<DataArray> {
        self.split_by(dim.into(), sep.into(), maxsplit, [PartsOp::Split, PartsOp::SplitSpace])
    }

    /// As [`split`](Str::split), with the cuts made from the end, and empty parts at the beginning.
    ///
    /// # Errors
    /// Those of `split`.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("a-b-c"), Text::from("d")])?;
    /// let parts = a.str()?.rsplit("part", "-", Some(1))?;
    /// assert_eq!(parts.to_vec::<Text>()?, ["a-b".into(), "c".into(), "".into(), "d".into()]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rsplit(
        &self,
        dim: impl Into<Name>,
        sep: impl Into<Separator>,
        maxsplit: Option<usize>,
    ) -> Result<DataArray> {
        self.split_by(dim.into(), sep.into(), maxsplit, [PartsOp::Rsplit, PartsOp::RsplitSpace])
    }

    fn split_by(
        &self,
        dim: Name,
        sep: Separator,
        maxsplit: Option<usize>,
        [at_text, at_space]: [fn(i64) -> PartsOp; 2],
    ) -> Result<DataArray> {
        let max = maxsplit.and_then(|n| i64::try_from(n).ok()).unwrap_or(-1);
        let (op, args) = match sep {
            Separator::At(sep) => (at_text, vec![sep]),
            Separator::Whitespace => (at_space, Vec::new()),
        };
        self.parts(dim, Flags::default(), args, Count::Most, &|most| {
            // As in xarray: the longest one says how often all are cut.
            op(most.map_or(max, |n| n as i64 - 1))
        })
    }

    /// What stands before the first separator, the separator, and what stands after it, along a new last
    /// dimension. Without a separator the first part is all.
    ///
    /// # Errors
    /// If the array has the new dimension already, or a separator is empty.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("k=v=w")])?;
    /// let parts = a.str()?.partition("part", "=")?;
    /// assert_eq!(parts.to_vec::<Text>()?, ["k".into(), "=".into(), "v=w".into()]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn partition(&self, dim: impl Into<Name>, sep: impl Into<Operand>) -> Result<DataArray> {
        self.three(dim.into(), sep.into(), PartsOp::Partition)
    }

    /// As [`partition`](Str::partition) at the last separator; without one the last part is all.
    ///
    /// # Errors
    /// Those of `partition`.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("k=v=w")])?;
    /// let parts = a.str()?.rpartition("part", "=")?;
    /// assert_eq!(parts.to_vec::<Text>()?, ["k=v".into(), "=".into(), "w".into()]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rpartition(&self, dim: impl Into<Name>, sep: impl Into<Operand>) -> Result<DataArray> {
        self.three(dim.into(), sep.into(), PartsOp::Rpartition)
    }

    fn three(&self, dim: Name, sep: Operand, op: PartsOp) -> Result<DataArray> {
        // As in xarray: of no texts there are no parts.
        let count = if self.array().variable().size() == 0 { 0 } else { 3 };
        self.parts(dim, Flags::default(), vec![sep], Count::Fixed(count), &|_| op)
    }

    /// The groups of the first match of a pattern along a new last dimension, empty without a match.
    ///
    /// # Errors
    /// If the array has the new dimension already, or the pattern is no regular expression or has no group.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("x12")])?;
    /// let groups = a.str()?.extract("([a-z])([0-9]+)", "group")?;
    /// assert_eq!(groups.to_vec::<Text>()?, ["x".into(), "12".into()]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn extract(&self, pat: impl Into<Pattern>, dim: impl Into<Name>) -> Result<DataArray> {
        let pat = pat.into();
        let groups = some_groups(&pat, "extract")?;
        self.parts(dim.into(), pat.flags, vec![pat.text], Count::Fixed(groups), &|_| PartsOp::Extract)
    }

    /// All matches of a pattern along a new last dimension: the group, if the pattern has one, else the
    /// whole match. Texts with fewer matches have empty ones at the end. Computes the texts once at the call.
    ///
    /// # Errors
    /// If the array has the new dimension already, or the pattern is no regular expression or has several
    /// groups.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("1 and 22"), Text::from("3")])?;
    /// let found = a.str()?.findall("[0-9]+", "match")?;
    /// assert_eq!(found.to_vec::<Text>()?, ["1".into(), "22".into(), "3".into(), "".into()]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn findall(&self, pat: impl Into<Pattern>, dim: impl Into<Name>) -> Result<DataArray> {
        let pat = pat.into();
        if pat.groups()? > 1 {
            return Err(Error::invalid("the pattern has several groups")
                .at("`str.findall`")
                .help("`extractall` puts groups and matches along two dimensions"));
        }
        self.parts(dim.into(), pat.flags, vec![pat.text], Count::Most, &|_| PartsOp::FindAll)
    }

    /// The groups of all matches of a pattern along two new last dimensions, groups and matches. Texts with
    /// fewer matches have empty ones at the end. Computes the texts once at the call.
    ///
    /// (xarray interchanges the names of the two dimensions.)
    ///
    /// # Errors
    /// If the array has one of the new dimensions already, or the pattern is no regular expression or has no
    /// group; patterns in an array must have the same number of them.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[], vec![Text::from("a1 b2 c3")])?;
    /// let found = a.str()?.extractall("([a-z])([0-9])", "group", "match")?;
    /// assert_eq!(found.shape(), [2, 3]);
    /// assert_eq!(found.isel("group", 0)?.to_vec::<Text>()?, ["a".into(), "b".into(), "c".into()]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn extractall(
        &self,
        pat: impl Into<Pattern>,
        group_dim: impl Into<Name>,
        match_dim: impl Into<Name>,
    ) -> Result<DataArray> {
        let (pat, group_dim, match_dim) = (pat.into(), group_dim.into(), match_dim.into());
        let groups = some_groups(&pat, "extractall")?;
        if group_dim == match_dim {
            return Err(Error::invalid(format!(
                "`{group_dim}` would be the dimension of groups and of matches"
            )));
        }
        self.new_dim(&group_dim)?;
        let flat =
            self.parts(match_dim.clone(), pat.flags, vec![pat.text], Count::Most, &|_| PartsOp::ExtractAll)?;
        // Match by match so far: the axis is cut in two, which then change places.
        let v = flat.variable();
        let (mut shape, mut dims) = (v.shape(), v.dims().to_vec());
        let n = shape.len() - 1;
        shape.splice(n.., [shape[n] / groups, groups]);
        let mut order: Vec<usize> = (0..n).collect();
        order.extend([n + 1, n]);
        let data = v.data().reshape(&shape)?.transpose(&order)?;
        dims.insert(n, group_dim);
        Ok(DataArray::from_parts(flat.name().cloned(), v.with_data(dims, data)?, flat.coords().clone()))
    }

    /// Whether each of the different parts between separators is a part of the text, along a new last
    /// dimension whose labels are the parts, sorted. Computes the texts once at the call.
    ///
    /// # Errors
    /// If the array has the new dimension already, or a separator is empty.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![Text::from("a|b"), Text::from("b|c")])?;
    /// let d = a.str()?.get_dummies("part", "|")?;
    /// assert_eq!(d.coord("part")?.to_vec::<Text>()?, ["a".into(), "b".into(), "c".into()]);
    /// assert_eq!(d.to_vec::<bool>()?, [true, true, false, false, true, true]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn get_dummies(&self, dim: impl Into<Name>, sep: impl Into<Operand>) -> Result<DataArray> {
        let dim = dim.into();
        self.new_dim(&dim)?;
        let labels = std::cell::RefCell::new(Vec::new());
        let result = self.apply("get_dummies", vec![sep.into()], &|args| {
            let mut dims = dims_of(args)?;
            let inputs = arrays_over(&dims, args, &[None, Some(DType::Str)])?;
            let values: Vec<Text> =
                distinct_parts(&inputs[0], &inputs[1])?.into_iter().map(Text::from).collect();
            *labels.borrow_mut() = values.clone();
            dims.push(dim.clone());
            Variable::new(dims, LazyArray::text_dummies(values, &inputs)?)
        })?;
        let labels = labels.into_inner();
        let n = labels.len();
        result.assign_coords([(dim, Block::from_vec(&[n], labels)?)])
    }

    /// Parts along a new dimension. `op` gets the number of parts, once it is known.
    fn parts(
        &self,
        dim: Name,
        flags: Flags,
        args: Vec<Operand>,
        count: Count,
        op: &dyn Fn(Option<usize>) -> PartsOp,
    ) -> Result<DataArray> {
        self.new_dim(&dim)?;
        self.apply(op(None).name(), args, &|args| {
            let (n, op) = match count {
                Count::Fixed(n) => (n, op(None)),
                Count::Most => {
                    let n = most_parts(op(None), flags, args)?;
                    (n, op(Some(n)))
                }
            };
            let mut dims = dims_of(args)?;
            let inputs = arrays_over(&dims, args, &casts(op.arguments(), args)?)?;
            if inputs[0].dtype() != DType::Str {
                return Err(Error::dtype("bytes have no parts").help("`decode` them first"));
            }
            dims.push(dim.clone());
            Variable::new(dims, LazyArray::text_parts(op, flags, n, &inputs)?)
        })
    }

    /// Refuses a new dimension that is there already.
    fn new_dim(&self, dim: &Name) -> Result<()> {
        let a = self.array();
        if a.dims().contains(dim) || a.coords().contains(dim) {
            return Err(Error::invalid(format!("the array has `{dim}` already")).at(a.place()));
        }
        Ok(())
    }
}

/// The number of groups of a pattern that must have some.
fn some_groups(pat: &Pattern, of: &str) -> Result<usize> {
    match pat.groups()? {
        0 => Err(Error::invalid("the pattern has no group")
            .at(format!("`str.{of}`"))
            .help("groups are `(...)`")),
        n => Ok(n),
    }
}

/// How many parts a text has at most.
fn most_parts(op: PartsOp, flags: Flags, args: &[Arg<'_>]) -> Result<usize> {
    let dims = dims_of(args)?;
    let inputs = arrays_over(&dims, args, &casts(op.arguments(), args)?)?;
    let counts = LazyArray::map(MapFn::Text(TextFn::CountParts(op, flags)), &inputs)?;
    let most = maximum(&counts)?.max(i64::from(split_has_one(op) && counts.size() > 0));
    usize::try_from(most).map_err(|_| Error::internal("a negative number of parts"))
}

/// Whether a text has one part at least.
fn split_has_one(op: PartsOp) -> bool {
    matches!(op, PartsOp::SplitSpace(_) | PartsOp::RsplitSpace(_) | PartsOp::Split(_) | PartsOp::Rsplit(_))
}

/// The different parts of the texts, without empty ones; computes them chunk by chunk.
fn distinct_parts(texts: &LazyArray, separators: &LazyArray) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let load = |a: &LazyArray, region: &Region| {
        let slices: Vec<Slice> = (region.ranges().zip(a.shape()))
            .map(|(r, n)| if n == 1 { Slice::all(1) } else { Slice::range(r) })
            .collect();
        let part = a.slice(&slices)?;
        let names: Vec<String> = (0..part.ndim()).map(|i| i.to_string()).collect();
        Variable::new(names, part)?.load()
    };
    // Both repeat along axes of length 1.
    let axes = texts.grid().axes().iter().zip(separators.grid().axes());
    let grid = ChunkGrid(axes.map(|(t, s)| if t.len() == 1 { s.clone() } else { t.clone() }).collect());
    for flat in 0..grid.count() {
        let region = grid.region(flat);
        let (texts, separators) = (load(texts, &region)?, load(separators, &region)?);
        each_part(&[texts, separators], &region.shape(), |part| {
            if !found.contains(part) {
                found.insert(part.to_string());
            }
        })?;
    }
    Ok(found)
}
