"""Tracks that follow a drawn curve of energy or tempo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import numpy as np

from workbench.errors import LibraryEmptyError, ParameterValueError
from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.sound.arrays import Floats, Rows
from workbench.playlists.sound.energy import energy
from workbench.playlists.sound.transitions import MixProfile
from workbench.readable import counted
from workbench.values import Value

SHAPES: dict[str, tuple[float, ...]] = {
    "rise": (0.1, 0.9),
    "fall": (0.9, 0.1),
    "arc": (0.2, 0.9, 0.2),
    "valley": (0.8, 0.2, 0.8),
    "wave": (0.3, 0.8, 0.3, 0.8, 0.3),
    "plateau": (0.2, 0.8, 0.8, 0.3),
}
"""Heights at equal steps, from the lowest (0) to the highest (1) value of the library; drawn by hand."""

# Set by hand: differences that are hard to hear from one track to the next.
TOLERANCE = {"energy": 0.05, "tempo": 4.0}
# Set by hand: candidates for each place. The one with the smoothest transition is taken.
_NEAR = 128
# Shares of the library below and above which a tempo is an outlier; set by hand.
_USUAL = (0.02, 0.98)


@method("curve", "Follow a drawn curve of energy (0 to 1) or tempo (BPM).", sequence=True)
def curve(
    request: Request,
    *,
    feature: Annotated[str, Value("what the curve is of", choices=tuple(TOLERANCE))] = "energy",
    shape: Annotated[str, Value("a ready curve", choices=tuple(SHAPES))] = "arc",
    points: Annotated[
        list[float] | None,
        Value(
            "heights at equal steps instead of a shape: energy 0 to 1, or BPM",
            low=0,
            high=400,
            least=1,
            label="Curve",
            example="0.2, 0.9, 0.4",
            names="curve",
        ),
    ] = None,
    tolerance: Annotated[
        float | None,
        Value(
            "allowed distance from the curve; by default 0.05 for energy, 4 for BPM",
            low=0,
            high=100,
        ),
    ] = None,
) -> Iterator[Pick]:
    """Yield, for each place, the smoothest continuation within tolerance, else the nearest candidate."""
    within = TOLERANCE[feature] if tolerance is None else tolerance
    levels = _Levels(request, feature)
    targets = levels.targets(shape, points)
    misses: dict[int, float] = {}
    while (position := len(request.chosen)) < request.size:
        target = float(targets[position])
        index = levels.next(target, within)
        if index is None:
            break
        row, value = int(levels.rows[index]), float(levels.values[index])
        if abs(value - target) > within:
            misses[position] = abs(value - target)
            _note(request, misses, within)
        yield Pick(row, {"feature": feature, "target": round(target, 4), "value": round(value, 4)})


def usual_span(feature: str, values: Floats) -> tuple[float, float]:
    """Return the lowest and highest height of a ready curve: 0 and 1 for energy, the usual tempos of these tracks."""
    if feature == "energy":
        return 0.0, 1.0
    low, high = np.quantile(values, _USUAL).tolist()
    return low, high


def shaped(shape: str, low: float, high: float) -> list[float]:
    """Return the heights of a ready curve between the lowest and the highest."""
    return [low + height * (high - low) for height in SHAPES[shape]]


def _note(request: Request, misses: Mapping[int, float], within: float) -> None:
    position, worst = max(misses.items(), key=lambda miss: miss[1])
    request.note(
        "curve",
        f"{counted(len(misses), 'track')} more than {within:g} off the curve, at most {worst:.3g}, at track "
        f"{position + 1}.",
        asked=within,
        got=round(worst, 4),
    )


class _Levels:
    """Candidates sorted by the value that the curve draws."""

    def __init__(self, request: Request, feature: str) -> None:
        self.request, self.feature = request, feature
        rows = request.rows
        values = energy(request.table)[rows] if feature == "energy" else request.table.numbers("bpm")[rows]
        rows, values = rows[np.isfinite(values)], values[np.isfinite(values)]
        if not len(rows):
            raise LibraryEmptyError(
                f"No candidate has a known {feature}. Loosen the constraints, or analyze more music."
            )
        order = np.lexsort((rows, values))
        self.rows: Rows = rows[order]
        self.values: Floats = values[order]
        self.open = np.ones(len(rows), dtype=bool)

    def targets(self, shape: str, points: Sequence[float] | None) -> Floats:
        """Return the height of the curve at each place, shape (size,)."""
        if points and self.feature == "energy" and max(points) > 1:
            raise ParameterValueError(
                f"points={list(points)} is not allowed; allowed: energies from 0 to 1.", name="points"
            )
        if points is None:
            points = shaped(shape, *usual_span(self.feature, self.values))
        along = np.linspace(0, len(points) - 1, self.request.size) if self.request.size > 1 else np.zeros(1)
        return np.interp(along, np.arange(len(points)), points)

    def next(self, target: float, within: float) -> int | None:
        """Return the index of the next track and close it; ``None`` if all are closed."""
        near = self._nearest_open(target)
        if not len(near):
            return None
        inside = near[np.abs(self.values[near] - target) <= within]
        index = self._smoothest(inside) if len(inside) else int(near[0])
        self.open[index] = False
        return index

    def _nearest_open(self, target: float) -> Rows:
        """Return up to ``_NEAR`` indices of open and allowed tracks, nearest first."""
        center, reach = int(np.searchsorted(self.values, target)), 2 * _NEAR
        while True:
            low, high = max(0, center - reach), min(len(self.rows), center + reach)
            near = low + np.flatnonzero(self.open[low:high])
            near = near[np.lexsort((self.rows[near], np.abs(self.values[near] - target)))]
            allowed = np.array(
                [i for i in near.tolist() if self.request.allows(int(self.rows[i]))][:_NEAR], dtype=np.int64
            )
            if len(allowed) or (low == 0 and high == len(self.rows)):
                return allowed
            reach *= 4

    def _smoothest(self, indices: Rows) -> int:
        if not self.request.chosen:
            return int(self.request.rng.choice(indices))
        profile = MixProfile.of(self.request.table, np.append(self.rows[indices], self.request.chosen[-1]))
        return int(indices[np.argmin(profile.costs(len(indices), np.arange(len(indices))).total)])
