#!/usr/bin/env python3
"""Checks NetCDF files that tests/netcdf_write.rs and netcdf_classic.rs have written against those that netCDF-C and xarray write.

    netcdf_twin.py twin FILE             netCDF4 copies the file; both must look the same to h5py, netCDF4 and h5netcdf
    netcdf_twin.py long FILE             attributes beside headers are read, changed, added and removed
    netcdf_twin.py append FILE           netCDF4 adds to the file in place
    netcdf_twin.py classic FILE COPY FORMAT   xarray writes FILE (NetCDF4) in FORMAT; COPY is what we wrote of it
"""

import sys

import h5netcdf
import h5py
import netCDF4
import numpy as np
import xarray as xr

CREATED = dict(idx_type=h5py.h5.INDEX_CRT_ORDER)


def raw(ds):
    ds.set_auto_maskandscale(False)
    ds.set_auto_chartostring(False)
    ds.set_always_mask(False)
    return ds


def filters(v):
    f = v.filters() or {}
    out = {}
    if f.get("zlib"):
        out = dict(compression="zlib", complevel=f["complevel"])
    elif f.get("zstd"):
        out = dict(compression="zstd", complevel=f["complevel"])
    return dict(out, shuffle=f.get("shuffle", False), fletcher32=f.get("fletcher32", False))


def copy_attrs(src, dst):
    for name in src.ncattrs():
        if name == "_FillValue":
            continue
        value = src.getncattr(name)
        dst.setncattr(name, value)


def copy_group(src, dst):
    copy_attrs(src, dst)
    for name, dim in src.dimensions.items():
        dst.createDimension(name, None if dim.isunlimited() else len(dim))
    for name, v in src.variables.items():
        chunks = v.chunking()
        options = {} if chunks == "contiguous" or not v.dimensions else dict(chunksizes=chunks)
        if v.dtype is not str:
            options.update(filters(v))
            fill = getattr(v, "_FillValue", None)
            if fill is not None:
                options["fill_value"] = fill
        w = dst.createVariable(name, v.dtype, v.dimensions, **options)
        copy_attrs(v, w)
        if v.size:
            w[...] = v[...]
    for name, group in src.groups.items():
        copy_group(group, dst.createGroup(name))


def links(group):
    names = []
    group.id.links.iterate(lambda n: names.append(n.decode()), **CREATED)
    return names


def type_of(t):
    if isinstance(t, h5py.h5t.TypeStringID):
        kind = ["str", t.is_variable_str(), t.get_size()]
        # netCDF-C calls fixed texts ASCII whatever they hold.
        return kind + ([t.get_cset()] if t.is_variable_str() else [])
    if isinstance(t, h5py.h5t.TypeCompoundID):
        n = range(t.get_nmembers())
        return [t.get_size()] + [(t.get_member_name(i), t.get_member_offset(i), type_of(t.get_member_type(i))) for i in n]
    if isinstance(t, h5py.h5t.TypeVlenID):
        return ["vlen", type_of(t.get_super())]
    if isinstance(t, h5py.h5t.TypeIntegerID):
        return [t.get_size(), t.get_sign(), t.get_order()]
    return [type(t).__name__, t.get_size()] + ([t.get_order(), t.get_ebias()] if isinstance(t, h5py.h5t.TypeFloatID) else [])


def value_of(file, value):
    """Values with references as names."""
    if isinstance(value, h5py.h5r.Reference):
        return file[value].name
    if isinstance(value, np.void):
        return [value_of(file, v) for v in value]
    if isinstance(value, (np.ndarray, list, tuple)):
        return [value_of(file, v) for v in value]
    return repr(value)


