"""``wb.files``: show the file of a track in the file manager, or move it to the trash."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cards.verbs import Verbs
from workbench.errors import LibraryPathError
from workbench.machine.desktop import has_desktop
from workbench.session.allowed_paths import allowed_file

if TYPE_CHECKING:
    from workbench.settings import Settings
    from workbench.store.library.library import Library
    from workbench.store.library.track import Track

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
        import send2trash

        found = self._track(track)
        path = allowed_file(found.path, self._settings.library_roots)
        if not os.access(path.parent, os.W_OK):
            raise LibraryPathError(f"{path} cannot be deleted: you may not write in its folder.")
        try:
            send2trash.send2trash(os.fspath(Path(found.path)))
        except OSError as error:
            raise LibraryPathError(
                f"{path} cannot be moved to the trash: {error.strerror or error}. Delete it in your file manager."
            ) from error
        self._library.files.mark_missing([found.id])
        return path
