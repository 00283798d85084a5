"""``/api/v1/history``: the listening history, and the import of exports."""

from __future__ import annotations

from typing import Any, ClassVar

from workbench.apps.rest import schemas
from workbench.apps.rest.api_handler import ApiHandler
from workbench.apps.rest.operations import PATH, Operation
from workbench.audio.bounds import call_inside
from workbench.session.allowed_paths import allowed_file


class HistoryHandler(ApiHandler):
    operations: ClassVar = {
        "get": Operation(
            "Sources of your listening history, with counts and times", answers={200: schemas.HISTORY}
        ),
        "post": Operation(
            "Import an export of ListenBrainz, Last.fm, Spotify, Apple Music or iTunes; a second time adds nothing",
            body={"file_path": PATH},
            answers={200: schemas.IMPORTED_HISTORY},
            errors=(403,),
        ),
    }

    async def get(self) -> None:
        sources = await self.service.run(self.service.workbench.history)
        self.answer({"sources": [source._asdict() for source in sources]})

    async def post(self) -> None:
        self.answer(await self.service.write(self._import, self.json_body()["file_path"]))

    def _import(self, path: str) -> dict[str, Any]:
        roots = self.service.settings.library_roots
        read = self.service.workbench.history.read
        return call_inside(roots, read, allowed_file(path, roots)).to_dict()
