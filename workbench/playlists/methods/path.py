"""A smooth path from one track to another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from workbench.errors import ParameterValueError
from workbench.playlists.making.parameters import Tracks
from workbench.playlists.making.plan_path import travel
from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request


@method("path", "A smooth path from one track to another, of any length.", sequence=True)
def path(
    request: Request,
    *,
    start: Annotated[int, Tracks("first track", label="From track")],
    end: Annotated[int, Tracks("last track", label="To track")],
) -> Iterator[Pick]:
    """Yield the start, tracks along the line to the end in order of their progress on it, and the end."""
    if start == end:
        raise ParameterValueError("end is the same track as start; give another.", name="end")
    yield from travel(request, [start, end])
