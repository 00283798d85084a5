"""Writing a tag loses and hides no other one, where a container has room for several kinds of them."""

from __future__ import annotations

import struct
import subprocess
import zlib
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from encoding import encode_file, sound_of
from mutagen import apev2, id3
from mutagen.flac import FLAC, CueSheet, CueSheetTrack, CueSheetTrackIndex, Picture
from signals import tone as sine

from workbench.audio.tags import read_tags
from workbench.audio.tags.writing import write_fields
from workbench.errors import AudioFormatError

V1_TEXTS = {
    "TIT2": "Old Title",
    "TPE1": "Old Artist",
    "TALB": "Old Album",
    "TDRC": "1999",
    "COMM::XXX": "Note",
}
ID3V1 = (
    b"TAG"
    + b"".join(text.ljust(30, b"\0") for text in (b"Old Title", b"Old Artist", b"Old Album"))
    + b"1999"
    + b"Note".ljust(30, b"\0")
    + b"\xff"
)
LYRICS = b"LYRICSBEGININD0000210LYR00005hello"
LYRICS3 = LYRICS + b"%06dLYRICS200" % len(LYRICS)


@pytest.fixture
def sound(tmp_path: Path):
    def write(name: str) -> Path:
        path = tmp_path / name
        soundfile.write(path, 0.3 * np.sin(np.arange(8000) / 8), 22_050)
        return path

    return write


def in_front(path: Path, version: int, *parts: bytes) -> Path:
    """Put an ID3v2 tag before the content of a file."""
    body = b"".join(parts)
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3" + bytes([version, 0, 0]) + size + body + path.read_bytes())
    return path


def frame(name: bytes, data: bytes, flags: bytes = b"\0\0") -> bytes:
    return name + struct.pack(">I", len(data)) + flags + data


def with_chunk(path: Path, name: bytes, data: bytes) -> Path:
    """Add a chunk at the end of a WAV or AIFF."""
    order = ">" if path.suffix == ".aiff" else "<"
    whole = path.read_bytes() + name + struct.pack(f"{order}I", len(data)) + data + b"\0" * (len(data) % 2)
    path.write_bytes(whole[:4] + struct.pack(f"{order}I", len(whole) - 8) + whole[8:])
    return path


def texts(path: Path) -> dict[str, str]:
    tags = mutagen.File(path).tags
    return {name: str(value) for name, value in tags.items()}


def info(**items: str) -> bytes:
    pairs = ((name.encode(), text.encode() + b"\0") for name, text in items.items())
    return b"INFO" + b"".join(
        n + struct.pack("<I", len(t) + len(t) % 2) + t + b"\0" * (len(t) % 2) for n, t in pairs
    )


def test_programs_that_read_only_id3_find_what_id3v1_said(sound):
    path = sound("x.mp3")
    path.write_bytes(path.read_bytes() + ID3V1)
    write_fields(path, {"key": "Am"})
    found = id3.ID3(path, load_v1=False).items()
    assert {name: str(value) for name, value in found} == V1_TEXTS | {"TKEY": "Am"}
    assert path.read_bytes().endswith(ID3V1)


@pytest.mark.parametrize("name", ["x.wav", "x.aiff"])
def test_programs_that_read_only_id3_find_what_chunks_said(name, sound):
    path = sound(name)
    if name == "x.wav":
        with_chunk(path, b"LIST", info(INAM="Title", IART="Artist", ICMT="Odd one"))
    else:
        for chunk, text in ((b"NAME", b"Title"), (b"AUTH", b"Artist"), (b"ANNO", b"Odd one")):
            with_chunk(path, chunk, text)
    write_fields(path, {"key": "Am"})
    assert texts(path) == {"TIT2": "Title", "TPE1": "Artist", "COMM::XXX": "Odd one", "TKEY": "Am"}


@pytest.mark.parametrize(("genre", "left"), [("Pop", "Pop"), ("Dub Techno", None)])
def test_the_genre_of_an_info_list_is_not_the_old_one(genre, left, sound):
    path = with_chunk(with_chunk(sound("x.wav"), b"LIST", info(IGNR="Rock!", INAM="T")), b"odd ", b"abc")
    write_fields(path, {"genre": genre})
    data = path.read_bytes()
    assert b"Rock!" not in data[: data.index(b"id3 ")] or left is None
    assert (b"IGNR" in data) == (left is not None) and b"odd \3\0\0\0abc\0" in data
    assert (read_tags(path).genre, read_tags(path).title) == (genre, "T")


def test_lyrics_between_ape_tags_and_id3v1_stay(sound):
    path = sound("x.mp3")
    tags = apev2.APEv2()
    tags["Title"], tags["Cover Art (Front)"] = "T", apev2.APEValue(b"a.png\0\1\2", apev2.BINARY)
    tags.save(path)
    path.write_bytes(path.read_bytes() + LYRICS3 + ID3V1)
    write_fields(path, {"key": "Am"})
    assert path.read_bytes().endswith(LYRICS3 + ID3V1)
    found = apev2.APEv2(path)
    assert (found["Title"], found["Key"], found["Cover Art (Front)"].value) == ("T", "Am", b"a.png\0\1\2")


