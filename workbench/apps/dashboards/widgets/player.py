"""Show a track with its waveform, sections and beats, and play it in the page. The server sends the sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anywidget
import numpy as np
import traitlets

from workbench.apps.dashboards.widgets.static_file import plain_style, script, style


class Player(anywidget.AnyWidget):
    """A track that can be played in the player of the page. Empty until :meth:`load`.

    The sound belongs to the page, not to this widget: it continues when another track is loaded here. The browser gets
    ``api/v1/tracks/{id}/audio`` from the server of the page, in ranges, so that a long file starts at once and none of
    it passes through the kernel.

    Attributes
    ----------
    playing : int
        Id of the track that the page plays, started by any widget; 0 for none. Observe it to mark that track.
    paused : bool
        Whether the player is paused.
    queue : list of int
        Ids of the tracks that are played after this one.
    """

    _esm = script("player_engine", "player_bar", "player")
    _css = style("player") + plain_style("player_bar")
    track_id = traitlets.Int(0).tag(sync=True)
    queue = traitlets.List(traitlets.Int()).tag(sync=True)
    playing = traitlets.Int(0).tag(sync=True)
    paused = traitlets.Bool(True).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    duration_s = traitlets.Float(0.0).tag(sync=True)
    peaks = traitlets.Bytes().tag(sync=True)
    beats = traitlets.Bytes().tag(sync=True)
    sections = traitlets.Bytes().tag(sync=True)

    def load(
        self,
        track_id: int,
        title: str,
        *,
        duration_s: float | None = None,
        peaks: Any = (),
        beats_s: Any = (),
        sections_s: Any = (),
    ) -> None:
        """Show a track, ready to play.

        Parameters
        ----------
        peaks : array, shape (n, 2)
            Minimum and maximum of the samples, full scale = 1.0, evenly spaced over the track.
        beats_s, sections_s : array, seconds
            The times of the beats, and the starts of the sections.
        """
        with self.hold_sync():
            self.track_id = track_id
            self.title = title
            self.duration_s = float(duration_s or 0.0)
            self.peaks = _as_int8(peaks)
            self.beats = _as_float32(beats_s)
            self.sections = _as_float32(sections_s)

    def play(self, at_s: float = 0.0) -> None:
        """Play this track, then the queue. Browsers allow this only after a click or a key press in the page."""
        self.send({"kind": "play", "at_s": at_s})

    def play_transition(self) -> None:
        """Play the last seconds of this track and the transition to the next track in the queue."""
        self.send({"kind": "play", "at_s": 0.0, "as_transition": True})

    def pause(self) -> None:
        self.send({"kind": "pause"})


def _as_int8(peaks: Sequence[Sequence[float]]) -> bytes:
    array = np.asarray(peaks, np.float32).reshape(-1, 2)
    return np.rint(np.clip(np.nan_to_num(array), -1, 1) * 127).astype(np.int8).tobytes()


def _as_float32(times_s: Sequence[float]) -> bytes:
    return np.asarray(times_s, "<f4").ravel().tobytes()
