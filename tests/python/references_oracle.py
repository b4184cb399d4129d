#!/usr/bin/env python3
"""Kerchunk references: files to refer to, those of kerchunk, and whether xarray opens ours.

    references_oracle.py make FOLDER             writes NetCDF files, prints their paths
    references_oracle.py kerchunk FILE JSON ...  writes kerchunk's references to each NetCDF4 file
    references_oracle.py check FILE JSON ...     compares what xarray opens by references with what it opens from the file

`check` prints a line for each variable that is the same: the file, the group, the name.
"""

import json
import sys
import warnings
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import xarray as xr
import zarr

rng = np.random.default_rng(5)


def make(folder):
    folder = Path(folder)
    shape, noise = (10, 301, 7), lambda: rng.normal(size=(10, 301, 7))

    def sized(n):
        n.createDimension("time", None)
        n.createDimension("y", 301)
        n.createDimension("x", 7)

    with netCDF4.Dataset(folder / "filters.nc", "w") as n:
        sized(n)
        n.title = "filters"
        n.numbers = np.arange(3, dtype="i2")
        time = n.createVariable("time", "f8", ("time",))
        time[:] = np.arange(10)
        time.units = "days since 2000-01-01"
        kinds = {
            "plain": {},
            "shuffled": {"zlib": True, "shuffle": True, "chunksizes": (4, 50, 5)},
            "checked": {"zlib": True, "shuffle": True, "fletcher32": True, "chunksizes": (4, 50, 5)},
            "checked_filled": {"zlib": True, "shuffle": True, "fletcher32": True, "chunksizes": (4, 50, 5)},
            "only_checked": {"fletcher32": True, "chunksizes": (4, 50, 5)},
            "deflated": {"zlib": True, "shuffle": False, "complevel": 9, "chunksizes": (10, 301, 7)},
            "zstd": {"compression": "zstd", "chunksizes": (3, 301, 7)},
            "filled": {"zlib": True, "fill_value": -999.0},
            "big": {"endian": "big"},
            "big_deflated": {"zlib": True, "endian": "big", "chunksizes": (4, 50, 5)},
        }
        for name, kind in kinds.items():
            v = n.createVariable(name, "f4" if "fill" in name else "f8", ("time", "y", "x"), **kind)
            v[:] = noise()
        for dtype in ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4"]:
            v = n.createVariable(f"of_{dtype}", dtype, ("time", "y", "x"), zlib=True)
            v[:] = rng.integers(0, 120, shape)
        # Nobody wrote the second half.
        sparse = n.createVariable("sparse", "i4", ("y", "x"), zlib=True, chunksizes=(50, 7), fill_value=-1)
        sparse[:150] = 7
        unsaid = n.createVariable("unsaid", "i4", ("y", "x"), zlib=True, chunksizes=(50, 7))
        unsaid[:150] = 7
        n.createVariable("nothing", "f8", ("y", "x"), fill_value=-1.0)
        packed = n.createVariable("packed", "i2", ("time", "y", "x"), zlib=True, fill_value=-1)
        packed.set_auto_maskandscale(False)
        packed.scale_factor = 0.01
        packed.add_offset = 273.15
        packed[:] = rng.integers(-1, 1000, shape)
        n.createVariable("scalar", "f8", ())[:] = 2.5
    with netCDF4.Dataset(folder / "texts.nc", "w") as n:
        sized(n)
        n.createDimension("letters", 40)
        n.createVariable("names", str, ("y",))[:] = np.array([f"nämé {i}" * (i % 3) for i in range(301)], object)
        n.createVariable("letters_of", "S1", ("y", "letters"), zlib=True)[:] = rng.choice(
            np.array(list("abc"), "S1"), (301, 40)
        )
        n.createVariable("one", str, ())[...] = "text"
    with netCDF4.Dataset(folder / "groups.nc", "w") as n:
        sized(n)
        a = n.createGroup("a")
        a.createDimension("z", 3)
        v = a.createGroup("b").createVariable("deep", "f4", ("time", "z", "y"), zlib=True)
        v[:] = rng.normal(size=(5, 3, 301))
        a.createVariable("y", "i4", ("z",))[:] = [1, 2, 3]
        a.note = "of a group"
        n.createVariable("top", "f8", ("y", "x"))[:] = 1.5
    with h5py.File(folder / "user_block.nc", "w", userblock_size=1024) as h:
        h["a"] = np.arange(5000.0)
        h.create_dataset("b", data=np.arange(5000), chunks=(512,), compression="gzip", shuffle=True)
        options = {"chunks": (512,), "shuffle": True, "fletcher32": True}
        h.create_dataset("checked_last", data=np.arange(5000), compression="gzip", **options)
        h.create_dataset("c", data=np.arange(5000), chunks=(512,), compression="lzf")
        h.create_dataset("d", data=np.arange(5000), chunks=(512,), scaleoffset=0)
    for name, format in [("classic.nc", "NETCDF3_CLASSIC"), ("cdf5.nc", "NETCDF3_64BIT_DATA")]:
        with netCDF4.Dataset(folder / name, "w", format=format) as n:
            sized(n)
            n.createVariable("time", "f8", ("time",))[:] = np.arange(10)
            for dtype in ["i1", "i2", "i4", "f4", "f8"]:
                n.createVariable(f"record_{dtype}", dtype, ("time", "y", "x"))[:] = rng.integers(0, 99, shape)
                n.createVariable(f"fixed_{dtype}", dtype, ("y", "x"))[:] = rng.integers(0, 99, (301, 7))
            n.createVariable("chars", "S1", ("y", "x"))[:] = rng.choice(np.array(list("abc"), "S1"), (301, 7))
    with netCDF4.Dataset(folder / "one_record.nc", "w", format="NETCDF3_CLASSIC") as n:
        sized(n)
        # The only record variable is not padded.
        n.createVariable("v", "i2", ("time", "y"))[:] = rng.integers(0, 99, (10, 301))
    for path in sorted(folder.glob("*.nc")):
        print(path)


