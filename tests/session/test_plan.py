"""What a plan says before anything is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile
from mutagen.flac import FLAC, CueSheet
from signals import tone

from workbench import Workbench
from workbench.cli.main import main
from workbench.errors import LibraryPathError
from workbench.session.jobs.analysis_tasks import AnalysisTasks
from workbench.session.jobs.scan_notes import scan_notes
from workbench.store.library.records import ScannedFile


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("not audio")
    return folder


def test_a_plan_counts_what_is_left_out_by_name(data_dir: Path, tmp_path: Path) -> None:
    music = fill(tmp_path / "music", *(f"{n}.mid" for n in range(10)), "a.SID", "b.sid", "cover.jpg", "c.wav")
    with Workbench(data_dir) as wb:
        plan = wb.analyze.plan(music)
    assert plan.skipped == {".mid": 10, ".sid": 2}
    assert plan.describe().endswith("; 12 files skipped: .mid 10, .sid 2")


def test_an_empty_path_is_not_the_current_folder(data_dir: Path) -> None:
    with Workbench(data_dir) as wb, pytest.raises(LibraryPathError, match="empty"):
        wb.analyze.plan("")


def test_the_setting_leaves_out_more(data_dir: Path, tmp_path: Path) -> None:
    music = fill(tmp_path / "music", "samples/a.wav", "b.wav", "#recycle/c.wav")
    with Workbench(data_dir, scan_exclude="Samples/:*.tmp.wav") as wb:
        assert [Path(file.path).name for file in wb.analyze.plan(music).found] == ["b.wav"]


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


def test_analyze_says_that_a_sheet_inside_of_a_file_is_not_read(data_dir: Path, tmp_path: Path) -> None:
    for name, tags in (("tag", {"cuesheet": "FILE x WAVE"}), ("none", {"title": "Song"})):
        write(tmp_path / f"{name}.flac", **tags)
    file = FLAC(write(tmp_path / "block.flac"))
    file.metadata_blocks.insert(1, CueSheet(bytes(396)))  # of no track
    file.save()
    with Workbench(data_dir, async_workers=1) as wb:
        tasks = AnalysisTasks(
            wb.library, wb.analyze.plan(tmp_path), stale=lambda version: None, keep=wb.analyze.keep
        )
        list(tasks.tasks())
    notes = scan_notes(tasks.report(1).to_dict())
    assert notes == [
        "2 files with a CUE sheet inside. CUE sheets are not read: an album in one file is one track"
    ]


def write(path: Path, **tags: str) -> Path:
    soundfile.write(path, tone(440, 0.2), 44100)
    file = FLAC(path)
    file.update(tags)
    file.save()
    return path


@pytest.mark.parametrize(
    ("place", "mark"),
    [
        ("#recycle/old.wav", None),
        ("a/.Trash-1000/files/old.wav", None),
        ("phone/old.wav", "phone/.nomedia"),
        ("phone/old.wav", "phone/.ndignore"),
    ],
)
def test_tracks_that_an_older_version_took_from_a_recycle_bin_are_missing_now(
    data_dir: Path, tmp_path: Path, place: str, mark: str | None
) -> None:
    music = fill(tmp_path / "music", place, "kept.wav", *([mark] if mark else []))
    if mark:
        (music / mark).write_text("")
    with Workbench(data_dir) as wb:
        old, kept = music / place, music / "kept.wav"
        ids = wb.library.files.add([ScannedFile(str(path), 9, 1, None, {}) for path in (old, kept)])
        plan = wb.analyze.plan(music)
        assert list(plan.excluded) == [str(old)] and "1 in recycle bins and other excluded" in plan.describe()
        tasks = AnalysisTasks(wb.library, plan, stale=lambda version: None, keep=wb.analyze.keep)
        list(tasks.tasks())
        assert [wb.track(id_).status for id_ in ids] == ["missing", "pending"]
        assert scan_notes(tasks.report(1).to_dict()) == [
            "1 track in recycle bins and other excluded folders counts as missing now"
        ]
        (problem,) = [each for each in wb.problems(wb.table()) if each.title == "Missing"]
        assert [finding.reason for finding in problem.findings] == ["scans leave the file out"]
        assert not wb.analyze.plan(music).excluded


def test_a_track_outside_of_formats_and_depth_is_not_missing(data_dir: Path, tmp_path: Path) -> None:
    music = fill(tmp_path / "music", "a.wav", "below/b.wav", "named.bin")
    with Workbench(data_dir) as wb:
        wb.library.files.add(
            [ScannedFile(str(music / name), 9, 1, None) for name in ("a.wav", "below/b.wav", "named.bin")]
        )
        assert not wb.analyze.plan(music, recursive=False, formats=["mp3"]).excluded


def test_features_that_the_disk_changed_are_computed_again(library_dir: Path) -> None:
    with Workbench(library_dir) as wb:
        track = wb.track.find(status="analyzed", limit=1).tracks[0]
        with wb.library.transaction() as connection:
            connection.execute(
                "UPDATE features SET vector = zeroblob(8) WHERE content_hash = ?", (track.content_hash,)
            )
        plan = wb.analyze.plan(track.path)
        assert plan.reasons == {track.path: "damaged in the database"}
        assert wb.track.features(track.id) is None
        assert wb.track(track.id).status == "pending"
