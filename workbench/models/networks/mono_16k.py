"""Convert a stream to mono blocks at 16 kHz, the input of every published model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE = 16_000


class Mono16k:
    """The mean of the channels at 16 kHz, block by block.

    The resampler keeps its state between blocks, so that the result does not depend on their size. Its pass band ends
    at 7.3 kHz, and aliases are 120 dB down (libsoxr's "HQ").
    """

    def __init__(self, rate: int) -> None:
        import soxr

        self._resampler = soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="HQ")

    def push(self, block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Take a block, shape (n, channels), and return the samples that are complete, shape (m,)."""
        mono = np.ascontiguousarray(block.mean(axis=1, dtype=np.float32))
        return np.asarray(self._resampler.resample_chunk(mono), np.float32)

    def finish(self) -> npt.NDArray[np.float32]:
        """Return the remaining samples."""
        return np.asarray(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True), np.float32)
