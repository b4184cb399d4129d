"""Prints what pandas and xarray do with frequencies, as TSV: frequency_oracle.py SEED ROWS.

Needs xarray, pandas and cftime. `tests/frequency_xarray.rs` reads it. Rows per kind and calendar; ticks are
counts of the unit since 1970-01-01 of the calendar, those of cftime microseconds.
"""

import random
import sys
import warnings
from datetime import timedelta

import cftime
import numpy as np
import pandas as pd
import xarray as xr
from pandas.tseries.frequencies import to_offset
from xarray.coding.cftime_offsets import to_offset as to_cftime_offset

CFTIME = ["standard", "noleap", "all_leap", "360_day", "julian"]
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
WEEKDAYS = "MON TUE WED THU FRI SAT SUN".split()
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
COLUMNS = ["kind", "freq", "calendar", "unit", "given", "result"]


def rule(rng, cftime_only):
    anchored = ["YS", "YE", "QS", "QE"]
    names = ["h", "min", "s", "ms", "us", "D", "MS", "ME"]
    if not cftime_only:
        anchored += ["HYS", "HYE", "BHYS", "BHYE", "BQS", "BQE", "BYS", "BYE"]
        names += ["ns", "B", "B", "BMS", "BME", "W", "SMS", "SME", "WOM", "LWOM"]
    name = rng.choice(names + anchored)
    if name in anchored and rng.random() < 0.8:
        return f"{name}-{rng.choice(MONTHS)}"
    if name == "W" and rng.random() < 0.8:
        return f"W-{rng.choice(WEEKDAYS)}"
    if name == "WOM":
        return f"WOM-{rng.randint(1, 4)}{rng.choice(WEEKDAYS)}"
    if name == "LWOM":
        return f"LWOM-{rng.choice(WEEKDAYS)}"
    if name in ("SMS", "SME") and rng.random() < 0.7:
        return f"{name}-{rng.randint(2, 27)}"
    return name


def frequency(rng, cftime_only):
    multiple = rng.choice(["", "", "1", "2", "3", "5", "7", "12", "30", "-1", "-1", "-2", "-5", "+4"])
    return multiple + rule(rng, cftime_only)


def calendar_dates(rng, calendar):
    """A date that is often on some anchor, in the years that the calendar is about."""
    date_type = xr.coding.cftime_offsets.get_date_type(calendar, True)
    year = rng.choice([rng.randint(1, 3000), rng.randint(1950, 2050), rng.randint(1580, 1585)])
    month = rng.randint(1, 12)
    last = date_type(year, month, 1).daysinmonth
    day = rng.choice([1, last, rng.randint(1, last)])
    clock = rng.choice([(0, 0, 0, 0), (0, 0, 0, 0), (rng.randint(0, 23), rng.randint(0, 59), 30, 0),
                        (23, 59, 59, 999999)])
    try:
        return date_type(year, month, day, *clock)
    except ValueError:  # skipped by the reform of 1582
        return date_type(year, month, 1, *clock)


def cftime_tick(date):
    epoch = cftime.datetime(1970, 1, 1, calendar=date.calendar, has_year_zero=date.has_year_zero)
    return (date - epoch) // timedelta(microseconds=1)


def timestamp(rng, unit):
    reach = rng.choice([200, 40]) * 366
    tick = rng.randint(-reach, reach) * 86400 * PER_SECOND[unit]
    if rng.random() < 0.3:
        # Somewhere near the end of a month.
        month = np.datetime64(tick, unit).astype("M8[M]") + 1
        tick = int((month.astype("M8[D]") - rng.randint(0, 4)).astype(f"M8[{unit}]").astype("int64"))
    if rng.random() < 0.5:
        tick += rng.randint(0, 86400 * PER_SECOND[unit] - 1)
    return pd.Timestamp._from_value_and_reso(tick, UNITS[unit], None)


def units():
    from pandas._libs.tslibs.dtypes import abbrev_to_npy_unit

    return {unit: abbrev_to_npy_unit(unit) for unit in PER_SECOND}


UNITS = units()


def value(stamp, unit):
    return stamp.as_unit(unit, round_ok=False)._value


def show(*row):
    print(*row, sep="\t")


