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
from workbench.apps.dashboards.views.save_view import SaveView
from workbench.apps.dashboards.views.track_view import load_player
from workbench.apps.dashboards.widgets.player import Player
from workbench.readable import track_name

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist
    from workbench.session.workbench import Workbench
    from workbench.store.library.library_table import LibraryTable

CROSS_S = 4.0  # a usual crossfade of players; set by hand
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
            self._place.children = [section("Kept playlists", self.kept), self.maker]
        else:
            self.maker.table = table
            self._map.fill(table, self._wb.maps.principal(table)[0], axes=AXES)
            if self.maker.playlist is not None:
                self.maker.show(self.maker.playlist)

    def _look(self) -> None:
        if self.maker is not None:
            self.maker.compare.renew()
            self.kept.renew()

    def _make_view(self, table: LibraryTable) -> MakerView:
        wb = self._wb
        self.player = Player()
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
            MethodForm(table, wb.playlists.methods, wb.playlists.common_parameters),
            SaveView(self._keep, playlists_folder(wb)),
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

    def _load(self, track_id: int) -> float:
        """Put a track into the player and return its length in seconds."""
        track, features = self._wb.track(track_id).to_dict(), self._wb.track.features(track_id)
        load_player(self.player, track_id, track_name(track), track["duration_s"], features)
        return float(self.player.duration_s)

    def _play(self, track_id: int) -> None:
        self._load(track_id)
        self.player.play()

    def _cross(self, track_id: int, next_id: int) -> None:
        length_s = self._load(track_id)
        features, following = self._wb.track.features(track_id), self._wb.track.features(next_id)
        silence_s = (features.trailing_silence_s or 0.0) if features else 0.0
        start_s = (following.leading_silence_s or 0.0) if following else 0.0
        self.player.cross(
            next_id, fade_at_s=max(0.0, length_s - silence_s - CROSS_S), fade_s=CROSS_S, next_from_s=start_s
        )
