"""Make a playlist: method and parameters, the result, changes by hand, save and export, compare."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets as widgets

from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.compare_view import CompareView
from workbench.apps.dashboards.views.method_form import MethodForm
from workbench.apps.dashboards.views.page import beside, button, note_html, panel, problem_html, row, section
from workbench.apps.dashboards.views.result_view import ResultView
from workbench.apps.dashboards.views.save_view import SaveView
from workbench.errors import WorkbenchError
from workbench.playlists.edits import in_order, kept_in_place

if TYPE_CHECKING:
    from workbench.apps.dashboards.views.map_view import MapView
    from workbench.playlists.playlist import Playlist
    from workbench.store.library.library_table import LibraryTable

Make = Callable[..., "Playlist"]


class MakerView(widgets.VBox):  # type: ignore[misc]
    """All parts of the playlist maker.

    Parameters
    ----------
    make : callable
        ``make(method, **parameters)`` returns a playlist; called on a thread.
    on_play, on_cross : callable
        Called with the id of a track to play, or of a track whose transition to the next is to be played.
    """

    def __init__(
        self,
        table: LibraryTable,
        form: MethodForm,
        save: SaveView,
        compare: CompareView,
        map_view: MapView,
        player: widgets.Widget,
        *,
        make: Make,
        on_play: Callable[[int], None],
        on_cross: Callable[[int], None],
    ) -> None:
        self.table, self.form, self.save, self.compare = table, form, save, compare
        self._run = make
        self.playlist: Playlist | None = None
        self.make_button = button("Make playlist", self.make, primary=True)
        self.again_button = button(
            "Make the rest again",
            self.make_rest,
            tooltip="Keeps the locked tracks in their places and makes the others anew",
        )
        self.line = widgets.HTML()
        self.result = ResultView(
            on_play=on_play, on_cross=on_cross, on_order=self._reorder, map_view=map_view
        )
        super().__init__(
            [
                beside(
                    panel(form, row(self.make_button, self.again_button), self.line),
                    panel(self.save, player, self.result),
                ),
                section("Compare with an earlier playlist", compare),
            ]
        )
        self._enable()

    def make(self) -> None:
        """Make a playlist with the values of the form."""
        asked = self.form.values()
        self._begin(lambda: self._run(**asked))

    def make_rest(self) -> None:
        """Keep the locked tracks in their places, and choose the others again."""
        if self.playlist is None:
            return
        before, locked = self.playlist.track_ids, set(self.result.list.locked)
        others = [track_id for track_id in before if track_id not in locked]
        asked = self.form.values() | {"include": sorted(locked)}
        if int(self.table.analyzed.sum()) - len(before) >= len(others):
            asked["exclude"] = others

        def work() -> Playlist:
            made = self._run(**asked)
            return (
                in_order(made, self.table, kept_in_place(before, made.track_ids, locked)) if locked else made
            )

        self._begin(work)

    def show(self, playlist: Playlist) -> None:
        """Show a playlist that was made or changed."""
        self.playlist = playlist
        self.result.show(playlist, self.table)
        self.save.offer(playlist)
        self.compare.show(playlist)
        self._enable()

    def _begin(self, work: Callable[[], Playlist]) -> None:
        self.make_button.disabled = self.again_button.disabled = True
        self.line.value = note_html("Choosing tracks …")
        in_background(work, self._made, self._refused)

    def _made(self, playlist: Playlist) -> None:
        self.line.value = ""
        self.show(playlist)

    def _refused(self, message: str) -> None:
        self._enable()
        self.line.value = problem_html(message)

    def _enable(self) -> None:
        self.make_button.disabled = False
        self.again_button.disabled = self.playlist is None

    def _reorder(self, order: list[int]) -> None:
        if self.playlist is None:
            return
        try:
            self.show(in_order(self.playlist, self.table, order))
        except WorkbenchError as error:
            self._refused(str(error))
