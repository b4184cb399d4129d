"""A connection to a cluster that has been checked, with the core on every worker."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from distributed import Client

from graticule_dask.checks import workers_of
from graticule_dask.core import CoreSettings
from graticule_dask.errors import GraticuleError
from graticule_dask.outbox import END, WORKERS, Outbox
from graticule_dask.plugin import CorePlugin, plugin_name
from graticule_dask.run import Run, lost_scheduler
from graticule_dask.traffic import Traffic

#: Seconds between two looks at the scheduler and its workers.
LOOK = 0.5


class Session:
    """The runs of one program on one cluster."""

    def __init__(self, client: Client, settings: CoreSettings, outbox: Outbox) -> None:
        self._client = client
        self._outbox = outbox
        self._name = uuid.uuid4().hex[:8]
        self._runs: dict[str, Run] = {}
        self._endings: list[threading.Thread] = []
        self._closing = threading.Event()
        try:
            client.register_plugin(CorePlugin(self._name, settings), name=plugin_name(self._name))
            client.subscribe_topic(plugin_name(self._name), self._event)
            self.workers = workers_of(client)
        except BaseException:
            # The scheduler would give the plugin to every worker that comes.
            with suppress(Exception):
                client.unregister_worker_plugin(plugin_name(self._name))
            raise

    def watch(self) -> None:
        """Starts telling which workers come and go, and that the scheduler is lost."""
        threading.Thread(target=self._watch, name="graticule-watch", daemon=True).start()

    def plan(self, run: str, plan: bytes) -> None:
        """Begins a run."""
        self._runs[run] = Run(self._client, self._name, run, plan, self._outbox)

    def submit(self, run: str, batches: Sequence[dict[str, Any]]) -> None:
        """Adds a window of batches to a run."""
        going = self._run(run)
        try:
            going.submit(batches)
        except Exception as error:
            going.fail(error)

    def release(self, run: str, ids: Sequence[int]) -> None:
        """Lets go of values of a run."""
        self._run(run).release(ids)

    def end(self, run: str) -> None:
        """Stops what is left of a run and answers when nothing is; in the background."""
        ending = self._runs.pop(run, None)
        thread = threading.Thread(target=self._end, args=(run, ending), name="graticule-end", daemon=True)
        self._endings = [*filter(threading.Thread.is_alive, self._endings), thread]
        thread.start()

    def close(self) -> None:
        """Stops all runs, takes the cores off the workers and leaves the cluster."""
        self._closing.set()
        for run in list(self._runs.values()):
            run.stop()
        for thread in self._endings:
            thread.join()
        if not lost_scheduler(self._client):
            self._client.unsubscribe_topic(plugin_name(self._name))
            self._client.unregister_worker_plugin(plugin_name(self._name))
        self._client.close(timeout=5)

    def _run(self, name: str) -> Run:
        try:
            return self._runs[name]
        except KeyError:
            raise GraticuleError("Invalid", f"there is no run `{name}`", known=list(self._runs)) from None

    def _end(self, name: str, run: Run | None) -> None:
        try:
            if run is not None:
                run.stop()
        except Exception as error:
            self._outbox.send_error(error, name)
        self._outbox.send(END, {"run": name})

    def _event(self, event: tuple[float, Sequence[Any]]) -> None:
        """What a worker tells about a batch; see `tasks.run_batch`."""
        graph, batch, *traffic = event[1]
        for run in list(self._runs.values()):
            if run.graph.name == graph:
                run.report(batch, Traffic(*traffic))

    def _watch(self) -> None:
        known = {worker["address"] for worker in self.workers}
        while not self._closing.wait(LOOK):
            if lost := lost_scheduler(self._client):
                self._lost(lost)
                return
            try:
                if set(self._client.nthreads()) != known:
                    self.workers = workers_of(self._client)
                    known = {worker["address"] for worker in self.workers}
                    self._outbox.send(WORKERS, {"workers": self.workers})
            except Exception as error:
                # The scheduler may be gone, which the next look finds out.
                print(f"cannot ask for the workers: {error}")

    def _lost(self, error: Exception) -> None:
        runs = list(self._runs.values())
        for run in runs:
            run.fail(error)
        if not runs:
            self._outbox.send_error(error)
