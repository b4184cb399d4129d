"""The fake core as a library: ctypes callbacks in place of the functions of a shared library.

Given to ``dask worker --preload``, so that every library a worker opens is this one.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack

sys.path.insert(0, str(Path(__file__).parent))

from fake_core import Fake

from graticule_dask import library
from graticule_dask.errors import GraticuleError

#: Memory that the library has given away and not got back, by address.
given: dict[int, Any] = {}


def _give(out: Any, data: bytes) -> None:
    memory = (ctypes.c_char * len(data)).from_buffer_copy(data)
    given[ctypes.addressof(memory)] = memory
    out[0].data = ctypes.addressof(memory)
    out[0].len = len(data)


def _answered(out: Any, answer: Callable[[], bytes]) -> int:
    try:
        _give(out, answer())
    except GraticuleError as error:
        _give(out, msgpack.packb(error.fields()))
        return 1
    return 0


def open_library(path: str) -> dict[str, Any]:
    """The functions of a fake core with a state of its own."""
    fake = Fake()

    def about(out: Any) -> int:
        return _answered(out, fake.about)

    def limits(threads: int, memory: int, out: Any) -> int:
        fake.threads, fake.memory = threads, memory
        return _answered(out, bytes)

    def plan(run: int, run_len: int, data: int, length: int, out: Any) -> int:
        fake.plans[_text(run, run_len)] = ctypes.string_at(data, length)
        return _answered(out, bytes)

    def run(
        run: int, run_len: int, spec: int, spec_len: int, inputs: Any, count: int, traffic: Any, out: Any
    ) -> int:
        values = [ctypes.string_at(inputs[i].data, inputs[i].len) for i in range(count)]
        traffic[0].read, traffic[0].written, traffic[0].resumed = 3, 2, 1
        traffic[0].peak = sum(map(len, values))
        name = _text(run, run_len)
        return _answered(out, lambda: fake.run(name, ctypes.string_at(spec, spec_len), values))

    def cancel(run: int, run_len: int) -> int:
        fake.cancelled.add(_text(run, run_len))
        return 0

    def forget(run: int, run_len: int) -> int:
        fake.plans.pop(_text(run, run_len), None)
        return 0

    def free(buffer: Any) -> None:
        if buffer.len:
            del given[buffer.data]

    python = locals()
    return {
        name: ctypes.CFUNCTYPE(result, *arguments)(python[name])
        for name, (result, arguments) in library.FUNCTIONS.items()
    }


def _text(address: int, length: int) -> str:
    return ctypes.string_at(address, length).decode()


def dask_setup(worker: Any) -> None:
    """Called by Dask when it preloads this file."""
    library.open_library = open_library
