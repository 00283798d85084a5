"""Spotify: the extended streaming history, and the shorter one of the account data.

References
----------
https://support.spotify.com/article/understanding-my-data/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.playlists.files.json_text import text_in
from workbench.playlists.files.listing import Entry
from workbench.playlists.files.text import number_in
from workbench.playlists.history.listening_history import ListeningHistory, time_in


def is_extended(record: Mapping[str, Any]) -> bool:
    return "ts" in record and "ms_played" in record


def add_extended(record: Mapping[str, Any], history: ListeningHistory) -> None:
    """Add a stream; ``ts`` is the time at which it ended."""
    entry = Entry(
        "",
        title=text_in(record, "master_metadata_track_name"),
        artist=text_in(record, "master_metadata_album_artist_name"),
        album=text_in(record, "master_metadata_album_album_name"),
    )
    history.add(entry, time_in(record["ts"]), played_s=_seconds(record["ms_played"]))


def is_short(record: Mapping[str, Any]) -> bool:
    return "endTime" in record and "msPlayed" in record


def add_short(record: Mapping[str, Any], history: ListeningHistory) -> None:
    """Add a stream of the last year, whose time has no seconds."""
    entry = Entry("", title=text_in(record, "trackName"), artist=text_in(record, "artistName"))
    history.add(entry, time_in(record["endTime"]), played_s=_seconds(record["msPlayed"]))


def _seconds(milliseconds: object) -> float | None:
    number = number_in(milliseconds)
    return None if number is None else number / 1000
