"""The user's copies of the shipped notebooks: made once, updated when asked, never over an edit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from workbench.apps import notebooks
from workbench.apps.notebooks import notebook_files
from workbench.apps.server.lab import arguments, refresh, working_folder
from workbench.apps.server.notebook_copies import FOLDER_NAME, NotebookCopies
from workbench.cli.main import main
from workbench.errors import ServerError
from workbench.settings import Settings

NAMES = {path.name for path in notebook_files()}
FIRST = "getting_started.ipynb"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "my notebooks"
    NotebookCopies(folder).copy_all()
    return folder


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of the workbench with another first notebook."""
    shipped = tmp_path / "shipped"
    shutil.copytree(notebook_files()[0].parent, shipped)
    change(shipped / FIRST, "A newer text.")
    monkeypatch.setattr(notebooks, "notebooks_folder", lambda: shipped)


def change(notebook: Path, text: str) -> None:
    content = json.loads(notebook.read_text("utf-8"))
    content["cells"][0]["source"] = [text]
    notebook.write_text(json.dumps(content))


def states(folder: Path) -> dict[str, str]:
    return {copy.name: copy.state for copy in NotebookCopies(folder)}


def test_every_notebook_is_copied_and_a_removed_one_stays_away(folder: Path) -> None:
    assert {path.name for path in folder.glob("*.ipynb")} == NAMES
    assert set(states(folder).values()) == {"same"}
    (folder / FIRST).unlink()
    NotebookCopies(folder).copy_all()
    assert states(folder)[FIRST] == "removed"
    NotebookCopies(folder).refresh()
    assert states(folder)[FIRST] == "same"


def test_running_a_notebook_does_not_count_as_an_edit(folder: Path) -> None:
    content: Any = json.loads((folder / FIRST).read_text("utf-8"))
    content["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["done"]}]
    (folder / FIRST).write_text(json.dumps(content))
    assert states(folder)[FIRST] == "same"


def test_a_newer_notebook_replaces_a_copy_that_was_not_edited(
    folder: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("newer")
    assert states(folder)[FIRST] == "outdated"
    NotebookCopies(folder).copy_all()
    assert states(folder)[FIRST] == "outdated"  # only when asked
    said: list[str] = []
    refresh(folder, said.append)
    assert f"{FIRST}: updated" in said
    assert "A newer text." in (folder / FIRST).read_text("utf-8")


def test_an_edited_copy_is_never_written_over(folder: Path, request: pytest.FixtureRequest) -> None:
    change(folder / FIRST, "My own text.")
    request.getfixturevalue("newer")
    said: list[str] = []
    refresh(folder, said.append)
    assert "My own text." in (folder / FIRST).read_text("utf-8")
    assert any("+My own text." in line and "-A newer text." in line for line in said)


def test_a_folder_that_has_other_things_gets_the_copies_in_one_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "mine.ipynb").write_text("{}")
    assert NotebookCopies.below(project).folder == project / FOLDER_NAME
    monkeypatch.chdir(project)
    assert working_folder(None) == project
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert working_folder(None) == tmp_path / FOLDER_NAME
    assert working_folder(None, ["--ServerApp.root_dir=~/project"]) == project
    with pytest.raises(ServerError, match="is not a folder"):
        working_folder(str(project / "mine.ipynb"))


def test_an_option_of_jupyter_s_replaces_ours(tmp_path: Path) -> None:
    settings = Settings.load(data_dir=tmp_path)
    options = ["--ServerApp.root_dir=/music", "--port=9000"]
    ours = [option.partition("=")[0] for option in arguments(settings, tmp_path, options)]
    assert "--ServerApp.ip" in ours
    assert not {"--ServerApp.root_dir", "--ServerApp.port"} & set(ours)


def test_refresh_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", str(tmp_path / "new"), "--refresh"]) == 0
    assert f"{FIRST}: " in capsys.readouterr().err
    assert main(["lab", str(tmp_path / "new"), "--refresh", "--", "--allow-root"]) == 0
