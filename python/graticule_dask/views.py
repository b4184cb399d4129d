"""Decodes msgpack without copying its large byte strings.

The msgpack package copies every ``bin``. A value of a gigabyte that comes from a child core would be in
memory twice, and on fresh memory a copy is as slow as the pipe itself. This decoder is for frames that
hold few values, some of them large; all others are faster with the package.
"""

from __future__ import annotations

import struct
from typing import Any

_FIXED = {
    0xCA: ">f",
    0xCB: ">d",
    0xCC: ">B",
    0xCD: ">H",
    0xCE: ">I",
    0xCF: ">Q",
    0xD0: ">b",
    0xD1: ">h",
    0xD2: ">i",
    0xD3: ">q",
}
_LENGTHS = {
    0xC4: ("bin", ">B"),
    0xC5: ("bin", ">H"),
    0xC6: ("bin", ">I"),
    0xD9: ("str", ">B"),
    0xDA: ("str", ">H"),
    0xDB: ("str", ">I"),
    0xDC: ("array", ">H"),
    0xDD: ("array", ">I"),
    0xDE: ("map", ">H"),
    0xDF: ("map", ">I"),
}
_SINGLE = {0xC0: None, 0xC2: False, 0xC3: True}

#: Deeper nesting than this is no message of ours.
_DEPTH = 8


def unpack_views(payload: bytes | bytearray) -> Any:
    """The value in ``payload``; where it has byte strings they are views of ``payload``."""
    reader = _Reader(memoryview(payload).toreadonly())
    value = reader.value(0)
    if reader.at != len(reader.data):
        raise ValueError(f"{len(reader.data) - reader.at} bytes after the end")
    return value


class _Reader:
    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0

    def take(self, length: int) -> memoryview:
        end = self.at + length
        if end > len(self.data):
            raise ValueError(f"{length} bytes at {self.at} of {len(self.data)}")
        piece = self.data[self.at : end]
        self.at = end
        return piece

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def value(self, depth: int) -> Any:
        if depth > _DEPTH:
            raise ValueError(f"nested more than {_DEPTH} deep")
        tag = self.take(1)[0]
        if tag < 0x80:
            return tag
        if tag >= 0xE0:
            return tag - 0x100
        if tag in _FIXED:
            return self.number(_FIXED[tag])
        if tag in _SINGLE:
            return _SINGLE[tag]
        return self.sized(tag, depth)

    def sized(self, tag: int, depth: int) -> Any:
        if tag < 0xC0:
            form, length = _short(tag)
        elif tag in _LENGTHS:
            form, width = _LENGTHS[tag]
            length = self.number(width)
        else:
            raise ValueError(f"the tag {tag:#x} at {self.at - 1}")
        if form == "bin":
            return self.take(length)
        if form == "str":
            return str(self.take(length), "utf-8")
        if form == "array":
            return [self.value(depth + 1) for _ in range(length)]
        return {self.key(depth + 1): self.value(depth + 1) for _ in range(length)}

    def key(self, depth: int) -> str:
        key = self.value(depth)
        if not isinstance(key, str):
            raise ValueError(f"a key that is no text before {self.at}")
        return key


def _short(tag: int) -> tuple[str, int]:
    """Form and length of the tags that hold their length themselves."""
    if tag < 0x90:
        return "map", tag & 0x0F
    if tag < 0xA0:
        return "array", tag & 0x0F
    return "str", tag & 0x1F
