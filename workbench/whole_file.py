"""Write a file atomically, so that neither a reader nor a crash ever sees an incomplete one."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path, *, mode: int = 0o666) -> Iterator[Path]:
    """Lend the path of an empty file to write, which replaces ``path`` in one step when the block ends.

    Parameters
    ----------
    path : Path
        Path in an existing folder. The file is not changed if the block raises an error.
    mode : int
        Permissions from the start, less those that the umask removes.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    unfinished = path.with_name(f".{secrets.token_hex(8)}{path.suffix}")
    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    try:
        yield unfinished
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
