"""Run all meters over one stream: each chunk is mixed and transformed once, and every meter reads the result."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.analysis.blocks import Chunks, Samples
from workbench.analysis.extended import ExtendedMeter
from workbench.analysis.growing_array import GrowingArray
from workbench.analysis.level.dynamics import danceability, dynamic_complexity, find_ends, to_db
from workbench.analysis.level.loudness import LoudnessMeter
from workbench.analysis.level.true_peak import REACH, TruePeakMeter
from workbench.analysis.minute import Minute
from workbench.analysis.mixdown import Mixdown
from workbench.analysis.rhythm.beats import beats_in_a_bar, stability, tempo_of, track_beats
from workbench.analysis.rhythm.onsets import OnsetMeter, count_onsets, drums_heard
from workbench.analysis.rhythm.second_opinion import Vote, percival_bpm
from workbench.analysis.rhythm.tempo import estimate_tempo, normalize
from workbench.analysis.same_recording.landmarks import LandmarkMeter
from workbench.analysis.sound_vector import sound_vector
from workbench.analysis.spectrum.mel import MelBands
from workbench.analysis.spectrum.spectra import CHUNK_HOPS, Decimator, ShortTimeFourier, framing, power
from workbench.analysis.spectrum.timbre import TimbreMeter
from workbench.analysis.spectrum.transforms import padded
from workbench.analysis.structure import find_sections, preview_start
from workbench.analysis.tonality.camelot import camelot, open_key
from workbench.analysis.tonality.key import find_key
from workbench.analysis.tonality.tonal import TEXTURE_HOPS, ChromaMeter, Harmony
from workbench.analysis.waveform import WaveformMeter, extremes

REPLAY_GAIN_LUFS = -18.0
"""The target level of ReplayGain 2.0."""
# Larger samples (over +120 dBFS) come from a broken file, and their squares would overflow float32.
_LOUDEST = 1e6
# 93 ms: 2000 of them are three minutes, so short tracks keep all their detail.
_WAVEFORM_HOPS = 4
# Four beats at 80 BPM; set by hand.
_SHORTEST_RHYTHM_S = 3.0
# Fewer than four frames that rise this much are noise or a drone; chosen on the synthesized tempo sets,
# tests/benchmarks/bench_accuracy.py.
_LEAST_RISE_DB, _FEWEST_RISES = 0.5, 4
# Where onsets are unclear, the least correlation at the tempo, times the root of the length in seconds: white, pink and
# brown noise of 4 to 60 s reach 0.38 (24 signals each).
_MIN_REGULARITY = 0.4
# With at least this many chord changes a second, pitched sound is music with a tempo, even if its onsets are soft.
# Drones and pads do not change chords.
_MOVING_HZ = 0.2
# Measured: noise and drones have 0.05 to 0.1 onsets a second. Music with more has a tempo, even if it
# is played freely.
_CLEAR_ONSETS_HZ = 0.25
# Weight of the bass in placing beats; chosen on the synthesized tempo sets, tests/benchmarks/bench_accuracy.py.
_BASS_FOR_BEATS = 2.0
# Rows kept for a track: enough for a plot, and small in the database; set by hand.
_CHROMA_ROWS = 500


def describe(
    blocks: Iterable[Samples],
    rate: int,
    channels: int,
    channel_names: Sequence[str] = (),
    *,
    extended: bool = False,
    vote: Vote | None = None,
) -> dict[str, Any]:
    """Compute the descriptors of a stream of samples.

    Parameters
    ----------
    blocks : iterable of float32 arrays, shape (any, channels), full scale = 1.0, all finite
    rate : int, Hz
    channels : int
    channel_names : sequence of str
        FFmpeg's names of the channels, if known; loudness weighs surround channels by them.
    extended : bool
        Compute the extended descriptors as well.
    vote : callable, optional
        A network's estimate of the tempo; called only where ours is uncertain.

    Returns
    -------
    dict
        Descriptors by name, with ``duration_s`` and the sound vector (``vector``); those without a value are left
        out. The values do not depend on how the samples are cut into blocks.
    """
    meters = _Meters(rate, channels, channel_names, extended=extended)
    hop = meters.framing.hop
    chunks = Chunks(
        blocks,
        channels,
        frames=CHUNK_HOPS * hop,
        history=meters.history,
        margin=hop,
        grain=TEXTURE_HOPS * hop,
    )
    for chunk in chunks:
        meters.feed(chunk)
    found = {name: value for name, value in meters.finish(chunks.length, vote).items() if value is not None}
    return found | {"vector": sound_vector(found)}


class _Meters:
    def __init__(self, rate: int, channels: int, channel_names: Sequence[str], *, extended: bool) -> None:
        self.rate = rate
        self.framing = framing(rate)
        self._mix = Mixdown(channels, channel_names)
        self._fourier = ShortTimeFourier(self.framing)
        self._powers = np.empty((CHUNK_HOPS, padded(self.framing.bins)), np.float32)
        self._ones = np.ones(self.framing.bins, np.float32)
        self._low = np.zeros((CHUNK_HOPS, Decimator.BINS), np.complex64)
        self._mel = MelBands(self.framing)
        self._loudness = LoudnessMeter(rate, channels, channel_names)
        self._true_peak = TruePeakMeter(rate, channels, self.framing.hop)
        self.history = self._loudness.history
        self._timbre = TimbreMeter(self.framing)
        self._onsets = OnsetMeter()
        self._chroma = ChromaMeter(self.framing)
        self._landmarks = LandmarkMeter(self.framing)
        self._waveform = WaveformMeter()
        self._minute = Minute(rate)
        self._extended = ExtendedMeter(rate) if extended else None
        self._energies = GrowingArray()
        self._textures = GrowingArray()
        self._crossings = 0
        self._sign = False

    def feed(self, chunk: Samples) -> None:
        """Take a chunk: ``history`` frames that came before, then up to 256 hops of new ones, a multiple of 16."""
        fresh = chunk[self.history :]
        hops = len(fresh) // self.framing.hop
        lowest, highest = extremes(fresh, self.framing.hop)
        if highest.max() > _LOUDEST or lowest.min() < -_LOUDEST:
            np.clip(fresh, -_LOUDEST, _LOUDEST, out=fresh)
            lowest, highest = extremes(fresh, self.framing.hop)
        self._loudness.feed(chunk)
        self._true_peak.feed(chunk[self.history - 2 * REACH :], np.maximum(highest, -lowest))
        self._waveform.feed(lowest, highest, hops // _WAVEFORM_HOPS)
        mono = self._mix(fresh)
        self._minute.feed(mono)
        if self._extended is not None:
            self._extended.feed(mono)
        self._count_crossings(mono)
        powers = self._transform(mono, hops)
        self._chroma.feed(self._low[:hops])
        mels = self._mel(powers)
        energies = powers @ self._ones
        self._energies.extend(energies)
        self._onsets.feed(mels)
        self._landmarks.feed(mels)
        cepstra = self._timbre.feed(powers, mels, energies)
        self._textures.extend(cepstra.reshape(-1, TEXTURE_HOPS, cepstra.shape[1]).mean(axis=1))

    def _transform(self, mono: Samples, hops: int) -> npt.NDArray[np.float32]:
        """Keep the low bins of the spectra for the chroma, and return the powers of all bins."""
        start = 0
        for spectra in self._fourier.feed(mono):
            stop = start + len(spectra)
            bins = min(Decimator.BINS, spectra.shape[1])
            self._low[start:stop, :bins] = spectra[:, :bins]
            power(spectra, self._powers[start:stop])
            start = stop
        powers = self._powers[:hops, : self.framing.bins]
        powers[:, :2] = 0  # a DC offset is not sound
        return powers

    def _count_crossings(self, mono: Samples) -> None:
        signs = np.signbit(mono)
        self._crossings += int(np.count_nonzero(signs[1:] != signs[:-1])) + bool(signs[0] != self._sign)
        self._sign = bool(signs[-1])

    def finish(self, frames: int, vote: Vote | None) -> dict[str, Any]:
        """Return every descriptor; ``None`` for those without a value."""
        hops = frames / self.framing.hop
        textures = math.ceil(hops / TEXTURE_HOPS)
        duration = frames / self.rate
        energies = self._energies.take(math.ceil(hops) + 1)
        found: dict[str, Any] = {"duration_s": duration}
        found |= {"waveform_peaks": self._waveform.finish(math.ceil(hops / _WAVEFORM_HOPS))}
        found |= self._finish_loudness(frames)
        ends = find_ends(energies, self.framing.period_s, duration)
        if ends is None:
            return found
        timbre = self._timbre.finish()
        found |= asdict(ends) | (asdict(timbre) if timbre else {})
        found["zero_crossing_rate"] = self._crossings / duration
        found["landmarks"] = self._landmarks.finish(math.ceil(hops) + 1)
        found["danceability"] = danceability(energies, self.framing.period_s)
        harmony = self._chroma.finish(textures)
        found |= _tonal(harmony, self.framing.period_s * TEXTURE_HOPS)
        found |= self._finish_structure(energies, harmony, textures, duration)
        found |= self._finish_rhythm(frames, harmony, vote)
        if self._extended is not None:
            beats = np.asarray(found.get("beats_s", ())) - self._minute.start_s(frames)
            found |= self._extended.finish(self._minute.samples(frames), beats, pitched=harmony.pitched)
        return found

    def _finish_loudness(self, frames: int) -> dict[str, Any]:
        loudness = self._loudness.finish(frames)
        integrated = loudness.integrated()
        return {
            "loudness_lufs": integrated,
            "loudness_range_lu": loudness.range(),
            "true_peak_dbtp": self._true_peak.finish(),
            "replay_gain_db": None if integrated is None else REPLAY_GAIN_LUFS - integrated,
            "dynamic_complexity_db": dynamic_complexity(loudness.over(0.4)),
            "loudness_curve_lufs": loudness.curve(),
            "loudness_histogram": loudness.histogram(),
        }

    def _finish_structure(
        self, energies: npt.NDArray[np.float32], harmony: Harmony, textures: int, duration: float
    ) -> dict[str, Any]:
        period = self.framing.period_s
        seconds = (np.arange(len(energies)) * period).astype(np.int64)
        seconds = np.minimum(seconds, max(0, math.ceil(duration) - 1))
        curve = to_db(np.bincount(seconds, energies) / np.bincount(seconds))
        sections = find_sections(self._textures.take(textures), harmony.chroma, period * TEXTURE_HOPS)
        return {
            "energy_curve_db": curve,
            "sections_s": sections.starts_s,
            "section_novelty": sections.novelty,
            "preview_start_s": preview_start(curve, sections.starts_s),
        }

    def _finish_rhythm(self, length: int, harmony: Harmony, vote: Vote | None) -> dict[str, Any]:
        period, duration = self.framing.period_s, length / self.rate
        frames = math.ceil(length / self.framing.hop) + 1
        rises = self._onsets.finish(frames)
        envelopes = rises.astype(np.float32, order="C")
        onsets = count_onsets(envelopes[0], period)
        found: dict[str, Any] = {"onset_rate_hz": onsets / duration}
        if duration < _SHORTEST_RHYTHM_S or np.count_nonzero(rises[0] > _LEAST_RISE_DB) < _FEWEST_RISES:
            return found
        drums = drums_heard(*rises[1:])
        del rises
        for envelope in envelopes:
            envelope[:] = normalize(envelope, period)
        tempo = estimate_tempo(
            envelopes,
            period,
            drums=drums,
            octaves=vote,
            second=lambda: percival_bpm(self._minute.samples(length)),
        )
        clear = onsets >= _FEWEST_RISES and onsets >= _CLEAR_ONSETS_HZ * duration
        regular = tempo is not None and tempo.regularity >= _MIN_REGULARITY / math.sqrt(duration)
        moves = (harmony.chord_change_rate(period * TEXTURE_HOPS) or 0.0) >= _MOVING_HZ
        if tempo is None or not (clear or regular or moves):
            return found
        everything, bass, _ = envelopes
        strength = everything + np.float32(_BASS_FOR_BEATS) * bass
        beats = track_beats(strength, tempo.bpm, period)
        rows = np.minimum((beats / (period * TEXTURE_HOPS)).astype(int), max(0, len(harmony.chroma) - 1))
        at = np.minimum(np.round(beats / period).astype(int), frames - 1)
        chords = np.abs(np.diff(harmony.chroma[rows], axis=0, prepend=harmony.chroma[rows[:1]])).sum(axis=1)
        return found | {
            "bpm": tempo_of(beats, tempo.bpm),
            "bpm_confidence": tempo.confidence,
            "bpm_alternative": tempo.alternative,
            "tempo_candidates_bpm": tempo.candidates,
            "tempo_candidates_weight": tempo.weights,
            "tempo_stability": stability(beats),
            "time_signature": beats_in_a_bar(np.column_stack((bass[at], everything[at], chords))),
            "beats_s": beats[beats <= duration],
        }


def _tonal(harmony: Harmony, period_s: float) -> dict[str, Any]:
    rows = max(1, math.ceil(len(harmony.chroma) / _CHROMA_ROWS))
    starts = np.arange(0, len(harmony.chroma), rows)
    found: dict[str, Any] = {
        "tuning_hz": harmony.tuning_hz,
        "chroma_curve": np.add.reduceat(harmony.chroma, starts, axis=0)
        / np.diff([*starts, len(harmony.chroma)])[:, None],
        "chord_change_rate_hz": harmony.chord_change_rate(period_s),
    }
    mean = harmony.mean()
    if not mean.any():
        return found
    found |= {"chroma_mean": mean, "chroma_deviation": harmony.deviation()}
    key = find_key(harmony.prevalence()) if harmony.pitched else None
    if key is None:
        return found
    return found | {
        "key": key.key,
        "scale": key.scale,
        "key_strength": key.strength,
        "key_runner_up": key.runner_up,
        "scale_runner_up": key.scale_runner_up,
        "camelot": camelot(key.key, key.scale),
        "open_key": open_key(key.key, key.scale),
    }
