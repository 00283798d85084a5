"""Real servers for the tests: ``workbench serve`` in its own process, with requests over HTTP."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any

import httpx
import nbformat
import numpy as np
import psutil
import pytest
import soundfile
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from workbench.apps.notebooks import apps_folder

START_WITHIN_S = 60.0
COMMAND = ("-m", "workbench", "serve")
ALL_APPS = None
# The same with other apps than ours, or with some only: preheating them all is most of what a start costs. CONSTANTS
# may be shorter or smaller than ours, so that what happens after them is seen soon. CONTROL_GROUPS is a folder that is
# laid out like /sys/fs/cgroup, so that a test decides how much memory is in use.
OTHER_APPS = (
    "-c",
    """
import json, os, sys
from functools import partial
from importlib import import_module
from pathlib import Path
from workbench.machine.cgroup import ControlGroups

if folder := os.environ.get("CONTROL_GROUPS"):
    ControlGroups.__init__.__defaults__ = (Path(folder), Path(folder, "membership"))

import workbench.apps.server.serve as server
from workbench.cli.main import main

for name, value in json.loads(os.environ.get("CONSTANTS", "{}")).items():
    module, _, constant = name.rpartition(".")
    setattr(import_module("workbench.apps." + module), constant, value)
server.serve = partial(server.serve, apps=Path(os.environ["APPS"]))
sys.exit(main(["serve", *sys.argv[1:]]))
""",
)
OWN_APP = """
import ipywidgets
from workbench.apps import app

@app("track_dial")
def track_dial(wb):
    '''How many tracks there are.

    As an example.
    '''
    return ipywidgets.HTML(f"{len(wb.tracks)} tracks on the dial")
"""
_ADDRESS = re.compile(r"is at (http://\S+)")


class Server:
    """A running ``workbench serve``, on ``apps``: a folder of notebooks instead of ours."""

    def __init__(
        self, data_dir: Path, roots: Path, *arguments: str, apps: Path | None = ALL_APPS, **environment: str
    ) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
        command = [sys.executable, *(COMMAND if apps is ALL_APPS else OTHER_APPS)]
        self.process = subprocess.Popen(
            [*command, "--data-dir", str(data_dir), "--port", "0", *arguments],
            env=inherited
            | {"WORKBENCH_LIBRARY_ROOTS": str(roots), "WORKBENCH_ASYNC_WORKERS": "1", "APPS": str(apps)}
            | environment,
            stderr=subprocess.PIPE,
            text=True,
            cwd=data_dir.parent,
        )
        self.data_dir = data_dir
        self.log: list[str] = []
        self._started = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._started.wait(START_WITHIN_S), "the server said nothing"
        assert self.url, "".join(self.log)
        forgetful = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        self.client = httpx.Client(base_url=self.url, timeout=60, cookies=forgetful)

    url = ""

    @property
    def pids(self) -> list[int]:
        """The server and all its descendants."""
        process = psutil.Process(self.process.pid)
        return [process.pid, *(child.pid for child in process.children(recursive=True))]

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(f"api/v1/{path}", **options)

    def post(self, path: str, json: Any, **options: Any) -> httpx.Response:
        return self.client.post(f"api/v1/{path}", json=json, **options)

    def stop(self) -> int:
        """Send SIGTERM and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        self._reader.join()
        self.client.close()
        return status

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self.log.append(line)
                if found := _ADDRESS.search(line):
                    self.url = found[1]
                    self._started.set()
        self._started.set()


@pytest.fixture(scope="session")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with four short tracks, two of them in a subfolder."""
    folder = tmp_path_factory.mktemp("music")
    (folder / "more").mkdir()
    rate, seconds = 22050, 6
    time_s = np.arange(rate * seconds) / rate
    for number, name in enumerate(("one.wav", "two.wav", "more/three.wav", "more/four.flac")):
        tone = 0.3 * np.sin(2 * np.pi * 220 * (number + 1) * time_s) * (np.sin(2 * np.pi * 2 * time_s) > 0)
        soundfile.write(folder / name, tone.astype(np.float32), rate)
    return folder


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory, music: Path) -> Iterator[Callable[..., Server]]:
    """Start servers, without apps unless a folder is given; they are stopped at the end."""
    servers: list[Server] = []
    no_apps = tmp_path_factory.mktemp("no_apps")

    def start(
        *arguments: str, data_dir: Path | None = None, apps: Path | None = no_apps, **environment: str
    ) -> Server:
        folder = data_dir or tmp_path_factory.mktemp("data")
        servers.append(Server(folder, music, *arguments, apps=apps, **environment))
        return servers[-1]

    yield start
    for server in servers:
        server.process.terminate()
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def performance_app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the Performance app."""
    folder = tmp_path_factory.mktemp("apps")
    shutil.copy(apps_folder() / "performance.ipynb", folder)
    return folder


@pytest.fixture(scope="session")
def server(serve: Callable[..., Server], music: Path, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server without a token, with the folder of music analyzed, and with an app of the user's own."""
    data_dir = tmp_path_factory.mktemp("data")
    (data_dir / "plugins").mkdir()
    (data_dir / "plugins" / "dial.py").write_text(OWN_APP)
    started = serve(apps=ALL_APPS, data_dir=data_dir, WORKBENCH_ASYNC_WORKERS="2")
    answer = started.post("tracks/import?wait=60", {"directory_path": str(music)})
    assert answer.status_code == 200, answer.text
    assert answer.json()["result"]["analyzed"] == 4, answer.text
    return started


@pytest.fixture(scope="session")
def token_server(serve: Callable[..., Server], performance_app: Path) -> Server:
    """A server with the token "secret", below a base URL."""
    return serve("--base-url", "/music/", apps=performance_app, WORKBENCH_TOKEN="secret")


@pytest.fixture(scope="session")
def small_server(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server with low limits: three pages, two for a client, twenty connections, short waits."""
    folder = tmp_path_factory.mktemp("one_app")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_markdown_cell("# One"), new_code_cell("print('all is well')")]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "one.ipynb")
    constants = {
        "voila.app_kernels.PAGES": 3,
        "voila.app_kernels.PAGES_PER_CLIENT": 2,
        "voila.app_kernels.UNSEEN_S": 2.0,
        "voila.app_kernels.GONE_S": 2.0,
        "voila.voila_app.CULL_EVERY_S": 1,
        "server.bounded_server.CONNECTIONS_PER_CLIENT": 20,
        "server.bounded_server.IDLE_S": 2.0,
        "server.bounded_server.BODY_S": 2.0,
    }
    return serve(apps=folder, CONSTANTS=json.dumps(constants))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser. Without a browser, its tests are skipped, unless CI is set."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None and os.environ.get("CI"):
        pytest.fail("CI must have a Chromium")
    if found is None:
        pytest.skip("there is no Chromium here")
    return found
