#!/usr/bin/env python3
"""Writes the conformance cases of the project, with xarray's results.

    make_cases.py            write GROUP.json beside this script, for every group
    make_cases.py GROUP...   only these

The cases are written here as small calls: `case(name, doc, inputs, steps)`. Inputs are xarray
objects; arguments that start with "$" name an input or the result of an earlier step.
"""

import argparse
import datetime
import sys
from pathlib import Path

import cftime
import numpy as np
import pandas as pd
import xarray as xr

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import oracle  # noqa: E402  (also makes labelled_json importable)
from labelled_json import CALENDARS, array_from_json, object_to_json, value_to_json  # noqa: E402

NAN, INF = float("nan"), float("inf")
NAT = np.datetime64("NaT")
GROUPS = {}


# ------------------------------------------------------------------ how cases are written


def group(name):
    """Registers a function that yields the cases of a group."""

    def register(function):
        GROUPS[name] = function
        return function

    return register


def case(name, doc, inputs, steps, **more):
    """One case. `more`: outputs (default r), error (why xarray refuses), options, compare."""
    steps = steps if isinstance(steps, list) else [steps]
    if "error" in more:
        more["why"] = more["error"]
        more["error"] = True
    else:
        more.setdefault("outputs", ["r"])
    inputs = {k: v if isinstance(v, dict) else input_json(v) for k, v in inputs.items()}
    return {"name": name, "doc": doc, "inputs": inputs, "steps": steps, **more}


def input_json(obj):
    spec = object_to_json(obj)
    del spec["indexes"]
    if not spec["coords"]:
        del spec["coords"]
    return spec


def do(op, on=None, out="r", then=None, **kwargs):
    """A step; `on` is the name of an input or result, or a plain number."""
    step = {"out": out, "op": op}
    if on is not None:
        step["on"] = f"${on}" if isinstance(on, str) else on
    if kwargs:
        step["kwargs"] = value_to_json(kwargs)
    if then is not None:
        step["then"] = then
    return step


def then(op, **kwargs):
    """The second half of groupby, resample and weighted."""
    return {"op": op, "kwargs": value_to_json(kwargs)} if kwargs else {"op": op}


def sl(start=None, stop=None, step=None):
    return slice(start, stop, step)


def day(text, unit="ns"):
    return np.datetime64(text, unit)


def da(data, dims=(), dtype=None, name=None, attrs=None, **coords):
    """A DataArray; `dims` is a string of one-letter dims or a list."""
    dims = list(dims)
    coords = {k: v if isinstance(v, tuple) else ((k,), v) if k in dims else v for k, v in coords.items()}
    return xr.DataArray(np.asarray(data, dtype), coords, dims, name=name, attrs=attrs)


def numbers(*shape, seed=1, scale=0.25, offset=-20.0, dtype="float64", nan=None):
    """Irregular values that are exact in binary, some of them NaN."""
    spec = {"lcg": {"seed": seed, "mod": 200, "scale": scale, "offset": offset}}
    if nan:
        spec["nan"] = nan
    return array_from_json({"shape": shape, "dtype": dtype, "gen": spec})


def dates(start, count, freq="D", unit="ns"):
    return pd.date_range(start, periods=count, freq=freq).values.astype(f"datetime64[{unit}]")


def model_dates(start, count, calendar, freq="D"):
    return xr.date_range(start, periods=count, freq=freq, calendar=calendar, use_cftime=True).values


def daily(start, count, seed=5, nan=None, step=1, **kwargs):
    """A series as a generator, too long to be written out."""
    return {
        "type": "DataArray",
        "name": "t",
        "dims": ["time"],
        "shape": [count],
        "dtype": "float64",
        "gen": {
            "lcg": {"seed": seed, "mod": 400, "scale": 0.125, "offset": -10.0},
            **({"nan": nan} if nan else {}),
        },
        "coords": {
            "time": {
                "dims": ["time"],
                "shape": [count],
                "dtype": "datetime64[s]",
                "gen": {"arange": [int(np.datetime64(start, "s").astype(int)), 86400 * step]},
            }
        },
    }


# ------------------------------------------------------------------------------ selection


def grid():
    """5 x 4, with every kind of coord: an index, a label of a dim, a scalar, a 2-d one."""
    return xr.DataArray(
        np.arange(20.0).reshape(5, 4) * 1.5 - 3,
        {
            "x": ("x", [2, 3, 5, 7, 11]),
            "y": ("y", ["p", "q", "r", "s"]),
            "name": ("x", ["two", "three", "five", "seven", "eleven"]),
            "area": (("y", "x"), np.arange(20, dtype="int32").reshape(4, 5)),
            "run": 42,
        },
        ["x", "y"],
        name="g",
    )


def cube():
    return da(np.arange(24, dtype="int16").reshape(2, 3, 4), "abc", a=[0, 1], b=[0.1, 0.2, 0.3], c=list("wxyz"))


@group("selection-positional")
def selection_positional():
    g = {"a": grid()}
    yield case("scalar", "a scalar drops the dim and leaves a scalar coord", g, do("isel", "a", indexers={"x": 3}))
    yield case("scalar-negative", "negative positions count from the end", g, do("isel", "a", indexers={"x": -2, "y": -1}))
    yield case("scalar-drop", "drop leaves no scalar coords of the dim", g, do("isel", "a", indexers={"y": 1}, drop=True))
    yield case("slice-step", "every second from the second on", g, do("isel", "a", indexers={"x": sl(1, None, 2)}))
    yield case("slice-reverse", "a negative step reverses data and coords", g, do("isel", "a", indexers={"x": sl(None, None, -1), "y": sl(3, 0, -2)}))
    yield case("slice-clipped", "slices beyond the end are clipped", g, do("isel", "a", indexers={"x": sl(3, 99), "y": sl(-9, 2)}))
    yield case("slice-empty", "an empty slice keeps the dim with length 0", g, do("isel", "a", indexers={"x": sl(3, 3)}))
    yield case("slice-of-slice", "slices compose, also reversed ones", g, [
        do("isel", "a", "s", indexers={"x": sl(None, None, -1)}),
        do("isel", "s", "u", indexers={"x": sl(1, None, 2)}),
        do("isel", "u", indexers={"x": sl(None, None, -1), "y": 0})])
    yield case("list", "a list picks in its order, with repeats", g, do("isel", "a", indexers={"x": [4, 0, 0, -1]}))
    yield case("list-orthogonal", "two lists select a grid, not points", g, do("isel", "a", indexers={"x": [1, 3, 4], "y": [2, 0]}))
    yield case("list-one", "a list of one keeps the dim", g, do("isel", "a", indexers={"y": [2]}))
    yield case("array-empty", "no positions, no rows", g, do("isel", "a", indexers={"x": np.array([], "int64")}))
    yield case("boolean", "a boolean array keeps the true positions", g, do("isel", "a", indexers={"x": np.array([True, False, False, True, True])}))
    yield case("points", "two indexers of a shared new dim pick points", g | {
        "i": da([4, 0, 2], ["p"]), "j": da([1, 1, 3], ["p"])}, do("isel", "a", indexers={"x": "$i", "y": "$j"}))
    yield case("points-coord", "coords of the indexer come along", g | {
        "i": da([1, 4], ["site"], site=["north", "south"], height=("site", [2.5, 10.0]))},
        do("isel", "a", indexers={"x": "$i"}))
    yield case("indexer-2d", "a 2-d indexer replaces one dim by two", g | {
        "i": da([[0, 1], [4, 3], [2, 2]], "uv")}, do("isel", "a", indexers={"y": sl(0, 2), "x": "$i"}))
    yield case("new-dim-in-place", "one indexed dim: the new dim takes its place", {
        "a": cube(), "i": da([2, 0], ["p"])}, do("isel", "a", indexers={"b": "$i"}))
    yield case("new-dim-first", "two indexed dims: the new dim stands where the first was", {
        "a": cube(), "i": da([1, 0, 1], ["p"]), "k": da([3, 0, 2], ["p"])},
        do("isel", "a", indexers={"a": "$i", "c": "$k"}))
    yield case("dataset", "variables without the dim stay as they are", {
        "a": xr.Dataset({"u": ("x", [1, 2, 3]), "v": ("y", [4.0, 5.0]), "w": (("y", "x"), np.arange(6).reshape(2, 3))},
                        {"x": [10, 20, 30]}, {"title": "three"})}, do("isel", "a", indexers={"x": sl(0, 3, 2)}), compare={"attrs": True})
    yield case("missing-dims", "missing_dims='ignore' skips a dim that is not there", g, do("isel", "a", indexers={"x": 0, "z": 5}, missing_dims="ignore"))
    yield case("unknown-dim", "an unknown dim is an error", g, do("isel", "a", indexers={"z": 0}), error="no dim z")
    yield case("out-of-range", "a position past the end is an error", g, do("isel", "a", indexers={"x": 5}), error="x has 5 elements")
    yield case("points-misfit", "indexers of one dim must have one length", g | {
        "i": da([0, 1], ["p"]), "j": da([0, 1, 2], ["p"])}, do("isel", "a", indexers={"x": "$i", "y": "$j"}), error="p is 2 and 3")


def field():
    return xr.DataArray(
        numbers(6, 4),
        {"lat": [62.5, 50.0, 37.5, 12.5, 0.0, -12.5], "lon": [0.5, 1.75, 3.0, 10.0], "height": 2.0},
        ["lat", "lon"], name="t", attrs={"units": "K"})


def series(times, seed=7):
    return xr.DataArray(numbers(len(times), seed=seed), {"time": times}, ["time"], name="s")


@group("selection-label")
def selection_label():
    f = {"a": field()}
    yield case("exact", "an exact label drops the dim", f, do("sel", "a", indexers={"lat": 37.5}))
    yield case("list", "labels in the order asked for, with repeats", f, do("sel", "a", indexers={"lon": [10.0, 0.5, 10.0]}))
    yield case("slice", "both ends belong to a slice, and need not be labels", f, do("sel", "a", indexers={"lon": sl(1.75, 9.0)}))
    yield case("slice-decreasing", "on a decreasing index slices go downwards", f, do("sel", "a", indexers={"lat": sl(55, 0)}))
    yield case("slice-wrong-way", "the wrong direction selects nothing", f, do("sel", "a", indexers={"lat": sl(0, 55)}))
    yield case("slice-step", "the step counts positions", f, do("sel", "a", indexers={"lat": sl(50.0, -20.0, 2)}))
    yield case("several-dims", "a range, a label and drop at once", f, do("sel", "a", indexers={"lat": sl(None, 12.5), "lon": 3.0}, drop=True))
    yield case("nearest", "the nearest of each", f, do("sel", "a", indexers={"lat": [40.0, -90.0], "lon": 2.0}, method="nearest"))
    yield case("nearest-tie", "of two equally near labels the larger wins", {
        "a": da(np.arange(4), "x", x=[0, 10, 20, 30]), "b": da(np.arange(4), "x", x=[3.0, 2.0, 1.0, 0.0])},
        [do("sel", "a", "p", indexers={"x": [5, 15, 25]}, method="nearest"),
         do("sel", "b", "q", indexers={"x": [0.5, 1.5, 2.5]}, method="nearest")], outputs=["p", "q"])
    yield case("pad", "the last label at or before", f, do("sel", "a", indexers={"lon": [0.5, 2.9, 500.0]}, method="pad"))
    yield case("backfill", "the next label at or after", f, do("sel", "a", indexers={"lon": [-7.0, 1.75, 1.8]}, method="backfill"))
    yield case("tolerance", "labels within the tolerance", f, do("sel", "a", indexers={"lat": 48.0, "lon": 2.0}, method="nearest", tolerance=2.0))
    yield case("pad-tolerance", "pad looks back no further than the tolerance", f, do("sel", "a", indexers={"lon": [0.75, 3.25]}, method="pad", tolerance=0.25))
    yield case("tolerance-missed", "nothing within the tolerance is an error", f, do("sel", "a", indexers={"lat": 44.0}, method="nearest", tolerance=1.0), error="6 degrees off")
    yield case("pad-before-first", "nothing to pad from is an error", f, do("sel", "a", indexers={"lon": 0.25}, method="pad"), error="before the first label")
    yield case("unknown-label", "a label that is not there is an error", f, do("sel", "a", indexers={"lat": 37.0}), error="37 is no label")
    yield case("unknown-in-list", "one missing label in a list is an error", f, do("sel", "a", indexers={"lon": [0.5, 0.6]}), error="0.6 is no label")
    yield case("slice-with-method", "a slice takes no method", f, do("sel", "a", indexers={"lat": sl(50, 0)}, method="nearest"), error="slice and method")
    yield case("points", "labelled indexers of one dim select points", f | {
        "i": da([0.0, 62.5, 50.0], ["site"], site=list("abc")), "j": da([3.0, 3.0, 0.5], ["site"])},
        do("sel", "a", indexers={"lat": "$i", "lon": "$j"}))
    yield case("points-nearest", "points by their nearest labels", f | {
        "i": da([5.0, 58.0], ["p"]), "j": da([[2.0], [9.0]], ["p", "q"])},
        do("sel", "a", indexers={"lat": "$i", "lon": "$j"}, method="nearest"))
    hourly = {"a": series(dates("2001-02-27T21", 34, "h", unit="s"))}
    yield case("month-of-days", "a month keeps the dim", {"a": series(dates("2003-12-25", 43, unit="ms"))}, do("sel", "a", indexers={"time": "2004-01"}))
    yield case("day-of-days", "a day on a daily axis is a label", {"a": series(dates("2003-12-25", 10))}, do("sel", "a", indexers={"time": "2004-01-01"}))
    yield case("day-of-hours", "a day on an hourly axis is a range", hourly, do("sel", "a", indexers={"time": "2001-02-28"}))
    yield case("hour-of-hours", "an hour on an hourly axis is a label", hourly, do("sel", "a", indexers={"time": "2001-02-28T06"}))
    yield case("dates-slice", "partial dates as bounds stand for whole periods", {"a": series(dates("1999-12-30", 36, unit="s"))},
        do("sel", "a", indexers={"time": sl("1999", "2000-01")}))
    yield case("dates-slice-open", "a slice without an end", hourly, do("sel", "a", indexers={"time": sl("2001-03-01", None)}))
    yield case("dates-list", "a list of dates means these instants", hourly, do("sel", "a", indexers={"time": ["2001-02-28", "2001-03-01T05:00"]}))
    yield case("dates-outside", "a period without data is an error", hourly, do("sel", "a", indexers={"time": "2005"}), error="no time in 2005")
    yield case("datetime-nearest", "the nearest time with a tolerance", hourly, do("sel", "a",
        indexers={"time": day("2001-02-28T03:20")}, method="nearest", tolerance=np.timedelta64(30, "m")))
    yield case("model-month", "a partial date in a 360-day calendar", {"a": series(model_dates("1900-01-28", 36, "360_day"))},
        do("sel", "a", indexers={"time": "1900-02"}))
    yield case("model-slice", "30 February is a date there", {"a": series(model_dates("1900-02-25", 12, "360_day"))},
        do("sel", "a", indexers={"time": sl("1900-02-30", "1900-03-02")}))
    yield case("model-date", "an exact date in a noleap calendar", {"a": series(model_dates("2000-02-27", 5, "noleap"))},
        do("sel", "a", indexers={"time": cftime.DatetimeNoLeap(2000, 3, 1)}))
    twice = {"a": da(np.arange(5.0), "k", k=[1, 3, 3, 4, 8])}
    yield case("repeated-label", "all places of a repeated label", twice, do("sel", "a", indexers={"k": 3}))
    yield case("repeated-list", "a list needs unique labels", twice, do("sel", "a", indexers={"k": [1, 3]}), error="3 stands twice")
    mixed = {"a": da(np.arange(4.0), "k", k=[8, 1, 6, 3])}
    yield case("unsorted-slice", "between existing labels an unsorted index slices by place", mixed, do("sel", "a", indexers={"k": sl(1, 3)}))
    yield case("unsorted-slice-missing", "other bounds are an error", mixed, do("sel", "a", indexers={"k": sl(2, 6)}), error="2 is no label, the index is unsorted")
    yield case("strings", "strings as labels", {"a": grid()}, do("sel", "a", indexers={"y": sl("q", "r"), "x": [11, 2]}))
    yield case("dataset", "each variable by the dims it has", {
        "a": xr.Dataset({"t": field(), "lons": ("lon", [1, 2, 3, 4]), "n": 7})}, do("sel", "a", indexers={"lon": sl(1, 5), "lat": 0.0}))


# ---------------------------------------------------------------- arithmetic and alignment


@group("arithmetic")
def arithmetic():
    m = da(numbers(3, 4), "xy", x=[1, 2, 3], y=list("abcd"), name="m")
    row = da([10.0, -0.5, 0.0, 3.0], "y", y=list("abcd"), name="row")
    col = da([2, 4, 8], "x", x=[1, 2, 3])
    k = da([-7, -1, 0, 5, 9], "k", dtype="int32")
    both = {"a": m, "b": row, "c": col}
    yield case("by-name", "dims in the order of first appearance", both, [
        do("add", "a", "r", other="$b"), do("mul", "b", "q", other="$a"), do("sub", "c", "p", other="$b")], outputs=["r", "q", "p"])
    yield case("scalars", "numbers on either side", both, [
        do("add", "c", "p", other=0.5), do("sub", 1, "q", other="$c"), do("truediv", 1.0, "r", other="$b"), do("pow", 2, "s", other="$c")],
        outputs=["p", "q", "r", "s"])
    yield case("int-division", "floordiv rounds down, mod takes the sign of the divisor", {"a": k}, [
        do("floordiv", "a", "p", other=4), do("mod", "a", "q", other=4), do("floordiv", "a", "r", other=-4), do("mod", "a", "s", other=-4)],
        outputs=["p", "q", "r", "s"])
    yield case("int-division-by-zero", "integer division by zero gives 0, true division inf and NaN", {"a": k, "b": da([0, 2, 0, 0, 3], "k", dtype="int32")}, [
        do("floordiv", "a", "p", other="$b"), do("mod", "a", "q", other="$b"), do("truediv", "a", "r", other="$b")], outputs=["p", "q", "r"])
    yield case("float-division", "the same for floats, with infinities", {"a": da([5.5, -5.5, INF, 1.0, NAN], "k"), "b": da([2.0, 2.0, 3.0, -INF, 1.0], "k")}, [
        do("floordiv", "a", "p", other="$b"), do("mod", "a", "q", other="$b")], outputs=["p", "q"])
    yield case("negative-power", "an integer to a negative power is an error", {"a": k}, do("pow", "a", other=-1), error="integer power below zero")
    yield case("comparison", "comparisons are bool, and false for NaN", {"a": da([1.0, NAN, 3.0, -0.0], "k"), "b": da([2.0, NAN, 3.0, 0.0], "k")}, [
        do(op, "a", op, other="$b") for op in ("lt", "le", "eq", "ne", "gt", "ge")], outputs=["lt", "le", "eq", "ne", "gt", "ge"])
    yield case("comparison-strings", "strings compare by code point", {"a": da(["a", "B", "é", ""], "k")}, [
        do("gt", "a", "p", other="a"), do("ne", "a", "q", other="")], outputs=["p", "q"])
    yield case("logic", "bool arrays combine", {"a": da([True, True, False, False], "k"), "b": da([True, False, True, False], "k")}, [
        do("and", "a", "p", other="$b"), do("or", "a", "q", other="$b"), do("xor", "a", "r", other="$b"), do("invert", "a", "s")],
        outputs=["p", "q", "r", "s"])
    yield case("name", "a name survives if both sides agree, or one is a number", {"a": m, "b": row, "d": row.rename("m")}, [
        do("add", "a", "p", other="$b"), do("add", "a", "q", other="$d"), do("neg", "a", "r"), do("mul", "a", "s", other=3)],
        outputs=["p", "q", "r", "s"], compare={"name": True})
    yield case("attrs", "equal attributes stay, different ones go", {
        "a": da([1.0, 2.0], "x", attrs={"units": "m", "source": "A", "only": 1}), "b": da([3.0, 4.0], "x", attrs={"units": "m", "source": "B"})}, [
        do("mul", "a", "r", other="$b"), do("np.sqrt", "a", "q"), do("sub", "a", "p", other=1)], outputs=["r", "q", "p"], compare={"attrs": True})
    yield case("coord-conflict", "a scalar coord that differs is dropped, one that agrees stays", {"a": grid()}, [
        do("isel", "a", "p", indexers={"y": 0}), do("isel", "a", "q", indexers={"y": 2}), do("sub", "p", other="$q")])
    yield case("coord-one-sided", "coords of one side are kept", {
        "a": da([1, 2], "x", x=[5, 6], label=("x", ["u", "v"])), "b": da([3, 4], "x", x=[5, 6], h=1.5)}, do("add", "a", other="$b"))
    v = {"a": da([0.25, 0.5, 1.0, NAN], "k"), "n": da([4, 9, 0, 2], "k")}
    names = "exp log log10 log2 log1p expm1 sqrt square".split()
    yield case("exponentials", "exp, log and their like", v, [do(f"np.{n}", "a", n) for n in names], outputs=names)
    names = "sin cos tan arcsin arccos arctan sinh cosh tanh deg2rad rad2deg".split()
    yield case("trigonometry", "angles", v, [do(f"np.{n}", "a", n) for n in names], outputs=names)
    names = "floor ceil trunc rint sign fabs isnan isfinite isinf".split()
    yield case("rounding", "rint rounds half to even", {"a": da([-1.5, -0.5, 0.5, 1.5, 2.5, -INF, NAN], "k")}, [
        do(f"np.{n}", "a", n) for n in names], outputs=names)
    names = "hypot arctan2 maximum minimum fmax fmin".split()
    yield case("two-arguments", "functions of two arrays broadcast by name", {"a": da([3.0, -1.0, NAN], "x"), "b": da([[4.0, 0.0, 1.0], [NAN, -2.0, NAN]], "yx")}, [
        do(f"np.{n}", "a", n, other="$b") for n in names], outputs=names)
    yield case("ints-to-functions", "integers become float64", v, [do("np.sqrt", "n", "p"), do("np.exp", "n", "q")], outputs=["p", "q"])
    t = {"a": da([day("2000-02-28T18"), NAT, day("1969-12-31")], "k", dtype="datetime64[ns]"),
         "b": da([day("2000-03-01"), day("2000-01-01"), day("1970-01-02")], "k", dtype="datetime64[ns]"),
         "d": da([3600, -1, 86400], "k", dtype="timedelta64[s]")}
    yield case("times", "differences and shifts of times", t, [
        do("sub", "b", "p", other="$a"), do("add", "a", "q", other="$d"), do("sub", "b", "r", other="$d"), do("lt", "a", "s", other="$b")],
        outputs=["p", "q", "r", "s"])
    yield case("durations", "durations scale and divide", t, [
        do("mul", "d", "p", other=2), do("truediv", "d", "q", other=np.timedelta64(1, "h")), do("neg", "d", "r")], outputs=["p", "q", "r"])
    yield case("times-added", "two instants cannot be added", t, do("add", "a", other="$b"), error="instant plus instant")
    d = xr.Dataset({"u": ("x", [1.0, 2.0, 3.0]), "n": (("x", "y"), np.arange(6).reshape(3, 2))}, {"x": [1, 2, 3]})
    yield case("dataset-array", "an array meets every variable", {"a": d, "c": col}, [
        do("sub", "a", "p", other="$c"), do("truediv", "a", "q", other=2)], outputs=["p", "q"])
    yield case("dataset-dataset", "variables meet by name, the others go", {
        "a": d, "b": xr.Dataset({"u": ("x", [10.0, 20.0, 30.0]), "w": 1}, {"x": [1, 2, 3]})}, do("mul", "a", other="$b"))
    yield case("chain", "a longer expression", both, [
        do("mul", "a", "aa", other="$a"), do("mul", "b", "bb", other="$b"), do("add", "aa", "s", other="$bb"),
        do("np.sqrt", "s", "q"), do("sub", "q", "d", other="$c"), do("abs", "d")])


def pair():
    a = da([1.0, 2.0, 3.0, 4.0], "x", x=[40, 10, 30, 20], name="a", tag=("x", list("dacb")))
    b = da([10, 20, 30], "x", x=[30, 50, 10], name="b")
    return {"a": a, "b": b}


@group("alignment")
def alignment():
    both = {"out": ["p", "q"], "op": "xr.align"}
    p = pair()

    def align(join, **more):
        return {**both, "kwargs": value_to_json({"objects": ["$a", "$b"], "join": join, **more})}

    yield case("inner", "arithmetic keeps the common labels, in the order of the left", p, [
        do("add", "a", "p", other="$b"), do("add", "b", "q", other="$a")], outputs=["p", "q"])
    yield case("align-inner", "the same from align", p, align("inner"), outputs=["p", "q"])
    yield case("align-outer", "an outer join sorts the labels; integers become floats", p, align("outer"), outputs=["p", "q"])
    yield case("align-left", "the labels of the left", p, align("left"), outputs=["p", "q"])
    yield case("align-right", "the labels of the right", p, align("right"), outputs=["p", "q"])
    yield case("align-fill", "fill_value keeps integers", {"a": p["a"].drop_vars("tag"), "b": p["b"]}, align("outer", fill_value=-9), outputs=["p", "q"])
    yield case("align-exact", "exact refuses different labels", p, {**align("exact"), "out": "r"}, error="labels differ")
    yield case("align-override", "override takes the labels of the first", {"a": da([1, 2], "x", x=[1, 2]), "b": da([3, 4], "x", x=[5, 6])},
        align("override"), outputs=["p", "q"])
    yield case("align-three", "three at once", p | {"c": da([5.0], "x", x=[30])}, {
        "out": ["p", "q", "r"], "op": "xr.align", "kwargs": {"objects": ["$a", "$b", "$c"], "join": "inner"}}, outputs=["p", "q", "r"])
    yield case("outer-arithmetic", "the join of arithmetic is an option", p, do("mul", "a", other="$b"), options={"arithmetic_join": "outer"})
    yield case("disjoint", "no common label: an empty result", {"a": da([1, 2], "x", x=[1, 2]), "b": da([3.0], "x", x=[7])}, do("add", "a", other="$b"))
    yield case("two-dims", "each dim is joined for itself", {
        "a": da(numbers(3, 3), "xy", x=[1, 2, 3], y=list("abc")), "b": da(numbers(2, 3, seed=4), "yx", x=[3, 4, 1], y=list("cb"))},
        do("sub", "a", other="$b"))
    yield case("order-differs", "the same labels in another order", {"a": da([1.0, 2.0, 3.0], "x", x=[3, 1, 2]), "b": da([1.0, 2.0, 3.0], "x", x=[2, 3, 1])},
        do("truediv", "a", other="$b"))
    yield case("no-labels", "without labels equal lengths fit, and labels of one side stay", {"a": da([1, 2, 3], "x"), "b": da([4, 5, 6], "x", x=[7, 8, 9])},
        do("mul", "a", other="$b"))
    yield case("no-labels-misfit", "without labels different lengths are an error", {"a": da([1, 2, 3], "x"), "b": da([4, 5], "x")},
        do("mul", "a", other="$b"), error="3 and 2")
    yield case("length-one", "a length of one does not stretch", {"a": da([1, 2, 3], "x"), "b": da([4], "x")}, do("mul", "a", other="$b"), error="3 and 1")
    yield case("repeated-equal", "equal indexes with repeated labels need no join", {"a": da([1, 2, 3], "x", x=[0, 0, 1]), "b": da([4, 5, 6], "x", x=[0, 0, 1])},
        do("add", "a", other="$b"))
    yield case("repeated-differ", "different ones cannot be joined", {"a": da([1, 2, 3], "x", x=[0, 0, 1]), "b": da([4, 5], "x", x=[0, 1])},
        do("add", "a", other="$b"), error="0 stands twice")
    yield case("float32-labels", "float32 and float64 labels are equal only where exact", {
        "a": da(np.arange(5), "x", x=np.array([0.0, 0.1, 0.25, 0.3, 0.5], "float32")), "b": da(np.arange(5), "x", x=[0.0, 0.1, 0.25, 0.3, 0.5])},
        do("add", "a", other="$b"))
    yield case("times", "times of two resolutions join by instant", {
        "a": da([1.0, 2.0, 3.0], ["time"], time=dates("2000-01-01", 3, unit="s")), "b": da([10.0, 20.0, 30.0], ["time"], time=dates("2000-01-02", 3, unit="ns"))},
        do("add", "a", other="$b"))
    yield case("calendar-dates", "dates of a model calendar join", {
        "a": da([1.0, 2.0, 3.0], ["time"], time=model_dates("2000-02-29", 3, "360_day")), "b": da([10.0, 20.0], ["time"], time=model_dates("2000-02-30", 2, "360_day"))},
        align("outer"), outputs=["p", "q"])
    yield case("strings-outer", "string labels sort, strings get a missing value", {
        "a": da(["u", "v"], "s", s=["m", "k"]), "b": da([1, 2], "s", s=["k", "z"], dtype="int8")}, align("outer"), outputs=["p", "q"])
    yield case("dataset", "a dataset aligns all its variables", {
        "a": xr.Dataset({"u": ("x", [1.0, 2.0, 3.0]), "n": ("x", [1, 2, 3]), "o": ("y", [0, 1])}, {"x": [1, 2, 3]}), "b": da([5, 6], "x", x=[2, 9])},
        align("outer"), outputs=["p", "q"])
    yield case("broadcast", "broadcast gives both all dims", {"a": da([1, 2], "x", x=[1, 2]), "b": da([[3.0], [4.0], [5.0]], "yz", y=list("abc"))}, {
        "out": ["p", "q"], "op": "xr.broadcast", "kwargs": {"objects": ["$a", "$b"]}}, outputs=["p", "q"])
    yield case("broadcast-outer", "and joins the labels outer", {"a": da([1, 2], "x", x=[1, 2]), "b": da([[3.0], [4.0]], "xy", x=[2, 3])}, {
        "out": ["p", "q"], "op": "xr.broadcast", "kwargs": {"objects": ["$a", "$b"]}}, outputs=["p", "q"])


# ---------------------------------------------------------------------------------- dtypes


@group("dtype")
def dtypes():
    def one(dtype, *values):
        return da(values or [1, 2, 3], "x", dtype=dtype)

    every = "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64".split()
    some = {name: one(name) for name in every}
    yield case("int-with-int", "signed and unsigned widen until both fit", some, [
        do("add", "int8", "p", other="$uint8"), do("add", "int16", "q", other="$int8"), do("add", "uint32", "r", other="$int32"),
        do("add", "uint64", "s", other="$int64"), do("add", "uint8", "t", other="$uint16")], outputs=list("pqrst"))
    yield case("int-with-float", "float32 holds 16 bits, not 32", some, [
        do("mul", "int8", "p", other="$float32"), do("mul", "uint16", "q", other="$float32"), do("mul", "int32", "r", other="$float32"),
        do("mul", "uint64", "s", other="$float32"), do("mul", "float32", "t", other="$float64")], outputs=list("pqrst"))
    yield case("weak-numbers", "a plain number does not widen", some, [
        do("add", "int8", "p", other=1), do("mul", "uint16", "q", other=2), do("mul", "float32", "r", other=0.1),
        do("add", "float32", "s", other=3), do("add", "int16", "t", other=0.5)], outputs=list("pqrst"))
    yield case("typed-numbers", "a typed number widens like an array", some, [
        do("add", "int8", "p", other=np.int16(1)), do("mul", "float32", "q", other={"np": 0.5, "dtype": "float64"}),
        do("mul", "int32", "r", other=np.float32(0.5))], outputs=list("pqr"))
    yield case("weak-out-of-range", "a plain number that does not fit is an error", some, do("add", "int8", other=300), error="300 is no int8")
    yield case("wrap-around", "integers wrap around", {"a": one("int8", 120, -128, 5), "b": one("uint8", 250, 0, 1), "c": one("int64", 2**63 - 1, -(2**63), 0)}, [
        do("add", "a", "p", other="$a"), do("sub", "b", "q", other=3), do("neg", "a", "r"), do("add", "c", "s", other=1), do("abs", "a", "t")], outputs=list("pqrst"))
    yield case("true-division", "division gives floats", some | {"b": one("bool", True, False, True)}, [
        do("truediv", "int8", "p", other="$int8"), do("truediv", "int64", "q", other=2), do("truediv", "float32", "r", other=2),
        do("truediv", "b", "s", other=2)], outputs=list("pqrs"))
    b = {"b": one("bool", True, False, True), "i": one("int8"), "f": one("float32")}
    yield case("bool", "bool counts as 0 and 1", b, [
        do("add", "b", "p", other="$b"), do("mul", "b", "q", other="$i"), do("mul", "b", "r", other="$f"), do("add", "b", "s", other=1)], outputs=list("pqrs"))
    yield case("bool-minus", "bool minus bool is an error", b, do("sub", "b", other="$b"), error="numpy has no such subtraction")
    yield case("sums", "sum and prod widen to 64 bits, floats keep their width", some | b, [
        do(op, n, f"{op}_{n}") for op in ("sum", "prod") for n in ("int8", "uint16", "uint64", "float32", "b")],
        outputs=[f"{op}_{n}" for op in ("sum", "prod") for n in ("int8", "uint16", "uint64", "float32", "b")])
    yield case("means", "means of integers are float64, of float32 float32", some | b, [
        do(op, n, f"{op}_{n}") for op in ("mean", "std", "var", "median") for n in ("int16", "float32", "b") if (op, n) != ("median", "b")],
        outputs=[f"{op}_{n}" for op in ("mean", "std", "var", "median") for n in ("int16", "float32", "b") if (op, n) != ("median", "b")])
    yield case("extremes", "min and max keep the dtype, count is int64", some | b, [
        do("min", "int8", "p"), do("max", "uint64", "q"), do("max", "float32", "r"), do("max", "b", "s"), do("count", "int8", "t"), do("any", "int8", "u")],
        outputs=list("pqrstu"))
    mask = {"m": one("bool", True, False, True)}
    kinds = "int8 uint8 int16 uint16 int32 uint32 int64 uint64 float32".split()
    yield case("where-promotes", "where makes room for NaN", some | mask, [do("where", n, f"w_{n}", cond="$m") for n in kinds], outputs=[f"w_{n}" for n in kinds])
    yield case("where-nothing-missing", "even if nothing is missing", some | {"m": one("bool", True, True, True)}, do("where", "int16", cond="$m"))
    yield case("where-other", "a number instead of NaN keeps the dtype", some | mask, [
        do("where", "int16", "p", cond="$m", other=-1), do("where", "uint8", "q", cond="$m", other=0.5), do("where", "float32", "r", cond="$m", other=2.5)],
        outputs=list("pqr"))
    yield case("where-times", "times and strings have their own missing value", mask | {
        "t": da(dates("2000-01-01", 3), "x"), "d": da([1, 2, 3], "x", dtype="timedelta64[s]"), "s": da(["a", "bc", ""], "x")}, [
        do("where", "t", "p", cond="$m"), do("where", "d", "q", cond="$m"), do("where", "s", "r", cond="$m")], outputs=list("pqr"))
    yield case("comparisons", "comparisons give bool whatever the dtypes", some, [
        do("lt", "int8", "p", other="$uint64"), do("eq", "float32", "q", other="$int64"), do("ge", "uint8", "r", other=2.5), do("lt", "uint8", "s", other=-1)], outputs=list("pqrs"))
    yield case("large-integers", "int64 and uint64 compare and sum exactly", {"a": one("int64", 2**53 + 1, -(2**53) - 1, 7), "b": one("uint64", 2**63, 2**53, 7)}, [
        do("lt", "a", "p", other="$b"), do("sum", "a", "q"), do("max", "b", "r"), do("eq", "a", "s", other=2**53)], outputs=list("pqrs"))
    yield case("time-units", "the finer unit of two", {"a": da([1, 2], "x", dtype="datetime64[s]"), "b": da([5, 1500], "x", dtype="timedelta64[ms]"), "c": da([7, 8], "x", dtype="datetime64[us]")}, [
        do("add", "a", "p", other="$b"), do("sub", "c", "q", other="$a"), do("sub", "a", "r", other=day("1970-01-01", "ns")), do("eq", "a", "s", other="$c")], outputs=list("pqrs"))
    yield case("functions", "functions of small integers", some, [
        do("np.sqrt", "int32", "p"), do("np.exp", "float32", "q"), do("np.sqrt", "int16", "r"), do("np.floor", "float32", "s"), do("np.isnan", "int8", "t")], outputs=list("pqrst"))
    yield case("concat", "concat promotes like arithmetic", some, [
        {"out": "p", "op": "xr.concat", "kwargs": {"objs": ["$int16", "$float32"], "dim": "x"}},
        {"out": "q", "op": "xr.concat", "kwargs": {"objs": ["$uint8", "$int8"], "dim": "x"}}], outputs=["p", "q"])


