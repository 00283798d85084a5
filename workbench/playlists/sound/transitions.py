"""The cost of a transition from one track to the next, which orders, harmonic sets and quality cards share.

``cost = 0.40 timbre + 0.25 key + 0.20 tempo + 0.15 loudness``, each part 0 (unnoticed) to 1 (jarring),
symmetric. All weights and limits are set by hand, unless said otherwise:

- timbre: ``d / (d + 1)`` of the difference ``d`` of the tracks' points, 0.5 for two tracks drawn at random;
- key: by the relation on the Camelot wheel, from 0 (same key) over 0.15 (a fifth apart) to 1 (distant keys);
- tempo: the change of BPM divided by 16 %, at most 1; double and half time count as the same tempo, plus 0.1;
- loudness: the step in LU divided by 12, at most 1.

An unknown part counts 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.playlists.sound.arrays import Floats, Rows
from workbench.playlists.sound.keys import RELATION_COST, camelot_codes, relations
from workbench.playlists.sound.points import RANDOM_PAIR, Vectors, squared
from workbench.playlists.sound.space import space_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from workbench.store.library.library_table import LibraryTable

TIMBRE, KEY, TEMPO, LOUDNESS = 0.40, 0.25, 0.20, 0.15  # set by hand: sound first, loudness last
JARRING_TEMPO = float(np.log2(1.16))  # ±16 %: a usual range of the tempo slider of players for disc jockeys
JARRING_LOUDNESS_LU = 12.0  # set by hand: more than twice as loud (10 dB are about twice)
DOUBLE_TIME_COST = 0.1  # set by hand: the beats fit, but the feel changes
NOT_KNOWN_COST = 0.5  # the middle, so that unknown values are neither preferred nor avoided


@dataclass(frozen=True)
class TransitionCosts:
    """Parts of the cost, each an array of the same shape, 0 to 1."""

    timbre: Floats
    key: Floats
    tempo: Floats
    loudness: Floats

    @property
    def total(self) -> Floats:
        return TIMBRE * self.timbre + KEY * self.key + TEMPO * self.tempo + LOUDNESS * self.loudness

    @property
    def mixing(self) -> Floats:
        """The costs of key and tempo alone, for the harmonic order; weights set by hand."""
        return 0.7 * self.key + 0.3 * self.tempo


@dataclass(frozen=True)
class MixProfile:
    """The values of ``k`` tracks that transition costs are computed from."""

    points: Vectors
    camelot: npt.NDArray[np.int64]
    log2_bpm: Floats
    loudness_lufs: Floats
    sound: int

    @classmethod
    def of(cls, table: LibraryTable, rows: Rows) -> MixProfile:
        space = space_of(table)
        return cls(
            space.at(rows),
            camelot_codes(table, rows),
            log2_bpm(table.numbers("bpm")[rows]),
            table.numbers("loudness_lufs")[rows],
            space.sound,
        )

    def differences(self, origin: int | Rows, targets: slice | Rows = slice(None)) -> Floats:
        """Return Euclidean distances of points, about 1 for tracks drawn at random."""
        return np.sqrt(squared(self.points[targets] - self.points[origin], self.sound).astype(np.float64))

    def costs(self, origin: int | Rows, targets: slice | Rows = slice(None)) -> TransitionCosts:
        """Return costs from ``origin`` to ``targets``, positions in this profile; index arrays pair up."""
        distance = self.differences(origin, targets)
        step = np.abs(self.loudness_lufs[targets] - self.loudness_lufs[origin]) / JARRING_LOUDNESS_LU
        return TransitionCosts(
            timbre=_known(distance / (distance + RANDOM_PAIR)),
            key=RELATION_COST[relations(self.camelot[origin], self.camelot[targets])],
            tempo=_known(tempo_cost(self.log2_bpm[targets] - self.log2_bpm[origin])),
            loudness=_known(np.minimum(1.0, step)),
        )


def log2_bpm(bpm: Floats) -> Floats:
    """Return the base-2 logarithm of tempos; NaN for unknown or not positive."""
    return np.log2(np.where(bpm > 0, bpm, np.nan))


def tempo_change(log2_ratio: Floats) -> Floats:
    """Return the absolute log2 tempo change, where double and half time count as the same tempo."""
    change = np.abs(log2_ratio)
    return np.minimum(change, np.abs(change - 1.0))


def tempo_cost(log2_ratio: Floats) -> Floats:
    """Return the tempo part of the cost for differences of log2 BPM; NaN stays NaN."""
    change = np.abs(log2_ratio)
    folded = np.abs(change - 1.0)
    cost = np.minimum(change, folded) / JARRING_TEMPO + np.where(folded < change, DOUBLE_TIME_COST, 0.0)
    return np.minimum(1.0, cost)


def transition_costs(table: LibraryTable, rows: Rows) -> TransitionCosts:
    """Return the costs of playing ``rows`` in this order, each part of shape (len(rows) - 1,)."""
    profile = MixProfile.of(table, rows)
    positions = np.arange(len(rows))
    return profile.costs(positions[:-1], positions[1:])


def _known(cost: Floats) -> Floats:
    return np.where(np.isfinite(cost), cost, NOT_KNOWN_COST)
