//! CF numbers to ticks.
//!
//! Which unit and calendar xarray would choose is [`CfTimeUnits::decoded_int`]; the numbers then follow
//! with [`CfTimeUnits::decode_int`]. Both give each value alone the same bits as within a column, so that
//! chunks may be decoded apart.

use serde::{Deserialize, Serialize};

use super::calendar::days_unchecked;
use super::{Calendar, CfStep, CfTimeUnits, NAT, TimeError, TimeResult, TimeUnit};

/// Nanoseconds that a timedelta of pandas reaches, 2⁶³: 292 years.
const NS_REACH: f64 = 9_223_372_036_854_775_808.0;

/// Type of a decoded time variable.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Decoded {
    /// Unit of the ticks.
    pub unit: TimeUnit,
    /// Calendar of the ticks: `ProlepticGregorian` where xarray gives `datetime64`.
    pub calendar: Calendar,
}

impl CfTimeUnits {
    /// Chooses unit and calendar for integers, as `CFDatetimeCoder(time_unit=preferred)` does.
    ///
    /// The standard calendars become `ProlepticGregorian` (xarray: `datetime64`) in the finest of
    /// `preferred`, the step, and the resolution of the reference, if all values fit and, for
    /// "standard", all dates are from 1582-10-15 on. Else, and for other calendars, the calendar stays
    /// and the unit is `Us` (xarray: cftime objects), or the finest coarser one that fits. (xarray
    /// checks only the reference for 1582: with a coarse `preferred` it moves earlier dates by days.)
    ///
    /// As in xarray, give all values, or the first and the last of a large variable. xarray's default
    /// for `preferred` is `Ns`: 1677-09-21 to 2262-04-11.
    ///
    /// # Errors
    /// If the values do not fit in seconds.
    ///
    /// ```
    /// # use graticule::time::{Calendar, CfTimeUnits, TimeUnit};
    /// let days = CfTimeUnits::parse("days since 2000-01-01", Calendar::Standard)?;
    /// let near = days.decoded_int(&[0, 31], TimeUnit::Ns)?;
    /// assert_eq!((near.unit, near.calendar), (TimeUnit::Ns, Calendar::ProlepticGregorian));
    /// // Nanoseconds do not reach so far.
    /// assert_eq!(days.decoded_int(&[0, 1_000_000], TimeUnit::Ns)?.unit, TimeUnit::Us);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn decoded_int(&self, values: &[i64], preferred: TimeUnit) -> TimeResult<Decoded> {
        let present = || values.iter().copied().filter(|&v| v != NAT);
        let ends: Vec<i64> = present().min().into_iter().chain(present().max()).collect();
        let unit = self.finest_unit(preferred)?;
        self.choose(unit, |unit| self.decode_int(&ends, unit))
    }

    /// Chooses unit and calendar for floats, as `CFDatetimeCoder(time_unit=preferred)` does.
    ///
    /// As [`CfTimeUnits::decoded_int`]; where a value is not a whole number of ticks the unit becomes finer,
    /// up to `Ns`.
    ///
    /// # Errors
    /// If the values do not fit in seconds.
    ///
    /// ```
    /// # use graticule::time::{Calendar, CfTimeUnits, TimeUnit};
    /// let seconds = CfTimeUnits::parse("seconds since 2000-01-01", Calendar::Standard)?;
    /// assert_eq!(seconds.decoded_float(&[1.0], TimeUnit::S)?.unit, TimeUnit::S);
    /// assert_eq!(seconds.decoded_float(&[1.5], TimeUnit::S)?.unit, TimeUnit::Ms);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn decoded_float(&self, values: &[f64], preferred: TimeUnit) -> TimeResult<Decoded> {
        let present = || values.iter().copied().filter(|v| !v.is_nan());
        let ends: Vec<f64> =
            present().reduce(f64::min).into_iter().chain(present().reduce(f64::max)).collect();
        let mut unit = self.finest_unit(preferred)?;
        if self.calendar.is_standard_like() {
            // Multiply step by step, as xarray does: the rounding decides what has a fraction.
            let mut scaled: Vec<f64> =
                present().map(|v| v * (self.step.ns() / unit.tick_ns()) as f64).collect();
            while unit != TimeUnit::Ns && scaled.iter().any(|v| v.fract() != 0.0) {
                unit = finer(unit);
                scaled.iter_mut().for_each(|v| *v *= 1_000.0);
            }
            // A fraction is no reason to leave the range (xarray: overflow without a word).
            let coarsest = self.finest_unit(preferred)?;
            while unit > coarsest && self.decode_float(&ends, unit).is_err() {
                unit = coarser(unit);
            }
        }
        self.choose(unit, |unit| self.decode_float(&ends, unit))
    }

    /// The finest of `preferred`, the step's unit and the reference's.
    fn finest_unit(&self, preferred: TimeUnit) -> TimeResult<TimeUnit> {
        let reference = TimeUnit::coarsest_for(self.reference_ns()?);
        Ok(preferred.max(self.step.unit()).max(reference))
    }

    fn choose(
        &self,
        unit: TimeUnit,
        decode: impl Fn(TimeUnit) -> TimeResult<Vec<i64>>,
    ) -> TimeResult<Decoded> {
        if self.calendar.is_standard_like()
            && let Ok(ticks) = decode(unit)
            && (self.calendar == Calendar::ProlepticGregorian || self.after_reform(&ticks, unit))
        {
            return Ok(Decoded { unit, calendar: Calendar::ProlepticGregorian });
        }
        let mut fit = TimeUnit::Us;
        loop {
            match decode(fit) {
                Ok(_) => {
                    return Ok(Decoded { unit: fit, calendar: self.calendar });
                }
                Err(err) if fit == TimeUnit::S => return Err(err),
                Err(_) => fit = coarser(fit),
            }
        }
    }

    fn after_reform(&self, ticks: &[i64], unit: TimeUnit) -> bool {
        let reform = days_unchecked(Calendar::Standard, 1582, 10, 15);
        ticks.iter().all(|&t| t == NAT || t.div_euclid(unit.per_day()) >= reform)
    }

    /// Returns ticks of `unit` in [`CfTimeUnits::calendar`]; `i64::MIN` stays NaT. A coarser unit than
    /// the values need takes the floor.
    ///
    /// From 1582-10-15 on, ticks of the standard and the proleptic calendar are the same numbers.
    ///
    /// # Errors
    /// If a value does not fit, with the value and the unit that would fit.
    ///
    /// ```
    /// # use graticule::time::{Calendar, CfTimeUnits, TimeUnit};
    /// let days = CfTimeUnits::parse("days since 1970-01-02", Calendar::NoLeap)?;
    /// assert_eq!(days.decode_int(&[0, 1], TimeUnit::S)?, [86_400, 172_800]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn decode_int(&self, values: &[i64], unit: TimeUnit) -> TimeResult<Vec<i64>> {
        let (tick, step) = (unit.tick_ns(), self.step.ns());
        let reference_ns = self.reference_ns()?;
        let aligned = reference_ns % i128::from(tick) == 0 && step % tick == 0;
        if let (true, Ok(reference)) = (aligned, i64::try_from(reference_ns / i128::from(tick))) {
            // The common case, in 64 bits; a value that overflows on the way is retried below.
            let ratio = step / tick;
            let fast = values.iter().map(|&v| {
                if v == NAT {
                    return Some(NAT);
                }
                v.checked_mul(ratio)?.checked_add(reference).filter(|&t| t != NAT)
            });
            if let Some(ticks) = fast.collect() {
                return Ok(ticks);
            }
        }
        values
            .iter()
            .map(|&v| match v {
                NAT => Ok(NAT),
                // Both factors are below 2⁶³, and the reference below 2⁹⁰.
                _ => self.tick_of(v, reference_ns + i128::from(v) * i128::from(step), unit),
            })
            .collect()
    }

    /// Returns ticks of `unit` in [`CfTimeUnits::calendar`]; NaN becomes NaT.
    ///
    /// Rounding: to `Ns` the product is cut towards zero in double precision, which gives the bits of
    /// xarray's `datetime64[ns]`, or goes to the nearest microsecond where it or the
    /// reference is beyond 292 years. To coarser units the exact product goes to the nearest tick, ties to
    /// even. In the calendars that xarray leaves to cftime, what is less than a microsecond from a whole
    /// second goes to that second, as there.
    ///
    /// # Errors
    /// If a value does not fit or is infinite, with the value and the unit that would fit.
    ///
    /// ```
    /// # use graticule::time::{Calendar, CfTimeUnits, NAT, TimeUnit};
    /// let days = CfTimeUnits::parse("days since 1970-01-01", Calendar::NoLeap)?;
    /// assert_eq!(days.decode_float(&[0.5, f64::NAN], TimeUnit::S)?, [43_200, NAT]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn decode_float(&self, values: &[f64], unit: TimeUnit) -> TimeResult<Vec<i64>> {
        let (tick, step) = (unit.tick_ns(), self.step.ns());
        let reference_ns = self.reference_ns()?;
        let aligned = reference_ns % i128::from(tick) == 0 && step % tick == 0;
        let pandas = i64::try_from(reference_ns).is_ok();
        // Only where xarray leaves the work to cftime; pandas keeps the microsecond.
        let snap = unit == TimeUnit::Us && step >= CfStep::Second.ns() && !self.calendar.is_standard_like();
        values
            .iter()
            .map(|&v| {
                if v.is_nan() {
                    return Ok(NAT);
                }
                let product = v * step as f64;
                let since_ns = if unit == TimeUnit::Ns && pandas && product.abs() < NS_REACH {
                    Some(product as i128)
                } else if unit == TimeUnit::Ns && step >= CfStep::Microsecond.ns() {
                    // xarray leaves these to cftime, whose tick is the microsecond.
                    round_product(v, step / 1_000).and_then(|n| n.nearest.checked_mul(1_000))
                } else if aligned {
                    round_product(v, step / tick)
                        .map(|n| if snap { n.snapped_to_seconds() } else { n.nearest })
                        .and_then(|n| n.checked_mul(i128::from(tick)))
                } else {
                    round_product(v, step).map(|n| n.nearest)
                };
                match since_ns.and_then(|ns| ns.checked_add(reference_ns)) {
                    Some(ns) => self.tick_of(v, ns, unit),
                    None => Err(self.overflow(v, None, unit)),
                }
            })
            .collect()
    }

    fn tick_of(&self, value: impl std::fmt::Display, ns: i128, unit: TimeUnit) -> TimeResult<i64> {
        i64::try_from(ns.div_euclid(i128::from(unit.tick_ns())))
            .ok()
            .filter(|&t| t != NAT)
            .ok_or_else(|| self.overflow(value, Some(ns), unit))
    }

    fn overflow(&self, value: impl std::fmt::Display, ns: Option<i128>, unit: TimeUnit) -> TimeError {
        TimeError::overflow("datetime ticks", format_args!("value {value} of `{self}`"), ns, unit)
    }
}

