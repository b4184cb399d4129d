//! Functions of one time: its components, the time rounded or moved, its text.

use serde::{Deserialize, Serialize};

use super::cast::rescale;
use super::loops::{same_tiles, tiles, to1};
use crate::array::Block;
use crate::dtype::{Calendar, DType, NAT, Text, TimeUnit};
use crate::error::{Error, Result};
use crate::time::{
    Component, Frequency, Rounding, SEASONS, Strftime, components, decimal_years, round_ticks,
};

/// A function of datetimes (some of timedeltas too), element by element, in all calendars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimeFn {
    /// A component: `i64`, bool for questions such as `is_leap_year`, text for the season. NaT has no year:
    /// its numbers are the least `i64`, as NaT itself is.
    Field(Component),
    /// The year and the part of it that has passed, as `f64`; NaN of NaT.
    DecimalYear,
    /// Rounded to a multiple of so many ticks.
    Round(Rounding, i64),
    /// Text of a form of `strftime`; missing of NaT.
    Format(String),
    /// A frequency so many times later, or rolled to a day of it.
    Offset(Move, Frequency),
}

/// What a frequency does to a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Move {
    /// It is added.
    Add,
    /// The time rolls forward to a day of it.
    RollForward,
    /// The time rolls back to a day of it.
    RollBack,
}

impl Move {
    /// The name of the method.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Move::Add => "add",
            Move::RollForward => "roll_forward",
            Move::RollBack => "roll_back",
        }
    }
}

