//! Times as text of a form that the user gives: C's `strftime`, in English, for all calendars.
//!
//! The directives and flags are those of glibc, which Python hands formats to, and Python's `%f`.

use std::fmt::Write;

use super::components::iso_week;
use super::{Calendar, DateTime, TimeUnit};

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A form of text for times: "%Y-%m-%d".
///
/// | directives | stand for |
/// |---|---|
/// | `%Y %y %C` | year (at least four digits), its last two digits, its century |
/// | `%m %B %b %h` | month as a number, its name, its short name |
/// | `%d %e %j` | day of the month (`%e` padded with a space), of the year |
/// | `%a %A %w %u` | weekday: short name, name, Sunday = 0, Monday = 1 |
/// | `%U %W %V %G %g` | week (from Sunday, from Monday, ISO 8601), ISO year, its last two digits |
/// | `%H %k %I %l %p %P` | hour to 23 and to 12 (`%k %l` padded with a space), AM or PM, am or pm |
/// | `%M %S %f %s` | minute, second, microsecond, seconds since 1970 |
/// | `%D %x %F %T %X %R %r %c` | several: dates, times of day, both |
/// | `%% %n %t %z %Z` | a percent sign, line break, tab; nothing, as times have no zone |
///
/// Flags between `%` and the letter: `-` no padding, `_` spaces, `0` zeros, `^` capitals, and a width. Other
/// letters stay as they are written, as in C.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Strftime(Vec<Piece>);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Literal(String),
    Field { what: char, flag: Option<char>, upper: bool, width: usize },
}

/// What directives that stand for several others are.
fn several(what: char) -> Option<&'static str> {
    Some(match what {
        'D' | 'x' => "%m/%d/%y",
        'F' => "%Y-%m-%d",
        'T' | 'X' => "%H:%M:%S",
        'R' => "%H:%M",
        'r' => "%I:%M:%S %p",
        'c' => "%a %b %e %H:%M:%S %Y",
        _ => return None,
    })
}

impl Strftime {
    /// Reads a form; every text is one.
    ///
    /// ```
    /// # use graticule::time::{Calendar, Strftime, TimeUnit};
    /// let form = Strftime::new("%-d %B %Y");
    /// assert_eq!(form.text(59 * 86_400, TimeUnit::S, Calendar::Day360).as_deref(), Some("30 February 1970"));
    /// ```
    pub fn new(form: &str) -> Strftime {
        let mut pieces = Vec::new();
        read(form, &mut pieces);
        Strftime(pieces)
    }

    /// Returns the text of a tick; `None` for NaT.
    ///
    /// ```
    /// # use graticule::time::{Calendar, NAT, Strftime, TimeUnit};
    /// let form = Strftime::new("%j");
    /// assert_eq!(form.text(0, TimeUnit::S, Calendar::NoLeap).as_deref(), Some("001"));
    /// assert_eq!(form.text(NAT, TimeUnit::S, Calendar::NoLeap), None);
    /// ```
    pub fn text(&self, ticks: i64, unit: TimeUnit, calendar: Calendar) -> Option<String> {
        let time = Moment {
            date: DateTime::from_ticks(ticks, unit, calendar)?,
            days: ticks.div_euclid(unit.per_day()),
            seconds: ticks.div_euclid(unit.per_second()),
            calendar,
        };
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Field { what, flag, upper, width } => {
                    let start = out.len();
                    time.write(&mut out, *what, *flag, *width);
                    if *upper {
                        out[start..].make_ascii_uppercase();
                    }
                }
            }
        }
        Some(out)
    }
}

fn literal(text: &str, pieces: &mut Vec<Piece>) {
    match pieces.last_mut() {
        Some(Piece::Literal(before)) => before.push_str(text),
        _ if text.is_empty() => {}
        _ => pieces.push(Piece::Literal(text.to_owned())),
    }
}

fn read(mut form: &str, pieces: &mut Vec<Piece>) {
    while let Some(at) = form.find('%') {
        literal(&form[..at], pieces);
        let directive = &form[at..];
        let rest = &directive[1..];
        let end = rest.find(|c: char| !"-_0^#".contains(c)).unwrap_or(rest.len());
        let (flags, rest) = rest.split_at(end);
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (width, rest) = rest.split_at(end);
        // Alternative digits and eras are those of the locale, and English has none.
        let rest = rest.strip_prefix(['E', 'O']).filter(|r| !r.is_empty()).unwrap_or(rest);
        let what = rest.chars().next();
        form = &rest[what.map_or(0, char::len_utf8)..];
        match what {
            Some(c) if "aAbBhpPdmyHIMSjUWekluwVGgCYfs".contains(c) => pieces.push(Piece::Field {
                what: c,
                flag: flags.chars().rfind(|f| "-_0".contains(*f)),
                upper: flags.contains(['^', '#']),
                // No sensible text is wider.
                width: width.parse().unwrap_or(0).min(1_000),
            }),
            Some('%') => literal("%", pieces),
            Some('n') => literal("\n", pieces),
            Some('t') => literal("\t", pieces),
            Some('z' | 'Z') => {}
            Some(c) if several(c).is_some() => read(several(c).unwrap_or_default(), pieces),
            _ => literal(&directive[..directive.len() - form.len()], pieces),
        }
    }
    literal(form, pieces);
}

