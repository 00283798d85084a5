"""The description of a REST operation, which validates requests and is the source of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.values import NotAllowedError, Value, did_you_mean

Schema = Mapping[str, Any]

MAX_ID = 2**53 - 1  # the largest integer that every client can read in JSON

ID = Value("id", int, low=1, high=MAX_ID)
JOB_ID = Value("id of a job", str, pattern="^[0-9a-f]{32}$")
LIMIT = Value("how many at most", int, low=1, high=1000, default=100)
OFFSET = Value("how many to skip", int, low=0, high=MAX_ID, default=0)
WAIT = Value("seconds to wait for the end of the job", float, low=0, high=60, default=0)
TEXT = Value("words", str, most=500, pattern="", default=None)
PATH = Value(
    "absolute path, or one that begins with ~/",
    str,
    least=1,
    most=4096,
    pattern="^(/|~/)[^\\u0000]*$",
    words="an absolute path, or one that begins with ~/",
)
ANY_OBJECT: Schema = {"type": "object"}


@dataclass(frozen=True)
class Operation:
    """The parameters and answers of one method of one path.

    Attributes
    ----------
    query : mapping
        The descriptions of query parameters by name.
    body : mapping or None
        The descriptions of the fields of the JSON body by name; ``None`` if there is no body.
    answers : mapping
        The answer for each status: schema of the JSON, ``None`` for no content, or a media type for other content.
    files : str
        Media type that a parameter selects instead of JSON; ``*/*`` for one of many.
    errors : tuple
        Further statuses that are answered with the error object.
    """

    summary: str
    query: Mapping[str, Value] = field(default_factory=dict)
    body: Mapping[str, Value] | None = None
    answers: Mapping[int, Schema | str | None] = field(default_factory=lambda: {200: ANY_OBJECT})
    files: str = ""
    errors: tuple[int, ...] = ()
    open: str = ""


class InvalidInputError(ValueError):
    """A request is not valid: ``field`` names the part, and the message gives the reason."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}" if field else why)
        self.field = field


def read_query(known: Mapping[str, Value], given: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of query or path parameters, with the defaults of those that are left out.

    Raises
    ------
    InvalidInputError
        A parameter is unknown, missing or not allowed; the error is about the first one.
    """
    _check_names(known, given)
    values = {name: _value(known[name].read, name, text) for name, text in given.items()}
    return {name: value.default for name, value in known.items() if value.default is not None} | values


def read_body(known: Mapping[str, Value], given: Any) -> dict[str, Any]:
    """Return the fields of a decoded JSON body, with the defaults of those that are left out.

    Raises
    ------
    InvalidInputError
        A field is unknown, missing or not allowed; the error is about the first one.
    """
    if not isinstance(given, dict):
        raise InvalidInputError("body", "must be a JSON object")
    _check_names(known, given)
    values = {name: _value(known[name].check, name, value) for name, value in given.items()}
    return {name: value.default for name, value in known.items()} | values


def _check_names(known: Mapping[str, Value], given: Mapping[str, Any]) -> None:
    for name in given:
        if name not in known:
            raise InvalidInputError(name, f"is not known here.{did_you_mean(name, known)}")
    for name, value in known.items():
        if value.required and name not in given:
            raise InvalidInputError(name, f"is missing; allowed: {value.allowed}")


def _value(read: Any, name: str, value: Any) -> Any:
    try:
        return read(value)
    except NotAllowedError as error:
        raise InvalidInputError(name + error.place, str(error)) from None
