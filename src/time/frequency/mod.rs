//! Frequencies: "3h", "D", "2MS", "QS-DEC", … as pandas and xarray write them, in every calendar.
//!
//! A frequency is a multiple of one rule. Rules are of two kinds. A *fixed* one is a length of time
//! (`h` … `ns`; `D`, too, since times here have no zone). An *anchored* one names days: month ends,
//! Mondays, business days. All anchored rules work alike here: their days are numbered in order, and
//! adding n times the rule is adding n to the number of the last such day on or before the date
//! (n > 0), or of the first on or after it (n ≤ 0). That is what pandas' and xarray's offsets do, each
//! in its own way; the time of day is kept.
//!
//! | file | holds |
//! |---|---|
//! | `rule` | the rules and their names |
//! | `parse` | text to [`Frequency`] |
//! | `anchor` | the numbering of the days of a rule |
//! | `add` | dates plus frequencies, rolling to anchors |
//! | `range` | [`TimeRange`]: regular ranges of dates |
//! | `infer` | [`infer_freq`] |

mod add;
mod anchor;
mod infer;
mod parse;
mod range;
mod rule;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use infer::{infer_freq, infer_timedelta_freq};
pub use range::{Inclusive, TimeRange};
use rule::Rule;

use super::{TimeError, TimeResult};

/// A step between times such as "3h", "D", "2MS" or "-1QS-DEC": a multiple of a length of time or of a
/// rule that names days.
///
/// Reads every frequency string of pandas 3 that needs no list of holidays or business hours, in all
/// calendars (xarray has only those without weekdays and half months for the calendars of cftime):
///
/// | names | step |
/// |---|---|
/// | `ns us ms s min h` | lengths of time |
/// | `D` | days |
/// | `B` | business days, Monday to Friday |
/// | `W`, `W-MON` … `W-SUN` | weeks, from Sundays unless it says otherwise |
/// | `MS ME BMS BME` | first and last days, first and last business days of months |
/// | `SMS SME`, `SMS-10` … | twice a month: the 1st and the 15th, the 15th and the last |
/// | `QS QE BQS BQE`, `QS-DEC` … | of quarters that start (`S`) or end (`E`) in a month |
/// | `HYS HYE BHYS BHYE` | of half years |
/// | `YS YE BYS BYE`, `YE-JUN` … | of years |
/// | `WOM-2TUE`, `LWOM-TUE` | the second, the last Tuesday of a month |
///
/// Lengths of time may have fractions ("1.5h" is "90min") and be joined ("1D12h" is "36h").
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Frequency {
    multiple: i64,
    rule: Rule,
}

