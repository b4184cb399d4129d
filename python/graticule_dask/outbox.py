"""The frames that go to the graticule program, from whichever thread."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

from graticule_dask.errors import known_better
from graticule_dask.frames import encode

READY, DONE, RESULT, ERROR, WORKERS, END = 1, 2, 3, 4, 5, 6


class Outbox:
    """Writes whole frames, one after the other.

    A program that is gone is no error here: the end of its other pipe ends the bridge.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, kind: int, message: Mapping[str, Any]) -> None:
        """Sends one frame."""
        self.send_all(kind, [message])

    def send_all(self, kind: int, messages: Iterable[Mapping[str, Any]]) -> None:
        """Sends frames of one type with one flush."""
        frames = [encode(kind, message) for message in messages]
        try:
            with self._lock:
                for frame in frames:
                    for part in frame:
                        self._stream.write(part)
                self._stream.flush()
        except (BrokenPipeError, ValueError):
            pass

    def send_error(self, error: BaseException, run: str | None = None, batch: int | None = None) -> None:
        """Tells an error, with the batch and the worker that it knows itself if it does."""
        told = known_better(error)
        self.send(
            ERROR,
            {
                "run": run,
                "id": batch if told.batch is None else told.batch,
                "error": told.fields(),
                "worker": told.worker,
                "trace": "".join(traceback.format_exception(None, error, error.__traceback__)),
            },
        )
