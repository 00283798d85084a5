"""``wb.tags``: write values of the library into the tags of files, and restore the earlier tags."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.audio.fingerprint import content_hash
from workbench.audio.source import file_error, size_and_time
from workbench.audio.tags.writing import Value, is_opus, read_fields, write_fields
from workbench.cards.verbs import Verbs
from workbench.errors import LibraryPathError, StoreError, TagsError, TagsStoppedError, WorkbenchError
from workbench.readable import listed
from workbench.session.tags.changes import FileChange, TagPlan, compare
from workbench.session.tags.changing import change, put_back
from workbench.session.tags.journal import FINISHED, Entry, Journal, entries, only_one
from workbench.session.tags.recovery import BACKUPS, carry_over, finish_cut_off, scanned, settle_all
from workbench.session.tags.wanted import MEASURED, Wanted, rows_below
from workbench.user_paths import expand_home

if TYPE_CHECKING:
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable

BY_HAND = ("artist", "genre", "mood", "key")
OnFile = Callable[[FileChange], None]


@dataclass(frozen=True)
class TagBackup:
    """The backup of one run: its name for :meth:`Tags.restore`, its time, the number of files, and the fields."""

    name: str
    at: str
    files: int
    fields: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-serializable values."""
        return asdict(self) | {"fields": list(self.fields)}


