"""Read playlist files of this and other programs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workbench.errors import PlaylistFileError
from workbench.playlists.files.formats import find_format
from workbench.playlists.files.listing import Entry
from workbench.playlists.files.locations import path_of
from workbench.user_paths import expand_home

MAX_SIZE_BYTES = 64 << 20  # set by hand: far more than any playlist of this package has


def read_playlist_file(path: str | Path, *, format: str | None = None) -> list[Entry]:
    """Return the entries of a playlist file, with the absolute paths that they mean.

    Parameters
    ----------
    path : path
    format : str, optional
        A name in ``FORMATS``; by the suffix when left out. ``.m3u`` is read as UTF-8, or else Windows
        Latin-1.

    Raises
    ------
    PlaylistFileError
        It cannot be read, is over 64 MiB, or is not of its format.
    """
    source = expand_home(path)
    chosen = find_format(source, format)
    try:
        source = source.resolve()
        size_bytes = source.stat().st_size
        if size_bytes > MAX_SIZE_BYTES:
            raise PlaylistFileError(
                f"{source} has {size_bytes >> 20} MiB, which is too large for a playlist.", path=str(source)
            )
        data = source.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PlaylistFileError(f"{source} cannot be read: {reason}.", path=str(source)) from error
    try:
        decoded = chosen.decode(data)
    except PlaylistFileError as error:
        raise PlaylistFileError(
            f"{source} cannot be read as {chosen.name}. {error.message}", path=str(source)
        ) from error
    return [
        replace(entry, path=path_of(entry.location, source.parent, uri=decoded.uris))
        for entry in decoded.entries
        if entry.location or entry.title
    ]
