"""Tracks that match a filter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from workbench.playlists.making.constraints import nothing_matches
from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.query.query_match import compile_query
from workbench.values import Value


@method(
    "query",
    'Tracks that match a filter such as: bpm 120-128 and key 8A,9A and not artist "X".',
    needs_vectors=False,
)
def query(
    request: Request,
    *,
    filter: Annotated[
        str, Value("the filter", example="camelot 8A,9A and not genre ~ polka", names="filter")
    ],
) -> Iterator[Pick]:
    """Yield matching candidates in random order; if none matches and ``relax`` is on, yield all, nearest first."""
    compiled = compile_query(filter, request.table)
    rows = request.rng.permutation(request.rows)
    matching = rows[compiled.matches()[rows]]
    request.title = filter if len(filter) <= 60 else filter[:59] + "…"
    for row in matching.tolist():
        yield Pick(row, {"closeness": 1.0, "matching": len(matching)})
    if len(matching):
        return
    closeness = compiled.closeness()[rows]
    if not request.relax:
        near = closeness.max()
        raise nothing_matches(
            "filter", filter, f"The nearest matches it to {near:.0%}." if near >= 0.005 else ""
        )
    request.note(
        "filter",
        f"No track matches {filter!r}, so these are the nearest (the first matches to {closeness.max():.0%}).",
        asked=filter,
        got=0,
    )
    for index in np.argsort(-closeness, kind="stable").tolist():
        yield Pick(
            int(rows[index]), {"closeness": min(0.999, round(float(closeness[index]), 4)), "matching": 0}
        )