# ------------------------------------------------------------------------------ reductions


@group("reductions")
def reductions():
    m = da([[1.5, NAN, -3.0, 4.0], [NAN, NAN, 2.0, 8.0], [0.5, NAN, 7.0, -2.0]], "xy", x=[1, 2, 3], y=list("abcd"), name="m", h=2.0, area=("x", [5, 6, 7]))
    a = {"a": m}
    ops = "mean sum min max std var prod median count".split()
    yield case("skip-nan", "NaN is skipped; a column of NaN sums to 0", a, [do(op, "a", op, dim="x") for op in ops], outputs=ops)
    yield case("keep-nan", "skipna=False lets NaN through", a, [do(op, "a", op, dim="y", skipna=False) for op in ops[:-1]], outputs=ops[:-1])
    yield case("all-dims", "without dims everything is reduced", a, [do(op, "a", op) for op in ops], outputs=ops)
    yield case("several-dims", "a list of dims, in any order", {"a": cube()}, [
        do("mean", "a", "p", dim=["c", "a"]), do("max", "a", "q", dim=["b"]), do("sum", "a", "r", dim=["a", "b", "c"])], outputs=list("pqr"))
    yield case("ddof", "ddof counts the values that are there", a, [
        do("std", "a", "p", dim="x", ddof=1), do("var", "a", "q", dim="y", ddof=2), do("var", "a", "r", ddof=1)], outputs=list("pqr"))
    yield case("min-count", "fewer values than min_count give NaN", a, [
        do("sum", "a", "p", dim="x", min_count=1), do("prod", "a", "q", dim="y", min_count=3), do("sum", "a", "r", min_count=9)], outputs=list("pqr"))
    yield case("min-count-int", "min_count says nothing about integers", {"a": da([[1, 2], [3, 4]], "xy")}, [
        do("sum", "a", "p", dim="x", min_count=3), do("sum", "a", "q", dim="x", skipna=True, min_count=3)], outputs=list("pq"))
    yield case("any-all", "any and all take numbers too; NaN is true", {
        "a": da([[True, False], [True, True]], "xy"), "b": da([[0.0, NAN], [0.0, 2.0]], "xy"), "c": da([[0, 3], [0, 0]], "xy", dtype="int8")}, [
        do(op, n, op + n, dim="y") for op in ("any", "all") for n in "abc"], outputs=[op + n for op in ("any", "all") for n in "abc"])
    t = {"a": da([day("2000-01-01"), NAT, day("2000-01-04"), day("1999-12-31T12")], "k", dtype="datetime64[ns]"), "b": da(dates("2001-05-05", 4, "6h"), "k")}
    yield case("times", "of times with NaT: mean skips it, min does not", t, [
        do("mean", "a", "p"), do("min", "a", "q"), do("min", "a", "r", skipna=True), do("max", "b", "s"), do("mean", "b", "t"), do("count", "a", "u")], outputs=list("pqrstu"))
    yield case("durations", "sums and means of durations", {"a": da([90, -30, 600], "k", dtype="timedelta64[s]")}, [
        do("sum", "a", "p"), do("mean", "a", "q"), do("max", "a", "r")], outputs=list("pqr"))
    yield case("strings", "strings have a largest and a smallest", {"a": da([["b", "aa"], ["c", ""]], "xy")}, [
        do("max", "a", "p"), do("min", "a", "q", dim="y"), do("count", "a", "r", dim="x")], outputs=list("pqr"))
    yield case("infinite", "infinities", {"a": da([[INF, 1.0, NAN], [-INF, INF, 2.0]], "xy")}, [
        do("sum", "a", "p", dim="y"), do("max", "a", "q", dim="y"), do("mean", "a", "r", dim="x"), do("min", "a", "s")], outputs=list("pqrs"))
    yield case("empty", "nothing sums to 0, multiplies to 1 and has no mean", {"a": da(np.zeros((0, 2)), "xy")}, [
        do("sum", "a", "p", dim="x"), do("prod", "a", "q", dim="x"), do("mean", "a", "r", dim="x"), do("count", "a", "s", dim="x"), do("sum", "a", "t", dim="y")], outputs=list("pqrst"))
    yield case("empty-max", "nothing has no largest value", {"a": da(np.zeros((0, 2)), "xy")}, do("max", "a", dim="x"), error="no identity")
    yield case("unknown-dim", "an unknown dim is an error", a, do("mean", "a", dim="z"), error="no dim z")
    yield case("median", "of an even number of values the mean of the middle two", {"a": da([[4, 1, 3, 2], [9, 9, 0, -5]], "xy", dtype="int16")}, [
        do("median", "a", "p", dim="y"), do("median", "a", "q", dim="x"), do("median", "a", "r")], outputs=list("pqr"))
    big = {"type": "DataArray", "name": None, "dims": ["x", "y"], "shape": [40, 25], "dtype": "float64",
           "gen": {"lcg": {"seed": 99, "mod": 1000, "scale": 0.001, "offset": 1e9}, "nan": [7, 3]}}
    yield case("offset", "variances of numbers far from zero", {"a": big}, [
        do("var", "a", "p"), do("std", "a", "q", dim="x"), do("mean", "a", "r", dim="y")], outputs=list("pqr"), compare={"rtol": 1e-5})
    single = {"type": "DataArray", "name": None, "dims": ["x", "y"], "shape": [60, 50], "dtype": "float32",
              "gen": {"lcg": {"seed": 3, "mod": 5000, "scale": 0.01, "offset": 250.0}, "nan": [11, 0]}}
    yield case("float32", "float32 stays float32 and does not lose digits", {"a": single}, [
        do("mean", "a", "p"), do("sum", "a", "q", dim="x"), do("std", "a", "r", dim="y")], outputs=list("pqr"))
    yield case("attrs-kept", "attributes stay with the result", {"a": da([1.0, 2.0], "x", attrs={"units": "K", "n": 3})}, [
        do("mean", "a", "p"), do("count", "a", "q")], outputs=["p", "q"], compare={"attrs": True})
    ds = {"a": xr.Dataset({"u": ("x", [1.0, NAN, 4.0]), "n": (("x", "y"), np.arange(6).reshape(3, 2)), "s": ("x", ["a", "b", "c"]), "c": ("y", [1, 2])},
                          {"x": [1, 2, 3], "y": [0.5, 1.5]})}
    yield case("dataset", "means leave strings out and variables without the dim alone", ds, [
        do("mean", "a", "p", dim="x"), do("std", "a", "q", dim="x"), do("count", "a", "r", dim="x"), do("max", "a", "s", dim="x"), do("sum", "a", "t")], outputs=list("pqrst"))
    yield case("of-a-selection", "reductions of slices", {"a": grid()}, [
        do("isel", "a", "s", indexers={"x": sl(None, None, -2)}), do("sel", "s", "u", indexers={"y": sl("q", "s")}), do("mean", "u", dim="x")])

    yield case("empty-extremes", "nothing has no position of a largest value", {"a": da(np.zeros((2, 0), "int64"), "xy")}, do("argmax", "a", dim="y"), error="no identity")
    yield case("empty-median", "the median of nothing is missing", {"a": da(np.zeros((0, 2), "float32"), "xy"), "b": da(np.zeros((0, 2), "int16"), "xy")}, [
        do("median", "a", "p", dim="x"), do("median", "b", "q", dim="x"), do("median", "b", "r", dim="y")], outputs=list("pqr"))
    yield case("argmin-argmax", "positions of extremes, the first of equal ones", {"a": da([[3.0, NAN, 1.0, 1.0], [NAN, 7.0, 7.0, -INF]], "xy"), "b": da([[5, 5, 2], [0, 9, 9]], "xy", dtype="uint8")}, [
        do(op, n, op + n + d, dim=d) for op in ("argmin", "argmax") for n, d in (("a", "y"), ("b", "x"), ("b", "y"))], outputs=[op + n for op in ("argmin", "argmax") for n in ("ay", "bx", "by")])
    yield case("argmax-keep-nan", "unless left out, the first NaN is the extreme", {"a": da([[3.0, NAN, NAN], [1.0, 2.0, 5.0]], "xy")}, [
        do("argmax", "a", "p", dim="y", skipna=False), do("argmin", "a", "q", dim="y", skipna=False)], outputs=list("pq"))
    yield case("argmax-dims", "positions along several dims", {"a": cube()}, do("argmax", "a", dim=["c", "a"]))
    yield case("argmin-all-nan", "only NaN has no extreme", {"a": da([[NAN, NAN], [1.0, 2.0]], "xy")}, do("argmin", "a", dim="y"), error="all NaN")
    yield case("argmin-others", "bools, strings and times have positions too", {
        "b": da([True, False, False], "x"), "s": da(["b", "aa", "c"], "x"), "t": da([day("2000-01-03"), day("2000-01-01"), day("2000-01-09")], "x", dtype="datetime64[ns]")}, [
        do(op, n, op + n, dim="x") for op in ("argmin", "argmax") for n in "bst"], outputs=[op + n for op in ("argmin", "argmax") for n in "bst"])
    xs = {"a": da([[3.0, NAN, 1.0], [NAN, NAN, NAN], [2.0, 8.0, 8.0]], "xy", x=[1, 2, 3], y=[10, 20, 30], attrs={"units": "m"})}
    yield case("idx", "labels of extremes; where all is NaN the label is", xs, [
        do("idxmin", "a", "p", dim="y"), do("idxmax", "a", "q", dim="y"), do("idxmax", "a", "r", dim="x"), do("idxmin", "a", "s", dim="y", fill_value=-1), do("idxmax", "a", "t", dim="y", fill_value=-1.5),
        do("idxmax", "a", "u", dim="y", skipna=False)], outputs=list("pqrstu"), compare={"attrs": True, "name": True})
    yield case("idx-attrs", "keep_attrs of labels", xs, [do("idxmin", "a", "p", dim="y", keep_attrs=False), do("idxmin", "a", "q", dim="y", keep_attrs=True)], outputs=["p", "q"], compare={"attrs": True})
    yield case("idx-labels", "labels are strings or times", {"a": da([3, 9, 1], "x", x=["u", "v", "w"]), "b": da([3.0, NAN, 1.0], "t", t=dates("2000-01-01", 3))}, [
        do("idxmax", "a", "p"), do("idxmin", "b", "q", dim="t")], outputs=["p", "q"])
    yield case("idx-dataset", "of every variable", {"a": xr.Dataset({"u": ("x", [1.0, 9.0, NAN]), "v": (("x", "y"), [[1, 2], [0, 7], [5, 5]])}, {"x": [5, 6, 7], "y": [0, 1]}, {"t": 1})}, [
        do("idxmax", "a", "p", dim="x"), do("idxmin", "a", "q", dim="x", skipna=True)], outputs=["p", "q"], compare={"attrs": True})
    yield case("idx-no-coord", "a dim without labels has none", {"a": da([1.0, 2.0], "x")}, do("idxmax", "a", dim="x"), error="x has no coord")
    yield case("idx-no-dim", "the dim must be named if there are several", {"a": da([[1.0]], "xy", x=[1], y=[2])}, do("idxmax", "a"), error="which dim")
    yield case("median-types", "medians of every type of number", {"f": da([[1.5, NAN, 2.5], [7.0, 1.0, 0.25]], "xy", dtype="float32"), "b": da([[True, False, True]], "xy"), "u": da([[200, 100, 250, 0]], "xy", dtype="uint8"),
        "d": da([[5, 2, 8, 3]], "xy", dtype="timedelta64[s]")}, [do("median", n, n + "r", dim="y") for n in "fbud"], outputs=[n + "r" for n in "fbud"])
    yield case("median-keep-nan", "a NaN makes the median NaN unless left out", {"a": da([[1.0, NAN, 2.0], [7.0, 1.0, 0.25]], "xy")}, [do("median", "a", "p", dim="y", skipna=False), do("median", "a", "q", skipna=False)], outputs=["p", "q"])


# ---------------------------------------------------------------------------- order


METHODS = (
    "inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull linear "
    "median_unbiased normal_unbiased lower higher midpoint nearest"
).split()


@group("sort-quantile-rank")
def order():
    m = da([[3.5, NAN, -1.0, 2.25, 9.0], [0.5, 0.5, NAN, NAN, 7.5], [4.0, -2.0, 8.0, 1.0, 6.0]], "rc", r=[1, 2, 3], c=list("abcde"), h=2.0, k=("r", [5, 6, 7]), attrs={"units": "m"})
    a = {"a": m}
    q = [0.0, 0.1, 1 / 3, 0.5, 0.8, 1.0]
    for method in METHODS:
        yield case(f"quantile-{method}", f"{method}, with lanes of several lengths", a, do("quantile", "a", q=q, dim="c", method=method))
    ints = {n: da([[1, 7, 3, 3], [40, 0, 5, 2]], "rc", dtype=n) for n in ("int8", "uint16", "int64", "uint64", "float32")}
    yield case("quantile-types", "interpolated in float64", ints, [do("quantile", n, n + "r", q=[0.3, 0.75], dim="c") for n in ints], outputs=[n + "r" for n in ints])
    yield case("quantile-chosen-types", "a chosen value keeps its dtype", ints, [do("quantile", n, n + "r", q=[0.3, 0.75], dim="c", method="higher") for n in ints], outputs=[n + "r" for n in ints])
    t = {"t": da([day("2000-01-09"), day("2000-01-01"), day("2000-02-01"), day("2000-01-02")], "x", dtype="datetime64[ns]"), "d": da([7, 2, NAT, 11], "x", dtype="timedelta64[s]")}
    yield case("quantile-times", "times and durations, NaT left out only when asked", t, [
        do("quantile", "t", "p", q=[0.2, 0.9]), do("quantile", "d", "u", q=0.5), do("quantile", "d", "v", q=[0.25, 0.6], skipna=True), do("quantile", "t", "w", q=0.4, method="nearest")], outputs=list("puvw"))
    yield case("quantile-bools", "bools can be chosen, not interpolated", {"a": da([True, False, True], "x")}, do("quantile", "a", q=[0.1, 0.5], method="lower"))
    yield case("quantile-bools-linear", "bools cannot be interpolated", {"a": da([True, False, True], "x")}, do("quantile", "a", q=0.5), error="no arithmetic of bools")
    yield case("quantile-strings", "strings can be chosen", {"a": da(["b", "a", "d", "c"], "x")}, do("quantile", "a", q=[0.4, 1.0], method="lower"))
    yield case("quantile-all", "over all dims, over a list of all, in any order", a, [do("quantile", "a", "p", q=[0.5, 0.25]), do("quantile", "a", "u", q=0.5, dim=["c", "r"]), do("quantile", "a", "v", q=[0.9], dim="r")], outputs=list("puv"), compare={"indexes": True})
    yield case("quantile-keep-nan", "skipna=False lets NaN through", a, [do("quantile", "a", "p", q=[0.5, 0.25], dim="c", skipna=False), do("quantile", "a", "u", q=0.5, dim="r", skipna=False, method="lower")], outputs=["p", "u"])
    yield case("quantile-attrs", "attributes stay; keep_attrs=False takes only those of a dataset", {"a": m, "d": m.to_dataset(name="v").assign_attrs(g=1)}, [
        do("quantile", n, n + str(i), q=0.5, dim="c", **({} if k is None else {"keep_attrs": k})) for n in "ad" for i, k in enumerate((None, True, False))], outputs=[n + str(i) for n in "ad" for i in range(3)], compare={"attrs": True})
    yield case("quantile-one", "of a single value", {"a": da([[4.0], [NAN]], "rc")}, [do("quantile", "a", "p", q=[0.0, 0.3, 1.0], dim="c"), do("quantile", "a", "u", q=0.3, dim="r", method="weibull")], outputs=["p", "u"])
    yield case("quantile-infinite", "between a number and an infinity", {"a": da([1.0, INF, 2.0, -INF], "x")}, [do("quantile", "a", "p", q=[0.3, 0.5, 0.9]), do("quantile", "a", "u", q=[0.0, 1.0], method="lower")], outputs=["p", "u"])
    yield case("quantile-empty", "nothing has no quantile", {"a": da(np.zeros((0, 2), "int64"), "xy")}, do("quantile", "a", q=0.5, dim="x"), error="nothing to choose")
    yield case("quantile-negative", "q below 0 is refused", a, do("quantile", "a", q=[0.5, -0.1]), error="q is not in [0, 1]")
    yield case("quantile-unknown-dim", "an unknown dim is an error", a, do("quantile", "a", q=0.5, dim="z"), error="no dim z")
    yield case("quantile-unknown-method", "an unknown method is an error", a, do("quantile", "a", q=0.5, method="median"), error="no such method")
    yield case("quantile-again", "quantiles of quantiles", a, [do("quantile", "a", "s", q=[0.1, 0.5], dim="c"), do("quantile", "s", q=[0.0, 0.5], dim="quantile")])
    yield case("quantile-twice", "a second dim of the name is an error", a, [do("quantile", "a", "s", q=[0.1, 0.5], dim="c"), do("quantile", "s", q=[0.0, 0.5], dim="r")], error="quantile exists")
    ds = xr.Dataset({"u": (("x", "y"), [[1.0, 5.0], [NAN, 2.0], [7.0, 3.0]]), "n": ("x", [4, 1, 9]), "w": ("y", [1, 2]), "z": 3.5, "s": ("x", ["a", "b", "c"])}, {"x": [3, 1, 2], "y": [0.5, 1.5], "h": 1}, {"t": 1})
    yield case("quantile-dataset", "numbers only; a scalar is its own quantile", {"a": ds}, [do("quantile", "a", "p", q=[0.5, 1.0], dim="x", numeric_only=True), do("quantile", "a", "u", q=0.25, numeric_only=True)], outputs=["p", "u"], compare={"attrs": True})
    yield case("quantile-dataset-strings", "strings in a dataset cannot be interpolated", {"a": ds}, do("quantile", "a", q=0.5, dim="x"), error="no arithmetic of strings")
    long = {"type": "DataArray", "name": None, "dims": ["x", "y"], "shape": [130, 9], "dtype": "float32", "gen": {"lcg": {"seed": 5, "mod": 300, "scale": 0.25, "offset": -30.0}, "nan": [13, 4]}}
    yield case("quantile-long", "many values with ties", {"a": long}, [do("quantile", "a", "p", q=[0.05, 0.5, 0.77], dim="x"), do("quantile", "a", "u", q=[0.5, 0.501], dim=["y", "x"], method="median_unbiased"), do("median", "a", "v", dim="x")], outputs=list("puv"))
    yield case("rank-ties", "ties share the mean of their places", {"a": da([[3, 1, 3, 3, 0], [2, 2, 1, 1, 5]], "xy", y=list("abcde"), h=1)}, [do("rank", "a", "p", dim="y"), do("rank", "a", "u", dim="x"), do("rank", "a", "v", dim="y", pct=True)], outputs=list("puv"))
    yield case("rank-nan", "NaN has no rank and does not count", a, [do("rank", "a", "p", dim="c"), do("rank", "a", "u", dim="c", pct=True), do("rank", "a", "v", dim="r", keep_attrs=False)], outputs=list("puv"), compare={"attrs": True})
    others = {"b": da([True, False, True], "x"), "s": da(["b", "aa", "c"], "x"), "t": t["t"], "f": da([0.5, -0.0, 0.0, -INF, NAN], "x", dtype="float32"), "u": da([2**64 - 1, 0, 2**63], "x", dtype="uint64")}
    yield case("rank-types", "every type has ranks", others, [do("rank", n, n + "r", dim="x") for n in others], outputs=[n + "r" for n in others])
    yield case("rank-dataset", "variables without the dim are dropped", {"a": ds}, [do("rank", "a", "p", dim="x"), do("rank", "a", "u", dim="y", pct=True, keep_attrs=False)], outputs=["p", "u"], compare={"attrs": True})
    yield case("rank-unknown-dim", "an unknown dim is an error", {"a": ds}, do("rank", "a", dim="z"), error="no dim z")
    yield case("rank-long", "many values", {"a": long}, [do("rank", "a", "p", dim="x"), do("rank", "a", "u", dim="y", pct=True)], outputs=["p", "u"])
    yield case("argsort", "positions in order, NaN last", {"a": da([[3.0, NAN, -1.0], [0.5, 7.0, -INF]], "xy", y=[3, 1, 2])}, [do("argsort", "a", "p"), do("argsort", "a", "u", axis=0)], outputs=["p", "u"])
    g = da([0, 1, 2, 3, 4, 5], "x", x=list("fbdace"), g=("x", [1, 2, 1, 2, 1, NAN]), h=("x", [NAN, 1, 2, 1, 2, 0]), t=("x", pd.to_datetime(["2001", "2000", None, "2003", "1999", "2000"]).values.astype("datetime64[ns]")))
    for name, keys in {"ties": "g", "two": ["g", "h"], "two-turned": ["h", "g"], "time": "t", "index": "x", "three": ["g", "t", "h"]}.items():
        yield case(f"sortby-{name}", "upwards and downwards: missing last, downwards ties turned around", {"a": g}, [
            do("sortby", "a", "p", variables=keys), do("sortby", "a", "u", variables=keys, ascending=False)], outputs=["p", "u"], compare={"indexes": True})
    yield case("sortby-aligned", "an array is aligned first; what it lacks is missing", {"a": g, "k": da([3, 1, 2, 0], "x", x=["b", "e", "zz", "a"])}, [
        do("sortby", "a", "p", variables="$k"), do("sortby", "a", "u", variables="$k", ascending=False), do("sortby", "a", "v", variables=["$k", "g"])], outputs=list("puv"))
    yield case("sortby-misfit", "an array of another length without labels is an error", {"a": g, "k": da([3, 1], "x")}, do("sortby", "a", variables="$k"), error="lengths differ")
    yield case("sortby-other-dim", "a key along a dim that is not there is an error", {"a": g, "k": da([3, 1], "w")}, do("sortby", "a", variables="$k"), error="no dim w")
    yield case("sortby-unknown", "an unknown name is an error", {"a": g}, do("sortby", "a", variables="nix"), error="no coord nix")
    yield case("sortby-scalar", "a scalar is no key", a, do("sortby", "a", variables="h"), error="not 1-d")
    yield case("sortby-dataset", "a dataset by variables along two dims", {"a": ds}, [do("sortby", "a", "p", variables=["n", "w"], ascending=False), do("sortby", "a", "u", variables=["s", "x"])], outputs=["p", "u"], compare={"indexes": True, "attrs": True})
    yield case("sortby-component", "by a component of a time", {"a": series(dates("2000-11-28", 5, "21D"))}, do("sortby", "a", variables="time.month"))
    yield case("sortby-positions", "a dim without labels, downwards", {"a": da([3, 1, 2], "x")}, do("sortby", "a", variables="x", ascending=False))
    yield case("sortby-nothing", "no keys change nothing", {"a": g}, do("sortby", "a", variables=[]))
    dup = da([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]], "xy", x=[2.0, NAN, 2.0], y=list("abab"), k=("x", [1, 1, 1]))
    for keep in ("first", "last", False):
        yield case(f"duplicates-{keep}".lower(), "along one dim, along both", {"a": dup}, [do("drop_duplicates", "a", "p", dim="x", keep=keep), do("drop_duplicates", "a", "u", dim=["x", "y"], keep=keep)], outputs=["p", "u"], compare={"indexes": True})
    yield case("duplicates-nan", "NaN is a duplicate of NaN", {"a": da([1, 2, 3], "x", x=[NAN, 1.0, NAN])}, do("drop_duplicates", "a", dim="x"))
    yield case("duplicates-no-labels", "a dim without labels has no duplicates", {"a": da([1, 1], "x")}, do("drop_duplicates", "a", dim="x"))
    yield case("duplicates-unknown", "an unknown dim is an error", {"a": dup}, do("drop_duplicates", "a", dim="z"), error="no dim z")


# ------------------------------------------------------------------------------ CF


def raw(dims, data, dtype=None, /, **attrs):
    return xr.Variable(list(dims), np.asarray(data, dtype), attrs)


def coded(data, attrs=None, encoding=None, dims="x"):
    return xr.Variable(list(dims), data, attrs or {}, encoding or {})


@group("cf-decode-encode")
def cf():
    def decode(name, doc, variables, compare=None, attrs=None, error=None, **options):
        inputs = {"a": xr.Dataset(variables, attrs=attrs or {})}
        more = {"error": error} if error else {"compare": compare or {"attrs": True}}
        return case(name, doc, inputs, do("xr.decode_cf", obj="$a", **options), **more)

    def encode(name, doc, ds, **more):
        return case(name, doc, {"a": ds}, do("encode_cf", "a"), **{"compare": {"attrs": True}, **more})

    f4, f8 = np.float32, np.float64
    yield decode("packed", "int16 with fill and double scale and offset gives float64", {
        "v": raw("x", [0, 100, -32768, 32767], "int16", scale_factor=0.01, add_offset=273.15, _FillValue=np.int16(-32768), units="K")},
        {"attrs": True, "encoding": ["scale_factor", "add_offset"]})
    yield decode("packed-float32", "with single scale and offset float32", {
        "v": raw("x", [0, 100, -128], "int8", scale_factor=f4(0.5), add_offset=f4(1), _FillValue=np.int8(-128)),
        "w": raw("x", [1, 2, 3], "int32", scale_factor=f4(0.5), add_offset=f4(1))})
    yield decode("fill-only", "fill alone: small integers to float32, others to float64", {
        "a": raw("x", [1, -1], "int8", _FillValue=np.int8(-1)), "b": raw("x", [1, 65535], "uint16", _FillValue=np.uint16(65535)),
        "c": raw("x", [1, -1], "int32", _FillValue=np.int32(-1)), "d": raw("x", [1, -1], "int64", missing_value=np.int64(-1)),
        "e": raw("x", [1, -1], "float32", _FillValue=f4(-1))})
    yield decode("scale-only", "scale or offset alone", {
        "a": raw("x", [1, 2], "int16", scale_factor=f4(0.25)), "b": raw("x", [1, 2], "int16", add_offset=10.0),
        "c": raw("x", [1, 2], "float32", scale_factor=2.0), "d": raw("x", [1, 2], "uint8", add_offset=f4(1))})
    yield decode("two-fills", "fill and missing value both mask", {
        "v": raw("x", [1.0, -9.0, -99.0, NAN], "float64", _FillValue=-9.0, missing_value=-99.0)})
    yield decode("unsigned", "_Unsigned turns signed bytes round, before masking", {
        "v": raw("x", [0, 127, -128, -1], "int8", _Unsigned="true", _FillValue=np.int8(-1)),
        "w": raw("y", [1, -2], "int16", _Unsigned="true"), "s": raw("y", [200, 1], "uint8", _Unsigned="false")})
    yield decode("masking-off", "mask_and_scale=False leaves numbers and attributes", {
        "v": raw("x", [1, -1], "int16", scale_factor=0.5, _FillValue=np.int16(-1)), "time": raw(["time"], [0, 1], "int32", units="days since 2000-01-01")},
        mask_and_scale=False)
    yield decode("times", "time units, from days to microseconds", {
        "d": raw("x", [0, 59, 366], "int32", units="days since 2000-01-01"),
        "h": raw("x", [-1, 0, 25], "int64", units="hours since 1900-01-01 00:00:0.0"),
        "s": raw("x", [0, 86399, 86400], "float64", units="seconds since 1970-01-01T00:00:00Z"),
        "u": raw("x", [0, 1, 2], "int64", units="microseconds since 2020-06-01 12:30", calendar="standard"),
        "z": raw("x", [0, 1, 2], "int32", units="hours since 2000-01-01 06:00 +02:00", calendar="proleptic_gregorian")},
        {"attrs": True, "encoding": ["units", "calendar"]})
    yield decode("times-fraction", "fractions of days are exact to the second", {
        "t": raw("x", [0.25, 1.5, 0.000011574074074074073], "float64", units="days since 1999-12-31")})
    yield decode("times-fill", "a fill value among times is NaT", {
        "t": raw("x", [1, -999, 3], "int32", units="days since 2000-01-01", _FillValue=np.int32(-999)), "f": raw("x", [1.5, NAN, 0.0], "float64", units="hours since 2000-01-01")})
    yield decode("times-calendars", "each calendar has its own dates", {
        name: raw("x", [0, 59, 60, 365], "int32", units="days since 2000-01-01", calendar=name) for name in ("noleap", "all_leap", "360_day", "julian", "365_day", "366_day")})
    yield decode("times-old", "before 1582 standard dates are Julian", {
        "t": raw("x", [-1, 0, 1], "int32", units="days since 1582-10-15", calendar="standard")})
    yield decode("times-months", "months are even in a 360-day calendar", {
        "t": raw("x", [0, 1, 13], "int32", units="months since 2001-11-30", calendar="360_day")})
    yield decode("times-off", "decode_times=False", {
        "t": raw("x", [1, 2], "int32", units="days since 2000-01-01", _FillValue=np.int32(2))}, decode_times=False)
    yield decode("times-bad", "units that mean nothing are an error", {"t": raw("x", [1], "int32", units="days since the flood")}, error="no reference date")
    yield decode("bounds", "bounds take the units of their coordinate; they become coords", {
        "time": raw(["time"], [15, 45], "int32", units="days since 2000-01-01", calendar="noleap", bounds="time_bnds"),
        "time_bnds": raw(["time", "nv"], [[0, 31], [31, 59]], "int32"), "v": raw(["time"], [1.0, 2.0])}, decode_coords="all")
    yield decode("coordinates", "the coordinates attribute makes coords", {
        "v": raw("yx", [[1.0, 2.0], [3.0, 4.0]], coordinates="lat lon", units="m"), "lat": raw("yx", [[5.0, 5.0], [6.0, 6.0]]), "lon": raw("yx", [[1.0, 2.0], [1.0, 2.0]]),
        "w": raw("x", [1, 2], coordinates="nowhere")}, {"attrs": True, "encoding": ["coordinates"]})
    yield decode("coordinates-off", "decode_coords=False", {"v": raw("x", [1.0], coordinates="h"), "h": raw("", 2.0)}, decode_coords=False)
    yield decode("characters", "arrays of characters become strings", {
        "v": raw(["n", "len"], [[b"a", b"b", b"c"], [b"d", b"", b""]], "S1"), "u": raw(["n", "len2"], [[b"\xc3", b"\xa9"], [b"x", b""]], "S1", _Encoding="utf-8")})
    yield decode("booleans", "int8 with dtype bool", {"v": raw("x", [1, 0, 1], "int8", dtype="bool")})
    yield decode("drop", "drop_variables leaves variables out", {"v": raw("x", [1, 2]), "w": raw("x", [3, 4])}, drop_variables=["w"])

    yield encode("enc-floats", "floats get a NaN fill value, also those of coords; integers none", xr.Dataset(
        {"v": ("x", [1.0, NAN]), "w": ("x", np.array([1, 2], "float32"), {"units": "m"}), "n": ("x", [1, 2])}, {"x": [0.5, 1.5]}, {"title": "t"}))
    yield encode("enc-packed", "packing rounds half to even and fills", xr.Dataset({"v": coded([273.15, 274.155, NAN, 272.145], {"units": "K"}, {
        "dtype": "int16", "scale_factor": 0.01, "add_offset": 273.15, "_FillValue": np.int16(-999)})}))
    yield encode("enc-no-fill", "_FillValue None writes none", xr.Dataset({"v": coded([1.0, 2.0], None, {"_FillValue": None})}))
    yield encode("enc-unsigned", "unsigned values stored as signed bytes", xr.Dataset({"v": coded([0.0, 200.0, NAN], None, {
        "dtype": "int8", "_Unsigned": "true", "_FillValue": np.int8(-1)})}))
    yield encode("enc-times", "times in the largest unit that is exact", xr.Dataset(
        {"a": ("x", dates("2000-03-01", 2)), "b": ("x", dates("2000-03-01T06", 2, "h")), "c": ("x", dates("1999-01-01T00:00:30", 2, "s"))}))
    yield encode("enc-times-asked", "in the unit and calendar asked for", xr.Dataset({"t": coded(dates("2000-02-29T12", 2), None, {
        "units": "hours since 1970-01-01", "calendar": "proleptic_gregorian", "dtype": "float64"})}))
    yield encode("enc-times-nat", "NaT is written as a fill value", xr.Dataset({"t": coded(np.array(["2000-01-02", "NaT"], "datetime64[ns]"), None, {
        "units": "days since 2000-01-01", "dtype": "float64", "_FillValue": f8(-1)})}))
    yield encode("enc-model-times", "dates of a model calendar", xr.Dataset({"t": ("x", model_dates("1850-02-29", 3, "360_day"))}))
    yield encode("enc-bool", "bool is int8 with an attribute", xr.Dataset({"v": ("x", [True, False])}))
    yield encode("enc-coords", "coords that are no dims are named by an attribute", xr.Dataset(
        {"v": (("y", "x"), np.ones((2, 2), "int8")), "u": ("x", [1, 2])}, {"lat": (("y", "x"), np.zeros((2, 2), "int16")), "h": 2, "x": [3, 4]}))
    yield case("round-trip", "decoding then encoding gives the file back", {"a": xr.Dataset({
        "v": raw(["time"], [1, -5, -32768], "int16", scale_factor=0.1, add_offset=5.0, _FillValue=np.int16(-32768), long_name="packed"),
        "time": raw(["time"], [0, 6, 12], "int32", units="hours since 2010-01-01", calendar="noleap")})},
        [do("xr.decode_cf", out="d", obj="$a"), do("encode_cf", "d")], compare={"attrs": True})


# ------------------------------------------------------------------- where and missing data


