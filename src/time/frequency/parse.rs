//! Frequency strings, as `pandas.tseries.frequencies.to_offset` reads them.

use std::str::FromStr;

use super::rule::{MONTHS, PREFIXES, Rule, Tick, WEEKDAYS};
use super::{Frequency, TimeError, TimeResult};

const KNOWN: &str = "use ns, us, ms, s, min, h, D, B, W (W-MON …), MS, ME, BMS, BME, SMS, SME (SMS-15 …), QS, QE, \
                     BQS, BQE, HYS, HYE, BHYS, BHYE, YS, YE, BYS, BYE (YS-JAN …), WOM-2TUE, LWOM-TUE, or \
                     multiples such as 3h or -2MS";

/// Names of former versions of pandas, which it refuses now too, and what they are called.
const RENAMED: [(&str, &str); 19] = [
    ("A", "YE"),
    ("Y", "YE"),
    ("AS", "YS"),
    ("BA", "BYE"),
    ("BY", "BYE"),
    ("BAS", "BYS"),
    ("Q", "QE"),
    ("BQ", "BQE"),
    ("M", "ME"),
    ("BM", "BME"),
    ("SM", "SME"),
    ("H", "h"),
    ("T", "min"),
    ("S", "s"),
    ("L", "ms"),
    ("U", "us"),
    ("N", "ns"),
    ("BH", "h"),
    ("C", "B"),
];

/// One "-1.5h" of a frequency string.
struct Part<'a> {
    number: &'a str,
    name: &'a str,
}

impl FromStr for Frequency {
    type Err = TimeError;

    /// Reads "3h", "-2MS", "W-WED", "1.5D", "1h30min".
    ///
    /// Names of former versions of pandas (`M`, `H`, …) are errors that name the present one, as in
    /// pandas 3 (xarray still takes them in the calendars of cftime).
    fn from_str(text: &str) -> TimeResult<Frequency> {
        read(text).map_err(|help| TimeError::parse("frequency", text, help))
    }
}

fn read(text: &str) -> Result<Frequency, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(KNOWN.to_owned());
    }
    let mut sum: Option<Frequency> = None;
    let mut negative = false;
    let mut days = false;
    while !rest.is_empty() {
        let (part, after) = split_part(rest)?;
        rest = after.trim_start();
        let magnitude = part.number.trim_start_matches(['-', '+']);
        if sum.is_none() {
            negative = part.number.starts_with('-');
        } else if magnitude.len() != part.number.len() {
            return Err("only the first number may have a sign, which is that of all".to_owned());
        }
        let rule = rule(part.name)?;
        let next = amount(magnitude, rule)?;
        days |= rule == Rule::Day;
        sum = Some(match sum {
            None => next,
            Some(sum) => join(sum, next, days)?,
        });
    }
    // The text was not empty, so there was a part.
    let frequency = sum.ok_or_else(|| KNOWN.to_owned())?;
    Ok(if negative { Frequency { multiple: -frequency.multiple, ..frequency } } else { frequency })
}

/// Cuts the first number and name off: "1h30min" is "1", "h" and "30min".
fn split_part(text: &str) -> Result<(Part<'_>, &str), String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, after) = text.split_at(text.len() - unsigned.len() + digits);
    let after = after.trim_start();
    let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
    if letters == 0 {
        let what = if after.is_empty() { "the end".to_owned() } else { format!("`{after}`") };
        return Err(format!("there is {what} where a name should be; {KNOWN}"));
    }
    // An anchor: "-MON", "-15".
    let anchor = match after[letters..].strip_prefix('-') {
        Some(anchor) => 1 + anchor.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(anchor.len()),
        None => 0,
    };
    let (name, rest) = after.split_at(letters + anchor);
    if matches!(number, "-" | "+") {
        return Err(format!("write a number after the sign: {number}1{name}"));
    }
    Ok((Part { number, name }, rest))
}

/// The rule of a name with its anchor.
fn rule(name: &str) -> Result<Rule, String> {
    let (prefix, anchor) = match name.split_once('-') {
        Some((prefix, anchor)) => (prefix, Some(anchor)),
        None => (name, None),
    };
    let bare = |rule| match anchor {
        None => Ok(rule),
        Some(anchor) => Err(format!("`{prefix}` has no anchor such as `{anchor}`")),
    };
    // pandas takes these in any case; of all others the case counts ("ms" is no "MS").
    match prefix.to_ascii_uppercase().as_str() {
        "MIN" => return bare(Rule::Tick(Tick::Minute)),
        "US" => return bare(Rule::Tick(Tick::Micro)),
        "NS" => return bare(Rule::Tick(Tick::Nano)),
        "D" => return bare(Rule::Day),
        "B" => return bare(Rule::BusinessDay),
        "W" => return weekday(anchor.unwrap_or("SUN").to_ascii_uppercase().as_str()).map(Rule::Week),
        _ => {}
    }
    if let Some(tick) = Tick::ALL.into_iter().find(|tick| tick.name() == prefix) {
        return bare(Rule::Tick(tick));
    }
    if let Some(&(_, months, edge)) = PREFIXES.iter().find(|(known, ..)| *known == prefix) {
        let default = if edge.is_end() { 12 } else { 1 };
        return match (months, anchor) {
            (1, _) => bare(Rule::Months { months, anchor: default, edge }),
            (_, None) => Ok(Rule::Months { months, anchor: default, edge }),
            (_, Some(anchor)) => Ok(Rule::Months { months, anchor: month(anchor)?, edge }),
        };
    }
    match (prefix, anchor) {
        ("SME" | "SMS", anchor) => semi_month(prefix == "SME", anchor.unwrap_or("15")),
        ("WOM", anchor) => week_of_month(anchor.unwrap_or_default()),
        ("LWOM", anchor) => Ok(Rule::LastWeekOfMonth { weekday: weekday(anchor.unwrap_or_default())? }),
        _ => Err(unknown(prefix, anchor)),
    }
}

