#!/usr/bin/env python3
"""Asks xarray for the results of the conformance cases beside this script.

    oracle.py                    run every case and store what xarray gives as `expected`
    oracle.py --check            compare the stored results with what xarray gives now
    oracle.py --print PATTERN    show the cases whose id matches a regular expression

A case is inputs, steps named after xarray's methods, and the results of the steps. Cases run
in memory on plain numpy, without xarray's optional accelerators, and with the defaults of
`concat` that xarray has announced (`use_new_combine_kwarg_defaults`).
"""

import argparse
import json
import operator
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from xarray.computation.rolling import Rolling
from xarray.core.groupby import GroupBy

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python"))

from labelled_json import (  # noqa: E402
    FormatError,
    Raw,
    differences,
    dumps,
    object_from_json,
    object_to_json,
    value_from_json,
)

VERSIONS = f"xarray {xr.__version__}, numpy {np.__version__}, pandas {pd.__version__}"
OPTIONS = {
    "use_new_combine_kwarg_defaults": True,
    "use_bottleneck": False,
    "use_flox": False,
    "use_numbagg": False,
}
OPERATORS = {
    name: getattr(operator, {"and": "and_", "or": "or_"}.get(name, name))
    for name in "add sub mul truediv floordiv mod pow lt le gt ge eq ne and or xor".split()
}
SIGNS = {"neg": operator.neg, "abs": abs, "invert": operator.invert}
# Keyword of the case -> positional arguments of the function.
POSITIONAL = {
    "xr.align": "objects",
    "xr.broadcast": "objects",
    "xr.dot": "arrays",
    "transpose": "dims",
    "str.cat": "others",
}
GROUPED = ("groupby", "groupby_bins", "resample", "weighted", "rolling", "cumulative", "coarsen", "rolling_exp")


class StepError(Exception):
    """xarray refused a step; `__cause__` is its exception."""

    def __init__(self, out):
        super().__init__(out)
        self.out = out


class WeightedBlocks:
    """Weights in blocks of neighbours, which xarray lacks: the places in blocks as dims, and weights over these."""

    def __init__(self, on, weights, dim, **how):
        self.on, self.weights = xr.align(on, on.weighted(weights).weights, join="inner")
        self.dim, self.how = dim, how

    def members(self, of):
        """What lies along the dims of blocks, without labels, with the places in blocks as dims."""
        along = {d: (d, f"_{d}") for d in self.dim if d in of.dims}
        if not along:
            return of
        bare = of.drop_vars([name for name, c in of.coords.items() if set(c.dims) & set(along)])
        return bare.coarsen({d: self.dim[d] for d in along}, **self.how).construct(along)

    def reduced(self, op, dim=None, **kwargs):
        names = list(self.dim) if dim is None else [dim] if isinstance(dim, str) else dim
        names = [f"_{d}" if d in self.dim else d for d in names]
        weights = self.members(self.weights)
        weights = weights.fillna(0) if weights.isnull().any() else weights
        result = getattr(self.members(self.on).weighted(weights), op)(dim=names, **kwargs)
        coords = self.on.coarsen(self.dim, **self.how).count().coords
        return result.assign_coords({n: c for n, c in coords.items() if set(c.dims) <= set(result.dims)})


class WeightedWindows:
    """Weights of positions in windows that move, which xarray lacks: the places in windows as dims, and weights over
    these, where the window has values enough."""

    def __init__(self, on, weights, dim, **how):
        self.on, self.weights = xr.align(on, on.weighted(weights).weights, join="inner")
        self.dim, self.how = dim, how

    def windows(self, of):
        how = {k: v for k, v in self.how.items() if k != "min_periods"}
        return places(of.rolling({d: n for d, n in self.dim.items() if d in of.dims}, **how))

    def reduced(self, op, **kwargs):
        weights = self.windows(self.weights)
        weights = weights.fillna(0) if weights.isnull().any() else weights
        result = getattr(self.windows(self.on).weighted(weights), op)(dim=[f"_{d}" for d in self.dim], **kwargs)
        return result.where(self.on.rolling(self.dim, **self.how).count().notnull())


