"""Values: what people type and what JSON carries means the same, and what is refused is said in words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_type_hints

import jsonschema
import numpy as np
import pytest

from workbench.values import (
    RANDOM_STATE,
    SIZE,
    NotAllowedError,
    Value,
    described,
    did_you_mean,
    object_schema,
)


@pytest.mark.parametrize(
    ("value", "given", "meant"),
    [
        (SIZE, "7", 7),
        (SIZE, 7.0, 7),
        (SIZE, np.int64(7), 7),
        (RANDOM_STATE, None, None),
        (RANDOM_STATE, 2**63 - 1, 2**63 - 1),
        (Value(type=float, low=0, high=1), " 0.5 ", 0.5),
        (Value(type=bool), "Off", False),
        (Value(type=bool), "TRUE", True),
        (Value(type=str), 1990, "1990"),
        (Value(type=list[str]), "a, b", ["a", "b"]),
        (Value(type=list[float]), "[1, 2]", [1.0, 2.0]),
        (Value(type=list[float]), np.array([1, 2]), [1.0, 2.0]),
        (Value(type=dict[str, float]), "a:2,b", {"a": 2.0, "b": 1.0}),
        (Value(type=dict[str, float]), '{"a": 2}', {"a": 2.0}),
        (Value(type=Path), "/a", Path("/a")),
    ],
)
def test_a_value_as_people_give_it(value: Value, given: Any, meant: Any) -> None:
    read = value.read(given)
    assert read == meant
    assert type(read) is type(meant) or isinstance(read, Path)


@pytest.mark.parametrize(
    ("value", "given", "said"),
    [
        (SIZE, "abc", "'abc' is not allowed; allowed: a whole number from 1 to 10000."),
        (SIZE, True, "a whole number"),
        (SIZE, float("nan"), "a whole number"),
        (RANDOM_STATE, 2**63, f"from 0 to {2**63 - 1}"),
        (Value(type=float, high=1), "inf", "of at most 1"),
        (Value(type=str), "  ", "text"),
        (Value(type=str, choices=("a", "b")), "c", "allowed: a, b"),
        (Value(type=bool), 2, "true or false"),
        (Value(type=list[float], low=0), [1, -1], "each of at least 0"),
        (Value(type=dict[str, float], choices=("a",), least=1), "b:1", "of a"),
        (Value(type=dict[str, float], least=1), {}, "names with weights"),
        (Value(type=Path), "", "a path"),
        (Value(type=Path), "a\0b", "a path"),
    ],
)
def test_what_is_not_allowed_is_said_in_words(value: Value, given: Any, said: str) -> None:
    with pytest.raises(NotAllowedError) as refused:
        value.read(given)
    assert said in str(refused.value)


def test_json_is_not_typed_text() -> None:
    assert SIZE.check(3.0) == 3
    with pytest.raises(NotAllowedError):
        SIZE.check("3")
    with pytest.raises(NotAllowedError) as refused:
        Value(type=list[str], choices=("a",)).check(["a", "b"])
    assert refused.value.place == ".1"


def test_a_description_is_read_from_annotations_and_makes_a_schema() -> None:
    class Asked:
        count: Annotated[int | None, Value("how many", low=1)] = None
        name: Annotated[str, Value("its name")]

    values = described(get_type_hints(Asked, include_extras=True, localns=globals()), vars(Asked))
    assert values["name"].required and not values["count"].required
    schema = object_schema(values)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({"name": "a", "count": None})
    assert not validator.is_valid({"name": "a", "count": 0})
    assert not validator.is_valid({"count": 1})


def test_the_nearest_name_is_suggested() -> None:
    assert did_you_mean("strat", ["start", "size"]) == " Did you mean start?"
    assert did_you_mean("xyz", ["start"]) == ""
