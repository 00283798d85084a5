"""Only the session writes to the library: commands, apps and notebooks ask it, and the domain returns values."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STORE = ROOT / "workbench/store/library"
FACES = [*(ROOT / "workbench/apps").rglob("*.py"), *(ROOT / "workbench/cli").rglob("*.py")]
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
OUTSIDE = [
    path
    for path in (ROOT / "workbench").rglob("*.py")
    if not path.is_relative_to(ROOT / "workbench/session")
    and not path.is_relative_to(ROOT / "workbench/store")
]
INSIDE_THE_SESSION = {"library", "_library", "pool", "caches"}


@cache
def writing_methods() -> set[str]:
    """Return the public methods of the library that open a writing transaction, themselves or through a private one."""
    classes = [
        {item.name: used_names(item) for item in found.body if isinstance(item, ast.FunctionDef)}
        for path in STORE.glob("*.py")
        for found in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(found, ast.ClassDef)
    ]
    return {
        name
        for methods in classes
        for name, used in methods.items()
        if not name.startswith("_")
        if "writing" in used or any("writing" in methods.get(private, ()) for private in used)
    }


def used_names(function: ast.FunctionDef) -> set[str]:
    """Return the attributes that a function uses."""
    return {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}


def name_of(node: ast.expr) -> str:
    """Return the last name of ``a.b.c`` or ``c``."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def writes(tree: ast.AST, methods: set[str]) -> Iterator[str]:
    """Yield the writing calls of ``library.part.method(...)`` and ``library.transaction()``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods:
            owner = node.func.value
            parents = {name_of(owner)} | (
                {name_of(owner.value)} if isinstance(owner, ast.Attribute) else set()
            )
            if parents & {"library", "_library"}:
                yield ast.unparse(node.func)


def reaches(tree: ast.AST) -> Iterator[str]:
    """Yield where code looks inside a session: ``wb.library`` and its like."""
    for node in ast.walk(tree):
        inside = isinstance(node, ast.Attribute) and node.attr in INSIDE_THE_SESSION
        if inside and not ast.unparse(node).endswith(".reports.library"):
            yield ast.unparse(node)


def test_the_writing_methods_are_found() -> None:
    found = writing_methods()
    assert {"save", "add", "rate", "label", "set_value", "save_predictions", "transaction"} <= found
    assert not {"get", "select", "find", "info", "predictions"} & found
    assert list(writes(ast.parse("self._wb.library.ratings.rate(1, 2)"), found))
    assert list(reaches(ast.parse("wb.library.tracks.select()")))


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_outside_the_session_writes(path: Path) -> None:
    assert not list(writes(ast.parse(path.read_text("utf-8")), writing_methods()))


@pytest.mark.parametrize("path", FACES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_and_apps_do_not_look_inside_the_session(path: Path) -> None:
    assert not list(reaches(ast.parse(path.read_text("utf-8"))))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_do_not_look_inside_the_session(path: Path) -> None:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            source = "".join(line for line in cell["source"] if not line.lstrip().startswith(("%", "!")))
            assert not list(reaches(ast.parse(source)))
