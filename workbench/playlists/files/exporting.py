"""Write playlists to files, completely or not at all. Files that this package did not write are not overwritten."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from workbench.errors import ParameterValueError, PlaylistFileError
from workbench.playlists.files.formats import FORMATS, RULES, Format, find_format
from workbench.playlists.files.listing import Line, Listing, one_line
from workbench.playlists.files.locations import location_of
from workbench.playlists.playlist_track import PlaylistTrack
from workbench.readable import counted
from workbench.user_paths import expand_home
from workbench.whole_file import whole_file

_MARK_WITHIN = 4096  # bytes; all formats have their mark before the first track
_log = logging.getLogger(__name__)


class Exportable(Protocol):
    """A playlist that can be written to a file; :class:`~workbench.playlists.playlist.Playlist` is one."""

    @property
    def name(self) -> str: ...
    def recipe(self) -> Mapping[str, Any]: ...
    def __iter__(self) -> Iterator[PlaylistTrack]: ...
    def __len__(self) -> int: ...


def export(
    playlist: Exportable,
    path: str | Path,
    *,
    format: str | None = None,
    paths: str = "relative",
    prefix_map: Mapping[str, str] | None = None,
    force: bool = False,
) -> Path:
    """Write a playlist to a file.

    Parameters
    ----------
    playlist : Playlist
    path : path
        Missing folders are created.
    format : str, optional
        A name in ``FORMATS``; by default, the format that fits the suffix of ``path``.
    paths : {"relative", "absolute"}
        How tracks are written: relative to the playlist's folder, or absolute.
    prefix_map : mapping of str to str, optional
        Prefixes of paths to replace by those of another machine or player, or by a URL.
    force : bool
        Overwrite a file that this package did not make, or that has twice as many tracks.

    Returns
    -------
    Path
        The path of the file.

    Raises
    ------
    PlaylistFileError
        The format is unknown, another program wrote the existing file, a file would lose half of its tracks or more
        although more were requested, or the folder is not writable.
    """
    target = expand_home(path)
    chosen = check_target(target, format=format, force=force)
    if not force:
        _refuse_loss(playlist, target, chosen)
    with replacing(target) as unfinished:
        folder = unfinished.parent
        unfinished.write_bytes(
            render(playlist, format=chosen.name, folder=folder, paths=paths, prefix_map=prefix_map)
        )
    return target.resolve()


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Lend the path of a temporary file, which replaces ``target`` in one step; missing folders are created.

    Raises
    ------
    PlaylistFileError
        The file cannot be written.
    """
    try:
        whole = target.resolve()
        whole.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(whole) as unfinished:
            yield unfinished
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PlaylistFileError(
            f"{target} cannot be written: {reason}. Choose another folder.", path=str(target)
        ) from error


def check_target(path: str | Path, *, format: str | None = None, force: bool = False) -> Format:
    """Return the format that a playlist file would have.

    Raises
    ------
    PlaylistFileError
        :func:`export` would fail because of this path or format.
    """
    target = expand_home(path)
    chosen = find_format(target, format)
    if not force:
        _refuse_foreign(target, chosen)
    return chosen


def check_folder(path: str | Path) -> Path:
    """Return the folder for several playlists.

    Raises
    ------
    PlaylistFileError
        The path has the suffix of a playlist file, which holds one playlist.
    """
    folder = expand_home(path)
    if folder.suffix.removeprefix(".").lower() in {*FORMATS, RULES.name, "m3u"} and not folder.is_dir():
        raise PlaylistFileError(
            f"{folder.name} would be a file of one playlist, and these are several. Name a folder, such as "
            f"{folder.with_suffix('')}, and --format for another kind of file than m3u8.",
            path=str(folder),
        )
    return folder


