#!/usr/bin/env python3
"""Writes small NetCDF files and Zarr stores of many kinds, and what xarray reads from them.

    make_fixtures.py DIR

DIR gets the files and manifest.json:
    {"versions", "fixtures": [{"path", "group", "decode", "dropped", "doc", "expected"}, ...]}
`path` is relative to DIR, `group` null or a group inside, `decode` says whether CF decoding was
on, and `expected` is the dataset in the JSON form of labelled_json.py, with attributes. `dropped`
names variables that are no labelled arrays and therefore left out of it. Each fixture is there
twice, decoded and raw.
"""

import argparse
import shutil
import sys
import warnings
from pathlib import Path

import h5py
import netCDF4
import numcodecs
import numpy as np
import pandas as pd
import xarray as xr
import zarr
from labelled_json import dumps
from read_back import read
from zarr.codecs import (
    BloscCodec,
    BytesCodec,
    Crc32cCodec,
    GzipCodec,
    TransposeCodec,
    ZstdCodec,
)

FIXTURES = []


def fixture(name, doc=None, groups=(None,), engine=None, dropped=()):
    """Registers a function that writes the file or store `name`."""

    def register(function):
        FIXTURES.append((name, function, doc or function.__doc__, groups, engine, list(dropped)))
        return function

    return register


def wave(*shape, dtype="float32"):
    """Values that are easy to tell apart."""
    n = int(np.prod(shape))
    return (np.sin(np.arange(n) * 0.7) * 100).round(2).reshape(shape).astype(dtype)


# ------------------------------------------------------------------------------- NetCDF


def grid(ds, times=3, lats=4, lons=5, unlimited=True):
    """Dimensions and coordinates of a small field."""
    ds.createDimension("time", None if unlimited else times)
    ds.createDimension("lat", lats)
    ds.createDimension("lon", lons)
    time = ds.createVariable("time", "f8", ("time",))
    time.units, time.calendar, time.standard_name = (
        "hours since 1990-01-01 00:00:00",
        "standard",
        "time",
    )
    time[:] = np.arange(times) * 6.0
    for name, size, units in (("lat", lats, "degrees_north"), ("lon", lons, "degrees_east")):
        variable = ds.createVariable(name, "f4", (name,))
        variable.units = units
        variable[:] = np.arange(size) * 2.5 - 4


def classic(path, form):
    """Record and fixed variables, bytes, characters, attributes of every type."""
    with netCDF4.Dataset(path, "w", format=form) as ds:
        grid(ds)
        ds.title, ds.version, ds.factors = "a title with ü", np.int32(3), np.array([0.5, 2.0])
        ds.createDimension("chars", 6)
        for name, kind in (
            ("bytes", "i1"),
            ("shorts", "i2"),
            ("ints", "i4"),
            ("floats", "f4"),
            ("doubles", "f8"),
        ):
            variable = ds.createVariable(name, kind, ("time", "lat", "lon"))
            variable[:] = wave(3, 4, 5, dtype=kind)
        ds.createVariable("fixed", "i2", ("lat",))[:] = [1, -2, 3, 32767]
        ds.createVariable("scalar", "f8", ())[...] = 2.75
        label = ds.createVariable("label", "S1", ("lat", "chars"))
        label[:] = netCDF4.stringtochar(np.array(["alpha", "be", "", "deltas"], "S6"))
        gaps = ds.createVariable("gaps", "f4", ("lat", "lon"), fill_value=np.float32(-1e30))
        gaps[:] = np.ma.masked_less(wave(4, 5), 0)
        gaps.long_name, gaps.range = "with gaps", np.array([0, 100], "f4")
        if form == "NETCDF3_64BIT_DATA":
            for kind in ("u1", "u2", "u4", "i8", "u8"):
                top = np.iinfo(kind).max
                ds.createVariable(kind, kind, ("lon",))[:] = np.array([0, 1, 2, top - 1, top], kind)


for _form in (
    "NETCDF3_CLASSIC",
    "NETCDF3_64BIT_OFFSET",
    "NETCDF3_64BIT_DATA",
    "NETCDF4_CLASSIC",
    "NETCDF4",
):
    _name = _form.lower().replace("_", "-") + ".nc"
    fixture(_name, f"{_form}: {classic.__doc__}")(lambda path, form=_form: classic(path, form))


