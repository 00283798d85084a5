"""Parameters of playlists: values as described in ``workbench.values``, and parameters that name tracks.

``canonical`` converts a value of the user (text from a command line, JSON from a request, a Python object) to the
JSON-serializable value that a recipe stores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import ParameterValueError, PlaylistError
from workbench.playlists.making.resolve import resolve_history, resolve_track, resolve_tracks
from workbench.values import NotAllowedError, Value

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable


@dataclass(frozen=True)
class Tracks(Value):
    """A parameter that names tracks of the library, in a form that depends on its type.

    ``int`` is one track (an id, a path, or a title that only one track has), ``list[int]`` several, and
    ``list[tuple[int, float]]`` a listening history: ``[[track, weight], …]``, or the path of a playlist or CSV file.
    """

    @property
    def kind(self) -> str:
        return _FORMS[self.type][0]

    @property
    def allowed(self) -> str:
        return _FORMS[self.type][1]

    @property
    def _checked(self) -> Any:
        return _FORMS[self.type][2]

    def resolve(self, value: Any, table: LibraryTable) -> Any:
        """Return the id or ids of the given tracks.

        Raises
        ------
        UnknownTrackError
            A track that is not in the library, or a title that several tracks have.
        """
        return _FORMS[self.type][3](table, value, self.name)


_Reference = int | str
_FORMS: dict[Any, tuple[str, str, Any, Any]] = {
    int: ("track", "the id, path or title of a track", _Reference, resolve_track),
    list[int]: (
        "tracks",
        "ids, paths or titles with commas between them, or a JSON array",
        list[_Reference],
        resolve_tracks,
    ),
    list[tuple[int, float]]: (
        "history",
        "plays (what you imported), a list of tracks or of [track, weight], or a playlist or CSV file",
        list[_Reference | tuple[_Reference, float]],
        resolve_history,
    ),
}


def canonical(parameter: Value, value: Any, table: LibraryTable) -> Any:
    """Return the JSON-serializable value that stands for ``value``; tracks become ids.

    Raises
    ------
    ParameterValueError
        The value is not allowed. The error has the name, the value and the allowed values.
    UnknownTrackError
        A track that is not in the library, or a title that several tracks have.
    """
    if value is None and parameter.default is None:
        return None
    try:
        if isinstance(parameter, Tracks):
            return parameter.resolve(value, table)
        return parameter.read(value)
    except PlaylistError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        refusal = error if isinstance(error, NotAllowedError) else NotAllowedError(value, parameter.allowed)
        raise ParameterValueError(
            f"{parameter.name}={refusal}", name=parameter.name, allowed=parameter.allowed
        ) from error
