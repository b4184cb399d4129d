//! The places along one dimension, as numbers beside those of the labels.

use std::sync::Arc;

use crate::array::Block;
use crate::dtype::{Calendar, DType, NAT, Text, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::cast::cast;
use crate::labels::dataset::Dataset;
use crate::labels::reindex::label_text;
use crate::labels::selector::{Selector, block_of_values};
use crate::labels::variable::{Name, Variable};
use crate::time::PartialDate;

/// Where values are wanted along a dimension, and where they are.
pub(super) struct Along {
    pub(super) dim: Name,
    /// The labels as rising numbers.
    pub(super) x: Arc<[f64]>,
    /// The position of each of them, where they do not rise as they stand.
    pub(super) order: Option<Arc<[i64]>>,
    /// The labels themselves.
    pub(super) labels: Block,
    /// The places, with dimensions of their own, as the coordinate that they become.
    pub(super) target: Variable,
    /// The places as numbers, in row-major order.
    pub(super) at: Arc<[f64]>,
}

/// Whether values between elements are taken of their ticks: times of numpy's calendar.
pub(super) fn is_time(dtype: DType) -> bool {
    dtype.is_timedelta() || matches!(dtype, DType::Datetime { calendar: Calendar::ProlepticGregorian, .. })
}

impl Along {
    pub(super) fn new(
        ds: &Dataset,
        dim: &Name,
        len: usize,
        places: &Selector,
        assume_sorted: bool,
    ) -> Result<Along> {
        if let Some(joint) = ds.coords().multi_along(dim) {
            return Err(Error::invalid(format!("there are no places between the tuples of `{dim}`"))
                .at(joint.place())
                .help("interpolate before stacking, or unstack first"));
        }
        let coord = ds.find(dim);
        let labels = match coord {
            Some(v) if v.ndim() == 1 => v.load()?,
            _ => Block::from_vec(&[len], (0..len as i64).collect())?,
        };
        let least = least_tick(dim, &labels)?;
        let given = numbers(&labels, labels.dtype(), least)?;
        let (x, order) = in_order(dim, &labels, given, assume_sorted)?;
        let (dims, block, attrs) = match places {
            Selector::Array(a) => (a.dims().to_vec(), a.load()?, a.attrs().clone()),
            plain => {
                let block = plain_places(plain)?;
                let attrs = coord.map(|c| c.attrs.clone()).unwrap_or_default();
                (if block.ndim() == 0 { vec![] } else { vec![dim.clone()] }, block, attrs)
            }
        };
        let block = dates(block, labels.dtype())?;
        let at = numbers(&block, labels.dtype(), least)?.into();
        let target = Variable::new(dims, block)?.with_attrs(attrs);
        Ok(Along { dim: dim.clone(), x: x.into(), order, labels, target, at })
    }

    /// Whether labels and places have no more digits than `f32`.
    pub(super) fn is_narrow(&self) -> bool {
        let narrow = |d: DType| matches!(d, DType::F32 | DType::I8 | DType::I16 | DType::U8 | DType::U16);
        narrow(self.labels.dtype()) && narrow(self.target.dtype())
    }

    /// Refuses places outside of the labels.
    pub(super) fn inside(self) -> Result<Self> {
        let (first, last) = (self.x[0], self.x[self.x.len() - 1]);
        match self.at.iter().position(|at| *at < first || *at > last) {
            None => Ok(self),
            Some(i) => {
                let n = self.at.len();
                let place = label_text(&self.target.load()?.reshape(&[n])?, i);
                Err(Error::invalid(format!("the place {place} lies outside of the labels"))
                    .help("leave `bounds_error` out, or say what stands outside"))
            }
        }
    }
}

/// Places without dimensions of their own.
fn plain_places(places: &Selector) -> Result<Block> {
    match places {
        Selector::One(place) => Ok(place.to_block()),
        Selector::Values(values) => block_of_values(values),
        Selector::List(block) if block.ndim() > 1 => Err(Error::invalid(format!(
            "places of shape {:?} have no names for their dimensions",
            block.shape()
        ))
        .help("give a DataArray: its dimensions replace the interpolated one")),
        Selector::List(block) => Ok(block.clone()),
        _ => Err(Error::invalid("places are single values, lists or arrays, no ranges or tuples")
            .help("list the places, or select the range with `sel` first")),
    }
}

/// Texts as the dates that they name.
fn dates(places: Block, dtype: DType) -> Result<Block> {
    let (Some(texts), DType::Datetime { unit, calendar }) = (places.get::<Text>(), dtype) else {
        // An empty list has no type of its own.
        let untyped = places.size() == 0 && dtype.is_time() && !places.dtype().is_time();
        return if untyped { cast(&places, dtype) } else { Ok(places) };
    };
    // As in xarray, which asks for nanoseconds.
    let unit = if is_time(dtype) { TimeUnit::Ns } else { unit };
    let tick = |text: &Text| match text.as_str() {
        None => Ok(NAT),
        Some(text) => {
            let ticks = PartialDate::parse(text).and_then(|d| d.start.to_ticks(calendar, unit));
            ticks.map_err(Error::from)
        }
    };
    let ticks: Vec<i64> = texts.iter().map(tick).collect::<Result<_>>()?;
    Ok(Block::from_vec(places.shape(), ticks)?.retype(DType::Datetime { unit, calendar }))
}

/// The least tick of times, from which distances are exact.
fn least_tick(dim: &Name, labels: &Block) -> Result<i64> {
    if !labels.dtype().is_time() {
        return Ok(0);
    }
    let ticks = labels.typed::<i64>()?;
    match ticks.iter().any(|t| *t == NAT) {
        true => Err(missing_label(dim)),
        false => Ok(ticks.iter().copied().min().unwrap_or_default()),
    }
}

fn missing_label(dim: &Name) -> Error {
    Error::invalid(format!("a label of `{dim}` is missing")).help("drop the missing labels first")
}

/// Labels or places as numbers beside labels of `dtype`: times as ticks of it after `least`.
fn numbers(block: &Block, dtype: DType, least: i64) -> Result<Vec<f64>> {
    let own = block.dtype();
    let wrong = |what: &str| {
        Error::dtype(format!("places between labels of {dtype} must be {what}, not {own}"))
            .help("give places of the type of the labels")
    };
    let calendar = |d: DType| if let DType::Datetime { calendar, .. } = d { Some(calendar) } else { None };
    match (dtype, own) {
        (DType::Datetime { .. }, _) if !own.is_datetime() || calendar(own) != calendar(dtype) => {
            Err(wrong("datetimes of their calendar, or texts that name them"))
        }
        (DType::Timedelta { .. }, _) if !own.is_timedelta() => Err(wrong("timedeltas")),
        (
            DType::Datetime { unit, .. } | DType::Timedelta { unit },
            DType::Datetime { unit: own, .. } | DType::Timedelta { unit: own },
        ) => {
            let (tick, own) = (i128::from(unit.tick_ns()), i128::from(own.tick_ns()));
            let number = |t: &i64| match *t {
                NAT => f64::NAN,
                t => {
                    let ns = i128::from(t) * own - i128::from(least) * tick;
                    if ns % tick == 0 { (ns / tick) as f64 } else { ns as f64 / tick as f64 }
                }
            };
            Ok(block.typed::<i64>()?.iter().map(number).collect())
        }
        (d, _) if !(d.is_integer() || d.is_float()) => {
            Err(Error::dtype(format!("there are no places between labels of {dtype}"))
                .help("labels must be numbers or times; `sel` and `reindex` take others as they are"))
        }
        _ if own.is_integer() || own.is_float() => cast(block, DType::F64)?.to_vec(),
        _ => Err(wrong("numbers")),
    }
}

/// Rising places, and the order that they have in the source if it is another.
type Rising = (Vec<f64>, Option<Arc<[i64]>>);

/// The labels in rising order, and their positions where they stand in another.
fn in_order(dim: &Name, labels: &Block, x: Vec<f64>, assume_sorted: bool) -> Result<Rising> {
    if x.is_empty() {
        return Err(Error::invalid(format!("`{dim}` has no labels to interpolate between")));
    }
    if x.iter().any(|v| v.is_nan()) {
        return Err(missing_label(dim));
    }
    let Some(fall) = x.windows(2).position(|w| w[0] >= w[1]) else { return Ok((x, None)) };
    if assume_sorted {
        let (a, b) = (label_text(labels, fall), label_text(labels, fall + 1));
        return Err(Error::invalid(format!("the labels of `{dim}` do not rise: {b} follows {a}"))
            .help("leave `assume_sorted` out, or sort with `sortby` first"));
    }
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|a, b| x[*a].total_cmp(&x[*b]));
    let sorted: Vec<f64> = order.iter().map(|i| x[*i]).collect();
    if let Some(i) = sorted.windows(2).position(|w| w[0] == w[1]) {
        let label = label_text(labels, order[i]);
        return Err(Error::invalid(format!("the label {label} of `{dim}` stands several times"))
            .help("drop duplicates first, as with `drop_duplicates`"));
    }
    Ok((sorted, Some(order.into_iter().map(|i| i as i64).collect())))
}
