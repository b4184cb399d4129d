"""The JSON form of labelled arrays: what test cases, fixtures and oracles exchange.

A *variable* is {"dims", "shape", "dtype", "data"} with flat row-major data, plus
"attrs" and "encoding" where there are any; arrays and datasets are made of variables.
Numbers that JSON lacks are strings ("NaN", "Infinity", "NaT"); times are integer counts of
the unit in the dtype; dates of CF calendars are ISO text.

The module turns numpy and xarray objects into this form and back, and compares two of them.
"""

import json
import math
import re
from collections import namedtuple

import cftime
import numpy as np
import pandas as pd
import xarray as xr

CALENDARS = {
    "standard": cftime.DatetimeGregorian,
    "proleptic_gregorian": cftime.DatetimeProlepticGregorian,
    "julian": cftime.DatetimeJulian,
    "noleap": cftime.DatetimeNoLeap,
    "all_leap": cftime.DatetimeAllLeap,
    "360_day": cftime.Datetime360Day,
}
UNIT_IN_NS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
DEFAULT_RTOL = {"float64": 1e-12, "float32": 1e-5, "complex128": 1e-12, "complex64": 1e-5}

# Variables and global attributes as a netCDF backend would write them.
Raw = namedtuple("Raw", ["variables", "attrs"])


class FormatError(Exception):
    """The JSON, or an object to be written as JSON, is outside the format."""


# ---------------------------------------------------------------- elements and arrays


def float_to_json(x):
    x = float(x)
    if math.isfinite(x):
        return x
    return "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"


def date_to_json(date):
    text = f"{date.year:04d}-{date.month:02d}-{date.day:02d}T"
    text += f"{date.hour:02d}:{date.minute:02d}:{date.second:02d}"
    return text + (f".{date.microsecond:06d}" if date.microsecond else "")


def date_from_json(text, calendar):
    found = re.fullmatch(r"(-?\d+)-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{6}))?", text)
    if found is None:
        raise FormatError(f"not a date: {text!r}")
    return CALENDARS[calendar](*[int(part or 0) for part in found.groups()])


def is_missing(x):
    return x is None or x is pd.NA or x is pd.NaT or (isinstance(x, float) and x != x)


def array_to_json(array):
    """A numpy array as {"shape", "dtype", "data"}."""
    array = np.asarray(array)
    dtype, data = elements_to_json(array.ravel())
    return {"shape": list(array.shape), "dtype": dtype, "data": data}


def elements_to_json(flat):
    """The dtype name and the list of JSON elements of a 1-d array."""
    kind = flat.dtype.kind
    name = flat.dtype.newbyteorder("=").name if kind in "biufcmM" else None
    match kind:
        case "b" | "i" | "u":
            return name, flat.tolist()
        case "f":
            return name, [float_to_json(x) for x in flat]
        case "c":
            return name, [[float_to_json(x.real), float_to_json(x.imag)] for x in flat]
        case "M" | "m":
            counts = flat.astype("int64").tolist()
            missing = np.isnat(flat)
            return name, ["NaT" if nat else n for nat, n in zip(missing, counts, strict=True)]
        case "S":
            return f"S{flat.dtype.itemsize}", [x.decode("latin-1") for x in flat.tolist()]
        case "U" | "T":
            return "str", [str(x) for x in flat]
        case "O":
            return objects_to_json(flat)
    raise FormatError(f"no JSON form for dtype {flat.dtype}")


def objects_to_json(flat):
    """Strings or calendar dates in an object array; missing ones become null."""
    present = [x for x in flat if not is_missing(x)]
    if all(isinstance(x, str) for x in present):
        return "str", [None if is_missing(x) else str(x) for x in flat]
    if all(isinstance(x, bytes) for x in present):
        width = max((len(x) for x in present), default=1)
        return f"S{width}", [x.decode("latin-1") for x in present]
    calendars = {getattr(x, "calendar", None) for x in present}
    if len(calendars) == 1 and None not in calendars:
        dates = [None if is_missing(x) else date_to_json(x) for x in flat]
        return f"cftime[{calendars.pop()}]", dates
    if all(isinstance(x, pd.Interval) for x in present):
        pairs = [None if is_missing(x) else [bound_to_json(x.left), bound_to_json(x.right)] for x in flat]
        return f"interval[{present[0].closed}]", pairs
    kinds = sorted({type(x).__name__ for x in present})
    raise FormatError(f"no JSON form for an object array of {', '.join(kinds)}")


def bound_to_json(bound):
    """A bound of an interval: a number, or a time in nanoseconds."""
    if isinstance(bound, pd.Timestamp | pd.Timedelta):
        return {"ns": int(bound.as_unit("ns").value)}
    return float_to_json(float(bound))


