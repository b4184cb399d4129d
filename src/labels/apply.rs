//! Elementwise operations on labelled operands, written once: align, pair variables by name, broadcast by
//! dimension name, apply, and put coordinates, attributes and name on the result.

use indexmap::{IndexMap, IndexSet};
use smallvec::SmallVec;

use super::align::{AlignOptions, align_parts, already_aligned};
use super::attrs::Attrs;
use super::broadcast::{broadcast_sizes, spread};
use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::diagnostics;
use super::merge::{CombineAttrs, Compat, merge_coords};
use super::operand::{Labelled, Operand};
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::{DType, Scalar, promote};
use crate::error::{Error, Result};
use crate::index::Join;
use crate::kernel::elementwise::MapFn;
use crate::lazy::LazyArray;

/// How the name of the result follows from those of the arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameRule {
    /// The name that all have, if they agree.
    Common,
    /// That of the first array.
    First,
}

/// The rules of an elementwise operation.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// How labels are joined.
    pub(crate) join: Join,
    /// How the variables of datasets are paired by name.
    pub(crate) dataset_join: Join,
    /// When coordinates without index agree.
    pub(crate) compat: Compat,
    /// Attributes of the result.
    pub(crate) attrs: CombineAttrs,
    /// Attributes of a resulting dataset itself.
    pub(crate) dataset_attrs: CombineAttrs,
    /// Attributes of its coordinates.
    pub(crate) coord_attrs: CombineAttrs,
    /// Whether the attributes of arrays count for those of a resulting dataset.
    pub(crate) array_attrs_count: bool,
    /// Name of the result.
    pub(crate) name: NameRule,
    /// Dimensions that are not aligned.
    pub(crate) exclude: Vec<Name>,
}

impl Rules {
    /// The rules of functions (xarray's `apply_ufunc`): attributes and name of the first operand.
    pub(crate) fn function(join: Join, keep_attrs: bool) -> Self {
        let attrs = if keep_attrs { CombineAttrs::Override } else { CombineAttrs::Drop };
        Rules {
            join,
            dataset_join: join,
            compat: Compat::Minimal,
            attrs,
            dataset_attrs: attrs,
            coord_attrs: attrs,
            array_attrs_count: false,
            name: if keep_attrs { NameRule::First } else { NameRule::Common },
            exclude: Vec::new(),
        }
    }
}

/// What the function of an elementwise operation gets for each operand.
#[derive(Clone, Copy)]
pub(crate) enum Arg<'a> {
    /// Elements with dimension names.
    Variable(&'a Variable),
    /// A plain value.
    Scalar(&'a Scalar),
}

impl Arg<'_> {
    /// Own dtype; that of a weak scalar is the default of its kind.
    pub(crate) fn dtype(&self) -> DType {
        match self {
            Arg::Variable(v) => v.dtype(),
            Arg::Scalar(s) => s.dtype(),
        }
    }

    /// The dtype that the operand brings into an operation with elements of `other`.
    pub(crate) fn dtype_beside(&self, other: DType) -> Result<DType> {
        match self {
            Arg::Variable(v) => Ok(v.dtype()),
            Arg::Scalar(s) => promote::with_scalar(other, s),
        }
    }

    pub(crate) fn variable(&self) -> Option<&Variable> {
        match self {
            Arg::Variable(v) => Some(v),
            Arg::Scalar(_) => None,
        }
    }
}

/// The dtype that holds the elements of both; plain numbers adapt.
pub(crate) fn common_dtype(a: Arg<'_>, b: Arg<'_>) -> Result<DType> {
    match (a, b) {
        (Arg::Variable(_), Arg::Scalar(_)) => promote::promote(a.dtype(), b.dtype_beside(a.dtype())?),
        (Arg::Scalar(_), Arg::Variable(_)) => promote::promote(a.dtype_beside(b.dtype())?, b.dtype()),
        _ => {
            diagnostics::met(a.dtype(), b.dtype())?;
            promote::promote(a.dtype(), b.dtype())
        }
    }
}

