"""One description of every REST operation: requests are validated by it, OpenAPI is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from jsonschema import Draft202012Validator

Schema = Mapping[str, Any]

MAX_ID = 2**53 - 1  # what JSON numbers hold in every client

ID: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
JOB_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
OFFSET: Schema = {"type": "integer", "minimum": 0, "maximum": MAX_ID, "default": 0}
WAIT: Schema = {"type": "number", "minimum": 0, "maximum": 60, "default": 0}
TEXT: Schema = {"type": "string", "maxLength": 500}
PATH: Schema = {"type": "string", "minLength": 1, "maxLength": 4096, "pattern": "^(/|~/)[^\\u0000]*$"}
ANY_OBJECT: Schema = {"type": "object"}


def obj(properties: Mapping[str, Schema], *required: str) -> Schema:
    """Return the schema of an object that has these properties and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


@dataclass(frozen=True)
class Operation:
    """What one method of one path takes and gives.

    Attributes
    ----------
    query : mapping
        Name of each query parameter → schema; all are optional.
    body : schema or None
        Of the JSON body; ``None``: there is none.
    answers : mapping
        Status → schema of the JSON answer, ``None`` for no content, or a media type for anything else.
    errors : tuple
        Further statuses that this operation answers with the error object.
    """

    summary: str
    query: Mapping[str, Schema] = field(default_factory=dict)
    body: Schema | None = None
    answers: Mapping[int, Schema | str | None] = field(default_factory=lambda: {200: ANY_OBJECT})
    errors: tuple[int, ...] = ()
    open: str = ""

    @cached_property
    def body_validator(self) -> Draft202012Validator:
        return Draft202012Validator(self.body or {})

    @cached_property
    def query_validator(self) -> Draft202012Validator:
        return Draft202012Validator(obj(self.query))


class InvalidInputError(ValueError):
    """A request that does not fit: ``field`` names the part, the message says why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}" if field else why)
        self.field = field


def validate(validator: Draft202012Validator, value: Any, whole: str) -> None:
    """Check a value; ``whole`` names it where the fault is not in a field.

    Raises
    ------
    InvalidInputError
        For the first fault found.
    """
    fault = next(validator.iter_errors(value), None)
    if fault is None:
        return
    field = ".".join(str(part) for part in fault.absolute_path) or _field_in(fault) or whole
    raise InvalidInputError(field, _reason(fault))


def query_value(name: str, text: str, schema: Schema) -> Any:
    """Return a query or path parameter as what its schema names; as text when it does not look like it."""
    try:
        if schema.get("type") == "integer" and text.isascii() and len(text) < 32:
            return int(text) if text.lstrip("-").isdigit() else text
        if schema.get("type") == "number" and text.isascii() and len(text) < 32:
            return float(text)
    except ValueError:
        return text
    if schema.get("type") == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return text


def _field_in(fault: Any) -> str:
    if fault.validator == "required":
        return str(next(name for name in fault.validator_value if name not in fault.instance))
    if fault.validator == "additionalProperties":
        return str(next(name for name in fault.instance if name not in fault.schema.get("properties", {})))
    return ""


def _reason(fault: Any) -> str:
    limit = fault.validator_value
    if fault.validator == "type":
        return f"must be {_kinds(limit)}"
    reasons = {
        "required": "is missing",
        "additionalProperties": "is not a known field",
        "minimum": f"must be at least {limit}",
        "maximum": f"must be at most {limit}",
        "minLength": f"must have at least {limit} characters",
        "maxLength": f"must have at most {limit} characters",
        "minItems": f"must have at least {limit} entries",
        "maxItems": f"must have at most {limit} entries",
        "enum": f"must be one of {limit}",
        "pattern": f"does not match {limit}",
        "uniqueItems": "must not repeat an entry",
    }
    return reasons.get(fault.validator, f"does not satisfy {fault.validator}")


def _kinds(kinds: str | list[str]) -> str:
    names = [kinds] if isinstance(kinds, str) else kinds
    words = {"integer": "a whole number", "null": "null", "object": "an object", "array": "an array"}
    return " or ".join(words.get(name, f"a {name}") for name in names)
