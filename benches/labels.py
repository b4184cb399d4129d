"""What labels cost in xarray: the operations of `benches/labels.rs`, in microseconds each.

    python benches/labels.py
"""

import timeit

import numpy as np
import pandas as pd
import xarray as xr

SIDE, VARIABLES, LABELS = 10, 400, 1_000_000


def measure(name, f, number=None):
    timer = timeit.Timer(f)
    if number is None:
        number = max(1, timer.autorange()[0] // 4)
    print(f"{name:40} {min(timer.repeat(5, number)) / number * 1e6:14.1f} us", flush=True)


def array(first):
    return xr.DataArray(
        np.arange(SIDE * SIDE, dtype=float).reshape(SIDE, SIDE),
        {"x": np.arange(first, first + SIDE), "y": 0.1 * np.arange(SIDE) ** 2},
        ["x", "y"],
        "a",
        {"units": "m"},
    )


def small():
    a, same, moved = array(0), array(0), array(3)
    condition = a > 20.0
    for name, f in {
        "isel one": lambda: a.isel(x=3),
        "isel slice": lambda: a.isel(x=slice(2, 7)),
        "isel list": lambda: a.isel(x=[7, 1, 4]),
        "sel one": lambda: a.sel(x=3),
        "sel nearest": lambda: a.sel(y=1.7, method="nearest"),
        "sel slice": lambda: a.sel(y=slice(0.4, 4.0)),
        "add itself": lambda: a + a,
        "add equal labels": lambda: a + same,
        "add other labels": lambda: a + moved,
        "add a number": lambda: a + 1.0,
        "mean over x": lambda: a.mean("x"),
        "mean over y": lambda: a.mean("y"),
        "mean of all": lambda: a.mean(),
        "where": lambda: a.where(condition),
        "transpose": lambda: a.transpose("y", "x"),
    }.items():
        measure(f"small/{name}", f)


def many_variables():
    one = array(0)
    ds = xr.Dataset({f"variable_{i}": one for i in range(VARIABLES)})
    measure("dataset of 400/insert", lambda: ds.assign(new=one))
    measure("dataset of 400/get", lambda: ds["variable_200"])
    measure("dataset of 400/isel slice", lambda: ds.isel(x=slice(2, 7)))
    measure("dataset of 400/isel one", lambda: ds.isel(x=3))
    measure("dataset of 400/sel slice", lambda: ds.sel(x=slice(2, 6)))


def joins():
    rng = np.random.default_rng(0)
    labels = np.cumsum(rng.integers(1, 3, LABELS * 3 // 2))
    first, last = labels[:LABELS], labels[LABELS // 2 :]
    some, others = (labels[rng.random(len(labels)) > 0.33] for _ in range(2))
    order = np.arange(LABELS) * 7919 % LABELS

    def times(v):
        return v.astype("datetime64[ns]")

    def pair(name, make):
        for how in ["inner", "outer"]:
            # A new pair each time: pandas keeps the hash tables of an index.
            best = np.inf
            for _ in range(3):
                a, b = ((xr.DataArray(np.zeros(len(i)), {"x": i}, ["x"])) for i in make())
                best = min(best, timeit.timeit(lambda: xr.align(a, b, join=how), number=1))
            print(f"{'join of 1e6/' + name + ', ' + how:40} {best * 1e6:14.1f} us", flush=True)

    pair("equal i64", lambda: (pd.Index(first.copy()), pd.Index(first.copy())))
    pair("half i64", lambda: (pd.Index(first.copy()), pd.Index(last.copy())))
    pair("half f64", lambda: (pd.Index(first / 8), pd.Index(last / 8)))
    pair("half datetime", lambda: (pd.Index(times(first)), pd.Index(times(last))))
    pair("thinned i64", lambda: (pd.Index(some.copy()), pd.Index(others.copy())))
    pair("thinned f64", lambda: (pd.Index(some / 8), pd.Index(others / 8)))
    pair("ranges", lambda: (pd.RangeIndex(LABELS), pd.RangeIndex(LABELS // 2, LABELS * 3 // 2)))
    pair("shuffled i64", lambda: (pd.Index(first[order]), pd.Index(last[order])))


def lookups():
    labels = np.cumsum(np.random.default_rng(0).integers(1, 3, LABELS))
    a = xr.DataArray(np.arange(LABELS, dtype=float), {"x": labels}, ["x"])
    wanted = labels[np.arange(LABELS) * 7919 % LABELS]
    measure("a million/labels selected", lambda: a.sel(x=wanted), 1)
    plane = xr.DataArray(np.ones((1000, 1000)), dims=["i", "j"])
    k = np.arange(LABELS)
    i, j = xr.DataArray(k * 7919 % 1000, dims="p"), xr.DataArray(k * 104729 % 1000, dims="p")
    measure("a million/points taken", lambda: plane.isel(i=i, j=j), 1)
    columns = np.arange(1000) * 7 % 1000
    measure("a million/positions taken along a row", lambda: plane.isel(j=columns), 1)


if __name__ == "__main__":
    small()
    many_variables()
    joins()
    lookups()
