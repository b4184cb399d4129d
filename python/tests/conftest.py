"""Clusters and bridges that are gone after each test, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import Bridge, Cluster


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler without workers."""
    cluster = Cluster(tmp_path)
    try:
        cluster.start_scheduler()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def bridge() -> Iterator[Callable[..., Bridge]]:
    """Makes bridges."""
    made: list[Bridge] = []

    def make(*arguments: Any, **hello: Any) -> Bridge:
        made.append(Bridge(*arguments, **hello))
        return made[-1]

    try:
        yield make
    finally:
        for one in made:
            one.kill()
