"""A real Supysonic in its own process, with its own folder and database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import httpx

USER, PASSWORD = "me", "se&cret/ü"
# Adds the user and the folder, then serves; reads a line of standard input to scan the folder, and answers "scanned".
_RUN = """
import sys, threading
from pathlib import Path
from supysonic.config import IniConfig
from supysonic.db import close_connection, init_database, open_connection
from supysonic.managers.folder import FolderManager
from supysonic.managers.user import UserManager
from supysonic.scanner import Scanner
from werkzeug.serving import make_server

base, music, user, password = sys.argv[1:]
config = IniConfig([str(Path(base) / "supysonic.conf")])
import supysonic.config
supysonic.config.current_config = config
from supysonic.web import create_application

init_database(config.BASE["database_uri"])
open_connection(True)
UserManager.add(user, password, admin=True)
FolderManager.add("music", music)
close_connection()

def scan():
    open_connection(True)
    scanner = Scanner(extensions=["flac", "mp3", "ogg", "wav"])
    scanner.queue_folder("music")
    scanner.run()
    close_connection()

scan()
server = make_server("127.0.0.1", 0, create_application(config), threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
for _ in sys.stdin:
    scan()
    print("scanned", flush=True)
server.shutdown()
"""


class Supysonic:
    """Supysonic on a port of this machine; its songs are the audio files below ``music``."""

    login: ClassVar = {"u": USER, "p": PASSWORD, "c": "test", "v": "1.12.0", "f": "json"}

    def __init__(self, base: Path, music: Path) -> None:
        base.mkdir(parents=True, exist_ok=True)
        (base / "supysonic.conf").write_text(
            f"[base]\ndatabase_uri = sqlite:///{base}/db\n"
            f"[webapp]\ncache_dir = {base}/cache\nmount_webui = off\nlog_file = {base}/log\n"
            "[daemon]\nrun_watcher = off\n"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _RUN, str(base), str(music), USER, PASSWORD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=base,
            text=True,
        )
        assert self.process.stdout is not None and self.process.stdin is not None
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        self.client = httpx.Client(base_url=self.url, timeout=60)

    def ask(self, method: str, **parameters: Any) -> Any:
        """Send a request like a player, and return the answer."""
        answer = self.client.get(f"/rest/{method}.view", params=self.login | parameters).json()
        assert answer["subsonic-response"]["status"] == "ok", answer
        return answer["subsonic-response"]

    def scan(self) -> None:
        """Let the server read new files in the folder."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "scanned\n"

    def songs(self) -> dict[str, str]:
        """Return the id of each song by path."""
        found = self.ask("search3", query="", songCount=1000)["searchResult3"]["song"]
        return {song["path"]: song["id"] for song in found}

    def playlists(self) -> dict[str, Any]:
        found = self.ask("getPlaylists")["playlists"].get("playlist", [])
        return {one["name"]: self.ask("getPlaylist", id=one["id"])["playlist"] for one in found}

    def paths(self, playlist: str) -> list[str]:
        return [song["path"] for song in self.playlists()[playlist]["entry"]]

    def close(self) -> None:
        self.client.close()
        self.process.kill()
        self.process.communicate(timeout=60)
