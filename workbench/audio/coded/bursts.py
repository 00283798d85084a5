"""Bursts of IEC 61937: coded sound in words of 16 bits, as on a digital connection (S/PDIF, HDMI)."""

from __future__ import annotations

import re
import struct
from itertools import pairwise

from workbench.audio.coded.sound import Sound
from workbench.audio.containers import MLP_SYNC, TRUEHD_SYNC

_WORDS = bytes.fromhex("72f81f4e")
_PREAMBLE = re.compile(re.escape(_WORDS))
_SILENT = (0, 3)  # data types: nothing, and a pause
_SILENT_HEAD = re.compile(re.escape(_WORDS) + rb"[\x00\x03\x20\x23\x40\x43\x60\x63]")
_DTS_IV, _MAT, _DOLBY_E = 17, 22, 28
# Data types that FFmpeg's demuxer for bursts does not know.
_UNKNOWN = {
    14: "ATRAC",
    15: "ATRAC3",
    16: "ATRAC-X",
    18: "WMA Pro",
    19: "AAC",
    20: "AAC",
    23: "AAC",
    24: "Dolby AC-4",
    25: "MPEG-H",
    26: "DRA",
}
# IEC 61937-9: the codes of MAT begin at these bytes of a burst; access units are between them.
_MAT_BYTES = 61_440
_MAT_PARTS = slice(28, 30_716), slice(30_728, 61_416)
_SYNC = re.compile(re.escape(TRUEHD_SYNC) + b"|" + re.escape(MLP_SYNC))
_SYNC_AT = 4  # in an access unit that has one
_PADDING = re.compile(rb"(?:\0\0)*")


def sound_in_bursts(data: bytes) -> Sound | None:
    """Return the kind of sound in two consecutive bursts; ``None`` if there are no bursts.

    Parameters
    ----------
    data : bytes
        Words with their low byte first.

    References
    ----------
    IEC 61937-1: preambles Pa and Pb (sync words), Pc (data type), Pd (length); IEC 61937-2: data types.
    """
    heads = [(found.start(), *_kind_and_bytes(data, found.end())) for found in _PREAMBLE.finditer(data)]
    for (start, kind, size), (following, following_kind, _) in pairwise(heads):
        if kind == following_kind and kind not in _SILENT and 0 < size <= following - start:
            return _sound_of(kind)
    return None


def _kind_and_bytes(data: bytes, place: int) -> tuple[int, int]:
    """Return the data type of a burst and its least size in bytes, because some types count bytes instead of bits."""
    kind, length = struct.unpack("<HH", data[place : place + 4].ljust(4, b"\0"))
    return kind & 0x1F, 8 + length // 8 if length else 0


def _sound_of(kind: int) -> Sound:
    if kind == _MAT:
        return Sound("Dolby TrueHD", "truehd", AccessUnits)
    if kind == _DTS_IV:
        return Sound("DTS-HD", "dts")
    if kind == _DOLBY_E:
        return Sound("Dolby E", "s337m")
    if kind in _UNKNOWN or kind > _MAT:
        return Sound(f"{_UNKNOWN.get(kind, f'data type {kind}')} of IEC 61937", None)
    return Sound("bursts of IEC 61937", "spdif", WithoutPauses)


class WithoutPauses:
    """Replaces bursts that mark a pause by silence, because FFmpeg would end there."""

    def __init__(self) -> None:
        self._left = b""

    def __call__(self, data: bytes) -> bytes:
        data = _SILENT_HEAD.sub(bytes(len(_WORDS) + 1), self._left + data)
        self._left = data[-len(_WORDS) :]
        return data[: -len(_WORDS)]


class AccessUnits:
    """Extracts the access units of TrueHD from bursts, without the padding between them."""

    def __init__(self) -> None:
        self._bursts = self._content = b""
        self._synced = False

    def __call__(self, data: bytes) -> bytes:
        self._bursts += data
        end = 0
        for found in _PREAMBLE.finditer(self._bursts):
            if end <= found.start() <= len(self._bursts) - _MAT_BYTES:
                end = found.start() + _MAT_BYTES
                burst = self._bursts[found.start() : end]
                self._content += b"".join(_swapped(burst[part]) for part in _MAT_PARTS)
        self._bursts = self._bursts[end:]
        return self._units()

    def _units(self) -> bytes:
        """Return the complete access units of the content so far, and keep the rest."""
        content, units, position = self._content, [], 0
        while True:
            if not self._synced:
                sync = _SYNC.search(content, position + _SYNC_AT)
                if sync is None:
                    position = max(position, len(content) - 2 * _SYNC_AT)
                    break
                position, self._synced = sync.start() - _SYNC_AT, True
            position = _end_of_padding(content, position)
            size = 2 * (int.from_bytes(content[position : position + 2], "big") & 0xFFF)
            if position + max(size, 2) > len(content):
                break
            misplaced = _SYNC.search(content, position + _SYNC_AT + 1, position + size)
            if misplaced or not size:  # a damaged size
                position, self._synced = position + 2, False
                continue
            units.append(content[position : position + size])
            position += size
        self._content = content[position:]
        return b"".join(units)


def _end_of_padding(content: bytes, position: int) -> int:
    found = _PADDING.match(content, position)
    return found.end() if found else position


def _swapped(words: bytes) -> bytes:
    swapped = bytearray(words)
    swapped[::2], swapped[1::2] = words[1::2], words[::2]
    return bytes(swapped)
