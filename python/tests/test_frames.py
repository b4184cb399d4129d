"""Frames: what is written is read again, and what is no frame is refused within bounds."""

from __future__ import annotations

import io
import random
import struct
from contextlib import suppress
from typing import Any

import msgpack
import pytest

from graticule_dask import frames
from graticule_dask.frames import FrameError, encode, read_frame
from graticule_dask.views import unpack_views

MESSAGE = {
    "call": 1,
    "error": {"kind": "Storage", "places": ["a", "b" * 300], "help": None},
    "numbers": [0, -1, 127, 128, -33, 2**16, 2**33, -(2**40), 2**64 - 1, 0.5],
    "flags": [True, False, None],
    "many": [[i] for i in range(70_000)],
    "data": b"x" * 100_000,
    "small": b"y" * 200,
    "inputs": [b"", b"z" * 70_000, memoryview(b"w" * 65_536)],
}


def framed(message: dict[str, Any]) -> bytes:
    return b"".join(encode(3, message))


def plain(value: Any) -> Any:
    """The value with bytes in place of views."""
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("views", [False, True])
def test_a_frame_is_read_as_it_was_written(views: bool) -> None:
    stream = io.BytesIO(framed(MESSAGE) + framed({"run": "r"}))
    kind, message = read_frame(stream, views)
    assert (kind, plain(message)) == (3, plain(MESSAGE))
    assert isinstance(message["data"], memoryview if views else bytes)
    assert read_frame(stream, views) == (3, {"run": "r"})
    assert read_frame(stream, views) is None


def test_it_is_what_msgpack_writes() -> None:
    data = framed(MESSAGE)
    assert struct.unpack("<IB", data[:5]) == (len(data) - 4, 3)
    assert data[5:] == msgpack.packb(MESSAGE)


def test_a_stream_that_ends_within_a_frame_is_an_error() -> None:
    data = framed({"run": "r", "data": b"x" * 100})
    for length in range(1, len(data)):
        with pytest.raises(FrameError):
            read_frame(io.BytesIO(data[:length]))


@pytest.mark.parametrize("length", [0, 2**31 + 1, 2**32 - 1])
def test_a_length_out_of_bounds_is_an_error(length: int) -> None:
    with pytest.raises(FrameError, match=str(length)):
        read_frame(io.BytesIO(struct.pack("<IB", length, 1)))


def test_a_message_that_does_not_fit_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MAX_LENGTH", 1000)
    with pytest.raises(FrameError, match="does not fit"):
        encode(1, {"data": b"x" * 1000})


@pytest.mark.parametrize(
    "payload", [b"", b"\xc1", b"\x93\x01", b"\x01", b"\xdf\xff\xff\xff\xff", b"\x81\x01\x01"]
)
def test_a_payload_that_is_no_map_is_an_error(payload: bytes) -> None:
    with pytest.raises(FrameError):
        read_frame(io.BytesIO(struct.pack("<IB", len(payload) + 1, 1) + payload))
    with pytest.raises(FrameError):
        frames._decode(bytearray(payload), views=True)


def test_damaged_bytes_never_read_beyond_the_end() -> None:
    good = msgpack.packb({**MESSAGE, "many": [], "data": b"d" * 300, "inputs": []})
    random.seed(1)
    for _ in range(3000):
        bad = bytearray(good)
        for _ in range(random.randint(1, 4)):
            bad[random.randrange(len(bad))] = random.randrange(256)
        # Text that is no UTF-8 is a ValueError as well.
        with suppress(ValueError):
            unpack_views(bad)
