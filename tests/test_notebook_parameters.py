"""What papermill gives a notebook: types, and names that the notebook does not have."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbench import NotebookParameterError, check_parameters

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def given(kind: Any, value: Any) -> Any:
    names = {"__annotations__": {"x": kind}, "x": value}
    check_parameters(names)
    return names["x"]


@pytest.mark.parametrize(
    ("kind", "value", "meant"),
    [
        (int, "12", 12),
        (float, "0.5", 0.5),
        (bool, "yes", True),
        (bool, False, False),
        (str, 1999, "1999"),
        (str, "", ""),
        ("Path", "", None),
        ("Path", "/music/my songs", Path("/music/my songs")),
        ("Path", "~/Music", Path.home() / "Music"),
        ("date", "2026-11-20", date(2026, 11, 20)),
        ("date", "", None),
        (dict, '{"max_per_artist": 2}', {"max_per_artist": 2}),
    ],
)
def test_a_value_gets_its_type(kind: Any, value: Any, meant: Any) -> None:
    assert given(kind, value) == meant


@pytest.mark.parametrize(
    ("kind", "value", "allowed"),
    [
        (int, "many", "a whole number"),
        (bool, "perhaps", "true or false"),
        ("date", "20.11.2026", "a date such as 2026-11-20"),
        (dict, "[1]", "a JSON object"),
        (dict, "{", "a JSON object"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(kind: Any, value: str, allowed: str) -> None:
    with pytest.raises(NotebookParameterError, match=f"The parameter x: .* allowed: {allowed}"):
        given(kind, value)


def test_a_name_of_one_s_own_is_not_a_parameter() -> None:
    names = {"__annotations__": {"size": int}, "size": 3, "mine": 1, "In": ["", "size: int = 3", "mine = 1"]}
    check_parameters(names)
    assert names["size"] == 3


def test_papermill_with_an_unknown_parameter_leaves_a_notebook_that_says_what_to_do(tmp_path: Path) -> None:
    out = tmp_path / "with a blank.ipynb"
    command = [sys.executable, "-m", "papermill", str(NOTEBOOKS / "playlists.ipynb"), str(out)]
    done = subprocess.run(
        [*command, "-r", "metod", "harmonic"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert "This notebook has no parameter 'metod'. Did you mean method?" in done.stderr
    cells = nbformat.read(out, as_version=4).cells
    [error] = [
        output for cell in cells for output in cell.get("outputs", ()) if output.output_type == "error"
    ]
    assert "Did you mean method?" in error.traceback[-1]
    assert not any("site-packages" in line for line in error.traceback)


@pytest.mark.parametrize("notebook", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_parameter_has_a_type_and_says_what_it_means(notebook: Path) -> None:
    from papermill.inspection import inspect_notebook

    cells = nbformat.read(notebook, as_version=4).cells
    assert "close()" not in cells[-1].source
    for name, parameter in inspect_notebook(str(notebook)).items():
        assert parameter["inferred_type_name"] != "None", name
        assert parameter["help"], name
    if any("parameters" in cell.metadata.get("tags", ()) for cell in cells):
        assert any("check_parameters(globals())" in cell.source for cell in cells)
