#!/usr/bin/env python3
"""Prints the mean of every variable of some NetCDF files, as xarray reads them.

    means_oracle.py FILE...

One JSON line per variable (coordinates too, groups too):
    {"file", "group", "name", "dims", "shape", "dtype", "mean", "nans"}
`mean` is that of the present values in float64 ("NaN" where there are none), null for text and
times; `nans` counts the missing ones. What xarray cannot read gives a line with "error":
    {"file", "group", "name" (or null: the whole group), "error"}
"""

import argparse
import sys
import warnings

import netCDF4
import numpy as np
import xarray as xr
from labelled_json import dumps, elements_to_json, float_to_json


def groups(dataset, path=""):
    """All group paths of a netCDF4 dataset; "" is the root."""
    yield path
    for name, group in dataset.groups.items():
        yield from groups(group, f"{path}/{name}" if path else name)


def describe(variable):
    values = variable.values
    try:
        dtype = elements_to_json(values.ravel())[0]
    except Exception:  # an object array of something else
        dtype = str(values.dtype)
    out = {"dims": list(variable.dims), "shape": list(values.shape), "dtype": dtype}
    if values.dtype.kind not in "fiub":
        return {**out, "mean": None, "nans": int(variable.isnull().sum())}
    present = values[~np.isnan(values)].astype("float64")
    mean = float(present.mean()) if present.size else float("nan")
    return {**out, "mean": float_to_json(mean), "nans": int(values.size - present.size)}


def lines(path, group, names):
    """Opens a group; where that fails, each of its variables alone."""
    where = {"file": path, "group": group}
    try:
        with xr.open_dataset(path, group=group or None, engine="netcdf4") as ds:
            for name in ds.variables:
                yield from variable_line(where, ds, name)
        return
    except Exception as error:
        yield {**where, "name": None, "error": f"{type(error).__name__}: {error}"}
    for name in names:
        others = [n for n in names if n != name]
        try:
            with xr.open_dataset(
                path, group=group or None, engine="netcdf4", drop_variables=others
            ) as ds:
                yield from variable_line(where, ds, name)
        except Exception as error:
            yield {**where, "name": name, "error": f"{type(error).__name__}: {error}"}


def variable_line(where, ds, name):
    try:
        yield {**where, "name": str(name), **describe(ds.variables[name])}
    except Exception as error:
        yield {**where, "name": str(name), "error": f"{type(error).__name__}: {error}"}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+")
    warnings.simplefilter("ignore")
    for path in parser.parse_args().files:
        try:
            with netCDF4.Dataset(path) as dataset:
                found = [
                    (g, list((dataset[g] if g else dataset).variables)) for g in groups(dataset)
                ]
        except Exception as error:
            print(dumps({"file": path, "group": "", "name": None, "error": str(error)}))
            continue
        for group, names in found:
            for line in lines(path, group, names):
                print(dumps(line), flush=True)


if __name__ == "__main__":
    sys.exit(main())
