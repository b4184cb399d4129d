//! What an operation did that its user may not have meant: a `tracing` event, or an error where
//! [`Options::strict`](super::Options) says so.
//!
//! Labels that a join lost, coordinates that a conflict dropped, dtypes that were widened and units that
//! are no longer true: xarray does all of this in silence. Here each is an event of the target
//! `graticule::labels` with a field `topic` (`labels`, `coords`: warnings; `dtypes`, `units`: information).
//! Without a subscriber and without strictness nothing of it is computed.

use std::cell::Cell;
use std::sync::Arc;

use super::attrs::Attrs;
use super::options::Options;
use super::reduce::ReduceOptions;
use super::variable::Variable;
use crate::dtype::{DType, promote};
use crate::error::{Error, ErrorKind, Result};
use crate::index::{Index, Join, Mismatch};
use crate::kernel::elementwise::{BinaryOp, UnaryOp};
use crate::kernel::reduce::ReduceOp;

/// Which silent changes are errors; by default none.
///
/// # Example
/// ```
/// use graticule::prelude::*;
/// let mut a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
/// a.attrs_mut().insert("units", "m");
/// assert_eq!((&a * &a)?.attrs().get_str("units"), Some("m")); // as in xarray, and wrong
/// let strict = Options { strict: Strict { units: true, ..Strict::NONE }, ..Options::current() };
/// let e = with_options(strict, || &a * &a).err().unwrap();
/// assert!(e.to_string().contains("units `m` are not those of the result"));
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Strict {
    /// A join that loses labels of an operand.
    pub labels: bool,
    /// A coordinate that is left out since operands differ in it.
    pub coords: bool,
    /// A dtype that is widened: for missing values, or where arrays of different dtypes meet.
    pub dtypes: bool,
    /// A `units` attribute that is kept, or lost, where it is not that of the result.
    pub units: bool,
}

impl Strict {
    /// Nothing is an error.
    pub const NONE: Strict = Strict { labels: false, coords: false, dtypes: false, units: false };
    /// Every silent change is an error.
    pub const ALL: Strict = Strict { labels: true, coords: true, dtypes: true, units: true };
}

/// What a diagnostic is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Labels,
    Coords,
    Dtypes,
    Units,
}

const TARGET: &str = "graticule::labels";

thread_local! {
    /// Whether a verb made of other verbs runs here: its steps say nothing of units and dtypes.
    static IN_STEPS: Cell<bool> = const { Cell::new(false) };
}

/// What `f` gives: a verb made of other verbs, whose steps say nothing of units and dtypes. The caller does,
/// for the verb as a whole: see [`units_changed`] and [`met`].
pub(crate) fn in_steps<R>(f: impl FnOnce() -> R) -> R {
    /// Puts the outer state back, also when `f` panics.
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            IN_STEPS.set(self.0);
        }
    }
    let _restore = Restore(IN_STEPS.replace(true));
    f()
}

/// Records what `tell` says (what happened, and the way out), or makes an error of it.
fn note(topic: Topic, tell: impl FnOnce() -> Option<(String, &'static str)>) -> Result<()> {
    let strict = Options::current().strict;
    let (strict, kind, wanted) = match topic {
        Topic::Labels => {
            (strict.labels, ErrorKind::Alignment, tracing::enabled!(target: TARGET, tracing::Level::WARN))
        }
        Topic::Coords => {
            (strict.coords, ErrorKind::Alignment, tracing::enabled!(target: TARGET, tracing::Level::WARN))
        }
        Topic::Dtypes => {
            (strict.dtypes, ErrorKind::DType, tracing::enabled!(target: TARGET, tracing::Level::INFO))
        }
        Topic::Units => {
            (strict.units, ErrorKind::Invalid, tracing::enabled!(target: TARGET, tracing::Level::INFO))
        }
    };
    let as_whole = IN_STEPS.get() && matches!(topic, Topic::Dtypes | Topic::Units);
    if as_whole || !strict && !wanted {
        return Ok(());
    }
    let Some((what, help)) = tell() else { return Ok(()) };
    if strict {
        return Err(Error::new(kind, what).help(format!("{help}; or relax `Options::strict`")));
    }
    match topic {
        Topic::Labels => tracing::warn!(target: TARGET, topic = "labels", "{what}"),
        Topic::Coords => tracing::warn!(target: TARGET, topic = "coords", "{what}"),
        Topic::Dtypes => tracing::info!(target: TARGET, topic = "dtypes", "{what}"),
        Topic::Units => tracing::info!(target: TARGET, topic = "units", "{what}"),
    }
    Ok(())
}

/// A join of the indexes of one coordinate (with the numbers of their objects) gave `joined`.
pub(crate) fn joined(
    name: &str,
    how: Join,
    members: &[(usize, Arc<dyn Index>)],
    joined: &dyn Index,
) -> Result<()> {
    note(Topic::Labels, || {
        let mut lost = Vec::new();
        for (object, index) in members {
            let kept = Mismatch::of(index.as_ref(), joined).matched;
            if kept < index.len() {
                lost.push(format!("{} of {} of object {object}", index.len() - kept, index.len()));
            }
        }
        let ((first, a), (other, b)) = (members.first()?, members.iter().find(|m| m.0 != members[0].0)?);
        let how = format!("{how:?}").to_lowercase();
        (!lost.is_empty()).then(|| {
            let fit = Mismatch::of(a.as_ref(), b.as_ref());
            let text = format!(
                "the {how} join along `{name}` lost labels: {} (objects {first} and {other}: {fit})",
                lost.join(", ")
            );
            (text, "bring the objects to the same labels first, or give a coordinate a tolerance")
        })
    })
}

/// A coordinate is left out since the objects differ in it.
pub(crate) fn coord_dropped(name: &str) -> Result<()> {
    note(Topic::Coords, || {
        let text = format!("coordinate `{name}` is left out: its values differ between the operands");
        Some((text, "make it equal, or drop it from one operand with `drop_vars`"))
    })
}

/// Elements change their dtype, as there is none missing in their own.
pub(crate) fn holes(from: DType, to: DType) -> Result<()> {
    if from == to {
        return Ok(());
    }
    note(Topic::Dtypes, || {
        let text = format!("{from} becomes {to} to hold missing values");
        Some((text, "give a fill value, or cast it first, as with `astype`"))
    })
}

/// Arrays of two dtypes meet in one that holds both; masks may meet numbers.
pub(crate) fn met(a: DType, b: DType) -> Result<()> {
    if a == b || !a.is_number() || !b.is_number() {
        return Ok(());
    }
    note(Topic::Dtypes, || {
        let both = promote::promote(a, b).ok()?;
        Some((format!("{a} and {b} meet as {both}"), "cast one of the two, as with `astype`"))
    })
}

fn untrue(units: &str, op: &str) -> Result<()> {
    note(Topic::Units, || {
        let text = format!("the units `{units}` are not those of the result of `{op}`");
        Some((text, "set the `units` attribute of the result, or take it off the operand first"))
    })
}

fn units(attrs: &Attrs) -> Option<&str> {
    attrs.get_str("units").filter(|u| !matches!(*u, "" | "1"))
}

/// The attributes of a result of `op`, which has other units than its operand.
pub(crate) fn units_changed(op: &str, kept: &Attrs) -> Result<()> {
    units(kept).map_or(Ok(()), |units| untrue(units, op))
}

/// The attributes of a result of `op`, which is a product of `factors`: true if only one has units.
pub(crate) fn units_of_product<'a>(
    op: &str,
    kept: &Attrs,
    factors: impl Iterator<Item = &'a Attrs>,
) -> Result<()> {
    match factors.filter_map(units).nth(1) {
        Some(_) => units_changed(op, kept),
        None => Ok(()),
    }
}