class FadingWindows:
    """Weights that fade by pandas' `ewm`, whose definition xarray's `rolling_exp` has: that needs numbagg."""

    def __init__(self, on, window, window_type="span"):
        ((self.dim, size),) = window.items()
        self.on, self.how = on, {window_type: size}

    def reduced(self, op, other=None):
        def lane(x, *others):
            fading = pd.Series(x.astype(float)).ewm(adjust=True, ignore_na=False, **self.how)
            return getattr(fading, op)(*[pd.Series(y.astype(float)) for y in others]).to_numpy()

        operands = [self.on] if other is None else [self.on, other]
        dims = [[self.dim]] * len(operands)
        result = xr.apply_ufunc(lane, *operands, input_core_dims=dims, output_core_dims=dims[:1], vectorize=True,
                                keep_attrs=True, on_missing_core_dim="copy")
        return result.transpose(*self.on.dims)


def places(windows):
    """Windows that move with the places in them as dims."""
    return windows.construct({d: f"_{d}" for d in windows.dim})


def quantile_of_windows(on, q, **kwargs):
    """Quantiles of windows that move, which xarray lacks, where the window has values enough."""
    result = places(on).quantile(q, dim=[f"_{d}" for d in on.dim], **kwargs)
    return result.where(on.count().notnull())


def apply(op, on, kwargs):
    """One operation with its arguments as Python objects."""
    if isinstance(on, Rolling) and op == "quantile":
        return quantile_of_windows(on, **kwargs)
    if op == "rolling" and "weights" in kwargs:
        return WeightedWindows(on, **kwargs)
    if op == "rolling_exp":
        return FadingWindows(on, **kwargs)
    if isinstance(on, WeightedBlocks | WeightedWindows | FadingWindows):
        return on.reduced(op, **kwargs)
    if op == "coarsen" and "weights" in kwargs:
        return WeightedBlocks(on, **kwargs)
    if op in OPERATORS:
        return OPERATORS[op](on, kwargs["other"])
    if op in SIGNS:
        return SIGNS[op](on)
    if op == "getitem":
        return on[kwargs["key"]]
    if op == "encode_cf":
        return Raw(*xr.conventions.cf_encoder(*xr.conventions.encode_dataset_coordinates(on)))
    if op in ("isel.set", "loc.set"):
        on = on.copy(deep=True)
        (on if op == "isel.set" else on.loc)[kwargs["indexers"]] = kwargs["value"]
        return on
    if op.startswith("np."):
        return getattr(np, op.removeprefix("np."))(on, *kwargs.values())
    args = kwargs.pop(POSITIONAL[op], []) if op in POSITIONAL else []
    if op.startswith("xr."):
        return getattr(xr, op.removeprefix("xr."))(*args, **kwargs)
    if isinstance(on, GroupBy) and not hasattr(on, op):
        # What groups lack xarray does group by group.
        return on.map(lambda one: getattr(one, op)(**kwargs))
    found = operator.attrgetter(op)(on)
    # `dt.year` and its like are properties.
    return found(*args, **kwargs) if callable(found) and not isinstance(found, xr.DataArray | xr.Dataset) else found


def run_step(step, names):
    on = value_from_json(step.get("on"), names)
    result = apply(step["op"], on, value_from_json(step.get("kwargs", {}), names))
    then = step.get("then")
    if (then is not None) != (step["op"] in GROUPED):
        raise FormatError(f"`then` goes with {' and '.join(GROUPED)}")
    if then is not None:
        result = apply(then["op"], result, value_from_json(then.get("kwargs", {}), names))
    return result


def run_steps(case):
    """The inputs and all results by name."""
    names = {name: object_from_json(spec) for name, spec in case["inputs"].items()}
    for step in case["steps"]:
        try:
            result = run_step(step, names)
        except FormatError:
            raise
        except Exception as error:
            raise StepError(step["out"]) from error
        if isinstance(step["out"], list):
            names.update(zip(step["out"], result, strict=True))
        else:
            names[step["out"]] = result
    return names


