"""The words and bars of the Performance app, from literal figures."""

from __future__ import annotations

from typing import Any

from workbench.apps.dashboards.views.page import scores_html
from workbench.apps.dashboards.views.performance_view import advice_html, impact_html, low_scores


def impact(**value: Any) -> str:
    return impact_html({"database_operations": value, "measured_at": None, "how_to_measure": None})


def test_gains_are_bars_with_numbers_that_people_read() -> None:
    html = impact(before=5850.4, after=61234.0, unit="per s", ratio=10.47, samples=5, title="Database reads")
    assert "5,850 per s" in html and "61,234 per s" in html and "10.5× better" in html
    assert "width:100.0%" in html and "width:9.6%" in html
    assert "e+" not in html


def test_what_got_worse_is_not_called_better() -> None:
    assert "better" not in impact(before=1.0, after=2.0, unit="s", ratio=0.5)


def test_a_low_score_without_advice_says_why() -> None:
    low = low_scores(
        {"cache_efficiency": 40.0, "memory_efficiency": 90.0}, {"cache_efficiency": "4 of 10 hits"}
    )
    assert low == ["Cache efficiency 40: 4 of 10 hits."]
    assert "4 of 10 hits. No setting would change that." in advice_html([], low)
    assert "Nothing needs to change." in advice_html([], [])


def test_an_unknown_score_says_that_nothing_is_measured_yet() -> None:
    html = scores_html({"processor_efficiency": None}, {})
    assert "nothing measured yet" in html and ">0<" not in html
