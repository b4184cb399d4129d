"""Prints random dates of a calendar and what cftime makes of them: cftime_oracle.py SEED ROWS CALENDAR.

Needs cftime, and xarray for frequencies. Every `GROUP` rows share units, a reference date and a frequency, so
that cftime can work on arrays. To be quick to write and to read, the output is binary: the columns of `INTS`
one after the other as 64-bit integers, those of `FLOATS` as 64-bit floats (both little-endian), and then as text
one line a row with the date, and one line a group with units and frequency. `tests/time_cftime.rs` reads it.
"""

import random
import sys
import warnings
from datetime import date as python_date
from datetime import timedelta

import cftime
import numpy as np
from xarray.coding.cftime_offsets import get_date_type, to_offset

GROUP = 500
WITHOUT_YEAR_ZERO = ["standard", "julian"]
STEPS = ["days", "hours", "minutes", "seconds", "milliseconds", "microseconds"]
PER_DAY = dict(zip(STEPS, [1, 24, 1440, 86400, 86400_000, 86400_000_000]))
FREQUENCIES = ["MS", "ME", "QS-FEB", "QE-NOV", "YS", "YE-JUN", "YS-JUL", "D", "h", "min", "s"]
INTS = [
    "ticks_us", "year", "month", "day", "hour", "minute", "second", "microsecond",
    "day_of_week", "day_of_year", "days_in_month", "is_leap_year", "iso_year", "week",
    "months", "shifted_us", "times", "added_us", "count", "count_decoded_us", "number_decoded_us",
]
FLOATS = ["decimal_year", "encoded", "number"]
MICROSECOND = timedelta(microseconds=1)
# Stands where there is no answer.
NONE = -(2**63)


def random_date(rng, make, calendar):
    """A date of the calendar: recent, far, about the reform of 1582, and at ends of months."""
    while True:
        kind = rng.random()
        year = rng.randint(1600, 2400) if kind < 0.4 else rng.randint(-4700, 12000)
        month = rng.randint(1, 12)
        day = rng.randint(1, 31)
        if 0.8 < kind < 0.9:
            year, month = rng.randint(1580, 1584), rng.randint(8, 12)
        elif kind >= 0.9:
            month, day = rng.choice([(1, 1), (2, 28), (2, 29), (3, 1), (12, 30), (12, 31)])
        time = (rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59), rng.randint(0, 999999))
        if rng.random() < 0.3:
            time = (0, 0, 0, 0)
        if year == 0 and calendar in WITHOUT_YEAR_ZERO:
            continue  # cftime would warn and make one up
        try:
            return make(year, month, day, *time)
        except ValueError:
            continue


def add_months(date, months):
    """The same day `months` later; tries earlier days until cftime accepts one."""
    year = date.year
    if year < 0 and not date.has_year_zero:
        year += 1
    index = year * 12 + date.month - 1 + months
    year, month = index // 12, index % 12 + 1
    if year <= 0 and not date.has_year_zero:
        year -= 1
    for day in range(date.day, 0, -1):
        try:
            return date.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


def iso_week(date, calendar):
    """Year and week of the standard library, where it has the date."""
    if calendar == "proleptic_gregorian" and 1 <= date.year <= 9999:
        return python_date(date.year, date.month, date.day).isocalendar()[:2]
    return NONE, NONE


def decimal_year(date, make, leap, calendar):
    """As `xarray.coding.calendar_ops._decimal_year_cftime`, with exact differences."""
    days = 360 if calendar == "360_day" else 365 + leap
    return date.year + (date - make(date.year, 1, 1)) / timedelta(days=days)


def added(date, offset, times):
    """The date plus a frequency; xarray does not step over a missing year 0."""
    try:
        later = date + times * offset
    except ValueError:
        return None
    crosses = not date.has_year_zero and (date.year < 0) != (later.year < 0)
    return None if crosses else later


def rows_of_group(rng, make, calendar, count, ticks):
    """The columns of one group, its dates, and its line of text."""
    dates = [random_date(rng, make, calendar) for _ in range(count)]
    step, frequency = rng.choice(STEPS), rng.choice(FREQUENCIES)
    offset = to_offset(frequency)
    units = f"{step} since {random_date(rng, make, calendar)}"
    counts = [rng.randint(-500_000, 500_000) * PER_DAY[step] + rng.randint(0, 3) * rng.randint(0, 100)
              for _ in dates]
    numbers = [rng.uniform(-500_000, 500_000) * PER_DAY[step] for _ in dates]
    decoded = [[ticks(d) for d in cftime.num2date(np.array(n), units, calendar)] for n in (counts, numbers)]
    encoded = cftime.date2num(np.array(dates), units, calendar, longdouble=False)
    ints, years = [], []
    for i, date in enumerate(dates):
        leap = int(cftime.is_leap_year(date.year, calendar))
        months, times = rng.randint(-300, 300), rng.randint(-50, 50)
        later = added(date, offset, times)
        ints.append([
            ticks(date), date.year, date.month, date.day, date.hour, date.minute, date.second,
            date.microsecond, date.dayofwk, date.dayofyr, date.daysinmonth, leap, *iso_week(date, calendar),
            months, ticks(add_months(date, months)), times, NONE if later is None else ticks(later),
            counts[i], decoded[0][i], decoded[1][i],
        ])
        years.append(decimal_year(date, make, leap, calendar))
    floats = np.array([years, np.asarray(encoded, dtype="<f8"), numbers], dtype="<f8")
    return np.array(ints, dtype="<i8").T, floats, dates, f"{frequency} {units}"


def main():
    warnings.simplefilter("ignore")  # years before 1, which are wanted here
    seed, rows, calendar = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    rng = random.Random(f"{seed} {calendar}")
    make = get_date_type(calendar)
    epoch = make(1970, 1, 1)

    def ticks(date):
        """Microseconds since the epoch, exactly: timedelta counts in integers."""
        return (date - epoch) // MICROSECOND

    counts = [min(GROUP, rows - start) for start in range(0, rows, GROUP)]
    groups = [rows_of_group(rng, make, calendar, count, ticks) for count in counts]
    out = sys.stdout.buffer
    for part in range(2):
        out.write(np.ascontiguousarray(np.concatenate([g[part] for g in groups], axis=1)).tobytes())
    lines = [str(date) for group in groups for date in group[2]] + [group[3] for group in groups]
    out.write("\n".join(lines).encode())


if __name__ == "__main__":
    main()