@group("where")
def where():
    a = da([[1, 8, 3], [6, 2, 9]], "xy", x=[10, 20], y=list("abc"), name="a", attrs={"units": "m"})
    i = {"a": a}
    cond = do("gt", "a", "m", other=2)
    yield case("mask", "what is false becomes NaN", i, [cond, do("where", "a", cond="$m")])
    yield case("other-number", "or a number", i, [cond, do("where", "a", cond="$m", other=0)])
    yield case("other-array", "or the values of another array, by name", i | {"o": da([-1, -2, -3], "y", y=list("abc"))}, [cond, do("where", "a", cond="$m", other="$o")])
    yield case("cond-of-one-dim", "a condition broadcasts", i | {"m": da([True, False], "x", x=[10, 20])}, do("where", "a", cond="$m"))
    yield case("cond-more-dims", "a condition with another dim adds it", i | {"m": da([True, False], "z")}, do("where", "a", cond="$m"))
    yield case("cond-partial", "labels of data and condition join inner", i | {"m": da([True, True], "y", y=["c", "a"])}, do("where", "a", cond="$m"))
    yield case("other-exact", "with `other` labels must be equal", i | {"o": da([1, 2], "y", y=["a", "b"])}, [cond, do("where", "a", cond="$m", other="$o")], error="labels of y differ")
    yield case("nan-compares-false", "NaN fails every comparison", {"a": da([1.0, NAN, 5.0], "x")}, [do("le", "a", "m", other=3), do("where", "a", cond="$m", other=-1.0)])
    yield case("drop", "drop cuts rows and columns without a true", i, [do("gt", "a", "m", other=7), do("where", "a", cond="$m", drop=True)])
    yield case("drop-other-dim", "what is dropped must be there", i | {"m": da([True, False], "z")}, do("where", "a", cond="$m", drop=True), error="no dim z")
    yield case("of-a-coord", "a condition made of a coord", i, [do("getitem", "a", "x", key="x"), do("gt", "x", "m", other=15), do("where", "a", cond="$m")])
    yield case("bool-data", "bools stay bools with another bool; without one there is a gap", {"a": da([True, True, False], "x"), "m": da([True, False, True], "x")},
        [do("where", "a", "p", cond="$m", other=False), do("where", "a", "w", cond="$m"), do("isnull", "w", "q")], outputs=["p", "q"])
    yield case("dataset", "a condition on every variable", {"a": xr.Dataset({"u": ("x", [1, 2, 3]), "v": (("x", "y"), np.arange(6.0).reshape(3, 2)), "c": 5}),
        "m": da([True, False, True], "x")}, do("where", "a", cond="$m"))
    yield case("dataset-cond", "a dataset as condition, variable by variable", {"a": xr.Dataset({"u": ("x", [1, 5, 3]), "v": ("x", [4.0, 2.0, NAN])})},
        [do("lt", "a", "m", other=4), do("where", "a", cond="$m", other=0)])
    yield case("name-attrs", "name and attributes of the data stay", i, [cond, do("where", "a", cond="$m")], compare={"name": True, "attrs": True})
    yield case("zero-d", "a single value", {"a": da(3.5, m=1)}, [do("gt", "a", "m", other=9), do("where", "a", cond="$m")])


@group("missing")
def missing():
    a = da([[NAN, 2.0, 3.0], [4.0, NAN, NAN]], "xy", x=[1, 2], y=list("abc"), attrs={"units": "m"})
    i = {"a": a}
    yield case("isnull", "NaN, NaT and missing strings", i | {
        "n": da([1, 2], "x"), "t": da([NAT, day("2000-01-01")], "x", dtype="datetime64[ns]"), "s": da(np.array(["a", NAN], object), "x"), "b": da([INF, -INF], "x")},
        [do("isnull", n, f"r{n}") for n in "antsb"], outputs=[f"r{n}" for n in "antsb"])
    yield case("isnull-dataset", "per variable", {"a": xr.Dataset({"u": ("x", [1.0, NAN]), "n": ("x", [1, 2])}, {"x": [5, 6]})}, do("isnull", "a"))
    yield case("isnull-attrs", "attributes stay", i, do("isnull", "a"), compare={"attrs": True})
    yield case("isnull-drop-attrs", "unless asked to go", i, [do("isnull", "a", "p", keep_attrs=False), do("notnull", "a", "q", keep_attrs=False)], outputs=list("pq"), compare={"attrs": True})
    yield case("fill-number", "a number for every gap", i, do("fillna", "a", value=0))
    yield case("fill-float32", "float32 stays float32", {"a": da([1.5, NAN], "x", dtype="float32")}, [do("fillna", "a", "p", value=0.1), do("fillna", "a", "q", value=np.float64(0.1))], outputs=["p", "q"])
    yield case("fill-int", "integers have no gaps", {"a": da([1, 2], "x", dtype="int16")}, do("fillna", "a", value=-1))
    yield case("fill-array", "an array fills by name", i | {"o": da([10.0, 20.0], "x", x=[1, 2])}, do("fillna", "a", value="$o"))
    yield case("fill-left", "labels of the data decide; gaps without a partner stay", i | {"o": da([7.0, 8.0], "y", y=["c", "z"])}, do("fillna", "a", value="$o"))
    yield case("fill-times", "NaT is filled", {"a": da([NAT, day("2000-01-01")], "x", dtype="datetime64[ns]")}, do("fillna", "a", value=day("1999-01-01")))
    d = xr.Dataset({"u": ("x", [1.0, NAN]), "v": ("x", [NAN, 4.0])})
    yield case("fill-mapping", "a number per variable", {"a": d}, do("fillna", "a", value={"u": -1.0}))
    yield case("fill-dataset", "a dataset fills by name", {"a": d, "b": xr.Dataset({"u": ("x", [8.0, 9.0]), "v": 0.0})}, do("fillna", "a", value="$b"))
    yield case("mask-and-fill", "a mask, a fill and a count", {"a": da(numbers(4, 5, nan=[6, 1]), "xy")}, [
        do("gt", "a", "m", other=0), do("where", "a", "w", cond="$m"), do("count", "w", "p", dim="y"), do("fillna", "w", "q", value=-1), do("isnull", "w", "n"), do("sum", "n", "s")],
        outputs=["p", "q", "s"])

    g = {"a": da([NAN, 2.0, NAN, NAN, 8.0, NAN, 5.0, NAN], "x", x=[0.0, 1.0, 2.0, 4.0, 5.0, 6.5, 7.0, 9.0], z=("x", np.arange(8) ** 2), attrs={"units": "m"})}
    for method in ["linear", "nearest", "zero", "slinear", "quadratic", "pchip", "akima", "makima", "barycentric", "krogh"]:
        yield case(f"interp-{method}", f"gaps by the method {method}", g, do("interpolate_na", "a", dim="x", method=method), compare={"rtol": 1e-9, "attrs": True})
    many = {"a": da(numbers(3, 12, nan=[4, 2]), "yx", x=np.arange(12) * 0.5)}
    yield case("interp-cubic-many", "splines lane by lane", many, [do("interpolate_na", "a", "p", dim="x", method="cubic"), do("interpolate_na", "a", "q", dim="x", method="quintic"),
        do("interpolate_na", "a", "r", dim="x", method="polynomial", order=4)], outputs=list("pqr"), compare={"rtol": 1e-8})
    yield case("interp-outside", "beyond the ends: a value, two, or the first and last piece", g, [
        do("interpolate_na", "a", "p", dim="x", fill_value=-1.0), do("interpolate_na", "a", "q", dim="x", fill_value="extrapolate"),
        do("interpolate_na", "a", "r", dim="x", method="quadratic", fill_value="extrapolate"), do("interpolate_na", "a", "s", dim="x", method="pchip", extrapolate=True)],
        outputs=list("pqrs"), compare={"rtol": 1e-9})
    yield case("interp-limit", "so many of a gap, the first ones", g, [do("interpolate_na", "a", "p", dim="x", limit=1), do("interpolate_na", "a", "q", dim="x", limit=1, fill_value="extrapolate")], outputs=list("pq"))
    yield case("interp-places", "at positions, or at another coord", g, [do("interpolate_na", "a", "p", dim="x", use_coordinate=False), do("interpolate_na", "a", "q", dim="x", use_coordinate="z")], outputs=list("pq"))
    yield case("interp-unsorted", "labels must rise", {"a": da([1.0, NAN, 3.0], "x", x=[1, 3, 2])}, do("interpolate_na", "a", dim="x"), error="x does not rise")
    yield case("interp-repeated", "and not repeat", {"a": da([1.0, NAN, 3.0], "x", x=[1, 1, 2])}, do("interpolate_na", "a", dim="x"), error="x repeats")
    yield case("interp-few", "too few points for the spline", {"a": da([1.0, NAN, 3.0, NAN], "x")}, do("interpolate_na", "a", dim="x", method="cubic"), error="a cubic takes 4 points")
    yield case("interp-lone", "a lane with one point stays", {"a": da([[1.0, NAN, NAN], [1.0, NAN, 3.0], [NAN, NAN, NAN]], "yx")}, do("interpolate_na", "a", dim="x", fill_value="extrapolate"))
    yield case("interp-int", "integers stay, with a limit they become floats", {"a": da([1, 2, 3], "x", dtype="int32")}, [do("interpolate_na", "a", "p", dim="x"), do("interpolate_na", "a", "q", dim="x", limit=1)], outputs=list("pq"))
    yield case("interp-dataset", "of every variable along the dim", {"a": xr.Dataset({"u": ("x", [1.0, NAN, 3.0]), "v": ("y", [NAN, 1.0]), "w": (("y", "x"), [[NAN, 1.0, NAN], [2.0, NAN, 5.0]])}, {"x": [0, 1, 4]}, {"h": 1})},
        do("interpolate_na", "a", dim="x"), compare={"attrs": True})
    yield case("dropna-thresh", "rows with enough values", i, [do("dropna", "a", "p", dim="y", thresh=2), do("dropna", "a", "q", dim="y", how="all"), do("dropna", "a", "r", dim="x", thresh=0)], outputs=list("pqr"))
    yield case("fill-text", "a number does not touch texts that are there", {"a": xr.Dataset({"u": ("x", [1.0, NAN]), "s": ("x", ["a", "b"])})}, do("fillna", "a", value=0.0))


# ------------------------------------------------------------------- along a dimension


@group("pad-shift-roll")
def pad_shift_roll():
    a = da([[1.5, 2.0, 4.0], [8.0, NAN, 32.0]], "yx", x=[10, 20, 30], z=("x", [1, 2, 3]), name="t", attrs={"units": "m"})
    n = da([3, 5, 9, 12], "x", dtype="int16", x=[1.0, 2.0, 4.0, 8.0])
    b = da([True, False, False], "x")
    s = da(["a", "bb", "c"], "x")
    t = da(dates("2000-01-01", 3), "x")
    e = da(np.array([], "float64"), "x", x=np.array([], "int64"))
    ds = xr.Dataset({"u": ("x", [1.0, 2.0, 3.0]), "n": (("x", "y"), np.arange(6).reshape(3, 2)), "c": ("y", [7, 8])}, {"x": [1, 2, 3], "k": ("y", [5, 6])}, {"h": 1})
    full = {"compare": {"attrs": True, "indexes": True, "name": True}}

    def pad(on="a", out="r", mode="constant", width={"x": (2, 3)}, **kwargs):
        return do("pad", on, out, pad_width=width, mode=mode, **kwargs)

    for mode in ["edge", "maximum", "mean", "median", "minimum", "linear_ramp", "reflect", "symmetric", "wrap"]:
        yield case(f"pad-{mode}", f"mode {mode} of floats and integers", {"a": a, "n": n}, [pad(out="p", mode=mode), pad("n", "q", mode)], outputs=list("pq"), **full)
    for mode in ["reflect", "symmetric", "wrap"]:
        yield case(f"wide-{mode}", "pads wider than the dim", {"n": n}, pad("n", mode=mode, width={"x": (9, 6)}), **full)
    for mode in ["reflect", "symmetric"]:
        yield case(f"odd-{mode}", "turned around the edge, several times", {"a": a, "n": n, "b": b}, [
            pad(out="p", mode=mode, width={"x": (7, 5)}, reflect_type="odd"), pad("n", "q", mode, {"x": (9, 6)}, reflect_type="odd"), pad("b", "r", mode, {"x": 1}, reflect_type="odd")], outputs=list("pqr"))
    yield case("constants", "values for all, per side, per dim; what is not named is 0", {"a": a}, [
        pad(out="p", constant_values=7), pad(out="q", constant_values=(7, 8)), pad(out="r", width={"x": (1, 2), "y": (1, 1)}, constant_values={"x": (7, 8)})], outputs=list("pqr"))
    yield case("constants-dataset", "values per variable, and there per dim", {"a": ds}, [
        pad(out="p", width={"x": (1, 0), "y": (0, 1)}, constant_values={"u": 9.5, "n": {"x": (1, 2)}}), pad(out="q", width={"y": (1, 1)}, constant_values={"x": 5})], outputs=list("pq"), **full)
    yield case("constants-cast", "a value is cast to the dtype", {"n": n, "b": b}, [pad("n", "p", constant_values=2.7), pad("b", "q", constant_values=5)], outputs=list("pq"))
    yield case("constant-beyond", "a value that the dtype does not hold is an error", {"n": n}, pad("n", constant_values=100000), error="int16")
    yield case("constant-nan-int", "NaN in integers is an error", {"n": n}, pad("n", constant_values=NAN), error="no NaN in integers")
    yield case("dtypes", "missing values of times and texts", {"t": t, "s": s}, [pad("t", "p"), pad("s", "q"), pad("s", "r", "wrap"), pad("t", "u", "reflect")], outputs=list("pqru"))
    yield case("stat-lengths", "statistics of so many at each side", {"n": n, "a": a}, [
        pad("n", "p", "mean", stat_length=2), pad("n", "q", "median", stat_length=(1, 3)), pad(out="r", mode="minimum", stat_length={"x": (1, 2)}), pad(out="u", mode="maximum", width={"y": 1}, stat_length=9)], outputs=list("pqru"))
    yield case("ramps", "lines to a value, per side and per dim; integers round down", {"n": n, "a": a}, [
        pad("n", "p", "linear_ramp", end_values=-10), pad("n", "q", "linear_ramp", end_values=(0, 100)), pad(out="r", mode="linear_ramp", width={"x": 2, "y": (2, 0)}, end_values={"y": (1, 2)})], outputs=list("pqr"))
    yield case("two-dims", "one dim after the other, corners included", {"a": a}, [pad(out="p", mode="mean", width={"x": 1, "y": (2, 0)}), pad(out="q", mode="reflect", width={"x": 2, "y": 1})], outputs=list("pq"))
    yield case("keep-attrs", "attributes go if asked", {"a": a, "d": ds}, [pad(out="p", mode="edge", keep_attrs=False), pad("d", "q", keep_attrs=False)], outputs=list("pq"), **full)
    yield case("one", "a dim of length one", {"a": da([5.0], "x", x=[3])}, [pad(out=m, mode=m) for m in ["reflect", "symmetric", "wrap", "mean"]], outputs=["reflect", "symmetric", "wrap", "mean"])
    yield case("empty-constant", "nothing can be padded with constants", {"a": e}, pad(), **full)
    yield case("empty-edge", "but has no edge", {"a": e}, pad(mode="edge"), error="x is empty")
    yield case("misplaced", "arguments of another mode are an error", {"a": a}, pad(mode="edge", constant_values=1), error="edge takes no values")
    yield case("negative", "negative widths are an error", {"a": a}, pad(width={"x": (-1, 0)}), error="a width is negative")
    yield case("no-mode", "an unknown mode is an error", {"a": a}, pad(mode="mirror"), error="no mode mirror")

    def shift(on="a", out="r", by={"x": 1}, **kwargs):
        return do("shift", on, out, shifts=by, **kwargs)

    yield case("shift-dtypes", "missing values make floats of integers, small ones of small", {"n": n, "t": t, "s": s, "i": da([1, 2], "x", dtype="uint32")}, [shift(k, k + "r") for k in "ntsi"], outputs=[k + "r" for k in "ntsi"])
    yield case("shift-fill", "a value is cast to the dtype", {"n": n, "b": b, "t": t}, [
        shift("n", "p", fill_value=-4), shift("b", "q", {"x": -1}, fill_value=True), shift("t", "r", fill_value=day("1999-01-01"))], outputs=list("pqr"))
    yield case("shift-far", "beyond the ends nothing is left", {"a": a}, [shift(out="p", by={"x": 7, "y": -1}), shift(out="q", by={"x": -7}), shift(out="r", by={"x": 0})], outputs=list("pqr"), **full)
    yield case("shift-dataset", "variables without the dim stay; values per variable", {"a": ds}, [shift(out="p"), shift(out="q", by={"y": 1, "x": -1}, fill_value={"n": -1})], outputs=list("pq"), **full)
    yield case("shift-unknown", "an unknown dim is an error", {"a": ds}, shift(by={"z": 1}), error="no dim z")
    yield case("roll", "around the ends, with labels or without", {"a": a, "d": ds, "e": e}, [
        do("roll", "a", "p", shifts={"x": -2, "y": 3}, roll_coords=True), do("roll", "d", "q", shifts={"x": 5}), do("roll", "d", "s", shifts={"y": 1}, roll_coords=True), do("roll", "e", "u", shifts={"x": 1}, roll_coords=True)],
        outputs=list("pqsu"), **full)
    yield case("roll-unknown", "an unknown dim is an error", {"a": a}, do("roll", "a", shifts={"z": 1}), error="no dim z")


@group("cumsum-diff")
def cumsum_diff():
    a = da(numbers(4, 5, nan=[7, 3]), "xy", x=[1.0, 2.0, 4.0, 8.0], k=("x", list("abcd")), name="t", attrs={"units": "m"})
    full = {"compare": {"attrs": True, "indexes": True, "name": True, "atol": 1e-12}}
    for op in ["cumsum", "cumprod"]:
        yield case(op, "along one dim, two, and all; missing values count as nothing", {"a": a}, [do(op, "a", "p", dim="x"), do(op, "a", "q", dim=["y", "x"]), do(op, "a", "r")], outputs=list("pqr"), **full)
        yield case(f"{op}-strict", "or make all after them missing", {"a": a}, [do(op, "a", "p", dim="x", skipna=False), do(op, "a", "q", dim="x", keep_attrs=False)], outputs=list("pq"), **full)
        yield case(f"{op}-dtypes", "integers and bools widen, float32 stays", {"i": da([100, 100, -3], "x", dtype="int8"), "u": da([200, 200], "x", dtype="uint8"), "b": da([True, False, True], "x"), "f": da([1.5, NAN, 2.0], "x", dtype="float32")},
            [do(op, k, k + "r", dim="x") for k in "iubf"], outputs=[k + "r" for k in "iubf"])
        yield case(f"{op}-times", "datetimes have neither", {"t": da(dates("2000-01-01", 2), "x")}, do(op, "t", dim="x"), error="no arithmetic of datetimes")
        yield case(f"{op}-unknown", "an unknown dim is an error", {"a": a}, do(op, "a", dim="z"), error="no dim z")
    yield case("cumsum-timedelta", "timedeltas; NaT stays", {"a": da(np.array([1, 2, "NaT", 4], "timedelta64[s]"), "x")}, [do("cumsum", "a", "p", dim="x"), do("cumsum", "a", "q", dim="x", skipna=True)], outputs=list("pq"))
    yield case("cumsum-infinite", "infinities", {"a": da([1.0, INF, 2.0, -INF, 1.0], "x")}, do("cumsum", "a", dim="x"))
    ds = xr.Dataset({"u": ("x", [1.0, NAN, 3.0]), "s": ("x", ["a", "b", "c"]), "i": ("y", np.array([1, 2], "int8")), "n": 3}, {"x": [1, 2, 3], "k": ("y", [5, 6])}, {"h": 1})
    yield case("cumsum-dataset", "texts along the dim drop out, variables without it stay", {"a": ds}, [do("cumsum", "a", "p", dim="x"), do("cumsum", "a", "q"), do("cumsum", "a", "r", dim=["y"])], outputs=list("pqr"), **full)
    yield case("diff", "differences of any order, labelled above or below", {"a": a}, [
        do("diff", "a", "p", dim="x"), do("diff", "a", "q", dim="x", n=2, label="lower"), do("diff", "a", "r", dim="y", n=0), do("diff", "a", "s", dim="x", n=9)], outputs=list("pqrs"), **full)
    yield case("diff-dtypes", "unsigned integers wrap; datetimes give timedeltas", {"u": da([3, 2, 5], "x", dtype="uint8"), "t": da(dates("2000-01-01", 4, "2D"), "x")}, [
        do("diff", "u", "p", dim="x"), do("diff", "t", "q", dim="x"), do("diff", "t", "r", dim="x", n=2)], outputs=list("pqr"))
    yield case("diff-dataset", "variables without the dim stay", {"a": ds.drop_vars("s")}, do("diff", "a", dim="x"), **full)
    yield case("diff-text", "texts have no difference", {"a": ds}, do("diff", "a", dim="x"), error="texts")
    yield case("diff-label", "an unknown label is an error", {"a": a}, do("diff", "a", dim="x", label="middle"), error="no label middle")


# ------------------------------------------------------------------------------- group by


def running(by, lab):
    """Running sums and products within groups."""
    full = {"compare": {"attrs": True, "name": True}}
    lab = {"a": lab["a"].assign_coords(n=("x", [1, 2, 1, 2, 2, 1]))}
    for op in ["cumsum", "cumprod"]:
        yield case(op, "each group by itself, in the original order", lab, [
            by("kind", op, out="p"), by("kind", op, out="q", dim="x", skipna=False), by("kind", op, out="s", dim="y"), by("kind", op, out="t", dim=["x", "y"]),
            by("x", op, out="u"), by(["kind", "n"], op, out="v")], outputs=list("pqstuv"), **full)
        for name, values in {"float32": np.array([1.5, NAN, 4, -1, 3, 1e-3], "f4"), "int8": np.array([3, -100, 100, 5, 2, 100], "i1"), "uint16": np.array([3, 60000, 60000, 5, 2, 9], "u2"),
                             "int64": [2**62, 2**62, 2**62, 3, 2**62, 2], "bool": [True, False, True, True, True, True]}.items():
            yield case(f"{op}-{name}", "of other dtypes", {"a": da(values, "x", k=("x", list("uvuwvu")))}, by("k", op))
        yield case(f"{op}-text", "texts have none", {"a": da(list("abc"), "x", k=("x", [1, 1, 2]))}, by("k", op), error="texts")
        yield case(f"{op}-no-group", "what is in no group goes", {"a": da([1.0, 2.0, 4.0, 8.0, 16.0], "x", attrs={"units": "m"}), "k": da([1.0, NAN, 0.0, 1.0, NAN], "x", name="k")}, by("$k", op), **full)
        yield case(f"{op}-cells", "not along several dimensions", {"a": da(numbers(2, 3), ["x", "y"], z=(("x", "y"), [[1, 2, 2], [2, 1, 1]]))}, by("z", op), error="no order")
        sets = {"a": xr.Dataset({"u": (("y", "x"), numbers(2, 5, nan=[7, 3]), {"units": "m"}), "i": ("x", np.array([1, 2, 3, 4, 5], "i1")), "s": ("x", list("abcde")), "w": ("y", [7, 8]), "c": 3}, {"x": [1, 3, 5, 7, 9], "k": ("x", list("babba"))}, {"title": "d"})}
        yield case(f"{op}-dataset", "texts drop out; what lacks the grouped dim repeats", sets, [by("k", op, out="p"), by("k", op, out="q", dim="y"), by("k", op, out="s", dim=["y", "x"], skipna=False, keep_attrs=False)], outputs=list("pqs"), **full)
        yield case(f"{op}-unknown", "an unknown dim is an error", lab, by("kind", op, dim="z"), error="no z")
        yield case(f"{op}-month", "many groups that come again", {"a": daily("2003-11-20", 80, nan=[13, 4])}, [by("time.month", op, out="p"), by("time.dayofyear", op, out="q"), by("time.day", op, out="s")], outputs=list("pqs"))
    for unit in ("s", "ns"):
        yield case(f"cumsum-timedelta-{unit}", "NaT stays", {"a": da(np.array([5, 1, 4, "NaT", 2, 9], f"m8[{unit}]"), "x", k=("x", list("uvuvwv")))}, [by("k", "cumsum", out="p"), by("k", "cumsum", out="q", skipna=True)], outputs=list("pq"))
    yield case("cumprod-timedelta", "no products of times", {"a": da(np.array([5, 1], "m8[s]"), "x", k=("x", list("uv")))}, by("k", "cumprod"), error="times")
    yield case("cumsum-datetime", "no sums of dates", {"a": da(dates("2000-01-01", 3), "x", k=("x", list("uvu")))}, by("k", "cumsum"), error="dates")


