"""Navidrome smart playlists (``.nsp``): rules that Navidrome applies to its library whenever it changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.errors import PlaylistFileError
from workbench.playlists.files.listing import MADE_BY, Decoded, Listing, one_line
from workbench.playlists.query.navidrome_rules import navidrome_rules
from workbench.values import DEFAULT_SIZE

MARK = f"Made by {MADE_BY}"
_MAX_BYTES = 100 << 10  # Navidrome reads no more of a file
_METHODS = ("query", "random")
_ORDERS = ("none", "shuffle")
_SAID = frozenset({"size", "order", "filter", "where", "name", "count", "random_state"})
# Navidrome has its own rules for copies and missing files. The other parameters only matter with a wanted length.
_WITHOUT_EFFECT = frozenset(
    {"relax", "all_kinds", "only_analyzed", "skip_duplicates", "skip_missing", "duration_tolerance_percent"}
)


def encode(listing: Listing) -> bytes:
    """Return the bytes of a smart playlist: the filter of the recipe, in random order.

    Raises
    ------
    PlaylistFileError
        The recipe has something that Navidrome cannot do. The message names it.
    """
    rules = rules_of(listing.recipe)
    asked = " and ".join(_filters(listing.recipe["parameters"]))
    document = {
        "name": one_line(listing.title),
        "comment": f"{MARK} from the filter: {one_line(asked)}",
        **rules,
    }
    data = (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
    if len(data) > _MAX_BYTES:
        raise PlaylistFileError("The filter is too long for a Navidrome smart playlist. Shorten it.")
    return data


def rules_of(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a smart playlist without its name: rules, order and number of tracks.

    Parameters
    ----------
    recipe : mapping
        ``method`` and ``parameters`` of a playlist.

    Raises
    ------
    PlaylistFileError
        The recipe has something that Navidrome cannot do. The message names it.
    QuerySyntaxError
        The filter cannot be read.
    """
    method, parameters = recipe.get("method"), recipe.get("parameters", {})
    filters = _filters(parameters)
    if method not in _METHODS or not filters:
        without = "" if filters else " without a filter"
        raise PlaylistFileError(
            f"The method {method!r}{without} cannot be a Navidrome smart playlist, which chooses by a filter. "
            "Use the method query with filter=, or random with where=; or write the tracks to a file such as .m3u8."
        )
    _check_parameters(parameters)
    joined = navidrome_rules(" and ".join(f"({text})" for text in filters))
    return {**joined, "sort": "random", "limit": int(parameters.get("size", DEFAULT_SIZE))}


def _filters(parameters: Mapping[str, Any]) -> list[str]:
    return [str(parameters[name]) for name in ("filter", "where") if parameters.get(name)]


def _check_parameters(parameters: Mapping[str, Any]) -> None:
    order = parameters.get("order", "none")
    if order not in _ORDERS:
        raise PlaylistFileError(
            f"Navidrome has no order {order!r}. Leave it out: a smart playlist is shuffled."
        )
    for name, value in parameters.items():
        if value and name not in _SAID | _WITHOUT_EFFECT:
            raise PlaylistFileError(
                f"Navidrome has nothing like {name}={value}. Leave it out, or say it in the filter, as in "
                "year 1990-1999 or not genre = Polka."
            )


def decode(data: bytes) -> Decoded:
    """Refuse to read a smart playlist.

    Raises
    ------
    PlaylistFileError
        Always, because only Navidrome knows which tracks match the rules of the file.
    """
    raise PlaylistFileError("A smart playlist has rules and no tracks, so there is nothing to match.")
