#!/usr/bin/env python3
"""Writes a Zarr store with shards of [8, 20] in chunks of [2, 10].

    write_sharded.py PATH
"""

import sys

import numpy as np
import xarray as xr

values = np.arange(40 * 60, dtype="f8").reshape(40, 60)
ds = xr.Dataset({"t": (("y", "x"), values)})
ds.to_zarr(sys.argv[1], encoding={"t": {"chunks": (2, 10), "shards": (8, 20)}}, zarr_format=3)
