"""Make a playlist: check the parameters, choose, order, meet the constraints, explain."""

from __future__ import annotations

import functools
import secrets
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import UnknownParameterError
from workbench.playlists.explanations import explain
from workbench.playlists.making.constraints import (
    Constraints,
    candidate_rows,
    check_not_empty,
    constraints_of,
)
from workbench.playlists.making.copies import without_worse_copies
from workbench.playlists.making.fitting import arrange, choose
from workbench.playlists.making.ordering import ORDER_HELP, ORDERS
from workbench.playlists.making.parameters import canonical
from workbench.playlists.making.preference import with_preference
from workbench.playlists.making.registry import Method
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.making.resolve import PLAYS, check_usable, played
from workbench.playlists.methods import find_method
from workbench.playlists.playlist import Playlist
from workbench.playlists.playlist_track import PlaylistTrack
from workbench.playlists.quality_card import quality_card
from workbench.playlists.sound.transitions import transition_costs
from workbench.readable import counted
from workbench.values import (
    DEFAULT_SIZE,
    RANDOM_STATE,
    SIZE,
    Value,
    described,
    did_you_mean,
    nearest,
    object_schema,
)

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable


_CONSTRAINTS = described(
    typing.get_type_hints(Constraints, include_extras=True), {f.name: f.default for f in fields(Constraints)}
)

COMMON_PARAMETERS: dict[str, Value] = {
    "size": SIZE,
    "order": Value(
        "; ".join(f"{name}: {help}" for name, help in ORDER_HELP.items()),
        str,
        choices=tuple(ORDERS),
        name="order",
        default="none",
    ),
} | _CONSTRAINTS
"""Parameters that every method takes besides its own."""


def generate(
    table: LibraryTable,
    /,
    method: str,
    *,
    size: int = DEFAULT_SIZE,
    random_state: int | None = None,
    order: str = "none",
    name: str | None = None,
    **parameters: Any,
) -> Playlist:
    """Make a playlist.

    Parameters
    ----------
    table : LibraryTable
    method : str
        A name in ``METHODS``.
    size : int
        Number of tracks, 1 to 10,000; ``duration_minutes=`` gives a total duration instead.
    random_state : int, optional
        The same number on the same table makes the same playlist. If left out, it is drawn and kept in the playlist.
    order : str
        A name in ``ORDERS``: none, smooth, harmonic, ramp_up, ramp_down, shuffle.
    name : str, optional
        Made from the method if left out.
    **parameters
        Constraints (``COMMON_PARAMETERS``) and the method's own. A track is an id, a path or a title; a list
        may be a text with commas.

    Returns
    -------
    Playlist
        If a constraint could not be met, the nearest possible playlist; ``notes`` say which constraint and by how much.

    Raises
    ------
    UnknownMethodError, UnknownParameterError, ParameterValueError, UnknownTrackError, QuerySyntaxError
        The request is not possible. Each error names the nearest possible one.
    LibraryEmptyError
        No track can be chosen at all, or (NothingMatchesError) no track matches the request.
    """
    chosen_method = find_method(method)
    check_not_empty(table)
    asked = validate(chosen_method, table, {"size": size, "order": order} | parameters)
    seed = given_or_drawn(random_state, table)
    constraints = constraints_of(asked, table)
    candidates, notes = candidate_rows(
        table, constraints, needs_vectors=chosen_method.needs_vectors, size=asked["size"]
    )
    own = _bound(chosen_method, asked, table)
    named = _named_rows(chosen_method, own)
    if constraints.skip_duplicates:
        candidates = without_worse_copies(table, candidates, keep=named)
    if constraints.prefer:
        candidates, unmet = with_preference(
            table, candidates, constraints.prefer, size=asked["size"], random_state=seed, keep=named
        )
        notes += unmet

    def start(size: int) -> tuple[Request, Iterator[Pick]]:
        rng = np.random.default_rng(seed)
        request = Request(table, candidates, size, rng, constraints.limits, constraints.relax)
        return request, chosen_method.picks(request, **own)

    include = [row for row in map(table.index_of, constraints.include or ()) if row is not None]
    candidates[include] = False
    request, picks = choose(
        start, constraints, include=include, size=asked["size"], sequence=chosen_method.sequence
    )
    picks = arrange(request, picks, constraints, order=asked["order"], sequence=chosen_method.sequence)
    title = name or _title(chosen_method.name, request.title)
    return assemble(
        table,
        picks,
        name=title,
        method=method,
        parameters=_given(chosen_method, asked),
        random_state=seed,
        notes=notes + request.notes,
    )


