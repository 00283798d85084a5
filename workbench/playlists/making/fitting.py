"""Take the picks of a method until the playlist is full, and meet the constraints on the whole playlist."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from workbench.playlists.making.constraints import Constraints
from workbench.playlists.making.ordering import order_rows
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.making.spacing import closest_repeats, keep_apart
from workbench.playlists.sound.arrays import Floats
from workbench.playlists.sound.transitions import MixProfile
from workbench.readable import counted

Start = Callable[[int], tuple[Request, Iterator[Pick]]]

# Chosen: each attempt corrects the number of tracks by the error of the attempt before.
_ATTEMPTS = 6
# Chosen: enough tracks to find three whose lengths fit.
_RESERVE, _EXCHANGES, _TRIALS = 200, 3, 50
# Used if the library knows no length at all.
_USUAL_DURATION_S = 240.0


def choose(
    start: Start, constraints: Constraints, *, include: Sequence[int], size: int, sequence: bool
) -> tuple[Request, list[Pick]]:
    """Return the picks that fill a playlist, in the method's order, and the request with its notes.

    Parameters
    ----------
    start : callable
        Starts the method for a number of tracks: ``start(size) -> (request, picks)``.
    constraints : Constraints
    include : sequence of int
        Rows that must be in the playlist.
    size : int
    sequence : bool
        Whether the order of the picks matters, so that none can be exchanged for a later one.
    """
    if constraints.duration_minutes is None:
        request, picks = _collect(start, size, include)
        if len(picks) < size:
            _note_shortage(request, size, len(picks))
        return request, picks
    return _fit_duration(start, constraints, include, sequence=sequence)


def _collect(start: Start, size: int, include: Sequence[int]) -> tuple[Request, list[Pick]]:
    room = max(0, size - len(include))
    request, offered = start(max(1, room))
    asked, taken = request.size, list[Pick]()
    accepted = (pick for pick in offered if request.take(pick.row, pinned=pick.pinned))
    # a method may enlarge the request if it cannot make such a short playlist
    while len(taken) < room + request.size - asked and (pick := next(accepted, None)):
        taken.append(pick)
    if len(include) > size:
        request.note(
            "include",
            f"You asked for {counted(size, 'track')} and for {len(include)} tracks by name; all of these are in it.",
            asked=size,
            got=len(include),
        )
    for row in include:
        if row not in [pick.row for pick in taken]:
            taken.insert(cheapest_place(request, taken, row), Pick(row, {"included": True}, pinned=True))
    request.chosen[:] = [pick.row for pick in taken]
    return request, taken


def cheapest_place(request: Request, picks: Sequence[Pick], row: int) -> int:
    """Return the position where a row adds the least transition cost, never before the first pick."""
    if not picks:
        return 0
    count = len(picks)
    profile = MixProfile.of(request.table, np.array([*(pick.row for pick in picks), row]))
    to_row = profile.costs(count, np.arange(count)).total
    between = profile.costs(np.arange(count - 1), np.arange(1, count)).total
    added = np.append(to_row[:-1] + to_row[1:] - between, to_row[-1])
    return int(np.argmin(added)) + 1


def _note_shortage(request: Request, size: int, got: int) -> None:
    limits = request.limits
    barriers = [name for name in ("artist_gap", "max_per_artist", "max_per_album") if getattr(limits, name)]
    because = f" with {', '.join(barriers)}" if barriers else ""
    request.note(
        "size",
        f"You asked for {counted(size, 'track')}, but only {got} could be chosen from "
        f"{counted(int(request.candidates.sum()), 'candidate')}{because}.",
        asked=size,
        got=got,
    )


def _fit_duration(
    start: Start, constraints: Constraints, include: Sequence[int], *, sequence: bool
) -> tuple[Request, list[Pick]]:
    wanted = float(constraints.duration_minutes or 0) * 60
    best: tuple[float, Request, list[Pick]] | None = None
    request, _ = start(1)
    durations = _durations(request)
    size, tried = max(1, round(wanted / float(np.median(durations[request.rows])))), set[int]()
    for _ in range(_ATTEMPTS):
        tried.add(size)
        request, picks = _collect(start, size, include)
        total = float(sum(durations[pick.row] for pick in picks))
        if best is None or abs(total - wanted) < best[0]:
            best = (abs(total - wanted), request, picks)
        step = round((wanted - total) / max(1.0, total / max(1, len(picks))))
        size = min(10_000, max(1, len(picks) + step))
        if size in tried:
            break
    assert best is not None
    _, request, picks = best
    tolerance = wanted * constraints.duration_tolerance_percent / 100
    if not sequence:
        _exchange(request, picks, _reserve(start, picks, include), wanted=wanted, tolerance=tolerance)
    total = float(sum(durations[pick.row] for pick in picks))
    if abs(total - wanted) > tolerance:
        side = "shorter" if total < wanted else "longer"
        request.note(
            "duration_minutes",
            f"The playlist lasts {total / 60:.1f} minutes: {abs(total - wanted) / 60:.1f} minutes {side} than "
            f"{wanted / 60:.1f}, which is more than the {constraints.duration_tolerance_percent:g} % allowed.",
            asked=wanted / 60,
            got=round(total / 60, 3),
        )
    return request, picks


def _durations(request: Request) -> Floats:
    """Return durations; an unknown one counts as the median of the library."""
    durations = request.table.numbers("duration_s")
    known = durations[np.isfinite(durations) & (durations > 0)]
    return np.where(
        np.isfinite(durations) & (durations > 0),
        durations,
        np.median(known) if len(known) else _USUAL_DURATION_S,
    )


def _reserve(start: Start, picks: Sequence[Pick], include: Sequence[int]) -> list[Pick]:
    """Return the next picks of the method."""
    _, further = start(len(picks) + _RESERVE)
    inside = {pick.row for pick in picks} | set(include)
    return [pick for pick in itertools.islice(further, len(picks) + _RESERVE) if pick.row not in inside]


def _exchange(
    request: Request, picks: list[Pick], reserve: list[Pick], *, wanted: float, tolerance: float
) -> None:
    """Exchange up to three picks (never the first) for later ones, to approach the wanted duration."""
    durations = _durations(request)
    for _ in range(_EXCHANGES):
        total = float(sum(durations[pick.row] for pick in picks))
        movable = [index for index in range(1, len(picks)) if not picks[index].pinned]
        if abs(total - wanted) <= tolerance or not movable or not reserve:
            return
        out, into = durations[[picks[i].row for i in movable]], durations[[pick.row for pick in reserve]]
        miss = np.abs(total - out[:, None] + into[None, :] - wanted)
        if miss.min() >= abs(total - wanted):
            return
        for flat in np.argsort(miss, axis=None, kind="stable")[:_TRIALS].tolist():
            place, index = divmod(flat, len(reserve))
            if miss[place, index] < abs(total - wanted) and _fits(
                request, picks, movable[place], reserve[index]
            ):
                picks[movable[place]] = reserve.pop(index)
                break
        else:
            return


def _fits(request: Request, picks: list[Pick], index: int, newcomer: Pick) -> bool:
    trial = request.fork()
    exchanged = [newcomer if i == index else pick for i, pick in enumerate(picks)]
    return all(trial.take(pick.row, pinned=pick.pinned) for pick in exchanged)


def arrange(
    request: Request, picks: list[Pick], constraints: Constraints, *, order: str, sequence: bool
) -> list[Pick]:
    """Put picks in the requested order and keep artists apart; add a note if that is not possible."""
    rows = np.array([pick.row for pick in picks], dtype=np.int64)
    keep_first = bool(picks) and _is_seed(request, picks[0])
    positions: dict[int, list[Pick]] = {}
    for pick in picks:
        positions.setdefault(pick.row, []).append(pick)
    ordered = order_rows(request.table, rows, order, rng=request.rng, keep_first=keep_first)
    arranged = [positions[row].pop(0) for row in ordered.tolist()]
    if constraints.artist_gap:
        arranged = _separate(
            request,
            arranged,
            constraints.artist_gap,
            fixed=int(keep_first),
            may_move=not (sequence and order == "none"),
        )
    return arranged


def _is_seed(request: Request, pick: Pick) -> bool:
    return bool(pick.reason.get("seed") == int(request.table.ids[pick.row]))


def _separate(request: Request, picks: list[Pick], gap: int, *, fixed: int, may_move: bool) -> list[Pick]:
    names = _artists(request, picks)
    if may_move and closest_repeats(names, gap):
        picks = [picks[place] for place in keep_apart(names, gap, fixed=fixed)]
    broken = closest_repeats(_artists(request, picks), gap)
    if broken:
        request.note(
            "artist_gap",
            f"You asked for {gap} tracks between two of one artist. {counted(len(broken), 'time')} there are fewer, "
            f"at least {min(broken)}.",
            asked=gap,
            got=min(broken),
        )
    return picks


def _artists(request: Request, picks: Sequence[Pick]) -> list[tuple[str, ...]]:
    names = request.table.names("artist")
    return [names[pick.row] for pick in picks]
