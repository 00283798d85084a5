"""A player for one track, with a waveform, sections and beats. The server sends the sound by track id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anywidget
import numpy as np
import traitlets

from workbench.apps.dashboards.widgets.static_file import script, style


class Player(anywidget.AnyWidget):
    """An audio player. Empty until :meth:`load`.

    The browser fetches ``api/v1/tracks/{id}/audio`` from the server of the page, in ranges, so that a long file starts
    at once and none of it passes through the kernel.
    """

    _esm = script("player")
    _css = style("player")
    source = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    duration_s = traitlets.Float(0.0).tag(sync=True)
    position_s = traitlets.Float(0.0).tag(sync=True)
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
            Where beats are, and where sections start.
        """
        with self.hold_sync():
            self.source = audio_path(track_id)
            self.title = title
            self.duration_s = float(duration_s or 0.0)
            self.position_s = 0.0
            self.peaks = _as_int8(peaks)
            self.beats = _as_float32(beats_s)
            self.sections = _as_float32(sections_s)

    def play(self, at_s: float = 0.0) -> None:
        """Start to play; browsers allow it only after a click or key press in the page."""
        self.send({"kind": "play", "at_s": at_s})

    def pause(self) -> None:
        self.send({"kind": "pause"})

    def cross(self, next_id: int, *, fade_at_s: float, fade_s: float, next_from_s: float = 0.0) -> None:
        """Play from six seconds before ``fade_at_s``, then fade into another track within ``fade_s`` seconds."""
        self.send(
            {
                "kind": "crossing",
                "from_s": max(0.0, fade_at_s - 6.0),
                "fade_at_s": fade_at_s,
                "fade_s": fade_s,
                "next": audio_path(next_id),
                "next_from_s": next_from_s,
            }
        )


def audio_path(track_id: int) -> str:
    """Return the address of a track's sound, relative to the page's base URL."""
    return f"api/v1/tracks/{track_id}/audio"


def _as_int8(peaks: Sequence[Sequence[float]]) -> bytes:
    array = np.asarray(peaks, np.float32).reshape(-1, 2)
    return np.rint(np.clip(np.nan_to_num(array), -1, 1) * 127).astype(np.int8).tobytes()


def _as_float32(times_s: Sequence[float]) -> bytes:
    return np.asarray(times_s, "<f4").ravel().tobytes()
