"""Read the text chunks of RIFF (WAV, RF64) and of AIFF, which mutagen does not read.

References
----------
Microsoft Multimedia Programming Interface 1.0 (1991): LIST INFO. Apple Audio Interchange File Format 1.3 (1989): NAME,
AUTH, ANNO.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from workbench.audio.source import open_binary
from workbench.audio.tags.fields import plain_name
from workbench.audio.tags.text import decoded

# Longer texts and more chunks than this are damage; chosen by hand.
_MAX_TEXT_BYTES = 1 << 20
_MAX_CHUNKS = 10_000
_AIFF_TEXTS = (b"NAME", b"AUTH", b"ANNO")
_UNKNOWN_SIZE = 0xFFFFFFFF  # of the data chunk of an RF64 file, whose size is in its ds64 chunk


def read_chunks(path: str) -> dict[str, list[str]]:
    """Return the texts of a RIFF or AIFF file by their plain names."""
    found: dict[str, list[str]] = {}
    with open_binary(path) as file:
        big = file.read(12)[:4] == b"FORM"
        end = file.seek(0, 2)
        for name, start, size_bytes in _chunks(file, 12, end, ">" if big else "<"):
            if big and name in _AIFF_TEXTS:
                _add(found, name, _text(file, start, size_bytes))
            elif name == b"LIST" and _text(file, start, 4) == "INFO":
                for item, at, length in _chunks(file, start + 4, start + size_bytes, "<"):
                    _add(found, item, _text(file, at, length))
    return found


def _chunks(file: BinaryIO, start: int, end: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name, place and size of each chunk; sizes are padded to even numbers."""
    long_size = 0
    for _ in range(_MAX_CHUNKS):
        file.seek(start)
        head = file.read(8)
        if len(head) < 8 or start + 8 > end:
            return
        name, size_bytes = struct.unpack(f"{order}4sI", head)
        if name == b"ds64":
            long_size = struct.unpack("<8xQ", file.read(16))[0]
        elif size_bytes == _UNKNOWN_SIZE:
            size_bytes = long_size
        yield name, start + 8, size_bytes
        start += 8 + size_bytes + size_bytes % 2


def _text(file: BinaryIO, start: int, size_bytes: int) -> str:
    file.seek(start)
    return decoded(file.read(min(size_bytes, _MAX_TEXT_BYTES)).split(b"\0")[0])


def _add(found: dict[str, list[str]], name: bytes, text: str) -> None:
    if text:
        found.setdefault(plain_name(name.decode("latin-1").rstrip()), []).append(text)