@fixture("one-record-variable.nc")
def one_record_variable(path):
    """Classic, a single record variable of 3-byte records: no padding between them."""
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as ds:
        ds.createDimension("t", None)
        ds.createDimension("x", 3)
        ds.createVariable("v", "i1", ("t", "x"))[:] = np.arange(15, dtype="i1").reshape(5, 3)


@fixture("no-records.nc")
def no_records(path):
    """Classic, an unlimited dim of length 0."""
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as ds:
        ds.createDimension("t", None)
        ds.createDimension("x", 2)
        ds.createVariable("v", "f4", ("t", "x"))
        ds.createVariable("x", "i4", ("x",))[:] = [1, 2]


@fixture("filters.nc")
def filters(path):
    """Chunks that do not divide the shape, deflate, shuffle, checksums, big-endian."""
    with netCDF4.Dataset(path, "w") as ds:
        grid(ds, 7, 11, 13)
        dims, data = ("time", "lat", "lon"), wave(7, 11, 13)
        kinds = {
            "contiguous": {"contiguous": True},
            "chunked": {"chunksizes": (2, 4, 5)},
            "deflate": {"zlib": True, "complevel": 4, "shuffle": False, "chunksizes": (3, 4, 13)},
            "shuffle": {"zlib": True, "complevel": 1, "shuffle": True, "chunksizes": (1, 11, 6)},
            "fletcher": {"fletcher32": True, "chunksizes": (7, 3, 3)},
            "all_three": {
                "zlib": True,
                "shuffle": True,
                "fletcher32": True,
                "chunksizes": (2, 6, 7),
            },
            "one_chunk": {"zlib": True, "chunksizes": (7, 11, 13)},
            "big": {"endian": "big", "chunksizes": (2, 4, 5)},
            "rounded": {"zlib": True, "least_significant_digit": 1, "chunksizes": (3, 5, 6)},
        }
        for name, options in kinds.items():
            own = dims if name != "contiguous" else ("lat", "lon")
            variable = ds.createVariable(name, "f4", own, **options)
            variable[:] = data if name != "contiguous" else data[0]
        ds.createVariable("doubles", "f8", dims, zlib=True, chunksizes=(4, 4, 4))[:] = wave(
            7, 11, 13, dtype="f8"
        )


def other_filter(path, name):
    with netCDF4.Dataset(path, "w") as ds:
        ds.createDimension("x", 40)
        ds.createDimension("y", 30)
        variable = ds.createVariable("v", "f4", ("x", "y"), compression=name, chunksizes=(16, 30))
        variable[:] = wave(40, 30)


for _name in ("zstd", "bzip2", "blosc_lz4", "blosc_zstd", "szip"):
    fixture(f"filter-{_name}.nc", f"compressed with {_name}")(
        lambda path, name=_name: other_filter(path, name)
    )


@fixture("unlimited.nc")
def unlimited(path):
    """Two unlimited dims, variables of different length along one, chunks never written."""
    with netCDF4.Dataset(path, "w") as ds:
        ds.createDimension("t", None)
        ds.createDimension("s", None)
        long = ds.createVariable("long", "i4", ("t",))
        long[:] = np.arange(6)
        ds.createVariable("short", "f4", ("t",), chunksizes=(2,))[:2] = [1.5, 2.5]
        holes = ds.createVariable("holes", "f8", ("t", "s"), chunksizes=(2, 2), fill_value=-1.0)
        holes[4:6, 3:5] = 7.0
        ds.createVariable("nothing", "i2", ("t",), chunksizes=(4,))
        ds.createVariable("no_fill", "i4", ("s",), fill_value=False)[:] = np.arange(5)


@fixture("integers.nc")
def integers(path):
    """All integer types with their extremes, scalars, an empty dim."""
    with netCDF4.Dataset(path, "w") as ds:
        ds.createDimension("x", 3)
        ds.createDimension("none", 0)
        for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"):
            limits = np.iinfo(kind)
            ds.createVariable(kind, kind, ("x",))[:] = np.array([limits.min, 1, limits.max], kind)
        ds.createVariable("scalar", "i8", ())[...] = -(2**40)
        ds.createVariable("empty", "f4", ("none", "x"))


