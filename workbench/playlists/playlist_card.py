"""Show a playlist in a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from workbench.audio.excerpt import mp3_excerpt
from workbench.cards.card import card, note, table
from workbench.cards.drawings import key_chip, player
from workbench.cards.html import Html, element, joined
from workbench.errors import AudioError
from workbench.playlists.quality_card import card_facts
from workbench.readable import clock, counted, number, track_name

if TYPE_CHECKING:
    from workbench.playlists.playlist_track import PlaylistTrack

MOST_PLAYERS = 25  # 20 s of each are 6 MB in the notebook


def playlist_card(
    name: str,
    method: str,
    tracks: Sequence[PlaylistTrack],
    quality: Mapping[str, Any],
    *,
    preview_seconds: float | None = None,
) -> Html:
    """Return a card of tracks with tempo, key, length and reason, and with players if ``preview_seconds`` is given."""
    head = ["", "Title", "BPM", "Key", "Length", "Why"] + (["Listen"] if preview_seconds else [])
    rows = [
        [place, *_cells(track)] + ([_player(track, preview_seconds, place)] if preview_seconds else [])
        for place, track in enumerate(tracks, start=1)
    ]
    seconds = sum(track.duration_s or 0.0 for track in tracks)
    about = [counted(len(tracks), "track"), clock(seconds), f"method {method}"]
    return card(
        name,
        card_facts(quality),
        table(head, rows, right=("", "BPM", "Length")),
        note(
            f"Only the first {MOST_PLAYERS} tracks have a player."
            if preview_seconds and len(rows) > MOST_PLAYERS
            else ""
        ),
        about=", ".join(about),
    )


def _cells(track: PlaylistTrack) -> list[Any]:
    name = (
        track.title or PurePath(track.path or f"track {track.id}, which is not in the library any more").name
    )
    return [
        joined(element("b", name), element("small", track.artist)),
        number(track.features.get("bpm")),
        key_chip(track.features.get("camelot")),
        clock(track.duration_s),
        _reason(track),
    ]


def _reason(track: PlaylistTrack) -> Html | str:
    """Return the short reason; a click shows its numbers."""
    line, details = track.explanation.get("text", ""), track.explanation.get("details")
    return element("details", element("summary", line), details) if details else str(line)


def _player(track: PlaylistTrack, seconds: float, place: int) -> Html | str:
    if place > MOST_PLAYERS or track.path is None:
        return ""
    start_s = track.features.get("preview_start_s") or 0.0
    try:
        return player(mp3_excerpt(track.path, start_s=start_s, seconds=seconds), track_name(vars(track)))
    except AudioError as error:
        return str(error)
