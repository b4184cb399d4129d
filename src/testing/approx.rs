//! The traits of the crate `approx`: `assert_abs_diff_eq!` and `assert_relative_eq!` work on labelled objects.
//!
//! As in [`equals`](DataArray::equals), dimensions, coordinates and places of missing elements must be the
//! same; names of arrays and attributes do not count. Computes what is lazy; a run that fails is a difference.

use approx::{AbsDiffEq, RelativeEq};

use super::{Same, difference};
use crate::labels::{DataArray, Dataset};

macro_rules! approximate {
    ($($T:ident),*) => {$(
        /// Whether both are [equal](crate::labels::$T::equals): one bool, not one for each element. A run
        /// that fails is a difference.
        impl PartialEq for $T {
            fn eq(&self, other: &Self) -> bool {
                self.equals(other).unwrap_or(false)
            }
        }

        /// # Example
        /// ```
        /// # use graticule::prelude::*;
        /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
        /// approx::assert_abs_diff_eq!(a, a.add(1e-9)?, epsilon = 1e-8);
        /// let ds = a.to_dataset("v");
        /// approx::assert_abs_diff_ne!(ds, ds.add(1.0)?, epsilon = 1e-8);
        /// # Ok::<(), graticule::Error>(())
        /// ```
        impl AbsDiffEq for $T {
            type Epsilon = f64;

            fn default_epsilon() -> f64 {
                f64::EPSILON
            }

            fn abs_diff_eq(&self, other: &Self, epsilon: f64) -> bool {
                difference(self, other, Same::Relative { epsilon, max_relative: 0.0 }).is_none()
            }
        }

        /// # Example
        /// ```
        /// # use graticule::prelude::*;
        /// let a = DataArray::from_vec(&[("x", 2)], vec![1e9, 2e9])?;
        /// approx::assert_relative_eq!(a, a.add(0.5)?, max_relative = 1e-9);
        /// let ds = a.to_dataset("v");
        /// approx::assert_relative_ne!(ds, ds.add(0.5)?, max_relative = 1e-12);
        /// # Ok::<(), graticule::Error>(())
        /// ```
        impl RelativeEq for $T {
            fn default_max_relative() -> f64 {
                f64::EPSILON
            }

            fn relative_eq(&self, other: &Self, epsilon: f64, max_relative: f64) -> bool {
                difference(self, other, Same::Relative { epsilon, max_relative }).is_none()
            }
        }
    )*};
}
approximate!(DataArray, Dataset);
