"""Cut blocks of any length into chunks of one length, so that no result depends on how the file was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


class Chunks:
    """Chunks of exactly ``frames`` frames, each preceded by the last ``history`` frames of the chunk before.

    The stream is extended with silence: ``history`` frames before it and at least ``margin`` frames after it. The last
    chunk may be shorter; its length is a multiple of ``grain``.

    Parameters
    ----------
    blocks : iterable of float32 arrays, shape (any, channels), full scale = 1.0
    frames, history, margin, grain : int
        ``frames`` is a multiple of ``grain``.

    Attributes
    ----------
    length : int
        Frames of audio received so far.
    """

    def __init__(
        self, blocks: Iterable[Samples], channels: int, *, frames: int, history: int, margin: int, grain: int
    ) -> None:
        self.length = 0
        self._blocks = blocks
        self._frames, self._history, self._margin, self._grain = frames, history, margin, grain
        self._chunk = np.zeros((history + frames, channels), np.float32)
        self._filled = 0

    def __iter__(self) -> Iterator[Samples]:
        """Yield arrays of shape (history + frames, channels); the next overwrites it, so copy what you keep."""
        for block in self._blocks:
            self.length += len(block)
            yield from self._fill(block)
        yield from self._fill(np.zeros((self._margin, self._chunk.shape[1]), np.float32))
        if self._filled:
            rest = self._filled + -self._filled % self._grain
            self._chunk[self._history + self._filled : self._history + rest] = 0
            yield self._chunk[: self._history + rest]

    def _fill(self, block: Samples) -> Iterator[Samples]:
        start = 0
        while start < len(block):
            taken = min(self._frames - self._filled, len(block) - start)
            at = self._history + self._filled
            self._chunk[at : at + taken] = block[start : start + taken]
            start += taken
            self._filled += taken
            if self._filled == self._frames:
                yield self._chunk
                self._chunk[: self._history] = self._chunk[self._frames :]
                self._filled = 0
