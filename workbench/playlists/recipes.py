"""A playlist again: exactly, from its recipe; or brought up to date with a library that has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import LibraryEmptyError, PlaylistError
from workbench.playlists.comparing import Comparison, compare
from workbench.playlists.constraints import Constraints, candidate_rows
from workbench.playlists.fitting import arrange, cheapest_place
from workbench.playlists.generation import CONSTRAINT_NAMES, assemble, generate, validate
from workbench.playlists.registry import find_method
from workbench.playlists.request import Pick, Request

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist
    from workbench.store.library_table import LibraryTable


@dataclass(frozen=True)
class Refreshed:
    """A playlist brought up to date.

    Attributes
    ----------
    playlist : Playlist
    kept, added, removed : tuple of int
        Track ids.
    comparison : Comparison
        Of the old playlist (a) with the new one (b).
    """

    playlist: Playlist
    kept: tuple[int, ...]
    added: tuple[int, ...]
    removed: tuple[int, ...]
    comparison: Comparison

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able values: the difference and the new playlist."""
        return {
            "kept": self.kept,
            "added": self.added,
            "removed": self.removed,
            "comparison": self.comparison.to_dict(),
            "playlist": self.playlist.to_dict(),
        }


def regenerate(recipe: Mapping[str, Any], table: LibraryTable) -> Playlist:
    """Make the playlist of a recipe: the same one on the same library.

    Raises
    ------
    PlaylistError
        It is no recipe, or of a later version than this package knows.
    """
    try:
        known = recipe["recipe"] == 1
        method, parameters, random_state = recipe["method"], recipe["parameters"], recipe["random_state"]
    except (KeyError, TypeError) as error:
        raise PlaylistError(
            "This is no recipe: it lacks recipe, method, parameters or random_state."
        ) from error
    if not known or not isinstance(parameters, Mapping):
        raise PlaylistError(f"This recipe is of version {recipe['recipe']!r}; this package knows version 1.")
    return generate(table, method, random_state=random_state, name=recipe.get("name"), **parameters)


def refresh(old: Playlist, table: LibraryTable) -> Refreshed:
    """Bring a playlist up to date with a library that has changed.

    Tracks that are still there and that its constraints still allow are kept, in their order. Tracks that
    the recipe now chooses and that came to the library since go in where the transition is cheapest, and so
    do others where there is room; for each new one beyond the size, the last kept track that the recipe
    would not choose today goes.

    Parameters
    ----------
    old : Playlist
    table : LibraryTable

    Returns
    -------
    Refreshed
        Nothing is added or removed where the library has not changed.
    """
    fresh = regenerate(old.recipe(), table)
    if fresh.snapshot == old.snapshot and fresh.track_ids == old.track_ids:
        return _difference(old, fresh, table)
    asked = validate(find_method(old.method), table, old.parameters)
    constraints = Constraints(**{name: asked[name] for name in CONSTRAINT_NAMES})
    kept = _still_fitting(old, table, constraints)
    today = {track.id: track.explanation for track in fresh}
    before = dict(zip(old.track_ids, (track.explanation for track in old), strict=True))
    size = len(fresh) if constraints.duration_minutes is not None else asked["size"]
    arrivals = [track for track in today if track not in kept and track > old.newest_id]
    others = [track for track in today if track not in kept and track <= old.newest_id]
    added = (arrivals + others[: max(0, size - len(kept) - len(arrivals))])[:size]
    while len(kept) + len(added) > size:
        unchosen = [track for track in kept if track not in today]
        kept.remove((unchosen or kept)[-1])
    picks = [_pick(table, track, today.get(track) or before[track]) for track in kept]
    request = Request(
        table,
        np.ones(len(table), dtype=bool),
        size,
        np.random.default_rng(old.random_state),
        constraints.limits,
    )
    for track in added:
        pick = _pick(table, track, today[track])
        picks.insert(cheapest_place(request, picks, pick.row), pick)
    picks = arrange(
        request, picks, constraints, order=asked["order"], sequence=find_method(old.method).sequence
    )
    notes = [dict(note) for note in fresh.notes] + request.notes
    new = assemble(
        table,
        picks,
        name=old.name,
        method=old.method,
        parameters=old.parameters,
        random_state=old.random_state,
        notes=notes,
    )
    return _difference(old, new, table)


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
    """Return a pick with the method's own reason; what compares it with its neighbours is computed anew."""
    reason = {name: value for name, value in explanation.items() if name not in ("text", "shares", "next")}
    row = table.index_of(track)
    assert row is not None
    return Pick(row, reason)


def _difference(old: Playlist, new: Playlist, table: LibraryTable) -> Refreshed:
    comparison = compare(old, new, table)
    return Refreshed(
        replace(new, name=old.name), comparison.shared, comparison.only_in_b, comparison.only_in_a, comparison
    )
