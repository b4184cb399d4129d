//! The four resolutions of numpy's `datetime64` that xarray keeps.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{NAT, TimeError, TimeResult};

/// Length of one tick: a second or a decimal part of it. A finer unit is greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeUnit {
    /// Seconds.
    S,
    /// Milliseconds.
    Ms,
    /// Microseconds.
    Us,
    /// Nanoseconds.
    Ns,
}

impl TimeUnit {
    /// The units, coarsest first.
    pub const ALL: [TimeUnit; 4] = [TimeUnit::S, TimeUnit::Ms, TimeUnit::Us, TimeUnit::Ns];

    /// Returns the number of ticks in one second.
    ///
    /// ```
    /// # use graticule::time::TimeUnit;
    /// assert_eq!(TimeUnit::Ms.per_second(), 1000);
    /// ```
    pub const fn per_second(self) -> i64 {
        match self {
            TimeUnit::S => 1,
            TimeUnit::Ms => 1_000,
            TimeUnit::Us => 1_000_000,
            TimeUnit::Ns => 1_000_000_000,
        }
    }

    /// Returns the length of one tick in nanoseconds.
    ///
    /// ```
    /// # use graticule::time::TimeUnit;
    /// assert_eq!(TimeUnit::Us.tick_ns(), 1000);
    /// ```
    pub const fn tick_ns(self) -> i64 {
        1_000_000_000 / self.per_second()
    }

    /// Returns the number of ticks in one day of 86400 seconds.
    ///
    /// ```
    /// # use graticule::time::TimeUnit;
    /// assert_eq!(TimeUnit::S.per_day(), 86_400);
    /// ```
    pub const fn per_day(self) -> i64 {
        86_400 * self.per_second()
    }

    /// Returns the number of decimals of a second: 0, 3, 6 or 9.
    ///
    /// ```
    /// # use graticule::time::TimeUnit;
    /// assert_eq!(TimeUnit::Ms.decimals(), 3);
    /// ```
    pub const fn decimals(self) -> usize {
        match self {
            TimeUnit::S => 0,
            TimeUnit::Ms => 3,
            TimeUnit::Us => 6,
            TimeUnit::Ns => 9,
        }
    }

    /// Returns numpy's name: "s", "ms", "us" or "ns".
    ///
    /// ```
    /// # use graticule::time::TimeUnit;
    /// assert_eq!(TimeUnit::Ns.name(), "ns");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            TimeUnit::S => "s",
            TimeUnit::Ms => "ms",
            TimeUnit::Us => "us",
            TimeUnit::Ns => "ns",
        }
    }

    /// Returns the coarsest unit in which `ns` nanoseconds are a whole number.
    ///
    /// ```
    /// # use graticule::time::TimeUnit;
    /// assert_eq!(TimeUnit::coarsest_for(1_500_000_000), TimeUnit::Ms);
    /// ```
    pub fn coarsest_for(ns: i128) -> TimeUnit {
        TimeUnit::ALL.into_iter().find(|u| ns % i128::from(u.tick_ns()) == 0).unwrap_or(TimeUnit::Ns)
    }

    /// Converts ticks; towards a coarser unit it takes the floor, as numpy does. NaT stays NaT.
    ///
    /// # Errors
    /// If the finer unit cannot hold the value.
    ///
    /// ```
    /// # use graticule::time::TimeUnit;
    /// assert_eq!(TimeUnit::convert(1, TimeUnit::S, TimeUnit::Ms)?, 1000);
    /// assert_eq!(TimeUnit::convert(-1, TimeUnit::Ms, TimeUnit::S)?, -1);
    /// assert!(TimeUnit::convert(i64::MAX, TimeUnit::S, TimeUnit::Ns).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn convert(ticks: i64, from: TimeUnit, to: TimeUnit) -> TimeResult<i64> {
        if ticks == NAT || from == to {
            return Ok(ticks);
        }
        if to < from {
            return Ok(ticks.div_euclid(from.per_second() / to.per_second()));
        }
        ticks.checked_mul(to.per_second() / from.per_second()).filter(|&t| t != NAT).ok_or_else(|| {
            let ns = i128::from(ticks) * i128::from(from.tick_ns());
            TimeError::overflow("ticks", format_args!("{ticks} {from}"), Some(ns), to)
        })
    }

    /// Converts ticks and refuses to lose digits. NaT stays NaT.
    ///
    /// # Errors
    /// If the finer unit cannot hold the value, or the coarser one not exactly.
    ///
    /// ```
    /// # use graticule::time::TimeUnit;
    /// assert_eq!(TimeUnit::convert_exact(2000, TimeUnit::Ms, TimeUnit::S)?, 2);
    /// assert!(TimeUnit::convert_exact(1500, TimeUnit::Ms, TimeUnit::S).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn convert_exact(ticks: i64, from: TimeUnit, to: TimeUnit) -> TimeResult<i64> {
        let converted = TimeUnit::convert(ticks, from, to)?;
        if ticks != NAT && to < from && ticks % (from.per_second() / to.per_second()) != 0 {
            return Err(TimeError::Inexact {
                value: format!("{ticks} {from}"),
                unit: to,
                fits: TimeUnit::coarsest_for(i128::from(ticks) * i128::from(from.tick_ns())),
            });
        }
        Ok(converted)
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for TimeUnit {
    type Err = TimeError;

    fn from_str(text: &str) -> TimeResult<TimeUnit> {
        TimeUnit::ALL.into_iter().find(|u| u.name() == text).ok_or_else(|| TimeError::UnknownName {
            what: "time unit",
            text: text.to_owned(),
            help: "use one of s, ms, us, ns",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TimeUnit::{Ms, Ns, S, Us};

    #[test]
    fn finer_is_greater_and_names_read_back() {
        assert!(S < Ms && Ms < Us && Us < Ns);
        for unit in TimeUnit::ALL {
            assert_eq!(unit.name().parse::<TimeUnit>(), Ok(unit));
            assert_eq!(serde_json::to_string(&unit).unwrap(), format!("\"{}\"", unit.name()));
        }
        assert!("m".parse::<TimeUnit>().is_err());
    }

    #[test]
    fn coarser_takes_the_floor_and_finer_is_checked() {
        assert_eq!(TimeUnit::convert(-1, Ns, S), Ok(-1));
        assert_eq!(TimeUnit::convert(1_999, Ms, S), Ok(1));
        assert_eq!(TimeUnit::convert(NAT, S, Ns), Ok(NAT));
        assert_eq!(TimeUnit::convert(3, S, Us), Ok(3_000_000));
        let err = TimeUnit::convert(10_000_000_000, S, Ns).unwrap_err();
        assert_eq!(
            err.to_string(),
            "10000000000 s does not fit in 64-bit ticks of unit ns; unit us would hold it"
        );
        // i64::MIN is NaT: a product that lands on it must not become missing.
        assert!(TimeUnit::convert(i64::MIN + 1, S, Ms).is_err());
    }

    #[test]
    fn exact_conversion_names_the_unit_that_holds_the_value() {
        assert_eq!(TimeUnit::convert_exact(2_000, Ms, S), Ok(2));
        let err = TimeUnit::convert_exact(1_500_000, Us, S).unwrap_err();
        assert_eq!(err.to_string(), "1500000 us is not a whole number of s; unit ms holds it exactly");
    }
}
