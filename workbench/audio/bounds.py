"""Folders that a scan stays in, wherever links lead."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

# Opens nothing that a device or a pipe would notice.
LOOK_ONLY = getattr(os, "O_PATH", os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))


class Bounds:
    """The real paths of some folders. What is asked about is an opened file, which no link can exchange any more."""

    def __init__(self, folders: Iterable[str | os.PathLike[str]]) -> None:
        self._folders = tuple(os.path.realpath(folder) for folder in folders)

    def hold(self, descriptor: int) -> bool:
        """Return whether an opened file or folder is one of the folders or lies below one."""
        real = _path_of(descriptor)
        return any(f"{real}/".startswith(f"{folder.rstrip('/')}/") for folder in self._folders)


def _path_of(descriptor: int) -> str:
    if sys.platform == "darwin":
        import fcntl

        return os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))
    return str(Path("/proc/self/fd", str(descriptor)).readlink())
