"""Playlist formats by name and by suffix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import PlaylistFileError
from workbench.playlists.dj import rekordbox, traktor
from workbench.playlists.dj.collection import Collection
from workbench.playlists.files import csv_list, json_list, jspf, m3u8, nsp, pls, xspf
from workbench.playlists.files.listing import Decoded, Listing
from workbench.values import did_you_mean


@dataclass(frozen=True)
class Format:
    """A playlist file format: its functions for writing and reading, and the mark of files that this package wrote."""

    name: str
    encode: Callable[[Listing], bytes]
    decode: Callable[[bytes], Decoded]
    mark: str
    media_type: str


FORMATS: dict[str, Format] = {
    "m3u8": Format("m3u8", m3u8.encode, m3u8.decode, m3u8.MARK, "audio/x-mpegurl"),
    "xspf": Format("xspf", xspf.encode, xspf.decode, xspf.MARK, "application/xspf+xml"),
    "jspf": Format("jspf", jspf.encode, jspf.decode, jspf.MARK, "application/json"),
    "pls": Format("pls", pls.encode, pls.decode, pls.MARK, "audio/x-scpls"),
    "csv": Format("csv", csv_list.encode, csv_list.decode, csv_list.MARK, "text/csv"),
    "json": Format("json", json_list.encode, json_list.decode, json_list.MARK, "application/json"),
}
"""Formats that list tracks."""
RULES = Format("nsp", nsp.encode, nsp.decode, nsp.MARK, "application/json")
"""The format that says how to choose tracks, and lists none."""
COLLECTIONS: dict[str, Callable[[Collection], Iterator[str]]] = {
    "xml": rekordbox.encode,
    "nml": traktor.encode,
}
"""Formats of DJ programs, which have several playlists in one file, and beats and cue points from the library."""


def _needs_library(listing: Listing) -> bytes:
    raise PlaylistFileError(
        "A file for DJ programs has beats and cue points, which the library knows and the playlist does not. "
        'Write it with wb.playlists.save(playlist, "party.xml").'
    )


_ALL = {
    **FORMATS,
    RULES.name: RULES,
    "xml": Format("xml", _needs_library, rekordbox.decode, rekordbox.MARK, "application/xml"),
    "nml": Format("nml", _needs_library, traktor.decode, traktor.MARK, "application/xml"),
}
_SUFFIXES = {"m3u": "m3u8"}


def find_format(path: Path, format: str | None = None) -> Format:
    """Return the named format, or the format of the suffix if no name is given.

    Raises
    ------
    PlaylistFileError
        There is no such format.
    """
    wanted = (format or path.suffix).removeprefix(".").lower()
    found = _ALL.get(_SUFFIXES.get(wanted, wanted))
    if found is None:
        raise PlaylistFileError(
            f"{path}: there is no playlist format {wanted!r}.{did_you_mean(wanted, _ALL)} "
            f"Formats: {', '.join(_ALL)}.",
            path=str(path),
        )
    return found
