//! Time: calendars, ticks, CF units, partial dates.
//!
//! A datetime is an `i64` count of ticks since 1970-01-01T00:00:00 *in its own calendar*. The tick is
//! a [`TimeUnit`] (s, ms, us, ns) and the calendar a [`Calendar`], so a `360_day` column is as compact
//! and as fast as a standard one. A timedelta is an `i64` count of ticks. [`NAT`] marks a missing
//! value in both.
//!
//! | file | holds |
//! |---|---|
//! | `unit` | [`TimeUnit`], conversion between units |
//! | `calendar`, `civil` | [`Calendar`], dates to day numbers and back |
//! | `datetime` | [`DateTime`], ticks to fields and back, text |
//! | `components` | [`Component`]: year, month, season, … of a column |
//! | `cf`, `cf_decode`, `cf_encode` | [`CfTimeUnits`] ("days since …") and its columns |
//! | `partial` | [`PartialDate`]: label strings such as "2000-02" |
//! | `frequency` | [`Frequency`]: steps such as "2MS"; [`TimeRange`], [`infer_freq`] |
//! | `duration` | text such as "36h" to ticks |
//! | `convert` | [`AlignOn`]: dates of one calendar as those of another |
//! | `shift` | month arithmetic |
//! | `round` | [`Rounding`]: ticks to multiples of a step |
//! | `strftime` | [`Strftime`]: text of a given form |
//! | `bins` | [`BinRule`]: times in bins of a frequency |
//! | `scan` | the reader of date text that `cf` and `partial` share |

mod bins;
mod calendar;
mod cf;
mod cf_decode;
mod cf_encode;
mod civil;
mod components;
mod convert;
mod datetime;
mod duration;
mod error;
mod frequency;
mod partial;
mod round;
mod scan;
mod shift;
mod strftime;
mod unit;

pub use bins::{BinRule, Origin, TimeBins};
pub use calendar::{Calendar, days_from_ymd, ymd_from_days};
pub use cf::{CfStep, CfTimeUnits};
pub use cf_decode::{Decoded, decode_timedelta_float, decode_timedelta_int, decoded_timedelta_unit};
pub use cf_encode::{Encoded, encode_timedelta, infer_timedelta_units, infer_units};
pub use components::{Component, SEASONS, components, decimal_years};
pub use convert::{AlignOn, convert_dates};
pub use datetime::{DateTime, format_iso};
pub use duration::{format_timedelta, parse_timedelta, parse_timedelta_ns};
pub use error::{TimeError, TimeResult};
pub use frequency::{Frequency, Inclusive, TimeRange, infer_freq, infer_timedelta_freq};
pub use partial::{PartialDate, Resolution, resolution_of};
pub use round::{Rounding, round_ticks};
pub use shift::add_months;
pub use strftime::Strftime;
pub use unit::TimeUnit;

/// The tick that means "no time" (NaT), for datetimes and timedeltas of every unit.
pub const NAT: i64 = i64::MIN;
