//! Text of a length of time: "36h", "2D", "1 day", "1 days 02:03:04", "PT1H".
//!
//! Units as in `pandas.Timedelta`: weeks and finer, because months and years have no fixed length.

use super::{NAT, TimeError, TimeResult, TimeUnit};

const HOUR: i128 = 3_600_000_000_000;

/// Reads a length of time as ticks of `unit`; "NaT" gives [`NAT`].
///
/// # Errors
/// If the text has another form, or is not a whole number of ticks that fits in 64 bits.
///
/// ```
/// # use graticule::time::{TimeUnit, parse_timedelta};
/// assert_eq!(parse_timedelta("1 days 02:00:00", TimeUnit::S)?, 26 * 3_600);
/// assert_eq!(parse_timedelta("36h", TimeUnit::S)?, 36 * 3_600);
/// assert!(parse_timedelta("1 month", TimeUnit::S).is_err());
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn parse_timedelta(text: &str, unit: TimeUnit) -> TimeResult<i64> {
    let Some(ns) = parse_timedelta_ns(text)? else {
        return Ok(NAT);
    };
    let tick = i128::from(unit.tick_ns());
    if ns % tick != 0 {
        return Err(TimeError::Inexact { value: text.to_owned(), unit, fits: TimeUnit::coarsest_for(ns) });
    }
    i64::try_from(ns / tick)
        .ok()
        .filter(|&t| t != NAT)
        .ok_or_else(|| TimeError::overflow("timedelta ticks", text, Some(ns), unit))
}

/// Reads a length of time as nanoseconds of any size; `None` for "NaT".
///
/// # Errors
/// If the text has another form.
///
/// ```
/// # use graticule::time::parse_timedelta_ns;
/// assert_eq!(parse_timedelta_ns("-PT1.5S")?, Some(-1_500_000_000));
/// assert_eq!(parse_timedelta_ns("NaT")?, None);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn parse_timedelta_ns(text: &str) -> TimeResult<Option<i128>> {
    let trimmed = text.trim();
    if trimmed.eq_ignore_ascii_case("nat") {
        return Ok(None);
    }
    let (negative, rest) = match trimmed.strip_prefix(['-', '+']) {
        Some(rest) => (trimmed.starts_with('-'), rest.trim_start()),
        None => (false, trimmed),
    };
    let size = match rest.strip_prefix('P') {
        Some(iso) => iso_duration(iso),
        // "-1 days +23:00:00" is an hour before: the clock goes on from the day.
        None => match rest.split_once(" +").filter(|_| negative) {
            Some((days, clock)) => amounts(days).and_then(|days| Ok(days - amounts(clock)?)),
            None => amounts(rest),
        },
    };
    size.map(|ns| Some(if negative { -ns } else { ns }))
        .map_err(|help| TimeError::parse("timedelta", text, help))
}

/// A length of time as text: `3 days`, `1 days 12:00:00`, `00:00:01.5`, `NaT`.
///
/// ```
/// # use graticule::time::{TimeUnit, format_timedelta};
/// assert_eq!(format_timedelta(129_600, TimeUnit::S), "1 days 12:00:00");
/// assert_eq!(format_timedelta(1_500, TimeUnit::Ms), "00:00:01.5");
/// assert_eq!(format_timedelta(-1, TimeUnit::S), "-1 days +23:59:59");
/// ```
pub fn format_timedelta(ticks: i64, unit: TimeUnit) -> String {
    if ticks == NAT {
        return "NaT".to_string();
    }
    let per_second = unit.per_second();
    let (seconds, fraction) = (ticks.div_euclid(per_second), ticks.rem_euclid(per_second));
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let mut time = format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    if fraction != 0 {
        let width = per_second.ilog10() as usize;
        time.push_str(format!(".{fraction:0width$}").trim_end_matches('0'));
    }
    match (days, time.as_str()) {
        (_, "00:00:00") => format!("{days} days"),
        (0, _) => time,
        (..0, _) => format!("{days} days +{time}"),
        _ => format!("{days} days {time}"),
    }
}

/// "1 day 2h30m 00:00:05.5": amounts with units, then optionally a clock.
fn amounts(mut rest: &str) -> Result<i128, String> {
    let mut total: i128 = 0;
    if rest.is_empty() {
        return Err("write a number and a unit, such as 36h".to_owned());
    }
    while !rest.is_empty() {
        let (number, after) = split_number(rest)?;
        if after.starts_with(':') {
            return add(total, clock(rest)?);
        }
        let after = after.trim_start();
        let end = after.find(|c: char| !(c.is_alphabetic() || c == 'µ')).unwrap_or(after.len());
        let (name, next) = after.split_at(end);
        total = add(total, scale(number, unit_ns(name)?)?)?;
        rest = next.trim_start_matches([' ', ',']);
    }
    Ok(total)
}

/// What follows the `P` of an ISO 8601 duration: "1DT2H3M4.5S".
fn iso_duration(text: &str) -> Result<i128, String> {
    let help = || "an ISO duration is PnDTnHnMnS; months and years have no fixed length".to_owned();
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    let mut total = 0;
    for (mut rest, units) in [
        (date, [('W', 168 * HOUR), ('D', 24 * HOUR), ('D', 24 * HOUR)]),
        (time, [('H', HOUR), ('M', HOUR / 60), ('S', HOUR / 3_600)]),
    ] {
        while !rest.is_empty() {
            let (number, after) = split_number(rest)?;
            let (_, ns) = units.iter().find(|(letter, _)| after.starts_with(*letter)).ok_or_else(help)?;
            total = add(total, scale(number, *ns)?)?;
            rest = &after[1..];
        }
    }
    if date.is_empty() && time.is_empty() {
        return Err(help());
    }
    Ok(total)
}