@fixture("groups.nc", groups=(None, "model", "model/surface", "observations"))
def groups(path):
    """Groups that use the dims of their parents."""
    with netCDF4.Dataset(path, "w") as ds:
        grid(ds, unlimited=False)
        ds.title = "the root"
        model = ds.createGroup("model")
        model.createDimension("level", 2)
        model.createVariable("level", "f8", ("level",))[:] = [1000.0, 500.0]
        model.createVariable("t", "f4", ("level", "lat", "lon"))[:] = wave(2, 4, 5)
        surface = model.createGroup("surface")
        surface.source = "below"
        surface.createVariable("p", "f8", ("lat", "lon"), zlib=True)[:] = wave(4, 5, dtype="f8")
        observations = ds.createGroup("observations")
        observations.createDimension("lat", 2)
        observations.createVariable("v", "i2", ("lat",))[:] = [1, 2]


@fixture("strings.nc")
def strings(path):
    """Strings of any length, characters, string attributes."""
    with netCDF4.Dataset(path, "w") as ds:
        ds.createDimension("x", 3)
        ds.createDimension("len", 5)
        ds.createVariable("names", str, ("x",))[:] = np.array(
            ["short", "", "a much longer one, ünïcode"], object
        )
        ds.createVariable("one", str, ())[...] = "alone"
        chars = ds.createVariable("chars", "S1", ("x", "len"))
        chars[:] = netCDF4.stringtochar(np.array(["ab", "cdefg", ""], "S5"))
        utf8 = ds.createVariable("utf8", "S1", ("x", "len"))
        utf8[:] = (
            np.array([x.encode().ljust(5, b"\0") for x in ("é", "日", "xyz")])
            .view("S1")
            .reshape(3, 5)
        )
        utf8._Encoding = "utf-8"
        ds.createVariable("letters", "S1", ("x",))[:] = np.array([b"a", b"b", b"c"])
        ds.setncattr_string("words", ["one", "two"])
        ds.empty = ""


@fixture("packed.nc")
def packed(path):
    """Packing, fill and missing values, unsigned bytes."""
    with netCDF4.Dataset(path, "w") as ds:
        ds.set_auto_maskandscale(False)
        ds.createDimension("x", 6)

        def put(name, kind, values, fill=None, **attrs):
            variable = ds.createVariable(name, kind, ("x",), fill_value=fill)
            variable.set_auto_maskandscale(False)
            variable.setncatts(attrs)
            variable[:] = np.array(values, kind)

        put(
            "short",
            "i2",
            [0, 1, -1, 32767, -32767, -32768],
            -32768,
            scale_factor=0.01,
            add_offset=273.15,
            units="K",
        )
        put(
            "single",
            "i2",
            [0, 1, -1, 5, 6, -999],
            -999,
            scale_factor=np.float32(0.5),
            add_offset=np.float32(10),
        )
        put("scale_only", "u1", [0, 1, 2, 3, 254, 255], 255, scale_factor=np.float32(2))
        put("unsigned", "i1", [0, 1, 127, -128, -2, -1], -1, _Unsigned="true")
        put(
            "unsigned_scaled",
            "i1",
            [0, 1, 127, -128, -2, -1],
            -1,
            _Unsigned="true",
            scale_factor=0.1,
            add_offset=-5.0,
        )
        put("missing", "i4", [0, 1, -9, 3, 4, 5], missing_value=np.int32(-9))
        put("both", "f4", [0, -9, -99, 3, np.nan, 5], -9, missing_value=np.float32(-99))
        put("plain_fill", "f8", [0, 1e20, 2, 3, 4, 5], 1e20)
        put("long", "i8", [2**53 + 1, 1, 2, 3, 4, -1], -1)
        put("valid", "i2", [0, 1, 2, 3, 400, -5], valid_range=np.array([0, 100], "i2"))


