"""Exports of services and players, in the shapes in which they write them."""

from __future__ import annotations

import io
import json
import plistlib
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from workbench import ParameterValueError, PlaylistFileError, Workbench
from workbench.cli.main import main
from workbench.playlists.files.listing import Entry
from workbench.playlists.history.listening_history import ListeningHistory, time_in
from workbench.playlists.history.reading import read_history
from workbench.session.history.history import ImportedHistory
from workbench.store.library.records import FeatureRecord, ScannedFile

RECORDING = "b1a9c0e9-d987-4042-ae91-78d6a3267d69"
TRACKS: dict[str, dict[str, Any]] = {
    "/music/Ann/Waltz.flac": {"title": "Waltz", "artist": "Ann", "album": "Home"},
    "/music/Ann/Waltz (live).flac": {"title": "Waltz", "artist": "Ann", "album": "On Stage"},
    "/music/Bo/Intro.mp3": {"title": "Intro", "artist": "Bo", "album": "First"},
    "/music/Cy/Café.mp3": {"title": "Café (Remastered)", "artist": "Cy feat. Di", "album": "Bar"},
    "/music/Ed/Rain.mp3": {"title": "Rain", "artist": "Ed", "musicbrainz_recording_id": RECORDING},
}
AT = 1_577_836_800  # 2020-01-01 UTC


@pytest.fixture
def wb(tmp_path: Path) -> Iterator[Workbench]:
    import numpy as np

    with Workbench(tmp_path / "data") as wb:
        for number, (path, tags) in enumerate(TRACKS.items(), 1):
            content = f"{number:032d}"
            wb.library.files.add([ScannedFile(path, 1000, 1, content, tags)])
            vector = np.eye(5, dtype=np.float32)[number - 1]
            wb.library.features.save(
                content, FeatureRecord(1, {"duration_s": 200.0, "bpm": 120.0}, vector, {})
            )
        yield wb


def played(wb: Workbench) -> dict[str, int]:
    """Return the file names of what was played, with the number of plays."""
    plays = wb.tracks.set_index("path")["plays"].dropna()
    return {Path(str(path)).name: int(count) for path, count in plays.items()}


def import_text(wb: Workbench, path: Path, text: str) -> ImportedHistory:
    path.write_text(text, "utf-8")
    return wb.history.read(path)


def stream(at: str, title: str | None, artist: str, album: str, ms: int = 200_000) -> dict[str, Any]:
    return {
        "ts": at,
        "ms_played": ms,
        "master_metadata_track_name": title,
        "master_metadata_album_artist_name": artist,
        "master_metadata_album_album_name": album,
        "spotify_track_uri": "spotify:track:1",
        "skipped": False,
    }


def test_spotify_extended_history(wb: Workbench, tmp_path: Path) -> None:
    streams = [
        stream("2020-01-01T10:00:00Z", "Waltz", "Ann", "On Stage"),
        stream("2020-01-02T10:00:00Z", "Waltz", "Ann", "On Stage"),
        stream("2020-01-02T11:00:00Z", "Waltz", "Ann", "Home", ms=12_000),
        stream("2020-01-03T10:00:00Z", "Cafe - 2011 Remaster", "Cy", "Bar"),
        stream("2020-01-04T10:00:00Z", None, "", ""),
        stream("2020-01-05T10:00:00Z", "Elsewhere", "Nobody", "None"),
    ]
    made = import_text(wb, tmp_path / "Streaming_History_Audio_2020_0.json", json.dumps(streams))
    assert (made.source, made.plays, made.matched, made.added) == ("Spotify", 4, 3, 3)
    assert [(one.artist, one.title, one.plays) for one in made.unmatched] == [("Nobody", "Elsewhere", 1)]
    assert sum(made.skipped.values()) == 2
    assert played(wb) == {"Waltz (live).flac": 2, "Café.mp3": 1}
    again = wb.history.read(tmp_path / "Streaming_History_Audio_2020_0.json")
    assert (again.matched, again.added) == (3, 0)
    assert [source.plays for source in wb.history()] == [3]


def test_spotify_account_data_does_not_count_the_same_streams_again(wb: Workbench, tmp_path: Path) -> None:
    long = [stream("2020-01-01T10:00:27Z", "Intro", "Bo", "First")]
    short = [{"endTime": "2020-01-01 10:00", "artistName": "Bo", "trackName": "Intro", "msPlayed": 200_000}]
    import_text(wb, tmp_path / "long.json", json.dumps(long))
    assert import_text(wb, tmp_path / "StreamingHistory_music_0.json", json.dumps(short)).added == 1
    assert played(wb) == {"Intro.mp3": 1}


