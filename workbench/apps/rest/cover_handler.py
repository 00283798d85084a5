"""``/api/v1/tracks/{id}/cover``: the picture of a track."""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar

from tornado.web import HTTPError

from workbench.apps.rest.api_handler import ApiHandler
from workbench.apps.rest.operations import ID, Operation
from workbench.audio.bounds import call_inside
from workbench.audio.cover import small_cover
from workbench.errors import LibraryPathError
from workbench.session.allowed_paths import allowed_file

COVER_KEPT_S = 24 * 3600  # set by hand: a browser requests the cover of a track again after a day


class CoverHandler(ApiHandler):
    path_schemas: ClassVar = {"track_id": ID}
    operations: ClassVar = {
        "get": Operation("The track's cover as a small JPEG", answers={200: "image/jpeg"}, errors=(403, 404))
    }

    async def get(self, _: str) -> None:
        cover = await self.service.run(self._cover, self.path_values["track_id"])
        if cover is None:
            raise HTTPError(HTTPStatus.NOT_FOUND, "This track has no cover.")
        self.set_header("Content-Type", "image/jpeg")
        self.set_header("Cache-Control", f"private, max-age={COVER_KEPT_S}")
        self.finish(cover)

    def _cover(self, track_id: int) -> bytes | None:
        track, roots = self.service.workbench.track(track_id), self.service.settings.library_roots
        try:
            return call_inside(roots, small_cover, allowed_file(track.path, roots))
        except LibraryPathError as error:
            if error.kind == "path":  # the file is missing
                return None
            raise
