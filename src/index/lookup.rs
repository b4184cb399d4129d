//! What all indexes by label share: selectors to positions, over one small trait.

use std::ops::Range;

use super::key::{self, Key};
use super::search::{Direction, Ordered, Span, stepped};
use super::{Label, Method, Positions, time};
use crate::array::{Block, Slice};
use crate::dtype::{Calendar, DType, Scalar};
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::cast::cast;
use crate::time::Resolution;

/// Positions of equal labels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found {
    /// Side by side.
    Run(Range<usize>),
    /// In rising order with others between.
    Scattered(Vec<usize>),
}

impl Found {
    fn into_positions(self) -> Option<Positions> {
        Some(match self {
            Found::Run(r) if r.is_empty() => return None,
            Found::Run(r) if r.len() == 1 => Positions::One(r.start),
            Found::Run(r) => Positions::Slice(Slice::range(r)),
            Found::Scattered(p) => Positions::Many(p.into_iter().map(|p| p as i64).collect()),
        })
    }
}

/// Labels by position, and positions by label.
pub(crate) trait Lookup {
    /// How many labels.
    fn count(&self) -> usize;
    /// Their type.
    fn label_dtype(&self) -> DType;
    /// The label at a position.
    fn key(&self, position: usize) -> Key;
    /// Which way the labels go, if they are in order.
    fn direction(&self) -> Option<Direction>;
    /// Where a label is.
    fn find(&self, key: &Key) -> Found;
    /// Where each of many labels is, -1 where it is not; labels stand once. `None` where only [`find`](Self::find)
    /// can tell, as of labels of another dtype.
    fn find_all(&self, _labels: &Block) -> Option<Vec<i64>> {
        None
    }
    /// Whether no label stands twice.
    fn unique(&self) -> bool;
    /// How finely datetimes are written: decides whether a date string is exact or a period.
    fn resolution(&self) -> Resolution;
}

