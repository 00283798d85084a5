"""One player for the whole page: queue, keys, other apps, ratings, and what was heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

import orjson
import pytest

pytestmark = pytest.mark.browser

NOW = "workbenchPlayer.now"
MENU_IS_COVERED = "document.querySelector('.pw-nav').closest('[inert]') !== null"
SOUNDS = "!workbenchPlayer.now.paused && workbenchPlayer.now.at_s > 0"


def row(page: Any, number: int) -> Any:
    return page.locator(f".pw-grid [role=row][aria-rowindex='{number + 1}']").first


def first_rows(visit: Callable[..., Any], **options: Any) -> Any:
    page = visit("library", **options).page
    page.wait_for_selector(".pw-grid [aria-rowindex='3'] .pw-cell:not(:empty)")
    return page


def heard(page: Any) -> int:
    return int(page.evaluate(f"{NOW}.id"))


def test_a_double_click_plays_from_there_and_another_row_does_not_stop_it(visit: Callable[..., Any]) -> None:
    page = first_rows(visit)
    row(page, 2).dblclick()
    page.wait_for_function(SOUNDS)
    first = heard(page)
    assert page.evaluate("workbenchPlayer.queue.ids.length") == 5  # this row and those after it
    assert row(page, 2).get_attribute("aria-current") == "true"
    row(page, 4).click()
    page.wait_for_selector(".pw-player button:has-text('Play')")
    before = page.evaluate(f"{NOW}.at_s")
    page.wait_for_function(f"{NOW}.at_s > {before}")
    assert heard(page) == first
    page.get_by_role("button", name="Next track").click()
    page.wait_for_function(f"{NOW}.id !== {first} && {SOUNDS}")
    assert row(page, 3).get_attribute("aria-current") == "true"
    assert page.evaluate("navigator.mediaSession.metadata.title") in row(page, 3).inner_text()
    page.get_by_role("button", name="Queue").click()
    page.get_by_role("list", name="Queue").get_by_role("button", name="Remove ").first.click()
    page.wait_for_function("workbenchPlayer.queue.ids.length === 4")


def test_enter_and_space_play_and_pause(visit: Callable[..., Any]) -> None:
    page = first_rows(visit)
    row(page, 1).click()
    page.keyboard.press("Enter")
    page.wait_for_function(SOUNDS)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    page.wait_for_function(f"{NOW}.paused")
    at = page.evaluate(f"{NOW}.at_s")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"{NOW}.at_s >= {at} + 4.9")


def test_one_track_passes_into_the_next_by_itself(visit: Callable[..., Any]) -> None:
    page = first_rows(visit)
    row(page, 1).dblclick()
    page.wait_for_function(SOUNDS)
    first = heard(page)
    page.evaluate(
        f"workbenchPlayer.set({{ crossfade: false }}); workbenchPlayer.seek({NOW}.duration_s - 0.3)"
    )
    page.wait_for_function(f"{NOW}.id !== {first} && {SOUNDS}")


def test_the_sound_goes_on_in_another_app_and_back_returns(visit: Callable[..., Any]) -> None:
    page = first_rows(visit)
    library = page.url
    row(page, 1).dblclick()
    page.wait_for_function(SOUNDS)
    field = page.get_by_placeholder("night ·")
    field.fill("bpm")
    page.evaluate("window.isTheSame = true")
    page.get_by_role("link", name="Duplicates and problems").click()
    page.get_by_role("heading", name="Duplicates and problems").wait_for()
    assert page.title().startswith("Duplicates and problems")
    assert page.url.endswith("voila/render/problems.ipynb")
    assert page.evaluate("isTheSame && !workbenchPlayer.now.paused")
    page.get_by_role("link", name="Home").click()
    frame = page.frame_locator(".pw-frame:not([hidden])")
    frame.get_by_role("heading", name="Apps").wait_for()
    assert page.evaluate(MENU_IS_COVERED)
    playing = heard(page)
    page.evaluate("workbenchPlayer.next()")
    page.wait_for_function(f"{NOW}.id !== {playing} && {SOUNDS}")
    frame.get_by_role("link", name="Library").first.click()
    page.wait_for_function("document.title.startsWith('Library')")
    assert field.input_value() == "bpm", "the Library was kept as it was left"
    assert not page.evaluate(MENU_IS_COVERED)
    page.go_back()
    frame.get_by_role("heading", name="Apps").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Duplicates and problems").wait_for()
    page.go_back()
    page.wait_for_function("document.title.startsWith('Library')")
    assert page.url == library
    assert page.evaluate("isTheSame && !workbenchPlayer.now.paused")


def test_stars_of_the_bar_are_seen_in_the_table_and_heard_tracks_are_counted(
    visit: Callable[..., Any], app_server: Any
) -> None:
    page = first_rows(visit)
    row(page, 1).dblclick()
    page.wait_for_function(SOUNDS)
    track = f"{app_server.url}api/v1/tracks/{heard(page)}"
    bar = page.get_by_role("region", name="Player")
    bar.get_by_role("button", name="4 stars").click()
    page.wait_for_function(
        "document.querySelector('.pw-rating [aria-label=\"4 stars\"]').ariaPressed === 'true'"
    )
    assert orjson.loads(urlopen(track).read())["own_rating"] == 4
    page.wait_for_function("document.querySelector('.pw-grid').textContent.includes('★★★★')")
    field = page.get_by_placeholder("night ·")
    field.fill("rating >= 4 and plays >= 1")
    field.press("Enter")
    page.wait_for_function("document.querySelector('.pw-grid').getAttribute('aria-rowcount') === '2'")
    bar.get_by_role("button", name="4 stars").click()  # takes it back
    page.wait_for_function("document.querySelector('.pw-grid').getAttribute('aria-rowcount') === '1'")


def test_the_queue_is_there_after_a_reload(visit: Callable[..., Any]) -> None:
    page = first_rows(visit, width=390, height=844)
    row(page, 2).dblclick()
    page.wait_for_function(SOUNDS)
    before = heard(page)
    page.reload()
    page.wait_for_selector(
        ".pw-grid [aria-rowindex='3'] .pw-cell:not(:empty)"
    )  # a page left before complains
    page.get_by_role("region", name="Player").get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(SOUNDS)
    assert heard(page) == before
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="Stop and close the player").click()
    page.wait_for_selector(".pw-now", state="hidden")
