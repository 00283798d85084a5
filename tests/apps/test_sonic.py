"""Media servers and players that ask for similar songs and paths, over HTTP."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import libopensonic
import pytest

from workbench import Workbench
from workbench.store.library.records import ServerSong

TOKEN = "a token that nobody guesses"


@pytest.fixture(scope="module")
def sonic_server(
    serve: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory, analyzed_data_dir: Path
) -> Iterator[Any]:
    """A server with the demo, whose tracks are songs of "navi"; the match of one that no test asks for is doubtful."""
    folder = tmp_path_factory.mktemp("sonic") / "data"
    shutil.copytree(analyzed_data_dir, folder, ignore=shutil.ignore_patterns("demo"))
    with Workbench(folder) as wb:
        ids = [int(id_) for id_ in wb.table().ids]
        songs = [ServerSong(f"so-{id_}", track_id=id_, by="path", score=1.0) for id_ in ids]
        doubtful = unlike_track_2(wb)
        wb.library.server_songs.replace(
            "navi", [song._replace(score=0.4) if song.track_id == doubtful else song for song in songs]
        )
        wb.library.server_songs.replace("other", [ServerSong("so-1", track_id=9, by="path", score=1.0)])
    yield serve(data_dir=folder, WORKBENCH_TOKEN=TOKEN)


def unlike_track_2(wb: Workbench) -> int:
    """Return a track that no test asks for; which track has which id is chance, by the order of the analysis."""
    return next(id_ for id_ in reversed(wb.similar(2, len(wb.table()) - 1).track_ids) if id_ not in (1, 7, 9))


@pytest.fixture(scope="module")
def similar(sonic_server: Any) -> list[int]:
    """What REST says is similar to track 2."""
    headers = {"Authorization": f"token {TOKEN}"}
    found = sonic_server.get("tracks/2/similar", params={"limit": 5}, headers=headers).json()["tracks"]
    return [track["id"] for track in found]


def ask(running: Any, path: str, **parameters: Any) -> httpx.Response:
    return running.client.get(path, params=parameters, headers={"Authorization": f"Bearer {TOKEN}"})


def test_a_player_that_knows_the_extension_gets_similar_songs_and_a_path(
    sonic_server: Any, similar: list[int]
) -> None:
    host, port = sonic_server.url.rstrip("/").rsplit(":", 1)
    for login in ({"username": "me", "password": TOKEN}, {"api_key": TOKEN}):
        player = libopensonic.Connection(host, port=int(port), app_name="test", **login)
        try:
            assert player.ping()
            assert "sonicSimilarity" in {one.name for one in player.get_open_subsonic_extensions()}
            found = player.get_sonic_similar_tracks("so-2", count=5)
            assert [match.entry.id for match in found] == [f"so-{id_}" for id_ in similar]
            assert all(0 <= match.similarity <= 1 for match in found)
            assert [match.similarity for match in found] == sorted(
                (match.similarity for match in found), reverse=True
            )
            path = player.find_sonic_path("so-2", "so-7", count=6)
            assert [path[0].entry.id, path[-1].entry.id, len(path)] == ["so-2", "so-7", 6]
            assert len({match.entry.id for match in path}) == 6
            assert path[0].similarity == 1
            with pytest.raises(
                libopensonic.errors.DataNotFoundError, match="No analyzed track is known as song"
            ):
                player.get_sonic_similar_tracks("so-none")
        finally:
            player.cleanup()


def test_xml_is_what_json_is(sonic_server: Any) -> None:
    json = ask(sonic_server, "rest/getSonicSimilarTracks", id="so-2", count=3, f="json").json()
    assert json["subsonic-response"]["status"] == "ok"
    assert json["subsonic-response"]["openSubsonic"] is True
    answer = ask(sonic_server, "rest/getSonicSimilarTracks.view", id="so-2", count=3)
    root = ElementTree.fromstring(answer.content)
    space = "{http://subsonic.org/restapi}"
    assert (root.tag, root.get("status"), root.get("openSubsonic")) == (
        f"{space}subsonic-response",
        "ok",
        "true",
    )
    matches = root.findall(f"{space}sonicMatch")
    told = []
    for match in matches:
        entry = match.find(f"{space}entry")
        told.append((float(match.get("similarity")), entry.get("id"), entry.get("title")))
    wanted = json["subsonic-response"]["sonicMatch"]
    assert told == [(one["similarity"], one["entry"]["id"], one["entry"]["title"]) for one in wanted]
    found = ask(sonic_server, "rest/getOpenSubsonicExtensions").content
    names = [one.get("name") for one in ElementTree.fromstring(found)]
    assert names == ["formPost", "apiKeyAuthentication", "sonicSimilarity"]


def test_plugins_for_audiomuse_get_what_they_read(sonic_server: Any, similar: list[int]) -> None:
    more = {"eliminate_duplicates": "true", "radius_similarity": "true", "server": "navi"}
    found = ask(sonic_server, "api/similar_tracks", item_id="so-2", n=5, **more).json()
    assert [one["item_id"] for one in found] == [f"so-{id_}" for id_ in similar]
    assert all(one.keys() == {"item_id", "title", "author", "album", "distance"} for one in found)
    asked = {"start_song_id": "so-2", "end_song_id": "so-7", "max_steps": 5, "path_fix_size": "false"}
    answer = ask(sonic_server, "api/find_path", **asked).json()
    path = answer["path"]
    assert [path[0]["item_id"], path[-1]["item_id"], len(path)] == ["so-2", "so-7", 5]
    assert answer["total_distance"] == pytest.approx(sum(one["distance"] for one in path))
    for parameters, status in (({"item_id": "so-none"}, 404), ({}, 400), ({"item_id": "so-2", "n": 0}, 400)):
        answer = ask(sonic_server, "api/similar_tracks", **parameters)
        assert (answer.status_code, answer.json().keys()) == (status, {"error"})


def test_the_server_is_named_where_two_have_the_song(sonic_server: Any) -> None:
    answer = ask(sonic_server, "api/similar_tracks", item_id="so-1")
    assert (answer.status_code, "Several servers" in answer.json()["error"]) == (404, True)
    assert len(ask(sonic_server, "api/similar_tracks", item_id="so-1", n=3, server="navi").json()) == 3
    assert ask(sonic_server, "api/similar_tracks", item_id="so-1", server="other").json() == []
    assert (
        "Matched: navi, other"
        in ask(sonic_server, "api/similar_tracks", item_id="x", server="y").json()["error"]
    )


def test_a_doubtful_song_is_no_answer(sonic_server: Any) -> None:
    with Workbench(sonic_server.data_dir) as wb:
        doubtful = f"so-{unlike_track_2(wb)}"
    assert ask(sonic_server, "api/similar_tracks", item_id=doubtful).status_code == 404
    found = ask(sonic_server, "api/similar_tracks", item_id="so-2", n=1000).json()
    assert doubtful not in {one["item_id"] for one in found}


@pytest.mark.parametrize(
    ("login", "code"),
    [
        ({}, 10),
        ({"u": "me", "p": "wrong"}, 40),
        ({"u": "me", "p": "enc:zz"}, 40),
        ({"apiKey": "wrong"}, 40),
        ({"u": "me", "t": hashlib.md5(b"wrongsalt").hexdigest(), "s": "salt"}, 40),
        ({"u": "me", "p": TOKEN}, None),
        ({"u": "me", "p": "enc:" + TOKEN.encode().hex()}, None),
        ({"u": "me", "t": hashlib.md5(f"{TOKEN}salt".encode()).hexdigest(), "s": "salt"}, None),
    ],
)
def test_the_token_is_asked_for(sonic_server: Any, login: dict[str, str], code: int | None) -> None:
    asked = {"id": "so-2", "count": "2", "f": "json"} | login
    for answer in (
        sonic_server.client.get("rest/getSonicSimilarTracks", params=asked),
        sonic_server.client.post("rest/getSonicSimilarTracks.view", data=asked),
    ):
        said = answer.json()["subsonic-response"]
        assert said.get("error", {}).get("code") == code, said
    assert sonic_server.client.get("api/similar_tracks", params={"item_id": "so-2"}).status_code == 401


def test_other_methods_and_too_long_forms_are_refused(sonic_server: Any) -> None:
    answer = ask(sonic_server, "rest/getArtists.view", f="json")
    assert (answer.status_code, answer.json()["subsonic-response"]["error"]["code"]) == (404, 0)
    answer = sonic_server.client.post("rest/ping", data={"x": "y" * 100_000})
    assert answer.status_code in (400, 413)
