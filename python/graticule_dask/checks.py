"""What has to be the same on client, scheduler and workers before anything is run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from distributed import Client

from graticule_dask import __version__
from graticule_dask.errors import GraticuleError

PACKAGE = "graticule_dask"

#: Evaluated on the scheduler and on the workers, where the package may be missing. (`get_versions` asks
#: for installed distributions only, and remembers what was missing until the process ends.)
PROBE = (
    "(lambda found: found and __import__('graticule_dask').__version__)"
    "(__import__('importlib.util', fromlist=['util']).find_spec('graticule_dask'))"
)


def workers_of(client: Client) -> list[dict[str, Any]]:
    """Address, threads and bytes of memory of each worker; 0 bytes is no limit."""
    return [
        {
            "address": address,
            "threads": worker["nthreads"],
            "memory": worker["memory_limit"] or 0,
        }
        for address, worker in client.scheduler_info(n_workers=-1)["workers"].items()
    ]


def wait_for_workers(client: Client, timeout: float) -> None:
    """Waits until the scheduler has a worker; a batch system may still be starting the first."""
    end = time.monotonic() + timeout
    while not client.nthreads():
        if time.monotonic() > end:
            raise GraticuleError(
                "NotFound",
                f"the scheduler `{client.scheduler.address}` has no workers after {timeout:g} s",
                help="start `dask worker`, or wait longer with the option `timeout`",
            )
        time.sleep(0.1)


def check_versions(client: Client) -> None:
    """Refuses what would fail later, or never end: a worker that cannot read a task just dies."""
    versions = client.get_versions()
    ours = _summary(versions["client"], __version__)
    others = {"scheduler": _summary(versions["scheduler"], client.run_on_scheduler(eval, PROBE))}
    packages = client.run(eval, PROBE, on_error="ignore")
    for address, package in packages.items():
        if isinstance(found := versions["workers"].get(address), dict):
            others[f"worker {address}"] = _summary(found, package)
    _refuse_missing(others)
    differing = list(_differences(ours, others))
    if differing:
        raise GraticuleError(
            "Unsupported",
            "the cluster's versions differ from this machine's: " + "; ".join(differing),
            known=[f"{name} {version} here" for name, version in ours.items()],
            help=f"`pip install graticule-dask=={__version__} distributed=={ours['distributed']}`"
            f" in an environment of Python {ours['python']} on the scheduler and on all workers",
        )


def _refuse_missing(others: Mapping[str, Mapping[str, str | None]]) -> None:
    missing = [place for place, found in others.items() if not found[PACKAGE]]
    if missing:
        raise GraticuleError(
            "NotFound",
            "the package graticule-dask is missing on the cluster",
            missing,
            help=f"`pip install graticule-dask=={__version__}` on the scheduler and on all workers",
        )


def _differences(
    ours: Mapping[str, str | None], others: Mapping[str, Mapping[str, str | None]]
) -> Iterator[str]:
    """One text for each package and version, with the places that have it."""
    for name, version in ours.items():
        places: dict[str | None, list[str]] = {}
        for place, found in others.items():
            if found[name] != version:
                places.setdefault(found[name], []).append(place)
        for found_version, where in places.items():
            yield f"{name} {found_version} in place of {version} on {_some(where)}"


def _some(places: list[str]) -> str:
    shown = ", ".join(places[:3])
    return shown if len(places) <= 3 else f"{shown} and {len(places) - 3} more"


def _summary(found: Mapping[str, Any], package: str | None) -> dict[str, str | None]:
    python = found["host"]["python"].split(".")
    return {
        "python": ".".join(python[:2]),
        "distributed": found["packages"]["distributed"],
        PACKAGE: package,
    }
