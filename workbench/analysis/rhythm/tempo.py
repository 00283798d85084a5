"""Estimate the tempo from the onset envelope.

An onset envelope repeats at the beat, but also at multiples and fractions of it. Listeners prefer the level near two
beats a second. The score of a candidate tempo is the product of

- how well the envelope repeats after half, one, two and four beats;
- how strong the envelope is at the frequency of the beat. Strong off beats leave little there, so a share of the
  strength at twice the frequency counts as well;
- whether the bass strikes twice in a beat, where drums play: then the beat is as fast as the bass;
- whether bass and treble alternate from beat to beat, as kick and snare do. If they fall together on every other beat,
  the score is lower, but only to a limit: a slow accompaniment without drums does the same;
- how common the tempo is. Without drums the preferred beat is slower.

Where the best candidate is uncertain, other estimates count too. If there is a network, it votes on the octave where
drums play; on music without drums it often doubles the tempo. Then a second estimator raises the scores of the
candidates that equal its tempo or an octave of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy.ndimage import maximum_filter1d

from workbench.analysis.filtered import moving_mean
from workbench.analysis.rhythm.second_opinion import Support, Vote

SLOWEST, FASTEST = 40.0, 250.0
"""Beats a minute. Slower or faster music is reported in the next octave inside."""
# All chosen on the synthesized tempo sets, tests/benchmarks/bench_accuracy.py, unless said otherwise.

# Steps of 0.4 %: four beats of a slow tempo last 4 s, and the correlation of an onset has a peak 40 ms wide.
_STEPS_AN_OCTAVE = 192
# Twice the longest lag.
_WINDOW_S = 12.0
# Four beats at the slowest tempo, 6 s.
_LONGEST_LAG_S = 6.1
# Lags in beats, and the weight of their halves or thirds, whichever repeat better.
_BEATS, _PARTS, _PARTS_WEIGHT = (1, 2, 4), (1 / 2, 1 / 3), 0.5
_BASS_SHARE = 0.5
# Center as in van Noorden & Moelants 1999; the width, and the center without drums, were chosen.
_PREFERRED, _PREFERRED_WITHOUT_DRUMS, _PREFERRED_OCTAVES = 120.0, 95.0, 0.7
_TOO_SLOW, _TOO_FAST, _TOO_OCTAVES = 60.0, 165.0, 0.2
# The bass strikes twice in a beat if its correlation at half a beat is this share of that at a beat; the effect grows
# from the first value over a range of the second. A bass with more strikes a minute than _FASTEST_BASS plays eighths.
_BASS_TWICE, _BASS_TWICE_OVER, _BASS_TWICE_WEIGHT = 0.5, 0.2, 1.4
_FASTEST_BASS = 160.0
_LEAST_BASS = 0.2
# Confidence below which other estimates count. With 0.6, they count for four times as many recordings and improve no
# more of them.
_UNSURE = 0.5
# Width of the answer of the second estimator.
_ANSWER_OCTAVES = 0.05
# Octaves (4 %) within which candidates are the same up to the octave.
_SAME_OCTAVES = 0.06
# 4 %: the tolerance for a correct tempo in Gouyon et al. 2006.
_APART_STEPS = 11
# As many as a tempo has common multiples and fractions: half, double, a third, triple; set by hand.
_MOST_CANDIDATES = 5
_OFF_BEATS = 0.25
_ALTERNATION, _LEAST_ALTERNATION = 2.2, -0.4
_LOCAL_MEAN_S, _LOCAL_SPREAD_S = 1.0, 4.0
# The correlation of a clear beat, which gives full confidence; set by hand.
_REGULAR = 0.4
_SPECTRUM_S, _SPECTRUM_SIZE = 8.0, 4096
# Windows transformed at a time, which bounds memory on long tracks.
_BATCH = 32

Envelope = npt.NDArray[np.float32]
Curve = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tempo:
    """The estimated tempo and the other candidates.

    Attributes
    ----------
    bpm : float
        The best candidate.
    regularity : float
        Mean correlation of the envelope with itself one, two and four beats later.
    candidates, weights : float64 arrays, shape (n,)
        Beats a minute, best first, and their scores relative to the best.
    """

    bpm: float
    regularity: float
    candidates: Curve
    weights: Curve

    @property
    def alternative(self) -> float | None:
        """The second candidate, beats a minute."""
        return float(self.candidates[1]) if len(self.candidates) > 1 else None

    @property
    def confidence(self) -> float:
        """0 to 1: how regular the envelope is at the tempo, lower where another tempo scores almost as well."""
        rival = self.weights[1] if len(self.weights) > 1 else 0.0
        return float(np.clip(self.regularity / _REGULAR, 0, 1) * (1 - 0.5 * rival))


def normalize(envelope: Envelope, period_s: float) -> Envelope:
    """Subtract the local mean (1 s) and divide by the local spread (4 s), so that quiet passages count as well."""
    above = envelope - moving_mean(envelope, max(1, round(_LOCAL_MEAN_S / period_s)))
    np.maximum(above, 0, out=above)
    spread = moving_mean(above**2, max(1, round(_LOCAL_SPREAD_S / period_s)))
    np.sqrt(np.maximum(spread, 0, out=spread), out=spread)  # rounding may leave a mean slightly below zero
    spread += 1e-3 * above.std() + 1e-9
    above /= spread
    return above


def estimate_tempo(
    envelopes: Envelope,
    period_s: float,
    *,
    drums: float = 1.0,
    octaves: Vote | None = None,
    second: Callable[[], float | None] | None = None,
) -> Tempo | None:
    """Estimate the tempo.

    Parameters
    ----------
    envelopes : float32 array, shape (3, n)
        Normalized onset envelopes of all bands, bass and treble.
    period_s : float
        Seconds between their values.
    drums : float
        0 where no drums play, 1 where they do.
    octaves : callable, optional
        Returns the probabilities of tempos, by which the octave is chosen, or ``None``.
    second : callable, optional
        Returns another estimate, beats a minute; or ``None``. Both are called only where this one is uncertain.

    Returns
    -------
    Tempo or None
        ``None`` if nothing repeats.

    References
    ----------
    Percival & Tzanetakis 2014 (autocorrelation combs); Peeters 2006 (times the spectrum of the envelope);
    van Noorden & Moelants 1999 (preferred tempo).
    """
    correlations = _correlations(envelopes, period_s)
    if correlations is None:
        return None
    grid = SLOWEST * 2 ** (np.arange(0, np.log2(FASTEST / SLOWEST), 1 / _STEPS_AN_OCTAVE))
    lags = 60 / grid / period_s
    spectrum = _spectrum(envelopes[0], period_s, np.stack((grid, 2 * grid)))
    repeats = _repeats(correlations, lags, spectrum)
    weights = _alternation(correlations, lags) * _kick(correlations, lags, grid) ** drums
    scores = repeats * weights * _prior(grid, drums)
    best = _peaks(scores)
    if not len(best):
        return None

    def found() -> Tempo:
        best = _peaks(scores)
        candidates = np.array([_refine(grid, repeats, index) for index in best])
        around = 60 / candidates[0] / period_s * np.array(_BEATS)
        regularity = float(np.mean(_at(correlations[0], around)))
        return Tempo(float(candidates[0]), regularity, candidates, scores[best] / scores[best[0]])

    tempo = found()
    if octaves and tempo.confidence < _UNSURE and (likely := octaves()):
        scores *= _votes(grid, grid[best[0]], likely) ** drums
        tempo = found()
    if second is None or tempo.confidence >= _UNSURE or not (other := second()):
        return tempo
    apart = np.log2(grid / other)
    scores *= 1 + np.exp(-0.5 * ((apart - np.rint(apart)) / _ANSWER_OCTAVES) ** 2)
    return found()


def _repeats(correlations: tuple[Curve, Curve, Curve], lags: Curve, spectrum: Curve) -> Curve:
    """Return how well the envelope repeats at each tempo, times how strong it is at its frequency."""
    overall, bass, _ = correlations
    mixed = overall + _BASS_SHARE * bass
    parts = np.max([_at(mixed, part * lags) for part in _PARTS], axis=0)
    comb = _PARTS_WEIGHT * parts + sum(_at(mixed, beats * lags) for beats in _BEATS)
    on_beats, off_beats = spectrum
    return np.asarray(np.maximum(comb, 0) * np.sqrt(np.maximum(on_beats, _OFF_BEATS * off_beats)))


def _alternation(correlations: tuple[Curve, Curve, Curve], lags: Curve) -> Curve:
    """Return a factor for each tempo, larger where bass and treble alternate from beat to beat."""
    crossed = correlations[2]
    return np.asarray(
        np.exp(_ALTERNATION * np.maximum(_at(crossed, lags) - _at(crossed, 2 * lags), _LEAST_ALTERNATION))
    )


def _kick(correlations: tuple[Curve, Curve, Curve], lags: Curve, bpms: Curve) -> Curve:
    """Return a factor for each tempo: below 1 where the bass strikes twice in a beat, as it does at half the tempo."""
    bass = correlations[1]
    share = _at(bass, lags / 2) / np.maximum(_at(bass, lags), _LEAST_BASS)
    twice = np.clip((share - _BASS_TWICE) / _BASS_TWICE_OVER, 0, 1) * (2 * bpms <= _FASTEST_BASS)
    return np.asarray(np.exp(-_BASS_TWICE_WEIGHT * twice))


def _prior(bpms: Curve, drums: float) -> Curve:
    """Return how common each tempo is: highest around 120 with drums, low under 60 and over 165."""
    center = _PREFERRED_WITHOUT_DRUMS * (_PREFERRED / _PREFERRED_WITHOUT_DRUMS) ** drums
    preferred = np.log2(bpms / center) / _PREFERRED_OCTAVES
    outside = np.log2(bpms / np.clip(bpms, _TOO_SLOW, _TOO_FAST)) / _TOO_OCTAVES
    return np.asarray(np.exp(-0.5 * (preferred**2 + outside**2)))


def _votes(grid: Curve, best: float, likely: Support) -> Curve:
    """Return a factor for each tempo: 1 plus its probability for the best tempo and its octaves, 1 for all others."""
    apart = np.log2(grid / best)
    return np.where(np.abs(apart - np.rint(apart)) < _SAME_OCTAVES, 1 + likely(grid), 1.0)


def _correlations(envelopes: Envelope, period_s: float) -> tuple[Curve, Curve, Curve] | None:
    """Return correlations by lag, averaged over windows: of all bands, of the bass, and of the bass with the treble."""
    width, lags = round(_WINDOW_S / period_s), round(_LONGEST_LAG_S / period_s)
    size = scipy.fft.next_fast_len(2 * width, real=True)
    totals, count = np.zeros((3, lags)), 0
    for batch in _windows(envelopes, width):
        centered = batch - batch.mean(axis=2, keepdims=True)
        spectra = scipy.fft.rfft(centered, size)
        everything, bass, treble = spectra
        power = np.mean(centered.astype(np.float64) ** 2, axis=2)
        for index, (one, two) in enumerate(((everything, everything), (bass, bass), (bass, treble))):
            lagged = scipy.fft.irfft(np.conj(one) * two, size)[:, :lags] / (width - np.arange(lags))
            scale = np.sqrt(power[(0, 1, 1)[index]] * power[(0, 1, 2)[index]])
            totals[index] += (lagged / np.maximum(scale, 1e-9)[:, None]).sum(axis=0)
        count += int(np.count_nonzero(power[0] > 1e-9))
    return (totals[0] / count, totals[1] / count, totals[2] / count) if count else None


def _windows(envelopes: Envelope, width: int) -> list[Envelope]:
    """Return windows of the rows that overlap by half, in batches: views of shape (rows, batch, width)."""
    missing = max(0, width - envelopes.shape[1])
    padded = np.pad(envelopes, ((0, 0), (0, missing))) if missing else envelopes
    windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1)[:, :: width // 2]
    return [windows[:, start : start + _BATCH] for start in range(0, windows.shape[1], _BATCH)]


def _at(curve: Curve, lags: Curve) -> Curve:
    return np.interp(lags, np.arange(len(curve)), curve, right=0.0)


def _spectrum(envelope: Envelope, period_s: float, bpms: Curve) -> Curve:
    """Return the mean magnitude of the envelope's spectrum at these tempos, in windows of 8 s."""
    width, size = round(_SPECTRUM_S / period_s), _SPECTRUM_SIZE
    taper = np.hanning(width).astype(np.float32)
    total = np.zeros(size // 2 + 1)
    for (batch,) in _windows(envelope[None], width):
        tapered = (batch - batch.mean(axis=1, keepdims=True)) * taper
        scale = np.sqrt(np.sum(tapered**2, axis=1, keepdims=True)) + 1e-9
        total += (np.abs(scipy.fft.rfft(tapered, size)) / scale).sum(axis=0)
    return np.interp(bpms / 60, np.arange(len(total)) / (size * period_s), total)


def _peaks(scores: Curve) -> npt.NDArray[np.int64]:
    """Return up to five maxima, the highest first; none is within 4 % of a higher one."""
    peak = np.flatnonzero((scores > 0) & (scores >= maximum_filter1d(scores, 2 * _APART_STEPS + 1)))
    return peak[np.argsort(-scores[peak], kind="stable")][:_MOST_CANDIDATES]


def _refine(grid: Curve, repeats: Curve, index: int) -> float:
    """Move a candidate to the nearby tempo at which the envelope repeats best, and between steps by a parabola.

    Alternation of bass and treble helps to choose a candidate, but it does not place it: its maximum lies beside the
    tempo.
    """
    first = max(0, index - _APART_STEPS)
    index = first + int(np.argmax(repeats[first : index + _APART_STEPS + 1]))
    if not 0 < index < len(grid) - 1:
        return float(grid[index])
    below, here, above = repeats[index - 1 : index + 2]
    if below >= here or above >= here:  # the maximum is at the edge of the search
        return float(grid[index])
    offset = 0.5 * (below - above) / (below - 2 * here + above)
    return float(grid[index] * 2 ** (offset / _STEPS_AN_OCTAVE))
