"""The description of a value that someone gives: type, range, choices, default and help.

``Annotated[int, Value("how many tracks", low=1, high=10_000)]`` describes one in a signature or a dataclass, and
``described`` collects them. Settings, playlist parameters, REST requests, their OpenAPI document and the forms in the
browser all read this description. msgspec checks values and writes the JSON Schema. It is imported when the first value
is read, so that ``workbench --help`` starts without it.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from workbench.user_paths import expand_home

REQUIRED = object()
"""The default of a required value."""

WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    Path: "a path",
    tuple: "paths",
    list[str]: "texts with commas between them, or a JSON array",
    list[float]: "numbers with commas between them, or a JSON array, each",
    dict: "a JSON object",
    dict[str, float]: "names with weights, a:2,b:1, or a JSON object, each weight",
}
KINDS = {
    int: "integer",
    float: "number",
    bool: "boolean",
    str: "text",
    list[str]: "texts",
    list[float]: "numbers",
    dict[str, float]: "weights",
}
_YES_NO = {"yes": True, "on": True, "no": False, "off": False}


class NotAllowedError(ValueError):
    """A value that its description does not allow; ``place`` is the path to the wrong item of a list, as in ``.2``."""

    def __init__(self, value: Any, allowed: str, place: str = "") -> None:
        shown = repr(value) if len(repr(value)) <= 80 else repr(value)[:77] + "…"
        super().__init__(f"{shown} is not allowed; allowed: {allowed}.")
        self.allowed, self.place = allowed, place


@dataclass(frozen=True)
class Value:
    """The description of a value.

    Attributes
    ----------
    help : str
        One line, with the unit.
    type : type
        ``int``, ``float``, ``bool``, ``str``, ``Path``, ``dict``, or a list, tuple or dictionary of these.
        ``described`` takes it from the annotation.
    low, high : float, optional
        Allowed range, ends included. In a list or dictionary, it applies to each number.
    choices : tuple of str
        Allowed texts or names; if empty, any.
    least, most : int, optional
        Allowed number of characters of a text, or of items of a list.
    pattern : str
        Regular expression that a text must match; by default, a text must not be blank.
    words : str
        Description of the allowed values, if type, range and choices are not enough.
    label : str
        Label in forms; by default, the name with spaces.
    example : str
        An example of what a person types.
    names : {"", "genre", "playlist", "tag", "filter", "curve"}
        The kind of object in the library that the value names, so that forms and completion can offer it.
    default
        ``REQUIRED`` if a value must be given; ``None`` if it may be left out.
    """

    help: str = ""
    type: Any = None
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    pattern: str = r"\S"
    words: str = ""
    label: str = ""
    example: str = ""
    names: str = ""
    name: str = ""
    default: Any = REQUIRED

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    @property
    def kind(self) -> str:
        """The type as one word."""
        return KINDS[self.type]

    @property
    def title(self) -> str:
        """The label in forms."""
        return self.label or self.name.replace("_", " ").capitalize()

    def read(self, value: Any) -> Any:
        """Convert ``value``, a Python value or a text that a person typed, to the described type.

        Raises
        ------
        NotAllowedError
            The value has another type, is out of range, or is not among the choices.
        """
        try:
            return self._converted(_untyped(value, self.type), strict=False)
        except (TypeError, ValueError) as error:
            raise NotAllowedError(value, self.allowed) from error

    def check(self, value: Any) -> Any:
        """Check a value decoded from JSON, in which a number must not be a text, and return it.

        Raises
        ------
        NotAllowedError
            As for ``read``.
        """
        if self.type is int and isinstance(value, float) and value.is_integer():
            value = int(value)  # JSON does not distinguish 3 and 3.0
        try:
            return self._converted(value, strict=True)
        except (TypeError, ValueError) as error:
            place = "".join(re.findall(r"\[(\d+)\]", str(error))[:1])
            raise NotAllowedError(value, self.allowed, place and f".{place}") from error

    def _converted(self, value: Any, *, strict: bool) -> Any:
        if value is None and self.default is None:
            return None
        import msgspec

        return msgspec.convert(value, self._checked, strict=strict, dec_hook=_path)

    @cached_property
    def _checked(self) -> Any:
        import msgspec

        length = msgspec.Meta(min_length=self.least, max_length=self.most)
        return (
            self._limited(self.type)
            if self.least is self.most is None
            else Annotated[self._limited(self.type), length]
        )

    def _limited(self, kind: Any) -> Any:
        """Return the type with range, choices and pattern on its innermost texts and numbers."""
        import msgspec

        if kind in (int, float):
            return Annotated[kind, msgspec.Meta(ge=self.low, le=self.high)]
        if kind is str and self.choices:
            return Literal[self.choices]
        if kind is str:
            return Annotated[str, msgspec.Meta(pattern=self.pattern)] if self.pattern else str
        items = tuple(item if item is ... else self._limited(item) for item in typing.get_args(kind))
        return typing.get_origin(kind)[items] if items else kind

    @property
    def allowed(self) -> str:
        """A description of the allowed values."""
        if self.words:
            return self.words
        if self.choices and self.type in (str, list[str]):
            return ", ".join(self.choices)
        kind = WORDS.get(self.type) or WORDS[typing.get_origin(self.type)]
        names = f", of {', '.join(self.choices)}" if self.choices else ""
        return kind + _span(self.low, self.high) + names

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value in a request."""
        import msgspec

        schema = msgspec.json.schema(self._checked)
        if self.default is None:
            schema = {"anyOf": [schema, {"type": "null"}]}
        if not self.required:
            schema["default"] = self.default
        if self.example:
            schema["examples"] = [self.read(self.example)]
        return schema | ({"description": self.help} if self.help else {})

    def to_dict(self) -> dict[str, Any]:
        """Return the description as JSON-serializable values."""
        return {
            "name": self.name,
            "kind": self.kind,
            "required": self.required,
            "default": None if self.required else self.default,
            "low": self.low,
            "high": self.high,
            "choices": list(self.choices),
            "help": self.help,
            "label": self.title,
            "example": self.example or None,
            "names": self.names or None,
        }


