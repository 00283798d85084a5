"""Playlists stored on a real MPD: under one name, in place, and whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from mpd_server import NAMES, Mpd, add_tracks

from workbench import MediaServerError, Workbench
from workbench.cli.main import main
from workbench.media.mpd_address import MpdAddress, mpd_address


def playlist(wb: Workbench, ids: list[int], name: str = "Party"):
    made = wb.playlists.draft("random", include=ids, size=len(ids), random_state=0, name=name)
    order = {id: position for position, id in enumerate(ids)}
    return replace(made, tracks=tuple(sorted(made, key=lambda track: order[track.id])))


@pytest.mark.parametrize("way", ["socket", "port"])
def test_a_playlist_is_stored_and_updated_in_place(server: Mpd, wb: Workbench, way: str) -> None:
    to = f"mpd://{server.socket}" if way == "socket" else f"mpd://127.0.0.1:{server.port}"
    sent = wb.media.send(playlist(wb, [3, 2, 1, 7]), to)
    assert server.playlists() == {"Party": [NAMES[2], NAMES[1], NAMES[0]]}
    assert (sent.name, sent.stored, sent.replaced) == ("Party", 3, None)
    assert [track.path for track in sent.unknown] == ["/elsewhere/seven.wav"]
    sent = wb.media.send(playlist(wb, [4, 5, 6]), to.replace("127.0.0.1", "localhost"))
    assert server.playlists() == {"Party": [NAMES[3], NAMES[4], NAMES[5]]}
    assert (sent.stored, sent.replaced, sent.unknown) == (3, 3, [])


def test_music_is_found_where_the_library_has_it_at_another_place(
    server: Mpd, wb: Workbench, base: Path
) -> None:
    shutil.copytree(base / "music", base / "copy" / "of music")
    (base / "link").symlink_to(base / "music")
    with Workbench(base / "other") as other:
        add_tracks(other, [str(base / "copy" / "of music" / name) for name in NAMES])
        other.media.send(playlist(other, [1, 2, 3]), f"mpd://127.0.0.1:{server.port}")
        assert server.playlists() == {"Party": list(NAMES[:3])}
    with Workbench(base / "linked") as linked:
        add_tracks(linked, [str(base / "link" / name) for name in NAMES])
        linked.media.send(playlist(linked, [4, 5]), f"mpd://{server.socket}", force=True)
    assert server.playlists() == {"Party": list(NAMES[3:5])}


def test_a_playlist_that_somebody_else_made_stays(server: Mpd, wb: Workbench) -> None:
    with server.client() as client:
        client.playlistadd("Party", NAMES[0])
    with pytest.raises(
        MediaServerError, match="has a playlist 'Party' with 1 track that was not sent from this"
    ):
        wb.media.send(playlist(wb, [2, 3]), f"mpd://{server.socket}")
    assert server.playlists() == {"Party": [NAMES[0]]}
    wb.media.send(playlist(wb, [2, 3]), f"mpd://{server.socket}", force=True)
    assert server.playlists() == {"Party": [NAMES[1], NAMES[2]]}


def test_a_playlist_is_not_halved_because_mpd_forgot_its_music(
    server: Mpd, wb: Workbench, music: Path
) -> None:
    to = f"mpd://{server.socket}"
    wb.media.send(playlist(wb, [1, 2, 3, 4]), to)
    shutil.rmtree(music / "Ann")
    shutil.rmtree(music / "Bob")
    with server.client() as client:
        client.update()
        while "updating_db" in client.status():
            client.idle("update")
    with pytest.raises(MediaServerError, match="has 4 tracks and would be left with 1"):
        wb.media.send(playlist(wb, [1, 2, 3, 5]), to)
    with pytest.raises(MediaServerError, match="knows none of the 2 tracks"):
        wb.media.send(playlist(wb, [1, 2]), to)
    assert len(server.playlists()["Party"]) == 4


def test_a_refusal_half_way_leaves_the_old_one(server: Mpd, wb: Workbench) -> None:
    to = f"mpd://{server.socket}"
    wb.media.send(playlist(wb, [1, 2]), to)
    many = playlist(wb, [3, 4])
    many = replace(many, tracks=many.tracks * 100)  # more KiB than this server takes at a time
    with pytest.raises(MediaServerError, match="MPD at"):
        wb.media.send(many, to)
    assert server.playlists() == {"Party": list(NAMES[:2])}


def test_a_connection_that_breaks_anywhere_leaves_the_old_or_the_new_one(server: Mpd, wb: Workbench) -> None:
    direct = f"mpd://{server.socket}"
    old, new = list(NAMES[:2]), list(NAMES[2:5])
    wb.media.send(playlist(wb, [1, 2]), direct)
    broken = 0
    for allowed_bytes in range(40, 2000, 90):
        with CutOff(server.port, allowed_bytes) as port:
            try:
                wb.media.send(playlist(wb, [3, 4, 5]), f"mpd://127.0.0.1:{port}")
            except MediaServerError:
                broken += 1
        wb.media.check(direct)
        assert server.playlists()["Party"] in (old, new)
        wb.media.send(playlist(wb, [1, 2]), direct)
        assert server.playlists() == {"Party": old}
    assert broken > 3


class CutOff:
    """A port that passes everything on to another, until so many bytes were sent; then every connection ends."""

    def __init__(self, port: int, allowed_bytes: int) -> None:
        self.target, self.left = port, allowed_bytes
        self.listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self.listener.getsockname()[1]

    def serve(self) -> None:
        while True:
            here, _ = self.listener.accept()
            with here, socket.create_connection(("127.0.0.1", self.target)) as there:
                if self.left == 0:
                    return
                answers = threading.Thread(target=self.copy, args=(there, here))
                answers.start()
                while self.left and (data := here.recv(4096)):
                    there.sendall(data[: self.left])
                    self.left -= min(self.left, len(data))
                for end in (here, there):
                    end.shutdown(socket.SHUT_RDWR)
                answers.join()

    @staticmethod
    def copy(there: socket.socket, here: socket.socket) -> None:
        try:
            while data := there.recv(4096):
                here.sendall(data)
        except OSError:
            pass

    def __exit__(self, *error: object) -> None:
        self.left = 0
        socket.create_connection(self.listener.getsockname()).close()
        self.thread.join(30)
        self.listener.close()


def test_a_server_that_hangs_or_is_down_is_named(
    server: Mpd, wb: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = f"mpd://127.0.0.1:{server.port}"
    wb.media.send(playlist(wb, [1, 2]), to)
    monkeypatch.setenv("MPD_TIMEOUT", "0.3")
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        with pytest.raises(MediaServerError, match=rf"MPD at 127.0.0.1:{server.port} does not answer"):
            wb.media.send(playlist(wb, [3]), to)
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
    assert server.playlists() == {"Party": list(NAMES[:2])}
    server.close()
    with pytest.raises(MediaServerError, match=r"cannot be reached: Connection refused\. Start it"):
        wb.media.send(playlist(wb, [3]), to)


def test_a_password_is_needed_and_never_shown(base: Path, music: Path, wb: Workbench, monkeypatch) -> None:
    more = 'password "secret@read,add,control,admin"\ndefault_permissions "read"'
    server = Mpd(base, music, password="secret", more=more)
    try:
        monkeypatch.setenv("MPD_HOST", f"wrong@{server.socket}")
        with pytest.raises(MediaServerError, match="does not allow this") as caught:
            wb.media.check("mpd")
        monkeypatch.setenv("MPD_HOST", str(server.socket))
        with pytest.raises(MediaServerError, match="does not allow this"):
            wb.media.send(playlist(wb, [1]), "mpd")
        assert "wrong" not in str(caught.value)
        monkeypatch.setenv("MPD_HOST", f"secret@{server.socket}")
        wb.media.send(playlist(wb, [1]), "mpd")
        assert server.playlists() == {"Party": [NAMES[0]]}
    finally:
        server.close()


def test_the_command_says_what_was_stored(server: Mpd, wb: Workbench, base: Path, capsys) -> None:
    data = ("--data-dir", str(base / "data"))
    where = f'path ~ "{base}"'
    command = ["playlist", "random", "-p", f"where={where}", "--size", "4", "--name", "a/b", *data]
    assert main([*command, "--to", f"mpd://{server.socket}"]) == 0
    assert f"stored    MPD at {server.socket}: a_b, 4 tracks" in capsys.readouterr().out
    assert len(server.playlists()["a_b"]) == 4
    assert main(["playlist", "random", "--size", "7", *data, "--to", f"mpd://{server.socket}", "--json"]) == 3
    answer = json.loads(capsys.readouterr().out)
    assert answer["sent"]["unknown"] == [{"id": 7, "path": "/elsewhere/seven.wav"}]
    kept = len(wb.playlists())
    for to, said in (
        ("mpd:///nowhere", "cannot be reached"),
        ("ftp://x", "There is no media server 'ftp://x'"),
    ):
        assert main(["playlist", "random", *data, "--to", to]) == 1
        assert said in capsys.readouterr().err
    assert len(wb.playlists()) == kept


@pytest.mark.parametrize("action", ["match", "pull"])
def test_an_mpd_has_nothing_to_match(action: str, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["media", action, "mpd", "--data-dir", str(data_dir)]) == 1
    assert "mpd is an MPD, which only takes playlists (--to mpd)" in capsys.readouterr().err
    assert main(["media", "add", "mpd", "--url", "http://x", "--data-dir", str(data_dir)]) == 1
    assert "'mpd' cannot be the name of a media server" in capsys.readouterr().err, (
        "no password was asked for"
    )


@pytest.mark.parametrize(
    ("text", "environ", "wanted"),
    [
        ("mpd", {}, MpdAddress("localhost")),
        ("mpd", {"MPD_HOST": "pw@box", "MPD_PORT": "6601"}, MpdAddress("box", 6601, "pw")),
        ("mpd", {"MPD_HOST": "/run/mpd/socket"}, MpdAddress("/run/mpd/socket")),
        ("mpd", {"MPD_HOST": "@mpd"}, MpdAddress("@mpd")),
        ("mpd", {"MPD_HOST": "pw@@mpd"}, MpdAddress("@mpd", password="pw")),
        ("mpd://box", {"MPD_HOST": "pw@other"}, MpdAddress("box", 6600, "pw")),
        ("mpd://p%40w@box:7000", {}, MpdAddress("box", 7000, "p@w")),
        ("mpd:///run/my%20mpd", {}, MpdAddress("/run/my mpd")),
        ("mpd://[::1]:1", {}, MpdAddress("::1", 1)),
    ],
)
def test_addresses_are_those_of_mpc(text: str, environ: dict[str, str], wanted: MpdAddress) -> None:
    assert mpd_address(text, environ) == wanted


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ("mpd://", {"MPD_PORT": "x"}),
        ("mpd://box:99999", {}),
        ("mpd:///", {}),
        ("mpd", {"MPD_TIMEOUT": "0"}),
        ("", {}),
    ],
)
def test_what_is_no_address_is_refused(text: str, environ: dict[str, str]) -> None:
    with pytest.raises(MediaServerError):
        mpd_address(text, environ)