def test_a_listenbrainz_export(wb: Workbench, tmp_path: Path) -> None:
    track = {
        "track_name": "Another title",
        "artist_name": "Ed",
        "additional_info": {"recording_mbid": RECORDING},
    }
    listens = [{"listened_at": AT + n * 1000, "track_metadata": track} for n in range(3)]
    feedback = {"score": 1, "recording_mbid": RECORDING, "recording_msid": None, "track_metadata": None}
    path = tmp_path / "listenbrainz_ann.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("user.json", json.dumps({"user_id": 1, "username": "ann"}))
        archive.writestr("listens/2020/1.jsonl", "\n".join([*map(json.dumps, listens), '{"cut', "{}"]))
        archive.writestr("feedback.jsonl", json.dumps(feedback) + "\n")
    made = wb.history.read(path)
    assert (made.source, made.plays, made.added, made.facts) == ("ListenBrainz", 3, 3, 1)
    assert sum(made.skipped.values()) == 1
    [row] = wb.tracks[wb.tracks["plays"].notna()].to_dict("records")
    assert (row["title"], row["plays"], row["loved"]) == ("Rain", 3, True)
    assert row["last_played_at"].timestamp() == AT + 2000
    assert len(wb.search("plays >= 3 and loved = yes")) == 1


LASTFM = {
    "api.json": json.dumps([{"recenttracks": {"track": [
        {"artist": {"#text": "Bo"}, "album": {"#text": "First"}, "name": "Intro", "mbid": "", "date": {"uts": str(AT)}},
        {"artist": {"#text": "Bo"}, "album": {"#text": ""}, "name": "Intro", "@attr": {"nowplaying": "true"}},
    ]}}]),
    "stats.json": json.dumps({"username": "ann", "scrobbles": [
        {"track": "Intro", "artist": "Bo", "album": "First", "albumId": "", "date": AT * 1000}]}),
    "stats.csv": f"Artist;Album;AlbumId;Track;Date#ann\nBo;First;;Intro;{AT}000\n",
    "plain.csv": "Bo,First,Intro,01 Jan 2020 00:00\nNobody,X,Y,01 Jan 2020 00:10\n",
    "header.csv": "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
    f'"{AT}","01 Jan 2020, 00:00","Bo","","First","","Intro",""\n',
}  # fmt: skip


@pytest.mark.parametrize("name", LASTFM)
def test_lastfm_as_several_programs_save_it(wb: Workbench, tmp_path: Path, name: str) -> None:
    made = import_text(wb, tmp_path / name, LASTFM[name])
    assert (made.source, made.matched) == ("Last.fm", 1)
    assert played(wb) == {"Intro.mp3": 1}
    assert wb.history()[0].first_at == AT


def test_apple_music_play_activity(wb: Workbench, tmp_path: Path) -> None:
    text = (
        "Album Name,Event Start Timestamp,Event Type,Media Duration In Milliseconds,Play Duration Milliseconds,"
        "Song Name\n"
        "First,2020-01-01T10:00:00Z,PLAY_END,200000,190000,Intro\n"
        "Other,2020-01-01T11:00:00Z,PLAY_END,200000,190000,Intro\n"
        ",2020-01-01T12:00:00Z,LYRIC_DISPLAY,,,Intro\n"
    )
    made = import_text(wb, tmp_path / "Apple Music Play Activity.csv", text)
    assert (made.source, made.plays, made.matched) == (
        "Apple Music",
        2,
        1,
    )  # without an artist, the album must agree
    assert made.skipped == {"not plays: searches, likes, lyrics": 1}
    days = (
        "Track Description,Date Played,Play Count,Play Duration Milliseconds\nBo - Intro,20200301,3,600000\n"
    )
    assert import_text(wb, tmp_path / "Daily.csv", days).added == 3
    assert played(wb) == {"Intro.mp3": 4}


