//! What can go wrong with time, each with the text or value given and the way out.

use std::fmt;

use super::{Calendar, TimeUnit};

/// `Result` of the time functions.
pub type TimeResult<T> = Result<T, TimeError>;

/// Says in one line what is wrong with a time, what was given, and what would be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeError {
    /// A name (unit, calendar, component) that is not in its list.
    UnknownName {
        /// What was looked up: "calendar", "time unit", ….
        what: &'static str,
        /// The text given.
        text: String,
        /// What is accepted, and how to repair the text.
        help: &'static str,
    },
    /// Text that does not have the expected form.
    Parse {
        /// What was expected: "date", "timedelta", "CF time units".
        what: &'static str,
        /// The text given.
        text: String,
        /// The part that is wrong, or the forms that are accepted.
        help: String,
    },
    /// A date or time of day that its calendar does not have.
    NoSuchDate {
        /// The date as text.
        date: String,
        /// The calendar asked.
        calendar: Calendar,
        /// The reason.
        why: &'static str,
    },
    /// A value that does not fit in `i64` ticks.
    Overflow {
        /// The value, as text.
        value: String,
        /// What it was to become.
        what: &'static str,
        /// The unit that is too fine (or the range too small).
        unit: TimeUnit,
        /// The finest unit that holds the value, if one does.
        fits: Option<TimeUnit>,
    },
    /// A value that is not a whole number of the coarser unit.
    Inexact {
        /// The value, as text.
        value: String,
        /// The unit that cannot hold it.
        unit: TimeUnit,
        /// The coarsest unit that holds it exactly.
        fits: TimeUnit,
    },
    /// An argument that has no meaning, or not with the others.
    Invalid {
        /// What is wrong.
        what: String,
        /// What would be accepted.
        help: String,
    },
    /// Two calendars that cannot be exchanged.
    CalendarMismatch {
        /// The calendar of the values.
        values: Calendar,
        /// The calendar wanted.
        wanted: Calendar,
        /// Why they differ here.
        why: &'static str,
    },
}

impl TimeError {
    pub(super) fn parse(what: &'static str, text: &str, help: impl Into<String>) -> Self {
        TimeError::Parse { what, text: text.to_owned(), help: help.into() }
    }

    /// Builds the overflow error of a value of `ns` nanoseconds, and finds the unit that holds it.
    pub(super) fn overflow(
        what: &'static str,
        value: impl fmt::Display,
        ns: Option<i128>,
        unit: TimeUnit,
    ) -> Self {
        let fits = ns.and_then(|ns| {
            TimeUnit::ALL
                .into_iter()
                .rev()
                .find(|&u| u < unit && i64::try_from(ns.div_euclid(i128::from(u.tick_ns()))).is_ok())
        });
        TimeError::Overflow { value: value.to_string(), what, unit, fits }
    }
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TimeError::UnknownName { what, text, help } => {
                write!(f, "unknown {what} `{text}`; {help}")
            }
            TimeError::Parse { what, text, help } => {
                write!(f, "cannot read `{text}` as a {what}; {help}")
            }
            TimeError::NoSuchDate { date, calendar, why } => {
                write!(f, "there is no {date} in the {} calendar: {why}", calendar.name())
            }
            TimeError::Overflow { value, what, unit, fits } => {
                write!(f, "{value} does not fit in 64-bit {what} of unit {unit}")?;
                match fits {
                    Some(fits) => write!(f, "; unit {fits} would hold it"),
                    None => write!(f, "; no unit (s, ms, us, ns) holds it"),
                }
            }
            TimeError::Inexact { value, unit, fits } => {
                write!(f, "{value} is not a whole number of {unit}; unit {fits} holds it exactly")
            }
            TimeError::Invalid { what, help } => write!(f, "{what}; {help}"),
            TimeError::CalendarMismatch { values, wanted, why } => write!(
                f,
                "times of the {} calendar cannot be used as {}: {why}",
                values.name(),
                wanted.name()
            ),
        }
    }
}

impl std::error::Error for TimeError {}
