"""Count the tracks that a method may choose from, before a playlist is made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.errors import LibraryEmptyError
from workbench.playlists.making.constraints import candidate_rows, constraints_of
from workbench.playlists.making.generation import COMMON_PARAMETERS
from workbench.playlists.making.parameters import canonical
from workbench.playlists.methods import find_method
from workbench.playlists.query.query_match import compile_query

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable


def count_candidates(table: LibraryTable, method: str, **parameters: Any) -> int:
    """Count the tracks that the constraints and the filter of a method leave to choose from.

    Required parameters may be left out. Parameters that do not limit the choice are not checked.

    Raises
    ------
    UnknownMethodError, ParameterValueError, UnknownTrackError, QuerySyntaxError
        As for :func:`generate`.
    """
    chosen_method = find_method(method)
    asked = {
        name: canonical(parameter, parameters.get(name, parameter.default), table)
        for name, parameter in COMMON_PARAMETERS.items()
    }
    constraints = replace(constraints_of({**parameters, **asked}, table), relax=False)
    try:
        fitting, _ = candidate_rows(
            table, constraints, needs_vectors=chosen_method.needs_vectors, size=asked["size"]
        )
    except LibraryEmptyError:
        return 0
    for name, parameter in chosen_method.parameters.items():
        if parameter.names == "filter" and parameters.get(name):
            fitting = fitting & compile_query(parameters[name], table).matches()
    return int(fitting.sum())