def describe(file, obj, twin):
    out = {}
    names = []
    for i in range(h5py.h5a.get_num_attrs(obj.id)):
        a = h5py.h5a.open(obj.id, index=i, index_type=h5py.h5.INDEX_CRT_ORDER, order=h5py.h5.ITER_INC)
        name = a.name.decode()
        if name == "_NCProperties":
            continue
        names.append(name)
        space = a.get_space()
        try:
            value = value_of(file, obj.attrs[name])
        except ValueError as e:  # lists of compound references that h5py does not read
            value = str(e)
        if name == "NAME" and "netCDF variable" in value and obj.maxshape == (None,):
            # netCDF-C knows no length yet.
            value = value.rstrip("'0123456789)")
        if name == "REFERENCE_LIST":
            value = sorted(map(tuple, value))
        out["@" + name] = (type_of(a.get_type()), space.get_simple_extent_type(), space.shape, value)
    internal = {"CLASS", "NAME", "_Netcdf4Dimid", "_Netcdf4Coordinates", "DIMENSION_LIST", "REFERENCE_LIST"}
    out["order of attributes"] = [n for n in names if n not in internal]
    if isinstance(obj, h5py.Dataset):
        p = obj.id.get_create_plist()
        out["type"] = type_of(obj.id.get_type())
        # netCDF-C stores a length of 0 for unlimited dimensions without a variable.
        only = "netCDF variable" in str(obj.attrs.get("NAME", ""))
        out["shape"] = (None if only and obj.maxshape[0] is None else obj.shape, obj.maxshape, obj.chunks)
        out["layout"] = p.get_layout()
        found = {p.get_filter(i)[:3] for i in range(p.get_nfilters())}
        if not any(id == h5py.h5z.FILTER_DEFLATE for id, _, _ in found):
            # netCDF4-python shuffles for deflate only.
            found = {f for f in found if f[0] != h5py.h5z.FILTER_SHUFFLE}
        out["filters"] = sorted(found)
        out["times"] = (p.get_alloc_time(), p.get_fill_time())
        if obj.dtype.kind in "iuf" and not only:
            fill = np.zeros((), obj.dtype)
            p.get_fill_value(fill)
            out["fill"] = repr(fill)
        if obj.dtype.kind != "O" or only:
            out["values"] = obj[...].tobytes() if not only else b""
        else:
            out["values"] = list(obj[...].ravel())
    return out


def same(a, b, path="/"):
    va, vb = a[path], b[path]
    da, db = describe(a, va, b), describe(b, vb, a)
    for key in sorted(set(da) | set(db)):
        assert da.get(key) == db.get(key), f"{path} {key}:\n ours {da.get(key)}\n C's  {db.get(key)}"
    if isinstance(va, h5py.Group):
        la, lb = links(va), links(vb)
        assert sorted(la) == sorted(lb), (la, lb)
        for name in la:
            same(a, b, path.rstrip("/") + "/" + name)


def order_of_variables(path):
    with netCDF4.Dataset(path) as ds:
        return list(ds.variables), {n: list(g.variables) for n, g in ds.groups.items()}


def twin(path):
    with netCDF4.Dataset(path) as src, netCDF4.Dataset(path + ".twin", "w") as dst:
        copy_group(raw(src), raw(dst))
    with h5py.File(path) as a, h5py.File(path + ".twin") as b:
        same(a, b)
    assert order_of_variables(path) == order_of_variables(path + ".twin")
    with h5netcdf.File(path) as a, h5netcdf.File(path + ".twin") as b:
        assert {n: len(d) for n, d in a.dimensions.items()} == {n: len(d) for n, d in b.dimensions.items()}
        for name, v in b.variables.items():
            assert a.variables[name].dimensions == v.dimensions, name
            assert np.array_equal(a.variables[name][...], v[...]), name
    for engine in "netcdf4", "h5netcdf":
        a, b = xr.open_dataset(path, engine=engine), xr.open_dataset(path + ".twin", engine=engine)
        xr.testing.assert_identical(a.load(), b.load())
        assert list(a.variables) == list(b.variables)
        a.close()
        b.close()


