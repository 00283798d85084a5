"""Find the end of the sound by the sizes in the header, to detect that a file was cut.

This is for compressed data, and for containers whose number of frames can be wrong.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator

from workbench.audio.containers import STREAMED_BYTES, UNKNOWN_SIZE, W64_DATA, W64_FORMAT, chunks

_SEGMENT, _CLUSTER = bytes.fromhex("18538067"), bytes.fromhex("1f43b675")
# The other elements of a segment and of a cluster, which may be the last ones of a file.
_ELEMENTS = frozenset(
    bytes.fromhex(name)
    for name in (
        *("a3", "a0", "e7", "a7", "ab", "af", "ec", "bf", "5854", "1c53bb6b", "1254c367", "1549a966"),
        *("1654ae6b", "114d9b74", "1043a770", "1941a469"),
    )
)
_ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_BOXES = (b"ftyp", b"moov", b"mdat", b"moof", b"styp", b"sidx", b"mfra")
# No real file has as many parts; the limit ends the search in a damaged file.
_MOST_PARTS = 1 << 16


def is_cut(descriptor: int, container: str | None) -> bool:
    """Return whether an open file ends before the end in its header; False if the header has no end.

    Parameters
    ----------
    container : str or None
        A key of :data:`workbench.audio.decoders.DECODERS`.
    """
    end_of = _ENDS.get(container)
    end = end_of(descriptor) if end_of else None
    return end is not None and end > os.fstat(descriptor).st_size


def _wav_end(descriptor: int) -> int | None:
    """Return the end of the data chunk less a tenth of a second, because some encoders count padding."""
    bytes_per_s = long_bytes = 0
    for name, size, position in chunks(descriptor, "<"):
        if name == b"ds64":
            long_bytes = int.from_bytes(os.pread(descriptor, 8, position + 16), "little")
        if name == b"fmt ":
            bytes_per_s = int.from_bytes(os.pread(descriptor, 4, position + 16), "little")
        if name == b"data" and (long_bytes or size < STREAMED_BYTES):
            return position + 8 + (long_bytes or size) - bytes_per_s // 10
    return None


def _w64_end(descriptor: int) -> int | None:
    bytes_per_s = 0
    for name, size, position in _guid_chunks(descriptor, 40):
        if name == W64_FORMAT:
            bytes_per_s = int.from_bytes(os.pread(descriptor, 4, position + 32), "little")
        if name == W64_DATA:
            return position + size - bytes_per_s // 10
    return None


def _asf_end(descriptor: int) -> int | None:
    """Return the end of the data object; ``None`` if a streaming program wrote a size of 0.

    References
    ----------
    Microsoft Advanced Systems Format 01.20.03.
    """
    for name, size, position in _guid_chunks(descriptor, 0, alignment=1):
        if name == _ASF_DATA:
            return position + size if size > 50 else None  # 50: its head without packets
    return None


def _guid_chunks(descriptor: int, start: int, alignment: int = 8) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, size with its head of 24 bytes, and position of each chunk that has a GUID for a name."""
    position, file_bytes = start, os.fstat(descriptor).st_size
    for _ in range(_MOST_PARTS):
        head = os.pread(descriptor, 24, min(position, file_bytes))
        if len(head) < 24:
            return
        size = int.from_bytes(head[16:], "little")
        yield head[:16], size, position
        position += max(24, -(-size // alignment) * alignment)


def _aiff_end(descriptor: int) -> int | None:
    found = (position + 8 + size for name, size, position in chunks(descriptor, ">") if name == b"SSND")
    end = next(found, None)
    return end if end is not None and end < STREAMED_BYTES else None


def _au_end(descriptor: int) -> int | None:
    head = os.pread(descriptor, 12, 4)
    start, size = struct.unpack_from(">II", head) if len(head) == 12 else (0, UNKNOWN_SIZE)
    return None if size == UNKNOWN_SIZE else start + size


def _avi_end(descriptor: int) -> int | None:
    size = int.from_bytes(os.pread(descriptor, 4, 4), "little")  # programs that stream leave it 0
    return size + 8 if size < STREAMED_BYTES else None


def _mp4_end(descriptor: int) -> int | None:
    """Return the end of the last box, or its start if its name is unknown.

    References
    ----------
    ISO/IEC 14496-12, section 4.2: a size of 1 is followed by one of 64 bits, and 0 means up to the end of the file.
    """
    position, file_bytes = 0, os.fstat(descriptor).st_size
    for _ in range(_MOST_PARTS):
        head = os.pread(descriptor, 16, position)
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if len(head) < 8 or size < 8 or (position + size > file_bytes and head[4:8] not in _BOXES):
            return None
        position += size
        if position >= file_bytes:
            return position
    return None


def _matroska_end(descriptor: int) -> int | None:
    """Return the end of the segment, or of its last element if it was streamed and has no size.

    References
    ----------
    RFC 8794 (EBML: element sizes of 1 to 8 bytes, all bits set for an unknown size); RFC 9559 (Matroska).
    """
    head = os.pread(descriptor, 4096, 0)
    header_bytes, start = _ebml_size(head, 4)
    position = start + (header_bytes or 0)
    if head[position : position + 4] != _SEGMENT:
        return None
    segment_bytes, start = _ebml_size(head, position + 4)
    return _last_element_end(descriptor, start) if segment_bytes is None else start + segment_bytes


def _last_element_end(descriptor: int, position: int) -> int | None:
    """Return the end of the last element of a segment; ``None`` if there are other bytes between elements."""
    file_bytes = os.fstat(descriptor).st_size
    while position < file_bytes:
        head = os.pread(descriptor, 12, position)
        id_bytes = 9 - head[0].bit_length()
        size, start = _ebml_size(head, id_bytes)
        is_cluster = head[:4] == _CLUSTER
        if not (is_cluster or (head[:id_bytes] in _ELEMENTS and size is not None)):
            return None
        # The elements of a cluster without a size are read like elements after it.
        position += start + (size or 0)
    return position


def _ebml_size(data: bytes, position: int) -> tuple[int | None, int]:
    """Return the size of an element and the start of its content; ``None`` for an unknown size."""
    first = data[position] if position < len(data) else 0
    length = 9 - first.bit_length() if first else 8
    bits = 7 * length
    value = int.from_bytes(data[position : position + length], "big") & (1 << bits) - 1
    return (None if value == (1 << bits) - 1 else value), position + length


def _voc_end(descriptor: int) -> int | None:
    """Return the end of the last block of a Creative Voice file; a block has a kind of one byte and a size of three."""
    position = int.from_bytes(os.pread(descriptor, 2, 20), "little")
    file_bytes = os.fstat(descriptor).st_size
    for _ in range(_MOST_PARTS):
        head = os.pread(descriptor, 4, position)
        if not head or not head[0] or position >= file_bytes:
            break
        position += 4 + int.from_bytes(head[1:], "little")
    return position


_ENDS: dict[str | None, Callable[[int], int | None]] = {
    "wav": _wav_end,
    "surround wav": _wav_end,
    "w64": _w64_end,
    "wma": _asf_end,
    "aiff": _aiff_end,
    "au": _au_end,
    "avi": _avi_end,
    "mp4": _mp4_end,
    "matroska": _matroska_end,
    "voc": _voc_end,
}