@fixture("calendars.nc")
def calendars(path):
    """Times in every calendar, with bounds, of several units and types."""
    with netCDF4.Dataset(path, "w") as ds:
        ds.createDimension("bnds", 2)
        days = np.array([0, 31, 58, 59, 60, 365, 366, 800])
        for calendar in (
            "standard", "gregorian", "proleptic_gregorian", "noleap", "365_day", "all_leap", "366_day", "360_day", "julian",
        ):  # fmt: skip
            dim = f"time_{calendar}"
            ds.createDimension(dim, len(days))
            time = ds.createVariable(dim, "f8", (dim,))
            time.units, time.calendar, time.bounds = (
                "days since 2000-01-01",
                calendar,
                f"{dim}_bnds",
            )
            time[:] = days + 0.5
            ds.createVariable(f"{dim}_bnds", "f8", (dim, "bnds"))[:] = np.stack(
                [days, days + 1], axis=1
            )
        ds.createDimension("x", 3)
        for name, kind, units, calendar, values in (
            ("hours", "i4", "hours since 1900-01-01 00:00:0.0", "gregorian", [0, 24, 1_000_000]),
            ("seconds", "i8", "seconds since 1970-01-01T00:00:00Z", None, [0, 1, 1_700_000_000]),
            ("minutes", "f4", "minutes since 2000-02-28 23:30:00", "noleap", [0, 29.5, 30]),
            (
                "millis",
                "i8",
                "milliseconds since 2000-01-01",
                "proleptic_gregorian",
                [0, 1, 86_400_001],
            ),
            ("micros", "i8", "microseconds since 2000-01-01", "standard", [0, 1, 86_400_000_001]),
            ("zone", "i4", "hours since 2000-01-01 00:00 +03:00", "standard", [0, 3, 6]),
            ("old", "i4", "days since 0001-01-01", "standard", [0, 577_735, 577_737]),
            ("far", "i4", "days since 4000-01-01", "proleptic_gregorian", [0, 1, 2]),
            ("months", "i4", "months since 2000-01-15", "360_day", [0, 1, 14]),
            ("below_zero", "f8", "days since 1850-01-01", "360_day", [-0.25, -360.0, 0.125]),
        ):
            variable = ds.createVariable(name, kind, ("x",))
            variable.units = units
            if calendar:
                variable.calendar = calendar
            variable[:] = np.array(values, kind)
        gaps = ds.createVariable("gaps", "i4", ("x",), fill_value=-1)
        gaps.units = "days since 2000-01-01"
        gaps[:] = np.ma.masked_equal([0, -1, 2], -1)


@fixture("cf.nc")
def cf(path):
    """Auxiliary coordinates, bounds, a grid mapping, cell measures."""
    with netCDF4.Dataset(path, "w") as ds:
        grid(ds, unlimited=False)
        ds.createDimension("nv", 2)
        ds["lat"].bounds = "lat_bnds"
        ds.createVariable("lat_bnds", "f4", ("lat", "nv"))[:] = np.arange(8).reshape(4, 2)
        ds.createVariable("area", "f4", ("lat", "lon"))[:] = wave(4, 5)
        ds.createVariable("height", "f8", ())[...] = 2.0
        ds.createVariable("xlat", "f8", ("lat", "lon"))[:] = wave(4, 5, dtype="f8")
        crs = ds.createVariable("crs", "i4", ())
        crs.grid_mapping_name = "latitude_longitude"
        variable = ds.createVariable("t", "f4", ("time", "lat", "lon"))
        variable[:] = wave(3, 4, 5)
        variable.setncatts(
            {
                "coordinates": "height xlat",
                "grid_mapping": "crs",
                "cell_measures": "area: area",
                "units": "K",
            }
        )


@fixture("user-types.nc")
def user_types(path):
    """An enum, and variables of plain types beside it."""
    with netCDF4.Dataset(path, "w") as ds:
        ds.createDimension("x", 3)
        kinds = ds.createEnumType("i1", "cloud_t", {"clear": 0, "cumulus": 1, "stratus": 2})
        ds.createVariable("clouds", kinds, ("x",))[:] = np.array([0, 2, 1], "i1")
        ds.createVariable("plain", "f4", ("x",))[:] = [1, 2, 3]


@fixture("compound.nc", dropped=["pairs"])
def compound(path):
    """A compound type, which is no labelled array; the other variable is."""
    with netCDF4.Dataset(path, "w") as ds:
        ds.createDimension("x", 2)
        kind = ds.createCompoundType(np.dtype([("u", "f4"), ("n", "i4")]), "pair_t")
        ds.createVariable("pairs", kind, ("x",))[:] = np.array([(1.5, 2), (2.5, 3)], kind.dtype)
        ds.createVariable("plain", "f4", ("x",))[:] = [1, 2]


