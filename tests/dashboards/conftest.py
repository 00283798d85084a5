"""A real server, a real Chromium that records its requests, and a small library."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from chromium import chromium_with_caches

HERE = Path(__file__).parent
START_WITHIN_S = 90.0
PAGE_WITHIN_MS = 60_000
SOUND = "--autoplay-policy=no-user-gesture-required"


def share_of(data_dir: Path) -> Path:
    """Return the folder in which a server has its trash."""
    folder = data_dir.parent / "share"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class AppServer:
    """``workbench serve`` on a data folder."""

    def __init__(self, data_dir: Path, roots: Path) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workbench", "serve", "--data-dir", str(data_dir), "--port", "0"],
            env=inherited
            | {
                "WORKBENCH_LIBRARY_ROOTS": str(roots),
                "WORKBENCH_ASYNC_WORKERS": "1",
                "XDG_DATA_HOME": str(share_of(data_dir)),
            },
            stderr=subprocess.PIPE,
            text=True,
            cwd=data_dir.parent,
        )
        self.url = ""
        self.log: list[str] = []
        self._started = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._started.wait(START_WITHIN_S) and self.url, "".join(self.log)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self.log.append(line)
                if found := re.search(r"is at (http://\S+)", line):
                    self.url = found[1]
                    self._started.set()
        self._started.set()


class Visit:
    """An app that is open in Chromium, with all errors and the addresses of all requests."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self._listeners: dict[str, Callable[[Any], object]] = {
            "request": lambda request: self.asked.append(request.url),
            "websocket": lambda socket: self.asked.append(socket.url),
            "pageerror": lambda error: self.complaints.append(str(error)),
            "console": lambda said: (
                said.type == "error" and self.complaints.append(f"{said.text} {said.location['url']}")
            ),
        }
        for event, listener in self._listeners.items():
            page.on(event, listener)

    def outside(self, home: str) -> list[str]:
        return [
            url
            for url in self.asked
            if not url.startswith((home, home.replace("http", "ws"), "data:", "blob:"))
        ]

    def end(self) -> None:
        """Close the page, except in the tab that is kept, where the next test leaves the app."""
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)
        if self.page not in self.page.context.pages[:1]:
            self.page.close()


def go_to_no_app(page: Any, home: str) -> None:
    """Go to an empty page of the server's address, which it is not asked for."""
    page.unroute_all()
    page.route(
        f"{home}no-app",
        lambda route: route.fulfill(body='<link rel="icon" href="data:,">', content_type="text/html"),
    )
    page.goto(f"{home}no-app")
    page.unroute_all()


SWITCH = """async (address) => {
    workbenchPlayer.stop();
    const shown = new Promise((done) => document.addEventListener("workbench-page", done, { once: true }));
    workbenchPlayer.pages.open(new URL(address));
    await shown;
    localStorage.clear();
    sessionStorage.clear();
}"""


def leaves_for(page: Any, address: str) -> bool:
    """Open another app in the document of an app, as a link does; False if it is no such document."""
    same_server = page.url.startswith(address.partition("voila/")[0])
    if not same_server or not page.evaluate("Boolean(window.workbenchAppPage?.isReady)"):
        return False
    page.evaluate(SWITCH, address)
    return True


browsers = ExitStack()
running: list[Any] = []


@pytest.fixture
def chromium(chromium_profile: Path) -> Iterator[Any]:
    """A context for the pages of one test; ``chromium.browser`` makes others, without a cache."""
    pytest.importorskip("playwright.sync_api")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on this machine")
    if not running:
        running.append(browsers.enter_context(chromium_with_caches(found, chromium_profile, SOUND)))
        browsers.callback(running.clear)
    yield running[0]
    for page in running[0].pages[1:]:
        page.close()


def in_browser(item: pytest.Item) -> bool:
    return item.path.parent == HERE and item.get_closest_marker("browser") is not None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests that share a browser follow each other."""
    items.sort(key=in_browser)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Close the browser after the last of them: its driver keeps an event loop running, which others must not see."""
    if nextitem is None or not in_browser(nextitem):
        browsers.close()


