"""Tracks that share a tag."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from workbench.analysis.sound_tags import FAMILIES
from workbench.errors import PlaylistError
from workbench.playlists.making.constraints import nothing_matches
from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.making.tag_values import tag_values
from workbench.readable import counted
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
    value: Annotated[
        str | None,
        Value("its value, such as 1990s; drawn at random by default", example="1990s", names="tag"),
    ] = None,
    minimum_tracks: Annotated[
        int,
        Value("fewest tracks that a value needs to be drawn at random", low=1, high=10_000),
    ] = 3,
) -> Iterator[Pick]:
    """Yield the candidates with one value of the tag in random order, those of an album in the order of the album."""
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
    """Return the first spelling and the candidate rows of each folded value, the largest group first."""
    groups: dict[str, tuple[str, list[int]]] = {}
    values = tag_values(request.table, tag, request.rows.tolist())
    for row, names in zip(request.rows.tolist(), values, strict=True):
        for name in names:
            groups.setdefault(name.casefold(), (name, []))[1].append(row)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1][1]), item[0])))


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