def assemble(
    table: LibraryTable,
    picks: list[Pick],
    *,
    name: str,
    method: str,
    parameters: Mapping[str, Any],
    random_state: int,
    notes: list[dict[str, Any]],
) -> Playlist:
    """Return a playlist of picks in playing order, explained and measured."""
    rows = np.array([pick.row for pick in picks], dtype=np.int64)
    costs = transition_costs(table, rows)
    explained = explain(table, picks, costs)
    notes = notes + _far_notes(explained)
    tracks = tuple(PlaylistTrack.of(table, pick.row, why) for pick, why in zip(picks, explained, strict=True))
    return Playlist(
        name,
        method,
        parameters,
        random_state,
        table.version,
        tracks,
        quality_card(table, rows, costs) | {"notes": notes},
        versions(),
        newest_id=int(table.ids[-1]) if len(table) else 0,
    )


def _far_notes(explained: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a note about tracks that are not nearer to the request than two random tracks are to each other."""
    compared = [facts["near"] for facts in explained if "near" in facts and "progress" not in facts]
    far = compared.count(False)
    if not far:
        return []
    marked = f"{far} of {counted(len(compared), 'track')} are marked “nothing sounds closer”"
    message = f"{marked}: two tracks drawn at random are as near."
    return [{"constraint": "near", "asked": len(compared), "got": len(compared) - far, "message": message}]


def validate(method: Method, table: LibraryTable, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the canonical value of every parameter of a method, common ones included.

    Raises
    ------
    UnknownParameterError
        The method has no such parameter (the error names the nearest), or a required one is left out.
    ParameterValueError, UnknownTrackError
        A value is not allowed.
    """
    known = COMMON_PARAMETERS | dict(method.parameters)
    for key in given:
        if key not in known:
            raise _unknown(method, key, known)
    for parameter in known.values():
        if parameter.required and given.get(parameter.name) is None:
            raise UnknownParameterError(
                f"{method.name} needs {parameter.name}: {parameter.help} ({parameter.allowed}).",
                name=parameter.name,
            )
    return {
        key: canonical(parameter, given.get(key, parameter.default), table)
        for key, parameter in known.items()
    }


def _bound(method: Method, asked: Mapping[str, Any], table: LibraryTable) -> dict[str, Any]:
    """Return the method's own parameters, with rows instead of ids of tracks."""
    rows_of: dict[str, Callable[[Any], Any]] = {
        "track": table.index_of,
        "tracks": lambda ids: [table.index_of(track) for track in ids],
        "history": lambda history: (
            played(table)
            if history == PLAYS
            else [(table.index_of(int(track)), weight) for track, weight in history]
        ),
    }
    bound = {}
    for key, parameter in method.parameters.items():
        value = asked[key]
        if value is not None and parameter.kind in rows_of:
            value = rows_of[parameter.kind](value)
            if method.needs_vectors and parameter.kind != "history":
                check_usable(
                    table,
                    value if isinstance(value, list) else [value],
                    key,
                    missing_too=bool(asked["skip_missing"]),
                )
        bound[key] = value
    return bound


def _named_rows(method: Method, own: Mapping[str, Any]) -> list[int]:
    """Return the rows that parameters such as ``start`` name."""
    named = [own[key] for key, parameter in method.parameters.items() if parameter.kind == "track"]
    lists = [own[key] or () for key, parameter in method.parameters.items() if parameter.kind == "tracks"]
    return [row for row in (*named, *(row for rows in lists for row in rows)) if row is not None]


def json_schema(method: str) -> dict[str, Any]:
    """Return the JSON Schema of a method's parameters in a request."""
    chosen = find_method(method)
    known = COMMON_PARAMETERS | {"random_state": RANDOM_STATE} | dict(chosen.parameters)
    return object_schema(known) | {"description": chosen.help}


def given_or_drawn(random_state: Any, table: LibraryTable) -> int:
    """Return the given random state, or draw one."""
    given = canonical(RANDOM_STATE, random_state, table)
    return secrets.randbits(32) if given is None else int(given)


@functools.cache
def versions() -> Mapping[str, str]:
    """Return the versions of everything that affects the choice of tracks."""
    return {name: version(name) for name in ("playlist-workbench", "numpy", "scikit-learn")}


def _given(method: Method, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the size, the order, and all values that differ from their defaults."""
    known = COMMON_PARAMETERS | dict(method.parameters)
    return {
        key: value for key, value in asked.items() if key in ("size", "order") or value != known[key].default
    }


def _title(method: str, suggested: str | None) -> str:
    return f"{method.replace('_', ' ')} {suggested}" if suggested else method.replace("_", " ")


def _unknown(method: Method, key: str, known: Mapping[str, Value]) -> UnknownParameterError:
    own = f" Its own: {', '.join(method.parameters)}." if method.parameters else ""
    return UnknownParameterError(
        f"{method.name} has no parameter {key!r}.{did_you_mean(key, known)}{own} "
        f"Common: {', '.join(COMMON_PARAMETERS)}.",
        name=key,
        candidates=nearest(key, known),
    )
