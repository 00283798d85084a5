"""Where labels come from: genre tags put right by hand, playlists, ratings, or a CSV file. All by content hash."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import ModelError
from workbench.models.predicted import WRITTEN

if TYPE_CHECKING:
    from workbench.store.library import Library
    from workbench.store.library_table import LibraryTable
    from workbench.store.records import Rating

Labels = dict[str, str]
"""Label by content hash."""


def labels_of(
    library: Library, label: str, *, csv_file: str | Path | None = None, table: LibraryTable | None = None
) -> Labels:
    """Return the labels that a tagger called ``label`` learns from.

    Parameters
    ----------
    label : str
        ``genre``: the genre tags, but not those that were predicted; ``rating``: liked or disliked;
        ``playlist``: which of the user's playlists a track is in; any other name: the labels of that name that
        were set by hand. Labels set by hand win.
    csv_file : path, optional
        Take the labels from this file instead: columns ``path`` (or ``id``) and ``label``.

    Raises
    ------
    ModelError
        The file is not of that form.
    """
    table = library.table() if table is None else table
    ratings = list(library.ratings().values())
    by_hand = {rating.content_hash: rating.labels[label] for rating in ratings if rating.labels.get(label)}
    if csv_file is not None:
        return labels_from_csv(csv_file, table) | by_hand
    if label == "genre":
        written = {prediction.content_hash for prediction in library.predictions(model=WRITTEN)}
        tags = {content: tag for content, tag in labels_from_genre(table).items() if content not in written}
        return tags | by_hand
    if label == "rating":
        return labels_from_ratings(ratings) | by_hand
    if label == "playlist":
        return labels_from_playlists(library) | by_hand
    return by_hand


def labels_from_genre(table: LibraryTable) -> Labels:
    """Return genre tags; spellings that differ in case or space count as one, under the most common of them."""
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
    """Return ``liked`` and ``disliked``: thumbs are 1 and -1; of five stars 4–5 and 1–2, and 3 is neither."""
    rated = {rating.content_hash: rating.rating for rating in ratings if rating.rating}
    thumbs = all(abs(value) <= 1 for value in rated.values())
    low, high = (0.0, 0.0) if thumbs else (2.0, 4.0)
    return {content: "liked" for content, value in rated.items() if value >= high and value > 0} | {
        content: "disliked" for content, value in rated.items() if value <= low
    }


def labels_from_playlists(library: Library, names: Iterable[str] | None = None) -> Labels:
    """Return the playlist of every track that is in exactly one of them.

    Parameters
    ----------
    names : iterable of str, optional
        Which playlists; all by default.
    """
    wanted = None if names is None else set(names)
    found: dict[str, set[str]] = {}
    for summary in library.playlists():
        if wanted is not None and summary.name not in wanted:
            continue
        record = library.playlist(summary.id)
        for entry in record.entries if record else ():
            if entry.content_hash:
                found.setdefault(entry.content_hash, set()).add(summary.name)
    return {content: next(iter(names)) for content, names in found.items() if len(names) == 1}


def labels_from_csv(path: str | Path, table: LibraryTable) -> Labels:
    """Read labels from a CSV file with columns ``path`` or ``id``, and ``label``.

    Raises
    ------
    ModelError
        The file cannot be read, lacks a column, or names no track of the library.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ModelError(f"{path} cannot be read: {error}. Give a UTF-8 CSV file.", path=str(path)) from error
    key = next((name for name in ("path", "id") if rows and name in rows[0]), None)
    if key is None or "label" not in rows[0]:
        raise ModelError(
            f"{path} needs a row of names with path (or id) and label, and at least one track.",
            path=str(path),
        )
    contents = _content_by(table, key)
    labels = {
        contents[row[key]]: " ".join(row["label"].split())
        for row in rows
        if row[key] in contents and (row["label"] or "").strip()
    }
    if not labels:
        raise ModelError(
            f"{path} labels no track of this library; its {key} column should name some.", path=str(path)
        )
    return labels


def _content_by(table: LibraryTable, key: str) -> Mapping[str, str]:
    keys = table["path"] if key == "path" else [str(track_id) for track_id in table.ids]
    return {name: content for name, content in zip(keys, table["content_hash"], strict=True) if content}
