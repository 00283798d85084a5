"""The reasons why a track is in a playlist: measured numbers, a sentence with them, and a short line without them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.analysis.tonality.camelot import camelot_name
from workbench.playlists.short_reasons import short_reason
from workbench.playlists.sound.heard import heard_by_both, said
from workbench.playlists.sound.keys import NOT_KNOWN, RELATIONS, camelot_codes, relations
from workbench.playlists.sound.space import NEAR_PERCENT, space_of
from workbench.playlists.sound.transitions import JARRING_TEMPO, TransitionCosts, log2_bpm, tempo_change
from workbench.readable import counted

if TYPE_CHECKING:
    from workbench.playlists.making.request import Pick
    from workbench.store.library.library_table import LibraryTable


# Highest cost of a transition that each word describes. Set by hand: two tracks that sound alike, in one key, at one
# tempo and loudness, cost under 0.2. An unknown transition costs 0.5.
_TRANSITIONS = ((0.3, "smooth"), (0.6, "audible"), (1.0, "abrupt"))


def transition_word(cost: float) -> str:
    """Return the word for a transition of a cost from 0 to 1."""
    return next(word for most, word in _TRANSITIONS if cost <= most)


def explain(table: LibraryTable, picks: Sequence[Pick], costs: TransitionCosts) -> list[dict[str, Any]]:
    """Return an explanation for each pick, in order.

    Parameters
    ----------
    table : LibraryTable
    picks : sequence of Pick, in playing order
    costs : TransitionCosts, each part of shape (len(picks) - 1,)

    Returns
    -------
    list of dict
        The reason of the method, its distance also as the percentage of pairs that are farther apart, and ``near``:
        whether chance would seldom give it; ``shares``: tempo, key, timbre and sound tags compared with the seed track,
        or with the track before if there is none; ``next``: the transition to the following track; ``text``: one
        line for a listener; ``details``: the numbers in a sentence.
    """
    explained = []
    for position, pick in enumerate(picks):
        seed = table.index_of(pick.reason["seed"]) if "seed" in pick.reason else None
        other = seed if seed is not None else (picks[position - 1].row if position else None)
        facts = dict(pick.reason)
        if seed is not None and seed != pick.row and "distance" in facts:
            facts["closer_than_percent"] = float(space_of(table).closer_than_percent(facts["distance"]))
            facts["near"] = facts["closer_than_percent"] > NEAR_PERCENT
        if other is not None and other != pick.row:
            facts["shares"] = shared(table, other, pick.row)
        if position + 1 < len(picks):
            facts["next"] = _next(table, pick.row, picks[position + 1].row, position, costs)
        facts["text"], facts["details"] = short_reason(facts), _sentence(table, facts, pick.row)
        explained.append(facts)
    return explained


def shared(table: LibraryTable, other: int, row: int) -> dict[str, Any]:
    """Compare a track with another: ``with`` (its id), ``tempo``, ``key``, ``timbre``, ``sound_tags``, if known."""
    found: dict[str, Any] = {
        "with": int(table.ids[other]),
        "tempo": _tempo(table, other, row),
        "key": _key(table, other, row),
        "timbre": _timbre(table, other, row),
        "sound_tags": heard_by_both(table, other, row) or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _tempo(table: LibraryTable, other: int, row: int) -> dict[str, Any] | None:
    a, b = table.number_at("bpm", other), table.number_at("bpm", row)
    if not a or not b:
        return None
    ratio = log2_bpm(np.array([b, a])) @ (1, -1)
    change, nearest = float(abs(ratio)), float(tempo_change(ratio))
    folded = change > 0.5 and nearest < JARRING_TEMPO  # nearer to half or double time than to the same tempo
    return {
        "bpm": round(b, 2),
        "other_bpm": round(a, 2),
        "change_percent": round(float(2 ** (nearest if folded else change) - 1) * 100, 2),
        "double_or_half_time": folded,
    }


def _key(table: LibraryTable, other: int, row: int) -> dict[str, Any] | None:
    a, b = camelot_codes(table, np.array([other, row])).tolist()
    relation = int(relations(a, b))
    if relation == NOT_KNOWN:
        return None
    return {"camelot": camelot_name(b), "other_camelot": camelot_name(a), "relation": RELATIONS[relation]}


def _timbre(table: LibraryTable, other: int, row: int) -> dict[str, Any] | None:
    distance = float(space_of(table).distances_from(other, np.array([row]))[0])
    if not np.isfinite(distance):
        return None
    percent = float(space_of(table).closer_than_percent(distance))
    return {"distance": round(distance, 6), "closer_than_percent": percent}


def _next(
    table: LibraryTable, row: int, following: int, position: int, costs: TransitionCosts
) -> dict[str, Any]:
    a, b = table.number_at("loudness_lufs", row), table.number_at("loudness_lufs", following)
    return {
        "id": int(table.ids[following]),
        "cost": round(float(costs.total[position]), 4),
        "parts": {
            name: round(float(getattr(costs, name)[position]), 4)
            for name in ("timbre", "key", "tempo", "loudness")
        },
        "tempo": _tempo(table, row, following),
        "key": _key(table, row, following),
        "loudness_step_lu": None if a is None or b is None else round(b - a, 2),
    }


def _sentence(table: LibraryTable, facts: dict[str, Any], row: int) -> str:
    parts = [phrase(facts) for name, phrase in _PHRASES if name in facts]
    if shares := facts.get("shares"):
        parts.append(_compared(table, facts, shares))
    elif "seed" in facts and "waypoint" not in facts:
        parts.insert(0, "the track you started from")
    if following := facts.get("next"):
        parts.append(f"{transition_word(following['cost'])} transition to the next track")
    sentence = "; ".join(part for part in parts if part)
    return (sentence[:1].upper() + sentence[1:] + ".") if sentence else "Chosen."


def _compared(table: LibraryTable, facts: dict[str, Any], shares: dict[str, Any]) -> str:
    row = table.index_of(shares["with"])
    name = (table.text_at("title", row) if row is not None else None) or f"track {shares['with']}"
    parts = []
    if timbre := shares.get("timbre"):
        parts.append(f"closer than {percent_text(timbre['closer_than_percent'])} of pairs")
    if tempo := shares.get("tempo"):
        folded = " (double or half time)" if tempo["double_or_half_time"] else ""
        parts.append(f"{tempo['bpm']:.0f} BPM against {tempo['other_bpm']:.0f}{folded}")
    if key := shares.get("key"):
        parts.append(f"{key['camelot']} against {key['other_camelot']}, {key['relation']}")
    if tags := shares.get("sound_tags"):
        parts.append(f"both: {said(tags)}")
    return f"{_relation(facts)} {name}: {', '.join(parts)}" if parts else ""


def _relation(facts: dict[str, Any]) -> str:
    if "seed" not in facts:
        return "after"
    if "progress" in facts:  # in a path between two tracks, a track should be far from both
        return "compared with"
    return "near" if facts.get("near", True) else "nothing closer to"


def closeness_text(percent: float) -> str:
    """Return a short text for a table that says how near a neighbor is."""
    return percent_text(percent) if percent > NEAR_PERCENT else f"{percent_text(percent)}, nothing closer"


def percent_text(percent: float) -> str:
    """Return a percentage in whole numbers, with tenths near the ends."""
    return f"{percent:.1f} %" if percent < 1 or 99 < percent < 100 else f"{percent:.0f} %"


def _group(facts: dict[str, Any]) -> str:
    own = [
        f"{facts['bpm']:.0f} BPM" if facts.get("bpm") is not None else "",
        f"energy {facts['energy']:.2f}" if facts.get("energy") is not None else "",
        *(
            f"{name} above {facts[f'{name}_percentile']:.0f} % of the library"
            for name in ("tempo", "energy", "brightness")
            if f"{name}_percentile" in facts
        ),
    ]
    place = "in" if facts.get("inside", True) else "nearest outside"
    shown = ", ".join(text for text in own if text)
    return f"{place} {facts['group']}" + (f": {shown}" if shown else "")


def _progress(facts: dict[str, Any]) -> str:
    if "waypoint" in facts:
        return f"waypoint {facts['waypoint']}"
    return f"{facts['progress']:.0%} of the way from waypoint {facts['leg']} to {facts['leg'] + 1}"


_PHRASES: tuple[tuple[str, Callable[[dict[str, Any]], str]], ...] = (
    ("included", lambda facts: "you asked for it"),
    ("by_hand", lambda facts: "you added it"),
    ("drawn_from", lambda facts: f"drawn at random from {counted(facts['drawn_from'], 'track')}"),
    (
        "cluster_name",
        lambda facts: (
            f"in the group “{facts['cluster_name']}” of {counted(facts['cluster_size'], 'track')} that sound alike"
        ),
    ),
    ("group", _group),
    (
        "target",
        lambda facts: f"{facts['feature']} {facts['value']:.3g} where the curve has {facts['target']:.3g}",
    ),
    ("progress", _progress),
    (
        "toward",
        lambda facts: f"{facts['toward']:.0%} of the way from the tracks you subtracted to those you added",
    ),
    (
        "mix",
        lambda facts: facts["mix"] + (f" ({facts['relation']})" if "relation" in facts else ""),
    ),
    (
        "taste_distance",
        lambda facts: (
            f"suits taste {facts['taste'] + 1}, which {facts['taste_share']:.0%} of your listening shows"
        ),
    ),
    (
        "closeness",
        lambda facts: (
            "matches the query"
            if facts["closeness"] == 1.0
            else f"nearly matches the query ({facts['closeness']:.0%})"
        ),
    ),
    ("by_method", lambda facts: f"from {facts['by_method']}"),
    ("because", lambda facts: str(facts["because"])),
)
