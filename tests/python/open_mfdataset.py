#!/usr/bin/env python3
"""Opens the files that a pattern matches as one dataset with xarray, and prints what it is.

    open_mfdataset.py PATTERN
"""

import sys

import xarray as xr

ds = xr.open_mfdataset(sys.argv[1], data_vars="minimal", coords="minimal", compat="override", join="exact")
print(dict(ds.sizes), ds.height.dims, ds.attrs["title"], ds.t.dtype, float(ds.t.astype("f8").sum()))
print(str(ds.time.values[-1])[:10], [float(x) for x in ds.t.isel(time=31)])