def pandas_sums(rng, rows):
    for _ in range(rows):
        unit = rng.choice(list(PER_SECOND))
        freq = frequency(rng, False)
        offset = to_offset(freq)
        stamp = timestamp(rng, unit)
        times = rng.choice([1, 1, -1, 2, -3, rng.randint(-40, 40)])
        if times == 0 and freq.lstrip("-+0123456789").startswith(("WOM", "LWOM")):
            times = 1  # refused by pandas
        given = f"{stamp._value} {times}"
        try:
            moved = stamp + times * offset
            show("add", freq, "proleptic_gregorian", unit, given, value(moved, unit))
        except (ValueError, OverflowError):
            show("add", freq, "proleptic_gregorian", unit, given, "error")
        rolled = value(offset.rollback(stamp), unit), value(offset.rollforward(stamp), unit)
        show("roll", freq, "proleptic_gregorian", unit, stamp._value,
             f"{rolled[0]} {rolled[1]} {int(offset.is_on_offset(stamp))}")


def cftime_sums(rng, rows, calendar):
    for _ in range(rows):
        freq = frequency(rng, True)
        offset = to_cftime_offset(freq)
        date = calendar_dates(rng, calendar)
        times = rng.choice([1, 1, -1, 2, -3, rng.randint(-40, 40)])
        given = f"{cftime_tick(date)} {times}"
        show("add", freq, calendar, "us", given, cftime_tick(date + times * offset))
        rolled = offset.rollback(date), offset.rollforward(date)
        show("roll", freq, calendar, "us", cftime_tick(date),
             f"{cftime_tick(rolled[0])} {cftime_tick(rolled[1])} {int(offset.onOffset(date))}")


def span_of(freq):
    """About how many days the frequency takes."""
    days = {"h": 1 / 24, "min": 1 / 1440, "s": 1 / 86400, "ms": 1e-3 / 86400, "us": 1e-6 / 86400,
            "ns": 1e-9 / 86400, "D": 1, "B": 1.4, "W": 7}
    name = freq.lstrip("+-0123456789").split("-")[0]
    digits = freq[: len(freq) - len(freq.lstrip("+-0123456789"))]
    multiple = abs(int(digits)) if digits else 1
    if name in days:
        return days[name] * multiple
    return multiple * {"Y": 365, "Q": 91}.get(name.lstrip("BH")[0], 182 if "HY" in name else 30)


def range_rows(rng, rows, calendar, use_cftime):
    shown = calendar if use_cftime else "proleptic_gregorian"
    for _ in range(rows):
        unit = "us" if use_cftime else rng.choice(list(PER_SECOND))
        freq = frequency(rng, use_cftime)
        inclusive = rng.choice(["both", "both", "left", "right", "neither"])
        periods = rng.choice([0, 1, 2, 3, 5, 12, 40])
        days = span_of(freq) * rng.choice([0, 0.5, 1, 3, 10.3]) * (-1 if freq.startswith("-") else 1)
        if rng.random() < 0.1:
            days = -days
        days = max(min(days, 20_000), -20_000)
        if use_cftime:
            start = calendar_dates(rng, calendar)
            end = start + timedelta(days=days)
            ticks = cftime_tick
        else:
            start = timestamp(rng, unit)
            end = start + np.timedelta64(int(days * 86400 * PER_SECOND[unit]), unit)
            ticks = lambda stamp: stamp._value  # noqa: E731
        if rng.random() < 0.2:
            # Equal ends, and ends at the same time of day.
            end = start
        kwargs = {"start": start, "end": end, "periods": periods, "freq": freq}
        del kwargs[rng.choice(["start", "end", "periods", "periods", "freq"])]
        if "freq" not in kwargs and (end < start or use_cftime and end - start < timedelta(seconds=1)):
            continue  # cftime loses single microseconds
        given = " ".join([
            str(ticks(start)) if "start" in kwargs else "-",
            str(ticks(end)) if "end" in kwargs else "-",
            str(periods) if "periods" in kwargs else "-",
            inclusive,
            str(int(use_cftime)),
        ])
        try:
            made = xr.date_range(inclusive=inclusive, calendar=calendar, use_cftime=use_cftime,
                                 **({} if use_cftime else {"unit": unit}), **kwargs)
        except IndexError:  # xarray's: nothing lies between equal ends
            made = []
        except (ValueError, OverflowError):
            show("range", kwargs.get("freq", "-"), shown, unit, given, "error")
            continue
        result = [cftime_tick(d) for d in made] if use_cftime else np.asarray(made).astype("int64").tolist()
        show("range", kwargs.get("freq", "-"), shown, unit, given, " ".join(map(str, result)))


