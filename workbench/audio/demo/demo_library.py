"""Write the demo library: synthesized music with tags and covers, in four formats. Every call writes the same files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.audio.demo.covers import write_cover
from workbench.audio.demo.demo_tracks import DEMO_TRACKS, DemoTrack
from workbench.audio.demo.instruments import RATE
from workbench.audio.demo.synthesis import render
from workbench.errors import LibraryPathError
from workbench.machine.cpu import available_cores
from workbench.whole_file import whole_file

__all__ = ["DEMO_TRACKS", "DemoTrack", "make_demo_library", "write_audio"]

COVER = "cover.jpg"
_OGG_SERIAL = 1  # any fixed number: libsndfile writes a random one


def make_demo_library(
    folder: str | os.PathLike[str], *, tracks: Iterable[DemoTrack] = DEMO_TRACKS
) -> list[Path]:
    """Write tracks below ``folder`` as ``artist/album/number title.format``, and a cover in the folder of each album.

    Existing files are not changed.

    Parameters
    ----------
    folder : path
        Created if it does not exist.
    tracks : iterable of DemoTrack
        The tracks to synthesize; :data:`DEMO_TRACKS` by default.

    Returns
    -------
    list of Path
        One path for each track, in the same order. Even after an interruption, no file is incomplete.

    Raises
    ------
    LibraryPathError
        A file cannot be written.
    """
    tracks = list(tracks)
    # Encoding takes most of the time, and encoders release the GIL.
    with ThreadPoolExecutor(available_cores()) as pool:
        made = list(pool.map(lambda track: _make(Path(folder, track.file_name), _write_whole, track), tracks))
    albums = {path.parent: track for path, track in zip(made, tracks, strict=True)}
    for album, track in albums.items():
        _make(album / COVER, _write_cover, track)
    return made


def _make(path: Path, write: Callable[[Path, DemoTrack], None], track: DemoTrack) -> Path:
    try:
        if not path.exists():
            write(path, track)
    except OSError as error:
        raise LibraryPathError(
            f"{path} cannot be written: {error.strerror or error}. Choose another folder or free space.",
            path=str(path),
        ) from error
    return path


def _write_cover(path: Path, track: DemoTrack) -> None:
    write_cover(path, album=track.album, artist=track.artist)


def _write_whole(path: Path, track: DemoTrack) -> None:
    """Write to a temporary name and rename, so that no reader sees an incomplete file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as unfinished:
        write_audio(unfinished, render(track.score), RATE)
        _write_tags(unfinished, track)


def write_audio(path: str | os.PathLike[str], samples: npt.NDArray[np.float32], rate: int) -> None:
    """Encode samples, shape (frames, channels), in the format of the extension: wav, flac, ogg, mp3 and others.

    The same samples always give the same bytes.
    """
    import soundfile

    path = Path(path)
    encoded = BytesIO()
    format = path.suffix[1:].upper()
    with soundfile.SoundFile(encoded, "w", rate, samples.shape[1], format=format) as file:
        # One second at a time: much more overruns the stack of libsndfile's Vorbis encoder.
        for start in range(0, len(samples), rate):
            file.write(samples[start : start + rate])
    content = encoded.getvalue()
    path.write_bytes(_with_fixed_serial(content) if content.startswith(b"OggS") else content)


def _with_fixed_serial(content: bytes) -> bytes:
    """Replace the random serial number that libsndfile gives to each Ogg stream."""
    from mutagen import ogg

    read_page: Any = ogg.OggPage
    source, pages = BytesIO(content), []
    while source.tell() < len(content):
        page = read_page(source)
        page.serial = _OGG_SERIAL
        pages.append(page.write())
    return b"".join(pages)


def _write_tags(path: Path, track: DemoTrack) -> None:
    values = {
        "title": track.title,
        "artist": track.artist,
        "album": track.album,
        "albumartist": track.artist,
        "genre": track.genre,
        "date": str(track.year),
        "tracknumber": str(track.track_number),
        "mood": track.mood,
    }
    if path.suffix == ".wav":
        _write_wav_tags(path, values)
        return
    import mutagen

    file = mutagen.File(path, easy=True)
    for name, value in values.items():
        file[name] = value
    file.save()


def _write_wav_tags(path: Path, values: dict[str, str]) -> None:
    from mutagen import id3, wave

    open_wave: Any = wave.WAVE
    file = open_wave(path)
    file.add_tags()
    frames = {
        "title": id3.TIT2, "artist": id3.TPE1, "album": id3.TALB, "albumartist": id3.TPE2, "genre": id3.TCON,
        "date": id3.TDRC, "tracknumber": id3.TRCK, "mood": id3.TMOO,
    }  # fmt: skip
    for name, value in values.items():
        frame: Any = frames[name]
        file.tags.add(frame(encoding=id3.Encoding.UTF8, text=[value]))
    file.save()