def everyday():
    """A dataset with all that xarray writes by conventions of its own."""
    return xr.Dataset(
        {
            "t": (
                ("time", "x"),
                wave(4, 3, dtype="f8"),
                {"units": "K", "long_name": "temperature"},
            ),
            "mask": ("x", [True, False, True]),
            "names": ("x", ["a", "bcd", ""]),
            "when": ("x", np.array(["2000-01-01T06", "NaT", "1999-12-31"], "datetime64[ns]")),
            "took": ("x", np.array([90, 5, 86400], "timedelta64[s]")),
            "count": ("x", np.array([1, 2, 3], "int16")),
            "single": ("x", np.array([1.5, np.nan, 3], "float32")),
            "scalar": 7,
        },
        {
            "time": pd.date_range("2001-01-01", periods=4, freq="6h"),
            "x": [10, 20, 30],
            "letter": ("x", list("pqr")),
            "run": 3,
        },
        {"title": "everyday", "number": 3, "values": [1.5, 2.5]},
    )


@fixture("xarray-netcdf4.nc")
def xarray_netcdf4(path):
    """Bools, times, durations and strings as xarray writes them."""
    encoding = {"t": {"dtype": "int16", "scale_factor": 0.01, "_FillValue": -32768, "zlib": True}}
    everyday().to_netcdf(path, encoding=encoding, unlimited_dims=["time"])


@fixture("xarray-h5netcdf.nc")
def xarray_h5netcdf(path):
    """The same written through h5netcdf."""
    everyday().to_netcdf(
        path, engine="h5netcdf", encoding={"t": {"compression": "gzip", "chunksizes": (2, 2)}}
    )


@fixture("filter-lzf.nc", engine="h5netcdf")
def filter_lzf(path):
    """Compressed with lzf, which netCDF-C cannot read."""
    ds = xr.Dataset({"v": (("x", "y"), wave(40, 30))})
    ds.to_netcdf(
        path, engine="h5netcdf", encoding={"v": {"compression": "lzf", "chunksizes": (16, 30)}}
    )


@fixture("plain-hdf5.h5", engine="h5netcdf")
def plain_hdf5(path):
    """HDF5 with dimension scales, not written by a netCDF library."""
    with h5py.File(path, "w") as file:
        file["x"] = np.array([1.5, 2.5, 4.0])
        file["x"].make_scale("x")
        file["v"] = wave(3)
        file["v"].dims[0].attach_scale(file["x"])
        file["v"].attrs["units"] = "m"


@fixture("xarray-classic.nc")
def xarray_classic(path):
    """The same in the classic format, written by scipy."""
    everyday().to_netcdf(path, engine="scipy", format="NETCDF3_64BIT")


@fixture("model-calendar.nc")
def model_calendar(path):
    """Dates of a 360-day calendar as xarray writes them."""
    time = xr.date_range("1850-01-16", periods=14, freq="MS", calendar="360_day", use_cftime=True)
    xr.Dataset({"v": ("time", wave(14))}, {"time": time}).to_netcdf(path)


# ---------------------------------------------------------------------------------- Zarr


def zarr_fixture(name, version, consolidated=True, **encoding):
    def write(path):
        ds = everyday()
        ds.to_zarr(
            path,
            zarr_format=version,
            consolidated=consolidated,
            encoding={"t": encoding} if encoding else {},
        )

    fixture(
        name, f"as xarray writes Zarr v{version}, {'' if consolidated else 'not '}consolidated"
    )(write)


zarr_fixture("xarray-v2.zarr", 2)
zarr_fixture("xarray-v2-unconsolidated.zarr", 2, consolidated=False, chunks=(3, 2))
zarr_fixture("xarray-v3.zarr", 3)
zarr_fixture("xarray-v3-unconsolidated.zarr", 3, consolidated=False, chunks=(3, 2))
zarr_fixture("xarray-v3-sharded.zarr", 3, chunks=(2, 1), shards=(4, 2))
zarr_fixture(
    "xarray-v3-packed.zarr", 3, dtype="int16", scale_factor=0.01, add_offset=1.0, _FillValue=-999
)


def put(group, name, data, dims, fill=None, attrs=None, chunks=None, **options):
    """An array with named dims, in either version of the format."""
    version = group.metadata.zarr_format
    attrs = dict(attrs or {})
    if version == 2:
        attrs["_ARRAY_DIMENSIONS"] = list(dims)
    else:
        options["dimension_names"] = list(dims)
    array = group.create_array(
        name,
        shape=data.shape,
        dtype=data.dtype,
        chunks=chunks or data.shape or (),
        fill_value=fill,
        attributes=attrs,
        **options,
    )
    array[...] = data
    return array


