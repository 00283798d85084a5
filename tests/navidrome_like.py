"""A small server with answers in Navidrome's format, by OpenSubsonic's specification; it can fail on request."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

USER, PASSWORD, API_KEY = "Ann", "correct horse", "key-1234"
DROP = "drop"
EXTENSIONS = [{"name": "formPost", "versions": [1]}, {"name": "apiKeyAuthentication", "versions": [1]}]

Form = dict[str, list[str]]
Fault = Callable[[str, Form], Any]
"""Gets a method and its form; returns nothing, ``DROP``, an error ``(code, message)``, or a page ``(status, body)``."""


class Refused(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def song(number: int, **more: Any) -> dict[str, Any]:
    """Return a song as Navidrome describes it."""
    return {
        "id": f"so-{number:05}",
        "parent": f"al-{number // 10}",
        "isDir": False,
        "title": f"Title {number}",
        "album": "Album",
        "artist": f"Artist {number}",
        "track": number % 10 + 1,
        "year": 1999,
        "size": 1000,
        "contentType": "audio/flac",
        "suffix": "flac",
        "duration": 180,
        "bitRate": 900,
        "path": f"Artist {number}/Album/{number:02} - Title {number}.flac",
        "created": "2026-01-02T03:04:05.123456789Z",
        "type": "music",
        "mediaType": "song",
        "musicBrainzId": "",
        "genres": [{"name": "Jazz"}],
        "replayGain": {},
    } | more


class NavidromeLike:
    """Songs and playlists of one user, behind tokens.

    Attributes
    ----------
    asked : list of (str, form)
        Every method that was called, with what was sent.
    """

    def __init__(self, songs: list[dict[str, Any]]) -> None:
        self.songs = songs
        self.playlists: dict[str, dict[str, Any]] = {}
        self.version, self.open_subsonic = "1.16.1", True
        self.empty_search = True
        self.fault: Fault = lambda method, form: None
        self.asked: list[tuple[str, Form]] = []
        self.urls: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                server.answer(self, parse_qs(self.rfile.read(length).decode(), keep_blank_values=True))

            def do_GET(self) -> None:
                server.answer(self, parse_qs(urlsplit(self.path).query, keep_blank_values=True))

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, request: BaseHTTPRequestHandler, form: Form) -> None:
        method = urlsplit(request.path).path.removeprefix("/rest/").removesuffix(".view")
        self.asked.append((method, form))
        self.urls.append(request.path)
        fault = self.fault(method, form)
        if fault == DROP:
            request.close_connection = True
            return
        if isinstance(fault, tuple) and isinstance(fault[1], bytes):
            self._send(request, *fault)
            return
        try:
            if fault:
                raise Refused(*fault)
            said = {"status": "ok"} | self._call(method, form)
        except Refused as error:
            said = {"status": "failed", "error": {"code": error.code, "message": error.message}}
        said |= {"version": self.version, "type": "navidrome", "serverVersion": "0.58.0"}
        if self.open_subsonic:
            said["openSubsonic"] = True
        self._send(request, 200, json.dumps({"subsonic-response": said}).encode())

    @staticmethod
    def _send(request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _call(self, method: str, form: Form) -> dict[str, Any]:
        if method == "getOpenSubsonicExtensions":
            return {"openSubsonicExtensions": EXTENSIONS}
        self._admit(form)
        found: Callable[[Form], dict[str, Any]] | None = getattr(self, f"_{method}", None)
        if found is None:
            raise Refused(0, f"unknown method {method}")
        return found(form)

    def _admit(self, form: Form) -> None:
        if form.get("apiKey") == [API_KEY] and "u" not in form:
            return
        if "t" not in form or "u" not in form:
            raise Refused(10, "missing parameter")
        token = hashlib.md5((PASSWORD + form["s"][0]).encode()).hexdigest()
        if form["u"] != [USER] or form["t"] != [token]:
            raise Refused(40, "Wrong username or password")

    def _ping(self, form: Form) -> dict[str, Any]:
        return {}

    def _search3(self, form: Form) -> dict[str, Any]:
        start, count = int(form["songOffset"][0]), int(form["songCount"][0])
        found = self.songs[start : start + count] if self.empty_search else []
        return {"searchResult3": {"song": found} if found else {}}

    def _getAlbumList2(self, form: Form) -> dict[str, Any]:
        albums = sorted({one["parent"] for one in self.songs})
        start, size = int(form["offset"][0]), int(form["size"][0])
        return {"albumList2": {"album": [{"id": one} for one in albums[start : start + size]]}}

    def _getAlbum(self, form: Form) -> dict[str, Any]:
        inside = [one for one in self.songs if one["parent"] == form["id"][0]]
        return {"album": {"id": form["id"][0], "song": inside[0] if len(inside) == 1 else inside}}

    def _getPlaylists(self, form: Form) -> dict[str, Any]:
        return {"playlists": {"playlist": [self._told(one) for one in self.playlists.values()]}}

    def _getPlaylist(self, form: Form) -> dict[str, Any]:
        one = self._playlist(form["id"][0])
        by_id = {known["id"]: known for known in self.songs}
        return {"playlist": self._told(one) | {"entry": [by_id[song_id] for song_id in one["songs"]]}}

    def _createPlaylist(self, form: Form) -> dict[str, Any]:
        name, songs = form["name"][0], self._known(form.get("songId", []))
        made = {"id": f"pl-{len(self.playlists) + 1}", "name": name, "owner": USER, "songs": songs}
        self.playlists[made["id"]] = made
        return {"playlist": self._told(made)}

    def _updatePlaylist(self, form: Form) -> dict[str, Any]:
        one = self._playlist(form["playlistId"][0])
        removed = {int(place) for place in form.get("songIndexToRemove", [])}
        added = self._known(form.get("songIdToAdd", []))
        one["songs"] = [kept for place, kept in enumerate(one["songs"]) if place not in removed] + added
        return {}

    def _deletePlaylist(self, form: Form) -> dict[str, Any]:
        del self.playlists[self._playlist(form["id"][0])["id"]]
        return {}

    def _known(self, song_ids: list[str]) -> list[str]:
        known = {one["id"] for one in self.songs}
        if not known.issuperset(song_ids):
            raise Refused(70, "data not found")
        return song_ids

    def _playlist(self, playlist_id: str) -> dict[str, Any]:
        if playlist_id not in self.playlists:
            raise Refused(70, "playlist not found")
        return self.playlists[playlist_id]

    @staticmethod
    def _told(one: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": one["id"],
            "name": one["name"],
            "owner": one["owner"],
            "songCount": len(one["songs"]),
            "coverArt": one["id"],
        }
