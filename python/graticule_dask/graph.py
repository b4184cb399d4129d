"""Batches as a Dask graph: windows of tasks with tuple keys, and the plan as a key they depend on."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from dask.base import normalize_token
from distributed.utils_comm import WrappedKey

from graticule_dask.errors import GraticuleError
from graticule_dask.tasks import run_batch

#: ``(group, batch)``. Dask keeps statistics by the part of ``group`` before the first word that is not
#: made of letters alone, and by ``group``; a prefix of its own for each key would cost the scheduler
#: ten milliseconds a task.
Key = tuple[str, int]


_numbers = itertools.count()


class Window(dict[Key, Any]):
    """A graph that Dask need not hash, which costs more than all else that is done with it here."""


@normalize_token.register(Window)
def _(window: Window) -> tuple[str, str]:
    # The scheduler may take graphs of one name for one graph, whoever sends them.
    return "graticule-window", uuid.uuid4().hex


class RunGraph:
    """The keys of one run's batches, and the graph of each window of them."""

    def __init__(self, session: str, run: str, plan: bytes) -> None:
        self._session = session
        self._run = run
        # Other programs on the cluster may use the same name, and this one may use it again.
        self.name = f"{session}-{next(_numbers)}-{run}"
        self._plan = plan
        self.plan_key: Key = (f"graticule-plan-{self.name}", 0)
        self._keys: dict[int, Key] = {}

    def window(self, batches: Sequence[Mapping[str, Any]], first: bool) -> Window:
        """The graph of a window; with the first one goes the plan."""
        keys = [self._add(batch) for batch in batches]
        graph = Window((key, self._task(batch)) for key, batch in zip(keys, batches))
        if first:
            graph[self.plan_key] = self._plan
        return graph

    def forget(self, batches: Sequence[int]) -> None:
        """Batches that no later one will use."""
        for batch in batches:
            self._keys.pop(batch, None)

    def _add(self, batch: Mapping[str, Any]) -> Key:
        # Dask holds tasks without inputs back until a worker is free, if their group is large: those of all stages are one.
        stage = batch["stage"] if batch["inputs"] else "first"
        key = (f"graticule-{batch['kind']}-{self.name}-{stage}", batch["id"])
        self._keys[batch["id"]] = key
        return key

    def _task(self, batch: Mapping[str, Any]) -> tuple[Any, ...]:
        # A wrapped key stands for a key of this graph or of an earlier one, in all versions of Dask.
        return (
            run_batch,
            WrappedKey(self.plan_key),
            self._session,
            self.name,
            batch["id"],
            batch["spec"],
            *(WrappedKey(self._key(source, batch["id"])) for source in batch["inputs"]),
        )

    def _key(self, source: int, batch: int) -> Key:
        try:
            return self._keys[source]
        except KeyError:
            raise GraticuleError(
                "Invalid",
                f"batch {batch} depends on batch {source}, which was not submitted or is released",
                [f"run {self._run}"],
            ) from None
