"""A genre is written into every kind of tags, and nothing else of a file changes."""

from __future__ import annotations

import os
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from mutagen import apev2, id3

from workbench.audio.fingerprint import content_hash
from workbench.audio.tags import read_tags
from workbench.models.genre_tag import set_genre
from workbench.models.tag_files import TagWrite, restore_tags, write_tags

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

    set_genre(path, "Jazz")

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

    set_genre(path, "Dub Techno")

    assert path.read_bytes()[-128:] == ID3V1
    assert frames(path) == {"TCON": "Dub Techno"}
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

    set_genre(path, "Jazz")

    assert path.read_bytes()[3] == version
    assert frames(path) == before | {"TCON": "Jazz"}


@pytest.mark.parametrize("name", ["x.wav", "x.aiff"])
def test_id3_in_a_chunk_keeps_its_frames(name, tone):
    path = tone(name)
    file = mutagen.File(path)
    file.add_tags()
    file.tags.add(id3.TIT2(encoding=3, text=["A Title"]))
    file.save()

    set_genre(path, "Jazz")

    assert (read_tags(path).title, read_tags(path).genre) == ("A Title", "Jazz")


def test_id3_before_a_flac_gets_the_genre_too(tone):
    path = tone("x.flac")
    tags = id3.ID3()
    tags.add(id3.TCON(encoding=3, text=["Pop"]))
    tags.save(path)

    set_genre(path, "Jazz")

    assert (mutagen.File(path)["genre"], frames(path)) == (["Jazz"], {"TCON": "Jazz"})


def write(path: Path, folder: Path) -> None:
    (done,) = write_tags(
        [TagWrite(str(path), content_hash(path), None, "Jazz", 0.9)],
        backup_dir=folder,
        on_written=lambda *_: None,
    )
    assert done.problem is None


def test_links_and_permissions_stay(tone, tmp_path):
    path = tone("x.flac")
    path.chmod(0o640)
    os.utime(path, ns=(1, 10**18))
    link, other = tmp_path / "link.flac", tmp_path / "other.flac"
    link.symlink_to(path)
    os.link(path, other)
    inode, before = path.stat().st_ino, path.read_bytes()

    write(link, tmp_path / "backups")

    assert link.is_symlink() and path.stat().st_ino == other.stat().st_ino == inode
    assert read_tags(other).genre == read_tags(link).genre == "Jazz"
    assert path.stat().st_mode & 0o777 == 0o640

    restore_tags(next((tmp_path / "backups").iterdir()))
    assert link.is_symlink() and other.read_bytes() == before and path.stat().st_mtime_ns == 10**18


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_the_owner_stays(tone, tmp_path):
    path = tone("x.flac")
    os.chown(path, 12345, 23456)

    write(path, tmp_path / "backups")

    assert (path.stat().st_uid, path.stat().st_gid, read_tags(path).genre) == (12345, 23456, "Jazz")
