"""Correct the header of a recording that was not closed, whose sound continues after the end in the header.

WAV, RF64, AIFF and Sun audio have the size of the sound at the start of the file.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable

from workbench.audio.containers import STREAMED_BYTES, UNKNOWN_SIZE, chunks

# Fewer bytes after the samples are a tag or padding, not sound; a third of a second of CD audio.
_MOST_TAG_BYTES = 1 << 16
_LARGEST_BYTES = 1 << 48  # limit of a 64-bit size; disks are smaller
_OPEN = UNKNOWN_SIZE.to_bytes(4, "big")

Corrections = list[tuple[int, bytes]]
"""Positions in the header, with the bytes that should be there."""


def corrections(descriptor: int, container: str | None) -> Corrections:
    """Return the corrections with which the sound reaches the end of the file; empty if the header is correct."""
    correct = _CORRECTED.get(container)
    return correct(descriptor) if correct else []


def _wav(descriptor: int) -> Corrections:
    long_size, found = 0, [(0, b"RIFF")]
    for name, size, position in chunks(descriptor, "<"):
        if name == b"ds64":
            long_size = int.from_bytes(os.pread(descriptor, 8, position + 16), "little")
            found.append((position, b"JUNK"))
        if name == b"data":
            is_open = not long_size and size >= STREAMED_BYTES and len(found) == 1
            sound_bytes = 0 if size == UNKNOWN_SIZE and not long_size else long_size or size
            if is_open or not _goes_on(descriptor, position + 8, sound_bytes, "<"):
                return []
            return [*found, (position + 4, _OPEN)]
    return []


def _aiff(descriptor: int) -> Corrections:
    for name, size, position in chunks(descriptor, ">"):
        if name == b"SSND" and _goes_on(descriptor, position + 8, size, ">"):
            left_bytes = min(os.fstat(descriptor).st_size - position - 8, UNKNOWN_SIZE - 1)
            return [(4, _OPEN), (position + 4, struct.pack(">I", left_bytes))]
    return []


def _au(descriptor: int) -> Corrections:
    start, size = struct.unpack(">II", os.pread(descriptor, 8, 4).ljust(8, b"\xff"))
    return [(8, _OPEN)] if size != UNKNOWN_SIZE and _goes_on(descriptor, start, size, ">") else []


def _goes_on(descriptor: int, start: int, size: int, order: str) -> bool:
    """Return whether sound follows its end in the header: more than a tag, and not a chunk."""
    if size > _LARGEST_BYTES:
        return True
    end = start + size + size % 2
    left_bytes = os.fstat(descriptor).st_size - end
    is_more = left_bytes > (_MOST_TAG_BYTES if size else 0)
    return is_more and not _may_be_chunk(os.pread(descriptor, 8, end), left_bytes, order)


def _may_be_chunk(head: bytes, left_bytes: int, order: str) -> bool:
    """Return whether these eight bytes can be the head of a chunk; samples very rarely can."""
    if len(head) < 8 or not any(head):  # a few bytes, or padding
        return True
    name, size = struct.unpack(f"{order}4sI", head)
    return all(0x20 <= byte < 0x7F for byte in name) and 8 + size <= left_bytes + 1


_CORRECTED: dict[str | None, Callable[[int], Corrections]] = {
    "wav": _wav,
    "surround wav": _wav,
    "aiff": _aiff,
    "au": _au,
}
