"""``wb.files``: show the file of a track in the file manager, or move it to the trash."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.audio.bounds import LOOK_ONLY, Bounds
from workbench.cards.verbs import Verbs
from workbench.errors import LibraryPathError, PathNotAllowedError
from workbench.machine.desktop import has_desktop
from workbench.session.allowed_paths import allowed_file

if TYPE_CHECKING:
    from workbench.settings import Settings
    from workbench.store.library.library import Library
    from workbench.store.library.track import Track

# send2trash takes paths only. In a process of its own, a name is looked up in the folder that was opened and checked,
# even if a link has replaced this folder.
_TO_TRASH = """
import os, sys
from send2trash import send2trash
os.fchdir(int(sys.argv[1]))
try:
    send2trash(sys.argv[2])
except OSError as error:
    sys.exit(error.strerror or str(error))
"""
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})


class TrackFiles(Verbs):
    """The files of the tracks of one library.

    Parameters
    ----------
    track : callable
        Finds a track by id, path or title.
    """

    def __init__(self, library: Library, track: Callable[[int | str], Track], settings: Settings) -> None:
        self._library, self._track, self._settings = library, track, settings

    @property
    def can_show(self) -> bool:
        """Whether this machine has a desktop, and the pages are served only to the person who uses it."""
        return self._settings.host in _HERE and has_desktop()

    def show(self, track: int | str) -> None:
        """Open the folder of a track in the file manager.

        Raises
        ------
        LibraryPathError
            The file is missing, or this machine has no desktop.
        """
        import click

        path = self._track(track).path
        if not self.can_show:
            raise LibraryPathError(f"This machine has no desktop to show a folder on. The file is {path}.")
        if not os.path.lexists(path):
            raise LibraryPathError(f"{path} is not there any more. Analyze its folder again.")
        if click.launch(path, wait=True, locate=True):
            raise LibraryPathError(f"The file manager did not open. The file is {path}.")

    def trash(self, track: int | str) -> Path:
        """Move the file of a track to the trash, from which it can be restored. The track is then missing.

        Raises
        ------
        LibraryPathError
            The file is missing or may not be deleted, or its disk has no trash.
        PathNotAllowedError
            The file is outside LIBRARY_ROOTS.
        """
        found = self._track(track)
        path = allowed_file(found.path, self._settings.library_roots)
        if not os.access(path.parent, os.W_OK):
            raise LibraryPathError(f"{path} cannot be deleted: you may not write in its folder.")
        try:
            _move_to_trash(found.path, Bounds(self._settings.library_roots))
        except OSError as error:
            raise LibraryPathError(
                f"{path} cannot be moved to the trash: {error.strerror}. Delete it in your file manager."
            ) from error
        self._library.files.mark_missing([found.id])
        return path


def _move_to_trash(path: str, bounds: Bounds) -> None:
    folder, name = os.path.split(path)
    opened = os.open(folder, LOOK_ONLY)
    try:
        if not bounds.hold(opened):
            raise PathNotAllowedError(
                f"{path} is outside LIBRARY_ROOTS, the folders that the server may read."
            )
        command = [sys.executable, "-P", "-c", _TO_TRASH, str(opened), name]
        moved = subprocess.run(command, pass_fds=[opened], stderr=subprocess.PIPE, text=True)
    finally:
        os.close(opened)
    if moved.returncode:
        raise OSError(moved.returncode, moved.stderr.strip().rpartition("\n")[2])
