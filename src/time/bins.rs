//! Bins of time: the edges that a frequency draws through a column of times, and the bin of each time.
//!
//! Bins of a fixed length (`6h`, `3D`) are counted from an [`Origin`]; those of a calendar (`MS`, `QE`) lie
//! between the dates of the frequency. The rules are those of pandas' `TimeGrouper` and, in the calendars
//! of models, of xarray's `CFTimeGrouper`, which follow one another.

use std::fmt;
use std::str::FromStr;

use super::{Calendar, DateTime, Frequency, NAT, PartialDate, TimeError, TimeRange, TimeResult, TimeUnit};

const TOO_MANY: &str = "use a coarser frequency: a 32-bit number counts the bins";

/// Where bins of a fixed length are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// 1970-01-01.
    Epoch,
    /// The first time.
    Start,
    /// Midnight before the first time, or the first time if it is one.
    #[default]
    StartDay,
    /// The last time: bins are counted backwards from it.
    End,
    /// Midnight after the last time, or the last time if it is one: bins are counted backwards from it.
    EndDay,
    /// This time.
    At(DateTime),
}

impl From<DateTime> for Origin {
    fn from(date: DateTime) -> Self {
        Origin::At(date)
    }
}

impl FromStr for Origin {
    type Err = TimeError;

    /// Reads `epoch`, `start`, `start_day`, `end`, `end_day` or a date.
    ///
    /// ```
    /// # use graticule::time::{DateTime, Origin};
    /// assert_eq!("end_day".parse::<Origin>()?, Origin::EndDay);
    /// assert_eq!("2000-02".parse::<Origin>()?, Origin::At(DateTime::midnight(2000, 2, 1)));
    /// assert!("noon".parse::<Origin>().is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    fn from_str(text: &str) -> TimeResult<Origin> {
        Ok(match text {
            "epoch" => Origin::Epoch,
            "start" => Origin::Start,
            "start_day" => Origin::StartDay,
            "end" => Origin::End,
            "end_day" => Origin::EndDay,
            date => match PartialDate::parse(date) {
                Ok(date) => Origin::At(date.start),
                Err(_) => {
                    return Err(TimeError::UnknownName {
                        what: "origin",
                        text: text.to_owned(),
                        help: "use one of epoch, start, start_day, end, end_day, or a date such as 2000-01-01",
                    });
                }
            },
        })
    }
}

/// How times are put into bins.
#[derive(Debug, Clone, PartialEq)]
pub struct BinRule {
    /// The distance of the edges.
    pub freq: Frequency,
    /// Whether a bin holds its right edge rather than its left one; by default where the frequency names
    /// the end of a period (`ME`, `QE`, `YE`, `W`, ...) or the origin is an end.
    pub closed_right: Option<bool>,
    /// Whether a bin is labelled by its right edge rather than its left one; by default as `closed_right`.
    pub label_right: Option<bool>,
    /// Where bins of a fixed length are counted from.
    pub origin: Origin,
    /// What is added to the origin, in nanoseconds.
    pub offset: i128,
}

/// The bins of a column of times.
#[derive(Clone, PartialEq, Eq)]
pub struct TimeBins {
    /// The label of each bin, in ticks of the times. There are bins that hold nothing.
    pub labels: Vec<i64>,
    /// The bin of each time.
    pub codes: Vec<i32>,
}

impl fmt::Debug for TimeBins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimeBins({} bins of {} times)", self.labels.len(), self.codes.len())
    }
}

/// Edges in rising order, the labels between them, and which edge belongs to a bin.
struct Edges {
    edges: Vec<i64>,
    labels: Vec<i64>,
    closed_right: bool,
}

