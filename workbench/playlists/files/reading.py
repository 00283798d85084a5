"""Read playlist files of this and other programs."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from workbench.audio.bounds import may_read
from workbench.audio.source import OUTSIDE
from workbench.errors import PathNotAllowedError, PlaylistFileError
from workbench.playlists.files.formats import find_decoder
from workbench.playlists.files.list_encoding import TEXT_FORMATS, decode_by_names
from workbench.playlists.files.listing import Entry
from workbench.playlists.files.locations import path_of
from workbench.user_paths import expand_home

MAX_SIZE_BYTES = 64 << 20  # set by hand: far more than any playlist of this package has
MAX_ENTRIES = 100_000  # set by hand: more than half a year of music; matching more entries takes minutes
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def read_playlist_file(path: str | Path, *, format: str | None = None) -> list[Entry]:
    """Return the entries of a playlist file, with the absolute paths that they mean.

    Parameters
    ----------
    path : path
    format : str, optional
        A name in ``FORMATS``, or ``wpl`` or ``txt``; by default, the format that fits the suffix. Text that is not
        UTF-8 is decoded so that most names are those of existing files, or else in the detected encoding.

    Raises
    ------
    PlaylistFileError
        The file cannot be read, is not a regular file, has more than 64 MiB or 100,000 entries, or has another format.
    """
    source = expand_home(path)
    name, decode = find_decoder(source, format)
    try:
        source = source.resolve()
        data = _content(source)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PlaylistFileError(f"{source} cannot be read: {reason}.", path=str(source)) from error
    except PlaylistFileError as error:
        raise PlaylistFileError(f"{source}: {error.message}", path=str(source)) from error
    try:
        of_text = TEXT_FORMATS.get(name)
        decoded = of_text(decode_by_names(of_text, data, source.parent)) if of_text else decode(data)
    except PlaylistFileError as error:
        raise PlaylistFileError(
            f"{source} cannot be read as {name}. {error.message}", path=str(source)
        ) from error
    if len(decoded.entries) > MAX_ENTRIES:
        raise PlaylistFileError(
            f"{source} has {len(decoded.entries):,} entries; {MAX_ENTRIES:,} are allowed. Split it.",
            path=str(source),
        )
    return [
        replace(entry, path=path_of(entry.location, source.parent, uri=decoded.uris))
        for entry in decoded.entries
        if entry.location or entry.title
    ]


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file. Its type and place are checked after it was opened, because a path can change.

    Raises
    ------
    PlaylistFileError
        The path is a folder, a pipe or a device.
    PathNotAllowedError
        The file is outside of the folders that this block is :func:`~workbench.audio.bounds.staying_inside`.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe would wait for a writer
    try:
        if not stat.S_ISREG(mode := os.fstat(descriptor).st_mode):
            kind = _KINDS.get(stat.S_IFMT(mode), "something else")
            raise PlaylistFileError(f"It is {kind}, not a file.")
        if not may_read(descriptor):
            raise PathNotAllowedError(f"{path}: {OUTSIDE}", path=str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


def _content(path: Path) -> bytes:
    with open_regular(path) as file:
        data = file.read(MAX_SIZE_BYTES + 1)
        size_bytes = os.fstat(file.fileno()).st_size
    if len(data) > MAX_SIZE_BYTES:
        raise PlaylistFileError(
            f"It has {size_bytes >> 20} MiB; {MAX_SIZE_BYTES >> 20} MiB are allowed for a playlist."
        )
    return data
