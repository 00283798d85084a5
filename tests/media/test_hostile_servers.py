"""A server that answers nonsense, slowly or without end is named, and nothing here or there is lost."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from navidrome_like import PASSWORD, USER, NavidromeLike, song

from workbench import MediaServerError, Workbench
from workbench.media import answers, found_song
from workbench.media.found_song import moment, plays
from workbench.store.library.records import FeatureRecord, ScannedFile

Answer = Callable[[socket.socket, threading.Event], None]
OK = json.dumps({"subsonic-response": {"status": "ok", "version": "1.16.1"}}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: "


@contextmanager
def answering(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Give the port of a server that answers each connection in this way."""
    over = threading.Event()

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
                with tls.wrap_socket(connection, server_side=True) if tls else connection as opened:
                    while b"&f=json" not in opened.recv(65536):
                        pass
                    answer(opened, over)
            except OSError:
                if over.is_set():
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def drop_by_drop(start: bytes) -> Answer:
    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(start)
        while not over.wait(0.05):
            connection.sendall(b"a")

    return answer


def without_end(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(HEAD + b"100000000000\r\n\r\n")
    while not over.is_set():
        connection.sendall(b" " * 100_000)


def saying(text: bytes) -> Answer:
    return lambda connection, _: connection.sendall(text)


def sent_on(target: bytes) -> Answer:
    return saying(b"HTTP/1.1 302 F\r\nLocation: " + target + b"\r\nContent-Length: 0\r\n\r\n")


def packed(times: int) -> bytes:
    body = b" " * (4 << 20)
    for _ in range(times):
        body = gzip.compress(body)
    coding = b", ".join([b"gzip"] * times)
    return HEAD + str(len(body)).encode() + b"\r\nContent-Encoding: " + coding + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (drop_by_drop(b"HTTP/1.1 200 OK\r\nX: "), "in time"),
        (drop_by_drop(HEAD + b"99999\r\n\r\n"), "in time"),
        (without_end, "sends more than 1 MiB"),
        (saying(HEAD + b"99\r\n\r\n{"), "closed connection"),
        (saying(HEAD + b"57\r\n\r\n" + b'<?xml version="1.0"?><subsonic-response version="1.8.0"/>'), "in XML"),
        (sent_on(b"http://x.y/rest/ping.view"), "sends requests on to http://x.y. Give that"),
        (sent_on(b"/rest/ping.view"), "sends requests back to the same address"),
        (sent_on(b"http://x.y/login?to=a"), "to http://x.y/login. If that is the login page of a proxy"),
        (saying(HEAD + b"24\r\n\r\n<!doctype html><html>Hi!"), "with a web page. If that is the login page of a proxy"),
        (saying(HEAD + b"9\r\nContent-Encoding: gzip\r\n\r\nnot zip!!"), "incorrect header"),
        (saying(packed(1)), "sends more than 1 MiB"),
        (saying(packed(2)), "packs its answer as 'gzip, gzip'"),
        (saying(HEAD + b"9999\r\n\r\n" + b"[" * 9999), "not as a media server does"),
        (saying(HEAD + b"11\r\n\r\n{\"error\":1}"), "not answer as a Subsonic server does"),
    ],
    ids=["headers drop by drop", "a body drop by drop", "without end", "cut off", "XML", "sent on", "sent back",
         "login elsewhere", "login page", "no gzip", "gzip bomb", "two bombs in one", "deep", "another program"],
)  # fmt: skip
def test_it_is_given_up(answer: Answer, says: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "TIMEOUT_S", 0.4 if says == "in time" else 30.0)
    monkeypatch.setattr(answers, "_MOST_BYTES", 1 << 20)
    with (
        answering(answer) as port,
        Workbench(data_dir) as wb,
        pytest.raises(MediaServerError, match=rf"^x \(http://127\.0\.0\.1:{port}\).* {says}"),
    ):
        wb.media.add("x", url=f"http://127.0.0.1:{port}", user="me", secret="p")


