"""Music for a part of the day, from a range of tempo and a range of energy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from workbench.errors import ParameterValueError
from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.sound.arrays import Floats
from workbench.playlists.sound.energy import energy
from workbench.playlists.sound.ranking import inside_first
from workbench.values import Value

RANGES: dict[str, tuple[float, float, float, float]] = {
    "morning": (80, 115, 0.25, 0.60),
    "afternoon": (100, 135, 0.45, 0.85),
    "evening": (90, 125, 0.35, 0.70),
    "night": (55, 100, 0.00, 0.40),
}
"""Lowest and highest BPM, lowest and highest energy, of each part of the day; set by hand."""

_Bpm = Annotated[float | None, Value("BPM instead of the usual one of that part of the day", low=1, high=400)]
_Energy = Annotated[
    float | None, Value("energy instead of the usual one of that part of the day", low=0, high=1)
]


@method("time_based", "Tracks whose tempo and energy suit a part of the day, drawn at random.")
def time_based(
    request: Request,
    *,
    part: Annotated[str, Value("part of the day", choices=tuple(RANGES))] = "evening",
    bpm_min: _Bpm = None,
    bpm_max: _Bpm = None,
    energy_min: _Energy = None,
    energy_max: _Energy = None,
) -> Iterator[Pick]:
    """Yield candidates inside both ranges in random order, then the others by how far they are outside."""
    given = (bpm_min, bpm_max, energy_min, energy_max)
    low, high, calm, wild = (
        own if own is not None else usual for own, usual in zip(given, RANGES[part], strict=True)
    )
    for name, least, most in (("bpm", low, high), ("energy", calm, wild)):
        if least > most:
            raise ParameterValueError(
                f"{name}_min={least:g} is above {name}_max={most:g}; give both, the lower one first.",
                name=f"{name}_min",
            )
    rows = request.rng.permutation(request.rows)
    bpm, levels = request.table.numbers("bpm")[rows], energy(request.table)[rows]
    # set by hand: 40 BPM outside weigh as much as half of the energy scale
    outside = beyond(bpm, low, high) / 40 + beyond(levels, calm, wild) / 0.5
    request.title = part
    yield from inside_first(
        request,
        rows,
        outside,
        constraint="part",
        group=f"{part} ({low:g}–{high:g} BPM, energy {calm:g}–{wild:g})",
        facts=lambda index: {"bpm": _plain(bpm[index]), "energy": _plain(levels[index])},
    )


def beyond(values: Floats, low: float, high: float) -> Floats:
    """Return how far values are outside a range, 0 inside; an unknown value counts as 10 ranges outside."""
    distance = np.maximum(0.0, np.maximum(low - values, values - high))
    return np.where(np.isfinite(values), distance, 10.0 * max(1.0, high - low))


def _plain(value: float) -> float | None:
    return round(float(value), 3) if np.isfinite(value) else None