impl BinRule {
    /// Bins of this length or these dates, with the choices that follow from it.
    ///
    /// ```
    /// # use graticule::time::{BinRule, Calendar, TimeUnit};
    /// let days = [0, 1, 31].map(|day| day * 86_400);
    /// let months = BinRule::new("MS".parse()?).datetimes(&days, TimeUnit::S, Calendar::NoLeap)?;
    /// assert_eq!(months.labels, [0, 31 * 86_400]);
    /// assert_eq!(months.codes, [0, 0, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(freq: Frequency) -> BinRule {
        BinRule { freq, closed_right: None, label_right: None, origin: Origin::default(), offset: 0 }
    }

    fn closed_right(&self) -> bool {
        self.closed_right.unwrap_or_else(|| self.is_from_end())
    }

    fn label_right(&self) -> bool {
        self.label_right.unwrap_or_else(|| self.is_from_end())
    }

    /// Whether a bin ends with what names it.
    fn is_from_end(&self) -> bool {
        self.names_end() || matches!(self.origin, Origin::End | Origin::EndDay)
    }

    /// Whether the frequency names the last day of a bin. Half months and half years do so too, but pandas
    /// does not close these on the right.
    fn names_end(&self) -> bool {
        let code = self.freq.rule_code();
        let rule = code.split('-').next().unwrap_or_default();
        matches!(rule, "W" | "ME" | "QE" | "YE" | "BME" | "BQE" | "BYE")
    }

    /// The bins of datetimes, which are in rising order.
    ///
    /// # Errors
    /// If there are no times, they are not in order, one is missing, the length of a bin is not a positive
    /// number of ticks, a time lies outside of the bins, or there are too many.
    ///
    /// ```
    /// # use graticule::time::{BinRule, Calendar, TimeUnit};
    /// let hours = [1, 2, 7].map(|hour| hour * 3_600);
    /// let rule = BinRule { label_right: Some(true), ..BinRule::new("3h".parse()?) };
    /// let bins = rule.datetimes(&hours, TimeUnit::S, Calendar::Standard)?;
    /// assert_eq!(bins.labels, [3 * 3_600, 6 * 3_600, 9 * 3_600]);
    /// assert_eq!(bins.codes, [0, 0, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn datetimes(&self, ticks: &[i64], unit: TimeUnit, calendar: Calendar) -> TimeResult<TimeBins> {
        let (first, last) = ends(ticks)?;
        let edges = match self.width(unit)? {
            Some(width) => self.fixed_edges(first, last, width, unit, calendar)?,
            None => self.dated_edges(first, last, unit, calendar)?,
        };
        edges.bins(ticks)
    }

    /// The bins of timedeltas, which are in rising order: counted from the first one.
    ///
    /// As in pandas, the offset moves the labels alone, and bins are labelled by their left edges, or, if
    /// closed on the right, by their right ones.
    ///
    /// # Errors
    /// If there are no times, they are not in order, one is missing, the frequency has no fixed length that
    /// is a positive number of ticks, or there are too many bins.
    ///
    /// ```
    /// # use graticule::time::{BinRule, TimeUnit};
    /// let bins = BinRule::new("3h".parse()?).timedeltas(&[3_600, 7_200, 18_000], TimeUnit::S)?;
    /// assert_eq!(bins.labels, [3_600, 14_400]);
    /// assert_eq!(bins.codes, [0, 0, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn timedeltas(&self, ticks: &[i64], unit: TimeUnit) -> TimeResult<TimeBins> {
        let (first, last) = ends(ticks)?;
        let Some(width) = self.width(unit)? else {
            return Err(no_bins(
                format!("`{}` has no fixed length, and timedeltas no dates", self.freq),
                "use a frequency such as 6h or 3D",
            ));
        };
        let closed_right = self.closed_right();
        let last = if closed_right { i128::from(last) + width } else { i128::from(last) };
        let count = (last - i128::from(first)) / width + 1;
        let labels = self.steps(first.into(), width, count, unit)?;
        // The first bin, closed on the right, holds the first time alone.
        let before = i128::from(first) - width;
        let edges = match closed_right {
            true => std::iter::once(clamped(before)).chain(labels.iter().copied()).collect(),
            false => labels.iter().copied().chain([clamped(i128::from(first) + count * width)]).collect(),
        };
        let mut bins = Edges { edges, labels, closed_right }.bins(ticks)?;
        let offset = self.offset_ticks(unit)?;
        if offset != 0 {
            for label in &mut bins.labels {
                *label = self.tick(i128::from(*label) + offset, unit)?;
            }
        }
        Ok(bins)
    }

    /// pandas' `_adjust_dates_anchored`.
    fn fixed_edges(
        &self,
        first: i64,
        last: i64,
        width: i128,
        unit: TimeUnit,
        calendar: Calendar,
    ) -> TimeResult<Edges> {
        let closed_right = self.closed_right();
        let (mut first, last) = (i128::from(first), i128::from(last));
        let day = i128::from(unit.per_day());
        let midnight = |t: i128| t.div_euclid(day) * day;
        let origin = match self.origin {
            Origin::Epoch => 0,
            Origin::Start => first,
            Origin::StartDay => midnight(first),
            Origin::At(date) => i128::from(date.to_ticks(calendar, unit)?),
            Origin::End | Origin::EndDay => {
                let end = if self.origin == Origin::End { last } else { -midnight(-last) };
                let lengths = (end - first).div_euclid(width) + i128::from(!closed_right);
                first = end - lengths * width;
                first
            }
        };
        let origin = origin + self.offset_ticks(unit)?;
        let after_edge = |t: i128| (t - origin).rem_euclid(width);
        let start = match after_edge(first) {
            0 if closed_right => first - width,
            ahead => first - ahead,
        };
        let stop = match after_edge(last) {
            0 if closed_right => last,
            ahead => last + width - ahead,
        };
        let edges = self.steps(start, width, (stop - start) / width + 1, unit)?;
        Ok(self.edges(edges.clone(), edges))
    }

    /// pandas' `_get_timestamp_range_edges` and `_adjust_bin_edges` for frequencies of a calendar.
    fn dated_edges(&self, first: i64, last: i64, unit: TimeUnit, calendar: Calendar) -> TimeResult<Edges> {
        let day = unit.per_day();
        let midnight = |t: i64| t - t.rem_euclid(day);
        let start = match self.closed_right() {
            true => self.freq.add(midnight(first), -1, unit, calendar)?,
            false => self.freq.roll_back(midnight(first), unit, calendar)?,
        };
        let stop = self.freq.add(midnight(last), 1, unit, calendar)?;
        let mut dates = TimeRange::between(start, stop, self.freq, unit, calendar).ticks()?;
        let mut edges = dates.clone();
        if self.names_end() {
            if self.closed_right() {
                // The last day of a period belongs to it to its end.
                for edge in &mut edges {
                    *edge = self.tick(i128::from(*edge) + i128::from(day - 1), unit)?;
                }
            }
            if edges.len() > 1 && edges[edges.len() - 2] > last {
                edges.pop();
                dates.pop();
            }
        }
        Ok(self.edges(edges, dates))
    }

    /// Labels of the bins between edges at `dates`.
    fn edges(&self, edges: Vec<i64>, mut dates: Vec<i64>) -> Edges {
        match self.label_right() {
            true => drop(dates.drain(..dates.len().min(1))),
            false => drop(dates.pop()),
        }
        Edges { edges, labels: dates, closed_right: self.closed_right() }
    }

    /// `count` ticks from `start` on.
    fn steps(&self, start: i128, width: i128, count: i128, unit: TimeUnit) -> TimeResult<Vec<i64>> {
        let too_many = || no_bins(format!("{count} bins of `{}`", self.freq), TOO_MANY);
        let n = i32::try_from(count).ok().and_then(|n| usize::try_from(n).ok()).ok_or_else(too_many)?;
        let (first, _) = (self.tick(start, unit)?, self.tick(start + width * (count - 1), unit)?);
        let mut steps = Vec::new();
        steps.try_reserve_exact(n).map_err(|_| too_many())?;
        // Between ticks that fit, and a single step needs no width.
        let width = i64::try_from(width).unwrap_or(0);
        steps.extend((0..n as i64).map(|i| first + i * width));
        Ok(steps)
    }

    /// The length of a bin in ticks, if all are equally long.
    fn width(&self, unit: TimeUnit) -> TimeResult<Option<i128>> {
        if self.freq.multiple() <= 0 {
            return Err(no_bins(
                format!("steps of `{}` do not go forward", self.freq),
                "take a positive frequency",
            ));
        }
        let Some(ns) = self.freq.length() else { return Ok(None) };
        match ns % i128::from(unit.tick_ns()) {
            0 => Ok(Some(ns / i128::from(unit.tick_ns()))),
            _ => Err(TimeError::Inexact {
                value: format!("`{}`", self.freq),
                unit,
                fits: TimeUnit::coarsest_for(ns),
            }),
        }
    }

    /// Digits of the offset that are finer than the unit are dropped, as in pandas.
    fn offset_ticks(&self, unit: TimeUnit) -> TimeResult<i128> {
        Ok(self.offset.div_euclid(unit.tick_ns().into()))
    }

    fn tick(&self, tick: i128, unit: TimeUnit) -> TimeResult<i64> {
        let fits = i64::try_from(tick).ok().filter(|&t| t != NAT);
        fits.ok_or_else(|| {
            let ns = tick.checked_mul(unit.tick_ns().into());
            TimeError::overflow("bins of time", format!("an edge of bins of {}", self.freq), ns, unit)
        })
    }
}

