"""Fields are written into every kind of tags that a file has, and nothing else of it changes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from encoding import encode_file, sound_of
from mutagen import apev2, id3, mp4
from signals import tone as sine

from workbench.audio.tags import read_tags
from workbench.audio.tags.replacing import overwrite
from workbench.audio.tags.undo import difference, rebuild
from workbench.audio.tags.writing import read_fields, write_fields
from workbench.errors import AudioFormatError

FORMATS = ("mp3", "flac", "ogg", "opus", "m4a", "alac.m4a", "wav", "aiff", "wv", "ape", "wma")
VALUES = {
    "bpm": 124.07,
    "key": "Am",
    "mood": "happy; party",
    "genre": "Dub Techno",
    "track_gain": -7.3,
    "track_peak": 1.0123456,
    "album_gain": 1.25,
    "album_peak": 0.5,
    "danceability": 1.25,
}
ID3V1 = b"TAG" + b"Old Title".ljust(30, b"\0") + b"Old Artist".ljust(30, b"\0") + bytes(64) + b"\xff"


@pytest.fixture
def tone(tmp_path: Path):
    def write(name: str) -> Path:
        path = tmp_path / name
        soundfile.write(path, 0.3 * np.sin(np.arange(8000) / 8), 22_050)
        return path

    return write


def frames(path: Path) -> dict[str, str]:
    return {name: str(frame) for name, frame in id3.ID3(path, translate=False, load_v1=False).items()}


def test_apev2_and_id3v1_of_an_mp3_stay_and_get_the_genre(tone):
    path = tone("x.mp3")
    tags = apev2.APEv2()
    tags["Title"], tags["Artist"], tags["Genre"] = "A Title", "An Artist", "Pop"
    tags.save(path)
    path.write_bytes(path.read_bytes() + ID3V1)

    write_fields(path, {"genre": "Jazz"})

    assert dict(apev2.APEv2(path)) == {"Title": "A Title", "Artist": "An Artist", "Genre": "Jazz"}
    assert path.read_bytes()[-128:] == ID3V1[:-1] + b"\x08"
    assert not path.read_bytes().startswith(b"ID3")
    assert (read_tags(path).title, read_tags(path).artist, read_tags(path).genre) == (
        "A Title",
        "An Artist",
        "Jazz",
    )


def test_id3v1_alone_stays(tone):
    path = tone("x.mp3")
    path.write_bytes(path.read_bytes() + ID3V1)

    write_fields(path, {"genre": "Dub Techno"})

    assert path.read_bytes()[-128:] == ID3V1
    assert frames(path) == {"TCON": "Dub Techno", "TIT2": "Old Title", "TPE1": "Old Artist"}
    assert (read_tags(path).title, read_tags(path).genre) == ("Old Title", "Dub Techno")


@pytest.mark.parametrize("version", [3, 4])
def test_the_version_of_id3_and_all_its_frames_stay(version, tone):
    path = tone("x.mp3")
    tags = id3.ID3()
    for frame in (
        id3.TIT2(encoding=1, text=["A Title"]),
        id3.TSOP(encoding=1, text=["Sort"]),  # not of 2.3, but written there by many programs
        id3.TXXX(encoding=1, desc="MOOD", text=["Calm"]),
        id3.PRIV(owner="x", data=b"1"),
        id3.TYER(encoding=1, text=["1999"]) if version == 3 else id3.TDRC(encoding=3, text=["1999"]),
    ):
        tags.add(frame)
    tags.save(path, v2_version=version, v1=0)
    before = frames(path)

    write_fields(path, {"genre": "Jazz"})

    assert path.read_bytes()[3] == version
    assert frames(path) == before | {"TCON": "Jazz"}


@pytest.mark.parametrize("name", ["x.wav", "x.aiff"])
def test_id3_in_a_chunk_keeps_its_frames(name, tone):
    path = tone(name)
    file = mutagen.File(path)
    file.add_tags()
    file.tags.add(id3.TIT2(encoding=3, text=["A Title"]))
    file.save()

    write_fields(path, {"genre": "Jazz"})

    assert (read_tags(path).title, read_tags(path).genre) == ("A Title", "Jazz")


def test_id3_before_a_flac_gets_the_genre_too(tone):
    path = tone("x.flac")
    tags = id3.ID3()
    tags.add(id3.TCON(encoding=3, text=["Pop"]))
    tags.save(path)

    write_fields(path, {"genre": "Jazz"})

    assert (mutagen.File(path)["genre"], frames(path)) == (["Jazz"], {"TCON": "Jazz"})


def tags_of(path: Path) -> dict[str, str]:
    file = mutagen.File(path)
    tags = file.tags.items() if file.tags is not None else ()
    return {str(name): str(value) for name, value in tags}


@pytest.fixture
def tagged(tmp_path: Path):
    """Write a second of sound in a format, with a title, a comment and a field that nobody knows."""

    def write(format: str) -> Path:
        samples = np.random.default_rng(1).normal(0, 0.1, (44100, 2)).astype(np.float32)
        path = encode_file(tmp_path / f"x.{format}", samples, 48000)
        file = mutagen.File(path)
        if file.tags is None:
            file.add_tags()
        if isinstance(file.tags, id3.ID3):
            file.tags.add(id3.TIT2(encoding=3, text=["A Title"]))
            file.tags.add(id3.TXXX(encoding=3, desc="Own", text=["Ünïcode"]))
        elif isinstance(file.tags, mp4.MP4Tags):
            file.tags["©nam"] = ["A Title"]
            file.tags["----:com.example:Own"] = ["Ünïcode".encode()]
        else:
            file.tags["Title"], file.tags["Own"] = ["A Title"], ["Ünïcode"]
        file.save()
        return path

    return write


@pytest.mark.parametrize("format", FORMATS)
def test_only_the_tags_that_are_written_change(format, tagged, tmp_path):
    path = tagged(format)
    data, sound, before = path.read_bytes(), sound_of(path), tags_of(path)
    (old := tmp_path / "old").write_bytes(data)

    write_fields(path, VALUES)

    packets, samples = sound_of(path)
    assert samples == sound[1]
    assert packets == sound[0] or format == "ape"  # FFmpeg takes the tags for a part of the last frame
    assert format != "ape" or path.read_bytes().startswith(data[: data.index(b"APETAGEX")])
    after = tags_of(path)
    assert before.items() <= after.items() and len(after) > len(before)
    said = {field: texts[0] for field, texts in read_fields(str(path), VALUES).items()}
    whole = {"mp3", "wav", "aiff", "m4a", "alac.m4a"}
    expected = {
        "bpm": "124" if format in whole else "124.07",
        "key": "Am",
        "mood": "happy; party",
        "genre": "Dub Techno",
        "danceability": "1.25",
    }
    assert expected.items() <= said.items()
    tags = read_tags(path)
    assert (tags.title, tags.genre, tags.tag_key) == ("A Title", "Dub Techno", "Am")
    assert tags.tag_gain_db == pytest.approx(-7.3, abs=0.005)
    assert tags.tag_album_gain_db == pytest.approx(1.25, abs=0.005)
    assert tags.tag_peak == (None if format == "opus" else pytest.approx(1.012346, abs=1e-6))

    undo = difference(old, path)
    rebuild(path, undo, back := tmp_path / "back")
    assert back.read_bytes() == data
    assert len(undo) < 3000


def test_the_names_are_those_that_players_read(tagged):
    vorbis, atoms, asf, frames_ = (tagged(format) for format in ("flac", "m4a", "wma", "mp3"))
    for path in (vorbis, atoms, asf, frames_):
        write_fields(path, VALUES)

    assert {"BPM", "INITIALKEY", "KEY", "MOOD", "GENRE", "REPLAYGAIN_TRACK_GAIN"} <= {
        name.upper() for name, _ in mutagen.File(vorbis).tags
    }
    assert mutagen.File(vorbis)["replaygain_track_gain"] == ["-7.30 dB"]
    assert mutagen.File(vorbis)["workbench_danceability"] == ["1.25"]
    assert mutagen.File(atoms)["tmpo"] == [124]
    assert mutagen.File(atoms)["----:com.apple.iTunes:initialkey"] == [b"Am"]
    assert {"WM/BeatsPerMinute", "WM/InitialKey", "WM/Mood", "REPLAYGAIN_ALBUM_PEAK"} <= set(
        mutagen.File(asf)
    )
    assert {
        "TBPM",
        "TKEY",
        "TMOO",
        "TCON",
        "TXXX:REPLAYGAIN_TRACK_PEAK",
        "TXXX:WORKBENCH_DANCEABILITY",
    } <= set(frames(frames_))


def test_opus_has_gains_of_its_own_and_no_others(tagged):
    path = tagged("opus")
    file = mutagen.File(path)
    file["REPLAYGAIN_TRACK_GAIN"] = "+3.00 dB"
    file.save()

    write_fields(path, VALUES)

    tags = mutagen.File(path)
    assert (tags["R128_TRACK_GAIN"], tags["R128_ALBUM_GAIN"]) == (["-3149"], ["-960"])  # (gain - 5 dB) * 256
    assert not [name for name, _ in tags.tags if name.upper().startswith("REPLAYGAIN")]


def test_a_name_in_another_spelling_is_used_and_old_gains_do_not_stay_beside_new_ones(tone):
    path = tone("x.mp3")
    tags = id3.ID3()
    tags.add(id3.TXXX(encoding=3, desc="replaygain_track_gain", text=["1.00 dB"]))
    tags.add(id3.RVA2(desc="track", channel=1, gain=1.0, peak=0.5))
    tags.add(id3.RVA2(desc="album", channel=1, gain=2.0, peak=0.5))
    tags.save(path)

    write_fields(path, {"track_gain": -7.3})

    found = id3.ID3(path)
    assert found.getall("TXXX:replaygain_track_gain")[0].text == ["-7.30 dB"]
    assert sorted(name for name in found if name[:4] in ("TXXX", "RVA2")) == [
        "RVA2:album",
        "TXXX:replaygain_track_gain",
    ]


@pytest.mark.parametrize("name", ["x.mka", "x.aac"])
def test_what_has_no_tags_that_can_be_written_says_so(name, tmp_path):
    path = encode_file(tmp_path / name, sine(440, 0.2))
    before = path.read_bytes()
    with pytest.raises(AudioFormatError, match=r"x\.(mka|aac): its format"):
        write_fields(path, {"bpm": 120.0})
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"abc"),
        (b"abc", b""),
        (b"abc" * 100_000, b"x" + b"abc" * 100_000 + b"y"),
        (bytes(200_000), b"TAG" + bytes(200_000)),
    ],
)
def test_any_change_can_be_undone(before, after, tmp_path):
    (tmp_path / "before").write_bytes(before)
    (tmp_path / "after").write_bytes(after)
    undo = difference(tmp_path / "before", tmp_path / "after")
    rebuild(tmp_path / "after", undo, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == before and len(undo) < 1000


def test_pages_that_are_numbered_anew_cost_little(tagged, tmp_path):
    path = tagged("ogg")
    before = tmp_path / "before"
    before.write_bytes(path.read_bytes())
    write_fields(path, {"mood": "long " * 30_000})  # a page has at most 64 kB
    assert len(difference(before, path)) < 6000


def test_a_damaged_backup_is_refused(tmp_path):
    (tmp_path / "after").write_bytes(b"abc")
    with pytest.raises(AudioFormatError, match="damaged"):
        rebuild(tmp_path / "after", b"nonsense", tmp_path / "back")


def test_a_disk_that_is_mounted_read_only_is_named(tmp_path):
    (tmp_path / "x.mp3").touch()
    script = (
        f"mount --bind '{tmp_path}' '{tmp_path}' && mount -o remount,ro,bind '{tmp_path}' && '{sys.executable}' -c "
        '"import sys; from pathlib import Path; from workbench.audio.tags.replacing import check_writable; '
        f"check_writable(Path('{tmp_path}/x.mp3'))\""
    )
    ran = subprocess.run(["unshare", "-Urm", "sh", "-c", script], capture_output=True, text=True, check=False)
    if "Traceback" not in ran.stderr:
        pytest.skip(f"a test may not mount here: {ran.stderr}")
    assert "x.mp3 is on a disk that is mounted read-only. Mount it for writing" in ran.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_shared_file_of_another_owner_gets_its_content_though_not_its_time(open_folder, as_ordinary_user):
    shared, changed = open_folder / "shared.flac", open_folder / "changed.flac"
    shared.write_bytes(b"before")
    changed.write_bytes(b"after")
    shared.chmod(0o666)
    os.utime(changed, (1, 1))
    with as_ordinary_user():
        overwrite(changed, shared)
    assert shared.read_bytes() == b"after" and shared.stat().st_uid == 0
    assert shared.stat().st_mtime > 1
