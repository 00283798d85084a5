from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter

import numpy as np
import pytest

from workbench.audio.cover import small_cover
from workbench.audio.demo.demo_library import DEMO_TRACKS, make_demo_library
from workbench.audio.fingerprint import content_hash
from workbench.audio.scan import scan
from workbench.audio.streaming_loader import open_audio
from workbench.audio.tags import Tags, read_tags
from workbench.errors import LibraryPathError

ONE_OF_EACH = tuple({track.format: track for track in reversed(DEMO_TRACKS)}.values())


def test_there_is_enough_to_choose_from():
    assert len(DEMO_TRACKS) >= 24
    assert len({(t.key, t.scale) for t in DEMO_TRACKS}) == 24
    assert {t.format for t in DEMO_TRACKS} == {"wav", "flac", "ogg", "mp3"}
    assert min(t.bpm for t in DEMO_TRACKS) == 70
    assert max(t.bpm for t in DEMO_TRACKS) == 174
    assert all(10 <= t.seconds <= 20 for t in DEMO_TRACKS)
    assert len({t.artist for t in DEMO_TRACKS}) >= 6
    assert len({t.genre for t in DEMO_TRACKS}) >= 5
    assert len({t.year // 10 for t in DEMO_TRACKS}) >= 5
    assert len({t.mood for t in DEMO_TRACKS}) >= 5
    assert {t.score.beats_per_bar for t in DEMO_TRACKS} == {3, 4}
    assert sum(t.score.groove == "none" for t in DEMO_TRACKS) >= 2
    assert max(Counter(t.file_name for t in DEMO_TRACKS).values()) == 1


def test_the_pieces_differ(demo_folder):
    prints = []
    for track in DEMO_TRACKS:
        with open_audio(demo_folder / track.file_name, block_seconds=10.0) as stream:
            mono = next(iter(stream)).mean(axis=1)
        spectrum = np.abs(np.fft.rfft(mono))[: 10 * 8000]
        shape = np.log(spectrum.reshape(400, -1).mean(axis=1))
        prints.append((shape - shape.mean()) / shape.std())
    alike = np.array(prints) @ np.array(prints).T / 400 - np.eye(len(prints))
    assert alike.max() < 0.995


def test_every_file_is_whole_and_tagged(demo_folder):
    for track in DEMO_TRACKS:
        path = demo_folder / track.file_name
        with open_audio(path) as stream:
            peak = max(float(np.abs(block).max()) for block in stream)
        assert stream.duration_s == pytest.approx(track.seconds, abs=0.1)
        assert not stream.truncated
        assert 0.5 < peak < 1.2
        assert read_tags(path) == Tags(
            title=track.title,
            artist=track.artist,
            album=track.album,
            album_artist=track.artist,
            genre=track.genre,
            year=track.year,
            track_number=track.track_number,
            tag_mood=track.mood,
            cover="file",
        )
    assert len(list(scan(demo_folder))) == len(DEMO_TRACKS)


def test_the_files_are_the_same_every_time_and_left_alone_when_there(demo_folder, tmp_path):
    made = make_demo_library(tmp_path, tracks=ONE_OF_EACH)
    assert [content_hash(path) for path in made] == [
        content_hash(demo_folder / t.file_name) for t in ONE_OF_EACH
    ]

    times = [path.stat().st_mtime_ns for path in made]
    made[0].unlink()
    assert make_demo_library(tmp_path, tracks=ONE_OF_EACH) == made
    assert [path.stat().st_mtime_ns for path in made[1:]] == times[1:]
    assert made[0].exists()


def test_nothing_unfinished_stays(tmp_path):
    make_demo_library(tmp_path, tracks=ONE_OF_EACH[:1])
    everything = [path for path in tmp_path.rglob("*") if path.is_file()]
    track = tmp_path / ONE_OF_EACH[0].file_name
    assert sorted(everything) == [track, track.with_name("cover.jpg")]


def test_each_album_has_a_cover_of_its_own(demo_folder):
    covers = {track.album: small_cover(demo_folder / track.file_name) for track in DEMO_TRACKS}
    assert None not in covers.values()
    assert len(set(covers.values())) == len(covers)


def test_files_are_whole_or_absent_when_it_is_killed(demo_folder, tmp_path):
    script = "import sys; from workbench.audio.demo.demo_library import *; make_demo_library(sys.argv[1])"
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    deadline = time.monotonic() + 60
    while len(list(scan(tmp_path))) < 2 and time.monotonic() < deadline:
        pass
    process.kill()
    process.wait()

    found = [item.path for item in scan(tmp_path)]
    assert len(found) >= 2
    for path in found:
        original = demo_folder / os.path.relpath(path, tmp_path)
        assert content_hash(path) == content_hash(original)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LibraryPathError, match="file"):
        make_demo_library(tmp_path / "file", tracks=ONE_OF_EACH[:1])
