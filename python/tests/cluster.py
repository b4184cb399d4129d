"""A real scheduler, real workers and a bridge, as processes of the test."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack

from graticule_dask.frames import read_frame, write_frame

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent
FAKE = [sys.executable, str(TESTS / "fake_core.py")]

HELLO, PLAN, SUBMIT, RELEASE, CANCEL, END = 1, 2, 3, 4, 5, 6
READY, DONE, RESULT, ERROR, WORKERS, ENDED = 1, 2, 3, 4, 5, 6

#: Nothing in these tests takes longer, on a machine that does other work as well.
LIMIT = 30.0


def wait_until(condition: Callable[[], Any], limit: float = LIMIT) -> Any:
    """Waits for something to become true, and returns it."""
    end = time.monotonic() + limit
    while not (result := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return result


def environment(path: Path | str | None = PACKAGE, **variables: str) -> dict[str, str]:
    """An environment in which Python finds the package at ``path``, or none."""
    result = {**os.environ, **variables, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s"}
    result.pop("PYTHONPATH", None)
    if path is not None:
        result["PYTHONPATH"] = str(path)
    return result


class Cluster:
    """A scheduler and its workers on 127.0.0.1."""

    def __init__(self, folder: Path, options: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.options = options
        self.file = folder / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler: subprocess.Popen[bytes] | None = None

    def start_scheduler(self, **how: Any) -> subprocess.Popen[bytes]:
        self.scheduler = self.start(
            "distributed.cli.dask_scheduler",
            *("--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
            **how,
        )
        wait_until(lambda: self.file.exists() and self.file.read_text().endswith("}"))
        return self.scheduler

    def start_worker(self, *arguments: str, **how: Any) -> subprocess.Popen[bytes]:
        local = self.folder / f"worker-{len(self.processes)}"
        return self.start(
            "distributed.cli.dask_worker",
            *("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard"),
            *("--local-directory", str(local), *arguments),
            **how,
        )

    def start(self, module: str, *arguments: str, **how: Any) -> subprocess.Popen[bytes]:
        command = [
            sys.executable,
            "-m",
            module,
            "--scheduler-file",
            str(self.file),
            *self.options,
            *arguments,
        ]
        with open(self.folder / f"{len(self.processes)}.log", "wb") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, env=environment(**how)
            )
        self.processes.append(process)
        return process

    @property
    def address(self) -> str:
        return json.loads(self.file.read_text())["address"]

    def registered(self) -> int:
        """How many workers have come so far."""
        return (self.folder / "0.log").read_text().count("Register worker")

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


class Bridge:
    """The bridge as a graticule program sees it."""

    def __init__(self, cluster: Cluster | None = None, path: Path = TESTS, **hello: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "graticule_dask"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(f"{PACKAGE}:{path}"),
        )
        self.frames: queue.Queue[tuple[int, dict[str, Any]] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.send(HELLO, **{**defaults(cluster), **hello})

    def _read(self) -> None:
        while (frame := read_frame(self.process.stdout)) is not None:
            self.frames.put(frame)
        self.frames.put(None)

    def send(self, kind: int, **message: Any) -> None:
        write_frame(self.process.stdin, kind, message)

    def next(self, limit: float = LIMIT) -> tuple[int, dict[str, Any]]:
        """The next frame, of whatever type."""
        frame = self.frames.get(timeout=limit)
        assert frame is not None, "the bridge has ended"
        return frame

    def expect(self, kind: int, limit: float = LIMIT) -> dict[str, Any]:
        """The next frame, which has to be of this type unless it is about workers."""
        while True:
            got, message = self.next(limit)
            if got == kind:
                return message
            assert got == WORKERS, f"got {got} in place of {kind}: {message}"

    def ready(self) -> Bridge:
        self.welcome = self.expect(READY)
        return self

    def plan(self, run: str = "r", plan: bytes = b"plan") -> None:
        self.send(PLAN, run=run, plan=plan)

    def submit(self, *batches: dict[str, Any], run: str = "r") -> None:
        self.send(SUBMIT, run=run, batches=list(batches))

    def expect_workers(self, count: int) -> list[dict[str, Any]]:
        """Waits until the bridge tells that there are so many workers."""
        workers = self.welcome["workers"]
        while len(workers) != count:
            workers = self.expect(WORKERS)["workers"]
        return workers

    def collect(self, done: int, results: int = 0) -> tuple[dict[int, Any], dict[int, bytes]]:
        """So many DONE and RESULT by batch."""
        finished: dict[int, Any] = {}
        values: dict[int, bytes] = {}
        while len(finished) < done or len(values) < results:
            kind, message = self.next()
            assert kind in (DONE, RESULT, WORKERS), message
            if kind == DONE:
                assert message["id"] not in finished
                finished[message["id"]] = message
            elif kind == RESULT:
                values[message["id"]] = message["data"]
        return finished, values

    def end(self, run: str = "r") -> None:
        self.send(END, run=run)
        while self.next() != (ENDED, {"run": run}):
            pass

    def close(self) -> int:
        """Closes the pipe; the exit code."""
        self.process.stdin.close()
        return self.process.wait(LIMIT)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def defaults(cluster: Cluster | None) -> dict[str, Any]:
    """HELLO for a cluster of this test, with the fake core as a child."""
    return {
        "protocol": 1,
        "version": "0.1.0",
        "address": None,
        "scheduler_file": str(cluster.file) if cluster else None,
        "hook": None,
        "ca_file": None,
        "client_cert": None,
        "client_key": None,
        "insecure": False,
        "timeout": 15.0,
        "library": None,
        "program": FAKE,
    }


def batch(id: int, inputs: tuple[int, ...] = (), gather: bool = False, stage: int = 0, **spec: Any) -> Any:
    """A batch whose spec the fake core understands."""
    return {
        "id": id,
        "stage": stage,
        "kind": "chunks",
        "spec": msgpack.packb(spec),
        "inputs": list(inputs),
        "gather": gather,
    }
