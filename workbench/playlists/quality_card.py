"""Measure the quality of a playlist, compared with random orders of the same tracks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.cards.card import card, facts, note
from workbench.cards.drawings import curve
from workbench.cards.html import Html, element, joined
from workbench.playlists.making.spacing import closest_repeats
from workbench.playlists.sound.arrays import Floats, Rows
from workbench.playlists.sound.energy import energy
from workbench.playlists.sound.points import RANDOM_PAIR
from workbench.playlists.sound.transitions import MixProfile, TransitionCosts
from workbench.readable import UNKNOWN, counted

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

# Set by hand, like the limits below. 100 orders give a result in whole percent.
RANDOM_ORDERINGS = 100
_PAIRS = 2000
_AS_RANDOM = 0.1  # set by hand: the difference between two random samples of pairs
# Orders of long playlists take longer, so fewer are tried.
_MANY_ORDERINGS_UP_TO, _FEW_ORDERINGS = 500, 10
_ALL_PAIRS_UP_TO = 60  # tracks; they have 1770 pairs, about as many as _PAIRS


class QualityCard(dict[str, Any]):
    """The numbers of :func:`quality_card`; a notebook shows them with their meaning."""

    def __repr__(self) -> str:
        return f"Quality: {card_text(self) or counted(self.get('tracks', 0), 'track')}"

    def _repr_html_(self) -> str:
        return card("Quality", card_facts(self))


def card_facts(quality: Mapping[str, Any]) -> Html:
    """Return the numbers of a quality card as names and values, the curves of tempo and energy, and the notes."""
    worst = quality.get("worst_transition")
    orders = quality.get("random_orderings")
    smoother = (
        f"smoother than {quality['better_than_random_percent']:.0f} % of {orders} random orders"
        if orders
        else ""
    )
    return joined(
        facts(
            [
                ("Transitions", smoother),
                ("Least smooth", f"after track {worst['position'] + 1}" if worst else ""),
                ("Variety", variety(quality.get("diversity")) if worst else ""),
                ("Artists", quality.get("artists", "")),
                ("Same artist again", _again(quality.get("closest_repeat"))),
            ]
        ),
        _curves(quality),
        *(note(one["message"]) for one in quality.get("notes", ())),
    )


def _curves(quality: Mapping[str, Any]) -> Html:
    curves = [("Tempo", "tempo_curve"), ("Energy", "energy_curve")]
    drawn = [(name, curve(quality.get(values, ()), name)) for name, values in curves]
    shown = [element("div", element("small", name), html) for name, html in drawn if html]
    return element("div", *shown, class_="pw-curves") if shown else Html("")


def _again(closest_repeat: int | None) -> str:
    if closest_repeat == 1:
        return "right after"
    return f"after {counted(closest_repeat, 'track')} at the earliest" if closest_repeat else ""


def quality_card(table: LibraryTable, rows: Rows, costs: TransitionCosts) -> dict[str, Any]:
    """Return the quality card of rows in playing order, JSON-serializable.

    Returns
    -------
    dict
        ``tracks``, ``duration_s``; ``mean_transition`` and ``worst_transition`` (cost 0 to 1, ``position``
        of the track before it); ``random_mean_transition``, ``random_std_transition`` and
        ``better_than_random_percent`` of 100 random orderings of the same tracks; ``diversity``, the mean
        difference of its tracks (about 1 for tracks drawn at random); ``artists``, ``artist_spread``
        (distinct artists per track that has one), ``closest_repeat`` (fewest steps between two tracks of one
        artist); ``tempo_curve`` and ``energy_curve``.
    """
    total = costs.total
    card: dict[str, Any] = {
        "tracks": len(rows),
        "duration_s": round(float(np.nansum(table.numbers("duration_s")[rows])), 3),
    }
    if len(rows) > 1:
        worst = int(np.argmax(total))
        card |= {
            "mean_transition": _round(total.mean()),
            "worst_transition": {
                "cost": _round(total[worst]),
                "position": worst,
                "from": int(table.ids[rows[worst]]),
                "to": int(table.ids[rows[worst + 1]]),
            },
            **_against_chance(table, rows, float(total.mean())),
        }
    return (
        card
        | _artists(table, rows)
        | {
            "tempo_curve": _curve(table.numbers("bpm")[rows], 1),
            "energy_curve": _curve(energy(table, rows), 4),
        }
    )


def card_text(card: Mapping[str, Any]) -> str:
    """Return the card in one line; empty for fewer than two tracks, which have no transition."""
    if "mean_transition" not in card:
        return ""
    worst = card["worst_transition"]
    return (
        f"smoother than {card['better_than_random_percent']:.0f} % of {card['random_orderings']} random orders; "
        f"the least smooth transition is after track {worst['position'] + 1}; variety: {variety(card['diversity'])}; "
        f"{counted(card['artists'], 'artist')}"
    )


def variety(diversity: float | None) -> str:
    """Return how far apart tracks sound, compared with tracks drawn at random.

    >>> variety(0.62), variety(1.04), variety(2.0)
    ('62 % of tracks drawn at random', 'like tracks drawn at random', 'more than tracks drawn at random')
    """
    if diversity is None:
        return UNKNOWN
    share = diversity / RANDOM_PAIR
    if abs(share - 1) < _AS_RANDOM:
        return "like tracks drawn at random"
    return f"{f'{100 * share:.0f} % of' if share < 1 else 'more than'} tracks drawn at random"


def _against_chance(table: LibraryTable, rows: Rows, mean: float) -> dict[str, Any]:
    """Compare with random orders; the random state is fixed, so that the same playlist has the same card."""
    profile, rng = MixProfile.of(table, rows), np.random.default_rng(0)
    count = RANDOM_ORDERINGS if len(rows) <= _MANY_ORDERINGS_UP_TO else _FEW_ORDERINGS
    orderings = rng.permuted(np.tile(np.arange(len(rows)), (count, 1)), axis=1)
    means = _mean_costs(profile, orderings)
    a = rng.integers(len(rows), size=_PAIRS)
    b = (a + rng.integers(1, len(rows), size=_PAIRS)) % len(rows)
    pairs = (
        np.unique(np.sort(np.stack([a, b], axis=1), axis=1), axis=0)
        if len(rows) > _ALL_PAIRS_UP_TO
        else _all_pairs(len(rows))
    )
    distances = profile.differences(pairs[:, 0], pairs[:, 1])
    return {
        "random_mean_transition": _round(means.mean()),
        "random_std_transition": _round(means.std()),
        "better_than_random_percent": round(100.0 * float(np.mean(means > mean)), 1),
        "random_orderings": count,
        "diversity": _round(np.nanmean(distances)) if np.isfinite(distances).any() else None,
    }


def _mean_costs(profile: MixProfile, orderings: Rows) -> Floats:
    """Return the mean transition cost of each ordering, from a matrix if that is less work."""
    count = orderings.shape[1]
    if count > len(orderings):
        return np.array([profile.costs(order[:-1], order[1:]).total.mean() for order in orderings])
    matrix = np.stack([profile.costs(origin).total for origin in range(count)])
    return np.asarray(matrix[orderings[:, :-1], orderings[:, 1:]].mean(axis=1))


def _all_pairs(count: int) -> Rows:
    return np.stack(np.triu_indices(count, 1), axis=1)


def _artists(table: LibraryTable, rows: Rows) -> dict[str, Any]:
    names = [table.names_at("artist", row) for row in rows]
    known = Counter(name for several in names for name in several)
    repeats = [between + 1 for between in closest_repeats(names, len(names))]
    return {
        "artists": len(known),
        "artist_spread": _round(len(known) / max(1, known.total())),
        "closest_repeat": min(repeats, default=None),
    }


def _curve(values: Floats, digits: int) -> list[float | None]:
    return [round(value, digits) if np.isfinite(value) else None for value in values.tolist()]


def _round(value: float | np.floating[Any]) -> float:
    return round(float(value), 4)
