"""What is wrong with a library: pure functions from its table to lists of tracks with reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.apps.dashboards.views.writing import clock, number

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

Mask = npt.NDArray[np.bool_]

CLIPPED_DBTP = 0.0
LONG_SILENCE_S = 10.0
OUTLIER_SPREADS = 3.0
OUTLIER_LEAST_LU = 4.0
NEIGHBORS = 10
AGREEMENT = 0.8


@dataclass(frozen=True)
class Finding:
    """One track and what is wrong with it."""

    track_id: int
    reason: str


@dataclass(frozen=True)
class Check:
    """One kind of problem: what it is called, what to do about it, and how it is found."""

    title: str
    advice: str
    find: Callable[[LibraryTable], list[Finding]]


def clipped(table: LibraryTable) -> list[Finding]:
    """Tracks whose peaks between samples go over full scale."""
    peak = _numbers(table, "true_peak_dbtp")
    return _findings(table, peak > CLIPPED_DBTP, lambda i: f"true peak {number(peak[i], 'dBTP')}")


def silent(table: LibraryTable) -> list[Finding]:
    """Tracks that are silence, or start or end with much of it."""
    quiet = table.analyzed & ~np.isfinite(_numbers(table, "loudness_lufs"))
    lead, trail = _numbers(table, "leading_silence_s"), _numbers(table, "trailing_silence_s")
    long = ~quiet & ((lead > LONG_SILENCE_S) | (trail > LONG_SILENCE_S))
    return _findings(table, quiet, lambda i: "nothing but silence") + _findings(
        table, long, lambda i: f"silence of {clock(lead[i])} before and {clock(trail[i])} after the music"
    )


def untagged(table: LibraryTable) -> list[Finding]:
    """Tracks without artist or genre."""
    missing = {name: np.array([value is None for value in table[name]], bool) for name in ("artist", "genre")}
    mask = missing["artist"] | missing["genre"]
    return _findings(
        table, mask, lambda i: "no " + " and no ".join(name for name in missing if missing[name][i])
    )


def mislabeled(table: LibraryTable) -> list[Finding]:
    """Tracks of which nearly all neighbors in sound share one genre, which is not theirs."""
    from sklearn.neighbors import NearestNeighbors

    rows = np.flatnonzero(table.analyzed & np.array([genre is not None for genre in table["genre"]], bool))
    if len(rows) < 3 * NEIGHBORS:
        return []
    vectors = table.vectors[rows]
    spread = vectors.std(axis=0)
    standard = (vectors - vectors.mean(axis=0)) / np.where(spread > 0, spread, 1)
    near = (
        NearestNeighbors(n_neighbors=NEIGHBORS + 1).fit(standard).kneighbors(standard, return_distance=False)
    )
    names, codes = np.unique(table["genre"][rows].astype(str), return_inverse=True)
    around = codes[near[:, 1:]]
    counts = np.stack([(around == code).sum(axis=1) for code in range(len(names))], axis=1)
    best = counts.argmax(axis=1)
    wrong = (best != codes) & (counts.max(axis=1) >= AGREEMENT * NEIGHBORS)
    return [
        Finding(
            int(table.ids[rows[i]]),
            f"tagged {names[codes[i]]}; {counts[i, best[i]]} of its {NEIGHBORS} nearest are {names[best[i]]}",
        )
        for i in np.flatnonzero(wrong)
    ]


def loudness_outliers(table: LibraryTable) -> list[Finding]:
    """Tracks much louder or quieter than the library."""
    loudness = _numbers(table, "loudness_lufs")
    known = loudness[np.isfinite(loudness)]
    if len(known) < 5:
        return []
    middle = float(np.median(known))
    spread = 1.4826 * float(np.median(np.abs(known - middle)))
    step = loudness - middle
    far = np.abs(step) > max(OUTLIER_SPREADS * spread, OUTLIER_LEAST_LU)
    return _findings(
        table,
        far,
        lambda i: (
            f"{number(loudness[i], 'LUFS')}: {number(abs(step[i]), 'LU')} "
            f"{'louder' if step[i] > 0 else 'quieter'} than the middle of the library"
        ),
    )


def truncated(table: LibraryTable) -> list[Finding]:
    """Tracks that end before their header says."""
    cut = _numbers(table, "truncated") == 1
    return _findings(
        table, cut, lambda i: f"ends after {clock(table['duration_s'][i])}, before its header says"
    )


def with_status(status: str, reason: Callable[[int], str]) -> Callable[[LibraryTable], list[Finding]]:
    """Return a check for tracks of this status; ``reason`` takes the id."""

    def find(table: LibraryTable) -> list[Finding]:
        return _findings(
            table, np.array(table["status"] == status, bool), lambda i: reason(int(table.ids[i]))
        )

    return find


CHECKS = (
    Check("Clipped", "Harmless at playback with ReplayGain; re-rip if it is your own.", clipped),
    Check("Silent", "Trim it, or leave it out of playlists.", silent),
    Check("Cut short", "Copy or download the file again.", truncated),
    Check("Without artist or genre", "Tag it, then analyze the folder again.", untagged),
    Check(
        "Perhaps the wrong genre", "Listen, and correct the tag where the neighbors are right.", mislabeled
    ),
    Check("Loudness outliers", "Turn on ReplayGain in your player, or leave them out.", loudness_outliers),
)


def _numbers(table: LibraryTable, name: str) -> npt.NDArray[np.float64]:
    """Return a column; one that no track has yet (nothing is analyzed) is unknown throughout."""
    unknown: npt.NDArray[np.float64] = np.full(len(table), np.nan)
    return table.columns.get(name, unknown)


def _findings(table: LibraryTable, mask: Any, reason: Callable[[int], str]) -> list[Finding]:
    return [Finding(int(table.ids[index]), reason(int(index))) for index in np.flatnonzero(mask)]