/// The first and last of times in order.
fn ends(ticks: &[i64]) -> TimeResult<(i64, i64)> {
    let (Some(&first), Some(&last)) = (ticks.first(), ticks.last()) else { return Err(empty()) };
    // NaT is the least number: in times in order it comes first.
    if first == NAT || !ticks.is_sorted() {
        let (what, help) = match ticks.contains(&NAT) {
            true => ("a time is missing (NaT)", "drop it first, with `dropna`"),
            false => ("the times are not in rising order", "sort them first, with `sortby`"),
        };
        return Err(no_bins(what, help));
    }
    Ok((first, last))
}

fn empty() -> TimeError {
    no_bins("there are no times", "resample what has at least one")
}

fn no_bins(why: impl Into<String>, help: &'static str) -> TimeError {
    TimeError::Invalid { what: format!("no bins of time: {}", why.into()), help: help.to_owned() }
}

fn clamped(tick: i128) -> i64 {
    tick.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

impl Edges {
    /// Puts times in order into the bins: one walk over both.
    fn bins(self, ticks: &[i64]) -> TimeResult<TimeBins> {
        let Edges { edges, labels, closed_right } = self;
        let (Some(&low), Some(&high)) = (edges.first(), edges.last()) else { return Err(empty()) };
        let outside = |t: i64| match closed_right {
            // As in pandas: a time at the very first edge is in the first bin.
            true => t < low || t > high,
            false => t < low || t >= high,
        };
        let (first, last) = ends(ticks)?;
        if outside(first) || outside(last) {
            return Err(no_bins("a time lies outside of the bins", "choose another origin or offset"));
        }
        if i32::try_from(labels.len()).is_err() {
            return Err(no_bins(format!("{} bins", labels.len()), TOO_MANY));
        }
        let mut codes = Vec::with_capacity(ticks.len());
        for (code, &edge) in edges[1..].iter().enumerate() {
            let rest = &ticks[codes.len()..];
            let within = |t: i64| if closed_right { t <= edge } else { t < edge };
            // Doubling steps from where the last bin ended, then halving ones: bins of any size cost
            // what the logarithm of their size does.
            let mut reach = 1;
            while reach <= rest.len() && within(rest[reach - 1]) {
                reach *= 2;
            }
            let from = reach / 2;
            let found = rest[from..rest.len().min(reach)].partition_point(|&t| within(t));
            codes.resize(codes.len() + from + found, code as i32);
        }
        Ok(TimeBins { labels, codes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;
    const UNIT: TimeUnit = TimeUnit::S;

    fn rule(freq: &str) -> BinRule {
        BinRule::new(freq.parse().unwrap())
    }

    fn ticks(calendar: Calendar, dates: &[&str]) -> Vec<i64> {
        dates.iter().map(|d| PartialDate::parse(d).unwrap().start.to_ticks(calendar, UNIT).unwrap()).collect()
    }

    /// Labels as text, and the bins.
    fn binned(rule: &BinRule, calendar: Calendar, dates: &[&str]) -> (Vec<String>, Vec<i32>) {
        let bins = rule.datetimes(&ticks(calendar, dates), UNIT, calendar).unwrap();
        let text = |t: &i64| super::super::format_iso(*t, UNIT, calendar).replace("T00:00:00", "");
        (bins.labels.iter().map(text).collect(), bins.codes)
    }

    #[test]
    fn ends_of_months_hold_their_last_day_and_name_the_bin() {
        let calendar = Calendar::ProlepticGregorian;
        let dates = ["2000-01-31T12", "2000-02-01", "2000-02-29T23", "2000-04-01"];
        let (labels, codes) = binned(&rule("ME"), calendar, &dates);
        assert_eq!(labels, ["2000-01-31", "2000-02-29", "2000-03-31", "2000-04-30"]);
        assert_eq!(codes, [0, 1, 1, 3]);
        let left = BinRule { closed_right: Some(false), ..rule("ME") };
        // The label is still the right edge.
        assert_eq!(binned(&left, calendar, &dates).0[0], "2000-02-29");
        assert_eq!(binned(&left, calendar, &dates).1, [0, 0, 1, 2]);
    }

    #[test]
    fn calendars_have_their_own_months() {
        let (labels, codes) = binned(&rule("ME"), Calendar::Day360, &["2000-02-30", "2000-03-01"]);
        assert_eq!((labels, codes), (vec!["2000-02-30".to_string(), "2000-03-30".to_string()], vec![0, 1]));
        let (labels, _) = binned(&rule("QS-DEC"), Calendar::NoLeap, &["2000-02-28", "2000-03-01"]);
        assert_eq!(labels, ["1999-12-01", "2000-03-01"]);
    }

    #[test]
    fn lengths_are_counted_from_the_origin() {
        let calendar = Calendar::ProlepticGregorian;
        let dates = ["2000-01-01T05", "2000-01-01T11", "2000-01-02T01"];
        let first = |origin: Origin, offset: i128| {
            let (labels, codes) = binned(&BinRule { origin, offset, ..rule("7h") }, calendar, &dates);
            (labels[0].clone(), codes)
        };
        // As pandas prints them.
        assert_eq!(first(Origin::StartDay, 0), ("2000-01-01".into(), vec![0, 1, 3]));
        assert_eq!(first(Origin::Start, 0), ("2000-01-01T05:00:00".into(), vec![0, 0, 2]));
        assert_eq!(first(Origin::Epoch, 0), ("2000-01-01T01:00:00".into(), vec![0, 1, 3]));
        assert_eq!(first(Origin::End, 0), ("2000-01-01T11:00:00".into(), vec![0, 0, 2]));
        assert_eq!(first(Origin::EndDay, 0), ("2000-01-01T06:00:00".into(), vec![0, 1, 3]));
        assert_eq!(first(Origin::StartDay, 3_600_000_000_000), ("2000-01-01T01:00:00".into(), vec![0, 1, 3]));
    }

    #[test]
    fn any_times_fall_between_their_edges() {
        let calendar = Calendar::Standard;
        let mut seed = 7u64;
        for freq in ["5h", "D", "W-WED", "MS", "ME", "2QS-FEB", "YE-JUN", "SMS", "BME"] {
            for closed_right in [false, true] {
                let mut t = 0;
                let times: Vec<i64> = (0..300)
                    .map(|_| {
                        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        t += (seed >> 44) as i64 % (20 * DAY);
                        t
                    })
                    .collect();
                let of = |label_right| BinRule {
                    closed_right: Some(closed_right),
                    label_right: Some(label_right),
                    ..rule(freq)
                };
                let low = of(false).datetimes(&times, UNIT, calendar).unwrap();
                let high = of(true).datetimes(&times, UNIT, calendar).unwrap();
                assert_eq!(low.codes, high.codes);
                // Where the last day belongs to the bin before it, edges are its end.
                let late = if of(true).names_end() && closed_right { DAY - 1 } else { 0 };
                for (t, code) in times.iter().zip(&low.codes) {
                    let (a, b) = (low.labels[*code as usize] + late, high.labels[*code as usize] + late);
                    assert!(if closed_right { a < *t && *t <= b } else { a <= *t && *t < b }, "{freq} {t}");
                }
            }
        }
    }

    #[test]
    fn what_makes_no_bins_is_refused() {
        let of = |freq: &str, ticks: &[i64]| {
            rule(freq).datetimes(ticks, UNIT, Calendar::Standard).unwrap_err().to_string()
        };
        assert!(of("D", &[]).contains("no times"));
        assert!(of("D", &[2, 1]).contains("rising"));
        assert!(of("D", &[NAT, 1]).contains("NaT"));
        assert!(of("-1D", &[1, 2]).contains("forward"));
        assert!(of("1500ms", &[1, 2]).contains("ms holds it"));
        assert!(of("s", &[0, i64::from(i32::MAX) + 5]).contains("coarser"));
        assert!(
            of("D", &[i64::MIN + 1, 5]).contains("fit") || of("D", &[i64::MIN + 1, 5]).contains("coarser")
        );
        assert!(rule("MS").timedeltas(&[1], UNIT).unwrap_err().to_string().contains("no fixed length"));
    }

    #[test]
    fn timedeltas_are_counted_from_the_first() {
        let right = BinRule { closed_right: Some(true), offset: 3_600_000_000_000, ..rule("8h") };
        let hours = [1, 9, 10, 18].map(|h| h * 3_600);
        let bins = right.timedeltas(&hours, UNIT).unwrap();
        assert_eq!(bins.labels, [2, 10, 18, 26].map(|h| h * 3_600));
        assert_eq!(bins.codes, [0, 1, 2, 3]);
    }
}
