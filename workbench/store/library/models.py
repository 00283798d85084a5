"""Store embeddings and predictions by content and model, each with the version and hash of the model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from workbench.store.library.damage import set_rows_aside
from workbench.store.library.records import Embedding, Prediction, StoredModel, UnseenFile
from workbench.store.library.repository import Repository, from_json, to_json
from workbench.store.sqlite.checksums import INTACT, SEAL
from workbench.store.sqlite.stored_text import from_stored

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from workbench.store.database_pool import DatabasePool

_ROWS_AT_A_TIME = 10_000
_KEYS = ("content_hash", "model", "version", "model_hash")
_RESULT_COLUMNS = {"embeddings": "vector", "predictions": "scores"}


class _Result(NamedTuple):
    rowid: int
    content_hash: str
    model: str
    version: str
    model_hash: str
    result: bytes


class ModelRepository(Repository):
    """Keeps one embedding and one prediction for each content and model."""

    def __init__(self, pool: DatabasePool, now: Callable[[], float] = time.time) -> None:
        super().__init__(pool, now)
        self._read: dict[str, tuple[list[str], npt.NDArray[np.float32], int]] = {}

    def save_embeddings(self, embeddings: Iterable[Embedding]) -> None:
        """Save embeddings; one of the same content and model is replaced."""
        import numpy as np

        self._save(
            "embeddings",
            (
                (
                    e.content_hash,
                    e.model,
                    e.version,
                    e.model_hash,
                    np.ascontiguousarray(e.vector, "<f4").tobytes(),
                )
                for e in embeddings
            ),
        )

    def save_predictions(self, predictions: Iterable[Prediction]) -> None:
        """Save predictions; one of the same content and model is replaced."""
        self._save(
            "predictions",
            ((p.content_hash, p.model, p.version, p.model_hash, to_json(p.scores)) for p in predictions),
        )

    def embeddings(
        self, model: str, *, model_hash: str | None = None
    ) -> tuple[list[str], npt.NDArray[np.float32]]:
        """Return content hashes and a matrix of shape (n, d) of all embeddings of a model (of this hash)."""
        import numpy as np

        where = "model = ?1 AND (?2 IS NULL OR model_hash = ?2) ORDER BY content_hash"
        rows = list(self._intact("embeddings", where, (model, model_hash)))
        hashes = [row.content_hash for row in rows]
        data = b"".join(row.result for row in rows)
        return hashes, np.frombuffer(data, "<f4").reshape(len(rows), -1 if rows else 0)

    def score_matrix(self, model: str, labels: Sequence[str]) -> tuple[list[str], npt.NDArray[np.float32]]:
        """Return content hashes and the scores that a model gave for these labels, shape (n, labels).

        A track without scores (a silent one) has NaN. The scores are kept in memory, so that they are not all read
        again when an analysis adds tracks to a large library.
        """
        import numpy as np

        hashes, matrix, last = self._read.get(model, ([], np.empty((0, len(labels)), np.float32), 0))
        with self.pool.reading() as connection:
            kept = "SELECT count(*) FROM predictions WHERE model = ? AND rowid <= ? AND checksum IS NOT NULL"
            if connection.execute(kept, (model, last)).fetchone()[0] != len(hashes):
                hashes, matrix, last = [], matrix[:0], 0  # some were deleted or replaced
        values_of, lacking = itemgetter(*labels), dict.fromkeys(labels)
        parts, hashes = [matrix], list(hashes)
        found = self._intact("predictions", "model = ? AND rowid > ? ORDER BY rowid", (model, last))
        while rows := list(islice(found, _ROWS_AT_A_TIME)):  # as objects, all take almost 1 GB
            hashes += [row.content_hash for row in rows]
            scores = (from_json(row.result) for row in rows)
            parts.append(np.array([values_of(of_one or lacking) for of_one in scores], np.float32))
            last = rows[-1].rowid
        self._read[model] = hashes, np.concatenate(parts), last
        return self._read[model][:2]

    def predictions(
        self,
        content_hash: str | Iterable[str] | None = None,
        *,
        model: str | None = None,
        without: Iterable[str] = (),
    ) -> list[Prediction]:
        """Return the predictions of one, several or all contents, by one model or by all except ``without``."""
        wanted = [content_hash] if isinstance(content_hash, str) else content_hash
        chosen = None if wanted is None else to_json(list(wanted))
        rows = self._intact(
            "predictions",
            "(?1 IS NULL OR content_hash IN (SELECT value FROM json_each(?1))) "
            "AND (?2 IS NULL OR model = ?2) AND model NOT IN (SELECT value FROM json_each(?3)) "
            "ORDER BY content_hash, model",
            (chosen, model, to_json(list(without))),
        )
        return [Prediction(*row[1:-1], from_json(row.result)) for row in rows]

    def _intact(self, table: str, where: str, values: Sequence[str | int | None]) -> Iterator[_Result]:
        """Yield the intact rows, and mark damaged ones as absent."""
        columns = ", ".join(f"CAST({name} AS BLOB)" for name in (*_KEYS, _RESULT_COLUMNS[table]))
        sql = f"SELECT rowid, {INTACT[table]}, {columns} FROM {table} WHERE checksum IS NOT NULL AND {where}"
        damaged = []
        with self.pool.reading() as connection:
            for rowid, is_intact, content_hash, *keys, result in connection.execute(sql, values):
                if is_intact:
                    model, version, model_hash = (key.decode() for key in keys)
                    yield _Result(rowid, content_hash.decode(), model, version, model_hash, result)
                else:
                    damaged.append(rowid)
        if damaged:
            set_rows_aside(self.pool, table, damaged)

    def with_embeddings(self) -> list[StoredModel]:
        """Return the models that have embeddings, those with most of them first."""
        with self.pool.reading() as connection:
            rows = connection.execute(
                "SELECT model, version, model_hash, count(*) FROM embeddings WHERE checksum IS NOT NULL "
                "GROUP BY model, version, model_hash ORDER BY count(*) DESC, model"
            ).fetchall()
        return [StoredModel(*row) for row in rows]

    def unseen(self, models: Iterable[tuple[str, str]]) -> list[UnseenFile]:
        """Return analyzed contents that lack a result of one of these models, one file each, by track id.

        Parameters
        ----------
        models : iterable of (name, hash)
            A result of another hash does not count.
        """
        with self.pool.reading() as connection:
            files = connection.execute(
                "SELECT content_hash, path, size_bytes FROM tracks WHERE status = 'analyzed' "
                "GROUP BY content_hash HAVING id = min(id) ORDER BY id"
            ).fetchall()
            unseen: set[str] = set()
            for name, model_hash in models:
                seen = {
                    row[0]
                    for row in connection.execute(
                        " UNION ALL ".join(
                            f"SELECT content_hash FROM {table} "
                            "WHERE model = ?1 AND model_hash = ?2 AND checksum IS NOT NULL"
                            for table in _RESULT_COLUMNS
                        ),
                        (name, model_hash),
                    )
                }
                unseen.update(row[0] for row in files if row[0] not in seen)
        return [UnseenFile(hash_, from_stored(path), size) for hash_, path, size in files if hash_ in unseen]

    def copy(self, old_hash: str, new_hash: str) -> None:
        """Give one content the results of another that sounds the same."""
        with self.pool.writing() as connection:
            for table, result in _RESULT_COLUMNS.items():
                names = f"model, version, model_hash, {result}, computed_at"
                connection.execute(
                    f"INSERT OR REPLACE INTO {table} (content_hash, {names}) "
                    f"SELECT ?, {names} FROM {table} WHERE content_hash = ? AND {INTACT[table]}",
                    (new_hash, old_hash),
                )
                connection.execute(f"{SEAL[table]} WHERE content_hash = ?", (new_hash,))

    def delete(self, model: str) -> int:
        """Delete every embedding and prediction of a model; return how many there were."""
        with self.pool.writing() as connection:
            return sum(
                connection.execute(f"DELETE FROM {table} WHERE model = ?", (model,)).rowcount
                for table in _RESULT_COLUMNS
            )

    def _save(self, table: str, rows: Iterable[tuple[str, str, str, str, bytes | str]]) -> None:
        now = self._now()
        values = [(*row, now) for row in rows]
        with self.pool.writing() as connection:
            connection.executemany(
                f"INSERT OR REPLACE INTO {table} (content_hash, model, version, model_hash, "
                f"{_RESULT_COLUMNS[table]}, computed_at, checksum) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, row_checksum(?1, ?2, ?3, ?4, ?5))",
                values,
            )
