"""A new version of the analysis: what is done again, what is not, and what is said before."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import signals
import soundfile

from workbench import Workbench
from workbench.analysis.features import VERSION, stale


def test_only_what_an_older_version_analyzed_is_done_again(data_dir: Path, tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    for bpm in (90, 120, 150):
        soundfile.write(music / f"{bpm}.wav", signals.click_track(bpm, 4), 44100)
    with Workbench(data_dir, async_workers=1) as wb:
        wb.analyze(music).result()
        track = wb.track("120")
        record = wb.library.features.get(track.content_hash)
        older = dataclasses.replace(record, version=VERSION - 1, scalars=record.scalars | {"bpm": 1.0})
        wb.library.features.save(track.content_hash, older)
        assert wb.analyze.plan(music).counts == {stale(VERSION - 1): 1}
    command = [sys.executable, "-m", "workbench", "analyze", str(music), "--data-dir", str(data_dir)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    first = done.stderr.splitlines()[0]
    assert f"1 to analyze (1 {stale(VERSION - 1)})" in first and "2 known and unchanged" in first
    assert "1 analyzed, 2 cached" in done.stdout
    with Workbench(data_dir) as wb:
        assert wb.track.features("120").bpm > 100
        assert wb.track.features("120").version == VERSION
