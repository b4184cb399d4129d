"""``python -m graticule_dask``: the bridge, started by a graticule program."""

import os
import signal
import sys
import threading

from graticule_dask.bridge import main

#: Seconds that leaving the cluster may take before the process ends anyway.
PATIENCE = 90.0


def _leave_after(seconds: float) -> None:
    timer = threading.Timer(seconds, os._exit, [1])
    timer.daemon = True
    timer.start()


def _terminated(*_: object) -> None:
    _leave_after(PATIENCE)
    sys.exit(1)


if __name__ == "__main__":
    # Ctrl-C goes to the whole process group; what it means is the program's to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _terminated)
    code = main()
    sys.stderr.flush()
    # Threads of Dask may still wait for a scheduler that is gone.
    os._exit(code)
