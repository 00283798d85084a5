"""``/api/v1/tracks`` and ``/api/v1/stats``: the content of the library."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import urlencode

from workbench.apps.rest import schemas
from workbench.apps.rest.api_handler import ApiHandler
from workbench.apps.rest.operations import ID, LIMIT, OFFSET, TEXT, InvalidInputError, Operation
from workbench.playlists.query.cursor import Cursor
from workbench.playlists.query.listing import DEFAULT_COLUMNS, Listing
from workbench.values import Value, split_list


class TracksHandler(ApiHandler):
    operations: ClassVar = {
        "get": Operation(
            "Tracks in the order of sort; otherwise the best first with query, and in order of id without. "
            "next is the value of after for the next page, and null on the last page; CSV has it in the header Link. "
            "What models predict is in predicted, and what networks hear in sound_tags, apart from the tags. "
            "With fields, only the id and these columns of each track, also as CSV. "
            "With like, the analyzed tracks that sound so, the best first, with match, reasons and misses; "
            "notes say what was not understood; it goes together with where, limit, offset and after",
            query={
                "limit": LIMIT,
                "offset": OFFSET,
                "after": Value(
                    "next of the page before, of the same tracks in the same order; unlike offset, right while the "
                    "library changes",
                    str,
                    pattern="^([0-9]{1,18}|[A-Za-z_-][A-Za-z0-9_-]*)$",
                    default="0",
                ),
                "query": replace(
                    TEXT,
                    help="words that all occur in title, artist, album, genre or in the path below the library",
                ),
                "where": replace(TEXT, help="a filter, such as bpm 120-128 and key 8A"),
                "sort": replace(TEXT, help="columns, such as artist, year desc"),
                "fields": replace(TEXT, help="columns, such as title,artist,bpm,energy"),
                "format": Value("of the answer", str, choices=("json", "csv"), default="json"),
                "like": replace(
                    TEXT, help="words that say how it sounds, such as calm piano without singing"
                ),
                "status": Value(
                    "only these", str, choices=("pending", "analyzed", "failed", "missing"), default=None
                ),
            },
            answers={200: schemas.TRACKS},
            files="text/csv",
        )
    }

    async def get(self) -> None:
        self._refuse_ignored()
        if self.query["format"] == "csv":
            await self._send_csv()
        else:
            self.answer(await self.service.run(self._page))

    def _refuse_ignored(self) -> None:
        """Refuse parameters that cannot be combined, rather than ignore one of them."""
        if "like" in self.query:
            for name in ("query", "sort", "fields", "status"):
                if name in self.query:
                    raise InvalidInputError(name, "cannot be given together with like")
            if self.query["format"] == "csv":
                raise InvalidInputError("format", "csv cannot be given together with like")

    async def _send_csv(self) -> None:
        text, following = await self.service.run(self._csv)
        self.set_header("Content-Type", "text/csv; charset=utf-8; header=present")
        if following is not None:
            self.set_header("Link", f'<{self._address_of(following)}>; rel="next"')
        self.set_attachment_header("tracks.csv")
        self.finish(text)

    def _address_of(self, following: Cursor) -> str:
        others = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        others.pop("offset", None)
        return f"{self.request.path}?{urlencode(others | {'after': following})}"

    def _csv(self) -> tuple[str, Cursor | None]:
        _, page, following = self._listed()
        return "".join(page.csv(self._fields() or DEFAULT_COLUMNS)), following

    def _page(self) -> Any:
        page = {"limit": self.query["limit"], "offset": self.query["offset"]}
        if "like" in self.query:
            return page | self._like(**page)
        if self._fields() or any(map(self.query.get, ("query", "where", "sort"))):
            return page | self._table_page()
        tracks = self.service.workbench.track
        total, shown = tracks.find(status=self.query.get("status"), **page, after=self.query["after"])
        more = len(shown) == page["limit"]
        return page | {
            "total": total,
            "next": shown[-1].id if more else None,
            "tracks": tracks.described(shown),
        }

    def _table_page(self) -> dict[str, Any]:
        total, page, following = self._listed()
        tracks, fields = self.service.workbench.track, self._fields()
        told = list(page.records(fields)) if fields else tracks.described(tracks.listed(page))
        return {"total": total, "next": following, "tracks": told}

    def _listed(self) -> tuple[int, Listing, Cursor | None]:
        """Return the number of tracks, the tracks of this page, and the cursor of the next page."""
        found = self.service.workbench.track.listing(**self._which())
        offset = self.query["offset"]
        left = found.after(self.query["after"])
        page = left.page(offset, self.query["limit"])
        return len(found), page, page.next if len(left) > offset + len(page) else None

    def _which(self) -> dict[str, Any]:
        return {name: self.query.get(name) for name in ("query", "where", "status", "sort")}

    def _fields(self) -> list[str]:
        return [str(name) for name in split_list(self.query.get("fields", ""))]

    def _like(self, limit: int, offset: int) -> Any:
        workbench = self.service.workbench
        found = workbench.search(
            self.query.get("where"),
            like=self.query["like"],
            limit=limit,
            offset=offset,
            after=self.query["after"],
        )
        tracks = workbench.track.described_matches(found)
        return {"total": found.total, "next": found.next, "tracks": tracks, "notes": list(found.notes)}


class TrackHandler(ApiHandler):
    path_schemas: ClassVar = {"track_id": ID}
    operations: ClassVar = {
        "get": Operation("One track", answers={200: schemas.TRACK}, errors=(404,)),
    }

    async def get(self, _: str) -> None:
        self.answer(await self.service.run(self._track, self.path_values["track_id"]))

    def _track(self, track_id: int) -> Any:
        workbench = self.service.workbench
        return workbench.track.described([workbench.track(track_id)])[0]


class RatingHandler(ApiHandler):
    path_schemas: ClassVar = {"track_id": ID}
    operations: ClassVar = {
        "put": Operation(
            "Rate a track with 1 to 5 stars, halves included; null takes your rating back",
            body={"rating": Value("stars", float, low=1, high=5, default=None)},
            answers={200: schemas.RATING},
            errors=(404,),
        )
    }

    async def put(self, _: str) -> None:
        self.answer(await self.service.write(self._rate, self.path_values["track_id"], self.json_body()))

    def _rate(self, track_id: int, body: dict[str, Any]) -> Any:
        stars = body["rating"]
        if stars is not None and stars * 2 != int(stars * 2):
            raise InvalidInputError("rating", "must be whole or half stars")
        self.service.workbench.ratings.rate(track_id, stars)
        return self.service.workbench.ratings.stars(track_id)._asdict()


class ExcludedHandler(ApiHandler):
    path_schemas: ClassVar = {"track_id": ID}
    operations: ClassVar = {
        "put": Operation(
            "Keep a track out of every playlist that is made from now on, or allow it again",
            body={"excluded": Value("whether playlists leave it out", bool)},
            answers={204: None},
            errors=(404,),
        )
    }

    async def put(self, _: str) -> None:
        ratings = self.service.workbench.ratings
        change = ratings.exclude if self.json_body()["excluded"] else ratings.allow
        await self.service.write(change, self.path_values["track_id"])
        self.set_status(HTTPStatus.NO_CONTENT)


class PlaysHandler(ApiHandler):
    path_schemas: ClassVar = {"track_id": ID}
    operations: ClassVar = {
        "post": Operation(
            "Say that a track was listened to now; it counts as a play of your listening history",
            answers={204: None},
            errors=(404,),
        )
    }

    async def post(self, _: str) -> None:
        await self.service.write(self.service.workbench.history.add_play, self.path_values["track_id"])
        self.set_status(HTTPStatus.NO_CONTENT)


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
        pieces = await self.service.run(self._problems)
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        while piece := await self.service.run(next, pieces, ""):
            self.write(piece)
            await self.flush()

    def _problems(self) -> Iterator[str]:
        from workbench.session.problems import as_json

        table = self.service.workbench.table()
        return as_json(self.service.workbench.problems(table), table)


class ProblemStatsHandler(ApiHandler):
    operations: ClassVar = {
        "get": Operation(
            "How many tracks have a problem, and how many each kind has",
            answers={200: schemas.PROBLEM_COUNTS},
        )
    }

    async def get(self) -> None:
        from workbench.session.overview import problem_counts

        self.answer(await self.service.run(problem_counts, self.service.workbench))


class AnalysisStatsHandler(ApiHandler):
    operations: ClassVar = {
        "get": Operation("How much of the library is analyzed", answers={200: schemas.ANALYSIS})
    }

    async def get(self) -> None:
        self.answer(await self.service.run(self._stats))

    def _stats(self) -> Any:
        workbench = self.service.workbench
        return {**workbench.track.statistics(), "jobs": workbench.queue.counts()}
