"""Paths as people type them."""

from __future__ import annotations

import os
from pathlib import Path


def expand_home(path: str | os.PathLike[str]) -> Path:
    """Return a path with ``~`` or ``~name`` replaced by that user's home; unchanged if there is no such home folder.

    ``Path.expanduser`` raises for ``~chill.m3u8``, a name that somebody may give a file.
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111 - see above


def home() -> Path | None:
    """Return the home of this user; ``None`` where the system knows none."""
    found = expand_home("~")
    return found if found.is_absolute() and os.environ.get("HOME") != "" else None


def ensure_home(folder: Path) -> None:
    """Take a folder as the home of this process if the system knows none: Jupyter does not start without one."""
    if home() is None:
        os.environ["HOME"] = str(folder)
