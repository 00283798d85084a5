"""JSPF: XSPF as JSON.

References
----------
https://www.xspf.org/jspf
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.errors import PlaylistFileError
from workbench.playlists.files.json_text import read_json, text_in
from workbench.playlists.files.listing import (
    MADE_BY,
    Decoded,
    Entry,
    Line,
    Listing,
    one_line,
    recording_of,
    recording_uri,
)
from workbench.playlists.files.locations import as_uri
from workbench.playlists.files.xspf import seconds_of

MARK = f'"creator": "{MADE_BY}"'


def encode(listing: Listing) -> bytes:
    """Return the bytes of a JSPF file."""
    playlist = {
        "title": one_line(listing.title),
        "creator": MADE_BY,
        "track": [_track(line) for line in listing.lines],
    }
    return (json.dumps({"playlist": playlist}, ensure_ascii=False, indent=1) + "\n").encode()


def _track(line: Line) -> dict[str, Any]:
    duration = None if line.duration_s is None else round(line.duration_s * 1000)
    fields = {
        "location": [as_uri(line.location)],
        "identifier": [uri] if (uri := recording_uri(line.recording_id)) else None,
        "title": one_line(line.title),
        "creator": one_line(line.artist),
        "annotation": one_line(str(line.explanation.get("text", ""))),
        "album": one_line(line.album),
        "duration": duration,
    }
    return {name: value for name, value in fields.items() if value}


def decode(data: bytes) -> Decoded:
    """Read JSPF.

    Raises
    ------
    PlaylistFileError
        The file is not JSON, or has another structure.
    """
    document = read_json(data)
    playlist = document.get("playlist", document) if isinstance(document, Mapping) else None
    tracks = playlist.get("track", []) if isinstance(playlist, Mapping) else None
    if not isinstance(tracks, list) or not all(isinstance(track, Mapping) for track in tracks):
        raise PlaylistFileError("It is not JSPF: playlist.track is not a list of objects.")
    return Decoded([_entry(track) for track in tracks], uris=True)


def _entry(track: Mapping[str, Any]) -> Entry:
    location = track.get("location") or ""
    if isinstance(location, list):
        location = location[0] if location else ""
    identifiers = track.get("identifier")
    return Entry(
        str(location),
        title=text_in(track, "title"),
        artist=text_in(track, "creator"),
        album=text_in(track, "album"),
        duration_s=seconds_of(track.get("duration")),
        recording_id=recording_of(identifiers if isinstance(identifiers, list) else [identifiers]),
    )
