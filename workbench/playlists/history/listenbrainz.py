"""Read listens and feedback from ListenBrainz: its exports, and answers of its API.

References
----------
https://listenbrainz.readthedocs.io/en/latest/users/json.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.playlists.files.json_text import text_in
from workbench.playlists.files.listing import Entry
from workbench.playlists.files.text import number_in
from workbench.playlists.files.xspf import seconds_of
from workbench.playlists.history.listening_history import ListeningHistory, time_in
from workbench.store.library.plays import PlayerFacts


def is_listen(record: Mapping[str, Any]) -> bool:
    return "listened_at" in record and isinstance(record.get("track_metadata"), Mapping)


def add_listen(record: Mapping[str, Any], history: ListeningHistory) -> None:
    history.add(_entry(record), time_in(record["listened_at"]))


def is_feedback(record: Mapping[str, Any]) -> bool:
    return record.get("score") in (1, 0, -1) and "recording_mbid" in record


def add_feedback(record: Mapping[str, Any], history: ListeningHistory) -> None:
    """Add a record of a track that was loved (1) or hated (-1)."""
    if record["score"]:
        history.facts[_entry(record)] = PlayerFacts(loved=record["score"] > 0)


def _entry(record: Mapping[str, Any]) -> Entry:
    track = _inner(record, "track_metadata")
    more, mapped = _inner(track, "additional_info"), _inner(track, "mbid_mapping")
    ids = (text_in(one, "recording_mbid") for one in (mapped, more, record))
    milliseconds = more.get("duration_ms")
    return Entry(
        "",
        title=text_in(track, "track_name"),
        artist=text_in(track, "artist_name"),
        album=text_in(track, "release_name"),
        duration_s=seconds_of(milliseconds) or number_in(more.get("duration")) or None,
        recording_id=next(filter(None, ids), None),
    )


def _inner(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = record.get(name)
    return inner if isinstance(inner, Mapping) else {}
