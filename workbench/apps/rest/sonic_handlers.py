"""Sonic similarity for media servers and their players, in the ids of the server's songs.

``/rest/…`` is the extension ``sonicSimilarity`` of OpenSubsonic. ``/api/similar_tracks`` and ``/api/find_path`` are
the requests of the plugins of Navidrome and Jellyfin to an AudioMuse-AI server.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import parse_qs

from tornado.web import HTTPError

from workbench.apps.rest.api_handler import PASSED_BY_BYTES, ApiHandler
from workbench.apps.rest.errors_to_status import error_answer
from workbench.apps.rest.operations import InvalidInputError, Operation, read_query
from workbench.apps.rest.subsonic_answers import written
from workbench.errors import UnknownTrackError
from workbench.values import Value

_SONG = Value("id of a song on the media server", str, least=1, most=500)
_SERVER = Value(
    "which of several media servers, by the name that it was added under", str, most=64, default=None
)
_MOST = 1000  # set by hand: more than any player requests


def _count(default: int) -> Value:
    return Value("how many songs", int, low=1, high=_MOST, default=default)


class SonicHandler(ApiHandler):
    """The base of handlers for requests of other programs, whose other parameters are ignored."""

    def _validate_address(self) -> None:
        self.query = {}

    def asked(self, known: Mapping[str, Value], given: Mapping[str, str]) -> dict[str, Any]:
        """Return the values of the known parameters."""
        return read_query(known, {name: text for name, text in given.items() if name in known and text})

    def _given(self) -> dict[str, str]:
        return {name: self.get_query_argument(name) for name in self.request.query_arguments}


class AudioMuseHandler(SonicHandler):
    """The base of handlers for plugins of AudioMuse-AI, which expect errors as ``{"error": …}``."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        status, _, body = error_answer(status_code, kwargs.get("exc_info"))
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish({"error": body["message"]})

    @staticmethod
    def _told(song: Any) -> dict[str, Any]:
        facts = song.facts
        named = {"title": facts.get("title"), "author": facts.get("artist"), "album": facts.get("album")}
        return {"item_id": song.song_id, **named, "distance": round(1 - song.similarity, 6)}


