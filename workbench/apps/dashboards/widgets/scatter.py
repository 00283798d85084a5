"""A map of points with zoom, hover and lasso, drawn in the browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import numpy as np
import numpy.typing as npt
import traitlets

from workbench.apps.dashboards.widgets.static_file import script, style
from workbench.plots.coloring import Coloring

_OUTLIERS_PERCENT = 2.0  # on each side; chosen: a few odd tracks must not compress all others
_MARGIN = 0.05  # of half the map, for outliers


class Scatter(anywidget.AnyWidget):
    """A widget that shows points in the plane.

    Parameters
    ----------
    label : str
        Description of the map for screen readers.
    empty : str
        Text that is shown if there are no points.
    describe : callable
        Takes the index of a point and returns its text.
    on_open : callable
        Called with the index of a point that was clicked or entered.
    on_select : callable
        Called with the indices (int64 array) inside a lasso.
    """

    _esm = script("scatter")
    _css = style("scatter")
    points = traitlets.Bytes().tag(sync=True)
    codes = traitlets.Bytes().tag(sync=True)
    chosen = traitlets.Bytes().tag(sync=True)
    palette = traitlets.List(traitlets.Unicode()).tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    ramp = traitlets.List(traitlets.Unicode()).tag(sync=True)
    other = traitlets.Int(-1).tag(sync=True)
    unknown = traitlets.Int(-1).tag(sync=True)
    track_ids = traitlets.Bytes().tag(sync=True)
    path = traitlets.List(traitlets.Int()).tag(sync=True)
    axes = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    empty = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int(520).tag(sync=True)

    def __init__(
        self,
        *,
        label: str,
        empty: str,
        describe: Callable[[int], str],
        on_open: Callable[[int], None],
        on_select: Callable[[npt.NDArray[np.int64]], None],
        height: int = 520,
    ) -> None:
        super().__init__(label=label, empty=empty, height=height)
        self._describe, self._on_open, self._on_select = describe, on_open, on_select
        self._count = 0
        self.on_msg(self._receive)

    def place(
        self,
        positions: npt.NDArray[Any],
        coloring: Coloring,
        *,
        axes: str = "",
        track_ids: npt.NDArray[Any] | None = None,
    ) -> None:
        """Draw points at ``positions``, shape (n, 2), in any unit, finite.

        Parameters
        ----------
        track_ids : int array, shape (n,), optional
            Ids of the tracks of the points, so that the point of the track that plays can pulse.
        """
        self._count = len(positions)
        with self.hold_sync():
            self.path = []
            self.chosen = b""
            self.axes = axes
            self.track_ids = b"" if track_ids is None else np.asarray(track_ids).astype("<i4").tobytes()
            self.points = _fitted(positions).astype("<f4").tobytes()
            self.color(coloring)

    def color(self, coloring: Coloring) -> None:
        """Color the points, in the order in which they were placed."""
        with self.hold_sync():
            self.palette = list(coloring.palette)
            self.names = list(coloring.names)
            self.ramp = list(coloring.ramp)
            self.other, self.unknown = coloring.other, coloring.unknown
            self.codes = coloring.codes.astype(np.uint8).tobytes()

    def choose(self, indices: npt.NDArray[Any]) -> None:
        """Bring these points to the front and dim the others; without points, show all points equally."""
        mask = np.zeros(self._count, np.uint8)
        mask[indices] = 1
        self.chosen = mask.tobytes()

    def draw_path(self, indices: Sequence[int]) -> None:
        """Draw lines between points in order."""
        self.path = [int(index) for index in indices]

    def _receive(self, widget: Any, content: dict[str, Any], buffers: Sequence[Any]) -> None:
        match content:
            case {"kind": "hover", "index": int(index)} if 0 <= index < self._count:
                self.send({"kind": "tip", "index": index, "text": self._describe(index)})
            case {"kind": "open", "index": int(index)} if 0 <= index < self._count:
                self._on_open(index)
            case {"kind": "select"} if buffers:
                indices = np.frombuffer(buffers[0], "<u4").astype(np.int64)
                indices = indices[indices < self._count]
                self.choose(indices)
                self._on_select(indices)


def _fitted(positions: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return positions moved and scaled (equally on both axes) so that most are in −1 … 1, and outliers at the edge."""
    places = np.asarray(positions, np.float64).reshape(-1, 2)
    if not len(places):
        return places
    low, high = np.percentile(places, (_OUTLIERS_PERCENT, 100 - _OUTLIERS_PERCENT), axis=0)
    span = max(float((high - low).max()), 1e-12)
    scaled = (places - (low + high) / 2) / (span / 2)
    beyond = np.maximum(np.abs(scaled) - 1, 0)
    fitted: npt.NDArray[np.float64] = np.clip(scaled, -1, 1) + np.sign(scaled) * _MARGIN * np.tanh(beyond)
    return fitted
