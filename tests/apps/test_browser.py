"""A real browser on the home page and the performance app: they draw, and nothing leaves this machine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import urlsplit

import pytest
from chromium import chromium_with_caches, forget
from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser


class Visit:
    """A page, with what it asked for and what it complained of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("requestfailed", self._failed)

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # as a page ends that still asks for the jobs
            self.errors.append(f"{request.url}: {request.failure}")

    @property
    def outside(self) -> list[str]:
        return [url for url in self.asked if urlsplit(url).hostname not in ("127.0.0.1", None, "")]


@pytest.fixture(scope="module")
def running_browser(chromium: str, chromium_profile: Path) -> Iterator[BrowserContext]:
    with chromium_with_caches(chromium, chromium_profile) as context:
        yield context


@pytest.fixture
def browser(running_browser: BrowserContext) -> Iterator[BrowserContext]:
    yield running_browser
    forget(running_browser)


@pytest.fixture(params=["light", "dark"])
def visit(browser: BrowserContext, request: pytest.FixtureRequest) -> Visit:
    page = browser.new_page()
    page.emulate_media(color_scheme=request.param)
    return Visit(page)


def test_home_page_lists_the_apps_and_the_performance_app_shows_live_figures(
    server: Any, visit: Visit
) -> None:
    page = visit.page
    page.goto(server.url)
    assert page.title() == "Playlist Workbench"
    link = page.locator(".pw-apps").get_by_role("link", name="Performance")
    assert "Live measurements" in link.inner_text()
    link.click()
    page.get_by_text("Overall").first.wait_for(timeout=90_000)
    page.get_by_text(f"server {server.process.pid}").first.wait_for(timeout=60_000)
    assert not visit.outside
    assert not visit.errors


def test_missing_page_is_useful(server: Any, visit: Visit) -> None:
    answer = visit.page.goto(f"{server.url}nothing/here")
    assert answer is not None
    assert answer.status == 404
    visit.page.get_by_role("link", name="All apps").click()
    assert visit.page.title() == "Playlist Workbench"
    assert not visit.outside


@pytest.mark.parametrize("proxied", [False, True], ids=["as it is", "taken off by a proxy"])
def test_app_below_a_base_url_with_a_token(token_server: Any, browser: BrowserContext, proxied: bool) -> None:
    way = stripping_proxy(token_server.url, "/music") if proxied else nullcontext(token_server.url)
    with way as url:
        visit = Visit(browser.new_page())
        visit.page.goto(f"{url}?token=secret")
        assert "tracks" in visit.page.evaluate("fetch('api/v1/tracks').then(answer => answer.json())")
        visit.page.get_by_role("link", name="Performance", exact=True).click()
        visit.page.get_by_text("Overall").first.wait_for(timeout=90_000)
        assert all(urlsplit(url).path.startswith("/music/") for url in visit.asked if url.startswith("http"))
        assert not visit.outside
        assert not visit.errors


@contextmanager
def stripping_proxy(server_url: str, prefix: str) -> Iterator[str]:
    """Yield the address of a reverse proxy that takes a prefix off every address; WebSockets pass as well."""
    target = urlsplit(server_url)
    started: Queue[tuple[int, Callable[[], object]]] = Queue()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        onward = await asyncio.open_connection(target.hostname, target.port)
        onward[1].write(without(prefix.encode(), head))
        await asyncio.gather(copy(reader, onward[1]), copy(onward[0], writer), return_exceptions=True)

    async def run() -> None:
        proxy = await asyncio.start_server(handle, "127.0.0.1", 0)
        stopped, loop = asyncio.Event(), asyncio.get_running_loop()
        started.put((proxy.sockets[0].getsockname()[1], lambda: loop.call_soon_threadsafe(stopped.set)))
        await stopped.wait()
        proxy.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    port, stop = started.get(timeout=60)
    try:
        yield f"http://127.0.0.1:{port}{prefix}/"
    finally:
        stop()
        thread.join()


def without(prefix: bytes, head: bytes) -> bytes:
    """Return the head of a request without the prefix, and for this one request on a connection only."""
    return head.replace(b" " + prefix + b"/", b" /", 1).replace(
        b"Connection: keep-alive", b"Connection: close"
    )


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while block := await reader.read(65536):
            writer.write(block)
            await writer.drain()
    finally:
        writer.close()
