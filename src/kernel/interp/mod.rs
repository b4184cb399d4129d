//! Functions of one variable through points: lines, splines, Hermite pieces, polynomials.
//!
//! [`interpolate`] takes the points of one lane and gives values at other places. Formulas and their order
//! are those of numpy's `interp` and scipy's `interpolate`, so that results agree to rounding. `fill_gaps` uses it
//! to fill what is missing in lanes of a block.

mod gaps;
mod hermite;
mod lanes;
mod linear;
mod points;
mod polynomial;
mod spline;
mod taps;

#[cfg(test)]
mod tests;

use num_complex::Complex;
use serde::{Deserialize, Serialize};

use crate::dtype::Element;
use crate::error::{Error, Result};

pub use gaps::{Gaps, Neighbours};
pub(crate) use gaps::{beside, ends, fill_gaps};
pub(crate) use lanes::{along, each};
pub(crate) use points::{Points, PointsPiece, at_points};
pub use taps::{Hits, Taps};
pub(crate) use taps::{lines, value_dtype};

/// Binds `$T` and the `$V` in which it is interpolated.
macro_rules! with_value {
    ($dtype:expr, $T:ident, $V:ident => $body:expr) => {
        match $dtype {
            DType::F32 => {
                type $T = f32;
                type $V = f64;
                $body
            }
            DType::F64 => {
                type $T = f64;
                type $V = f64;
                $body
            }
            DType::C64 => {
                type $T = Complex<f32>;
                type $V = Complex<f64>;
                $body
            }
            DType::C128 => {
                type $T = Complex<f64>;
                type $V = Complex<f64>;
                $body
            }
            d => Err(Error::dtype(format!("interpolation has no meaning for {d}"))),
        }
    };
}
pub(crate) use with_value;

/// How values between points follow from the points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum InterpMethod {
    /// A straight line between neighbours.
    #[default]
    Linear,
    /// The nearest point; of two equally near the one before.
    Nearest,
    /// The point before: a spline of order 0.
    Zero,
    /// A spline of order 1.
    Slinear,
    /// A spline of order 2.
    Quadratic,
    /// A spline of order 3 (with "not a knot" ends).
    Cubic,
    /// A spline of order 5.
    Quintic,
    /// A spline of this order.
    Polynomial(usize),
    /// Cubic pieces that rise and fall only where the points do (Fritsch and Butland 1984).
    Pchip,
    /// Cubic pieces with slopes from four neighbours (Akima 1970).
    Akima,
    /// The same, modified against overshoot (Moler and Ionita 2019).
    Makima,
    /// The one polynomial through all points, by the barycentric formula (Berrut and Trefethen 2004).
    Barycentric,
    /// The same by Newton's divided differences (Krogh 1970).
    Krogh,
}

impl InterpMethod {
    /// xarray's name.
    ///
    /// ```
    /// # use graticule::labels::InterpMethod;
    /// assert_eq!(InterpMethod::Cubic.name(), "cubic");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            InterpMethod::Linear => "linear",
            InterpMethod::Nearest => "nearest",
            InterpMethod::Zero => "zero",
            InterpMethod::Slinear => "slinear",
            InterpMethod::Quadratic => "quadratic",
            InterpMethod::Cubic => "cubic",
            InterpMethod::Quintic => "quintic",
            InterpMethod::Polynomial(_) => "polynomial",
            InterpMethod::Pchip => "pchip",
            InterpMethod::Akima => "akima",
            InterpMethod::Makima => "makima",
            InterpMethod::Barycentric => "barycentric",
            InterpMethod::Krogh => "krogh",
        }
    }

    /// The order of the spline, where it is one that solves for its coefficients.
    fn order(self) -> Option<usize> {
        match self {
            InterpMethod::Zero => Some(0),
            InterpMethod::Slinear => Some(1),
            InterpMethod::Quadratic => Some(2),
            InterpMethod::Cubic => Some(3),
            InterpMethod::Quintic => Some(5),
            InterpMethod::Polynomial(k) => Some(k),
            _ => None,
        }
    }

    /// Whether a value needs no more than the points next to it.
    pub(crate) fn is_local(self) -> bool {
        use InterpMethod::{Linear, Nearest, Slinear, Zero};
        matches!(self, Linear | Nearest | Slinear | Zero)
    }

    /// How many points it takes at least.
    pub(crate) fn least_points(self) -> usize {
        match self {
            InterpMethod::Nearest | InterpMethod::Barycentric | InterpMethod::Krogh => 1,
            method => 1 + method.order().unwrap_or(1),
        }
    }

    /// Refuses too few points.
    ///
    /// # Errors
    /// If there are fewer than the method takes.
    pub(crate) fn check_points(self, points: usize) -> Result<()> {
        let least = self.least_points();
        if points >= least {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "interpolation by `{}` takes at least {least} points, there are {points}",
            self.name()
        ))
        .help("use a method of lower order, such as `linear`"))
    }

    /// What stands outside of the points when nothing is said: nothing, but polynomials go on.
    ///
    /// ```
    /// # use graticule::labels::{InterpMethod, Outside};
    /// assert_eq!(InterpMethod::Linear.default_outside(), Outside::Missing);
    /// assert_eq!(InterpMethod::Krogh.default_outside(), Outside::Extrapolate);
    /// ```
    pub fn default_outside(self) -> Outside {
        match self {
            InterpMethod::Barycentric | InterpMethod::Krogh => Outside::Extrapolate,
            _ => Outside::Missing,
        }
    }
}

