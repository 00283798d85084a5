"""Store playlists on an MPD, first under another name, so that the old one is kept until the new one is complete."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from workbench.errors import MediaServerError
from workbench.media.mpd_address import MpdAddress
from workbench.media.mpd_connection import connected

if TYPE_CHECKING:
    from mpd import MPDClient

_COMMANDS = 500  # sent together: 500 long paths are far below the 2 MiB that MPD accepts by default
_MAX_NAME_BYTES = 180  # MPD has a file for each playlist, whose name has 255 bytes at most, with a suffix
_OURS = r" \(workbench (unfinished|before) [0-9a-f]{8}\)"


def stored_name(name: str) -> str:
    """Return a name that MPD accepts for a playlist: without slashes and line breaks, and not too long."""
    plain = re.sub(r"[\x00-\x1f\x7f/\ud800-\udfff]+", "_", name).strip()
    return plain.encode()[:_MAX_NAME_BYTES].decode(errors="ignore").strip() or "playlist"


def stored_uris(client: MPDClient, name: str) -> list[str] | None:
    """Return the songs of a stored playlist; ``None`` if there is none of this name."""
    return list(client.listplaylist(name)) if name in _names(client) else None


def store_playlist(address: MpdAddress, client: MPDClient, name: str, uris: Sequence[str]) -> None:
    """Store a playlist in place of an earlier one of this name, which is not changed if anything fails."""
    _tidy(client, name)
    mark = secrets.token_hex(4)
    unfinished, before = (f"{name} (workbench {what} {mark})" for what in ("unfinished", "before"))
    with _tidied_on_failure(address, name):
        for start in range(0, len(uris), _COMMANDS):
            with _together(client):
                for uri in uris[start : start + _COMMANDS]:
                    client.playlistadd(unfinished, uri)
        replaces = name in _names(client)
        with _together(client):  # MPD runs a list of commands without other clients in between
            if replaces:
                client.rename(name, before)
            client.rename(unfinished, name)
            if replaces:
                client.rm(before)


def _names(client: MPDClient) -> set[str]:
    return {found["playlist"] for found in client.listplaylists() if "playlist" in found}


def _tidy(client: MPDClient, name: str) -> None:
    """Clean up after a failure, and restore the name of the earlier playlist."""
    names = _names(client)
    for found in names:
        left = re.fullmatch(re.escape(name) + _OURS, found)
        if left and left[1] == "before" and name not in names:
            client.rename(found, name)
        elif left:
            client.rm(found)


@contextmanager
def _together(client: MPDClient) -> Iterator[None]:
    client.command_list_ok_begin()
    yield
    client.command_list_end()


@contextmanager
def _tidied_on_failure(address: MpdAddress, name: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # With a new connection, because the other one may be unusable after a failed list of commands.
        with suppress(MediaServerError), connected(address) as client:
            _tidy(client, name)
        raise
