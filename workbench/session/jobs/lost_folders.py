"""Distinguish deleted files from files on a drive or share that is missing as a whole.

A folder that exists but has no files counts as an unmounted drive or share, so its tracks are not marked as missing.
A folder that does not exist any more was deleted, unless the system creates and removes folders for drives there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from workbench.processing.job.task import Failure


def is_lost(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder is missing, cannot be read, or has no files at any depth, like an unmounted share."""
    return not any(files for _, _, files in os.walk(folder))


def lost_folders(gone: Iterable[str], roots: Iterable[str]) -> dict[str, list[str]]:
    """Group missing files by the missing folder that contained them; leave out files that were deleted.

    Parameters
    ----------
    gone : iterable of str
        Files of the library that are not on disk.
    roots : iterable of str
        The folders, and files, that were scanned.
    """
    gone = list(gone)
    tops = sorted({str(Path(root).parent) if root in gone else root for root in roots}, key=len)
    lost_here = cache(is_lost)
    found: dict[str, list[str]] = {}
    for path in gone:
        top = next((top for top in tops if path.startswith(top.rstrip(os.sep) + os.sep)), None)
        folder = Path(path).parent if top is None else _nearest_there(path, top)
        if Path(path).parent != folder and holds_drives(folder):
            drive = folder / Path(path).relative_to(folder).parts[0]
            found.setdefault(str(drive), []).append(path)
        elif lost_here(str(folder)):
            while top is not None and str(folder) != top and lost_here(str(folder.parent)):
                folder = folder.parent
            found.setdefault(str(folder), []).append(path)
    return found


def holds_drives(folder: Path) -> bool:
    """Whether Linux or macOS mounts drives directly below this folder, by convention.

    >>> [holds_drives(Path(p)) for p in ("/media/me", "/Volumes", "/home/me", "/media/me/DISK")]
    [True, True, False, False]
    """
    of_users = str(folder.parent) in ("/media", "/run/media")
    return of_users or str(folder) in ("/media", "/mnt", "/Volumes")


def failure_of(folder: str, known: int = 0) -> Failure:
    """Return the failure for a missing folder, with the number of its files that the library knows."""
    files = f"{known} files of the library were in this folder, and it" if known else "The folder"
    if Path(folder).is_dir():
        force = " If you emptied it yourself, analyze this folder alone with --force." if known else ""
    else:
        force = " If it was deleted, use --force." if known else ""
    return Failure(
        folder,
        f"{files} is empty or gone. Is its drive or share connected? Nothing was marked as missing.{force}",
        "missing",
    )


def _nearest_there(path: str, top: str) -> Path:
    """Return the nearest existing folder above a file, at most ``top``."""
    folder = Path(path).parent
    while str(folder) != top and not folder.is_dir():
        folder = folder.parent
    return folder
