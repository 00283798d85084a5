"""A parameter described once, kind, default, range and help, for command line, REST and widgets alike.

``Annotated[float, Parameter("number", "…", low=0)]`` in a signature or a dataclass describes one;
``described`` collects them. ``Parameter.canonical`` turns what a user gave (text from a command line, JSON
from a request, plain Python) into the one JSON-able value that a recipe stores.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.errors import ParameterValueError, PlaylistError
from workbench.playlists.making.listed import listed
from workbench.playlists.making.resolve import resolve_history, resolve_track, resolve_tracks

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

REQUIRED = object()
"""The default of a parameter that must be given."""


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    Attributes
    ----------
    kind : str
        A key of ``KINDS``: ``integer``, ``number``, ``boolean``, ``text``, ``texts``, ``numbers``,
        ``weights``, ``track`` (an id, a path, or a title that only one track has), ``tracks``, ``history``
        (``[[track, weight], …]``, or the path of a playlist or CSV file).
    help : str
        One line, with the unit.
    low, high : float, optional
        Allowed range, ends included; of each element for ``numbers``.
    choices : tuple of str
        Allowed texts; any when empty.
    name, default
        Filled in from the signature. ``default`` is ``REQUIRED`` where a value must be given.
    """

    kind: str
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    name: str = ""
    default: Any = REQUIRED

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    def canonical(self, value: Any, table: LibraryTable) -> Any:
        """Return the JSON-able value that stands for ``value``; tracks become ids.

        Raises
        ------
        ParameterValueError
            With the name, the value and what is allowed.
        UnknownTrackError
            A track that is not there, or several that could be meant.
        """
        if value is None and self.default is None:
            return None
        try:
            return KINDS[self.kind].read(value, self, table)
        except PlaylistError:
            raise
        except (TypeError, ValueError, OverflowError) as error:
            raise self.refusal(value) from error

    def refusal(self, value: Any) -> ParameterValueError:
        """Return the error that says which values are allowed instead."""
        shown = repr(value) if len(repr(value)) <= 80 else repr(value)[:77] + "…"
        return ParameterValueError(
            f"{self.name}={shown} is not allowed; allowed: {self.allowed}.",
            name=self.name,
            allowed=self.allowed,
        )

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        if self.choices and self.kind == "text":
            return ", ".join(self.choices)
        low, high = (
            None if bound is None else format(bound, "" if isinstance(bound, int) else "g")
            for bound in (self.low, self.high)
        )
        span = {
            (True, True): f" from {low} to {high}",
            (True, False): f" of at least {low}",
            (False, True): f" of at most {high}",
            (False, False): "",
        }[low is not None, high is not None]
        of = f", of {', '.join(self.choices)}" if self.choices else ""
        return KINDS[self.kind].words + span + of

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of this parameter's value in a request."""
        schema: dict[str, Any] = dict(KINDS[self.kind].schema)
        inner = dict(schema["items"]) if self.kind == "numbers" else schema
        if self.low is not None:
            inner["minimum"] = self.low
        if self.high is not None:
            inner["maximum"] = self.high
        if self.kind == "numbers":
            schema["items"] = inner
        if self.choices:
            schema["enum"] = list(self.choices)
        if self.default is None:
            schema = {"anyOf": [schema, {"type": "null"}]}
        if not self.required:
            schema["default"] = self.default
        return schema | {"description": self.help}

    def to_dict(self) -> dict[str, Any]:
        """Return the description as JSON-able values."""
        return {
            "name": self.name,
            "kind": self.kind,
            "required": self.required,
            "default": None if self.required else self.default,
            "low": self.low,
            "high": self.high,
            "choices": list(self.choices),
            "help": self.help,
        }


@dataclass(frozen=True)
class Kind:
    """How values of a kind are read, said in words, and described to JSON."""

    read: Callable[[Any, Parameter, LibraryTable], Any]
    words: str
    schema: Mapping[str, Any]


def described(annotations: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Parameter]:
    """Collect the ``Parameter`` of every annotated name (``get_type_hints(…, include_extras=True)``)."""
    found: dict[str, Parameter] = {}
    for name, annotation in annotations.items():
        for extra in getattr(annotation, "__metadata__", ()):
            if isinstance(extra, Parameter):
                found[name] = replace(extra, name=name, default=defaults.get(name, REQUIRED))
    return found


