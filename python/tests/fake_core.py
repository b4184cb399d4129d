"""A core that does sums, for tests: a program that speaks the child's protocol.

Values are numbers as text. A plan is text. What a batch does is in its spec, a msgpack map:
``{"op": ..., ...}``; see `Fake.compute`.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgpack

from graticule_dask import PROTOCOL
from graticule_dask.errors import GraticuleError

VERSION = "0.1.0"


class Fake:
    """Plans, limits and cancellations of one core."""

    def __init__(self) -> None:
        self.plans: dict[str, bytes] = {}
        self.cancelled: set[str] = set()
        self.threads = self.memory = 0

    def about(self) -> bytes:
        version = os.environ.get("FAKE_CORE_VERSION", VERSION)
        about = {"version": version, "protocol": PROTOCOL, "debug": True, "kernels": []}
        return msgpack.packb(about)

    def run(self, run: str, spec: bytes, inputs: list[Any]) -> bytes:
        if run not in self.plans:
            raise GraticuleError("NotFound", "plan", ["run " + run])
        return self.compute(run, msgpack.unpackb(spec), inputs)

    def compute(self, run: str, spec: dict[str, Any], inputs: list[Any]) -> bytes:
        op = spec["op"]
        if op == "sum":
            return str(spec.get("add", 0) + sum(int(bytes(value)) for value in inputs)).encode()
        if op == "bytes":
            return b"x" * spec["size"]
        if op == "sizes":
            return str(sum(len(value) for value in inputs)).encode()
        if op == "plan":
            return bytes(self.plans[run])
        if op == "limits":
            return f"{self.threads} {self.memory}".encode()
        if op == "sleep":
            return self.sleep(run, spec)
        if op == "fail":
            raise GraticuleError("Storage", "no such chunk", ["t2m"], ["a", "b"], "look elsewhere")
        if op == "die":
            return die(spec)
        raise GraticuleError("Invalid", f"no operation {op}")

    def sleep(self, run: str, spec: dict[str, Any]) -> bytes:
        """Like a batch of many chunks: looks between two of them whether it is cancelled."""
        touch(spec, "begun")
        end = time.monotonic() + spec["seconds"]
        while time.monotonic() < end:
            if run in self.cancelled:
                touch(spec, "cancelled")
                raise GraticuleError("Cancelled", "the run was cancelled")
            time.sleep(0.02)
        touch(spec, "ended")
        return b"0"


def touch(spec: dict[str, Any], what: str) -> None:
    """Leaves a trace that the test can see."""
    if "trace" in spec:
        Path(spec["trace"]).with_suffix("." + what).touch()


def die(spec: dict[str, Any]) -> bytes:
    """Ends the process at once; only once if there is a ``trace``."""
    if "trace" in spec:
        trace = Path(spec["trace"]).with_suffix(".died")
        if trace.exists():
            return b"7"
        trace.touch()
    os.kill(os.getpid(), 9)
    time.sleep(60)
    return b""


def answer(fake: Fake, kind: int, message: dict[str, Any]) -> bytes:
    """What one request of the parent gives."""
    run = message.get("run", "")
    if kind == 1:
        fake.threads, fake.memory = message["threads"], message["memory"]
    elif kind == 2:
        fake.plans[run] = message["plan"]
    elif kind == 3:
        return fake.run(run, message["spec"], message["inputs"])
    elif kind == 4:
        fake.cancelled.add(run)
    elif kind == 5:
        fake.plans.pop(run, None)
    elif kind == 6:
        return fake.about()
    return b""


def main() -> None:
    """Answers requests, each in a thread of its own, until the parent closes the pipe."""
    from graticule_dask.frames import read_frame, write_frame

    fake = Fake()
    writing = threading.Lock()

    def serve(kind: int, message: dict[str, Any]) -> None:
        try:
            data = answer(fake, kind, message)
            traffic = {"read": 3, "written": 2, "resumed": 1, "peak": len(data)}
            told = 1, {"call": message["call"], "data": data, **traffic}
        except GraticuleError as error:
            told = 2, {"call": message["call"], "error": error.fields()}
        with writing:
            write_frame(sys.stdout.buffer, *told)

    while (frame := read_frame(sys.stdin.buffer)) is not None:
        threading.Thread(target=serve, args=frame, daemon=True).start()
    os._exit(0)


if __name__ == "__main__":
    main()
