"""Names that begin with ~, and users without a home."""

from __future__ import annotations

import pwd
from pathlib import Path

import numpy as np
import pytest

from workbench import Settings
from workbench.errors import PlaylistFileError, SettingsError, UnknownTrackError
from workbench.playlists import read_playlist_file
from workbench.playlists.files.exporting import check_target
from workbench.playlists.making.resolve import resolve_track
from workbench.session.doctor import examine
from workbench.store.library.library_table import LibraryTable
from workbench.user_paths import ensure_home, expand_home


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of a user that the system does not know, as containers start them."""

    def unknown(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    for name in ("HOME", "XDG_DATA_HOME", "WORKBENCH_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)


def test_home_is_expanded_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert expand_home("~/Music") == Path("/home/ada/Music")
    assert expand_home("~chill.m3u8") == Path("~chill.m3u8")
    assert expand_home("/a/~b") == Path("/a/~b")


def test_a_title_may_begin_with_a_tilde() -> None:
    texts = {
        "path": ["/a.wav", "/b.wav"],
        "title": ["~Outro", "Intro"],
        "artist": ["A", "B"],
        "content_hash": ["1", "2"],
    }
    columns = {name: np.array(values, object) for name, values in texts.items()}
    table = LibraryTable("1", np.array([1, 2]), columns, np.zeros((2, 1), np.float32))
    assert resolve_track(table, "~Outro") == 1
    with pytest.raises(UnknownTrackError):
        resolve_track(table, "~Chorus")


def test_files_may_begin_with_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check_target("~chill.m3u8")
    with pytest.raises(PlaylistFileError, match="~chill"):
        read_playlist_file("~chill.m3u8")
    Path("~chill.m3u8").write_text("#EXTM3U\na.wav\n")
    assert [entry.location for entry in read_playlist_file("~chill.m3u8")] != []
    assert Settings(data_dir="~nobody-here").data_dir == tmp_path / "~nobody-here"


@pytest.mark.usefixtures("homeless")
def test_a_user_without_home_gives_the_data_folder(tmp_path: Path) -> None:
    settings = Settings.load(data_dir=tmp_path)
    assert settings.library_roots == (tmp_path / "demo",)
    with pytest.raises(SettingsError, match="--data-dir"):
        Settings.load()


@pytest.mark.usefixtures("homeless")
def test_a_user_without_home_can_work(tmp_path: Path) -> None:
    from workbench import Workbench

    with Workbench(tmp_path) as wb:
        assert wb.track.find().total == 0
    assert not Path("~").exists()


@pytest.mark.usefixtures("homeless")
@pytest.mark.parametrize("home", [None, ""])
def test_a_user_without_home_can_examine_the_machine_and_run_notebooks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str | None
) -> None:
    if home is not None:
        monkeypatch.setenv("HOME", home)
    with pytest.raises(SettingsError, match="--data-dir"):
        Settings.load()
    assert examine(Settings.load(data_dir=tmp_path))
    monkeypatch.setenv("HOME", "")  # to be put back after the test
    ensure_home(tmp_path)
    assert Path.home() == tmp_path
