"""Find the names of files in an MPD, which names songs by their path below its music folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from workbench.media.mpd_connection import refused

if TYPE_CHECKING:
    from mpd import MPDClient


def mpd_uris(client: MPDClient, paths: Sequence[str]) -> list[str | None]:
    """Return MPD's name of each file; ``None`` if MPD does not know it.

    On a Unix socket, MPD tells its music folder. Otherwise, or if the music has another path for MPD, the folder below
    which MPD knows most of the files is used.

    Parameters
    ----------
    paths : sequence of str
        Absolute paths.
    """
    folder = _music_folder(client)
    if folder is not None:
        found = [_known_below(client, os.path.realpath(path), os.path.realpath(folder)) for path in paths]
        if any(found):
            return found
    guesses = Counter(guess for path in paths if (guess := _folder_of(client, path)) is not None)
    if not guesses:
        return [None] * len(paths)
    [(folder, _)] = guesses.most_common(1)
    return [_known_below(client, path, folder) for path in paths]


def _music_folder(client: MPDClient) -> str | None:
    """Return the music folder by the command ``config``, which works only on a local socket; otherwise ``None``."""
    import mpd

    try:
        found: str | None = client.config()
    except mpd.CommandError:
        return None
    return found


def _folder_of(client: MPDClient, path: str) -> str | None:
    """Return the highest folder relative to which MPD knows a path."""
    return next((folder for folder in _folders(path) if _known_below(client, path, folder)), None)


def _folders(path: str) -> Iterator[str]:
    """Yield the folders around a file, the highest first.

    >>> list(_folders("/home/me/a.mp3"))
    ['/', '/home', '/home/me']
    """
    parts = path.strip("/").split("/")
    return ("/" + "/".join(parts[:depth]) for depth in range(len(parts)))


def _known_below(client: MPDClient, path: str, folder: str) -> str | None:
    stem = folder.rstrip("/") + "/"
    return path[len(stem) :] if path.startswith(stem) and _knows(client, path[len(stem) :]) else None


def _knows(client: MPDClient, uri: str) -> bool:
    import mpd

    if "\n" in uri or "\r" in uri or not _is_text(uri):  # MPD ignores such files
        return False
    try:
        return any(found.get("file") == uri for found in client.listall(uri))
    except mpd.CommandError as error:
        if refused(error, "NO_EXIST", "ARG"):
            return False
        raise


def _is_text(uri: str) -> bool:
    try:
        uri.encode()
    except UnicodeEncodeError:
        return False
    return True
