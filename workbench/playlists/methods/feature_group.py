"""Tracks in a band of tempo, energy or brightness."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.sound.arrays import Floats, Rows
from workbench.playlists.sound.energy import energy, percentiles, ranks_within
from workbench.playlists.sound.ranking import inside_first
from workbench.values import Value

# Thirds of the library.
BANDS: dict[str, tuple[float, float]] = {
    "any": (0.0, 1.0),
    "low": (0.0, 1 / 3),
    "medium": (1 / 3, 2 / 3),
    "high": (2 / 3, 1.0),
}
_Band = Annotated[str, Value("which third of the library", choices=tuple(BANDS))]


@method("feature_group", "Tracks from chosen thirds of the library by tempo, energy and brightness.")
def feature_group(
    request: Request, *, tempo: _Band = "any", energy: _Band = "high", brightness: _Band = "any"
) -> Iterator[Pick]:
    """Yield candidates inside every band in random order, then the others by how far they are outside."""
    wanted = {"tempo": tempo, "energy": energy, "brightness": brightness}
    wanted = {feature: band for feature, band in wanted.items() if band != "any"}
    rows = request.rng.permutation(request.rows)
    ranks = {feature: _ranks(request, feature, rows) for feature in wanted}
    outside = sum(
        (_outside(ranks[feature], *BANDS[band]) for feature, band in wanted.items()), np.zeros(len(rows))
    )
    name = ", ".join(f"{band} {feature}" for feature, band in wanted.items()) or "everything"
    request.title = name

    def percentiles_of(index: int) -> dict[str, float]:
        return {
            f"{feature}_percentile": round(100 * float(rank[index]), 1)
            for feature, rank in ranks.items()
            if np.isfinite(rank[index])
        }

    yield from inside_first(request, rows, outside, constraint="bands", group=name, facts=percentiles_of)


def _ranks(request: Request, feature: str, rows: Rows) -> Floats:
    if feature == "tempo":
        return percentiles(request.table, "bpm", rows)
    if feature == "brightness":
        return percentiles(request.table, "spectral_centroid_hz", rows)
    scores = energy(request.table)
    known = np.sort(scores[np.isfinite(scores)])
    return ranks_within(known, scores[rows])


def _outside(ranks: Floats, low: float, high: float) -> Floats:
    distance = np.maximum(0.0, np.maximum(low - ranks, ranks - high))
    return np.where(np.isfinite(ranks), distance, 10.0)
