"""Find files of the same recording by their landmarks, keep them as pairs, and group them with the best file first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.session.copy_quality import CopyQuality, sounding_s

if TYPE_CHECKING:
    from workbench.analysis.same_recording.comparing import Match
    from workbench.playlists.sound.arrays import Rows
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable
    from workbench.store.library.records import Artifact
    from workbench.store.library.track import Track

_KEPT = ("copies", "pairs")
# A file with a smaller share of the longer one is an excerpt, or a track at the start of a mix.
_LEAST_SHARE = 0.5
_COMPARED_AT_A_TIME = 1000  # pairs; bounds memory


class Pair(NamedTuple):
    """Two contents with the same recording."""

    one: str
    other: str
    match: Match


@dataclass(frozen=True)
class Group:
    """Rows of one recording, the best file first, with the quality of each."""

    rows: list[int]
    qualities: list[CopyQuality]


class Copies:
    """The pairs of one library. Each new content is compared with all others once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._newest = 0
        self._pairs: Sequence[Pair] = ()

    def pairs(self) -> Sequence[Pair]:
        """Find new pairs, and return every pair of contents with the same recording."""
        with self._lock:
            newest = self._library.landmarks.newest()
            if newest != self._newest:
                kept = self._library.artifacts.get(*_KEPT)
                self._newest, self._pairs = _read(kept) if kept is not None else (0, ())
            if newest != self._newest:
                self._newest, self._pairs = self._look(newest)
                self._save()
            return self._pairs

    def _look(self, newest: int) -> tuple[int, Sequence[Pair]]:
        import numpy as np

        from workbench.analysis.same_recording.candidates import candidate_pairs

        since = self._newest if self._newest < newest else 0
        first = self._library.landmarks.first()
        new = first.ids > since
        known = {key for key, is_new in zip(first.hashes, new, strict=True) if not is_new}
        kept = [pair for pair in self._pairs if pair.one in known and pair.other in known]
        files = np.repeat(np.arange(len(first.hashes)), first.counts)
        candidates = candidate_pairs(first.landmarks, files, new)
        found = self._compared([(first.hashes[one], first.hashes[other]) for one, other in candidates])
        return int(first.ids[-1]) if len(first.ids) else 0, (*kept, *found)

    def _compared(self, candidates: Sequence[tuple[str, str]]) -> Iterator[Pair]:
        from workbench.analysis.same_recording.comparing import compare

        for start in range(0, len(candidates), _COMPARED_AT_A_TIME):
            part = candidates[start : start + _COMPARED_AT_A_TIME]
            marks = self._library.landmarks.of(sorted({key for pair in part for key in pair}))
            for one, other in part:
                if match := compare(marks[one], marks[other]):
                    yield Pair(one, other, match)

    def _save(self) -> None:
        pairs = [
            [pair.one, pair.other, pair.match.offset_s, pair.match.similarity, pair.match.common_s]
            for pair in self._pairs
        ]
        value = {"newest": self._newest, "pairs": pairs}
        self._library.artifacts.save(*_KEPT, value, snapshot=f"landmarks {self._newest}")


def _read(kept: Artifact) -> tuple[int, Sequence[Pair]]:
    from workbench.analysis.same_recording.comparing import Match

    value = kept.value
    return value["newest"], tuple(Pair(one, other, Match(*rest)) for one, other, *rest in value["pairs"])


def with_copies(
    table: LibraryTable, pairs: Sequence[Pair], tracks: Callable[[Sequence[int]], Mapping[int, Track]]
) -> LibraryTable:
    """Return a table with the number of the recording and the rank of each file, for recordings with several files."""
    import numpy as np

    from workbench.playlists.making.copies import GROUP, RANK

    if not pairs:
        return table
    groups = copy_groups(table, pairs, tracks)
    columns = {name: np.full(len(table), np.nan) for name in (GROUP, RANK)}
    for number, group in enumerate(groups):
        columns[GROUP][group.rows] = number
        columns[RANK][group.rows] = np.arange(len(group.rows))
    return replace(table, columns={**table.columns, **columns})


def copy_groups(
    table: LibraryTable, pairs: Sequence[Pair], tracks: Callable[[Sequence[int]], Mapping[int, Track]]
) -> list[Group]:
    """Return the groups of rows with the same recording but not the same content, the best file of each first.

    Parameters
    ----------
    tracks : callable
        Returns the tracks with these ids, by id.
    """
    rows_of: dict[str, list[int]] = {}
    asked = {key for pair in pairs for key in (pair.one, pair.other)}
    for row, key in enumerate(table.texts("content_hash")):
        if key in asked:
            rows_of.setdefault(key, []).append(row)
    together = [
        rows_of[pair.one] + rows_of[pair.other]
        for pair in pairs
        if pair.one in rows_of
        and pair.other in rows_of
        and _covers(pair.match, *(table.numbers("duration_s")[rows_of[key][0]] for key in pair[:2]))
    ]
    joined = _joined(together)
    known = tracks([int(table.ids[row]) for rows in joined for row in rows])
    groups = []
    for rows in joined:
        found = [(row, known[int(table.ids[row])]) for row in rows if int(table.ids[row]) in known]
        longest = max((sounding_s(track) for _, track in found), default=0.0)
        judged = [(CopyQuality.of(track, longest), row) for row, track in found]
        judged.sort(key=lambda one: (one[0].order(), one[1]))
        groups.append(Group([row for _, row in judged], [quality for quality, _ in judged]))
    return groups


def _covers(match: Match, one_s: float, other_s: float) -> bool:
    """Whether the common part is most of the shorter file, and the shorter file is a large part of the longer one."""
    from workbench.analysis.same_recording.landmarks import LONGEST_S

    shorter, longer = sorted((one_s, other_s))
    return bool(shorter >= _LEAST_SHARE * longer and match.common_s >= _LEAST_SHARE * min(shorter, LONGEST_S))


def _joined(together: Sequence[Sequence[int]]) -> list[list[int]]:
    """Join groups that share rows; return the groups in the order of their first row, each ascending."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows: Rows = np.unique([row for group in together for row in group]).astype(np.int64)
    edges = np.array([(group[0], row) for group in together for row in group[1:]], np.int64).reshape(-1, 2)
    one, other = np.searchsorted(rows, edges).T
    graph: Any = coo_array((np.ones(len(one)), (one, other)), shape=(len(rows), len(rows)))
    count, labels = connected_components(graph, directed=False)
    return sorted(rows[labels == number].tolist() for number in range(count))
