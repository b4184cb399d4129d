#!/usr/bin/env bash
# Runs every test of graticule, on a fresh machine too: ci/setup.sh installs what is missing.
# One profile (release) throughout, so that each crate is compiled once: dependencies as they are used, graticule itself less
# optimised, which takes a good part of the time away.
set -euo pipefail
cd "$(dirname "$0")/.."

title() { printf '\n==== %s [after %d s]\n' "$*" $SECONDS; }

title "setup"
ci/setup.sh
export GRATICULE_PYTHON=$PWD/target/venv/bin/python
GRATICULE_SAMPLE_DATA=$("$GRATICULE_PYTHON" -c 'import iris_sample_data; print(iris_sample_data.path)')
export GRATICULE_SAMPLE_DATA
export PYTHONDONTWRITEBYTECODE=1
# Lines of code in backtraces, and what is inlined across units, are not worth the time that they take to compile.
export CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_PROFILE_RELEASE_LTO=off
quickly=(--config 'profile.release.package.graticule.opt-level=1')

features=(--all-features)
if ! pkg-config --exists netcdf 2>/dev/null; then
    title "NOT TESTED: the feature netcdf, for want of libnetcdf (see ci/setup.sh)"
    features=(--features dask,icechunk,remote)
fi

title "format"
cargo fmt --check

title "lints"
cargo clippy --release --all-targets "${features[@]}" -- -D warnings
cargo clippy --release -- -D warnings

title "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps --lib "${features[@]}"

title "conformance cases against xarray"
"$GRATICULE_PYTHON" tests/conformance/oracle.py --check

title "unit, integration and doc tests"
cargo test --release "${quickly[@]}" "${features[@]}"

title "the Python package with the oldest Dask"
(cd python && ../target/venv-oldest/bin/python -m pytest -q -p no:cacheprovider)

title "conformance"
cargo test --release "${quickly[@]}" "${features[@]}" --test conformance -- --nocapture

title "the main job with the default features"
cargo run --release "${quickly[@]}" --example climatology

title "all passed"
