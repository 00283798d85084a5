"""The commands of models and taggers, as a terminal and a program see them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench import Settings
from workbench.cli.main import main


@pytest.fixture
def command(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run a command line on the test's data folder; returns its exit code and standard output."""

    def run(*arguments: str) -> tuple[int, str]:
        code = main([*arguments, "--data-dir", str(data_dir)])
        return code, capsys.readouterr().out

    return run


def test_models_says_what_is_there_or_what_it_would_add(
    command,
    toy_models: Path,
    data_dir: Path,  # type: ignore[no-untyped-def]
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code, out = command("models")
    assert code == 0 and "No models in" in out and "mood" in out
    monkeypatch.setenv("WORKBENCH_MODELS_DIR", str(toy_models))
    _, out = command("models")
    assert "mood_happy-toy-msd-musicnn-1: head, version 1, adds mood_happy (unknown file, not verified" in out
    listed = json.loads(command("models", "--json")[1])
    assert {model["kind"] for model in listed["models"]} == {"embedding", "head", "classifier"}


def test_analyze_says_once_what_models_would_add_then_which_tracks_they_have_not_seen(
    styled,  # type: ignore[no-untyped-def]
    toy_models: Path,
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    styled(styles=2, artists=1)
    (tmp_path / "no music").mkdir()

    def said() -> str:
        assert main(["analyze", str(tmp_path / "no music"), "--data-dir", str(data_dir)]) == 0
        return capsys.readouterr().err

    assert "models would add" in said()
    assert "models" not in said()
    monkeypatch.setenv("WORKBENCH_MODELS_DIR", str(toy_models))
    assert f"The models in {toy_models} have not seen 12 of the tracks: run workbench embed." in said()


def test_a_tagger_from_training_to_tags(command, styled) -> None:  # type: ignore[no-untyped-def]
    styled(artists=6)
    report = json.loads(command("tagger", "train", "--json")[1])
    assert report["label"] == "genre" and report["scores"]["logistic"]["balanced_accuracy"] > 0.8
    assert "balanced accuracy" in command("tagger", "evaluate")[1]
    assert "genre predicted for 24 tracks" in command("tagger", "apply")[1]
    assert json.loads(command("tagger", "list", "--json")[1])["taggers"][0]["label"] == "genre"
    code, out = command("write-tags", "--fields", "genre", "--minimum", "0.1")
    assert code == 3 and out.count("NOT WRITTEN") == 24  # these tracks have no files


def test_what_is_wrong_is_an_error(
    command,  # type: ignore[no-untyped-def]
    styled,
    data_dir: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    styled(styles=2, artists=1)

    def said(*arguments: str) -> str:
        assert main([*arguments, "--data-dir", str(data_dir)]) == 1
        return capsys.readouterr().err

    assert "Too few examples" in said("tagger", "train")
    assert "No tagger for mood" in said("tagger", "apply", "--label", "mood")
    assert "No tagger has been trained" in command("tagger", "list")[1]
    with pytest.raises(SystemExit) as stopped:
        command("write-tags", "--fields", "genre", "--minimum", "7")
    assert stopped.value.code == 2


def test_models_are_listed_without_a_library(command, data_dir: Path) -> None:  # type: ignore[no-untyped-def]
    assert command("models")[0] == 0
    assert not data_dir.exists()


def test_models_are_listed_beside_a_damaged_library(command, data_dir: Path) -> None:  # type: ignore[no-untyped-def]
    data_dir.mkdir()
    Settings.load(data_dir=data_dir).database_path.write_bytes(b"not a database" * 1000)
    assert command("db", "info")[0] == 1
    assert command("models", "--json")[0] == 0
