"""Grouped and rolling reductions with xarray, flox, numbagg, bottleneck and pandas: the cases of `benches/groups.rs`,
which runs this script."""

import bottleneck
import flox
import numbagg
import numpy as np
import pandas as pd
import xarray as xr
from peer import serve

LABELS = 10_000
HOURS = 10_000


def make(arguments):
    steps, lats, lons = map(int, arguments)
    n = steps * lats * lons
    # One in seven is missing.
    values = (np.arange(n, dtype=np.uint32) * np.uint32(2_654_435_761) >> np.uint32(8)).astype(np.float32)
    values[::7] = np.nan
    field = xr.DataArray(
        values.reshape(steps, lats, lons),
        {"time": pd.date_range("2001-01-01", periods=steps, freq="h")},
        ["time", "lat", "lon"],
    )
    series = xr.DataArray(values.reshape(lats * lons, steps), dims=["cell", "time"], coords={"time": field["time"]})
    label = np.arange(steps, dtype=np.uint32) * np.uint32(2_654_435_761)
    label = xr.DataArray((label % LABELS).astype(np.int64), dims="time", name="label")
    # Regions of 18 x 36 cells or so, with ragged edges.
    lat, lon = np.meshgrid(np.arange(lats), np.arange(lons), indexing="ij")
    ragged = lon + lat * 7 % 5
    mask = lat * 10 // lats * 10 + ragged % lons * 10 // lons
    mask = xr.DataArray(mask.astype(np.int64), dims=["lat", "lon"], name="region")
    cases = {"series mean by month": lambda: series.groupby("time.month").mean("time")}
    for name in ["mean", "std", "max", "median"]:
        cases[f"{name} by month"] = lambda name=name: getattr(field.groupby("time.month"), name)("time")
    for name in ["mean", "max"]:
        cases[f"{name} by day of year"] = lambda name=name: getattr(field.groupby("time.dayofyear"), name)("time")
        cases[f"{name} by label"] = lambda name=name: getattr(field.groupby(label), name)("time")
    cases["mean by region"] = lambda: field.groupby(mask).mean(["lat", "lon"])
    cases["max by region"] = lambda: field.groupby(mask).max(["lat", "lon"])
    # xarray takes numbagg where it is there; bottleneck alone is called as xarray would.
    cases["rolling mean of 24"] = lambda: field.rolling(time=24).mean()
    cases["rolling mean of 24, bottleneck"] = lambda: bottleneck.move_mean(field.values, 24, axis=0)
    cases["rolling max of 24"] = lambda: field.rolling(time=24).max()
    hours = pd.Series(
        (np.arange(HOURS) % 97).astype(np.float32), pd.date_range("2001-01-01", periods=HOURS, freq="h", name="time")
    )
    labelled = xr.DataArray(hours)
    cases["10,000 hours to days"] = lambda: hours.resample("D").mean()
    cases["10,000 hours to days, xarray"] = lambda: labelled.resample(time="D").mean()
    return cases


serve(make, [xr, flox, numbagg, bottleneck, pd, np])
