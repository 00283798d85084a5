"""The input and output of a job: small values that can be pickled."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

ENDED = ("done", "cancelled", "failed")  # states of a job


@dataclass(frozen=True)
class Task:
    """One file to work on. ``key`` is its content hash, ``path`` its absolute path in this process."""

    key: str
    path: str
    size_bytes: int


@dataclass(frozen=True)
class Cached:
    """A file whose result is known already; it is counted, and never sent to a worker."""

    path: str
    audio_seconds: float = 0.0


@dataclass(frozen=True)
class Failure:
    """A file that failed: a value, not an exception. ``kind`` is a slug of :mod:`workbench.errors`."""

    path: str
    error: str
    kind: str

    def to_dict(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class Progress:
    """The progress of a job.

    ``total`` counts the files found so far (it grows while ``scanning``), and ``done`` those that workers have
    finished. ``rate`` is files per second, ``audio_rate`` seconds of audio per second, ``eta_s`` the remaining seconds
    (``None`` if not known yet). ``current`` are the files in work. ``note`` says why the job does not advance, if that
    is so. ``unit`` names what is counted if that is not files.
    """

    total: int = 0
    done: int = 0
    cached: int = 0
    failed: int = 0
    audio_seconds: float = 0.0
    elapsed_s: float = 0.0
    rate: float = 0.0
    audio_rate: float = 0.0
    eta_s: float | None = None
    state: str = "queued"
    current: tuple[str, ...] = ()
    note: str | None = None
    scanning: bool = True
    unit: str = "file"

    @property
    def finished(self) -> int:
        """Files that need no more work: done, cached or failed."""
        return self.done + self.cached + self.failed

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"current": list(self.current)}