def inferred(rng, rows, calendar, use_cftime):
    shown = calendar if use_cftime else "proleptic_gregorian"
    for _ in range(rows):
        freq = frequency(rng, use_cftime).replace("+", "")
        unit = "us" if use_cftime else rng.choice(list(PER_SECOND))
        start = calendar_dates(rng, calendar) if use_cftime else timestamp(rng, unit)
        try:
            made = xr.date_range(start, periods=rng.choice([3, 4, 6, 15]), freq=freq, calendar=calendar,
                                 use_cftime=use_cftime, **({} if use_cftime else {"unit": unit}))
        except (ValueError, OverflowError):
            continue
        if rng.random() < 0.15 and len(made) > 4:
            made = made.delete(rng.randint(1, 3))
        if rng.random() < 0.1:
            made = made[::-1]
        if len(made) < 3:
            continue
        result = [cftime_tick(d) for d in made] if use_cftime else made.asi8.tolist()
        if use_cftime and max(map(abs, result)) > 2**53:
            continue  # xarray counts these microseconds in floats
        show("infer", xr.infer_freq(made) or "-", shown, unit, "-", " ".join(map(str, result)))
        if not use_cftime and rng.random() < 0.2:
            steps = made - made[0] + np.timedelta64(rng.choice([0, 86400, 17]), "s")
            ticks = np.asarray(steps).astype(f"m8[{unit}]").astype("int64").tolist()
            show("infer_timedelta", xr.infer_freq(pd.TimedeltaIndex(np.asarray(ticks).view(f"m8[{unit}]"))) or "-",
                 shown, unit, "-", " ".join(map(str, ticks)))


def texts(rng, rows):
    """Text made of parts of frequencies, most of it refused."""
    names = ["ns", "us", "ms", "s", "min", "h", "D", "d", "B", "W", "w", "ME", "MS", "M", "H", "T", "Q", "QE", "QS",
             "QE-JAN", "YE", "Y", "A", "BME", "SME", "SME-3", "SMS-27", "W-TUE", "w-tue", "WOM-2TUE", "Min", "me", "S",
             "bqs", "BQS", "HYE", "D-JAN", "W-X", "MS-JAN", "LWOM-MON", "L", "U", "N", "NS", "MIN", "BYE-JUN", "hr"]
    numbers = ["", "", "1", "2", "-1", "+3", "1.5", "0.25", ".5", "3.", "-0.1", "0", "0.001", "1.1", "24", "-", "1e3",
               "0.333", "1.0", "2.0", "60", "1440"]
    for _ in range(rows):
        count = rng.choice([1, 1, 1, 2, 2, 3])
        signed = [n for n in numbers if n[:1] in "-+" and n]
        chosen = [rng.choice(names) for _ in range(count)]
        if count > 1 and "B" in chosen:
            continue  # business days plus hours: only pandas has them
        # pandas refuses 0 here, and nowhere else.
        usable = [n for n in numbers if n != "0"] if "LWOM-MON" in chosen else numbers
        text = rng.choice(["", " "]).join(
            rng.choice(usable if i == 0 else [n for n in usable if n not in signed])
            + rng.choice(["", "", "", " "]) + name for i, name in enumerate(chosen))
        try:
            result = to_offset(text).freqstr
        except (ValueError, OverflowError):
            result = "error"
        show("text", text, "proleptic_gregorian", "ns", "-", result)


def main():
    rng = random.Random(int(sys.argv[1]))
    rows = int(sys.argv[2])
    warnings.simplefilter("ignore")
    show(*COLUMNS)
    texts(rng, rows)
    pandas_sums(rng, 2 * rows)
    range_rows(rng, 2 * rows, "standard", False)
    inferred(rng, 2 * rows, "standard", False)
    for calendar in [*CFTIME, "proleptic_gregorian"]:
        cftime_sums(rng, rows // 2, calendar)
        range_rows(rng, rows // 2, calendar, True)
        if calendar != "proleptic_gregorian":
            inferred(rng, rows // 2, calendar, True)


if __name__ == "__main__":
    main()
