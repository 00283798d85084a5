"""The map under a mouse, two fingers and a keyboard: its legend, its search, and what plays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

PLAYING = "detail => window.dispatchEvent(new CustomEvent('workbench-playing', { detail }))"
# What the field's canvas holds, as a number that changes with any pixel.
PICTURE = """() => { const canvas = document.querySelector('.pw-field canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let sum = 0; for (let i = 0; i < data.length; i++) sum = (sum * 31 + data[i]) % 1000003; return sum; }"""


def test_legend_search_layouts_fingers_and_what_plays(visit: Callable[..., Any]) -> None:
    page = visit("music_map").page
    field = page.locator(".pw-field")
    page.wait_for_selector(".pw-field[data-drawn='6']")
    page.get_by_text("Neighbors stay neighbors").wait_for()  # as a small library opens

    # A name of the legend shows only its tracks; another press shows all again.
    legend = page.get_by_role("group", name="Legend").get_by_role("button")
    before = page.evaluate(PICTURE)
    first = legend.first
    first.press("Enter")
    assert first.get_attribute("aria-pressed") == "true"
    page.wait_for_function(f"({PICTURE})() !== {before}")
    page.get_by_role("button", name="Show all groups").click()
    assert legend.first.get_attribute("aria-pressed") == "false"

    # Words select what they find, and another layout keeps it.
    find = page.get_by_label("Find")
    find.fill("unheard")
    find.press("Enter")
    page.get_by_text("1 of 6 tracks selected").wait_for()
    page.get_by_role("button", name="Principal components").click()
    page.get_by_text("Right: first principal component").wait_for()
    page.get_by_role("button", name="Neighbors").click()
    page.get_by_text("Neighbors stay neighbors").wait_for()
    assert page.get_by_text("1 of 6 tracks selected").is_visible()

    # The page's player says what plays, and that point pulses.
    page.evaluate(PLAYING, {"id": 2, "paused": False})
    page.wait_for_selector(".pw-field[data-playing='2'] .pw-pulse:not([hidden])")
    page.evaluate(PLAYING, {"id": 0, "paused": True})
    page.wait_for_selector(".pw-field[data-playing=''] .pw-pulse", state="hidden")

    # The wheel zooms, a drag moves, and so do two fingers.
    box = field.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    for act in (lambda: page.mouse.wheel(0, -300), lambda: drag(page, middle), lambda: pinch(page)):
        before = page.evaluate(PICTURE)
        act()
        page.wait_for_function(f"({PICTURE})() !== {before}")


def drag(page: Any, place: tuple[float, float]) -> None:
    page.mouse.down()
    page.mouse.move(place[0] + 60, place[1] + 30, steps=3)
    page.mouse.up()


def pinch(page: Any) -> None:
    page.evaluate(
        """() => { const field = document.querySelector('.pw-field'), box = field.getBoundingClientRect();
        field.setPointerCapture = () => {};
        const touch = (type, pointerId, x) => field.dispatchEvent(new PointerEvent(type, { pointerId, bubbles: true,
          pointerType: 'touch', clientX: box.x + box.width / 2 + x, clientY: box.y + box.height / 2 }));
        touch('pointerdown', 11, -20); touch('pointerdown', 12, 20);
        touch('pointermove', 11, -90); touch('pointermove', 12, 90);
        touch('pointerup', 11, -90); touch('pointerup', 12, 90);
        delete field.setPointerCapture; }"""
    )
