"""What a player draws: extremes of the samples over time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.analysis.blocks import Samples
from workbench.analysis.series import Series

COLUMNS = 2000


class WaveformMeter:
    """Minimum and maximum of a mono stream in pieces of one length."""

    def __init__(self, piece: int) -> None:
        self._piece = piece
        self._extremes = Series(np.float16)

    def feed(self, mono: Samples) -> None:
        """Take samples of shape (n × piece,), full scale = 1.0."""
        pieces = mono.reshape(-1, self._piece)
        self._extremes.extend(np.clip(np.stack([pieces.min(axis=1), pieces.max(axis=1)], axis=1), -60000, 60000))

    def finish(self, pieces: int) -> npt.NDArray[np.float32]:
        """Return up to 2000 pairs (minimum, maximum), evenly spaced, shape (n, 2)."""
        extremes = self._extremes.array(pieces).astype(np.float32)
        if len(extremes) <= COLUMNS:
            return extremes
        starts = np.arange(COLUMNS) * len(extremes) // COLUMNS
        return np.stack([np.minimum.reduceat(extremes[:, 0], starts), np.maximum.reduceat(extremes[:, 1], starts)], 1)
