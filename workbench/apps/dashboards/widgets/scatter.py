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


class Scatter(anywidget.AnyWidget):
    """Points in the plane.

    Parameters
    ----------
    label : str
        What it is, for screen readers.
    empty : str
        What to show when there are no points.
    describe : callable
        Index of a point → the text shown on it.
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

    def place(self, positions: npt.NDArray[Any], coloring: Coloring, *, axes: str = "") -> None:
        """Draw points at ``positions``, shape (n, 2), in any unit, finite."""
        self._count = len(positions)
        with self.hold_sync():
            self.path = []
            self.chosen = b""
            self.axes = axes
            self.points = _fitted(positions).astype("<f4").tobytes()
            self.color(coloring)

    def color(self, coloring: Coloring) -> None:
        """Color the points, in the order in which they were placed."""
        with self.hold_sync():
            self.palette = list(coloring.palette)
            self.names = list(coloring.names)
            self.ramp = list(coloring.ramp)
            self.codes = coloring.codes.astype(np.uint8).tobytes()

    def choose(self, indices: npt.NDArray[Any]) -> None:
        """Bring these points to the front and dim the others; without points, show all alike."""
        mask = np.zeros(self._count, np.uint8)
        mask[indices] = 1
        self.chosen = mask.tobytes()

    def draw_path(self, indices: Sequence[int]) -> None:
        """Join points in order."""
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
    """Return positions moved and scaled, equally on both axes, to −1 … 1."""
    places = np.asarray(positions, np.float64).reshape(-1, 2)
    if not len(places):
        return places
    low, high = places.min(axis=0), places.max(axis=0)
    span = max(float((high - low).max()), 1e-12)
    fitted: npt.NDArray[np.float64] = (places - (low + high) / 2) / (span / 2)
    return fitted
