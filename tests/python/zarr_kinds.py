#!/usr/bin/env python3
"""Writes arrays of kinds that xarray rarely writes, and what zarr-python reads from them.

    zarr_kinds.py DIR

DIR gets `v2.zarr` and `v3.zarr`, and kinds.json: for each store and array its dtype as xarray would
name it and its flat elements in the JSON form of labelled_json.py.
"""

import json
import sys
import warnings
from pathlib import Path

import numcodecs
import numpy as np
import zarr
from zarr.codecs import BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec, ZstdCodec

warnings.simplefilter("ignore")
NAT = np.iinfo("i8").min


def put(group, name, data, dtype=None, elements=None, **options):
    """An array, what it should be read as, and its elements."""
    dims = [f"d{axis}_{length}" for axis, length in enumerate(data.shape)]
    if group.metadata.zarr_format == 3:
        options["dimension_names"] = dims
    else:
        options["attributes"] = {"_ARRAY_DIMENSIONS": dims}
    options = {"chunks": data.shape, **options}
    array = group.create_array(name, shape=data.shape, dtype=data.dtype, **options)
    array[...] = data
    elements = data.ravel().tolist() if elements is None else elements
    return name, {"dtype": dtype or str(data.dtype), "data": elements}


def times(group):
    """datetime64 and timedelta64 in several units."""
    big = ">" if group.metadata.zarr_format == 2 else "<"
    ticks = np.array([0, NAT, -5, 12345], "i8")
    for unit in ("ns", "us", "s"):
        yield put(group, f"M8_{unit}", ticks.view(f"M8[{unit}]"), f"datetime64[{unit}]", ticks.tolist())
        yield put(group, f"m8_{unit}", ticks.view(f"m8[{unit}]"), f"timedelta64[{unit}]", ticks.tolist())
    yield put(group, "M8_big", ticks.astype(f"{big}i8").view(f"{big}M8[ms]"), "datetime64[ms]", ticks.tolist())
    days = [0, NAT, -5 * 86400, 12345 * 86400]
    yield put(group, "M8_D", ticks.view("M8[D]"), "datetime64[s]", days)
    yield put(group, "M8_12h", ticks.view("M8[12h]"), "datetime64[s]", [0, NAT, -5 * 43200, 12345 * 43200])


def v2(path):
    group = zarr.open_group(path, mode="w", zarr_format=2)
    yield from times(group)
    yield put(group, "f2", np.array([1.5, -2.0, 65504.0], "f2"), "float32")
    yield put(group, "f2_big", np.array([1.5, -2.0, 65504.0], ">f2"), "float32")
    yield put(group, "c16_big", np.array([1 + 2j, -0.5j], ">c16"), "complex128", [[1.0, 2.0], [0.0, -0.5]])
    words = np.array([["a", "", "bcd"], ["é", "日本", "x\0y"]])
    yield put(group, "U", words, "str")
    yield put(group, "U_big", words.astype(">U3"), "str")
    yield put(group, "U_fortran", words, "str", order="F", chunks=(2, 2))
    yield put(group, "S", np.array([b"a", b"", b"\xe9bc"]), "S3", ["a", "", "\u00e9bc"])
    cube = np.arange(60, dtype="<i4").reshape(3, 4, 5)
    yield put(group, "fortran", cube, order="F", chunks=(2, 3, 4))
    yield put(group, "uint8_zlib", cube.astype("u1"), compressors=numcodecs.Zlib(3), chunks=(2, 2, 2))
    packed = [numcodecs.FixedScaleOffset(offset=0, scale=10, dtype="<f8", astype="<i2")]
    yield put(group, "scaled", np.array([0.5, 1.5, -2.0]), filters=packed)
    zarr.consolidate_metadata(path, zarr_format=2)
    # These are to be left out, with reasons.
    put(group, "lz4", cube, compressors=numcodecs.LZ4())
    put(group, "records", np.zeros(2, [("a", "i4"), ("b", "f8")]))
    zarr.consolidate_metadata(path, zarr_format=2)


def v3(path):
    group = zarr.open_group(path, mode="w", zarr_format=3)
    yield from times(group)
    yield put(group, "f2", np.array([1.5, -2.0, 65504.0], "f2"), "float32")
    words = np.array([["a", "", "bcd"], ["é", "日本", "x\0y"]])
    yield put(group, "U", words, "str")
    yield put(group, "U_big", words, "str", serializer=BytesCodec(endian="big"))
    yield put(group, "S", np.array([b"a", b"", b"\xe9bc"]), "S3", ["a", "", "\u00e9bc"])
    yield put(group, "texts", words.astype("T"), "str", chunks=(1, 2))
    cube = np.arange(16 * 12, dtype="<i4").reshape(16, 12)
    cube[4:8] = 0
    for where in ("start", "end"):
        shard = ShardingCodec(
            chunk_shape=(2, 3),
            codecs=[BytesCodec(), ZstdCodec()],
            index_codecs=[BytesCodec(), Crc32cCodec()],
            index_location=where,
        )
        yield put(group, f"shard_{where}", cube, serializer=shard, compressors=None, chunks=(4, 6), fill_value=0)
    yield put(group, "text_shards", np.resize(words.ravel(), (8,)).astype("T"), "str", chunks=(2,), shards=(4,))
    yield put(group, "empty_chunks", np.zeros((4, 4), "f4"), chunks=(2, 2), fill_value=0, compressors=GzipCodec())
    yield put(group, "large_chunk", cube[:3, :5], chunks=(8, 8))
    put(group, "void", np.zeros(2, "V3"))
    group.create_array("nameless", shape=(2,), dtype="i4")


def main():
    folder = Path(sys.argv[1])
    kinds = {name: dict(write(str(folder / name))) for name, write in (("v2.zarr", v2), ("v3.zarr", v3))}
    (folder / "kinds.json").write_text(json.dumps(kinds, allow_nan=False))


if __name__ == "__main__":
    main()