def generate(spec, count):
    """Values of a "gen" entry; the same arithmetic as in any other reader of the format."""
    gap = spec.get("nan")
    (kind,) = [key for key in spec if key != "nan"]
    if kind == "arange":
        start, step = spec[kind]
        values = [start + i * step for i in range(count)]
    elif kind == "linspace":
        start, stop = float(spec[kind][0]), float(spec[kind][1])
        step = (stop - start) / (count - 1) if count > 1 else 0.0
        values = [start + i * step for i in range(count)]
    elif kind == "const":
        values = [spec[kind]] * count
    elif kind == "lcg":
        rule, state, values = spec[kind], spec[kind]["seed"], []
        while len(values) < count:
            state = (1103515245 * state + 12345) % 2**31
            values.append((state >> 8) % rule["mod"] * rule["scale"] + rule["offset"])
    else:
        raise FormatError(f"unknown generator {kind!r}")
    if gap is not None:
        values = [math.nan if i % gap[0] == gap[1] else v for i, v in enumerate(values)]
    return np.array(values)


def array_from_json(spec):
    """The numpy array of {"shape", "dtype", "data" or "gen"}."""
    shape, dtype = tuple(spec["shape"]), spec["dtype"]
    count = math.prod(shape)
    if "gen" in spec:
        return generate(spec["gen"], count).astype(dtype).reshape(shape)
    data = spec["data"]
    if len(data) != count:
        raise FormatError(f"{len(data)} elements do not fill shape {shape}")
    flat = np.empty(count, dtype=object)
    if dtype == "str":
        flat[:] = [math.nan if x is None else x for x in data]
        fixed = count > 0 and None not in data
        return (flat.astype("U") if fixed else flat).reshape(shape)
    if calendar := re.fullmatch(r"cftime\[(\w+)\]", dtype):
        flat[:] = [None if x is None else date_from_json(x, calendar[1]) for x in data]
        return flat.reshape(shape)
    if re.fullmatch(r"S\d+", dtype):
        return np.array([x.encode("latin-1") for x in data], dtype).reshape(shape)
    if re.match(r"(datetime|timedelta)64", dtype):
        nat = np.iinfo("int64").min
        counts = np.array([nat if x == "NaT" else x for x in data], "int64")
        return counts.astype(dtype).reshape(shape)
    if dtype.startswith("complex"):
        return np.array([complex(float(re_), float(im)) for re_, im in data], dtype).reshape(shape)
    if dtype.startswith("float"):
        data = [float(x) for x in data]
    return np.array(data, dtype=dtype).reshape(shape)


# ------------------------------------------------------------ arguments and attributes


def value_to_json(value):
    """An argument or attribute; numbers of numpy keep their dtype."""
    match value:
        case np.bool_() | np.int64() | np.float64():
            return value_to_json(value.item())
        case None | bool() | int():
            return value
        case str():
            return str(value)
        case float():
            return value if math.isfinite(value) else {"float": float_to_json(value)}
        case np.datetime64():
            text = re.sub(r"\.?0*$", "", np.datetime_as_string(value, "ns")[19:])
            text = np.datetime_as_string(value, "s") + text
            return {"datetime": text, "unit": np.datetime_data(value)[0]}
        case np.timedelta64():
            return {"timedelta": int(value.astype("int64")), "unit": np.datetime_data(value)[0]}
        case cftime.datetime():
            return {"cftime": date_to_json(value), "calendar": value.calendar}
        case np.generic():
            one = array_to_json(value)
            return {"np": one["data"][0], "dtype": one["dtype"]}
        case np.ndarray():
            return {"array": array_to_json(value)}
        case slice():
            return {"slice": [value_to_json(x) for x in (value.start, value.stop, value.step)]}
        case tuple():
            return {"tuple": [value_to_json(x) for x in value]}
        case list():
            return [value_to_json(x) for x in value]
        case dict():
            return {str(k): value_to_json(x) for k, x in value.items()}
        case type() | np.dtype():
            return np.dtype(value).name
    raise FormatError(f"no JSON form for a {type(value).__name__}")


