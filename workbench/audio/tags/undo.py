"""Make the data that restore the earlier content of a changed file; they are small if only tags differ.

Tags at the start of a file move the sound after them, and Ogg renumbers its pages. So each block of the old file is
compared with the new file at a few offsets, and the differences are kept, compressed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.errors import AudioFormatError

Bytes = npt.NDArray[np.uint8]

_BLOCK_BYTES = 1 << 16  # set by hand: few blocks, and little to keep of the block in which the tags end
_PROBES = (0.1, 0.5, 0.9)  # positions in the old file that are searched for in the new one
_PROBE_BYTES = 64
_FARTHEST_BYTES = 1 << 22  # new or removed tags are smaller; pictures are not changed
_HEAD = struct.Struct("<Q")
_STEP = struct.Struct("<qI")


def difference(before: Path, after: Path) -> bytes:
    """Return the data with which :func:`rebuild` makes ``before`` from ``after``."""
    old, new = _read(before), _read(after)
    shifts = _shifts(old, new)
    pieces = [_HEAD.pack(len(old))]
    for start in range(0, len(old), _BLOCK_BYTES):
        block = old[start : start + _BLOCK_BYTES]
        differing = ((shift, block ^ _at(new, start + shift, len(block))) for shift in shifts)
        shift, kept = min(differing, key=lambda pair: np.count_nonzero(pair[1]))
        body = kept.tobytes() if kept.any() else b""
        pieces += [_STEP.pack(shift, len(body)), body]
    return zlib.compress(b"".join(pieces))


def rebuild(after: Path, undo: bytes, target: Path) -> None:
    """Write the file before the change to ``target``.

    Raises
    ------
    AudioFormatError
        ``undo`` is damaged.
    """
    new = _read(after)
    try:
        with target.open("wb") as file:
            for block in _rebuilt(new, zlib.decompress(undo)):
                file.write(block)
    except (zlib.error, struct.error, ValueError) as error:
        raise AudioFormatError(f"The backup of {after} is damaged: {error}.", path=str(after)) from error


def _rebuilt(new: Bytes, undo: bytes) -> Iterator[bytes]:
    (size_bytes,) = _HEAD.unpack_from(undo)
    place = _HEAD.size
    for start in range(0, size_bytes, _BLOCK_BYTES):
        shift, length = _STEP.unpack_from(undo, place)
        place += _STEP.size
        block = _at(new, start + shift, min(_BLOCK_BYTES, size_bytes - start))
        if length:
            block = block ^ np.frombuffer(undo, np.uint8, length, place)
        place += length
        yield block.tobytes()


def _read(path: Path) -> Bytes:
    return np.memmap(path, np.uint8, "r") if path.stat().st_size else np.zeros(0, np.uint8)


def _at(values: Bytes, start: int, length: int) -> Bytes:
    """Return ``length`` bytes from a position on, with zeros outside of the values."""
    found = np.zeros(length, np.uint8)
    low, high = max(0, start), min(len(values), start + length)
    if low < high:
        found[low - start : high - start] = values[low:high]
    return found


def _shifts(old: Bytes, new: Bytes) -> list[int]:
    """Return the offsets by which parts of the old file may have moved in the new one."""
    found = {0, len(new) - len(old)}
    for probe in _PROBES:
        place = int(probe * len(old))
        low = max(0, place - _FARTHEST_BYTES)
        near = new[low : place + _FARTHEST_BYTES].tobytes()
        at = near.find(old[place : place + _PROBE_BYTES].tobytes())
        if at >= 0:
            found.add(low + at - place)
    return sorted(found, key=abs)
