"""Every command in the README and its guides works as written: one reader types them in their order.

The commands are forks of one process (``warm_commands``).

Not run here: the two ``python3 -m venv`` commands, which ``.ci/run`` runs itself; ``docker`` commands, which
``tests/test_image.py`` holds against the Dockerfile; ``workbench bench``, which ``tests/benchmark`` runs;
``workbench models get``, which ``tests/models`` runs, because it needs a package index.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from mpd_server import Mpd
from supysonic_server import PASSWORD, Supysonic
from warm_commands import write_commands
from warm_python import WarmPython

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
GUIDES = [
    (ROOT / "docs" / f"{name}.md").read_text("utf-8")
    for name in ("server", "docker", "cluster", "models", "tags", "dj", "media", "history")
]
ELSEWHERE = ("python3 -m venv", "workbench bench", "workbench models get")
STAYS = ("workbench serve", "workbench lab", "workbench watch", "dask scheduler", "dask worker")
SCHEDULER = re.compile(r"(tcp|tls)://192\.0\.2\.1:8786")


def blocks(language: str) -> list[list[str]]:
    pages = "\n".join((README, *GUIDES))
    found = re.findall(rf"^```{language}\n(.*?)^```", pages, re.DOTALL | re.MULTILINE)
    return [block.strip().splitlines() for block in found]


class Reader:
    """Somebody who types what the README says, in a home and a clone of their own."""

    def __init__(self, home: Path, port: int, warm: WarmPython) -> None:
        self.home = home
        self.port = port
        self.files = [warm.template.fileno()]
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("WORKBENCH", "XDG_", "DASK"))
        }
        commands = write_commands(home / "commands", warm)
        path = os.pathsep.join(map(str, (home / "commands", Path(sys.executable).parent, os.environ["PATH"])))
        self.environment = kept | commands | {
            "HOME": str(home), "PATH": path, "BROWSER": "true",
            "WORKBENCH_PORT": str(port), "WORKBENCH_ASYNC_WORKERS": "2", "WORKBENCH_MEDIA_PASSWORD": PASSWORD,
        }  # fmt: skip
        self.running: list[subprocess.Popen[str]] = []
        self.media_server: Supysonic | None = None
        self.mpd: Mpd | None = None

    def types(self, line: str) -> None:
        if set_variable := re.fullmatch(r"export (\w+)=(.*)", line):
            self.environment[set_variable[1]] = set_variable[2]
        elif line.startswith(STAYS):
            self.starts(line)
        else:
            self.runs(line)

    def runs(self, line: str) -> None:
        command = self.adapted(line)
        done = subprocess.run(
            command, shell=True, executable="/bin/bash", cwd=self.clone, env=self.environment,
            pass_fds=self.files, capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        if line.startswith("curl"):
            answer = json.loads(done.stdout)
            assert "error" not in answer and '"status":"failed"' not in done.stdout, f"{line}\n{done.stdout}"

    def starts_media_server(self) -> Supysonic:
        """Start a server that has the reader's music, and like two of its songs there."""
        found = Supysonic(self.home / "supysonic", self.home / "Music")
        one, other, *_ = found.songs().values()
        found.ask("star", id=one)
        found.ask("setRating", id=other, rating=5)
        return found

    def starts_mpd(self) -> Mpd:
        assert shutil.which("mpd"), "install mpd: a guide says how it gets playlists"
        folder = Path(tempfile.mkdtemp())  # the path of a socket has at most 107 characters
        found = Mpd(folder, self.home / "Music")
        self.environment["MPD_PORT"] = str(found.port)
        return found

    def starts(self, line: str) -> None:
        extra = {"workbench lab": " --no-browser", "dask scheduler": " --port 0 --no-dashboard"}
        command = self.adapted(line) + next(
            (more for start, more in extra.items() if line.startswith(start)), ""
        )
        with self.log.open("w") as log:
            process = subprocess.Popen(
                f"exec {command}", shell=True, executable="/bin/bash", cwd=self.clone, env=self.environment,
                pass_fds=self.files, stdout=log, stderr=log, text=True, start_new_session=True,
            )  # fmt: skip
        self.running.append(process)
        if line.startswith("workbench watch"):
            self.waits_for(lambda: "watching" in self.log.read_text(), line)
        elif line.startswith("workbench"):
            self.waits_for(lambda: answers(self.port), line)
        elif line.startswith("dask scheduler"):
            self.waits_for(lambda: self.scheduler_file.exists() and self.scheduler_address(), line)

    def waits_for(self, condition: object, line: str) -> None:
        deadline = time.monotonic() + 90
        while not condition():  # type: ignore[operator]
            assert self.running[-1].poll() is None, f"{line} ended: {self.log.read_text()}"
            assert time.monotonic() < deadline, f"{line} did not start: {self.log.read_text()}"
            time.sleep(0.1)

    def stops_everything(self) -> None:
        """Stop the last one first: a Dask worker waits for seconds if its scheduler ends together with it."""
        while self.running:
            process = self.running.pop()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)
        self.scheduler_file.unlink(missing_ok=True)

    def adapted(self, line: str) -> str:
        """Put this machine's port and address for those of the example."""
        line = line.replace("localhost:8500", f"localhost:{self.port}")
        if "http://localhost:4533" in line:
            self.media_server = self.media_server or self.starts_media_server()
            line = line.replace("http://localhost:4533", self.media_server.url)
        if "--to mpd" in line:
            self.mpd = self.mpd or self.starts_mpd()
            line = line.replace("localhost:6600", f"localhost:{self.mpd.port}")
        if "SONG" in line:
            assert self.media_server is not None
            one, other, *_ = self.media_server.songs().values()
            line = line.replace("SONG2", other).replace("SONG", one)
        if SCHEDULER.search(line):
            line = SCHEDULER.sub(self.scheduler_address(), line)
        return line.replace("192.0.2.1", "127.0.0.1").replace("~/playlist-workbench", str(self.clone))

    def closes(self) -> None:
        self.stops_everything()
        for server in (self.media_server, self.mpd):
            if server is not None:
                server.close()

    def scheduler_address(self) -> str:
        text = self.scheduler_file.read_text().strip()
        return str(json.loads(text)["address"]) if text.endswith("}") else ""

    @property
    def clone(self) -> Path:
        return self.home / "playlist-workbench"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def scheduler_file(self) -> Path:
        return self.home / "dask.json"


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def reader(
    tmp_path: Path, demo_folder: Path, style_folder: Path, known_contents_dir: Path, warm_python: WarmPython
) -> Iterator[Reader]:
    """With the notebooks, the styles and a few of the demo tracks as their music, whose content is known already."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    found = Reader(tmp_path, port, warm_python)
    found.clone.mkdir()
    (found.clone / "notebooks").symlink_to(ROOT / "notebooks")
    (found.clone / ".venv").mkdir()
    (found.clone / ".venv" / "bin").symlink_to(tmp_path / "commands")
    (tmp_path / ".jupyter").mkdir()  # who reads this may be root, as in a container, which Jupyter asks about
    (tmp_path / ".jupyter" / "jupyter_server_config.json").write_text('{"ServerApp": {"allow_root": true}}')
    (tmp_path / "Music").mkdir()
    tracks = sorted(path for path in demo_folder.rglob("*") if path.is_file())
    for path in [path for path in tracks if "Waltz" in path.name] + tracks[:6]:
        shutil.copy(path, tmp_path / "Music")
    stream = {"ts": "2024-05-01T20:00:00Z", "ms_played": 200_000, "master_metadata_track_name": "Miller's Waltz",
              "master_metadata_album_artist_name": "Old Mill Orchestra"}  # fmt: skip
    (found.clone / "Streaming_History_Audio_2024_0.json").write_text(json.dumps([stream]))
    shutil.copytree(style_folder, found.clone / "styles")  # or they would be synthesized again
    shutil.copytree(known_contents_dir, tmp_path / ".local" / "share" / "playlist-workbench")
    for name in ("my_spotify_data.zip", "listenbrainz_export.zip"):
        with zipfile.ZipFile(found.clone / name, "w") as archive:
            archive.writestr("My Data/Streaming_History_Audio_2024_0.json", json.dumps([stream]))
    yield found
    found.closes()


@pytest.mark.timeout(900)  # for a machine that is busy
def test_every_command_works_as_written(reader: Reader) -> None:
    for block in blocks("bash"):
        for line in block:
            if not line.startswith(ELSEWHERE):
                reader.types(line)
        reader.stops_everything()
    assert (reader.clone / "party.m3u8").read_text("utf-8").count("#EXTINF") == 5
    assert len(list((reader.clone / "playlists").iterdir())) >= 3


def test_the_line_for_cron_works(reader: Reader) -> None:
    [[line]] = blocks("cron")
    when, command = re.fullmatch(r"((?:[\d*,/-]+ +){5})(.*)", line).groups()  # type: ignore[union-attr]
    assert when.split() == ["0", "4", "*", "*", "0"]
    assert "%" not in command  # cron would take it for a line break
    reader.runs(command)
    assert (reader.clone / "week.ipynb").exists()


def test_the_python_examples_work(reader: Reader) -> None:
    """That of the README stands alone; those of the guides go on with an open ``wb``."""
    readme, *guides = blocks("python")
    lines = [*readme, "wb = Workbench()", *(line for guide in guides for line in guide)]
    (reader.clone / "example.py").write_text("if __name__ == '__main__':\n    " + "\n    ".join(lines))
    reader.runs("python example.py")
    assert (reader.clone / "party.m3u8").exists()


def test_no_command_hides_in_a_block_of_another_kind() -> None:
    pages = "\n".join((README, *GUIDES))
    kinds = {"bash", "cron", "docker", "python", "nginx"}
    assert set(re.findall(r"^```(\S+)$", pages, re.MULTILINE)) == kinds
    assert README.startswith("# Playlist Workbench")
    assert "<!--" not in README


def test_ci_runs_the_two_commands_that_are_not_run_here() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    lines = [line for block in blocks("bash") for line in block if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    assert lines[0].endswith("workbench demo")
    assert lines[1].endswith("-m pytest")
    assert "-m pytest" in script
    assert "workbench demo" in script


def test_links_lead_somewhere() -> None:
    pages = [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("workbench/**/*.md"),
        *ROOT.glob("notebooks/**/*.ipynb"),
    ]
    for page in pages:
        for target, anchor in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", page.read_text("utf-8")):
            leads_to = page.parent / target if target else page
            assert "://" in target or leads_to.exists(), f"{page.name}: {target}"
            assert not anchor or anchor in anchors(leads_to.read_text("utf-8")), f"{page.name}: #{anchor}"


def anchors(markdown: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_modules_and_settings_that_are_named_are_there() -> None:
    from dataclasses import fields

    from workbench.settings import Settings

    names = {field.name.upper() for field in fields(Settings)}
    table = README.partition("## Settings")[2].partition("## Tuning")[0]
    assert set(re.findall(r"`([A-Z_]{4,})`", table)) == names
    seed = README.partition("| seed section")[2].partition("\n\n")[0]
    for row in seed.splitlines()[2:]:
        for name in re.findall(r"`([\w./]+)`", row.split("|")[2]):
            assert (ROOT / "workbench" / name).exists() or (ROOT / name).exists(), name
    from workbench.apps.rest.routes import ROUTES

    routes = {template.removeprefix("/api/v1/") for template, _ in ROUTES}
    for path in re.findall(r"`(performance/[a-z/-]+)`", README):
        assert path in routes, path
