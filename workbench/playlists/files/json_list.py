"""Our own JSON: the whole playlist, with the reason for every track and the recipe to make it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.errors import PlaylistFileError
from workbench.playlists.files.json_text import read_json, text_in
from workbench.playlists.files.listing import MADE_BY, Decoded, Entry, Line, Listing
from workbench.playlists.files.locations import as_text

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
    """Read a JSON playlist: an object with ``tracks``, or a list; of objects with ``path``, or of paths.

    Raises
    ------
    PlaylistFileError
        Not JSON, or no list of tracks in it.
    """
    document = read_json(data)
    tracks = document.get("tracks") if isinstance(document, Mapping) else document
    if not isinstance(tracks, list):
        raise PlaylistFileError("It is not a playlist: it has no list of tracks.")
    return Decoded([_entry(track) for track in tracks])


def _entry(track: Any) -> Entry:
    if isinstance(track, str):
        return Entry(track)
    if not isinstance(track, Mapping):
        raise PlaylistFileError("It is not a playlist: a track is neither an object nor a path.")

    duration = track.get("duration_s")
    return Entry(
        text_in(track, "path") or "",
        title=text_in(track, "title"),
        artist=text_in(track, "artist"),
        album=text_in(track, "album"),
        duration_s=float(duration) if isinstance(duration, int | float) else None,
    )
