"""Find coded sound in samples, and read it as the bytes that it was before a program took it for samples."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from workbench.audio.coded.frames import coding_of
from workbench.audio.coded.integers import Integers

# Four bursts of E-AC-3, the longest that FFmpeg decodes: 24,576 bytes each.
_SEARCHED_WORDS = 49_152
# Silence before DTS on a CD: a few seconds; set by hand. Stereo at 44.1 kHz.
_MOST_SILENT_SAMPLES = 20 * 44100 * 2


class Packing(NamedTuple):
    """How bytes lie in a sample of 32 bits: from which bit on, how many bytes, and which of them comes first."""

    shift: int
    width: int
    big_endian: bool

    def unpack(self, samples: Integers) -> bytes:
        words = samples >> self.shift
        order = ">" if self.big_endian else "<"
        if self.width != 3:
            return words.astype(f"{order}i{self.width}").tobytes()
        three = words.astype(f"{order}i4").view(np.uint8).reshape(-1, 4)
        return (three[:, 1:] if self.big_endian else three[:, :3]).tobytes()


class Coding(NamedTuple):
    """FFmpeg's name of the format of coded sound, and how it is packed into samples."""

    demuxer: str
    packing: Packing


def find_coding(blocks: Iterable[Integers]) -> Coding | None:
    """Look for coded sound at the first samples that are not zero.

    Parameters
    ----------
    blocks : iterable of int32 arrays, shape (samples,)
        Interleaved channels, full scale 2 ** 31.
    """
    samples = _start_of_sound(blocks)
    used_bits = int(np.bitwise_or.reduce(samples, initial=0))
    for packing in _packings(used_bits):
        if demuxer := coding_of(packing.unpack(samples)):
            return Coding(demuxer, packing)
    return None


def _start_of_sound(blocks: Iterable[Integers]) -> Integers:
    found: list[Integers] = []
    silent = count = 0
    for block in blocks:
        if not found:
            nonzero = np.flatnonzero(block)
            if not len(nonzero):
                silent += len(block)
                if silent > _MOST_SILENT_SAMPLES:
                    break
                continue
            block = block[nonzero[0] :]
        found.append(block)
        count += len(block)
        if count >= _SEARCHED_WORDS:
            break
    return np.concatenate(found)[:_SEARCHED_WORDS] if found else np.zeros(0, np.int32)


def _packings(used_bits: int) -> Iterator[Packing]:
    """Yield the ways in which bytes can fill samples of 16, 24 or 32 bits, or only the low 16 of wider ones."""
    if not used_bits & 0xFFFF:
        widths = [(16, 2)]
    elif not used_bits & 0xFF:
        widths = [(8, 3), (8, 2)]
    else:
        widths = [(0, 4), (0, 2)]
    for shift, width in widths:
        for big_endian in (False, True):
            yield Packing(shift, width, big_endian)


class Payload(io.RawIOBase):
    """The coded sound as a file that is read once, in order.

    Attributes
    ----------
    samples : int
        How many samples have been unpacked.
    """

    def __init__(self, blocks: Iterable[Integers], packing: Packing) -> None:
        self._blocks, self._packing = iter(blocks), packing
        self._left = b""
        self.samples = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self.samples += len(block)
            self._left = self._packing.unpack(block)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
