"""Convert paths to locations in playlist files (relative, absolute, mapped to another machine, or URIs) and back.

A path is bytes that need not be text and can have any character but NUL. A line of an M3U8 file cannot contain a line
break, and ``#`` starts a comment there. A path that does not fit into a line, or is not text where a format needs text,
is written as a percent-encoded ``file:`` URI of its bytes. Names are never normalized: NFC and NFD stay as they are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_BREAKS_A_LINE = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]|\s\Z")
_NOT_UTF8 = re.compile(r"[\ud800-\udfff]")


def location_of(path: str, folder: Path, *, paths: str, prefix_map: Mapping[str, str]) -> str:
    """Return the location of a file as a playlist in ``folder`` writes it.

    Parameters
    ----------
    path : str
        Absolute path.
    folder : Path
        The folder of the playlist, absolute and without symbolic links.
    paths : {"relative", "absolute"}
        A mapped prefix takes precedence.
    prefix_map : mapping of str to str
        ``{"/home/me/Music": "M:\\\\Music"}``; the longest prefix that ends at a folder wins.
    """
    for prefix in sorted(prefix_map, key=len, reverse=True):
        stem = prefix.rstrip("/") or "/"
        if path == stem or path.startswith(stem.rstrip("/") + "/"):
            return _mapped(prefix_map[prefix], path[len(stem) :].lstrip("/"))
    if paths == "absolute" or not path.startswith("/"):
        return path
    relative = os.path.relpath(path, folder)
    first = relative.partition("/")[0]
    plain = first in (".", "..") or (first[:1].isalnum() and ":" not in first)  # "file:" would be a scheme
    return relative if plain else "./" + relative


def _mapped(prefix: str, rest: str) -> str:
    if _URL.match(prefix):
        return prefix.rstrip("/") + "/" + _quoted(rest)
    if _DRIVE.match(prefix) or "\\" in prefix:
        return prefix.rstrip("\\/") + "\\" + rest.replace("/", "\\")
    return prefix.rstrip("/") + "/" + rest


def as_line(location: str, path: str) -> str:
    """Return a location for a format of lines: unchanged, or a URI if it does not fit into a line."""
    if not _BREAKS_A_LINE.search(location):
        return location
    return as_uri(location if _is_absolute(location) else path)


def as_text(location: str, path: str) -> str:
    """Return a location for a format that allows any text: unchanged, or a URI if it is not text."""
    return as_uri(location if _is_absolute(location) else path) if _NOT_UTF8.search(location) else location


def as_uri(location: str) -> str:
    """Return a percent-encoded URI reference of a path; a URL is returned unchanged."""
    if _URL.match(location):
        return location
    if _DRIVE.match(location):
        drive, rest = location[:2], location[2:].replace("\\", "/")
        return f"file:///{drive}{_quoted(rest)}"
    if location.startswith("\\\\"):
        return "file:" + _quoted(location.replace("\\", "/"))
    encoded = _quoted(location)
    return "file://" + encoded if location.startswith("/") else encoded


def _quoted(path: str) -> str:
    """Encode only what RFC 3986 does not allow in a path (and ``:``, which could end a scheme).

    MPD 0.23 reads the locations of an XSPF file literally, so it does not find a track with a needless escape.
    """
    return quote(os.fsencode(path), safe="/!$&'()*+,;=@~")


def path_of(location: str, folder: Path, *, uri: bool) -> str | None:
    """Return the absolute path that a location in a playlist in ``folder`` means; ``None`` for a stream.

    Parameters
    ----------
    location : str
    folder : Path
    uri : bool
        Whether the locations of the format are percent-encoded URIs. In other formats, only ``file:`` URIs are.
    """
    if location[:5].lower() == "file:":
        return _from_file_uri(location[5:])
    if _URL.match(location):
        return None
    plain = os.fsdecode(unquote_to_bytes(location)) if uri else location
    if _DRIVE.match(plain) or plain.startswith("\\\\"):
        return plain
    return os.path.normpath(folder / plain) if plain and "\0" not in plain else None


def _from_file_uri(rest: str) -> str | None:
    if rest.startswith("//"):
        host, slash, tail = rest[2:].partition("/")
        rest = slash + tail if host.lower() in ("", "localhost") else rest
    path = os.fsdecode(unquote_to_bytes(rest))
    if _DRIVE.match(rest.lstrip("/")):  # an escaped colon is part of a name: "C%3A" is not a drive
        return path.lstrip("/")
    return os.path.normpath(path) if path.startswith("/") and "\0" not in path else None


def _is_absolute(location: str) -> bool:
    return bool(location.startswith(("/", "\\")) or _URL.match(location) or _DRIVE.match(location))
