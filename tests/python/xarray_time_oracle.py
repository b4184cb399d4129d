"""Prints CF times and what xarray decodes and infers, as TSV: xarray_time_oracle.py SEED ROWS.

Needs xarray and cftime. `tests/time_xarray.rs` reads it. One row is one small variable.
"""

import random
import sys
import warnings
from datetime import timedelta

import cftime
import numpy as np
from xarray.coding.times import (
    decode_cf_datetime,
    decode_cf_timedelta,
    encode_cf_datetime,
    infer_datetime_units,
    infer_timedelta_units,
)

CALENDARS = ["standard", "proleptic_gregorian", "noleap", "360_day"]
PER_DAY = {
    "days": 1, "hours": 24, "minutes": 1440, "seconds": 86400,
    "milliseconds": 86400_000, "microseconds": 86400_000_000,
}
REFERENCES = [
    "1970-01-01", "2000-01-01", "1850-1-1", "1900-01-01 06:00:00", "0001-01-01", "1582-10-15",
    "1582-10-01", "1999-12-30T12:00:00.5", "2000-01-01 00:00:00 -05:30", "2000-01-01T00:00:00Z",
    "2250-06-01", "1680-01-01 00:00:00.25",
]
COLUMNS = [
    "kind", "units", "calendar", "preferred", "values",
    "datetime64", "unit", "ticks", "inferred", "encoded",
]


def joined(values):
    return " ".join(repr(v) for v in np.asarray(values).tolist())


def ticks_of(dates, calendar):
    """Ticks of datetime64 as they are, of cftime in microseconds."""
    if dates.dtype.kind in "mM":
        return dates.dtype.kind == "M", np.datetime_data(dates.dtype)[0], dates.astype("int64")
    epoch = cftime.datetime(1970, 1, 1, calendar=calendar)
    epoch = epoch.replace(has_year_zero=dates[0].has_year_zero)
    return False, "us", np.array([(d - epoch) // timedelta(microseconds=1) for d in dates])


def random_values(rng, step):
    """Three numbers of a kind: whole days, fine fractions, or noise."""
    reach = rng.choice([1, 100, 20_000, 200_000]) * PER_DAY[step]
    kind = rng.choice(["int", "int", "quarter", "float"])
    if kind == "int":
        unit = rng.choice([1, PER_DAY[step]])
        return kind, np.array([rng.randint(-reach // unit, reach // unit) * unit for _ in range(3)])
    if kind == "quarter":
        return "float", np.array([rng.randint(-reach, reach) / 4 for _ in range(3)])
    return kind, np.array([rng.uniform(-reach, reach) for _ in range(3)])


def row(rng):
    step = rng.choice(list(PER_DAY))
    kind, values = random_values(rng, step)
    preferred = rng.choice(["ns", "ns", "us", "s"])
    if rng.random() < 0.2:
        decoded = decode_cf_timedelta(values.copy(), step, preferred)
        _, unit, ticks = ticks_of(decoded, None)
        inferred = infer_timedelta_units(decoded)
        return [f"timedelta_{kind}", step, "", preferred, joined(values), "", unit,
                joined(ticks), inferred, ""]
    calendar = rng.choice(CALENDARS)
    units = f"{step} since {rng.choice(REFERENCES)}"
    decoded = decode_cf_datetime(values.copy(), units, calendar, time_unit=preferred)
    datetime64, unit, ticks = ticks_of(decoded, calendar)
    inferred = infer_datetime_units(decoded)
    try:
        encoded = joined(encode_cf_datetime(decoded, inferred, None)[0])
    except (OverflowError, ValueError, KeyError):
        encoded = ""  # xarray cannot write back what it read
    return [kind, units, calendar, preferred, joined(values), int(datetime64), unit,
            joined(ticks), inferred, encoded]


def main():
    warnings.simplefilter("ignore")
    rng = random.Random(int(sys.argv[1]))
    print("\t".join(COLUMNS))
    for _ in range(int(sys.argv[2])):
        try:
            print("\t".join(str(field) for field in row(rng)))
        except (OverflowError, ValueError) as error:
            # xarray cannot decode it at all: nothing to compare, but worth counting.
            print(f"skipped: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
