"""Read exports of services and players: JSON, JSON Lines, CSV, property lists, and ZIP files of these."""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from workbench.errors import PlaylistFileError
from workbench.playlists.files.json_text import read_json
from workbench.playlists.files.reading import open_regular
from workbench.playlists.files.text import decode_text
from workbench.playlists.history import lastfm, listenbrainz, spotify
from workbench.playlists.history.itunes import add_library
from workbench.playlists.history.listening_history import ListeningHistory
from workbench.playlists.history.tables import LASTFM, add_table
from workbench.readable import counted
from workbench.user_paths import expand_home

MAX_SIZE_BYTES = 512 << 20  # set by hand: twenty years of plays are 200 MiB in the longest format
MAX_MEMBERS = 10_000  # set by hand: ListenBrainz writes one file a month
_KNOWN = (
    "Known are exports of ListenBrainz (.zip, .jsonl), Spotify (.zip, .json), Apple Music (.csv), Last.fm (.csv, "
    ".json) and the library file of iTunes or Music (.xml)"
)
_SUFFIXES = (".json", ".jsonl", ".csv", ".xml")
_INSIDE = ("recenttracks", "track", "scrobbles", "payload", "listens")


class _Kind(NamedTuple):
    source: str
    recognizes: Callable[[Mapping[str, Any]], bool]
    add: Callable[[Mapping[str, Any], ListeningHistory], None]


_KINDS = (
    _Kind("Spotify", spotify.is_extended, spotify.add_extended),
    # A separate source, because its times differ; plays of two sources at about the same time count once.
    _Kind("Spotify account data", spotify.is_short, spotify.add_short),
    _Kind("ListenBrainz", listenbrainz.is_listen, listenbrainz.add_listen),
    _Kind("ListenBrainz", listenbrainz.is_feedback, listenbrainz.add_feedback),
    _Kind(LASTFM, lastfm.is_scrobble, lastfm.add_scrobble),
)


def read_history(path: str | Path) -> ListeningHistory:
    """Read an export; its content says which service it is from.

    Raises
    ------
    PlaylistFileError
        The file cannot be read, is too large, is damaged, or has no history in it.
    """
    source = expand_home(path)
    history = ListeningHistory()
    try:
        with open_regular(source) as file:
            is_zip = file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")  # the second: an empty ZIP
            file.seek(0)
            if is_zip:
                _read_zip(file, history)
            else:
                _read_one(_content(file), history)
    except (OSError, ValueError, RecursionError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or "it is cut off"
        raise PlaylistFileError(f"{source} cannot be read: {reason}.", path=str(source)) from error
    except PlaylistFileError as error:
        raise PlaylistFileError(f"{source}: {error.message}", path=str(source)) from error
    if not history:
        raise PlaylistFileError(f"{source} has no listening history in it. {_KNOWN}.", path=str(source))
    return history


def _content(file: BinaryIO) -> bytes:
    if (size := os.fstat(file.fileno()).st_size) > MAX_SIZE_BYTES:
        raise PlaylistFileError(f"It has {size >> 20} MiB; {MAX_SIZE_BYTES >> 20} MiB are allowed.")
    return file.read()


def _read_zip(file: BinaryIO, history: ListeningHistory) -> None:
    with zipfile.ZipFile(file) as archive:
        members = [one for one in archive.infolist() if one.file_size and _may_be_history(one.filename)]
        total = sum(member.file_size for member in members)
        if total > MAX_SIZE_BYTES or len(members) > MAX_MEMBERS:
            raise PlaylistFileError(
                f"It has {counted(len(members), 'file')} of {total >> 20} MiB in it; {MAX_SIZE_BYTES >> 20} MiB are "
                "allowed."
            )
        for member in sorted(members, key=lambda one: one.filename):
            try:
                _read_one(archive.read(member), history, of=f" of {member.filename}")
            except (PlaylistFileError, RuntimeError, NotImplementedError) as error:
                refused = f"{member.filename} in it cannot be read. {getattr(error, 'message', None) or f'{error}.'}"
                history.skipped[refused] = 1
    if not history and history.skipped:
        raise PlaylistFileError(next(iter(history.skipped)))


def _may_be_history(name: str) -> bool:
    """Whether a file in a ZIP may be a history. macOS adds hidden files that only describe the others."""
    return name.lower().endswith(_SUFFIXES) and not name.rpartition("/")[2].startswith(".")


def _read_one(data: bytes, history: ListeningHistory, *, of: str = "") -> None:
    """Add the content of a file, if it belongs to a history."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16
        data = decode_text(data).encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    start = data[:1024].lstrip()
    if not start:
        if not data.strip():
            raise PlaylistFileError("It is empty.")
        return
    if start.startswith((b"<?xml", b"<plist", b"<!DOCTYPE")):
        add_library(data, history)
    elif start[:1] in b"[{":
        _add_records(_records(data, history), history)
    else:
        add_table(decode_text(data), history)
    history.name_broken(of)


def _records(data: bytes, history: ListeningHistory) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a JSON document or of JSON Lines; a line that is not JSON is recorded as broken."""
    first, _, more = data.strip().partition(b"\n")
    if first.startswith(b"{") and first.rstrip().endswith(b"}") and more.lstrip().startswith(b"{"):
        for number, line in enumerate(io.BytesIO(data), 1):
            try:
                if line.strip():
                    yield from _flat(json.loads(line))
            except (ValueError, RecursionError):
                history.broken.append(number)
    else:
        yield from _flat(read_json(decode_text(data).encode()))


def _flat(document: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the records inside pages and answers of an API."""
    if isinstance(document, list):
        for item in document:
            yield from _flat(item)
    elif isinstance(document, Mapping):
        inner = [document[name] for name in _INSIDE if isinstance(document.get(name), list | Mapping)]
        for value in inner:
            yield from _flat(value)
        if not inner:
            yield document


def _add_records(records: Iterable[Mapping[str, Any]], history: ListeningHistory) -> None:
    kind: _Kind | None = None
    for record in records:
        if kind is None or not kind.recognizes(record):
            kind = next((one for one in _KINDS if one.recognizes(record)), None)
        if kind is None:
            continue
        history.source = history.source or kind.source
        kind.add(record, history)
