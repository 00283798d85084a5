"""Constraints that apply to every method, and their relaxation if a constraint cannot be met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from workbench.errors import LibraryEmptyError, NothingMatchesError
from workbench.playlists.making.genres import genres_of
from workbench.playlists.making.kinds import MUSIC, asks_for_kinds
from workbench.playlists.making.parameters import Tracks
from workbench.playlists.making.request import Limits
from workbench.playlists.query.query_match import compile_query
from workbench.playlists.sound.arrays import Floats, Mask
from workbench.readable import counted
from workbench.values import Value, nearest

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

EXCLUDED = "excluded"
"""The column that is 1 for tracks that the user excludes from playlists."""


@dataclass(frozen=True, kw_only=True)
class Constraints:
    """The constraints of one playlist. Values are canonical: tracks are ids."""

    duration_minutes: Annotated[
        float | None,
        Value(
            "total duration wanted, in minutes, instead of a number of tracks",
            low=0.1,
            high=60_000,
            label="Duration (minutes)",
            example="60",
        ),
    ] = None
    duration_tolerance_percent: Annotated[
        float,
        Value("allowed difference from the wanted duration", low=0, high=100, label="Duration tolerance (%)"),
    ] = 5.0
    artist_gap: Annotated[
        int,
        Value("no artist again within this many tracks", low=0, high=1000, label="Tracks between an artist"),
    ] = 0
    max_per_artist: Annotated[
        int | None,
        Value("most tracks of one artist", low=1, high=10_000, label="Most of one artist", example="2"),
    ] = None
    max_per_album: Annotated[
        int | None,
        Value("most tracks of one album", low=1, high=10_000, label="Most of one album", example="2"),
    ] = None
    among: Annotated[
        list[int] | None, Tracks("only these tracks; also a DataFrame of tracks", label="Only these tracks")
    ] = None
    include: Annotated[
        list[int] | None, Tracks("tracks that the playlist must have", label="Always with")
    ] = None
    exclude: Annotated[
        list[int] | None, Tracks("tracks that the playlist must not have", label="Never with")
    ] = None
    genres: Annotated[
        list[str] | None, Value("only these genres", label="Genres", example="house, soul", names="genre")
    ] = None
    exclude_genres: Annotated[
        list[str] | None,
        Value("none of these genres", label="Not these genres", example="polka", names="genre"),
    ] = None
    year_min: Annotated[
        int | None, Value("not older than this year", low=0, high=9999, label="From year", example="1990")
    ] = None
    year_max: Annotated[
        int | None, Value("not newer than this year", low=0, high=9999, label="To year", example="1999")
    ] = None
    loudness_min_lufs: Annotated[
        float | None,
        Value("not quieter than this", low=-100, high=20, label="Not quieter than (LUFS)", example="-18"),
    ] = None
    loudness_max_lufs: Annotated[
        float | None,
        Value("not louder than this", low=-100, high=20, label="Not louder than (LUFS)", example="-8"),
    ] = None
    where: Annotated[
        str | None,
        Value(
            "a filter, such as: bpm 120-128 and not genre ~ polka",
            label="Filter",
            example="bpm 120-128 and not genre ~ polka",
            names="filter",
        ),
    ] = None
    prefer: Annotated[
        str | None,
        Value(
            "a filter; more of the tracks that match it, without leaving out the others",
            label="Preferred tracks",
            example="rating >= 4",
            names="filter",
        ),
    ] = None
    relax: Annotated[
        bool,
        Value(
            "where nothing matches, take the nearest and say so", label="Take the nearest if nothing matches"
        ),
    ] = False
    all_kinds: Annotated[
        bool,
        Value(
            "also audiobooks, podcasts, sound effects, mixes, and tracks of LONG_TRACK_MINUTES",
            label="Also what is not music",
        ),
    ] = False
    only_analyzed: Annotated[
        bool, Value("leave out tracks without features", label="Only analyzed tracks")
    ] = True
    skip_duplicates: Annotated[
        bool,
        Value(
            "leave out copies of a track that is in the playlist, in any format; of those, take the best",
            label="Leave out copies",
        ),
    ] = True
    skip_missing: Annotated[
        bool, Value("leave out tracks whose file is missing", label="Leave out missing files")
    ] = True

    @property
    def limits(self) -> Limits:
        """The constraints that depend on the tracks chosen before."""
        return Limits(self.artist_gap, self.max_per_artist, self.max_per_album, self.skip_duplicates)

    def given(self) -> dict[str, Any]:
        """Return the constraints that differ from their defaults."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}


