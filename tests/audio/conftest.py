"""Files of every format, made here, and a way to be refused by permissions also as root."""

from __future__ import annotations

import os
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest
import soundfile
from signals import tone

from workbench.audio.tags import Tags, read_tags

Encode = Callable[..., Path]

# Extension: FFmpeg's container and codec, for what libsndfile does not write.
_BY_FFMPEG = {
    ".m4a": ("ipod", "aac"),
    ".alac.m4a": ("ipod", "alac"),
    ".aac": ("adts", "aac"),
    ".wma": ("asf", "wmav2"),
    ".wv": ("wv", "wavpack"),
    ".mka": ("matroska", "aac"),
}
_SAMPLE_FORMATS = {"aac": "fltp", "alac": "s16p", "wmav2": "fltp", "wavpack": "fltp"}


@pytest.fixture
def encode(tmp_path: Path) -> Encode:
    """Write samples, shape (frames, channels), to ``tmp_path``; the extension chooses the format."""

    def write(name: str, samples: np.ndarray, rate: int = 44100, *, subtype: str | None = None) -> Path:
        path = tmp_path / name
        extension = next((e for e in sorted(_BY_FFMPEG, key=len, reverse=True) if name.endswith(e)), None)
        if extension is not None:
            _encode_by_ffmpeg(path, samples, rate, *_BY_FFMPEG[extension])
        elif name.endswith(".ape"):
            path.write_bytes(silent_ape(len(samples), rate))
        elif name.endswith(".opus"):
            soundfile.write(path, samples, rate, format="OGG", subtype="OPUS")
        else:
            soundfile.write(path, samples, rate, subtype=subtype)
        return path

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


def _encode_by_ffmpeg(path: Path, samples: np.ndarray, rate: int, container: str, codec: str) -> None:
    layout = {1: "mono", 2: "stereo"}[samples.shape[1]]
    name = _SAMPLE_FORMATS[codec]
    planes = np.ascontiguousarray(samples.T)
    if name == "s16p":
        planes = np.round(planes * 32767).astype(np.int16)
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        if codec == "wmav2":
            stream.bit_rate = 160_000
        for start in range(0, planes.shape[1], 4096):
            piece = np.ascontiguousarray(planes[:, start : start + 4096])
            frame = av.AudioFrame.from_ndarray(piece, format=name, layout=layout)
            frame.rate, frame.pts = rate, start
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def silent_ape(frames: int, rate: int) -> bytes:
    """Return a Monkey's Audio file, 16-bit stereo, of frames marked as silent: there is no free encoder."""
    per_block = 73728
    blocks = -(-frames // per_block)
    data = struct.pack("<II", 0x80000000, 3) + bytes(24)
    seek_table = struct.pack(f"<{blocks}I", *(76 + 4 * blocks + i * len(data) for i in range(blocks)))
    descriptor = (
        b"MAC "
        + struct.pack("<HHIIIIIII", 3990, 0, 52, 24, len(seek_table), 0, len(data) * blocks, 0, 0)
        + bytes(16)
    )
    header = struct.pack(
        "<HHIIIHHI", 2000, 0x20, per_block, frames - per_block * (blocks - 1), blocks, 16, 2, rate
    )
    return descriptor + header + seek_table + data * blocks


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can look into, as pytest's own temporary folders are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def as_ordinary_user() -> Callable[[], AbstractContextManager[None]]:
    """Give up root's right to read everything for a while; a user without it needs nothing."""

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
