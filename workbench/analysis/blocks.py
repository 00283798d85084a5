"""Blocks of any size to chunks of one size, so that no result depends on how the file was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


def regroup(blocks: Iterable[Samples], frames: int, channels: int) -> Iterator[tuple[Samples, int]]:
    """Yield chunks of exactly ``frames`` frames, the last one padded with zeros.

    Parameters
    ----------
    blocks : iterable of float32 arrays, shape (any, channels), full scale = 1.0
    frames : int
        Length of a chunk.

    Yields
    ------
    chunk : float32 array, shape (frames, channels), C-contiguous
        Overwritten by the next one: do not keep it.
    valid : int
        Frames of it that are audio; ``frames`` in every chunk but the last.
    """
    chunk = np.empty((frames, channels), np.float32)
    filled = 0
    for block in blocks:
        start = 0
        while start < len(block):
            taken = min(frames - filled, len(block) - start)
            chunk[filled : filled + taken] = block[start : start + taken]
            start += taken
            filled += taken
            if filled == frames:
                yield chunk, frames
                filled = 0
    if filled:
        chunk[filled:] = 0
        yield chunk, filled