impl TimeFn {
    /// xarray's name.
    ///
    /// ```
    /// # use graticule::kernel::time::TimeFn;
    /// assert_eq!(TimeFn::DecimalYear.name(), "decimal_year");
    /// ```
    pub fn name(&self) -> &'static str {
        match self {
            TimeFn::Field(component) => component.name(),
            TimeFn::DecimalYear => "decimal_year",
            TimeFn::Round(how, _) => how.name(),
            TimeFn::Format(_) => "strftime",
            TimeFn::Offset(how, _) => how.name(),
        }
    }

    /// The dtype of the result.
    ///
    /// # Errors
    /// If elements of the dtype have no such thing.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{kernel::time::TimeFn, time::Component};
    /// assert_eq!(TimeFn::Field(Component::Year).result_dtype(DType::DATETIME_NS)?, DType::I64);
    /// assert!(TimeFn::Field(Component::Days).result_dtype(DType::DATETIME_NS).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn result_dtype(&self, input: DType) -> Result<DType> {
        let (fits, whose) = match self {
            TimeFn::Round(..) => (input.is_time(), "datetimes and timedeltas have it"),
            TimeFn::Offset(_, freq) if freq.length().is_some() => {
                (input.is_time(), "datetimes and timedeltas have it")
            }
            TimeFn::Field(c) if c.is_of_timedelta() => (input.is_timedelta(), "timedeltas have it"),
            _ => (input.is_datetime(), "datetimes have it"),
        };
        if !fits {
            return Err(Error::dtype(format!("`{}` has no meaning for {input}", self.name())).help(whose));
        }
        match self {
            // Weeks of ISO 8601 are counted in the Gregorian calendar.
            TimeFn::Field(c @ (Component::WeekOfYear | Component::IsoYear)) => match input {
                DType::Datetime { calendar, .. } if !calendar.is_standard_like() => Err(Error::invalid(
                    format!("`{}` in the {calendar} calendar: ISO 8601 has no weeks for it", c.name()),
                )
                .help("`strftime(\"%W\")` counts weeks from the first Monday of the year, in any calendar")),
                _ => Ok(DType::I64),
            },
            TimeFn::Field(Component::Season) | TimeFn::Format(_) => Ok(DType::Str),
            TimeFn::Field(c) if c.is_flag() => Ok(DType::Bool),
            TimeFn::Field(_) => Ok(DType::I64),
            TimeFn::DecimalYear => Ok(DType::F64),
            TimeFn::Round(..) => Ok(input),
            // In the unit that holds both.
            TimeFn::Offset(_, freq) => {
                let finest = |unit: TimeUnit| unit.max(TimeUnit::coarsest_for(freq.fixed().unwrap_or(0)));
                Ok(match input {
                    DType::Datetime { unit, calendar } => DType::Datetime { unit: finest(unit), calendar },
                    DType::Timedelta { unit } => DType::Timedelta { unit: finest(unit) },
                    other => other,
                })
            }
        }
    }

    /// The function of every element; the dtype was checked by [`result_dtype`](TimeFn::result_dtype).
    pub(super) fn apply(&self, a: Block, shape: &[usize]) -> Result<Block> {
        let (unit, calendar) = match a.dtype() {
            DType::Datetime { unit, calendar } => (unit, calendar),
            // Spans lie in no calendar; none of their functions asks for one.
            DType::Timedelta { unit } => (unit, Calendar::ProlepticGregorian),
            other => return Err(Error::internal(format!("`{}` of {other}", self.name()))),
        };
        match self {
            TimeFn::Field(component) => Ok(field(*component, a, shape, unit, calendar)),
            TimeFn::DecimalYear => Ok(tiles([a], shape, |_, [t]: [&[i64]; 1], out: &mut [f64]| {
                out.copy_from_slice(&decimal_years(t, unit, calendar));
            })),
            TimeFn::Round(how, step) => {
                let mut failure = None;
                let rounded = same_tiles([a], shape, |_, [t], out: &mut [i64]| {
                    failure = round_ticks(t, *step, *how, unit, out).err().or(failure.take());
                });
                failure.map_or(Ok(rounded), |e| Err(e.into()))
            }
            TimeFn::Offset(how, freq) => {
                let to = match self.result_dtype(a.dtype())? {
                    DType::Datetime { unit, .. } | DType::Timedelta { unit } => unit,
                    other => return Err(Error::internal(format!("`{}` of {other}", self.name()))),
                };
                let mut failure = None;
                let moved = same_tiles([rescale(a, unit, to)?], shape, |_, [t], out: &mut [i64]| {
                    out.copy_from_slice(t);
                    let done = match how {
                        Move::Add => freq.add_to(out, 1, to, calendar),
                        Move::RollForward => freq.roll_to(out, true, to, calendar),
                        Move::RollBack => freq.roll_to(out, false, to, calendar),
                    };
                    failure = done.err().or(failure.take());
                });
                failure.map_or(Ok(moved), |e| Err(e.into()))
            }
            TimeFn::Format(form) => {
                let form = Strftime::new(form);
                Ok(to1(a, shape, |t: &i64| form.text(*t, unit, calendar).map_or(Text::MISSING, Text::from)))
            }
        }
    }
}