/// Returns timedelta ticks of integers that count `step`s; `i64::MIN` stays NaT.
///
/// # Errors
/// If a value does not fit, with the value and the unit that would fit.
///
/// ```
/// # use graticule::time::{CfStep, TimeUnit, decode_timedelta_int};
/// assert_eq!(decode_timedelta_int(&[1, -2], CfStep::Hour, TimeUnit::S)?, [3_600, -7_200]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn decode_timedelta_int(values: &[i64], step: CfStep, unit: TimeUnit) -> TimeResult<Vec<i64>> {
    values
        .iter()
        .map(|&v| match v {
            NAT => Ok(NAT),
            _ => delta_tick(v, step, i128::from(v) * i128::from(step.ns()), unit),
        })
        .collect()
}

/// Returns timedelta ticks of floats that count `step`s; NaN becomes NaT.
///
/// As xarray does: to seconds first (if the step is longer), then times 1000 while there is a fraction,
/// until nanoseconds, and the rest is cut. A coarser `unit` than that takes the floor.
///
/// # Errors
/// If a value does not fit or is infinite, with the value and the unit that would fit.
///
/// ```
/// # use graticule::time::{CfStep, NAT, TimeUnit, decode_timedelta_float};
/// assert_eq!(decode_timedelta_float(&[1.5, f64::NAN], CfStep::Hour, TimeUnit::S)?, [5_400, NAT]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn decode_timedelta_float(values: &[f64], step: CfStep, unit: TimeUnit) -> TimeResult<Vec<i64>> {
    values
        .iter()
        .map(|&v| {
            if v.is_nan() {
                return Ok(NAT);
            }
            let (scaled, at) = whole_count(v, step);
            if scaled.abs() >= 1e28 {
                let value = format_args!("value {v} of {step}");
                return Err(TimeError::overflow("timedelta ticks", value, None, unit));
            }
            delta_tick(v, step, scaled as i128 * i128::from(at.tick_ns()), unit)
        })
        .collect()
}