def value_from_json(value, names=None):
    """The Python value of a JSON argument; "$x" is looked up in `names`."""
    if isinstance(value, str) and value.startswith("$"):
        if value[1:] not in (names or {}):
            raise FormatError(f"{value} is not an input or an earlier result")
        return names[value[1:]]
    if isinstance(value, list):
        return [value_from_json(x, names) for x in value]
    match value:
        case {"slice": [start, stop, step]}:
            return slice(*(value_from_json(x, names) for x in (start, stop, step)))
        case {"datetime": text, "unit": unit}:
            return np.datetime64(text, unit)
        case {"timedelta": count, "unit": unit}:
            return np.timedelta64(count, unit)
        case {"cftime": text, "calendar": calendar}:
            return date_from_json(text, calendar)
        case {"float": text}:
            return float(text)
        case {"np": number, "dtype": dtype}:
            one = array_from_json({"shape": [1], "dtype": dtype, "data": [number]})
            return one[0]
        case {"array": array}:
            return array_from_json(array)
        case {"tuple": items}:
            return tuple(value_from_json(x, names) for x in items)
        case {"object": "CFDatetimeCoder", **rest}:
            return xr.coders.CFDatetimeCoder(**value_from_json(rest.get("kwargs", {}), names))
        case {"object": str(name), **rest} if name.endswith(("Grouper", "Resampler")):
            return getattr(xr.groupers, name)(**value_from_json(rest.get("kwargs", {}), names))
        case {"object": other}:
            raise FormatError(f"object {other!r} is not supported")
        case dict():
            return {k: value_from_json(x, names) for k, x in value.items()}
    return value


# --------------------------------------------------------------------- xarray objects


def levels_of(variable):
    """The level names where a variable holds the tuples of a multi-index; None where it does not."""
    if variable.dtype != object or variable.size == 0 and variable.ndim == 0:
        return None
    if isinstance(variable, xr.IndexVariable) and isinstance(variable.to_index(), pd.MultiIndex):
        return [str(name) for name in variable.to_index().names]
    if variable.size and isinstance(variable.values.flat[0], tuple):
        return []
    return None


def variable_to_json(variable):
    levels = levels_of(variable)
    if levels is not None:
        dims, shape = [str(d) for d in variable.dims], list(variable.shape)
        return {"dims": dims, "shape": shape, "dtype": "multiindex", "levels": levels}
    out = {"dims": [str(d) for d in variable.dims], **array_to_json(variable.values)}
    if variable.attrs:
        out["attrs"] = value_to_json(variable.attrs)
    encoding = {}
    for key, value in variable.encoding.items():
        try:
            encoding[key] = value_to_json(value)
        except FormatError:
            continue  # codecs and the like: no part of what is compared
    if encoding:
        out["encoding"] = encoding
    return out


def variable_from_json(spec):
    attrs = value_from_json(spec.get("attrs", {}))
    encoding = value_from_json(spec.get("encoding", {}))
    return xr.Variable(spec["dims"], array_from_json(spec), attrs, encoding)


def object_to_json(obj):
    """An xarray object, or what a step gave, as typed JSON."""
    match obj:
        case xr.DataArray():
            head = {"type": "DataArray", "name": obj.name, **variable_to_json(obj.variable)}
        case xr.Dataset():
            data_vars = {str(k): variable_to_json(v.variable) for k, v in obj.data_vars.items()}
            head = {"type": "Dataset", "data_vars": data_vars}
            if obj.attrs:
                head["attrs"] = value_to_json(obj.attrs)
        case xr.Variable():
            return {"type": "Variable", **variable_to_json(obj)}
        case Raw():
            variables = {str(k): variable_to_json(v) for k, v in obj.variables.items()}
            return {"type": "Raw", "variables": variables, "attrs": value_to_json(dict(obj.attrs))}
        case np.ndarray() | pd.Index():
            return {"type": "array", **array_to_json(np.asarray(obj))}
        case tuple() | list():
            return {"type": "list", "items": [object_to_json(x) for x in obj]}
        case dict():
            return {"type": "mapping", "items": {str(k): object_to_json(x) for k, x in obj.items()}}
        case None:
            return {"type": "scalar", "dtype": "none", "data": None}
        case _:
            one = array_to_json(obj)
            return {"type": "scalar", "dtype": one["dtype"], "data": one["data"][0]}
    head["coords"] = {str(k): variable_to_json(obj.coords[k].variable) for k in sorted(obj.coords)}
    head["indexes"] = sorted(str(k) for k in obj.xindexes)
    return head


def object_from_json(spec):
    """The Variable, DataArray or Dataset of an input."""
    kind = spec["type"]
    if kind == "Variable":
        return variable_from_json(spec)
    coords = {k: variable_from_json(v) for k, v in spec.get("coords", {}).items()}
    if kind == "DataArray":
        return xr.DataArray(variable_from_json(spec), coords, name=spec.get("name"))
    if kind == "Dataset":
        data_vars = {k: variable_from_json(v) for k, v in spec["data_vars"].items()}
        return xr.Dataset(data_vars, coords, value_from_json(spec.get("attrs", {})))
    raise FormatError(f"unknown type of input {kind!r}")


