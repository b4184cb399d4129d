#!/usr/bin/env python3
"""Means by season and year of a real file with xarray: climate_oracle.py PATH VARIABLE OUT.

OUT is a folder that gets what `climatology_oracle.py` writes, with one result for each of
    RULE-mean, RULE-max, RULE-min, RULE-first    bins of a frequency
    rolling-12, -center, -least                  means of windows of 12, also centred, and of at least 3 values
    KEY-climatology, KEY-anomalies               by month, season, and month and season
`tests/climate.rs` computes the same.
"""

import sys
import warnings
from pathlib import Path

import xarray as xr
from climatology_oracle import write
from labelled_json import dumps

FREQUENCIES = ["QS-DEC", "YS", "YE-JUN", "10YS"]
KEYS = ["month", "season", "year"]


def results(array):
    """Each result by its name."""
    for freq in FREQUENCIES:
        bins = array.resample(time=freq)
        for op in ["mean", "max", "min", "first", "std", "count"]:
            yield f"{freq}-{op}", getattr(bins, op)()
    yield "rolling-12", array.rolling(time=12).mean()
    yield "rolling-12-center", array.rolling(time=12, center=True).mean()
    yield "rolling-12-least", array.rolling(time=12, min_periods=3).mean()
    for key in KEYS:
        groups = array.groupby(f"time.{key}")
        climatology = groups.mean("time")
        yield f"{key}-climatology", climatology
        yield f"{key}-anomalies", groups - climatology
    yield "up-interpolate", array.isel(time=slice(12)).resample(time="15D").interpolate("linear")


def main():
    path, variable, out = sys.argv[1:]
    warnings.simplefilter("ignore")
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with xr.open_dataset(path, engine="netcdf4") as ds, xr.set_options(use_flox=False, use_bottleneck=False):
        entries = {name: write(out, name, array) for name, array in results(ds[variable])}
    (out / "results.json").write_text(dumps(entries) + "\n")


if __name__ == "__main__":
    sys.exit(main())
