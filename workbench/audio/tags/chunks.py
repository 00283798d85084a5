"""Read the chunks of RIFF (WAV, RF64) and AIFF: their texts, which mutagen ignores, and whether they are complete.

References
----------
Microsoft Multimedia Programming Interface 1.0 (1991): LIST INFO. Apple Audio Interchange File Format 1.3 (1989): NAME,
AUTH, ANNO.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from workbench.audio.source import open_binary
from workbench.audio.tags.fields import plain_name
from workbench.audio.tags.text import decoded
from workbench.errors import AudioFormatError

# Longer texts and more chunks than this are damage; chosen by hand.
_MAX_TEXT_BYTES = 1 << 20
_MAX_CHUNKS = 10_000
_AIFF_TEXTS = (b"NAME", b"AUTH", b"ANNO")
_UNKNOWN_SIZE = 0xFFFFFFFF  # in the data chunk of an RF64 file, whose size is in the ds64 chunk


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


def is_chunked(path: Path) -> bool:
    """Whether a file is RIFF or AIFF."""
    with path.open("rb") as file:
        return file.read(4) in (b"RIFF", b"RF64", b"FORM")


def check_chunks(path: Path) -> None:
    """Raise AudioFormatError if a new chunk would be inside another chunk, where it would be noise.

    A recorder that lost its power leaves the size of the sound undefined or too large. RF64 has another header.
    """
    with path.open("rb") as file:
        form, size = file.read(4), file.read(4).ljust(4, b"\0")
        end = file.seek(0, 2)
        order = ">" if form == b"FORM" else "<"
        (size_bytes,) = struct.unpack(f"{order}I", size)
        chunks = _chunks(file, 12, min(end, 8 + size_bytes), order)  # later bytes are not in a chunk
        whole = size_bytes not in (0, _UNKNOWN_SIZE) and all(
            start + length <= end for _, start, length in chunks
        )
    if form == b"RF64" or not whole:
        kind = "RF64" if form == b"RF64" else "unfinished: the sizes in its header are wrong"
        raise AudioFormatError(
            f"{path.name} is {kind}, so tags cannot be added. Convert it to FLAC, or leave it out.",
            path=str(path),
        )


def set_info_genre(path: Path, genre: str | None) -> None:
    """Replace the genre in the INFO list of a RIFF file, if it has one.

    A text that is too long for its place is left out and the old one is removed, so that the genre never differs from
    that in ID3.
    """
    if genre is None:
        return
    text = genre.encode() + b"\0"
    with path.open("r+b") as file:
        for start, size_bytes in list(_genres(file)):
            file.seek(start - 8)
            if len(text) > size_bytes:
                file.write(b"JUNK")
            else:
                file.seek(start)
                file.write(text.ljust(size_bytes, b"\0"))


def _genres(file: BinaryIO) -> Iterator[tuple[int, int]]:
    end = file.seek(0, 2)
    for name, start, size_bytes in _chunks(file, 12, end, "<"):
        if name == b"LIST" and _text(file, start, 4) == "INFO":
            items = _chunks(file, start + 4, start + size_bytes, "<")
            yield from ((at, length) for item, at, length in items if item == b"IGNR")


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
