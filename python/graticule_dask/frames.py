"""Frames: ``u32 length | u8 type | msgpack map``, between graticule, its bridge and its child cores."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

import msgpack

from graticule_dask.views import unpack_views

#: Length of type and payload together; more is taken for a stream that is out of step.
MAX_LENGTH = 2**31

#: Buffers from this size on are written as they are, not copied once more.
LARGE = 1 << 16

Buffer = (bytes, bytearray, memoryview)


class FrameError(Exception):
    """The other side sent something that is no frame, or a message does not fit into one."""


def read_frame(stream: BinaryIO, views: bool = False) -> tuple[int, dict[str, Any]] | None:
    """The next frame's type and message, or ``None`` where the stream ends between two frames.

    With ``views`` the byte strings of large frames are memoryviews: right for few large values, slow
    for many small ones.
    """
    head = _read_exact(stream, 5, may_end=True)
    if head is None:
        return None
    length, kind = struct.unpack("<IB", head)
    if not 1 <= length <= MAX_LENGTH:
        raise FrameError(f"a frame of {length} bytes: lengths go from 1 to {MAX_LENGTH}")
    payload = _read_exact(stream, length - 1)
    assert payload is not None
    return kind, _decode(payload, views and length > LARGE)


def write_frame(stream: BinaryIO, kind: int, message: Mapping[str, Any]) -> None:
    """Writes one frame and flushes; large buffers in ``message`` are written without a copy."""
    for part in encode(kind, message):
        stream.write(part)
    stream.flush()


def encode(kind: int, message: Mapping[str, Any]) -> list[bytes | memoryview]:
    """The pieces of a frame, to be written one after the other."""
    packer = msgpack.Packer()
    parts: list[bytes | memoryview] = [packer.pack_map_header(len(message))]
    for key, value in message.items():
        parts.append(packer.pack(key))
        if isinstance(value, list) and any(isinstance(item, Buffer) for item in value):
            parts.append(packer.pack_array_header(len(value)))
            for item in value:
                _add(packer, parts, item)
        else:
            _add(packer, parts, value)
    length = 1 + sum(map(len, parts))
    if length > MAX_LENGTH:
        raise FrameError(f"a message of {length} bytes does not fit into a frame of {MAX_LENGTH}")
    return [struct.pack("<IB", length, kind), *parts]


def _add(packer: msgpack.Packer, parts: list[bytes | memoryview], value: Any) -> None:
    if isinstance(value, Buffer) and len(value) >= LARGE:
        # msgpack's `bin 32`
        parts.append(struct.pack(">BI", 0xC6, len(value)))
        parts.append(memoryview(value))
    else:
        parts.append(packer.pack(value))


def _decode(payload: bytearray, views: bool) -> dict[str, Any]:
    try:
        message = unpack_views(payload) if views else msgpack.unpackb(payload)
    except Exception as error:
        raise FrameError(f"a frame that holds no msgpack: {error}") from error
    if not isinstance(message, dict):
        raise FrameError(f"a frame that holds a {type(message).__name__} in place of a map")
    return message


def _read_exact(stream: BinaryIO, length: int, may_end: bool = False) -> bytearray | None:
    data = bytearray(length)
    view = memoryview(data)
    done = 0
    while done < length:
        count = stream.readinto(view[done:])  # type: ignore[attr-defined]
        if not count:
            if may_end and not done:
                return None
            raise FrameError(f"the stream ended after {done} of {length} bytes")
        done += count
    return data