def append(path):
    with netCDF4.Dataset(path, "a") as ds:
        n = len(ds.dimensions["time"])
        ds["t"][n + 70] = 5
        v = ds.createVariable("added", "f4", ("time", "x"), zlib=True, fill_value=-1)
        v[:2] = 1
        v.units = "m"
        ds["t"].comment = "longer"
        ds["words"][1] = "changed"
        ds.createDimension("other", 3)
        ds.createVariable("other", "i2", ("other",))[:] = [1, 2, 3]
        ds.createGroup("g").title = "new"
        for i in range(20):
            ds.setncattr(f"more{i}", i)
    with netCDF4.Dataset(path) as ds:
        raw(ds)
        assert len(ds.dimensions["time"]) == n + 71
        assert (ds["t"][n + 70] == 5).all() and (ds["t"][n] == ds["t"]._FillValue).all()
        assert (ds["t"][:n].ravel() == np.arange(ds["t"][:n].size)).all()
        assert ds["added"].shape == ds["t"].shape[:1] + (len(ds.dimensions["x"]),)
        assert list(ds["words"][:]) == ["", "changed", "dr\u00e4i"], ds["words"][:]
        assert list(ds["other"][:]) == [1, 2, 3] and ds.more19 == 19 and ds.groups["g"].title == "new"
    with h5py.File(path) as f:
        assert f["t"].dims[0][0].name == "/time"


def long(path):
    names = [f"v{i}" for i in range(4200)]
    with netCDF4.Dataset(path, "a") as ds:
        assert list(ds.variables) == names
        assert ds.ncattrs() == ["b", "long", "after"], ds.ncattrs()
        assert ds.long == 200_000 * "x" and ds.b == "before" and ds.after == 1
        assert (ds["v7"].numbers == np.full(20_000, 1.5)).all()
        ds.more = "more"
        ds["v7"].units = 70_000 * "m"
        ds["v7"].numbers = [2.0]
        ds.delncattr("long")
        ds.createVariable("w", "f8", ("x",))[:] = 3
    with netCDF4.Dataset(path) as ds:
        assert list(ds.variables) == names + ["w"]
        assert ds.ncattrs() == ["b", "after", "more"], ds.ncattrs()
        assert ds["v7"].numbers == 2 and len(ds["v7"].units) == 70_000 and ds["w"][0] == 3 and ds["v4199"][0] == 4199
    with h5py.File(path) as f:
        assert len(f["x"].attrs["REFERENCE_LIST"]) == 4201


def classic(path, copy, form):
    with xr.open_dataset(path) as ds:
        ds = ds.load()
    ds.to_netcdf(copy + ".twin", format=form, engine="netcdf4")
    with netCDF4.Dataset(copy) as a, netCDF4.Dataset(copy + ".twin") as b:
        raw(a), raw(b)
        assert a.data_model == b.data_model == form, (a.data_model, b.data_model)
        assert {n: len(d) for n, d in a.dimensions.items()} == {n: len(d) for n, d in b.dimensions.items()}
        assert set(a.variables) == set(b.variables)
        for name, v in b.variables.items():
            w = a[name]
            assert (w.dtype, w.dimensions) == (v.dtype, v.dimensions), (name, w, v)
            assert w[...].tobytes() == v[...].tobytes(), (name, w[...], v[...])
            assert set(w.ncattrs()) == set(v.ncattrs()), (name, w.ncattrs(), v.ncattrs())
            for key in v.ncattrs():
                x, y = np.asarray(w.getncattr(key)), np.asarray(v.getncattr(key))
                if key == "units":
                    # xarray shortens those that it has read.
                    assert str(x).removesuffix(" 00:00:00") == str(y), (x, y)
                    continue
                assert x.dtype == y.dtype and np.array_equal(x, y, equal_nan=x.dtype.kind == "f"), (name, key, x, y)
    for engine in "scipy", "netcdf4":
        with xr.open_dataset(copy, engine=engine) as a, xr.open_dataset(copy + ".twin", engine=engine) as b:
            xr.testing.assert_identical(a.load(), b.load())


dict(twin=twin, long=long, append=append, classic=classic)[sys.argv[1]](*sys.argv[2:])