/// What stands outside of the points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Outside {
    /// Missing values.
    Missing,
    /// The first and last piece go on.
    Extrapolate,
    /// These values before the first and behind the last point.
    Values(f64, f64),
}

impl Outside {
    /// What stands before the first and behind the last point; NaN for missing values.
    pub(crate) fn fills(self) -> [f64; 2] {
        match self {
            Outside::Values(before, behind) => [before, behind],
            _ => [f64::NAN; 2],
        }
    }
}

/// A number that can be interpolated.
pub trait Value:
    Element
    + Copy
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<f64, Output = Self>
    + std::ops::Div<f64, Output = Self>
{
    /// A real number as this.
    fn real(v: f64) -> Self;
    /// This as a real number, if it is one.
    fn as_real(&self) -> Option<f64>;
    /// The real part.
    fn real_part(&self) -> f64;
    /// The value of a missing element.
    fn missing() -> Self;
}

impl Value for f64 {
    fn real(v: f64) -> Self {
        v
    }

    fn as_real(&self) -> Option<f64> {
        Some(*self)
    }

    fn real_part(&self) -> f64 {
        *self
    }

    fn missing() -> Self {
        f64::NAN
    }
}

impl Value for Complex<f64> {
    fn real(v: f64) -> Self {
        Complex::new(v, 0.0)
    }

    fn as_real(&self) -> Option<f64> {
        None
    }

    fn real_part(&self) -> f64 {
        self.re
    }

    fn missing() -> Self {
        Complex::new(f64::NAN, f64::NAN)
    }
}

/// Writes the values at the places `at` into `out`, given points at rising `x` with values `y`.
///
/// # Errors
/// If there are too few points for the method, or it takes real (or finite) values only.
///
/// # Example
/// ```
/// use graticule::kernel::interp::{InterpMethod, Outside, interpolate};
/// let mut out = [0.0; 2];
/// interpolate(InterpMethod::Cubic, &[0.0, 1.0, 2.0, 3.0], &[0.0, 1.0, 8.0, 27.0], &[1.5, 5.0], Outside::Missing, &mut out)?;
/// assert!((out[0] - 3.375_f64).abs() < 1e-12 && out[1].is_nan());
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn interpolate<V: Value>(
    method: InterpMethod,
    x: &[f64],
    y: &[V],
    at: &[f64],
    outside: Outside,
    out: &mut [V],
) -> Result<()> {
    method.check_points(x.len())?;
    let go_on = outside == Outside::Extrapolate;
    match method {
        InterpMethod::Linear => linear::lines(x, y, at, go_on, out),
        InterpMethod::Nearest => linear::nearest(x, y, at, out),
        InterpMethod::Pchip | InterpMethod::Akima | InterpMethod::Makima => {
            hermite::pieces(method, x, y, at, out)?;
        }
        InterpMethod::Barycentric => polynomial::barycentric(x, y, at, out),
        InterpMethod::Krogh => polynomial::newton(x, y, at, out),
        spline => spline::spline(spline.order().unwrap_or_default(), x, y, at, out),
    }
    for (out, at) in out.iter_mut().zip(at) {
        if let Some(value) = beyond_points(x, *at, outside) {
            *out = value;
        }
    }
    Ok(())
}

/// What stands at a place outside of the points, or at one that is missing.
fn beyond_points<V: Value>(x: &[f64], at: f64, outside: Outside) -> Option<V> {
    let side = match outside {
        _ if at.is_nan() => return Some(V::missing()),
        Outside::Extrapolate => return None,
        _ if at < x[0] => 0,
        _ if at > x[x.len() - 1] => 1,
        _ => return None,
    };
    Some(match outside {
        Outside::Values(before, behind) => V::real([before, behind][side]),
        _ => V::missing(),
    })
}

/// The piece that a place lies in: `x[i] <= at < x[i + 1]`, the first and the last going on for ever.
fn piece(x: &[f64], at: f64) -> usize {
    x.partition_point(|x| *x <= at).clamp(1, x.len() - 1) - 1
}
