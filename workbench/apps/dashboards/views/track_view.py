"""Show one track: its tags, its curves over time, and its neighbors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np

from workbench.apps.dashboards.views.page import columns, empty_html, facts_html, heading
from workbench.apps.dashboards.widgets.chart import Chart
from workbench.apps.dashboards.widgets.grid import Grid, GridColumn
from workbench.apps.dashboards.widgets.player import Player
from workbench.audio.pitch_names import PITCH_NAMES
from workbench.models.predicted import predicted_text
from workbench.playlists.explanations import closeness_text
from workbench.playlists.sound.heard import heard_text
from workbench.readable import clock, key_name, number, track_name

if TYPE_CHECKING:
    from workbench.analysis.features import TrackFeatures

NEIGHBORS = (
    GridColumn("name", "Nearest in sound", 220, narrow=True),
    GridColumn("bpm", "Tempo (BPM)", 100, "{:.1f}".format, right=True),
    GridColumn("camelot", "Camelot", 80),
    GridColumn(
        "closer_than_percent",
        "Closer than",
        100,
        closeness_text,
        right=True,
        narrow=True,
        help="how many of all pairs of tracks are farther apart; by chance it is half of them",
    ),
)


class TrackView(widgets.VBox):  # type: ignore[misc]
    """Details of one track with a player.

    Parameters
    ----------
    on_open : callable
        Called with the id of a neighbor that was opened.
    advice : str
        Text that is shown instead of a track.
    below : widgets
        Further widgets about the track, below the player.
    """

    def __init__(
        self, on_open: Callable[[int], None], advice: str, *, below: Sequence[widgets.Widget] = ()
    ) -> None:
        self.player = Player()
        self._facts = widgets.HTML(empty_html(advice))
        self._title = heading("Track")
        self._loudness = Chart(
            "Loudness over time",
            "time (min:s)",
            "short-term (LUFS)",
            x_kind="clock",
            empty="Not analyzed yet",
        )
        self._chroma = Chart(
            "Pitch classes",
            "pitch class",
            "mean share",
            y_low=0.0,
            x_names=PITCH_NAMES,
            empty="Not analyzed yet",
        )
        self.neighbors = Grid(
            NEIGHBORS,
            label="Tracks that sound most alike",
            height=250,
            on_open=on_open,
            empty="Neighbors appear when the track and others are analyzed.",
        )
        self._details = widgets.VBox([columns(self._loudness, self._chroma), self.neighbors])
        self._details.layout.display = "none"
        super().__init__([self._title, self.player, *below, self._facts, self._details])

    def show(
        self,
        track: Mapping[str, Any],
        features: TrackFeatures | None,
        neighbors: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Show a track (``Track.to_dict()``), its features, and neighbors: table rows with ``closer_than_percent``."""
        name = track_name(track)
        self._title.value = heading(name).value
        self._facts.value = facts_html(_facts(track))
        self._load(track["id"], name, track, features)
        self._details.layout.display = ""
        self._curves(features)
        self.neighbors.fill(
            np.array([row["id"] for row in neighbors], np.int64),
            {
                "name": np.array([track_name(row) for row in neighbors], object),
                "camelot": np.array([row["camelot"] for row in neighbors], object),
                "bpm": np.array([_float(row["bpm"]) for row in neighbors]),
                "closer_than_percent": np.array([_float(row["closer_than_percent"]) for row in neighbors]),
            },
        )

    def _load(
        self, track_id: int, name: str, track: Mapping[str, Any], features: TrackFeatures | None
    ) -> None:
        load_player(self.player, track_id, name, track.get("duration_s"), features)

    def _curves(self, features: TrackFeatures | None) -> None:
        if features is None:
            self._loudness.draw([], {})
            self._chroma.draw([], {})
            return
        curve = features.loudness_curve_lufs
        self._loudness.draw(
            np.arange(len(curve)),
            {"loudness": np.where(curve > -70, curve, np.nan)},
            marks=features.sections_s.tolist(),
        )
        self._chroma.draw(np.arange(len(features.chroma_mean)), {"mean": features.chroma_mean})


def load_player(
    player: Player, track_id: int, name: str, duration_s: float | None, features: TrackFeatures | None
) -> None:
    """Load a track into a player, with its waveform and marks if they are known."""
    if features is None:
        player.load(track_id, name, duration_s=duration_s)
    else:
        player.load(
            track_id,
            name,
            duration_s=features.duration_s,
            peaks=features.waveform_peaks,
            beats_s=features.beats_s,
            sections_s=features.sections_s,
        )


def _facts(track: Mapping[str, Any]) -> list[tuple[str, str]]:
    values = dict(track["features"])
    facts = [
        ("Album", str(track.get("album") or "—")),
        ("Genre", str(track.get("genre") or "—")),
        ("Year", str(track.get("year") or "—")),
        ("Length", clock(track.get("duration_s"))),
    ]
    if values:
        facts += [
            (
                "Tempo",
                f"{number(values.get('bpm'), 'BPM')}, confidence {number(values.get('bpm_confidence'), '', 2)}",
            ),
            ("Key", f"{key_name(values)}, strength {number(values.get('key_strength'), '', 2)}"),
            (
                "Loudness",
                f"{number(values.get('loudness_lufs'), 'LUFS')}, range "
                f"{number(values.get('loudness_range_lu'), 'LU')}, true peak "
                f"{number(values.get('true_peak_dbtp'), 'dBTP')}",
            ),
            (
                "Timbre",
                f"spectral centroid {number(values.get('spectral_centroid_hz'), 'Hz', 0)}, brightness "
                f"{number(values.get('brightness'), '', 2)}",
            ),
            ("Danceability", number(values.get("danceability"), "", 2)),
        ]
    else:
        facts.append(("Analysis", track.get("error") or "Not analyzed yet: analyze its folder."))
    if predicted := predicted_text(track.get("predicted", {})):
        facts.append(("Predicted", predicted))
    if sound_tags := track.get("sound_tags"):
        facts.append(("Heard", heard_text(sound_tags)))
    return [*facts, ("File", str(track["path"]))]


def _float(value: Any) -> float:
    return float("nan") if value is None else float(value)
