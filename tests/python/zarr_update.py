#!/usr/bin/env python3
"""Changes of Zarr stores by xarray, to compare others with.

    zarr_update.py make FOLDER       writes for each case `base`, the store before; `piece`, what is written into it;
                                     `expected`, the store after xarray wrote it; prints the names of the cases
    zarr_update.py compare FOLDER    opens `ours` beside `expected` in each case: they must be identical
"""

import shutil
import sys
import warnings
from pathlib import Path

import numpy as np
import xarray as xr

warnings.simplefilter("ignore")


def dataset(start, n, seed=0, **attrs):
    """Days from `start` on, at three places: floats, packed numbers, integers, texts, bools."""
    rng = np.random.default_rng(seed + start)
    time = np.datetime64("2000-01-01", "ns") + np.arange(start, start + n) * np.timedelta64(1, "D")
    t = rng.normal(size=(n, 3)).round(3)
    t[0, 1] = np.nan
    names = np.array([f"day {i}" for i in range(start, start + n)], dtype="<U12")
    return xr.Dataset(
        {
            "t": (("time", "x"), t, {"units": "K"}),
            "packed": (("time", "x"), (np.arange(3 * n).reshape(n, 3) * 0.5 + start)),
            "half": (("x", "time"), np.arange(3.0 * n, dtype="f4").reshape(3, n)),
            "count": ("time", np.arange(start, start + n, dtype="i2")),
            "name": ("time", names),
            "ok": ("time", np.arange(start, start + n) % 2 == 0),
        },
        coords={"time": time, "x": [10, 20, 30], "label": ("x", ["a", "b", "c"])},
        attrs={"title": "days", **attrs},
    )


ENCODING = {
    "packed": {"dtype": "i2", "scale_factor": 0.5, "add_offset": 1.0, "_FillValue": -1},
    "half": {"dtype": "f2"},
    "time": {"units": "hours since 1999-12-31", "dtype": "i4"},
}


def chunks(sizes, version=3, shards=None):
    """The encoding with chunks of so many days."""
    out = {k: dict(v) for k, v in ENCODING.items()}
    for name in ["t", "packed"]:
        out.setdefault(name, {})["chunks"] = sizes
        if shards:
            out[name]["shards"] = shards
    return {"encoding": out, "zarr_format": version}


BASE = {
    "v3": chunks((4, 2)),
    "v2": chunks((4, 2), 2),
    "sharded": chunks((2, 1), 3, (4, 2)),
    "loose": {**chunks((3, 3)), "consolidated": False},
    "loose2": {**chunks((3, 3), 2), "consolidated": False},
}
CASES = {}
for base in BASE:
    grown = dataset(10, 7, title="longer")
    CASES[f"{base}-append"] = (base, grown, {"append_dim": "time"})
    CASES[f"{base}-region"] = (base, dataset(4, 4, seed=5).drop_vars(["x", "label"]), {"region": {"time": slice(4, 8)}})
    CASES[f"{base}-auto"] = (base, dataset(4, 6, seed=6).drop_vars("label"), {"region": "auto"})
CASES["v3-add"] = ("v3", xr.Dataset({"more": (("time", "x"), np.ones((10, 3)))}, attrs={"title": "more"}), {"mode": "a"})
CASES["v2-add"] = ("v2", xr.Dataset({"more": (("time", "x"), np.ones((10, 3)))}, attrs={"title": "more"}), {"mode": "a"})
CASES["v3-modify"] = ("v3", dataset(0, 10, seed=9)[["t", "name"]].drop_vars(["label"]), {"mode": "r+"})
CASES["v3-a-"] = ("v3", dataset(10, 2).assign(scalar=1.0), {"mode": "a-", "append_dim": "time"})


def make(folder):
    for name, (base, piece, how) in CASES.items():
        place = folder / name
        place.mkdir()
        start = dataset(0, 10)
        if name == "v3-a-":
            start = start.assign(scalar=7.0)
        start.to_zarr(place / "base", **BASE[base])
        piece.chunk().to_zarr(place / "piece", zarr_format=2)
        shutil.copytree(place / "base", place / "expected")
        # xarray splits nothing: what it would refuse for chunks that are cut is one piece here.
        piece.to_zarr(place / "expected", **how)
        print(name)


def compare(folder):
    for name in CASES:
        ours, expected = (xr.open_zarr(folder / name / which).load() for which in ["ours", "expected"])
        xr.testing.assert_identical(expected, ours)
        for which in expected.variables:
            a, b = expected[which], ours[which]
            assert a.dtype == b.dtype, (name, which, a.dtype, b.dtype)


if __name__ == "__main__":
    {"make": make, "compare": compare}[sys.argv[1]](Path(sys.argv[2]))
