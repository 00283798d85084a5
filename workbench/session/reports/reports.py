"""``wb.reports``: the content of the shipped reports on a library, a playlist, the performance and a tagger."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from workbench.errors import ModelError

if TYPE_CHECKING:
    from workbench.session.performance import Performance
    from workbench.session.playlists import Playlists
    from workbench.session.problems import Problem
    from workbench.session.reports.library_report import LibraryReport
    from workbench.session.reports.performance_report import PerformanceReport
    from workbench.session.reports.playlist_report import PlaylistReport
    from workbench.session.reports.tagger_report import TaggerCard
    from workbench.session.tagger import Tagger
    from workbench.settings import Settings
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable


class Reports:
    """The reports of one session."""

    def __init__(
        self,
        settings: Settings,
        library: Library,
        table: Callable[[], LibraryTable],
        problems: Callable[[], Sequence[Problem]],
        playlists: Playlists,
        performance: Performance,
        tagger: Tagger,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._library = library
        self._table = table
        self._problems = problems
        self._playlists = playlists
        self._performance = performance
        self._tagger = tagger
        self._now = now

    def library(self, since: date | None = None) -> LibraryReport:
        """Return the library report, and remember that it was made.

        Parameters
        ----------
        since : date, optional
            Tracks that were added from this day on are new; by default, those since the last report.
        """
        from workbench.session.reports.library_report import KEY, KIND, LibraryReport, kept_times, since_of

        library, table = self._library, self._table()
        kept = library.artifacts.get(KIND, KEY)
        times = [float(at) for at in kept.value["times"]] if kept else []
        new_since = since_of(since, times, self._now())
        made = LibraryReport(
            table,
            library.tracks.count_by_status(),
            library.tracks.added_since(new_since or 0.0),
            new_since,
            self._problems(),
        )
        value = {"times": kept_times(times, self._now())}
        library.artifacts.save(KIND, KEY, value, snapshot=str(library.version()))
        return made

    def playlist(self, playlist: int | str = "") -> PlaylistReport:
        """Return the report of a kept playlist; of the newest one by default.

        Raises
        ------
        UnknownPlaylistError
            There is none.
        """
        from workbench.session.reports.playlist_report import PlaylistReport

        kept = self._playlists()
        newest = kept[0].id if kept and not playlist else playlist
        return PlaylistReport(self._playlists.get(newest), self._table())

    def performance(self, *, hours: float = 24) -> PerformanceReport:
        """Return the performance report with the last hours."""
        from workbench.performance.live_series import rates
        from workbench.session.reports.performance_report import PerformanceReport

        history = rates(self._performance.history(hours=hours))
        return PerformanceReport(self._performance(), self._settings.to_dict(), history)

    def tagger(self, label: str = "genre") -> TaggerCard:
        """Return the report of a trained tagger.

        Raises
        ------
        ModelError
            No tagger was trained for this label, or it is damaged.
        """
        from workbench.session.reports.tagger_report import TaggerCard

        cards: list[dict[str, Any]] = self._tagger.trained()
        found = next((card for card in cards if card["label"] == label), None)
        if found is None:
            known = ", ".join(card["label"] for card in cards) or "none"
            raise ModelError(
                f"No tagger for {label!r} has been trained (trained: {known}). Train one: "
                f"workbench tagger train --label {label}.",
                label=label,
            )
        if "problem" in found:
            raise ModelError(f"The tagger for {label!r} is damaged: {found['problem']}", label=label)
        return TaggerCard(found)
