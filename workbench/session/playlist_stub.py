"""Write ``playlist_verbs.pyi``, which tells editors and mypy the playlist methods and their parameters."""

from __future__ import annotations

from pathlib import Path

from workbench.playlists import METHODS, Method
from workbench.session.playlist_verbs import parameters_of
from workbench.values import Value

STUB = Path(__file__).with_name("playlist_verbs.pyi")
_TYPES = {
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "text": "str",
    "texts": "str | Sequence[str]",
    "numbers": "str | Sequence[float]",
    "weights": "str | Mapping[str, float]",
    "track": "int | str",
    "tracks": "str | Sequence[int | str]",
    "history": "Any",
}
_HEAD = """# Written by `python -m workbench.session.playlist_stub`.
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from workbench.playlists import Method, Playlist
from workbench.session.playlists import Playlists
from workbench.values import Value

NAME: Value

def parameters_of(method: Method) -> dict[str, Value]: ...
def signature(method: Method) -> inspect.Signature: ...
def describe(method: Method) -> str: ...
def example(method: Method) -> str: ...

class PlaylistVerbs:
    def __init__(self, playlists: Callable[[], Playlists]) -> None: ...
    def __call__(
        self,
        /,
        method: str,
        *,
        name: str | None = ...,
        size: int = ...,
        random_state: int | None = ...,
        **parameters: Any,
    ) -> Playlist: ...
    def __getattr__(self, name: str) -> Callable[..., Playlist]: ...
    def __dir__(self) -> Iterable[str]: ...
    def _repr_html_(self) -> str: ...
"""


def stub() -> str:
    """Return the text of the stub file."""
    return _HEAD + "".join(map(_function, METHODS.values()))


def _function(method: Method) -> str:
    lines = [
        f"        {name}: {_type(value)}{'' if value.required else ' = ...'},"
        for name, value in parameters_of(method).items()
    ]
    help = f"        r'''{method.help}'''"
    return "\n".join(
        [f"    def {method.name}(", "        self,", "        *,", *lines, "    ) -> Playlist:", help, ""]
    )


def _type(value: Value) -> str:
    kind = _TYPES[value.kind]
    if value.choices and value.kind == "text":
        kind = f"Literal[{str(list(value.choices))[1:-1]}]"
    return kind if value.required or value.default is not None else f"{kind} | None"


if __name__ == "__main__":
    STUB.write_text(stub(), encoding="utf-8")