@fixture("codecs-v2.zarr")
def codecs_v2(path):
    """v2: compressors, C and F order, big-endian, several dtypes."""
    group = zarr.open_group(path, mode="w", zarr_format=2)
    data, dims, chunks = wave(7, 9), ("y", "x"), (3, 4)
    for name, codec in {
        "none": None,
        "zlib": numcodecs.Zlib(5),
        "gzip": numcodecs.GZip(5),
        "zstd": numcodecs.Zstd(3),
        "bz2": numcodecs.BZ2(),
        "blosc_lz4": numcodecs.Blosc("lz4", 5, numcodecs.Blosc.SHUFFLE),
        "blosc_zstd": numcodecs.Blosc("zstd", 3, numcodecs.Blosc.BITSHUFFLE),
        "blosc_zlib": numcodecs.Blosc("zlib", 3, numcodecs.Blosc.NOSHUFFLE),
    }.items():
        put(group, name, data, dims, chunks=chunks, compressors=codec)
    put(
        group,
        "shuffled",
        data,
        dims,
        chunks=chunks,
        filters=[numcodecs.Shuffle(4)],
        compressors=numcodecs.Zlib(1),
    )
    put(group, "fortran", data, dims, chunks=chunks, order="F")
    put(group, "big_endian", data.astype(">f8"), dims, chunks=chunks)
    put(
        group,
        "nested_keys",
        data,
        dims,
        chunks=chunks,
        chunk_key_encoding={"name": "v2", "separator": "/"},
    )
    zarr.consolidate_metadata(path, zarr_format=2)


@fixture("codecs-v3.zarr")
def codecs_v3(path):
    """v3: compressors, checksums, transposed and big-endian chunks, shards."""
    group = zarr.open_group(path, mode="w", zarr_format=3)
    data, dims, chunks = wave(8, 9), ("y", "x"), (4, 3)
    for name, codec in {
        "none": None,
        "gzip": GzipCodec(level=5),
        "zstd": ZstdCodec(level=3),
        "zstd_checksum": ZstdCodec(level=3, checksum=True),
        "blosc": BloscCodec(cname="lz4", clevel=5, shuffle="shuffle"),
        "blosc_zstd": BloscCodec(cname="zstd", clevel=3, shuffle="bitshuffle"),
        "crc32c": [ZstdCodec(), Crc32cCodec()],
    }.items():
        put(group, name, data, dims, fill=0, chunks=chunks, compressors=codec)
    put(group, "uneven", data, dims, fill=0, chunks=(3, 5), compressors=ZstdCodec())
    put(
        group,
        "transposed",
        data,
        dims,
        fill=0,
        chunks=chunks,
        filters=[TransposeCodec(order=(1, 0))],
        compressors=None,
    )
    put(
        group,
        "big_endian",
        data,
        dims,
        fill=0,
        chunks=chunks,
        serializer=BytesCodec(endian="big"),
        compressors=None,
    )
    put(group, "sharded", data, dims, fill=0, chunks=(2, 3), shards=(4, 9), compressors=GzipCodec())
    put(
        group,
        "v2_keys",
        data,
        dims,
        fill=0,
        chunks=chunks,
        chunk_key_encoding={"name": "v2", "separator": "."},
    )


def zarr_dtypes(path, version):
    """All dtypes with extremes, scalars, fill values and chunks never written, nested attributes."""
    group = zarr.open_group(path, mode="w", zarr_format=version)
    group.attrs.update(
        {"title": "dtypes", "nested": {"a": [1, 2.5, None], "b": {"c": "d"}}, "flag": True}
    )
    for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"):
        limits = np.iinfo(kind)
        put(group, kind, np.array([limits.min, 1, limits.max], kind), ("x",), fill=0)
    put(group, "f4", np.array([1.5, np.nan, -np.inf], "f4"), ("x",), fill=0)
    put(group, "f8", np.array([1e300, np.nan, np.inf], "f8"), ("x",), fill=0)
    put(group, "b1", np.array([True, False, True]), ("x",), fill=None)
    put(group, "scalar", np.array(2.5), (), fill=0)
    put(group, "empty", np.zeros((0, 3), "f4"), ("none", "x"), fill=0, chunks=(1, 3))
    for name, fill in (("fill_nan", np.nan), ("fill_number", -9.5), ("fill_infinity", np.inf)):
        array = put(group, name, np.full((3,), 1.0), ("x",), fill=fill, chunks=(1,))
        partly = group.create_array(
            f"{name}_holes", shape=(5,), chunks=(2,), dtype="f8", fill_value=fill,
            **({"dimension_names": ["h"]} if version == 3 else {"attributes": {"_ARRAY_DIMENSIONS": ["h"]}}),
        )  # fmt: skip
        partly[2:4] = [1.0, 2.0]
        del array


