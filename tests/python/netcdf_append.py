#!/usr/bin/env python3
"""Adds datasets to NetCDF files as xarray does (`mode="a"`), and compares files with those.

    netcdf_append.py make FOLDER       writes for each case CASE.nc, the same file twice over (CASE-ours.nc,
                                       CASE-xarray.nc) and what is to be added (CASE-add.nc); adds it to the
                                       latter with xarray; prints the cases with their groups
    netcdf_append.py compare FOLDER    compares CASE-ours.nc with CASE-xarray.nc
    netcdf_append.py refuse FOLDER     writes user.nc, which has a variable of a type of its own
"""

import json
import os
import shutil
import sys

import netCDF4
import numpy as np
import xarray as xr


def days(start, n):
    return np.datetime64(start, "ns") + np.arange(n) * np.timedelta64(1, "D")


def base():
    t = (("time", "x"), np.arange(6.0).reshape(3, 2), {"units": "K", "long_name": "old"})
    u = (("x",), np.array([1, 2], dtype="i4"), {"flag": 1})
    coords = {"time": days("2000-01-01", 3), "x": [10, 20]}
    return xr.Dataset({"t": t, "u": u}, coords=coords, attrs={"title": "old", "kept": 1})


def t(values, **attrs):
    return xr.Dataset({"t": (("time", "x"), values, attrs)})


V = xr.Dataset({"v": (("y",), [1.0, 2.0, np.nan])})
PACKED = {"t": {"dtype": "i2", "scale_factor": 0.5, "_FillValue": -1, "zlib": True, "chunksizes": (2, 2)}}
CLASSIC = [("cdf1", "NETCDF3_CLASSIC"), ("cdf2", "NETCDF3_64BIT"), ("cdf5", "NETCDF3_64BIT_DATA")]

# Name, how the file was written, what is added, group, how what is added was written.
CASES = [
    ("overwritten", {}, t(10 + np.arange(6.0).reshape(3, 2), units="C", new=1).assign_attrs(title="new", b=2), "", {}),
    ("new", {}, V, "", {}),
    ("new-unlimited", {}, V, "", {"unlimited_dims": ["y"]}),
    ("fixed-stays-fixed", {}, t(np.ones((3, 2))), "", {"unlimited_dims": ["time"]}),
    ("wider", {}, t(np.full((3, 2), 1.5, "f4")), "", {}),
    ("unlimited", {"unlimited_dims": ["time"]}, t(np.ones((3, 2))), "", {}),
    ("times", {}, xr.Dataset({"w": (("time",), [1.0, 2.0, 3.0])}, coords={"time": days("2001-01-01", 3)}), "", {}),
    ("group", {}, V.assign_attrs(g=1), "g/h", {}),
    ("group-of-other-length", {}, xr.Dataset({"v": (("x",), [1.0, 2.0, 3.0])}), "g", {}),
    ("compressed", {}, V, "", {"encoding": {"v": {"zlib": True, "complevel": 5, "chunksizes": (2,)}}}),
    ("others-stay-packed", {"encoding": PACKED}, V, "", {}),
    ("coordinates", {}, xr.Dataset({"v": (("x",), [1.0, 2.0])}, coords={"lat": ("x", [3.0, 4.0])}), "", {}),
    ("coordinates-anew", {}, t(np.ones((3, 2))).assign_coords(lat=("x", [3.0, 4.0])), "", {}),
    ("free-coordinate", {}, xr.Dataset({"s": (("x",), [1, 2])}, coords={"h": 2.0, "free": ("z", [1, 2, 3])}), "", {}),
    ("texts", {}, xr.Dataset({"s": (("x",), np.array(["a", "bb"], dtype=object))}), "", {}),
] + [
    (f"{name}-{record}", {"format": form, "unlimited_dims": [record] if record else []}, xr.Dataset({"v": V["v"], "u": (("x",), np.array([7, 8], "i4"))}), "", {"format": form})
    for name, form in CLASSIC
    for record in ["", "time"]
]


