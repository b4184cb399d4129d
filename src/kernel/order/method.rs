//! Which places of a sorted lane a quantile is made of: the methods of Hyndman & Fan, as numpy has them.

use serde::{Deserialize, Serialize};

/// How a quantile is made of the sorted values (numpy's names; Hyndman & Fan 1996, "Sample quantiles in
/// statistical packages", number them 1 to 9 in the order of the first nine).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Method {
    /// Type 1: the least value of which at least the fraction `q` of all is not greater.
    InvertedCdf,
    /// Type 2: type 1, with the mean of two values at steps.
    AveragedInvertedCdf,
    /// Type 3: the value whose place is closest to `n q`.
    ClosestObservation,
    /// Type 4: between the values of type 1.
    InterpolatedInvertedCdf,
    /// Type 5: between values that stand in the middle of their steps.
    Hazen,
    /// Type 6: between values at `k / (n + 1)`.
    Weibull,
    /// Type 7: between values at `(k - 1) / (n - 1)`; the default.
    #[default]
    Linear,
    /// Type 8: about the median of each value's place, for any distribution.
    MedianUnbiased,
    /// Type 9: about the expected value of each value's place, for a normal distribution.
    NormalUnbiased,
    /// The value below the place of type 7.
    Lower,
    /// The value above the place of type 7.
    Higher,
    /// The mean of the values below and above.
    Midpoint,
    /// The value next to the place of type 7; half-way the even one.
    Nearest,
}

/// Two places of a sorted lane, and how far from the lower to the higher one the result lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::kernel) struct Place {
    pub(in crate::kernel) low: usize,
    pub(in crate::kernel) high: usize,
    pub(in crate::kernel) weight: f64,
}

impl Place {
    /// The middle of `n` sorted values (at least one).
    pub(in crate::kernel) fn middle(n: usize) -> Place {
        Place { low: (n - 1) / 2, high: n / 2, weight: 0.5 }
    }
}

impl Method {
    /// All methods.
    pub const ALL: [Method; 13] = [
        Method::InvertedCdf,
        Method::AveragedInvertedCdf,
        Method::ClosestObservation,
        Method::InterpolatedInvertedCdf,
        Method::Hazen,
        Method::Weibull,
        Method::Linear,
        Method::MedianUnbiased,
        Method::NormalUnbiased,
        Method::Lower,
        Method::Higher,
        Method::Midpoint,
        Method::Nearest,
    ];

    /// numpy's name.
    ///
    /// ```
    /// use graticule::kernel::order::Method;
    /// assert_eq!(Method::MedianUnbiased.name(), "median_unbiased");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Method::InvertedCdf => "inverted_cdf",
            Method::AveragedInvertedCdf => "averaged_inverted_cdf",
            Method::ClosestObservation => "closest_observation",
            Method::InterpolatedInvertedCdf => "interpolated_inverted_cdf",
            Method::Hazen => "hazen",
            Method::Weibull => "weibull",
            Method::Linear => "linear",
            Method::MedianUnbiased => "median_unbiased",
            Method::NormalUnbiased => "normal_unbiased",
            Method::Lower => "lower",
            Method::Higher => "higher",
            Method::Midpoint => "midpoint",
            Method::Nearest => "nearest",
        }
    }

    /// Whether the result is one of the values, so that it keeps their dtype and needs no arithmetic.
    ///
    /// ```
    /// use graticule::kernel::order::Method;
    /// assert!(Method::Lower.chooses() && !Method::Linear.chooses());
    /// ```
    pub fn chooses(self) -> bool {
        matches!(
            self,
            Method::InvertedCdf
                | Method::ClosestObservation
                | Method::Lower
                | Method::Higher
                | Method::Nearest
        )
    }

    /// Where the quantile `q` lies among `n` sorted values (at least one); numpy's steps, so that it rounds
    /// alike.
    pub(in crate::kernel) fn place(self, n: usize, q: f64) -> Place {
        let last = n - 1;
        let (count, span) = (n as f64, last as f64);
        let chosen = |k: f64| {
            let k = (k.max(0.0) as usize).min(last);
            Place { low: k, high: k, weight: 0.0 }
        };
        // Hyndman & Fan's parameters of a place between two values.
        let between = |a: f64, b: f64| count * q + (a + q * (1.0 - a - b)) - 1.0;
        let at = match self {
            Method::InvertedCdf => {
                let at = count * q - 1.0;
                return chosen(if at == at.floor() { at } else { at.floor() + 1.0 });
            }
            Method::ClosestObservation => {
                let at = count * q - 1.0 - 0.5;
                // Half-way the even place, counted from 1.
                let even = at == at.floor() && at.rem_euclid(2.0) == 1.0;
                return chosen(if even { at } else { at.floor() + 1.0 });
            }
            Method::Lower => return chosen((span * q).floor()),
            Method::Higher => return chosen((span * q).ceil()),
            Method::Nearest => return chosen((span * q).round_ties_even()),
            Method::AveragedInvertedCdf => count * q - 1.0,
            Method::InterpolatedInvertedCdf => between(0.0, 1.0),
            Method::Hazen => between(0.5, 0.5),
            Method::Weibull => between(0.0, 0.0),
            Method::Linear => span * q,
            Method::MedianUnbiased => between(1.0 / 3.0, 1.0 / 3.0),
            Method::NormalUnbiased => between(3.0 / 8.0, 3.0 / 8.0),
            Method::Midpoint => 0.5 * ((span * q).floor() + (span * q).ceil()),
        };
        // Beyond the ends both neighbours are the end.
        let (low, high, below) = match at {
            at if at >= span => (last, last, -1.0),
            at if at < 0.0 => (0, 0, 0.0),
            at => (at as usize, at as usize + 1, at.floor()),
        };
        let weight = match self {
            Method::AveragedInvertedCdf if at == below => 0.5,
            Method::AveragedInvertedCdf => 1.0,
            Method::Midpoint if at == at.floor() => 0.0,
            Method::Midpoint => 0.5,
            _ => at - below,
        };
        Place { low, high, weight }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_within_the_lane() {
        for method in Method::ALL {
            for n in 1..40 {
                for q in [0.0, 1e-9, 0.1, 1.0 / 3.0, 0.375, 0.5, 0.8, 1.0 - 1e-12, 1.0] {
                    let p = method.place(n, q);
                    assert!(p.low <= p.high && p.high < n, "{method:?} {n} {q}: {p:?}");
                }
            }
        }
    }

    #[test]
    fn half_of_four_values_by_each_method() {
        // numpy 2.4: np.quantile([0., 1., 2., 3.], 0.5, method=...)
        let want = [1.0, 1.5, 1.0, 1.0, 1.5, 1.5, 1.5, 1.5, 1.5, 1.0, 2.0, 1.5, 2.0];
        for (method, want) in Method::ALL.into_iter().zip(want) {
            let p = method.place(4, 0.5);
            let value = p.low as f64 + (p.high - p.low) as f64 * p.weight;
            assert_eq!(value, want, "{}", method.name());
        }
    }
}