def kerchunk(pairs):
    from kerchunk.hdf import SingleHdf5ToZarr

    for file, out in pairs:
        with open(file, "rb") as f:
            references = SingleHdf5ToZarr(f, file, inline_threshold=100).translate()
        Path(out).write_text(json.dumps(references))


def groups(node, path=""):
    yield path
    for name, group in node.groups.items():
        yield from groups(group, f"{path}/{name}".strip("/"))


def check(pairs):
    for file, references in pairs:
        with netCDF4.Dataset(file) as n:
            paths = list(groups(n))
        # By references of kerchunk too, fsspec lists nothing in groups, so xarray finds nothing: zarr opens what it is told.
        for path in paths[1:]:
            there = xr.open_dataset(file, engine="netcdf4", group=path, decode_cf=False)
            for name in there.variables:
                options = {"storage_options": {"fo": references}, "zarr_format": 2, "mode": "r"}
                array = zarr.open_array("reference://", path=f"{path}/{name}", **options)
                assert array.attrs["_ARRAY_DIMENSIONS"] == list(there[name].dims), (file, path, name)
                assert np.array_equal(array[...], there[name]), (file, path, name)
                print(file, path, name, sep="\t")
        for decode in [False, True]:
            here = xr.open_dataset(
                "reference://",
                engine="zarr",
                decode_cf=decode,
                backend_kwargs={"consolidated": False, "storage_options": {"fo": references}},
            )
            there = xr.open_dataset(file, engine="netcdf4", decode_cf=decode)
            assert here.attrs.keys() == there.attrs.keys(), (file, here.attrs, there.attrs)
            for name in here.variables:
                a, b = here[name], there[name]
                assert a.dims == b.dims and a.shape == b.shape, (file, name, a.dims, b.dims)
                same = [np.array_equal, np.allclose][decode]
                numbers = a.dtype.kind in "fiu" and b.dtype.kind in "fiu"
                equal = same(a, b, equal_nan=True) if numbers else a.values.tolist() == b.values.tolist()
                assert equal, (file, name, a.values, b.values)
                if not decode:
                    texts = {a.dtype.kind, b.dtype.kind} <= set("OTU")
                    assert a.dtype == b.dtype or texts, (file, name, a.dtype, b.dtype)
                    skipped = {"_ARRAY_DIMENSIONS", "_FillValue"}
                    assert a.attrs.keys() - skipped == b.attrs.keys() - skipped, (file, name, a.attrs, b.attrs)
                    print(file, name, sep="\t")


warnings.simplefilter("ignore")
what, *rest = sys.argv[1:]
if what == "make":
    make(*rest)
else:
    pairs = list(zip(rest[::2], rest[1::2]))
    {"kerchunk": kerchunk, "check": check}[what](pairs)
