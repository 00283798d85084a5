"""axe-core finds nothing serious on any page, in light and in dark; and the keyboard reaches what is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

READY = {
    "": ".pw-tiles",
    "api": ".opblock",
    "voila/render/library.ipynb": ".pw-grid [aria-rowindex='2'] .pw-cell",
    "voila/render/music_map.ipynb": ".pw-field[data-drawn='6']",
    "voila/render/performance.ipynb": ".pw-scores",
    "voila/render/playlist_maker.ipynb": "button:has-text('Make playlist')",
    "voila/render/problems.ipynb": ".pw-page .widget-tab, .pw-page .pw-grid",
}


QUEUE = "sessionStorage.setItem('workbench-queue', JSON.stringify({ ids: [1, 2], at: 0, at_s: 3 }))"


@pytest.mark.parametrize("address", READY)
def test_axe_finds_nothing_serious(address: str, chromium: Any, app_server: Any) -> None:
    page = chromium.new_page()
    page.add_init_script(QUEUE)  # so that the player is there
    page.goto(app_server.url + address)
    page.wait_for_selector(READY[address], timeout=60_000)
    page.get_by_role("region", name="Player").wait_for()
    found = serious(page, {})
    page.emulate_media(color_scheme="dark")
    found += serious(page, {"runOnly": ["color-contrast"]})
    page.close()
    assert not found, "\n".join(found)


def serious(page: Any, options: dict[str, Any]) -> list[str]:
    # Half-way colors of a transition are nobody's colors.
    page.wait_for_function("document.getAnimations().every((one) => one.playState !== 'running')")
    violations = Axe().run(page, options={"resultTypes": ["violations"]} | options).response["violations"]
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
