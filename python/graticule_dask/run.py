"""One run: its batches as futures, what they report, and its end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic, sleep
from typing import Any

from distributed import Client, Future
from distributed.scheduler import KilledWorker

from graticule_dask.errors import GraticuleError
from graticule_dask.graph import Key, RunGraph
from graticule_dask.outbox import DONE, RESULT, Outbox
from graticule_dask.plugin import stop_run
from graticule_dask.traffic import Traffic

#: Wakes up who waits for reports.
NO_BATCH = -1

#: Values that are fetched with one request.
GATHER = 8

#: Seconds between two looks at the futures of batches that workers have reported.
TICK = 0.01

#: Seconds between two looks at all futures: not every failure is reported by a worker.
SWEEP = 1.0

#: Seconds that batches have to end after their core was told to stop.
STOP = 60.0


class Run:
    """The batches of one plan on the cluster, until the program ends or cancels the run."""

    def __init__(self, client: Client, session: str, name: str, plan: bytes, outbox: Outbox) -> None:
        self.name = name
        self.graph = RunGraph(session, name, plan)
        self._client = client
        self._session = session
        self._outbox = outbox
        self._futures: dict[int, Future] = {}
        self._pending: dict[int, Future] = {}
        self._plan: Future | None = None
        self._gather: set[int] = set()
        self._traffic: dict[int, Traffic] = {}
        self._reported: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[int, Future] | None] = queue.SimpleQueue()
        self._over = False
        self._lock = threading.Lock()
        self._ending = threading.Lock()
        self._stopped = False
        for target in (self._follow, self._fetch):
            threading.Thread(target=target, name=f"graticule-{name}", daemon=True).start()

    def submit(self, batches: Sequence[Mapping[str, Any]]) -> None:
        """Hands a window of batches to the scheduler.

        Windows are first come, first served: what the program submits first has priority.
        """
        ids = [batch["id"] for batch in batches]
        with self._lock:
            if self._over:
                return
            graph = self.graph.window(batches, first=self._plan is None)
            futures = self._client.get(graph, list(graph), sync=False, fifo_timeout="0s")
            if self._plan is None:
                self._plan = futures.pop()
            self._gather.update(batch["id"] for batch in batches if batch["gather"])
            self._pending.update(zip(ids, futures))
            self._futures.update(zip(ids, futures))

    def release(self, ids: Iterable[int]) -> None:
        """Lets go of values that no later batch needs."""
        ids = list(ids)
        self.graph.forget(ids)
        for batch in ids:
            self._futures.pop(batch, None)

    def report(self, batch: int, traffic: Traffic) -> None:
        """What a worker has told about a batch that is about to be finished, or to fail."""
        self._traffic[batch] = traffic
        self._reported.put(batch)

    def fail(self, error: BaseException, batch: int | None = None) -> None:
        """Tells the run's first error and stops the rest; later errors are only its echo."""
        with self._lock:
            if self._over:
                return
            self._over = True
        self._outbox.send_error(error, self.name, batch)
        threading.Thread(target=self.stop, name="graticule-stop", daemon=True).start()

    def stop(self) -> None:
        """Ends the run: when this returns no batch of it runs and nothing of it is kept."""
        with self._lock:
            self._over = True
        with self._ending:
            if not self._stopped:
                self._stopped = True
                self._cancel()
                if not lost_scheduler(self._client):
                    self._stop_workers()
        self._reported.put(NO_BATCH)
        self._results.put(None)

    def _cancel(self) -> None:
        with self._lock:
            futures = list(self._pending.values())
            self._pending.clear()
            self._futures.clear()
            self._plan = None
        if futures and not lost_scheduler(self._client):
            self._client.cancel(futures)

    def _stop_workers(self) -> None:
        left = self._client.run(stop_run, self._session, self.graph.name, STOP, on_error="ignore")
        for worker, count in left.items():
            if count:
                print(f"{count} batches of run {self.name} still run on {worker}")

    def _follow(self) -> None:
        """Tells what is finished, many batches with one write.

        A callback of each future would do, at three times the cost.
        """
        late: list[int] = []
        swept = monotonic()
        while not self._over:
            try:
                late = self._finish(late + self._next_reported(TICK if late else SWEEP))
                if monotonic() - swept > SWEEP:
                    self._finish(list(self._pending))
                    swept = monotonic()
            except Exception as error:
                self.fail(error)

    def _next_reported(self, timeout: float) -> list[int]:
        """The batches that workers report within a moment from the first, if that comes in time."""
        try:
            batches = [self._reported.get(timeout=timeout)]
        except queue.Empty:
            return []
        sleep(TICK)
        while not self._reported.empty():
            batches.append(self._reported.get())
        return batches

    def _finish(self, batches: Sequence[int]) -> list[int]:
        """Tells which of the batches are finished; those of which the scheduler does not know yet."""
        done, late = [], []
        for batch in batches:
            future = self._pending.get(batch)
            if future is None:
                continue
            if is_awaited(self._client, future):
                late.append(batch)
            elif future.status == "finished":
                done.append(self._finished(batch, future))
            else:
                self.fail(*failure(self._client, future))
                return []
        if done and not self._over:
            self._outbox.send_all(DONE, done)
        return late

    def _finished(self, batch: int, future: Future) -> dict[str, Any]:
        self._pending.pop(batch, None)
        if batch in self._gather:
            self._gather.discard(batch)
            self._results.put((batch, future))
        traffic = self._traffic.pop(batch, Traffic())
        return {"run": self.name, "id": batch, **traffic._asdict()}

    def _fetch(self) -> None:
        """Sends the values that the program wants, as they become ready."""
        while (ready := self._results.get()) is not None:
            wanted = [ready]
            while len(wanted) < GATHER and not self._results.empty():
                if (ready := self._results.get()) is None:
                    return
                wanted.append(ready)
            try:
                self._send_values(wanted)
            except Exception as error:
                self.fail(lost_scheduler(self._client) or error)

    def _send_values(self, wanted: list[tuple[int, Future]]) -> None:
        values = self._client.gather([future for _, future in wanted])
        if self._over:
            return
        self._outbox.send_all(
            RESULT,
            ({"run": self.name, "id": batch, "data": value} for (batch, _), value in zip(wanted, values)),
        )


