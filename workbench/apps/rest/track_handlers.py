"""``/api/v1/tracks`` and ``/api/v1/stats``: what is in the library."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from workbench.apps.rest import schemas
from workbench.apps.rest.api_handler import ApiHandler
from workbench.apps.rest.operations import ID, LIMIT, MAX_ID, OFFSET, TEXT, Operation
from workbench.values import Value


class TracksHandler(ApiHandler):
    operations: ClassVar = {
        "get": Operation(
            "Tracks in order of id; query: words that all occur in title, artist, album, genre or path. "
            "next is the value of after for the next page, null on the last one. "
            "What models predict is in predicted, and what networks hear in sound_tags, apart from the tags. "
            "With like, the analyzed tracks that sound so, the best first, with match, reasons and misses; "
            "notes say what was not understood; query and status are not used then",
            query={
                "limit": LIMIT,
                "offset": OFFSET,
                "after": Value(
                    "next of the page before; as quick for the last page as for the first, unlike offset",
                    int,
                    low=0,
                    high=MAX_ID,
                    default=0,
                ),
                "query": TEXT,
                "like": Value(
                    "words that say how it sounds, such as calm piano without singing",
                    str,
                    most=500,
                    pattern="",
                    default=None,
                ),
                "status": Value(
                    "only these", str, choices=("pending", "analyzed", "failed", "missing"), default=None
                ),
            },
            answers={200: schemas.TRACKS},
        )
    }

    async def get(self) -> None:
        self.answer(await self.service.run(self._page, **self.query))

    def _page(
        self,
        *,
        limit: int,
        offset: int,
        after: int,
        query: str | None = None,
        like: str | None = None,
        status: str | None = None,
    ) -> Any:
        workbench = self.service.workbench
        if like is not None:
            return self._like(like, limit, offset)
        total, tracks = workbench.track.find(query, status=status, limit=limit, offset=offset, after=after)
        return {
            "total": total,
            "limit": limit,
            "offset": offset,
            "next": tracks[-1].id if len(tracks) == limit else None,
            "tracks": workbench.track.described(tracks),
        }

    def _like(self, like: str, limit: int, offset: int) -> Any:
        workbench = self.service.workbench
        found = workbench.search(like=like, limit=limit, offset=offset)
        tracks = workbench.track.described_matches(found)
        page = {"total": found.total, "limit": limit, "offset": offset, "next": None}
        return page | {"tracks": tracks, "notes": list(found.notes)}


class TrackHandler(ApiHandler):
    path_schemas: ClassVar = {"track_id": ID}
    operations: ClassVar = {"get": Operation("One track", answers={200: schemas.TRACK}, errors=(404,))}

    async def get(self, _: str) -> None:
        self.answer(await self.service.run(self._track, self.path_values["track_id"]))

    def _track(self, track_id: int) -> Any:
        workbench = self.service.workbench
        return workbench.track.described([workbench.track(track_id)])[0]


class SimilarHandler(ApiHandler):
    path_schemas: ClassVar = {"track_id": ID}
    operations: ClassVar = {
        "get": Operation(
            "The tracks nearest to one in sound, nearest first",
            query={"limit": replace(LIMIT, high=100, default=10)},
            answers={200: schemas.SIMILAR},
            errors=(404, 409),
        )
    }

    async def get(self, _: str) -> None:
        self.answer(await self.service.run(self._similar, self.path_values["track_id"], self.query["limit"]))

    def _similar(self, track_id: int, limit: int) -> Any:
        tracks = [
            {
                "id": track.id,
                "title": track.title,
                "artist": track.artist,
                **{name: track.explanation.get(name) for name in ("distance", "closer_than_percent", "near")},
                "explanation": dict(track.explanation),
            }
            for track in self.service.workbench.similar(track_id, limit)
        ]
        return {"id": track_id, "tracks": tracks}


class ProblemsHandler(ApiHandler):
    operations: ClassVar = {
        "get": Operation("What is wrong with the library, by kind", answers={200: schemas.PROBLEMS})
    }

    async def get(self) -> None:
        self.answer(await self.service.run(self._problems))

    def _problems(self) -> Any:
        table = self.service.workbench.table()
        return {"problems": [problem.to_dict(table) for problem in self.service.workbench.problems(table)]}


class AnalysisStatsHandler(ApiHandler):
    operations: ClassVar = {
        "get": Operation("How much of the library is analyzed", answers={200: schemas.ANALYSIS})
    }

    async def get(self) -> None:
        self.answer(await self.service.run(self._stats))

    def _stats(self) -> Any:
        workbench = self.service.workbench
        return {**workbench.track.statistics(), "jobs": workbench.queue.counts()}
