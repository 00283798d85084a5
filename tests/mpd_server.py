"""A real MPD, and a library of the music that it plays."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mpd
import numpy as np

from workbench import Workbench
from workbench.store.library.records import FeatureRecord, ScannedFile

NAMES = (
    "Ann/one.wav",
    'Ann/it\'s "two".wav',
    "Bob/日本 & more.wav",
    "Bob/four.wav",
    "five.wav",
    "Ann/six.wav",
)


class Mpd:
    """MPD on a Unix socket and a port of this machine, without sound."""

    def __init__(self, base: Path, music: Path, *, password: str = "", more: str = "") -> None:
        self.password = password
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.socket = base / "socket"
        self.lists = base / "lists"
        self.lists.mkdir()
        (base / "mpd.conf").write_text(
            f'music_directory "{music}"\nplaylist_directory "{self.lists}"\ndb_file "{base}/db"\n'
            f'bind_to_address "{self.socket}"\nbind_to_address "127.0.0.1"\nport "{self.port}"\n'
            f'audio_output {{\n type "null"\n name "null"\n}}\n{more}\n'
        )
        self.process = subprocess.Popen(
            ["mpd", "--no-daemon", "--stderr", str(base / "mpd.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait_until_it_knows_its_music()

    def _wait_until_it_knows_its_music(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                with self.client() as client:
                    client.update()
                    while "updating_db" in client.status():
                        client.idle("update")
                    return
            except (OSError, mpd.ConnectionError):
                assert self.process.poll() is None and time.monotonic() < deadline, "mpd did not start"
                time.sleep(0.05)

    @contextmanager
    def client(self) -> Iterator[mpd.MPDClient]:
        client = mpd.MPDClient()
        client.timeout = 60
        client.connect(str(self.socket))
        if self.password:
            client.password(self.password)
        yield client
        client.disconnect()

    def playlists(self) -> dict[str, list[str]]:
        with self.client() as client:
            return {
                found["playlist"]: client.listplaylist(found["playlist"]) for found in client.listplaylists()
            }

    def close(self) -> None:
        self.process.kill()
        self.process.wait(30)


def add_tracks(wb: Workbench, paths: list[str]) -> None:
    wb.library.files.add(
        [
            ScannedFile(path, 1000 + n, n, f"{n:032x}", {"title": f"Title {n}", "artist": f"Artist {n}"})
            for n, path in enumerate(paths)
        ]
    )
    for n in range(len(paths)):
        vector = np.random.default_rng(n).normal(size=8).astype("f4")
        wb.library.features.save(
            f"{n:032x}", FeatureRecord(1, {"bpm": 100.0, "duration_s": 0.1}, vector, {}, 1.0)
        )
