"""Read labels by content hash from genre tags and corrections by hand, playlists, ratings, or a CSV file."""

from __future__ import annotations

import csv
import logging
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import ModelError

if TYPE_CHECKING:
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable
    from workbench.store.library.plays import Heard
    from workbench.store.library.records import Rating

logger = logging.getLogger(__name__)

LIKED, DISLIKED = "liked", "disliked"
LOWEST_LIKED, HIGHEST_DISLIKED = 4, 2  # of 5 stars; set by hand: 3 is neutral

Labels = dict[str, str]
"""Labels by content hash."""


def labels_of(
    library: Library,
    label: str,
    *,
    csv_file: str | Path | None = None,
    playlists: Mapping[str, Iterable[str]] | None = None,
    table: LibraryTable | None = None,
) -> Labels:
    """Return the labels that a tagger called ``label`` learns from. Labels set by hand take precedence.

    Parameters
    ----------
    label : str
        ``genre``: the genre tags, except predicted ones; ``rating``: liked or disliked, by the user's stars or else by
        those on media servers; ``playlist``: the kept playlist that a track is in; any other name: the labels of that
        name that were set by hand.
    csv_file : path, optional
        Take the labels from this file instead; see :func:`labels_from_csv`.
    playlists : mapping of name to content hashes, optional
        Take the labels from these playlists instead; see :func:`labels_from_playlists`.

    Raises
    ------
    ModelError
        The file has another format.
    """
    table = library.table() if table is None else table
    ratings = list(library.ratings.all().values())
    by_hand = {rating.content_hash: rating.labels[label] for rating in ratings if rating.labels.get(label)}
    if csv_file is not None:
        return labels_from_csv(csv_file, table) | by_hand
    if playlists is not None:
        return labels_from_playlists(playlists) | by_hand
    if label == "genre":
        written = _written_genres(library, table)
        tags = {content: tag for content, tag in labels_from_genre(table).items() if content not in written}
        return tags | by_hand
    if label == "rating":
        return labels_from_listening(library.plays.heard()) | labels_from_ratings(ratings) | by_hand
    if label == "playlist":
        return labels_from_playlists(_kept_playlists(library)) | by_hand
    return by_hand


def _written_genres(library: Library, table: LibraryTable) -> set[str]:
    """Return the contents whose genre tag is a prediction that the workbench has written."""
    written = library.written_tags.all()
    rows = zip(table.ids.tolist(), table["content_hash"], table["genre"], strict=True)
    return {
        content for track, content, genre in rows if genre and written.get(track, {}).get("genre") == genre
    }


def labels_from_genre(table: LibraryTable) -> Labels:
    """Return genre tags; spellings that differ in case or blanks count as one, with the most common spelling."""
    tags = {
        content: " ".join(tag.split())
        for content, tag in zip(table["content_hash"], table["genre"], strict=True)
        if tag and tag.strip() and content
    }
    spellings: dict[str, Counter[str]] = {}
    for tag in tags.values():
        spellings.setdefault(tag.casefold(), Counter())[tag] += 1
    common = {folded: counts.most_common(1)[0][0] for folded, counts in spellings.items()}
    return {content: common[tag.casefold()] for content, tag in tags.items()}


def labels_from_ratings(ratings: Iterable[Rating]) -> Labels:
    """Return ``liked`` for 4 or 5 stars and ``disliked`` for 1 or 2; ratings between are left out."""
    stars = {rating.content_hash: rating.rating for rating in ratings if rating.rating}
    liked = {content: LIKED for content, given in stars.items() if given >= LOWEST_LIKED}
    return liked | {content: DISLIKED for content, given in stars.items() if given <= HIGHEST_DISLIKED}


def labels_from_listening(heard: Mapping[str, Heard]) -> Labels:
    """Return ``liked`` for a heart or 4 or 5 stars in a player, ``disliked`` for a thumb down or 1 or 2 stars."""
    labels = {}
    for content, said in heard.items():
        if said.loved or (said.rating or 0) >= LOWEST_LIKED:
            labels[content] = LIKED
        elif said.loved is False or 0 < (said.rating or 0) <= HIGHEST_DISLIKED:
            labels[content] = DISLIKED
    return labels


