"""Files of every format, and a user without root's rights, to test permissions."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import mutagen
import numpy as np
import pytest
from encoding import encode_file
from signals import tone

from workbench.audio.tags import Tags, read_tags

Encode = Callable[..., Path]


@pytest.fixture
def encode(tmp_path: Path) -> Encode:
    """Write samples, shape (frames, channels), to ``tmp_path``; the extension chooses the format."""

    def write(name: str, samples: np.ndarray, rate: int = 44100, *, subtype: str | None = None) -> Path:
        return encode_file(tmp_path / name, samples, rate, subtype=subtype)

    return write


@pytest.fixture
def flac_with(encode: Encode) -> Callable[..., Tags]:
    """Return the tags that are read from a FLAC file with these Vorbis comments."""

    def read(**comments: str | list[str]) -> Tags:
        path = encode("The File.flac", tone(440, 0.1))
        file = mutagen.File(path)
        for name, value in comments.items():
            file[name] = value
        file.save()
        return read_tags(path)

    return read


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can read, unlike pytest's temporary folders."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def as_ordinary_user() -> Callable[[], AbstractContextManager[None]]:
    """Give up root's right to read all files during a test; other users do not have it."""

    @contextmanager
    def unprivileged() -> Iterator[None]:
        if os.geteuid() != 0:
            yield
            return
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    return unprivileged
