"""Write a short reason for the place of a track, such as "Same calm piano, a fifth apart, 4 BPM slower"."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.analysis.sound_tags import BY_NAME
from workbench.playlists.sound.heard import said
from workbench.playlists.sound.space import NEAR_PERCENT

_VERY_ALIKE_PERCENT = 90  # set by hand
_SAME_TEMPO_BPM = 1.0  # set by hand: a smaller difference is not audible


def short_reason(facts: Mapping[str, Any]) -> str:
    """Return the line for an explanation, without a full stop.

    Parameters
    ----------
    facts : mapping
        The result of :func:`~workbench.playlists.explanations.explain`: the reason of the method, and ``shares``.
    """
    lead = next((say(facts) for name, say in _LEADS if name in facts), "")
    if "shares" not in facts and "seed" in facts and "waypoint" not in facts:
        lead = lead or "the track you started from"
    shares = facts.get("shares", {})
    sound = _both_heard(shares.get("sound_tags", ())) if lead else _sound(facts, shares)
    line = ", ".join(part for part in (lead, sound, *_key_and_tempo(shares)) if part)
    return line[:1].upper() + line[1:] if line else "Chosen"


def _key_and_tempo(shares: Mapping[str, Any]) -> list[str]:
    key, tempo = shares.get("key"), shares.get("tempo")
    return [str(key["relation"]) if key else "", _tempo(tempo) if tempo else ""]


def _sound(facts: Mapping[str, Any], shares: Mapping[str, Any]) -> str:
    if facts.get("near") is False and "progress" not in facts:
        return "nothing sounds closer"
    if words := _both_heard(shares.get("sound_tags", ())):
        return words
    if "timbre" not in shares:
        return ""
    percent = shares["timbre"]["closer_than_percent"]
    if percent <= NEAR_PERCENT:
        return "another sound"
    return "sounds much alike" if percent >= _VERY_ALIKE_PERCENT else "sounds alike"


def _both_heard(tags: Sequence[str]) -> str:
    """Return the common tags: a mood with an instrument is "same calm piano", with a style "both calm jazz"."""
    first = {BY_NAME[name].family: name for name in reversed(tags) if name in BY_NAME}
    thing = first.get("instrument") or first.get("style")
    if thing:
        what = " ".join(said([name]) for name in (first.get("mood"), thing) if name)
        return f"same {what}" if "instrument" in first else f"both {what}"
    return f"both {said([first['mood']])}" if "mood" in first else ""


def _tempo(tempo: Mapping[str, Any]) -> str:
    step = tempo["bpm"] - tempo["other_bpm"]
    if tempo["double_or_half_time"]:
        return "double time" if step > 0 else "half time"
    if abs(step) < _SAME_TEMPO_BPM:
        return "same tempo"
    return f"{abs(step):.0f} BPM {'faster' if step > 0 else 'slower'}"


_LEADS: tuple[tuple[str, Callable[[Mapping[str, Any]], str]], ...] = (
    ("included", lambda facts: "you asked for it"),
    ("by_hand", lambda facts: "you added it"),
    ("drawn_from", lambda facts: "drawn at random"),
    ("cluster_name", lambda facts: f"from the group “{facts['cluster_name']}”"),
    (
        "group",  # without the numbers in parentheses
        lambda facts: (
            f"{'in' if facts.get('inside', True) else 'nearest outside'} {facts['group'].partition(' (')[0]}"
        ),
    ),
    ("target", lambda facts: f"{facts['feature']} as the curve wants it"),
    ("waypoint", lambda facts: f"waypoint {facts['waypoint']}"),
    ("progress", lambda facts: f"{facts['progress']:.0%} of the way"),
    ("toward", lambda facts: f"{min(facts['toward'], 1):.0%} of the way to what you added"),
    ("mix", lambda facts: "" if "relation" in facts else str(facts["mix"])),
    ("taste_distance", lambda facts: "suits your taste"),
    (
        "closeness",
        lambda facts: "matches the filter" if facts["closeness"] == 1 else "nearly matches the filter",
    ),
    ("by_method", lambda facts: f"from {facts['by_method']}"),
    ("because", lambda facts: str(facts["because"])),
)
