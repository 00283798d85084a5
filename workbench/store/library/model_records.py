"""What is derived from features or told by the user: embeddings, predictions, ratings, maps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import StoreError
from workbench.store.library.part import Part, from_json, to_json
from workbench.store.library.records import Artifact, Embedding, Prediction, Rating

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_REPLACE = "INSERT OR REPLACE INTO"


class ModelRecords(Part):
    """Keeps values by content and model, each with the model's version and hash."""

    def save_embeddings(self, embeddings: Iterable[Embedding]) -> None:
        """Save embeddings; one of the same content and model is replaced."""
        import numpy as np

        now = self._now()
        rows = [
            (
                e.content_hash,
                e.model,
                e.version,
                e.model_hash,
                np.ascontiguousarray(e.vector, dtype="<f4").tobytes(),
                now,
            )
            for e in embeddings
        ]
        with self.pool.writing() as connection:
            connection.executemany(
                f"{_REPLACE} embeddings (content_hash, model, version, model_hash, vector, "
                "computed_at) VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )

    def embeddings(
        self, model: str, *, model_hash: str | None = None
    ) -> tuple[list[str], npt.NDArray[np.float32]]:
        """Return content hashes and a matrix of shape (n, d) of all embeddings of a model (of this hash)."""
        import numpy as np

        with self.pool.reading() as connection:
            rows = connection.execute(
                "SELECT content_hash, vector FROM embeddings WHERE model = ?1 "
                "AND (?2 IS NULL OR model_hash = ?2) ORDER BY content_hash",
                (model, model_hash),
            ).fetchall()
        hashes = [row[0] for row in rows]
        data = b"".join(row[1] for row in rows)
        return hashes, np.frombuffer(data, "<f4").reshape(len(rows), -1 if rows else 0)

    def save_predictions(self, predictions: Iterable[Prediction]) -> None:
        """Save predictions; one of the same content and model is replaced."""
        now = self._now()
        rows = [
            (p.content_hash, p.model, p.version, p.model_hash, to_json(p.scores), now) for p in predictions
        ]
        with self.pool.writing() as connection:
            connection.executemany(
                f"{_REPLACE} predictions (content_hash, model, version, model_hash, scores, "
                "computed_at) VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )

    def predictions(
        self, content_hash: str | Iterable[str] | None = None, *, model: str | None = None
    ) -> list[Prediction]:
        """Return predictions of one content, several or all, of one model or all."""
        wanted = [content_hash] if isinstance(content_hash, str) else content_hash
        chosen = None if wanted is None else to_json(list(wanted))
        with self.pool.reading() as connection:
            rows = connection.execute(
                "SELECT content_hash, model, version, model_hash, scores FROM predictions "
                "WHERE (?1 IS NULL OR content_hash IN (SELECT value FROM json_each(?1))) "
                "AND (?2 IS NULL OR model = ?2) ORDER BY content_hash, model",
                (chosen, model),
            ).fetchall()
        return [
            Prediction(hash_, name, version, model_hash, from_json(scores))
            for hash_, name, version, model_hash, scores in rows
        ]

    def delete_model(self, model: str) -> int:
        """Forget every embedding and prediction of a model; returns how many there were."""
        with self.pool.writing() as connection:
            return sum(
                connection.execute(f"DELETE FROM {table} WHERE model = ?", (model,)).rowcount
                for table in ("embeddings", "predictions")
            )

    def rate(self, content_hash: str, rating: float | None) -> None:
        """Keep the user's thumb for a content: 1 up, -1 down; ``None`` takes it back.

        Raises
        ------
        StoreError
            The rating is something else, such as a number of stars.
        """
        if rating not in (1, -1, None):
            raise StoreError(f"A rating is 1 (liked), -1 (disliked) or None, not {rating!r}.")
        self._change_rating(content_hash, "rating = ?", rating)

    def add_play(self, content_hash: str, *, plays: int = 1) -> None:
        """Count plays of a content."""
        self._change_rating(content_hash, "plays = plays + ?, last_played_at = ?", plays, self._now())

    def label(self, content_hash: str, labels: Mapping[str, str]) -> None:
        """Keep labels that the user gave by hand, such as the right genre, replacing earlier ones."""
        self._change_rating(content_hash, "labels = ?", to_json(labels))

    def ratings(self) -> dict[str, Rating]:
        """Return every rating by content hash."""
        with self.pool.reading() as connection:
            rows = connection.execute(
                "SELECT content_hash, rating, plays, last_played_at, labels FROM ratings"
            )
            return {
                hash_: Rating(hash_, rating, plays, last_played_at, from_json(labels))
                for hash_, rating, plays, last_played_at, labels in rows
            }

    def save_artifact(self, kind: str, key: str, value: Any, *, snapshot: str) -> None:
        """Keep something computed from a snapshot, replacing that of the same key."""
        from workbench.store.serialization import encode

        data = encode(value)
        with self.pool.writing() as connection:
            connection.execute(
                f"{_REPLACE} artifacts (kind, key, snapshot, value, created_at) VALUES (?, ?, ?, ?, ?)",
                (kind, key, snapshot, data, self._now()),
            )

    def artifact(self, kind: str, key: str) -> Artifact | None:
        """Return what was kept, whatever its snapshot, or ``None``; arrays are read-only."""
        from workbench.store.serialization import decode

        with self.pool.reading() as connection:
            row = connection.execute(
                "SELECT snapshot, value, created_at FROM artifacts WHERE kind = ? AND key = ?", (kind, key)
            ).fetchone()
        return Artifact(kind, key, row[0], decode(row[1]), row[2]) if row else None

    def _change_rating(self, content_hash: str, assignment: str, *values: Any) -> None:
        with self.pool.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO ratings (content_hash) VALUES (?)", (content_hash,))
            connection.execute(
                f"UPDATE ratings SET {assignment} WHERE content_hash = ?", (*values, content_hash)
            )
