"""The one exception of this package: an error as graticule tells it, which survives pickling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

KINDS = frozenset(
    {
        "NotFound",
        "Invalid",
        "Alignment",
        "DType",
        "Storage",
        "Unsupported",
        "Memory",
        "Cancelled",
        "Internal",
    }
)


class GraticuleError(Exception):
    """What is wrong, where, what exists, and the way out.

    Dask pickles exceptions on their way from a worker to the scheduler and to the client, so all
    that belongs to one is in ``args``. ``batch`` and ``worker`` say which batch failed and where: the
    future that reports an error may be one that only depended on it.
    """

    def __init__(
        self,
        kind: str,
        what: str,
        places: Iterable[str] = (),
        known: Iterable[str] = (),
        help: str | None = None,
        batch: int | None = None,
        worker: str | None = None,
    ) -> None:
        self.kind = kind if kind in KINDS else "Internal"
        self.what = what
        self.places = list(places)
        self.known = list(known)
        self.help = help
        self.batch = batch
        self.worker = worker
        super().__init__(self.kind, what, self.places, self.known, help, batch, worker)

    def __str__(self) -> str:
        lines = [self.what]
        if self.places:
            lines.append("  where: " + ", in ".join(self.places))
        if self.known:
            lines.append("  known: " + ", ".join(self.known))
        if self.help:
            lines.append("  help: " + self.help)
        return "\n".join(lines)

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> GraticuleError:
        """The error that a core has told."""
        return cls(
            str(fields.get("kind")),
            str(fields.get("what")),
            fields.get("places") or (),
            fields.get("known") or (),
            fields.get("help"),
        )

    def fields(self) -> dict[str, Any]:
        """The error as it goes over the wire."""
        return {
            "kind": self.kind,
            "what": self.what,
            "places": self.places,
            "known": self.known,
            "help": self.help,
        }

    def at(self, place: str) -> GraticuleError:
        """The same error, with one more place that it is in."""
        return GraticuleError(self.kind, self.what, [*self.places, place], self.known, self.help)

    def within(self, batch: int, worker: str) -> GraticuleError:
        """The same error, with the batch that failed and the worker that ran it."""
        return GraticuleError(self.kind, self.what, self.places, self.known, self.help, batch, worker)


def known_better(error: BaseException) -> GraticuleError:
    """Any exception as a ``GraticuleError``, of kind ``Internal`` unless it was one already."""
    if isinstance(error, GraticuleError):
        return error
    if isinstance(error, MemoryError):
        return GraticuleError("Memory", f"out of memory: {error}")
    return GraticuleError("Internal", f"{type(error).__name__}: {error}")
