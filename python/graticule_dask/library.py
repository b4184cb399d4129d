"""The core as a shared library in the worker process, called through ctypes.

ctypes releases the GIL for each call. Values are never copied: those that come out are memoryviews of
the library's own memory, and those that go in are handed over by address.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import msgpack

from graticule_dask.errors import GraticuleError
from graticule_dask.traffic import Traffic


class _Buffer(ctypes.Structure):
    """Bytes of the library, or of ours where they are an input."""

    _fields_ = (("data", ctypes.c_void_p), ("len", ctypes.c_size_t))


class _Traffic(ctypes.Structure):
    _fields_ = (
        ("read", ctypes.c_uint64),
        ("written", ctypes.c_uint64),
        ("resumed", ctypes.c_uint64),
        ("peak", ctypes.c_uint64),
    )


class _PyBuffer(ctypes.Structure):
    """``Py_buffer``, whose layout is part of CPython's stable ABI."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    )


_Bytes = (ctypes.c_void_p, ctypes.c_size_t)
_Out = ctypes.POINTER(_Buffer)

#: Result and arguments of each function of the library.
FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "about": (ctypes.c_int32, (_Out,)),
    "limits": (ctypes.c_int32, (ctypes.c_size_t, ctypes.c_size_t, _Out)),
    "plan": (ctypes.c_int32, (*_Bytes, *_Bytes, _Out)),
    "run": (
        ctypes.c_int32,
        (*_Bytes, *_Bytes, _Out, ctypes.c_size_t, ctypes.POINTER(_Traffic), _Out),
    ),
    "cancel": (ctypes.c_int32, _Bytes),
    "forget": (ctypes.c_int32, _Bytes),
    "free": (None, (_Buffer,)),
}


def open_library(path: str) -> dict[str, Any]:
    """Loads the library at ``path`` and returns its functions by their short names."""
    library = ctypes.CDLL(path)
    functions = {}
    for name, (result, arguments) in FUNCTIONS.items():
        function = getattr(library, f"graticule_worker_{name}")
        function.restype = result
        function.argtypes = arguments
        functions[name] = function
    return functions


class LibraryCore:
    """Runs batches in this process."""

    def __init__(self, path: str) -> None:
        self._call = open_library(path)

    def about(self) -> dict[str, Any]:
        """Version, protocol and kernels of the library."""
        return msgpack.unpackb(self._checked("about"))

    def limits(self, threads: int, memory: int) -> None:
        """Sets how many threads and bytes the library may use; 0 bytes is no limit."""
        self._checked("limits", threads, memory)

    def plan(self, run: str, plan: Any) -> None:
        """Gives the library the plan of a run."""
        with _borrowed(run.encode(), plan) as (name, data):
            self._checked("plan", *name, *data)

    def run(self, run: str, spec: Any, inputs: Sequence[Any]) -> tuple[memoryview, Traffic]:
        """Runs one batch; its value stays in the library's memory until nobody uses the view."""
        traffic = _Traffic()
        with _borrowed(run.encode(), spec, *inputs) as (name, data, *values):
            array = (_Buffer * len(values))(*(_Buffer(*value) for value in values))
            value = self._checked("run", *name, *data, array, len(values), ctypes.byref(traffic))
        return value, Traffic(traffic.read, traffic.written, traffic.resumed, traffic.peak)

    def cancel(self, run: str) -> None:
        """Tells the running batches of a run to stop soon."""
        with _borrowed(run.encode()) as (name,):
            self._call["cancel"](*name)

    def forget(self, run: str) -> None:
        """Drops the plan of a run."""
        with _borrowed(run.encode()) as (name,):
            self._call["forget"](*name)

    def close(self) -> None:
        """Nothing: a library cannot be unloaded while values in its memory may be in use."""

    def _checked(self, name: str, *arguments: Any) -> memoryview:
        out = _Buffer()
        failed = self._call[name](*arguments, ctypes.byref(out))
        value = self._owned(out)
        if failed:
            raise GraticuleError.from_fields(msgpack.unpackb(value))
        return value

    def _owned(self, buffer: _Buffer) -> memoryview:
        """A view that frees the library's buffer when neither it nor a part of it is in use."""
        if not buffer.data or not buffer.len:
            self._call["free"](buffer)
            return memoryview(b"")
        memory = (ctypes.c_ubyte * buffer.len).from_address(buffer.data)
        # Views of a view keep `memory` alive, not the first view. At exit the process' memory goes
        # anyway, and threads of Dask may still be sending it.
        weakref.finalize(memory, self._call["free"], buffer).atexit = False
        return memoryview(memory).cast("B").toreadonly()


@contextmanager
def _borrowed(*values: Any) -> Iterator[list[tuple[int | None, int]]]:
    """Addresses and lengths of bytes-like objects, which stay where they are meanwhile.

    ``ctypes`` itself gives addresses of writable buffers only, and values from other workers or from
    disk may be read-only.
    """
    with ExitStack() as stack:
        places = []
        for value in values:
            view = _PyBuffer()
            ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(value), ctypes.byref(view), 0)
            stack.callback(ctypes.pythonapi.PyBuffer_Release, ctypes.byref(view))
            places.append((view.buf, view.len))
        yield places