fixture("dtypes-v2.zarr", f"v2: {zarr_dtypes.__doc__}")(lambda path: zarr_dtypes(path, 2))
fixture("dtypes-v3.zarr", f"v3: {zarr_dtypes.__doc__}")(lambda path: zarr_dtypes(path, 3))


@fixture("fill-null-v2.zarr")
def fill_null(path):
    """v2 with "fill_value": null."""
    group = zarr.open_group(path, mode="w", zarr_format=2)
    put(group, "v", wave(5), ("x",), fill=None, chunks=(2,))


@fixture("complex-v3.zarr")
def complex_numbers(path):
    """Complex numbers; JSON elements are [real, imaginary]."""
    group = zarr.open_group(path, mode="w", zarr_format=3)
    put(group, "c8", np.array([1 + 2j, -0.5j, 3], "c8"), ("x",), fill=0)
    put(group, "c16", np.array([1e10 - 2j, 0, 0.1j], "c16"), ("x",), fill=0)


def zarr_strings(path, version):
    """Strings of any and of fixed length."""
    ds = xr.Dataset({
        "any": ("x", np.array(["a", "", "a longer one, ünïcode"], dtype="T")),
        "fixed": ("x", np.array(["ab", "c", ""], "U4")),
        "bytes": ("x", np.array([b"ab", b"c", b""], "S3")),
        "v": ("x", [1, 2, 3]),
    })  # fmt: skip
    ds.to_zarr(path, zarr_format=version, consolidated=version == 2)


fixture("strings-v2.zarr", f"v2: {zarr_strings.__doc__}")(lambda path: zarr_strings(path, 2))
fixture("strings-v3.zarr", f"v3: {zarr_strings.__doc__}")(lambda path: zarr_strings(path, 3))


@fixture("groups-v3.zarr", groups=(None, "model", "model/surface"))
def zarr_groups(path):
    """Groups in groups."""
    everyday().drop_attrs().to_zarr(path, zarr_format=3, consolidated=False)
    small = xr.Dataset({"p": (("y", "x"), wave(2, 3))}, {"y": [1, 2]}, {"source": "below"})
    small.to_zarr(path, group="model", mode="a", zarr_format=3, consolidated=False)
    (small * 2).to_zarr(path, group="model/surface", mode="a", zarr_format=3, consolidated=False)


@fixture("appended-v3.zarr")
def appended(path):
    """A store that was written in two pieces, of chunks that do not divide it."""
    ds = xr.Dataset({"v": (("t", "x"), wave(4, 3))}, {"t": [0, 1, 2, 3]})
    ds.to_zarr(path, zarr_format=3, consolidated=True, encoding={"v": {"chunks": (2, 2)}})
    more = ds.isel(t=slice(0, 2)).assign_coords(t=[4, 5])
    more.to_zarr(path, append_dim="t", consolidated=True)


# ---------------------------------------------------------------------------------- main


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def entries(path, doc, groups, engine, dropped):
    """What xarray reads from a fixture, decoded and raw."""
    for group in groups:
        for decode in (True, False):
            expected = read(path, group, decode, engine=engine, drop=dropped)
            yield {
                "path": path.name,
                "group": group,
                "decode": decode,
                "dropped": dropped,
                "doc": doc,
                "expected": expected,
            }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dir", type=Path)
    folder = parser.parse_args().dir
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    found = []
    for name, write, *rest in FIXTURES:
        remove(folder / name)
        try:
            write(folder / name)
        except Exception as error:  # a filter that this netCDF library lacks
            if not name.startswith("filter-"):
                raise
            remove(folder / name)
            print(f"left out {name}: {error}")
            continue
        found += entries(folder / name, *rest)
    versions = {m.__name__: m.__version__ for m in (xr, netCDF4, zarr, np)}
    lines = ",\n".join(dumps(entry) for entry in found)
    (folder / "manifest.json").write_text(
        f'{{"versions": {dumps(versions)}, "fixtures": [\n{lines}\n]}}\n'
    )
    print(f"{len({entry['path'] for entry in found})} fixtures, {len(found)} expectations")


if __name__ == "__main__":
    sys.exit(main())
