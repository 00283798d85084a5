"""Find the key of a track from its chroma."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from workbench.audio.pitch_names import PITCH_NAMES

# Sha'ath 2011, Estimation of key in digital music recordings: Krumhansl's profiles, fitted to popular music
_MAJOR = (6.6, 2.0, 3.5, 2.3, 4.6, 4.0, 2.5, 5.2, 2.4, 3.7, 2.3, 3.4)
_MINOR = (6.5, 2.7, 3.5, 5.4, 2.6, 3.5, 2.5, 5.2, 4.0, 2.7, 4.3, 3.2)


@dataclass(frozen=True)
class Key:
    """The best and the second best key; ``strength`` is the correlation with the profile of the best, 0 to 1."""

    key: str
    scale: str
    strength: float
    runner_up: str
    scale_runner_up: str


def find_key(chroma: npt.NDArray[np.float64]) -> Key | None:
    """Correlate a chroma, shape (12,), with the profiles of all 24 keys; ``None`` if the chroma is flat."""
    if np.std(chroma) <= 1e-9:
        return None
    centered = chroma - np.mean(chroma)
    correlations = _profiles() @ (centered / np.linalg.norm(centered))
    best, second = np.argsort(-correlations, kind="stable")[:2]
    return Key(
        PITCH_NAMES[best % 12],
        _scale(best),
        float(np.clip(correlations[best], 0, 1)),
        PITCH_NAMES[second % 12],
        _scale(second),
    )


@lru_cache(maxsize=1)
def _profiles() -> npt.NDArray[np.float64]:
    """Return the profiles of C major … B major, C minor … B minor, centered and of unit length, shape (24, 12)."""
    profiles = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
    profiles -= profiles.mean(axis=1, keepdims=True)
    return np.asarray(profiles / np.linalg.norm(profiles, axis=1, keepdims=True))


def _scale(index: int) -> str:
    return "major" if index < 12 else "minor"
