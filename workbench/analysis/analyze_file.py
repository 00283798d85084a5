"""One file to its features: decode once, describe, forget."""

from __future__ import annotations

from os import PathLike

import numpy as np

from workbench.analysis.features import TrackFeatures
from workbench.lazy_imports import get_essentia
from workbench.settings import Settings


def warm_up() -> None:
    """Import what the analysis needs, so that a worker's first file costs no more than its others."""
    get_essentia()


def analyze_file(path: str | PathLike[str], settings: Settings | None = None) -> TrackFeatures:
    """Describe one audio file. Pure: no database, no cache, no cluster.

    Parameters
    ----------
    path : path-like
    settings : Settings, optional
        STREAM_BLOCK_SECONDS and MEMORY_LIMIT_PERCENT are used.

    Raises
    ------
    AudioError
        One of its kinds, when the file cannot be decoded.
    """
    from workbench.audio.streaming_loader import open_audio

    settings = settings or Settings()
    with open_audio(path, block_seconds=settings.stream_block_seconds,
                    memory_limit_percent=settings.memory_limit_percent) as stream:
        samples = np.concatenate([block.copy() for block in stream] or [np.zeros((0, stream.channels), np.float32)])
        mono = np.ascontiguousarray(samples.mean(1), np.float32)
        duration, truncated = stream.duration_s, stream.truncated
        rate, channels = stream.rate, stream.channels
    if len(mono) < 3 * rate or not np.any(np.abs(mono) > 1e-4):
        return TrackFeatures(duration_s=duration, sample_rate_hz=rate, channels=channels, truncated=truncated)
    es = get_essentia()
    bpm, beats, confidence, _, _ = es.RhythmExtractor2013(method="degara")(mono)
    key, scale, strength = es.KeyExtractor(sampleRate=rate)(mono)
    spectrum = np.abs(np.fft.rfft(mono[: 8192 * (len(mono) // 8192)].reshape(-1, 8192))).mean(0)
    vector = np.log1p(spectrum[: 64 * 64].reshape(64, 64).mean(1)).astype(np.float32)
    danceability, _ = es.Danceability(sampleRate=rate)(mono)
    return TrackFeatures(
        duration_s=duration, sample_rate_hz=rate, channels=channels, truncated=truncated,
        bpm=float(bpm), bpm_confidence=float(confidence), beats_s=beats, key=key, scale=scale,
        key_strength=float(strength), danceability=float(danceability),
        loudness_lufs=float(10 * np.log10(np.mean(mono**2)) - 0.691), vector=vector,
    )
