"""Match the songs of a server with our files by path, if the server has the music in another folder."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

_LEAST_VOTES = 2  # two songs with the same pair of folders are not a coincidence


class _Candidate(NamedTuple):
    """A file whose path ends like that of a song, and the remaining folders of both paths."""

    place: int
    theirs: tuple[str, ...]
    ours: tuple[str, ...]


def places_by_path(
    theirs: Sequence[str | None], ours: Sequence[str | None], prefixes: Mapping[str, str]
) -> list[list[int]]:
    """Return for each path of a server the indices of our paths that it may mean: one, none, or several equal ones.

    A pair of folders, one on the server and one here, counts if two songs have it, or if a whole path of the server,
    which is then relative, is the end of one of ours. The pair of most songs is tried first. Upper and lower case, and
    composed and decomposed accents, do not matter.

    Parameters
    ----------
    prefixes : mapping
        Folders here, each with the same folder on the server, from the user; these are tried first.
    """
    said = _by_prefix(ours, prefixes)
    ends = _by_end(ours)
    found = [_candidates(_parts(path), ends) if path else [] for path in theirs]
    votes = Counter(pair for one in found for pair in {(each.theirs, each.ours) for each in one})
    places = []
    for path, candidates in zip(theirs, found, strict=True):
        place = said.get(_parts(path)) if path else None
        best = _best(candidates, votes, _written_like(path or "", ours))
        places.append(best if place is None else [place])
    return places


def _by_prefix(ours: Sequence[str | None], prefixes: Mapping[str, str]) -> dict[tuple[str, ...], int]:
    pairs = [(_parts(here), _parts(there)) for here, there in prefixes.items()]
    found: dict[tuple[str, ...], int] = {}
    for place, path in enumerate(ours if pairs else ()):
        parts = _parts(path or "")
        for here, there in pairs:
            if parts[: len(here)] == here:
                found.setdefault(there + parts[len(here) :], place)
    return found


def _by_end(ours: Sequence[str | None]) -> Mapping[tuple[str, ...], list[tuple[int, tuple[str, ...]]]]:
    """Return our paths by their last two parts, and by their file name if only one file has it."""
    found: defaultdict[tuple[str, ...], list[tuple[int, tuple[str, ...]]]] = defaultdict(list)
    for place, path in enumerate(ours):
        if parts := _parts(path or ""):
            found[parts[-2:]].append((place, parts))
            found[parts[-1:]].append((place, parts))
    return {end: same for end, same in found.items() if len(end) > 1 or len(same) == 1}


def _candidates(
    theirs: tuple[str, ...], ends: Mapping[tuple[str, ...], list[tuple[int, tuple[str, ...]]]]
) -> list[_Candidate]:
    same = ends.get(theirs[-2:]) or ends.get(theirs[-1:]) or []
    found = []
    for place, ours in same:
        pairs = zip(reversed(theirs), reversed(ours), strict=False)
        common = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
        found.append(_Candidate(place, theirs[:-common], ours[:-common]))
    return found


def _written_like(path: str, ours: Sequence[str | None]) -> Callable[[int], bool]:
    """Return whether one of our files has exactly this spelling, because two files may differ only in case."""
    name = re.split(r"[/\\]", path)[-1]
    return lambda place: (ours[place] or "").endswith(name)


def _best(
    candidates: Sequence[_Candidate],
    votes: Mapping[tuple[tuple[str, ...], tuple[str, ...]], int],
    is_written_like: Callable[[int], bool],
) -> list[int]:
    ranks = {
        one.place: (votes[one.theirs, one.ours], is_written_like(one.place))
        for one in candidates
        if not one.theirs or votes[one.theirs, one.ours] >= _LEAST_VOTES
    }
    return [place for place, rank in ranks.items() if rank == max(ranks.values())]


def _parts(path: str) -> tuple[str, ...]:
    """Split a path of any system into its parts, in lower case.

    >>> _parts("Ann/One.wav")
    ('ann', 'one.wav')
    """
    plain = unicodedata.normalize("NFC", path).casefold().replace("\\", "/")
    return tuple(part for part in plain.split("/") if part)
