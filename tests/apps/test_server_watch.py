"""The folders of WATCH, which a server watches."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from signals import tone
from waiting import until

from workbench import PathNotAllowedError, Settings
from workbench.apps.server.service import Service


def test_a_server_analyzes_what_comes_into_its_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.session.watching.watch.QUIET_S", 0.1)
    music = tmp_path / "music"
    music.mkdir()
    settings = Settings(
        data_dir=tmp_path / "data", watch=(music,), library_roots=(tmp_path,), async_workers=1
    )
    service = Service(settings, role="server")
    try:
        soundfile.write(tmp_path / "new.part", tone(440, 1.0), 44100, format="WAV")
        (tmp_path / "new.part").rename(music / "new.wav")
        count = service.workbench.library.tracks.count_by_status
        until(lambda: count()["analyzed"] == 1, 120)
    finally:
        service.close()


def test_folders_outside_the_roots_are_refused(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", watch=(tmp_path / "a",), library_roots=(tmp_path / "b",))
    with pytest.raises(PathNotAllowedError, match=r"WATCH: .* outside LIBRARY_ROOTS"):
        Service(settings, role="server")