fn with_order<R>(index: &dyn Lookup, f: impl FnOnce(&Ordered<'_>) -> R) -> Option<R> {
    let direction = index.direction()?;
    Some(f(&Ordered { len: index.count(), direction, key: &|i| index.key(i) }))
}

/// The positions that a selector stands for.
pub(crate) fn select(
    index: &dyn Lookup,
    label: &Label,
    method: Method,
    tolerance: Option<&Scalar>,
) -> Result<Positions> {
    match label {
        Label::One(label) => select_one(index, label, method, tolerance),
        Label::Many(labels) => {
            let flat = labels.clone().reshape(&[labels.size()])?;
            // Asked labels take the precision of the index, those that an index is joined with do not.
            let asked = match (index.label_dtype(), flat.dtype()) {
                (DType::F32, d) if d.is_float() => cast(&flat, DType::F32)?,
                _ => flat.clone(),
            };
            let positions = positions_of(index, &asked, method, tolerance)?;
            match positions.iter().position(|p| *p < 0) {
                Some(i) => {
                    let asked = time::dates(&flat, index.label_dtype())?;
                    let key = key::keys_for(&asked, index.label_dtype())?.swap_remove(i);
                    Err(missing(index, &show(&asked, i), Some(&key), method))
                }
                None => Ok(Positions::Many(positions)),
            }
        }
        Label::Range { start, stop, step, half_open } => {
            if method != Method::Exact {
                return Err(Error::invalid("a slice of labels takes no method such as nearest")
                    .help("bounds need not be labels: an ordered index takes what lies between them"));
            }
            let step = step.unwrap_or(1);
            if step == 0 {
                return Err(Error::invalid("a slice cannot have the step 0"));
            }
            // Backwards the slice is named from its upper end.
            let (start, stop) = if step < 0 { (stop, start) } else { (start, stop) };
            if step > 0 && !half_open {
                let step = step.unsigned_abs() as usize;
                if let Some(found) = unordered_dates(index, start.as_ref(), stop.as_ref(), step)? {
                    return Ok(found);
                }
            }
            let run = between(index, start.as_ref(), stop.as_ref(), *half_open && step > 0)?;
            Ok(Positions::Slice(stepped(run, step)))
        }
    }
}

fn select_one(
    index: &dyn Lookup,
    label: &Scalar,
    method: Method,
    tolerance: Option<&Scalar>,
) -> Result<Positions> {
    let dtype = index.label_dtype();
    if method == Method::Exact
        && let Some(period) = time::period(label, dtype, index.resolution())?
    {
        return within(index, &period)
            .ok_or_else(|| missing(index, &show(&label.to_block(), 0), Some(&period.low), method));
    }
    let asked = time::dates(&label.to_block().reshape(&[1])?, dtype)?;
    let key = key::keys_for(&asked, dtype)?.remove(0);
    let found = match method {
        Method::Exact => index.find(&key).into_positions(),
        _ => neighbours(index, std::slice::from_ref(&key), method, tolerance)?[0].map(Positions::One),
    };
    found.ok_or_else(|| missing(index, &show(&asked, 0), Some(&key), method))
}

/// The position of each label of a block of rank 1; -1 where there is none.
pub(crate) fn positions_of(
    index: &dyn Lookup,
    labels: &Block,
    method: Method,
    tolerance: Option<&Scalar>,
) -> Result<Vec<i64>> {
    let dtype = index.label_dtype();
    if labels.size() == 0 {
        return Ok(Vec::new());
    }
    if !index.unique() {
        return Err(Error::invalid("the index has duplicate labels: a list of labels has no one answer")
            .help("select single labels or slices, or drop the duplicates first"));
    }
    if method == Method::Exact
        && let Some(found) = index.find_all(labels)
    {
        return Ok(found);
    }
    let labels = time::dates(labels, dtype)?;
    key::comparable(labels.dtype(), dtype)?;
    let keys = key::keys(&labels);
    if method == Method::Exact {
        let position = |key| match index.find(key) {
            Found::Run(r) if r.len() == 1 => r.start as i64,
            _ => -1,
        };
        return Ok(keys.iter().map(position).collect());
    }
    let found = neighbours(index, &keys, method, tolerance)?;
    Ok(found.into_iter().map(|p| p.map_or(-1, |p| p as i64)).collect())
}

fn neighbours(
    index: &dyn Lookup,
    keys: &[Key],
    method: Method,
    tolerance: Option<&Scalar>,
) -> Result<Vec<Option<usize>>> {
    let dtype = index.label_dtype();
    if !index.unique() {
        return Err(Error::invalid("the index has duplicate labels: there is no one nearest"));
    }
    if dtype.is_text() && (method == Method::Nearest || tolerance.is_some()) || dtype.is_complex() {
        return Err(Error::dtype(format!("labels of type {dtype} have no distance from each other"))
            .help("ask for the label itself, or with pad or backfill for texts"));
    }
    let tolerance = tolerance.map(|t| time::tolerance(t, dtype)).transpose()?;
    with_order(index, |o| keys.iter().map(|k| o.nearest(k, method, tolerance.as_ref())).collect()).ok_or_else(
        || {
            Error::invalid("labels that neither rise nor fall have no neighbours")
                .help("sort along the dimension first, as with `sortby`")
        },
    )
}

/// The positions of all labels in a period; `None` if it lies outside of a rising index.
fn within(index: &dyn Lookup, period: &Span) -> Option<Positions> {
    let ordered = with_order(index, |o| {
        let run = o.between(Some(period), Some(period), false);
        // A gap inside of the index is an empty slice; beyond its ends is a mistake, if there are any that
        // rise.
        let rises = o.direction == Direction::Rising && o.len > 0;
        let outside = rises && run.is_empty() && (run.start == 0 || run.start == o.len);
        (!outside).then(|| Positions::Slice(Slice::range(run)))
    });
    if let Some(found) = ordered {
        return found;
    }
    let inside = |k: &Key| {
        k.order(&period.low).is_some_and(|o| o.is_ge()) && k.order(&period.high).is_some_and(|o| o.is_le())
    };
    Some(Positions::Many((0..index.count()).filter(|&i| inside(&index.key(i))).map(|i| i as i64).collect()))
}

/// The positions of all times between two date strings where the labels are in no order; `None` of labels
/// and bounds that are not such.
///
/// As in pandas, the first moment of the one and the last of the other must be labels.
fn unordered_dates(
    index: &dyn Lookup,
    start: Option<&Scalar>,
    stop: Option<&Scalar>,
    step: usize,
) -> Result<Option<Positions>> {
    let dtype = index.label_dtype();
    let standard = matches!(dtype, DType::Datetime { calendar: Calendar::ProlepticGregorian, .. });
    let mut bounds = start.iter().chain(&stop).peekable();
    let texts = bounds.peek().is_some() && bounds.all(|b| b.to_block().dtype().is_text());
    if !standard || !texts || index.direction().is_some() {
        return Ok(None);
    }
    let bound = |label: Option<&Scalar>, end: fn(Span) -> Key| {
        let Some(label) = label else { return Ok(None) };
        let key = end(time::span(label, dtype)?);
        if index.find(&key).into_positions().is_some() {
            return Ok(Some(key));
        }
        Err(missing(index, &show(&label.to_block(), 0), None, Method::Exact)
            .help("the labels are not in order, so that a bound must be one of them: sort first"))
    };
    let low = bound(start, |s| s.low)?;
    let high = bound(stop, |s| s.high)?;
    let inside = |i: usize| {
        let key = index.key(i);
        low.as_ref().is_none_or(|low| key.order(low).is_some_and(|o| o.is_ge()))
            && high.as_ref().is_none_or(|high| key.order(high).is_some_and(|o| o.is_le()))
    };
    let found = (0..index.count()).filter(|i| inside(*i)).step_by(step).map(|i| i as i64);
    Ok(Some(Positions::Many(found.collect())))
}

/// The positions between two labels, `stop` in unless half open.
fn between(
    index: &dyn Lookup,
    start: Option<&Scalar>,
    stop: Option<&Scalar>,
    half_open: bool,
) -> Result<Range<usize>> {
    let dtype = index.label_dtype();
    let span = |label: Option<&Scalar>| label.map(|l| time::span(l, dtype)).transpose();
    let (low, high) = (span(start)?, span(stop)?);
    if let Some(run) = with_order(index, |o| o.between(low.as_ref(), high.as_ref(), half_open)) {
        return Ok(run);
    }
    let locate = |label: Option<&Scalar>, span: Option<&Span>| {
        let (Some(label), Some(span)) = (label, span) else { return Ok(None) };
        let name = show(&label.to_block(), 0);
        match index.find(&span.low) {
            Found::Run(r) if r.is_empty() => Err(missing(index, &name, None, Method::Exact)
                .help("the labels are not in order, so that a bound must be one of them: sort first")),
            Found::Run(r) => Ok(Some(r)),
            Found::Scattered(_) => Err(Error::invalid(format!(
                "the bound {name} stands at several places of labels that are not in order"
            ))
            .help("sort along the dimension first, as with `sortby`")),
        }
    };
    let begin = locate(start, low.as_ref())?.map_or(0, |r| r.start);
    let end = locate(stop, high.as_ref())?.map_or(index.count(), |r| if half_open { r.start } else { r.end });
    Ok(begin..end.max(begin))
}

/// A label as text.
pub(crate) fn show(labels: &Block, i: usize) -> String {
    let flat = labels.clone().contiguous();
    match key::key_at(&flat, i) {
        Key::Text(t) => format!("`{t}`"),
        key => show_key(&key, labels.dtype()),
    }
}

fn show_key(key: &Key, dtype: DType) -> String {
    match key {
        Key::Missing => "missing (NaN)".to_string(),
        Key::Int(v) if dtype.is_time() => time::show(v / key::tick_ns(dtype), dtype),
        Key::Int(v) if dtype.is_bool() => (*v != 0).to_string(),
        Key::Int(v) => v.to_string(),
        Key::Float(bits) if dtype == DType::F32 => (f64::from_bits(*bits) as f32).to_string(),
        Key::Float(bits) => f64::from_bits(*bits).to_string(),
        Key::Complex(re, im) => format!("{}{:+}i", f64::from_bits(*re), f64::from_bits(*im)),
        Key::Text(t) => t.to_string(),
    }
}

fn missing(index: &dyn Lookup, label: &str, key: Option<&Key>, method: Method) -> Error {
    const NAMED: usize = 10;
    let (n, dtype) = (index.count(), index.label_dtype());
    let name = |i: usize| show_key(&index.key(i), dtype);
    if n == 0 {
        return Error::new(ErrorKind::NotFound, format!("no label {label}: the index has none at all"));
    }
    if method != Method::Exact {
        let what = match method {
            Method::Pad => format!("no label before {label}, or none as near as the tolerance"),
            Method::Backfill => format!("no label after {label}, or none as near as the tolerance"),
            _ => format!("no label as near to {label} as the tolerance"),
        };
        return Error::new(ErrorKind::NotFound, what).help(format!(
            "the index has {n} labels from {} to {}",
            name(0),
            name(n - 1)
        ));
    }
    let what = format!("no label {label} among {n} of type {dtype} from {} to {}", name(0), name(n - 1));
    let mut e = Error::new(ErrorKind::NotFound, what);
    if n <= NAMED {
        e = e.known((0..n).map(name));
    }
    let around = key.and_then(|k| with_order(index, |o| o.find(k).start));
    match around {
        Some(i) if !dtype.is_text() && i > 0 && i < n => e.help(format!(
            "the nearest are {} and {}: `sel_with` takes one of them by nearest, pad or backfill",
            name(i - 1),
            name(i)
        )),
        _ => e,
    }
}
