"""Which models have left results in the library, and which contents they have not seen yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from workbench.store.library.part import Part


class StoredModel(NamedTuple):
    """A model with embeddings in the library, and of how many contents."""

    model: str
    version: str
    model_hash: str
    contents: int


class UnseenFile(NamedTuple):
    """An analyzed content that a model has not seen, with one of its present files."""

    content_hash: str
    path: str
    size_bytes: int


def stored_embeddings(library: Part) -> list[StoredModel]:
    """Return the models with embeddings in a library, those with most of them first."""
    with library.pool.reading() as connection:
        rows = connection.execute(
            "SELECT model, version, model_hash, count(*) FROM embeddings "
            "GROUP BY model, version, model_hash ORDER BY count(*) DESC, model"
        ).fetchall()
    return [StoredModel(*row) for row in rows]


def unseen_files(library: Part, models: Iterable[tuple[str, str]]) -> list[UnseenFile]:
    """Return analyzed contents that lack a result of one of these models, one file each, by track id.

    Parameters
    ----------
    models : iterable of (name, hash)
        A result of another hash counts as none.
    """
    wanted = list(models)
    with library.pool.reading() as connection:
        files = connection.execute(
            "SELECT content_hash, path, size_bytes FROM tracks WHERE status = 'analyzed' "
            "GROUP BY content_hash HAVING id = min(id) ORDER BY id"
        ).fetchall()
        unseen: set[str] = set()
        for name, model_hash in wanted:
            seen = {
                row[0]
                for row in connection.execute(
                    "SELECT content_hash FROM embeddings WHERE model = ?1 AND model_hash = ?2 "
                    "UNION ALL SELECT content_hash FROM predictions WHERE model = ?1 AND model_hash = ?2",
                    (name, model_hash),
                )
            }
            unseen.update(row[0] for row in files if row[0] not in seen)
    return [UnseenFile(*row) for row in files if row[0] in unseen]


def copy_results(library: Part, old_hash: str, new_hash: str) -> None:
    """Give a content that sounds like another what models and the user said of that one."""
    columns = {
        "embeddings": "model, version, model_hash, vector, computed_at",
        "predictions": "model, version, model_hash, scores, computed_at",
        "ratings": "rating, plays, last_played_at, labels",
    }
    with library.pool.writing() as connection:
        for table, names in columns.items():
            connection.execute(
                f"INSERT OR REPLACE INTO {table} (content_hash, {names}) "
                f"SELECT ?, {names} FROM {table} WHERE content_hash = ?",
                (new_hash, old_hash),
            )
