"""Find the audio files below some folders, with their sizes and times, which show changed files."""

# Paths are plain strings here: creating 10,000 Path objects takes longer than the stat calls.
# ruff: noqa: PTH100, PTH111, PTH116, PTH118, PTH119, PTH122
from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from workbench.audio.bounds import LOOK_ONLY, Bounds
from workbench.audio.excluded import Exclusion, excluded_below
from workbench.audio.formats import AUDIO_EXTENSIONS, COMPANION_EXTENSIONS
from workbench.audio.source import OUTSIDE, file_error, inode_time, size_and_time
from workbench.errors import LibraryPathError

# The library would have such a file twice, because other programs read its name in UTF-8.
OTHER_ENCODING = "Python reads names in another encoding than UTF-8 here. Set PYTHONUTF8=1 and run again."


class FoundFile(NamedTuple):
    path: str
    size_bytes: int
    mtime_ns: int
    ctime_ns: int


class ScanProblem(NamedTuple):
    """A path that could not be read; ``kind`` is the kind of the error, as in :mod:`workbench.errors`."""

    path: str
    error: str
    kind: str


class SkippedFile(NamedTuple):
    """A file that the scan leaves out because of its name: neither audio nor a companion of music."""

    path: str
    extension: str


Entry = FoundFile | ScanProblem | SkippedFile


def scan(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    formats: Iterable[str] | None = None,
    recursive: bool = True,
    exclude: Iterable[str] = (),
    within: Iterable[str | os.PathLike[str]] | None = None,
) -> Iterator[Entry]:
    """Find audio files, each path once, sorted by name; linked folders come last.

    Below the given paths, names that start with a dot and the exclusions of :mod:`workbench.audio.excluded` are
    skipped. A folder with several links is read once. A file in ``paths`` is found even if its name would be skipped.

    Parameters
    ----------
    paths : path or iterable of paths
        Folders and files.
    formats : iterable of str, optional
        Extensions of the files to find, with or without the dot; :data:`AUDIO_EXTENSIONS` by default.
    recursive : bool
        Whether to read the folders below the given ones.
    exclude : iterable of str
        Further patterns of files and folders to leave out, as in ``.gitignore``.
    within : iterable of paths, optional
        Links may not lead out of these folders; those that do are problems of the kind ``path_not_allowed``.

    Returns
    -------
    iterator of FoundFile, ScanProblem and SkippedFile
        Paths are absolute. Files are not opened; each takes one ``stat`` call.

    Raises
    ------
    LibraryPathError
        One of ``paths`` does not exist or cannot be read. This is raised before any result.
    SettingsError
        One of ``exclude`` is not a valid pattern.
    """
    named = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    tops = [_top(os.fspath(path)) for path in named]
    extensions = (
        AUDIO_EXTENSIONS if formats is None else frozenset("." + f.lower().lstrip(".") for f in formats)
    )
    patterns = tuple(exclude)
    bounds = None if within is None else Bounds(within)
    folders = [(top, excluded_below(top, patterns)) for top in tops]
    return _walk(folders, extensions, bounds, recursive=recursive)


def _top(path: str) -> str:
    absolute = os.path.abspath(os.path.expanduser(path))
    try:
        if stat.S_ISDIR(os.stat(absolute).st_mode):
            os.scandir(absolute).close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LibraryPathError(
            f"{absolute} cannot be read: {reason}. Give a folder or file that exists.", path=absolute
        ) from error
    return absolute


class _Folder(NamedTuple):
    path: str
    linked: bool
    exclusion: Exclusion
    """The exclusion that applies to the content of its folder."""