def run(case):
    """What belongs into `expected`. Deprecation warnings are errors: no result may rest on a
    default that is about to change."""
    with warnings.catch_warnings(), xr.set_options(**OPTIONS | case.get("options", {})):
        warnings.simplefilter("ignore")
        for kind in (FutureWarning, DeprecationWarning, PendingDeprecationWarning):
            warnings.simplefilter("error", kind)
        try:
            names = run_steps(case)
        except StepError as error:
            cause = error.__cause__
            if not case.get("error") or isinstance(cause, Warning):
                raise cause from None
            said = re.sub(r"[({\[].*", "...", str(cause).strip().split("\n")[0])[:100]
            return {
                "error": True,
                "step": error.out,
                "exception": type(cause).__name__,
                "message": said.strip(),
            }
        if case.get("error"):
            raise FormatError("should fail, but xarray gives a result")
        rules = case.get("compare", {})
        return {name: leave_out(object_to_json(names[name]), rules) for name in case["outputs"]}


def leave_out(result, rules):
    """Drops the attributes and encodings that the case does not compare."""
    if isinstance(result, list):
        return [leave_out(x, rules) for x in result]
    if not isinstance(result, dict):
        return result
    kept = {k: leave_out(v, rules) for k, v in result.items() if k not in ("attrs", "encoding")}
    if rules.get("attrs") and "attrs" in result:
        kept["attrs"] = result["attrs"]
    encoding = result.get("encoding", {})
    encoding = {k: encoding[k] for k in rules.get("encoding", []) if k in encoding}
    return kept | ({"encoding": encoding} if encoding else {})


def changes(case):
    """How xarray's results differ from the stored ones."""
    stored, now = case["expected"], run(case)
    if case.get("error"):
        return [] if stored["step"] == now["step"] else [f"fails in step {now['step']}"]
    rules = case.get("compare", {})
    return sum((differences(stored[n], now[n], rules, n) for n in case["outputs"]), [])


def text_of(document):
    """The file: a line per input, step and result, so that changes can be read."""
    cases = []
    for case in document["cases"]:
        lines = []
        for key, value in case.items():
            if key == "steps":
                inner = ",\n   ".join(dumps(step) for step in value)
                lines.append(f' "steps": [\n   {inner}]')
            elif key in ("inputs", "expected") and "error" not in value:
                inner = ",\n   ".join(f"{dumps(k)}: {dumps(v)}" for k, v in value.items())
                lines.append(f' "{key}": {{\n   {inner}}}')
            else:
                lines.append(f" {dumps(key)}: {dumps(value)}")
        cases.append("{\n" + ",\n".join(lines) + "\n}")
    head = {"format": 1, "group": document["group"], "oracle": VERSIONS}
    return dumps(head)[:-1] + ', "cases": [\n' + ",\n".join(cases) + "\n]}\n"


def store(path, document):
    """Runs the cases of a document and writes it; returns the number of cases that went wrong."""
    wrong = 0
    for case in document["cases"]:
        try:
            case["expected"] = run(case)
        except Exception as error:
            wrong += 1
            print(f"{case['id']}: {type(error).__name__}: {error}")
    if not wrong:
        path.write_text(text_of(document))
    return wrong


def check(path, document):
    """Prints what changed; returns the number of cases with a change."""
    changed = 0
    for case in document["cases"]:
        try:
            lines = changes(case)
        except Exception as error:
            lines = [f"{type(error).__name__}: {error}"]
        changed += bool(lines)
        for line in lines:
            print(f"{case['id']}: {line}")
    return changed


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, help="default: all beside this script")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--print", dest="pattern", metavar="PATTERN")
    args = parser.parse_args()
    files = args.files or sorted(HERE.glob("*.json"))
    total = wrong = 0
    ids = set()
    for path in files:
        document = json.loads(path.read_text())
        for case in document["cases"]:
            if case["id"] in ids or not case["id"].startswith(document["group"] + "/"):
                raise SystemExit(f"{path}: bad or repeated id {case['id']}")
            ids.add(case["id"])
            if args.pattern and re.search(args.pattern, case["id"]):
                print(text_of({"group": document["group"], "cases": [case]}))
        total += len(document["cases"])
        if not args.pattern:
            wrong += (check if args.check else store)(path, document)
    if not args.pattern:
        print(f"oracle: {total} cases, {wrong} {'changed' if args.check else 'wrong'} ({VERSIONS})")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
