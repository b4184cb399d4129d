"""The library's functions through ctypes: no copies, nothing freed too early or never."""

from __future__ import annotations

import gc
from pathlib import Path

import fake_library
import msgpack
import pytest
from cluster import Cluster, batch

from graticule_dask import library
from graticule_dask.core import CoreSettings, open_core
from graticule_dask.errors import GraticuleError


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> library.LibraryCore:
    """A fake library's core that has the plan of the run ``r``."""
    monkeypatch.setattr(library, "open_library", fake_library.open_library)
    core = library.LibraryCore("fake.so")
    core.plan("r", b"plan")
    return core


def spec(**operation: object) -> bytes:
    return msgpack.packb(operation)


def test_a_value_lives_as_long_as_any_view_of_it(core: library.LibraryCore) -> None:
    gc.collect()
    before = len(fake_library.given)
    value, traffic = core.run("r", spec(op="bytes", size=1000), [])
    assert (len(value), value.readonly, value.format) == (1000, True, "B")
    assert traffic == (3, 2, 1, 0)
    part = value[10:20]
    del value
    gc.collect()
    assert len(fake_library.given) == before + 1
    assert bytes(part) == b"x" * 10
    del part
    gc.collect()
    assert len(fake_library.given) == before


def test_inputs_may_be_read_only_writable_or_empty(core: library.LibraryCore) -> None:
    own, _ = core.run("r", spec(op="bytes", size=3), [])
    inputs = [b"ab", bytearray(b"cde"), memoryview(b"fghi")[1:3], own, memoryview(b""), b""]
    value, traffic = core.run("r", spec(op="sizes"), inputs)
    assert bytes(value) == b"10"
    assert traffic.peak == 10


def test_an_error_of_the_library_is_raised_and_freed(core: library.LibraryCore) -> None:
    before = len(fake_library.given)
    with pytest.raises(GraticuleError) as caught:
        core.run("r", spec(op="fail"), [])
    assert caught.value.fields()["known"] == ["a", "b"]
    assert str(caught.value) == "no such chunk\n  where: t2m\n  known: a, b\n  help: look elsewhere"
    del caught
    gc.collect()
    assert len(fake_library.given) == before


def test_a_run_without_its_plan_is_not_found(core: library.LibraryCore) -> None:
    core.forget("r")
    with pytest.raises(GraticuleError) as caught:
        core.run("r", spec(op="sum"), [])
    assert (caught.value.kind, caught.value.what) == ("NotFound", "plan")


def test_what_is_no_library_is_named(tmp_path: Path) -> None:
    path = tmp_path / "core.so"
    path.write_bytes(b"not a library")
    for kind, name in (("Invalid", str(path)), ("NotFound", "/no/such/core.so")):
        with pytest.raises(GraticuleError) as caught:
            open_core(CoreSettings(version="0.1.0", library=name))
        assert caught.value.kind == kind
        assert name in caught.value.what
        assert "GRATICULE_WORKER_LIBRARY" in caught.value.help


def test_a_library_without_our_functions_is_named() -> None:
    with pytest.raises(GraticuleError) as caught:
        open_core(CoreSettings(version="0.1.0", library="libc.so.6"))
    assert "is no worker library" in caught.value.what


def test_batches_run_in_the_process_of_the_worker(cluster: Cluster, bridge) -> None:
    for _ in range(2):
        cluster.start_worker("--preload", fake_library.__file__)
    program = bridge(cluster, program=None, library="fake.so").ready()
    program.plan()
    size = 70_000_000
    program.submit(*(batch(i, op="bytes", size=size) for i in range(4)))
    program.submit(batch(4, (0, 1, 2, 3), op="sizes", gather=True))
    done, values = program.collect(5, 1)
    assert values == {4: str(4 * size).encode()}
    assert done[4]["peak"] == 4 * size
    program.end()
    assert program.close() == 0
