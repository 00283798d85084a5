"""Tracks that share a tag."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np

from workbench.analysis.sound_tags import FAMILIES
from workbench.errors import PlaylistError
from workbench.playlists.making.constraints import nothing_matches
from workbench.playlists.making.genres import genres_of
from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request
from workbench.readable import counted
from workbench.store.library.library_table import split_list
from workbench.store.library.records import LISTS
from workbench.values import Value, nearest

TAGS = ("genre", "artist", "album", "decade", *FAMILIES)


@method(
    "tag_based",
    "Tracks of one genre, artist, album or decade, or of one style, voice, instrument, mood or era that networks hear.",
    needs_vectors=False,
)
def tag_based(
    request: Request,
    *,
    tag: Annotated[str, Value("which tag", choices=TAGS)] = "genre",
    value: Annotated[str | None, Value("its value, such as 1990s; drawn at random by default")] = None,
    minimum_tracks: Annotated[
        int,
        Value("fewest tracks that a value needs to be drawn at random", low=1, high=10_000),
    ] = 3,
) -> Iterator[Pick]:
    """Yield the candidates of one value in random order, an album in its own order."""
    groups = tag_groups(request, tag)
    if not groups and tag in FAMILIES and not request.relax:
        raise PlaylistError(f"No {tag} is known: run `workbench models get`, then `workbench embed`.")
    if not groups:
        request.note("tag", f"No track has the tag {tag}, so these are any tracks.", asked=tag, got=0)
        groups = {"": ("any", request.rows.tolist())}
    name = _choose(request, groups, tag, value, minimum_tracks)
    shown, members = groups[name]
    rows = request.rng.permutation(np.array(members, dtype=np.int64))
    if tag == "album":
        rows = rows[np.lexsort((rows, np.nan_to_num(request.table.numbers("track_number")[rows], nan=1e9)))]
    request.title = shown
    for row in rows.tolist():
        yield Pick(
            row, {"group": f"{tag} “{shown}” ({counted(len(rows), 'track')})", "tag": tag, "value": shown}
        )


def tag_groups(request: Request, tag: str) -> dict[str, tuple[str, list[int]]]:
    """Return the first spelling and the candidate rows of each folded value; largest group first."""
    groups: dict[str, tuple[str, list[int]]] = {}
    if tag == "decade":
        years = request.table.numbers("year")
        values: list[list[str]] = [
            [f"{int(years[row]) // 10 * 10}s"] if np.isfinite(years[row]) else [] for row in request.rows
        ]
    else:
        column: list[Any] = _column(request, tag)
        split = {text: _values(text, tag) for text in set(column)}
        values = [split[text] for text in column]
    for row, names in zip(request.rows.tolist(), values, strict=True):
        for name in names:
            groups.setdefault(name.casefold(), (name, []))[1].append(row)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1][1]), item[0])))


def _column(request: Request, tag: str) -> list[Any]:
    shown: list[Any] = request.table.texts(tag)[request.rows].tolist()
    if tag not in LISTS:
        return shown
    several = request.table.texts(LISTS[tag])[request.rows].tolist()
    return [names or name for names, name in zip(several, shown, strict=True)]


def _values(text: str | None, tag: str) -> list[str]:
    if not text:
        return []
    if tag == "genre":
        return genres_of(text)
    return list(split_list(text)) if tag in LISTS or tag in FAMILIES else [text.strip()]


def _choose(
    request: Request,
    groups: dict[str, tuple[str, list[int]]],
    tag: str,
    value: str | None,
    minimum_tracks: int,
) -> str:
    if value is not None:
        return _named(request, groups, tag, value)
    large = [name for name, (_, rows) in groups.items() if len(rows) >= minimum_tracks]
    if not large:
        most = max(len(rows) for _, rows in groups.values())
        request.note(
            "minimum_tracks",
            f"No {tag} has {minimum_tracks} tracks, so the largest was taken, which has {most}.",
            asked=minimum_tracks,
            got=most,
        )
        large = list(groups)[:1]
    return large[int(request.rng.integers(len(large)))]


def _named(request: Request, groups: dict[str, tuple[str, list[int]]], tag: str, value: str) -> str:
    wanted = value.strip().casefold()
    wanted = f"{wanted}s" if tag == "decade" and wanted.isdigit() else wanted
    if wanted in groups:
        return wanted
    near = nearest(wanted, groups)
    if not request.relax:
        spelled = " or ".join(groups[name][0] for name in near)
        raise nothing_matches("value", value, f"Did you mean {spelled}?" if near else "")
    taken = near[0] if near else next(iter(groups))
    request.note(
        "value",
        f"No track has the {tag} {value!r}, so {groups[taken][0]!r} was taken.",
        asked=value,
        got=groups[taken][0],
    )
    return taken