def _walk(
    tops: list[tuple[str, Exclusion]], extensions: frozenset[str], bounds: Bounds | None, *, recursive: bool
) -> Iterator[Entry]:
    seen_folders: set[tuple[int, int]] = set()
    seen_files: set[str] = set()
    folders: list[_Folder] = []
    linked: list[_Folder] = []
    for top, exclusion in tops:
        try:
            status = os.stat(top)
        except OSError as error:  # removed since it was checked
            yield _problem(top, error)
            continue
        if stat.S_ISDIR(status.st_mode):
            folders.append(_Folder(top, linked=False, exclusion=exclusion))
        elif top not in seen_files:
            seen_files.add(top)
            found = _look_at_opened(top, None, bounds) if bounds else _found(top, status)
            if found is not None:
                yield found
    folders.reverse()
    while folders or linked:
        folder = folders.pop() if folders else linked.pop(0)
        below: list[_Folder] = []
        for item in _list_folder(folder, seen_folders, extensions, bounds):
            if isinstance(item, _Folder):
                if recursive:
                    (linked if item.linked else below).append(item)
            elif item.path not in seen_files:
                seen_files.add(item.path)
                yield item
        folders.extend(reversed(below))


def _list_folder(
    folder: _Folder, seen: set[tuple[int, int]], extensions: frozenset[str], bounds: Bounds | None
) -> Iterator[Entry | _Folder]:
    """Yield the contents of a folder, unless it was listed before under another name or is left out."""
    try:
        opened = os.open(folder.path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        yield _problem(folder.path, error)
        return
    try:
        status = os.fstat(opened)
        if (status.st_dev, status.st_ino) in seen:
            return
        if bounds and not bounds.hold(opened):
            yield _outside(folder.path)
            return
        seen.add((status.st_dev, status.st_ino))
        yield from _list_opened(folder, opened, extensions, bounds)
    except OSError as error:
        yield _problem(folder.path, error)
    finally:
        os.close(opened)


def _list_opened(
    folder: _Folder, opened: int, extensions: frozenset[str], bounds: Bounds | None
) -> Iterator[Entry | _Folder]:
    with os.scandir(opened) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    exclusion = folder.exclusion.inside(folder.path, (entry.name for entry in entries))
    if exclusion is None:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = os.path.join(folder.path, entry.name)
        if _is_folder(entry):
            if not exclusion.leaves_out(path, folder=True):
                yield _Folder(path, linked=entry.is_symlink(), exclusion=exclusion)
            continue
        extension = os.path.splitext(entry.name)[1].lower()
        if extension in COMPANION_EXTENSIONS or exclusion.leaves_out(path, folder=False):
            continue
        if extension in extensions:
            if (found := _look_at(entry, path, opened, bounds)) is not None:
                yield found
        elif extension not in AUDIO_EXTENSIONS:
            yield SkippedFile(path, extension)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _look_at(
    entry: os.DirEntry[str], path: str, folder: int, bounds: Bounds | None
) -> FoundFile | ScanProblem | None:
    try:
        if bounds and entry.is_symlink():
            return _look_at_opened(path, folder, bounds)
        status = entry.stat()
    except OSError as error:
        return _problem(path, error)
    return _found(path, status) if stat.S_ISREG(status.st_mode) else None


def _look_at_opened(path: str, folder: int | None, bounds: Bounds) -> FoundFile | ScanProblem | None:
    """Open the target of a link and check the opened file, so that the bounds apply to the same file."""
    try:
        opened = os.open(path if folder is None else os.path.basename(path), LOOK_ONLY, dir_fd=folder)
    except OSError as error:
        return _problem(path, error)
    try:
        if not bounds.hold(opened):
            return _outside(path)
        status = os.fstat(opened)
        return _found(path, status) if stat.S_ISREG(status.st_mode) else None
    finally:
        os.close(opened)


def _outside(path: str) -> ScanProblem:
    return ScanProblem(path, OUTSIDE, "path_not_allowed")


def _found(path: str, status: os.stat_result) -> FoundFile | ScanProblem:
    if not path.isascii() and sys.getfilesystemencoding() != "utf-8":
        return ScanProblem(path, OTHER_ENCODING, "path")
    return FoundFile(path, *size_and_time(status), inode_time(status))


def _problem(path: str, error: OSError) -> ScanProblem:
    translated = file_error(path, error)
    return ScanProblem(path, translated.message, translated.kind)
