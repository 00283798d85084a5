"""Files whose names are not UTF-8, from old archives and network shares: listed, written and found by their bytes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars
import pytest
import soundfile

from workbench import Workbench
from workbench.analysis.features import VERSION
from workbench.cli.main import main
from workbench.playlists.playlist import Playlist
from workbench.store.library.records import FeatureRecord, ScannedFile

SHOWN = ("Bj\ufffdrk/caf\ufffd.wav", "Björk/café.wav", "Bjo\u0308rk/cafe\u0301.wav")


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same name in Latin-1, in UTF-8, and in UTF-8 with separate accents."""
    folder = tmp_path_factory.mktemp("music")
    for number, name in enumerate((b"Bj\xf6rk/caf\xe9.wav", *(shown.encode() for shown in SHOWN[1:]))):
        path = folder / os.fsdecode(name)
        path.parent.mkdir(exist_ok=True)
        samples = np.random.default_rng(number).normal(0, 0.1, 8000)
        soundfile.write(os.fsencode(path), samples, 8000)
    return folder


@pytest.fixture(scope="module")
def paths(music: Path) -> list[str]:
    return [str(music / os.fsdecode(b"Bj\xf6rk/caf\xe9.wav")), *(str(music / name) for name in SHOWN[1:])]


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory, paths: list[str]) -> Iterator[Workbench]:
    with Workbench(tmp_path_factory.mktemp("names") / "data", async_workers=1) as wb:
        for number, path in enumerate(paths):
            content = f"{number:032d}"
            status = Path(path).stat()
            wb.library.files.add([ScannedFile(path, status.st_size, status.st_mtime_ns, content, {})])
            values = {
                "bpm": 100.0,
                "loudness_lufs": -9.0,
                "duration_s": 1.0,
                "sample_rate_hz": 8000,
                "channels": 1,
            }
            wb.library.features.save(
                content, FeatureRecord(VERSION, values, np.ones(3, "f4") * number, {}, 1.0)
            )
        yield wb


def save(wb: Workbench, playlist: Playlist, path: Path) -> Path:
    (written,) = wb.playlists.save(playlist, path)
    return written


def test_they_are_known_on_the_next_run(wb: Workbench, music: Path, paths: list[str]) -> None:
    plan = wb.analyze.plan(music)
    assert not plan.reasons and not plan.missing and not plan.failed
    assert set(plan.cached) == set(paths)


@pytest.mark.parametrize("format", ["m3u8", "m3u", "xspf", "jspf", "pls", "csv", "json", "xml"])
@pytest.mark.parametrize("among", ["music", "playlists"])
def test_a_playlist_finds_them_again(
    wb: Workbench, music: Path, tmp_path: Path, format: str, among: str
) -> None:
    folder = music if among == "music" else tmp_path / os.fsdecode(b"g\xe4ste")
    made = wb.playlists.from_frame(wb.tracks, name="all")
    target = save(wb, made, folder / f"list.{format}")
    assert [(match.track_id, match.by) for match in wb.playlists.read_file(target)] == [
        (track_id, "path") for track_id in made.track_ids
    ]
    target.unlink()


def test_players_get_the_bytes_in_m3u_and_uris_elsewhere(wb: Workbench, music: Path, tmp_path: Path) -> None:
    made = wb.playlists.from_frame(wb.tracks, name="all")
    lines = save(wb, made, music / "list.m3u8").read_bytes().splitlines()
    assert b"Bj\xf6rk/caf\xe9.wav" in lines and "Björk/café.wav".encode() in lines
    for format in ("xspf", "jspf", "pls", "csv", "json", "xml"):
        written = save(wb, made, tmp_path / f"list.{format}").read_bytes()
        assert b"Bj%F6rk/caf%E9.wav" in written and written.decode()


def test_traktor_has_no_place_for_them_and_the_log_says_so(
    wb: Workbench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    written = save(wb, wb.playlists.from_frame(wb.tracks, name="all"), tmp_path / "list.nml")
    assert 'FILE="caf\ufffd.wav"' in written.read_text("utf-8")
    assert "Traktor" in caplog.text and "1 file" in caplog.text


def test_tables_for_other_programs_are_unicode(wb: Workbench, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"\xe9t\xe9")
    folder.mkdir()
    for format in ("csv", "jsonl", "parquet"):
        path = wb.export(folder / os.fsdecode(b"l\xe9." + format.encode()))
        assert wb.export(path) == path, "it is recognized as a table, and written again"
    found = polars.read_parquet(Path(path).read_bytes())["path"].to_list()
    assert [name[name.rindex("Bj") :] for name in found] == list(SHOWN)
    assert wb.sql("SELECT path FROM tracks")["path"].tolist() == found
    assert wb.tracks["path"].tolist() == found


def test_what_is_shown_is_unicode(wb: Workbench, paths: list[str]) -> None:
    for shown in (repr(wb.track(1)), wb.table()._repr_html_(), repr(wb.playlists.from_frame(wb.tracks))):
        shown.encode()
    assert "caf\ufffd" in repr(wb.track(1))
    assert wb.track(1).path == paths[0], "it can be opened"
    assert wb.track(paths[0]).id == 1


@pytest.mark.parametrize("listing", [["tracks", "--json"], ["tracks", "--json", "--columns", "path"]])
def test_json_is_unicode(wb: Workbench, capsys: pytest.CaptureFixture[str], listing: list[str]) -> None:
    assert main([*listing, "--data-dir", str(wb.settings.data_dir)]) == 0
    printed = json.loads(capsys.readouterr().out.encode())
    assert [track["path"][track["path"].rindex("Bj") :] for track in printed["tracks"]] == list(SHOWN)


def test_listings_are_unicode(wb: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    for listing in ("tracks --columns path", "tracks --csv", "problems", "problems --json", "write-tags"):
        assert main([*listing.split(), "--data-dir", str(wb.settings.data_dir)]) == 0
        assert "Bj\ufffd" in capsys.readouterr().out.encode().decode()


def test_a_library_may_have_such_a_folder(tmp_path: Path, paths: list[str]) -> None:
    folder = tmp_path / os.fsdecode(b"d\xe9")
    with Workbench(folder, async_workers=1) as wb:
        wb.library.files.add([ScannedFile(paths[0], 1, 1, "a" * 32, {})])
        copy = wb.database.backup(folder / os.fsdecode(b"b\xe9.sqlite3"))
        wb.database.restore(copy)
        assert wb.track(1).path == paths[0]
