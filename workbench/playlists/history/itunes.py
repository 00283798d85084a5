"""The library file of iTunes and of Apple's Music app: ratings, play counts, hearts, playlists.

References
----------
Music user guide, "Save a copy of your playlists" (File → Library → Export Library).
"""

from __future__ import annotations

import plistlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.errors import PlaylistFileError
from workbench.playlists.files.json_text import text_in
from workbench.playlists.files.listing import Entry
from workbench.playlists.files.locations import path_of
from workbench.playlists.files.xspf import seconds_of
from workbench.playlists.history.listening_history import ListeningHistory, in_time, plays_in
from workbench.store.library.plays import PlayerFacts

SOURCE = "iTunes"
_NOT_MUSIC = ("Podcast", "Movie", "TV Show", "Music Video", "Audiobook", "Has Video")
_OF_THE_PROGRAM = ("Master", "Distinguished Kind", "Folder")  # playlists that the program made


def add_library(data: bytes, history: ListeningHistory) -> bool:
    """Add the tracks and playlists of a library file; return whether the file is a library.

    Raises
    ------
    PlaylistFileError
        The file is not a property list.
    """
    try:
        document = plistlib.loads(data, fmt=plistlib.FMT_XML)
    except Exception as error:  # plistlib also raises errors of other modules, such as AttributeError
        raise PlaylistFileError(f"It is not a library file of iTunes or Music: {error}.") from error
    tracks = document.get("Tracks") if isinstance(document, dict) else None
    if not isinstance(tracks, dict):
        return False
    history.source = SOURCE
    entries: dict[str, Entry] = {}
    for key, track in tracks.items():
        if not isinstance(track, dict) or any(track.get(kind) for kind in _NOT_MUSIC):
            history.skipped["not music: podcasts, audiobooks, videos"] += 1
            continue
        entries[str(key)] = entry = _entry(track)
        if (facts := _facts(track)) != PlayerFacts():
            history.facts[entry] = facts
    lists = document.get("Playlists")
    for playlist in lists if isinstance(lists, list) else ():
        if isinstance(playlist, dict) and not any(playlist.get(kind) for kind in _OF_THE_PROGRAM):
            _add_playlist(playlist, entries, history)
    return True


def _entry(track: Mapping[str, Any]) -> Entry:
    location = text_in(track, "Location") or ""
    return Entry(
        location,
        path_of(location, Path("/"), uri=True) if location else None,
        title=text_in(track, "Name"),
        artist=text_in(track, "Artist"),
        album=text_in(track, "Album"),
        duration_s=seconds_of(track.get("Total Time")),
    )


def _facts(track: Mapping[str, Any]) -> PlayerFacts:
    rating = None if track.get("Rating Computed") else track.get("Rating")
    loved = bool(track.get("Loved") or track.get("Favorited"))
    played = track.get("Play Date UTC")
    at = played.replace(tzinfo=UTC).timestamp() if isinstance(played, datetime) else None
    return PlayerFacts(
        plays=plays_in(track.get("Play Count")),
        last_played_at=at if in_time(at) else None,
        rating=rating / 20 if isinstance(rating, int) and 0 < rating <= 100 else None,
        loved=True if loved else False if track.get("Disliked") else None,
    )


def _add_playlist(
    playlist: Mapping[str, Any], entries: Mapping[str, Entry], history: ListeningHistory
) -> None:
    items = playlist.get("Playlist Items")
    items = items if isinstance(items, list) else ()
    ids = [str(item.get("Track ID")) for item in items if isinstance(item, dict)]
    if listed := [entries[id_] for id_ in ids if id_ in entries]:
        history.playlists.append((text_in(playlist, "Name") or "iTunes playlist", listed))
