"""A DJ set: tracks whose keys mix and whose tempos can be matched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from workbench.analysis.tonality.camelot import UNKNOWN, camelot_name
from workbench.errors import LibraryEmptyError
from workbench.playlists.making.copies import copy_groups
from workbench.playlists.making.parameters import Tracks
from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.sound.arrays import Mask, Rows
from workbench.playlists.sound.keys import FIFTH, RELATIONS, SEMITONE, camelot_codes, relations
from workbench.playlists.sound.transitions import MixProfile, log2_bpm, tempo_change
from workbench.values import Value

# Set by hand: how often the search returns from a dead end, and how many opening tracks are tried.
_BACKTRACKS, _OPENINGS = 100, 12
_WORST = {"strict": FIFTH, "wide": SEMITONE}


@method(
    "harmonic",
    "A DJ set: neighboring tracks have keys that mix (Camelot wheel) and tempos that can be matched.",
    sequence=True,
)
def harmonic(
    request: Request,
    *,
    start: Annotated[
        int | None, Tracks("first track; drawn at random by default", label="Start track")
    ] = None,
    max_tempo_change_percent: Annotated[
        float,
        Value("largest change of tempo; double and half time count as the same", low=0, high=50),
    ] = 6.0,
    keys: Annotated[
        str,
        Value(
            "strict: same key, relative key or a fifth apart; wide: also the relative key a fifth away, "
            "two fifths or a semitone apart",
            choices=tuple(_WORST),
        ),
    ] = "strict",
) -> Iterator[Pick]:
    """Yield a chain in which each track mixes with the next at the least cost; a dead end is undone."""
    mixes = _Mixes(request, max_tempo_change_percent, _WORST[keys])
    chain: list[int] = []
    for opening in [start] if start is not None else mixes.openings():
        chain = max(chain, _longest_chain(request, mixes, opening), key=len)
        if len(chain) == request.size:
            break
    if len(chain) < request.size:
        last = chain[-1]
        bpm = request.table.number_at("bpm", last)
        request.note(
            "harmonic",
            f"After {request.table.text_at('title', last) or request.table.ids[last]} "
            f"({camelot_name(int(mixes.keys[last])) or 'no key'}, {f'{bpm:.0f} BPM' if bpm else 'no tempo'}) "
            f"no track is left whose key mixes and whose tempo is within {max_tempo_change_percent:g} %.",
            asked=request.size,
            got=len(chain),
        )
    for position, row in enumerate(chain):
        before = chain[position - 1] if position else None
        yield Pick(row, mixes.facts(before, row), pinned=True)


class _Mixes:
    """The pairs of tracks that mix."""

    def __init__(self, request: Request, max_tempo_change_percent: float, worst: int) -> None:
        self.request, self.worst = request, worst
        self.keys = camelot_codes(request.table)
        self.tempos = log2_bpm(request.table.numbers("bpm"))
        self.bound = float(np.log2(1 + max_tempo_change_percent / 100)) + 1e-9
        self.known: Mask = request.candidates & (self.keys != UNKNOWN) & np.isfinite(self.tempos)

    def openings(self) -> list[int]:
        """Return some random candidates, first those of the most common key, because most tracks can follow them."""
        rows = np.flatnonzero(self.known)
        if not len(rows):
            raise LibraryEmptyError(
                "No candidate has both a key and a tempo, which a harmonic set needs. "
                "Loosen the constraints, or analyze more music."
            )
        rows = self.request.rng.permutation(rows)
        common = np.bincount(self.keys[rows]).argmax()
        first = np.argsort(self.keys[rows] != common, kind="stable")[:_OPENINGS]
        return [int(row) for row in rows[first]]

    def after(self, row: int, rows: Rows) -> Rows:
        """Return those of ``rows`` that mix with ``row``."""
        rows = rows[self.known[rows]]
        rows = rows[relations(int(self.keys[row]), self.keys[rows]) <= self.worst]
        return rows[tempo_change(self.tempos[rows] - self.tempos[row]) <= self.bound]

    def cheapest(self, row: int, rows: Rows) -> int:
        """Return the row of ``rows`` with the lowest transition cost after ``row``."""
        profile = MixProfile.of(self.request.table, np.append(rows, row))
        return int(rows[np.argmin(profile.costs(len(rows), np.arange(len(rows))).total)])

    def facts(self, before: int | None, row: int) -> dict[str, str | float]:
        code = int(self.keys[row])
        if before is None:
            return {"mix": f"opens in {camelot_name(code) or 'an unknown key'}"}
        change = float(2 ** tempo_change(self.tempos[row] - self.tempos[before]) - 1) * 100
        return {
            "mix": f"{camelot_name(int(self.keys[before]))} to {camelot_name(code)}",
            "relation": RELATIONS[int(relations(int(self.keys[before]), code))],
            "tempo_change_percent": round(change, 3),
        }


def _longest_chain(request: Request, mixes: _Mixes, opening: int) -> list[int]:
    """Extend by the cheapest track that mixes; at a dead end remove the last one and try another."""
    chain, longest = [opening], [opening]
    dead: list[set[int]] = [set()]
    backtracks = 0
    while len(chain) < request.size:
        rows = request.fork(chain).open_rows()
        rows = mixes.after(chain[-1], rows[~np.isin(rows, list(dead[-1]))] if dead[-1] else rows)
        rows = _without_copies(request, chain, rows)
        if len(rows):
            chain.append(mixes.cheapest(chain[-1], rows))
            dead.append(set())
            longest = list(chain) if len(chain) > len(longest) else longest
        elif backtracks == _BACKTRACKS or len(chain) == 1:
            break
        else:
            backtracks += 1
            dead.pop()
            dead[-1].add(chain.pop())
    return longest


def _without_copies(request: Request, chain: list[int], rows: Rows) -> Rows:
    if not request.limits.skip_duplicates:
        return rows
    groups = copy_groups(request.table)
    return rows[~np.isin(groups[rows], groups[chain])]
