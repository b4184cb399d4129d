//! The conformance runner: reads cases, runs their steps through the public API, compares.
//!
//! Nothing here knows a case. An operation is an entry of the table in `ops`; what has no entry, or an
//! argument that its entry does not take, is `unsupported`.

pub mod args;
pub mod case;
pub mod compare;
pub mod intervals;
pub mod json;
pub mod ops;
pub mod report;
pub mod run;
pub mod value;
