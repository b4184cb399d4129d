"""What each Dask worker holds for a session: its core, and which runs are going on."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from distributed import Worker, WorkerPlugin

from graticule_dask.core import Core, CoreSettings, open_core
from graticule_dask.errors import GraticuleError, known_better

#: Seconds between two requests to the core to stop the batches of a run.
AGAIN = 0.05


def plugin_name(session: str) -> str:
    """The name of a session's plugin, also the topic of its events."""
    return f"graticule-{session}"


class CorePlugin(WorkerPlugin):
    """Opens the core when a worker joins, and passes the worker's limits on to it.

    Dask sets it up on workers that join later as well, before they get tasks. A worker on which that
    failed keeps the error, for the first batch that comes to it.
    """

    def __init__(self, session: str, settings: CoreSettings) -> None:
        self.name = plugin_name(session)
        self._session = session
        self._settings = settings
        self._worker: Worker | None = None
        self._core: Core | None = None
        self._error: GraticuleError | None = None
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self._stopped: set[str] = set()
        self._events: dict[Any, list[Any]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return CorePlugin, (self._session, self._settings)

    async def setup(self, worker: Worker) -> None:
        """Opens the core; off the event loop, which must answer the scheduler meanwhile."""
        self._worker = worker
        threads = worker.state.nthreads
        memory = worker.memory_manager.memory_limit or 0
        loop = asyncio.get_running_loop()
        try:
            self._core = await loop.run_in_executor(None, self._open, threads, memory)
        except Exception as error:
            self._error = known_better(error).at(f"worker {worker.address}")
            raise self._error from error

    async def teardown(self, worker: Worker) -> None:
        """Ends the core with the session, or with the worker, whose batches run elsewhere then."""
        if self._core is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._close, self._core)

    def _close(self, core: Core) -> None:
        for run in list(self._running):
            core.cancel(run)
        core.close()

    def _open(self, threads: int, memory: int) -> Core:
        core = open_core(self._settings)
        core.limits(threads, memory)
        return core

    @contextmanager
    def batch(self, run: str) -> Iterator[Core]:
        """The core, for a batch that counts as running until the block ends."""
        if self._error is not None:
            raise self._error
        if self._core is None:
            raise GraticuleError("Internal", "the worker got a batch before its core was opened")
        with self._lock:
            if run in self._stopped:
                raise GraticuleError("Cancelled", "the run has ended")
            self._running[run] += 1
        try:
            yield self._core
        finally:
            with self._lock:
                self._running[run] -= 1

    def tell(self, task: Any, event: list[Any]) -> None:
        """Keeps what a task has to say until it changes its state."""
        self._events[task] = event

    def transition(self, key: Any, start: str, finish: str, **_: Any) -> None:
        """Sends what a task has said, when Dask finds that it is finished or has failed.

        So the event leaves with the message that says so, a little before it. Sent by the task itself
        it would leave alone, and the other message two milliseconds later.
        """
        event = self._events.pop(key, None)
        if event is not None and self._worker is not None:
            self._worker.log_event(self.name, event)

    async def stop(self, run: str, timeout: float) -> int:
        """Ends a run: refuses its batches from now on and stops those that run.

        Returns how many still run after ``timeout`` seconds.
        """
        with self._lock:
            self._stopped.add(run)
        core = self._core
        if core is None:
            return 0
        loop = asyncio.get_running_loop()
        end = monotonic() + timeout
        # More than once: a batch that has only just been counted may reach the core after the
        # request.
        while self._running[run] and monotonic() < end:
            await loop.run_in_executor(None, core.cancel, run)
            await asyncio.sleep(AGAIN)
        await loop.run_in_executor(None, core.forget, run)
        return self._running.pop(run, 0)


def session_plugin(session: str, worker: Worker) -> CorePlugin:
    """The plugin of a session on ``worker``."""
    plugin = worker.plugins.get(plugin_name(session))
    if not isinstance(plugin, CorePlugin):
        raise GraticuleError("Cancelled", "the session has ended", [f"worker {worker.address}"])
    return plugin


async def stop_run(session: str, run: str, timeout: float, dask_worker: Worker) -> int:
    """Ends a run on one worker; for ``Client.run``."""
    if plugin_name(session) not in dask_worker.plugins:
        return 0
    return await session_plugin(session, dask_worker).stop(run, timeout)
