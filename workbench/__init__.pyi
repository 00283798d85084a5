from .analysis.features import TrackFeatures as TrackFeatures
from .errors import (
    AudioEmptyError as AudioEmptyError,
    AudioError as AudioError,
    AudioFileMissingError as AudioFileMissingError,
    AudioFormatError as AudioFormatError,
    AudioMemoryError as AudioMemoryError,
    AudioOutsideError as AudioOutsideError,
    AudioPermissionError as AudioPermissionError,
    AudioSlowError as AudioSlowError,
    CancelledError as CancelledError,
    DatabaseCorruptError as DatabaseCorruptError,
    DatabaseUnavailableError as DatabaseUnavailableError,
    DatabaseVersionError as DatabaseVersionError,
    DeadlineError as DeadlineError,
    ImportOrderError as ImportOrderError,
    LibraryEmptyError as LibraryEmptyError,
    LibraryPathError as LibraryPathError,
    MediaServerError as MediaServerError,
    MissingPackageError as MissingPackageError,
    ModelError as ModelError,
    NotebookParameterError as NotebookParameterError,
    NothingMatchesError as NothingMatchesError,
    ParameterValueError as ParameterValueError,
    PathNotAllowedError as PathNotAllowedError,
    PlaylistError as PlaylistError,
    PlaylistFileError as PlaylistFileError,
    PluginError as PluginError,
    ProcessingError as ProcessingError,
    QuerySyntaxError as QuerySyntaxError,
    QueueFullError as QueueFullError,
    ReportError as ReportError,
    SchedulerError as SchedulerError,
    ServerError as ServerError,
    SettingsError as SettingsError,
    SQLiteVersionError as SQLiteVersionError,
    StoreError as StoreError,
    TagsError as TagsError,
    TagsStoppedError as TagsStoppedError,
    UnknownMethodError as UnknownMethodError,
    UnknownParameterError as UnknownParameterError,
    UnknownPlaylistError as UnknownPlaylistError,
    UnknownTrackError as UnknownTrackError,
    WorkbenchError as WorkbenchError,
    WorkerCrashedError as WorkerCrashedError,
)
from .notebook_parameters import check_parameters as check_parameters
from .playlists.playlist import Playlist as Playlist
from .session.workbench import Workbench as Workbench
from .settings import Settings as Settings
from .store.library.track import Track as Track

__version__: str