@group("groupby")
def groupby():
    def by(key, op, on="a", out="r", **kwargs):
        return do("groupby", on, out, group=key, then=then(op, **kwargs))

    two = {"a": daily("2003-11-20", 420, nan=[13, 4])}
    yield case("month", "a mean per month, of two winters", two, [by("time.month", "mean")])
    yield case("season", "seasons in alphabetical order", two, [by("time.season", "mean", out="p"), by("time.season", "count", out="q"), by("time.season", "max", out="s")], outputs=list("pqs"))
    yield case("year", "years as int64", {"a": daily("1999-06-01", 60, step=20)}, [by("time.year", "sum", out="p"), by("time.year", "min", out="q")], outputs=list("pq"))
    yield case("dayofyear", "366 days if there are", {"a": daily("2003-12-01", 120)}, by("time.dayofyear", "mean"))
    yield case("hour", "hours of the day", {"a": series(dates("2000-01-01T03", 40, "5h"))}, [by("time.hour", "mean", out="p"), by("time.hour", "std", out="q", ddof=1)], outputs=list("pq"))
    yield case("month-anomaly", "anomalies: the mean of the month taken away", two, [by("time.month", "mean", out="c"), by("time.month", "sub", other="$c")])
    yield case("season-ratio", "divided by the mean of the season", {"a": series(dates("2001-01-15", 14, "30D"))}, [by("time.season", "mean", out="c"), by("time.season", "truediv", other="$c")])
    cubes = {"a": xr.DataArray(numbers(9, 2, 3, nan=[10, 9]), {"time": dates("2010-12-01", 9, "MS"), "lat": [10.0, 20.0], "lon": [1, 2, 3], "h": 2.0, "deep": ("time", np.arange(9))},
                               ["time", "lat", "lon"], name="t")}
    yield case("field", "the other dims stay; the group dim takes the place of time", cubes, [by("time.season", "mean", out="p"), by("time.month", "var", out="q")], outputs=list("pq"))
    yield case("field-transposed", "also when time is not first", {"a": cubes["a"].transpose("lat", "time", "lon")}, by("time.season", "sum"))
    yield case("field-anomaly", "anomalies of a field keep dims, order and coords", cubes, [by("time.season", "mean", out="c"), by("time.season", "sub", other="$c")])
    yield case("named-dims", "with dims asked for", cubes, [
        by("time.season", "mean", out="p", dim="time"), by("time.season", "mean", out="q", dim=["time", "lat"])], outputs=list("pq"))
    lab = {"a": da(numbers(6, 2, nan=[5, 2]), ["x", "y"], x=[3, 1, 2, 6, 5, 4], kind=("x", ["b", "a", "b", "c", "a", "b"]), level=("x", [2.5, 0.5, 2.5, NAN, 0.5, 0.5]))}
    yield case("coord", "groups of a coord, sorted", lab, [by("kind", "mean", out="p"), by("kind", "count", out="q"), by("kind", "min", out="s")], outputs=list("pqs"))
    yield case("coord-nan", "NaN is no group", lab, by("level", "sum"))
    yield case("coord-nan-arithmetic", "and its rows drop out of grouped arithmetic", lab, [by("level", "mean", out="c"), by("level", "sub", other="$c")])
    yield case("coord-repeated", "a dim coord with repeated labels", {"a": da([1, 2, 3, 4, 5], "k", k=[2, 1, 2, 2, 1], dtype="int16")}, [
        by("k", "sum", out="p"), by("k", "max", out="q"), by("k", "mean", out="s"), by("k", "prod", out="t")], outputs=list("pqst"))
    yield case("by-array", "groups of an array that is not among the coords", {
        "a": da([1.0, 2.0, 3.0, 4.0], "x", x=[1, 2, 3, 4]), "g": da([7, 5, 7, 5], "x", x=[1, 2, 3, 4], name="g")}, by("$g", "mean"))
    yield case("skipna", "skipna, min_count and ddof pass through", lab, [
        by("kind", "mean", out="p", skipna=False), by("kind", "sum", out="q", min_count=4), by("kind", "std", out="s", ddof=1), by("kind", "median", out="t")], outputs=list("pqst"))
    yield case("any-all", "of bools", {"a": da([True, False, False, True, True], "x", k=("x", list("uvvwu")))}, [by("k", "any", out="p"), by("k", "all", out="q")], outputs=list("pq"))
    yield case("missing-group", "a group that the statistic lacks gives NaN", {"a": da([1, 2, 3, 4], "x", k=("x", list("uvwu"))), "c": da([10, 20], "k", k=["u", "w"])}, by("k", "sub", other="$c"))
    yield case("calendar", "months of a 360-day calendar", {"a": series(model_dates("2000-01-16", 30, "360_day", "MS"))}, [
        by("time.month", "mean", out="c"), by("time.month", "sub", out="p", other="$c"), by("time.season", "mean", out="q")], outputs=list("cpq"))
    yield case("dataset", "of every variable of a dataset", {
        "a": xr.Dataset({"u": ("x", [1.0, 2.0, 4.0]), "n": (("x", "y"), np.arange(6).reshape(3, 2))}, {"x": [1, 2, 3], "k": ("x", ["b", "a", "b"])})},
        [by("k", "mean", out="p"), by("k", "sum", out="q"), by("k", "sub", out="s", other="$p")], outputs=list("pqs"))
    yield case("dataset-no-dim", "a variable without the grouped dim is repeated for every group", {
        "a": xr.Dataset({"u": ("x", [1.0, 2.0, 4.0]), "c": ("y", [7, 8])}, {"k": ("x", ["b", "a", "b"])})}, by("k", "mean"))
    yield case("empty-selection", "only the groups that are there", two, [do("sel", "a", "s", indexers={"time": sl("2004-02-15", "2004-03")}), by("time.month", "max", on="s")])
    yield case("quantile", "quantiles of groups; several make the last dim", lab, [
        by("kind", "quantile", out="p", q=0.3), by("kind", "quantile", out="q", q=[0.25, 0.75]), by("level", "quantile", out="s", q=0.5, dim=["x", "y"]),
        by("kind", "quantile", out="t", q=[0.5], dim="y"), by("kind", "quantile", out="u", q=0.4, skipna=False)], outputs=list("pqstu"), compare={"attrs": True})
    methods = ["inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest"]
    yield case("quantile-methods", "each way to choose between values", {"a": lab["a"].isel(y=0, drop=True)}, [
        by("kind", "quantile", out=m, q=[0.1, 0.6], method=m) for m in methods], outputs=methods)
    for name, values in {"float32": np.array([1.5, 2, 4, -1, 3, 0], "f4"), "int8": np.array([3, -100, 100, 5, 2, 1], "i1"), "datetime": dates("2000-01-01", 6, "7h"), "timedelta": np.array([5, 1, 4, "NaT", 2, 9], "m8[s]")}.items():
        kinds = {"a": da(values, "x", k=("x", list("uvuwvu")))}
        yield case(f"quantile-{name}", "of other dtypes", kinds, [by("k", "quantile", out="p", q=0.5), by("k", "quantile", out="q", q=[0.0, 0.7], method="lower")], outputs=list("pq"))
    yield case("quantile-dataset", "what lacks the grouped dim repeats", {
        "a": xr.Dataset({"u": ("x", [1.0, 2.0, NAN]), "n": (("y", "x"), np.arange(6).reshape(2, 3)), "c": ("y", [7.5, 8.0]), "s": 5}, {"k": ("x", ["b", "a", "b"]), "h": 3}, {"title": "d"})},
        [by("k", "quantile", out="p", q=0.5), by("k", "quantile", out="q", q=[0.0, 0.5]), by("k", "quantile", out="s", q=[0.2], dim=["y"])], outputs=list("pqs"), compare={"attrs": True})
    cells = xr.DataArray(numbers(2, 3, 3, nan=[7, 3]), {"z": (("x", "y"), [[1.0, 2.0, NAN], [2.0, 2.0, 1.0]]), "g": ("x", list("ba"))}, ["x", "t", "y"])
    yield case("quantile-cells", "of groups of cells, and by two keys", {"a": cells}, [by("z", "quantile", out="p", q=[0.1, 0.9]), by(["g", "z"], "quantile", out="q", q=[0.5])], outputs=list("pq"))
    yield case("quantile-text", "texts have nothing between them", {"a": da(list("abc"), "x", k=("x", [1, 1, 2]))}, by("k", "quantile", q=0.5), error="texts")
    yield case("quantile-beyond", "fractions only", lab, by("kind", "quantile", q=30), error="not from 0 to 1")
    some = {"a": lab["a"].fillna(-30.0).assign_coords(y=[7, 8])}
    yield case("argmax", "the position within the group", some, [by("kind", "argmax", out="p", dim="x"), by("kind", "argmin", out="q", dim="x"), by("level", "argmax", out="s", dim="x"),
        by("kind", "argmin", out="t", dim="y"), by("kind", "idxmax", out="u", dim="x"), by("kind", "idxmin", out="v", dim="x")], outputs=list("pqstuv"), compare={"attrs": True})
    yield case("argmax-missing", "of nothing but missing values is an error", {"a": da([1.0, NAN, NAN], "x", k=("x", [1, 2, 2]))}, by("k", "argmax", dim="x"), error="all NaN")
    nat = np.array([3, "NaT", "NaT", 1], "m8[ms]")
    yield case("idxmax-nat", "spans of time that are all missing have no label", {"a": da(nat, "x", x=[4, 5, 6, 7], k=("x", [1, 2, 2, 1]))}, [by("k", "idxmax", out="p", dim="x", skipna=True), by("k", "idxmin", out="q", dim="x", skipna=True)], outputs=list("pq"))
    partly = da(np.arange(12).reshape(2, 3, 2), "xyz", k=(("x", "y"), [[1.0, NAN, 2.0], [NAN, 1.0, NAN]]))
    yield case("rows-partial", "positions in no group are missing", {"a": partly % 3, "b": partly % 5 > 1}, [by("k", "argmax", out="p", dim="z"), by("k", "argmin", on="b", out="q", dim="z")], outputs=list("pq"))
    yield case("idxmax-missing", "has no label", {"a": da([1.0, NAN, NAN, 3.0], "x", x=[4, 5, 6, 7], k=("x", [1, 2, 2, 1]))}, [by("k", "idxmax", out="p", dim="x"), by("k", "idxmin", out="q", dim="x", skipna=False)], outputs=list("pq"))
    for name, values in {"float32": np.array([1.5, 2, NAN, -1, 3, 2], "f4"), "int8": np.array([3, -100, 100, 5, 2, 5], "i1"), "bool": [True, False, True, True, False, True], "datetime": dates("2000-01-01", 6, "-7h"), "timedelta": np.array([5, 1, 4, "NaT", 2, 9], "m8[s]"), "text": list("bcabac")}.items():
        yield case(f"argmin-{name}", "of other dtypes", {"a": da(values, "x", k=("x", list("uvuuvu")))}, [by("k", "argmin", out="p", dim="x"), by("k", "argmax", out="q", dim="x")], outputs=list("pq"))
    yield from running(by, lab)
    yield case("attrs", "attributes and name stay", {"a": series(dates("2001-01-15", 5, "30D")).assign_attrs(units="K")}, by("time.month", "mean"), compare={"attrs": True, "name": True})
    yield case("unknown", "an unknown coord is an error", lab, by("sort", "mean"), error="no coord sort")

    def binned(key, bins, op="sum", on="a", out="r", options=None, **kwargs):
        return do("groupby_bins", on, out, group=key, bins=bins, **(options or {}), then=then(op, **kwargs))

    def bins(**kwargs):
        return {"object": "BinGrouper", "kwargs": kwargs}

    def each(steps):
        return {"steps": [step | {"out": f"r{i}"} for i, step in enumerate(steps)], "outputs": [f"r{i}" for i in range(len(steps))]}

    levels = [0.0, -0.0, 0.5, 1.0, NAN, 2.5, -3.0, 9.0, 4.0, INF, -INF, 1.5]
    deep = da(numbers(12, seed=4, nan=[7, 6]), "x", name="t", attrs={"units": "K"}, x=np.arange(12), z=("x", levels, {"axis": "Z"}))
    a = {"a": deep}
    for right in (True, False):
        for lowest in (False, True):
            options = {"right": right, "include_lowest": lowest}
            name = f"{'right' if right else 'left'}{'-lowest' if lowest else ''}"
            yield case(f"bins-{name}", "values on edges, outside, infinite and missing", a, **each([
                binned("z", [0.0, 1.0, 2.5, 4.0], op, options=options) for op in ("sum", "count", "first", "median")]), compare={"attrs": True, "name": True})
            yield case(f"bins-infinite-{name}", "edges at infinity", a, **each([
                binned("z", [-INF, 0, 1, INF], "count", options=options), binned("z", [0.5, INF], "max", options=options)]))
            narrow = {"a": da(numbers(9), "x", f=("x", np.array([0.1, 0.2, 0.3, 0.7, 0.1, -1.0, NAN, 0.3, 0.30000001], "float32")), i=("x", np.array([0, 5, -5, 3, 60, -60, 7, 7, 1], "int8")),
                              u=("x", np.array([0, 5, 250, 3, 255, 128, 7, 7, 1], "uint8")), b=("x", [True, False] * 4 + [True]), h=("x", np.arange(9) * 10**15))}
            yield case(f"bins-dtypes-{name}", "keys of other dtypes against edges of others", narrow, **each([
                binned("f", [0.1, 0.3, 0.7], "count", options=options), binned("f", np.array([0.1, 0.3, 0.7], "float32"), "count", options=options), binned("f", [-1, 0, 1], "sum", options=options),
                binned("i", [-5, 0, 5, 100], "sum", options=options), binned("i", [-4.5, 0, 5.0], "sum", options=options), binned("u", [0, 5, 128, 256], "sum", options=options),
                binned("b", [0, 1], "sum", options=options), binned("h", [0, 10**15, 4 * 10**15], "sum", options=options)]))
            yield case(f"bins-number-{name}", "a number of equal bins", narrow, **each([
                binned("f", 3, "count", options=options), binned("i", 1, "count", options=options), binned("u", 7, "mean", options=options), binned("b", 2, "sum", options=options),
                binned("h", 4, "sum", options=options), binned("x", 4, "sum", options=options)]))
            same = {"a": da(numbers(3), "x", x=[7, 7, 7], z=("x", [0.0, 0.0, NAN]), n=("x", [-2.5, -2.5, -2.5]), f=("x", np.array([0.3, 0.3, 0.3], "float32")), t=("x", dates("2001-02-03", 1).repeat(3)), d=("x", np.array([5, 5, 5], "timedelta64[ms]")))}
            yield case(f"bins-number-constant-{name}", "a number of bins where all values are one", same, **each([binned(key, count, "count", options=options) for key in "xznftd" for count in (1, 4)]))
            times = {"a": da(numbers(10), ["time"], time=dates("2000-01-01", 10, "31h"), s=("time", dates("1969-12-25", 10, "3D", "s")), d=("time", np.arange(10) * np.timedelta64(5400, "s")),
                             n=("time", np.array(["2000-01-01", "NaT", *["2000-03-01"] * 8], "datetime64[ns]")))}
            edges = dates("2000-01-01", 4, "93h")
            yield case(f"bins-times-{name}", "bins of times, given and so many", times, **each([
                binned("time", edges, "sum", options=options), binned("time", edges.astype("datetime64[s]"), "sum", options=options), binned("s", dates("1969-12-28", 3, "9D", "ms"), "sum", options=options),
                binned("d", np.array([0, 3, 9], "timedelta64[h]").astype("timedelta64[s]"), "sum", options=options), binned("n", dates("2000-01-01", 3, "MS"), "sum", options=options),
                binned("time", 3, "sum", options=options), binned("s", 4, "sum", options=options), binned("d", 5, "sum", options=options), binned("n", 2, "sum", options=options)]))
    yield case("bins-precision", "decimals of the labels: more where bins would look alike", a, **each([
        binned("z", [0.0, 1.23456, 1.23461, 5.5], "count", options={"precision": p}) for p in (0, 1, 3, 7)] + [binned("z", [1e-7, 1.26e-7, 3.14159e-3, 123456.789], "count", options={"precision": 2}),
        binned("z", [0.00012345, 0.00012346, 1e5], "count"), binned("z", [0.5, 1.5, 2.5], "count", options={"precision": 0}), binned("x", [0, 15, 25, 149], "count", options={"precision": -1}),
        binned("z", [0.1, 1.0000001, 2.0], "count", options={"include_lowest": True, "precision": 1})]))
    yield case("bins-labels", "labels of other kinds", a, **each([binned("z", [0, 1, 2, 5], options={"labels": labels}) for labels in (["c", "b", "a"], [3, 1, 2], [0.5, 1.5, 3.5])]
               + [binned("x", 2, options={"labels": ["low", "high"]})]))
    yield case("bins-duplicates", "edges that stand twice are taken once if asked", a, by({"z": bins(bins=[0, 1, 1, 5], duplicates="drop")}, "sum"))
    yield case("bins-duplicates-refused", "edges that stand twice are an error", a, binned("z", [0, 1, 1, 5]), error="edges twice")
    yield case("bins-point", "one bin may be a point, if the lowest belongs to it", a, binned("z", [1.0, 1.0], options={"include_lowest": True}))
    yield case("bins-no-members", "values that are all outside are an error", a, binned("z", [100, 200]), error="nothing in any bin")
    yield case("bins-falling", "edges that fall are an error", a, binned("z", [1, 0]), error="falling edges")
    yield case("bins-nan-edge", "an edge that is missing is an error", a, binned("z", [0.0, NAN, 2.0]), error="missing edge")
    yield case("bins-no-edges", "no edges are an error", a, binned("z", []), error="no edges")
    yield case("bins-zero", "no bins are an error", a, binned("x", 0), error="no bins")
    yield case("bins-number-infinite", "a number of bins of infinite values is an error", a, binned("z", 3), error="infinite values")
    yield case("bins-same-labels", "labels that stand twice are an error", a, binned("z", [0, 1, 2], options={"labels": ["a", "a"]}), error="equal labels")
    yield case("bins-texts", "texts have no bins", {"a": da([1, 2], "x", k=("x", ["a", "b"]))}, binned("k", [0, 1]), error="texts")
    yield case("bins-times-numbers", "times have no bins between numbers", {"a": daily("2000-01-01", 5)}, binned("time", [0, 1]), error="numbers for times")
    yield case("bins-all-missing", "keys of which all are missing are an error", {"a": da([1, 2], "x", k=("x", [NAN, NAN]))}, binned("k", [0, 1]), error="all missing")
    yield case("bins-array", "bins of an array, without a name", {"a": deep, "k": deep.z.drop_vars("z").rename(None)}, binned("$k", [0, 1, 4], "mean"))
    yield case("bins-positions", "bins of the positions along a dim without labels", {"a": da(numbers(7), "x")}, **each([binned("x", [0, 2, 5], "sum"), binned("x", 3, "sum")]))
    yield case("bins-month", "bins of a component of the time", two, binned("time.month", [0, 3, 9, 12], "mean"))
    yield case("bins-arithmetic", "anomalies by bins; what is in none goes", a, [
        binned("z", [0, 1, 4], "mean", out="m"), binned("z", [0, 1, 4], "sub", other="$m"), binned("z", [0, 1, 4], "fillna", out="s", value="$m")], outputs=["r", "s"])
    yield case("bins-arithmetic-named", "anomalies by bins with labels", a, [
        binned("z", [0, 1, 4], "mean", out="m", options={"labels": ["lo", "hi"]}), binned("z", [0, 1, 4], "sub", options={"labels": ["lo", "hi"]}, other="$m")])
    plane = da(numbers(5, 6, seed=9, nan=[8, 3]), "yx", name="t", y=[1, 2, 3, 4, 5], x=np.arange(6), h=(["y", "x"], np.abs(numbers(5, 6, seed=2, nan=[9, 5]))))
    yield case("bins-plane", "bins of values along two dims", {"a": plane}, **each([binned("h", [0, 5, 10, 30], op) for op in ("sum", "count", "mean", "max")] + [binned("h", 3, "sum")]))
    cube3 = da(numbers(2, 5, 6), "tyx", t=[1, 2], y=[1, 2, 3, 4, 5], x=np.arange(6), h=(["y", "x"], np.abs(numbers(5, 6, seed=2, nan=[9, 5]))), k=("x", list("uvuvww")))
    yield case("bins-plane-of-cube", "other dims stay", {"a": cube3}, **each([binned("h", [0, 5, 10, 30], op) for op in ("sum", "min")] + [binned("x", [0, 2, 5], "sum"), binned("y", 2, "sum", dim=["y", "t"])]))
    yield case("bins-keys", "bins as one of several keys", {"a": cube3}, **each([
        by({"x": bins(bins=[0, 2, 5]), "k": {"object": "UniqueGrouper"}}, "sum"), by({"y": bins(bins=2), "x": bins(bins=[0, 3, 5], right=False)}, "mean"),
        by({"h": bins(bins=[0, 10, 30], include_lowest=True), "t": {"object": "UniqueGrouper"}}, "count")]))
    yield case("bins-dataset", "of every variable of a dataset", {
        "a": xr.Dataset({"u": ("x", [1.0, 2.0, 4.0]), "n": (("x", "y"), np.arange(6, dtype="int32").reshape(3, 2)), "c": ("y", [7, 8])}, {"x": [1, 2, 3], "l": ("x", [0.5, 7.0, 0.25])}, {"title": "d"})}, **each([
        binned("l", [0, 1, 5, 9], "mean"), binned("l", [0, 1, 9], "sum"), binned("x", 2, "max"), binned("u", [0, 3, 5], "sum")]), compare={"attrs": True})
    yield case("bins-select", "a bin is found by a value inside, bins by a list or a slice", a, [binned("z", [0, 1, 2, 3, 4], out="b")] + [
        do("sel", "b", f"r{i}", indexers={"z_bins": label}) for i, label in enumerate([0.5, 1, 4, [2.5, 0.1], sl(1.5, 3), sl(None, 2), sl(2.5), sl(-5, 99)])], outputs=[f"r{i}" for i in range(8)])
    yield case("bins-select-left", "with bins closed on the left", a, [binned("z", [0, 1, 2, 3, 4], out="b", options={"right": False})] + [
        do("sel", "b", f"r{i}", indexers={"z_bins": label}) for i, label in enumerate([0, 1, 3.5, [2, 0], sl(1, 3), sl(None, 2), sl(2.5)])], outputs=[f"r{i}" for i in range(7)])
    yield case("bins-select-outside", "a value in no bin is an error", a, [binned("z", [0, 1, 4], out="b"), do("sel", "b", indexers={"z_bins": 0})], error="in no bin")
    yield case("bins-select-nearest", "bins have no nearest one", a, [binned("z", [0, 1, 4], out="b"), do("sel", "b", indexers={"z_bins": 9}, method="nearest")], error="no nearest")
    yield case("bins-join", "bins join by equal bounds", a, [
        binned("z", [0, 1, 2, 4], out="b"), do("isel", "b", "c", indexers={"z_bins": [0, 2]}), do("add", "b", "p", other="$c"), do("reindex", "c", "q", indexers={"z_bins": [3.0, 0.5, 99.0]}),
        {"out": ["s", "t"], "op": "xr.align", "kwargs": {"objects": ["$c", "$b"], "join": "outer"}}, do("isel", "b", "d", indexers={"z_bins": [1]}),
        {"out": "u", "op": "xr.concat", "kwargs": {"objs": ["$d", "$c"], "dim": "z_bins"}}, do("isel", "b", "v", indexers={"z_bins": sl(None, None, -1)})], outputs=list("pqstuv"))

    def seasons(*names):
        return {"time": {"object": "SeasonGrouper", "kwargs": {"seasons": list(names)}}}

    years = {"a": daily("2000-11-20", 60, step=13, nan=[13, 4])}
    for names in (["DJF", "MAM", "JJA", "SON"], ["SON", "JJAS", "NDJF"], ["DJFM", "MAMJ", "JJAS", "SOND"], ["JFM"], ["J", "FM", "AMJ"], ["NDJFMAMJJASO", "JJA"], ["OND", "MAM"]):
        yield case(f"seasons-{'-'.join(names)}", "seasons by the initials of their months", years, **each([by(seasons(*names), op) for op in ("mean", "count", "max", "median")]))
    for calendar in ("noleap", "360_day"):
        yield case(f"seasons-{calendar}", "seasons in another calendar", {"a": series(model_dates("2000-01-16", 30, calendar, "MS"))}, **each([by(seasons("DJF", "JJAS"), "sum"), by(seasons("NDJF", "JF"), "mean")]))
    yield case("seasons-field", "other dims stay", cubes, **each([by(seasons("DJF", "MAM", "JJAS"), op) for op in ("mean", "var", "first")] + [by(seasons("DJFM", "MAM"), op) for op in ("mean", "sum")]), compare={"attrs": True, "name": True})
    yield case("seasons-none", "no time in any season is an error", {"a": daily("2001-01-01", 40)}, by(seasons("JJA"), "mean"), error="nothing in summer")
    yield case("seasons-anomaly", "anomalies from the mean of the season; other months go", years, [by(seasons("DJF", "JJAS"), "mean", out="c"), by(seasons("DJF", "JJAS"), "sub", other="$c")])
    yield case("seasons-unknown", "a name of no season is an error", years, by(seasons("DJF", "winter"), "mean"), error="no season")
    yield case("seasons-numbers", "numbers have no seasons", lab, by({"x": {"object": "SeasonGrouper", "kwargs": {"seasons": ["DJF"]}}}, "mean"), error="no times")
    yield case("seasons-keys", "seasons as one of several keys", cubes, by(seasons("DJF", "JJAS") | {"lat": bins(bins=[0, 15, 30])}, "mean"))
    yield case("seasons-dataset", "of every variable of a dataset", {"a": xr.Dataset({"u": ("time", numbers(9)), "n": (("time", "y"), np.arange(18).reshape(9, 2)), "c": ("y", [7, 8])}, {"time": dates("2010-12-01", 9, "MS")})}, **each([
        by(seasons("DJF", "MAM", "JJA"), "mean"), do("drop_vars", "a", "r1", names="c"), by(seasons("DJFM", "MAM"), "sum", on="r1")]))


@group("resample")
def resample():
    def by(freq, op, on="a", out="r", dim="time", options=None, **kwargs):
        return do("resample", on, out, indexer={dim: freq}, **(options or {}), then=then(op, **kwargs))

    def every(freqs, op="sum", **options):
        """One step for each frequency, and their outputs."""
        steps = [by(freq, op, out=f"r{i}", options=options) for i, freq in enumerate(freqs)]
        return {"steps": steps, "outputs": [step["out"] for step in steps]}

    def uneven(start, hours, calendar=None, unit="s", seed=3, attrs=None):
        """Values at irregular times: hours since `start`, some of them apart, some together."""
        gaps = [0, 5, 1, 0, 30, 2, 2, 71, 13, 0, 24, 24, 100, 7, 260, 3, 48, 19]
        at = np.cumsum(gaps) * hours
        if calendar:
            first = model_dates(start, 1, calendar)[0]
            times = np.array([first + datetime.timedelta(hours=int(h)) for h in at])
        else:
            times = np.datetime64(start, "s") + at.astype("timedelta64[h]")
            times = times.astype(f"datetime64[{unit}]")
        return da(numbers(len(at), seed=seed, nan=[7, 5]), ["time"], name="t", attrs=attrs, time=times)

    ticks = ["h", "7h", "90min", "36h", "D", "2D", "5D", "W", "W-WED", "2W-FRI"]
    dated = ["MS", "ME", "2MS", "3ME", "QS", "QE", "QS-FEB", "QE-NOV", "YS", "YE", "YS-JUL", "YE-JUN"]
    business = ["B", "BMS", "BME", "BQS", "BQE", "BYS", "BYE", "SMS", "SME", "SMS-10"]
    for closed in (None, "left", "right"):
        for label in (None, "left", "right"):
            options = {k: v for k, v in {"closed": closed, "label": label}.items() if v}
            name = "-".join(f"{k}-{v}" for k, v in options.items()) or "defaults"
            yield case(f"fixed-{name}", "bins of a length at irregular times", {"a": uneven("2001-02-27T23:00", 2)}, **every(ticks[1:], **options))
            yield case(f"dated-{name}", "bins of months, quarters and years", {"a": uneven("2000-11-30T12:00", 18)}, **every(dated, **options))
            yield case(f"business-{name}", "bins of business days and half months", {"a": uneven("2000-12-29", 11)}, **every(business, "count", **options))
            for calendar in ("noleap", "360_day", "julian"):
                if closed == "right" and label:
                    continue
                yield case(f"{calendar}-{name}", f"bins in the calendar {calendar}", {"a": uneven("2000-02-25", 20, calendar)}, **every(dated + ["10D", "36h"], "max", **options))
    for origin in ("epoch", "start", "start_day", "end", "end_day", np.datetime64("2001-01-01T05:30", "ns"), "2003-05-06T01"):
        name = str(origin).replace(":", "").replace(".", "")
        a = {"a": uneven("2001-02-27T22:00", 1, unit="us"), "b": uneven("1969-12-30T22:00", 1, unit="ms")}
        steps = [by(f, "count", "a", f"a{i}", options={"origin": origin}) for i, f in enumerate(["5h", "7D", "35min"])]
        steps += [by("D", "mean", "b", "b0", options={"origin": origin}), by("11h", "mean", "b", "b1", options={"origin": origin, "closed": "left", "label": "right"})]
        yield case(f"origin-{name}", "where bins are counted from", a, steps, outputs=[s["out"] for s in steps])
    for origin in ("epoch", "start", "end", "end_day", cftime.Datetime360Day(2000, 2, 30, 5)):
        name = origin if isinstance(origin, str) else "date"
        yield case(f"origin-360_day-{name}", "where bins are counted from, in the 360-day calendar", {"a": uneven("2000-02-29", 1, "360_day")},
                   **every(["5h", "7D", "35min"], "count", origin=origin))
    for offset in ("1h", "-90min", "31h", np.timedelta64(2, "h"), np.timedelta64(1500, "ms")):
        name = str(offset).replace(" ", "")
        yield case(f"offset-{name}", "an offset to the origin", {"a": uneven("2001-02-27T22:00", 1, unit="ns")}, **every(["5h", "3D", "35min"], "count", offset=offset))
    yield case("offset-origin", "both", {"a": uneven("2001-02-27T22:00", 1)}, **every(["5h", "3D"], "count", offset="50min", origin="start", closed="right"))
    yield case("offset-360_day", "an offset in the 360-day calendar", {"a": uneven("2000-02-29", 1, "360_day")}, **every(["5h", "7D"], "count", offset="90min"))
    yield case("offset-dated", "months take no notice of origin and offset", {"a": uneven("2001-02-27T22:00", 18)}, **every(["MS", "QE"], "count", offset="1h", origin="end"))
    for unit in ("s", "ms", "us", "ns"):
        yield case(f"unit-{unit}", "the unit of the times stays", {"a": uneven("1960-02-27T22:00", 9, unit=unit)}, **every(["7h", "ME", "W"], "mean"))
    spans = {"a": da(numbers(9), ["t"], t=np.array([1, 1, 4, 9, 10, 30, 31, 55, 90], "timedelta64[h]").astype("timedelta64[s]"))}
    yield case("timedeltas", "times since a start", spans, [
        by("5h", "mean", out="p", dim="t"), by("D", "sum", out="q", dim="t", options={"closed": "right"}),
        by("7h", "count", out="s", dim="t", options={"closed": "right", "label": "right"})], outputs=list("pqs"))
    moved = [by("5h", "sum", out="p", dim="t", options={"offset": "90min"}), by("D", "count", out="q", dim="t", options={"closed": "right", "offset": "-1h"}),
             by("7h", "mean", out="s", dim="t", options={"label": "right", "offset": np.timedelta64(2, "h")}), by("5h", "max", out="u", dim="t", options={"offset": "0h"}), by("3h", "min", out="v", dim="t", options={"offset": "1500ns"})]
    for unit in ("s", "ms", "us", "ns"):
        of_unit = {"a": spans["a"].assign_coords(t=spans["a"].t.values.astype(f"timedelta64[{unit}]"))}
        yield case(f"timedeltas-offset-{unit}", "labels take the finer unit of times and offset", of_unit, moved, outputs=list("pqsuv"))
    yield case("timedeltas-months", "times since a start have no months", spans, by("MS", "mean", dim="t"), error="no fixed length")

    field = xr.DataArray(numbers(3, 14, 2, nan=[11, 4]), {"time": ("time", dates("2000-01-30T06", 14, "9h"), {"axis": "T"}), "lat": [1.0, 2.0, 3.0], "h": 2.0, "deep": ("time", np.arange(14)), "at": (("lat", "time"), np.ones((3, 14)))},
                         ["lat", "time", "lon"], name="f", attrs={"units": "K"})
    f = {"a": field}
    for op in ("mean", "sum", "prod", "min", "max", "std", "var", "median", "count", "any", "all", "first", "last"):
        dtypes = [field, field.astype("float32"), field.fillna(0).astype("int16"), field > 0]
        steps = [by(freq, op, f"a{i}", f"{freq}{i}") for freq in ("D", "5h") for i in range(len(dtypes))]
        yield case(f"{op}", f"the {op} of floats, integers and bools; with empty bins too", {f"a{i}": a.isel(lat=0, lon=0) for i, a in enumerate(dtypes)}, steps, outputs=[s["out"] for s in steps])
    yield case("field", "other dims stay, the bins where the times stood", f, [by("D", "mean", out="p"), by("D", "max", out="q"), by("ME", "first", out="s")], outputs=list("pqs"), compare={"attrs": True, "name": True})
    yield case("field-dims", "over dims asked for", f, [
        do("resample", "a", "p", indexer={"time": "D"}, then=then("mean", dim=["time", "lon"])),
        do("resample", "a", "q", indexer={"time": "D"}, then=then("sum", dim="lat")), do("resample", "a", "s", indexer={"time": "2D"}, then=then("count", dim=["lat", "time", "lon"]))], outputs=list("pqs"))
    yield case("field-options", "skipna, min_count and ddof pass through", f, [
        by("D", "mean", out="p", skipna=False), by("D", "sum", out="q", min_count=3), by("D", "std", out="s", ddof=1), by("5h", "first", out="t", skipna=False)], outputs=list("pqst"))
    yield case("keep-attrs", "attributes are dropped if asked", f, [by("D", "mean", out="p", keep_attrs=False), by("D", "last", out="q", keep_attrs=True)], outputs=list("pq"), compare={"attrs": True})
    def over(freq, op, out, dim, **kwargs):
        return do("resample", "a", out, indexer={"time": freq}, then=then(op, dim=dim, **kwargs))

    for op in ("cumsum", "cumprod"):
        yield case(op, "within each bin; the times stay", f, [
            by("D", op, out="p"), by("5h", op, out="q", skipna=False), over("2D", op, "s", ["time", "lon"]), over("ME", op, "t", "lat", keep_attrs=False)], outputs=list("pqst"), compare={"attrs": True, "name": True})
        yield case(f"{op}-dataset", "of every variable", {"a": field.drop_vars("at").to_dataset(name="v").assign(n=("time", np.arange(14, dtype="int32")), c=("lat", [1.0, 2.0, 5.0]), t=("time", list("abcdefghijklmn")))}, [
            by("D", op, out="p"), over("5h", op, "q", "lat"), by("30h", op, out="s", options={"closed": "right", "offset": "2h"})], outputs=list("pqs"), compare={"attrs": True})
    yield case("quantile", "quantiles behind the bins", f, [by("D", "quantile", out="p", q=0.3), by("2D", "quantile", out="q", q=[0.25, 0.75], skipna=False)], outputs=list("pq"))
    yield case("argmax", "positions within the bins, and times", {"a": field.isel(lat=0, lon=0).drop_vars("at").fillna(0)}, [
        do("resample", "a", op, indexer={"time": "D"}, then=then(op, dim="time")) for op in ("argmin", "argmax", "idxmin", "idxmax")],
        outputs=["argmin", "argmax", "idxmin", "idxmax"])
    yield case("quantile-dataset", "of a dataset, and over other dims", {"a": field.drop_vars("at").to_dataset(name="v").assign(n=("time", np.arange(14, dtype="int32")), c=("lat", [1.0, 2.0, 5.0]))}, [
        by("D", "quantile", out="p", q=[0.5, 1.0]), by("5h", "quantile", out="q", q=0.5, method="lower"), do("resample", "a", "s", indexer={"time": "2D"}, then=then("quantile", q=0.1, dim=["time", "lat"]))], outputs=list("pqs"))
    yield case("times-texts", "values that are times or texts", {
        "a": da(dates("2010-03-01", 6), ["time"], time=dates("2000-01-01", 6, "17h")), "b": da(list("abcabc"), ["time"], time=dates("2000-01-01", 6, "17h"))},
        [by("D", "max", out="p"), by("12h", "first", out="q"), by("2D", "mean", out="s"), by("D", "min", "b", "t"), by("12h", "last", "b", "u")], outputs=list("pqstu"))
    ds = xr.Dataset({"u": (("x", "time"), numbers(2, 8)), "n": ("time", np.arange(8, dtype="int32")), "c": ("x", [7, 8]), "name": ("time", list("abcdefgh"))},
                    {"time": dates("2000-01-01", 8, "11h"), "x": [1, 2], "l": ("x", ["p", "q"])}, {"title": "d"})
    yield case("dataset", "of every variable; what lacks the times repeats", {"a": ds}, [by("D", "mean", out="p"), by("5h", "sum", out="q"), by("D", "max", out="s"), by("D", "count", out="t")], outputs=list("pqst"), compare={"attrs": True})
    yield case("coordinate", "times that are no index", {"a": field.rename(time="step").assign_coords(time=("step", field.time.values))}, by("D", "mean"))
    yield case("single", "one time", {"a": field.isel(time=[3])}, [by("D", "mean", out="p"), by("QE", "sum", out="q"), by("6h", "count", out="s", options={"closed": "right"})], outputs=list("pqs"))
    yield case("duplicates", "times that repeat", {"a": field.isel(time=[0, 0, 1, 1, 1, 5])}, [by("9h", "sum", out="p"), by("D", "count", out="q")], outputs=list("pq"))
    def yearly(names, op="count", on="a", out="r", **kwargs):
        return do("resample", on, out, indexer={"time": {"object": "SeasonResampler", "kwargs": {"seasons": names, **kwargs}}}, then=then(op))

    # Where incomplete seasons at the ends go, xarray is right only of lists with a season over the turn of the year.
    lists = [["DJF", "MAM", "JJA", "SON"], ["MAM", "JJA", "SON", "DJF"], ["NDJF", "MAMJ", "JASO"], ["JF", "MAM", "JJAS", "OND"], ["JFMAMJ", "JASOND"], ["OND", "J", "FMA"]]
    for start in ("2000-01-05", "1999-12-01", "2001-06-20", "2000-02-28"):
        for days in (9, 28):
            a = {"a": daily(start, 50, step=days)}
            for drop in (True, False):
                steps = [yearly(names, op, out=f"{op}{i}", drop_incomplete=drop) for i, names in enumerate(lists[:3] if drop else lists) for op in ("sum", "count")]
                yield case(f"seasons-{start}-{days}{'' if drop else '-all'}", "seasons year by year", a, steps, outputs=[s["out"] for s in steps])
    for calendar in ("noleap", "360_day", "julian"):
        steps = [yearly(names, "mean", out=f"r{i}") for i, names in enumerate(lists[:3])]
        yield case(f"seasons-{calendar}", "seasons in other calendars", {"a": series(model_dates("2000-02-25", 40, calendar, "29D"))}, steps, outputs=[s["out"] for s in steps])
    long = xr.DataArray(numbers(3, 30, nan=[11, 4]), {"lat": [1.0, 2.0, 3.0], "time": ("time", dates("2000-01-30", 30, "17D", "s"), {"axis": "T"}), "deep": ("time", np.arange(30))}, ["lat", "time"], name="f", attrs={"units": "K"})
    yield case("seasons-field", "other dims stay", {"a": long}, [yearly(lists[0], op, out=op) for op in ("mean", "max", "std", "first", "median")], outputs=["mean", "max", "std", "first", "median"], compare={"attrs": True, "name": True})
    for name, names in {"overlap": ["DJF", "FMA"], "order": ["MAM", "DJF", "JJA"], "unknown": ["DJF", "winter"]}.items():
        yield case(f"seasons-{name}", "seasons that do not follow each other are an error", {"a": long}, yearly(names), error=name)
    yield case("unsorted", "times out of order are an error", {"a": field.isel(time=[0, 2, 1])}, by("D", "mean"), error="not monotonic")
    yield case("falling", "falling times are an error", {"a": field.isel(time=slice(None, None, -1))}, by("D", "mean"), error="not monotonic")
    missing = field.assign_coords(time=np.where(np.arange(14) == 4, NAT, field.time.values))
    yield case("missing-time", "a missing time is an error", {"a": missing}, by("D", "mean"), error="NaT")
    yield case("empty", "no times are an error", {"a": field.isel(time=[])}, by("D", "mean"), error="no times")
    yield case("not-times", "numbers are no times", {"a": field}, by("D", "mean", dim="lat"), error="no times")
    yield case("unknown", "an unknown coord is an error", {"a": field}, by("D", "mean", dim="tiem"), error="no coord")
    for name, freq in {"unknown": "7X", "former": "M", "backward": "-1D", "still": "0h", "empty": ""}.items():
        yield case(f"freq-{name}", "no frequency for bins", {"a": field}, by(freq, "mean"), error="bad frequency")
    yield case("freq-too-fine", "finer than the unit of the times", {"a": uneven("2001-02-27T22:00", 1)}, by("1500ms", "mean"), error="finer than the unit")
    yield case("side-unknown", "sides are left and right", {"a": field}, by("D", "mean", options={"closed": "middle"}), error="no such side")
    yield case("origin-unknown", "an origin is a name or date", {"a": field}, by("6h", "mean", options={"origin": "noon"}), error="no such origin")

    coarse = xr.DataArray(numbers(2, 5, nan=[7, 4]), {"x": [1, 2], "time": ("time", dates("2000-01-01", 5, "40h"), {"axis": "T"}), "deep": ("time", np.arange(5)), "h": 2.0}, ["x", "time"], name="c", attrs={"units": "m"})
    months = da(numbers(5), ["time"], time=model_dates("2000-01-16", 5, "noleap", "MS"))
    up = {"a": coarse, "b": coarse.isel(x=0).fillna(1).astype("int16"), "c": months, "d": ds}
    for op in ("asfreq", "ffill", "bfill", "nearest"):
        steps = [by("12h", op, "a", "p"), by("D", op, "b", "q"), by("10D", op, "c", "s"), by("6h", op, "d", "t")]
        yield case(f"up-{op}", f"{op} between times", up, steps, outputs=list("pqst"), compare={"attrs": True})
    for tolerance in (np.timedelta64(10, "h"), np.timedelta64(1, "D"), np.timedelta64(0, "s")):
        steps = [by("12h", op, "a", op, tolerance=tolerance) for op in ("ffill", "bfill", "nearest")]
        yield case(f"up-tolerance-{tolerance}".replace(" ", ""), "from times no farther away", up, steps, outputs=[s["out"] for s in steps])
    yield case("up-names", "other names of the same", up, [by("12h", "pad", out="p"), by("12h", "backfill", out="q")], outputs=list("pq"))
    yield case("up-closed", "the labels of bins closed and labelled on the right", up, [
        by("15h", "ffill", out="p", options={"closed": "right", "label": "right"}), by("W", "bfill", out="q"), by("MS", "nearest", out="s", options={"offset": "1h"})], outputs=list("pqs"))
    knots = {"a": coarse.astype("float32"), "b": coarse.isel(x=0).fillna(1).astype("int16"), "c": coarse.fillna(2), "d": ds, "e": months}
    for kind in ("linear", "nearest", "zero", "slinear", "quadratic", "cubic", "polynomial"):
        more = {"order": 3} if kind == "polynomial" else {}
        steps = [by("12h", "interpolate", on, f"r{on}", kind=kind, **more) for on in knots]
        if kind in ("quadratic", "cubic", "polynomial"):
            # With a missing value in one lane, scipy's splines give no lane any values.
            knots = knots | {"a": knots["a"].fillna(3)}
        steps += [by("17h", "interpolate", "c", "p", options={"closed": "right", "label": "right", "offset": "-1h"}, kind=kind, **more), by("W", "interpolate", "b", "q", kind=kind, **more)]
        yield case(f"up-interpolate-{kind}", f"{kind} between times", knots, steps, outputs=[s["out"] for s in steps], compare={"attrs": True})
    yield case("up-interpolate-default", "lines; missing outside", {"a": coarse, "b": months}, [by("7h", "interpolate", out="p"), by("10D", "interpolate", "b", "q"), by("MS", "interpolate", "b", "s")], outputs=list("pqs"))
    moved = {"a": coarse.fillna(1).assign_coords(time=coarse.time.values + np.timedelta64(5, "h"))}
    outside = [by("12h", "interpolate", out="p", kind="linear", fill_value="extrapolate"), by("12h", "interpolate", out="q", kind="nearest", fill_value=9.0), by("D", "interpolate", out="s", kind="cubic", fill_value="extrapolate")]
    yield case("up-interpolate-outside", "what stands outside of the times", moved, outside, outputs=list("pqs"))
    yield case("up-interpolate-bounds", "a label outside of the times is an error if asked", moved, by("12h", "interpolate", bounds_error=True), error="a label outside of the times")
    yield case("up-interpolate-times", "values that are times", {"a": da(dates("2010-03-01", 4, "7D"), ["time"], time=dates("2000-01-01", 4, "17h"))}, by("8h", "interpolate"))
    yield case("up-interpolate-single", "one time", {"a": coarse.isel(time=[2])}, [by("12h", "interpolate", out="p"), by("QE", "interpolate", out="q", kind="nearest")], outputs=list("pq"))
    yield case("up-interpolate-few", "a cubic takes four times", {"a": coarse.isel(time=[0, 1, 2])}, by("12h", "interpolate", kind="cubic"), error="too few times")
    yield case("up-interpolate-texts", "nothing is between texts", {"a": da(list("abc"), ["time"], time=dates("2000-01-01", 3, "17h"))}, by("12h", "interpolate"), error="texts")
    yield case("up-interpolate-duplicates", "there is no curve through two values at one time", {"a": coarse.isel(time=[0, 1, 1, 2])}, by("12h", "interpolate"), error="duplicate times")
    yield case("up-interpolate-coordinate", "times that are no index", {"a": coarse.rename(time="step").assign_coords(time=("step", coarse.time.values))}, by("12h", "interpolate"), error="no dim time")
    spans = {"a": da(numbers(5), ["t"], t=np.array([0, 5, 7, 20, 31], "timedelta64[h]").astype("timedelta64[ms]"))}
    yield case("up-interpolate-timedeltas", "times since a start", spans, [by("3h", "interpolate", out="p", dim="t"), by("3h", "interpolate", out="q", dim="t", options={"offset": np.timedelta64(1, "h")})], outputs=list("pq"))
    shelves = xr.Dataset({"v": (("y", "time", "z"), numbers(2, 9, 3, nan=[4, 1])), "w": ("time", numbers(9))}, {"time": dates("2000-01-01", 9, "17h")})
    yield case("first-dataset-order", "first and last values have their dims where the variable had them", {"a": shelves}, [by("2D", op, out=out) for out, op in zip("pqs", ["first", "last", "max"])] + [
        by({"object": "SeasonResampler", "kwargs": {"seasons": ["DJF", "MAM"], "drop_incomplete": False}}, "first", out="t")], outputs=list("pqst"), compare={"attrs": True})
    yield case("up-duplicates", "what repeats has no place between", {"a": coarse.isel(time=[0, 1, 1])}, by("D", "ffill"), error="duplicate times")


