"""XSPF: the XML Shareable Playlist Format, version 1. Locations are URIs, durations milliseconds.

References
----------
https://www.xspf.org/spec
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence

from workbench.errors import PlaylistFileError
from workbench.playlists.files.listing import (
    MADE_BY,
    Decoded,
    Entry,
    Listing,
    one_line,
    recording_of,
    recording_uri,
)
from workbench.playlists.files.locations import as_uri
from workbench.playlists.files.text import number_in
from workbench.playlists.files.xml_text import read_xml

NAMESPACE = "http://xspf.org/ns/0/"
MARK = f"<creator>{MADE_BY}</creator>"


def encode(listing: Listing) -> bytes:
    """Return the bytes of an XSPF file; elements are in the order in which the specification lists them."""
    root = ElementTree.Element("playlist", {"version": "1", "xmlns": NAMESPACE})
    _add(root, "title", listing.title)
    _add(root, "creator", MADE_BY)
    tracks = ElementTree.SubElement(root, "trackList")
    for line in listing.lines:
        track = ElementTree.SubElement(tracks, "track")
        _add(track, "location", as_uri(line.location))
        _add(track, "identifier", recording_uri(line.recording_id))
        _add(track, "title", line.title)
        _add(track, "creator", line.artist)
        _add(track, "annotation", str(line.explanation.get("text", "")))
        _add(track, "album", line.album)
        if line.duration_s is not None:
            _add(track, "duration", str(round(line.duration_s * 1000)))
    ElementTree.indent(root)
    data: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _add(parent: ElementTree.Element, name: str, text: str | None) -> None:
    if text and (plain := one_line(text)):
        ElementTree.SubElement(parent, name).text = plain


def decode(data: bytes) -> Decoded:
    """Read XSPF, with or without its namespace.

    Raises
    ------
    PlaylistFileError
        The file is not well-formed XML or not a playlist, or has a document type, whose entities could fill the memory.
    """
    root = read_xml(data)
    if _local(root) != "playlist":
        raise PlaylistFileError(f"Its root element is {_local(root)!r}, not 'playlist'.")
    tracks = [
        track for child in root if _local(child) == "tracklist" for track in child if _local(track) == "track"
    ]
    return Decoded(
        [
            _entry(
                {_local(child): (child.text or "").strip() for child in reversed(track)},
                [child.text for child in track if _local(child) == "identifier"],
            )
            for track in tracks
        ],
        uris=True,
    )


def _local(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _entry(fields: Mapping[str, str], identifiers: Sequence[str | None]) -> Entry:
    return Entry(
        fields.get("location", ""),
        title=fields.get("title") or None,
        artist=fields.get("creator") or None,
        album=fields.get("album") or None,
        duration_s=seconds_of(fields.get("duration")),
        recording_id=recording_of(identifiers),
    )


def seconds_of(milliseconds: object) -> float | None:
    """Return a duration in milliseconds as seconds, ``None`` if it is not a positive number."""
    return (number_in(milliseconds) or 0.0) / 1000 or None