/// Chooses the unit of decoded timedeltas as `CFTimedeltaCoder(time_unit=preferred)` does: `preferred`,
/// or finer where the step or a fraction needs it. For integers give no values.
///
/// A fraction does not make the unit so fine that a value overflows (xarray: NaT without a word).
///
/// ```
/// # use graticule::time::{CfStep, TimeUnit, decoded_timedelta_unit};
/// assert_eq!(decoded_timedelta_unit(&[1.0], CfStep::Second, TimeUnit::S), TimeUnit::S);
/// assert_eq!(decoded_timedelta_unit(&[1.5], CfStep::Second, TimeUnit::S), TimeUnit::Ms);
/// ```
pub fn decoded_timedelta_unit(values: &[f64], step: CfStep, preferred: TimeUnit) -> TimeUnit {
    let present = || values.iter().copied().filter(|v| v.is_finite());
    let coarsest = preferred.max(step.unit());
    let mut unit = present().map(|v| whole_count(v, step).1).fold(coarsest, TimeUnit::max);
    let largest = present().fold(0.0, |m: f64, v| m.max(v.abs())) * step.ns() as f64;
    while unit > coarsest && largest / unit.tick_ns() as f64 >= NS_REACH {
        unit = coarser(unit);
    }
    unit
}

/// `value` steps as a count of the coarsest unit, at most seconds, in which it has no fraction.
fn whole_count(value: f64, step: CfStep) -> (f64, TimeUnit) {
    let mut unit = step.unit();
    let mut scaled = value * (step.ns() / unit.tick_ns()) as f64;
    while unit != TimeUnit::Ns && scaled.fract() != 0.0 {
        unit = finer(unit);
        scaled *= 1_000.0;
    }
    (scaled, unit)
}

