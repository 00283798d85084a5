"""Choose evenly spaced patches of a stream in one pass, without knowing how long it is.

Patch *i* begins at *i* times a fixed distance, 3 s for MusiCNN. Every *s*-th patch is kept. When there are twice as
many as wanted, every other patch is dropped and *s* doubles. So the choice depends on the audio alone and not on the
blocks, and a file of 10 hours takes as much memory as a short one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

HOP_S = 3
PATCH_S = 3.02  # 187 frames at 16 kHz are 3.008 s; the rest is for the resampler's rounding


class PatchSampler:
    """Keeps ``count`` evenly spaced patches of a stream.

    Parameters
    ----------
    rate : int, Hz
    count : int
        Number of patches; a shorter stream gives all its patches.
    hop_s, patch_s : float
        Distance and length of patches; by default, those of MusiCNN.

    Attributes
    ----------
    complete : bool
        Whether at least one whole patch has been read.
    """

    def __init__(self, rate: int, count: int, *, hop_s: float = HOP_S, patch_s: float = PATCH_S) -> None:
        self._hop, self._length, self._count = round(hop_s * rate), round(patch_s * rate), count
        self._step = 1
        self._at = 0
        self._next = 0
        self._open: dict[int, Samples] = {}
        self._kept: dict[int, Samples] = {}

    def push(self, block: npt.NDArray[np.float32]) -> None:
        """Take the next samples, shape (n, channels)."""
        for start in range(0, len(block), self._hop):
            self._push(block[start : start + self._hop])

    def _push(self, block: npt.NDArray[np.float32]) -> None:
        end = self._at + len(block)
        while self._next * self._hop < end:
            self._open[self._next] = np.zeros(self._length, np.float32)
            self._next += self._step
        for number, patch in list(self._open.items()):
            offset = self._at - number * self._hop
            wanted = block[max(0, -offset) : self._length - offset]
            patch[max(0, offset) : max(0, offset) + len(wanted)] = _mono(wanted)
            if end >= number * self._hop + self._length:
                self._kept[number] = self._open.pop(number)
        self._at = end
        if len(self._kept) >= 2 * self._count:
            self._halve()

    def _halve(self) -> None:
        self._step *= 2
        self._next += -self._next % self._step
        self._kept = {number: patch for number, patch in self._kept.items() if number % self._step == 0}
        self._open = {number: patch for number, patch in self._open.items() if number % self._step == 0}

    @property
    def complete(self) -> bool:
        return bool(self._kept)

    def finish(self) -> Sequence[Samples]:
        """Return the chosen patches as mono samples; for a stream shorter than a patch, one patch that repeats it."""
        kept = list(self._kept.values())
        if not kept and self._at:
            return [np.resize(self._open[0][: self._at], self._length)]
        evenly = np.linspace(0, max(0, len(kept) - 1), min(self._count, len(kept))).round().astype(int)
        return [kept[place] for place in evenly]


def _mono(block: npt.NDArray[np.float32]) -> Samples:
    """Return the mean of the channels, added one by one, because ``mean(axis=1)`` takes five times as long."""
    total = block[:, 0].copy()
    for channel in range(1, block.shape[1]):
        total += block[:, channel]
    return np.asarray(total / np.float32(block.shape[1]), np.float32)
