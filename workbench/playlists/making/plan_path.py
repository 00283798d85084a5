"""Plan paths between tracks: tracks near the straight line between two tracks in the space of sound, in order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from workbench.playlists.making.request import Pick, Request
from workbench.playlists.sound.arrays import Floats, Rows
from workbench.playlists.sound.transitions import MixProfile
from workbench.readable import counted

# All set by hand: candidates for each place, the weight of a smooth transition relative to nearness to the line, and
# how often a path is planned again when constraints refuse some of its tracks.
_SHORTLIST = 16
_SMOOTHNESS = 0.5
_PLANS = 10


class _Line(NamedTuple):
    """Rows strictly between two tracks, with their progress along the line (0 to 1) and their distance from it."""

    rows: Rows
    progress: Floats
    detour: Floats


def travel(request: Request, waypoints: Sequence[int]) -> Iterator[Pick]:
    """Yield a path of ``request.size`` tracks through the waypoints, planned as a whole.

    On each leg, the progress along the straight line in the space of sound never decreases. The number of tracks of
    a leg is proportional to its length.
    """
    inner = max(0, request.size - len(waypoints))
    if request.size < len(waypoints):
        asked, request.size = request.size, len(waypoints)
        request.note(
            "size",
            f"You asked for {counted(asked, 'track')} and for {len(waypoints)} waypoints; all of these are in it.",
            asked=asked,
            got=len(waypoints),
        )
    space = request.space
    lengths = [space.gap(space.at(a), space.at(b)) for a, b in _legs(waypoints)]
    banned: set[int] = set(waypoints)
    refused: set[int] = set()
    lines = [_line(request, a, b) for a, b in _legs(waypoints)]
    for _ in range(_PLANS):
        plan = _plan(request, waypoints, lines, _shares(inner, lengths), banned)
        refused = _refused(request, [pick.row for pick in plan], set(waypoints))
        if not refused:
            break
        banned |= refused
    yield from (pick for pick in plan if pick.row not in refused)


def _plan(
    request: Request,
    waypoints: Sequence[int],
    lines: Sequence[_Line],
    counts: Sequence[int],
    banned: set[int],
) -> list[Pick]:
    used = set(banned)
    ids = request.table.ids
    plan = [
        Pick(
            waypoints[0],
            {"seed": int(ids[waypoints[0]]), "distance": 0.0, "progress": 0.0, "waypoint": 1},
            pinned=True,
        )
    ]
    legs = zip(_legs(waypoints), lines, counts, strict=True)
    for leg, ((a, b), whole, count) in enumerate(legs, start=1):
        line = _without(whole, used)
        for index in _along(request, line, a, count):
            row = int(line.rows[index])
            used.add(row)
            nearer = a if line.progress[index] < 0.5 else b
            distance = float(request.space.distances_from(nearer, np.array([row]))[0])
            plan.append(
                Pick(
                    row,
                    {
                        "seed": int(ids[nearer]),
                        "distance": distance,
                        "leg": leg,
                        "progress": round(float(line.progress[index]), 6),
                        "detour": round(float(line.detour[index]), 4),
                    },
                )
            )
        plan.append(
            Pick(
                b,
                {"seed": int(ids[b]), "distance": 0.0, "leg": leg, "progress": 1.0, "waypoint": leg + 1},
                pinned=True,
            )
        )
    return plan


def _line(request: Request, a: int, b: int) -> _Line:
    space = request.space
    length = space.gap(space.at(a), space.at(b))
    rows = request.rows
    from_a = space.differences(space.at(a), rows).astype(float)
    if length == 0:
        return _Line(rows, np.full(len(rows), 0.5), from_a)
    progress = space.progress(space.at(a), space.at(b))[rows].astype(float)
    detour = np.sqrt(np.maximum(0.0, from_a**2 - (progress * length) ** 2))
    between = (progress > 0) & (progress < 1)
    return _Line(rows[between], progress[between], detour[between])


def _without(line: _Line, used: set[int]) -> _Line:
    kept = ~np.isin(line.rows, sorted(used), kind="table")
    return _Line(line.rows[kept], line.progress[kept], line.detour[kept])


def _along(request: Request, line: _Line, a: int, count: int) -> list[int]:
    """Return indices into a line: for each of ``count`` equal sections, a track near the line and the track before.

    For each empty section, the track nearest to the line in any section is used.
    """
    stretch = np.minimum((line.progress * count).astype(np.int64), count - 1)
    by_stretch = np.argsort(stretch.astype(np.int16), kind="stable")
    starts = np.searchsorted(stretch[by_stretch], np.arange(count + 1))
    chosen: list[int] = []
    before = a
    for first, last in itertools.pairwise(starts.tolist()):
        if first < last:
            shortlist = _nearest_to_line(line, by_stretch[first:last])
            profile = MixProfile.of(request.table, np.append(line.rows[shortlist], before))
            cost = profile.costs(len(shortlist), np.arange(len(shortlist))).total
            chosen.append(int(shortlist[np.argmin(line.detour[shortlist] + _SMOOTHNESS * cost)]))
            before = int(line.rows[chosen[-1]])
    if missing := count - len(chosen):
        free = np.ones(len(line.rows), bool)
        free[chosen] = False
        others = np.flatnonzero(free)
        if len(others) > missing:  # sorting 100,000 tracks takes longer than everything else
            detours = line.detour[others]
            others = others[detours <= np.partition(detours, missing - 1)[missing - 1]]
        near = np.lexsort((line.rows[others], line.detour[others]))[:missing]
        chosen += others[near].tolist()
    return sorted(chosen, key=lambda index: (line.progress[index], line.rows[index]))


def _nearest_to_line(line: _Line, members: Rows) -> Rows:
    """Return the members, in order of rows, that are nearest to the line, the nearest first."""
    detours = line.detour[members]
    if len(members) > _SHORTLIST:
        near = np.flatnonzero(detours <= np.partition(detours, _SHORTLIST - 1)[_SHORTLIST - 1])
        members, detours = members[near], detours[near]
    return members[np.argsort(detours, kind="stable")[:_SHORTLIST]]


def _refused(request: Request, rows: Sequence[int], waypoints: set[int]) -> set[int]:
    """Return the rows of a plan that break a constraint at their places; waypoints take precedence."""
    trial = request.fork(sorted(waypoints))
    trial.limits = replace(request.limits, artist_gap=0)
    refused = {row for row in rows if row not in waypoints and not trial.take(row)}
    if gap := request.limits.artist_gap:
        artists = request.table.names("artist")
        kept = [row for row in rows if row not in refused]
        for place, row in enumerate(kept):
            near = [other for other in kept[max(0, place - gap) : place] if other not in refused]
            near += [other for other in kept[place + 1 : place + 1 + gap] if other in waypoints]
            taken = {name for other in near for name in artists[other]}
            if row not in waypoints and not taken.isdisjoint(artists[row]):
                refused.add(row)
    return refused


def _legs(waypoints: Sequence[int]) -> list[tuple[int, int]]:
    return list(itertools.pairwise(waypoints))


def _shares(count: int, lengths: Sequence[float]) -> list[int]:
    """Split ``count`` in proportion to lengths, largest remainders first."""
    total = sum(lengths)
    exact = [count * length / total if total else count / len(lengths) for length in lengths]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: (shares[index] - exact[index], index))
    for index in by_remainder[: count - sum(shares)]:
        shares[index] += 1
    return shares
