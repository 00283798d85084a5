"""The user's data about a content: a thumb, plays, labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.errors import StoreError
from workbench.store.library.records import Rating
from workbench.store.library.repository import Repository, from_json, to_json


class RatingRepository(Repository):
    """Keeps one rating a content."""

    def rate(self, content_hash: str, rating: float | None) -> None:
        """Save the user's thumb for a content: 1 up, -1 down; ``None`` takes it back.

        Raises
        ------
        StoreError
            The rating is something else, such as a number of stars.
        """
        if rating not in (1, -1, None):
            raise StoreError(f"A rating is 1 (liked), -1 (disliked) or None, not {rating!r}.")
        self._change(content_hash, "rating = ?", rating)

    def add_play(self, content_hash: str, *, plays: int = 1) -> None:
        """Count plays of a content."""
        self._change(content_hash, "plays = plays + ?, last_played_at = ?", plays, self._now())

    def label(self, content_hash: str, labels: Mapping[str, str]) -> None:
        """Save labels that the user gave by hand, such as the right genre, in place of earlier ones."""
        self._change(content_hash, "labels = ?", to_json(labels))

    def all(self) -> dict[str, Rating]:
        """Return every rating by content hash."""
        with self.pool.reading() as connection:
            rows = connection.execute(
                "SELECT content_hash, rating, plays, last_played_at, labels FROM ratings"
            )
            return {
                hash_: Rating(hash_, rating, plays, last_played_at, from_json(labels))
                for hash_, rating, plays, last_played_at, labels in rows
            }

    def copy(self, old_hash: str, new_hash: str) -> None:
        """Give one content the rating of another that sounds the same."""
        with self.pool.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO ratings (content_hash, rating, plays, last_played_at, labels) "
                "SELECT ?, rating, plays, last_played_at, labels FROM ratings WHERE content_hash = ?",
                (new_hash, old_hash),
            )

    def _change(self, content_hash: str, assignment: str, *values: Any) -> None:
        with self.pool.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO ratings (content_hash) VALUES (?)", (content_hash,))
            connection.execute(
                f"UPDATE ratings SET {assignment} WHERE content_hash = ?", (*values, content_hash)
            )
