"""Numbers, lengths and tracks as text."""

from __future__ import annotations

import pytest

from workbench import readable


@pytest.mark.parametrize(
    "seconds, text", [(0, "0:00"), (59.6, "1:00"), (3599.5, "1:00:00"), (float("nan"), "—")]
)
def test_a_clock_rounds_to_whole_seconds(seconds, text):
    assert readable.clock(seconds) == text


@pytest.mark.parametrize("seconds, text", [(89, "89 s"), (90, "2 min"), (5399, "90 min"), (5400, "1.5 h")])
def test_a_span_has_the_unit_that_suits_it(seconds, text):
    assert readable.span(seconds) == text


def test_unknown_values_are_a_dash():
    assert readable.number(float("inf")) == readable.key_name({}) == "—"
    assert readable.track_name({"id": 7}) == "track 7"
