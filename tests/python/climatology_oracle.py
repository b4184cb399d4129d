#!/usr/bin/env python3
"""Does the main job with xarray: climatology, anomalies, area-weighted mean of a variable.

    climatology_oracle.py PATH VARIABLE OUT [--start DATE] [--stop DATE]
                          [--lat LOW HIGH] [--lon LOW HIGH] [--float64] [--chunks N]
                          [--only NAME ...]

PATH is a NetCDF file or a Zarr store. The period and the box are label ranges with both ends in
them, the lower end first whatever the order of the axis; dates may be partial. --float64 computes
in float64 instead of the dtype of the data. --chunks N computes with dask, N time steps at once.
--only computes some of the results.

OUT is a folder; it gets results.json,
    {"climatology": {"file", "dims", "shape", "dtype", "labels"}, "anomalies": ..., "series": ...}
and for each of the three a file of raw little-endian values in row-major order. `labels` holds the
coordinate of each dim that has one, as {"shape", "dtype", "data"}. `climatology` is the mean per
calendar month, `series` the mean of the anomalies over the box with weights cos(latitude).
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import xarray as xr
from labelled_json import array_to_json, dumps
from read_back import is_zarr


def find_dim(array, word):
    """The dim whose coordinate is the latitude or longitude."""
    for dim in array.dims:
        attrs = array[dim].attrs
        if attrs.get("standard_name") == word or str(dim).lower() in (word, word[:3]):
            return dim
    raise SystemExit(f"no {word} among the dims {array.dims}")


def label_range(array, dim, low, high):
    index = array.indexes[dim]
    return slice(low, high) if index.is_monotonic_increasing else slice(high, low)


def compute(array, args):
    """(climatology, anomalies, series) of the selected part of `array`."""
    lat, lon = find_dim(array, "latitude"), find_dim(array, "longitude")
    array = array.sel({"time": slice(args.start, args.stop)})
    for dim, bounds in ((lat, args.lat), (lon, args.lon)):
        if bounds:
            array = array.sel({dim: label_range(array, dim, *bounds)})
    if args.float64:
        array = array.astype("float64")
    climatology = array.groupby("time.month").mean("time")
    anomalies = array.groupby("time.month") - climatology
    weights = np.cos(np.deg2rad(array[lat]))
    return climatology, anomalies, anomalies.weighted(weights).mean([lat, lon])


def write(out, name, array):
    """Stores the values of one result; returns its entry in results.json."""
    values = array.values
    little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    (out / f"{name}.bin").write_bytes(little.tobytes())
    labels = {str(d): array_to_json(array[d].values) for d in array.dims if d in array.indexes}
    return {
        "file": f"{name}.bin",
        "dims": [str(d) for d in array.dims],
        "shape": list(values.shape),
        "dtype": values.dtype.name,
        "labels": labels,
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path")
    parser.add_argument("variable")
    parser.add_argument("out", type=Path)
    parser.add_argument("--start")
    parser.add_argument("--stop")
    parser.add_argument("--lat", type=float, nargs=2, metavar=("LOW", "HIGH"))
    parser.add_argument("--lon", type=float, nargs=2, metavar=("LOW", "HIGH"))
    parser.add_argument("--float64", action="store_true")
    parser.add_argument("--chunks", type=int)
    parser.add_argument("--only", nargs="+", default=["climatology", "anomalies", "series"])
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    engine = "zarr" if is_zarr(args.path) else "netcdf4"
    chunks = {"time": args.chunks} if args.chunks else None
    args.out.mkdir(parents=True, exist_ok=True)
    with xr.open_dataset(args.path, engine=engine, chunks=chunks) as ds:
        results = zip(
            ("climatology", "anomalies", "series"), compute(ds[args.variable], args), strict=True
        )
        entries = {name: write(args.out, name, array) for name, array in results if name in args.only}
    (args.out / "results.json").write_text(dumps(entries) + "\n")


if __name__ == "__main__":
    sys.exit(main())
