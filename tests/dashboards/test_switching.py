"""Another app takes the place of the one before it, in the same document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import voila
from waiting import until

pytestmark = pytest.mark.browser

MISSING = """() => {
    const { widgetManager } = window.jupyterapp, { kernel, rendermime } = widgetManager;
    const view = rendermime.createRenderer("application/vnd.jupyter.widget-view+json");
    const used = {
        kernel, rendermime, settings: kernel.serverSettings, name: kernel.name, dispose: kernel.dispose,
        registry: widgetManager._registry, clear_state: widgetManager.clear_state,
        preferredMimeType: rendermime.preferredMimeType, attach: view.constructor.attach, renderModel: view.renderModel,
    };
    return Object.keys(used).filter((name) => !used[name]);
}"""

MENU = "[...document.querySelectorAll('.pw-nav [aria-current]')].map((link) => link.innerText)"


def has_ended(url: str, kernel: str) -> bool:
    try:
        urlopen(f"{url}api/kernels/{kernel}").close()
    except HTTPError:
        return True
    return False


def kernel_of(page: Any) -> str:
    found: str = page.evaluate(
        "JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
    )
    return found


def open_from_menu(page: Any, name: str) -> None:
    page.get_by_role("navigation", name="Apps").get_by_role("link", name=name).click()
    page.get_by_role("heading", name=name, level=1).wait_for()


def test_a_link_opens_another_app_whose_widgets_work_and_ends_the_kernel_of_the_one_before(
    visit: Callable[..., Any], app_server: Any
) -> None:
    page = visit("library").page
    page.locator(".pw-grid [aria-rowindex='2'] .pw-cell:not(:empty)").first.wait_for()
    assert page.evaluate(MISSING) == [], f"Voila {voila.__version__} no longer has what app_page.js uses"
    before, documents = kernel_of(page), []
    page.on("request", lambda request: request.is_navigation_request() and documents.append(request.url))
    open_from_menu(page, "Playlist maker")
    assert page.url == f"{app_server.url}voila/render/playlist_maker.ipynb"
    assert page.title().startswith("Playlist maker")
    assert page.evaluate(MENU) == ["Playlist maker"]
    assert page.evaluate("document.activeElement === document.body"), "keys are for the player"
    assert page.locator("[aria-live=polite]").filter(has_text=page.title()).count() == 1
    page.get_by_role("button", name="Make playlist").click()
    page.wait_for_selector(".pw-list li")
    assert page.locator(".pw-grid").count() == 0, "nothing of the Library is left"
    second = kernel_of(page)
    until(lambda: has_ended(app_server.url, before))
    assert not has_ended(app_server.url, second)

    page.go_back()
    page.locator(".pw-grid [aria-rowindex='2'] .pw-cell:not(:empty)").first.wait_for()
    assert page.title().startswith("Library")
    assert page.evaluate(MENU) == ["Library"]
    until(lambda: has_ended(app_server.url, second))
    third = kernel_of(page)
    assert documents == [], "the scripts of the page were not loaded again"

    page.get_by_role("navigation", name="Apps").get_by_role("link", name="Library").click()
    until(lambda: has_ended(app_server.url, third))
    page.locator(".pw-grid [aria-rowindex='2'] .pw-cell:not(:empty)").first.wait_for()
    assert documents == [], "the app was opened anew, the scripts were not"

    last = kernel_of(page)
    page.get_by_role("link", name="Home").click()
    page.get_by_role("heading", name="Playlist Workbench").wait_for()
    until(lambda: has_ended(app_server.url, last))


def test_the_last_of_two_quick_clicks_counts(visit: Callable[..., Any], app_server: Any) -> None:
    page, left = visit("problems").page, set()
    page.on("request", lambda sent: "/api/shutdown/" in sent.url and left.add(sent.url.rpartition("/")[2]))
    page.evaluate(
        """for (const name of ["music_map", "music_map", "performance", "problems", "performance"])
            document.querySelector(`.pw-nav a[href$="${name}.ipynb"]`).click()"""
    )
    page.get_by_role("heading", name="Performance", level=1).wait_for()
    page.get_by_role("button", name="Run benchmark").wait_for()
    assert page.evaluate(MENU) == ["Performance"]
    assert page.get_by_role("main").count() == 1
    until(lambda: len(left) == 3)
    until(lambda: all(has_ended(app_server.url, kernel) for kernel in left))
    assert not has_ended(app_server.url, kernel_of(page))


def test_a_refused_app_says_why(visit: Callable[..., Any], app_server: Any) -> None:
    seen = visit("problems")
    page, address = seen.page, f"{app_server.url}voila/render/music_map.ipynb"
    page.route(address, lambda route: route.fulfill(status=503, body="<h1>Too many pages are open</h1>"))
    page.get_by_role("link", name="Music map").click()
    page.get_by_role("heading", name="Too many pages are open").wait_for()
    assert page.url == address
    page.unroute(address)
    seen.complaints = [said for said in seen.complaints if "503" not in said]
