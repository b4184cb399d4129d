"""Prints random dates and what cftime makes of them, as TSV: cftime_oracle.py SEED ROWS_PER_CALENDAR.

Needs cftime alone. One row is one date; `COLUMNS` names the fields. `tests/time_cftime.rs` reads it.
"""

import random
import sys
import warnings
from datetime import date as python_date
from datetime import timedelta

import cftime

CALENDARS = ["standard", "proleptic_gregorian", "noleap", "all_leap", "360_day", "julian"]
WITHOUT_YEAR_ZERO = ["standard", "julian"]
STEPS = ["days", "hours", "minutes", "seconds", "milliseconds", "microseconds"]
PER_DAY = dict(zip(STEPS, [1, 24, 1440, 86400, 86400_000, 86400_000_000]))
COLUMNS = [
    "calendar", "ticks_us", "text",
    "year", "month", "day", "hour", "minute", "second", "microsecond",
    "day_of_week", "day_of_year", "days_in_month", "is_leap_year", "week",
    "months", "shifted_us",
    "units", "encoded", "count", "count_decoded_us", "number", "number_decoded_us",
]
MICROSECOND = timedelta(microseconds=1)


def random_date(rng, calendar):
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
            return cftime.datetime(year, month, day, *time, calendar=calendar)
        except ValueError:
            continue


def ticks(date, epoch):
    """Microseconds since the epoch, exactly: timedelta counts in integers."""
    return (date - epoch) // MICROSECOND


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


def iso_week(date):
    """The week of the standard library, where it has the date; else nothing."""
    if date.calendar == "proleptic_gregorian" and 1 <= date.year <= 9999:
        return python_date(date.year, date.month, date.day).isocalendar()[1]
    return ""


def row(rng, calendar, epoch):
    date = random_date(rng, calendar)
    months = rng.randint(-300, 300)
    reference = random_date(rng, calendar)
    step = rng.choice(STEPS)
    units = f"{step} since {reference}"
    count = rng.randint(-500_000, 500_000) * PER_DAY[step] + rng.randint(0, 3) * rng.randint(0, 100)
    number = rng.uniform(-500_000, 500_000) * PER_DAY[step]
    return [
        calendar, ticks(date, epoch), str(date),
        date.year, date.month, date.day, date.hour, date.minute, date.second, date.microsecond,
        date.dayofwk, date.dayofyr, date.daysinmonth,
        int(cftime.is_leap_year(date.year, calendar)), iso_week(date),
        months, ticks(add_months(date, months), epoch),
        units, repr(float(cftime.date2num(date, units, calendar, longdouble=False))),
        count, ticks(cftime.num2date(count, units, calendar), epoch),
        repr(number), ticks(cftime.num2date(number, units, calendar), epoch),
    ]


def main():
    warnings.simplefilter("ignore")  # years before 1, which are wanted here
    seed, rows = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    print("\t".join(COLUMNS))
    for calendar in CALENDARS:
        epoch = cftime.datetime(1970, 1, 1, calendar=calendar)
        for _ in range(rows):
            print("\t".join(str(field) for field in row(rng, calendar, epoch)))


if __name__ == "__main__":
    main()