class Tags(Verbs):
    """The tags of the files of one library.

    Parameters
    ----------
    table : callable
        Returns the library table with the outputs of models.
    data_dir : Path
        Backups are kept in ``tag-backups`` there. They have the bytes of each file that have changed.
    """

    def __init__(self, library: Library, table: Callable[[], LibraryTable], data_dir: Path) -> None:
        self._library = library
        self._table = table
        self.folder = data_dir / BACKUPS

    def plan(
        self,
        *paths: str | Path,
        where: str | None = None,
        fields: Sequence[str] = MEASURED,
        key: str = "name",
        overwrite: bool = False,
        minimum_probability: float = 0.8,
    ) -> TagPlan:
        """Return which values would be written into which files, without changing a file.

        Parameters
        ----------
        paths : paths
            Only these files, and tracks below these folders; all tracks by default.
        where : str, optional
            Only tracks that this filter finds, such as ``"bpm_confidence > 0.5"``.
        fields : sequence of str
            ``bpm``, ``key``, ``replaygain``, ``mood``, ``genre``, or any other descriptor or prediction, which gets
            ``WORKBENCH_`` before its name.
        key : {"name", "camelot", "openkey"}
            How keys are written: ``Am``, ``8A`` or ``1m``.
        overwrite : bool
            Replace values that the workbench did not write.
        minimum_probability : float
            Leave out genres of a tagger with a lower probability, 0–1.

        Raises
        ------
        TagsError
            There is no such field, or there are no predictions.
        LibraryPathError
            The library has no track at or below a path.
        QuerySyntaxError
            The filter has an error.
        """
        table = self._table()
        wanted = Wanted(
            table, self._histogram, fields=fields, key=key, minimum_probability=minimum_probability
        )
        written = self._library.written_tags.all()
        files = [
            _planned(table, row, wanted.of(row), written.get(int(table.ids[row]), {}), overwrite=overwrite)
            for row in _chosen(table, paths, where)
        ]
        notes = [
            f"{album}: no album gain, because not all of its tracks are analyzed by this version. "
            "Run workbench analyze on its folder."
            for album in sorted(wanted.incomplete)
        ]
        shown = tuple(file for file in files if file.changes or file.kept or file.problem)
        return TagPlan(shown, overwrite, tuple(notes))

    def plan_by_hand(self, *tracks: int, **values: str) -> TagPlan:
        """Return what would change in the files of tracks with these values of yours, without changing a file.

        Parameters
        ----------
        tracks : int
            Ids of tracks.
        values : str
            Values of ``artist``, ``genre``, ``mood`` or ``key``; a field with an empty value is not changed.

        Raises
        ------
        TagsError
            There is no such track, or no such field.
        """
        table = self._table()
        if unknown := values.keys() - BY_HAND:
            raise TagsError(f"{listed(sorted(unknown))} cannot be written. Take {listed(BY_HAND)}.")
        wanted = {field: value.strip() for field, value in values.items() if value.strip()}
        rows = {track_id: table.index_of(track_id) for track_id in tracks}
        files = [_planned(table, row, wanted, {}, overwrite=True) for row in rows.values() if row is not None]
        if len(files) < len(tracks):
            raise TagsError(f"There is no track {next(one for one, row in rows.items() if row is None)}.")
        return TagPlan(tuple(files), overwrite=True, by_hand=True)

    def write(self, plan: TagPlan, *, on_file: OnFile | None = None) -> list[FileChange]:
        """Write planned values into the files, and update the library, so that no file is analyzed again.

        Parameters
        ----------
        on_file : callable, optional
            Called with each file when it is done.

        Returns
        -------
        list of FileChange
            The changes as planned. A file that could not be written has a ``problem`` and is not changed.

        Raises
        ------
        TagsError
            Another process is writing tags of this library.
        TagsStoppedError
            The backup or the library cannot be written. Only the files before that are changed.
        """
        todo = [file for file in plan.files if file.changes]
        with self._journal() as journal:
            return [_told(self._write_one(journal, file, plan), on_file) for file in todo]

    def backups(self) -> list[TagBackup]:
        """Return the backups, newest first."""
        found = []
        for path in sorted(self.folder.glob(f"*{FINISHED}"), reverse=True):
            changed = list(entries(path))
            named = dict.fromkeys(field for entry in changed for field in entry.fields)
            at = datetime.strptime(path.stem, "tags-%Y%m%d-%H%M%S-%f").isoformat(" ", "seconds")
            found.append(TagBackup(path.stem, at, len(changed), tuple(named)))
        return found

    def restore(self, name: str = "last", *, on_file: OnFile | None = None) -> list[FileChange]:
        """Restore the files of one backup, byte for byte, and update the library.

        Parameters
        ----------
        name : str
            Name of a backup in :meth:`backups`; ``last`` is the newest.

        Returns
        -------
        list of FileChange
            A file that was changed since the backup has a ``problem`` and is not restored. This run makes a backup,
            too.

        Raises
        ------
        TagsError
            There is no such backup, it is damaged, or another process is writing tags.
        """
        finish_cut_off(self._library, self.folder)
        known = sorted(path.stem for path in self.folder.glob(f"*{FINISHED}"))
        if not known or name not in (*known, "last"):
            raise TagsError(
                f"There is no backup {name!r}. There are: {', '.join(known) or 'none'}.", name=name
            )
        changed = list(entries(self.folder / f"{known[-1] if name == 'last' else name}{FINISHED}"))
        with self._journal() as journal:
            return [
                _told(self._restore_one(journal, self._where_it_is_now(entry)), on_file)
                for entry in reversed(changed)
            ]

    @contextmanager
    def _journal(self) -> Iterator[Journal]:
        with only_one(self.folder):
            settle_all(self._library, self.folder)
            journal = Journal(self.folder)
            try:
                yield journal
            finally:
                journal.close()
                settle_all(self._library, self.folder)

    def _write_one(self, journal: Journal, file: FileChange, plan: TagPlan) -> FileChange:
        track = self._library.tracks.get(file.track_id)
        written = self._library.written_tags.of(file.track_id)
        wanted = {one.field: one.new for one in file.changes}
        try:
            if track is None or track.path != file.path:
                raise TagsError(f"{file.path} is no longer that track. Plan again.", path=file.path)
            said = read_fields(file.path, wanted)
            changes, kept = compare(said, wanted, written=written, overwrite=plan.overwrite)
            values = {one.field: one.new for one in changes}
            if not changes:  # through another link to the same file
                self._check(file.path, track.content_hash, found := content_hash(file.path))
                self._library.carry_over(scanned(file.path, found), track.content_hash)
                return replace(file, changes=(), kept=file.kept + kept)
            entry = change(
                journal,
                file.path,
                lambda copy: write_fields(copy, values),
                track_id=file.track_id,
                known=track.content_hash,
                fields={one.field: one.old for one in changes},
                written={} if plan.by_hand else values,
                check=partial(self._check, file.path, track.content_hash),
            )
            self._note(entry)
            return replace(file, changes=changes, kept=file.kept + kept)
        except TagsStoppedError:
            raise
        except (WorkbenchError, OSError) as error:
            return replace(file, problem=_said(file.path, error))

    def _where_it_is_now(self, entry: Entry) -> Entry:
        """Return a change with the current path of its file in the library, if the file was moved."""
        track = None if Path(entry.path).exists() else self._library.tracks.get(entry.track_id)
        return entry if track is None or not track.path else replace(entry, path=track.path)

    def _restore_one(self, journal: Journal, entry: Entry) -> FileChange:
        said: Mapping[str, Sequence[str]] = {}
        with suppress(OSError):
            said = read_fields(entry.path, entry.fields)
        file = FileChange(entry.track_id, entry.path, ())
        try:
            if content_hash(entry.path) == entry.before:
                return file
            back = change(
                journal,
                entry.path,
                partial(put_back, entry),
                track_id=entry.track_id,
                known=entry.after,
                fields={field: next(iter(said.get(field, ())), None) for field in entry.fields},
                written={},
                check=partial(_check_unchanged, entry),
            )
            self._note(back)
            return file
        except TagsStoppedError:
            raise
        except (WorkbenchError, OSError) as error:
            return replace(file, problem=_said(entry.path, error))

    def _note(self, entry: Entry) -> None:
        """Record the new content, or stop the run, because only the last change of a journal can be recorded later."""
        try:
            carry_over(self._library, entry)
        except StoreError as error:
            raise TagsStoppedError(
                f"{entry.path} is changed, but the library cannot note it, so this is the last file that was changed. "
                f"{error.message} The next command that writes tags or analyzes notes it.",
                path=entry.path,
            ) from error

    def _check(self, path: str, known: str, found: str) -> None:
        """Raise an error if a file differs from the library in its content, or in its size and time."""
        if found == known or found in self._library.features.versions([found]):
            return
        row = self._library.files.known([path]).get(path)
        if row is None or (row.size_bytes, row.mtime_ns) != size_and_time(Path(path).stat()):
            raise TagsError(
                f"{path} has changed since it was analyzed. Run workbench analyze on it first.", path=path
            )

    def _histogram(self, content_hash: str) -> Any:
        return self._library.features.series(content_hash).get("loudness_histogram")


