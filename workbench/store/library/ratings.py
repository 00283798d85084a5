"""Store the user's data about a content: stars, labels, and whether it is kept out of playlists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.errors import StoreError
from workbench.store.library.damage import damaged_ratings
from workbench.store.library.records import Rating
from workbench.store.library.repository import SAID, Repository, from_json, to_json
from workbench.store.sqlite.checksums import INTACT, SEAL_WHAT_PEOPLE_SAY

LOWEST, HIGHEST = 1, 5  # stars
_SEAL = f"{SEAL_WHAT_PEOPLE_SAY['ratings']} WHERE content_hash = ?"


class RatingRepository(Repository):
    """Keeps one rating for each content."""

    def rate(self, content_hash: str, rating: float | None) -> None:
        """Save the user's stars for a content; ``None`` removes them.

        Raises
        ------
        StoreError
            The rating is not one of 1 to 5 stars; halves are allowed.
        """
        if rating is not None and not (LOWEST <= rating <= HIGHEST and rating * 2 == int(rating * 2)):
            raise StoreError(f"A rating is 1 to 5 stars, halves included, or None; not {rating!r}.")
        with self.pool.writing() as connection:
            self._change(content_hash, "rating = ?", rating)
            connection.execute(SAID)

    def exclude(self, hashes: Iterable[str], *, excluded: bool) -> None:
        """Keep these contents out of playlists, or allow them again."""
        with self.pool.writing() as connection:
            for content_hash in hashes:
                self._change(content_hash, "excluded = ?", int(excluded))
            connection.execute(SAID)

    def label(self, content_hash: str, labels: Mapping[str, str]) -> None:
        """Save labels that the user gave by hand, such as the right genre, in place of earlier ones."""
        self._change(content_hash, "labels = ?", to_json(labels))

    def all(self) -> dict[str, Rating]:
        """Return every rating by content hash. Damaged ones are logged once and left out, but not deleted."""
        with self.pool.reading() as connection:
            rows = connection.execute(
                f"""SELECT content_hash, rating, CAST(labels AS BLOB), excluded FROM ratings
                    WHERE {INTACT["ratings"]}"""
            ).fetchall()
            some = connection.execute("SELECT count(*) FROM ratings").fetchone()[0]
            if len(rows) < some:
                self._say_once(damaged_ratings(connection))
        return {
            hash_: Rating(hash_, rating, from_json(labels), bool(excluded))
            for hash_, rating, labels, excluded in rows
        }

    def stars(self, hashes: Iterable[str]) -> dict[str, float]:
        """Return the user's stars for each of these contents that has a rating."""
        whole = f"SELECT content_hash, rating AS stars FROM ratings WHERE {INTACT['ratings']}"
        return self._stars(whole, hashes)

    def copy(self, old_hash: str, new_hash: str) -> None:
        """Give one content the rating of another that sounds the same."""
        with self.pool.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO ratings (content_hash, rating, labels, excluded) "
                "SELECT ?, rating, labels, excluded FROM ratings WHERE content_hash = ?",
                (new_hash, old_hash),
            )
            connection.execute(_SEAL, (new_hash,))

    def _change(self, content_hash: str, assignment: str, *values: Any) -> None:
        with self.pool.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO ratings (content_hash) VALUES (?)", (content_hash,))
            connection.execute(
                f"UPDATE ratings SET {assignment} WHERE content_hash = ?", (*values, content_hash)
            )
            connection.execute(_SEAL, (content_hash,))