fn delta_tick(value: impl std::fmt::Display, step: CfStep, ns: i128, unit: TimeUnit) -> TimeResult<i64> {
    i64::try_from(ns.div_euclid(i128::from(unit.tick_ns()))).ok().filter(|&t| t != NAT).ok_or_else(|| {
        let value = format_args!("value {value} of {step}");
        TimeError::overflow("timedelta ticks", value, Some(ns), unit)
    })
}

fn finer(unit: TimeUnit) -> TimeUnit {
    match unit {
        TimeUnit::S => TimeUnit::Ms,
        TimeUnit::Ms => TimeUnit::Us,
        TimeUnit::Us | TimeUnit::Ns => TimeUnit::Ns,
    }
}

fn coarser(unit: TimeUnit) -> TimeUnit {
    match unit {
        TimeUnit::Ns => TimeUnit::Us,
        TimeUnit::Us => TimeUnit::Ms,
        TimeUnit::Ms | TimeUnit::S => TimeUnit::S,
    }
}

/// A product between two integers: the one below, and the nearest (ties to even).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Rounded {
    floor: i128,
    nearest: i128,
    exact: bool,
}

impl Rounded {
    /// The nearest count of microseconds; but what is less than one microsecond from a whole second
    /// becomes the second, which takes the noise out of fractions of days (cftime issue 187).
    fn snapped_to_seconds(self) -> i128 {
        match self.nearest.rem_euclid(1_000_000) {
            1 => self.floor,
            999_999 => self.floor + i128::from(!self.exact),
            _ => self.nearest,
        }
    }
}

/// `value × factor` as if with infinite precision; `None` if infinite or beyond 2¹²⁶.
fn round_product(value: f64, factor: i64) -> Option<Rounded> {
    if !value.is_finite() {
        return None;
    }
    // value = mantissa · 2^exponent; IEEE 754 binary64.
    let bits = value.to_bits();
    let fraction = (bits & ((1 << 52) - 1)) as i128;
    let (mantissa, exponent) = match (bits >> 52 & 0x7ff) as i32 {
        0 => (fraction, -1_074),
        e => (fraction | 1 << 52, e - 1_075),
    };
    let sign = if value.is_sign_negative() { -1 } else { 1 };
    // Below 2⁵³ · 2⁶³ in size.
    let product = sign * mantissa * i128::from(factor);
    if product == 0 || exponent >= 0 {
        if product != 0 && exponent >= product.unsigned_abs().leading_zeros() as i32 - 1 {
            return None;
        }
        let whole = if product == 0 { 0 } else { product << exponent };
        return Some(Rounded { floor: whole, nearest: whole, exact: true });
    }
    // At 2⁻¹²⁰ the product is below one half already; a longer shift would leave the type.
    let shift = (-exponent).min(120);
    let floor = product >> shift;
    let rest = product - (floor << shift);
    let half = 1_i128 << (shift - 1);
    let up = rest > half || (rest == half && floor & 1 == 1);
    Some(Rounded { floor, nearest: floor + i128::from(up), exact: rest == 0 })
}

#[cfg(test)]
#[path = "cf_decode_tests.rs"]
mod tests;
