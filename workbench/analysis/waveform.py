"""The waveform that a player draws: minimum and maximum of the samples over time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.analysis.growing_array import GrowingArray

COLUMNS = 2000
"""Points kept for a track: about the width of a screen in pixels."""
# The largest value stored: float16 ends at 65504.
_LIMIT = 60000.0

Extremes = npt.NDArray[np.float32]


def extremes(frames: Extremes, stretch: int) -> tuple[Extremes, Extremes]:
    """Return minimum and maximum of each stretch of frames, all channels together, each of shape (stretches,)."""
    stretches = frames.reshape(-1, stretch * frames.shape[1])
    return stretches.min(axis=1), stretches.max(axis=1)


class WaveformMeter:
    """Minimum and maximum of each piece of a stream; all pieces are equally long."""

    def __init__(self) -> None:
        self._extremes = GrowingArray(np.float16)

    def feed(self, lowest: Extremes, highest: Extremes, pieces: int) -> None:
        """Take the minima and maxima of short stretches, full scale = 1.0, and join them into ``pieces`` pieces."""
        starts = np.arange(pieces) * len(lowest) // pieces
        low, high = np.minimum.reduceat(lowest, starts), np.maximum.reduceat(highest, starts)
        self._extremes.extend(np.clip(np.stack([low, high], axis=1), -_LIMIT, _LIMIT))

    def finish(self, pieces: int) -> Extremes:
        """Return up to 2000 pairs (minimum, maximum), evenly spaced over the first ``pieces``, shape (n, 2)."""
        extremes = self._extremes.take(pieces).astype(np.float32)
        if len(extremes) <= COLUMNS:
            return extremes
        starts = np.arange(COLUMNS) * len(extremes) // COLUMNS
        return np.stack(
            [np.minimum.reduceat(extremes[:, 0], starts), np.maximum.reduceat(extremes[:, 1], starts)], 1
        )
