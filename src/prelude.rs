//! The names that most programs need.
