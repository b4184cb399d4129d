"""What a program gets from a cluster on which nothing goes wrong."""

from __future__ import annotations

from cluster import Cluster, batch, wait_until


def test_batches_depend_on_batches_of_the_same_and_of_earlier_windows(cluster: Cluster, bridge) -> None:
    cluster.start_worker()
    cluster.start_worker()
    program = bridge(cluster).ready()
    assert program.welcome["protocol"] == 1
    program.plan()
    program.submit(*(batch(i, op="sum", add=i) for i in range(40)), batch(40, (1, 2), op="sum"))
    total = batch(41, (*range(41),), gather=True, stage=1, op="sum", add=1000)
    program.submit(total, batch(42, (41, 41), gather=True, stage=2, op="sum"))
    done, values = program.collect(43, 2)
    assert values == {41: b"1783", 42: b"3566"}
    assert {"read": 3, "written": 2, "resumed": 1, "peak": 4}.items() <= done[41].items()
    program.end()
    assert program.close() == 0


def test_every_worker_gets_the_plan_and_its_limits(cluster: Cluster, bridge) -> None:
    cluster.start_worker("--memory-limit", "100MB", "--nthreads", "2")
    program = bridge(cluster).ready()
    assert [(w["threads"], w["memory"]) for w in program.welcome["workers"]] == [(2, 100_000_000)]
    program.plan(plan=b"the plan" * 100_000)
    program.submit(batch(0, op="plan", gather=True), batch(1, op="limits", gather=True))
    _, values = program.collect(2, 2)
    assert values == {0: b"the plan" * 100_000, 1: b"2 100000000"}


def test_large_values_pass_between_workers_and_to_the_program(cluster: Cluster, bridge) -> None:
    for _ in range(2):
        cluster.start_worker()
    program = bridge(cluster).ready()
    program.plan()
    size = 70_000_000
    program.submit(*(batch(i, op="bytes", size=size) for i in range(4)))
    program.submit(
        batch(4, (0, 1, 2, 3), op="sizes", gather=True), batch(5, op="bytes", size=size, gather=True)
    )
    _, values = program.collect(6, 2)
    assert values[4] == str(4 * size).encode()
    assert values[5] == b"x" * size


def test_values_are_spilled_to_disk_and_read_again(cluster: Cluster, bridge) -> None:
    cluster.start_worker("--memory-limit", "400MB")
    program = bridge(cluster).ready()
    program.plan()
    size = 70_000_000
    program.submit(*(batch(i, op="bytes", size=size) for i in range(8)))
    program.collect(8)
    wait_until(lambda: list(cluster.folder.glob("worker-*/**/storage/*")))
    program.submit(*(batch(8 + i, (i,), op="sizes", gather=True) for i in range(8)))
    _, values = program.collect(8, 8)
    assert set(values.values()) == {str(size).encode()}


def test_released_batches_leave_the_cluster(cluster: Cluster, bridge) -> None:
    cluster.start_worker()
    program = bridge(cluster).ready()
    program.plan()
    program.submit(batch(0, op="sum", add=1), batch(1, (0,), op="sum", gather=True))
    program.collect(2, 1)
    program.send(4, run="r", ids=[0])
    program.submit(batch(2, (0,), op="sum"))
    error = program.expect(4)
    assert error["run"] == "r"
    assert "batch 2 depends on batch 0" in error["error"]["what"]


def test_two_programs_use_one_cluster_at_once(cluster: Cluster, bridge) -> None:
    cluster.start_worker("--nthreads", "2")
    first, second = bridge(cluster).ready(), bridge(cluster).ready()
    for program, add in ((first, 1), (second, 2)):
        program.plan()
        program.submit(batch(0, op="sum", add=add, gather=True))
    assert first.collect(1, 1)[1] == {0: b"1"}
    assert second.collect(1, 1)[1] == {0: b"2"}
    first.end()
    assert first.close() == 0
    second.submit(batch(1, (0,), op="sum", gather=True))
    assert second.collect(1, 1)[1] == {1: b"2"}


def test_a_run_follows_a_run(cluster: Cluster, bridge) -> None:
    cluster.start_worker()
    program = bridge(cluster).ready()
    for run in ("a", "b"):
        program.plan(run, run.encode())
        program.submit(batch(0, op="plan", gather=True), run=run)
        assert program.collect(1, 1)[1] == {0: run.encode()}
        program.end(run)
    assert program.close() == 0
