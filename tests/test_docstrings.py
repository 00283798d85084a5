"""What the packages export is documented: every function, class and public method, and what each raises."""

from __future__ import annotations

import doctest
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import WorkbenchError

ROOT = Path(__file__).parents[1]
WITH_EXAMPLES = sorted(
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    for path in ROOT.glob("workbench/**/*.py")
    if ">>> " in path.read_text("utf-8")
)
PACKAGES = ("workbench", "workbench.analysis", "workbench.playlists", "workbench.store.library.library")


def exported() -> Iterator[tuple[str, Any]]:
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in getattr(module, "__all__", None) or [name for name in vars(module) if name == "Library"]:
            value = getattr(module, name)
            if inspect.isfunction(value) or (
                inspect.isclass(value) and not issubclass(value, WorkbenchError)
            ):
                yield f"{package}.{name}", value


def members(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    yield name, value
    if inspect.isclass(value):
        for member, found in vars(value).items():
            function = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
            if not member.startswith("_") and inspect.isfunction(function):
                yield f"{name}.{member}", function


@pytest.mark.parametrize(("name", "value"), [pytest.param(*each, id=each[0]) for each in exported()])
def test_what_is_exported_is_documented(name: str, value: Any) -> None:
    bare = [
        member for member, found in members(name, value) if not inspect.getdoc(found) and is_worth_one(found)
    ]
    assert bare == []


def is_worth_one(value: Any) -> bool:
    """A function of a line whose name says it all needs no sentence that repeats it."""
    return inspect.isclass(value) or len(inspect.getsource(value).strip().splitlines()) > 3


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_give_what_they_say(name: str) -> None:
    module = importlib.import_module(name)
    assert not doctest.testmod(module).failed
    examples = [example for found in doctest.DocTestFinder().find(module) for example in found.examples]
    assert examples, "what is written after >>> is in no docstring"
