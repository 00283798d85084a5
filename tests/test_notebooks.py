"""Real notebooks, really executed, on an empty machine and on a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbench import Workbench

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
# The others make and analyze the same demo library; where its content is known, that takes a second instead of ten.
ON_NOTHING = ("getting_started.ipynb", "train_tagger.ipynb", "performance_report.ipynb")


def papermill(notebook: str, out: Path, data_dir: Path, *arguments: object) -> Any:
    command = [sys.executable, "-m", "papermill", str(NOTEBOOKS / notebook), str(out), *map(str, arguments)]
    environ = os.environ | {"WORKBENCH_DATA_DIR": str(data_dir), "JUPYTER_PLATFORM_DIRS": "1"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=280, env=environ, check=False, cwd=out.parent
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return nbformat.read(out, as_version=4)


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def test_analyze_library_reports_on_a_folder(demo_folder: Path, tmp_path: Path, data_dir: Path) -> None:
    playlist = tmp_path / "made.m3u8"
    done = papermill(
        "analyze_library.ipynb",
        tmp_path / "report.ipynb",
        data_dir,
        "-r",
        "music_dir",
        demo_folder,
        "-r",
        "workers",
        "2",
        "-r",
        "playlist_size",
        "5",
        "-r",
        "playlist_file",
        playlist,
    )
    kinds = {kind for output in outputs(done) for kind in output.get("data", {})}
    assert {"text/html", "image/png"} <= kinds
    assert not [output for output in outputs(done) if output.output_type == "error"]
    entries = [line for line in playlist.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert len(entries) == 5 and all((tmp_path / entry).exists() for entry in entries)


@pytest.mark.parametrize(
    "notebook", sorted(path.relative_to(NOTEBOOKS).as_posix() for path in NOTEBOOKS.glob("*.ipynb"))
)
def test_a_notebook_runs_on_an_empty_machine(
    notebook: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place = "data_dir" if notebook in ON_NOTHING else "forgotten_demo_dir"
    done = papermill(notebook, tmp_path / "out.ipynb", request.getfixturevalue(place))
    assert outputs(done)


@pytest.fixture
def forgotten_demo_dir(library_dir: Path, analyzed_data_dir: Path) -> Path:
    """A library without a track, so that a notebook makes its own, of demo files that are known by content."""
    shutil.copytree(analyzed_data_dir / "demo", library_dir / "demo")
    with Workbench(library_dir) as wb, wb.library.pool.writing() as connection:
        connection.execute("DELETE FROM tracks")
    return library_dir
