"""What a batch read, wrote, took over from an earlier run, and how much memory it needed."""

from __future__ import annotations

from typing import NamedTuple


class Traffic(NamedTuple):
    """Bytes read and written, chunks that were stored already, and the peak of memory in bytes."""

    read: int = 0
    written: int = 0
    resumed: int = 0
    peak: int = 0
