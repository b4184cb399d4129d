//! Ticks rounded to whole multiples of a step.

use super::{NAT, TimeError, TimeResult, TimeUnit};

/// Which multiple of a step a time is rounded to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// The last one before.
    Floor,
    /// The first one after.
    Ceil,
    /// The nearest one; of two that are as near, the even one.
    Nearest,
}

impl Rounding {
    /// xarray's name: "floor", "ceil" or "round".
    ///
    /// ```
    /// # use graticule::time::Rounding;
    /// assert_eq!(Rounding::Nearest.name(), "round");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Rounding::Floor => "floor",
            Rounding::Ceil => "ceil",
            Rounding::Nearest => "round",
        }
    }
}

/// Writes every tick rounded to a multiple of `step` (counted from tick 0) to `out`. NaT stays NaT.
///
/// # Errors
/// If the multiple does not fit in 64 bits.
///
/// ```
/// # use graticule::time::{Rounding, TimeUnit, round_ticks};
/// let mut minutes = [0; 3];
/// round_ticks(&[29, 90, -31], 60, Rounding::Nearest, TimeUnit::S, &mut minutes)?;
/// assert_eq!(minutes, [0, 120, -60]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn round_ticks(
    ticks: &[i64],
    step: i64,
    how: Rounding,
    unit: TimeUnit,
    out: &mut [i64],
) -> TimeResult<()> {
    // A divisor that is a constant is multiplied with instead, which is several times as fast.
    macro_rules! with_constants {
        ($($n:literal)*) => {
            match step {
                ..=1 => {
                    out.copy_from_slice(ticks);
                    None
                }
                $($n => round_all(ticks, $n, how, out),)*
                step => round_all(ticks, step, how, out),
            }
        };
    }
    let beyond = with_constants!(
        60 3_600 86_400 60_000 3_600_000 86_400_000 60_000_000 3_600_000_000 86_400_000_000
        60_000_000_000 3_600_000_000_000 86_400_000_000_000
    );
    match beyond {
        None => Ok(()),
        Some(tick) => {
            let value = format!("{tick} {unit} rounded to {step} {unit}");
            let ns = i128::from(tick) * i128::from(unit.tick_ns());
            Err(TimeError::overflow("ticks", value, Some(ns), unit))
        }
    }
}

/// Rounds every tick; gives one whose multiple does not fit.
#[inline(always)]
fn round_all(ticks: &[i64], step: i64, how: Rounding, out: &mut [i64]) -> Option<i64> {
    match how {
        Rounding::Floor => each(ticks, step, out, |_, _| false),
        Rounding::Ceil => each(ticks, step, out, |_, rest| rest > 0),
        Rounding::Nearest => {
            each(ticks, step, out, |down, rest| rest > step - rest || (rest == step - rest && down & 1 != 0))
        }
    }
}

/// The multiple below, or the one above where `up` says so of the count of steps and what is left.
#[inline(always)]
fn each(ticks: &[i64], step: i64, out: &mut [i64], up: impl Fn(i64, i64) -> bool) -> Option<i64> {
    let mut beyond = None;
    for (o, &t) in out.iter_mut().zip(ticks) {
        let count = t.div_euclid(step);
        let count = count + i64::from(up(count, t.wrapping_sub(count.wrapping_mul(step))));
        let (rounded, overflows) = count.overflowing_mul(step);
        *o = if t == NAT { NAT } else { rounded };
        if (overflows || rounded == NAT) && t != NAT {
            beyond = Some(t);
        }
    }
    beyond
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(ticks: &[i64], step: i64, how: Rounding) -> TimeResult<Vec<i64>> {
        let mut out = vec![0; ticks.len()];
        round_ticks(ticks, step, how, TimeUnit::S, &mut out)?;
        Ok(out)
    }

    #[test]
    fn multiples_are_those_of_pandas() {
        let ticks = [1, 3, 5, 7, -1, -3, 60, 180, NAT];
        let of = |step, how| rounded(&ticks, step, how).unwrap();
        assert_eq!(of(2, Rounding::Nearest), [0, 4, 4, 8, 0, -4, 60, 180, NAT]);
        assert_eq!(of(2, Rounding::Ceil), [2, 4, 6, 8, 0, -2, 60, 180, NAT]);
        assert_eq!(of(3, Rounding::Nearest), [0, 3, 6, 6, 0, -3, 60, 180, NAT]);
        assert_eq!(of(120, Rounding::Nearest), [0, 0, 0, 0, 0, 0, 0, 240, NAT]);
        assert_eq!(of(60, Rounding::Floor), [0, 0, 0, 0, -60, -60, 60, 180, NAT]);
        assert_eq!(of(1, Rounding::Ceil), ticks);
    }

    #[test]
    fn multiples_beyond_64_bits_are_errors() {
        assert!(rounded(&[i64::MAX], 60, Rounding::Ceil).is_err());
        assert!(rounded(&[NAT + 1], 60, Rounding::Floor).is_err());
        assert_eq!(rounded(&[NAT + 1, i64::MAX], 7, Rounding::Ceil), Ok(vec![NAT + 1, i64::MAX]));
        assert!(rounded(&[5], i64::MAX, Rounding::Ceil).is_ok());
        let e = rounded(&[NAT + 1], 86_400, Rounding::Floor).unwrap_err().to_string();
        assert!(e.starts_with("-9223372036854775807 s rounded to 86400 s does not fit"), "{e}");
    }
}
