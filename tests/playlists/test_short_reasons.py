"""The line that says why a track is there, in words of a listener."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.playlists.short_reasons import short_reason

TEMPO = {"bpm": 116.0, "other_bpm": 120.0, "change_percent": 3.4, "double_or_half_time": False}
KEY = {"camelot": "8A", "other_camelot": "9A", "relation": "a fifth apart"}
TIMBRE = {"distance": 0.01, "closer_than_percent": 97.0}


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"seed": 1}, "The track you started from"),
        (
            {
                "shares": {
                    "tempo": TEMPO,
                    "key": KEY,
                    "timbre": TIMBRE,
                    "sound_tags": ["no_voice", "piano", "calm"],
                }
            },
            "Same calm piano, a fifth apart, 4 BPM slower",
        ),
        ({"shares": {"sound_tags": ["calm"], "key": KEY}}, "Both calm, a fifth apart"),
        ({"shares": {"sound_tags": ["jazz", "calm"], "key": KEY}}, "Both calm jazz, a fifth apart"),
        ({"shares": {"sound_tags": ["jazz"]}}, "Both jazz"),
        ({"shares": {"timbre": TIMBRE, "tempo": TEMPO | {"bpm": 120.4}}}, "Sounds much alike, same tempo"),
        ({"shares": {"timbre": TIMBRE | {"closer_than_percent": 20.0}}}, "Another sound"),
        (
            {"seed": 1, "near": False, "shares": {"timbre": TIMBRE, "key": KEY}},
            "Nothing sounds closer, a fifth apart",
        ),
        ({"shares": {"tempo": TEMPO | {"bpm": 61.0, "double_or_half_time": True}}}, "Half time"),
        ({"included": True, "shares": {"key": KEY}}, "You asked for it, a fifth apart"),
        ({"drawn_from": 20}, "Drawn at random"),
        ({}, "Chosen"),
    ],
)
def test_a_reason_is_one_short_line(facts: dict[str, Any], line: str) -> None:
    assert short_reason(facts) == line
