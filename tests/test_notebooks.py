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
import soundfile
from signals import silence, tone, white_noise

from workbench import Workbench
from workbench.audio.source import size_and_time
from workbench.store.library.records import ScannedFile

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
IN_A_KERNEL = ("analyze_library", "cluster", "extend_it", "getting_started")
"""The others run in this process: a kernel for each would take many times as long.

tests/apps/test_lab_browser.py runs every notebook in JupyterLab.
"""


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


def test_the_first_notebook_runs_on_an_empty_machine(tmp_path: Path, data_dir: Path) -> None:
    assert outputs(papermill("getting_started.ipynb", tmp_path / "out.ipynb", data_dir))


@pytest.mark.parametrize("notebook", ["cluster", "extend_it"])
def test_a_notebook_that_changes_its_process_runs(notebook: str, tmp_path: Path, known_machine: Path) -> None:
    """One starts workers, the other writes plug-ins."""
    assert outputs(papermill(f"{notebook}.ipynb", tmp_path / "out.ipynb", known_machine))


def test_the_other_notebooks_run_without_a_library(
    known_machine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {path.stem for path in NOTEBOOKS.glob("*.ipynb")} - set(IN_A_KERNEL)
    assert len(names) >= 11
    for notebook in sorted(names):
        data_dir = tmp_path / notebook
        shutil.copytree(known_machine, data_dir)
        monkeypatch.setenv("WORKBENCH_DATA_DIR", str(data_dir))
        run(notebook, {})


@pytest.fixture
def known_machine(
    known_contents_dir: Path, analyzed_data_dir: Path, style_folder: Path, data_dir: Path
) -> Path:
    """A library without a track, so that a notebook makes its own, of files that are known by content.

    So an analysis takes a second instead of ten.
    """
    shutil.copytree(known_contents_dir, data_dir)
    shutil.copytree(analyzed_data_dir / "demo", data_dir / "demo")
    shutil.copytree(style_folder, data_dir / "styles")
    return data_dir


ODD_LIBRARIES = ("empty", "one", "first failed", "first missing", "silent", "without a key")
FOR_ANY_LIBRARY = (
    "similarity",
    "tagger_report",
    "playlist_report",
    "sql_and_pandas",
    "analyze_library",
    "playlists",
    "track_explorer",
    "performance_report",
    "train_tagger",
    "getting_started",
)
MUSIC = {"silent": "silent", "first missing": "silent", "without a key": "noise"}


@pytest.fixture(scope="module")
def known_contents(
    analyzed_data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, bytes]]:
    """A data folder that knows the demo and three more contents, and these contents; nothing is decoded again."""
    folder, data_dir = tmp_path_factory.mktemp("contents"), tmp_path_factory.mktemp("known") / "data"
    shutil.copytree(analyzed_data_dir, data_dir)
    soundfile.write(folder / "tone.wav", tone(220, 3), 44100)
    soundfile.write(folder / "silent.wav", silence(3), 44100)
    soundfile.write(folder / "noise.wav", white_noise(3), 44100)
    with Workbench(data_dir, async_workers=1) as wb:
        assert wb.analyze(folder, show=False).result().analyzed == 3
        with wb.library.pool.writing() as connection:
            connection.execute("DELETE FROM tracks")
    return data_dir, {path.stem: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(params=ODD_LIBRARIES)
def odd_library(
    request: pytest.FixtureRequest, known_contents: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> tuple[Path, Path]:
    """A folder of music and its analyzed library."""
    known, contents = known_contents
    music, data_dir = tmp_path / "music", tmp_path / "data"
    shutil.copytree(known, data_dir)
    music.mkdir()
    if request.param == "first failed":
        (music / "a.mp3").write_text("not audio")
        size, time_ns = size_and_time((music / "a.mp3").stat())
        failed = ScannedFile(
            str(music / "a.mp3"), size, time_ns, None, error="is not audio", error_kind="format"
        )
        with Workbench(data_dir) as wb:
            wb.library.files.add([failed])
    if request.param != "empty":
        (music / "b.wav").write_bytes(contents[MUSIC.get(request.param, "tone")])
    if request.param == "first missing":
        (music / "c.wav").write_bytes(contents["tone"])
    with Workbench(data_dir) as wb:
        wb.analyze(music, show=False).result()
    if request.param == "first missing":
        (music / "b.wav").unlink()
        with Workbench(data_dir) as wb:
            wb.analyze(music, show=False).result()
            assert wb.track.find(status="missing").total == 1
    return music, data_dir


def test_notebooks_run_on_whatever_library_there_is(
    odd_library: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    music, data_dir = odd_library
    monkeypatch.setenv("WORKBENCH_DATA_DIR", str(data_dir))
    monkeypatch.chdir(tmp_path)
    for notebook in FOR_ANY_LIBRARY:  # those that add the demo to the library come last
        run(notebook, {"music_dir": str(music)})
    run("analyze_library", {"music_dir": str(music), "playlist_method": "harmonic"})


def run(notebook: str, parameters: dict[str, str]) -> None:
    """Run the cells of a notebook here: a kernel for each would take many times as long."""
    from matplotlib import pyplot

    names: dict[str, Any] = {}
    for cell in nbformat.read(NOTEBOOKS / f"{notebook}.ipynb", as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
            if "parameters" in cell.metadata.get("tags", []):
                names |= {name: value for name, value in parameters.items() if name in names}
    names["wb"].close()
    pyplot.close("all")  # as the end of a kernel would
