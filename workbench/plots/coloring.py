"""Choose a color for each point of a map by category, number or key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.palette import CATEGORICAL, CYCLIC, OTHER, SEQUENTIAL

STEPS = 64  # shades of the sequential palette; chosen, with one more code for unknown values


@dataclass(frozen=True)
class Coloring:
    """The colors of the points of a map.

    Attributes
    ----------
    codes : uint8 array, shape (n,)
        Index into the palette.
    palette : sequence of str
    names : sequence of str
        The meaning of the entries of the palette; empty for numbers.
    ramp : sequence of str
        The lowest and the highest number; empty for categories.
    other, unknown : int
        The index of the gray for other categories, and that for unknown values; -1 if there are none.
    """

    codes: npt.NDArray[np.uint8]
    palette: Sequence[str]
    names: Sequence[str] = ()
    ramp: Sequence[str] = ()
    other: int = -1
    unknown: int = -1


def by_category(values: Sequence[Any], *, other: str = "other", unknown: str = "unknown") -> Coloring:
    """Give each of the most frequent values a color, the others a gray, and unknown values another entry.

    Parameters
    ----------
    values : sequence of length n
        Values; ``None`` for unknown ones.
    """
    counts = Counter(value for value in values if value is not None)
    kept = [value for value, _ in counts.most_common(len(CATEGORICAL))]
    place = {value: index for index, value in enumerate(kept)}
    rest = {False: -1, True: -1}  # codes of other (False) and unknown (True) values
    palette, names = list(CATEGORICAL[: len(kept)]), [str(value) for value in kept]
    for is_unknown, there in ((False, len(counts) > len(kept)), (True, None in values)):
        if there:
            rest[is_unknown] = len(palette)
            palette.append(OTHER)
            names.append(unknown if is_unknown else other)
    codes = np.array([place.get(value, rest[value is None]) for value in values], np.int64)
    return Coloring(codes.astype(np.uint8), palette, names, other=rest[False], unknown=rest[True])


def by_number(values: npt.NDArray[np.float64], unit: str) -> Coloring:
    """Color numbers from low (dark) to high (light) between the 2nd and 98th percentile, unknown ones gray."""
    known = np.isfinite(values)
    if not known.any():
        return Coloring(np.zeros(len(values), np.uint8), [OTHER], ["unknown"], unknown=0)
    low, high = np.percentile(values[known], [2, 98])
    share = np.clip((np.where(known, values, low) - low) / max(high - low, 1e-12), 0, 1)
    codes = np.where(known, np.rint(share * (STEPS - 1)), STEPS).astype(np.uint8)
    return Coloring(
        codes,
        [*_steps(), OTHER],
        ramp=[f"{low:.4g} {unit}".strip(), f"{high:.4g} {unit}".strip()],
        unknown=-1 if known.all() else STEPS,
    )


def _steps() -> list[str]:
    """Return the sequential palette in ``STEPS`` steps."""
    stops = np.array([[int(color[at : at + 2], 16) for at in (1, 3, 5)] for color in SEQUENTIAL], np.float64)
    places = np.linspace(0, len(stops) - 1, STEPS)
    channels = [np.interp(places, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    return [f"#{round(r):02x}{round(g):02x}{round(b):02x}" for r, g, b in np.transpose(channels)]


def by_key(codes: Sequence[str | None]) -> Coloring:
    """Color Camelot codes around the wheel, so that keys that mix well have similar colors; unknown ones are gray."""
    places = np.array([int(code[:-1]) - 1 if code else 12 for code in codes], np.uint8)
    names = [f"{place}A/{place}B" for place in range(1, 13)]
    if not (places == 12).any():
        return Coloring(places, [*CYCLIC, OTHER], names)
    return Coloring(places, [*CYCLIC, OTHER], [*names, "unknown"], unknown=12)