# ------------------------------------------------------------------------- comparison


def differences(expected, actual, rules=None, where=""):
    """Lines that say how `actual` differs from `expected`; none if they agree.

    `rules` may hold rtol, atol, dtype ("kind"), attrs, name, indexes (true), encoding (keys)
    and ignore_coords (names).
    """
    rules = rules or {}
    if expected["type"] != actual["type"]:
        return [f"{where}: type {actual['type']}, not {expected['type']}"]
    if "items" in expected:
        pairs = [x["items"] for x in (expected, actual)]
        pairs = [dict(enumerate(p)) if isinstance(p, list) else p for p in pairs]
        if pairs[0].keys() != pairs[1].keys():
            return [f"{where}: items {list(pairs[1])}, not {list(pairs[0])}"]
        found = [differences(pairs[0][k], pairs[1][k], rules, f"{where}[{k}]") for k in pairs[0]]
        return sum(found, [])
    found = []
    for key in ("name", "indexes"):
        if rules.get(key) and expected.get(key) != actual.get(key):
            found.append(f"{where}: {key} {actual.get(key)!r}, not {expected.get(key)!r}")
    for group in ("data_vars", "variables", "coords"):
        skip = rules.get("ignore_coords", []) if group == "coords" else []
        sides = [
            {k: v for k, v in x.get(group, {}).items() if k not in skip} for x in (expected, actual)
        ]
        if sides[0].keys() != sides[1].keys():
            found.append(f"{where}.{group}: {sorted(sides[1])}, not {sorted(sides[0])}")
            continue
        for name in sides[0]:
            found += variable_differences(sides[0][name], sides[1][name], rules, f"{where}.{name}")
    if "dtype" in expected:
        found += variable_differences(expected, actual, rules, where)
    else:
        found += attr_differences(expected, actual, rules, where)
    return found


def attr_differences(expected, actual, rules, where):
    found = []
    if rules.get("attrs") and expected.get("attrs", {}) != actual.get("attrs", {}):
        found.append(f"{where}: attrs {actual.get('attrs', {})}, not {expected.get('attrs', {})}")
    for key in rules.get("encoding", []):
        pair = [x.get("encoding", {}).get(key) for x in (expected, actual)]
        if pair[0] != pair[1]:
            found.append(f"{where}: encoding {key} {pair[1]!r}, not {pair[0]!r}")
    return found


def variable_differences(expected, actual, rules, where):
    found = attr_differences(expected, actual, rules, where)
    for key in ("dims", "shape"):
        if expected.get(key) != actual.get(key):
            return [*found, f"{where}: {key} {actual.get(key)}, not {expected.get(key)}"]
    dtypes = [expected["dtype"], actual["dtype"]]
    if rules.get("dtype") == "kind":
        dtypes = [re.sub(r"\d*(\[\w+\])?$", "", name) for name in dtypes]
    if dtypes[0] != dtypes[1]:
        return [*found, f"{where}: dtype {actual['dtype']}, not {expected['dtype']}"]
    if expected["dtype"] == "multiindex":
        # Its labels are those of the coordinates of its levels.
        if expected["levels"] != actual["levels"]:
            found.append(f"{where}: levels {actual['levels']}, not {expected['levels']}")
        return found
    sides = [comparable(expected), comparable(actual)]
    for i, (e, a) in enumerate(zip(*sides, strict=True)):
        if not same_element(e, a, expected["dtype"], rules):
            return [*found, f"{where}: element {i} is {a!r}, not {e!r}"]
    return found


def comparable(variable):
    """The elements, times in nanoseconds, so that units need not agree."""
    data = variable["data"] if isinstance(variable["data"], list) else [variable["data"]]
    unit = re.fullmatch(r"(?:datetime|timedelta)64\[(\w+)\]", variable["dtype"])
    if unit is None:
        return data
    return [x * UNIT_IN_NS[unit[1]] if isinstance(x, int) else x for x in data]


def same_element(expected, actual, dtype, rules):
    if isinstance(expected, list) and isinstance(actual, list):  # complex
        return all(same_element(e, a, dtype, rules) for e, a in zip(expected, actual, strict=True))
    if isinstance(expected, float) and isinstance(actual, float) and dtype in DEFAULT_RTOL:
        rtol = rules.get("rtol", DEFAULT_RTOL[dtype])
        return abs(actual - expected) <= rules.get("atol", 0.0) + rtol * abs(expected)
    return expected == actual


# ------------------------------------------------------------------------------- text


def dumps(value):
    """JSON on one line; refuses what JSON cannot say."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ": "))