def path(folder, name):
    return os.path.join(folder, name + ".nc")


def make(folder):
    for name, written, add, group, added in CASES:
        first = path(folder, name)
        base().to_netcdf(first, engine="netcdf4", **written)
        other = xr.Dataset({"o": (("k", "l"), np.arange(12, dtype="i2").reshape(3, 4), {"b": "c"})}, attrs={"of": "other"})
        if "format" not in written:
            # Another group, that uses a dimension of the root.
            other["p"] = ("x", [5, 6])
            chunked = {"o": {"zlib": True, "chunksizes": (2, 3), "fletcher32": True}}
            other.to_netcdf(first, mode="a", group="other/one", engine="netcdf4", encoding=chunked)
        for copy in ["-ours", "-xarray"]:
            shutil.copy(first, path(folder, name + copy))
        add.to_netcdf(path(folder, name + "-add"), engine="netcdf4", **added)
        with xr.open_dataset(path(folder, name + "-add")) as opened:
            opened.load().to_netcdf(path(folder, name + "-xarray"), mode="a", group=group or None, engine="netcdf4")
    print(json.dumps([[case[0], case[3]] for case in CASES]))


def dims(group):
    """Those that a variable of the group uses: groups that we write have dimensions of their own."""
    found = {}
    for v in group.variables.values():
        for dim in v.get_dims():
            found[dim.name] = (len(dim), dim.isunlimited())
    return found


def plain(value):
    return value.dtype.str, value.tolist() if isinstance(value, np.ndarray) else [value.item()]


def same(a, b, place):
    assert a == b, f"{place}: {a} where xarray has {b}"


def attributes(owner):
    found = {}
    for name in owner.ncattrs():
        value = owner.getncattr(name)
        found[name] = value if isinstance(value, str) else repr(plain(np.asarray(value)))
    return found


def compare_groups(ours, theirs, place, raw):
    same(ours.data_model, theirs.data_model, place)
    same(dims(ours), dims(theirs), f"{place} dims")
    same(attributes(ours), attributes(theirs), place)
    same(list(ours.variables), list(theirs.variables), place)
    same(list(ours.groups), list(theirs.groups), place)
    for name, b in theirs.variables.items():
        a, here = ours.variables[name], f"{place}/{name}"
        same((a.dtype, a.dimensions, a.shape), (b.dtype, b.dimensions, b.shape), here)
        if not raw:
            continue
        same(attributes(a), attributes(b), here)
        for v in (a, b):
            v.set_auto_maskandscale(False)
        np.testing.assert_array_equal(a[:], b[:], here)
        if ours.data_model == "NETCDF4":
            same((a.filters(), a.chunking()), (b.filters(), b.chunking()), here)
    for name in theirs.groups:
        compare_groups(ours.groups[name], theirs.groups[name], f"{place}/{name}", raw)


def compare(folder):
    for name, _, _, group, _ in CASES:
        ours, theirs = path(folder, name + "-ours"), path(folder, name + "-xarray")
        with netCDF4.Dataset(ours) as a, netCDF4.Dataset(theirs) as b:
            # Times keep the units of the file, where xarray writes others.
            compare_groups(a, b, name, raw=name != "times")
        for g in {group, ""}:
            with xr.open_dataset(ours, group=g or None) as a, xr.open_dataset(theirs, group=g or None) as b:
                xr.testing.assert_identical(a.load(), b.load())
    print(len(CASES))


def refuse(folder):
    with netCDF4.Dataset(path(folder, "user"), "w") as f:
        kind = f.createCompoundType(np.dtype([("a", "i4"), ("b", "f8")]), "pair")
        f.createDimension("n", 2)
        f.createVariable("of_pairs", kind, ("n",))
        f.createVariable("v", "i4", ("n",))[:] = [1, 2]


{"make": make, "compare": compare, "refuse": refuse}[sys.argv[1]](sys.argv[2])