/// Applies `f` elementwise; `casts` gives the dtype in which each operand takes part, if not its own.
/// The result has all dimensions in order of first appearance and no attributes.
pub(crate) fn map_args(f: MapFn, args: &[Arg<'_>], casts: &[Option<DType>]) -> Result<Variable> {
    map_over(f, dims_of(args)?, args, casts)
}

/// All dimensions of the operands in order of first appearance.
pub(crate) fn dims_of(args: &[Arg<'_>]) -> Result<Vec<Name>> {
    let variables: SmallVec<[&Variable; 3]> = args.iter().filter_map(Arg::variable).collect();
    if let [first, others @ ..] = &variables[..]
        && others.iter().all(|v| v.lengths().eq(first.lengths()))
    {
        return Ok(first.dims().to_vec());
    }
    Ok(broadcast_sizes(&variables)?.into_keys().collect())
}

/// [`map_args`] with the dimensions of the result in a given order.
pub(crate) fn map_over(
    f: MapFn,
    dims: Vec<Name>,
    args: &[Arg<'_>],
    casts: &[Option<DType>],
) -> Result<Variable> {
    let inputs = arrays_over(&dims, args, casts)?;
    Variable::new(dims, LazyArray::map(f, &inputs)?)
}

/// The arrays of the operands with these axes; they have length 1 where an operand lacks the dimension.
pub(crate) fn arrays_over(
    dims: &[Name],
    args: &[Arg<'_>],
    casts: &[Option<DType>],
) -> Result<Vec<LazyArray>> {
    let mut inputs = Vec::with_capacity(args.len());
    for (arg, cast) in args.iter().zip(casts) {
        inputs.push(match arg {
            Arg::Variable(v) => {
                let data = spread(v, dims)?;
                match cast {
                    Some(dtype) => data.cast(*dtype)?,
                    None => data,
                }
            }
            Arg::Scalar(s) => {
                let block: Block = match cast {
                    Some(dtype) => s.cast_to(*dtype)?,
                    None => s.to_block(),
                };
                LazyArray::from_block(block.reshape(&vec![1; dims.len()])?)
            }
        });
    }
    Ok(inputs)
}

/// One operand after alignment.
enum Part {
    Array(Coords, Variable),
    Dataset(Dataset),
    Plain(Operand),
}

impl Part {
    fn coords(&self) -> Option<&Coords> {
        match self {
            Part::Array(coords, _) => Some(coords),
            Part::Dataset(ds) => Some(ds.coords()),
            Part::Plain(_) => None,
        }
    }
}

/// Aligns operands, applies `f` to their variables, and labels the result: a dataset if one takes part.
///
/// # Errors
/// If labels do not join, lengths differ, or `f` fails.
pub(crate) fn apply(
    args: Vec<Operand>,
    rules: &Rules,
    f: &dyn Fn(&[Arg<'_>]) -> Result<Variable>,
) -> Result<Operand> {
    let names: Vec<Option<Name>> = args
        .iter()
        .filter_map(|a| match a {
            Operand::DataArray(a) => Some(a.name().cloned()),
            _ => None,
        })
        .collect();
    let parts = aligned(args, rules)?;
    let sets: SmallVec<[&Coords; 3]> = parts.iter().filter_map(Part::coords).collect();
    let is_dataset = parts.iter().any(|p| matches!(p, Part::Dataset(_)));
    if sets.is_empty() {
        return apply_to(&parts, None, rules, f).map(Operand::Variable);
    }
    let coords = merge_coords(&sets, rules.compat, rules.coord_attrs)?;
    if !is_dataset {
        let variable = apply_to(&parts, None, rules, f)?;
        let name = match rules.name {
            NameRule::First => names.first(),
            NameRule::Common => names.first().filter(|first| names.iter().all(|n| n == *first)),
        };
        return Ok(Operand::DataArray(DataArray::from_parts(name.cloned().flatten(), variable, coords)));
    }
    let mut vars = IndexMap::new();
    for name in paired_names(&parts, rules.dataset_join)? {
        let v = apply_to(&parts, Some(&name), rules, f).map_err(|e| e.at(format!("variable `{name}`")))?;
        vars.insert(name, v);
    }
    let sets = parts.iter().filter_map(|p| match p {
        Part::Dataset(ds) => Some(&ds.attrs),
        Part::Array(_, v) if rules.array_attrs_count => Some(&v.attrs),
        _ => None,
    });
    let attrs = rules.dataset_attrs.combine(sets)?;
    Ok(Operand::Dataset(Dataset::from_parts(vars, coords, attrs, Attrs::new())))
}

/// The operands with their labels joined.
fn aligned(args: Vec<Operand>, rules: &Rules) -> Result<Vec<Part>> {
    if agree(&args, rules.join) {
        return Ok(args.into_iter().map(as_part).collect());
    }
    let labelled: Vec<Dataset> = args
        .iter()
        .filter_map(|a| match a {
            Operand::DataArray(a) => Some(a.to_parts()),
            Operand::Dataset(ds) => Some(ds.clone()),
            _ => None,
        })
        .collect();
    let options = AlignOptions { exclude: rules.exclude.clone(), ..AlignOptions::new(rules.join) };
    let mut labelled = align_parts(&labelled, &options)?.into_iter();
    let missing = || Error::internal("alignment lost an operand");
    args.into_iter()
        .map(|a| match a {
            Operand::DataArray(_) => {
                let mut ds = labelled.next().ok_or_else(missing)?;
                let (_, v) = ds.data_vars_mut().pop().ok_or_else(missing)?;
                Ok(Part::Array(ds.into_coords(), v))
            }
            Operand::Dataset(_) => labelled.next().ok_or_else(missing).map(Part::Dataset),
            plain => Ok(Part::Plain(plain)),
        })
        .collect()
}

fn as_part(operand: Operand) -> Part {
    match operand {
        Operand::DataArray(a) => {
            let (variable, coords) = a.into_parts();
            Part::Array(coords, variable)
        }
        Operand::Dataset(ds) => Part::Dataset(ds),
        plain => Part::Plain(plain),
    }
}

/// Whether at most one operand is labelled, or all are arrays that alignment would leave as they are.
fn agree(args: &[Operand], join: Join) -> bool {
    let labelled = |a: &&Operand| matches!(a, Operand::DataArray(_) | Operand::Dataset(_));
    if args.iter().filter(labelled).nth(1).is_none() {
        return true;
    }
    let mut arrays: SmallVec<[&DataArray; 3]> = SmallVec::new();
    for arg in args {
        match arg {
            Operand::DataArray(a) => arrays.push(a),
            Operand::Dataset(_) => return false,
            _ => {}
        }
    }
    already_aligned(&arrays, join)
}

/// The names of the variables of the result, by the names in the datasets.
fn paired_names(parts: &[Part], join: Join) -> Result<IndexSet<Name>> {
    let mut sets = parts.iter().filter_map(|p| match p {
        Part::Dataset(ds) => Some(ds.data_vars()),
        _ => None,
    });
    let Some(first) = sets.next() else { return Ok(IndexSet::new()) };
    let mut names: IndexSet<Name> = first.keys().cloned().collect();
    for vars in sets {
        match join {
            Join::Left => {}
            Join::Right => names = vars.keys().cloned().collect(),
            Join::Outer => names.extend(vars.keys().cloned()),
            Join::Inner | Join::Override => names.retain(|n| vars.contains_key(n)),
            Join::Exact => {
                if let Some(n) = names.iter().find(|n| !vars.contains_key(*n)) {
                    return Err(Error::alignment(format!("variable `{n}` is not in both datasets"))
                        .known(vars.keys().map(|k| k.to_string())));
                }
                if let Some(n) = vars.keys().find(|n| !names.contains(*n)) {
                    return Err(Error::alignment(format!("variable `{n}` is not in both datasets"))
                        .known(names.iter().map(|k| k.to_string())));
                }
            }
        }
    }
    Ok(names)
}

/// Applies `f` to the variables `name` of datasets and to the other operands as they are; NaN stands for a
/// variable that a dataset lacks.
fn apply_to(
    parts: &[Part],
    name: Option<&Name>,
    rules: &Rules,
    f: &dyn Fn(&[Arg<'_>]) -> Result<Variable>,
) -> Result<Variable> {
    let absent = Scalar::Float(f64::NAN);
    let args: Vec<Arg<'_>> = parts
        .iter()
        .map(|p| match p {
            Part::Array(_, v) => Arg::Variable(v),
            Part::Plain(Operand::Variable(v)) => Arg::Variable(v),
            Part::Plain(Operand::Scalar(s)) => Arg::Scalar(s),
            Part::Dataset(ds) => match name.and_then(|n| ds.data_vars().get(n)) {
                Some(v) => Arg::Variable(v),
                None => Arg::Scalar(&absent),
            },
            Part::Plain(_) => Arg::Scalar(&absent),
        })
        .collect();
    let v = f(&args)?;
    let attrs = rules.attrs.combine(args.iter().filter_map(|a| Some(&a.variable()?.attrs)))?;
    Ok(v.with_attrs(attrs))
}