@pytest.fixture(scope="session")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six short tracks of the demo library, one of them in a format that browsers lack."""
    import soundfile

    from workbench.audio.demo.demo_library import DEMO_TRACKS, make_demo_library

    folder = tmp_path_factory.mktemp("music")
    make_demo_library(folder, tracks=DEMO_TRACKS[:6])
    last = max(path for path in folder.rglob("*") if path.suffix in (".wav", ".flac", ".ogg", ".mp3"))
    soundfile.write(folder / "Unheard of.aiff", *soundfile.read(last))
    last.unlink()
    return folder


@pytest.fixture(scope="session")
def app_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home") / "data"


@pytest.fixture(scope="session")
def app_server(app_data_dir: Path, music: Path) -> Iterator[AppServer]:
    """A server whose library has the six tracks."""
    from workbench.session.workbench import Workbench

    with Workbench(app_data_dir, async_workers=1) as wb:
        assert wb.analyze(music, show=False).result(timeout=200).analyzed == 6
    server = AppServer(app_data_dir, music)
    yield server
    server.stop()


@pytest.fixture
def trash(app_data_dir: Path) -> Path:
    """The trash of ``app_server``."""
    return share_of(app_data_dir) / "Trash"


@pytest.fixture
def empty_server(tmp_path: Path, music: Path) -> Iterator[AppServer]:
    """A server whose library is empty."""
    server = AppServer(tmp_path / "data", music)
    yield server
    server.stop()


@pytest.fixture
def visit(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visit]]:
    """Open an app by name. At the end, errors and requests to other machines fail the test.

    The first app is opened in the tab of the test before, in place of its app if possible: a new document takes three
    times as long.
    """
    visits: list[Visit] = []
    empty = "empty_server" in request.fixturenames
    server = request.getfixturevalue("empty_server" if empty else "app_server")

    def open_app(
        name: str,
        *,
        width: int = 1280,
        height: int = 800,
        dark: bool = False,
        stored: Mapping[str, str] | None = None,
        fresh: bool = False,
    ) -> Visit:
        page = chromium.pages[0] if not visits and chromium.pages else chromium.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_default_timeout(PAGE_WITHIN_MS)
        address = f"{server.url}voila/render/{name}.ipynb"
        if stored or fresh or not leaves_for(page, address):
            go_to_no_app(page, server.url)
            page.evaluate("localStorage.clear(); sessionStorage.clear()")
            page.evaluate("stored => Object.assign(sessionStorage, stored)", stored or {})
            seen = Visit(page)
            page.goto(address)
        else:
            seen = Visit(page)
        page.wait_for_selector(".pw-page")
        visits.append(seen)
        return seen

    yield open_app
    for seen in visits:
        seen.end()
    assert [seen.complaints for seen in visits if seen.complaints] == []
    assert [seen.outside(server.url) for seen in visits if seen.outside(server.url)] == []


@pytest.fixture
def heard_table(heard: Any) -> Any:
    return heard.table()


@pytest.fixture(scope="session")
def table() -> Any:
    """Forty analyzed tracks, twenty of ambient and twenty of techno, which differ in every dimension."""
    import numpy as np

    from workbench.store.library.library_table import LibraryTable

    n, rng = 40, np.random.default_rng(5)
    half = np.arange(n) >= n // 2
    numbers = {
        "bpm": np.where(half, 130.0, 80.0) + rng.normal(0, 2, n),
        "loudness_lufs": -12 + rng.normal(0, 0.5, n),
        "true_peak_dbtp": np.full(n, -1.0),
        "leading_silence_s": np.zeros(n),
        "trailing_silence_s": np.zeros(n),
        "truncated": np.zeros(n),
        "onset_rate_hz": np.where(half, 4.0, 1.0) + rng.normal(0, 0.1, n),
        "spectral_flux": rng.uniform(0.1, 0.5, n),
        "danceability": rng.uniform(0.5, 2, n),
        "duration_s": rng.uniform(120, 400, n),
        "year": rng.integers(1970, 2020, n).astype(float),
    }
    texts = {
        "path": [f"/music/{i}.flac" for i in range(1, n + 1)],
        "content_hash": [f"{i:032x}" for i in range(n)],
        "status": ["analyzed"] * n,
        "title": [f"Track {i}" for i in range(1, n + 1)],
        "artist": [f"Artist {i % 8}" for i in range(n)],
        "album": [f"Album {i % 8}" for i in range(n)],
        "genre": np.where(half, "techno", "ambient").tolist(),
        "key": ["A"] * n,
        "scale": ["minor"] * n,
        "camelot": ["8A"] * n,
    }
    vectors = (half[:, None] * 6 + rng.normal(0, 1, (n, 10))).astype(np.float32)
    columns = numbers | {name: np.array(values, object) for name, values in texts.items()}
    return LibraryTable("literal-1", np.arange(1, n + 1, dtype=np.int64), columns, vectors)
