"""Changes by hand: another order, fewer tracks, or new tracks for all but the locked ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.playlists.explanations import explain
from workbench.playlists.making.request import Pick
from workbench.playlists.playlist import Playlist
from workbench.playlists.playlist_track import PlaylistTrack
from workbench.playlists.quality_card import quality_card
from workbench.playlists.sound.transitions import transition_costs

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

_COMPUTED = ("shares", "next", "text", "details")
_BY_HAND = {"by_hand": True}


def in_order(playlist: Playlist, table: LibraryTable, order: Sequence[int]) -> Playlist:
    """Return the playlist with these tracks in this order, with new transitions and a new card.

    New tracks get the reason that they were added by hand; tracks that the library no longer has are left out.
    """
    reasons = {track.id: _reason(track.explanation) for track in playlist.tracks}
    rows = [(table.index_of(track_id), track_id) for track_id in order]
    picks = [Pick(row, reasons.get(track_id, _BY_HAND)) for row, track_id in rows if row is not None]
    places = np.array([pick.row for pick in picks], np.int64)
    costs = transition_costs(table, places)
    explained = explain(table, picks, costs)
    tracks = tuple(PlaylistTrack.of(table, pick.row, why) for pick, why in zip(picks, explained, strict=True))
    notes = [note for note in playlist.notes if note["constraint"] != "order_by_hand"]
    changed = {
        "constraint": "order_by_hand",
        "asked": None,
        "got": None,
        "message": "You changed the order, or added or removed tracks.",
    }
    return replace(
        playlist, tracks=tracks, card=quality_card(table, places, costs) | {"notes": [*notes, changed]}
    )


def kept_in_place(before: Sequence[int], made: Sequence[int], locked: Collection[int]) -> list[int]:
    """Return ``made`` with every locked track in its previous place."""
    rest = [track_id for track_id in made if track_id not in locked]
    for place, track_id in enumerate(before):
        if track_id in locked:
            rest.insert(min(place, len(rest)), track_id)
    return rest


def _reason(explanation: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in explanation.items() if name not in _COMPUTED}
