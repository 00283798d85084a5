"""Test signals with known values: tones, noise, clicks and the level steps of the EBU loudness tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


def tone(
    frequency: float,
    seconds: float,
    *,
    rate: int = 44100,
    level_db: float = -20.0,
    channels: int = 1,
    phase: float = 0.0,
) -> Samples:
    """Return a sine wave with a peak of ``level_db`` dBFS, the same in all channels; shape (frames, channels)."""
    time = np.arange(round(seconds * rate)) / rate
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * frequency * time + phase)
    return _spread(wave, channels)


def white_noise(
    seconds: float, *, rate: int = 44100, level_db: float = -20.0, channels: int = 1, seed: int = 0
) -> Samples:
    """Return Gaussian noise of ``level_db`` dBFS RMS, different in each channel; shape (frames, channels)."""
    shape = (round(seconds * rate), channels)
    noise = np.random.default_rng(seed).standard_normal(shape, np.float32)
    return np.asarray(noise * np.float32(10 ** (level_db / 20)))


def silence(seconds: float, *, rate: int = 44100, channels: int = 1) -> Samples:
    """Return digital silence; shape (frames, channels)."""
    return np.zeros((round(seconds * rate), channels), np.float32)


def click_track(bpm: float, seconds: float, *, rate: int = 44100, channels: int = 1) -> Samples:
    """Return a metronome: a decaying 1 kHz tone on each beat, the first at 0; shape (frames, channels)."""
    time = np.arange(round(0.01 * rate)) / rate
    click = 0.8 * np.sin(2 * np.pi * 1000 * time) * np.exp(-time / 0.002)
    frames = round(seconds * rate)
    wave = np.zeros(frames + len(click))
    for beat_s in np.arange(0, seconds, 60 / bpm):
        start = round(beat_s * rate)
        wave[start : start + len(click)] += click
    return _spread(wave[:frames], channels)


def level_steps(
    steps: Sequence[tuple[float, float]], *, rate: int = 48000, frequency: float = 1000.0
) -> Samples:
    """Return a stereo sine wave that changes its level in steps, with continuous phase; shape (frames, 2).

    Parameters
    ----------
    steps : sequence of (level in dBFS, seconds)
        EBU Tech 3341 and 3342 define tests as such sequences: case 1 of 3341 is ``[(-23, 20)]`` and must measure
        -23 LUFS.
    """
    levels = np.concatenate([np.full(round(seconds * rate), 10 ** (db / 20)) for db, seconds in steps])
    return _spread(levels * np.sin(2 * np.pi * frequency * np.arange(len(levels)) / rate), 2)


def _spread(wave: npt.NDArray[np.float64], channels: int) -> Samples:
    return np.repeat(wave.astype(np.float32)[:, None], channels, axis=1)