def labels_from_playlists(playlists: Mapping[str, Iterable[str]]) -> Labels:
    """Return the playlist of every track that is in exactly one of them.

    Parameters
    ----------
    playlists : mapping of name to content hashes
    """
    found: dict[str, set[str]] = {}
    for name, contents in playlists.items():
        for content in contents:
            found.setdefault(content, set()).add(name)
    return {content: next(iter(names)) for content, names in found.items() if len(names) == 1}


def labels_from_csv(path: str | Path, table: LibraryTable) -> Labels:
    """Read labels from a CSV file with columns ``path`` or ``id``, and ``label`` or ``rating``.

    Paths are absolute, or relative to the file. Ratings are thumbs (1 and -1) or stars: of five, 4 and 5 are liked, 1
    and 2 disliked, and 3 is neither. Rows whose track is not in the library are skipped with a warning.

    Raises
    ------
    ModelError
        The file cannot be read, lacks a column, has a rating that is not allowed, or has no track of the library.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ModelError(f"{path} cannot be read: {error}. Give a UTF-8 CSV file.", path=str(path)) from error
    key, value = (
        next((name for name in names if rows and name in rows[0]), None)
        for names in (("path", "id"), ("label", "rating"))
    )
    if key is None or value is None:
        raise ModelError(
            f"{path} needs a row of names with path (or id) and label (or rating), and at least one track.",
            path=str(path),
        )
    given = {row[key] or "": " ".join((row[value] or "").split()) for row in rows}
    contents = _content_by(table, key, path.parent.absolute(), given)
    if unknown := [name for name in given if name not in contents]:
        logger.warning(
            "%s: the tracks of %d of %d rows are not in this library, such as %s",
            path,
            len(unknown),
            len(given),
            unknown[0],
        )
    named = {name: text for name, text in given.items() if text and name in contents}
    if not named:
        raise ModelError(
            f"{path} labels no track of this library; its {key} column should name some.", path=str(path)
        )
    chosen = _opinions(named, path) if value == "rating" else named
    return {contents[name]: text for name, text in chosen.items()}


def _opinions(ratings: Mapping[str, str], path: Path) -> dict[str, str]:
    try:
        numbers = {name: float(text) for name, text in ratings.items()}
    except ValueError as error:
        raise ModelError(
            f"{path} has a rating that is not a number ({error}). Give 1 and -1, or stars from 1 to 5.",
            path=str(path),
        ) from error
    if wrong := [number for number in numbers.values() if not -1 <= number <= 5]:
        raise ModelError(
            f"{path} has the rating {wrong[0]:g}. Give 1 and -1, or stars from 1 to 5.", path=str(path)
        )
    thumbs = max(numbers.values()) <= 1
    lowest_liked, highest_disliked = (1, -1) if thumbs else (LOWEST_LIKED, HIGHEST_DISLIKED)
    return {name: LIKED for name, number in numbers.items() if number >= lowest_liked} | {
        name: DISLIKED for name, number in numbers.items() if number and number <= highest_disliked
    }


def _content_by(table: LibraryTable, key: str, folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the content hashes of these names of tracks, by name; unknown names are left out."""
    keys = table["path"] if key == "path" else [str(track_id) for track_id in table.ids]
    known = {name: content for name, content in zip(keys, table["content_hash"], strict=True) if content}
    whole = {name: os.path.normpath(folder / name) if key == "path" else name.strip() for name in names}
    return {name: known[at] for name, at in whole.items() if at in known}


def _kept_playlists(library: Library) -> dict[str, list[str]]:
    records = (library.playlists.get(summary.id) for summary in library.playlists.newest())
    return {
        record.name: [entry.content_hash for entry in record.entries if entry.content_hash]
        for record in records
        if record
    }
