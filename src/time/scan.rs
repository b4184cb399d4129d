//! Reads the fields of date text; what they mean is up to `partial` and `cf`.
//!
//! Forms: `2000`, `2000-2`, `2000/02/01`, `200002`, `20000201`, then `T` or spaces, then `6`, `06:00`,
//! `0600`, `06:00:00.5`, `060000`, then a zone: `Z`, `UTC`, `GMT`, `+05`, `-5:30`, `+0530`. Years may have
//! a sign and more or fewer than four digits. UDUNITS, pandas and cftime all read subsets of this.

use super::{TimeError, TimeResult};

/// Fields found in a text, as written; only their number of digits has been checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Scanned {
    pub year: i64,
    pub year_digits: usize,
    pub month: Option<u8>,
    pub day: Option<u8>,
    pub hour: Option<u8>,
    pub minute: Option<u8>,
    pub second: Option<u8>,
    pub nanosecond: u32,
    pub fraction_digits: usize,
    /// Minutes that the clock of the text is ahead of UTC.
    pub zone: Option<i64>,
}

/// Reads `text`, which `what` calls it in errors ("date", "reference time").
pub(super) fn scan(what: &'static str, text: &str) -> TimeResult<Scanned> {
    let mut cursor = Cursor(text.trim());
    scan_fields(&mut cursor).map_err(|help| TimeError::parse(what, text, help))
}

struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<char> {
        self.0.chars().next()
    }

    fn at_digit(&self) -> bool {
        self.peek().is_some_and(|c| c.is_ascii_digit())
    }

    fn eat(&mut self, allowed: &[char]) -> Option<char> {
        let c = self.peek().filter(|c| allowed.contains(c))?;
        self.0 = &self.0[c.len_utf8()..];
        Some(c)
    }

    fn skip_spaces(&mut self) -> bool {
        let rest = self.0.trim_start();
        let skipped = rest.len() < self.0.len();
        self.0 = rest;
        skipped
    }

    /// Takes the digits that come next.
    fn digits(&mut self) -> &'a str {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        digits
    }

    /// Takes a field of one or two digits.
    fn two(&mut self, name: &str) -> Result<u8, String> {
        let digits = self.digits();
        if !(1..=2).contains(&digits.len()) {
            return Err(format!("the {name} must have one or two digits"));
        }
        Ok(small(digits))
    }
}

/// Value of at most two digits.
fn small(digits: &str) -> u8 {
    digits.bytes().fold(0, |n, b| n * 10 + (b - b'0'))
}

fn scan_fields(cursor: &mut Cursor<'_>) -> Result<Scanned, String> {
    let mut found = Scanned::default();
    scan_date(cursor, &mut found)?;
    if found.day.is_some() {
        let spaces = cursor.skip_spaces();
        let t = !spaces && cursor.eat(&['T', 't']).is_some();
        if (spaces || t) && cursor.at_digit() {
            scan_time(cursor, &mut found)?;
        } else if t {
            return Err("a time must follow `T`, such as T06:00:00".to_owned());
        }
        cursor.skip_spaces();
        found.zone = scan_zone(cursor)?;
    }
    match cursor.0 {
        "" => Ok(found),
        rest => Err(format!("`{rest}` is left over; write YYYY-MM-DD hh:mm:ss, or its beginning")),
    }
}

fn scan_date(cursor: &mut Cursor<'_>, found: &mut Scanned) -> Result<(), String> {
    let negative = cursor.eat(&['-', '+']) == Some('-');
    let run = cursor.digits();
    if run.is_empty() || run.len() > 12 {
        return Err("it must start with a year, such as 2000-02-01".to_owned());
    }
    let separator = cursor.eat(&['-', '/']);
    let year = match (separator, run.len()) {
        // Compact forms: the month and day are the last digits of the run.
        (None, 6 | 7) => {
            let (year, month) = run.split_at(run.len() - 2);
            found.month = Some(small(month));
            year
        }
        (None, 8 | 9) => {
            let (year, rest) = run.split_at(run.len() - 4);
            found.month = Some(small(&rest[..2]));
            found.day = Some(small(&rest[2..]));
            year
        }
        _ => run,
    };
    found.year_digits = year.len();
    found.year = year.parse::<i64>().map_err(|_| "the year has too many digits".to_owned())?;
    if negative {
        found.year = -found.year;
    }
    if let Some(separator) = separator {
        found.month = Some(cursor.two("month")?);
        if cursor.eat(&[separator]).is_some() {
            found.day = Some(cursor.two("day")?);
        }
    }
    Ok(())
}

