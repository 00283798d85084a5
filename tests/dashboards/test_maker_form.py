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
    page.get_by_role("option").nth(1).wait_for()
    start.press("ArrowDown")
    start.press("ArrowDown")
    name = page.locator("[role=option][aria-selected=true] bdi").inner_text()
    start.press("Enter")
    page.wait_for_function("document.querySelector('.pw-picker ul').hidden")
    assert start.input_value() == name
    page.get_by_role("button", name="Limits and filter").press("Enter")
    page.get_by_label("Filter", exact=True).fill('year > 1000 and title ~ "<b>"')
    page.get_by_text("0 of 6 tracks match.").wait_for()
    page.get_by_role("button", name="Build the filter").press("Enter")
    page.get_by_role("button", name="Remove this condition").nth(1).press("Enter")
    page.wait_for_function("[...document.querySelectorAll('.pw-filter input')][0].value === 'year > 1000'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_curve_is_drawn_by_hand_and_by_keys(visit: Callable[..., Any]) -> None:
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
    heights = [float(each.get_attribute("aria-valuenow")) for each in field.get_by_role("slider").all()]
    assert heights == sorted(heights) and heights[0] < 0.1 and heights[-1] > 0.9
    last = field.get_by_role("slider").last
    field.get_by_role("slider").first.press("End")
    last.press("PageDown")
    assert float(last.get_attribute("aria-valuenow")) == pytest.approx(heights[-1] - 0.25, abs=0.01)
