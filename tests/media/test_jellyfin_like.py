"""Songs, hearts and plays of a server with Jellyfin's API; its answers are written from the API's documentation."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from mpd_server import NAMES, add_tracks

from workbench import MediaServerError, Workbench

PASSWORD, TOKEN, USER_ID = "correct horse", "0123abcd", "u1"


def item(number: int, path: str, **data: Any) -> dict[str, Any]:
    return {
        "Id": f"{number:032x}",
        "Name": f"Title {number}",
        "Artists": [f"Artist {number}"],
        "Album": None,
        "RunTimeTicks": 1_000_000,
        "Path": path,
        "ProviderIds": {},
        "UserData": {"PlayCount": 0, "IsFavorite": False} | data,
    }


class Handler(BaseHTTPRequestHandler):
    items: list[dict[str, Any]]
    broken = False

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if said == {"Username": "Ann", "Pw": PASSWORD}:
            self._send(200, {"AccessToken": TOKEN, "User": {"Id": USER_ID}})
        else:
            self._send(401, {"title": "Unauthorized"})

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if f'Token="{TOKEN}"' not in self.headers["Authorization"] or self.broken:
            self._send(500 if self.broken else 401, {"title": "no"})
        elif address.path == "/System/Info/Public":
            self._send(200, {"ProductName": "Jellyfin Server", "Version": "10.10.0"})
        elif address.path == f"/Users/{USER_ID}":
            self._send(200, {"Name": "Ann"})
        else:
            asked = parse_qs(address.query)
            start, limit = int(asked["StartIndex"][0]), 4  # fewer than are asked for
            self._send(200, {"Items": self.items[start : start + limit], "TotalRecordCount": len(self.items)})

    def _send(self, status: int, said: Any) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Handler.items = [item(number, f"/media/{name}") for number, name in enumerate(NAMES)]
    Handler.broken = False
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_its_songs_are_matched_and_what_is_liked_and_played_there_is_known(data_dir: Path, url: str) -> None:
    Handler.items[0]["UserData"] |= {"IsFavorite": True, "PlayCount": 3}
    Handler.items[0]["UserData"] |= {"LastPlayedDate": "2026-03-01T10:00:00.0000000Z"}
    Handler.items[1]["UserData"] |= {"Rating": 9}
    with Workbench(data_dir) as wb:
        add_tracks(wb, [f"/music/{name}" for name in NAMES])
        login = {"url": url, "user": "Ann", "kind": "jellyfin"}
        assert wb.media.add("jelly", **login, secret=PASSWORD) == "Jellyfin Server 10.10.0, user Ann"
        assert PASSWORD not in (data_dir / "media-servers.json").read_text()
        assert wb.media.check("jelly").endswith("Jellyfin Server 10.10.0, user Ann")
        pulled = wb.media.pull("jelly")
        assert [len(pulled.matched.sure), pulled.starred, pulled.rated, pulled.played] == [6, 1, 1, 1]
        assert wb.tracks["player_rating"].dropna().to_dict() == {2: 4.5}
        assert [song.song_id for song in wb.media.sonic.similar(f"{0:032x}", 2)] != []
        with pytest.raises(MediaServerError, match="takes playlists as files"):
            wb.media.send(wb.playlists.draft("random", size=2, random_state=0), "jelly")
        with pytest.raises(MediaServerError, match=r"refuses the login.* --kind jellyfin --url"):
            wb.media.add("jelly", **login, secret="wrong")
        Handler.broken = True
        with pytest.raises(MediaServerError, match=r"failed \(HTTP 500\)"):
            wb.media.match("jelly")
        Handler.broken, Handler.items = False, []
        with pytest.raises(MediaServerError, match="has no songs now; before, it had 6"):
            wb.media.match("jelly")
        assert len(wb.library.server_songs.of("jelly")) == 6
