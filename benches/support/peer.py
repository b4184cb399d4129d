"""The other side of `benches/support/mod.rs`: runs cases by name and says how long they took."""

import sys
import time
import warnings


def serve(make, versions=()):
    """Answers each line (a case) with the seconds that it took, or `none` where there is no such case.

    `make(arguments)` makes the data, from the words after the script's name, and gives the cases: functions without arguments, by name.
    """
    warnings.simplefilter("ignore")
    cases = make(sys.argv[1:])
    names = ", ".join(f"{m.__name__} {m.__version__}" for m in versions)
    print(f"ready: {names}", flush=True)
    for line in sys.stdin:
        run = cases.get(line.strip())
        if run is None:
            print("none", flush=True)
            continue
        start = time.perf_counter()
        run()
        print(time.perf_counter() - start, flush=True)
