"""The library table of a session, mapped from its file if that is up to date, otherwise read from the database."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.errors import StoreError, WorkbenchError
from workbench.machine.freed_memory import give_back_freed_memory
from workbench.store.library.table_file import NAME, is_saved, load_saved_table, save_table

if TYPE_CHECKING:
    from workbench.settings import Settings
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable

_log = logging.getLogger(__name__)

_FIRST_S = 2.0  # set by hand: the caller first uses the table, then the file is written


class KeptTable:
    """Keeps one table until the library changes, and keeps its file up to date.

    Ratings and plays change often but do not change tracks, so they are added to the table that is kept.

    The session that read the database writes the file on a thread; if it ends earlier, it writes the file before it
    closes. Everything works without a file, only slower.

    Parameters
    ----------
    read : callable
        Reads the table from the database.
    add_said : callable
        Returns a table with the user's ratings and plays.
    """

    def __init__(
        self,
        settings: Settings,
        library: Library,
        read: Callable[[], LibraryTable],
        add_said: Callable[[LibraryTable], LibraryTable],
    ) -> None:
        self._library = library
        self._read, self._add_said = read, add_said
        self._path = settings.data_dir / NAME
        self._long_track_minutes = settings.long_track_minutes
        self._tracks: LibraryTable | None = None
        self._table: LibraryTable | None = None
        self._said = ""
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._writer: threading.Thread | None = None

    def __call__(self) -> LibraryTable:
        """Return the current library table."""
        version, said = self._library.version(), self._library.said()
        with self._lock:
            if self._tracks is None or self._tracks.version != version:
                self._tracks = self._saved(version) or self._read_and_save()
                self._table = None
            if self._table is None or self._said != said:
                self._table, self._said = self._add_said(self._table or self._tracks), said
            return self._table

    def close(self) -> None:
        """Wait until the file is written, if it is being written."""
        self._closing.set()
        if self._writer is not None:
            self._writer.join()

    def _saved(self, version: str) -> LibraryTable | None:
        from workbench.playlists.sound.space import keep_space

        lyrics = self._library.tracks.lyrics
        try:
            found = load_saved_table(self._path, version, made_by=self._made_by(), lyrics=lyrics)
        except FileNotFoundError:
            return None
        except (OSError, StoreError) as error:
            _log.info("The table is read from the database: %s", error)
            with contextlib.suppress(OSError):
                self._path.unlink()
            return None
        if found is None:
            return None
        keep_space(found.table, found.more)
        return found.table

    def _read_and_save(self) -> LibraryTable:
        table = self._read()
        if self._writer is None or not self._writer.is_alive():
            self._writer = threading.Thread(target=self._save, args=(table,), name="table file", daemon=True)
            self._writer.start()
        return table

    def _save(self, table: LibraryTable) -> None:
        """Write the file and use it from then on, because its memory is shared with other processes."""
        from workbench.playlists.sound.space import arrays_of

        self._closing.wait(_FIRST_S)
        try:
            made_by = self._made_by()
            if not is_saved(self._path, table.version, made_by=made_by):
                if self._library.version() != table.version:
                    return
                self._library.pool.sync_log()  # a power cut must not undo a commit that the file has
                save_table(self._path, table, made_by=made_by, more=arrays_of(table))
            saved = None if self._closing.is_set() else self._saved(table.version)
        except (OSError, WorkbenchError) as error:
            _log.info("The table file was not written: %s", error)
            return
        with self._lock:
            if saved is not None and self._tracks is table:
                self._tracks, self._table = saved, None
        del table
        give_back_freed_memory()

    def _made_by(self) -> dict[str, Any]:
        """Return the versions and settings that decide about the columns besides the library."""
        from workbench import __version__
        from workbench.analysis.features import VERSION
        from workbench.playlists.sound.points import POINTS_VERSION

        return {
            "workbench": __version__,
            "analysis": VERSION,
            "points": POINTS_VERSION,
            "long_track_minutes": self._long_track_minutes,
        }
