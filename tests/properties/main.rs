//! Properties that hold for any data: laws of the labels, and that chunks, threads and the way through
//! a stored plan change no bit.
//!
//! The samples are the same in every run. `PROPTEST_RNG_SEED=7 PROPTEST_CASES=5000 cargo test --release
//! --test properties` looks at others, and at more of them.

mod along;
mod check;
mod chunks;
mod elementwise;
mod expressions;
mod files;
mod laws;
mod reductions;
mod runs;
mod samples;
mod selection;
mod stack;
mod together;

use proptest::test_runner::{Config, RngSeed};

/// So many cases from a fixed seed, unless the environment asks for others.
fn config(cases: u32) -> Config {
    let mut config = Config { failure_persistence: None, max_shrink_time: 20_000, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(1);
    }
    config
}
