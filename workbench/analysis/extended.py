"""The descriptors of ``DESCRIPTORS=extended``, which Essentia computes: harmony, roughness, melody, beats by band.

Descriptors that need a spectrum are measured on the whole track, in consecutive frames of 93 ms (at 44.1 kHz). Melody,
intensity and the loudness of beats need all samples at once, so they are measured on one minute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.analysis.blocks import Samples
from workbench.analysis.descriptors import CHORDS
from workbench.analysis.minute import RATE
from workbench.analysis.rhythm.beats import Times
from workbench.lazy_imports import get_essentia

# 93 ms, the frame of Essentia's tonal descriptors.
_FRAME = 4096
# Peaks of the spectrum that are read, and where: the values of Essentia's MusicExtractor, without sub-bass.
_PEAKS: dict[str, Any] = {
    "maxPeaks": 60, "magnitudeThreshold": 1e-5, "minFrequency": 40, "maxFrequency": 5000, "orderBy": "frequency",
}  # fmt: skip
# Narrow, to tell low notes apart, and without side lobes at the bins; those of MusicExtractor's Blackman-Harris window
# give a sine a dissonance of 0.15.
_WINDOW = "hann"
# Three bins a semitone, as Essentia's ChordsDetection expects.
_HPCP_SIZE = 36
# Partials that count for their fundamental, as in MusicExtractor. Without them, minor triads appear a fifth too high.
_HPCP_HARMONICS = 8
_CHORD_WINDOW_S = 2.0
# Frames whose chords are found together (24 s), which bounds memory on long tracks.
_BATCH = 256
# Level under which a frame is silent, −60 dBFS; Essentia's default for silence.
_SILENT = 1e-3
# A chord counts if it agrees with its frame at least this much. White noise has at most 0.35. Set by hand.
_CHORD_HEARD = 0.5
_SHARPS = {"Ab": "G#", "Bb": "A#", "Eb": "D#"}
# Pitch below this confidence is noise for inharmonicity; set by hand.
_PITCHED = 0.5
# A track has a melody if there is one in this share of the minute. Set by hand.
_MELODY_SHARE = 0.05
_MELODY_HOP = 512
_FEWEST_BEATS = 4


class ExtendedMeter:
    """Compute the extended descriptors from the mono stream and, at its end, from one minute of it.

    Parameters
    ----------
    rate : int, Hz
    """

    def __init__(self, rate: int) -> None:
        import soxr

        essentia = get_essentia()
        self._resample = None if rate == RATE else soxr.ResampleStream(rate, RATE, 1, dtype="float32")
        self._window = essentia.Windowing(type=_WINDOW, size=_FRAME)
        self._spectrum = essentia.Spectrum(size=_FRAME)
        self._peaks = essentia.SpectralPeaks(sampleRate=RATE, **_PEAKS)
        self._dissonance = essentia.Dissonance()
        self._salience = essentia.PitchSalience(sampleRate=RATE)
        self._hpcp = essentia.HPCP(size=_HPCP_SIZE, harmonics=_HPCP_HARMONICS, sampleRate=RATE)
        self._pitch = essentia.PitchYinFFT(frameSize=_FRAME, sampleRate=RATE)
        self._harmonics, self._inharmonicity = essentia.HarmonicPeaks(), essentia.Inharmonicity()
        self._rest = np.zeros(0, np.float32)
        self._means = {"dissonance": _Mean(), "inharmonicity": _Mean(), "pitch_salience": _Mean()}
        self._chords = _Chords()

    def feed(self, mono: Samples) -> None:
        """Take the next samples, shape (n,)."""
        if self._resample is not None:
            mono = self._resample.resample_chunk(np.ascontiguousarray(mono))
        samples = np.concatenate((self._rest, mono))
        whole = len(samples) - len(samples) % _FRAME
        for frame in samples[:whole].reshape(-1, _FRAME):
            self._hear(frame)
        self._rest = samples[whole:]

    def _hear(self, frame: Samples) -> None:
        if np.abs(frame).max() < _SILENT:
            return
        spectrum = self._spectrum(self._window(frame))
        frequencies, magnitudes = self._peaks(spectrum)
        self._means["pitch_salience"].add(self._salience(spectrum))
        if not len(frequencies):
            return
        self._means["dissonance"].add(self._dissonance(frequencies, magnitudes))
        self._chords.add(self._hpcp(frequencies, magnitudes))
        pitch, confidence = self._pitch(spectrum)
        if confidence >= _PITCHED and pitch > 0:
            harmonics = self._harmonics(frequencies, magnitudes, pitch)
            self._means["inharmonicity"].add(self._inharmonicity(*harmonics))

    def finish(self, minute: Samples, beats_s: Times, *, pitched: bool) -> dict[str, Any]:
        """Return the extended descriptors; those without a value are ``None`` or left out.

        Parameters
        ----------
        minute : float32 array, shape (n,)
            At 44.1 kHz.
        beats_s : float64 array
            Seconds from the start of the minute.
        pitched : bool
            Whether the track has pitches at all; noise has neither chords nor a melody.
        """
        found: dict[str, Any] = {name: mean.value for name, mean in self._means.items()}
        if pitched:
            found |= self._chords.finish()
        if len(minute) < RATE or np.abs(minute).max() < _SILENT:
            return found
        melody = self._melody(minute) if pitched else {}
        return found | melody | self._intensity(minute) | self._beats(minute, beats_s)

    def _melody(self, minute: Samples) -> dict[str, Any]:
        essentia = get_essentia()
        follow = essentia.PredominantPitchMelodia(sampleRate=RATE, hopSize=_MELODY_HOP)
        pitches, _ = follow(essentia.EqualLoudness(sampleRate=RATE)(minute))
        sung = pitches[pitches > 0]
        if len(sung) < _MELODY_SHARE * len(pitches):
            return {}
        low, high = (float(value) for value in np.percentile(sung, (5, 95)))
        return {
            "melody_low_hz": low,
            "melody_high_hz": high,
            "melody_range_semitones": float(12 * np.log2(high / low)),
        }

    def _intensity(self, minute: Samples) -> dict[str, Any]:
        return {"intensity": int(get_essentia().Intensity(sampleRate=RATE)(minute))}

    def _beats(self, minute: Samples, beats_s: Times) -> dict[str, Any]:
        inside = beats_s[(beats_s >= 0) & (beats_s < len(minute) / RATE - 0.2)]
        if len(inside) < _FEWEST_BEATS:
            return {}
        measure = get_essentia().BeatsLoudness(beats=[float(beat) for beat in inside], sampleRate=RATE)
        loudness, bands = measure(minute)
        return {"beat_loudness": float(np.mean(loudness)), "beat_loudness_bands": np.mean(bands, axis=0)}


class _Mean:
    def __init__(self) -> None:
        self._total, self._count = 0.0, 0

    def add(self, value: float) -> None:
        self._total += float(value)
        self._count += 1

    @property
    def value(self) -> float | None:
        return self._total / self._count if self._count else None


class _Chords:
    """Counts of the frames' chords; its size does not grow with the length of the track."""

    def __init__(self) -> None:
        self._detect = get_essentia().ChordsDetection(
            sampleRate=RATE, hopSize=_FRAME, windowSize=_CHORD_WINDOW_S
        )
        self._waiting: list[npt.NDArray[np.float32]] = []
        self._counts: Counter[str] = Counter()
        self._changes, self._frames = 0, 0
        self._strengths = _Mean()
        self._last: str | None = None

    def add(self, profile: npt.NDArray[np.float32]) -> None:
        self._waiting.append(profile)
        if len(self._waiting) == _BATCH:
            self._count()

    def _count(self) -> None:
        for chord, strength in self._found():
            self._frames += 1
            self._strengths.add(strength)
            if strength >= _CHORD_HEARD:
                self._counts[chord] += 1
                self._changes += self._last not in (None, chord)
                self._last = chord
        self._waiting.clear()

    def _found(self) -> Iterator[tuple[str, float]]:
        if not self._waiting:
            return
        chords, strengths = self._detect(np.array(self._waiting, np.float32))
        for chord, strength in zip(chords, strengths, strict=True):
            tonic = chord.removesuffix("m")
            yield _SHARPS.get(tonic, tonic) + chord[len(tonic) :], float(strength)

    def finish(self) -> dict[str, Any]:
        self._count()
        heard = sum(self._counts.values())
        if heard * _FRAME / RATE < _CHORD_WINDOW_S or heard < self._frames / 2:
            return {}
        most = self._counts.most_common(1)[0][0]
        return {
            "chords_key": most.removesuffix("m"),
            "chords_scale": "minor" if most.endswith("m") else "major",
            "chords_change_rate_hz": self._changes / (self._frames * _FRAME / RATE),
            "chords_strength": self._strengths.value,
            "chords_histogram": np.array([self._counts[chord] / heard for chord in CHORDS]),
        }
