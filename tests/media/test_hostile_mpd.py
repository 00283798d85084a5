"""An MPD whose answers do not end, come byte by byte, or are not those of an MPD, is named and given up."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mpd_server import NAMES, add_tracks

from workbench import MediaServerError, Workbench
from workbench.media import bounded_mpd

HELLO = b"OK MPD 0.23.5\n"
Answer = Callable[[Any, threading.Event], None]


@contextmanager
def answering(hello: Answer, answer: Answer) -> Iterator[str]:
    """Give the address of a server that greets and answers every command in this way."""
    over = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            try:
                hello(self.wfile, over)
                while self.rfile.readline():
                    answer(self.wfile, over)
            except OSError:
                pass

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"mpd://127.0.0.1:{server.server_address[1]}"
        over.set()
        server.shutdown()


def saying(text: bytes) -> Answer:
    return lambda out, _: out.write(text)


def endless(text: bytes) -> Answer:
    def answer(out: Any, over: threading.Event) -> None:
        while not over.is_set():
            out.write(text * 1000)

    return answer


def trickling(text: bytes, pause_s: float) -> Answer:
    def answer(out: Any, over: threading.Event) -> None:
        while not over.wait(pause_s):
            out.write(text)

    return answer


def slowly(text: bytes, pause_s: float) -> Answer:
    def answer(out: Any, over: threading.Event) -> None:
        over.wait(pause_s)
        out.write(text)

    return answer


@pytest.mark.parametrize(
    ("hello", "answer", "says"),
    [
        (endless(b"a"), saying(b""), "sends more than 1 MiB for one question"),
        (trickling(b"a", 0.02), saying(b""), "does not answer in time"),
        (saying(b"HTTP/1.1 400 Bad\x1b[31m\r\n"), saying(b""), "Got invalid MPD hello: 'HTTP/1.1 400 Bad"),
        (saying(HELLO), endless(b"file: a\n"), "sends more than 1 MiB for one question"),
        (saying(HELLO), endless(b"a"), "sends more than 1 MiB for one question"),
        (saying(HELLO), trickling(b"file: a\n", 0.02), "does not answer in time"),
        (saying(HELLO), slowly(b"ACK [50@0] {listall} No such directory\n", 0.1), "does not answer in time"),
        (saying(HELLO), saying(b"what: ever\nOK\n"), "music_directory must have the same files"),
        (saying(HELLO), saying(b"\xff\nOK\n"), "cannot be reached"),
    ],
    ids=["endless hello", "trickled hello", "a web server", "endless lines", "an endless line", "trickled lines",
         "slow in all", "other answers", "no text"],
)  # fmt: skip
def test_it_is_given_up(
    hello: Answer, answer: Answer, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPD_TIMEOUT", "0.15" if "in time" in says else "30")
    monkeypatch.setattr(bounded_mpd, "MOST_BYTES", 1 << 20)
    monkeypatch.setattr(bounded_mpd, "EXCHANGE_LIMITS", 2)
    with answering(hello, answer) as to, Workbench(tmp_path / "data") as wb:
        add_tracks(wb, [f"/music/{name}" for name in NAMES])
        mix = wb.playlists.draft("random", size=6, random_state=1)
        with pytest.raises(MediaServerError, match=rf"^MPD at {to.removeprefix('mpd://')}.*{says}") as caught:
            wb.media.send(mix, to)
        assert caught.value.message.isprintable()
