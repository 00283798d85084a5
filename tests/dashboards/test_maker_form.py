"""The form of the playlist maker in a browser: by keyboard, by pointer, and with difficult names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_a_track_and_a_filter_are_chosen_by_keyboard(visit: Callable[..., Any]) -> None:
    page = visit("playlist_maker", width=640).page  # 1280 pixels at 200 %
    start = page.get_by_role("combobox", name="Start track *", exact=True)
    start.focus()
    page.locator(".pw-picker [role=option]").nth(1).wait_for()
    start.press("ArrowDown")
    start.press("ArrowDown")
    name = page.locator("[role=option][aria-selected=true] bdi").inner_text()
    start.press("Enter")
    page.wait_for_function("document.querySelector('.pw-picker ul').hidden")
    assert start.input_value() == name
    page.get_by_role("button", name="Limits and filter").press("Enter")
    page.get_by_label("Filter", exact=True).fill('year > 1000 and title ~ "<b>"')
    page.get_by_text("0 of 6 tracks match.").wait_for()
    page.get_by_role("button", name="Build: Filter").press("Enter")
    page.get_by_role("button", name="Remove", exact=True).nth(1).press("Enter")
    page.wait_for_function("[...document.querySelectorAll('.pw-filter input')][0].value === 'year > 1000'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def heights(field: Any) -> list[float]:
    return [float(each.get_attribute("aria-valuenow")) for each in field.get_by_role("slider").all()]


def test_a_curve_is_drawn_by_mouse_finger_and_keys(visit: Callable[..., Any]) -> None:
    page = visit("playlist_maker").page
    page.get_by_label("Method", exact=True).select_option(label="Follow a curve that you draw")
    field = page.locator(".pw-curve-field")
    field.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelectorAll('.pw-curve-point').length === 11")
    size = field.bounding_box()
    field.hover(position={"x": 1, "y": size["height"] - 3})
    page.mouse.down()
    field.hover(position={"x": size["width"] - 3, "y": 3})
    page.mouse.up()
    page.get_by_role("button", name="Back to the ready curve").wait_for()
    drawn = heights(field)
    assert drawn == sorted(drawn) and drawn[0] < 0.1 and drawn[-1] > 0.9
    last = field.get_by_role("slider").last
    field.get_by_role("slider").first.press("End")
    last.press("PageDown")
    assert float(last.get_attribute("aria-valuenow")) == pytest.approx(drawn[-1] - 0.25, abs=0.01)
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *share: float) -> None:
        points = [
            {"x": size["x"] + one * size["width"], "y": size["y"] + one * size["height"]} for one in share
        ]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 0.02)
    for tenth in range(1, 10):
        touch("touchMove", tenth / 10)
    touch("touchMove", 0.98)
    touch("touchEnd")
    page.wait_for_function(
        "[...document.querySelectorAll('.pw-curve-point')].at(-1).getAttribute('aria-valuenow') < 0.1"
    )
    assert heights(field) == sorted(heights(field), reverse=True) and heights(field)[0] > 0.9


def test_values_stay_labels_are_taken_and_reasons_are_short(visit: Callable[..., Any]) -> None:
    page = visit("playlist_maker").page
    start = page.get_by_role("combobox", name="Start track *", exact=True)
    start.focus()
    page.locator(".pw-picker [role=option]").nth(2).wait_for()
    start.press("ArrowDown")
    start.press("Enter")
    label = start.input_value()
    page.get_by_label("size").fill("4")
    page.get_by_label("size").press("Tab")
    method = page.get_by_label("Method", exact=True)
    first = method.input_value()
    method.select_option(label="Follow a curve that you draw")
    page.locator(".pw-curve-field").wait_for()
    method.select_option(value=first)
    assert start.input_value() == label and page.get_by_label("size").input_value() == "4"
    start.fill(label)  # as it is shown, with its id
    start.press("Tab")
    page.get_by_role("button", name="Make playlist").click()
    why = page.locator(".pw-list .pw-why")
    why.nth(3).wait_for()
    assert why.first.inner_text() == "The track you started from"
    assert not page.get_by_text("of pairs").first.is_visible()
    why.nth(1).locator("summary").click()
    page.get_by_text("of pairs").first.wait_for()
