"""Several methods in one playlist, each with its share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from workbench.errors import LibraryEmptyError
from workbench.playlists.making.interleaving import interleave
from workbench.playlists.making.parameters import Tracks
from workbench.playlists.making.registry import METHODS, method
from workbench.playlists.making.request import Pick, Request
from workbench.values import Value

MIXABLE = (
    "random",
    "kmeans",
    "similarity",
    "time_based",
    "tag_based",
    "feature_group",
    "harmonic",
    "curve",
    "radio",
    "hdbscan",
)
"""Methods that need at most a start track, which can be drawn at random."""

_Start = Annotated[
    int | None, Tracks("start track for the methods that take one; drawn at random by default")
]


@method("mixed", "Several methods in turn, each with its share.")
def mixed(
    request: Request,
    *,
    weights: Annotated[
        dict[str, float] | None,
        Value(
            "methods and their shares, such as similarity:2,random:1",
            low=0.001,
            high=1000,
            choices=MIXABLE,
            least=1,
        ),
    ] = None,
    start: _Start = None,
) -> Iterator[Pick]:
    """Yield the picks of each method in proportion to its weight; by default of similarity, kmeans and random."""
    shares = weights or {"similarity": 2.0, "kmeans": 1.0, "random": 1.0}
    yield from _blend(request, shares, start)


@method("all", "Every method that can run, in equal shares.")
def all_methods(request: Request, *, start: _Start = None) -> Iterator[Pick]:
    """Yield the picks of every mixable method in turn."""
    yield from _blend(request, dict.fromkeys(MIXABLE, 1.0), start)


def _blend(request: Request, shares: dict[str, float], start: int | None) -> Iterator[Pick]:
    seed = int(request.rng.choice(request.rows)) if start is None else start
    sources = [_picks(request, name, seed) for name in shares]
    yield from interleave(request, sources, list(shares.values()))


def _picks(request: Request, name: str, seed: int) -> Iterator[Pick]:
    """Yield each pick of a method once. The method has its own request, because its places are not the playlist's."""
    chosen = METHODS[name]
    parameters = {"start": seed} if "start" in chosen.parameters else {}
    own = Request(request.table, request.candidates, request.size, request.rng, request.limits, request.relax)
    try:
        for pick in chosen.function(own, **parameters):
            if pick.row in own.chosen:
                return
            own.take(pick.row, pinned=True)
            yield Pick(pick.row, pick.reason | {"by_method": name})
    except LibraryEmptyError as error:
        request.note(name, f"{name} is left out: {error.message}", asked=name, got=0)