/// The units that a function of one operand keeps.
pub(crate) fn units_of_unary(op: UnaryOp, attrs: &Attrs) -> Result<()> {
    use UnaryOp as U;
    let keeps = matches!(
        op,
        U::Neg
            | U::Positive
            | U::Abs
            | U::Fabs
            | U::Floor
            | U::Ceil
            | U::Trunc
            | U::Rint
            | U::Spacing
            | U::Real
            | U::Imag
            | U::Conj
            | U::Invert
    );
    if keeps { Ok(()) } else { units_changed(op.name(), attrs) }
}

/// Which attributes a result of two operands has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Those that do not differ: the rule of operators.
    Common,
    /// Those of the first operand that has any: the rule of functions, and of arithmetic in place.
    First,
}

/// The units that an operation of two operands keeps, or loses.
pub(crate) fn units_of_binary(
    op: BinaryOp,
    kept: Kept,
    a: Option<&Variable>,
    b: Option<&Variable>,
) -> Result<()> {
    use BinaryOp as B;
    let first = a.or(b).and_then(|v| units(&v.attrs));
    let (a, b) = (a.and_then(|v| units(&v.attrs)), b.and_then(|v| units(&v.attrs)));
    let result = match (kept, a, b) {
        (_, None, None) => return Ok(()),
        (Kept::First, ..) => first,
        (Kept::Common, Some(a), Some(b)) => Some(a).filter(|_| a == b),
        (Kept::Common, a, b) => a.or(b),
    };
    match (op, a, b, result) {
        // As large as the operands, if both are measured alike.
        (
            B::Add
            | B::Sub
            | B::Maximum
            | B::Minimum
            | B::Fmax
            | B::Fmin
            | B::Hypot
            | B::Rem
            | B::Fmod
            | B::Gcd
            | B::Lcm
            | B::NextAfter,
            ..,
        ) => match (a, b) {
            (Some(a), Some(b)) if a != b => note(Topic::Units, || {
                let left = result.map_or("has none".to_string(), |units| format!("says `{units}`"));
                let text = format!("the units `{a}` and `{b}` meet in `{}`: the result {left}", op.name());
                Some((text, "convert one operand, and set its `units` attribute"))
            }),
            _ => Ok(()),
        },
        // Only the sign, or the number of bits, is taken from the second.
        (B::CopySign | B::LeftShift | B::RightShift, Some(_), ..) => Ok(()),
        (B::Mul, Some(_), None, _) | (B::Mul, None, Some(_), _) => Ok(()),
        (B::Div | B::FloorDiv, Some(_), None, _) => Ok(()),
        // Where none are kept there is nothing untrue left.
        (.., result) => result.map_or(Ok(()), |units| untrue(units, op.name())),
    }
}

/// The units that a reduction keeps.
pub(crate) fn units_of_reduction(op: ReduceOp, options: &ReduceOptions, attrs: &Attrs) -> Result<()> {
    use ReduceOp as R;
    let changes = matches!(op, R::Prod | R::Var | R::Count | R::Any | R::All | R::ArgMin | R::ArgMax);
    if changes && units(attrs).is_some() { units_changed(op.name(), &options.attrs(attrs)) } else { Ok(()) }
}
