"""Check paths from requests: only paths below LIBRARY_ROOTS are allowed, after links are followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from workbench.errors import LibraryPathError, PathNotAllowedError
from workbench.user_paths import expand_home


def allowed_file(path: str, roots: Iterable[Path]) -> Path:
    """Return the real path of a regular file.

    Raises
    ------
    PathNotAllowedError
        The path is outside the roots. The error does not tell whether it exists.
    LibraryPathError
        The path is not absolute, missing, or not a regular file.
    """
    real = _below(path, roots)
    if not stat.S_ISREG(_mode(real)):
        raise LibraryPathError(f"{path} is not a regular file.")
    return real


def allowed_folder(path: str, roots: Iterable[Path]) -> Path:
    """Return the real path of a folder; errors as in :func:`allowed_file`."""
    real = _below(path, roots)
    if not stat.S_ISDIR(_mode(real)):
        raise LibraryPathError(f"{path} is not a folder.")
    return real


def check_inside(paths: Iterable[Path], roots: Iterable[Path]) -> None:
    """Check the folders of WATCH, which need not exist yet.

    Raises
    ------
    PathNotAllowedError
        A folder is outside the roots.
    """
    real = [Path(os.path.realpath(root)) for root in roots]
    for path in paths:
        if not any(Path(os.path.realpath(path)).is_relative_to(root) for root in real):
            raise PathNotAllowedError(
                f"WATCH: {path} is outside LIBRARY_ROOTS, the folders that the server may read."
            )


def _below(path: str, roots: Iterable[Path]) -> Path:
    if not _can_be_a_path(path):
        raise LibraryPathError("The path has characters that no file name has.")
    expanded = expand_home(path) if path.startswith("~/") else Path(path)
    if not expanded.is_absolute():
        raise LibraryPathError(f"{path!r} is not an absolute path.")
    try:
        real = Path(os.path.realpath(expanded))
    except (OSError, ValueError):
        raise LibraryPathError("The path cannot be resolved.") from None
    if not any(real.is_relative_to(os.path.realpath(root)) for root in roots):
        raise PathNotAllowedError("The path is outside LIBRARY_ROOTS, the folders that this server may read.")
    return real


def _can_be_a_path(text: str) -> bool:
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:  # a lone surrogate that does not stand for a byte (PEP 383)
        return False


def _mode(real: Path) -> int:
    try:
        return real.stat().st_mode
    except OSError as error:
        raise LibraryPathError(f"{real} cannot be read: {error.strerror}.") from None
