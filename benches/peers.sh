#!/bin/sh
# Makes target/peers, the Python environment of the benches that run beside peers (cargo bench --bench groups,
# benches/workloads). Apart from target/venv, whose xarray works without flox and numbagg.
set -eu
cd "$(dirname "$0")/.."
"${PYTHON:-python3}" -m venv target/peers
target/peers/bin/pip install --quiet --disable-pip-version-check -r benches/requirements.txt