def itunes_library(rating: int = 80) -> bytes:
    tracks = {
        "10": {"Track ID": 10, "Name": "Waltz", "Artist": "Ann", "Album": "Home", "Total Time": 200_000,
               "Play Count": 7, "Play Date UTC": datetime(2020, 1, 1), "Rating": rating, "Loved": True,
               "Location": "file:///Users/ann/Music/Ann/Waltz.flac"},
        "11": {"Track ID": 11, "Name": "Intro", "Artist": "Bo", "Rating": 60, "Rating Computed": True},
        "12": {"Track ID": 12, "Name": "Talk", "Podcast": True, "Play Count": 3},
    }  # fmt: skip
    playlists = [
        {"Name": "Library", "Master": True, "Playlist Items": [{"Track ID": 10}]},
        {"Name": "Music", "Distinguished Kind": 4, "Playlist Items": [{"Track ID": 10}]},
        {"Name": "Evening", "Playlist Items": [{"Track ID": 11}, {"Track ID": 10}, {"Track ID": 12}]},
    ]
    return plistlib.dumps({"Major Version": 1, "Tracks": tracks, "Playlists": playlists})


def test_an_itunes_library(wb: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "Library.xml"
    path.write_bytes(itunes_library())
    made = wb.history.read(path)
    assert (made.source, made.plays, made.facts, made.playlists) == ("iTunes", 0, 1, ("Evening",))
    assert [Path(str(track.path)).name for track in wb.playlists.get("Evening")] == [
        "Intro.mp3",
        "Waltz.flac",
    ]
    [row] = wb.tracks[wb.tracks["player_rating"].notna()].to_dict("records")
    assert (row["album"], row["plays"], row["player_rating"], row["loved"]) == ("Home", 7, 4.0, True)
    again = wb.history.read(path)
    assert (again.facts, again.playlists, len(wb.playlists("Evening"))) == (0, (), 1)
    path.write_bytes(itunes_library(rating=100))
    assert wb.history.read(path).facts == 1


@pytest.mark.parametrize(
    "folder",
    [
        "file://localhost/C:/USERS/Ann/Music",
        "file:///D:/Music",
        "file://localhost//NAS/Music",
        "file://nas/music",
    ],
)
def test_itunes_for_windows_names_drives_and_shares(wb: Workbench, tmp_path: Path, folder: str) -> None:
    names = ("BO/intro.mp3", "Cy/Caf%C3%A9.mp3", "Ann/Waltz%20(live).flac")
    tracks = {
        str(count): {"Location": f"{folder}/{name}", "Name": "x", "Artist": "y", "Play Count": count}
        for count, name in enumerate(names, 1)
    }
    (tmp_path / "Library.xml").write_bytes(plistlib.dumps({"Tracks": tracks}))
    assert wb.history.read(tmp_path / "Library.xml").facts == 3
    assert played(wb) == {"Intro.mp3": 1, "Café.mp3": 2, "Waltz (live).flac": 3}


def test_your_own_rating_comes_before_the_file_and_the_file_before_players(
    wb: Workbench, tmp_path: Path
) -> None:
    (tmp_path / "Library.xml").write_bytes(itunes_library(rating=60))
    wb.history.read(tmp_path / "Library.xml")
    waltz = wb.track(wb.search("player_rating = 3").tracks[0].id)
    assert wb.ratings.stars(waltz.id) == (3, None)
    tags = {"title": waltz.title, "artist": waltz.artist, "album": waltz.album, "rating": 2.0}
    wb.library.files.add([ScannedFile(str(waltz.path), 1, 2, waltz.content_hash, tags)])
    assert wb.ratings.stars(waltz.id) == (2, None)
    wb.ratings.rate(waltz.id, 4.5)
    assert wb.ratings.stars(waltz.id) == (4.5, 4.5)
    row = wb.tracks.loc[waltz.id]
    assert (row["rating"], row["tag_rating"], row["player_rating"]) == (4.5, 2.0, 3.0)
    assert [track.id for track in wb.search("rating >= 4").tracks] == [waltz.id]
    assert waltz.id not in wb.playlist("random", where="not rating > 4").track_ids
    wb.ratings.rate(waltz.id, None)
    assert wb.ratings.stars(waltz.id) == (2, None)


def test_what_is_heard_here_feeds_fingerprint(wb: Workbench) -> None:
    first = int(wb.table().ids[0])
    wb.history.add_play(first, at=1_600_000_000)
    wb.history.add_play(first)
    [source] = wb.history()
    assert (source.source, source.plays, source.tracks) == ("Playlist Workbench", 2, 1)
    assert first not in wb.playlist("fingerprint", history="plays", size=1).track_ids


def test_a_file_that_the_analysis_could_not_read_has_no_plays(wb: Workbench, tmp_path: Path) -> None:
    wb.library.files.add([ScannedFile("/music/bad.mp3", 1, 1, None, {"title": "Bad", "artist": "Zoe"})])
    made = import_text(
        wb, tmp_path / "plays.csv", "artist,track,uts\nZoe,Bad,1577836800\nEd,Rain,1577836800\n"
    )
    assert (made.matched, made.added, [one.title for one in made.unmatched]) == (1, 1, ["Bad"])
    facts = plistlib.dumps({"Tracks": {"1": {"Name": "Bad", "Artist": "Zoe", "Play Count": 3}}})
    assert import_text(wb, tmp_path / "library.xml", facts.decode()).facts == 0


@pytest.mark.parametrize("duration", ["200", 200, None, [200], {}])
def test_a_listen_says_its_length_in_several_ways(wb: Workbench, tmp_path: Path, duration: object) -> None:
    track = {"track_name": "Rain", "artist_name": "Ed", "additional_info": {"duration": duration}}
    listen = {"listened_at": AT, "track_metadata": track}
    assert import_text(wb, tmp_path / "listens.json", json.dumps([listen])).added == 1


def worn_zip() -> bytes:
    """Return a ZIP whose compressed bytes are damaged."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plays.json", json.dumps(list(range(1000))))
    data = bytearray(made.getvalue())
    data[45:145] = b"\xff" * 100
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.json", b"", "It is empty"),
        ("cut.json", b'[{"ts": "2020', "not JSON.*line 1"),
        ("cut.xml", b'<?xml version="1.0"?><plist><dict>', "not a library file"),
        ("other.csv", b"name,phone\nAnn,1\n", "no listening history in it"),
        ("other.json", b'{"a": 1}', "no listening history in it"),
        ("photo.json", b"\x89PNG\r\n\x1a\n\0\0\0", "NUL"),
        ("cut.zip", b"PK\x03\x04 and no more", "not a zip file"),
        ("worn.zip", worn_zip(), "cannot be read"),
        ("deep.json", b"[" * 200_000 + b"]" * 200_000, "cannot be read|not JSON"),
        ("date.xml", b'<?xml version="1.0"?><plist><dict><key>a</key><date>once</date></dict></plist>', "library file"),
        ("bomb.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><plist><string>&b;</string></plist>', "library file"),
        ("missing.json", None, "No such file"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_words(
    wb: Workbench, tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(PlaylistFileError, match=reason):
        wb.history.read(tmp_path / name)
    assert not wb.history()


def test_files_in_other_encodings_are_read(wb: Workbench, tmp_path: Path) -> None:
    text = "artist,track,uts\nCy,Café,1577836800\n"
    for number, encoding in enumerate(("utf-16", "cp1252", "utf-8-sig")):
        (tmp_path / "plays.csv").write_bytes(text.encode(encoding))
        assert wb.history.read(tmp_path / "plays.csv").added == (number == 0)


def test_a_file_too_large_is_refused_before_it_is_read(wb: Workbench, tmp_path: Path) -> None:
    with (tmp_path / "huge.json").open("wb") as file:
        file.write(b"[")
        file.truncate(600 << 20)
    with pytest.raises(PlaylistFileError, match="600 MiB; 512 MiB are allowed"):
        wb.history.read(tmp_path / "huge.json")


def test_the_history_feeds_fingerprint(wb: Workbench, tmp_path: Path) -> None:
    with pytest.raises(ParameterValueError, match="workbench history"):
        wb.playlist("fingerprint", history="plays")
    import_text(wb, tmp_path / "plays.csv", LASTFM["plain.csv"])
    made = wb.playlist("fingerprint", history="plays", size=3, random_state=1, tastes=1)
    assert {track.explanation["seed"] for track in made} == {3}
    assert made.parameters["history"] == "plays"
    import_text(wb, tmp_path / "more.csv", "artist,track,uts\nEd,Rain,1\nEd,Rain,1000000\n")
    assert {track.explanation["seed"] for track in wb.playlists.again(made.recipe())} <= {3, 5}


def test_the_command_imports_lists_and_forgets(
    wb: Workbench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plays.csv").write_text(LASTFM["plain.csv"])
    (tmp_path / "bad.json").write_text("[")
    data_dir = ["--data-dir", str(wb.settings.data_dir)]
    assert main(["history", str(tmp_path / "bad.json"), str(tmp_path / "plays.csv"), *data_dir]) == 3
    said = capsys.readouterr()
    assert "bad.json" in said.err and "1 of your tracks, 1 new" in said.out
    assert "not here  Nobody – Y (1 play)" in said.out
    assert main(["history", str(tmp_path / "plays.csv"), "--json", *data_dir]) == 0
    [made] = json.loads(capsys.readouterr().out)["imported"]
    assert (made["added"], made["unmatched"][0]["artist"]) == (0, "Nobody")
    assert main(["history", *data_dir]) == 0
    assert "Last.fm" in capsys.readouterr().out
    assert main(["history", "--forget", "Last.fm", *data_dir]) == 0
    assert main(["history", "--forget", "Last.fm", *data_dir]) == 1
    assert "Nothing was imported from 'Last.fm'" in capsys.readouterr().err


def test_jspf_names_recordings_and_finds_them_again(wb: Workbench, tmp_path: Path) -> None:
    path = wb.playlists.of_tracks([5, 1]).save(tmp_path / "list.jspf")
    [track] = [one for one in json.loads(path.read_text())["playlist"]["track"] if "identifier" in one]
    assert track["identifier"] == [f"https://musicbrainz.org/recording/{RECORDING}"]
    elsewhere = {"title": "Other", "creator": "Other", "identifier": track["identifier"]}
    path.write_text(json.dumps({"playlist": {"track": [elsewhere]}}))
    [match] = wb.playlists.read_file(path)
    assert (match.track_id, match.by, match.score) == (5, "recording", 1.0)
    elsewhere["identifier"] = f"http://musicbrainz.org/recording/{RECORDING.upper()}"
    path.write_text(json.dumps({"playlist": {"track": [elsewhere]}}))
    assert [match.track_id for match in wb.playlists.read_file(path)] == [5]
    xspf = wb.playlists.of_tracks([5]).save(tmp_path / "list.xspf")
    assert f"<identifier>https://musicbrainz.org/recording/{RECORDING}</identifier>" in xspf.read_text()


def test_json_in_utf_16_is_read(heard: Workbench, tmp_path: Path) -> None:
    play = {
        "ts": "2023-01-01T10:00:00Z",
        "ms_played": 60000,
        "master_metadata_track_name": "Ünknown",
        "master_metadata_album_artist_name": "X",
    }
    (tmp_path / "a.json").write_bytes(json.dumps([play], ensure_ascii=False).encode("utf-16"))
    command = ["history", str(tmp_path / "a.json"), "--data-dir", str(heard.settings.data_dir)]
    assert main(command) == 0


@pytest.mark.parametrize(
    "text",
    ["1577836800", "1577836800000", "1577836800000000", "2020-01-01T01:00:00+0100", "2020-01-01 00:00:00 UTC",
     "01 Jan 2020, 00:00", "1 January 2020, 12:00 AM", "Jan 1, 2020, 12:00:00 AM", "2020-01-01 12:00:00 AM",
     "Wed, 01 Jan 2020 00:00:00 +0000", "01.01.2020 00:00", "2020/01/01 00:00"],
)  # fmt: skip
def test_times_are_read_as_programs_write_them(text: str) -> None:
    assert time_in(text) == AT


@pytest.mark.parametrize("text", ["1/2/2020 0:00", "0000-00-00 00:00:00", "10" * 30, "soon", "", None])
def test_what_is_no_time_or_two_is_none(text: object) -> None:
    history = ListeningHistory()
    history.add(Entry("", title="Rain"), time_in(text))
    assert not history.plays and sum(history.skipped.values()) == 1


def listen(at: int) -> str:
    return json.dumps({"listened_at": at, "track_metadata": {"track_name": "Rain", "artist_name": "A"}})


@pytest.mark.parametrize(
    ("name", "text", "plays", "line"),
    [
        ("bom.jsonl", f"\ufeff{listen(AT)}\n{{cut\n\n{listen(AT + 1000)}\n", 2, 2),
        ("quote.csv", 'uts,artist,track\n1577836800,A,"Rain\n' + "1577836900,A,Rain\n" * 9, 9, 2),
        ("long.csv", f"uts,artist,track\n1577836800,A,{'x' * 200_000}\n1577836900,A,Rain\n", 1, 2),
        ("inches.csv", 'uts,artist,track\n1577836800,A,12" Mix\n1577836900,A,"say ""hi"""\n', 2, None),
    ],
)
def test_broken_lines_are_named_and_the_others_read(
    tmp_path: Path, name: str, text: str, plays: int, line: int | None
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    history = read_history(tmp_path / name)
    assert sum(map(len, history.plays.values())) == plays
    said = {} if line is None else {f"lines that cannot be read, the first is line {line}": 1}
    assert history.skipped == said


def test_a_zip_with_hidden_empty_and_broken_files_is_read(tmp_path: Path) -> None:
    stream = {"ts": "2020-01-01T00:00:00Z", "ms_played": 200_000, "master_metadata_track_name": "Rain"}
    with zipfile.ZipFile(tmp_path / "my_spotify_data.zip", "w") as archive:
        archive.writestr("My Data/Streaming_History_Audio_2020.json", json.dumps([stream]))
        archive.writestr("__MACOSX/My Data/._Streaming_History_Audio_2020.json", b"\0\5\x16\7Mac OS X")
        archive.writestr("My Data/Empty.json", "")
        archive.writestr("My Data/Cut.json", "[{")
    history = read_history(tmp_path / "my_spotify_data.zip")
    assert sum(map(len, history.plays.values())) == 1
    [reason] = history.skipped
    assert reason.startswith("My Data/Cut.json in it cannot be read. It is not JSON")


def test_nonsense_in_an_itunes_library_is_left_out(tmp_path: Path) -> None:
    odd = {"Play Count": 2**62, "Play Date UTC": datetime(1, 1, 1), "Rating": 101}
    tracks = {"1": {"Name": "Rain", "Play Count": 3}, "2": {"Name": "Snow", **odd}, "3": 5}
    lists = [{"Name": "P", "Playlist Items": 5}, 7, {"Name": "Q", "Playlist Items": [{"Track ID": 1}, 5]}]
    (tmp_path / "Library.xml").write_bytes(plistlib.dumps({"Tracks": tracks, "Playlists": lists}))
    history = read_history(tmp_path / "Library.xml")
    assert {entry.title: facts.plays for entry, facts in history.facts.items()} == {"Rain": 3}
    assert [name for name, _ in history.playlists] == ["Q"]


@pytest.mark.parametrize("at", [0, 4_000_000_000])
def test_a_play_before_1970_or_in_the_future_is_left_out(tmp_path: Path, at: int) -> None:
    (tmp_path / "a.csv").write_text(f"uts,artist,track\n{AT},Ed,Rain\n{at},Ed,Rain\n")
    history = read_history(tmp_path / "a.csv")
    assert list(history.plays.values()) == [[AT]]
    assert history.skipped == {"with a time before 1970 or in the future": 1}


def test_two_services_and_time_zones_are_the_same_plays(wb: Workbench, tmp_path: Path) -> None:
    listens = [
        {"listened_at": AT + 3 + 200 * n, "track_metadata": {"track_name": "Rain", "artist_name": "Ed"}}
        for n in range(3)
    ]
    scrobbles = "uts,artist,track\n" + "".join(f"{AT + 200 * n},Ed,Rain\n" for n in range(3))
    zoned = "artist,title,played at\n" + "".join(
        f"Ed,Rain,2020-01-01T05:{30 + minute:02}:{second:02}+05:30\n"
        for minute, second in ((0, 1), (3, 21), (6, 41))
    )
    for name, text in (
        ("a.jsonl", "\n".join(map(json.dumps, listens))),
        ("b.csv", scrobbles),
        ("c.csv", zoned),
    ):
        made = import_text(wb, tmp_path / name, text)
        assert (made.added, wb.history.read(tmp_path / name).added) == (3, 0)
        assert played(wb) == {"Rain.mp3": 3}
    assert {source.source for source in wb.history()} == {"ListenBrainz", "Last.fm", "CSV"}


def test_the_same_play_in_two_exports_of_one_service_counts_once(wb: Workbench, tmp_path: Path) -> None:
    seconds = f"uts,artist,track\n{AT + 25},Ed,Rain\n{AT + 625},Ed,Rain\n"
    minutes = "Ed,,Rain,01 Jan 2020 00:00\nEd,,Rain,01 Jan 2020 00:10\n"
    for text in (seconds, minutes):
        assert import_text(wb, tmp_path / "plays.csv", text).source == "Last.fm"
    assert played(wb) == {"Rain.mp3": 2}
