"""Which core a worker uses: a shared library or a program, and where it is."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from graticule_dask import PROTOCOL
from graticule_dask.child import ChildCore
from graticule_dask.errors import GraticuleError
from graticule_dask.library import LibraryCore
from graticule_dask.traffic import Traffic

LIBRARY_VARIABLE = "GRATICULE_WORKER_LIBRARY"
PROGRAM_VARIABLE = "GRATICULE_WORKER"
PROGRAM = "graticule-worker"

#: The argument with which a worker program answers on stdin and stdout; part of the program that the
#: client names, added to the one that the worker's environment names.
SERVE = "serve"


class Core(Protocol):
    """What runs batches. All calls may come from many threads at once."""

    def about(self) -> dict[str, Any]: ...
    def limits(self, threads: int, memory: int) -> None: ...
    def plan(self, run: str, plan: Any) -> None: ...
    def run(self, run: str, spec: Any, inputs: Sequence[Any]) -> tuple[memoryview, Traffic]: ...
    def cancel(self, run: str) -> None: ...
    def forget(self, run: str) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class CoreSettings:
    """What the program that connects asks for; the worker's environment answers what it leaves open."""

    version: str
    library: str | None = None
    program: tuple[str, ...] | None = None

    @property
    def isolate(self) -> bool:
        """Whether the core runs as a child: it does where a program is named and no library."""
        return bool(self.program) or not (self.library or os.environ.get(LIBRARY_VARIABLE))


def open_core(settings: CoreSettings) -> Core:
    """Starts the core and checks that it is the one that the program was built with."""
    core = _open_program(settings) if settings.isolate else _open_library(settings)
    try:
        _check(core.about(), settings)
    except BaseException:
        core.close()
        raise
    return core


def _open_library(settings: CoreSettings) -> Core:
    path = settings.library or os.environ.get(LIBRARY_VARIABLE)
    way_out = f"set the option `library`, or {LIBRARY_VARIABLE} on the workers, to where it is there"
    assert path, "a core without a library is a child"
    try:
        return LibraryCore(path)
    except OSError as error:
        kind = "Invalid" if os.path.exists(path) else "NotFound"
        raise GraticuleError(
            kind, f"the worker library `{path}` cannot be loaded: {error}", help=way_out
        ) from error
    except AttributeError as error:
        raise GraticuleError("Invalid", f"`{path}` is no worker library: {error}", help=way_out) from error


def _open_program(settings: CoreSettings) -> Core:
    program = list(settings.program or ())
    if not program:
        named = shlex.split(os.environ.get(PROGRAM_VARIABLE, ""))
        program = [*(named or [shutil.which(PROGRAM) or PROGRAM]), SERVE]
    try:
        return ChildCore(program)
    except OSError as error:
        raise GraticuleError(
            "NotFound",
            f"the worker program `{program[0]}` cannot be started: {error}",
            help=f"set the option `program`, or {PROGRAM_VARIABLE} on the workers, to where it is there,"
            f" or put `{PROGRAM}` on their PATH",
        ) from error


def _check(about: dict[str, Any], settings: CoreSettings) -> None:
    found = (about.get("version"), about.get("protocol"))
    wanted = (settings.version, PROTOCOL)
    if found != wanted:
        raise GraticuleError(
            "Unsupported",
            f"the workers' core is graticule {found[0]} (protocol {found[1]}),"
            f" this program graticule {wanted[0]} (protocol {wanted[1]})",
            help="build both from the same version of graticule",
        )
