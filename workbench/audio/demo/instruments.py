"""Synthesize single notes and drum hits: mono float32 at :data:`RATE`, always the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

RATE = 44100

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Instrument:
    """An instrument: the amplitudes of its harmonics, and its envelope.

    ``decay_s`` is the time constant of a struck or plucked sound; a sound with ``None`` sustains. ``detune_cents`` adds
    a second, slightly higher voice, which sounds like an ensemble.
    """

    harmonics: tuple[float, ...]
    attack_s: float
    decay_s: float | None
    release_s: float
    detune_cents: float = 0.0


def _falling(count: int, power: float) -> tuple[float, ...]:
    return tuple(1.0 / k**power for k in range(1, count + 1))


# All values of instruments and drums are set by ear.
INSTRUMENTS: dict[str, Instrument] = {
    "piano": Instrument(_falling(9, 1.6), 0.004, 0.9, 0.12),
    "electric piano": Instrument((1.0, 0.28, 0.08, 0.12, 0.03), 0.005, 1.3, 0.15),
    "organ": Instrument((1.0, 0.7, 0.45, 0.35, 0.0, 0.2, 0.0, 0.15), 0.012, None, 0.06),
    "pad": Instrument(_falling(7, 1.4), 0.25, None, 0.4, 7.0),
    "strings": Instrument(_falling(12, 1.1), 0.09, None, 0.2, 9.0),
    "brass": Instrument((1.0, 0.9, 0.75, 0.5, 0.35, 0.22, 0.14, 0.08), 0.035, None, 0.08),
    "guitar": Instrument(_falling(10, 1.2), 0.003, 0.45, 0.08),
    "pluck": Instrument(_falling(8, 1.0), 0.002, 0.18, 0.05),
    "synth lead": Instrument((1.0, 0.0, 0.33, 0.0, 0.2, 0.0, 0.14, 0.0, 0.1), 0.008, None, 0.05, 5.0),
    "flute": Instrument((1.0, 0.22, 0.07, 0.02), 0.06, None, 0.09),
    "music box": Instrument((1.0, 0.0, 0.0, 0.35, 0.0, 0.12), 0.002, 0.5, 0.2),
    "finger bass": Instrument((1.0, 0.55, 0.3, 0.12, 0.05), 0.006, 0.6, 0.05),
    "synth bass": Instrument(_falling(10, 1.0), 0.004, 0.35, 0.04),
    "sub bass": Instrument((1.0, 0.18, 0.05), 0.012, None, 0.06),
    "double bass": Instrument((1.0, 0.6, 0.35, 0.2, 0.1), 0.012, 0.4, 0.06),
}


@lru_cache(maxsize=1024)
def note(instrument: str, pitch: int, seconds: float) -> Samples:
    """Synthesize one note by adding harmonics.

    Parameters
    ----------
    instrument : str
        A key of :data:`INSTRUMENTS`.
    pitch : int
        MIDI note number; 69 is 440 Hz.
    seconds : float
        How long the key is held; the release follows.

    Returns
    -------
    float32 array, shape (frames,)
        Read-only, with a peak of about 1.
    """
    timbre = INSTRUMENTS[instrument]
    frequency = 440.0 * 2.0 ** ((pitch - 69) / 12)
    time = np.arange(round((seconds + timbre.release_s) * RATE)) / RATE
    audible = [a for k, a in enumerate(timbre.harmonics, 1) if k * frequency < 0.45 * RATE]
    wave = _harmonic_wave(frequency, audible, time)
    if timbre.detune_cents:
        wave = 0.5 * (wave + _harmonic_wave(frequency * 2 ** (timbre.detune_cents / 1200), audible, time))
    rendered = wave * _envelope(timbre, seconds, time) / sum(audible)
    return _frozen(rendered)


def _harmonic_wave(frequency: float, amplitudes: list[float], time: npt.NDArray[np.float64]) -> Samples:
    # cos(k x) is the k-th Chebyshev polynomial of cos(x), so one cosine gives all harmonics.
    fundamental = np.cos((2 * np.pi) * ((frequency * time) % 1.0).astype(np.float32))
    coefficients = np.array([0.0, *amplitudes], np.float32)
    return np.asarray(np.polynomial.chebyshev.chebval(fundamental, coefficients), np.float32)


def _envelope(timbre: Instrument, seconds: float, time: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    shape = np.clip(time / timbre.attack_s, 0.0, 1.0)
    if timbre.decay_s is not None:
        shape = shape * np.exp(-time / timbre.decay_s)
    return np.asarray(shape * np.clip((seconds + timbre.release_s - time) / timbre.release_s, 0.0, 1.0))


@lru_cache(maxsize=16)
def drum(name: str) -> Samples:
    """Synthesize one drum hit: kick, snare, clap, hat, open hat, ride, rim, tom, shaker or brush."""
    rng = np.random.default_rng(sum(name.encode()))
    if name in ("kick", "tom"):
        return _frozen(_membrane(name))
    seconds, decay_s, order, body = _NOISES[name]
    time = np.arange(round(seconds * RATE)) / RATE
    noise = rng.standard_normal(len(time) + order)
    for _ in range(order):  # each difference raises the treble by 6 dB per octave
        noise = np.diff(noise) * 0.6
    sound = 0.35 * noise * np.exp(-time / decay_s)
    if name == "clap":
        sound *= 0.4 + 0.6 * (np.sin(2 * np.pi * 90 * time) > 0)
    if body:
        sound += 0.55 * np.sin(2 * np.pi * body * time) * np.exp(-time / (0.5 * decay_s))
    return _frozen(sound)


# Length and time constant in seconds, number of differences, and the frequency of a tone (0: none).
_NOISES: dict[str, tuple[float, float, int, float]] = {
    "snare": (0.25, 0.06, 0, 190.0),
    "clap": (0.22, 0.05, 1, 0.0),
    "hat": (0.08, 0.018, 2, 0.0),
    "open hat": (0.3, 0.09, 2, 0.0),
    "ride": (0.4, 0.12, 2, 3150.0),
    "rim": (0.06, 0.012, 1, 820.0),
    "shaker": (0.1, 0.03, 3, 0.0),
    "brush": (0.18, 0.05, 1, 0.0),
}


def _membrane(name: str) -> npt.NDArray[np.float64]:
    low, high, decay_s = (48.0, 150.0, 0.13) if name == "kick" else (95.0, 180.0, 0.16)
    time = np.arange(round(0.4 * RATE)) / RATE
    frequency = low + (high - low) * np.exp(-time / 0.03)
    wave = np.sin(2 * np.pi * np.cumsum(frequency) / RATE) * np.exp(-time / decay_s)
    wave[: RATE // 200] += 0.25 * np.linspace(1, 0, RATE // 200)  # the click of the beater
    return np.asarray(wave * np.clip((0.4 - time) / 0.02, 0, 1))


def _frozen(sound: npt.NDArray[np.floating]) -> Samples:
    samples = np.ascontiguousarray(sound, np.float32)
    samples.setflags(write=False)
    return samples
