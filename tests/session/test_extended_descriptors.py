"""DESCRIPTORS=extended in a library: who has them, who has not, and why tracks are analyzed again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from signals import tone

from workbench import Workbench


def test_a_library_with_and_without_works_and_is_completed(data_dir: Path, tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    soundfile.write(music / "first.wav", tone(220, 4), 44_100)
    with Workbench(data_dir, async_workers=1, memory_limit_percent=100) as wb:
        wb.analyze(music, show=False).result(timeout=120)
        assert wb.tracks["dissonance"].isna().all()
    soundfile.write(music / "second.wav", tone(330, 4) + tone(415, 4) / 2, 44_100)
    with Workbench(data_dir, async_workers=1, memory_limit_percent=100, descriptors="extended") as wb:
        plan = wb.analyze.plan(music)
        assert plan.counts == {"new": 1, "without the extended descriptors": 1}
        wb.analyze(music / "second.wav", show=False).result(timeout=120)
        assert wb.tracks["dissonance"].isna().sum() == 1
        found = wb.playlist("query", filter="dissonance >= 0", size=5, relax=True, random_state=0)
        assert [Path(track.path).name for track in found.tracks] == ["second.wav"]
        report = wb.analyze(music, show=False).result(timeout=120)
        assert (report.analyzed, report.cached) == (1, 1)
        assert wb.tracks["dissonance"].notna().all()
    with Workbench(data_dir, memory_limit_percent=100) as wb:
        assert not wb.analyze.plan(music).reasons
        assert np.isfinite(wb.tracks["pitch_salience"].astype(float)).all()
