"""Find coded sound in samples, and read its original bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from workbench.audio.coded.frames import sound_in_wide_bursts, sound_of
from workbench.audio.coded.integers import Integers
from workbench.audio.coded.sound import Sound

# Contains two bursts of the longest kind, wherever the sound starts: DTS-HD with 65,536 bytes each, and the head of a
# third.
_SEARCHED_WORDS = 65_544
# Silence before DTS on a CD: a few seconds; set by hand. At 44.1 kHz.
_MOST_SILENT_FRAMES = 20 * 44100


class Packing(NamedTuple):
    """How bytes are packed in a sample of 32 bits: the first bit, the number of bits, and the byte order.

    ``swapped``: the two bytes of each word of coded sound were swapped before they were packed.
    """

    shift: int
    bits: int
    big_endian: bool
    swapped: bool = False

    def unpack(self, samples: Integers) -> bytes:
        """Return the bytes of an even number of samples."""
        words = samples >> self.shift
        if self.bits == 20:
            pairs = (words[::2].astype(np.int64) & 0xFFFFF) << 20 | words[1::2] & 0xFFFFF
            return pairs.astype(">i8").view(np.uint8).reshape(-1, 8)[:, 3:].tobytes()
        order = ">" if self.big_endian else "<"
        if self.bits == 24:
            four = words.astype(f"{order}i4").view(np.uint8).reshape(-1, 4)
            data = (four[:, 1:] if self.big_endian else four[:, :3]).tobytes()
        else:
            data = words.astype(f"{order}i{self.bits // 8}").tobytes()
        return np.frombuffer(data, np.uint16).byteswap().tobytes() if self.swapped else data


class Coding(NamedTuple):
    """The kind of coded sound, its packing in samples, and its channels."""

    sound: Sound
    packing: Packing
    channels: slice


def find_coding(blocks: Iterable[Integers], channels: int) -> Coding | None:
    """Search for coded sound at the first samples that are not zero: in all channels, in pairs, and in single ones.

    Parameters
    ----------
    blocks : iterable of int32 arrays, shape (samples,)
        Interleaved channels, full scale 2 ** 31.
    """
    frames = _start_of_sound(blocks, channels)
    for lane in _lanes(channels):
        samples = _from_first_sound(frames[:, lane].reshape(-1))[:_SEARCHED_WORDS]
        for packing in _packings(int(np.bitwise_or.reduce(samples, initial=0))):
            data = packing.unpack(samples)
            if sound := sound_of(data) or (sound_in_wide_bursts(data) if packing.big_endian else None):
                return Coding(sound, packing, lane)
    return None


def _lanes(channels: int) -> list[slice]:
    """Return the groups of channels that may have coded sound: AES3 has two channels on a line, or uses one alone."""
    pairs = [slice(first, first + 2) for first in range(0, channels - 1, 2)] if channels > 2 else []
    ones = [slice(first, first + 1) for first in range(channels)] if channels > 1 else []
    return [slice(0, channels), *pairs, *ones]


def _start_of_sound(blocks: Iterable[Integers], channels: int) -> Integers:
    """Return the first frames that are not silent, shape (frames, channels)."""
    found: list[Integers] = []
    silent = count = 0
    for block in blocks:
        frames = block.reshape(-1, channels)
        if not found and not frames.any():
            silent += len(frames)
            if silent > _MOST_SILENT_FRAMES:
                break
            continue
        found.append(frames)
        count += len(frames)
        if count >= _SEARCHED_WORDS:
            break
    return np.concatenate(found) if found else np.zeros((0, channels), np.int32)


def _from_first_sound(samples: Integers) -> Integers:
    """Drop the silence at the start, an even number of samples, as :class:`Payload` counts them."""
    nonzero = np.flatnonzero(samples)
    first = int(nonzero[0]) & ~1 if len(nonzero) else len(samples)
    return samples[first : first + (len(samples) - first) // 2 * 2]


def _packings(used_bits: int) -> Iterator[Packing]:
    """Yield the packings of bytes in samples of 16, 20, 24 or 32 bits, and in only the low 16 bits of wider ones."""
    if not used_bits & 0xFFFF:
        places = [(16, 16)]
    elif not used_bits & 0xFF:
        places = [(8, 24), (8, 16)]
    else:
        places = [(0, 32), (0, 16)]
    for shift, bits in places:
        yield from (Packing(shift, bits, big_endian) for big_endian in (False, True))
        if bits > 16:
            yield from (Packing(shift, bits, big_endian, swapped=True) for big_endian in (False, True))
    if used_bits & 0xFFFF and not used_bits & 0xFFF:
        yield Packing(12, 20, big_endian=True)


class Payload(io.RawIOBase):
    """The coded sound as a file that is read once, in order.

    Attributes
    ----------
    samples : int
        How many samples have been unpacked.
    """

    def __init__(self, blocks: Iterable[Integers], channels: int, coding: Coding) -> None:
        self._blocks, self._channels, self._coding = iter(blocks), channels, coding
        self._left = b""
        self._take_frames = coding.sound.unpacker() if coding.sound.unpacker else bytes
        self._odd = np.zeros(0, np.int32)
        self.samples = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self.samples += len(block)
            self._left = self._unpack(block)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def _unpack(self, block: Integers) -> bytes:
        lane = block.reshape(-1, self._channels)[:, self._coding.channels].reshape(-1)
        samples = np.concatenate((self._odd, lane))
        even = len(samples) // 2 * 2
        self._odd = samples[even:]
        return self._take_frames(self._coding.packing.unpack(samples[:even]))
