"""A track of an open library with a card, a plot and a player."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.analysis.features import headline
from workbench.cards.card import beside, card, facts, folded, problem
from workbench.cards.drawings import picture, player, waveform
from workbench.cards.html import Html, escaped, joined
from workbench.readable import track_name
from workbench.store.library.track import Track

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from workbench.analysis.features import TrackFeatures

PREVIEW_S = 30.0  # as long as the previews of shops; 400 kB in the notebook


class ShownTrack(Track):
    """A track that can read the curves of its features from its library.

    A copy that was pickled, or made with ``dataclasses.replace``, has no library and shows only its own values.
    """

    _read_features: Callable[[], TrackFeatures | None] | None = None

    @classmethod
    def of(cls, track: Track, read_features: Callable[[], TrackFeatures | None]) -> ShownTrack:
        """Return a track with a function that reads its features."""
        shown = cls(**vars(track))
        object.__setattr__(shown, "_read_features", read_features)
        return shown

    def plot(self) -> Figure:
        """Draw the waveform with sections, beats and the start of the preview."""
        from workbench.plots.drawing import message_figure
        from workbench.plots.track_plots import waveform as draw

        found = self._features()
        return (
            message_figure(f"{track_name(vars(self))} is not analyzed.")
            if found is None
            else draw(vars(found))
        )

    def play(self, *, start_s: float | None = None, seconds: float | None = PREVIEW_S) -> Html:
        """Return a player whose sound is stored in the notebook, so that it plays offline, without a server.

        Parameters
        ----------
        start_s : float, optional
            Where the sound begins; at the start of the preview by default.
        seconds : float, optional
            Length of the sound in the notebook; ``None`` for the rest of the track.

        Raises
        ------
        AudioError
            The file is missing or cannot be decoded.
        """
        from workbench.audio.excerpt import mp3_excerpt

        preview = self.features.get("preview_start_s")
        start = (preview or 0.0) if start_s is None else start_s
        name = track_name(vars(self))
        return card(name, player(mp3_excerpt(self.path, start_s=start, seconds=seconds), name))

    def __getstate__(self) -> dict[str, Any]:
        return _fields(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Track) and Track(**_fields(self)) == Track(**_fields(other))

    __hash__ = None  # type: ignore[assignment]

    def _features(self) -> TrackFeatures | None:
        return None if self._read_features is None else self._read_features()

    def _repr_html_(self) -> str:
        from workbench.audio.cover import small_cover

        found, cover, about = self._features(), small_cover(self.path), " · ".join(map(str, self._tags()))
        drawn = joined(
            problem(self.error),
            ""
            if found is None
            else waveform(
                found.waveform_peaks, duration_s=found.duration_s, sections_s=found.sections_s.tolist()
            ),
            facts([*headline(self.features), ("Status", "" if self.features else self.status)]),
        )
        return card(
            self.title or track_name({"path": self.path}),
            beside(picture(cover, "Cover"), drawn) if cover else drawn,
            "" if found is None else folded("All descriptors", found.descriptors_table()),
            facts([("File", self.path)]),
            about=escaped(about),
        )

    def _tags(self) -> list[str | int]:
        return [value for value in (self.artist, self.album, self.year, self.genre) if value]


def _fields(track: Track) -> dict[str, Any]:
    return {name: value for name, value in vars(track).items() if name != "_read_features"}
