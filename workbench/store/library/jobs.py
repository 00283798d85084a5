"""Store jobs for all processes: the request, the owner and the result.

A job has one owner, the process that does it. Only the owner writes the progress of the job, and each write is a sign
of life. Other processes take a job over with :meth:`JobRepository.claim`, which succeeds for only one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.store.library.records import JobRecord
from workbench.store.library.repository import Repository, from_json, to_json

# Any process may write a request to cancel, and the progress that the owner writes must not overwrite it.
_SAVE = """
    INSERT INTO jobs (id, kind, status, payload, created_at, updated_at, owner) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, updated_at = excluded.updated_at,
        status = CASE WHEN jobs.status = 'cancelling' AND excluded.status IN ('queued', 'running')
            THEN jobs.status ELSE excluded.status END
    WHERE owner IS excluded.owner"""
_IS_UNFINISHED = "status IN ('queued', 'running', 'cancelling')"


class JobRepository(Repository):
    """Keeps jobs, each with its owner."""

    def save(
        self, job_id: str, *, kind: str, status: str, payload: Mapping[str, Any], owner: str | None = None
    ) -> bool:
        """Insert or update a job; return ``False``, and change nothing, if it has another owner."""
        now = self._now()
        with self.pool.writing() as connection:
            values = (job_id, kind, status, to_json(payload), now, now, owner)
            return bool(connection.execute(_SAVE, values).rowcount)

    def claim(self, job_id: str, *, owner: str, instead_of: str | None) -> bool:
        """Make ``owner`` the owner of an unfinished job; return ``False`` if someone else was faster."""
        with self.pool.writing() as connection:
            return bool(
                connection.execute(
                    f"UPDATE jobs SET owner = ?, updated_at = ? WHERE id = ? AND owner IS ? AND {_IS_UNFINISHED}",
                    (owner, self._now(), job_id, instead_of),
                ).rowcount
            )

    def release(self, job_id: str, *, owner: str) -> None:
        """Leave an unfinished job to the next process that claims it."""
        with self.pool.writing() as connection:
            connection.execute(
                "UPDATE jobs SET owner = NULL, status = iif(status = 'cancelling', status, 'queued') "
                f"WHERE id = ? AND owner = ? AND {_IS_UNFINISHED}",
                (job_id, owner),
            )

    def ask_to_cancel(self, job_id: str) -> None:
        """Ask the owner of a job to cancel it."""
        with self.pool.writing() as connection:
            connection.execute(
                f"UPDATE jobs SET status = 'cancelling' WHERE id = ? AND {_IS_UNFINISHED}", (job_id,)
            )

    def ask(self, job_id: str, wish: str) -> None:
        """Ask the owner of a job to ``pause`` or ``resume`` it."""
        with self.pool.writing() as connection:
            connection.execute(f"UPDATE jobs SET wish = ? WHERE id = ? AND {_IS_UNFINISHED}", (wish, job_id))

    def grant(self, record: JobRecord) -> None:
        """Note that the wish of a record was fulfilled, unless there is a newer wish."""
        with self.pool.writing() as connection:
            connection.execute(
                "UPDATE jobs SET wish = NULL WHERE id = ? AND wish = ?", (record.id, record.wish)
            )

    def get(self, job_id: str) -> JobRecord | None:
        """Return one job, or ``None``."""
        found = self._find("WHERE id = ?", (job_id,))
        return found[0] if found else None

    def unfinished(self) -> list[JobRecord]:
        """Return the jobs that have not ended, oldest first."""
        return self._find(f"WHERE {_IS_UNFINISHED} ORDER BY created_at, rowid", ())

    def latest(self, *, limit: int = 100) -> list[JobRecord]:
        """Return jobs, newest first."""
        return self._find("ORDER BY created_at DESC, rowid DESC LIMIT ?", (limit,))

    def _find(self, where: str, values: tuple[Any, ...]) -> list[JobRecord]:
        with self.pool.reading() as connection:
            rows = connection.execute(
                f"SELECT id, kind, status, payload, created_at, updated_at, owner, wish FROM jobs {where}",
                values,
            ).fetchall()
        return [
            JobRecord(id_, kind, status, from_json(payload), created_at, updated_at, owner, wish)
            for id_, kind, status, payload, created_at, updated_at, owner, wish in rows
        ]
