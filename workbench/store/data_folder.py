"""The folder that holds a library."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from workbench.errors import DatabaseUnavailableError

PRIVATE_NAMES = ("library.sqlite3", "library.sqlite3-wal", "library.sqlite3-shm")


def make_data_folder(folder: Path) -> None:
    """Create the folder, for its owner only, unless it exists; one that holds a library is closed to others.

    Raises
    ------
    DatabaseUnavailableError
        It cannot be made.
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
    """Take away what others may do with a file or folder of ours, where its file system lets us."""
    with contextlib.suppress(OSError):
        found = path.stat()
        if os.name == "posix" and found.st_uid == os.getuid() and found.st_mode & 0o077:
            path.chmod(stat.S_IMODE(found.st_mode) & ~0o077)
