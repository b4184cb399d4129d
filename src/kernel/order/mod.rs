//! What depends on the order of elements along axes: quantiles, medians, ranks, sorting, positions of extremes.
//!
//! Elements become integer `key`s in their order; `lanes` gathers the keys along the axes; text is numbered in
//! its order first (`text`).

mod extreme;
mod key;
mod lanes;
mod method;
mod quantile;
mod rank;
mod search;
pub(in crate::kernel) mod text;
mod weighted;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::reduce::Groups;

pub(crate) use extreme::{Extreme, finish, init, merge, push};
pub(in crate::kernel) use key::{Gaps, Key, Keyed};
pub(in crate::kernel) use lanes::steps;
pub use method::Method;
pub(in crate::kernel) use method::Place;
pub use quantile::pick;
pub(crate) use quantile::pick_groups;
pub(in crate::kernel) use quantile::{Value, between_ticks};
pub use rank::{RankKind, argsort, dense_ranks, rank};
pub(crate) use weighted::pick_weighted;

/// Binds `$T` to the type of all elements but text.
macro_rules! with_keyed {
    ($kind:expr, $T:ident => $body:expr, else $other:expr) => {
        crate::dtype::dispatch::with_number!($kind, $T => $body, else match $kind {
            crate::dtype::Kind::Bool => { type $T = bool; $body }
            _ => $other,
        })
    };
}
pub(in crate::kernel) use with_keyed;

/// Which elements of the sorted lanes are wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Pick {
    /// The middle one, or the mean of the two middle ones.
    Median,
    /// Several quantiles; they make a new first axis.
    Quantiles {
        /// The fractions, each from 0 to 1.
        q: Arc<[f64]>,
        /// How they are made of the values.
        method: Method,
    },
    /// Several quantiles of values that have weights; they make a new first axis.
    Weighted {
        /// The fractions, each from 0 to 1.
        q: Arc<[f64]>,
    },
}

impl Pick {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Pick::Median => "median",
            Pick::Quantiles { .. } | Pick::Weighted { .. } => "quantile",
        }
    }

    pub(crate) fn leading(&self) -> Option<usize> {
        match self {
            Pick::Median => None,
            Pick::Quantiles { q, .. } | Pick::Weighted { q } => Some(q.len()),
        }
    }
}

/// A reduction that needs its axes whole, since it chooses from the sorted elements.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderSpec {
    /// What is computed.
    pub pick: Pick,
    /// Axes that go, in rising order (those of groups are not among them).
    pub axes: Vec<usize>,
    /// Groups along other axes.
    pub group: Option<Groups>,
    /// Whether missing values are left out.
    pub skipna: bool,
}

impl OrderSpec {
    /// The name of the method.
    ///
    /// ```
    /// # use graticule::kernel::order::{OrderSpec, Pick};
    /// let spec = OrderSpec { pick: Pick::Median, axes: vec![0], group: None, skipna: true };
    /// assert_eq!(spec.name(), "median");
    /// ```
    pub fn name(&self) -> &'static str {
        self.pick.name()
    }

    /// Length of the axis of quantiles, which comes first in the result.
    ///
    /// ```
    /// # use graticule::kernel::order::{Method, OrderSpec, Pick};
    /// let pick = Pick::Quantiles { q: [0.1, 0.9].into(), method: Method::Linear };
    /// assert_eq!(OrderSpec { pick, axes: vec![0], group: None, skipna: true }.leading(), Some(2));
    /// ```
    pub fn leading(&self) -> Option<usize> {
        self.pick.leading()
    }

    /// The dtype of the result.
    ///
    /// # Errors
    /// If the operation has no meaning for the dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::kernel::order::{OrderSpec, Pick};
    /// let spec = OrderSpec { pick: Pick::Median, axes: vec![0], group: None, skipna: true };
    /// assert_eq!(spec.result_dtype(DType::I8)?, DType::F64);
    /// assert!(spec.result_dtype(DType::Str).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn result_dtype(&self, input: DType) -> Result<DType> {
        let name = self.name();
        let refuse =
            |help: String| Err(Error::dtype(format!("`{name}` has no meaning for {input}")).help(help));
        let chooses = match self.pick {
            Pick::Median => {
                return match input {
                    d if d.is_text() || d.is_datetime() => refuse(format!(
                        "`quantile(0.5)` with a method that chooses a value, such as `lower`, has one for {input}"
                    )),
                    d if d.is_float() || d.is_complex() || d.is_time() => Ok(d),
                    _ => Ok(DType::F64),
                };
            }
            Pick::Weighted { .. } if input.is_text() || input.is_complex() || input.is_time() => {
                return refuse("weights have one for numbers: cast it first, as with `astype`".into());
            }
            Pick::Weighted { .. } => return Ok(DType::F64),
            Pick::Quantiles { method, .. } => method.chooses(),
        };
        match input {
            d if d.is_complex() => {
                refuse("complex numbers have no order: take the real part or the modulus".into())
            }
            d if chooses || d.is_time() => Ok(d),
            d if d.is_text() || d.is_bool() => {
                let names: Vec<_> = Method::ALL.iter().filter(|m| m.chooses()).map(|m| m.name()).collect();
                refuse(format!("methods that choose a value have one: {}", names.join(", ")))
            }
            _ => Ok(DType::F64),
        }
    }

    /// Short text for plans.
    pub(crate) fn describe(&self) -> String {
        let what = match &self.pick {
            Pick::Median => "median".to_string(),
            Pick::Quantiles { q, method } => format!("{} quantiles ({})", q.len(), method.name()),
            Pick::Weighted { q } => format!("{} weighted quantiles", q.len()),
        };
        let by = self.group.as_ref().map(Groups::describe).unwrap_or_default();
        format!("{what} over axes {:?}{by}", self.axes)
    }
}
