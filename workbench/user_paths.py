"""Read paths that users type."""

from __future__ import annotations

import os
from pathlib import Path


def expand_home(path: str | os.PathLike[str]) -> Path:
    """Return a path with ``~`` or ``~name`` replaced by that user's home folder; unchanged if there is no such folder.

    ``Path.expanduser`` raises an error for ``~chill.m3u8``, which may be the name of a file.
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111 - see above


def home() -> Path | None:
    """Return the home folder of this user; ``None`` if the system does not know it."""
    found = expand_home("~")
    return found if found.is_absolute() and os.environ.get("HOME") != "" else None


def ensure_home(folder: Path) -> None:
    """Set a home folder for this process if the system does not know one, because Jupyter needs it to start."""
    if home() is None:
        os.environ["HOME"] = str(folder)
