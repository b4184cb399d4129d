#!/usr/bin/env python3
"""Prints a dataset as xarray reads it, in the JSON form of labelled_json.py.

    read_back.py PATH [--group GROUP] [--no-decode] [--encoding] [--header] [--engine ENGINE]

PATH is a NetCDF file or a Zarr store. --no-decode switches CF decoding off; --encoding adds
what xarray remembers of the storage (chunks, packing, units); --header leaves out the elements.
"""

import argparse
import sys
import warnings
from pathlib import Path

import xarray as xr
import zarr
from labelled_json import dumps, object_to_json


def read(path, group=None, decode=True, encoding=False, engine=None, drop=()):
    """The dataset at `path`, without the variables `drop`, as JSON."""
    engine = engine or ("zarr" if is_zarr(path) else "netcdf4")
    if str(path).endswith(".zip"):
        # zarr-python tells archives by the class of the store only.
        path = zarr.storage.ZipStore(path, mode="r")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"group": group, "engine": engine, "decode_cf": decode, "cache": False}
        with xr.open_dataset(path, drop_variables=drop, **options) as ds:
            out = object_to_json(ds.load())
    if not encoding:
        for part in ("data_vars", "coords"):
            for variable in out[part].values():
                variable.pop("encoding", None)
    return out


def is_zarr(path):
    """Zarr stores are folders (or zip files)."""
    return Path(path).is_dir() or str(path).endswith(".zip")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path")
    parser.add_argument("--group")
    parser.add_argument("--no-decode", action="store_true")
    parser.add_argument("--encoding", action="store_true")
    parser.add_argument("--header", action="store_true")
    parser.add_argument("--engine", help="xarray's backend; by default netcdf4 or zarr")
    args = parser.parse_args()
    out = read(args.path, args.group, not args.no_decode, args.encoding, args.engine)
    if args.header:
        for part in ("data_vars", "coords"):
            for variable in out[part].values():
                del variable["data"]
    print(dumps(out))


if __name__ == "__main__":
    sys.exit(main())