@group("rolling")
def rolling():
    def roll(op, on="a", out="r", dim=None, center=None, least=None, **kwargs):
        how = {k: v for k, v in (("center", center), ("min_periods", least)) if v is not None}
        return do("rolling", on, out, dim=dim or {"x": 3}, **how, then=then(op, **kwargs))

    def each(names, make):
        """One step for each operation, and the names of the results."""
        steps = [make(op, f"r{k}") for k, op in enumerate(names)]
        return steps, [f"r{k}" for k in range(len(names))]

    all_ops = ["sum", "mean", "min", "max", "std", "var", "median", "count", "prod"]
    line = da(numbers(11, nan=(5, 2)), "x", x=np.arange(11) * 0.5, name="a", attrs={"units": "K"})
    for name, how in {"plain": {}, "center": {"center": True}, "least": {"least": 1}, "center-least": {"center": True, "least": 2}}.items():
        steps, outputs = each(all_ops, lambda op, out: roll(op, out=out, **how))
        yield case(name, "every reduction of windows of 3", {"a": line}, steps, outputs=outputs, compare={"rtol": 1e-12, "atol": 1e-12})
    steps, outputs = each(all_ops, lambda op, out: roll(op, out=out, dim={"x": 4}, center=True, least=2))
    yield case("even", "windows of even length, in the middle", {"a": line}, steps, outputs=outputs, compare={"rtol": 1e-12, "atol": 1e-12})
    for window in (1, 2, 11, 30):
        steps, outputs = each(["sum", "mean", "max", "count"], lambda op, out: roll(op, out=out, dim={"x": window}, least=1))
        yield case(f"window-{window}", "windows of one element, of all, of more", {"a": line}, steps, outputs=outputs, compare={"rtol": 1e-12})
    for dtype in ("float32", "int8", "uint16", "int64", "bool"):
        values = da(np.array([3, 0, 1, 7, 2, 2, 5]).astype(dtype), "x")
        steps, outputs = each(["sum", "mean", "max", "min", "count"], lambda op, out: roll(op, out=out, least=2))
        yield case(f"dtype-{dtype}", "what dtypes become", {"a": values}, steps, outputs=outputs, compare={"rtol": 1e-6} if dtype == "float32" else {})
    plane = da(numbers(5, 6, nan=(11, 4)), "yx", y=[1, 2, 3, 4, 5], x=list("abcdef"))
    for name, how in {"plain": {}, "least": {"least": 2}, "center": {"center": True, "least": 1}, "one-center": {"center": {"x": True, "y": False}}}.items():
        steps, outputs = each(all_ops, lambda op, out: roll(op, out=out, dim={"y": 2, "x": 3}, **how))
        yield case(f"two-dims-{name}", "windows along two dims", {"a": plane}, steps, outputs=outputs, compare={"rtol": 1e-12, "atol": 1e-12})
    steps, outputs = each(["mean", "sum", "max"], lambda op, out: roll(op, out=out, dim={"y": 2}))
    yield case("first-axis", "along the first of two dims", {"a": plane}, steps, outputs=outputs, compare={"rtol": 1e-12})
    both = xr.Dataset({"u": ("x", [1.0, NAN, 4.0, 2.0]), "v": (("x", "y"), np.arange(8.0).reshape(4, 2)), "k": ("y", [5, 6])}, {"x": [1, 2, 3, 4]}, {"title": "t"})
    steps, outputs = each(["mean", "max", "sum"], lambda op, out: roll(op, out=out, dim={"x": 2}))
    yield case("dataset", "variables without the dim stay", {"a": both}, steps, outputs=outputs, compare={"attrs": True})
    yield case("inf", "an infinity is gone with its window", {"a": da([1.0, np.inf, 2.0, 3.0, 4.0, -np.inf, 5.0], "x")}, [roll("sum", out="p", dim={"x": 2}), roll("mean", out="q", dim={"x": 2}), roll("max", out="s", dim={"x": 2})], outputs=list("pqs"))
    yield case("drift", "a large value leaves no trace", {"a": da([1e16, 1.0, 1.0, 1.0, 2.0, 3.0], "x")}, roll("sum", dim={"x": 2}))
    yield case("ddof", "sample deviations", {"a": line}, [roll("std", out="p", ddof=1), roll("var", out="q", ddof=1, least=1)], outputs=list("pq"), compare={"rtol": 1e-12})
    yield case("construct", "windows as a dim: plain, in the middle, strided, filled", {"a": line}, [
        roll("construct", out="p", window_dim={"x": "w"}), roll("construct", out="q", center=True, window_dim={"x": "w"}),
        roll("construct", out="s", window_dim={"x": "w"}, stride=4), roll("construct", out="t", window_dim={"x": "w"}, fill_value=-1.5)], outputs=list("pqst"))
    yield case("construct-two-dims", "windows of two dims behind all others", {"a": plane}, [
        roll("construct", out="p", dim={"x": 2, "y": 3}, window_dim={"x": "i", "y": "j"}), roll("construct", out="q", dim={"y": 2}, window_dim={"y": "w"}, center=True)], outputs=list("pq"))
    yield case("construct-dtypes", "integers become floats unless a number fills", {"a": da([1, 2, 3, 4], "x", dtype="int16")}, [
        roll("construct", out="p", dim={"x": 2}, window_dim={"x": "w"}), roll("construct", out="q", dim={"x": 2}, window_dim={"x": "w"}, fill_value=0)], outputs=list("pq"))
    yield case("construct-dataset", "of all variables with the dim", {"a": both}, roll("construct", dim={"x": 2}, window_dim={"x": "w"}), compare={"attrs": True})
    q = [0.0, 0.2, 0.5, 0.77, 1.0]
    for name, how in {"plain": {}, "center": {"center": True}, "least": {"least": 1}, "even": {"dim": {"x": 4}, "center": True, "least": 2}, "wide": {"dim": {"x": 30}, "least": 3}}.items():
        yield case(f"quantile-{name}", "one quantile and several", {"a": line}, [roll("quantile", out="p", q=0.3, **how), roll("quantile", out="s", q=q, **how)], outputs=list("ps"), compare={"rtol": 1e-12, "atol": 1e-12, "attrs": True})
    methods = ["inverted_cdf", "averaged_inverted_cdf", "closest_observation", "hazen", "weibull", "median_unbiased", "lower", "higher", "midpoint", "nearest"]
    steps, outputs = each(methods, lambda method, out: roll("quantile", out=out, q=[0.1, 0.6], method=method, least=2))
    yield case("quantile-methods", "every method", {"a": line.drop_vars("x")}, steps, outputs=outputs, compare={"rtol": 1e-12})
    yield case("quantile-two-dims", "of windows along two dims", {"a": plane}, [roll("quantile", out="p", q=q, dim={"y": 2, "x": 3}, least=2), roll("quantile", out="s", q=0.5, dim={"x": 3, "y": 3}, center=True, least=1)], outputs=list("ps"), compare={"rtol": 1e-12, "atol": 1e-12})
    for dtype in ("float32", "int8", "uint16", "int64", "timedelta64[s]"):
        values = da(np.array([3, 0, 1, 7, 2, 2, 5]).astype(dtype), "x")
        least = None if dtype == "timedelta64[s]" else 2
        yield case(f"quantile-{dtype}", "what dtypes become", {"a": values}, [roll("quantile", out="p", q=0.4, least=least), roll("quantile", out="s", q=[0.4], least=least, method="lower")], outputs=list("ps"), compare={"rtol": 1e-12})
    yield case("quantile-dataset", "variables without the dim stay", {"a": both[["u", "v"]]}, [roll("quantile", out="p", q=0.3, dim={"x": 2}), roll("quantile", out="s", q=q, dim={"x": 2}, least=1)], outputs=list("ps"), compare={"attrs": True, "rtol": 1e-12})
    yield case("quantile-cumulative", "of all up to a position", {"a": line}, do("cumulative", "a", dim="x", then=then("quantile", q=[0.25, 0.5])), compare={"rtol": 1e-12, "atol": 1e-12})
    for size in (1, 2):
        yield case(f"quantile-size-{size}", "hardly anything", {"a": da(numbers(2, size), "yx")}, roll("quantile", q=[0.25, 0.5], dim={"x": 2}, least=1))
    yield case("quantile-range", "no fraction", {"a": line}, roll("quantile", q=1.5), error="no fraction")
    yield case("unknown-dim", "no such dim", {"a": line}, roll("mean", dim={"z": 2}), error="no dim z")
    yield case("no-window", "a window of nothing", {"a": line}, roll("mean", dim={"x": 0}), error="a window of length 0")
    steps = [do("cumulative", "a", f"r{k}", dim=dim, **how, then=then(op)) for k, (op, dim, how) in enumerate([
        ("sum", "x", {}), ("mean", "x", {}), ("max", "x", {"min_periods": 3}), ("std", "x", {}), ("count", "x", {})])]
    yield case("cumulative", "growing windows", {"a": line}, steps, outputs=[f"r{k}" for k in range(5)], compare={"rtol": 1e-12, "atol": 1e-12})
    yield case("cumulative-two-dims", "growing along two dims", {"a": plane}, do("cumulative", "a", dim=["y", "x"], then=then("sum")), compare={"rtol": 1e-12})


@group("rolling-exp")
def rolling_exp():
    def fade(op, on="a", out="r", dim=None, kind="span", **kwargs):
        return do("rolling_exp", on, out, window=dim or {"x": 4}, window_type=kind, then=then(op, **kwargs))

    near = {"rtol": 1e-11, "atol": 1e-11, "attrs": True}
    line = da(numbers(12, nan=(5, 2)), "x", x=np.arange(12) * 0.5, name="a", attrs={"units": "K"})
    other = da(numbers(12, seed=4, nan=(7, 3)), "x", x=np.arange(12) * 0.5)
    plane = da(numbers(5, 6, nan=(11, 4)), "yx", y=[1, 2, 3, 4, 5])
    for kind, sizes in {"alpha": (0.1, 0.9), "span": (2, 5), "com": (0.5, 3), "halflife": (0.7, 4)}.items():
        for size in sizes:
            how = {"dim": {"x": size}, "kind": kind}
            yield case(f"{kind}-{size}", "every statistic", {"a": line, "b": other}, [
                fade("mean", out="m", **how), fade("sum", out="s", **how), fade("var", out="v", **how), fade("std", out="d", **how),
                fade("cov", out="c", other="$b", **how), fade("corr", out="e", other="$b", **how)], outputs=list("msvdce"), compare=near)
    for dim in "xy":
        yield case(f"plane-{dim}", "along one of two dims, and beside an array without the other", {"a": plane, "b": plane.isel({"y" if dim == "x" else "x": 1}, drop=True)}, [
            fade("var", out="v", dim={dim: 3}), fade("cov", out="c", dim={dim: 3}, other="$b")], outputs=list("vc"), compare=near)
    for dtype in ("float32", "int8", "uint16", "int64", "bool"):
        values = da(np.array([3, 0, 1, 7, 2, 2, 5]).astype(dtype), "x")
        yield case(f"dtype-{dtype}", "doubles come out", {"a": values, "b": da([1.0, 2.5, NAN, 4.0, 3.0, 8.0, 1.0], "x")}, [fade("var", out="v"), fade("corr", out="e", other="$b")], outputs=list("ve"), compare=near)
    for size in (0, 1, 2):
        yield case(f"size-{size}", "too few values", {"a": da(numbers(2, size), "yx")}, [fade("std", out="d"), fade("corr", out="e", other="$a")], outputs=list("de"), compare=near)
    yield case("far", "values far from zero", {"a": da([1e9, 1e9 + 1, 1e9 + 2, 1e9 - 1], "x")}, fade("var"), compare={"rtol": 1e-6})
    both = xr.Dataset({"u": ("x", [1.0, NAN, 4.0, 2.0]), "v": (("x", "y"), np.arange(8.0).reshape(4, 2) ** 2)}, {"x": [1, 2, 3, 4]}, {"title": "t"})
    yield case("dataset", "of all variables", {"a": both, "b": both + both.shift(x=1, fill_value=0)}, [fade("var", out="v"), fade("cov", out="c", other="$b")], outputs=list("vc"), compare=near)
    yield case("labels", "other labels", {"a": line, "b": other.assign_coords(x=np.arange(12))}, fade("cov", other="$b"), error="labels differ")


@group("weighted-windows")
def weighted_windows():
    sums = ["sum", "mean", "var", "std", "sum_of_weights", "sum_of_squares"]
    near = {"rtol": 1e-12, "atol": 1e-12}

    def coarsen(on="a", ops=sums, weights="$w", dim=None, then_dim=None, compare=near, skipna=None, **how):
        """One step for each sum, their names and how to compare them."""
        kwargs = {k: v for k, v in (("dim", then_dim), ("skipna", skipna)) if v is not None}
        ops = [op for op in ops if skipna is None or op != "sum_of_weights"]
        steps = [do("coarsen", on, f"r{k}", dim=dim or {"x": 3}, weights=weights, **how, then=then(op, **kwargs)) for k, op in enumerate(ops)]
        return steps, [f"r{k}" for k in range(len(ops))], compare

    def cases(name, note, inputs, made):
        steps, outputs, compare = made
        return case(name, note, inputs, steps, outputs=outputs, compare=compare)

    line = da(numbers(12, nan=(5, 2)), "x", x=np.arange(12) * 0.5, name="a", attrs={"units": "K"}).assign_coords(z=("x", numbers(12, seed=4)), k=3)
    weights = da(np.arange(12) % 5 + 0.5, "x", x=np.arange(12) * 0.5)
    plane = da(numbers(5, 6, nan=(11, 4)), "yx", y=[1, 2, 3, 4, 5], x=[3.0, 1.0, 2.0, 4.0, 6.0, 5.0])
    w2 = da(numbers(5, 6, seed=7, offset=0.25), "yx", y=[1, 2, 3, 4, 5])
    yield cases("blocks", "every sum of blocks of 3", {"a": line, "w": weights}, coarsen())
    yield cases("blocks-strict", "missing values make their blocks missing", {"a": line, "w": weights}, coarsen(skipna=False))
    for boundary in ("trim", "pad"):
        for side in ("left", "right"):
            yield cases(f"blocks-{boundary}-{side}", "blocks that do not fit", {"a": line.isel(x=slice(11)), "w": weights.isel(x=slice(11))}, coarsen(dim={"x": 4}, boundary=boundary, side=side))
            if boundary == "trim":
                yield cases(f"blocks-{boundary}-{side}-strict", "and missing values", {"a": line.isel(x=slice(10)).fillna(1.0), "w": weights.isel(x=slice(10))}, coarsen(dim={"x": 4}, boundary=boundary, side=side, skipna=False))
    yield cases("blocks-plane", "of two dims, with weights along both", {"a": plane, "w": w2}, coarsen(dim={"x": 2, "y": 2}, boundary="trim"))
    yield cases("blocks-plane-one", "of two dims, with weights along one", {"a": plane, "w": w2.isel(x=0)}, coarsen(dim={"x": 4, "y": 2}, boundary="pad"))
    yield cases("blocks-beside", "weights that lie along another dim", {"a": plane, "w": w2.isel(x=0)}, coarsen(dim={"x": 2}))
    yield cases("blocks-and-more", "further dims go as a whole", {"a": plane, "w": w2}, coarsen(dim={"x": 2}, then_dim=["x", "y"]))
    yield cases("blocks-more-dims", "weights with a dim that the data lack", {"a": line.isel(x=slice(6)), "w": da(numbers(2, 6, seed=3, offset=0.5), "vx")}, coarsen(dim={"x": 2}))
    yield cases("blocks-zero", "weights that come to nothing, and negative ones", {"a": line, "w": da([0.0, 0, 0, 1, -1, 2, -1, 0, 0, 3, 4, 5], "x")}, coarsen(ops=["sum", "mean", "sum_of_weights"]))
    yield cases("blocks-labels", "weights in another order of labels", {"a": line, "w": weights.isel(x=slice(None, None, -1))}, coarsen(ops=["sum", "mean", "var"]))
    for dtype in ("float32", "int8", "uint16", "int64", "bool"):
        values = da(np.array([3, 0, 1, 7, 2, 2, 5]).astype(dtype), "x")
        by = da(np.array([1, 2, 0, 1, 1, 3, 2]), "x")
        for name, w in (("f32", by.astype("float32")), ("f64", by.astype("float64")), ("i64", by), ("bool", by > 1)):
            for boundary in ("trim",) if "bool" in (dtype, name) else ("trim", "pad"):
                ops = ["sum", "mean", "sum_of_weights"] if "bool" in (dtype, name) else sums
                yield cases(f"blocks-{dtype}-{name}-{boundary}", "what dtypes become", {"a": values, "w": w}, coarsen(ops=ops, boundary=boundary, compare={"rtol": 1e-6} if dtype == "float32" or name == "f32" else near))
    both = xr.Dataset({"u": ("x", [1.0, NAN, 4.0, 2.0]), "v": (("x", "y"), np.arange(8.0).reshape(4, 2)), "k": ("y", [5, 6])}, {"x": [1, 2, 3, 4]}, {"title": "t"})
    yield cases("blocks-dataset", "of all variables", {"a": both[["u", "v"]], "w": da([1.0, 2.0, 0.5, 3.0], "x")}, coarsen(dim={"x": 2}, compare=near | {"attrs": True}))
    for size in (0, 1, 2):
        for boundary in ("trim", "pad"):
            some = da(numbers(2, size), "yx")
            yield cases(f"blocks-size-{size}-{boundary}", "hardly anything", {"a": some, "w": da(np.ones(size), "x")}, coarsen(dim={"x": 2}, boundary=boundary))
    def roll(on="a", ops=sums, weights="$w", dim=None, compare=near, **how):
        steps = [do("rolling", on, f"r{k}", dim=dim or {"x": 3}, weights=weights, **how, then=then(op)) for k, op in enumerate(ops)]
        return steps, [f"r{k}" for k in range(len(ops))], compare

    for name, how in {"plain": {}, "center": {"center": True}, "least": {"min_periods": 1}, "center-least": {"center": True, "min_periods": 2}}.items():
        yield cases(f"windows-{name}", "every sum of windows of 3", {"a": line, "w": weights}, roll(**how))
        yield cases(f"windows-plane-{name}", "of two dims", {"a": plane, "w": w2}, roll(dim={"x": 3, "y": 2}, **how))
        yield cases(f"windows-plane-one-{name}", "of two dims, with weights along one", {"a": plane, "w": w2.isel(x=0)}, roll(dim={"x": 3, "y": 2}, **how))
    yield cases("windows-even", "windows of even length, in the middle", {"a": line, "w": weights}, roll(dim={"x": 4}, center=True, min_periods=2))
    for window in (1, 2, 12, 30):
        yield cases(f"windows-{window}", "windows of one element, of all, of more", {"a": line, "w": weights}, roll(dim={"x": window}, min_periods=1))
    yield cases("windows-first-axis", "along the first of two dims", {"a": plane, "w": w2}, roll(dim={"y": 2}))
    yield cases("windows-more-dims", "weights with a dim that the data lack", {"a": line.isel(x=slice(6)), "w": da(numbers(2, 6, seed=3, offset=0.5), "vx")}, roll(dim={"x": 2}, min_periods=1))
    yield cases("windows-zero", "weights that come to nothing, and negative ones", {"a": line, "w": da([0.0, 0, 0, 1, -1, 2, -1, 0, 0, 3, 4, 5], "x")}, roll(dim={"x": 2}, min_periods=1))
    yield cases("windows-negative", "weights of both signs", {"a": line, "w": da([1.0, -2, 3, 1, -1, 2, -1, 0.5, 0.25, 3, -4, -5], "x")}, roll(dim={"x": 5}, min_periods=2, compare={"rtol": 1e-9, "atol": 1e-9}))
    yield cases("windows-labels", "weights in another order of labels", {"a": line, "w": weights.isel(x=slice(None, None, -1))}, roll(ops=["sum", "mean", "var"]))
    for dtype in ("float32", "int8", "uint16", "int64"):
        values = da(np.array([3, 0, 1, 7, 2, 2, 5]).astype(dtype), "x")
        by = da(np.array([1, 2, 0, 1, 1, 3, 2]), "x")
        for name, w in (("f32", by.astype("float32")), ("f64", by.astype("float64")), ("i64", by)):
            ops = ["sum", "mean", "var"]
            yield cases(f"windows-{dtype}-{name}", "what dtypes become", {"a": values, "w": w}, roll(ops=ops, min_periods=2, compare={"rtol": 1e-6} if dtype == "float32" or name == "f32" else near))
    yield cases("windows-dataset", "of all variables", {"a": both[["u", "v"]], "w": da([1.0, 2.0, 0.5, 3.0], "x")}, roll(dim={"x": 2}, compare=near | {"attrs": True}))
    for size in (1, 2):
        yield cases(f"windows-size-{size}", "hardly anything", {"a": da(numbers(2, size), "yx"), "w": da(np.ones(size), "x")}, roll(dim={"x": 2}, min_periods=1))
    far = da(np.array([1e9, 1e9 + 1, 1e9 + 2, 1e9 - 1, 1e9, 1e9 + 3]), "x")
    yield cases("windows-far", "values far from zero lose nothing", {"a": far, "w": da([1.0, 2.0, 1.0, 3.0, 1.0, 0.5], "x")}, roll(ops=["var", "std", "sum_of_squares"]))
    w = roll(ops=["mean"])[0]
    yield case("windows-missing-weight", "a weight is missing", {"a": line, "w": weights.where(weights > 1)}, w, error="missing weights")
    w = coarsen(ops=["mean"])[0]
    yield case("blocks-exact", "a length that does not fit", {"a": line.isel(x=slice(10)), "w": weights.isel(x=slice(10))}, w, error="the length is no multiple")
    yield case("blocks-missing-weight", "a weight is missing", {"a": line, "w": weights.where(weights > 1)}, w, error="missing weights")


@group("weighted")
def weighted():
    def w(op, on="a", out="r", weights="$w", **kwargs):
        return do("weighted", on, out, weights=weights, then=then(op, **kwargs))

    lat = [60.0, 30.0, 0.0, -45.0]
    f = da(numbers(4, 3), ["lat", "lon"], lat=lat, lon=[0, 120, 240], name="t", attrs={"units": "K"})
    gaps = f.where(f > -10)
    weights = da(np.cos(np.deg2rad(lat)).round(6), ["lat"], lat=lat)
    i = {"a": f, "g": gaps, "w": weights}
    yield case("mean", "over the dim of the weights, over all, and in any order of dims", i, [
        w("mean", out="p", dim="lat"), w("mean", out="q", dim=["lon", "lat"]), w("mean", out="r")], outputs=list("pqr"))
    yield case("sum", "sums", i, [w("sum", out="p", dim="lat"), w("sum", out="q")], outputs=list("pq"))
    yield case("gaps", "weights of missing values do not count", i, [w("mean", "g", "p", dim="lat"), w("mean", "g", "q"), w("sum", "g", "s", dim="lon")], outputs=list("pqs"))
    yield case("keep-nan", "skipna=False", i, [w("mean", "g", "p", dim="lat", skipna=False), w("sum", "g", "q", dim="lat", skipna=False)], outputs=list("pq"))
    yield case("other-dim", "over a dim that the weights lack", i, [w("mean", out="p", dim="lon"), w("sum", out="q", dim="lon")], outputs=list("pq"))
    yield case("zero-weights", "weights that sum to 0: no mean, and sum 0", {"a": da([1.0, 2.0, 3.0], "x"), "w": da([0.0, 0.0, 0.0], "x")}, [w("mean", out="p"), w("sum", out="q")], outputs=list("pq"))
    yield case("negative-weights", "weights that cancel", {"a": da([[1.0, 2.0], [5.0, NAN]], "yx"), "w": da([2.0, -1.0], "x")}, [w("mean", out="p", dim="x"), w("sum", out="q", dim="x")], outputs=list("pq"))
    yield case("all-missing", "a row of NaN", {"a": da([[1.0, NAN], [NAN, NAN]], "yx"), "w": da([1.0, 3.0], "x")}, [w("mean", out="p", dim="x"), w("sum", out="q", dim="x")], outputs=list("pq"))
    yield case("integers", "integers and bools as data and weights", {"a": da([1, 2, 4], "x", dtype="int16"), "w": da([1, 0, 2], "x"), "b": da([True, False, True], "x")}, [
        w("mean", out="p"), w("sum", out="q"), w("mean", out="s", weights="$b")], outputs=list("pqs"))
    yield case("float32", "float32 data with double weights", {"a": da([1.5, 2.5, 4.0], "x", dtype="float32"), "w": da([0.1, 0.2, 0.3], "x")}, [w("mean", out="p"), w("sum", out="q")], outputs=list("pq"))
    yield case("partial-labels", "labels join inner", {"a": f, "w": da([1.0, 2.0], ["lat"], lat=[0.0, 60.0])}, w("mean", dim="lat"))
    yield case("more-dims", "weights with a dim that the data lack", {"a": f, "w": da(np.arange(1.0, 9.0).reshape(2, 4), ["k", "lat"], lat=lat)}, w("mean", dim="lat"))
    yield case("nan-weights", "NaN among the weights is an error", {"a": da([1.0, 2.0], "x"), "w": da([1.0, NAN], "x")}, w("mean"), error="a weight is missing")
    yield case("unknown-dim", "an unknown dim is an error", i, w("mean", dim="z"), error="no dim z")
    yield case("dataset", "every variable with numbers", {"a": xr.Dataset({"u": ("x", [1.0, NAN, 4.0]), "v": (("x", "y"), np.arange(6.0).reshape(3, 2))}, {"x": [1, 2, 3]}), "w": da([1.0, 2.0, 3.0], "x", x=[1, 2, 3])}, [
        w("mean", out="p", dim="x"), w("sum", out="q", dim="x")], outputs=list("pq"))
    yield case("attrs", "attributes stay", i, w("mean", dim="lat"), compare={"attrs": True, "name": True})
    yield case("of-anomalies", "the main job in small: anomalies, then their weighted mean", {
        "a": xr.DataArray(numbers(14, 3), {"time": dates("2000-01-01", 14, "MS"), "lat": [80.0, 40.0, 0.0]}, ["time", "lat"], name="t")}, [
        do("sel", "a", "s", indexers={"time": sl("2000-01", "2001-01")}),
        do("groupby", "s", "c", group="time.month", then=then("mean")), do("groupby", "s", "d", group="time.month", then=then("sub", other="$c")),
        do("getitem", "a", "lat", key="lat"), do("np.deg2rad", "lat", "l"), do("np.cos", "l", "w"), w("mean", "d", dim="lat")], compare={"atol": 1e-12})
    q = [0.0, 0.2, 0.5, 0.77, 1.0]
    near = {"compare": {"rtol": 1e-12, "name": True}}
    yield case("quantile", "quantiles over the dim of the weights, over all, and over another", i, [
        w("quantile", out="p", q=q, dim="lat"), w("quantile", out="q", q=q), w("quantile", out="r", q=0.3, dim=["lon"])], outputs=list("pqr"), **near)
    yield case("quantile-gaps", "missing values are left out, or make the quantile missing", i, [
        w("quantile", "g", "p", q=q, dim="lat"), w("quantile", "g", "q", q=q, dim="lon", skipna=False), w("quantile", "g", "r", q=0.5, skipna=False)], outputs=list("pqr"), **near)
    rough = numbers(3, 40, seed=9, scale=0.5, nan=(7, 3)).round()
    yield case("quantile-ties", "equal values, weights of zero, a weight for each value", {"a": da(rough, "yx"), "w": da(np.abs(numbers(3, 40, seed=4)).round() % 5, "yx")}, [
        w("quantile", out="p", q=q, dim="x"), w("quantile", out="q", q=q, dim=["y", "x"])], outputs=list("pq"), **near)
    yield case("quantile-dtypes", "integers, bools and float32 give float64", {
        "i": da([5, 2, 4, -7], "x", dtype="int16"), "u": da([2**40, 2, 9, 1], "x", dtype="uint64"), "f": da([1.5, 2.5, 4.0, NAN], "x", dtype="float32"),
        "b": da([True, False, True, True], "x"), "w": da([1, 0, 2, 3], "x")}, [
        w("quantile", "i", "p", q=q), w("quantile", "u", "q", q=q), w("quantile", "f", "r", q=q), w("quantile", "b", "s", q=q), w("quantile", "f", "t", q=q, weights="$b")], outputs=list("pqrst"), **near)
    yield case("quantile-nothing", "no values, one value, no weights", {"a": da(np.zeros((0, 2)), "xy"), "w": da(np.zeros(0), "x"), "b": da([[4.0, 2.0]], "xy"), "v": da([3.0], "x"), "z": da([0.0, 0.0], "y")}, [
        w("quantile", out="p", q=q, dim="x"), w("quantile", "b", "q", weights="$v", q=q, dim="x"), w("quantile", "b", "r", weights="$z", q=q, dim="y")], outputs=list("pqr"))
    yield case("quantile-labels", "labels join inner, and weights have a dim that the data lack", {"a": f, "w": da([1.0, 2.0], ["lat"], lat=[0.0, 60.0]), "k": da(np.arange(1.0, 9.0).reshape(2, 4), ["k", "lat"], lat=lat)}, [
        w("quantile", out="p", q=q, dim="lat"), w("quantile", out="q", q=[0.5], dim="lat", weights="$k")], outputs=list("pq"), **near)
    yield case("quantile-dataset", "every variable, single ones too", {"a": xr.Dataset({"u": ("x", [1.0, NAN, 4.0]), "v": (("x", "y"), np.arange(6.0).reshape(3, 2)), "s": 3.0}, {"x": [1, 2, 3]}), "w": da([1.0, 2.0, 3.0], "x", x=[1, 2, 3])}, [
        w("quantile", out="p", q=q), w("quantile", out="q", q=0.25)], outputs=list("pq"), **near)
    yield case("quantile-range", "a fraction above 1 is an error", i, w("quantile", q=1.5), error="not from 0 to 1")
    yield case("quantile-text", "text has no quantiles", {"a": da(["p", "q"], "x"), "w": da([1.0, 2.0], "x")}, w("quantile", q=0.5), error="text")


# -------------------------------------------------------------------- combine and reshape


