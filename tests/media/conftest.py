"""A real MPD, with music that the test synthesizes."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mpd_server import NAMES, Mpd, add_tracks

from workbench import Workbench


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder with a short name, because the path of a socket has at most 107 characters."""
    if shutil.which("mpd") is None:
        assert not os.environ.get("CI"), "with CI set, mpd must be installed"
        pytest.skip("mpd is not installed")
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def music(base: Path) -> Path:
    for name in NAMES:
        file = base / "music" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, np.zeros(1600), 16000)
    return base / "music"


@pytest.fixture
def server(base: Path, music: Path) -> Iterator[Mpd]:
    found = Mpd(base, music, more='max_command_list_size "2"')
    yield found
    found.close()


@pytest.fixture
def wb(base: Path, music: Path) -> Iterator[Workbench]:
    """A library of that music, and of a file that MPD does not have."""
    with Workbench(base / "data") as found:
        add_tracks(found, [str(music / name) for name in NAMES] + ["/elsewhere/seven.wav"])
        yield found
