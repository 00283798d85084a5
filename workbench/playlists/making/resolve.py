"""Find the track that a user names by its id, its path, or a title or part of a title that only one track has."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import ParameterValueError, UnknownTrackError
from workbench.readable import track_name
from workbench.store.library.files import fold
from workbench.user_paths import expand_home
from workbench.values import split_list

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

_SHOWN = 5  # set by hand: as many as fit into one line of a message
_FEWEST_LETTERS = 3  # set by hand: nearly every title contains one or two letters
_WORDS = re.compile(r"\w+")
_COMMAS_OF_A_TITLE = 6  # set by hand: more than titles have
_HISTORY_SUFFIXES = {".m3u", ".m3u8", ".xspf", ".jspf", ".pls", ".csv", ".json", ".xml", ".nml"}


def resolve_track(table: LibraryTable, reference: Any, name: str = "track") -> int:
    """Return the id of the one track that ``reference`` names.

    Parameters
    ----------
    table : LibraryTable
    reference : int or str
        An id; else a path (as stored, or relative to the current folder); else a title, or ``artist - title``; else a
        label (see :func:`track_label`); else words of title and artist. Case and accents do not matter, and copies of
        one file count as one track.
    name : str
        The name of the parameter in an error.

    Raises
    ------
    UnknownTrackError
        No track or several tracks match; ``candidates`` lists ``{"id", "title", "artist", "path"}``.
    """
    text = str(reference).strip() if not isinstance(reference, bool) else ""
    if text.isdecimal() and (row := table.index_of(int(text))) is not None:
        return int(table.ids[row])
    rows = (
        _rows_by_path(table, text)
        or _rows_by_title(table, text)
        or _row_by_label(table, text)
        or _rows_by_words(table, text)
    )
    distinct = _without_copies(table, rows)
    if len(distinct) == 1:
        return int(table.ids[distinct[0]])
    if distinct:
        raise UnknownTrackError(
            f"{name}={reference!r} means {len(distinct)} tracks: {_shown(table, distinct)}. Give the id of one.",
            name=name,
            candidates=[candidate(table, row) for row in distinct[:50]],
        )
    near = _nearest(table, text)
    hint = f" Nearest: {_shown(table, near)}." if near else ""
    raise UnknownTrackError(
        f"{name}={reference!r} is not a track of this library.{hint} Give an id, a path or a title.",
        name=name,
        candidates=[candidate(table, row) for row in near],
    )


def resolve_tracks(table: LibraryTable, references: Any, name: str = "tracks") -> list[int]:
    """Return the ids of tracks in a list, a text with commas, a JSON array, a playlist, or a DataFrame of tracks."""
    if hasattr(references, "columns") and hasattr(references, "index"):
        return frame_ids(table, references, name)
    if isinstance(references, str) and (whole := _rows_by_path(table, references)):
        return [int(table.ids[whole[0]])]
    items = getattr(references, "track_ids", None) or _items(table, references)
    return list(dict.fromkeys(resolve_track(table, item, name) for item in items))


def track_label(table: LibraryTable, row: int) -> str:
    """Return the label of a track in forms: its name, and its id, which distinguishes equal names."""
    return f"{track_name(candidate(table, row))} · {table.ids[row]}"


def _items(table: LibraryTable, references: Any) -> list[Any]:
    """Return the items of a list, or of a text with commas; a label may contain commas."""
    if not isinstance(references, str) or references.lstrip().startswith("["):
        return split_list(references)
    parts, items = references.split(","), []
    while parts:
        whole = (",".join(parts[:commas]).strip() for commas in range(1, _COMMAS_OF_A_TITLE + 2))
        item = next((text for text in whole if _row_by_label(table, text)), parts[0].strip())
        del parts[: item.count(",") + 1]
        items += [item] if item else []
    return items


def frame_ids(table: LibraryTable, frame: Any, name: str = "tracks") -> list[int]:
    """Return the ids of a DataFrame of tracks: its column ``id``, or else its index.

    Raises
    ------
    UnknownTrackError
        It has ids that are not in the library.
    """
    ids = np.asarray(frame["id"] if "id" in frame.columns else frame.index)
    known = np.isin(ids, table.ids)
    if not known.all():
        first = ids[~known].tolist()[0]
        raise UnknownTrackError(
            f"{name}: the library has no track with the id {first!r}. Keep the index of wb.tracks, or a column id.",
            candidates=[],
        )
    return [int(track) for track in dict.fromkeys(ids.tolist())]


PLAYS = "plays"
"""The value that means the listening history in the library."""


def resolve_history(table: LibraryTable, history: Any, name: str = "history") -> list[list[float]] | str:
    """Return ``[[id, weight], …]`` of a listening history; the weights of a track add up.

    ``"plays"`` is kept in the recipe, so that a playlist that is made again uses the plays since then.

    Raises
    ------
    UnknownTrackError
        No track of the file is in the library.
    ParameterValueError
        ``"plays"`` was given without an imported history, or the file does not exist.
    """
    if isinstance(history, str) and history == PLAYS:
        if not played(table):
            raise ParameterValueError(
                f"{name}={PLAYS}: the library does not know what you played. Import your listening history first "
                "(workbench history FILE).",
                name=name,
            )
        return PLAYS
    if isinstance(history, str | os.PathLike) and Path(history).suffix and Path(history).is_file():
        return _history_file(table, Path(history), name)
    if isinstance(history, str | os.PathLike) and Path(history).suffix.lower() in _HISTORY_SUFFIXES:
        raise ParameterValueError(f"{name}={str(history)!r}: this file does not exist.", name=name)
    items = getattr(history, "track_ids", None)
    if items is None:
        items = split_list(history)
    return _summed((_history_item(table, item, name) for item in items), name)


def played(table: LibraryTable) -> list[tuple[int, float]]:
    """Return the rows that were played, with the number of plays."""
    plays = table.numbers("plays")
    return [(int(row), float(plays[row])) for row in np.flatnonzero(plays > 0)]


def _history_item(table: LibraryTable, item: Any, name: str) -> tuple[int, float]:
    if isinstance(item, list | tuple):
        track, weight = item
        return resolve_track(table, track, name), float(weight)
    return resolve_track(table, item, name), 1.0


def _history_file(table: LibraryTable, path: Path, name: str) -> list[list[float]]:
    from workbench.playlists.files.matching import match_entries
    from workbench.playlists.files.reading import read_playlist_file

    entries = read_playlist_file(path)
    matches = [match for match in match_entries(entries, table) if match.track_id is not None]
    if not matches:
        raise UnknownTrackError(
            f"{name}: no track of {path} is in the library.",
            name=name,
            candidates=[],
        )
    return _summed(((int(match.track_id or 0), match.entry.weight) for match in matches), name)


def _summed(pairs: Iterable[tuple[int, float]], name: str) -> list[list[float]]:
    total: dict[int, float] = {}
    for track, weight in pairs:
        if not 0 <= weight < float("inf"):
            raise ParameterValueError(
                f"{name}: weight {weight} of track {track} is not allowed; allowed: 0 or more.", name=name
            )
        total[track] = total.get(track, 0.0) + weight
    return [[track, weight] for track, weight in sorted(total.items()) if weight > 0]


def check_usable(table: LibraryTable, rows: list[int], name: str, *, missing_too: bool) -> None:
    """Raise an error for start tracks without features or without a file.

    Raises
    ------
    UnknownTrackError
        A track cannot be used.
    """
    for row in rows:
        if not table.analyzed[row]:
            status = table.text_at("status", row) or "pending"
            reason = "has damaged features" if status == "analyzed" else f"is not analyzed ({status})"
            raise UnknownTrackError(
                f"{name}: track {_shown(table, [row])} {reason}, so nothing can be compared with it. "
                "Analyze it again with --force, or start from another track.",
                name=name,
                candidates=[candidate(table, row)],
            )
        if missing_too and table.missing[row]:
            raise UnknownTrackError(
                f"{name}: the file of track {_shown(table, [row])} is missing. Bring it back and "
                "analyze again, start from another track, or give skip_missing=false.",
                name=name,
                candidates=[candidate(table, row)],
            )


def candidate(table: LibraryTable, row: int) -> dict[str, Any]:
    """Describe a track in a list of choices."""
    return {
        "id": int(table.ids[row]),
        "title": table.text_at("title", row),
        "artist": table.text_at("artist", row),
        "path": table.text_at("path", row),
    }


def _rows_by_path(table: LibraryTable, text: str) -> list[int]:
    paths = table.texts("path")
    for path in dict.fromkeys((text, os.path.normpath(expand_home(text).absolute()) if text else text)):
        rows = np.flatnonzero(paths == path)
        if len(rows):
            return [int(rows[0])]
    return []


def _rows_by_title(table: LibraryTable, text: str) -> list[int]:
    wanted = fold(text).strip()
    if not wanted:
        return []
    titles, artists = table.texts("title"), table.texts("artist")
    rows = [row for row, title in enumerate(titles) if title and fold(title).strip() == wanted]
    if not rows and " - " in text:
        rows = [
            row
            for row, title in enumerate(titles)
            if title and wanted.endswith(fold(title)) and fold(f"{artists[row]} - {title}") == wanted
        ]
    return rows


def _row_by_label(table: LibraryTable, text: str) -> list[int]:
    name, _, track_id = text.rpartition(" · ")
    row = table.index_of(int(track_id)) if name and track_id.isdecimal() else None
    return [row] if row is not None and fold(track_name(candidate(table, row))) == fold(name) else []


def _rows_by_words(table: LibraryTable, text: str) -> list[int]:
    """Return the tracks whose title contains a text; else those whose title and artist contain all of its words."""
    wanted = fold(text).strip()
    words = _WORDS.findall(wanted)
    if len(wanted) < _FEWEST_LETTERS or not words:
        return []
    titles = [fold(title or "") for title in table.texts("title")]
    rows = [row for row, title in enumerate(titles) if wanted in title]
    if not rows:
        artists = (fold(artist or "") for artist in table.texts("artist"))
        names = (f"{title} {artist}" for title, artist in zip(titles, artists, strict=True))
        rows = [row for row, name in enumerate(names) if all(word in name for word in words)]
    return rows


def _without_copies(table: LibraryTable, rows: list[int]) -> list[int]:
    missing, hashes = table.missing, table.texts("content_hash")
    present = [row for row in rows if not missing[row]] or rows
    first: dict[Any, int] = {}
    for row in present:
        first.setdefault(hashes[row] or row, row)
    return list(first.values())


def _nearest(table: LibraryTable, text: str) -> list[int]:
    titles: dict[str, int] = {}
    for row, title in enumerate(table.texts("title")):
        if title:
            titles.setdefault(fold(title).strip(), row)
    wanted = fold(text).strip()
    near = difflib.get_close_matches(wanted, list(titles)[:20_000], n=_SHOWN, cutoff=0.5)
    near += [title for title in titles if len(wanted) > 2 and wanted in title and title not in near]
    return [titles[title] for title in near[:_SHOWN]]


def _shown(table: LibraryTable, rows: list[int]) -> str:
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return ", ".join(f"{table.ids[row]} ({_label(table, row)})" for row in rows[:_SHOWN]) + more


def _label(table: LibraryTable, row: int) -> str:
    title = table.text_at("title", row) or table.text_at("path", row)
    return " - ".join(filter(None, (table.text_at("artist", row), title)))