def render(
    playlist: Exportable,
    *,
    format: str,
    folder: Path | None = None,
    paths: str = "absolute",
    prefix_map: Mapping[str, str] | None = None,
) -> bytes:
    """Return the bytes of a playlist file; relative paths start from ``folder``."""
    if paths not in ("relative", "absolute"):
        raise ParameterValueError(
            f"paths={paths!r} is not allowed; allowed: relative, absolute.", name="paths"
        )
    folder = (folder or Path.cwd()).resolve()
    lines = [
        Line(
            track.path,
            location_of(track.path, folder, paths=paths, prefix_map=prefix_map or {}),
            title=track.title,
            artist=track.artist,
            album=track.album,
            duration_s=track.duration_s,
            id=track.id,
            explanation=track.explanation,
            artists=track.artists,
            recording_id=track.recording_id,
        )
        for track in playlist
        if track.path
    ]
    if left_out := len(playlist) - len(lines):
        _log.warning(
            "%s: %d of %d tracks are not in the library any more and were left out.",
            playlist.name,
            left_out,
            len(playlist),
        )
    return find_format(Path(), format).encode(Listing(playlist.name, lines, playlist.recipe()))


def export_folder(
    playlists: Sequence[Exportable],
    folder: str | Path,
    *,
    format: str = "m3u8",
    paths: str = "relative",
    prefix_map: Mapping[str, str] | None = None,
    force: bool = False,
) -> list[Path]:
    """Write several playlists into a folder, which is created if needed, each named after its playlist.

    All names are checked before the first file is written.
    """
    folder = check_folder(folder)
    chosen = find_format(Path(), format)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlaylistFileError(f"{folder} cannot be created: {error.strerror}.", path=str(folder)) from error
    targets = [
        folder / f"{name}.{chosen.name}" for name in _file_names([playlist.name for playlist in playlists])
    ]
    if not force:
        for playlist, target in zip(playlists, targets, strict=True):
            _refuse_foreign(target, chosen)
            _refuse_loss(playlist, target, chosen)
    return [
        export(playlist, target, format=chosen.name, paths=paths, prefix_map=prefix_map, force=force)
        for playlist, target in zip(playlists, targets, strict=True)
    ]


def _file_names(names: Sequence[str]) -> list[str]:
    used: set[str] = set()
    result = []
    for name in names:
        plain = (
            "".join("_" if char in '/\\:*?"<>|' else char for char in one_line(name)).strip(". ").lstrip("-")
        )
        plain = plain.encode()[:120].decode(errors="ignore").strip() or "playlist"
        unique, number = plain, 1
        while unique.casefold() in used:
            number += 1
            unique = f"{plain} {number}"
        used.add(unique.casefold())
        result.append(unique)
    return result


def _refuse_loss(playlist: Exportable, target: Path, format: Format) -> None:
    asked = playlist.recipe().get("parameters", {}).get("size")
    refuse_loss(target, format, new=sum(1 for track in playlist if track.path), asked=asked)


def refuse_loss(target: Path, format: Format, *, new: int, asked: int | None = None) -> None:
    """Refuse to overwrite a file that would have less than half of its tracks, if tracks are missing.

    Parameters
    ----------
    new, asked : int
        How many tracks the file would have, and how many were requested; ``None`` where that is not known.

    Raises
    ------
    PlaylistFileError
        The file would have less than half of its tracks.
    """
    if new and asked is not None and new >= asked:
        return
    try:
        old = len(format.decode(target.read_bytes()).entries)
    except (OSError, ValueError, PlaylistFileError):  # there is nothing that could be lost
        return
    if old and 2 * new <= old:
        raise PlaylistFileError(
            f"{target} has {counted(old, 'track')} and would be left with {new or 'none'}. It was not written. Connect "
            "the drives or shares with the music and analyze it again, or use force (--force) to write it anyway.",
            path=str(target),
        )


def _refuse_foreign(target: Path, format: Format) -> None:
    try:
        with target.open("rb") as file:
            head = file.read(_MARK_WITHIN)
    except FileNotFoundError:
        return
    except IsADirectoryError as error:
        raise PlaylistFileError(f"{target} is a folder. Add a file name.", path=str(target)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PlaylistFileError(
            f"{target} cannot be read: {reason}. Choose another name or folder.", path=str(target)
        ) from error
    if format.mark.encode() not in head:
        raise PlaylistFileError(
            f"{target} exists and was not written by Playlist Workbench. "
            "Choose another name, or use force (--force) to overwrite it.",
            path=str(target),
        )
