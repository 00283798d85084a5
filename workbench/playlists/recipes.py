"""Make a playlist again from its recipe, or update it for a library that has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.cards.card import card, note
from workbench.cards.html import Html
from workbench.errors import (
    LibraryEmptyError,
    ParameterValueError,
    PlaylistError,
    UnknownParameterError,
    UnknownTrackError,
)
from workbench.playlists.comparing import Comparison, compare
from workbench.playlists.making.constraints import Constraints, candidate_rows, constraints_of
from workbench.playlists.making.fitting import arrange, cheapest_place
from workbench.playlists.making.generation import COMMON_PARAMETERS, assemble, generate
from workbench.playlists.making.parameters import canonical
from workbench.playlists.making.registry import Method
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.methods import find_method
from workbench.readable import counted

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist
    from workbench.store.library.library_table import LibraryTable


@dataclass(frozen=True)
class Refreshed:
    """The result of :func:`refresh`.

    Attributes
    ----------
    playlist : Playlist
    kept, added, removed : tuple of int
        Track ids.
    comparison : Comparison
        Comparison of the old playlist (a) with the new one (b).
    """

    playlist: Playlist
    kept: tuple[int, ...]
    added: tuple[int, ...]
    removed: tuple[int, ...]
    comparison: Comparison

    def __repr__(self) -> str:
        return f"Refreshed: {self._counts()}\nPlaylist {self.playlist.name!r}: {counted(len(self.playlist), 'track')}"

    def _repr_html_(self) -> str:
        return card("Refreshed", note(self._counts()), Html(self.playlist._repr_html_()))

    def _counts(self) -> str:
        return f"{len(self.kept)} kept, {len(self.added)} added, {len(self.removed)} removed"

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-serializable values: the difference and the new playlist."""
        return {
            "kept": self.kept,
            "added": self.added,
            "removed": self.removed,
            "comparison": self.comparison.to_dict(),
            "playlist": self.playlist.to_dict(),
        }


def regenerate(recipe: Mapping[str, Any], table: LibraryTable) -> Playlist:
    """Make the playlist of a recipe: the same playlist on the same library, if the recipe has a random state.

    Raises
    ------
    PlaylistError
        The value is not a recipe, or its version is newer than this package.
    """
    try:
        known = recipe["recipe"] == 1
        method, parameters, random_state = recipe["method"], recipe["parameters"], recipe.get("random_state")
    except (KeyError, TypeError) as error:
        raise PlaylistError("This is not a recipe: recipe, method or parameters is missing.") from error
    if not known or not isinstance(parameters, Mapping):
        raise PlaylistError(f"This recipe has version {recipe['recipe']!r}; this package knows version 1.")
    return generate(table, method, random_state=random_state, name=recipe.get("name"), **parameters)


def refresh(old: Playlist, table: LibraryTable) -> Refreshed:
    """Update a playlist for a library that has changed.

    Tracks that the library still has and the constraints still allow are kept in their order. Tracks that the recipe
    chooses now and that are new in the library are inserted where the transition is cheapest. So are other tracks, if
    there is room. For each new track beyond the size, the last kept track that the recipe would not choose now is
    removed. A sequence (a path, a set, a curve) does not change if all its tracks still fit and no new track belongs
    in it. Otherwise, the whole sequence is made again, because its order matters.

    Parameters
    ----------
    old : Playlist
    table : LibraryTable

    Returns
    -------
    Refreshed
        Nothing is added or removed if the library has not changed. If the recipe cannot run any more, because its
        start track is missing, the tracks that still fit are kept, with a note.
    """
    method = find_method(old.method)
    parameters = _still_possible(method, old.parameters, table)
    fresh, notes = _chosen_today(old, parameters, table)
    if fresh is not None and fresh.track_ids == old.track_ids:
        return _difference(old, fresh, table)
    asked = {
        name: canonical(parameter, parameters.get(name, parameter.default), table)
        for name, parameter in COMMON_PARAMETERS.items()
    }
    constraints = constraints_of({**parameters, **asked}, table)
    kept = _still_fitting(old, table, constraints)
    today = fresh.track_ids if fresh is not None else []
    arrivals = [track for track in today if track > old.newest_id and track not in kept]
    if method.sequence and fresh is not None and (arrivals or len(kept) < len(set(old.track_ids))):
        return _difference(old, fresh, table)
    size = max(1, len(today) if constraints.duration_minutes is not None else asked["size"])
    request = Request(
        table,
        np.ones(len(table), dtype=bool),
        size,
        np.random.default_rng(old.random_state),
        replace(constraints.limits, artist_gap=0),
    )
    why = {track.id: track.explanation for track in [*old, *(fresh or ())]}
    picks = [_pick(table, track, why[track]) for track in _room_for(kept, arrivals, today, size)]
    for pick in picks:
        request.take(pick.row, pinned=True)
    for track in [*arrivals, *today]:
        pick = _pick(table, track, why[track])
        if len(picks) < size and request.take(pick.row):
            picks.insert(cheapest_place(request, picks, pick.row), pick)
    picks = arrange(request, picks, constraints, order=asked["order"], sequence=method.sequence)
    new = assemble(
        table,
        picks,
        name=old.name,
        method=old.method,
        parameters=parameters,
        random_state=old.random_state,
        notes=notes + request.notes,
    )
    return _difference(old, new, table)