fn scan_time(cursor: &mut Cursor<'_>, found: &mut Scanned) -> Result<(), String> {
    let run = cursor.digits();
    match run.len() {
        1 | 2 => {
            found.hour = Some(small(run));
            if cursor.eat(&[':']).is_some() {
                found.minute = Some(cursor.two("minute")?);
                if cursor.eat(&[':']).is_some() {
                    found.second = Some(cursor.two("second")?);
                }
            }
        }
        4 | 6 => {
            found.hour = Some(small(&run[..2]));
            found.minute = Some(small(&run[2..4]));
            found.second = run.get(4..).filter(|s| !s.is_empty()).map(small);
        }
        _ => return Err("write the time as hh:mm:ss".to_owned()),
    }
    if found.second.is_some() && cursor.eat(&['.']).is_some() {
        let digits = cursor.digits();
        found.fraction_digits = digits.len();
        // Digits beyond nanoseconds are dropped, as pandas does.
        found.nanosecond =
            (0..9).fold(0, |n, i| n * 10 + digits.as_bytes().get(i).map_or(0, |b| u32::from(b - b'0')));
    }
    Ok(())
}

fn scan_zone(cursor: &mut Cursor<'_>) -> Result<Option<i64>, String> {
    for name in ["UTC", "GMT", "Z", "utc", "gmt", "z"] {
        if let Some(rest) = cursor.0.strip_prefix(name) {
            cursor.0 = rest;
            return Ok(Some(0));
        }
    }
    let sign = cursor.eat(&['+', '-']);
    if sign.is_none() && !cursor.at_digit() {
        return Ok(None);
    }
    // UDUNITS reads a number without a sign as a zone east of Greenwich too.
    let run = cursor.digits();
    let (hours, mut minutes) = match run.len() {
        1 | 2 => (small(run), 0),
        3 | 4 => {
            let (h, m) = run.split_at(run.len() - 2);
            (small(h), small(m))
        }
        _ => return Err("write the zone as Z, UTC or +hh:mm".to_owned()),
    };
    if run.len() <= 2 && cursor.eat(&[':']).is_some() {
        minutes = cursor.two("minutes of the zone")?;
    }
    if hours > 23 || minutes > 59 {
        return Err("zones are at most 23:59 from UTC".to_owned());
    }
    let offset = i64::from(hours) * 60 + i64::from(minutes);
    Ok(Some(if sign == Some('-') { -offset } else { offset }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_and_separated_forms_agree() {
        let want = scan("date", "2000-02-01T06:05:04.5").unwrap();
        assert_eq!((want.month, want.day, want.hour), (Some(2), Some(1), Some(6)));
        assert_eq!((want.nanosecond, want.fraction_digits), (500_000_000, 1));
        for text in ["20000201T060504.5", "2000/2/1 6:5:4.5", " 20000201 06:05:04.5 "] {
            assert_eq!(scan("date", text).unwrap(), want, "{text}");
        }
        assert_eq!(scan("date", "1000002").unwrap().year, 10_000);
        assert_eq!(scan("date", "-0100").unwrap().year, -100);
    }

    #[test]
    fn zones_read_as_minutes_ahead_of_utc() {
        for (text, zone) in [
            ("2000-01-01 00:00:00Z", 0),
            ("2000-01-01 UTC", 0),
            ("2000-01-01 00:00:00 -6:00", -360),
            ("2000-01-01 00:00:00+0530", 330),
            ("2000-01-01 00:00:00 5", 300),
            ("2000-01-01T00:00 +05", 300),
        ] {
            assert_eq!(scan("date", text).unwrap().zone, Some(zone), "{text}");
        }
        assert_eq!(scan("date", "2000-01-01 00:00").unwrap().zone, None);
    }

    #[test]
    fn garbage_is_refused_without_panic() {
        for text in [
            "",
            "-",
            "x",
            "2000-",
            "2000-02-",
            "2000-02-01T",
            "2000-02-01T5:",
            "2000-123",
            "02/01/2000",
            "2000-02-01 06:00:00 +",
            "2000-02-01 06:00:00 +99",
            "2000é",
            "2000-02-01Té",
            "9999999999999",
            "2000-02-01 06:00:00 EST",
            "2000Q1",
            "2000-02-01 12345",
        ] {
            assert!(scan("date", text).is_err(), "{text}");
        }
    }
}