@group("combine")
def combine():
    def concat(objs, dim, out="r", **kwargs):
        return {"out": out, "op": "xr.concat", "kwargs": value_to_json({"objs": [f"${n}" for n in objs], "dim": dim, **kwargs})}

    a = da([[1, 2], [3, 4]], "xy", x=[1, 2], y=list("ab"), name="v", attrs={"units": "m", "run": 1})
    b = da([[5, 6]], "xy", x=[9], y=list("ab"), name="v", attrs={"units": "m", "run": 2})
    new = {"use_new_combine_kwarg_defaults": True}
    opts = {"options": new}
    yield case("along-dim", "one after the other", {"a": a, "b": b}, concat("ab", "x"), **opts)
    yield case("along-dim-transposed", "the order of dims of the first", {"a": a, "b": b.transpose("y", "x")}, concat("ab", "x"), **opts)
    yield case("attrs", "attributes of the first", {"a": a, "b": b}, concat("ab", "x"), compare={"attrs": True}, **opts)
    yield case("new-dim", "a new dim comes first", {"a": a, "b": a * 10}, concat("ab", "run"), **opts)
    yield case("scalar-coord", "scalar coords of that name become its labels", {"a": a.assign_coords(t=5), "b": a.assign_coords(t=3)}, concat("ba", "t"), **opts)
    yield case("dim-array", "the dim as an array of labels", {"a": a, "b": a, "t": da(["one", "two"], ["m"], name="m")}, {"out": "r", "op": "xr.concat", "kwargs": {"objs": ["$a", "$b"], "dim": "$t"}}, **opts)
    yield case("times", "times one after the other", {"a": series(dates("2000-01-01", 3)), "b": series(dates("2001-01-01", 2), seed=8)}, concat("ab", "time"), **opts)
    yield case("exact-join", "other dims must have equal labels", {"a": a, "b": b.assign_coords(y=["a", "c"])}, concat("ab", "x"), error="labels of y differ", **opts)
    yield case("outer-join", "unless asked to join them", {"a": a, "b": b.assign_coords(y=["a", "c"])}, concat("ab", "x", join="outer"), **opts)
    yield case("inner-join", "the common labels", {"a": a, "b": b.assign_coords(y=["c", "a"])}, concat("ab", "x", join="inner"), **opts)
    ds = xr.Dataset({"u": ("x", [1.0, 2.0]), "c": ("y", [7, 8])}, {"x": [1, 2]})
    yield case("dataset", "variables without the dim are taken once", {"a": ds, "b": ds.assign_coords(x=[3, 4]) + 0}, concat("ab", "x"), **opts)
    yield case("dataset-new-dim", "with a new dim every variable gets it", {"a": ds, "b": ds * 2}, concat("ab", "k"), **opts)
    yield case("transpose", "dims in the order asked for; without any, reversed", {"a": cube()}, [
        do("transpose", "a", "p", dims=["c", "a", "b"]), do("transpose", "a", "q")], outputs=list("pq"))
    yield case("transpose-unknown", "a dim that is not there is an error", {"a": cube()}, do("transpose", "a", dims=["c", "a", "z"]), error="no dim z")
    yield case("rename", "a name, and names of dims and coords", {"a": grid()}, [
        do("rename", "a", "p", new_name_or_name_dict="h"), do("rename", "a", "q", new_name_or_name_dict={"x": "prime", "name": "word"})],
        outputs=list("pq"), compare={"name": True, "indexes": True})
    yield case("rename-dataset", "variables, dims and coords of a dataset", {"a": ds}, do("rename", "a", name_dict={"u": "wind", "x": "lon"}), compare={"indexes": True})
    yield case("rename-clash", "a name that is taken is an error", {"a": grid()}, do("rename", "a", new_name_or_name_dict={"name": "area"}), error="area exists")
    yield case("assign-coords", "coords replaced, added along a dim, and scalar", {"a": a, "n": da([0.5, 1.5], "x")}, do("assign_coords", "a", coords={"x": "$n", "h": 2, "y": ["u", "v"]}), compare={"indexes": True})
    yield case("assign-coords-misfit", "a coord of another length is an error", {"a": a}, do("assign_coords", "a", coords={"x": [1, 2, 3]}), error="x is 2, not 3")
    yield case("drop-vars", "coords and variables by name", {"a": grid(), "d": ds}, [do("drop_vars", "a", "p", names=["x", "run"]), do("drop_vars", "d", "q", names="u")], outputs=list("pq"), compare={"indexes": True})
    yield case("drop-vars-unknown", "an unknown name is an error", {"a": grid()}, do("drop_vars", "a", names=["nix"]), error="no variable nix")
    thin = {"a": da([[[1.0], [2.0]]], "xyz", x=[4], y=[0, 1])}
    yield case("squeeze", "dims of length one go, their coords become scalar", thin, [do("squeeze", "a", "p"), do("squeeze", "a", "q", dim="z"), do("squeeze", "a", "s", drop=True)], outputs=list("pqs"))
    yield case("squeeze-long", "a longer dim cannot be squeezed", thin, do("squeeze", "a", dim="y"), error="y is 2")
    yield case("expand-dims", "new dims come first, with a length or labels", {"a": a.assign_coords(t=5)}, [
        do("expand_dims", "a", "p", dim="k"), do("expand_dims", "a", "q", dim={"k": 3}), do("expand_dims", "a", "r", dim={"k": ["u", "v"]}), do("expand_dims", "a", "s", dim="t"),
        do("expand_dims", "a", "u", dim=["k", "m"], axis=[1, 3])], outputs=list("pqrsu"), compare={"indexes": True})
    yield case("expand-dims-there", "a dim that exists is an error", {"a": a}, do("expand_dims", "a", dim="x"), error="x exists")

    parts = {"a": a, "b": b, "d": (a * 10).assign_coords(y=list("cd")), "e": (b * 10).assign_coords(y=list("cd"))}

    def nested(objs, dims, **kwargs):
        return {"out": "r", "op": "xr.combine_nested", "kwargs": value_to_json({"datasets": objs, "concat_dim": dims, **kwargs})}

    def by_coords(objs, **kwargs):
        return {"out": "r", "op": "xr.combine_by_coords", "kwargs": value_to_json({"data_objects": [f"${n}" for n in objs], "combine_attrs": "drop_conflicts", **kwargs})}

    whole = {"compare": {"attrs": True, "indexes": True}, **opts}
    sets = {n: v.to_dataset(name="v") for n, v in parts.items()}
    yield case("nested", "a list along a dim, without attributes", sets, nested(["$a", "$b"], "x"), **whole)
    yield case("nested-arrays", "arrays give an array", parts, nested(["$a", "$b"], "x"), **whole)
    yield case("nested-grid", "lists of lists along two dims", sets, nested([["$a", "$d"], ["$b", "$e"]], ["x", "y"], combine_attrs="override"), **whole)
    yield case("nested-merge", "None merges", sets | {"f": sets["a"].rename(v="w"), "g": sets["b"].rename(v="w")}, nested([["$a", "$f"], ["$b", "$g"]], ["x", None]), **whole)
    yield case("nested-merge-outer", "a merge that joins and fills", {"a": sets["a"], "b": sets["b"].rename(v="w")}, nested(["$a", "$b"], None, join="outer", fill_value={"v": 0, "w": -1}), **whole)
    yield case("nested-new-dim", "labels of a new dim", sets | {"t": da([7, 8], "t", name="t")}, nested(["$a", "$d"], "$t", join="override"), **opts)
    yield case("nested-ragged", "lists of different lengths", sets, nested([["$a", "$d"], ["$b"]], ["x", "y"]), error="no grid", **opts)
    yield case("nested-depth", "as many dims as levels", sets, nested(["$a", "$b"], ["x", "y"]), error="one level, two dims", **opts)
    yield case("by-coords", "in the order of their labels", sets, by_coords("ba"), **whole)
    yield case("by-coords-grid", "along two dims", sets, by_coords("edba", combine_attrs="drop_conflicts"), **whole)
    yield case("by-coords-unnamed", "arrays without names give one", {n: v.rename(None) for n, v in parts.items()}, by_coords("ba"), **whole)
    yield case("by-coords-named", "named arrays give a dataset", parts, by_coords("bade"), **opts)
    yield case("by-coords-variables", "other variables are merged", sets | {"f": sets["b"].rename(v="w"), "g": sets["a"].rename(v="w")}, by_coords("bfag"), **opts)
    yield case("by-coords-falling", "falling labels", {"a": sets["a"].isel(x=[1, 0]), "b": sets["b"]}, by_coords("ab"), **opts)
    yield case("by-coords-times", "times in order", {"a": series(dates("2000-01-01", 3)), "b": series(dates("1999-01-01", 2), seed=8)}, by_coords("ab"), **opts)
    yield case("by-coords-overlap", "labels that do not rise throughout", {"a": sets["a"], "b": sets["b"].assign_coords(x=[1.5])}, by_coords("ab"), error="1, 2, 1.5", **opts)
    yield case("by-coords-unsorted", "labels that are in no order", {"a": da([1, 2, 3], "x", x=[1, 3, 2], name="v"), "b": b}, by_coords("ab"), error="1, 3, 2", **opts)
    yield case("by-coords-no-labels", "a dim without labels", {"a": a.drop_vars("x"), "b": b.drop_vars("x")}, by_coords("ab"), error="no labels of x", **opts)
    yield case("by-coords-mixed", "unnamed arrays beside others", {"a": a, "b": b.rename(None)}, by_coords("ab"), error="which variable is b?", **opts)
    yield case("by-coords-same", "no labels differ", {"a": a, "b": a}, by_coords("ab"), error="no order", **opts)
    yield case("fill-each", "values for the holes of single variables", {"a": ds, "b": xr.Dataset({"u": ("x", [5, 6]), "w": ("x", [1, 2])}, {"x": [2, 3]})},
        {"out": "r", "op": "xr.merge", "kwargs": value_to_json({"objects": ["$a", "$b"], "join": "outer", "compat": "override", "fill_value": {"u": -1.5, "w": 0}})}, **opts)
    yield case("fill-each-concat", "the same in concat, and NaN for the others", {"a": ds.assign(v=("x", [1, 2])), "b": ds.assign_coords(x=[3, 4])}, concat("ab", "x", fill_value={"v": 9}), **opts)
    yield case("fill-each-array", "of an array by its name", {"a": a, "b": b.rename("w")},
        {"out": ["r", "s"], "op": "xr.align", "kwargs": value_to_json({"objects": ["$a", "$b"], "join": "outer", "fill_value": {"v": 9}})}, outputs=["r", "s"], **opts)
    yield case("drop-duplicates", "labels that stand twice", {"a": da([1, 2, 3, 4], "x", x=[1.0, 1.0, NAN, 2.0])}, [
        do("drop_duplicates", "a", "p", dim="x"), do("drop_duplicates", "a", "q", dim="x", keep="last"), do("drop_duplicates", "a", "s", dim=["x"], keep=False)], outputs=list("pqs"))
    yield case("like", "arrays of zeros and ones like another", {"a": a, "d": ds}, [
        {"out": "p", "op": "xr.zeros_like", "kwargs": {"other": "$a"}}, {"out": "q", "op": "xr.ones_like", "kwargs": {"other": "$d"}}], outputs=list("pq"), compare={"attrs": True})


def text_array():
    return da(["Ab c", "", "ÉTÉ straße", "  pad ", "a1_b2-c3", "ΑΣ ǆ ﬁn"], "x", x=[3, 1, 4, 1, 5, 9], name="t", attrs={"long_name": "words"})


@group("strings")
def strings():
    i = {"a": text_array(), "n": da([2, -1, 0, 5], "y", dtype="int32"), "s": da(["a", "b2", "", " "], "y")}
    whole = {"compare": {"attrs": True, "name": True, "indexes": True}}

    def of(op, out="r", **kwargs):
        return do(f"str.{op}", "a", out, **kwargs)

    plain = "len capitalize lower upper swapcase title casefold".split()
    yield case("case", "case of every kind, names and attributes stay", i, [of(f, f) for f in plain], outputs=plain, **whole)
    classes = "isalnum isalpha isdecimal isdigit islower isnumeric isspace istitle isupper".split()
    odd = {"a": da(["Ab", "ab1", "½", "²", "٣", "一", " \t\x1c", "", "ǅ A", "A B", "e\u0301", "Aé"], "x")}
    yield case("classes", "classes of characters", odd, [of(f, f) for f in classes], outputs=classes)
    yield case("normalize", "normal forms", {"a": da(["é", "e\u0301", "ﬁ", "Å"], "x")}, [of("normalize", f, form=f) for f in ("NFC", "NFD", "NFKC", "NFKD")], outputs=["NFC", "NFD", "NFKC", "NFKD"])
    yield case("get", "a character, or a default", i, [of("get", "p", i=2), of("get", "q", i=-1, default="?"), of("get", "s", i="$n", default="")], outputs=list("pqs"))
    yield case("slice", "parts by position", i, [of("slice", "p", start=1, stop=-1), of("slice", "q", step=-2), of("slice", "s", start="$n", stop=4), of("slice", "u", start=5, stop=1, step=-1)], outputs=list("pqsu"))
    yield case("slice-replace", "a part replaced", i, [of("slice_replace", "p", start=1, stop=3, repl="<>"), of("slice_replace", "q", stop="$n", repl="$s"), of("slice_replace", "s", start=2)], outputs=list("pqs"))
    yield case("cat", "texts and numbers put together", i, [of("cat", "p", others=["$s", 1.5, True], sep="|"), of("cat", "q", others=["$n"])], outputs=list("pq"), **whole)
    yield case("cat-misaligned", "labels must be equal", {"a": text_array(), "b": text_array().isel(x=slice(3))}, of("cat", others=["$b"]), error="labels of x differ")
    m = {"a": da([["a", "bc"], ["", "d"], ["e", "f"]], "xy", x=[1, 2, 3], z=("x", [7, 7, 7]), name="t", attrs={"k": 1})}
    yield case("join", "along a dim", m, [of("join", "p", dim="x", sep="-"), of("join", "q", dim="y")], outputs=list("pq"), **whole)
    yield case("join-unnamed", "of several dims one must be named", m, of("join", sep="-"), error="which dim?")
    yield case("patterns", "searches by pattern", i, [of("contains", "p", pat="[a-c]\\b"), of("contains", "q", pat="^a", case=False), of("match", "s", pat="\\w+"), of("count", "u", pat="[a-z]*"),
        of("count", "v", pat="$s"), of("contains", "w", pat="STRASSE", regex=False, case=False), of("match", "x", pat="\\w\\W", flags=256)], outputs=list("pqsuvwx"))
    yield case("pattern-groups", "groups in contains are refused", i, of("contains", pat="(a)"), error="groups")
    yield case("pattern-broken", "what is no pattern", i, of("count", pat="(a"), error="no pattern")
    yield case("ends", "beginnings and ends", i, [of("startswith", "p", pat="$s"), of("endswith", "q", pat=" ")], outputs=list("pq"))
    yield case("pad", "filled up", i, [of("pad", "p", width=7, side="both", fillchar="*"), of("ljust", "q", width="$n", fillchar="é"), of("rjust", "s", width=8), of("center", "u", width=6), of("zfill", "v", width=5)], outputs=list("pqsuv"))
    yield case("pad-two-characters", "filled with one character only", i, of("pad", width=7, fillchar="ab"), error="two characters")
    yield case("strip", "ends taken away", i, [of("strip", "p"), of("lstrip", "q", to_strip=" A"), of("rstrip", "s", to_strip="$s"), of("strip", "u", to_strip="abc3", side="right")], outputs=list("pqsu"))
    yield case("wrap", "lines", {"a": da(["The quick brown-fox jumps", "a\tb  c", "abcdefghijklmno", "", "one--two (three-four)"], "x")}, [of("wrap", "p", width=7), of("wrap", "q", width=12)], outputs=list("pq"))
    yield case("repeat", "so many times", i, [of("repeat", "p", repeats=2), of("repeat", "q", repeats="$n")], outputs=list("pq"))
    yield case("find", "positions", i, [of("find", "p", sub="a"), of("rfind", "q", sub="$s"), of("find", "s", sub="", start="$n"), of("rfind", "u", sub="c", start=1, end=-1)], outputs=list("pqsu"))
    yield case("index", "a text that is not there is an error", i, of("index", sub="a"), error="no a in the second")
    yield case("replace", "replacements", i, [of("replace", "p", pat="([a-z])(\\d)", repl="\\2\\g<1>"), of("replace", "q", pat="$s", repl="#", regex=False), of("replace", "s", pat="[a-z]*", repl="-", n=2),
        of("replace", "u", pat="A", repl="x", case=False), of("replace", "v", pat="b", repl="$s", n=0)], outputs=list("pqsuv"))
    yield case("replace-no-group", "a group that is not there", i, of("replace", pat="a", repl="\\1"), error="no group")
    pairs = {"a": da(["a1 b2", "c3", "z9z9"], "x", x=[1, 2, 3]), "m": da(["([a-z])([0-9])", "(.)(.)"], "k")}
    yield case("extract", "groups of the first match", pairs, [of("extract", "p", pat="([a-z])([0-9])?", dim="g"), of("extract", "q", pat="[a-z]([0-9])", dim=None), of("extract", "s", pat="$m", dim="g")], outputs=list("pqs"))
    yield case("extract-no-group", "a pattern without groups", pairs, of("extract", pat="a", dim="g"), error="no group")
    yield case("extract-dim-there", "a dim that is there", pairs, of("extract", pat="(a)", dim="x"), error="x exists")
    yield case("partition", "cut in three", i, [of("partition", "p", dim="k", sep="b"), of("rpartition", "q", dim="k", sep="_"), of("partition", "s", dim="k")], outputs=list("pqs"), **whole)
    yield case("split", "cut everywhere", i, [of("split", "p", dim="k", sep="b"), of("split", "q", dim="k"), of("rsplit", "s", dim="k", sep="_", maxsplit=1), of("rsplit", "u", dim="k")], outputs=list("pqsu"))
    yield case("split-empty", "an empty separator", i, of("split", dim="k", sep=""), error="empty separator")
    yield case("get-dummies", "parts as columns", {"a": da(["a|b", "b", "", "c|a"], "x", x=[1, 2, 3, 4]), "s": da(["|", "b"], "y")}, [of("get_dummies", "p", dim="k"), of("get_dummies", "q", dim="k", sep="$s")], outputs=list("pq"), compare={"indexes": True})
    yield case("encode", "bytes", i, [of("encode", "p", encoding="utf-8"), of("encode", "q", encoding="ascii", errors="ignore"), of("encode", "s", encoding="latin-1", errors="replace"), of("encode", "u", encoding="utf-16")], outputs=list("pqsu"))
    yield case("encode-strict", "what has no form in an encoding", i, of("encode", encoding="latin-1"), error="greek")
    yield case("decode", "and back", {"a": da([b"a", b"\xc3\xa9"], "x")}, [of("decode", "p", encoding="utf-8"), of("decode", "q", encoding="latin-1"), of("decode", "s", encoding="ascii", errors="ignore")], outputs=list("pqs"))
    yield case("numbers", "numbers have no text", {"a": da([1, 2], "x")}, of("len"), error="no text")
    yield case("no-dims", "a single text", {"a": da("a-B", m=1)}, [of("upper", "p"), of("split", "q", dim="k", sep="-"), of("cat", "s", others=["x"])], outputs=list("pqs"))


@group("selection-vectorized")
def selection_vectorized():
    a = da(np.arange(24).reshape(2, 3, 4), "xyz", x=[10, 20], y=list("abc"), name="a")
    i = {"a": a, "p": da([1, 0, 1], "k", k=[5, 6, 7]), "q": da([2, 2, 0], "k", k=[5, 6, 7]), "v": da([-1, -2, -3], "k"), "g": da([[0, 1], [1, 0]], "km")}

    def put(where="isel", out="r", value=None, **indexers):
        return do(f"{where}.set", "a", out, indexers=indexers, value=value)

    yield case("set-points", "points get values", i, put(x="$p", y="$q", value=7))
    yield case("set-points-values", "a value for each; the last one counts", i, put(x="$p", y="$q", value="$v"))
    yield case("set-points-slice", "with a slice and a position of other dims", i, [put(x="$p", z="$q", y=[2, 0], out="r", value=5), put(x="$p", y="$q", z=1, out="s", value="$v"), put(y="$q", z=sl(None, None, -2), x=sl(1, None), out="t", value=0)], outputs=list("rst"))
    yield case("set-grid-of-points", "points of two dims", i | {"w": da([[1, 2], [3, 4]], "km")}, put(x="$g", y="$g", value="$w"))
    yield case("set-own-dim", "points along a dim of the array", i | {"t": da([0, 1, 0], "y", y=list("abc"))}, put(x="$t", value=5))
    yield case("set-mask", "a mask along a dim", i, put(y=[True, False, True], value=-1))
    yield case("set-negative-step", "backwards, with values of their own", i | {"w": da([1, 2, 3], "y")}, put(y=sl(None, None, -1), value="$w"))
    yield case("set-labels", "points by label", i | {"l": da([20, 10], "k"), "m": da(["c", "a"], "k")}, put("loc", x="$l", y="$m", value=0))
    yield case("set-conflict", "labels of the value must be those of the selection", i | {"w": da([1, 2], "y", y=["a", "c"])}, put(y=[0, 1], value="$w"), error="b is not c")
    yield case("set-other-dim", "a dim that the selection lacks", i | {"w": da([1, 2], "w")}, put(x=0, value="$w"), error="no dim w")
    yield case("set-outside", "a position that is not there", i, put(x="$g", y=7, value=0), error="y is 3")
    yield case("set-dim-of-a-position", "points along a dim named like one that a position takes away", i | {"t": da([0, 1], "z")}, put(x="$t", y=[-1, 0], z=-1, value=5))
    yield case("set-one", "a value of length one repeats", i | {"w": da([5], "y")}, put(y=[0, 2], value="$w"))
    yield case("set-one-labelled", "unless it has a label", i | {"w": da([5], "y", y=["a"])}, put(y=[0, 2], value="$w"), error="a is not a, c")
    yield case("set-dataset", "every variable of a dataset", {"a": xr.Dataset({"u": ("x", [1, 2, 3]), "w": (("x", "y"), np.arange(6.0).reshape(3, 2))}, {"x": [5, 6, 7]})},
        [put(x=sl(1, None), out="p", value=0), put("loc", x=[7, 5], out="q", value=-1)], outputs=list("pq"))
    yield case("set-dataset-values", "with a dataset", {"a": xr.Dataset({"u": ("x", [1, 2, 3]), "w": ("x", [1.0, 2.0, 3.0])}), "d": xr.Dataset({"u": ("x", [9, 8]), "w": ("x", [0.5, NAN])})}, put(x=[2, 0], value="$d"))
    yield case("set-dataset-lacks", "a variable without the dim", {"a": xr.Dataset({"u": ("x", [1, 2, 3]), "w": 5})}, put(x=0, value=0), error="w has no x")


@group("ufuncs")
def ufuncs():
    reals = {
        "f": da([-2.5, -0.0, 0.0, 0.5, 3.0, NAN, INF, -INF], "x"),
        "g": da([-2.5, 0.25, 1.5, 3.0], "x", "float32"),
        "i": da([-7, -1, 0, 3, 120], "x", "int8"),
        "j": da([-7, -1, 0, 3, 120], "x", "int64"),
        "u": da([0, 1, 3, 200], "x", "uint16"),
        "b": da([True, False], "x"),
    }
    one = "positive signbit logical_not isfinite isinf isnan sign fabs floor ceil trunc rint".split()
    for name in one:
        taken = [k for k in reals if not (k == "b" and name in ("positive", "sign"))]
        steps = [do(f"np.{name}", k, f"r{k}") for k in taken if not (name in ("fabs", "rint") and k in "ib")]
        yield case(name, f"{name} of every kind", reals, steps, outputs=[s["out"] for s in steps], compare={"dtype": "kind", "rtol": 1e-6})
    spaced = {"f": da([1.0, -3.5, 0.0, 1e300], "x"), "g": da([1.0, -2.0], "x", "float32"), "j": da([5, -7], "x", "int32")}
    yield case("spacing", "distance to the next float", spaced, [do("np.spacing", k, f"r{k}") for k in "fgj"], outputs=["rf", "rg", "rj"])
    times = {"t": series(dates("2000-01-01", 3)).time.shift(time=1), "d": da(np.array([5, "NaT"], "timedelta64[s]"), "x")}
    yield case("isnat", "missing times", times, [do("np.isnat", "t", "p"), do("np.isnat", "d", "q")], outputs=["p", "q"])
    yield case("isnat-float", "numbers are no times", reals, do("np.isnat", "f"), error="no time")
    yield case("positive-bool", "bools have no sign", reals, do("np.positive", "b"), error="bool")
    yield case("logical-not-times", "times are neither true nor false", times, do("np.logical_not", "d"), error="times")
    pairs = {
        "f": da([-2.5, -0.0, 0.0, 0.5, 3.0, NAN, INF, -INF, 1.0], "x"), "h": da([2.0, -1.0, 0.5, -0.0, NAN, 1.0, INF, -INF, 1.0], "x"),
        "g": da([-2.5, 0.25, 1.5], "x", "float32"), "k": da([1.0, -0.75, 2.0], "x", "float32"),
        "i": da([-7, 6, 0, 12, -128], "x", "int8"), "j": da([3, -4, 5, 8, 2], "x", "int8"),
        "m": da([-7, 6, 0, 12, 9], "x", "int64"), "n": da([3, -4, 5, 8, 70], "x", "int64"),
        "u": da([7, 6, 0, 12], "x", "uint8"), "v": da([3, 4, 9, 0], "x", "uint8"),
        "b": da([True, True, False, False], "x"), "c": da([True, False, True, False], "x"),
    }
    floats = [("f", "h"), ("g", "k"), ("m", "n"), ("f", "h")]
    ints = [("i", "j"), ("m", "n"), ("u", "v"), ("b", "c")]
    plain = [("f", "h"), ("g", "k"), ("i", "j"), ("m", "n"), ("u", "v"), ("b", "c")]
    table = {
        "copysign": floats, "nextafter": floats, "logaddexp": floats, "logaddexp2": floats, "heaviside": floats, "hypot": floats, "arctan2": floats,
        "fmod": plain[:5], "float_power": [("u", "v"), ("g", "k"), ("b", "c")], "left_shift": ints, "right_shift": ints, "gcd": ints[:3], "lcm": ints[:3],
        "logical_and": plain, "logical_or": plain, "logical_xor": plain,
    }
    for name, taken in table.items():
        steps = [do(f"np.{name}", a, f"r{a}", other=f"${b}") for a, b in dict(taken).items()]
        yield case(name.replace("_", "-"), f"{name} of two of a kind", pairs, steps, outputs=[s["out"] for s in steps])
    yield case("plain-number", "a plain number adapts", pairs, [do("np.copysign", "g", "p", other=-1), do("np.fmod", "i", "q", other=4), do("np.left_shift", "u", "r", other=1)], outputs=list("pqr"))
    yield case("shift-float", "floats have no bits to shift", pairs, do("np.left_shift", "f", other="$h"), error="floats")
    yield case("gcd-float", "floats have no divisors", pairs, do("np.gcd", "f", other="$h"), error="floats")
    yield case("shift-negative", "a negative or large distance", {"a": da([-5, 5, 1, -1], "x", "int32"), "b": da([40, 40, -1, -1], "x", "int32")}, [
        do("np.left_shift", "a", "p", other="$b"), do("np.right_shift", "a", "q", other="$b")], outputs=list("pq"))
    yield case("attrs", "name and attributes of the first", {"a": da([1.5], "x", name="a", attrs={"units": "m"}), "b": da([-1.0], "x", name="b", attrs={"units": "s"})},
        do("np.copysign", "a", other="$b"), compare={"attrs": True, "name": True})


@group("dot-corr-cov")
def dot_corr_cov():
    def dots(*names, out="r", **kwargs):
        return {"out": out, "op": "xr.dot", "kwargs": value_to_json({"arrays": [f"${n}" for n in names], **kwargs})}

    def of(op, out="r", **kwargs):
        return {"out": out, "op": op, "kwargs": value_to_json(kwargs)}

    a = da(numbers(3, 4), "xy", x=[1, 2, 3], y=[10, 20, 30, 40], name="a", attrs={"units": "m"})
    b = da(numbers(4, 2, seed=3), "yz", y=[40, 30, 20, 99], z=list("pq"), name="b", attrs={"units": "s"})
    c = da(numbers(2, 3, 4, seed=4), "zxy", z=list("pq"), y=[10, 20, 30, 40], name="c")
    all3 = {"a": a, "b": b, "c": c}
    yield case("matrix", "labels are joined, the result keeps those of free dims", all3, dots("a", "b"), compare={"attrs": True, "name": True, "indexes": True})
    yield case("batch", "a shared dim that is not summed", all3, dots("a", "c", dim="y"))
    yield case("three-shared", "three arrays over what at least two have", all3, dots("a", "b", "c"))
    yield case("chain", "a chain of matrices", {"a": da(numbers(2, 5), "ab"), "b": da(numbers(5, 3, seed=2), "bc"), "c": da(numbers(3, 4, seed=3), "cd"), "d": da(numbers(4, 2, seed=5), "de")},
        dots("a", "b", "c", "d"))
    yield case("extra-sum", "a dim of one array only is summed if asked for", all3, dots("a", "b", dim=["x", "y"]))
    yield case("keep-all", "no dim: products", all3, dots("a", "b", dim=[]))
    yield case("four-dims", "two dims summed, two kept on either side", {"a": da(numbers(2, 3, 2, 2), "abcd"), "b": da(numbers(2, 2, 3, seed=6), "dbe".replace("b", "c"))}, dots("a", "b"))
    yield case("int8", "small integers wrap", {"a": da([[100, 100], [3, 4]], "xy", "int8"), "b": da([[100, 1], [100, 2]], "yz", "int8")}, dots("a", "b"))
    yield case("uint-int", "unsigned and signed meet", {"a": da([[1, 2], [3, 4]], "xy", "uint8"), "b": da([[-1, 1], [5, 2]], "yz", "int16")}, dots("a", "b"))
    yield case("bool", "a sum of bools is any", {"a": da([[True, False], [False, False]], "xy"), "b": da([[True, False], [True, True]], "yz")}, [dots("a", "b", out="p"), dots("a", out="q", dim="x")], outputs=["p", "q"])
    yield case("float32", "single precision stays", {"a": da(numbers(3, 4), "xy", "float32"), "b": da(numbers(4, 2), "yz", "float32")}, dots("a", "b"))
    yield case("nan-inf", "missing and infinite elements spread", {"a": da([[1.0, NAN], [INF, 2.0]], "xy"), "b": da([[1.0, 2.0], [3.0, 4.0]], "yz")}, dots("a", "b"))
    yield case("empty", "a sum over nothing is zero", {"a": da(np.zeros((2, 0)), "xy"), "c": da(np.zeros((0, 3)), "yz"), "d": da([[NAN, 1.0], [2.0, 3.0]], "xw")}, [dots("a", "c", out="p"), dots("a", "c", "d", out="q", dim="y")], outputs=["p", "q"])
    yield case("scalar", "an array without dims takes part", {"a": a, "b": da(2.5)}, dots("a", "b", dim="x"))
    yield case("exact-join", "labels must be equal if asked for", all3, dots("a", "b"), options={"arithmetic_join": "exact"}, error="labels of y differ")
    yield case("unknown", "an unknown dim is an error", all3, dots("a", "b", dim="q"), error="no dim q")
    yield case("text", "texts have no product", {"a": da(list("ab"), "x")}, dots("a", dim="x"), error="text")
    vectors = {"a": da(numbers(2, 3), "xc", c=list("xyz"), x=[0, 1]), "b": da(numbers(3, 4, seed=9), "cz", c=list("xyz")), "p": da([1.0, 2.0], "c", c=list("xz")), "q": da([1.0, 2.0], "c"), "s": da([3.0, 4.0, 5.0], "c")}
    yield case("cross", "other dims broadcast", vectors, of("xr.cross", a="$a", b="$b", dim="c"))
    yield case("cross-labels", "absent components are zero, by label", vectors, of("xr.cross", a="$p", b="$a", dim="c"))
    yield case("cross-padded", "without labels the third one is", vectors, [of("xr.cross", "p", a="$q", b="$s", dim="c"), of("xr.cross", "r", a="$s", b="$q", dim="c")], outputs=["p", "r"])
    yield case("cross-long", "four components are no vector", {"a": da(numbers(4), "c"), "b": da(numbers(4), "c")}, of("xr.cross", a="$a", b="$b", dim="c"), error="four")
    yield case("cross-unknown", "the dim must be on both", vectors, of("xr.cross", a="$a", b="$b", dim="x"), error="b lacks x")
    holes = {"a": da(numbers(4, 5, nan=[7, 3]), "xy", x=range(4), name="a"), "b": da(numbers(5, 4, seed=8, nan=[9, 2]), "yx", x=range(4), name="b"), "w": da([1.0, 2.0, 0.5, 3.0], "x", x=range(4)), "v": da(numbers(6, seed=2), "x", x=range(1, 7))}
    for op in ("cov", "corr"):
        f = f"xr.{op}"
        yield case(f"{op}-dims", "over one dim, several, all", holes, [of(f, "p", da_a="$a", da_b="$b", dim="x"), of(f, "q", da_a="$a", da_b="$b", dim=["x", "y"]), of(f, "r", da_a="$a", da_b="$b")], outputs=list("pqr"), compare={"name": True})
        yield case(f"{op}-weights", "with weights", holes, [of(f, "p", da_a="$a", da_b="$b", dim="x", weights="$w"), of(f, "q", da_a="$a", da_b="$v", dim="x", weights="$w")], outputs=list("pq"))
        yield case(f"{op}-broadcast", "a dim of one array only", holes, [of(f, "p", da_a="$a", da_b="$v", dim="x"), of(f, "q", da_a="$v", da_b="$a", dim="y")], outputs=list("pq"))
        yield case(f"{op}-unknown", "an unknown dim is an error", holes, of(f, da_a="$a", da_b="$b", dim="q"), error="no dim q")
    yield case("cov-ddof", "degrees of freedom", holes, [of("xr.cov", "p", da_a="$a", da_b="$b", dim="x", ddof=0), of("xr.cov", "q", da_a="$a", da_b="$b", dim="x", ddof=2)], outputs=list("pq"))
    yield case("cov-few", "one pair has no covariance", {"a": da([1.0, NAN], "x"), "b": da([3.0, 4.0], "x")}, of("xr.cov", da_a="$a", da_b="$b"))


@group("calculus")
def calculus():
    uneven = [0.0, 1.0, 3.0, 3.5, 6.0, 10.0]
    f = da(numbers(6, 3), "xy", x=uneven, y=[3, 2, 1], name="f", attrs={"units": "m"})
    holes = da(numbers(6, 3, nan=[5, 3]), "xy", x=uneven, y=[3, 2, 1])
    even = da(numbers(3, 6, nan=[7, 2]), "yx", x=np.arange(6) * 0.5)
    hours = da(numbers(4), "t", t=np.array(["2000-01-01T00", "2000-01-01T06", "2000-01-02", "2000-01-05"], "datetime64[us]"))
    model = da(numbers(4), "t", t=model_dates("2000-02-27", 4, "360_day"))
    spans = da(numbers(4), "t", t=np.array([0, 60, 90, 3600], "timedelta64[s]"))
    ds = xr.Dataset({"f": f, "k": ("z", [1, 2]), "i": ("x", np.arange(6, dtype="int16") ** 2)}, attrs={"title": "q"}).assign_coords(x2=("x", np.arange(6.0) ** 2))
    data = {"f": f, "h": holes, "e": even, "t": hours, "m": model, "s": spans, "d": ds}
    for order in (1, 2):
        yield case(f"differentiate-order{order}", "uneven and even, with holes, along either dim", data, [
            do("differentiate", k, f"r{k}", coord="x", edge_order=order) for k in "fhed"] + [do("differentiate", "f", "ry", coord="y", edge_order=order)],
            outputs=["rf", "rh", "re", "rd", "ry"], compare={"attrs": True, "name": True})
        yield case(f"differentiate-times{order}", "by time, in its ticks and in units", data, [
            do("differentiate", "t", "p", coord="t", edge_order=order), do("differentiate", "t", "q", coord="t", edge_order=order, datetime_unit="D"),
            do("differentiate", "m", "r", coord="t", edge_order=order), do("differentiate", "m", "v", coord="t", edge_order=order, datetime_unit="h"),
            do("differentiate", "s", "u", coord="t", edge_order=order, datetime_unit="m")], outputs=list("pqrvu"))
    yield case("differentiate-other-coord", "along a coord that is no index", data, do("differentiate", "d", coord="x2"))
    yield case("differentiate-times-data", "how times change", {"a": da(np.array([3, 5, 9, "NaT"], "datetime64[s]"), "x")}, [do("differentiate", "a", "p", coord="x"), do("differentiate", "a", "q", coord="x", datetime_unit="m")], outputs=["p", "q"])
    yield case("differentiate-float32", "single precision stays", {"a": da([1.0, 4.0, 9.5], "x", "float32")}, do("differentiate", "a", coord="x"))
    yield case("differentiate-short", "too few positions for the order", {"a": da([1.0, 2.0], "x")}, do("differentiate", "a", coord="x", edge_order=2), error="two positions")
    yield case("differentiate-text", "texts have no differences", {"a": da(list("abc"), "x")}, do("differentiate", "a", coord="x"), error="text")
    yield case("differentiate-unknown", "an unknown coord is an error", data, do("differentiate", "f", coord="q"), error="no q")
    for op in ("integrate", "cumulative_integrate"):
        name = op.replace("_", "-")
        yield case(name, "uneven and even, with holes, along either dim", data, [do(op, k, f"r{k}", coord="x") for k in "fhed"] + [do(op, "f", "ry", coord="y")],
            outputs=["rf", "rh", "re", "rd", "ry"], compare={"attrs": True, "name": True, "indexes": True})
        yield case(f"{name}-times", "over time, in its ticks and in units", data, [
            do(op, "t", "p", coord="t"), do(op, "t", "q", coord="t", datetime_unit="h"), do(op, "m", "r", coord="t"), do(op, "m", "v", coord="t", datetime_unit="D"), do(op, "s", "u", coord="t", datetime_unit="ms")],
            outputs=list("pqrvu"))
        yield case(f"{name}-other-coord", "over a coord that is no index", data, do(op, "d", coord="x2"))
        yield case(f"{name}-dtypes", "dtypes of elements and coords", {"a": da([1, 5, 2], "x", "int32"), "b": da([1.0, 5.0, 2.0], "x", "float32", x=np.array([0, 1, 3], "float32")), "c": da([1.0, 5.0], "x", "float32")},
            [do(op, k, f"r{k}", coord="x") for k in "abc"], outputs=["ra", "rb", "rc"])
        yield case(f"{name}-one", "one position spans nothing", {"a": da([NAN], "x", x=[5.0])}, do(op, "a", coord="x"))
        yield case(f"{name}-times-data", "times have no integral", {"a": da(np.array([3, 5], "timedelta64[s]"), "x")}, do(op, "a", coord="x"), error="times")
        yield case(f"{name}-unknown", "an unknown coord is an error", data, do(op, "f", coord="q"), error="no q")
    yield case("integrate-both", "over two coords", data, do("integrate", "f", coord=["y", "x"]))
    yield case("integrate-twice", "a coord that is gone is an error", data, do("integrate", "f", coord=["x", "x"]), error="x is gone")
    fit = {"rtol": 1e-9, "atol": 1e-9}
    wide = da(numbers(2, 8, 3, nan=[11, 4]), "axb", x=np.array(uneven + [11.0, 13.0]), b=[1, 2, 3], name="w", attrs={"units": "m"}).assign_coords(h=("x", np.arange(8.0) ** 1.5), s=7)
    fits = {"w": wide, "d": wide.to_dataset(name="w").assign(k=("z", [1, 2]), i=("x", np.arange(8) ** 2)), "g": wide.fillna(0.0).isel(a=0, b=1, drop=True)}
    for deg in (0, 1, 3):
        yield case(f"polyfit-{deg}", "each line for itself, without its missing elements", fits, [do("polyfit", k, f"r{k}", dim="x", deg=deg) for k in "wdg"], outputs=["rw", "rd", "rg"], compare={**fit, "attrs": True, "indexes": True})
    yield case("polyfit-full", "residuals, rank and singular values", fits, [do("polyfit", k, f"r{k}", dim="x", deg=2, full=True) for k in "wdg"], outputs=["rw", "rd", "rg"], compare=fit)
    yield case("polyfit-cov", "covariances", fits, [do("polyfit", "w", "p", dim="x", deg=1, cov=True), do("polyfit", "g", "q", dim="x", deg=2, cov=True), do("polyfit", "d", "r", dim="x", deg=1, cov="unscaled")], outputs=list("pqr"), compare=fit)
    yield case("polyfit-weights", "weights as numbers and as the name of a coord", fits, [do("polyfit", "w", "p", dim="x", deg=1, w=np.array([1.0, 2, 3, 1, 0.5, 2, 1, 1]), full=True), do("polyfit", "g", "q", dim="x", deg=1, w="h", cov=True)], outputs=["p", "q"], compare=fit)
    yield case("polyfit-strict", "a line with a missing element has no fit", fits, do("polyfit", "w", dim="x", deg=1, skipna=False), compare=fit)
    yield case("polyfit-other-coord", "along a coord that is no index", fits, do("polyfit", "w", dim="h", deg=1, full=True), compare=fit)
    yield case("polyfit-few", "fewer positions than unknowns: the shortest solution", {"a": da([1.0, 3.0], "x", x=[1.0, 2.0]), "b": da([1.0, NAN, 4.0], "x")}, [do("polyfit", "a", "p", dim="x", deg=3), do("polyfit", "b", "q", dim="x", deg=2, full=True)], outputs=["p", "q"], compare=fit)
    yield case("polyfit-nothing", "all missing", {"a": da([[NAN, 1.0], [NAN, 2.0], [NAN, 5.0]], "xy")}, do("polyfit", "a", dim="x", deg=1, full=True), compare=fit)
    yield case("polyfit-times", "times count in nanoseconds", data, [do("polyfit", k, f"r{k}", dim="t", deg=1) for k in "tms"], outputs=["rt", "rm", "rs"], compare={"rtol": 1e-7, "atol": 1e-9})
    yield case("polyfit-weights-misfit", "a weight for each position", fits, do("polyfit", "g", dim="x", deg=1, w=[1.0, 2.0]), error="two weights")
    yield case("polyfit-cov-few", "no degrees of freedom left", fits, do("polyfit", "g", dim="x", deg=7, cov=True), error="eight positions")
    yield case("polyfit-unknown", "an unknown coord is an error", fits, do("polyfit", "g", dim="q", deg=1), error="no q")
    k = da([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]], ["degree", "y"], degree=[2, 0, 1], name="k")
    evals = {"k": k, "x": da([-1.0, 0.0, 2.5], "x", x=[5, 6, 7], name="x", attrs={"units": "m"}), "i": da([1, 2], "x", "int64"), "m": k.sel(degree=[2]), "p": k.rename(degree="power"), "d": xr.Dataset({"u": k, "v": 2 * k}),
             "e": xr.Dataset({"u": ("x", [1.0, 2.0]), "v": ("x", [3.0, 4.0])}), "t": hours.t, "s": spans.t}
    def val(out, coord, coeffs, **more):
        return {"out": out, "op": "xr.polyval", "kwargs": value_to_json({"coord": f"${coord}", "coeffs": f"${coeffs}", **more})}
    yield case("polyval", "by degree labels in any order, dims of the coord first", evals, [val("p", "x", "k"), val("q", "i", "k"), val("r", "x", "m")], outputs=list("pqr"), compare={"name": True, "attrs": True})
    yield case("polyval-dim", "another name of the degree dim", evals, val("r", "x", "p", degree_dim="power"))
    yield case("polyval-datasets", "datasets on either side", evals, [val("p", "x", "d"), val("q", "e", "k"), val("r", "e", "d")], outputs=list("pqr"))
    yield case("polyval-times", "times as numbers", evals, [val("p", "t", "k"), val("q", "s", "k")], outputs=["p", "q"])
    yield case("polyval-no-labels", "degrees must have labels", evals | {"n": k.drop_vars("degree")}, val("r", "x", "n"), error="no labels")
    yield case("polyval-float-labels", "degrees must be integers", evals | {"n": k.assign_coords(degree=[0.5, 1.5, 2.5])}, val("r", "x", "n"), error="floats")