def constraints_of(asked: Mapping[str, Any], table: LibraryTable) -> Constraints:
    """Return the constraints among canonical parameters; a filter or genre that asks for audiobooks allows them."""
    given = {f.name: asked[f.name] for f in fields(Constraints)}
    return Constraints(**given | {"all_kinds": asks_for_kinds(asked, table)})


@dataclass(frozen=True)
class _Filter:
    """The distance of each row from a constraint: 0 fits, ``inf`` cannot be compared."""

    name: str
    asked: Any
    shortfall: Floats
    hint: str = ""


def candidate_rows(
    table: LibraryTable, constraints: Constraints, *, needs_vectors: bool, size: int
) -> tuple[Mask, list[dict[str, Any]]]:
    """Return the rows that may be chosen and notes about constraints that left nothing.

    With ``relax``, if no track meets a constraint, the nearest tracks are used, or the constraint is ignored if the
    distance from it cannot be measured. A note has the constraint and the distance.

    Raises
    ------
    LibraryEmptyError
        The library has no track that could be chosen at all.
    NothingMatchesError
        No track meets a constraint, and ``relax`` is off.
    """
    possible = _possible(table, constraints, needs_vectors=needs_vectors)
    mask = possible
    notes: list[dict[str, Any]] = []
    if not constraints.all_kinds and "kind" in table.columns:
        mask, notes = _only_music(possible, table)
    other_kinds = possible & ~mask
    filters = _filters(table, constraints)
    for rule in sorted(filters, key=lambda rule: -np.count_nonzero(rule.shortfall == 0)):
        fitting = mask & (rule.shortfall == 0)
        if fitting.any():
            mask = fitting
        else:
            misses, note = _nearest_misses(mask, rule, size)
            if not constraints.relax:
                others = (
                    "Some do without the other constraints." if (rule.shortfall == 0).any() else rule.hint
                )
                if many := int(np.count_nonzero(other_kinds & (rule.shortfall == 0))):
                    tracks = counted(many, "track")
                    others = f"{tracks} of another kind than music would; all_kinds=true takes them too."
                raise nothing_matches(rule.name, rule.asked, others)
            mask = misses
            notes.append(note)
    return mask, notes


def _only_music(mask: Mask, table: LibraryTable) -> tuple[Mask, list[dict[str, Any]]]:
    """Leave out audiobooks and similar tracks, unless there is nothing else."""
    music = mask & (table.texts("kind") == MUSIC)
    if music.any():
        return music, []
    message = "The library has only audiobooks, podcasts, sound effects, mixes or very long tracks: they were taken."
    return mask, [{"constraint": "all_kinds", "asked": False, "got": True, "message": message}]


def nothing_matches(name: str, asked: Any, hint: str) -> NothingMatchesError:
    """Return the error that no track matches the request."""
    return NothingMatchesError(
        f"No track matches {name}={asked!r}. {hint.strip()} ".replace("  ", " ")
        + "Ask for something else, or give relax=true (-p relax=true) to take the nearest.",
        name=name,
        asked=asked,
    )


def check_not_empty(table: LibraryTable) -> None:
    """Raise an error if the library has no tracks.

    Raises
    ------
    LibraryEmptyError
        The table has no rows.
    """
    if not len(table):
        raise LibraryEmptyError("The library is empty. Analyze a folder of music first.", tracks=0)


