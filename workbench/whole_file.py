"""Write a file so that no reader ever meets half of it, and no crash leaves half of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path, *, mode: int = 0o666) -> Iterator[Path]:
    """Give the path of an empty file to write; it replaces ``path`` in one step when the block ends.

    Parameters
    ----------
    path : Path
        In a folder that exists. Left as it is when the block raises.
    mode : int
        Permissions from the first moment, less what the umask takes away.

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
