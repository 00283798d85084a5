"""Recognize coded sound in bytes by several consecutive frames, which neither chance nor music can look like."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from itertools import islice

from workbench.audio.coded.bursts import sound_in_bursts
from workbench.audio.coded.sound import Sound

# Number of consecutive frames: sync words have 32 bits, or 16 and a checksum in AC-3. Set by hand.
_FRAMES = 3
_WIDE_PREAMBLES = (
    bytes.fromhex("72f8961f4ea5"),
    bytes.fromhex("20876ff0e154"),
)  # words of 24 bits, and of 20 in 24
_DOLBY_E = 0x1C
_AC3_PREAMBLES = bytes.fromhex("96f872a54e1f"), bytes.fromhex("6f87254e1f")  # the first two of four words
_DTS_16, _DTS_14 = bytes.fromhex("7ffe8001"), bytes.fromhex("1fffe800")
_AC3 = bytes.fromhex("0b77")
# A checksum takes 2 ms. Usually the first candidate is a frame; only damage or a constant signal has many candidates.
_CHECKSUMS = 4
_AC3_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_AC3_RATES = (48000, 44100, 32000)
_HIGHEST_AC3, _HIGHEST_EAC3 = 10, 16  # bsid: the version of the bit stream


def sound_of(data: bytes) -> Sound | None:
    """Return the kind of coded sound in these bytes; ``None`` if they are something else.

    Parameters
    ----------
    data : bytes
        At least three frames, or two bursts of IEC 61937, from anywhere in the sound. The words of IEC 61937 and of
        Dolby E have their low byte first, those of AC-3 and DTS their high byte.

    References
    ----------
    SMPTE ST 337 (preambles Pa, Pb, Pc, Pd; data type 28 is Dolby E); ETSI TS 102 366 (AC-3, E-AC-3: sync word 0B77,
    sizes of frames); ETSI TS 102 114 (DTS: sync words of 16 and 14 bits, frame header).
    """
    if sound := sound_in_bursts(data):
        return sound
    if any(_regular(data, preamble, _dolby_e_bytes) for preamble in _WIDE_PREAMBLES):
        return Sound("Dolby E", "s337m")
    if _regular(data, _DTS_16, dts_bytes) or _regular(data, _DTS_14, dts_bytes):
        return Sound("DTS", "dts")
    return _ac3_of(data, (start for start in _places(data, _AC3) if frames_follow(data, start, ac3_bytes)))


def sound_in_wide_bursts(data: bytes) -> Sound | None:
    """Recognize AC-3 in bursts of words of 20 or 24 bits (SMPTE ST 337), high bytes first."""
    for preamble in _AC3_PREAMBLES:
        frames = (place + 2 * len(preamble) for place in _places(data, preamble))
        if sound := _ac3_of(data, (start for start in frames if ac3_bytes(data[start : start + 6]))):
            return sound._replace(unpacker=Frames)
    return None


def _ac3_of(data: bytes, starts: Iterator[int]) -> Sound | None:
    for start in islice(starts, _CHECKSUMS):
        if _checksum(data[start + 2 : start + ac3_bytes(data[start : start + 6])]) == 0:
            name = "ac3" if data[start + 5] >> 3 <= _HIGHEST_AC3 else "eac3"
            return Sound({"ac3": "AC-3", "eac3": "E-AC-3"}[name], name)
    return None


class Frames:
    """Extracts the complete frames of AC-3 from bytes, without the bytes between them."""

    def __init__(self) -> None:
        self._left = b""

    def __call__(self, data: bytes) -> bytes:
        data = self._left + data
        frames = []
        start = data.find(_AC3)
        while 0 <= start <= len(data) - 6:
            size = ac3_bytes(data[start : start + 6])
            if start + size > len(data):
                break
            frames.append(data[start : start + size])
            start = data.find(_AC3, start + max(size, 1))
        self._left = data[start:] if start >= 0 else data[-1:]
        return b"".join(frames)


def _places(data: bytes, word: bytes) -> Iterator[int]:
    place = data.find(word)
    while place >= 0:
        yield place
        place = data.find(word, place + 1)


def _regular(data: bytes, word: bytes, size_of: Callable[[bytes], int]) -> bool:
    """Return whether a sync word repeats at equal distances that are long enough for its frames."""
    places = list(_places(data, word))
    for start, *following in zip(*(places[i:] for i in range(_FRAMES)), strict=False):
        gaps = {place - before for before, place in zip([start, *following], following, strict=False)}
        size = size_of(data[start : start + 16])
        if len(gaps) == 1 and 0 < size <= gaps.pop():
            return True
    return False


def _dolby_e_bytes(head: bytes) -> int:
    """Return the size of a frame of Dolby E in words of 24 bits; 0 if it is something else."""
    if len(head) < 12 or head[7] & 0x1F != _DOLBY_E:
        return 0
    length_bits = int.from_bytes(head[9:12], "little")
    if head.startswith(_WIDE_PREAMBLES[1]):
        return 12 + 3 * ((length_bits >> 4) // 20)
    return 12 + 3 * (length_bits // 24)


def dts_bytes(head: bytes) -> int:
    """Return the size of a DTS frame from its header of 16 bytes; 0 if it is not valid."""
    if not head.startswith((_DTS_16, _DTS_14)):
        return 0
    width = 14 if head.startswith(_DTS_14) else 16
    bits = 0
    for word in struct.unpack(">8H", head.ljust(16, b"\0")):
        bits = bits << width | word & (1 << width) - 1

    def field(start: int, length: int) -> int:
        return bits >> (8 * width - start - length) & (1 << length) - 1

    blocks, size, rate = field(39, 7), field(46, 14), field(66, 4)
    return (size + 1) * 16 // width if blocks >= 5 and size >= 95 and rate else 0


def frames_follow(data: bytes, start: int, size_of: Callable[[bytes], int]) -> bool:
    """Return whether there are three consecutive frames without a gap.

    Parameters
    ----------
    size_of : callable
        Returns the size of a frame from its first 16 bytes; 0 if they are not a valid header.
    """
    for _ in range(_FRAMES):
        size = size_of(data[start : start + 16])
        start += size
        if not size or start > len(data):
            return False
    return True


def ac3_bytes(head: bytes) -> int:
    """Return the size of an AC-3 or E-AC-3 frame from its header of 6 bytes; 0 if it is not valid."""
    if len(head) < 6 or not head.startswith(_AC3):
        return 0
    version = head[5] >> 3
    if version > _HIGHEST_AC3:
        return 2 * ((head[2] & 7) << 8 | head[3]) + 2 if version <= _HIGHEST_EAC3 else 0
    rate, code = head[4] >> 6, head[4] & 0x3F
    if rate >= len(_AC3_RATES) or code // 2 >= len(_AC3_KBPS):
        return 0
    words = _AC3_KBPS[code // 2] * 1000 * 1536 // (16 * _AC3_RATES[rate])
    return 2 * (words + (code & 1 if _AC3_RATES[rate] == 44100 else 0))


def _checksum(data: bytes) -> int:
    """Return the CRC of AC-3 (x^16 + x^15 + x^2 + 1); it is 0 over a frame without its sync word."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = crc << 1 ^ (0x18005 if crc & 0x8000 else 0)
    return crc