/// "hh:mm" or "hh:mm:ss.fraction".
fn clock(text: &str) -> Result<i128, String> {
    let help = || "write the clock as hh:mm:ss".to_owned();
    let parts: Vec<&str> = text.split(':').collect();
    if !(2..=3).contains(&parts.len()) {
        return Err(help());
    }
    let mut total = 0;
    for (i, (part, ns)) in parts.iter().zip([HOUR, HOUR / 60, HOUR / 3_600]).enumerate() {
        let (number, after) = split_number(part)?;
        // Only seconds may have a fraction; minutes and seconds end at 59.
        if !after.is_empty() || (i < 2 && number.contains('.')) {
            return Err(help());
        }
        let value = scale(number, ns)?;
        if i > 0 && value >= 60 * ns {
            return Err(help());
        }
        total = add(total, value)?;
    }
    Ok(total)
}

/// Splits a decimal number off the front.
fn split_number(text: &str) -> Result<(&str, &str), String> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    if number.bytes().all(|b| b == b'.') || number.matches('.').count() > 1 {
        return Err(format!("expected a number at `{text}`"));
    }
    Ok((number, rest))
}

/// `number × ns`, exact but for digits below a nanosecond, which are dropped.
fn scale(number: &str, ns: i128) -> Result<i128, String> {
    let too_long = || "the number is too large".to_owned();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    // Eighteen decimals of the largest unit, a week, are below a nanosecond.
    let fraction = &fraction[..fraction.len().min(18)];
    let digits = format!("{whole}{fraction}");
    if digits.len() > 36 {
        return Err(too_long());
    }
    let digits: i128 = digits.parse().map_err(|_| too_long())?;
    let scaled = digits.checked_mul(ns).ok_or_else(too_long)?;
    // At most 18 by the cut above.
    Ok(scaled / 10_i128.pow(fraction.len() as u32))
}

fn add(a: i128, b: i128) -> Result<i128, String> {
    a.checked_add(b).ok_or_else(|| "the sum is too large".to_owned())
}

/// Length in nanoseconds of pandas' unit names.
fn unit_ns(name: &str) -> Result<i128, String> {
    Ok(match name {
        "W" | "w" | "week" | "weeks" => 168 * HOUR,
        "D" | "d" | "day" | "days" => 24 * HOUR,
        "h" | "H" | "hr" | "hrs" | "hour" | "hours" => HOUR,
        "m" | "min" | "mins" | "minute" | "minutes" => HOUR / 60,
        "s" | "S" | "sec" | "secs" | "second" | "seconds" => 1_000_000_000,
        "ms" | "milli" | "millis" | "msec" | "millisecond" | "milliseconds" => 1_000_000,
        "us" | "µs" | "μs" | "micro" | "micros" | "usec" | "microsecond" | "microseconds" => 1_000,
        "ns" | "nano" | "nanos" | "nanosecond" | "nanoseconds" => 1,
        "M" | "ME" | "MS" | "Y" | "y" | "month" | "months" | "year" | "years" => {
            return Err(format!("`{name}` has no fixed length; use days, or month arithmetic"));
        }
        "" => return Err("the number has no unit; write 36h, 2D, 30min, 10s".to_owned()),
        _ => {
            return Err(format!("unknown unit `{name}`; use W, D, h, min, s, ms, us, ns"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_pandas() {
        for (text, seconds) in [
            ("1h", 3_600),
            ("2D", 172_800),
            ("36h", 129_600),
            ("1 day", 86_400),
            ("1.5h", 5_400),
            ("-1h", -3_600),
            ("+1h", 3_600),
            ("1 days 02:03:04", 93_784),
            ("02:03:04", 7_384),
            ("1W", 604_800),
            ("1m", 60),
            ("1h30m", 5_400),
            ("P1D", 86_400),
            ("PT1H", 3_600),
            ("P1DT2H3M4S", 93_784),
        ] {
            assert_eq!(parse_timedelta(text, TimeUnit::S), Ok(seconds), "{text}");
        }
        assert_eq!(parse_timedelta("1us 3ns", TimeUnit::Ns), Ok(1_003));
        assert_eq!(parse_timedelta("1 µs", TimeUnit::Us), Ok(1));
        assert_eq!(parse_timedelta("NaT", TimeUnit::S), Ok(NAT));
    }

    #[test]
    fn lengths_that_do_not_fit_name_the_unit_that_does() {
        let err = parse_timedelta("1.5s", TimeUnit::S).unwrap_err();
        assert_eq!(err.to_string(), "1.5s is not a whole number of s; unit ms holds it exactly");
        let err = parse_timedelta("200000D", TimeUnit::Ns).unwrap_err();
        assert!(err.to_string().ends_with("unit us would hold it"), "{err}");
    }

    #[test]
    fn other_text_is_refused_without_panic() {
        for text in [
            "",
            "-",
            "5",
            "h",
            "1M",
            "1Y",
            "1 fortnight",
            "1.2.3h",
            ".",
            "1:99",
            "1:2:3:4",
            "P",
            "PT",
            "P1Y",
            "1h é",
            "99999999999999999999999999999999999999999D",
            "1:",
            "1:1.5",
            "999999999999999999999999999999999999W",
        ] {
            assert!(parse_timedelta(text, TimeUnit::Ns).is_err(), "{text}");
        }
    }
}