def is_awaited(client: Client, future: Future) -> bool:
    """Whether the scheduler still sees to a value: a lost one, whose worker went away, it has made again."""
    return future.status == "pending" or (future.status == "lost" and lost_scheduler(client) is None)


def lost_scheduler(client: Client) -> GraticuleError | None:
    """The error that there is no scheduler any more, if so."""
    if client.status == "running":
        return None
    return GraticuleError(
        "Internal",
        "the connection to the scheduler is lost",
        help="see the scheduler's log; a run that is started again with `resume` goes on from what is stored",
    )


def failure(client: Client, future: Future) -> tuple[BaseException, int]:
    """Why a future has no value, and the batch that is to blame as far as Dask knows."""
    key: Key = future.key
    if future.status == "error":
        error = future.exception()
        if isinstance(error, KilledWorker):
            return _killed(error, key[1]), key[1]
        if error is not None:
            return error, key[1]
    if lost := lost_scheduler(client):
        return lost, key[1]
    return GraticuleError(
        "Internal",
        f"the scheduler dropped batch {key[1]} ({future.status})",
        help="did somebody restart or cancel the cluster's tasks? See the scheduler's log",
    ), key[1]


def _killed(error: KilledWorker, batch: int) -> GraticuleError:
    # Batches that depended on the one that failed have the same error.
    batch = error.task[1] if isinstance(error.task, tuple) else batch
    return GraticuleError(
        "Internal",
        f"the worker process died while running batch {batch},"
        f" on {error.allowed_failures + 1} workers one after the other",
        help="run the core in a process of its own (the option `program`) to see how it dies and to keep the"
        " workers; was memory short? See the workers' logs",
        batch=batch,
        worker=error.last_worker.address,
    )