def test_frames_of_every_sort_stay(sound):
    packed = zlib.compress(b"\0Packed")
    before = [
        frame(b"TPE1", b"\0One"),
        frame(b"TPE1", b"\0Two"),
        frame(b"TIT2", struct.pack(">I", 7) + packed, b"\0\x80"),
        frame(b"TCOM", b"\1secret", b"\0\x40"),
        frame(b"XYZZ", b"\0unknown"),
    ]
    path = in_front(sound("x.mp3"), 3, *before)
    write_fields(path, {"key": "Am"})
    tags = id3.ID3(path)
    assert (tags["TPE1"].text, str(tags["TIT2"]), str(tags["TKEY"])) == (["One", "Two"], "Packed", "Am")
    assert sorted(bytes(unknown[:4]) for unknown in tags.unknown_frames) == [b"TCOM", b"XYZZ"]


def test_a_frame_that_no_newer_version_knows_keeps_its_file_as_it_is(sound):
    path = in_front(sound("x.mp3"), 2, b"TT2\0\0\2\0A", b"CM1\0\0\2xx")
    before = path.read_bytes()
    with pytest.raises(AudioFormatError, match="CM1, which would be lost"):
        write_fields(path, {"key": "Am"})
    assert path.read_bytes() == before


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 1_000_000])
@pytest.mark.parametrize("where", ["form", "data"])
def test_tags_never_become_sound(where, size, sound):
    path = sound("x.wav")
    data = bytearray(path.read_bytes())
    place = 4 if where == "form" else data.index(b"data") + 4
    data[place : place + 4] = struct.pack("<I", size)
    path.write_bytes(data)
    before, heard = path.read_bytes(), sound_of(path)
    try:
        write_fields(path, {"key": "Am"})
    except AudioFormatError as error:
        assert "unfinished" in str(error) and path.read_bytes() == before
    else:
        assert read_tags(path).tag_key == "Am" and sound_of(path) == heard


def test_id3_before_aac_is_written(tmp_path):
    path = encode_file(tmp_path / "x.aac", sine(440, 0.2))
    in_front(path, 3, frame(b"TIT2", b"\0A"))
    write_fields(path, {"key": "Am"})
    assert (read_tags(path).title, read_tags(path).tag_key) == ("A", "Am")


def test_quicktime_keeps_its_title_beside_tags_of_mp4(tmp_path):
    path = tmp_path / "x.mov"
    source = ["-f", "lavfi", "-i", "sine=d=0.2", "-c:a", "pcm_s16le", "-metadata", "title=Old"]
    subprocess.run(["ffmpeg", "-v", "error", *source, str(path)], check=True)
    write_fields(path, {"key": "Am"})
    assert (read_tags(path).title, read_tags(path).tag_key) == ("Old", "Am")


def test_the_cue_sheet_and_the_pictures_of_a_flac_stay(sound):
    path = sound("a.flac")
    file = FLAC(path)
    sheet = CueSheet(bytes(396))
    end = CueSheetTrack(170, 8000)
    sheet.tracks = [CueSheetTrack(1, 0), end]
    sheet.tracks[0].indexes.append(CueSheetTrackIndex(1, 0))
    for track in sheet.tracks:
        track.isrc = b""
    file.metadata_blocks.append(sheet)
    picture = Picture()
    picture.data, picture.mime = b"picture", "image/png"
    file.add_picture(picture)
    file.save()
    write_fields(path, {"genre": "Jazz", "bpm": 120.0})
    file = FLAC(path)
    assert (file["genre"], file.pictures[0].data) == (["Jazz"], b"picture")
    assert [track.start_offset for track in file.cuesheet.tracks] == [0, 8000]


def test_tags_after_the_sound_of_dsf_and_musepack_stay(tmp_path: Path):
    rate, size = 2_822_400, 8192
    form = b"fmt " + struct.pack("<QIIIIIIQII", 52, 1, 0, 2, 2, rate, 1, 4 * size, 4096, 0)
    data = b"data" + struct.pack("<Q", 12 + size) + b"\x69" * size
    whole = 28 + len(form) + len(data)
    dsf, mpc = tmp_path / "a.dsf", tmp_path / "a.mpc"
    dsf.write_bytes(b"DSD " + struct.pack("<QQQ", 28, whole, 0) + form + data)
    file = mutagen.File(dsf)
    file.add_tags()
    file.tags.add(id3.TXXX(encoding=3, desc="weird", text=["kept"]))
    file.save()
    stream = b"MP+\x07" + struct.pack("<IHBB", 10, 0, 0x80, 0) + bytes(4000)
    mpc.write_bytes(stream)
    tags = apev2.APEv2()
    tags["weird"] = "kept"
    tags.save(mpc)
    for path in (dsf, mpc):
        write_fields(path, {"genre": "Jazz"})
        assert (read_tags(path).genre, "kept" in map(str, mutagen.File(path).tags.values())) == ("Jazz", True)
    assert dsf.read_bytes()[28:whole] == form + data
    assert mpc.read_bytes().startswith(stream)
