"""Every error that this package raises on purpose.

WorkbenchError
├── SettingsError              a setting has a value that is not allowed
├── NotebookParameterError     a notebook was started with a parameter that it does not have, or a wrong value
├── ReportError                a report cannot be made, or one of its cells failed
├── MissingPackageError        a package is not installed
├── ImportOrderError           TensorFlow was imported before Essentia
├── LibraryPathError           a requested folder or file cannot be read
│   └── PathNotAllowedError        outside LIBRARY_ROOTS: the server does not open it
├── AudioError                 something about one audio file
│   ├── AudioFileMissingError      deleted between scan and decoding
│   ├── AudioPermissionError       it exists, but cannot be read
│   │   └── AudioOutsideError          it is outside LIBRARY_ROOTS now, so a server does not read it
│   ├── AudioFormatError           not audio, or no decoder for it
│   ├── AudioEmptyError            has no audio
│   ├── AudioMemoryError           there is not enough memory to decode even small blocks
│   └── AudioSlowError             it could not be read to its end within ANALYSIS_TIMEOUT_SECONDS
├── TagsError                  tags cannot be written or restored as requested
│   └── TagsStoppedError           the backup or the library cannot be written: no more files were changed
├── PluginError                a plug-in cannot be loaded, or failed
├── ModelError                 a TensorFlow model or tagger is missing, damaged or untrained
├── StoreError                 something about the database or the cache
│   ├── DatabaseUnavailableError   locked, read-only or full: trying again may help
│   ├── DatabaseCorruptError       damaged: the file is not changed
│   ├── DatabaseVersionError       written by a newer version: the file is not changed
│   └── SQLiteVersionError         this SQLite can corrupt a WAL database
├── ProcessingError            something about the workers
│   ├── SchedulerError             the Dask scheduler cannot be reached
│   ├── WorkerCrashedError         a file killed the worker that analyzed it
│   ├── DeadlineError              a file took longer than ANALYSIS_TIMEOUT_SECONDS
│   └── CancelledError             the job was cancelled
├── ServerError                the server cannot start as requested
│   └── QueueFullError             too many jobs are waiting: try again later
├── MediaServerError           a media server cannot be reached, or refuses something
└── PlaylistError              a playlist cannot be made as requested
    ├── UnknownMethodError
    ├── UnknownParameterError
    ├── ParameterValueError        a parameter has a value that is not allowed
    ├── UnknownTrackError          no such track, or several (``candidates``)
    ├── UnknownPlaylistError       no kept playlist with this id or name
    ├── QuerySyntaxError           an error in a filter, with its ``position``
    ├── PlaylistFileError          a playlist file cannot be read or written
    └── LibraryEmptyError          no analyzed track to choose from
        └── NothingMatchesError    no track matches a filter or a constraint

A message names the thing, says what is wrong and what to do. Every error can be pickled, because it may be sent to
another process.
"""

from __future__ import annotations

import linecache
import traceback
from typing import Any


class WorkbenchError(Exception):
    """Base of the tree. ``kind`` is a stable name for JSON answers; ``details`` are named, JSON-serializable values."""

    kind = "error"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.details)

    def with_more(self, sentence: str) -> WorkbenchError:
        """Return this error with a further sentence, or unchanged if there is none."""
        return _rebuild(type(self), f"{self.message} {sentence}", self.details) if sentence else self

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["details"][name]
        except KeyError:
            raise AttributeError(name) from None

    def _render_traceback_(self) -> list[str]:
        """Return the traceback for a notebook: the line of the cell and the message, without the lines of this package.

        IPython calls it; ``%debug`` still shows the rest.
        """
        lines = [_cell_line(frame) for frame in traceback.extract_tb(self.__traceback__)]
        return [*[line for line in lines if line], f"{type(self).__name__}: {self.message}"]


def _cell_line(frame: traceback.FrameSummary) -> str:
    """Return the line of a notebook's cell; empty for a line of a module."""
    in_cell = "ipykernel_" in frame.filename or frame.filename.startswith("<ipython-input")
    line = linecache.getline(frame.filename, frame.lineno or 0).strip() if in_cell else ""
    return f"Line {frame.lineno} of the cell: {line}" if line else ""


def _rebuild(cls: type[WorkbenchError], message: str, details: dict[str, Any]) -> WorkbenchError:
    return cls(message, **details)


class SettingsError(WorkbenchError):
    kind = "settings"


class NotebookParameterError(WorkbenchError):
    kind = "notebook_parameter"


class ReportError(WorkbenchError):
    kind = "report"


class MissingPackageError(WorkbenchError):
    kind = "missing_package"


class ImportOrderError(WorkbenchError):
    kind = "import_order"


class LibraryPathError(WorkbenchError):
    kind = "path"


class PathNotAllowedError(LibraryPathError):
    kind = "path_not_allowed"


class AudioError(WorkbenchError):
    kind = "audio"


class AudioFileMissingError(AudioError):
    kind = "missing"


class AudioPermissionError(AudioError):
    kind = "permission"


class AudioOutsideError(AudioPermissionError):
    kind = "outside"


class AudioFormatError(AudioError):
    kind = "format"


class AudioEmptyError(AudioError):
    kind = "empty"


class AudioMemoryError(AudioError):
    kind = "memory"


class AudioSlowError(AudioError):
    kind = "slow"


class TagsError(WorkbenchError):
    kind = "tags"


class TagsStoppedError(TagsError):
    kind = "tags_stopped"


class PluginError(WorkbenchError):
    kind = "plugin"


class ModelError(WorkbenchError):
    kind = "model"


class StoreError(WorkbenchError):
    kind = "store"


class DatabaseUnavailableError(StoreError):
    kind = "database_unavailable"


class DatabaseCorruptError(StoreError):
    kind = "database_corrupt"


class DatabaseVersionError(StoreError):
    kind = "database_version"


class SQLiteVersionError(StoreError):
    kind = "sqlite_version"


class ProcessingError(WorkbenchError):
    kind = "processing"


class SchedulerError(ProcessingError):
    kind = "scheduler"


class WorkerCrashedError(ProcessingError):
    kind = "crash"


class DeadlineError(ProcessingError):
    kind = "timeout"


class CancelledError(ProcessingError):
    kind = "cancelled"


class ServerError(WorkbenchError):
    kind = "server"


class QueueFullError(ServerError):
    kind = "queue_full"


class MediaServerError(WorkbenchError):
    kind = "media_server"


class PlaylistError(WorkbenchError):
    kind = "playlist"


class UnknownMethodError(PlaylistError):
    kind = "unknown_method"


class UnknownParameterError(PlaylistError):
    kind = "unknown_parameter"


class ParameterValueError(PlaylistError):
    kind = "parameter_value"


class UnknownTrackError(PlaylistError):
    kind = "unknown_track"


class UnknownPlaylistError(PlaylistError):
    kind = "not_found"


class QuerySyntaxError(PlaylistError):
    kind = "query_syntax"


class PlaylistFileError(PlaylistError):
    kind = "playlist_file"


class LibraryEmptyError(PlaylistError):
    kind = "library_empty"


class NothingMatchesError(LibraryEmptyError):
    kind = "nothing_matches"
