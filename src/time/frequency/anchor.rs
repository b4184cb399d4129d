//! The days of a rule, numbered in order.

use super::rule::{Edge, Rule};
use crate::time::calendar::{days_unchecked, in_reform_gap};
use crate::time::civil::MAX_YEAR;
use crate::time::{Calendar, ymd_from_days};

/// Where a day lies among the days of a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    /// Number of the last day of the rule that is not after it.
    pub floor: i64,
    /// Whether it is that day.
    pub on: bool,
}

impl Place {
    /// Number of the first day of the rule that is not before it.
    pub(super) const fn ceil(self) -> i64 {
        self.floor + !self.on as i64
    }
}

impl Rule {
    /// Finds a day (since 1970-01-01 of the calendar) among those of the rule; every day is one of a fixed
    /// rule.
    #[inline]
    pub(super) fn place(self, calendar: Calendar, day: i64) -> Place {
        match self {
            Rule::Tick(_) | Rule::Day => Place { floor: day, on: true },
            Rule::BusinessDay => {
                let weekday = calendar.day_of_week(day);
                Place { floor: monday_weeks(calendar, day) * 5 + weekday.min(4), on: weekday <= 4 }
            }
            Rule::Week(anchor) => {
                let since = (calendar.day_of_week(day) - i64::from(anchor)).rem_euclid(7);
                Place { floor: monday_weeks(calendar, day - since), on: since == 0 }
            }
            Rule::SemiMonth { day: middle, end } => {
                let (year, month, _) = ymd_from_days(calendar, day);
                let middle = day_in_month(calendar, year, month, middle);
                let last = last_day(calendar, year, month);
                let first = days_unchecked(calendar, year, month, 1);
                let (one, two) = if end { (middle, last) } else { (first, middle) };
                let months = 2 * months_of(calendar, year, month);
                match day {
                    d if d < one => Place { floor: months - 1, on: false },
                    d if d < two => Place { floor: months, on: d == one },
                    d => Place { floor: months + 1, on: d == two },
                }
            }
            Rule::Months { months, anchor, edge } => {
                let (year, month, _) = ymd_from_days(calendar, day);
                let since = months_of(calendar, year, month) - i64::from(anchor - 1);
                let period = i64::from(months);
                let floor = since.div_euclid(period);
                if since.rem_euclid(period) != 0 {
                    return Place { floor, on: false };
                }
                against(floor, day, edge_day(calendar, year, month, edge))
            }
            Rule::WeekOfMonth { week, weekday } => {
                let (year, month, _) = ymd_from_days(calendar, day);
                let floor = months_of(calendar, year, month);
                against(floor, day, nth_weekday(calendar, year, month, week, weekday))
            }
            Rule::LastWeekOfMonth { weekday } => {
                let (year, month, _) = ymd_from_days(calendar, day);
                let floor = months_of(calendar, year, month);
                against(floor, day, last_weekday(calendar, year, month, weekday))
            }
        }
    }

    /// Returns the day of a number; `None` if it is too far from 1970 for any tick.
    #[inline]
    pub(super) fn day_of(self, calendar: Calendar, index: i64) -> Option<i64> {
        // No 64-bit tick is further away, and all sums below stay small.
        if !(-360 * MAX_YEAR..=360 * MAX_YEAR).contains(&index) {
            return None;
        }
        match self {
            Rule::Tick(_) | Rule::Day => Some(index),
            Rule::BusinessDay => Some(monday(calendar, index.div_euclid(5)) + index.rem_euclid(5)),
            Rule::Week(anchor) => Some(monday(calendar, index) + i64::from(anchor)),
            Rule::SemiMonth { day, end } => {
                let (year, month) = month_of(calendar, index.div_euclid(2))?;
                let second = index.rem_euclid(2) == 1;
                Some(match (end, second) {
                    (true, true) => last_day(calendar, year, month),
                    (false, false) => days_unchecked(calendar, year, month, 1),
                    _ => day_in_month(calendar, year, month, day),
                })
            }
            Rule::Months { months, anchor, edge } => {
                let (year, month) = month_of(calendar, index * i64::from(months) + i64::from(anchor - 1))?;
                Some(edge_day(calendar, year, month, edge))
            }
            Rule::WeekOfMonth { week, weekday } => {
                let (year, month) = month_of(calendar, index)?;
                Some(nth_weekday(calendar, year, month, week, weekday))
            }
            Rule::LastWeekOfMonth { weekday } => {
                let (year, month) = month_of(calendar, index)?;
                Some(last_weekday(calendar, year, month, weekday))
            }
        }
    }
}

fn against(floor: i64, day: i64, anchor: i64) -> Place {
    Place { floor: floor - i64::from(day < anchor), on: day == anchor }
}

/// Months since January of year 0.
fn months_of(calendar: Calendar, year: i64, month: u8) -> i64 {
    12 * calendar.astronomical(year) + i64::from(month) - 1
}

/// Undoes [`months_of`]; `None` beyond the years that can be counted.
fn month_of(calendar: Calendar, months: i64) -> Option<(i64, u8)> {
    let year = months.div_euclid(12);
    // The remainder is 0..=11.
    let month = months.rem_euclid(12) as u8 + 1;
    (-MAX_YEAR < year && year < MAX_YEAR).then(|| (calendar.historical(year), month))
}

/// Number of the week, from Monday, that has the day.
fn monday_weeks(calendar: Calendar, day: i64) -> i64 {
    (day + calendar.day_of_week(0)).div_euclid(7)
}

/// Undoes [`monday_weeks`]: the Monday of a week.
fn monday(calendar: Calendar, week: i64) -> i64 {
    7 * week - calendar.day_of_week(0)
}

/// A day that every month has, but for those that the reform of 1582 skipped, which become the 4th.
fn day_in_month(calendar: Calendar, year: i64, month: u8, day: u8) -> i64 {
    let skipped = calendar == Calendar::Standard && in_reform_gap(year, month, day);
    days_unchecked(calendar, year, month, if skipped { 4 } else { day })
}

fn last_day(calendar: Calendar, year: i64, month: u8) -> i64 {
    days_unchecked(calendar, year, month, calendar.days_in_month(year, month))
}

#[inline]
fn edge_day(calendar: Calendar, year: i64, month: u8, edge: Edge) -> i64 {
    match edge {
        Edge::Start => days_unchecked(calendar, year, month, 1),
        Edge::End => last_day(calendar, year, month),
        Edge::BusinessStart => {
            let first = days_unchecked(calendar, year, month, 1);
            match calendar.day_of_week(first) {
                weekday if weekday > 4 => first + 7 - weekday,
                _ => first,
            }
        }
        Edge::BusinessEnd => {
            let last = last_day(calendar, year, month);
            last - (calendar.day_of_week(last) - 4).max(0)
        }
    }
}

fn nth_weekday(calendar: Calendar, year: i64, month: u8, week: u8, weekday: u8) -> i64 {
    let first = days_unchecked(calendar, year, month, 1);
    let until = (i64::from(weekday) - calendar.day_of_week(first)).rem_euclid(7);
    // October 1582 has three weeks in the standard calendar.
    (first + until + 7 * (i64::from(week) - 1)).min(last_weekday(calendar, year, month, weekday))
}

fn last_weekday(calendar: Calendar, year: i64, month: u8, weekday: u8) -> i64 {
    let last = last_day(calendar, year, month);
    last - (calendar.day_of_week(last) - i64::from(weekday)).rem_euclid(7)
}