impl Frequency {
    /// Returns how often the rule is applied: 2 for "2MS", −1 for "-1D".
    ///
    /// ```
    /// # use graticule::time::Frequency;
    /// assert_eq!("-3h".parse::<Frequency>()?.multiple(), -3);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub const fn multiple(&self) -> i64 {
        self.multiple
    }

    /// Returns the length in nanoseconds of a frequency of hours or finer; `None` of all others.
    ///
    /// ```
    /// # use graticule::time::Frequency;
    /// assert_eq!("1.5min".parse::<Frequency>()?.fixed(), Some(90_000_000_000));
    /// assert_eq!("D".parse::<Frequency>()?.fixed(), None);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn fixed(&self) -> Option<i128> {
        match self.rule {
            Rule::Tick(tick) => Some(i128::from(self.multiple) * i128::from(tick.ns())),
            _ => None,
        }
    }

    /// Returns the length in nanoseconds of a frequency of days or finer; `None` of anchored ones.
    ///
    /// ```
    /// # use graticule::time::Frequency;
    /// assert_eq!("2D".parse::<Frequency>()?.length(), Some(172_800_000_000_000));
    /// assert_eq!("W".parse::<Frequency>()?.length(), None);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn length(&self) -> Option<i128> {
        match self.rule {
            Rule::Day => Some(i128::from(self.multiple) * 86_400_000_000_000),
            _ => self.fixed(),
        }
    }

    /// Tells whether it is a length of hours or finer (pandas' `Tick`).
    ///
    /// ```
    /// # use graticule::time::Frequency;
    /// assert!("24h".parse::<Frequency>()?.is_tick() && !"D".parse::<Frequency>()?.is_tick());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub const fn is_tick(&self) -> bool {
        matches!(self.rule, Rule::Tick(_))
    }

    /// Tells whether it counts days (pandas' `Day`, which is no `Tick`).
    ///
    /// ```
    /// # use graticule::time::Frequency;
    /// assert!("7D".parse::<Frequency>()?.is_day() && !"W".parse::<Frequency>()?.is_day());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub const fn is_day(&self) -> bool {
        matches!(self.rule, Rule::Day)
    }

    /// Tells whether its days are last days: `W` and those with an `E` (`ME`, `BQE-DEC`, …), but not `LWOM`.
    ///
    /// These are the frequencies whose periods resampling closes and labels on the right.
    ///
    /// ```
    /// # use graticule::time::Frequency;
    /// assert!("QE".parse::<Frequency>()?.is_end() && !"MS".parse::<Frequency>()?.is_end());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub const fn is_end(&self) -> bool {
        self.rule.is_end()
    }

    /// Tells whether it asks for weekdays, which the idealised calendars do not really have: weeks, business
    /// days, weeks of months.
    ///
    /// ```
    /// # use graticule::time::Frequency;
    /// assert!("BME".parse::<Frequency>()?.counts_weekdays() && !"ME".parse::<Frequency>()?.counts_weekdays());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub const fn counts_weekdays(&self) -> bool {
        self.rule.counts_weekdays()
    }

    /// Weeks as so many times seven days; `None` of all else.
    pub(crate) fn weeks_as_days(&self) -> Option<Frequency> {
        match self.rule {
            Rule::Week(_) => Some(Frequency { multiple: self.multiple.checked_mul(7)?, rule: Rule::Day }),
            _ => None,
        }
    }

    /// Whether it names two days of every month.
    pub(crate) const fn is_semi_monthly(&self) -> bool {
        matches!(self.rule, Rule::SemiMonth { .. })
    }

    /// Returns the name of the rule without the multiple: "h", "MS", "QS-DEC".
    ///
    /// ```
    /// # use graticule::time::Frequency;
    /// assert_eq!("2QS".parse::<Frequency>()?.rule_code(), "QS-JAN");
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rule_code(&self) -> String {
        self.rule.to_string()
    }

    /// Returns the frequency with another multiple.
    ///
    /// ```
    /// # use graticule::time::Frequency;
    /// assert_eq!("-2MS".parse::<Frequency>()?.with_multiple(1).to_string(), "MS");
    /// # Ok::<(), graticule::Error>(())
    /// ```
    #[must_use]
    pub const fn with_multiple(self, multiple: i64) -> Frequency {
        Frequency { multiple, ..self }
    }

    /// Refuses a step of nothing, which no range can have.
    pub(super) fn check_moves(&self) -> TimeResult<()> {
        if self.multiple == 0 {
            return Err(TimeError::Invalid {
                what: format!("the frequency `{self}` does not move"),
                help: "take a multiple other than 0".to_owned(),
            });
        }
        Ok(())
    }
}

impl fmt::Display for Frequency {
    /// Writes what pandas' `freqstr` gives: "MS", "2MS", "-1D".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.multiple != 1 {
            write!(f, "{}", self.multiple)?;
        }
        write!(f, "{}", self.rule)
    }
}

impl From<Frequency> for String {
    fn from(frequency: Frequency) -> String {
        frequency.to_string()
    }
}

impl TryFrom<String> for Frequency {
    type Error = TimeError;

    fn try_from(text: String) -> TimeResult<Frequency> {
        text.parse()
    }
}

#[cfg(test)]
mod tests;