/// The component of each time. Of NaT, flags are false, the season is "nan", and its year, as in xarray, has
/// the days of one that is no leap year.
fn field(component: Component, a: Block, shape: &[usize], unit: TimeUnit, calendar: Calendar) -> Block {
    let of = |ticks: &[i64]| components(ticks, unit, calendar, component);
    match component {
        c if c.is_flag() => tiles([a], shape, |_, [t]: [&[i64]; 1], out: &mut [bool]| {
            for (o, v) in out.iter_mut().zip(of(t)) {
                *o = v == 1;
            }
        }),
        Component::Season => {
            let names = SEASONS.map(Text::from);
            let none = Text::from("nan");
            tiles([a], shape, |_, [t]: [&[i64]; 1], out: &mut [Text]| {
                for (o, v) in out.iter_mut().zip(of(t)) {
                    o.clone_from(usize::try_from(v).ok().and_then(|i| names.get(i)).unwrap_or(&none));
                }
            })
        }
        Component::DaysInYear => same_tiles([a], shape, |_, [t], out: &mut [i64]| {
            for (o, v) in out.iter_mut().zip(of(t)) {
                *o = if v == NAT { calendar.days_in_year(1) } else { v };
            }
        }),
        _ => same_tiles([a], shape, |_, [t], out: &mut [i64]| out.copy_from_slice(&of(t))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(f: TimeFn, ticks: &[i64], dtype: DType) -> Result<Block> {
        let block = Block::from_vec(&[ticks.len()], ticks.to_vec()).unwrap().retype(dtype);
        let to = f.result_dtype(dtype)?;
        Ok(f.apply(block, &[ticks.len()])?.retype(to))
    }

    #[test]
    fn components_are_numbers_flags_and_seasons() {
        let dtype = DType::Datetime { unit: TimeUnit::S, calendar: Calendar::ProlepticGregorian };
        let field = |c| of(TimeFn::Field(c), &[951_825_600, NAT], dtype).unwrap();
        assert_eq!(field(Component::Year).to_vec::<i64>().unwrap(), [2000, NAT]);
        assert_eq!(field(Component::DayOfWeek).to_vec::<i64>().unwrap()[0], 1);
        assert_eq!(field(Component::DaysInYear).to_vec::<i64>().unwrap(), [366, 365]);
        assert_eq!(field(Component::IsLeapYear).to_vec::<bool>().unwrap(), [true, false]);
        assert_eq!(field(Component::Season).to_vec::<Text>().unwrap(), ["DJF".into(), Text::from("nan")]);
        assert!(TimeFn::Field(Component::Year).result_dtype(DType::I64).is_err());
        assert!(TimeFn::Field(Component::Year).result_dtype(DType::Timedelta { unit: TimeUnit::S }).is_err());
        let years = of(TimeFn::DecimalYear, &[0, NAT], dtype).unwrap().to_vec::<f64>().unwrap();
        assert!(years[0] == 1970.0 && years[1].is_nan());
    }

    #[test]
    fn spans_have_days_seconds_and_parts_of_seconds() {
        let dtype = DType::Timedelta { unit: TimeUnit::Ns };
        let field =
            |c| of(TimeFn::Field(c), &[-1, 86_400_000_000_005], dtype).unwrap().to_vec::<i64>().unwrap();
        assert_eq!(field(Component::Days), [-1, 1]);
        assert_eq!(field(Component::Seconds), [86_399, 0]);
        assert_eq!(field(Component::Microseconds), [999_999, 0]);
        assert_eq!(field(Component::Nanoseconds), [999, 5]);
    }

    #[test]
    fn weeks_need_the_calendar_that_counts_them() {
        let week = |calendar| {
            TimeFn::Field(Component::WeekOfYear).result_dtype(DType::Datetime { unit: TimeUnit::S, calendar })
        };
        assert!(week(Calendar::Standard).is_ok());
        assert!(week(Calendar::Day360).unwrap_err().to_string().contains("360_day"));
    }

    #[test]
    fn frequencies_move_times_in_the_unit_that_holds_both() {
        let dtype = DType::Datetime { unit: TimeUnit::S, calendar: Calendar::Day360 };
        let moved =
            |how, freq: &str, dtype| of(TimeFn::Offset(how, freq.parse().unwrap()), &[86_400, NAT], dtype);
        let months = moved(Move::Add, "MS", dtype).unwrap();
        assert_eq!((months.dtype(), months.to_vec::<i64>().unwrap()), (dtype, vec![30 * 86_400, NAT]));
        assert_eq!(moved(Move::RollBack, "MS", dtype).unwrap().to_vec::<i64>().unwrap(), [0, NAT]);
        assert_eq!(moved(Move::RollForward, "D", dtype).unwrap().to_vec::<i64>().unwrap(), [86_400, NAT]);
        let finer = moved(Move::Add, "1500ms", dtype).unwrap();
        assert_eq!(finer.dtype(), DType::Datetime { unit: TimeUnit::Ms, calendar: Calendar::Day360 });
        assert_eq!(finer.to_vec::<i64>().unwrap(), [86_401_500, NAT]);
        let span = DType::Timedelta { unit: TimeUnit::S };
        assert_eq!(moved(Move::Add, "-1D", span).unwrap().to_vec::<i64>().unwrap(), [0, NAT]);
        assert!(moved(Move::Add, "MS", span).is_err());
        assert!(of(TimeFn::Offset(Move::Add, "YE".parse().unwrap()), &[i64::MAX], dtype).is_err());
    }
}