def object_schema(values: Mapping[str, Value]) -> dict[str, Any]:
    """Return the JSON Schema of an object that has these values and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: value.json_schema() for name, value in values.items()},
        "required": [name for name, value in values.items() if value.required],
    }


def described(annotations: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Value]:
    """Return the ``Value`` of every annotated name (``get_type_hints(…, include_extras=True)``)."""
    return {
        name: replace(
            extra, name=name, type=_required(annotation.__origin__), default=defaults.get(name, REQUIRED)
        )
        for name, annotation in annotations.items()
        for extra in getattr(annotation, "__metadata__", ())
        if isinstance(extra, Value)
    }


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return up to three known names with a similar spelling."""
    # with 0.5, a name of four letters with two swapped is still near (measured on our own names)
    return difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the nearest known names, or an empty text."""
    near = nearest(name, known)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def split_list(value: Any, separator: str = ",") -> list[Any]:
    """Return the items of a list, a JSON array in a text, or a text with separators.

    >>> split_list("house, soul"), split_list("[1, 2]"), split_list(7)
    (['house', 'soul'], [1, 2], [7])
    """
    if isinstance(value, Mapping):
        raise TypeError(value)
    if isinstance(value, int | float | os.PathLike):
        return [value]
    if isinstance(value, str):
        array = value.lstrip().startswith("[")
        value = json.loads(value) if array else [item.strip() for item in value.split(separator)]
    return [item for item in value if item is not None and item != ""]


def _required(annotation: Any) -> Any:
    """Return the type without ``| None``."""
    if isinstance(annotation, types.UnionType):
        return next(option for option in typing.get_args(annotation) if option is not type(None))
    return annotation


def _span(low: float | None, high: float | None) -> str:
    bounds = [
        None if bound is None else format(bound, "" if isinstance(bound, int) else "g")
        for bound in (low, high)
    ]
    match bounds:
        case [None, None]:
            return ""
        case [_, None]:
            return f" of at least {bounds[0]}"
        case [None, _]:
            return f" of at most {bounds[1]}"
    return f" from {bounds[0]} to {bounds[1]}"


def _untyped(value: Any, kind: Any) -> Any:
    """Convert a text, a NumPy value or a typed list to a plain value, before its type is checked."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    container = typing.get_origin(kind)
    if container in (list, tuple):
        (item, *_) = typing.get_args(kind)
        return [_untyped(one, item) for one in split_list(value, os.pathsep if container is tuple else ",")]
    if container is dict:
        return _pairs(value)
    if kind is str and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and kind is not str:
        value = value.strip()
    return _YES_NO.get(value.lower(), value) if kind is bool and isinstance(value, str) else value


def _pairs(value: Any) -> Any:
    """Read ``{"a": 2}`` or ``a:2,b:1`` (a missing weight is 1)."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("{"):
        return json.loads(value)
    pairs = [item.partition(":") for item in split_list(value)]
    return {name.strip(): weight.strip() or 1 for name, _, weight in pairs}


def _path(kind: Any, value: Any) -> Path:
    if not isinstance(value, str | os.PathLike) or "\0" in str(value) or not str(value):
        raise TypeError(value)
    return expand_home(value).absolute()


# Values that several parts of the workbench use, each with one range and one default.

DEFAULT_SIZE = 25  # about an hour and a half of songs
SIZE = Value("how many tracks", int, low=1, high=10_000, name="size", default=DEFAULT_SIZE)
COUNT = Value("how many playlists", int, low=1, high=1000, name="count", default=None)
RANDOM_STATE = Value(
    "number from which all chance comes; drawn, and kept, when left out",
    int,
    low=0,
    high=2**63 - 1,  # the largest integer of SQLite, which keeps the recipe
    name="random_state",
    default=None,
)
