"""Who may read the folder that holds a library."""

from __future__ import annotations

import stat
from pathlib import Path

from workbench import Workbench


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_library_is_closed_to_others_when_it_is_made_and_when_an_old_one_is_opened(data_dir: Path) -> None:
    for _ in ("made", "opened"):
        with Workbench(data_dir) as wb:
            assert wb.library.tracks.count() == 0
            files = [path for path in data_dir.iterdir() if path.name.startswith("library.sqlite3")]
            assert {mode(path) for path in files} == {0o600}
        assert mode(data_dir) == 0o700
        data_dir.chmod(0o755)
        for path in data_dir.iterdir():
            path.chmod(0o644 if path.is_file() else 0o755)


def test_folder_that_holds_something_else_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "song.mp3").touch()
    tmp_path.chmod(0o755)
    with Workbench(tmp_path):
        assert mode(tmp_path) == 0o755
