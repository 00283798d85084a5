"""A file as mono blocks at 16 kHz, the input of every published model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from workbench.audio.streaming_loader import AudioStream

RATE = 16_000


def mono_16k(stream: AudioStream) -> Iterator[npt.NDArray[np.float32]]:
    """Give the mean of the channels at 16 kHz, block by block.

    The resampler keeps its state between blocks, so that the result does not depend on their size; its pass band
    ends at 7.3 kHz and what would alias is 120 dB down (libsoxr's "HQ").

    Parameters
    ----------
    stream : AudioStream
        From :func:`workbench.audio.streaming_loader.open_audio`.

    Yields
    ------
    float32 array, shape (n,)
    """
    import soxr

    resampler = soxr.ResampleStream(stream.rate, RATE, 1, dtype="float32", quality="HQ")
    for block in stream:
        mono = np.ascontiguousarray(block.mean(axis=1, dtype=np.float32))
        yield resampler.resample_chunk(mono)
    yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)
