"""The same recording in other files: found by sound, the best one named, at most one in a playlist."""

from __future__ import annotations

import json
import subprocess
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import Workbench
from workbench.analysis import analyze_file
from workbench.analysis.same_recording.candidates import candidate_pairs
from workbench.analysis.same_recording.comparing import compare
from workbench.audio.demo.synthesis import Score, render
from workbench.cli.main import main
from workbench.session.copies import copy_groups
from workbench.session.copy_quality import CopyQuality
from workbench.session.problems import Problem
from workbench.store.library.records import ScannedFile
from workbench.store.library.track import Track

RATE = 44100
SONG = Score(bpm=118, key="A", scale="minor", progression="i VI III VII", bars=16, lead="flute", seed=3)
OTHERS = {
    "other take": replace(SONG, seed=8, bpm=119.3),
    "same drums": replace(SONG, key="E", progression="i iv v i", chords="organ", comping="held", lead=None),
    "faster": replace(SONG, bpm=124),
    "other band": replace(SONG, chords="organ", bass="synth bass", lead="strings", groove="house", seed=9),
}
COPIES: dict[str, tuple[str, ...]] = {
    "low.mp3": ("-b:a", "64k"),
    "trimmed.m4a": ("-ss", "1.237", "-c:a", "aac", "-b:a", "96k"),
    "mono.wav": ("-ar", "22050", "-ac", "1"),
    "later.ogg": ("-af", "volume=-9dB,adelay=2000:all=1", "-c:a", "libvorbis", "-q:a", "1"),
    "short.opus": ("-t", "20", "-c:a", "libopus", "-b:a", "64k"),
}
LATER_S = {"low.mp3": 0, "trimmed.m4a": -1.237, "mono.wav": 0, "later.ogg": 2.0, "short.opus": 0}


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A library of one song in six files, and of music and noise that is something else."""
    music = tmp_path_factory.mktemp("music")
    song = music / "song.flac"
    soundfile.write(song, render(SONG), RATE)
    for name, options in COPIES.items():
        subprocess.run(["ffmpeg", "-v", "error", "-i", song, *options, music / name], check=True)
    for name, score in OTHERS.items():
        soundfile.write(music / f"{name}.flac", render(score), RATE)
    for seed in (1, 2):
        noise = np.random.default_rng(seed).normal(0, 0.1, 30 * RATE)
        soundfile.write(music / f"noise {seed}.wav", noise, RATE)
        soundfile.write(music / f"silence {seed}.wav", np.zeros(RATE * (29 + seed)), RATE)
    with Workbench(tmp_path_factory.mktemp("data")) as opened:
        for number, path in enumerate(sorted(music.iterdir())):
            content = f"{number:032x}"
            size = path.stat().st_size
            opened.library.files.add([ScannedFile(str(path), size, 0, content, {"title": path.stem})])
            opened.library.features.save(content, analyze_file(path).to_record())
        yield opened


def names(wb: Workbench, rows: list[int]) -> list[str]:
    return [Path(wb.table()["path"][row]).name for row in rows]


def test_a_recording_is_found_in_every_format_and_nothing_else_is(wb: Workbench) -> None:
    (group,) = copy_groups(wb.table(), wb.copies.pairs(), wb.library.tracks.by_id)
    found = names(wb, group.rows)
    assert found[0] == "song.flac" and sorted(found[1:]) == sorted(COPIES)


def test_offsets_are_exact(wb: Workbench) -> None:
    hashes = {name: wb.track(Path(name).stem).content_hash for name in LATER_S | {"song.flac": 0}}
    marks = wb.library.landmarks.of(list(hashes.values()))
    for name, later in LATER_S.items():
        match = compare(marks[hashes[name]], marks[hashes["song.flac"]])
        assert match is not None and match.offset_s == pytest.approx(later, abs=0.04), name


def problem(wb: Workbench) -> Problem:
    return next(problem for problem in wb.problems() if problem.title == "Same recording")


def test_problems_say_which_file_is_better_and_why(wb: Workbench) -> None:
    found = {Path(f["path"]).name: f["reason"] for f in problem(wb).described(wb.table())}
    assert found["song.flac"] == "the best of 6 files"
    assert found["low.mp3"].startswith("the same as song.flac, which is lossless (")
    assert "in 2 channels (1 here) and sampled at 44.1 kHz (22.05 kHz here)" in found["mono.wav"]
    assert "0:13 longer" in found["short.opus"]
    assert "music 2.0" in found["later.ogg"] and "later)" in found["later.ogg"]


def test_a_playlist_has_the_best_file_only(wb: Workbench) -> None:
    made = wb.playlists.draft("random", size=20, random_state=1)
    assert [t.title for t in made if f"{Path(t.path).name}" in COPIES] == []
    assert "song" in [track.title for track in made]
    every = wb.playlists.draft("random", size=20, random_state=1, skip_duplicates=False)
    assert len(every) == len(made) + len(COPIES)


def test_a_playlist_that_starts_with_a_worse_file_has_that(wb: Workbench) -> None:
    for method in ("similarity", "harmonic", "radio"):
        made = wb.playlists.draft(method, start="low", size=8, random_state=1)
        assert [t.title for t in made if Path(t.path).name in ("song.flac", *COPIES)] == ["low"], method


def test_new_files_are_compared_with_known_ones(wb: Workbench, tmp_path: Path) -> None:
    with Workbench(tmp_path) as other:
        for number, name in enumerate(("song", "faster", "low")):
            record = wb.library.features.get(wb.track(name).content_hash)
            assert record is not None
            other.library.files.add([ScannedFile(f"/m/{name}", 1, 1, f"{number:032x}")])
            other.library.features.save(f"{number:032x}", record)
            assert len(other.copies.pairs()) == (1 if name == "low" else 0)
    with Workbench(tmp_path) as again:
        assert [(pair.one[-1], pair.other[-1]) for pair in again.copies.pairs()] == [("0", "2")]


def test_the_command_prints_them(wb: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["problems", "--json", "--data-dir", str(wb.settings.data_dir)]) == 0
    printed: dict[str, Any] = {p["title"]: p for p in json.loads(capsys.readouterr().out)["problems"]}
    assert len(printed["Same recording"]["findings"]) == 6


def test_what_is_better() -> None:
    def judged(path: str, size_bytes: int = 8_000_000, **more: Any) -> CopyQuality:
        features = {"channels": 2, "sample_rate_hz": 44100, "truncated": more.pop("truncated", False)}
        track = Track(1, path, "x", "analyzed", **{"duration_s": 200.0, **more}, size_bytes=size_bytes)
        return CopyQuality.of(replace(track, features=features), 200.0)

    best_first = [
        judged("a.flac", title="tagged"),
        judged("a.flac"),
        judged("a.mp3"),
        judged("a.m4a", 4_000_000, title="tagged"),
        judged("a.flac", duration_s=190.0),
        judged("a.flac", truncated=True),
    ]
    assert sorted([*best_first[3:], *best_first[:3]], key=CopyQuality.order) == best_first
    assert judged("a.m4a", 20_000_000).lossless and not judged("a.m4a").lossless
    assert judged("a.mp3").better_in(judged("a.mp3", 4_000_000)) == ["of 320 kbit/s (160 kbit/s here)"]
    assert judged("a.mp3").better_in(judged("a.mp3")) == []


MARKS = st.integers(0, 2**32 - 1).flatmap(
    lambda seed: st.builds(
        lambda count, shift: (seed, count, shift), st.integers(1, 60), st.integers(-30_000, 30_000)
    )
)


@given(MARKS)
@settings(max_examples=60)
def test_comparing_does_not_depend_on_the_order(drawn: tuple[int, int, int]) -> None:
    seed, count, shift_ms = drawn
    rng = np.random.default_rng(seed)
    times = 40_000 + np.cumsum(rng.integers(250, 900, count))
    bits = rng.integers(0, 2**32, count)
    one = np.column_stack((times, bits)).astype(np.uint32)
    flipped = bits ^ (1 << rng.integers(0, 32, count))
    other = np.column_stack((times + shift_ms + rng.integers(-20, 21, count), flipped)).astype(np.uint32)
    there, back = compare(one, other), compare(other[rng.permutation(count)], one)
    assert (there is None) == (count < 10)
    if there is not None and back is not None:
        assert there.offset_s == -back.offset_s == pytest.approx(-shift_ms / 1000, abs=0.02)
        assert there.similarity == back.similarity == 1.0


def test_the_index_finds_the_pairs_and_hardly_others() -> None:
    rng = np.random.default_rng(0)
    marks = [
        np.column_stack((np.sort(rng.integers(0, 200_000, 64)), rng.integers(0, 2**32, 64)))
        for _ in range(400)
    ]
    marks[7] = np.where(rng.random((64, 1)) < 0.3, marks[200] + [[5_000, 0]], marks[7])
    samples = np.concatenate(marks).astype(np.uint32)
    files = np.repeat(np.arange(400), 64)
    assert candidate_pairs(samples, files, np.ones(400, bool)) == [(7, 200)]
    only = np.arange(400) == 200
    assert candidate_pairs(samples, files, only) == [(7, 200)]
    assert candidate_pairs(samples, files, np.arange(400) == 9) == []


def test_a_search_among_few_files_takes_little_memory():
    """After each analysis, a thread of the server searches; glibc keeps for each thread what it needed most."""
    samples, files = np.ones((640, 2), np.uint32), np.repeat(np.arange(10), 64)
    tracemalloc.start()
    try:
        candidate_pairs(samples, files, np.arange(10) == 9)
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()
