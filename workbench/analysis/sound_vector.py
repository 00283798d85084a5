"""The sound vector: 62 numbers that describe how a track sounds, used to compare tracks.

The values are in raw units; a query standardizes them with the statistics of the library. Where a track has no value
(the tempo of noise), the vector has the neutral value that ``COMPOSITION`` gives.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.audio.pitch_names import PITCH_NAMES

COMPOSITION: tuple[tuple[str, int, str], ...] = (
    ("timbre", 12, "mean of cepstral coefficients 1–12; 0"),
    ("timbre", 13, "square root of the variance of coefficients 0–12; 0"),
    ("timbre", 7, "spectral contrast, dB; 0"),
    (
        "timbre",
        6,
        "log2 of centroid and rolloff (Hz), log10 of flatness, flux, brightness, log2 of zero crossings; 0",
    ),
    ("tonal", 12, "chroma mean turned so that the tonic comes first; 1/12"),
    ("tonal", 3, "place on the circle of fifths (cosine, sine) and mode (±1), all times key strength; 0"),
    ("tonal", 1, "chord changes a second; 0"),
    ("rhythm", 1, "log2 of tempo / 120; 0"),
    ("rhythm", 4, "tempo confidence, tempo stability, onset rate, danceability; 0"),
    ("dynamics", 3, "loudness, LUFS; loudness range, LU; dynamic complexity, dB; −70, 0, 0"),
)
"""Part, length, and contents with the neutral value, in order."""

SIZE = sum(length for _, length, _ in COMPOSITION)
# Keeps the logarithm finite.
_LEAST_FLATNESS = 1e-9
# The preferred tempo (van Noorden & Moelants 1999).
_NEUTRAL_BPM = 120.0
# The absolute gate of ITU-R BS.1770-4: what is quieter is not measured.
_NEUTRAL_LUFS = -70.0


def sound_vector(features: dict[str, Any]) -> npt.NDArray[np.float32]:
    """Compose the sound vector of a track.

    Parameters
    ----------
    features : dict
        Descriptors by name; those that the track does not have are left out.

    Returns
    -------
    float32 array, shape (62,)
        In the order of ``COMPOSITION``.
    """

    def value(name: str, neutral: float = 0.0) -> float:
        found = features.get(name)
        return neutral if found is None else float(found)

    def profile(name: str, length: int, neutral: float = 0.0) -> npt.NDArray[np.float64]:
        found = np.asarray(features.get(name, ()), np.float64)
        return found if len(found) == length else np.full(length, neutral)

    def log2(name: str) -> float:
        return float(np.log2(max(value(name, 1.0), 1.0)))

    turn, fifths = _key_parts(features)
    parts = (
        profile("mfcc_mean", 13)[1:],
        np.sqrt(profile("mfcc_variance", 13)),
        profile("spectral_contrast_mean", 7),
        (
            log2("spectral_centroid_hz"),
            log2("spectral_rolloff_hz"),
            np.log10(max(value("spectral_flatness", 1.0), _LEAST_FLATNESS)),
            value("spectral_flux"),
            value("brightness"),
            log2("zero_crossing_rate"),
        ),
        np.roll(profile("chroma_mean", 12, 1 / 12), -turn),
        fifths,
        (value("chord_change_rate_hz"),),
        (np.log2(value("bpm", _NEUTRAL_BPM) / _NEUTRAL_BPM),),
        (value("bpm_confidence"), value("tempo_stability"), value("onset_rate_hz"), value("danceability")),
        (value("loudness_lufs", _NEUTRAL_LUFS), value("loudness_range_lu"), value("dynamic_complexity_db")),
    )
    return np.concatenate(parts).astype(np.float32)


def _key_parts(features: dict[str, Any]) -> tuple[int, tuple[float, float, float]]:
    if features.get("key") is None:
        return 0, (0.0, 0.0, 0.0)
    tonic, strength = PITCH_NAMES.index(features["key"]), float(features["key_strength"])
    minor = features["scale"] == "minor"
    # Relative keys share a place on the circle of fifths, as on the Camelot wheel.
    angle = 2 * np.pi * ((7 * (tonic + 3 * minor)) % 12) / 12
    return tonic, (
        strength * float(np.cos(angle)),
        strength * float(np.sin(angle)),
        strength * (-1.0 if minor else 1.0),
    )