# ------------------------------------------------------------------------------------ main


# ------------------------------------------------------------------ multi-indexes


def table():
    """Two dims with labels in no order, one coord along each, and a bare dim."""
    return da(
        np.arange(24).reshape(2, 3, 4) - 7, "xyt", "int32", "v", {"units": "m"},
        x=[20, 10], y=list("cab"), q=("x", [0.5, 1.5]), r=("y", [7, 8, 9]), area=(("y", "x"), np.arange(6.0).reshape(3, 2)), n=3,
    )  # fmt: skip


def long():
    """A long table: coords of one dim that are to become levels."""
    rows = [(1, "b"), (1, "c"), (2, "a"), (2, "b"), (3, "a"), (3, "c")]
    coords = {"p": ("x", [r[0] for r in rows]), "k": ("x", [r[1] for r in rows])}
    return da(numbers(6, 2, seed=9), "xw", None, "v", None, x=[5, 6, 7, 8, 9, 10], w=[0.5, 1.5], s=("x", np.arange(6)), **coords)


@group("reshape")
def reshape():
    flat = do("stack", "a", "s", dim={"z": ["x", "y"]})
    a, multi = {"a": table()}, do("set_index", "a", "s", indexes={"x": ["p", "k"]})
    b = {"a": long()}

    def stacked(name, doc, *steps, **more):
        return case(f"stacked-{name}", doc, a, [flat, *steps], **more)

    def levels(name, doc, *steps, **more):
        return case(f"levels-{name}", doc, b, [multi, *steps], **more)

    # stack
    yield case("stack-three", "all dims, the last fastest", a, do("stack", "a", dim={"z": ["t", "y", "x"]}))
    yield case("stack-one", "one dim becomes a multi-index of one level", a, do("stack", "a", dim={"z": ["y"]}))
    yield case("stack-two-groups", "two new dims at once", a, do("stack", "a", dim={"z": ["x"], "u": ["y", "t"]}))
    yield case("stack-no-index", "without index the labels stay as coords", a, do("stack", "a", dim={"z": ["t", "x"]}, create_index=False), compare={"indexes": True})
    yield case("stack-if-labelled", "an index only where all dims have one", a, do("stack", "a", dim={"z": ["t", "x"]}, create_index=None), compare={"indexes": True})
    yield case("stack-if-labelled-2", "an index only where all dims have one", a, do("stack", "a", dim={"z": ["y", "x"]}, create_index=None), compare={"indexes": True})
    yield case("stack-attrs", "attrs of variables and levels stay", {"a": table().assign_coords(x=("x", [1, 2], {"units": "km"}))}, flat | {"out": "r"}, compare={"attrs": True, "name": True})
    yield case("stack-duplicates", "labels may stand twice", a, [do("isel", "a", "s", indexers={"x": [0, 1, 0]}), do("stack", "s", dim={"z": ["x", "y"]})])
    yield case("stack-existing", "the new dim must be new", a, do("stack", "a", dim={"t": ["x", "y"]}), error="t exists")
    yield case("stack-twice", "a dim stacks once", a, do("stack", "a", dim={"z": ["x", "x"]}), error="x twice")
    yield case("stack-nothing", "no dims make no index", a, do("stack", "a", dim={"z": []}), error="no dims")
    yield stacked("again", "a multi-index is no level of another", do("stack", "s", dim={"u": ["z", "t"]}), error="z has a multi-index")
    yield stacked("again-plain", "without index a stacked dim stacks again", do("stack", "s", dim={"u": ["z", "t"]}, create_index=False))
    for dtype in ["bool", "int8", "uint16", "float32", "str", "datetime64[ns]", "timedelta64[s]"]:
        values = numbers(2, 3, seed=3, scale=1.0, offset=0.0) if dtype != "bool" else np.arange(6).reshape(2, 3) % 2
        values = values.astype("int64").astype(dtype)
        cut = [do("stack", "a", "s", dim={"z": ["y", "x"]}), do("unstack", "s", "r"), do("isel", "s", "h", indexers={"z": [0, 3, 4, 5]})]
        holes = [] if dtype == "bool" else [do("unstack", "h", "u", dim=["z"])]
        yield case(f"dtype-{dtype}", "there and back, and with holes", {"a": da(values, "xy", x=[1, 2])}, cut + holes, outputs=["s", "r"] + ["u"] * bool(holes))
    # unstack
    yield stacked("unstack", "the levels keep their order; other coords get both dims", do("unstack", "s", dim="z"))
    yield stacked("unstack-all", "without a dim all multi-indexes", do("unstack", "s"))
    yield stacked("unstack-reversed", "the rows may stand in another order", do("isel", "s", "u", indexers={"z": sl(None, None, -1)}), do("unstack", "u"))
    yield stacked("unstack-part", "unused labels go", do("isel", "s", "u", indexers={"z": [5, 3, 4]}), do("unstack", "u", dim="z"))
    yield stacked("unstack-holes", "holes promote", do("isel", "s", "u", indexers={"z": [5, 1, 0]}), do("unstack", "u", dim="z"))
    yield stacked("unstack-fill", "a fill value does not", do("isel", "s", "u", indexers={"z": [5, 1, 0]}), do("unstack", "u", dim="z", fill_value=0))
    yield stacked("unstack-fill-none-missing", "a fill value that is not needed", do("unstack", "s", dim="z", fill_value=-5))
    yield stacked("unstack-empty", "no rows, no labels", do("isel", "s", "u", indexers={"z": []}), do("unstack", "u", dim="z"))
    yield stacked("unstack-one", "one row", do("isel", "s", "u", indexers={"z": [4]}), do("unstack", "u", dim="z"))
    yield stacked("unstack-twice", "a combination that stands twice is refused", do("isel", "s", "u", indexers={"z": [4, 4]}), do("unstack", "u", dim="z"), error="a duplicate")
    yield stacked("unstack-unknown", "no such dim", do("unstack", "s", dim="q"), error="no dim q")
    yield stacked("unstack-mean", "reduced, then unstacked", do("mean", "s", "m", dim="t"), do("unstack", "m", dim="z"))
    yield case("unstack-dataset-fill", "a fill value for each variable", {"a": xr.Dataset({"f": (("x", "y"), np.arange(4).reshape(2, 2)), "g": ("x", [1.5, 2.5]), "h": ("t", [1, 2])})}, [
        flat, do("isel", "s", "u", indexers={"z": [0, 3]}), do("unstack", "u", dim="z", fill_value={"f": -1})])
    # selection
    sels = {
        "level": {"x": 10}, "level-2": {"y": "a"}, "level-list": {"x": [20]}, "levels": {"y": "b", "x": 20}, "tuple": {"z": (10, "c")},
        "tuple-partial": {"z": (10,)}, "first": {"z": 20}, "dict": {"z": {"y": "c"}}, "tuples": {"z": [(10, "a"), (20, "c"), (10, "a")]},
        "mask": {"z": np.array([True, False] * 3)}, "nested": {"z": ([10], "a")}, "nested-all": {"z": (sl(), "b")},
        "nested-order": {"z": ([10, 20], ["b", "c"])}, "with-dim": {"x": 10, "t": 2}, "all": {"z": sl()}, "float": {"x": 10.0},
    }  # fmt: skip
    for name, indexers in sels.items():
        yield stacked(f"sel-{name}", "selection by level or tuple", do("sel", "s", indexers=indexers), compare={"attrs": True, "ignore_coords": []})
    yield stacked("sel-drop", "levels that were selected go", do("sel", "s", indexers={"x": 10}, drop=True))
    yield stacked("sel-loc", "by loc", do("sel", "s", "u", indexers={"y": "a"}), do("sel", "u", indexers={"x": 20}))
    wrong = {
        "label": {"x": 15}, "tuple": {"z": (15, "a")}, "pair": {"x": 20, "y": "q"}, "slice": {"x": sl(10, 20)}, "long": {"z": (10, "a", 1)},
        "both": {"z": (10, "a"), "x": 10}, "list": {"z": [10]}, "dict": {"z": {"q": 1}}, "many": {"x": [10, 20]}, "nested": {"z": ([10, 15], "a")},
        "tuples": {"z": [(10, "a"), (15, "a")]},
    }  # fmt: skip
    for name, indexers in wrong.items():
        yield stacked(f"sel-no-{name}", "a selection that has no answer", do("sel", "s", indexers=indexers), error="no such label")
    yield stacked("sel-nearest", "a multi-index has no neighbours", do("sel", "s", indexers={"x": 11}, method="nearest"), error="no method")
    yield case("stacked-isel-points", "points along a new dim leave no index", a | {"i": da([1, 4], ["m"])}, [flat, do("isel", "s", indexers={"z": "$i"})], compare={"indexes": True})
    yield stacked("isel-mask", "masks keep the index", do("isel", "s", indexers={"z": np.array([False, True] * 3)}), compare={"indexes": True})
    yield stacked("isel-drop", "a dropped scalar", do("isel", "s", indexers={"z": -1}, drop=True))
    yield stacked("drop-sel", "all but some tuples", do("drop_sel", "s", labels={"z": [(10, "a"), (20, "b")]}))
    yield stacked("drop-isel", "all but some positions", do("drop_isel", "s", indexers={"z": [1, 2]}))
    for name, indexers in {
        "between": {"x": sl((1, "c"), (3, "a"))}, "between-short": {"x": sl(1, 2)}, "between-open": {"x": sl((2, "b"), None)},
        "between-absent": {"x": sl((1, "cc"), (2, "z"))}, "between-step": {"x": sl((1, "b"), (3, "c"), 2)}, "between-empty": {"x": sl((3, "a"), (1, "b"))},
        "level": {"k": "c"}, "nested": {"x": ([3, 1], "c")}, "nested-slice": {"x": (sl(1, 2), ["a", "b"])},
    }.items():  # fmt: skip
        yield levels(f"sel-{name}", "selection on a sorted multi-index", do("sel", "s", indexers=indexers))
    yield levels("sel-between-unsorted", "tuples in no order have nothing between them", do("isel", "s", "u", indexers={"x": [3, 0, 4]}), do("sel", "u", indexers={"x": sl((1, "b"), (2, "b"))}), error="unsorted")
    yield levels("sel-three", "two levels are left", do("set_index", "a", "u", indexes={"x": ["p", "k", "s"]}), do("sel", "u", indexers={"k": "a"}))
    # set and reset
    yield levels("set", "coords become levels; that of the dim goes", do("isel", "s", indexers={"x": sl(1, 5)}), compare={"indexes": True})
    yield levels("set-again", "levels make way for others", do("set_index", "s", indexes={"x": ["s", "k"]}), compare={"indexes": True})
    yield levels("set-single", "levels make way for a single coord", do("set_index", "s", indexes={"x": "s"}), compare={"indexes": True})
    yield levels("append", "a level more", do("set_index", "s", indexes={"x": "s"}, append=True), compare={"indexes": True})
    yield case("append-single", "a single index becomes a level", b, do("set_index", "a", indexes={"x": ["k"]}, append=True), compare={"indexes": True})
    yield case("set-level-name", "a level cannot be named like the dim", b, do("set_index", "a", indexes={"x": ["x", "p"]}), error="x is the dim")
    yield case("set-unknown", "no such coord", b, do("set_index", "a", indexes={"x": ["p", "nope"]}), error="nope")
    yield case("set-variable", "a data variable becomes a level", {"a": long().to_dataset().assign(m=("x", [2, 2, 1, 1, 3, 3]))}, do("set_index", "a", indexes={"x": ["m", "p"]}), compare={"indexes": True})
    yield levels("unstack", "long to wide", do("unstack", "s", dim="x"))
    yield levels("reset", "all levels become plain", do("reset_index", "s", dims_or_levels="x"), compare={"indexes": True})
    yield levels("reset-one", "the last level takes the name of the dim", do("reset_index", "s", dims_or_levels="p"), compare={"indexes": True})
    yield levels("reset-drop", "the levels go", do("reset_index", "s", dims_or_levels=["x"], drop=True))
    yield levels("reset-one-drop", "a level goes", do("reset_index", "s", dims_or_levels="k", drop=True), compare={"indexes": True})
    yield levels("reset-both", "each level by name", do("reset_index", "s", dims_or_levels=["p", "k"]), compare={"indexes": True})
    yield levels("reset-of-three", "two levels stay", do("set_index", "s", "u", indexes={"x": "s"}, append=True), do("reset_index", "u", dims_or_levels="k"), compare={"indexes": True})
    yield levels("reset-plain", "a plain coord has no index", do("reset_index", "s", dims_or_levels="s"), error="s is plain")
    yield levels("reorder", "levels in another order", do("reorder_levels", "s", "u", dim_order={"x": ["k", "p"]}), do("unstack", "u"))
    yield levels("reorder-incomplete", "all levels must be named", do("reorder_levels", "s", dim_order={"x": ["k"]}), error="p is not named")
    yield case("reorder-single", "an index without levels", b, do("reorder_levels", "a", dim_order={"x": ["p"]}), error="no levels")
    yield case("xindex", "an index besides that of the dim", b, [do("set_xindex", "a", "s", coord_names="p"), do("sel", "s", indexers={"p": 2})], compare={"indexes": True})
    yield case("xindex-levels", "several coords", b, do("set_xindex", "a", coord_names=["k", "p"]), compare={"indexes": True})
    yield case("xindex-variable", "a data variable has no index", {"a": long().to_dataset()}, do("set_xindex", "a", coord_names="v"), error="v is a variable")
    yield case("drop-indexes", "the coord stays", b, do("drop_indexes", "a", coord_names="x"), compare={"indexes": True})
    yield case("drop-indexes-none", "a coord without index", b, do("drop_indexes", "a", coord_names="p"), error="p has none")
    yield case("drop-indexes-ignore", "unless that does not matter", b, do("drop_indexes", "a", coord_names=["p", "nope"], errors="ignore"), compare={"indexes": True})
    yield levels("drop-indexes", "the levels of an index together", do("drop_indexes", "s", coord_names=["x", "p", "k"]), compare={"indexes": True, "ignore_coords": ["x"]})
    yield levels("drop-indexes-part", "never one of them alone", do("drop_indexes", "s", coord_names="p"), error="k is left")
    # names and dims
    yield levels("rename-dim", "the dim of a multi-index", do("rename", "s", new_name_or_name_dict={"x": "row"}), compare={"indexes": True})
    yield levels("rename-level", "a level", do("rename", "s", "u", new_name_or_name_dict={"p": "P"}), do("sel", "u", indexers={"P": 1}))
    yield levels("rename-clash", "a level cannot be named like its dim", do("rename", "s", new_name_or_name_dict={"p": "x"}), error="x is the dim")
    yield levels("swap", "another coord becomes the dim: no index is left of the levels", do("swap_dims", "s", dims_dict={"x": "s"}), compare={"indexes": True, "ignore_coords": ["x"]})
    yield levels("swap-level", "a level becomes the dim", do("swap_dims", "s", dims_dict={"x": "k"}), compare={"ignore_coords": ["x"]})
    yield levels("expand", "a new dim in front", do("expand_dims", "s", dim=["e"]), compare={"indexes": True})
    yield levels("squeeze", "a row alone", do("isel", "s", "u", indexers={"x": [2]}), do("squeeze", "u"), compare={"indexes": True})
    yield levels("transpose", "other order of dims", do("transpose", "s", dims=["w", "x"]), compare={"indexes": True})
    yield levels("to-dataarray", "variables as a dim", do("to_dataset", "s", "u", name="f"), do("to_dataarray", "u", dim="var"), compare={"indexes": True})
    yield levels("to-dataset", "another dim as variables", do("assign_coords", "s", "u", coords={"w": np.array(["m", "n"])}), do("to_dataset", "u", dim="w"), compare={"indexes": True})
    yield levels("reset-coords", "a level stays a coord", do("reset_coords", "s", names="p"), error="p has an index")
    yield case("levels-assign-level", "a level cannot change alone", b | {"i": da([6, 5, 4, 3, 2, 1], "x")}, [multi, do("assign_coords", "s", coords={"p": "$i"})], error="k would not fit")
    # several objects
    shorter = do("isel", "s", "u", indexers={"x": [4, 0, 1]})
    for join in ["inner", "outer", "left", "right"]:
        yield levels(f"align-{join}", "multi-indexes are joined by tuple", shorter, do("xr.align", None, ["r", "o"], objects=["$u", "$s"], join=join), outputs=["r", "o"])
        other = do("isel", "s", "t", indexers={"x": [5, 1, 3]})
        yield levels(f"align-{join}-2", "each has tuples of its own", shorter, other, do("xr.align", None, ["r", "o"], objects=["$u", "$t"], join=join), outputs=["r", "o"])
    yield levels("align-exact", "different tuples", shorter, do("xr.align", None, ["r", "o"], objects=["$u", "$s"], join="exact"), error="they differ")
    yield levels("align-override", "only the number counts", shorter, do("isel", "s", "t", indexers={"x": [5, 1, 3]}), do("xr.align", None, ["r", "o"], objects=["$u", "$t"], join="override"), outputs=["r", "o"])
    yield levels("add", "arithmetic joins the tuples", shorter, do("add", "s", other="$u"))
    yield levels("add-bare", "an object without labels fits by length", do("reset_index", "s", "u", dims_or_levels="x", drop=True), do("sub", "u", other="$s"))
    yield levels("add-single", "levels and single labels do not join", do("add", "s", other="$a"), error="two kinds of index")
    yield levels("add-order", "levels in another order do not join", do("reorder_levels", "s", "u", dim_order={"x": ["k", "p"]}), do("add", "s", other="$u"), error="other levels")
    yield levels("add-duplicates", "equal indexes with duplicates stay", do("isel", "s", "u", indexers={"x": [0, 0, 3]}), do("mul", "u", other="$u"))
    yield levels("concat", "along a multi-index", shorter, do("xr.concat", objs=["$s", "$u"], dim="x"), compare={"indexes": True})
    yield levels("concat-unstack", "the levels of both", do("isel", "s", "u", indexers={"x": [4, 5]}), do("isel", "s", "t", indexers={"x": [0, 2]}), do("xr.concat", None, "c", objs=["$u", "$t"], dim="x"), do("unstack", "c"))
    yield levels("concat-new", "along a new dim", do("xr.concat", objs=["$s", "$s"], dim="e"), compare={"indexes": True})
    yield levels("broadcast", "over the dims of each other", do("mean", "s", "m", dim="w"), do("isel", "a", "u", indexers={"x": 0}), do("drop_vars", "u", "d", names=["x", "p", "k", "s"]), do("xr.broadcast", None, ["r", "o"], objects=["$d", "$m"]), outputs=["r", "o"])
    yield levels("reindex-like", "to the tuples of another", shorter, do("reindex_like", "u", other="$s"))
    yield levels("identical", "with and without index", do("reset_index", "s", "u", dims_or_levels="x"), do("set_index", "u", "v", indexes={"x": ["p", "k"]}), do("identical", "s", "r", other="$v"))
    yield levels("groupby", "groups by a level", do("groupby", "s", group="k", then=then("sum")))
    # tables of samples and features
    ds = {"a": xr.Dataset({"f": (("x", "y"), np.arange(6).reshape(2, 3)), "g": ("x", [1.5, 2.5])}, {"y": list("cab")})}
    yield case("stacked-array", "variables and dims as levels", ds, do("to_stacked_array", "a", new_dim="z", sample_dims=["x"]), compare={"name": True})
    yield case("stacked-array-names", "other names", ds, do("to_stacked_array", "a", new_dim="z", sample_dims=["x"], variable_dim="var", name="t"), compare={"name": True})
    yield case("stacked-array-back", "and back", ds, [do("to_stacked_array", "a", "s", new_dim="z", sample_dims=["x"]), do("to_unstacked_dataset", "s", dim="z")])
    yield case("stacked-array-sample", "each variable has the sample dims", ds, do("to_stacked_array", "a", new_dim="z", sample_dims=["y"]), error="g lacks y")
    yield case("unstacked-level", "variables from another level", {"a": table().drop_vars(["q", "r", "area"])}, [flat, do("to_unstacked_dataset", "s", dim="z", level=1)])


# ------------------------------------------------------------------------- interpolation


def curve(x=(0.0, 1.0, 2.5, 4.0, 4.5, 6.0, 8.0), **attrs):
    return da([1.0, 3.0, 2.0, 2.0, 5.0, -1.0, 0.5], "x", name="v", x=("x", list(x), attrs), attrs={"units": "K"})


def surface(dtype="float64", nan=None):
    values = numbers(4, 5, seed=3, nan=nan).astype(dtype)
    return da(values, "yx", name="z", y=[10.0, 20.0, 40.0, 50.0], x=[0.0, 1.0, 3.0, 4.0, 6.0], n=("y", [1, 2, 3, 5]), two=(("y", "x"), values * 2), run=7)


METHODS = "linear nearest zero slinear quadratic cubic quintic pchip akima makima barycentric krogh".split()


@group("interp")
def interpolation():
    def at(out="r", on="a", method="linear", kwargs=None, **coords):
        more = {"kwargs": kwargs} if kwargs else {}
        return do("interp", on, out, coords=coords, method=method, **more)

    close = {"compare": {"rtol": 1e-9, "attrs": True, "name": True, "indexes": True}}
    c, s = {"a": curve(units="m")}, {"a": surface()}
    inside, outside = [0.25, 1.0, 3.0, 4.25, 7.0, 8.0], [-1.0, 0.5, 9.0]
    for method in METHODS:
        yield case(f"method-{method}", f"values by {method}", c, [at("p", method=method, x=inside), at("q", method=method, x=outside), at("r", method=method, x=2.0)], outputs=list("pqr"), **close)
        yield case(f"lanes-{method}", "lanes along the first axis and the last", {"a": da(numbers(6, 7, seed=5), "yx", y=[1.0, 2, 4, 5, 7, 8], x=[0.0, 1, 2, 4, 5, 7, 8])}, [at("p", method=method, x=[0.5, 3, 7.5]), at("q", method=method, y=[1.5, 7.75, 9])], outputs=["p", "q"], compare={"rtol": 1e-8})
    for order in [1, 2, 3, 4, 5]:
        yield case(f"polynomial-{order}", "a spline of an order", c, at(method="polynomial", kwargs={"order": order}, x=inside), **close)
    yield case("polynomial-none", "a polynomial has an order", c, at(method="polynomial", x=inside), error="no order")
    for method in METHODS[:7]:
        yield case(f"outside-{method}", "beyond the ends", c, [at("p", method=method, x=outside, kwargs={"fill_value": "extrapolate"}), at("q", method=method, x=outside, kwargs={"fill_value": -7.5})], outputs=["p", "q"], **close)
    yield case("outside-two", "a value for each end", c, at(x=outside, kwargs={"fill_value": (-1.0, 9.0)}), **close)
    yield case("outside-nearest-two", "a value for each end", c, at(x=outside, method="nearest", kwargs={"fill_value": (-1.0, 9.0)}), **close)
    for method in ["pchip", "akima", "makima"]:
        yield case(f"outside-{method}", "pieces that go on", c, at(method=method, x=outside, kwargs={"extrapolate": True}), **close)
    yield case("bounds-error", "a place outside is refused", c, at(x=outside, kwargs={"bounds_error": True}), error="outside")
    for dtype in ["int8", "uint16", "int64", "float32", "float64"]:
        yield case(f"dtype-{dtype}", "of any number", {"a": surface(dtype)}, [at("p", x=[0.5, 3.0]), at("q", x=[0.5, 3.0], method="nearest"), at("r", x=np.array([0.5, 3.0], "float32"))], outputs=list("pqr"), compare={"rtol": 1e-6})
    yield case("narrow", "between narrow labels values stay narrow", {"a": da(numbers(4, 3).astype("float32"), "xy", x=np.array([0, 1, 2, 4], "float32"))}, [at("p", x=np.array([0.5, 3], "float32")), at("q", x=[0.5, 3.0])], outputs=["p", "q"])
    for unit in ["s", "ns"]:
        yield case(f"times-{unit}", "times between times", {"a": da(np.array(["2000-01-01", "2000-01-03", "NaT", "2000-02-01"], f"M8[{unit}]"), "x", x=[0.0, 1, 2, 4])}, at(x=[0.5, 1.0, 1.5, 5.0]))
        yield case(f"timedeltas-{unit}", "spans between spans", {"a": da(np.array([0, 3600, 7200], "m8[s]").astype(f"m8[{unit}]"), "x", x=[0.0, 1, 2])}, at(x=[0.25, 1.5]))
    yield case("nan-lane", "a single lane takes nothing of what it does not touch", {"a": da([1.0, NAN, 3.0, 4.0, INF, 5.0], "x", x=np.arange(6.0))}, [at("p", x=[0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5]), at("q", x=[0, 0.5, 1.5, 2, 2.5], method="nearest")], outputs=["p", "q"])
    yield case("nan-lanes", "several lanes take the missing point before", {"a": surface(nan=[2, 8, 13])}, [at("p", x=[0.0, 0.5, 1.0, 3.0, 6.0]), at("q", y=[10.0, 20.0, 45.0, 50.0]), at("r", x=[0.0, 0.5, 1.0, 3.0, 6.0], method="slinear")], outputs=list("pqr"))
    yield case("nan-spline", "a missing point leaves nothing of a spline", {"a": da([1.0, NAN, 3.0, 4.0, 2.0, 5.0], "x", x=np.arange(6.0))}, at(x=[0.0, 4.5], method="cubic"))
    for name, order in {"falling": [6, 5, 4, 3, 2, 1, 0], "mixed": [3, 0, 6, 1, 5, 2, 4]}.items():
        for method in ["linear", "nearest", "cubic", "pchip"]:
            yield case(f"{name}-{method}", "labels that do not rise", c, [do("isel", "a", "u", indexers={"x": order}), at(on="u", method=method, x=inside)], **close)
    yield case("duplicates", "labels that stand twice", {"a": da([1.0, 2.0, 3.0], "x", x=[0.0, 1.0, 1.0])}, at(x=[0.5]), error="duplicates")
    for coord in ["int32", "float32", "uint8"]:
        yield case(f"labels-{coord}", "labels of any number", {"a": da([1.0, 2.0, 4.0], "x", x=np.array([1, 2, 5], coord))}, at(x=[1.5, 2, 4.5]))
    yield case("no-labels", "positions where there are no labels", {"a": da([1.0, 2.0, 4.0], "x")}, at(x=[0.5, 2]))
    yield case("scalar-int", "a single place", s, at(x=3), **close)
    yield case("both-scalar", "single places along both", s, at(x=2.0, y=30.0), **close)
    yield case("one-scalar", "one dim goes", s, at(x=2.0, y=[30.0, 10.0]), **close)
    for method in ["linear", "nearest", "slinear", "pchip"]:
        yield case(f"grid-{method}", "onto a grid", s, at(x=[0.5, 2.0, 6.5], y=[15.0, 50.0], method=method), **close)
        yield case(f"points-{method}", "along a track", s | {"px": da([0.5, 2.0, 6.5], "p", p=[7, 8, 9]), "py": da([15.0, 50.0, 20.0], "p", k=("p", list("abc")))}, at(x="$px", y="$py", method=method), **close)
        yield case(f"square-{method}", "onto points of two dims", s | {"px": da([[0.5, 2.0], [1.0, 0.0]], "pq"), "py": da([15.0, 50.0], "q")}, at(x="$px", y="$py", method=method), **close)
        yield case(f"own-{method}", "each position has a place of its own", s | {"px": da([0.5, 2.0, 6.0, 1.0], "y")}, at(x="$px", method=method), **close)
        yield case(f"cross-{method}", "places that change along the other dim", s | {"px": da([0.5, 2.0, 6.0], "y"), "py": da([10.0, 22.0, 43.0], "y")}, at(y="$py", x="$px", method=method), **close)
    yield case("points-outside", "points beyond the ends", s | {"px": da([-1.0, 2.0], "p"), "py": da([15.0, 90.0], "p")}, at(x="$px", y="$py", kwargs={"fill_value": -7.5}), **close)
    yield case("points-quadratic", "no product of parabolas", s | {"px": da([1.0, 2.0], "p")}, at(x="$px", y=[20.0], method="quadratic"), error="one dim only")
    yield case("new-dim", "another dim in the place", s | {"t": da([[0.5, 2.0], [1.0, 6.0]], "pq", p=[1, 2], attrs={"from": "t"})}, at(x="$t"), **close)
    yield case("scalar-array", "a single place with coords", s | {"t": da(2.0, lab=5)}, at(x="$t"), **close)
    yield case("own-labels", "an array brings its labels", {"a": curve()} | {"t": da([0.5, 1.5], "x", x=[100, 200])}, at(x="$t"), **close)
    yield case("wrong-length", "places that do not fit the array", s | {"px": da([0.5, 2.0], "y")}, at(x="$px"), error="y has length 4")
    yield case("no-places", "an empty list", c, at(x=[], method="cubic"))
    when = {"a": da(numbers(5, 2), "tx", t=dates("2000-01-01", 5))}
    yield case("dates", "between dates", when, at(t=np.array(["2000-01-01T12", "2000-01-04T06"], "M8[ns]")), **close)
    yield case("date-texts", "dates as texts", when, at(t=["2000-01-02", "2000-01-04T12:00"]), **close)
    yield case("date-month", "a text stands for the begin of its period", when, at(t="2000-01"), **close)
    yield case("date-number", "no numbers between dates", when, at(t=[1.5]), error="no datetimes")
    yield case("date-cubic", "a spline over dates", {"a": da([1.0, 3, 2, 5, 4], "t", t=dates("2000-01-01", 5, "36h"))}, at(t=np.array(["2000-01-02", "2000-01-06"], "M8[ns]"), method="cubic"), **close)
    for calendar in ["360_day", "noleap", "julian"]:
        yield case(f"calendar-{calendar}", "dates of other calendars", {"a": da([1.0, 3.0, 2.0], "t", t=model_dates("2000-01-01", 3, calendar, "MS"))}, at(t=model_dates("2000-01-11", 4, calendar, "10D")), **close)
    yield case("calendar-text", "texts are dates of the calendar", {"a": da([1.0, 3.0, 2.0], "t", t=model_dates("2000-01-01", 3, "360_day", "MS"))}, at(t=["2000-01-30", "2000-02-16"]), **close)
    yield case("timedelta-labels", "between timedeltas", {"a": da([1.0, 3.0, 2.0], "t", t=np.array([0, 6, 24], "m8[h]").astype("m8[ns]"))}, at(t=np.array([3, 12], "m8[h]").astype("m8[ns]")), **close)
    mixed = {"a": xr.Dataset({"f": ("x", [1.0, 2.0, 4.0]), "b": ("x", [True, False, True]), "s": ("x", list("abc")), "k": ("y", [1, 2])}, {"x": [0.0, 1.0, 2.0], "l": ("x", list("uvw"))}, {"title": "t"})}
    yield case("dataset", "texts and bools are those of the nearest label", mixed, at(x=[0.4, 0.5, 1.75]), **close)
    yield case("dataset-scalar", "which a single place has not", mixed, at(x=0.4), **close)
    for method in ["pad", "backfill"]:
        yield case(f"dataset-{method}", "or of the label before or behind", mixed, do("interp", "a", coords={"x": [0.4, 1.75]}, method_non_numeric=method), **close)
    yield case("dataset-falling", "labels that fall", mixed, [do("isel", "a", "u", indexers={"x": [2, 0, 1]}), at(on="u", x=[0.4, 1.75])], compare={"attrs": True})
    yield case("bools", "there is nothing between bools", {"a": da([True, False], "x")}, at(x=[0.5]), error="no numbers")
    yield case("texts", "there is nothing between texts", {"a": da(["a", "b"], "x")}, at(x=[0.5]), error="no numbers")
    yield case("text-labels", "nor between labels that are texts", {"a": da([1.0, 2.0], "x", x=["a", "b"])}, at(x=["a"]), error="no numbers")
    yield case("unknown-dim", "no such dim", c, at(q=[1.0]), error="no dim q")
    yield case("unknown-method", "no such method", c, at(x=[1.0], method="cubist"), error="no such method")
    yield case("few-points", "a cubic spline takes four points", {"a": da([1.0, 2.0, 4.0], "x")}, at(x=[0.5], method="cubic"), error="three points")
    yield case("multi-index", "nothing lies between tuples", {"a": surface()}, [do("stack", "a", "u", dim={"z": ["y", "x"]}), at(on="u", z=[1.0])], error="z is a multi-index")
    yield case("like", "at the labels of another", s | {"o": da(numbers(2, 3), "xy", x=[0.5, 4.0], y=[15.0, 20.0, 49.0], attrs={"a": 1})}, [do("interp_like", "a", "p", other="$o"), do("interp_like", "a", "q", other="$o", method="nearest")], outputs=["p", "q"], **close)
    yield case("like-part", "dims of both only", s | {"o": da(numbers(2, 3), "xw", x=[0.5, 4.0])}, do("interp_like", "a", other="$o"), **close)
    yield case("like-outside", "beyond the ends", s | {"o": da([0, 0], "x", x=[-1.0, 7.0])}, do("interp_like", "a", other="$o", kwargs={"fill_value": "extrapolate"}), **close)
    yield case("like-texts", "texts are looked up", {"a": da(numbers(3, 3), "sx", s=list("abc"), x=[0.0, 1, 2]), "o": da(numbers(2, 2), "sx", s=list("cz"), x=[0.5, 1.5])}, do("interp_like", "a", other="$o"), **close)
    yield case("nowhere-in-seconds", "places of another unit keep it, also if there are none", {"a": da([1.0, 2.0, 4.0], ["t"], t=dates("2000-01-01", 3))}, [
        at("p", method="zero", t=np.array([], "datetime64[s]")), at("q", t=dates("2000-01-01T12", 2, unit="s"))], outputs=["p", "q"])
    yield case("like-dataset", "a dataset at the labels of one", mixed | {"o": xr.Dataset(coords={"x": [0.25, 1.0]})}, do("interp_like", "a", other="$o"), **close)


