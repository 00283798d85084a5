"""Create the folder that holds a library."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from workbench.errors import DatabaseUnavailableError

PRIVATE_NAMES = ("library.sqlite3", "library.sqlite3-wal", "library.sqlite3-shm")


def make_data_folder(folder: Path) -> None:
    """Create a folder that only its owner can read. If it exists and holds a library, remove the access of others.

    Raises
    ------
    DatabaseUnavailableError
        The folder cannot be created.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailableError(
            f"The data folder {folder} cannot be created: {error.strerror}. Choose another with --data-dir or "
            f"WORKBENCH_DATA_DIR.",
            path=str(folder),
        ) from error
    files = [file for name in PRIVATE_NAMES if (file := folder / name).is_file()]
    for path in [*files, *([folder] if files else [])]:
        _close_to_others(path)


def _close_to_others(path: Path) -> None:
    """Remove other users' permissions from a file or folder of this user, if its file system allows that."""
    with contextlib.suppress(OSError):
        found = path.stat()
        if os.name == "posix" and found.st_uid == os.getuid() and found.st_mode & 0o077:
            path.chmod(stat.S_IMODE(found.st_mode) & ~0o077)
