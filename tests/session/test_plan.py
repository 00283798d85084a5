"""What a plan says before anything is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench import Workbench
from workbench.cli.main import main


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("not audio")
    return folder


def test_a_plan_counts_what_is_left_out_by_name(data_dir: Path, tmp_path: Path) -> None:
    music = fill(tmp_path / "music", *(f"{n}.mid" for n in range(10)), "a.SID", "b.sid", "cover.jpg", "c.wav")
    with Workbench(data_dir) as wb:
        plan = wb.plan(music)
    assert plan.skipped == {".mid": 10, ".sid": 2}
    assert plan.describe().endswith("; 12 files skipped: .mid 10, .sid 2")


def test_the_setting_leaves_out_more(data_dir: Path, tmp_path: Path) -> None:
    music = fill(tmp_path / "music", "samples/a.wav", "b.wav", "#recycle/c.wav")
    with Workbench(data_dir, scan_exclude="Samples/:*.tmp.wav") as wb:
        assert [Path(file.path).name for file in wb.plan(music).found] == ["b.wav"]


@pytest.mark.parametrize("sheets", [1, 2])
def test_analyze_says_that_cue_sheets_are_not_read(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], sheets: int
) -> None:
    music = fill(tmp_path / "music", *(f"album {n}.cue" for n in range(sheets)), "x.mid")
    assert main(["analyze", str(music), "--data-dir", str(data_dir)]) == 0
    said = capsys.readouterr().out
    assert f".cue {sheets}" in said and "CUE sheets are not read: an album in one file is one track" in said
    assert main(["analyze", str(music), "--data-dir", str(data_dir), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["skipped"] == {".cue": sheets, ".mid": 1}
