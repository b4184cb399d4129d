"""The function that Dask tasks call."""

from __future__ import annotations

from typing import Any

from distributed import get_worker

from graticule_dask.core import Core
from graticule_dask.errors import GraticuleError, known_better
from graticule_dask.plugin import session_plugin
from graticule_dask.traffic import Traffic


def run_batch(plan: Any, session: str, run: str, batch: int, spec: bytes, *inputs: Any) -> memoryview:
    """Runs one batch in this worker's core; its value is a view of the core's memory.

    The client hears of the traffic just before it hears that the task is finished or has failed.
    """
    worker = get_worker()
    traffic = Traffic()
    try:
        plugin = session_plugin(session, worker)
        try:
            with plugin.batch(run) as core:
                value, traffic = _run(core, plan, run, spec, inputs)
            return value
        finally:
            plugin.tell(worker.get_current_task(), [run, batch, *traffic])
    except Exception as error:
        raise known_better(error).within(batch, worker.address) from error


def _run(core: Core, plan: Any, run: str, spec: bytes, inputs: tuple[Any, ...]) -> tuple[memoryview, Traffic]:
    """Runs a batch, and gives the core the plan where it lacks it."""
    try:
        return core.run(run, spec, inputs)
    except GraticuleError as error:
        if error.kind != "NotFound" or error.what != "plan":
            raise
    core.plan(run, plan)
    return core.run(run, spec, inputs)
