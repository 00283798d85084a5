"""What is asked of a server of Navidrome's kind, and what becomes of its failures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from navidrome_like import API_KEY, DROP, PASSWORD, USER, Form, NavidromeLike, song

from workbench import MediaServerError, Workbench
from workbench.apps.dashboards.views.save_view import SaveView
from workbench.media import answers, subsonic_playlists
from workbench.store.library.records import FeatureRecord, ScannedFile

COUNT = 8


@pytest.fixture
def server() -> Iterator[NavidromeLike]:
    found = NavidromeLike([song(number) for number in range(COUNT)])
    yield found
    found.close()


@pytest.fixture
def wb(data_dir: Path, server: NavidromeLike) -> Iterator[Workbench]:
    with Workbench(data_dir) as found:
        add_files(found, [f"/music/{one['path']}" for one in server.songs])
        found.media.add("navi", url=server.url, user=USER, secret=PASSWORD)
        yield found


def add_files(wb: Workbench, paths: list[str], **tags: object) -> None:
    start = len(wb.table())
    for n, path in enumerate(paths, start):
        wb.library.files.add([ScannedFile(path, 1000 + n, n, f"{n:032x}", tags)])
        wb.library.features.save(
            f"{n:032x}", FeatureRecord(1, {"bpm": 100.0, "duration_s": 180.0}, [0.0] * 8, {}, 1.0)
        )


def playlist(wb: Workbench, ids: list[int], name: str = "Party"):
    made = wb.playlists.draft("random", include=ids, size=len(ids), random_state=0, name=name)
    order = {id: position for position, id in enumerate(ids)}
    return replace(made, tracks=tuple(sorted(made, key=lambda track: order[track.id])))


def stored(server: NavidromeLike, name: str = "Party") -> list[int]:
    """Return the numbers of the songs of a playlist, beginning with 1 as track ids do."""
    [found] = [one for one in server.playlists.values() if one["name"] == name]
    return [int(song_id.removeprefix("so-")) + 1 for song_id in found["songs"]]


def test_the_password_never_leaves_and_is_not_kept(
    wb: Workbench, server: NavidromeLike, data_dir: Path
) -> None:
    wb.media.send(playlist(wb, [1, 2]), "navi")
    assert wb.media.check("navi").endswith("navidrome 0.58.0, Subsonic 1.16.1, OpenSubsonic")
    kept = (data_dir / "media-servers.json").read_text()
    assert PASSWORD not in kept
    assert all("p" not in form and PASSWORD not in str(form) for _, form in server.asked)
    assert all("?" not in url for url in server.urls), "a URL is written into logs"
    [token] = {form["t"][0] for _, form in server.asked if "t" in form}
    assert token in kept


def test_an_api_key_needs_no_user(wb: Workbench, server: NavidromeLike) -> None:
    wb.media.add("key", url=server.url, secret=API_KEY)
    wb.media.send(playlist(wb, [1, 2], "By key"), "key")
    assert stored(server, "By key") == [1, 2]
    with pytest.raises(MediaServerError, match="refuse"):
        wb.media.add("key", url=server.url, secret="wrong")


def test_songs_are_matched_by_path_then_id_then_tags(data_dir: Path) -> None:
    with Workbench(data_dir) as wb:
        add_files(wb, ["/mnt/music/A/One/1.flac", "/mnt/music/A/One/2.flac", "/other/A/One/1.flac"])
        add_files(wb, ["/elsewhere/x.flac"], musicbrainz_recording_id="mb-1")
        add_files(wb, ["/elsewhere/y.flac"], title="Café (feat. Bo)", artist="Zoë")
        add_files(wb, ["/elsewhere/z.flac"], title="Longer", artist="Zoë")
        add_files(wb, ["/elsewhere/01.flac"])
        server = NavidromeLike(
            [
                song(0, path="/srv/A/One/1.flac"),
                song(1, path="/srv/a/ONE/2.flac"),
                song(2, path="made/up.flac", musicBrainzId="mb-1"),
                song(3, path="made/up too.flac", title="Cafe", artist="Zoë", duration=181),
                song(4, path="made/up three.flac", title="Longer", artist="Zoë", duration=300),
                song(5, path="some/where/01.flac"),
            ]
        )
        try:
            wb.media.add("navi", url=server.url, user=USER, secret=PASSWORD)
            matched = wb.media.match("navi")
            assert [(song.track_id, song.by) for song in matched.sure] == [
                (1, "path"), (2, "path"), (4, "MusicBrainz id"), (5, "tags"),
            ]  # fmt: skip
            [doubtful] = matched.doubtful
            assert (doubtful.song_id, doubtful.track_id, doubtful.by) == ("so-00004", 6, "tags")
            assert [song.song_id for song in matched.unknown] == ["so-00005"]
            with pytest.raises(MediaServerError, match="has no doubtful song 'so-00001'"):
                wb.media.match("navi", accept=["so-00001"])
            assert len(wb.media.match("navi", accept=["so-00004"]).sure) == 5
            assert [song.by for song in wb.media.match("navi").sure if song.track_id == 6] == ["you"]
            prefixes = {"/other": "/srv"}
            wb.media.add("navi", url=server.url, user=USER, secret=PASSWORD, prefixes=prefixes)
            assert wb.media.match("navi").songs[0].track_id == 3
        finally:
            server.close()


def test_songs_are_read_in_pages_and_album_by_album_where_an_empty_search_finds_none(data_dir: Path) -> None:
    server = NavidromeLike([song(number) for number in range(1203)])
    try:
        with Workbench(data_dir) as wb:
            wb.media.add("navi", url=server.url, user=USER, secret=PASSWORD)
            assert len(wb.media.match("navi").songs) == 1203
            assert sum(method == "search3" for method, _ in server.asked) == 4
            server.empty_search, server.songs = False, server.songs[:21]
            assert len(wb.media.match("navi").songs) == 21  # the last album has one song
    finally:
        server.close()


def test_plays_become_columns_and_history(wb: Workbench, server: NavidromeLike) -> None:
    server.songs[0] |= {
        "playCount": 12,
        "played": "2026-03-01T10:00:00Z",
        "starred": "2026-01-01T00:00:00.5Z",
    }
    server.songs[1] |= {"playCount": 3, "played": "2025-01-01T10:00:00Z", "userRating": 5}
    server.songs[2] |= {"playCount": "nonsense", "userRating": 9, "played": "yesterday"}
    assert wb.media.pull("navi").new_plays == 2
    server.songs[0] |= {"playCount": 13, "played": "2026-03-02T10:00:00Z"}
    assert wb.media.pull("navi").new_plays == 1
    tracks = wb.tracks
    assert tracks["plays"][tracks["plays"] > 0].to_dict() == {1: 13, 2: 3}
    assert tracks["last_played_at"].max().isoformat() == "2026-03-02T10:00:00+00:00"
    found = {text: [track.id for track in wb.search(text).tracks] for text in (
        "last_played_at < 2025-06-01", "last_played_at > 2026-03-02", "last_played_at = 2026-03-02",
        "last_played_at >= 2026-03-02", "plays > 3",
    )}  # fmt: skip
    assert list(found.values()) == [[2], [], [1], [1], [1]]
    made = wb.playlist("fingerprint", history="plays", size=2, random_state=0)
    assert {track.explanation["seed"] for track in made} <= {1, 2}


def test_thousands_of_songs_are_sent_in_parts(data_dir: Path) -> None:
    count = 1500
    server = NavidromeLike([song(number) for number in range(count)])
    try:
        with Workbench(data_dir) as wb:
            scanned = [
                ScannedFile(f"/music/{one['path']}", 1, n, f"{n:032x}") for n, one in enumerate(server.songs)
            ]
            wb.library.files.add(scanned)
            wb.media.add("navi", url=server.url, user=USER, secret=PASSWORD)
            there = list(range(1, count + 1))
            made = wb.playlists.of_tracks(there[:3])
            whole = replace(wb.playlists.of_tracks(there), name="Big")
            wb.media.send(whole, "navi")
            assert stored(server, "Big") == [track.id for track in whole]
            backwards = replace(whole, tracks=tuple(reversed(whole.tracks)))
            wb.media.send(backwards, "navi")
            assert stored(server, "Big") == [track.id for track in backwards]
            assert len(server.playlists) == 1
            sent = [len(form.get("songIdToAdd", [])) + len(form.get("songIndexToRemove", [])) + len(
                form.get("songId", [])) for _, form in server.asked]  # fmt: skip
            assert max(sent) <= subsonic_playlists.AT_ONCE
            assert made.tracks
    finally:
        server.close()


@pytest.mark.parametrize(
    "failure", [(50, "not authorized"), (0, "disk full"), DROP, (500, b"oops"), (200, b"<html>")]
)
@pytest.mark.parametrize("parts", [1, 400])
def test_a_refusal_half_way_leaves_the_list_as_it_was(
    wb: Workbench, server: NavidromeLike, monkeypatch: pytest.MonkeyPatch, failure: object, parts: int
) -> None:
    monkeypatch.setattr(subsonic_playlists, "AT_ONCE", parts)
    wb.media.send(playlist(wb, [1, 2, 3]), "navi")
    left = 2 if parts == 1 else 0

    def once(method: str, form: object) -> object:
        nonlocal left
        if method != "updatePlaylist":
            return None
        left -= 1
        return failure if left == -1 else None

    server.fault = once
    with pytest.raises(
        MediaServerError, match=r"^navi \(http.* did not take the new 'Party', so it is as it was"
    ):
        wb.media.send(playlist(wb, [4, 2, 5, 6]), "navi")
    assert left < 0
    assert stored(server) == [1, 2, 3]
    server.fault = lambda method, form: None
    wb.media.send(playlist(wb, [4, 2, 5, 6]), "navi")
    assert stored(server) == [4, 2, 5, 6]


def test_a_new_list_that_fails_half_way_is_removed(
    wb: Workbench, server: NavidromeLike, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subsonic_playlists, "AT_ONCE", 2)
    server.fault = lambda method, form: (0, "no more") if method == "updatePlaylist" else None
    with pytest.raises(MediaServerError, match=r"failed: no more. Its log may say why"):
        wb.media.send(playlist(wb, [1, 2, 3]), "navi")
    assert server.playlists == {}


def test_a_new_list_whose_making_is_not_answered_is_removed(wb: Workbench, server: NavidromeLike) -> None:
    def makes_it_and_drops(method: str, form: Form) -> object:
        return server._createPlaylist(form) and DROP if method == "createPlaylist" else None

    server.fault = makes_it_and_drops
    with pytest.raises(MediaServerError, match="cannot be reached"):
        wb.media.send(playlist(wb, [1, 2]), "navi")
    assert not server.playlists
    server.fault = lambda method, form: None
    wb.media.send(playlist(wb, [1, 2]), "navi")
    assert stored(server) == [1, 2]


def test_what_cannot_be_put_back_is_said(wb: Workbench, server: NavidromeLike) -> None:
    wb.media.send(playlist(wb, [1, 2, 3]), "navi")
    gone = False

    def dies(method: str, form: object) -> object:
        nonlocal gone
        gone = gone or method == "updatePlaylist"
        return DROP if gone else None

    server.fault = dies
    with pytest.raises(
        MediaServerError, match=r"may be incomplete there\. Send it again when the server answers"
    ):
        wb.media.send(playlist(wb, [4, 5, 6]), "navi")


def test_the_app_sends_to_a_server_by_name(wb: Workbench, server: NavidromeLike, tmp_path: Path) -> None:
    view = SaveView(wb.playlists.keep, tmp_path, wb.media)
    assert [name for _, name in view.server.options] == ["navi", "mpd"]
    view.offer(playlist(wb, [1, 2, 3]))
    view.send_to_server()
    assert stored(server) == [1, 2, 3] and " has Party now, with 3 tracks." in view.line.value
    server.fault = lambda method, form: (0, "no <more>")
    view.send_to_server()
    assert "no &lt;more&gt;" in view.line.value and not view.send_button.disabled


def test_songs_with_other_ids_after_a_new_scan_are_matched_again(
    wb: Workbench, server: NavidromeLike
) -> None:
    wb.media.send(playlist(wb, [1, 2]), "navi")
    for one in server.playlists.values():
        one["songs"] = []
    for number, one in enumerate(server.songs):
        one["id"] = f"so-{number + 100:05}"
    wb.media.send(playlist(wb, [1, 2, 3]), "navi", force=True)
    assert stored(server) == [101, 102, 103]


def test_a_list_that_silently_lost_songs_is_put_back(wb: Workbench, server: NavidromeLike) -> None:
    wb.media.send(playlist(wb, [1, 2, 3]), "navi")
    known = server._known
    server._known = lambda song_ids: known(song_ids)[:1]  # type: ignore[method-assign]
    with pytest.raises(MediaServerError, match="has other songs in it now"):
        wb.media.send(playlist(wb, [4, 5, 6]), "navi")


def test_what_a_failing_server_says_is_told_with_what_to_do(
    wb: Workbench, server: NavidromeLike, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(fault: object, match: str) -> None:
        server.fault = lambda method, form: fault
        with pytest.raises(MediaServerError, match=match) as caught:
            wb.media.check("navi")
        assert str(caught.value).startswith(f"navi ({server.url}) ")
        assert PASSWORD not in str(caught.value)

    told(
        (40, "Wrong username or password"),
        f"refuses the login: .* Give the login again: workbench media add .* --user {USER}",
    )
    told((70, "data not found"), r"refused: data not found \(code 70\)")
    told((401, b""), "refuses the login")
    told((502, b"<html>bad gateway"), r"failed \(HTTP 502\)")
    told((404, b"<html>"), r"answers \(HTTP 404\), but not as a media server does")
    told((200, b"[]"), "does not answer as a Subsonic server does")
    server.fault = lambda method, form: None
    server.version = "1.7.0"
    told(None, r"speaks Subsonic 1.7.0; the workbench needs 1.8.0 \(2012\) or newer")
    hang = threading.Event()
    monkeypatch.setattr(answers, "TIMEOUT_S", 0.3)
    server.fault = lambda method, form: hang.wait(60) and None
    with pytest.raises(MediaServerError, match="does not answer in time"):
        wb.media.check("navi")
    hang.set()
    server.close()
    with pytest.raises(MediaServerError, match=r"cannot be reached: .* Start it, or give another address"):
        wb.media.send(playlist(wb, [1]), "navi")


def test_an_old_server_gets_the_password_only_over_a_private_connection(
    wb: Workbench, server: NavidromeLike, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.media import subsonic_login

    server.version, server.open_subsonic = "1.8.0", False
    admit = server._admit
    server._admit = lambda form: (
        None
        if form.get("p") == [f"enc:{PASSWORD.encode().hex()}"]
        else admit(  # type: ignore
            {name: value for name, value in form.items() if name != "t"}
        )
    )
    assert (
        wb.media.add("old", url=server.url, user=USER, secret=PASSWORD) == "navidrome 0.58.0, Subsonic 1.8.0"
    )
    wb.media.send(playlist(wb, [1, 2], "Old"), "old")
    assert stored(server, "Old") == [1, 2]
    monkeypatch.setattr(subsonic_login, "is_private", lambda url: False)
    with pytest.raises(MediaServerError, match="too old for logins without the password"):
        wb.media.add("old", url=server.url, user=USER, secret=PASSWORD)
    wb.media.add("old", url=server.url, user=USER, secret=PASSWORD, send_password=True)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("localhost:4533", "is not the address of a media server"),
        ("ftp://host", "is not the address of a media server"),
        ("http://host:x", "is not the address of a media server"),
        ("http://me:secret@host", "has a user or password in it"),
        ("http://me:secret@host:x", "has a user or password in it"),
        ("http://me:secret@host?x=1", "has a user or password in it"),
    ],
)
def test_addresses_are_checked(data_dir: Path, url: str, says: str) -> None:
    with Workbench(data_dir) as wb, pytest.raises(MediaServerError, match=says) as caught:
        wb.media.add("navi", url=url, user=USER, secret=PASSWORD)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["mpd", "", "a b", "../x", "-x"])
def test_names_are_checked(data_dir: Path, name: str) -> None:
    with (
        Workbench(data_dir) as wb,
        pytest.raises(MediaServerError, match="cannot be the name of a media server"),
    ):
        wb.media.add(name, url="http://localhost:1", user=USER, secret=PASSWORD)


def test_a_server_cannot_take_the_name_of_an_imported_history(wb: Workbench, server: NavidromeLike) -> None:
    content = wb.table().text_at("content_hash", 0) or ""
    wb.library.plays.add("Spotify", [(content, 1_577_836_800.0)])
    with pytest.raises(MediaServerError, match="history --forget Spotify"):
        wb.media.add("Spotify", url=server.url, user=USER, secret=PASSWORD)
    wb.media.pull("navi")
    wb.media.add("navi", url=server.url, user=USER, secret=PASSWORD)
    assert {source.source for source in wb.history()} >= {"Spotify"}


def test_another_server_under_the_same_name_does_not_lose_a_playlist_with_the_same_id(
    wb: Workbench, server: NavidromeLike
) -> None:
    wb.media.send(playlist(wb, [1, 2]), "navi")
    other = NavidromeLike([song(number) for number in range(COUNT)])
    try:
        for playlist_id, made in server.playlists.items():
            other.playlists[playlist_id] = {**made, "name": "Mine", "songs": ["so-5"]}
        wb.media.add("navi", url=other.url, user=USER, secret=PASSWORD)
        wb.media.send(playlist(wb, [1, 2]), "navi")
        assert (stored(other, "Mine"), stored(other)) == ([6], [1, 2])
    finally:
        other.close()
