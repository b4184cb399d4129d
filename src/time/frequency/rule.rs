//! The rules that a frequency repeats, and their names.

use std::fmt;

/// Names of the months in anchors, January first.
pub(super) const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// Names of the weekdays in anchors, Monday first.
pub(super) const WEEKDAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

/// A length of time, hours or finer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Tick {
    Hour,
    Minute,
    Second,
    Milli,
    Micro,
    Nano,
}

impl Tick {
    /// Coarsest first.
    pub(super) const ALL: [Tick; 6] =
        [Tick::Hour, Tick::Minute, Tick::Second, Tick::Milli, Tick::Micro, Tick::Nano];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Tick::Hour => "h",
            Tick::Minute => "min",
            Tick::Second => "s",
            Tick::Milli => "ms",
            Tick::Micro => "us",
            Tick::Nano => "ns",
        }
    }

    pub(super) const fn ns(self) -> i64 {
        match self {
            Tick::Hour => 3_600_000_000_000,
            Tick::Minute => 60_000_000_000,
            Tick::Second => 1_000_000_000,
            Tick::Milli => 1_000_000,
            Tick::Micro => 1_000,
            Tick::Nano => 1,
        }
    }
}

/// Which day of a month, quarter or year.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Edge {
    Start,
    End,
    BusinessStart,
    BusinessEnd,
}

impl Edge {
    pub(super) const fn is_end(self) -> bool {
        matches!(self, Edge::End | Edge::BusinessEnd)
    }
}

/// What a frequency repeats.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Rule {
    Tick(Tick),
    Day,
    BusinessDay,
    /// A weekday, Monday = 0.
    Week(u8),
    /// The 1st and `day`, or `day` and the last of each month.
    SemiMonth {
        day: u8,
        end: bool,
    },
    /// A day of every month, quarter, half year or year (1, 3, 6, 12 months).
    Months {
        months: u8,
        /// A month, 1..=12, that has the day.
        anchor: u8,
        edge: Edge,
    },
    /// The weekday of week 1..=4 of each month.
    WeekOfMonth {
        week: u8,
        weekday: u8,
    },
    /// The last such weekday of each month.
    LastWeekOfMonth {
        weekday: u8,
    },
}

/// Prefixes of [`Rule::Months`].
pub(super) const PREFIXES: [(&str, u8, Edge); 16] = [
    ("MS", 1, Edge::Start),
    ("ME", 1, Edge::End),
    ("BMS", 1, Edge::BusinessStart),
    ("BME", 1, Edge::BusinessEnd),
    ("QS", 3, Edge::Start),
    ("QE", 3, Edge::End),
    ("BQS", 3, Edge::BusinessStart),
    ("BQE", 3, Edge::BusinessEnd),
    ("HYS", 6, Edge::Start),
    ("HYE", 6, Edge::End),
    ("BHYS", 6, Edge::BusinessStart),
    ("BHYE", 6, Edge::BusinessEnd),
    ("YS", 12, Edge::Start),
    ("YE", 12, Edge::End),
    ("BYS", 12, Edge::BusinessStart),
    ("BYE", 12, Edge::BusinessEnd),
];

impl Rule {
    pub(super) const fn counts_weekdays(self) -> bool {
        match self {
            Rule::BusinessDay | Rule::Week(_) | Rule::WeekOfMonth { .. } | Rule::LastWeekOfMonth { .. } => {
                true
            }
            Rule::Months { edge, .. } => matches!(edge, Edge::BusinessStart | Edge::BusinessEnd),
            _ => false,
        }
    }

    pub(super) const fn is_end(self) -> bool {
        match self {
            Rule::Week(_) => true,
            Rule::SemiMonth { end, .. } => end,
            Rule::Months { edge, .. } => edge.is_end(),
            _ => false,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weekday = |day: u8| WEEKDAYS[usize::from(day) % 7];
        match *self {
            Rule::Tick(tick) => f.write_str(tick.name()),
            Rule::Day => f.write_str("D"),
            Rule::BusinessDay => f.write_str("B"),
            Rule::Week(day) => write!(f, "W-{}", weekday(day)),
            Rule::SemiMonth { day, end } => write!(f, "{}-{day}", if end { "SME" } else { "SMS" }),
            Rule::Months { months, anchor, edge } => {
                let prefix = PREFIXES.iter().find(|(_, m, e)| (*m, *e) == (months, edge));
                f.write_str(prefix.map_or("", |(name, ..)| name))?;
                match months {
                    1 => Ok(()),
                    _ => write!(f, "-{}", MONTHS[usize::from(anchor - 1) % 12]),
                }
            }
            Rule::WeekOfMonth { week, weekday: day } => write!(f, "WOM-{week}{}", weekday(day)),
            Rule::LastWeekOfMonth { weekday: day } => write!(f, "LWOM-{}", weekday(day)),
        }
    }
}
