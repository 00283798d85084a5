"""A smooth path through several tracks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from workbench.errors import ParameterValueError
from workbench.playlists.making.parameters import Tracks
from workbench.playlists.making.plan_path import travel
from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request


@method("journey", "A smooth path through several tracks in the order given.", sequence=True)
def journey(
    request: Request,
    *,
    waypoints: Annotated[list[int], Tracks("two or more tracks on the path, in order")],
) -> Iterator[Pick]:
    """Yield the waypoints with tracks along the lines between them, more tracks on longer lines."""
    if len(waypoints) < 2:
        raise ParameterValueError(
            "waypoints needs two or more different tracks.",
            name="waypoints",
        )
    yield from travel(request, waypoints)
