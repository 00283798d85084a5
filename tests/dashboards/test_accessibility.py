"""On any page, axe-core finds nothing serious in light and in dark; apps fit a phone, and the keyboard opens panels."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

APPS = {
    "library": ("Library", ".pw-grid [aria-rowindex='2'] .pw-cell"),
    "music_map": ("Music map", ".pw-field[data-drawn='6']"),
    "performance": ("Performance", ".pw-scores"),
    "playlist_maker": ("Playlist maker", "button:has-text('Make playlist')"),
    "problems": ("Duplicates and problems", ".pw-page .widget-tab, .pw-page .pw-grid"),
}
"""Names, titles, and what is there when an app has been drawn."""
QUEUE = {"workbench-queue": json.dumps({"ids": [1, 2], "at": 0, "at_s": 3})}
"""So that the player is there."""


@pytest.mark.parametrize("name", APPS)
def test_an_app_has_a_title_and_fits_a_phone_and_axe_finds_nothing_serious(
    name: str, visit: Callable[..., Any]
) -> None:
    title, drawn = APPS[name]
    page = visit(name, width=390, height=844, dark=True, stored=QUEUE).page
    assert page.title() == f"{title} · Playlist Workbench"
    page.wait_for_selector(drawn)
    page.get_by_role("region", name="Player").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    page.set_viewport_size({"width": 1280, "height": 720})
    nothing_is_serious(page)


@pytest.mark.parametrize(("address", "drawn"), [("", ".pw-tiles"), ("api", ".opblock")], ids=["home", "api"])
def test_axe_finds_nothing_serious(address: str, drawn: str, chromium: Any, app_server: Any) -> None:
    page = chromium.new_page()
    for name, value in QUEUE.items():
        page.add_init_script(f"sessionStorage.setItem({name!r}, {value!r})")
    page.goto(app_server.url + address)
    page.wait_for_selector(drawn, timeout=60_000)
    page.get_by_role("region", name="Player").wait_for()
    nothing_is_serious(page)


def nothing_is_serious(page: Any) -> None:
    """Run all rules in light, and those about colors in dark too."""
    page.evaluate(Axe().axe_script)
    page.emulate_media(color_scheme="light")
    found = serious(page, {})
    page.emulate_media(color_scheme="dark")
    found += serious(page, {"runOnly": ["color-contrast"]})
    assert not found, "\n".join(found)


def serious(page: Any, options: dict[str, Any]) -> list[str]:
    # Half-way colors of a transition are nobody's colors.
    page.wait_for_function("document.getAnimations().every((one) => one.playState !== 'running')")
    violations = page.evaluate(
        "(options) => axe.run(document, options).then(({ violations }) => violations)",
        {"resultTypes": ["violations"]} | options,
    )
    return [
        f"{violation['id']}: {node['html'][:150]} {node['failureSummary'][:200]}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"][:3]
    ]


def test_a_closed_panel_is_opened_by_keyboard(visit: Callable[..., Any]) -> None:
    page = visit("library").page
    head = page.get_by_role("button", name="Add music")
    head.wait_for()
    assert not page.get_by_role("button", name="Analyze this folder").is_visible()
    head.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Analyze this folder").wait_for()


def test_columns_are_chosen_by_keyboard(visit: Callable[..., Any]) -> None:
    page = visit("library").page
    page.wait_for_selector(".pw-grid [aria-rowindex='2'] .pw-cell")
    page.get_by_text("Columns", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_label("Energy").press("Space")
    page.get_by_role("columnheader", name="Energy").wait_for()
    page.get_by_role("button", name="Move Artist forward").press("Enter")
    page.wait_for_function(
        "document.querySelector('.pw-grid .pw-head button').textContent.startsWith('Artist')"
    )
    page.get_by_role("button", name="Reset columns").press("Enter")
    page.get_by_role("columnheader", name="Energy").wait_for(state="detached")