def _possible(table: LibraryTable, constraints: Constraints, *, needs_vectors: bool) -> Mask:
    mask: Mask = (
        table.analyzed.copy()
        if needs_vectors or constraints.only_analyzed
        else np.ones(len(table), dtype=bool)
    )
    if not mask.any():
        raise LibraryEmptyError(
            f"No track to choose from: the library has {counted(len(table), 'track')}, of which none is analyzed. "
            "Analyze a folder of music first.",
            tracks=len(table),
        )
    mask &= np.not_equal(table.numbers(EXCLUDED), 1)
    if constraints.skip_missing:
        mask &= ~table.missing
    if constraints.among is not None:
        mask &= np.isin(table.ids, constraints.among)
    if constraints.exclude:
        mask &= ~np.isin(table.ids, constraints.exclude)
    if not mask.any():
        raise LibraryEmptyError(
            "No track to choose from: every analyzed track is excluded, or its file is missing. "
            "Exclude fewer tracks (`excluded = yes` finds those that you keep out of playlists), "
            "or analyze the folder again.",
            tracks=len(table),
        )
    return mask


def _filters(table: LibraryTable, constraints: Constraints) -> list[_Filter]:
    found = []
    for name, column, sign in (
        ("year_min", "year", 1),
        ("year_max", "year", -1),
        ("loudness_min_lufs", "loudness_lufs", 1),
        ("loudness_max_lufs", "loudness_lufs", -1),
    ):
        if (bound := getattr(constraints, name)) is not None:
            found.append(_Filter(name, bound, _beyond(sign * (bound - table.numbers(column)))))
    if constraints.genres:
        found.append(
            _Filter(
                "genres",
                constraints.genres,
                _unless(has_genre(table, constraints.genres)),
                _near_genres(table, constraints.genres),
            )
        )
    if constraints.exclude_genres:
        found.append(
            _Filter(
                "exclude_genres",
                constraints.exclude_genres,
                _unless(~has_genre(table, constraints.exclude_genres)),
            )
        )
    if constraints.where:
        query = compile_query(constraints.where, table)
        matches = query.matches()
        shortfall = _unless(matches) if matches.any() else 1.0 - query.closeness()
        found.append(_Filter("where", constraints.where, np.where(shortfall >= 1.0, np.inf, shortfall)))
    return found


def _beyond(distance: Floats) -> Floats:
    return np.where(np.isfinite(distance), np.maximum(distance, 0.0), np.inf)


def _unless(mask: Mask) -> Floats:
    return np.where(mask, 0.0, np.inf)


def _nearest_misses(mask: Mask, rule: _Filter, size: int) -> tuple[Mask, dict[str, Any]]:
    shortfall = np.where(mask, rule.shortfall, np.inf)
    near = np.flatnonzero(np.isfinite(shortfall))
    if not len(near):
        message = f"No track meets {rule.name}={rule.asked!r}, so it was ignored.{rule.hint}"
        return mask, {"constraint": rule.name, "asked": rule.asked, "got": 0, "message": message}
    near = near[np.argsort(shortfall[near], kind="stable")][:size]
    misses = np.zeros(len(mask), dtype=bool)
    misses[near] = True
    low, high = float(shortfall[near].min()), float(shortfall[near].max())
    by = f"by {low:.4g}" if low == high else f"by {low:.4g} to {high:.4g}"
    return misses, {
        "constraint": rule.name,
        "asked": rule.asked,
        "got": 0,
        "short_by": high,
        "message": f"No track meets {rule.name}={rule.asked!r}, so the nearest were taken, which miss it {by}.",
    }


def has_genre(table: LibraryTable, wanted: list[str]) -> Mask:
    """Return the rows whose genre tag, or one of its genres, is one of ``wanted``, regardless of case."""
    names = {name.strip().casefold() for name in wanted}
    verdicts: dict[str | None, bool] = {None: False}
    column = table.texts("genre")
    for genre in set(column.tolist()) - {None}:
        verdicts[genre] = genre.strip().casefold() in names or not names.isdisjoint(genres_of(genre))
    return np.fromiter((verdicts[genre] for genre in column), dtype=bool, count=len(table))


def _near_genres(table: LibraryTable, wanted: list[str]) -> str:
    known = sorted(
        {part for genre in set(table.texts("genre").tolist()) if genre for part in genres_of(genre)}
    )
    near = [name for want in wanted for name in nearest(want.casefold(), known)]
    return f" Nearest genres: {', '.join(near)}." if near else ""
