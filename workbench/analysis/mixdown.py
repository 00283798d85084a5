"""Mix channels down to the mono signal that most descriptors are computed from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from workbench.analysis.blocks import Samples

# Share of the mean channel energy (−17 dB) under which the channels cancel each other. Set by hand: an inverted
# channel gives 0, independent channels give 1/channels.
_CANCELLED = 0.02

_SIDES, _BACKS, _LOW = {"SL", "SR", "WL", "WR", "SDL", "SDR", "SSL", "SSR"}, {"BL", "BR"}, {"LFE", "LFE2"}
_KNOWN = _SIDES | _BACKS | _LOW | {"FL", "FR", "FC", "BC"}
_WIDE_FRONT = {"FL", "FR"}  # ±60° in 22.2, ±30° or ±45° in other layouts (ITU-R BS.2051)
_ONLY_IN_22_2 = "BFL"
_SURROUND = 1.41
"""+1.5 dB from 60° to 120° of azimuth and below 30° of elevation, ITU-R BS.1770-5, annex 3."""


def channel_weights(channels: int, names: Sequence[str] = ()) -> npt.NDArray[np.float32]:
    """Return the weights of ITU-R BS.1770-5: surround +1.5 dB, low-frequency effects left out.

    Parameters
    ----------
    channels : int
    names : sequence of str
        FFmpeg's names of the channels. Back channels are the surround channels of a layout that has no side channels.
        Without names, five channels are read as L R C Ls Rs, six or more as L R C LFE Ls Rs …, and fewer are all front
        channels.
    """
    present = set(names)
    if len(names) == channels and present & _KNOWN:
        surround = _SIDES if present & _SIDES else _SIDES | _BACKS
        if _ONLY_IN_22_2 in present:
            surround = surround | _WIDE_FRONT
        return np.array(
            [0 if name in _LOW else _SURROUND if name in surround else 1 for name in names], np.float32
        )
    weights = np.ones(channels, np.float32)
    if channels == 5:
        weights[3:] = _SURROUND
    elif channels >= 6:
        weights[3] = 0
        weights[4:] = _SURROUND
    return weights


class Mixdown:
    """The mean of the full-range channels; where they cancel each other (an inverted channel), the loudest channel."""

    def __init__(self, channels: int, names: Sequence[str] = ()) -> None:
        heard = (channel_weights(channels, names) > 0).astype(np.float32)
        self._weights = heard / max(1.0, float(heard.sum()))

    def __call__(self, chunk: Samples) -> Samples:
        """Mix a chunk of shape (frames, channels) to shape (frames,)."""
        if chunk.shape[1] == 1:
            return chunk[:, 0]
        mono = chunk @ self._weights
        if np.dot(mono, mono) >= _CANCELLED * np.vdot(chunk, chunk) / chunk.shape[1]:
            return np.asarray(mono)
        energy = np.einsum("ij,ij->j", chunk, chunk) * self._weights
        return np.ascontiguousarray(chunk[:, np.argmax(energy)])
