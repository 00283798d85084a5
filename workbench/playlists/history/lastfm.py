"""Last.fm: API answers that backup programs save, and the JSON of lastfmstats.com. CSV is in ``tables``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.playlists.files.json_text import text_in
from workbench.playlists.files.listing import Entry
from workbench.playlists.history.listening_history import ListeningHistory, time_in


def is_scrobble(record: Mapping[str, Any]) -> bool:
    """Whether a record is from ``user.getRecentTracks`` or from lastfmstats.com."""
    named = isinstance(record.get("artist"), Mapping) and "name" in record
    return named or ("track" in record and "artist" in record and "date" in record)


def add_scrobble(record: Mapping[str, Any], history: ListeningHistory) -> None:
    date = record.get("date")
    at = time_in(date.get("uts")) if isinstance(date, Mapping) else time_in(date)
    entry = Entry(
        "",
        title=text_in(record, "name") or text_in(record, "track"),
        artist=_name(record, "artist"),
        album=_name(record, "album"),
        recording_id=text_in(record, "mbid"),
    )
    history.add(entry, at)


def _name(record: Mapping[str, Any], field: str) -> str | None:
    value = record.get(field)
    if isinstance(value, Mapping):
        return text_in(value, "#text") or text_in(value, "name")
    return text_in(record, field)
