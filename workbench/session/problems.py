"""Find problems in a library: each check reads the library table and returns tracks with a reason."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from workbench.playlists.making.constraints import EXCLUDED
from workbench.playlists.sound.distance_blocks import nearest_of
from workbench.playlists.sound.points import fixed_sample
from workbench.playlists.sound.space import space_of
from workbench.readable import clock, counted, json_bytes, listed, number
from workbench.session.copies import Group, Pair, copy_groups

if TYPE_CHECKING:
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable
    from workbench.store.library.track import Track

Mask = npt.NDArray[np.bool_]

CLIPPED_DBTP = 0.0  # full scale: a peak above it clips in a player without ReplayGain
LONG_SILENCE_S = 10.0  # chosen: much longer than the usual pause between tracks
KEPT_OUT = "Kept out of playlists"
OUTLIER_SPREADS = 3.0  # convention: only 0.3 % of a normal distribution lie farther out
OUTLIER_LEAST_LU = 4.0  # chosen: a smaller difference is not worth a report in any library
NEIGHBORS = 10  # chosen: enough for a clear majority, and few enough to be near
_FINDINGS_AT_A_TIME = 1000  # some 200 kB of text
AGREEMENT = 0.8  # chosen: eight of the ten nearest tracks
LEAST_SURPRISE = 0.001  # chosen: by chance, one track in a thousand would have such neighbors
AUDIBLE_S = 0.05  # less is the delay of an encoder
COMPARED = 10_000  # chosen: most tracks that are searched for neighbors; 100,000 tracks then take 10 s

Mend = Literal["trash", "show", "tags", "gain", "exclude", "allow", "none"]
"""The remedy: the trash, opening the folder, correct tags, ReplayGain, excluding from playlists or allowing again."""


@dataclass(frozen=True)
class Finding:
    """One track and its problem.

    Attributes
    ----------
    tags : mapping
        The correct tags, where they are known.
    mend : str, optional
        The remedy, if it differs from that of other tracks with this kind of problem.
    """

    track_id: int
    reason: str
    tags: Mapping[str, str] = field(default_factory=dict)
    mend: Mend | None = None


@dataclass(frozen=True)
class Problem:
    """One kind of problem: its name, the advice, the tracks that have it, and the remedy."""

    title: str
    advice: str
    findings: Sequence[Finding]
    mend: Mend = "none"

    def described(self, table: LibraryTable) -> Iterator[dict[str, Any]]:
        """Yield each finding as JSON-serializable values, with the path of the track."""
        for finding in self.findings:
            row = table.index_of(finding.track_id)
            path = None if row is None else table.text_at("path", row)
            yield {"id": finding.track_id, "path": path or "", "reason": finding.reason}


def as_json(problems: Iterable[Problem], table: LibraryTable) -> Iterator[str]:
    """Yield a JSON document of problems in pieces, so that a million findings are never in memory as text."""
    yield '{"problems": ['
    for place, problem in enumerate(problems):
        about = _json({"title": problem.title, "advice": problem.advice})
        yield f'{"," if place else ""}\n{about[:-1]}, "findings": ['
        findings = problem.described(table)
        between = ""
        while piece := ",\n".join(map(_json, islice(findings, _FINDINGS_AT_A_TIME))):
            yield f"{between}\n{piece}"
            between = ","
        yield "]}"
    yield "]}\n"


def _json(value: Any) -> str:
    return json_bytes(value).decode()


COLUMNS: dict[str, Callable[[Problem], Any]] = {
    "Problem": lambda problem: problem.title,
    "Tracks": lambda problem: f"{len(problem.findings):,}",
    "What to do": lambda problem: problem.advice,
}


@dataclass(frozen=True)
class Check:
    """A kind of problem that is found in the library table."""

    title: str
    advice: str
    find: Callable[[LibraryTable], list[Finding]]
    mend: Mend


def find_problems(library: Library, table: LibraryTable, pairs: Sequence[Pair] = ()) -> list[Problem]:
    """Return every kind of problem with its findings, the kinds without findings included."""
    failed = {
        track.id: f"{track.error} ({track.error_kind})" for track in library.tracks.select(status="failed")
    }
    return [
        Problem(
            "Duplicates",
            "Files with the same bytes. Delete the copies you do not need, then analyze the folder again.",
            duplicates(library.tracks.duplicates()),
            "trash",
        ),
        Problem(
            "Same recording",
            "Files with the same sound in other formats, bit rates or lengths, the best of each recording first. "
            "A playlist has at most one of them. Delete those you do not need, then analyze the folder again.",
            same_recordings(table, copy_groups(table, pairs, library.tracks.by_id), pairs),
            "trash",
        ),
        Problem(
            "Failed",
            "Repair or replace the file, then analyze its folder again.",
            _findings(
                table,
                table.texts("status") == "failed",
                lambda row: failed.get(int(table.ids[row]), "failed"),
            ),
            "show",
        ),
        Problem(
            "Missing",
            "The file is gone. Put it back, or analyze the folder to which it moved.",
            _missing(table),
        ),
        *(Problem(check.title, check.advice, _heard(table, check), check.mend) for check in CHECKS),
        Problem(
            KEPT_OUT,
            "You keep these tracks out of playlists. Here you can allow them again.",
            _findings(table, table.numbers(EXCLUDED) == 1, lambda row: "kept out of playlists"),
            "allow",
        ),
    ]


def _heard(table: LibraryTable, check: Check) -> list[Finding]:
    """Return the findings of a check, without tracks that are excluded from playlists."""
    found: list[Finding] = table.derived(("problem", check.title), lambda: check.find(table))
    kept_out = set(table.ids[table.numbers(EXCLUDED) == 1].tolist())
    return [finding for finding in found if finding.track_id not in kept_out]


def _missing(table: LibraryTable) -> list[Finding]:
    def why(row: int) -> str:
        there = os.path.lexists(table.texts("path")[row])
        return "scans leave the file out" if there else "the file is not where it was"

    return _findings(table, table.missing, why)


def duplicates(groups: Sequence[Sequence[Track]]) -> list[Finding]:
    """Return a finding for every file that has copies; copies follow one another."""
    return [Finding(track.id, f"same as {_others(group, track)}") for group in groups for track in group]


def same_recordings(table: LibraryTable, groups: Sequence[Group], pairs: Sequence[Pair]) -> list[Finding]:
    """Return a finding for every file of a recording that has several, with the reason why the best one is better."""
    found = []
    compared = {frozenset((pair.one, pair.other)): pair for pair in pairs}
    for group in groups:
        best, *others = group.rows
        name = PurePath(str(table["path"][best])).name
        best_of = f"the best of {counted(len(group.rows), 'file')}"
        found.append(Finding(int(table.ids[best]), best_of, mend="none"))
        for row, quality in zip(others, group.qualities[1:], strict=True):
            better = group.qualities[0].better_in(quality)
            why = f"{name}, which is {listed(better)}" if better else f"{name}, as good as this"
            one, other = (table["content_hash"][index] for index in (best, row))
            alike = _alike(compared.get(frozenset((one, other))), other)
            found.append(Finding(int(table.ids[row]), f"the same as {why}{alike}"))
    return found


def _alike(pair: Pair | None, content_hash: str) -> str:
    """Return how similar two files are and how much later this content starts, as text, if they were compared."""
    if pair is None:
        return ""
    later = pair.match.offset_s if pair.one == content_hash else -pair.match.offset_s
    start = f", music {abs(later):.2f} s {'later' if later > 0 else 'earlier'}"
    return f" ({pair.match.similarity:.0%} alike{start if abs(later) >= AUDIBLE_S else ''})"


def _others(group: Sequence[Track], track: Track) -> str:
    names = [PurePath(other.path).name for other in group if other.id != track.id]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def clipped(table: LibraryTable) -> list[Finding]:
    """Find tracks whose peaks between samples are above full scale."""
    peak = _numbers(table, "true_peak_dbtp")
    return _findings(table, peak > CLIPPED_DBTP, lambda i: f"true peak {number(peak[i], 'dBTP')}")


def silent(table: LibraryTable) -> list[Finding]:
    """Find tracks that are silent, or start or end with a long silence."""
    quiet = table.analyzed & ~np.isfinite(_numbers(table, "loudness_lufs"))
    lead, trail = _numbers(table, "leading_silence_s"), _numbers(table, "trailing_silence_s")
    long = ~quiet & ((lead > LONG_SILENCE_S) | (trail > LONG_SILENCE_S))
    return _findings(table, quiet, lambda i: "the whole track is silent") + _findings(
        table, long, lambda i: f"silence of {clock(lead[i])} before and {clock(trail[i])} after the music"
    )


def untagged(table: LibraryTable) -> list[Finding]:
    """Find tracks without artist or genre."""
    missing = {name: np.array([value is None for value in table[name]], bool) for name in ("artist", "genre")}
    mask = missing["artist"] | missing["genre"]
    return _findings(
        table, mask, lambda i: "no " + " and no ".join(name for name in missing if missing[name][i])
    )


def mislabeled(table: LibraryTable) -> list[Finding]:
    """Find tracks whose neighbors in sound nearly all share one genre that is not theirs.

    A genre that most of the library has surrounds every track. So the probability of such neighbors by chance
    (binomial, with the genre's share of the library) must be less than ``LEAST_SURPRISE``.
    """
    from scipy.special import bdtrc

    rows = np.flatnonzero(table.analyzed & np.array([genre is not None for genre in table["genre"]], bool))
    if len(rows) < 3 * NEIGHBORS:
        return []
    points = space_of(table).filled(rows)
    among = fixed_sample(np.ones(len(rows), bool), COMPARED)
    near = among[nearest_of(points, points[among], NEIGHBORS + 1)]
    others = np.argsort(near == np.arange(len(rows))[:, None], axis=1, kind="stable")[:, :NEIGHBORS]
    names, codes = np.unique(table["genre"][rows].astype(str), return_inverse=True)
    around = codes[np.take_along_axis(near, others, axis=1)]
    counts = np.stack([(around == code).sum(axis=1) for code in range(len(names))], axis=1)
    best, most = counts.argmax(axis=1), counts.max(axis=1)
    share = np.bincount(codes) / len(codes)
    chance = bdtrc(most - 1, NEIGHBORS, share[best])  # the probability of at least as many
    wrong = (best != codes) & (most >= AGREEMENT * NEIGHBORS) & (chance < LEAST_SURPRISE)
    return [
        Finding(
            int(table.ids[rows[i]]),
            f"tagged {names[codes[i]]}; {counts[i, best[i]]} of its {NEIGHBORS} nearest are {names[best[i]]}, "
            f"as {share[best[i]]:.0%} of the library",
            {"genre": str(names[best[i]])},
        )
        for i in np.flatnonzero(wrong)
    ]


def loudness_outliers(table: LibraryTable) -> list[Finding]:
    """Find tracks that are much louder or quieter than the rest of the library."""
    loudness = _numbers(table, "loudness_lufs")
    known = loudness[np.isfinite(loudness)]
    if len(known) < 5:
        return []
    middle = float(np.median(known))
    spread = 1.4826 * float(np.median(np.abs(known - middle)))  # the standard deviation, if normal
    step = loudness - middle
    far = np.abs(step) > max(OUTLIER_SPREADS * spread, OUTLIER_LEAST_LU)
    return _findings(
        table,
        far,
        lambda i: (
            f"{number(loudness[i], 'LUFS')}: {number(abs(step[i]), 'LU')} "
            f"{'louder' if step[i] > 0 else 'quieter'} than most of the library"
        ),
    )


def truncated(table: LibraryTable) -> list[Finding]:
    """Find files that end earlier than their header says."""
    cut = _numbers(table, "truncated") == 1
    return _findings(
        table, cut, lambda i: f"ends after {clock(table['duration_s'][i])}, earlier than its header says"
    )


CHECKS = (
    Check(
        "Clipped",
        "Harmless if your player uses ReplayGain. If you own the CD, rip it again.",
        clipped,
        "gain",
    ),
    Check("Silent", "Trim it, or keep it out of playlists.", silent, "exclude"),
    Check("Cut short", "Copy or download the file again.", truncated, "show"),
    Check("Without artist or genre", "Write the tags that it lacks.", untagged, "tags"),
    Check(
        "Perhaps the wrong genre",
        "Listen to the track. If its neighbors are right, correct its tag.",
        mislabeled,
        "tags",
    ),
    Check(
        "Loudness outliers",
        "Write ReplayGain into them and turn it on in your player, or keep them out of playlists.",
        loudness_outliers,
        "gain",
    ),
)


def _numbers(table: LibraryTable, name: str) -> npt.NDArray[np.float64]:
    """Return a column; all NaN where no track has it yet, because nothing is analyzed."""
    unknown: npt.NDArray[np.float64] = np.full(len(table), np.nan)
    return table.columns.get(name, unknown)


def _findings(table: LibraryTable, mask: Any, reason: Callable[[int], str]) -> list[Finding]:
    return [Finding(int(table.ids[index]), reason(int(index))) for index in np.flatnonzero(mask)]
