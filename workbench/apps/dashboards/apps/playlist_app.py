"""The Playlist maker app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench.apps.dashboards.apps.session_app import SessionApp
from workbench.apps.dashboards.views.compare_view import CompareView
from workbench.apps.dashboards.views.kept_view import KeptView
from workbench.apps.dashboards.views.library_actions import LOOKING, LibraryWatch, playlists_folder
from workbench.apps.dashboards.views.maker_view import MakerView
from workbench.apps.dashboards.views.map_view import MapView
from workbench.apps.dashboards.views.method_form import MethodForm
from workbench.apps.dashboards.views.page import empty_html, section
from workbench.apps.dashboards.views.recipes_view import RecipesView
from workbench.apps.dashboards.views.save_view import SaveView
from workbench.apps.dashboards.views.suggestions import Suggestions
from workbench.apps.dashboards.views.track_view import load_player
from workbench.apps.dashboards.widgets.player import Player
from workbench.readable import track_name

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist
    from workbench.session.workbench import Workbench
    from workbench.store.library.library_table import LibraryTable

AXES = "Principal components 1 (right) and 2 (up)"
EMPTY = (
    "No analyzed track yet, so there is nothing to make a playlist of. Open the Library app, choose a folder and "
    "press Analyze; this page notices by itself."
)


class PlaylistApp(SessionApp):
    """The playlist maker for one library."""

    def __init__(self, wb: Workbench) -> None:
        self._wb = wb
        self._watch = LibraryWatch(wb, self._fill, self._look)
        self._place = widgets.VBox()
        self.maker: MakerView | None = None
        super().__init__(wb, self._place, self._watch)
        self._fill(self._watch.table)

    def _fill(self, table: LibraryTable) -> None:
        if not table.analyzed.any():
            self._place.children = [widgets.HTML(empty_html(EMPTY if self._watch.looked else LOOKING))]
        elif self.maker is None:
            self.maker = self._make_view(table)
            self.kept = KeptView(self._wb.playlists, self.maker.show)
            self.recipes = RecipesView(self._wb.recipes, self.maker.form)
            self._place.children = [
                section("Kept playlists", self.kept),
                section("Recipes", self.recipes),
                self.maker,
            ]
        else:
            self.maker.table = self._suggestions.table = table
            self.maker.form.say_count()
            self._map.fill(table, self._wb.maps.principal(table)[0], axes=AXES)
            if self.maker.playlist is not None:
                self.maker.show(self.maker.playlist)

    def _look(self) -> None:
        if self.maker is not None:
            self.maker.compare.renew()
            self.kept.renew()
            self.recipes.renew()

    def _make_view(self, table: LibraryTable) -> MakerView:
        wb = self._wb
        self._suggestions = Suggestions(table, wb.playlists)
        self.player = Player()
        self.player.observe(self._follow, "playing")
        positions, _ = self._wb.maps.principal(table)
        self._map = MapView(
            table,
            positions,
            axes=AXES,
            height=360,
            on_open=self._play,
            on_select=lambda ids: None,
        )
        compare = CompareView(
            lambda: [(f"{kept.name} ({kept.size})", kept.id) for kept in wb.playlists()], wb.playlists.get
        )
        maker = MakerView(
            table,
            MethodForm(
                wb.playlists.methods,
                wb.playlists.common_parameters,
                self._suggestions,
                count=wb.playlists.count,
            ),
            SaveView(self._keep, playlists_folder(wb), wb.media),
            compare,
            self._map,
            self.player,
            make=self._generate,
            on_play=self._play,
            on_cross=self._cross,
        )
        maker.form.choose_start(int(table.ids[table.analyzed][0]))
        return maker

    def _generate(self, method: str, **parameters: Any) -> Playlist:
        return self._wb.playlists.draft(method, table=self._watch.table, **parameters)

    def _keep(self, playlist: Playlist) -> None:
        self._wb.playlists.keep(playlist)
        self._look()

    def _load(self, track_id: int) -> None:
        """Put a track into the player, and the shown playlist into its queue."""
        track, features = self._wb.track(track_id).to_dict(), self._wb.track.features(track_id)
        self.player.queue = self.maker.result.list.order if self.maker else []
        load_player(self.player, track_id, track_name(track), track["duration_s"], features)

    def _follow(self, change: Any) -> None:
        """Show the waveform of the track that the page plays next."""
        if change["new"] in self.player.queue:
            self._load(change["new"])

    def _play(self, track_id: int) -> None:
        self._load(track_id)
        self.player.play()

    def _cross(self, track_id: int) -> None:
        self._load(track_id)
        self.player.play_transition()
