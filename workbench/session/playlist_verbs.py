"""``wb.playlist``: make a playlist and keep it, with one function for each method, for completion and help.

``playlist_verbs.pyi`` has the same signatures for editors: ``python -m workbench.session.playlist_stub`` writes it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.cards.verbs import Verbs
from workbench.errors import UnknownMethodError
from workbench.playlists import COMMON_PARAMETERS, METHODS, Method, find_method
from workbench.values import DEFAULT_SIZE, RANDOM_STATE, Value

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist
    from workbench.session.playlists import Playlists

NAME = Value("name of the playlist; made from the method by default", str, name="name", default=None)
_EXAMPLES = {
    "track": '"Blue Tram"',
    "tracks": "[3, 5]",
    "history": '"party.m3u8"',
    "text": '"…"',
    "texts": '"…"',
    "weights": '"a:2,b:1"',
}


class PlaylistVerbs(Verbs):
    """Makes playlists and keeps them with their recipes, from which they can be made again.

    ``wb.playlist("similarity", start=3, size=20)`` and ``wb.playlist.similarity(start=3, size=20)`` do the same.

    Parameters
    ----------
    playlists : callable
        Returns ``wb.playlists``.
    """

    def __init__(self, playlists: Callable[[], Playlists]) -> None:
        self._playlists = playlists

    def __call__(
        self,
        /,
        method: str,
        *,
        name: str | None = None,
        size: int = DEFAULT_SIZE,
        random_state: int | None = None,
        **parameters: Any,
    ) -> Playlist:
        """Make a playlist and keep it in the database with its recipe, from which it can be made again.

        Parameters
        ----------
        method : str
            See ``wb.playlists.methods``.
        name : str, optional
            Made from the method by default.
        random_state : int, optional
            The same number, on the same library, gives the same playlist.
        **parameters
            Parameters of the method, of the order and of the constraints.

        Raises
        ------
        PlaylistError
            A method, parameter or track is unknown, a value is not allowed, or there are no tracks to choose from.

        Examples
        --------
        >>> wb.playlist("similarity", start="Blue Tram", size=20)  # doctest: +SKIP
        """
        return self._playlists().make(method, name=name, size=size, random_state=random_state, **parameters)

    def __getattr__(self, name: str) -> Callable[..., Playlist]:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._function(find_method(name))
        except UnknownMethodError as error:
            raise AttributeError(error.message) from error

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *METHODS]

    def _repr_html_(self) -> str:
        return METHODS._repr_html_()

    def _function(self, method: Method) -> Callable[..., Playlist]:
        def make(**parameters: Any) -> Playlist:
            return self(method.name, **parameters)

        make.__name__, make.__qualname__ = method.name, f"wb.playlist.{method.name}"
        make.__doc__ = describe(method)
        make.__signature__ = signature(method)  # type: ignore[attr-defined]
        return make


def parameters_of(method: Method) -> dict[str, Value]:
    """Return everything that a method takes: its own parameters, then those that every method shares."""
    return {**method.parameters, "name": NAME, **COMMON_PARAMETERS, "random_state": RANDOM_STATE}


def signature(method: Method) -> inspect.Signature:
    """Return the signature of the function for a method."""
    return inspect.Signature(
        [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if value.required else value.default,
            )
            for name, value in parameters_of(method).items()
        ]
    )


def describe(method: Method) -> str:
    """Return what a method does and takes, with an example, as ``?`` shows it."""
    lines = [method.help, "", "Parameters", "----------"]
    for name, value in parameters_of(method).items():
        lines += [f"{name} : {value.allowed}", f"    {value.help}"]
    return "\n".join([*lines, "", "Examples", "--------", f">>> {example(method)}"])


def example(method: Method) -> str:
    """Return an example of a call."""
    needed = [
        f"{name}={_EXAMPLES.get(value.kind, '…')}" for name, value in _required(method.parameters).items()
    ]
    return f"wb.playlist.{method.name}({', '.join([*needed, 'size=20'])})"


def _required(parameters: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in parameters.items() if value.required}