def _still_possible(method: Method, parameters: Mapping[str, Any], table: LibraryTable) -> dict[str, Any]:
    """Return parameters without tracks that are no longer in the library."""
    known = COMMON_PARAMETERS | dict(method.parameters)
    there = set(table.ids.tolist())
    left = {}
    for name, value in parameters.items():
        kind = known[name].kind if name in known else ""
        if kind == "track" and value is not None and value not in there:
            continue
        if kind == "tracks" and value is not None:
            value = [track for track in value if track in there]
        elif kind == "history":
            value = [[track, weight] for track, weight in value if track in there]
        left[name] = value
    return left


def _chosen_today(
    old: Playlist, parameters: Mapping[str, Any], table: LibraryTable
) -> tuple[Playlist | None, list[dict[str, Any]]]:
    """Return the playlist that the recipe makes now, or a note about why that fails."""
    try:
        fresh = regenerate(old.recipe() | {"parameters": parameters}, table)
    except (UnknownTrackError, UnknownParameterError, ParameterValueError, LibraryEmptyError) as error:
        message = f"The recipe cannot run any more, so nothing was added: {error.message}"
        return None, [{"constraint": "recipe", "asked": old.method, "got": None, "message": message}]
    return fresh, [dict(note) for note in fresh.notes]


def _room_for(kept: list[int], arrivals: list[int], today: list[int], size: int) -> list[int]:
    """Return the kept tracks without those that new tracks replace: first tracks not chosen now, then the last ones."""
    kept = list(kept)
    while kept and len(kept) + len(arrivals) > size:
        unchosen = [track for track in kept if track not in today]
        kept.remove((unchosen or kept)[-1])
    return kept


def _still_fitting(old: Playlist, table: LibraryTable, constraints: Constraints) -> list[int]:
    try:
        candidates, _ = candidate_rows(
            table, constraints, needs_vectors=find_method(old.method).needs_vectors, size=len(old)
        )
    except LibraryEmptyError:
        return []
    included = set(constraints.include or ())
    kept = []
    for track in dict.fromkeys(old.track_ids):
        row = table.index_of(track)
        if row is not None and (candidates[row] or track in included):
            kept.append(track)
    return kept


def _pick(table: LibraryTable, track: int, explanation: Mapping[str, Any]) -> Pick:
    """Return a pick with the method's own reason; the comparison with its neighbors is computed again."""
    reason = {
        name: value
        for name, value in explanation.items()
        if name not in ("text", "details", "shares", "next")
    }
    row = table.index_of(track)
    assert row is not None
    return Pick(row, reason)


def _difference(old: Playlist, new: Playlist, table: LibraryTable) -> Refreshed:
    comparison = compare(old, new, table)
    return Refreshed(
        replace(new, name=old.name), comparison.shared, comparison.only_in_b, comparison.only_in_a, comparison
    )
