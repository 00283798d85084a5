"""Songs, playlists, stars and ratings of a real Supysonic."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from mpd_server import NAMES, add_tracks
from supysonic_server import PASSWORD, USER, Supysonic

from workbench import MediaServerError, Workbench
from workbench.cli.main import main


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("music")
    for name in NAMES:
        (folder / name).parent.mkdir(exist_ok=True)
        soundfile.write(folder / name, np.zeros(1600), 16000)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, music: Path) -> Iterator[Supysonic]:
    found = Supysonic(tmp_path_factory.mktemp("supysonic"), music)
    yield found
    found.close()


@pytest.fixture
def wb(data_dir: Path, music: Path, server: Supysonic) -> Iterator[Workbench]:
    """A library of that music, and of a file that the server does not have."""
    with Workbench(data_dir) as found:
        add_tracks(found, [str(music / name) for name in NAMES] + ["/elsewhere/seven.wav"])
        found.media.add("home", url=server.url, user=USER, secret=PASSWORD)
        yield found


def playlist(wb: Workbench, ids: list[int], name: str):
    made = wb.playlists.draft("random", include=ids, size=len(ids), random_state=0, name=name)
    order = {id: position for position, id in enumerate(ids)}
    return replace(made, tracks=tuple(sorted(made, key=lambda track: order[track.id])))


def test_a_playlist_is_made_and_then_changed_in_place(wb: Workbench, server: Supysonic) -> None:
    sent = wb.media.send(playlist(wb, [3, 2, 1, 7], "In place"), "home")
    assert server.paths("In place") == [NAMES[2], NAMES[1], NAMES[0]]
    assert (sent.stored, sent.replaced) == (3, None)
    assert [track.path for track in sent.unknown] == ["/elsewhere/seven.wav"]
    made = server.playlists()["In place"]
    sent = wb.media.send(playlist(wb, [3, 1, 4, 5], "In place"), "home")
    changed = server.playlists()["In place"]
    assert server.paths("In place") == [NAMES[2], NAMES[0], NAMES[3], NAMES[4]]
    assert (sent.stored, sent.replaced, sent.unknown) == (4, 3, [])
    assert (changed["id"], changed["created"]) == (made["id"], made["created"])


def test_a_playlist_that_somebody_else_made_stays(wb: Workbench, server: Supysonic) -> None:
    songs = server.songs()
    server.ask("createPlaylist", name="Mine", songId=songs[NAMES[0]])
    with pytest.raises(MediaServerError, match="has a playlist 'Mine' with 1 track that was not sent from"):
        wb.media.send(playlist(wb, [2, 3], "Mine"), "home")
    assert server.paths("Mine") == [NAMES[0]]
    before = server.playlists()["Mine"]["id"]
    wb.media.send(playlist(wb, [2, 3], "Mine"), "home", force=True)
    assert server.paths("Mine") == [NAMES[1], NAMES[2]]
    assert server.playlists()["Mine"]["id"] == before


def test_a_playlist_is_found_by_its_id_after_it_was_renamed_there(wb: Workbench, server: Supysonic) -> None:
    wb.media.send(playlist(wb, [1, 2], "Old name"), "home")
    made = server.playlists()["Old name"]["id"]
    server.ask("updatePlaylist", playlistId=made, name="New name")
    wb.media.send(playlist(wb, [2, 3], "Old name"), "home")
    assert server.paths("New name") == [NAMES[1], NAMES[2]]
    server.ask("deletePlaylist", id=made)
    wb.media.send(playlist(wb, [1], "Old name"), "home")
    assert server.paths("Old name") == [NAMES[0]]


def test_a_playlist_that_the_server_cannot_list_any_more_is_written_anew(
    wb: Workbench, server: Supysonic, music: Path
) -> None:
    """Supysonic fails to list one with a file that was removed, and all others with it."""
    extra = music / "Ann" / "extra.wav"
    shutil.copy(music / NAMES[0], extra)
    add_tracks(wb, [str(music / name) for name in NAMES] + ["/elsewhere/seven.wav", str(extra)])
    server.scan()
    wb.media.send(playlist(wb, [1, 2, 8], "Moved"), "home")
    made = server.playlists()["Moved"]["id"]
    extra.unlink()
    server.scan()
    sent = wb.media.send(playlist(wb, [1, 3, 4], "Moved"), "home")
    assert (sent.stored, sent.replaced) == (3, 3)
    assert server.paths("Moved") == [NAMES[0], NAMES[2], NAMES[3]]
    assert server.playlists()["Moved"]["id"] == made


def test_stars_and_ratings_become_columns_history_and_labels(wb: Workbench, server: Supysonic) -> None:
    songs = server.songs()
    server.ask("star", id=songs[NAMES[0]])
    server.ask("setRating", id=songs[NAMES[1]], rating=4)
    server.ask("setRating", id=songs[NAMES[2]], rating=1)
    pulled = wb.media.pull("home")
    assert (pulled.starred, pulled.rated) == (1, 2)
    tracks = wb.tracks
    assert tracks["loved"].dropna().to_dict() == {1: True}
    assert tracks["player_rating"].dropna().to_dict() == {2: 4.0, 3: 1.0}
    assert [track.id for track in wb.search("starred = yes or player_rating >= 4").tracks] == [1, 2]
    from workbench.models.tagger.labels import labels_of

    contents = {track.id: track.content_hash for track in wb.library.tracks.select()}
    opinions = {contents[1]: "liked", contents[2]: "liked", contents[3]: "disliked"}
    assert labels_of(wb.library, "rating") == opinions
    said = wb.library.said()
    wb.media.pull("home")
    assert wb.library.said() == said, "what has not changed is no change of the library"
    server.ask("unstar", id=songs[NAMES[0]])
    assert wb.media.pull("home").starred == 0
    wb.media.remove("home")
    assert wb.tracks["loved"].isna().all()
    with pytest.raises(MediaServerError, match="There is no media server 'home'"):
        wb.media.pull("home")


def test_the_password_is_asked_for_and_kept_where_nobody_else_reads(
    data_dir: Path, server: Supysonic, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    add = ["media", "add", "home", "--url", f"{server.url}/", "--user", USER, "--data-dir", str(data_dir)]
    monkeypatch.setenv("WORKBENCH_MEDIA_PASSWORD", "wrong")
    assert main(add) == 1
    assert "refuses the login" in (said := capsys.readouterr().err)
    assert "wrong" not in said.replace("Wrong", "")
    assert not (data_dir / "media-servers.json").exists()
    monkeypatch.setenv("WORKBENCH_MEDIA_PASSWORD", PASSWORD)
    assert main([*add, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"name": "home", "server": "Subsonic 1.12.0"}
    kept = data_dir / "media-servers.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert main(["media", "list", "--data-dir", str(data_dir)]) == 0
    assert PASSWORD not in (listed := capsys.readouterr().out)
    assert server.url in listed
    with Workbench(data_dir) as wb:
        assert PASSWORD not in repr(wb.media.servers())
    monkeypatch.delenv("WORKBENCH_MEDIA_PASSWORD")
    reading, writing = os.pipe()
    os.write(writing, f"{PASSWORD}\n".encode())
    os.close(writing)
    with os.fdopen(reading) as given:
        monkeypatch.setattr("sys.stdin", given)
        assert main(add) == 0
    assert main(["media", "remove", "home", "--data-dir", str(data_dir)]) == 0
    assert json.loads(kept.read_text()) == {}


def test_the_commands_say_what_they_did(wb: Workbench, server: Supysonic, capsys, data_dir: Path) -> None:
    data = ("--data-dir", str(data_dir))
    assert main(["media", "check", "home", *data]) == 0
    assert "home (http" in capsys.readouterr().out
    assert main(["media", "match", "home", *data]) == 0
    assert "6 songs (6 in this library, 0 doubtful, 0 unknown)" in capsys.readouterr().out
    assert main(["media", "match", "home", "--json", *data]) == 0
    assert json.loads(capsys.readouterr().out)["sure"] == 6
    made = ["playlist", "random", "--size", "7", "--name", "Seven", "--to", "home"]
    assert main([*made, *data]) == 3
    assert "not there /elsewhere/seven.wav" in capsys.readouterr().out
    assert main(["playlist", "--refresh", "Seven", "--to", "home", "--json", *data]) == 3
    assert json.loads(capsys.readouterr().out)["sent"]["replaced"] == 6
    assert main(["schedule", "refresh", "Seven", "--to", "home", "--for", "cron", *data]) == 0
    assert "--refresh Seven --to home" in capsys.readouterr().out
    assert main(["playlist", "random", "--to", "hme", *data]) == 1
    assert "There is no media server 'hme'. Added: home" in capsys.readouterr().err
    assert main(["media", "pull", "home", "--json", *data]) == 0
    assert json.loads(capsys.readouterr().out)["songs"] == 6


def test_from_an_empty_machine_to_a_playlist_that_plays(
    tmp_path: Path, demo_folder: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every step is a command; then new music arrives, and the playlist gets it in place."""
    monkeypatch.setenv("WORKBENCH_MEDIA_PASSWORD", PASSWORD)
    music, data = tmp_path / "Music", tmp_path / "data"
    music.mkdir()
    first, second, third, *_ = sorted(demo_folder.rglob("*.flac"))
    for file in (first, second):
        shutil.copy(file, music)
    server = Supysonic(tmp_path / "supysonic", music)
    try:
        said = run(capsys, data, "analyze", str(music), "--workers", "1")
        assert said["analyzed"] == 2
        run(capsys, data, "write-tags", "--write")
        server.scan()
        run(capsys, data, "media", "add", "home", "--url", server.url, "--user", USER)
        assert run(capsys, data, "media", "match", "home")["sure"] == 2
        made = run(capsys, data, "playlist", "random", "--size", "3", "--name", "Evening", "--to", "home")
        assert made["sent"]["stored"] == 2
        before = server.playlists()["Evening"]
        check_that_it_plays(server, before)
        shutil.copy(third, music)
        server.scan()
        assert run(capsys, data, "analyze", str(music), "--workers", "1")["analyzed"] == 1
        run(capsys, data, "write-tags", "--write")
        for file in (first, second, third):
            tags = {name.lower(): value[0] for name, value in mutagen.File(music / file.name).items()}
            assert float(tags["bpm"]) > 30 and tags["initialkey"]
            assert tags["replaygain_track_gain"].endswith(" dB") and float(tags["replaygain_track_peak"]) > 0
        server.scan()
        sent = run(capsys, data, "playlist", "--refresh", "Evening", "--to", "home")["sent"]
        assert (sent["stored"], sent["replaced"]) == (3, 2)
        after = server.playlists()["Evening"]
        assert after["id"] == before["id"]
        assert {song["path"] for song in after["entry"]} == {first.name, second.name, third.name}
        check_that_it_plays(server, after)
    finally:
        server.close()


def check_that_it_plays(server: Supysonic, playlist: dict) -> None:
    for entry in playlist["entry"]:
        sound = server.client.get("/rest/stream.view", params=server.login | {"id": entry["id"]}).content
        samples, rate = soundfile.read(io.BytesIO(sound))
        assert len(samples) / rate == pytest.approx(entry["duration"], abs=1)


def run(capsys, data: Path, *command: str):
    """Run a command as a user does, and return what it answers."""
    assert main([*command, "--data-dir", str(data), "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)
