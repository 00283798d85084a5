"""Figures and table of a track."""

from __future__ import annotations

import pytest
import signals

from workbench.plots import track_plots as plots


@pytest.fixture(scope="module", params=["song", "silence"])
def features(request, analyze, song):
    return analyze(song if request.param == "song" else signals.silence(2))


def test_axes_are_labeled_with_units(features):
    for figure in (plots.waveform(vars(features)), plots.tempo_candidates(vars(features))):
        for axis in figure.axes:
            assert "(" in axis.get_xlabel() and "(" in axis.get_ylabel()


def test_waveform_shows_beats_and_sections(analyze, song):
    features = analyze(song)
    axis = plots.waveform(vars(features), start_s=4, end_s=8).axes[0]
    beats = next(line for line in axis.lines if line.get_label() == "beats")
    assert len(beats.get_xdata()) == pytest.approx(8, abs=1)
    assert axis.get_xlim() == (4, 8)


def test_descriptor_table(features):
    table = features.to_frame()
    assert table.loc["duration_s", "value"] == features.duration_s
    assert table.loc["duration_s", "unit"] == "s"
    assert ("bpm" in table.index) == (features.bpm is not None)
    assert not table["value"].isna().any()
