from __future__ import annotations

import numpy as np
import pytest

from workbench.playlists.dj.beat_grid import beat_grid
from workbench.playlists.dj.cue_points import cue_points

SCALARS = {"duration_s": 200.0, "leading_silence_s": 0.4, "trailing_silence_s": 2.0}


def test_even_beats_have_one_point() -> None:
    rng = np.random.default_rng(0)
    beats = 0.31 + np.arange(800) * 60 / 127.97 + rng.normal(0, 0.004, 800)
    [point] = beat_grid(beats)
    assert point.bpm == pytest.approx(127.97, abs=0.011)
    assert point.at_s == pytest.approx(0.31, abs=0.005)
    assert point.beat == 1


def test_a_few_beats_off_the_grid_do_not_break_it() -> None:
    beats = 0.2 + np.arange(200) * 0.5
    beats[::20] += 0.06
    assert len(beat_grid(beats)) == 1


def test_a_change_of_tempo_starts_a_new_point_on_its_beat() -> None:
    slow = np.arange(41) * 0.6
    fast = slow[-1] + np.arange(1, 81) * 0.5
    points = beat_grid(np.concatenate([slow, fast]))
    assert [point.bpm for point in points] == [100, 120]
    assert [point.at_s for point in points] == pytest.approx([0, slow[-1] + 0.5], abs=0.001)
    assert points[1].beat == (len(slow) - 1 + round((points[1].at_s - slow[-1]) / 0.5)) % 4 + 1


def test_a_drift_is_followed() -> None:
    beats = np.cumsum(60 / np.linspace(100, 112, 300))
    points = beat_grid(beats, 3)
    assert 2 < len(points) < 60
    for point, after in zip(points, [*points[1:], None], strict=True):
        end = beats[-1] + 0.1 if after is None else after.at_s - 0.1
        part = beats[(beats > point.at_s - 0.1) & (beats < end)]
        lines = point.at_s + np.arange(len(part)) * 60 / point.bpm
        assert np.mean(np.abs(part - lines) <= 0.02) >= 0.9
    assert {point.beat for point in points} <= {1, 2, 3}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_beats_have_no_grid(count: int) -> None:
    assert beat_grid(np.arange(count) * 0.5) == []


def test_cue_points_stand_on_beats_and_only_measured_things_have_names() -> None:
    series = {
        "sections_s": np.array([0.0, 30.2, 61.9, 90.0]),
        "section_novelty": np.array([1.0, 0.9, 0.5, 0.2]),
    }
    beats = 0.4 + np.arange(400) * 0.5
    cues = cue_points({**SCALARS, "preview_start_s": 61.9, "fade_out_s": 8.0}, series, beats)
    assert [(cue.name, cue.pad) for cue in cues] == [
        ("Start", 0), ("Section 2", None), ("Loudest part", 1), ("Section 4", None), ("Fade out", 2),
    ]  # fmt: skip
    assert [cue.at_s for cue in cues] == pytest.approx([0.4, 30.4, 61.9, 89.9, 190.0], abs=1e-6)


def test_only_the_clearest_sections_are_cue_points() -> None:
    starts = np.arange(20) * 10.0
    series = {"sections_s": starts, "section_novelty": np.r_[1.0, np.linspace(1, 0.1, 19)]}
    cues = cue_points(SCALARS, series, np.zeros(0))
    assert [cue.name for cue in cues] == ["Start", *(f"Section {number}" for number in range(2, 10))]
