"""Valid small files of every format that can be made here, and damage to them: flipped, cut, swapped, renamed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import av
import mutagen
import numpy as np
import soundfile

from workbench import Workbench

RATE = 48000
SECONDS = 0.4
# Name: FFmpeg's container and codec; libsndfile writes the others.
_BY_FFMPEG = {
    "song.m4a": ("ipod", "aac"),
    "alac.m4a": ("ipod", "alac"),
    "song.aac": ("adts", "aac"),
    "song.wma": ("asf", "wmav2"),
    "song.wv": ("wv", "wavpack"),
    "song.tta": ("tta", "tta"),
    "song.mka": ("matroska", "aac"),
    "song.webm": ("webm", "libopus"),
    "song.mp2": ("mp2", "mp2"),
    "song.ac3": ("ac3", "ac3"),
    "song.eac3": ("eac3", "eac3"),
    "song.m2ts": ("mpegts", "mp2"),
}
_BY_SNDFILE = {
    "song.wav": ("WAV", "PCM_16"),
    "float.wav": ("WAV", "FLOAT"),
    "adpcm.wav": ("WAV", "MS_ADPCM"),
    "song.rf64.wav": ("RF64", "PCM_24"),
    "song.w64": ("W64", "PCM_16"),
    "song.aiff": ("AIFF", "PCM_16"),
    "song.aifc": ("AIFF", "ULAW"),
    "song.au": ("AU", "PCM_16"),
    "song.caf": ("CAF", "ALAC_16"),
    "song.voc": ("VOC", "PCM_16"),
    "song.flac": ("FLAC", "PCM_16"),
    "song.ogg": ("OGG", "VORBIS"),
    "song.opus": ("OGG", "OPUS"),
    "song.mp3": ("MP3", "MPEG_LAYER_III"),
}
EXTENSIONS = tuple(sorted({Path(name).suffix for name in (*_BY_FFMPEG, *_BY_SNDFILE)} | {".dsf", ".ape"}))
DAMAGE = ("flip", "noise", "zero", "cut", "remove", "swap", "repeat", "end")
_TAGS = {
    "title": "Café \u202e del mar",
    "artist": "Ann; Bob",
    "album": "Two",
    "date": "1999",
    "tracknumber": "3/9",
}


class Damage(NamedTuple):
    """What is done to a file: from ``at`` on and, for some kinds, at ``to``; both 0–1 of its length."""

    kind: str
    at: float
    to: float
    size_bytes: int
    value: int


def valid_files() -> dict[str, bytes]:
    """Return a tagged file of each format by name, encoded here."""
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in (*_BY_FFMPEG, *_BY_SNDFILE):
            path = Path(folder) / name
            if name in _BY_FFMPEG:
                _encode(path, *_BY_FFMPEG[name])
            else:
                container, subtype = _BY_SNDFILE[name]
                soundfile.write(path, _music().T, RATE, format=container, subtype=subtype)
            _tag(path)
            files[name] = path.read_bytes()
    return files


def damaged(data: bytes, damages: Sequence[Damage]) -> bytes:
    """Return the bytes with each damage done in turn."""
    for damage in damages:
        data = _damaged(data, damage)
    return data


def complaints(wb: Workbench, paths: Sequence[Path]) -> list[str]:
    """Return what is wrong with the rows of files that were analyzed; nothing, if each has features or a reason."""
    found = []
    for path in map(str, paths):
        track = wb.track(path)
        features = wb.track.features(track.id)
        if track.status == "analyzed" and (features is None or not features.duration_s > 0):
            found.append(f"{path}: analyzed without features")
        elif track.status == "failed" and (
            not track.error or track.error_kind in ("error", "crash", "timeout", "slow")
        ):
            found.append(f"{path}: {track.error_kind}: {track.error}")
        elif track.status not in ("analyzed", "failed"):
            found.append(f"{path}: {track.status}")
        json.dumps(track.to_dict(), allow_nan=False).encode()
    return found


def _damaged(data: bytes, damage: Damage) -> bytes:
    at, to, size = int(damage.at * len(data)), int(damage.to * len(data)), damage.size_bytes
    piece = data[at : at + size]
    match damage.kind:
        case "flip":
            new = bytes(byte ^ damage.value for byte in piece[:1]) + piece[1:]
        case "noise":
            new = np.random.default_rng(damage.value).bytes(len(piece))
        case "zero":
            new = bytes(len(piece))
        case "cut":
            return data[:at]
        case "end":
            return data[at:]
        case "remove":
            new = b""
        case "swap":
            other = data[to : to + size]
            data = data[:to] + piece + data[to + len(other) :]
            return data[:at] + other + data[at + len(other) :]
        case _:
            new = piece + piece
    return data[:at] + new + data[at + len(piece) :]


def _music() -> np.ndarray[Any, Any]:
    """Return a decaying chord with noise, shape (2, frames)."""
    time = np.arange(round(SECONDS * RATE)) / RATE
    chord = sum(np.sin(2 * np.pi * frequency * time) for frequency in (220.0, 277.2, 329.6))
    noise = np.random.default_rng(1).standard_normal((2, len(time)))
    return np.float32(0.1 * chord * np.exp(-3 * time) + 0.01 * noise)


def _encode(path: Path, container: str, codec: str) -> None:
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=RATE, layout="stereo")
        if codec == "wmav2":
            stream.bit_rate = 160_000
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(_music()), format="fltp", layout="stereo")
        frame.rate, frame.pts = RATE, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _tag(path: Path) -> None:
    with suppress(mutagen.MutagenError):  # not every format has tags
        file = mutagen.File(path, easy=True)
        if file is None:
            return
        if file.tags is None:
            file.add_tags()
        for name, value in _TAGS.items():
            with suppress(KeyError, TypeError, ValueError):  # nor every kind of tags each name
                file[name] = value
        file.save()
