#!/usr/bin/env python3
"""Checks the files that tests/compression.rs has written with each compression, as xarray reads them.

    check_compression.py FOLDER
"""

import sys
from pathlib import Path

import netCDF4
import numpy as np
import xarray as xr
import zarr

CODECS = {"None": [], "Fast": ["lz4"], "Balanced": ["zstd"], "Small": ["zstd"]}
LEVELS = {"None": None, "Fast": 1, "Balanced": 4, "Small": 9}

folder = Path(sys.argv[1])
t, y, x = np.ogrid[:24, :90, :180]
t, y, x = (a.astype("f8") for a in (t, y, x))
smooth = (280.0 + 0.01 * y * (90.0 - y) - 0.002 * x * (180.0 - x) + 0.05 * t * y).astype("f4")


def check(ds):
    """All values, whatever the format."""
    assert ds["smooth"].dtype == "f4" and (ds["smooth"] == smooth).all()
    assert (ds["whole"] == smooth.astype("i4") * 10).all()
    rounded = np.floor(np.abs(smooth) + np.float32(0.5)) * np.sign(smooth)
    assert (ds["packed"] == rounded).all() and ds["packed"].encoding["dtype"] == "int16"
    assert ds["warm"].dtype == bool and (ds["warm"] == (smooth > 285)).all()
    assert ds["when"].dtype.kind == "M" and str(ds["when"].values[23])[:13] == "1970-01-01T23"
    assert [str(n) for n in ds["name"].values] == [f"row {i} of the field" for i in range(90)]
    assert ds["scalar"] == 7


for name, codecs in CODECS.items():
    with xr.open_dataset(folder / f"{name}.zarr", engine="zarr") as ds:
        check(ds.load())
    with xr.open_dataset(folder / f"{name}.nc") as ds:
        check(ds.load())
    group = zarr.open_group(folder / f"{name}.zarr", mode="r")
    for variable, size in dict(smooth=4, whole=4, packed=2, warm=1, when=8).items():
        compressors = [c.to_dict()["configuration"] for c in group[variable].compressors]
        assert [c["cname"] for c in compressors] == codecs, (name, variable, compressors)
        for c in compressors:
            assert c["shuffle"] == "shuffle" and c["typesize"] == size, (name, variable, c)
    assert [c.to_dict()["name"] for c in group["name"].compressors] == (["zstd"] if codecs else [])
    with netCDF4.Dataset(folder / f"{name}.nc") as ds:
        for variable in ["smooth", "whole", "packed", "warm", "when"]:
            filters = ds[variable].filters()
            level = LEVELS[name]
            assert filters["zlib"] == filters["shuffle"] == (level is not None), (name, variable, filters)
            assert level is None or filters["complevel"] == level, (name, variable, filters)
