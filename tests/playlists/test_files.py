"""Playlist files: what is written comes back, in every format, whatever the names are."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.errors import ParameterValueError, PlaylistFileError
from workbench.playlists import (
    FORMATS,
    Playlist,
    PlaylistTrack,
    export,
    export_folder,
    generate,
    match_entries,
    read_playlist_file,
    render,
)

NASTY = [
    "plain.mp3",
    "with space.mp3",
    "quote\"'.mp3",
    "#hash.mp3",
    "100%.mp3",
    "%41.mp3",
    "-dash.mp3",
    " leading.mp3",
    "trailing .mp3 ",
    "new\nline.mp3",
    "car\rriage.mp3",
    "tab\t.mp3",
    "caf\u00e9.mp3",
    "cafe\u0301.mp3",
    "日本.mp3",
    "back\\slash.mp3",
    "semi;colon,comma.mp3",
    "<tag>&amp;.mp3",
    "c:\\x.mp3",
    "http:.mp3",
    "=1+1.mp3",
    "@at.mp3",
    "line\u2028separator.mp3",
    "nel\x85.mp3",
    "\udcff not utf8.mp3",
    "a" * 251 + ".mp3",
    "file:.mp3",
    "?query=1.mp3",
    "EXTM3U",
    "[playlist]",
    "File1=x.mp3",
    ".hidden.mp3",
    "..dots.mp3",
    "\ufeffbom.mp3",
]
names = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40
).filter(lambda name: name not in (".", "..") and len(name.encode()) <= 255)


def playlist_of(paths, **fields) -> Playlist:
    tracks = tuple(PlaylistTrack(i + 1, f"h{i}", path=path, **fields) for i, path in enumerate(paths))
    return Playlist("Test", "random", {}, 1, "v1", tracks, {"notes": []}, {})


@pytest.mark.parametrize("paths", ["relative", "absolute"])
@pytest.mark.parametrize("format", FORMATS)
def test_nasty_names_survive(tmp_path, format, paths):
    music = [str(tmp_path / "music" / name) for name in NASTY]
    file = export(playlist_of(music), tmp_path / f"list.{format}", paths=paths)
    assert [entry.path for entry in read_playlist_file(file)] == music


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=30)
@given(folder=names, name=names, title=st.text(max_size=30), artist=st.text(max_size=30))
@example(folder="  ", name="\n", title="\n", artist="")
@example(folder="#", name="~", title="'=1", artist="-")
@example(folder="C:", name="FILE:", title="", artist="")
def test_any_name_survives_beside_and_above_the_playlist(
    tmp_path_factory, format, folder, name, title, artist
):
    base = tmp_path_factory.getbasetemp()
    music = [str(base / folder / name), str(base / name), f"/{folder}/{name}"]
    for paths in ("relative", "absolute"):
        file = export(playlist_of(music, title=title, artist=artist), base / f"any.{format}", paths=paths)
        assert [entry.path for entry in read_playlist_file(file)] == [
            os.path.normpath(path) for path in music
        ]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "text", ["Plain", "A & B <c>", "=SUM(A1)", "+1", "-1", "@x", "'quoted", "'=x", "日本", 'x, "y"']
)
def test_tags_come_back(tmp_path, format, text):
    playlist = playlist_of(
        [str(tmp_path / "x.mp3")], title=text, artist="Artist", album=text, duration_s=61.0
    )
    entry = read_playlist_file(export(playlist, tmp_path / f"list.{format}"))[0]
    assert (entry.title, entry.artist, entry.duration_s) == (text, "Artist", 61.0)
    assert entry.album == (None if format in ("m3u8", "pls") else text)


def test_csv_cells_are_no_formulas(tmp_path):
    playlist = playlist_of(["/music/=cmd.mp3"], title="=HYPERLINK(1)", artist="@a", album="\t=1")
    file = export(playlist, tmp_path / "list.csv")
    cells = file.read_text().splitlines()[1].split(",")
    assert not any(cell.lstrip('"').startswith(("=", "+", "-", "@", "\t")) for cell in cells)


def test_m3u8_is_what_players_expect(tmp_path):
    playlist = playlist_of(
        [str(tmp_path / "music/One.mp3"), str(tmp_path / "#two.mp3")], title="T", artist="A", duration_s=61.4
    )
    lines = export(playlist, tmp_path / "list.m3u8").read_text().splitlines()
    assert lines[0] == "#EXTM3U"
    assert lines[-4:] == ["#EXTINF:61,A - T", "music/One.mp3", "#EXTINF:61,A - T", "./#two.mp3"]


def test_paths_for_another_machine(tmp_path):
    playlist = playlist_of(["/home/me/Music/a b/c#.mp3", "/home/me/Musical/x.mp3", "/other/y.mp3"])
    windows = render(playlist, format="m3u8", prefix_map={"/home/me/Music": "M:\\Music"}).decode()
    assert "M:\\Music\\a b\\c#.mp3" in windows.splitlines()
    assert "/home/me/Musical/x.mp3" in windows.splitlines()
    web = render(
        playlist, format="xspf", prefix_map={"/home/me/Music/": "http://host/music", "/": "/srv"}
    ).decode()
    assert "<location>http://host/music/a%20b/c%23.mp3</location>" in web
    assert "<location>file:///srv/other/y.mp3</location>" in web
    drive = render(playlist, format="xspf", prefix_map={"/home/me/Music": "M:/Music"}).decode()
    assert "<location>file:///M:/Music/a%20b/c%23.mp3</location>" in drive


def test_paths_must_be_one_or_the_other():
    with pytest.raises(ParameterValueError, match="relative, absolute"):
        render(playlist_of([]), format="m3u8", paths="both")


@pytest.mark.parametrize("format", FORMATS)
def test_only_our_own_files_are_overwritten(tmp_path, format):
    mine, theirs = tmp_path / f"mine.{format}", tmp_path / f"theirs.{format}"
    theirs.write_bytes(b"precious")
    for _ in range(2):
        export(playlist_of(["/x.mp3"]), mine)
    with pytest.raises(PlaylistFileError, match="--force"):
        export(playlist_of(["/x.mp3"]), theirs)
    assert theirs.read_bytes() == b"precious"
    export(playlist_of(["/x.mp3"]), theirs, force=True)
    assert [entry.path for entry in read_playlist_file(theirs)] == ["/x.mp3"]
    assert sorted(tmp_path.iterdir()) == sorted([mine, theirs])


def test_a_track_named_like_our_mark_does_not_make_a_file_ours(tmp_path):
    file = tmp_path / "list.json"
    file.write_text('{"tracks": ["Playlist Workbench"]}')
    with pytest.raises(PlaylistFileError):
        export(playlist_of(["/x.mp3"]), file)


@pytest.mark.parametrize("target", ["file/x.m3u8", "folder", "x.wav", "x", "\0.m3u8", "a" * 300 + ".m3u8"])
def test_places_that_cannot_be_written(tmp_path, target):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(PlaylistFileError):
        export(playlist_of(["/x.mp3"]), f"{tmp_path}/{target}", format="m3u8" if target == "folder" else None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_who_reads_while_a_file_is_replaced_reads_the_old_one(tmp_path):
    file = export(playlist_of(["/old.mp3"]), tmp_path / "list.m3u8")
    with file.open() as reader:
        export(playlist_of(["/new.mp3"] * 50), file)
        assert reader.read().splitlines()[-1].endswith("/old.mp3")


def test_a_write_that_breaks_off_leaves_the_old_file(tmp_path):
    file = export(playlist_of(["/old.mp3"]), tmp_path / "list.m3u8")
    script = (
        "import resource, signal, sys; from workbench.playlists import *\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "tracks = tuple(PlaylistTrack(n, 'h', path=f'/new/{n}.mp3') for n in range(100))\n"
        "export(Playlist('x', 'random', {}, 1, 'v', tracks, {'notes': []}, {}), sys.argv[1])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=False
    )
    assert "PlaylistFileError" in answer.stderr.splitlines()[-1]
    assert "cannot be written" in answer.stderr
    assert [entry.path for entry in read_playlist_file(file)] == ["/old.mp3"]
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_of_playlists(tmp_path, table):
    playlists = [
        generate(table, "random", size=3, random_state=seed, name=name)
        for seed, name in enumerate(["a/b", "a/b", "..", "-rf", "CON: x", ""])
    ]
    files = export_folder(playlists, tmp_path / "new", format="xspf")
    assert len({file.name.casefold() for file in files}) == 6
    assert {file.parent for file in files} == {tmp_path / "new"}
    assert all(not file.name.startswith(("-", ".")) for file in files)


def test_a_folder_with_a_file_in_the_way_is_left_as_it_was(tmp_path, table):
    (tmp_path / "two.m3u8").write_text("theirs")
    playlists = [generate(table, "random", size=3, random_state=0, name=name) for name in ("one", "two")]
    with pytest.raises(PlaylistFileError):
        export_folder(playlists, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["two.m3u8"]


@pytest.mark.parametrize(
    ("name", "data", "paths"),
    [
        (
            "a.m3u",
            '#EXTM3U\r\n#EXTINF:12.5 tvg-id="x",Caf\xe9 - X\r\nM\xfcsic\\x.mp3\r\n\r\n'.encode("cp1252"),
            ["Müsic\\x.mp3"],
        ),
        ("a.m3u8", b"\xef\xbb\xbf/x.mp3\nhttp://radio/stream\n", ["/x.mp3", None]),
        (
            "a.m3u8",
            b"C:\\Music\\x.mp3\nfile://localhost/m%C3%BC.mp3\nfile:///C:/x.mp3",
            ["C:\\Music\\x.mp3", "/mü.mp3", "C:/x.mp3"],
        ),
        (
            "a.pls",
            b"[Playlist]\nFile2=/two.mp3\nfile1=/one.mp3\nLength1=-1\nNumberOfEntries=2\n",
            ["/one.mp3", "/two.mp3"],
        ),
        (
            "a.xspf",
            b"<playlist><trackList><track><location>a%20b.mp3</location><location>z</location></track></trackList></playlist>",
            ["a b.mp3"],
        ),
        (
            "a.jspf",
            b'{"playlist": {"track": [{"location": "file:///x.mp3"}, {"title": "only"}]}}',
            ["/x.mp3", None],
        ),
        ("a.json", b'["/x.mp3", {"path": "y.mp3"}]', ["/x.mp3", "y.mp3"]),
        ("a.csv", b"File;Plays\n/x.mp3;3\n", ["/x.mp3"]),
    ],
)
def test_files_of_others(tmp_path, name, data, paths):
    (tmp_path / name).write_bytes(data)
    wanted = [
        path and (path if path[:1] == "/" or path[1:2] == ":" else str(tmp_path / path)) for path in paths
    ]
    assert [entry.path for entry in read_playlist_file(tmp_path / name)] == wanted


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.xspf", b"<playlist", "well-formed"),
        ("a.xspf", b"<html/>", "root element"),
        ("a.xspf", b'<!DOCTYPE x [<!ENTITY a "b">]><playlist/>', "document type"),
        ("a.jspf", b"{", "not JSON"),
        ("a.jspf", b'{"playlist": {"track": [1]}}', "not JSPF"),
        ("a.json", b'{"a": 1}', "no list of tracks"),
        ("a.json", b"[" * 100_000, "not JSON"),
        ("a.json", b"\xff\xfe\xff", "not JSON"),
        ("a.pls", b"hello", "no File1="),
        ("a.csv", b"a,b\n1,2\n", "no path or title column"),
        ("a.csv", b"", "no path or title column"),
        ("a.m3u8", b"\0\1\2", "NUL"),
        ("a.mp3", b"", "no playlist format"),
    ],
)
def test_damaged_files(tmp_path, name, data, reason):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(PlaylistFileError, match=reason):
        read_playlist_file(tmp_path / name)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(PlaylistFileError, match="cannot be read"):
        read_playlist_file(tmp_path / "none.m3u8")


def test_entries_are_found_in_the_library(make_table, tmp_path):
    table = make_table(
        6,
        path=[
            "/m/a/one.mp3",
            "/m/b/one.mp3",
            "/m/caf\u00e9.mp3",
            "/m/c/x.mp3",
            "/m/d/x.mp3",
            "/m/unique.mp3",
        ],
        title=["One", "One", "Café", "X", "X", "Same"],
        artist=["A", "B", "C", "D", "D", "E"],
        duration_s=[100, 100, 100, 100, 200, 100],
    )
    (tmp_path / "other.m3u8").write_text(
        "/m/b/one.mp3\n/elsewhere/a/one.mp3\n/m/cafe\u0301.mp3\n#EXTINF:199,D - X\n/gone/other name.mp3\n"
        "#EXTINF:50,E - same\nZ:\\music\\renamed.mp3\nZ:\\music\\UNIQUE.mp3\n/gone/one.mp3\nhttp://radio/\n"
    )
    matches = match_entries(read_playlist_file(tmp_path / "other.m3u8"), table)
    assert [match.track_id for match in matches] == [2, 1, 3, 5, 6, 6, None, None]
    assert [match.by for match in matches] == ["path", "name", "path", "tags", "tags", "name", None, None]


def test_exports_of_a_generated_playlist_find_their_tracks_again(table, tmp_path):
    playlist = generate(table, "random", size=20, random_state=1)
    for format in FORMATS:
        file = playlist.save(tmp_path / f"x.{format}")
        assert [
            match.track_id for match in match_entries(read_playlist_file(file), table)
        ] == playlist.track_ids


def test_decomposed_and_composed_names_stay_apart(tmp_path):
    both = [str(tmp_path / unicodedata.normalize(form, "café.mp3")) for form in ("NFC", "NFD")]
    assert both[0] != both[1]
    for format in FORMATS:
        file = export(playlist_of(both), tmp_path / f"x.{format}")
        assert [entry.path for entry in read_playlist_file(file)] == both


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
def test_a_player_opens_the_tracks_of_an_m3u8(tmp_path):
    soundfile.write(tmp_path / "tone.mp3", np.sin(np.arange(32000) * 0.3), 16000)
    playlist = playlist_of([str(tmp_path / "tone.mp3")] * 3, duration_s=2.0)
    file = export(playlist, tmp_path / "list.m3u8", paths="relative")
    command = [
        "ffprobe",
        "-v",
        "error",
        "-f",
        "hls",
        "-allowed_extensions",
        "ALL",
        "-show_entries",
        "stream=codec_type",
        "-of",
        "csv=p=0",
        str(file),
    ]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "audio" in answer.stdout, answer.stderr


class Mpd:
    """A music player daemon of its own on a socket, playing to nowhere."""

    def __init__(self, folder, music):
        (folder / "playlists").mkdir()
        (folder / "mpd.conf").write_text(
            f'music_directory "{music}"\nplaylist_directory "{folder}/playlists"\ndb_file "{folder}/db"\n'
            f'bind_to_address "{folder}/socket"\naudio_output {{\n type "null"\n name "null"\n}}\n'
        )
        self.process = subprocess.Popen(
            ["mpd", "--no-daemon", "--stderr", str(folder / "mpd.conf")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.socket.connect(str(folder / "socket"))
                break
            except OSError:
                assert self.process.poll() is None, self.process.stdout.read()
                assert time.monotonic() < deadline
                time.sleep(0.02)
        self.answers = self.socket.makefile("rb")
        assert self.answers.readline().startswith(b"OK MPD")

    def ask(self, command):
        """Return the lines of an answer."""
        self.socket.sendall(command.encode() + b"\n")
        lines = []
        while not (line := self.answers.readline().decode().rstrip("\n")).startswith("OK"):
            assert line and not line.startswith("ACK"), line
            lines.append(line)
        return lines

    def close(self):
        self.answers.close()
        self.socket.close()
        self.process.terminate()
        self.process.communicate(timeout=60)


@pytest.mark.skipif(shutil.which("mpd") is None, reason="mpd is not installed")
def test_mpd_reads_every_entry():
    with tempfile.TemporaryDirectory() as base:  # short: a socket's path may have 107 characters
        music = Path(base) / "music"
        folder = music / "It's (a) & b, ünï #1 100%"
        folder.mkdir(parents=True)
        plain = [music / name for name in ("one.wav", "two(live)!.wav", "it's,one;two=2&@3.wav", "-x~.wav")]
        hard = [
            folder / "-first %41.wav",
            folder / "日本.wav",
            folder / "cafe\u0301.wav",
            folder / "café.wav",
        ]
        for file in [*plain, *hard]:
            soundfile.write(file, np.zeros(1600), 16000)
        # MPD takes the locations of an XSPF file literally: only names that need no escape can be found through it
        wanted = {"m3u8": plain + hard, "pls": plain + hard, "xspf": plain}
        for format, files in wanted.items():
            export(playlist_of(map(str, files)), music / "lists" / f"list.{format}", paths="relative")
            export(playlist_of(map(str, files)), music / f"list.{format}", paths="absolute")
        mpd = Mpd(Path(base), music)
        try:
            mpd.ask("update")
            while any(line.startswith("updating_db") for line in mpd.ask("status")):
                mpd.ask("idle update")
            for format, files in wanted.items():
                for name in (f"lists/list.{format}", f"list.{format}"):
                    mpd.ask("clear")
                    mpd.ask(f'load "{name}"')
                    loaded = [line[6:] for line in mpd.ask("playlistinfo") if line.startswith("file: ")]
                    assert [music / path for path in loaded] == files
        finally:
            mpd.close()


def shortened(count, table, *, size):
    """A playlist of so many tracks, for which ``size`` were asked."""
    made = generate(table, "random", size=size, random_state=0)
    return replace(made, tracks=made.tracks[:count])


@pytest.mark.parametrize("format", sorted(FORMATS))
@pytest.mark.parametrize("left", [0, 1, 5])
def test_a_file_is_not_emptied_or_halved_unless_forced(table, tmp_path, format, left):
    target = tmp_path / f"good.{format}"
    shortened(10, table, size=10).save(target)
    before = target.read_bytes()
    lost = shortened(left, table, size=10)
    with pytest.raises(PlaylistFileError, match=f"has 10 tracks and would be left with {left or 'none'}"):
        lost.save(target)
    assert target.read_bytes() == before
    lost.save(target, force=True)
    assert len(read_playlist_file(target)) == left


def test_a_file_may_lose_some_tracks_or_be_shorter_when_that_was_asked(table, tmp_path):
    target = tmp_path / "good.m3u8"
    shortened(10, table, size=10).save(target)
    shortened(6, table, size=10).save(target)
    shortened(2, table, size=2).save(target)
    assert len(read_playlist_file(target)) == 2


def test_a_folder_of_playlists_is_left_as_it_was_when_one_would_be_emptied(table, tmp_path):
    good = [replace(shortened(10, table, size=10), name=name) for name in ("A", "B")]
    export_folder(good, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(PlaylistFileError, match=r"B.m3u8 has 10 tracks"):
        export_folder(
            [replace(shortened(9, table, size=10), name="A"), replace(good[1], tracks=())], tmp_path
        )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
