"""Mix channels down to the mono signal that most descriptors are computed from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.analysis.blocks import Samples

# Share of the mean channel energy (−17 dB) under which the channels cancel each other. Set by hand: an inverted
# channel gives 0, independent channels give 1/channels.
_CANCELLED = 0.02


def channel_weights(channels: int) -> npt.NDArray[np.float32]:
    """Return the weights of ITU-R BS.1770-4: surround +1.5 dB, low-frequency effects left out.

    Five channels are read as L R C Ls Rs, six or more as L R C LFE Ls Rs …; fewer are all front channels.
    """
    weights = np.ones(channels, np.float32)
    if channels == 5:
        weights[3:] = 1.41
    elif channels >= 6:
        weights[3] = 0
        weights[4:] = 1.41
    return weights


class Mixdown:
    """The mean of the full-range channels; where they cancel each other (an inverted channel), the loudest channel."""

    def __init__(self, channels: int) -> None:
        heard = (channel_weights(channels) > 0).astype(np.float32)
        self._weights = heard / heard.sum()

    def __call__(self, chunk: Samples) -> Samples:
        """Mix a chunk of shape (frames, channels) to shape (frames,)."""
        if chunk.shape[1] == 1:
            return chunk[:, 0]
        mono = chunk @ self._weights
        if np.dot(mono, mono) >= _CANCELLED * np.vdot(chunk, chunk) / chunk.shape[1]:
            return np.asarray(mono)
        energy = np.einsum("ij,ij->j", chunk, chunk) * self._weights
        return np.ascontiguousarray(chunk[:, np.argmax(energy)])