def test_a_certificate_of_ones_own_is_trusted_once_it_is_named(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "key", "-out", "certificate"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    said = saying(HEAD + str(len(OK)).encode() + b"\r\n\r\n" + OK)
    with answering(said, tls) as port, Workbench(data_dir) as wb:
        url = f"https://localhost:{port}"
        with pytest.raises(MediaServerError, match=r"self-signed certificate.* SSL_CERT_FILE"):
            wb.media.add("x", url=url, user="me", secret="p")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate"))
        assert "Subsonic 1.16.1" in wb.media.add("x", url=url, user="me", secret="p")


@pytest.fixture
def server() -> Iterator[NavidromeLike]:
    found = NavidromeLike([song(number) for number in range(4)])
    yield found
    found.close()


@pytest.fixture
def wb(data_dir: Path, server: NavidromeLike) -> Iterator[Workbench]:
    with Workbench(data_dir) as found:
        for number, one in enumerate(server.songs):
            content = f"{number:032x}"
            found.library.files.add([ScannedFile(f"/music/{one['path']}", 1000, number, content, {})])
            found.library.features.save(content, FeatureRecord(1, {"duration_s": 180.0}, [0.0] * 8, {}, 1.0))
        found.media.add("navi", url=server.url, user=USER, secret=PASSWORD)
        yield found


ODD: list[Any] = [
    None, [], {}, "x", 5, [5], [None], {"playlist": 5}, {"playlist": [{"id": [1]}, {"name": 5}]}, {"song": [7, None]},
    {"song": {"id": [1]}}, {"entry": 5}, {"entry": {"id": {}}}, {"album": [{"id": []}]},
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "key"),
    [("search3", "searchResult3"), ("getPlaylists", "playlists"), ("getPlaylist", "playlist"),
     ("createPlaylist", "playlist"), ("getOpenSubsonicExtensions", "openSubsonicExtensions")],
)  # fmt: skip
def test_answers_of_the_wrong_kind_are_no_accident(
    wb: Workbench, server: NavidromeLike, method: str, key: str
) -> None:
    wb.media.match("navi")
    mix = wb.playlists.draft("random", size=3, random_state=1, name="Mix")
    for odd in ODD:
        said = {"status": "ok", "version": "1.16.1", "openSubsonic": True, key: odd}
        page = (200, json.dumps({"subsonic-response": said}).encode())
        server.fault = lambda asked, _, page=page: page if asked == method else None
        try:
            wb.media.pull("navi") if method == "search3" else wb.media.check("navi")
            wb.media.send(mix, "navi")
        except MediaServerError as error:
            assert error.message.startswith("navi ")
    server.fault = lambda *_: None
    assert len(wb.media.match("navi").sure) == 4


def test_what_a_server_says_does_not_control_the_terminal(wb: Workbench, server: NavidromeLike) -> None:
    server.fault = lambda *_: (0, "no\n\x1b[31mred")
    with pytest.raises(MediaServerError) as refused:
        wb.media.match("navi")
    assert refused.value.message.isprintable()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0001-01-01T00:00:00Z", None), ("9999-12-31T23:59:59Z", None), ("2026-13-01", None), (5, None),
     ("1970-01-01T00:00:00Z", None), ("2026-01-02T03:04:05.123456789Z", 1767323045.123456)],
)  # fmt: skip
def test_a_time_that_cannot_be_is_not_a_play(value: object, seconds: float | None) -> None:
    assert moment(value) == seconds


@pytest.mark.parametrize(
    ("value", "count"), [("12", 12), (1e300, None), (2**64, None), (-5, None), ([], None), ("nan", None)]
)
def test_a_count_that_cannot_be_is_none(value: object, count: int | None) -> None:
    assert plays(value) == count


def test_a_password_that_is_not_text_is_refused(wb: Workbench, server: NavidromeLike) -> None:
    with pytest.raises(MediaServerError, match="UTF-8"):
        wb.media.add("x", url=server.url, user=USER, secret="\udcff")


def test_a_list_of_songs_without_end_is_given_up(
    wb: Workbench, server: NavidromeLike, monkeypatch: pytest.MonkeyPatch
) -> None:
    def more(method: str, form: dict[str, list[str]]) -> Any:
        songs = [song(int(form["songOffset"][0]) + number) for number in range(500)]
        said = {"status": "ok", "version": "1.16.1", "searchResult3": {"song": songs}}
        return 200, json.dumps({"subsonic-response": said}).encode()

    server.fault = lambda method, form: more(method, form) if method == "search3" else None
    monkeypatch.setattr(found_song, "_MOST_SONGS", 1200)
    with pytest.raises(MediaServerError, match=r"^navi .* more than 1,200 songs, as if its list had no end"):
        wb.media.match("navi")
