"""Plots of literal values: what is drawn, and what is said where there is nothing to draw."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench import palette
from workbench.plots.library_plots import library_overview
from workbench.plots.performance_plots import performance_history
from workbench.plots.playlist_plots import playlist_curves
from workbench.plots.tagger_plots import confusion, learning_curves, reliability

PACKAGE = Path(workbench.__file__).parent
STATIC = PACKAGE / "apps/dashboards/widgets/static"


@pytest.fixture
def library() -> pd.DataFrame:
    """Three tracks, the last of which is not analyzed."""
    return pd.DataFrame(
        {
            "bpm": [120.0, 90.0, np.nan],
            "camelot": ["8A", "8A", None],
            "loudness_lufs": [-14.0, -9.5, np.nan],
            "spectral_centroid_hz": [1500.0, 2200.0, np.nan],
        },
        index=pd.Index([1, 2, 3], name="id"),
    )


def said(figure) -> list[str]:
    return [text.get_text() for axis in figure.axes for text in axis.texts]


def test_the_overview_draws_analyzed_tracks_with_units(library):
    figure = library_overview(library)
    assert figure.get_suptitle() == "2 analyzed tracks"
    assert all(axis.get_xlabel().endswith(")") for axis in figure.axes)
    heights = {bar.get_height() for bar in figure.axes[1].patches}
    assert heights == {0, 2}


def test_the_overview_takes_columns_as_well(library):
    columns = {name: library[name].to_numpy() for name in library}
    assert library_overview(columns).get_suptitle() == "2 analyzed tracks"


@pytest.mark.parametrize(
    "columns", [{}, {"bpm": [np.nan], "camelot": [None], "spectral_centroid_hz": [np.nan]}]
)
def test_the_overview_says_what_to_do_where_nothing_is_analyzed(columns):
    assert said(library_overview(columns)) == ["No track is analyzed yet: run wb.analyze(folder) first."]


def test_playlist_curves_follow_the_order_of_the_playlist(library):
    figure = playlist_curves(library.loc[[2, 1]], "Evening")
    assert figure.get_suptitle() == "Evening"
    tempo = figure.axes[0].lines[0]
    assert list(tempo.get_xdata()) == [1, 2]
    assert list(tempo.get_ydata()) == [90.0, 120.0]


def test_an_empty_playlist_says_so(library):
    assert said(playlist_curves(library.loc[[]])) == ["The playlist is empty."]


def test_performance_history_starts_each_axis_at_zero():
    rates = {
        "at": [0.0, 60.0],
        "tracks per minute": [3.0, 4.0],
        "queries per second": [10, 12],
        "hit rate": [50, 60],
    }
    figure = performance_history(rates)
    assert [axis.get_ylabel() for axis in figure.axes] == ["tracks/min", "queries/s", "cache hits (%)"]
    assert [axis.get_ylim()[0] for axis in figure.axes] == [0, 0, 0]


def test_no_history_says_how_to_get_one():
    assert "workbench serve" in said(performance_history({"at": []}))[0]


def test_learning_curves_have_a_value_an_epoch():
    figure = learning_curves({"loss": [2.0, 1.0], "val_loss": [2.1, 1.5], "accuracy": [0.2, 0.6]})
    assert [list(line.get_xdata()) for line in figure.axes[0].lines] == [[1, 2], [1, 2]]
    assert learning_curves({}).axes[0].lines[0].get_xdata().size == 0


def test_confusion_shows_counts_where_there_are_any():
    figure = confusion([[3, 1], [0, 2]], ["ambient", "techno"], label="genre")
    assert said(figure) == ["3", "1", "2"]
    assert figure.axes[0].get_ylabel() == "genre as labeled"


def test_reliability_leaves_empty_bins_out():
    figure = reliability({"counts": [0, 4], "confidence": [None, 0.8], "accuracy": [None, 0.75]})
    drawn = figure.axes[0].lines[1]
    assert (list(drawn.get_xdata()), list(drawn.get_ydata())) == ([0.8], [0.75])
    assert [bar.get_height() for bar in figure.axes[1].patches] == [0, 4]


def test_plots_do_not_stay_open():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    playlist_curves({"bpm": [1.0], "loudness_lufs": [-10.0]})
    assert plt.get_fignums() == before


class TestPalette:
    def test_pages_have_the_colors_of_the_palette(self):
        assert (STATIC / "palette.css").read_text() == palette.style_sheet(), (
            "run python -m workbench.palette"
        )

    def test_no_color_is_written_elsewhere(self):
        color = re.compile(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b(?![-\w])")
        painted = PACKAGE / "audio" / "demo" / "covers.py"  # pictures of their own, not parts of a page
        allowed = {PACKAGE / "palette.py", STATIC / "palette.css", painted}
        files = [path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".css", ".js", ".html", ".j2")]
        found = [
            f"{path.relative_to(PACKAGE)}: {match.group()}"
            for path in files
            if path not in allowed and "notebooks" not in path.parts
            for match in color.finditer(path.read_text())
        ]
        assert found == []

    @pytest.mark.parametrize("colors", [palette.CATEGORICAL, palette.LINES_ON_LIGHT, palette.LINES_ON_DARK])
    def test_colors_of_one_plot_differ(self, colors):
        assert len(set(colors)) == len(colors)
