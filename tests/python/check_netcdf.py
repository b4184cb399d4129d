#!/usr/bin/env python3
"""Checks a file that tests/netcdf_write.rs has written, as netCDF4 and xarray read it.

    check_netcdf.py FILE
"""

import sys

import netCDF4
import numpy as np
import xarray as xr

path = sys.argv[1]
with netCDF4.Dataset(path) as ds:
    ds.set_auto_maskandscale(False)
    ds.set_auto_chartostring(False)
    assert ds.title == "a test", ds.title
    assert list(ds.levels) == [1, 2, 3] and ds.height == np.float32(2.5)
    assert ds.dimensions["time"].isunlimited() and len(ds.dimensions["time"]) == 4
    for rust, dtype in dict(i8="i1", i16="i2", i32="i4", i64="i8", u8="u1", u16="u2", u32="u4", u64="u8").items():
        v = ds[rust]
        assert v.dtype == np.dtype(dtype), (rust, v.dtype)
        assert v.dimensions == ("time", "x") and v.units == "m"
        assert v._FillValue == 7 and v._FillValue.dtype == v.dtype, rust
        assert (v[:] == np.arange(12).reshape(4, 3)).all(), rust
    for rust, dtype in dict(f32="f4", f64="f8").items():
        assert ds[rust].dtype == np.dtype(dtype) and (ds[rust][:] == np.arange(12).reshape(4, 3)).all()
    assert (ds["lazy"][:].ravel() == np.arange(600)).all()
    assert (ds["fixed"][:] == np.arange(50)).all()
    assert ds["scalar"][...] == 42
    if "chars" in ds.variables:
        assert ds["chars"][:].tobytes() == b"ab\0z\xe9x", ds["chars"][:]
    if ds.data_model == "NETCDF4":
        assert list(ds["texts"][:]) == ["eins", "zwei", "dräi"]
        assert ds["lazy"].chunking() == [2, 20, 3] and ds["lazy"].filters()["zlib"]

with xr.open_dataset(path) as ds:
    assert ds.sizes["time"] == 4
    assert int(ds["f64"].isnull().sum()) == 1
    ds.load()