fn unknown(prefix: &str, anchor: Option<&str>) -> String {
    let dash = if anchor.is_some() { "-" } else { "" };
    let anchor = anchor.unwrap_or_default();
    let upper = prefix.to_ascii_uppercase();
    let renamed = RENAMED.iter().find(|(old, _)| *old == upper).map(|(_, new)| *new);
    let cased = || PREFIXES.iter().map(|(name, ..)| *name).find(|name| *name == upper);
    match renamed.or_else(cased) {
        Some(new) => format!("`{prefix}` is not a frequency; did you mean `{new}{dash}{anchor}`?"),
        None => format!("`{prefix}` is not a frequency; {KNOWN}"),
    }
}

fn weekday(name: &str) -> Result<u8, String> {
    let found = WEEKDAYS.iter().position(|known| *known == name);
    // At most 6.
    found
        .map(|i| i as u8)
        .ok_or_else(|| format!("`{name}` is not a weekday; use one of {}", WEEKDAYS.join(", ")))
}

fn month(name: &str) -> Result<u8, String> {
    let found = MONTHS.iter().position(|known| *known == name);
    // At most 12.
    found
        .map(|i| i as u8 + 1)
        .ok_or_else(|| format!("`{name}` is not a month; use one of {}", MONTHS.join(", ")))
}

fn semi_month(end: bool, anchor: &str) -> Result<Rule, String> {
    let first = if end { 1 } else { 2 };
    match anchor.parse() {
        Ok(day) if (first..=27).contains(&day) => Ok(Rule::SemiMonth { day, end }),
        _ => Err(format!("`{anchor}` is not a day of {first} to 27")),
    }
}

fn week_of_month(anchor: &str) -> Result<Rule, String> {
    let week = anchor.chars().next().and_then(|c| c.to_digit(10)).unwrap_or(0);
    if !(1..=4).contains(&week) {
        return Err(format!("write the week, 1 to 4, and the weekday, such as WOM-2TUE, not `{anchor}`"));
    }
    // 1..=4, and one byte long.
    Ok(Rule::WeekOfMonth { week: week as u8, weekday: weekday(&anchor[1..])? })
}

/// A number without sign of a rule; fractions go to a finer length of time.
fn amount(number: &str, rule: Rule) -> Result<Frequency, String> {
    let too_large = || format!("{number} does not fit in 64 bits");
    let fixed = matches!(rule, Rule::Tick(_) | Rule::Day);
    match number {
        "" => return Ok(Frequency { multiple: 1, rule }),
        _ if !number.contains('.') => {
            return Ok(Frequency { multiple: number.parse().map_err(|_| too_large())?, rule });
        }
        _ if !fixed => return Err(format!("only D, h and finer can have fractions, not `{rule}`")),
        _ => {}
    }
    let value: f64 = number.parse().map_err(|_| format!("`{number}` is not a number"))?;
    // pandas' tolerance of "a whole number".
    let whole = |x: f64| x.fract() <= 1e-8;
    let counts = |x: f64| {
        // Exact below 2^53; larger ones have no fraction.
        if x < i64::MAX as f64 { Ok(x as i64) } else { Err(too_large()) }
    };
    if rule == Rule::Day && whole(value) {
        return Ok(Frequency { multiple: counts(value)?, rule });
    }
    let (value, from) = match rule {
        Rule::Tick(tick) => (value, tick.ns()),
        _ => (value * 24.0, Tick::Hour.ns()),
    };
    // The coarsest in which it is whole.
    let finer = Tick::ALL.into_iter().filter(|tick| tick.ns() <= from);
    let found = finer.map(|tick| (tick, value * (from / tick.ns()) as f64)).find(|(_, value)| whole(*value));
    let (tick, value) = found.ok_or_else(|| format!("{number}{rule} is not a whole number of ns"))?;
    Ok(Frequency { multiple: counts(value)?, rule: Rule::Tick(tick) })
}

/// The sum of two lengths, in the coarsest unit that holds it; in days only if there were `days`.
fn join(a: Frequency, b: Frequency, days: bool) -> Result<Frequency, String> {
    let (Some(first), Some(second)) = (a.length(), b.length()) else {
        let anchored = if a.length().is_none() { a } else { b };
        return Err(format!("only D, h and finer can be joined, not `{anchored}`"));
    };
    let total = first + second;
    let fits = |rule: Rule, ns: i64| {
        let multiple = i64::try_from(total / i128::from(ns)).map_err(|_| "the sum is too long".to_owned())?;
        Ok(Frequency { multiple, rule })
    };
    const DAY: i64 = 86_400_000_000_000;
    if days && total % i128::from(DAY) == 0 {
        return fits(Rule::Day, DAY);
    }
    match (a.rule, b.rule) {
        (Rule::Tick(tick), other) if other == a.rule => fits(other, tick.ns()),
        _ => {
            let tick = Tick::ALL.into_iter().find(|t| total % i128::from(t.ns()) == 0);
            // Everything is whole nanoseconds.
            let tick = tick.unwrap_or(Tick::Nano);
            fits(Rule::Tick(tick), tick.ns())
        }
    }
}
