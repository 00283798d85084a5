"""Keep a scan and the later reading of its files inside some folders, wherever links lead."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TypeVar

# Opening a device or a pipe like this has no effect on it.
LOOK_ONLY = getattr(os, "O_PATH", os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))


T = TypeVar("T")


class Bounds:
    """The real paths of some folders. Opened files are compared with them, because no link can exchange these."""

    def __init__(self, folders: Iterable[str | os.PathLike[str]]) -> None:
        self._folders = tuple(os.path.realpath(folder) for folder in folders)

    def hold(self, descriptor: int) -> bool:
        """Return whether an opened file or folder is one of the folders or is below one."""
        real = _path_of(descriptor)
        return any(f"{real}/".startswith(f"{folder.rstrip('/')}/") for folder in self._folders)


_bounds: ContextVar[Bounds | None] = ContextVar("bounds", default=None)


@contextmanager
def staying_inside(folders: Iterable[str | os.PathLike[str]] | None) -> Iterator[None]:
    """Return a context manager in which audio files outside some folders are refused when they are opened.

    ``None`` allows every folder. A path that was inside during a scan may lead outside later, if a folder was replaced
    by a link.
    """
    token = _bounds.set(None if folders is None else Bounds(folders))
    try:
        yield
    finally:
        _bounds.reset(token)


def may_read(descriptor: int) -> bool:
    """Return whether an opened file may be read in this block."""
    bounds = _bounds.get()
    return bounds is None or bounds.hold(descriptor)


def call_inside(
    folders: Iterable[str | os.PathLike[str]] | None, function: Callable[..., T], *arguments: object
) -> T:
    """Call a function in a block that is :func:`staying_inside` some folders."""
    with staying_inside(folders):
        return function(*arguments)


def _path_of(descriptor: int) -> str:
    if sys.platform == "darwin":
        import fcntl

        return os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))
    return str(Path("/proc/self/fd", str(descriptor)).readlink())
