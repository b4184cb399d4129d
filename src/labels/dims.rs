//! How a call names its dimensions: one, several, all.

use std::ops::RangeFull;

use indexmap::IndexMap;

use super::variable::Name;
use crate::error::{Error, Result};

/// The dimensions (or variables) that an operation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dims {
    /// What the operation takes when nothing is said: all dimensions, or for groups the grouped one.
    Default,
    /// All there are.
    All,
    /// Those named.
    Names(Vec<Name>),
}

/// Whether a name that does not exist is a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// It is an error.
    #[default]
    Raise,
    /// It is passed over.
    Ignore,
}

impl Dims {
    /// The names, if some were given; `None` for all.
    pub(crate) fn names(&self) -> Option<&[Name]> {
        match self {
            Dims::Names(names) => Some(names),
            Dims::Default | Dims::All => None,
        }
    }

    /// The dimensions meant among those that exist, each once.
    pub(crate) fn among(&self, sizes: &IndexMap<Name, usize>) -> Result<Vec<Name>> {
        let Some(names) = self.names() else { return Ok(sizes.keys().cloned().collect()) };
        let mut dims: Vec<Name> = Vec::with_capacity(names.len());
        for name in names {
            if !sizes.contains_key(name) {
                return Err(Error::not_found("dimension", name, sizes.keys()));
            }
            if !dims.contains(name) {
                dims.push(name.clone());
            }
        }
        Ok(dims)
    }
}

/// What can stand where dimensions are asked for: a name, a list of names, `..` for all, `()` for
/// the default.
pub trait IntoDims {
    /// The dimensions meant.
    fn into_dims(self) -> Dims;
}

impl IntoDims for Dims {
    fn into_dims(self) -> Dims {
        self
    }
}

impl IntoDims for &Dims {
    fn into_dims(self) -> Dims {
        self.clone()
    }
}

impl IntoDims for RangeFull {
    fn into_dims(self) -> Dims {
        Dims::All
    }
}

impl IntoDims for () {
    fn into_dims(self) -> Dims {
        Dims::Default
    }
}

macro_rules! one_name {
    ($($T:ty),*) => {$(
        impl IntoDims for $T {
            fn into_dims(self) -> Dims {
                Dims::Names(vec![Name::from(AsRef::<str>::as_ref(&self))])
            }
        }
    )*};
}
one_name!(&str, String, &String, Name, &Name);

macro_rules! names {
    ($([$($generics:tt)*] $T:ty),*) => {$(
        impl<S: AsRef<str>, $($generics)*> IntoDims for $T {
            fn into_dims(self) -> Dims {
                Dims::Names(self.iter().map(|s| Name::from(s.as_ref())).collect())
            }
        }
    )*};
}
names!([const N: usize] [S; N], [const N: usize] &[S; N], [] &[S], [] Vec<S>, [] &Vec<S>);
