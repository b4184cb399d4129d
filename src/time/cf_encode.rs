//! Ticks to CF numbers.

use super::calendar::days_unchecked;
use super::{Calendar, CfStep, CfTimeUnits, DateTime, NAT, TimeError, TimeResult, TimeUnit};

/// Numbers of a CF time variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Encoded {
    /// All times are whole counts; NaT is `i64::MIN`.
    Int(Vec<i64>),
    /// Some are not; NaT is NaN.
    Float(Vec<f64>),
}

impl CfTimeUnits {
    /// Returns the ticks as counts: integers if all are whole, else floats.
    ///
    /// Where `calendar` and the calendar of the units are standard and proleptic_gregorian, or the other
    /// way round, times must be from 1582-10-15 on; any other difference is refused.
    ///
    /// # Errors
    /// If the calendars differ, or a count does not fit in 64 bits.
    ///
    /// ```
    /// # use graticule::time::{Calendar, CfTimeUnits, Encoded, TimeUnit};
    /// let days = CfTimeUnits::parse("days since 1970-01-01", Calendar::NoLeap)?;
    /// let whole = days.encode(&[86_400], TimeUnit::S, Calendar::NoLeap)?;
    /// assert!(matches!(whole, Encoded::Int(v) if v == [1]));
    /// let half = days.encode(&[43_200], TimeUnit::S, Calendar::NoLeap)?;
    /// assert!(matches!(half, Encoded::Float(v) if v == [0.5]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn encode(&self, ticks: &[i64], unit: TimeUnit, calendar: Calendar) -> TimeResult<Encoded> {
        self.check_calendar(ticks, unit, calendar)?;
        encode_since(ticks, unit, self.reference_ns()?, self.step, self)
    }

    fn check_calendar(&self, ticks: &[i64], unit: TimeUnit, calendar: Calendar) -> TimeResult<()> {
        let mismatch =
            |why| Err(TimeError::CalendarMismatch { values: calendar, wanted: self.calendar, why });
        if calendar == self.calendar {
            return Ok(());
        }
        if !(calendar.is_standard_like() && self.calendar.is_standard_like()) {
            return mismatch("they count days differently; convert the calendar first");
        }
        let reform = days_unchecked(Calendar::Standard, 1582, 10, 15);
        if ticks.iter().any(|&t| t != NAT && t.div_euclid(unit.per_day()) < reform) {
            return mismatch(
                "some are before 1582-10-15, where the two differ; encode with the calendar of the \
                 values",
            );
        }
        Ok(())
    }
}

/// Returns the units that xarray would write: "days since 2000-01-01 00:00:00", with the longest of
/// days, hours, … nanoseconds that divides all differences of neighbours, and the first time.
///
/// The reference prints as pandas does in the proleptic calendar, and as cftime does, with six decimals,
/// in the others. Without times it is 1970-01-01.
///
/// ```
/// # use graticule::time::{Calendar, TimeUnit, infer_units};
/// let every_hour = [86_400, 86_400 + 3_600];
/// let units = infer_units(&every_hour, TimeUnit::S, Calendar::ProlepticGregorian);
/// assert_eq!(units, "hours since 1970-01-02 00:00:00");
/// ```
pub fn infer_units(ticks: &[i64], unit: TimeUnit, calendar: Calendar) -> String {
    let present = || ticks.iter().copied().filter(|&t| t != NAT);
    let differences = present().zip(present().skip(1)).map(|(a, b)| i128::from(b) - i128::from(a));
    let step = CfStep::dividing(differences, unit);
    let first = present()
        .next()
        .and_then(|t| DateTime::from_ticks(t, unit, calendar))
        .unwrap_or(DateTime::midnight(1970, 1, 1));
    let decimals = calendar != Calendar::ProlepticGregorian && first.nanosecond == 0;
    let tail = if decimals { ".000000" } else { "" };
    format!("{step} since {first}{tail}")
}

