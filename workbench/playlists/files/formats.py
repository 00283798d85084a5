"""Playlist formats by name and by suffix."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path

from workbench.errors import PlaylistFileError, PluginError
from workbench.playlists.dj import rekordbox, traktor
from workbench.playlists.dj.collection import Collection
from workbench.playlists.files import csv_list, json_list, jspf, m3u8, media_player, nsp, pls, text_list, xspf
from workbench.playlists.files.listing import MADE_BY, Decoded, Listing
from workbench.values import did_you_mean


@dataclass(frozen=True)
class Format:
    """A playlist file format: its functions for writing and reading, and the mark of files that this package wrote."""

    name: str
    encode: Callable[[Listing], bytes]
    decode: Callable[[bytes], Decoded]
    mark: str
    media_type: str = "text/plain"


FORMATS: dict[str, Format] = {
    "m3u8": Format("m3u8", m3u8.encode, m3u8.decode, m3u8.MARK, "audio/x-mpegurl"),
    "xspf": Format("xspf", xspf.encode, xspf.decode, xspf.MARK, "application/xspf+xml"),
    "jspf": Format("jspf", jspf.encode, jspf.decode, jspf.MARK, "application/json"),
    "pls": Format("pls", pls.encode, pls.decode, pls.MARK, "audio/x-scpls"),
    "csv": Format("csv", csv_list.encode, csv_list.decode, csv_list.MARK, "text/csv"),
    "json": Format("json", json_list.encode, json_list.decode, json_list.MARK, "application/json"),
}
"""Formats that list tracks, those of plug-ins included."""
RULES = Format("nsp", nsp.encode, nsp.decode, nsp.MARK, "application/json")
"""The format that has rules instead of tracks."""
COLLECTIONS: dict[str, Callable[[Collection], Iterator[str]]] = {
    "xml": rekordbox.encode,
    "nml": traktor.encode,
}
"""Formats of DJ programs. A file has several playlists, and beats and cue points from the library."""


def _needs_library(listing: Listing) -> bytes:
    raise PlaylistFileError(
        "A file for DJ programs has beats and cue points, which the library knows and the playlist does not. "
        'Write it with wb.playlists.save(playlist, "party.xml").'
    )


_OTHERS = {
    RULES.name: RULES,
    "xml": Format("xml", _needs_library, rekordbox.decode, rekordbox.MARK, "application/xml"),
    "nml": Format("nml", _needs_library, traktor.decode, traktor.MARK, "application/xml"),
}
_ONLY_READ: dict[str, Callable[[bytes], Decoded]] = {
    **dict.fromkeys(("wpl", "zpl", "asx", "wax", "wvx"), media_player.decode),
    **dict.fromkeys(("txt", "tsv"), text_list.decode),
}
"""Suffixes of files that are only read. A plug-in may write files with them."""
_SUFFIXES = {"m3u": "m3u8"}
_NAME = re.compile(r"[a-z0-9]{1,12}")


def playlist_format(
    name: str, *, mark: str = MADE_BY, media_type: str = "text/plain"
) -> Callable[[Callable[[Listing], bytes]], Callable[[Listing], bytes]]:
    """Register the decorated function as a playlist format of your own: it returns the bytes of a file.

    Parameters
    ----------
    name : str
        Small letters and digits; also the suffix of its files.
    mark : str
        A text that each of its files has in its first 4096 bytes. A file without it is not overwritten.
    media_type : str
        The media type in HTTP.

    Raises
    ------
    PluginError
        The name is not allowed, or another format has it.
    """
    if not _NAME.fullmatch(name):
        raise PluginError(f"{name!r} cannot name a playlist format. Use up to 12 small letters and digits.")

    def register(encode: Callable[[Listing], bytes]) -> Callable[[Listing], bytes]:
        known = FORMATS.get(name) or _OTHERS.get(name)
        if known is not None and known.encode.__module__ != encode.__module__:
            raise PluginError(f"There is a playlist format {name} already. Choose another name.")
        FORMATS[name] = Format(name, _spared(name, encode), partial(_not_read, name), mark, media_type)
        return encode

    return register


def _spared(name: str, encode: Callable[[Listing], bytes]) -> Callable[[Listing], bytes]:
    """Return a function that turns every error of a plug-in's ``encode`` into an error that names the format."""

    @wraps(encode)
    def write(listing: Listing) -> bytes:
        try:
            return bytes(encode(listing))
        except Exception as error:
            raise PluginError(
                f"The playlist format {name} failed: {type(error).__name__}: {error}"
            ) from error

    return write


def _not_read(name: str, data: bytes) -> Decoded:
    raise PlaylistFileError(f"The format {name} is only written.")


def find_format(path: Path, format: str | None = None) -> Format:
    """Return the named format, or the format of the suffix if no name is given.

    Raises
    ------
    PlaylistFileError
        There is no such format.
    """
    wanted = _wanted(path, format)
    known = FORMATS | _OTHERS
    found = known.get(_SUFFIXES.get(wanted, wanted))
    if found is None:
        raise PlaylistFileError(
            f"{path}: there is no playlist format {wanted!r}.{did_you_mean(wanted, known)} "
            f"Formats: {', '.join(known)}.",
            path=str(path),
        )
    return found


def find_decoder(path: Path, format: str | None = None) -> tuple[str, Callable[[bytes], Decoded]]:
    """Return the name of the format and the function that reads its files; errors as in :func:`find_format`."""
    wanted = _wanted(path, format)
    if wanted in _ONLY_READ:
        return wanted, _ONLY_READ[wanted]
    found = find_format(path, format)
    return found.name, found.decode


def _wanted(path: Path, format: str | None) -> str:
    return (format or path.suffix).removeprefix(".").lower()
