"""Which schedulers the bridge connects to, and which clusters it refuses."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cluster import ERROR, Cluster, batch, wait_until

from graticule_dask.connect import refuse_insecure
from graticule_dask.errors import GraticuleError

HOOK = """
from distributed import Client

def connect():
    print("a print that must not get onto the wire")
    return Client({address!r}, set_as_default=False)

def no_client():
    return 1
"""


def refused(program) -> dict:
    """The error instead of READY, after which the bridge ends."""
    told = program.expect(ERROR)
    assert told["run"] is None
    assert program.process.wait(10) == 1
    return told["error"]


def test_it_connects_by_address(cluster: Cluster, bridge) -> None:
    cluster.start_worker()
    program = bridge(scheduler_file=None, address=cluster.address).ready()
    assert program.close() == 0


def test_it_connects_through_a_hook(cluster: Cluster, bridge, tmp_path: Path) -> None:
    cluster.start_worker()
    (tmp_path / "my_hook.py").write_text(HOOK.format(address=cluster.address))
    program = bridge(scheduler_file=None, hook="my_hook:connect", path=tmp_path).ready()
    assert program.close() == 0
    error = refused(bridge(scheduler_file=None, hook="my_hook:no_client", path=tmp_path))
    assert "`my_hook:no_client` returned a int" in error["what"]
    error = refused(bridge(hook="no_such_module:connect"))
    assert "no_such_module" in error["what"]
    error = refused(bridge(hook="nonsense"))
    assert "not of the form `module:function`" in error["what"]


def test_it_waits_for_the_scheduler_file(tmp_path: Path, bridge) -> None:
    cluster = Cluster(tmp_path)
    program = bridge(cluster)
    try:
        cluster.start_scheduler()
        cluster.start_worker()
        program.ready()
    finally:
        cluster.stop()


@pytest.mark.parametrize(
    ("hello", "what"),
    [
        ({"scheduler_file": "/no/such/file"}, "the scheduler file `/no/such/file` names no scheduler"),
        ({"address": "tcp://127.0.0.1:9"}, "no Dask scheduler answers at `tcp://127.0.0.1:9`"),
        ({}, "no scheduler is named"),
        ({"address": "tls://127.0.0.1:9", "ca_file": "/no/ca.pem"}, "no certificate file `/no/ca.pem`"),
        ({"protocol": 2}, "the program speaks protocol 2"),
    ],
)
def test_what_is_not_there_is_named(bridge, hello: dict, what: str) -> None:
    assert what in refused(bridge(**{"timeout": 1.0, **hello}))["what"]


@pytest.mark.parametrize("address", ["10.1.2.3:8786", "tcp://10.1.2.3:8786", "ws://[2001:db8::1]:80"])
def test_clear_text_off_this_machine_is_refused(bridge, tmp_path: Path, address: str) -> None:
    error = refused(bridge(address=address))
    assert f"the scheduler `{address}` is on another machine" in error["what"]
    assert "`insecure`" in error["help"]
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"address": address}))
    assert "not encrypted" in refused(bridge(scheduler_file=str(file)))["what"]


def test_tls_loopback_and_what_is_allowed_by_name_are_not_refused() -> None:
    for address in (
        "tls://10.1.2.3:8786",
        "gateway://host:80/x",
        "127.0.0.1:1",
        "tcp://[::1]:1",
        "localhost:1",
    ):
        refuse_insecure(address, insecure=False)
    refuse_insecure("tcp://10.1.2.3:8786", insecure=True)
    with pytest.raises(GraticuleError, match="not encrypted"):
        refuse_insecure("tcp://no-such-host.invalid:8786", insecure=False)


def test_no_workers_is_an_error_after_the_timeout(cluster: Cluster, bridge) -> None:
    error = refused(bridge(cluster, timeout=0.5))
    assert "has no workers after 0.5 s" in error["what"]


def test_the_first_worker_may_come_late(cluster: Cluster, bridge) -> None:
    program = bridge(cluster)
    cluster.start_worker()
    program.ready()


def test_a_program_that_ends_while_it_waits_ends_the_bridge(cluster: Cluster, bridge) -> None:
    assert bridge(cluster, timeout=600.0).close() == 0


def test_a_missing_package_is_named(cluster: Cluster, bridge) -> None:
    cluster.start_worker()
    cluster.start_worker(path=None)
    wait_until(lambda: cluster.registered() == 2)
    told = refused(bridge(cluster))
    assert "package graticule-dask is missing" in told["what"]
    assert len(told["places"]) == 1
    assert told["places"][0].startswith("worker tcp://127.0.0.1:")
    assert "pip install graticule-dask==" in told["help"]


def test_a_scheduler_without_the_package_is_named(tmp_path: Path, bridge) -> None:
    cluster = Cluster(tmp_path)
    try:
        cluster.start_scheduler(path=None)
        cluster.start_worker()
        assert refused(bridge(cluster))["places"] == ["scheduler"]
    finally:
        cluster.stop()


def test_another_version_of_the_package_is_named(cluster: Cluster, bridge, tmp_path: Path) -> None:
    other = tmp_path / "other" / "graticule_dask"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("__version__ = '0.0.1'")
    cluster.start_worker(path=other.parent)
    error = refused(bridge(cluster))
    assert "graticule_dask 0.0.1 in place of 0.1.0 on worker tcp://" in error["what"]
    assert error["kind"] == "Unsupported"


def test_a_core_of_another_version_is_named(cluster: Cluster, bridge) -> None:
    cluster.start_worker(FAKE_CORE_VERSION="0.0.9")
    error = refused(bridge(cluster))
    assert "core is graticule 0.0.9 (protocol 1), this program graticule 0.1.0" in error["what"]
    assert error["places"][0].startswith("worker tcp://127.0.0.1:")


def test_a_core_that_is_not_there_is_named_with_its_worker(cluster: Cluster, bridge) -> None:
    cluster.start_worker()
    for core, way_out in (
        ({"program": ["/no/such/core"]}, "GRATICULE_WORKER"),
        ({"program": None, "library": "/no/such/core"}, "GRATICULE_WORKER_LIBRARY"),
    ):
        error = refused(bridge(cluster, **core))
        assert "/no/such/core" in error["what"]
        assert error["places"][0].startswith("worker tcp://127.0.0.1:")
        assert way_out in error["help"]
    error = refused(bridge(cluster, program=None))
    assert "`graticule-worker` cannot be started" in error["what"]
    assert "GRATICULE_WORKER" in error["help"]


def test_it_connects_by_tls(tmp_path: Path, bridge) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make certificates with")
    request = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    subprocess.run([*request, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    tls = ("--tls-ca-file", str(certificate), "--tls-cert", str(certificate), "--tls-key", str(key))
    cluster = Cluster(tmp_path, tls)
    try:
        cluster.start_scheduler()
        cluster.start_worker()
        assert cluster.address.startswith("tls://")
        files = {"ca_file": str(certificate), "client_cert": str(certificate), "client_key": str(key)}
        program = bridge(cluster, **files).ready()
        program.plan()
        program.submit(batch(0, op="sum", add=3, gather=True))
        assert program.collect(1, 1)[1] == {0: b"3"}
        assert program.close() == 0
        program = bridge(scheduler_file=None, address=cluster.address.removeprefix("tls://"), **files).ready()
        assert program.close() == 0
    finally:
        cluster.stop()
