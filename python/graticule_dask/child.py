"""The core as a child process, so that a crash of the core does not take the Dask worker with it."""

from __future__ import annotations

import itertools
import signal
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import msgpack

from graticule_dask.errors import GraticuleError
from graticule_dask.frames import FrameError, read_frame, write_frame
from graticule_dask.traffic import Traffic

LIMITS, PLAN, RUN, CANCEL, FORGET, ABOUT = 1, 2, 3, 4, 5, 6
VALUE, ERROR = 1, 2

#: A batch whose process dies runs this many times in all.
ATTEMPTS = 3

#: Seconds that a child has to end after its stdin was closed.
GRACE = 5


class CoreDied(Exception):
    """The child process ended while a call was on its way; the text says how it ended."""


class ChildCore:
    """Runs batches in a child process, and starts another one where it died."""

    def __init__(self, program: Sequence[str]) -> None:
        self._program = list(program)
        self._lock = threading.Lock()
        self._closed = False
        # What another child has to be told after a restart.
        self._limits: dict[str, int] | None = None
        self._plans: dict[str, Any] = {}
        self._process = _Process(self._program)

    def about(self) -> dict[str, Any]:
        """Version, protocol and kernels of the program."""
        return msgpack.unpackb(self._retried("being asked what it is", ABOUT, {})["data"])

    def limits(self, threads: int, memory: int) -> None:
        """Sets how many threads and bytes the child may use, now and after a restart."""
        self._limits = {"threads": threads, "memory": memory}
        self._retried("being told its limits", LIMITS, self._limits)

    def plan(self, run: str, plan: Any) -> None:
        """Gives the child the plan of a run."""
        self._retried("reading the plan", PLAN, {"run": run, "plan": plan})
        self._plans[run] = plan

    def run(self, run: str, spec: Any, inputs: Sequence[Any]) -> tuple[memoryview, Traffic]:
        """Runs one batch, again if the child dies meanwhile."""
        message = {"run": run, "spec": spec, "inputs": list(inputs)}
        answer = self._retried("running a batch", RUN, message)
        traffic = Traffic(*(answer.get(name, 0) for name in Traffic._fields))
        return memoryview(answer["data"]), traffic

    def cancel(self, run: str) -> None:
        """Tells the running batches of a run to stop soon; a dead child runs none."""
        self._unless_dead(CANCEL, {"run": run})

    def forget(self, run: str) -> None:
        """Drops the plan of a run; a dead child holds none."""
        self._plans.pop(run, None)
        self._unless_dead(FORGET, {"run": run})

    def close(self) -> None:
        """Ends the child."""
        with self._lock:
            self._closed = True
            self._process.close()

    def _retried(self, doing: str, kind: int, message: dict[str, Any]) -> dict[str, Any]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._alive().call(kind, message)
            except CoreDied as death:
                if attempt == ATTEMPTS or self._closed:
                    raise GraticuleError(
                        "Internal",
                        f"the core died while {doing}, {attempt} times: {death}",
                        [f"program `{' '.join(self._program)}`"],
                        help="the worker's log has what the core wrote to stderr",
                    ) from death
        raise AssertionError("at least one attempt")

    def _unless_dead(self, kind: int, message: dict[str, Any]) -> None:
        with suppress(CoreDied):
            self._process.call(kind, message)

    def _alive(self) -> _Process:
        with self._lock:
            if self._process.died is None or self._closed:
                return self._process
            self._process = _Process(self._program)
            if self._limits is not None:
                self._process.call(LIMITS, self._limits)
            for run, plan in list(self._plans.items()):
                self._process.call(PLAN, {"run": run, "plan": plan})
            return self._process


class _Process:
    """One child and the calls that are on their way to it."""

    def __init__(self, program: list[str]) -> None:
        self.died: str | None = None
        self._calls: dict[int, Future[dict[str, Any]]] = {}
        self._numbers = itertools.count()
        self._state = threading.Lock()
        self._writing = threading.Lock()
        self._child = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        threading.Thread(target=self._read, name="graticule-core", daemon=True).start()

    def call(self, kind: int, message: dict[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        answer: Future[dict[str, Any]] = Future()
        with self._state:
            if self.died is not None:
                raise CoreDied(self.died)
            self._calls[number] = answer
        self._write(kind, {"call": number, **message})
        return answer.result()

    def _write(self, kind: int, message: dict[str, Any]) -> None:
        try:
            with self._writing:
                write_frame(self._child.stdin, kind, message)  # type: ignore[arg-type]
        except (OSError, ValueError):
            # A closed pipe. The reader finds out how the child ended, and tells all callers.
            pass
        except FrameError as error:
            del self._calls[message["call"]]
            raise GraticuleError(
                "Unsupported",
                f"the inputs of a batch are too large for a core in a process of its own: {error}",
                help="make batches smaller, or run the core in the worker's process",
            ) from error

    def _read(self) -> None:
        how = "it closed its stdout"
        try:
            while (frame := read_frame(self._child.stdout, views=True)) is not None:  # type: ignore[arg-type]
                self._answer(*frame)
        except Exception as error:
            how = str(error)
            self._child.kill()
        self._end(how)

    def _answer(self, kind: int, message: dict[str, Any]) -> None:
        with self._state:
            call = self._calls.pop(message["call"])
        if kind == VALUE:
            call.set_result(message)
        elif kind == ERROR:
            call.set_exception(GraticuleError.from_fields(message["error"]))
        else:
            raise FrameError(f"an answer of the unknown type {kind}")

    def _end(self, how: str) -> None:
        code = _ended(self._child)
        with self._state:
            self.died = code if code else how
            calls = list(self._calls.values())
            self._calls.clear()
        for call in calls:
            call.set_exception(CoreDied(self.died))

    def close(self) -> None:
        with suppress(OSError):
            self._child.stdin.close()  # type: ignore[union-attr]
        _ended(self._child)


def _ended(child: subprocess.Popen[bytes]) -> str:
    """Waits for a child that has no more to say; how it ended."""
    try:
        code = child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        code = child.wait()
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {-code} ({signal.Signals(-code).name})"
    except ValueError:
        return f"signal {-code}"