/// One time with all that directives ask of it.
struct Moment {
    date: DateTime,
    days: i64,
    seconds: i64,
    calendar: Calendar,
}

impl Moment {
    fn write(&self, out: &mut String, what: char, flag: Option<char>, width: usize) {
        let DateTime { year, month, day, hour, minute, second, nanosecond } = self.date;
        let weekday = || self.calendar.day_of_week(self.days);
        let day_of_year = || self.calendar.day_of_year(year, month, day);
        let iso = || iso_week(self.calendar, self.days);
        let month_name = MONTHS[usize::from(month - 1)];
        let noon = hour >= 12;
        let hour12 = i64::from((hour + 11) % 12 + 1);
        // (value, digits, padding)
        let (value, digits, pad) = match what {
            'a' => return text(out, &DAYS[weekday() as usize][..3], width),
            'A' => return text(out, DAYS[weekday() as usize], width),
            'b' | 'h' => return text(out, &month_name[..3], width),
            'B' => return text(out, month_name, width),
            'p' => return text(out, if noon { "PM" } else { "AM" }, width),
            'P' => return text(out, if noon { "pm" } else { "am" }, width),
            'Y' => (year, 4, '0'),
            'y' => (year % 100, 2, '0'),
            'C' => (year / 100, 2, '0'),
            'G' => (iso().0, 4, '0'),
            'g' => (iso().0 % 100, 2, '0'),
            'V' => (iso().1, 2, '0'),
            'm' => (i64::from(month), 2, '0'),
            'd' => (i64::from(day), 2, '0'),
            'e' => (i64::from(day), 2, ' '),
            'j' => (day_of_year(), 3, '0'),
            'u' => (weekday() + 1, 1, '0'),
            'w' => ((weekday() + 1) % 7, 1, '0'),
            'U' => ((day_of_year() + 6 - (weekday() + 1) % 7) / 7, 2, '0'),
            'W' => ((day_of_year() + 6 - weekday()) / 7, 2, '0'),
            'H' => (i64::from(hour), 2, '0'),
            'k' => (i64::from(hour), 2, ' '),
            'I' => (hour12, 2, '0'),
            'l' => (hour12, 2, ' '),
            'M' => (i64::from(minute), 2, '0'),
            'S' => (i64::from(second), 2, '0'),
            'f' => (i64::from(nanosecond / 1_000), 6, '0'),
            _ => (self.seconds, 1, '0'),
        };
        let width = if width > 0 { width } else { digits };
        // Writing to a string cannot fail.
        let _ = match flag.map_or(pad, |f| if f == '_' { ' ' } else { f }) {
            '-' => write!(out, "{value}"),
            ' ' => write!(out, "{value:width$}"),
            _ if value < 0 => write!(out, "-{:0width$}", value.unsigned_abs()),
            _ => write!(out, "{value:0width$}"),
        };
    }
}

fn text(out: &mut String, text: &str, width: usize) {
    let _ = write!(out, "{text:>width$}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(form: &str, calendar: Calendar, date: DateTime) -> String {
        let ticks = date.to_ticks(calendar, TimeUnit::Us).unwrap();
        Strftime::new(form).text(ticks, TimeUnit::Us, calendar).unwrap()
    }

    #[test]
    fn directives_are_those_of_glibc() {
        let date = DateTime {
            hour: 13,
            minute: 2,
            second: 3,
            nanosecond: 4_567_000,
            ..DateTime::midnight(2000, 1, 1)
        };
        let s = |form| of(form, Calendar::ProlepticGregorian, date);
        assert_eq!(s("%a %A %w %u|%d %e %j|%b %B %h %m"), "Sat Saturday 6 6|01  1 001|Jan January Jan 01");
        assert_eq!(s("%y %Y %C|%H %I %k %l %p %P"), "00 2000 20|13 01 13  1 PM pm");
        assert_eq!(s("%M %S %f %s"), "02 03 004567 946731723");
        assert_eq!(s("%U %W %V %G %g"), "00 00 52 1999 99");
        assert_eq!(s("%c|%x|%X|%D|%F"), "Sat Jan  1 13:02:03 2000|01/01/00|13:02:03|01/01/00|2000-01-01");
        assert_eq!(s("%T %R %r%%%n%t[%z%Z]"), "13:02:03 13:02 01:02:03 PM%\n\t[]");
        assert_eq!(s("%-d %_d %^a %5Y %-j %Oy %Ey"), "1  1 SAT 02000 1 00 00");
        assert_eq!(s("%q %E %5 %"), "%q %E %5 %");
        assert_eq!(s(""), "");
        assert_eq!(s("é%Y"), "é2000");
    }

    #[test]
    fn every_calendar_has_its_own_days() {
        let date = DateTime::midnight(2000, 2, 30);
        assert_eq!(of("%F %j %a %U", Calendar::Day360, date), "2000-02-30 060 Fri 08");
        let date = DateTime::midnight(-5, 3, 2);
        assert_eq!(of("%Y %y %j %A", Calendar::Julian, date), "-0005 -05 062 Thursday");
        assert_eq!(of("%Y", Calendar::NoLeap, DateTime::midnight(12345, 6, 7)), "12345");
    }
}
