"""Gains and peaks in files, against what loudgain and FFmpeg measure of the same files."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest
from encoding import encode_file
from signals import level_steps, tone

from workbench import Workbench
from workbench.analysis import analyze_file
from workbench.audio.fingerprint import content_hash
from workbench.session.tags.recovery import scanned

RATE = 48_000


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three tracks of one album, of very different loudness, with their gains written into them."""
    folder = tmp_path_factory.mktemp("album")
    noise = np.random.default_rng(5).normal(0, 1, (6 * RATE, 2)).astype(np.float32)
    sounds = {
        "loud.flac": 0.2 * noise,
        "quiet.mp3": np.concatenate([0.01 * noise[: 4 * RATE], 0.003 * noise[: 2 * RATE]]),
        "steps.ogg": level_steps([(-12, 2), (-40, 4)], rate=RATE)
        + 0.1 * tone(12_000, 6, rate=RATE, channels=2),
    }
    paths = [encode_file(folder / name, sound, RATE) for name, sound in sounds.items()]
    opus = encode_file(folder / "alone.opus", sounds["steps.ogg"], RATE)
    with Workbench(folder / "data") as wb:
        for path in (*paths, opus):
            file = mutagen.File(path)
            if path.suffix == ".mp3":
                file.add_tags()
                file["TALB"] = mutagen.id3.TALB(encoding=3, text=["Album"])
            elif path != opus:
                file["album"] = "Album"
            file.save()
            content = content_hash(path)
            wb.library.features.save(content, analyze_file(path).to_record())
            wb.library.files.add([scanned(str(path), content)])
        assert {f.problem for f in wb.tags.write(wb.tags.plan(fields=["replaygain"]))} == {None}
    return [*paths, opus]


def measured(paths: list[Path]) -> tuple[float, float]:
    """Return the loudness, LUFS, and true peak, full scale = 1.0, of files in one piece, as FFmpeg measures them."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="fltp", layout="stereo", time_base=f"1/{RATE}")
    meter, sink = graph.add("ebur128", "peak=true:metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    place, last = 0, None
    for path in paths:
        resampler = av.AudioResampler("fltp", "stereo", RATE)
        with av.open(str(path)) as container:
            for decoded in container.decode(audio=0):
                for frame in resampler.resample(decoded):
                    frame.pts, place = place, place + frame.samples
                    source.push(frame)
                    while True:
                        try:
                            last = sink.pull()
                        except (av.BlockingIOError, av.EOFError):
                            break
    values = last.metadata  # type: ignore[union-attr]
    peaks = [float(value) for name, value in values.items() if "true_peak" in name]
    return float(values["lavfi.r128.I"]), max(peaks)


def number(path: Path, name: str) -> float:
    """Return the number in a tag, as mutagen reads it."""
    tags = mutagen.File(path).tags
    found = tags.getall(f"TXXX:{name}")[0].text[0] if hasattr(tags, "getall") else tags[name][0]
    return float(str(found).split()[0])


def test_gains_and_peaks_are_those_that_ffmpeg_measures(album: list[Path]) -> None:
    *tracks, opus = album
    for path in tracks:
        lufs, peak = measured([path])
        assert number(path, "REPLAYGAIN_TRACK_GAIN") == pytest.approx(-18 - lufs, abs=0.1), path.name
        peak_db = in_db(number(path, "REPLAYGAIN_TRACK_PEAK"))
        assert peak_db == pytest.approx(in_db(peak), abs=0.2), path.name  # it interpolates more steeply
    lufs, _ = measured(tracks)
    for path in tracks:
        gain = number(path, "REPLAYGAIN_ALBUM_GAIN")
        assert gain == pytest.approx(-18 - lufs, abs=0.3)  # in one piece, some moments lie in two tracks
    lufs, _ = measured([opus])
    assert number(opus, "R128_TRACK_GAIN") / 256 == pytest.approx(-23 - lufs, abs=0.1)
    assert not [name for name, _ in mutagen.File(opus).tags if name.upper().startswith("REPLAYGAIN")]


@pytest.mark.skipif(
    not shutil.which("loudgain") and "CI" not in os.environ, reason="loudgain is not installed"
)
def test_gains_and_peaks_are_those_that_loudgain_writes(album: list[Path]) -> None:
    *tracks, opus = album
    found = loudgain("-a", *tracks)
    for path in tracks:
        row = found[path.name]
        assert number(path, "REPLAYGAIN_TRACK_GAIN") == pytest.approx(row["Gain"], abs=0.1)
        assert in_db(number(path, "REPLAYGAIN_TRACK_PEAK")) == pytest.approx(row["True_Peak_dBTP"], abs=0.1)
        assert number(path, "REPLAYGAIN_ALBUM_GAIN") == pytest.approx(found["Album"]["Gain"], abs=0.1)
        peak = in_db(number(path, "REPLAYGAIN_ALBUM_PEAK"))
        assert peak == pytest.approx(found["Album"]["True_Peak_dBTP"], abs=0.1)
    gain = loudgain(opus)[opus.name]["Gain"]
    assert number(opus, "R128_TRACK_GAIN") / 256 == pytest.approx(gain, abs=0.1)


def loudgain(*arguments: object) -> dict[str, dict[str, float]]:
    """Return what loudgain measures, by the name of the file; ``Album`` for all."""
    command = ["loudgain", "-q", "-O", *map(str, arguments)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    head, *rows = (line.split("\t") for line in out.splitlines() if "\t" in line)
    numbers = ("Gain", "True_Peak_dBTP")
    return {
        Path(row[0]).name: {
            name: float(text.split()[0]) for name, text in zip(head, row, strict=True) if name in numbers
        }
        for row in rows
    }


def in_db(peak: float) -> float:
    return float(20 * np.log10(peak))