class SimilarTracksHandler(AudioMuseHandler):
    parameters: ClassVar = {"item_id": _SONG, "n": _count(10), "server": _SERVER}
    operations: ClassVar = {
        "get": Operation("Songs that sound like one, for AudioMuse-AI plugins", query=parameters)
    }

    async def get(self) -> None:
        asked = self.asked(self.parameters, self._given())
        self.answer(await self.service.run(self._similar, asked))

    def _similar(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        sonic = self.service.workbench.media.sonic
        songs = sonic.similar(asked["item_id"], asked["n"], server=asked.get("server"))
        return [self._told(song) for song in songs]


class FindPathHandler(AudioMuseHandler):
    parameters: ClassVar = {
        "start_song_id": _SONG,
        "end_song_id": _SONG,
        "max_steps": _count(25),
        "server": _SERVER,
    }
    operations: ClassVar = {
        "get": Operation("A path between two songs, for AudioMuse-AI plugins", query=parameters)
    }

    async def get(self) -> None:
        asked = self.asked(self.parameters, self._given())
        self.answer(await self.service.run(self._path, asked))

    def _path(self, asked: dict[str, Any]) -> dict[str, Any]:
        start, end, steps = (asked[name] for name in ("start_song_id", "end_song_id", "max_steps"))
        songs = self.service.workbench.media.sonic.path(start, end, steps, server=asked.get("server"))
        path = [self._told(song) for song in songs]
        return {"path": path, "total_distance": round(sum(song["distance"] for song in path), 6)}


class SubsonicHandler(SonicHandler):
    """The methods of OpenSubsonic that are answered here. Errors are answers with status 200 and a code."""

    most_bytes = PASSED_BY_BYTES  # before the login is known
    operations: ClassVar = {"get": Operation("OpenSubsonic"), "post": Operation("OpenSubsonic, as a form")}
    extensions: ClassVar = ("formPost", "apiKeyAuthentication", "sonicSimilarity")
    parameters: ClassVar = {
        "getSonicSimilarTracks": {"id": _SONG, "count": _count(10), "server": _SERVER},
        "findSonicPath": {
            "startSongId": _SONG,
            "endSongId": _SONG,
            "count": _count(25),
            "server": _SERVER,
        },
    }

    async def prepare(self) -> None:  # type: ignore[override]
        self.request.uri = self.request.path  # JupyterLab logs it, and the login may be in the query
        await super().prepare()
        if self._refusal is None:
            # The login may be in the form only. More is read than is kept, so that the client gets the answer.
            self.request.connection.set_max_body_size(16 * PASSED_BY_BYTES)  # type: ignore[union-attr]

    async def _authenticate(self) -> None:
        """Wait for the form, because the login may be in it."""
        self.current_user = self._jupyter_current_user = None

    async def get(self, method: str) -> None:
        await self._answer(method, self._given())

    async def post(self, method: str) -> None:
        form = parse_qs(bytes(self._body).decode(errors="replace"), keep_blank_values=True)
        await self._answer(method, self._given() | {name: values[0] for name, values in form.items()})

    async def _answer(self, method: str, given: Mapping[str, str]) -> None:
        try:
            said = await self._said(method, given)
        except _SubsonicError as error:
            said = {"error": {"code": error.code, "message": str(error)}}
        except InvalidInputError as error:
            said = {"error": {"code": 10, "message": str(error)}}
        except UnknownTrackError as error:
            said = {"error": {"code": 70, "message": error.message}}
        self._write(said, given.get("f", "xml"))

    def _write(self, said: Mapping[str, Any], format: str) -> None:
        media_type, body = written(said, format)
        self.set_header("Content-Type", media_type)
        self.set_header("Cache-Control", "no-store")
        self.finish(body)

    async def _said(self, method: str, given: Mapping[str, str]) -> dict[str, Any]:
        if method == "getOpenSubsonicExtensions":
            return {"openSubsonicExtensions": [{"name": name, "versions": [1]} for name in self.extensions]}
        await self._admit_user(given)
        if method == "ping":
            return {}
        if method == "tokenInfo":
            return {"tokenInfo": {"username": "workbench"}}
        if method not in self.parameters:
            self.set_status(HTTPStatus.NOT_FOUND)
            raise _SubsonicError(0, f"{method} is not answered here: only what songs sound like.")
        return await self.service.run(self._matches, method, self.asked(self.parameters[method], given))

    def _matches(self, method: str, asked: dict[str, Any]) -> dict[str, Any]:
        sonic, server = self.service.workbench.media.sonic, asked.get("server")
        if method == "findSonicPath":
            songs = sonic.path(asked["startSongId"], asked["endSongId"], asked["count"], server=server)
        else:
            songs = sonic.similar(asked["id"], asked["count"], server=server)
        return {
            "sonicMatch": [
                {"entry": _child(song.song_id, song.facts), "similarity": round(song.similarity, 6)}
                for song in songs
            ]
        }

    async def _admit_user(self, given: Mapping[str, str]) -> None:
        """Allow the users of REST, and clients with its token as API key, as password, or as salt and MD5."""
        try:
            await super()._authenticate()
        except HTTPError:
            token = self.identity_provider.token
            if not token or not _knows(token, given):
                login = {"apiKey", "u", "p", "t"} & given.keys()
                raise _SubsonicError(
                    40 if login else 10,
                    "Wrong login: the password, for any user, and the API key are the token of this workbench.",
                ) from None

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        _, _, body = error_answer(status_code, kwargs.get("exc_info"))
        self.set_status(status_code)
        self._write({"error": {"code": 0, "message": body["message"]}}, self.get_query_argument("f", "xml"))


class _SubsonicError(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def _knows(token: str, given: Mapping[str, str]) -> bool:
    """Whether a login of the Subsonic API proves that the client knows the token."""
    if "apiKey" in given:
        return _same(given["apiKey"], token)
    if "t" in given and "s" in given:
        wanted = hashlib.md5((token + given["s"]).encode(), usedforsecurity=False).hexdigest()
        return _same(given["t"].lower(), wanted)
    password = given.get("p", "")
    if password.startswith("enc:"):
        try:
            password = binascii.unhexlify(password[4:]).decode()
        except ValueError:
            return False
    return _same(password, token)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _child(song_id: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a song in the format of OpenSubsonic."""
    whole = {"duration": "duration_s", "year": "year", "track": "track_number", "discNumber": "disc_number"}
    numbers = {name: round(facts[fact]) for name, fact in whole.items() if fact in facts}
    texts = {name: facts[name] for name in ("album", "artist", "genre") if name in facts}
    return {"id": song_id, "isDir": False, "title": facts["title"], "type": "music", **texts, **numbers}


ROUTES = (
    (r"/rest/([A-Za-z0-9]+)(?:\.view)?", SubsonicHandler),
    (r"/api/similar_tracks", SimilarTracksHandler),
    (r"/api/find_path", FindPathHandler),
)
"""Addresses that other programs have defined, so they are not in our OpenAPI document."""
