"""Show a playlist that can be played and reordered: list, curves, path on the map, quality card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np

from workbench.apps.dashboards.views.map_view import MapView
from workbench.apps.dashboards.views.page import (
    columns,
    empty_html,
    note_html,
    problem_html,
    section,
    table_html,
)
from workbench.apps.dashboards.widgets.chart import Chart
from workbench.apps.dashboards.widgets.track_list import TrackList
from workbench.playlists.quality_card import variety
from workbench.readable import clock, counted, number

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist
    from workbench.playlists.playlist_track import PlaylistTrack
    from workbench.store.library.library_table import LibraryTable

ADVICE = "No playlist yet. Choose a method and press Make playlist."


class ResultView(widgets.VBox):  # type: ignore[misc]
    """One playlist.

    Parameters
    ----------
    on_play, on_cross : callable
        Called with the id of a track to play, or of a track whose transition to the next is to be played.
    on_order : callable
        Called with the ids in the new order of the user.
    map_view : MapView
        The map on which the path is drawn.
    """

    def __init__(
        self,
        *,
        on_play: Callable[[int], None],
        on_cross: Callable[[int], None],
        on_order: Callable[[list[int]], None],
        map_view: MapView,
    ) -> None:
        self._on_order, self._map = on_order, map_view
        self._showing = False
        self.list = TrackList(on_play=on_play, on_cross=on_cross, empty="")
        self.list.observe(self._reordered, "order")
        self._head = widgets.HTML(empty_html(ADVICE))
        place = "place in the playlist"
        self._tempo = Chart("Tempo", place, "tempo (BPM)", dots=True)
        self._energy = Chart(
            "Energy", place, "rank in the library (0 to 1)", y_low=0.0, y_high=1.0, dots=True
        )
        self._card = widgets.HTML()
        self._more = widgets.VBox(
            [
                columns(self._tempo, self._energy),
                self._card,
                section("Its path on the map", map_view, open=True),
            ]
        )
        self._more.layout.display = "none"
        super().__init__([self._head, self.list, self._more])

    def show(self, playlist: Playlist, table: LibraryTable) -> None:
        """Show a playlist; the table has the values that are not in the playlist."""
        self._showing = True
        self.list.show([_entry(track, table) for track in playlist.tracks])
        self._showing = False
        notes = "".join(problem_html(str(note["message"])) for note in playlist.notes)
        self._head.value = (
            f"<h2>{_escape(playlist.name)}</h2>"
            + note_html(
                f"{counted(len(playlist), 'track')}, {clock(playlist.duration_s)} · {playlist.method} · random state "
                f"{playlist.random_state}"
            )
            + notes
        )
        places = np.arange(1, len(playlist) + 1)
        self._tempo.draw(places, {"tempo": playlist.card["tempo_curve"]})
        self._energy.draw(places, {"energy": playlist.card["energy_curve"]})
        self._card.value = card_html({"this playlist": playlist.card})
        self._map.choose(playlist.track_ids)
        self._map.draw_path(playlist.track_ids)
        self._more.layout.display = ""

    def _reordered(self, change: Mapping[str, Any]) -> None:
        if not self._showing:
            self._on_order(list(change["new"]))


def card_html(cards: Mapping[str, Mapping[str, Any]]) -> str:
    """Return quality cards side by side, by the name of their playlist."""
    lines: list[tuple[str, Callable[[Mapping[str, Any]], str]]] = [
        ("Tracks", lambda card: str(card["tracks"])),
        ("Length", lambda card: clock(card["duration_s"])),
        ("Mean transition (0 unnoticed, 1 jarring)", lambda card: _figure(card.get("mean_transition"))),
        ("The same in random order", lambda card: _figure(card.get("random_mean_transition"))),
        ("Better than random orders", lambda card: number(card.get("better_than_random_percent"), "%", 0)),
        ("Worst transition", _worst),
        ("Variety of sound", lambda card: variety(card.get("diversity"))),
        ("Artists", lambda card: str(card.get("artists", "—"))),
    ]
    rows = [[name, *(write(card) for card in cards.values())] for name, write in lines]
    return table_html(("Quality", *cards), rows, numeric=range(1, len(cards) + 1))


def _entry(track: PlaylistTrack, table: LibraryTable) -> dict[str, Any]:
    index = table.index_of(track.id)
    values = table.row(index) if index is not None else {}
    facts = [number(values.get("bpm"), "BPM", 0), values.get("camelot") or "—", clock(track.duration_s)]
    return {
        "id": track.id,
        "title": track.title or str(track.path),
        "artist": track.artist or "",
        "facts": " · ".join(facts),
        "reason": str(track.explanation.get("text", "")),
        "details": str(track.explanation.get("details", "")),
    }


def _worst(card: Mapping[str, Any]) -> str:
    worst = card.get("worst_transition")
    return f"{worst['cost']:.2f} after track {worst['position'] + 1}" if worst else "—"


def _figure(value: float | None) -> str:
    return number(value, "", 2)


def _escape(text: str) -> str:
    from html import escape

    return escape(text)
