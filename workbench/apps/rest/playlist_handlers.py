"""``/api/v1/playlists``: make, list, fetch in any format, delete."""

from __future__ import annotations

from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Any, ClassVar

from jupyter_server.utils import url_path_join

from workbench.apps.rest import schemas
from workbench.apps.rest.api_handler import ApiHandler
from workbench.apps.rest.operations import ID, TEXT, InvalidInputError, Operation
from workbench.audio.bounds import staying_inside
from workbench.errors import PlaylistFileError
from workbench.session.allowed_paths import allowed_file
from workbench.values import RANDOM_STATE, REQUIRED, SIZE, Value

NAME = Value("name to keep it under", str, most=200, pattern="^[^\\u0000-\\u001f]+$", default=None)
_FORMAT = (
    "of the file: json, m3u8, xspf, jspf, pls, csv, xml (Rekordbox), nml (Traktor), or that of a plug-in"
)


class PlaylistsHandler(ApiHandler):
    operations: ClassVar = {
        "get": Operation(
            "Playlists that are kept, newest first: the newest of each name, or with a name all kept under it",
            query={"name": TEXT},
            answers={200: schemas.PLAYLISTS},
        )
    }

    async def get(self) -> None:
        kept = await self.service.run(self.service.workbench.playlists, self.query.get("name"))
        self.answer({"total": len(kept), "playlists": [asdict(summary) for summary in kept]})


class MethodsHandler(ApiHandler):
    operations: ClassVar = {
        "get": Operation(
            "How playlists can be made: every method with its parameters, and those that all methods share",
            answers={200: schemas.METHODS},
        )
    }

    async def get(self) -> None:
        playlists = self.service.workbench.playlists
        self.answer(
            {
                "methods": [method.to_dict() for method in playlists.methods.values()],
                "common": [parameter.to_dict() for parameter in playlists.common_parameters.values()],
            }
        )


class CompareHandler(ApiHandler):
    operations: ClassVar = {
        "get": Operation(
            "What two kept playlists share: tracks, order, cost of the transitions",
            query={"a": ID, "b": ID},
            answers={200: schemas.COMPARISON},
            errors=(404,),
        )
    }

    async def get(self) -> None:
        compare = self.service.workbench.playlists.compare
        self.answer((await self.service.run(compare, self.query["a"], self.query["b"])).to_dict())


class AgainHandler(ApiHandler):
    path_schemas: ClassVar = {"playlist_id": ID}
    operations: ClassVar = {
        "post": Operation(
            "Make a kept playlist again from its recipe: the same tracks on the same library",
            answers={201: schemas.PLAYLIST},
            errors=(404, 409),
        )
    }

    async def post(self, _: str) -> None:
        again = self.service.workbench.playlists.again
        made = await self.service.write(again, self.path_values["playlist_id"])
        self.answer(made.to_dict(), HTTPStatus.CREATED)


class RefreshHandler(ApiHandler):
    path_schemas: ClassVar = {"playlist_id": ID}
    operations: ClassVar = {
        "post": Operation(
            "Bring a kept playlist up to date: what still fits stays, what is new comes in; the old one is history",
            answers={201: schemas.REFRESHED},
            errors=(404, 409),
        )
    }

    async def post(self, _: str) -> None:
        refresh = self.service.workbench.playlists.refresh
        made = await self.service.write(refresh, self.path_values["playlist_id"])
        self.answer(made.to_dict(), HTTPStatus.CREATED)


class GenerateHandler(ApiHandler):
    operations: ClassVar = {
        "post": Operation(
            "Make a playlist and keep it; parameters are the method's, the order's and the constraints'",
            body={
                "method": Value("name of a method", str, most=100),
                "name": NAME,
                "size": SIZE,
                "random_state": RANDOM_STATE,
                "parameters": Value("of the method, the order and the constraints", dict, default={}),
            },
            answers={201: schemas.PLAYLIST},
            errors=(404, 409),
        )
    }

    async def post(self) -> None:
        body = self.json_body()
        made = await self.service.write(self._generate, body)
        self.set_header("Location", url_path_join(self.base_url, "api/v1/playlists", str(made["id"])))
        self.answer(made, HTTPStatus.CREATED)

    def _generate(self, body: dict[str, Any]) -> dict[str, Any]:
        parameters = body.pop("parameters")
        if twice := sorted(body.keys() & parameters.keys()):
            raise InvalidInputError(f"parameters.{twice[0]}", "must stand beside parameters, not inside")
        for file in (parameters.get("history"), parameters.get("playlist")):
            if isinstance(file, str) and "/" in file:
                allowed_file(file, self.service.settings.library_roots)
        with staying_inside(self.service.settings.library_roots):
            return self.service.workbench.playlists.make(**body, **parameters).to_dict()


class PlaylistHandler(ApiHandler):
    path_schemas: ClassVar = {"playlist_id": ID}
    operations: ClassVar = {
        "get": Operation(
            "One playlist, as JSON or as a file",
            query={"format": Value(_FORMAT, str, pattern="^[a-z0-9]{1,12}$", default="json")},
            answers={200: {"anyOf": [schemas.PLAYLIST, schemas.JSPF]}},
            files="*/*",
            errors=(404,),
        ),
        "patch": Operation(
            "Give a playlist, with its history, another name",
            body={"name": replace(NAME, default=REQUIRED)},
            answers={200: schemas.PLAYLIST},
            errors=(404,),
        ),
        "delete": Operation("Delete a playlist", answers={204: None}, errors=(404,)),
    }

    async def get(self, _: str) -> None:
        playlists = self.service.workbench.playlists
        playlist_id, format = self.path_values["playlist_id"], self.query["format"]
        if format == "json":
            self.answer((await self.service.run(playlists.get, playlist_id)).to_dict())
            return
        try:
            name, media_type, data = await self.service.run(playlists.file, playlist_id, format)
        except PlaylistFileError as error:
            raise InvalidInputError("format", error.message) from error
        self.set_header("Content-Type", media_type)
        self.set_attachment_header(name)
        self.finish(data)

    async def patch(self, _: str) -> None:
        playlists, playlist_id = self.service.workbench.playlists, self.path_values["playlist_id"]
        await self.service.write(playlists.rename, playlist_id, self.json_body()["name"])
        self.answer((await self.service.run(playlists.get, playlist_id)).to_dict())

    async def delete(self, _: str) -> None:
        await self.service.write(self.service.workbench.playlists.delete, self.path_values["playlist_id"])
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()
