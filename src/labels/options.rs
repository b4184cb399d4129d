//! How operations treat attributes and labels unless told otherwise, for a scope.

use std::cell::Cell;

use super::diagnostics::Strict;
use super::merge::Compat;
use crate::index::Join;

/// Choices that hold for every operation within [`with_options`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether results keep attributes; so by default.
    pub keep_attrs: bool,
    /// How operators align their operands; by default on the labels that both have.
    pub arithmetic_join: Join,
    /// When coordinates without an index agree in operators; by default conflicting ones are dropped.
    pub arithmetic_compat: Compat,
    /// Which silent changes are errors; by default none: they are `tracing` events.
    pub strict: Strict,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            keep_attrs: true,
            arithmetic_join: Join::Inner,
            arithmetic_compat: Compat::Minimal,
            strict: Strict::NONE,
        }
    }
}

thread_local! {
    static CURRENT: Cell<Options> = Cell::new(Options::default());
}

impl Options {
    /// The options that hold here, on this thread.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let quiet = Options { keep_attrs: false, ..Options::current() };
    /// assert!(!with_options(quiet, || Options::current().keep_attrs));
    /// assert!(Options::current().keep_attrs);
    /// ```
    pub fn current() -> Options {
        CURRENT.get()
    }
}

/// Gives what `f` gives, run under other options on this thread.
///
/// # Example
/// ```
/// use graticule::labels::{DataArray, Options, with_options};
/// let mut a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
/// a.attrs_mut().insert("units", "m");
/// let plain = with_options(Options { keep_attrs: false, ..Options::current() }, || a.mul(2.0))?;
/// assert!(plain.attrs().is_empty());
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn with_options<R>(options: Options, f: impl FnOnce() -> R) -> R {
    /// Puts the outer options back, also when `f` panics.
    struct Restore(Options);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _restore = Restore(CURRENT.replace(options));
    f()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_hold_for_their_scope_only() {
        let inner = Options { keep_attrs: false, ..Options::default() };
        assert!(!with_options(inner, || Options::current().keep_attrs));
        assert!(Options::current().keep_attrs);
    }
}
