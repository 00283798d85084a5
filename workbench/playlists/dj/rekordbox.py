"""Rekordbox XML: a collection with beat grids and cue points, and playlists (``DJ_PLAYLISTS`` 1.0.0).

References
----------
AlphaTheta, "XML format list" of Rekordbox for developers: https://rekordbox.com/en/support/developer/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element

from workbench import __version__
from workbench.errors import PlaylistFileError
from workbench.playlists.dj.collection import Collection, CollectionTrack, Listed
from workbench.playlists.files.listing import MADE_BY, Decoded, Entry
from workbench.playlists.files.locations import as_uri
from workbench.playlists.files.text import number_in
from workbench.playlists.files.xml_text import closed, opened, read_xml

MARK = f'<PRODUCT Name="{MADE_BY}"'
_HOST = "file://localhost/"
_MAY_BE_MISREAD = re.compile("[!$&'()*+,;=@]")  # as a plus, read as a space; pyrekordbox escapes all
_KINDS = {".aif": "AIFF", ".aiff": "AIFF", ".m4a": "M4A", ".mp3": "MP3", ".flac": "FLAC", ".wav": "WAV"}


def encode(collection: Collection) -> Iterator[str]:
    """Yield the text of a Rekordbox XML file, track by track."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield opened("DJ_PLAYLISTS", {"Version": "1.0.0"})
    yield closed("PRODUCT", {"Name": MADE_BY, "Version": __version__, "Company": MADE_BY}, depth=1)
    yield opened("COLLECTION", {"Entries": collection.size}, depth=1)
    for track in collection.tracks:
        yield from _track(track)
    yield "  </COLLECTION>\n  <PLAYLISTS>\n"
    yield opened("NODE", {"Type": 0, "Name": "ROOT", "Count": len(collection.playlists)}, depth=2)
    for playlist in collection.playlists:
        yield from _playlist(playlist)
    yield "    </NODE>\n  </PLAYLISTS>\n</DJ_PLAYLISTS>\n"


def _track(track: CollectionTrack) -> Iterator[str]:
    values = track.values
    path = PurePosixPath(track.location.replace("\\", "/"))
    suffix = path.suffix.lower()
    attributes = {
        "TrackID": track.id,
        "Name": values.get("title") or path.stem,
        "Artist": values.get("artist"),
        "Composer": values.get("composer"),
        "Album": values.get("album"),
        "Grouping": values.get("grouping"),
        "Genre": values.get("genre"),
        "Kind": f"{_KINDS.get(suffix, suffix[1:].upper())} File",
        "TotalTime": _whole(values.get("duration_s")),
        "DiscNumber": _whole(values.get("disc_number")),
        "TrackNumber": _whole(values.get("track_number")),
        "Year": _whole(values.get("year")),
        "AverageBpm": _decimal(values.get("bpm"), 2),
        "DateAdded": track.added and f"{track.added:%Y-%m-%d}",
        "SampleRate": _whole(values.get("sample_rate_hz")),
        "Comments": values.get("comment"),
        "PlayCount": track.plays or None,
        "Rating": track.stars or None,
        "Location": _uri(track.location),
        "Tonality": track.key_name,
    }
    yield opened("TRACK", attributes, depth=2)
    for point in track.grid:
        tempo = {"Inizio": _decimal(point.at_s, 3), "Bpm": _decimal(point.bpm, 2)}
        yield closed("TEMPO", {**tempo, "Metro": f"{track.beats_per_bar}/4", "Battito": point.beat}, depth=3)
    for cue in track.cues:
        number = -1 if cue.pad is None else cue.pad
        mark = {"Name": cue.name, "Type": 0, "Start": _decimal(cue.at_s, 3), "Num": number}
        yield closed("POSITION_MARK", mark, depth=3)
    yield "    </TRACK>\n"


def _uri(location: str) -> str:
    """Return a path as Rekordbox writes it; ``\\\\nas\\music`` is ``file://localhost//nas/music``, as in iTunes."""
    uri = _MAY_BE_MISREAD.sub(lambda found: f"%{ord(found[0]):02X}", as_uri(location))
    scheme, slashes, rest = uri.partition("://")
    if scheme != "file" or not slashes:
        return uri
    return _HOST + (rest[1:] if rest.startswith("/") else f"/{rest}")


def _playlist(playlist: Listed) -> Iterator[str]:
    node = {"Name": playlist.name, "Type": 1, "KeyType": 0, "Entries": len(playlist.track_ids)}
    yield opened("NODE", node, depth=3)
    for track_id in playlist.track_ids:
        yield closed("TRACK", {"Key": track_id}, depth=4)
    yield "      </NODE>\n"


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)


def _decimal(number: float | None, digits: int) -> str | None:
    return None if number is None else f"{number:.{digits}f}"


def decode(data: bytes) -> Decoded:
    """Read the tracks of all playlists in their order, or those of the collection if there is no playlist.

    Raises
    ------
    PlaylistFileError
        The file is not XML, or not a file of Rekordbox.
    """
    root = read_xml(data)
    if root.tag != "DJ_PLAYLISTS":
        raise PlaylistFileError(
            f"It is not Rekordbox XML: its root element is {root.tag!r}, not 'DJ_PLAYLISTS'."
        )
    tracks = list(root.iterfind("COLLECTION/TRACK"))
    by_key = {
        "0": {track.get("TrackID", ""): track for track in tracks},
        "1": {track.get("Location", ""): track for track in tracks},
    }
    listed = [
        by_key.get(node.get("KeyType", "0"), {}).get(item.get("Key", ""))
        for node in root.iterfind("PLAYLISTS//NODE[@Type='1']")
        for item in node.iterfind("TRACK")
    ]
    return Decoded([_entry(track) for track in (listed or tracks) if track is not None], uris=True)


def _entry(track: Element) -> Entry:
    fields: Mapping[str, Any] = track.attrib
    return Entry(
        fields.get("Location", ""),
        title=fields.get("Name") or None,
        artist=fields.get("Artist") or None,
        album=fields.get("Album") or None,
        duration_s=number_in(fields.get("TotalTime")) or None,
    )