# ---------------------------------------------------------------------------------- times


def moments(unit="ns"):
    """Times of day, ends of periods, leap days, years before 1970, a missing time."""
    text = ["2000-02-29T23:59:59", "1969-12-31T00:00:01", "2001-01-01", "2003-06-30T12:30", "1999-04-01T06:00:30", "2005-01-01"]
    times = np.array(text, f"M8[{unit}]")
    if unit != "s":
        times = times + np.array([1, 0, 999, 0, 7, 500], f"m8[{unit}]")
    return times


FIELDS = [
    "year", "month", "day", "hour", "minute", "second", "microsecond", "nanosecond", "day_of_week", "dayofweek",
    "weekday", "day_of_year", "dayofyear", "quarter", "days_in_month", "daysinmonth", "days_in_year", "season",
    "is_leap_year", "is_month_start", "is_month_end", "is_quarter_start", "is_quarter_end", "is_year_start",
    "is_year_end",
]
FORMS = [
    "%Y-%m-%d %H:%M:%S.%f", "%a %A %w %u, %d. %b %B %h %y", "%I:%M %p | %l %P | %k %e", "%j of %Y, week %U %W %V of %G",
    "%c | %x | %X", "%D %F %T %R %r", "%% %n%t|%z%Z|%C %g", "%-d.%-m. %_H %^a %5Y %q", "",
]


@group("time-values")
def time_values():
    for name in FIELDS:
        unit = ["s", "ms", "us", "ns"][len(name) % 4]
        yield case(f"dt-{name}", f"{name} of each", {"a": da(moments(unit).reshape(2, 3), "xt", name="a", attrs={"k": 1}, x=[3, 4])},
            do(f"dt.{name}", "a"), compare={"attrs": True, "name": True})
        yield case(f"dt-{name}-nat", f"{name} of a missing time", {"a": da(np.append(moments(unit), np.datetime64("NaT")), "t")}, do(f"dt.{name}", "a"))
    yield case("decimal-year", "the part of the year that has passed", {"a": da(moments("us"), "t", name="a", attrs={"k": 1})}, do("dt.decimal_year", "a"), compare={"attrs": True, "name": True})
    yield case("fields-far", "years far away in seconds", {"a": da(np.array(["0001-01-01", "-0044-03-15", "12000-02-29", "1582-10-10"], "M8[s]"), "t")},
        [do("dt.year", "a", "y"), do("dt.dayofyear", "a", "d"), do("dt.weekday", "a", "w"), do("dt.is_leap_year", "a", "l")], outputs=["y", "d", "w", "l"])
    yield case("fields-empty", "no times", {"a": da(np.array([], "M8[s]"), "t")}, [do("dt.month", "a", "m"), do("dt.season", "a", "s"), do("dt.floor", "a", "f", freq="D")], outputs=["m", "s", "f"])
    yield case("fields-scalar", "one time", {"a": da(np.datetime64("2000-03-01T06", "ms"))}, [do("dt.month", "a", "m"), do("dt.season", "a", "s"), do("dt.ceil", "a", "f", freq="D"), do("dt.isocalendar", "a", "i")], outputs=["m", "s", "f", "i"])
    yield case("field-of-numbers", "numbers have no year", {"a": da([1, 2], "t")}, do("dt.year", "a"), error="no times")
    yield case("field-of-spans", "spans have no year", {"a": da(np.array([1, 2], "m8[s]"), "t")}, do("dt.year", "a"), error="no datetimes")
    yield case("days-of-dates", "dates have no days", {"a": da(moments(), "t")}, do("dt.days", "a"), error="no timedeltas")
    yield case("getitem-season", "a component under a dotted name", {"a": series(dates("2000-11-29", 5))}, do("getitem", "a", key="time.season"))
    yield case("getitem-dataset", "the same of a dataset", {"a": xr.Dataset({"when": ("x", moments("s"))})}, do("getitem", "a", key="when.is_month_end"))
    yield case("isocalendar", "years, weeks and weekdays of ISO 8601", {"a": da(dates("2004-12-28", 12, "3D", unit="s"), "t", t=np.arange(12))}, do("dt.isocalendar", "a"))
    for i, form in enumerate(FORMS):
        yield case(f"strftime-{i}", "text of a form", {"a": da(moments("us").reshape(3, 2), "xt", name="a", attrs={"k": 1}, x=[1, 2, 3])}, do("dt.strftime", "a", date_format=form), compare={"attrs": True, "name": True})
    yield case("strftime-nat", "no text of no time", {"a": da(np.array(["2000-01-01", "NaT"], "M8[s]"), "t")}, do("dt.strftime", "a", date_format="%d.%m."))
    yield case("strftime-spans", "spans have no such text", {"a": da(np.array([1, 2], "m8[s]"), "t")}, do("dt.strftime", "a", date_format="%d"), error="no datetimes")
    for unit, freq in [("s", "D"), ("ms", "h"), ("us", "3h"), ("ns", "90min"), ("s", "7D"), ("ms", "250ms"), ("ns", "15s"), ("us", "1D6h"), ("s", "ms"), ("ns", "ns"), ("us", "1.5h"), ("ms", "36h")]:
        times = np.append(moments(unit), np.datetime64("NaT"))
        for how in ["floor", "ceil", "round"]:
            yield case(f"{how}-{freq}", f"{how} to {freq}", {"a": da(times, "t", name="a", attrs={"k": 1}, t=np.arange(7))}, do(f"dt.{how}", "a", freq=freq), compare={"attrs": True, "name": True})
    yield case("round-half", "halves go to the even multiple", {"a": da(np.arange(-5, 6).astype("M8[h]").astype("M8[s]") + np.timedelta64(1800, "s"), "t")}, do("dt.round", "a", freq="h"))
    yield case("floor-backwards", "a negative step turns around", {"a": da(moments("s"), "t")}, do("dt.floor", "a", freq="-6h"))
    for freq in ["ME", "MS", "W", "QS", "YE", "B", "H", "x", "1500ns", ""]:
        yield case(f"floor-{freq or 'nothing'}-refused", "no fixed length, or no name", {"a": da(moments("us"), "t")}, do("dt.floor", "a", freq=freq), error="nothing to round to")
    spans = np.array([0, 1, -250_000_000, 86_400_000_000_123, -3_600_000_000_001, 1_500_000_000], "m8[ns]")
    for name in ["days", "seconds", "microseconds", "nanoseconds", "total_seconds"]:
        yield case(f"td-{name}", f"{name} of each", {"a": da(spans.reshape(2, 3), "xt", name="a", attrs={"k": 1}, x=[3, 4])}, do(f"dt.{name}", "a"), compare={"attrs": True, "name": True})
        yield case(f"td-{name}-nat", f"{name} of a missing span", {"a": da(np.append(spans.astype("m8[us]"), np.timedelta64("NaT")), "t")}, do(f"dt.{name}", "a"))
    for how, freq in [("floor", "s"), ("ceil", "D"), ("round", "h"), ("round", "2min")]:
        yield case(f"td-{how}-{freq}", f"{how} of spans", {"a": da(np.append(spans, np.timedelta64("NaT")), "t")}, do(f"dt.{how}", "a", freq=freq))
    # arithmetic
    t, d = da(moments("ms"), "t"), da(np.array([1, -2, 3, 0, 86400, 7], "m8[s]"), "t")
    yield case("add-span", "the finer unit stays", {"a": t, "b": d}, [do("add", "a", other="$b"), do("sub", "a", "s", other="$b"), do("add", "b", "o", other="$a")], outputs=["r", "s", "o"])
    yield case("sub-dates", "dates subtract to spans", {"a": t, "b": da(moments("us")[::-1].copy(), "t")}, do("sub", "a", other="$b"))
    yield case("scale-spans", "spans by numbers", {"a": d}, [do("mul", "a", other=2), do("truediv", "a", "q", other=2.5), do("floordiv", "a", "f", other=2), do("neg", "a", "n"), do("abs", "a", "p")], outputs=["r", "q", "f", "n", "p"])
    yield case("divide-spans", "spans by spans", {"a": d, "b": da(np.array([2, 2, -2, 5, 7, 7000], "m8[ms]"), "t")}, [do("truediv", "a", other="$b"), do("floordiv", "a", "f", other="$b"), do("mod", "a", "m", other="$b")], outputs=["r", "f", "m"])
    yield case("sum-spans", "sums, means and running sums", {"a": d}, [do("sum", "a"), do("cumsum", "a", "c", dim="t"), do("max", "a", "x")], outputs=["r", "c", "x"])
    yield case("compare", "later or not, across units", {"a": t, "b": da(moments("s"), "t")}, [do("gt", "a", other="$b"), do("eq", "a", "e", other="$b")], outputs=["r", "e"])
    yield case("add-dates", "dates do not add", {"a": t}, do("add", "a", other="$a"), error="no sum of dates")


@group("cftime-values")
def cftime_values():
    calendars = ["standard", "noleap", "all_leap", "360_day", "julian"]
    for calendar in calendars:
        make = CALENDARS[calendar]
        times = np.array([make(2000, 2, 28, 6, 30), make(1999, 12, 30, 23, 59, 59, 250000), make(2001, 3, 1), make(1, 1, 1), make(1900, 11, 15, 12)])
        a = {"a": xr.DataArray(np.arange(5.0), {"time": times}, ["time"], name="s")}
        for name in ["year", "month", "day", "hour", "minute", "second", "microsecond", "dayofweek", "dayofyear", "days_in_month", "days_in_year", "season", "is_leap_year", "decimal_year"]:
            yield case(f"dt-{name}-{calendar}", f"{name} in {calendar}", a, [do("getitem", "a", "t", key="time"), do(f"dt.{name}", "t")])
        for how, freq in [("floor", "D"), ("ceil", "6h"), ("round", "h")]:
            yield case(f"{how}-{calendar}", f"{how} to {freq}", a, [do("getitem", "a", "t", key="time"), do(f"dt.{how}", "t", freq=freq)])
        yield case(f"strftime-{calendar}", "text of a form", a, [do("getitem", "a", "t", key="time"), do("dt.strftime", "t", date_format="%j %a %B %p %W %Y-%m-%d %H:%M:%S.%f")])
        yield case(f"calendar-{calendar}", "the name of the calendar", a, [do("getitem", "a", "t", key="time"), do("dt.calendar", "t")])
        yield case(f"difference-{calendar}", "dates subtract", a, [do("getitem", "a", "t", key="time"), do("sub", "t", other=make(1950, 1, 1))], compare={"dtype": "kind"})
    yield case("isocalendar", "other calendars have no such weeks", {"a": series(model_dates("2000-01-30", 3, "noleap"))}, [do("getitem", "a", "t", key="time"), do("dt.isocalendar", "t")], error="no weeks")
    yield case("floor-ME", "no fixed length", {"a": series(model_dates("2000-01-30", 3, "noleap"))}, [do("getitem", "a", "t", key="time"), do("dt.floor", "t", freq="ME")], error="no fixed length")
    # partial dates
    make = CALENDARS["360_day"]
    days = {"a": series(np.array([make(2000, 1, 30), make(2000, 2, 29), make(2000, 2, 30), make(2000, 12, 30)]))}
    for label in ["2000", "2000-02", "200002", "2000-02-30", "20000230", "2000-02-30T00", "2000-02-30 00:00", "2000-02-30T00:00:00", "+2000", "02000"]:
        yield case(f"sel-{label}", "a period, also of one time", days, do("sel", "a", indexers={"time": label}))
    for label in ["1999", "2001", "2000-02-31", "2000-13", "2000-02-30T24", "2000-12-30T23", "200", "-2000", "soon", ""]:
        yield case(f"sel-{label or 'nothing'}-refused", "no such date, or out of range", days, do("sel", "a", indexers={"time": label}), error="nothing there")
    bounds = [("2000-02", "2000-03"), ("2000-02-30", None), (None, "2000-02-29"), ("2000-02-29T12", "2000-02-30T00"), ("0001", "9999"), ("-0001", "12000"), (make(2000, 2, 1), "2000-02-29")]
    for i, (start, stop) in enumerate(bounds):
        yield case(f"sel-slice-{i}", "bounds stand for whole periods", days, do("sel", "a", indexers={"time": sl(start, stop)}))
    yield case("sel-slice-refused", "a bound that is no date", days, do("sel", "a", indexers={"time": sl("2000-02-31", "2000-03")}), error="no such date")
    for name, order in [("mixed", [2, 0, 3, 1]), ("falling", [3, 2, 1, 0])]:
        for label in ["2000-02", "2000"]:
            yield case(f"sel-{name}-{label}", "labels in another order", days, [do("isel", "a", "b", indexers={"time": order}), do("sel", "b", indexers={"time": label})])
    yield case("sel-falling-slice", "a slice goes the way of the labels", days, [do("isel", "a", "b", indexers={"time": [3, 2, 1, 0]}), do("sel", "b", indexers={"time": sl("2000-03", "2000-02")})])
    hours = {"a": series(np.array([make(2000, 1, 1, h, m) for h in (0, 6, 12) for m in (0, 30)]))}
    for label in ["2000-01-01", "2000-01-01T06", "2000-01-01T06:30", "2000-01-01T06:30:00", "2000-01-01 06"]:
        yield case(f"sel-hours-{label}", "hours and minutes", hours, do("sel", "a", indexers={"time": label}))
    yield case("sel-hours-slice", "hours as bounds", hours, do("sel", "a", indexers={"time": sl("2000-01-01T00:30", "2000-01-01T06")}))
    make = CALENDARS["noleap"]
    far = {"a": series(np.array([make(-1, 12, 31), make(0, 1, 1), make(1, 1, 1), make(9999, 1, 1), make(12000, 6, 1)]))}
    for label in ["-0001", "0000", "0001", "9999", "12000", "-0001-12", "0000-01-01", "12000-06", "+12000"]:
        yield case(f"sel-far-{label}", "years before 1 and after 9999", far, do("sel", "a", indexers={"time": label}))
    yield case("sel-far-slice", "such years as bounds", far, do("sel", "a", indexers={"time": sl("-0001-12-31", "0001")}))
    reform = {"a": series(np.array([CALENDARS["standard"](1582, 10, d) for d in (4, 15)]))}
    for label in ["1582", "1582-10", "1582-10-04"]:
        yield case(f"sel-reform-{label}", "about the reform", reform, do("sel", "a", indexers={"time": label}))
    yield case("sel-reform-gap", "a day that was skipped", reform, do("sel", "a", indexers={"time": "1582-10-10"}), error="no such date")
    twice = {"a": series(np.array([make(2000, 1, 1), make(2000, 1, 1), make(2000, 1, 2)]))}
    yield case("sel-twice", "all places of repeated dates", twice, do("sel", "a", indexers={"time": "2000-01-01"}))
    # other calendars
    numpy = series(dates("2000-02-25", 9)).assign_coords(k=("time", np.arange(9)))
    numpy.time.attrs = {"calendar": "gone", "axis": "T"}
    both = {"a": numpy}
    more = {"compare": {"attrs": True}}
    for to in ["noleap", "365_day", "all_leap", "julian", "standard", "gregorian", "proleptic_gregorian"]:
        yield case(f"convert-{to}", "the dates that both have", both, do("convert_calendar", "a", calendar=to), **more)
    yield case("convert-standard-cftime", "standard dates of cftime", both, do("convert_calendar", "a", calendar="standard", use_cftime=True), **more)
    for align in ["date", "year"]:
        yield case(f"convert-360-{align}", "to months of 30 days", {"a": daily("1999-01-01", 800)}, do("convert_calendar", "a", calendar="360_day", align_on=align))
        for to in ["noleap", "standard", "all_leap"]:
            long = {"a": series(model_dates("1999-01-01", 721, "360_day"))}
            yield case(f"convert-from-360-{align}-{to}", "from months of 30 days", long, do("convert_calendar", "a", calendar=to, align_on=align))
    yield case("convert-360-noleap-unsorted", "in the order of time", {"a": series(model_dates("2000-02-28", 5, "noleap")).isel(time=[3, 0, 4, 1, 2])}, do("convert_calendar", "a", calendar="360_day", align_on="year"))
    yield case("convert-unsorted", "dates stay in their order", {"a": series(model_dates("2000-02-28", 5, "all_leap")).isel(time=[3, 0, 4, 1, 2])}, do("convert_calendar", "a", calendar="noleap"))
    yield case("convert-align-ignored", "without 360 days there is one way", {"a": series(model_dates("2000-02-28", 5, "noleap")).isel(time=[3, 0, 4, 1, 2])}, do("convert_calendar", "a", calendar="julian", align_on="year"))
    yield case("convert-hours", "times of day stay", {"a": series(dates("2000-02-28T18", 9, "6h"))}, do("convert_calendar", "a", calendar="noleap"))
    yield case("convert-dim", "along a dim of another name", {"a": numpy.rename(time="t")}, do("convert_calendar", "a", calendar="noleap", dim="t"))
    ds = xr.Dataset({"s": numpy, "b": ("x", [1, 2]), "n": ("time", np.arange(9, dtype="int16"))}, attrs={"a": 1})
    yield case("convert-dataset", "all variables along the dim", {"a": ds}, do("convert_calendar", "a", calendar="noleap"), **more)
    yield case("convert-early", "dates before the reform stay in the calendar", {"a": series(model_dates("1500-02-27", 4, "noleap"))}, do("convert_calendar", "a", calendar="standard"))
    # with the dates that are missing
    leap = series(model_dates("2000-02-26", 5, "noleap")).assign_coords(k=("time", np.arange(5)))
    for to in ["standard", "all_leap", "julian"]:
        for name, fill in [("nan", NAN), ("int", -1), ("float", 2.5)]:
            yield case(f"missing-{to}-{name}", "a leap day put in", {"a": leap}, do("convert_calendar", "a", calendar=to, missing=fill))
    yield case("missing-none", "nothing is missing", both, do("convert_calendar", "a", calendar="noleap", missing=NAN), **more)
    yield case("missing-360-date", "days of longer months", {"a": series(model_dates("2000-01-29", 4, "360_day"))}, do("convert_calendar", "a", calendar="standard", align_on="date", missing=NAN))
    yield case("missing-months", "starts of months", {"a": series(model_dates("2000-01-01", 5, "360_day", "MS"))}, do("convert_calendar", "a", calendar="noleap", align_on="date", missing=NAN))
    yield case("missing-dataset", "each variable by its dtype", {"a": xr.Dataset({"s": leap, "n": ("time", np.arange(5, dtype="int8")), "b": ("time", np.arange(5) > 2), "c": ("x", [1.0])})}, do("convert_calendar", "a", calendar="standard", missing=NAN))
    yield case("missing-irregular", "no frequency", {"a": leap.isel(time=[0, 1, 3])}, do("convert_calendar", "a", calendar="standard", missing=NAN), error="no frequency")
    # interpolation by decimal years
    def when(times, dim="time", **coords):
        return xr.DataArray(times, {dim: times, **coords}, [dim], name=dim, attrs={"axis": "T"})

    year = xr.DataArray(numbers(40, 2, seed=3), {"time": dates("2000-02-20", 40), "x": [1, 2], "k": ("time", np.arange(40.0))}, ["time", "x"], name="s", attrs={"units": "K"})
    for to in ["noleap", "360_day", "all_leap", "julian", "standard"]:
        yield case(f"interp-{to}", "at the dates of another calendar", {"a": year, "t": when(model_dates("2000-02-22", 30, to))}, do("interp_calendar", "a", target="$t"), **more)
    yield case("interp-from-360", "at dates of numpy", {"a": series(model_dates("1999-12-01", 90, "360_day")), "t": when(dates("1999-11-28", 100))}, do("interp_calendar", "a", target="$t"))
    yield case("interp-hours", "times of day are parts of years", {"a": series(model_dates("2000-02-27", 30, "noleap", "6h")), "t": when(dates("2000-02-28", 10, "7h"))}, do("interp_calendar", "a", target="$t"))
    yield case("interp-dataset", "all variables along the dim", {"a": xr.Dataset({"s": year, "n": ("time", np.arange(40)), "c": ("x", [1.0, 2.0])}), "t": when(model_dates("2000-02-25", 5, "noleap"))}, do("interp_calendar", "a", target="$t"), **more)
    yield case("interp-numbers", "the target must be dates", {"a": year, "t": da([1, 2], ["time"])}, do("interp_calendar", "a", target="$t"), error="no dates")
    yield case("interp-labels", "the labels must be dates", {"a": year, "t": when(dates("2000-02-22", 3))}, do("interp_calendar", "a", target="$t", dim="x"), error="no dates")
    for name, to, kwargs in [("align", "360_day", {}), ("numpy", "noleap", {"use_cftime": False}), ("name", "lunar", {}), ("dim", "noleap", {"dim": "x"}), ("labels", "noleap", {"dim": "k"})]:
        yield case(f"convert-{name}-refused", "what cannot be converted", both, do("convert_calendar", "a", calendar=to, **kwargs), error=name)
    yield case("convert-year-0", "a year that the other lacks", {"a": series(model_dates("0000-06-01", 2, "noleap"))}, do("convert_calendar", "a", calendar="julian"), error="no year 0")


def spanned(name, doc, calendar=None, **kwargs):
    """A range of dates; those of other calendars are asked of cftime."""
    if calendar:
        kwargs.update(calendar=calendar, use_cftime=True)
    return case(name, doc, {}, do("xr.date_range", **kwargs))


RULES = [
    "h", "90min", "45s", "250ms", "D", "2D", "B", "3B", "W", "2W-TUE", "MS", "ME", "2ME", "BMS", "BME", "SMS", "SME-10", "QS",
    "QE-FEB", "BQS-NOV", "BQE", "HYS", "HYE-MAR", "YS-JUL", "YE", "BYS", "BYE-JUN", "WOM-2TUE", "LWOM-FRI", "1D12h", "1.5h",
]
REFUSED = ["M", "Q-JAN", "Y", "A", "H", "T", "S", "me", "1.5MS", "2MS3D", "W-XXX", "QS-FOO", "SME-28", "fortnight", "-h", "1h-30min", ""]


@group("date-range")
def date_ranges():
    for freq in RULES:
        yield spanned(f"start-{freq}", "from a start that is on no anchor", start="1999-12-30T05:30", periods=5, freq=freq, unit="ms")
        yield spanned(f"end-{freq}", "up to an end that is on no anchor", end="2000-03-04T05:30", periods=4, freq=freq, unit="us")
        stop = "2003-03-04"
        if freq[-1] in "hns" and freq not in ("BMS", "MS", "QS", "SMS", "HYS", "BYS"):
            # Some hundred steps at most: half a million of them would show no more.
            stop = "2000-01-01T12:00:40.1" if freq.endswith("ms") else "2000-01-01T13:20:20" if freq.endswith("s") else "2000-01-03"
        yield spanned(f"between-{freq}", "between two dates", start="2000-01-01T12", end=stop, freq=freq, unit="s" if "ms" not in freq else "ns")
        back = "-" + freq if freq[0].isdigit() else "-1" + freq
        yield spanned(f"back-{freq}", "backwards", start="2000-05-17", periods=4, freq=back)
    for side in ["both", "left", "right", "neither"]:
        yield spanned(f"inclusive-{side}", "ends on the range", start="2000-01-01", end="2000-05-01", freq="MS", inclusive=side)
        yield spanned(f"inclusive-off-{side}", "ends off the range", start="2000-01-02", end="2000-05-02", freq="MS", inclusive=side)
        yield spanned(f"inclusive-periods-{side}", "no end", start="2000-01-01", periods=4, freq="6h", inclusive=side)
        yield spanned(f"inclusive-linear-{side}", "evenly", start="2000-01-01", end="2000-01-02", periods=4, inclusive=side)
    for n in [1, 2, 7]:
        yield spanned(f"linear-{n}", "evenly between two dates", start="2000-01-01", end="2000-01-03T01", periods=n, unit="s")
        yield spanned(f"periods-{n}", "so many months", start="2000-01-31", periods=n, freq="ME")
    yield spanned("normalize", "midnights of the ends", start="2000-01-01T13:30", end="2000-01-04T09", freq="D", normalize=True)
    yield spanned("default-freq", "days where nothing is said", start="2000-02-28", periods=3)
    yield spanned("partial", "dates written to the month", start="2000-02", end="2000-04", freq="10D")
    yield spanned("one", "equal ends", start="2000-01-01", end="2000-01-01", freq="D")
    yield spanned("far", "years beyond nanoseconds in seconds", start="0001-01-01", end="0004-01-01", freq="YS", unit="s")
    yield spanned("proleptic", "the calendar of numpy by name", start="2000-02-28", periods=3, freq="D", calendar="proleptic_gregorian")
    yield spanned("left-to-cftime", "years beyond nanoseconds without a unit", start="1500-02-27", periods=4, freq="D")
    for freq in REFUSED:
        yield case(f"refused-{freq or 'empty'}", "no frequency", {}, do("xr.date_range", start="2000-01-01", periods=2, freq=freq), error="no frequency")
    refused = {
        "all-four": dict(start="2000-01-01", end="2000-01-05", periods=5, freq="D"), "start-only": dict(start="2000-01-01", freq="D"),
        "nothing": dict(), "periods-only": dict(periods=3), "unit": dict(start="2000-01-01", periods=2, freq="ms", unit="s"),
        "fraction": dict(start="2000-01-01T00:00:00.5", periods=2, unit="s"), "no-date": dict(start="2001-02-29", periods=2),
        "inclusive": dict(start="2000-01-01", periods=2, inclusive="middle"), "numpy-noleap": dict(start="2000-01-01", periods=2, calendar="noleap", use_cftime=False),
        "far-numpy": dict(start="1500-01-01", periods=2, use_cftime=False), "calendar": dict(start="2000-01-01", periods=2, calendar="mayan"),
        "zero": dict(start="2000-01-01", periods=2, freq="0h"), "negative-periods": dict(start="2000-01-01", periods=-1, freq="h"),
    }
    for name, kwargs in refused.items():
        yield case(f"refused-{name}", "makes no range", {}, do("xr.date_range", **kwargs), error="makes no range")
    for freq in ["D", "3D", "h", "15min", "10s", "500ms", "MS", "ME", "2MS", "QS-FEB", "QE", "YS", "YE-MAR", "2YS", "B", "W", "2W-WED", "BME", "BMS", "BQE", "WOM-3MON", "-1D", "-1ME"]:
        times = xr.date_range("2000-01-03", periods=8, freq=freq, unit="ms")
        yield case(f"infer-{freq}", "regular times", {"a": da(times.values, "t")}, do("xr.infer_freq", index="$a"))
    irregular = {
        "gap": ["2000-01-01", "2000-01-02", "2000-01-04", "2000-01-09"], "repeat": ["2000-01-01", "2000-01-01", "2000-01-02"],
        "unordered": ["2000-01-01", "2000-01-03", "2000-01-02"], "nat": ["2000-01-01", "NaT", "2000-01-03"],
        "business-hours": ["2000-01-03T15", "2000-01-03T16", "2000-01-04T09"],
    }
    for name, times in irregular.items():
        yield case(f"infer-{name}", "times at no steps", {"a": da(np.array(times, "M8[s]"), "t")}, do("xr.infer_freq", index="$a"))
    for step in ["D", "6h", "W"]:
        spans = np.arange(4) * pd.Timedelta(7, "D").as_unit("s").to_timedelta64() // (1 if step == "W" else 7 if step == "D" else 28)
        yield case(f"infer-span-{step}", "regular spans", {"a": da(spans, "t")}, do("xr.infer_freq", index="$a"))
    yield case("infer-two", "two times are too few", {"a": da(dates("2000-01-01", 2), "t")}, do("xr.infer_freq", index="$a"), error="too few")
    yield case("infer-numbers", "numbers have none", {"a": da([1, 2, 3], "t")}, do("xr.infer_freq", index="$a"), error="no times")
    yield case("infer-plane", "two dims", {"a": da(dates("2000-01-01", 4).reshape(2, 2), "xt")}, do("xr.infer_freq", index="$a"), error="two dims")
    yield case("like-no-frequency", "irregular dates", {"a": da(dates("2000-01-01", 5)[[0, 1, 3, 4]], "t")}, do("xr.date_range_like", source="$a", calendar="noleap"), error="no frequency")
    for freq, n in [("D", 400), ("ME", 15), ("MS", 15), ("QE-NOV", 6), ("YE", 4), ("6h", 20), ("-1ME", 5), ("2D", 30)]:
        for calendar in ["noleap", "360_day", "all_leap", "proleptic_gregorian"]:
            yield case(f"like-{freq}-{calendar}", "the same dates of another calendar", {"a": da(xr.date_range("1999-12-31", periods=n, freq=freq).values, "t")},
                do("xr.date_range_like", source="$a", calendar=calendar))


@group("cftime-range")
def cftime_ranges():
    rules = ["h", "90min", "45s", "250ms", "D", "2D", "MS", "ME", "2ME", "QS", "QE-FEB", "3QS-NOV", "YS-JUL", "YE", "2YE-FEB"]
    for calendar in CALENDARS:
        for freq in rules:
            yield spanned(f"start-{freq}-{calendar}", "from a start that is on no anchor", calendar, start="1999-12-30T05:30", periods=5, freq=freq)
            yield spanned(f"end-{freq}-{calendar}", "up to an end that is on no anchor", calendar, end="2000-03-04T05:30", periods=4, freq=freq)
            back = "-" + freq if freq[0].isdigit() else "-1" + freq
            yield spanned(f"back-{freq}-{calendar}", "backwards", calendar, start="2000-05-17", periods=4, freq=back)
        stop = "2003-03-04"
        for freq in ["7D", "MS", "ME", "QS-FEB", "YE"]:
            yield spanned(f"between-{freq}-{calendar}", "between two dates", calendar, start="2002-01-01T12", end=stop, freq=freq)
        for side in ["both", "left", "right", "neither"]:
            yield spanned(f"inclusive-{side}-{calendar}", "ends on the range", calendar, start="2000-01-01", end="2000-05-01", freq="MS", inclusive=side)
            yield spanned(f"inclusive-periods-{side}-{calendar}", "no end", calendar, start="2000-01-01", periods=4, freq="6h", inclusive=side)
        yield spanned(f"linear-{calendar}", "evenly between two dates", calendar, start="2000-02-27", end="2000-03-02T01", periods=6)
        yield spanned(f"normalize-{calendar}", "midnights of the ends", calendar, start="2000-02-27T13:30", end="2000-03-02T09", freq="D", normalize=True)
        yield spanned(f"old-{calendar}", "around the reform of 1582", calendar, start="1582-10-03", periods=4, freq="D")
        yield spanned(f"first-{calendar}", "the first years", calendar, start="0001-03-01", periods=3, freq="-4MS" if calendar not in ("standard", "julian") else "4MS")
        yield case(f"no-date-{calendar}", "a date that there is not", {}, do("xr.date_range", start="2001-02-31", periods=2, freq="D", calendar=calendar, use_cftime=True), error="no such date")
        for freq, n in [("D", 6), ("3D", 5), ("h", 4), ("20min", 4), ("MS", 5), ("ME", 5), ("QS-FEB", 4), ("QE", 4), ("YS", 3), ("2YE-MAR", 4), ("7D", 4), ("-1MS", 4)]:
            if calendar == "proleptic_gregorian" and freq in ("QS-FEB", "7D"):
                continue  # numpy's calendar here, which pandas tells other frequencies of
            times = xr.date_range("2000-01-01", periods=n, freq=freq, calendar=calendar, use_cftime=True)
            yield case(f"infer-{freq}-{calendar}", "regular dates", {"a": da(times.values, "t")}, do("xr.infer_freq", index="$a"))
        for freq, n in [("D", 70), ("ME", 5), ("MS", 5), ("YE", 4)]:
            times = xr.date_range("1999-12-28", periods=n, freq=freq, calendar=calendar, use_cftime=True)
            # The dates themselves come back where nothing changes.
            for to in sorted({"standard", "360_day", "noleap"} - {calendar}):
                if (calendar, to) == ("proleptic_gregorian", "standard"):
                    continue  # numpy's, which are these already
                yield case(f"like-{freq}-{calendar}-{to}", "the same dates of another calendar", {"a": da(times.values, "t")}, do("xr.date_range_like", source="$a", calendar=to))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", help=f"of {', '.join(GROUPS)}")
    wrong = 0
    for name in parser.parse_args().groups or GROUPS:
        cases = [{"id": f"{name}/{c.pop('name')}", **c} for c in GROUPS[name]()]
        wrong += oracle.store(HERE / f"{name}.json", {"group": name, "cases": cases})
        print(f"{name}: {len(cases)} cases")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