def _in_range(number: float, parameter: Parameter) -> None:
    low, high = parameter.low, parameter.high
    if (
        (low is not None and not number >= low)
        or (high is not None and not number <= high)
        or number != number
    ):
        raise ValueError(number)


def _number(value: Any, parameter: Parameter, table: LibraryTable) -> float:
    if isinstance(value, bool):
        raise TypeError(value)
    number = float(value)
    if number in (float("inf"), float("-inf")):
        raise ValueError(value)
    _in_range(number, parameter)
    return number


def _integer(value: Any, parameter: Parameter, table: LibraryTable) -> int:
    number = _number(value, parameter, table)
    if number != int(number):
        raise ValueError(value)
    return int(number)


def _boolean(value: Any, parameter: Parameter, table: LibraryTable) -> bool:
    word = str(value).strip().lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    raise ValueError(value)


def _text(value: Any, parameter: Parameter, table: LibraryTable) -> str:
    if isinstance(value, bool | list | dict) or not str(value).strip():
        raise TypeError(value)
    text = str(value)
    if parameter.choices and text not in parameter.choices:
        raise ValueError(value)
    return text


def _texts(value: Any, parameter: Parameter, table: LibraryTable) -> list[str]:
    return [_text(item, parameter, table) for item in listed(value)]


def _numbers(value: Any, parameter: Parameter, table: LibraryTable) -> list[float]:
    numbers = [_number(item, parameter, table) for item in listed(value)]
    if not numbers:
        raise ValueError(value)
    return numbers


def _weights(value: Any, parameter: Parameter, table: LibraryTable) -> dict[str, float]:
    """Read ``{"a": 2}`` or ``"a:2,b:1"`` (a weight left out is 1)."""
    if isinstance(value, str) and not value.lstrip().startswith("{"):
        pairs = [item.partition(":") for item in listed(value)]
        value = {name.strip(): weight.strip() or 1 for name, _, weight in pairs}
    elif isinstance(value, str):
        value = json.loads(value)
    if not isinstance(value, Mapping) or not value:
        raise TypeError(value)
    weights = {str(name): _number(weight, parameter, table) for name, weight in value.items()}
    if parameter.choices and (unknown := sorted(weights.keys() - set(parameter.choices))):
        raise ValueError(unknown)
    return weights


def _track(value: Any, parameter: Parameter, table: LibraryTable) -> int:
    return resolve_track(table, value, parameter.name)


def _tracks(value: Any, parameter: Parameter, table: LibraryTable) -> list[int]:
    return resolve_tracks(table, value, parameter.name)


def _history(value: Any, parameter: Parameter, table: LibraryTable) -> list[list[float]]:
    return resolve_history(table, value, parameter.name)


_TRACK_SCHEMA = {"anyOf": [{"type": "integer"}, {"type": "string"}]}

KINDS: dict[str, Kind] = {
    "integer": Kind(_integer, "a whole number", {"type": "integer"}),
    "number": Kind(_number, "a number", {"type": "number"}),
    "boolean": Kind(_boolean, "true or false", {"type": "boolean"}),
    "text": Kind(_text, "text", {"type": "string"}),
    "texts": Kind(
        _texts,
        "texts with commas between them, or a JSON array",
        {"type": "array", "items": {"type": "string"}},
    ),
    "numbers": Kind(
        _numbers,
        "numbers with commas between them, or a JSON array, each",
        {"type": "array", "items": {"type": "number"}, "minItems": 1},
    ),
    "weights": Kind(
        _weights,
        "names with weights, a:2,b:1, or a JSON object, each weight",
        {"type": "object", "additionalProperties": {"type": "number"}, "minProperties": 1},
    ),
    "track": Kind(_track, "the id, path or title of a track", _TRACK_SCHEMA),
    "tracks": Kind(
        _tracks,
        "ids, paths or titles with commas between them, or a JSON array",
        {"type": "array", "items": _TRACK_SCHEMA},
    ),
    "history": Kind(
        _history,
        "a list of tracks or of [track, weight], or a playlist or CSV file",
        {
            "type": "array",
            "items": {
                "anyOf": [
                    {"type": "integer"},
                    {"type": "string"},
                    {"type": "array", "minItems": 2, "maxItems": 2},
                ]
            },
        },
    ),
}