def _chosen(table: LibraryTable, paths: Sequence[str | Path], where: str | None) -> list[int]:
    """Return the rows of analyzed tracks that are below the paths and match the filter."""
    from workbench.playlists.query.query_match import matching_rows

    chosen = np.asarray(table.texts("status") == "analyzed", bool)
    if where:
        chosen = chosen & matching_rows(where, table)
    if paths:
        places = [fspath(expand_home(path).absolute()) for path in paths]
        for place in places:
            if not rows_below(table, [place]).any():
                raise LibraryPathError(
                    f"The library has no track at or below {place}. Run workbench analyze on it first.",
                    path=place,
                )
        chosen = chosen & rows_below(table, places)
    return np.flatnonzero(chosen).tolist()


def _planned(
    table: LibraryTable,
    row: int,
    wanted: Mapping[str, Value],
    written: Mapping[str, Value],
    *,
    overwrite: bool,
) -> FileChange:
    path, track_id = table["path"][row], int(table.ids[row])
    if not wanted:
        return FileChange(track_id, path, ())
    try:
        if is_opus(Path(path)):
            wanted = {field: value for field, value in wanted.items() if not field.endswith("_peak")}
        said = read_fields(path, wanted)
    except OSError as error:
        return FileChange(track_id, path, (), problem=_said(path, error))
    changes, kept = compare(said, wanted, written=written, overwrite=overwrite)
    return FileChange(track_id, path, changes, kept)


def _check_unchanged(entry: Entry, found: str) -> None:
    if found != entry.after:
        raise TagsError(
            f"{entry.path} has changed since its tags were written, and stays as it is. "
            "Change its tags in a tag editor.",
            path=entry.path,
        )


def _told(file: FileChange, on_file: OnFile | None) -> FileChange:
    if on_file is not None:
        on_file(file)
    return file


def _said(path: str, error: Exception) -> str:
    """Return an error as a sentence that names the file."""
    if not isinstance(error, OSError):
        return str(error)
    if isinstance(error, FileNotFoundError):
        return str(file_error(path, error))
    return (
        f"{path} cannot be written: {error.strerror or error}. Check the folder's permissions and the disk."
    )
