"""Keep one minute of a stream for algorithms that need all their samples at once."""

from __future__ import annotations

import numpy as np

from workbench.analysis.blocks import Samples

RATE = 44_100
"""What Essentia's algorithms expect, Hz; the minute is resampled to it."""
SECONDS = 60
# The introductions of most songs are shorter. Set by hand.
_SKIPPED_S = 30


class Minute:
    """The seconds 30 to 90 of a stream; of a shorter stream the last minute, or all of it.

    Parameters
    ----------
    rate : int, Hz
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._kept = np.zeros((_SKIPPED_S + SECONDS) * rate, np.float32)
        self._length = 0

    def feed(self, mono: Samples) -> None:
        """Take the next samples, shape (n,)."""
        taken = mono[: len(self._kept) - self._length]
        self._kept[self._length : self._length + len(taken)] = taken
        self._length += len(taken)

    def start_s(self, length: int) -> float:
        """Return where the minute begins in a stream of ``length`` samples, seconds."""
        return self._start(length) / self._rate

    def samples(self, length: int) -> Samples:
        """Return the minute of a stream of ``length`` samples at 44.1 kHz, shape (n,)."""
        import soxr

        kept = self._kept[self._start(length) : min(length, self._length)]
        return kept if self._rate == RATE else np.asarray(soxr.resample(kept, self._rate, RATE), np.float32)

    def _start(self, length: int) -> int:
        return max(0, min(length, len(self._kept)) - SECONDS * self._rate)
