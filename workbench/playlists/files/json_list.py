"""The JSON format of this package: a whole playlist, with the reason for every track and the recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.errors import PlaylistFileError
from workbench.playlists.files.json_text import read_json
from workbench.playlists.files.listing import MADE_BY, Decoded, Entry, Line, Listing
from workbench.playlists.files.locations import as_text

_LISTS = ("tracks", "items", "songs", "playlists", "playlist")
_NAMES = {
    "path": ("path", "location", "file"),
    "title": ("title", "name", "trackName", "track_name"),
    "artist": ("artist", "artistName", "artist_name", "artists", "creator"),
    "album": ("album", "albumName", "album_name"),
}

MARK = f'"made_by": "{MADE_BY}"'


def encode(listing: Listing) -> bytes:
    """Return the bytes of a JSON playlist."""
    document = {
        "made_by": MADE_BY,
        "name": listing.title,
        "recipe": dict(listing.recipe),
        "tracks": [{"position": position} | _track(line) for position, line in enumerate(listing.lines)],
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return (text + "\n").encode("utf-8", errors="replace")


def _track(line: Line) -> dict[str, Any]:
    return {
        "path": as_text(line.location, line.path),
        "title": line.title,
        "artist": line.artist,
        "artists": list(line.artists),
        "album": line.album,
        "duration_s": line.duration_s,
        "id": line.id,
        "explanation": dict(line.explanation),
    }


def decode(data: bytes) -> Decoded:
    """Read a JSON playlist of this or another program, such as Spotify's: a list of tracks or paths, at any depth.

    Raises
    ------
    PlaylistFileError
        The file is not JSON, or has no list of tracks.
    """
    tracks = _tracks(read_json(data))
    if tracks is None:
        raise PlaylistFileError("It is not a playlist: it has no list of tracks.")
    return Decoded([_entry(track) for track in tracks])


def _tracks(document: Any) -> list[Any] | None:
    """Return the tracks of a document; the tracks of several playlists follow one another."""
    if isinstance(document, list):
        return document
    found = (
        next((document[name] for name in _LISTS if name in document), None) if _is_object(document) else None
    )
    if _is_object(found):
        return _tracks(found)
    if not isinstance(found, list):
        return None
    nested = [_tracks(item) if _is_object(item) else None for item in found]
    return [track for tracks in nested for track in tracks or []] if any(nested) else found


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _entry(track: Any) -> Entry:
    if isinstance(track, str):
        return Entry(track)
    if not isinstance(track, Mapping):
        raise PlaylistFileError("It is not a playlist: a track is neither an object nor a path.")
    if isinstance(track.get("track"), Mapping):
        track = track["track"]

    def first(field: str) -> str | None:
        return next((text for name in _NAMES[field] if (text := _text(track.get(name)))), None)

    return Entry(
        first("path") or "",
        title=first("title"),
        artist=first("artist"),
        album=first("album"),
        duration_s=_seconds(track),
    )


def _text(value: Any) -> str | None:
    """Return a text, the name of an object, or the names in a list."""
    if isinstance(value, list):
        return "; ".join(filter(None, map(_text, value))) or None
    if isinstance(value, Mapping):
        value = value.get("name")
    return value if isinstance(value, str) and value else None


def _seconds(track: Mapping[str, Any]) -> float | None:
    for name, unit in (("duration_s", 1), ("duration_ms", 1000), ("durationMs", 1000)):
        value = track.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value) / unit
    return None
