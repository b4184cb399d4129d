"""What goes wrong on a cluster, and what a program gets to know of it: soon, and with a name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from cluster import DONE, ENDED, ERROR, FAKE, RESULT, WORKERS, Bridge, Cluster, batch, wait_until
from distributed import Client
from graticule_dask.run import is_awaited


def children(process) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def next_error(program: Bridge) -> dict:
    """The error of a run; batches may be finished before it."""
    while True:
        kind, message = program.next()
        if kind == ERROR:
            return message
        assert kind in (DONE, WORKERS), message


def end_quietly(program: Bridge) -> None:
    """Ends the run; nothing but the answer may come."""
    program.send(6, run="r")
    assert program.expect(ENDED) == {"run": "r"}


def test_an_error_of_the_core_is_told_once_with_its_batch(cluster: Cluster, bridge) -> None:
    cluster.start_worker()
    cluster.start_worker()
    program = bridge(cluster).ready()
    program.plan()
    after = (batch(i, (50,), op="sum") for i in range(51, 60))
    program.submit(batch(50, op="fail"), *after, *(batch(i, op="fail") for i in range(60, 70)))
    told = next_error(program)
    assert told["run"] == "r"
    assert told["id"] == 50 or told["id"] >= 60
    assert told["error"] == {
        "kind": "Storage",
        "what": "no such chunk",
        "places": ["t2m"],
        "known": ["a", "b"],
        "help": "look elsewhere",
    }
    assert told["worker"].startswith("tcp://127.0.0.1:")
    assert "run_batch" in told["trace"]
    end_quietly(program)
    program.plan()
    program.submit(batch(0, op="sum", add=4, gather=True))
    assert program.collect(1, 1)[1] == {0: b"4"}


def test_cancel_stops_what_runs(cluster: Cluster, bridge, tmp_path: Path) -> None:
    cluster.start_worker()
    program = bridge(cluster).ready()
    program.plan()
    traces = [tmp_path / f"batch{i}" for i in range(30)]
    program.submit(*(batch(i, op="sleep", seconds=20, trace=str(t)) for i, t in enumerate(traces)))
    wait_until(lambda: list(tmp_path.glob("batch*.begun")))
    begin = time.monotonic()
    program.send(5, run="r")
    assert program.expect(ENDED) == {"run": "r"}
    assert time.monotonic() - begin < 5
    begun = {path.stem for path in tmp_path.glob("batch*.begun")}
    assert begun == {path.stem for path in tmp_path.glob("batch*.cancelled")}
    time.sleep(0.5)
    assert begun == {path.stem for path in tmp_path.glob("batch*.begun")}
    assert not list(tmp_path.glob("batch*.ended"))


def test_a_killed_worker_costs_nothing_but_time(cluster: Cluster, bridge, tmp_path: Path) -> None:
    doomed = cluster.start_worker()
    cluster.start_worker()
    program = bridge(cluster).ready()
    program.expect_workers(2)
    program.plan()
    program.submit(*(batch(i, op="sum", add=i) for i in range(40)))
    program.collect(40)
    slow = (batch(100 + i, (i,), op="sleep", seconds=0.1, trace=str(tmp_path / f"s{i}")) for i in range(40))
    program.submit(*slow, batch(200, (*range(40), *range(100, 140)), op="sum", gather=True))
    wait_until(lambda: list(tmp_path.glob("s*.begun")))
    doomed.kill()
    _, values = program.collect(41, 1)
    assert values == {200: b"780"}


def test_a_killed_core_is_started_again(cluster: Cluster, bridge, tmp_path: Path) -> None:
    worker = cluster.start_worker("--memory-limit", "100MB")
    program = bridge(cluster).ready()
    program.plan()
    program.submit(batch(0, op="sum", add=1))
    program.collect(1)
    program.submit(batch(1, (0,), gather=True, op="sleep", seconds=1, trace=str(tmp_path / "slow")))
    wait_until((tmp_path / "slow.begun").exists)
    (core,) = children(worker)
    core.send_signal(signal.SIGKILL)
    program.submit(batch(2, op="limits", gather=True))
    assert program.collect(2, 2)[1] == {1: b"0", 2: b"1 100000000"}
    program.submit(batch(3, op="die", trace=str(tmp_path / "once"), gather=True))
    assert program.collect(1, 1)[1] == {3: b"7"}
    assert worker.poll() is None


def test_a_core_that_always_dies_is_named(cluster: Cluster, bridge) -> None:
    worker = cluster.start_worker()
    program = bridge(cluster).ready()
    program.plan()
    program.submit(batch(0, op="sum"), batch(1, (0,), op="die"), batch(2, (1,), op="sum"))
    told = next_error(program)
    assert told["id"] == 1
    assert told["error"]["kind"] == "Internal"
    assert "the core died while running a batch, 3 times: signal 9 (SIGKILL)" in told["error"]["what"]
    assert worker.poll() is None
    end_quietly(program)


def test_a_batch_that_kills_all_its_workers_is_named(cluster: Cluster, bridge) -> None:
    preload = Path(__file__).parent / "fake_library.py"
    for _ in range(4):
        cluster.start_worker("--preload", str(preload))
    program = bridge(cluster, program=None, library="fake.so").ready()
    program.expect_workers(4)
    program.plan()
    program.submit(batch(0, op="sum"), batch(1, (0,), op="die"), batch(2, (1,), op="sum"))
    told = next_error(program)
    assert told["id"] == 1, told
    assert told["error"]["kind"] == "Internal"
    assert "the worker process died while running batch 1, on 4 workers" in told["error"]["what"]
    assert "program" in told["error"]["help"]
    end_quietly(program)


def test_a_lost_scheduler_is_an_error_at_once(cluster: Cluster, bridge) -> None:
    cluster.start_worker()
    program = bridge(cluster).ready()
    program.plan()
    program.submit(batch(0, op="sleep", seconds=60), batch(1, (0,), op="sum"))
    time.sleep(0.3)
    begin = time.monotonic()
    cluster.scheduler.kill()
    told = next_error(program)
    assert time.monotonic() - begin < 3
    assert told["error"]["kind"] == "Internal"
    assert "connection to the scheduler is lost" in told["error"]["what"]
    program.submit(batch(2, op="sum"))
    end_quietly(program)
    program.plan("next")
    program.submit(batch(0, op="sum"), run="next")
    assert "connection to the scheduler is lost" in next_error(program)["error"]["what"]
    assert program.close() == 0


def test_a_lost_scheduler_is_told_without_a_run(cluster: Cluster, bridge) -> None:
    cluster.start_worker()
    program = bridge(cluster).ready()
    cluster.scheduler.kill()
    told = next_error(program)
    assert told["run"] is None
    assert "connection to the scheduler is lost" in told["error"]["what"]


def test_workers_come_and_go(cluster: Cluster, bridge) -> None:
    first = cluster.start_worker()
    program = bridge(cluster).ready()
    program.plan()
    first.kill()
    assert program.expect_workers(0) == []
    program.submit(batch(0, op="sum", add=5, gather=True))
    cluster.start_worker("--memory-limit", "100MB")
    told = dict(program.next() for _ in range(3))
    assert told[DONE]["id"] == 0
    assert told[RESULT]["data"] == b"5"
    assert [worker["memory"] for worker in told[WORKERS]["workers"]] == [100_000_000]


def test_a_worker_that_joins_gets_its_share(cluster: Cluster, bridge) -> None:
    cluster.start_worker()
    program = bridge(cluster).ready()
    program.plan()
    program.submit(*(batch(i, op="sleep", seconds=0.2) for i in range(40)))
    joined = cluster.start_worker("--memory-limit", "100MB")
    program.collect(40)
    assert children(joined)


def test_a_joining_worker_whose_core_is_missing_is_named(cluster: Cluster, bridge) -> None:
    first = cluster.start_worker(GRATICULE_WORKER=" ".join(FAKE))
    program = bridge(cluster, program=None).ready()
    cluster.start_worker(GRATICULE_WORKER="/no/such/program")
    program.expect_workers(2)
    first.kill()
    program.expect_workers(1)
    program.plan()
    program.submit(batch(0, op="sum"))
    told = next_error(program)
    assert "/no/such/program" in told["error"]["what"]
    assert told["error"]["places"] == [f"worker {told['worker']}"]


def test_a_run_that_is_not_there_is_named(cluster: Cluster, bridge) -> None:
    cluster.start_worker()
    program = bridge(cluster).ready()
    program.submit(batch(0, op="sum"))
    told = next_error(program)
    assert (told["run"], told["error"]["what"]) == ("r", "there is no run `r`")
    end_quietly(program)


def test_a_retired_worker_costs_nothing(cluster: Cluster, bridge, tmp_path: Path) -> None:
    leaving = cluster.start_worker()
    program = bridge(cluster).ready()
    program.plan()
    program.submit(*(batch(i, op="sum", add=i) for i in range(10)))
    program.collect(10)
    cluster.start_worker()
    (address,) = (worker["address"] for worker in program.welcome["workers"])
    program.expect_workers(2)
    traces = [tmp_path / f"batch{i}" for i in (10, 11)]
    program.submit(*(batch(10 + i, op="sleep", seconds=2, trace=str(t)) for i, t in enumerate(traces)))
    wait_until(lambda: len(list(tmp_path.glob("batch*.begun"))) == 2)
    with Client(cluster.address, set_as_default=False) as client:
        client.retire_workers([address])
    program.submit(batch(12, (*range(12),), op="sum", gather=True))
    assert program.collect(3, 1)[1] == {12: b"45"}
    assert leaving.wait(30) == 0


def test_nothing_is_left_when_the_program_ends(cluster: Cluster, bridge, tmp_path: Path) -> None:
    worker = cluster.start_worker()
    program = bridge(cluster).ready()
    program.plan()
    traces = [tmp_path / f"batch{i}" for i in range(10)]
    program.submit(*(batch(i, op="sleep", seconds=30, trace=str(t)) for i, t in enumerate(traces)))
    wait_until(lambda: list(tmp_path.glob("batch*.begun")))
    assert len(children(worker)) == 1
    begin = time.monotonic()
    assert program.close() == 0
    assert time.monotonic() - begin < 5
    assert list(tmp_path.glob("batch*.cancelled"))
    assert not children(worker)


def test_a_killed_bridge_leaves_nothing_running_for_it(cluster: Cluster, bridge) -> None:
    cluster.start_worker()
    program = bridge(cluster).ready()
    program.plan()
    program.submit(*(batch(i, op="sleep", seconds=0.5) for i in range(20)))
    time.sleep(0.5)
    os.kill(program.process.pid, signal.SIGKILL)
    with Client(cluster.address, set_as_default=False) as client:
        wait_until(lambda: not client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)))


@pytest.mark.parametrize(
    ("status", "client", "awaited"),
    [
        ("pending", "running", True),
        ("lost", "running", True),
        ("lost", "closed", False),
        ("finished", "running", False),
        ("error", "running", False),
        ("cancelled", "running", False),
    ],
)
def test_what_is_awaited(status: str, client: str, awaited: bool) -> None:
    """A value that was lost with its worker is made again, as long as there is a scheduler."""
    assert is_awaited(SimpleNamespace(status=client), SimpleNamespace(status=status)) is awaited