/// Returns the longest step of days, hours, … nanoseconds that divides all timedeltas.
///
/// ```
/// # use graticule::time::{CfStep, TimeUnit, infer_timedelta_units};
/// assert_eq!(infer_timedelta_units(&[3_600, 7_200], TimeUnit::S), CfStep::Hour);
/// ```
pub fn infer_timedelta_units(ticks: &[i64], unit: TimeUnit) -> CfStep {
    let present = ticks.iter().filter(|&&t| t != NAT);
    CfStep::dividing(present.map(|&t| i128::from(t)), unit)
}

/// Returns timedelta ticks as counts of `step`: integers if all are whole, else floats.
///
/// # Errors
/// If a count does not fit in 64 bits.
///
/// ```
/// # use graticule::time::{CfStep, Encoded, TimeUnit, encode_timedelta};
/// let hours = encode_timedelta(&[3_600, 7_200], TimeUnit::S, CfStep::Hour)?;
/// assert!(matches!(hours, Encoded::Int(v) if v == [1, 2]));
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn encode_timedelta(ticks: &[i64], unit: TimeUnit, step: CfStep) -> TimeResult<Encoded> {
    encode_since(ticks, unit, 0, step, &step)
}

fn encode_since(
    ticks: &[i64],
    unit: TimeUnit,
    reference_ns: i128,
    step: CfStep,
    units: &dyn std::fmt::Display,
) -> TimeResult<Encoded> {
    let tick = i128::from(unit.tick_ns());
    let step_ns = i128::from(step.ns());
    if let (0, 0, Ok(reference)) = (reference_ns % tick, step_ns % tick, i64::try_from(reference_ns / tick)) {
        // The common case, in 64 bits; the rest is retried below.
        let ratio = step.ns() / unit.tick_ns();
        let fast = ticks.iter().map(|&t| {
            if t == NAT {
                return Some(NAT);
            }
            let since = t.checked_sub(reference)?;
            (since % ratio == 0).then_some(since / ratio)
        });
        if let Some(counts) = fast.collect() {
            return Ok(Encoded::Int(counts));
        }
    }
    let since = |t: i64| i128::from(t) * tick - reference_ns;
    let present = || ticks.iter().copied().filter(|&t| t != NAT);
    if present().any(|t| since(t) % step_ns != 0) {
        let count = |t: i64| match t {
            NAT => f64::NAN,
            // Ticks over ticks where the reference allows, as pandas divides: fewer digits to round.
            _ if since(t) % tick == 0 && step_ns % tick == 0 => {
                (since(t) / tick) as f64 / (step_ns / tick) as f64
            }
            _ => since(t) as f64 / step_ns as f64,
        };
        return Ok(Encoded::Float(ticks.iter().map(|&t| count(t)).collect()));
    }
    ticks
        .iter()
        .map(|&t| {
            if t == NAT {
                return Ok(NAT);
            }
            i64::try_from(since(t) / step_ns).ok().filter(|&n| n != NAT).ok_or_else(|| {
                TimeError::parse(
                    "64-bit count",
                    &format!("tick {t} {unit}"),
                    format!("it overflows in `{units}`: use a longer step, such as days"),
                )
            })
        })
        .collect::<TimeResult<_>>()
        .map(Encoded::Int)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREGORIAN: Calendar = Calendar::ProlepticGregorian;

    fn tick(text: &str, unit: TimeUnit) -> i64 {
        let date = crate::time::PartialDate::parse(text).unwrap();
        date.start.to_ticks(GREGORIAN, unit).unwrap()
    }

    #[test]
    fn units_are_those_that_xarray_infers() {
        let ns = |texts: &[&str]| {
            let ticks: Vec<i64> = texts.iter().map(|t| tick(t, TimeUnit::Ns)).collect();
            infer_units(&ticks, TimeUnit::Ns, GREGORIAN)
        };
        assert_eq!(ns(&["2000-01-01", "2000-01-03"]), "days since 2000-01-01 00:00:00");
        assert_eq!(ns(&["2000-01-01T06", "2000-01-02T06"]), "days since 2000-01-01 06:00:00");
        assert_eq!(ns(&["2000-01-01", "2000-01-02T12"]), "hours since 2000-01-01 00:00:00");
        assert_eq!(ns(&[]), "days since 1970-01-01 00:00:00");
        assert_eq!(
            ns(&["2000-01-01T00:00:00.5", "2000-01-02"]),
            "milliseconds since 2000-01-01 00:00:00.500000"
        );
        assert_eq!(
            ns(&["2000-01-01T00:00:00.000000005", "2000-01-02"]),
            "nanoseconds since 2000-01-01 00:00:00.000000005"
        );
        assert_eq!(
            infer_units(&[NAT, 0, 3_600], TimeUnit::S, Calendar::NoLeap),
            "hours since 1970-01-01 00:00:00.000000"
        );
        assert_eq!(infer_timedelta_units(&[86_400, 3_600], TimeUnit::S), CfStep::Hour);
        assert_eq!(infer_timedelta_units(&[NAT, 0], TimeUnit::S), CfStep::Day);
    }

    #[test]
    fn whole_counts_are_integers_and_others_floats() {
        let units = CfTimeUnits::parse("days since 2000-01-01", GREGORIAN).unwrap();
        let day = tick("2000-01-02", TimeUnit::Ns);
        assert_eq!(units.encode(&[day, NAT], TimeUnit::Ns, GREGORIAN), Ok(Encoded::Int(vec![1, NAT])));
        let noon = tick("2000-01-02T12", TimeUnit::S);
        let Ok(Encoded::Float(counts)) = units.encode(&[noon, NAT], TimeUnit::S, GREGORIAN) else {
            panic!("expected floats");
        };
        assert!(counts[0] == 1.5 && counts[1].is_nan());
        let half = CfTimeUnits::parse("seconds since 2000-01-01 00:00:00.5", GREGORIAN).unwrap();
        let midnight = tick("2000-01-01", TimeUnit::S);
        assert_eq!(half.encode(&[midnight], TimeUnit::S, GREGORIAN), Ok(Encoded::Float(vec![-0.5])));
    }

    #[test]
    fn far_references_and_fine_steps_are_exact_or_errors() {
        let units = CfTimeUnits::parse("days since 0001-01-01", GREGORIAN).unwrap();
        let got = units.encode(&[0, 86_400_000_000_000], TimeUnit::Ns, GREGORIAN);
        assert_eq!(got, Ok(Encoded::Int(vec![719_162, 719_163])));
        let fine = CfTimeUnits::parse("nanoseconds since 1970-01-01", GREGORIAN).unwrap();
        assert!(fine.encode(&[i64::MAX], TimeUnit::S, GREGORIAN).is_err());
    }

    #[test]
    fn calendars_are_exchanged_only_where_they_agree() {
        let units = CfTimeUnits::parse("days since 1582-01-01", Calendar::Standard).unwrap();
        let ok = tick("1582-10-15", TimeUnit::S);
        // 1582-01-01 (Julian) is 277 days before: 287 in the year's table less the ten skipped.
        assert_eq!(units.encode(&[ok], TimeUnit::S, GREGORIAN), Ok(Encoded::Int(vec![277])));
        let err = units.encode(&[ok - 1], TimeUnit::S, GREGORIAN).unwrap_err();
        assert!(err.to_string().contains("1582-10-15"), "{err}");
        assert!(units.encode(&[0], TimeUnit::S, Calendar::NoLeap).is_err());
    }

    #[test]
    fn timedeltas_encode_like_times() {
        let got = encode_timedelta(&[3_600, NAT, -7_200], TimeUnit::S, CfStep::Hour);
        assert_eq!(got, Ok(Encoded::Int(vec![1, NAT, -2])));
        let got = encode_timedelta(&[3_600], TimeUnit::S, CfStep::Day);
        assert_eq!(got, Ok(Encoded::Float(vec![1.0 / 24.0])));
    }
}
