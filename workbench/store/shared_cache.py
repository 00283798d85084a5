"""Store features by content in a Redis that several servers share, so that a file is analyzed once for all of them.

Everything works without it: an error counts as a miss, and Redis is then not asked again for a while. Values are
encoded by ``serialization``, without pickle.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.errors import SettingsError, StoreError
from workbench.store.library.records import FeatureRecord

ANSWER_WITHIN_S = 0.5  # an analysis takes seconds; waiting longer would gain little
LEFT_ALONE_S = 10.0  # after an error, so that waiting for a dead Redis takes 5 % of the time at most
MOST_BYTES = 4 * 2**20  # of one value; a long mix with its curves takes a tenth of this
_COUNTERS = ("hits", "misses", "stored", "rejected", "errors")

_log = logging.getLogger(__name__)


class SharedCache:
    """Features in Redis, under content hash and version of the analysis.

    Parameters
    ----------
    url : str
        ``redis://``, ``rediss://`` or ``unix://``, as redis-py accepts it.
    version : int
        Version of the analysis; it is a part of every key.
    own : callable, optional
        Returns the versions of the own descriptors by name, which are a part of every key, too.
    ttl_seconds : float
        Age at which Redis deletes a value.

    Raises
    ------
    SettingsError
        redis-py is not installed or does not accept the URL.
    """

    def __init__(
        self, url: str, *, version: int, ttl_seconds: float, own: Callable[[], Mapping[str, int]] = dict
    ) -> None:
        try:
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ImportError as error:
            raise SettingsError(
                "REDIS_URL needs the package redis: python -m pip install 'playlist-workbench[redis]'",
                name="REDIS_URL",
            ) from error
        try:
            self._client = redis.Redis.from_url(
                url,
                socket_timeout=ANSWER_WITHIN_S,
                socket_connect_timeout=ANSWER_WITHIN_S,
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError as error:
            raise SettingsError(f"REDIS_URL is not allowed: {error}.", name="REDIS_URL") from error
        self._failures = (redis.RedisError, OSError)
        self._version, self._own = version, own
        self._ttl_ms = max(1, round(1000 * ttl_seconds))
        self._counts = dict.fromkeys(_COUNTERS, 0)
        self._lock = threading.Lock()
        self._silent_until = float("-inf")

    def get_many(self, hashes: Sequence[str]) -> dict[str, FeatureRecord]:
        """Return the features of those of these contents that Redis has, in one round trip."""
        if not hashes:
            return {}
        values = self._ask("mget", [self._key(content) for content in hashes]) or [None] * len(hashes)
        pairs = zip(hashes, values, strict=True)
        found = {content: record for content, data in pairs if (record := self._record(data)) is not None}
        self._count("hits", len(found))
        self._count("misses", len(hashes) - len(found))
        return found

    def put(self, content_hash: str, record: FeatureRecord) -> None:
        """Store features, unless they are of another version or larger than ``MOST_BYTES``."""
        from workbench.store.serialization import encode

        data = encode(
            [dict(record.scalars), record.vector, dict(record.series), record.seconds, record.landmarks]
        )
        if record.computed_by != (self._version, self._own()) or len(data) > MOST_BYTES:
            self._count("rejected")
        elif self._ask("set", self._key(content_hash), data, px=self._ttl_ms):
            self._count("stored")

    def stats(self) -> dict[str, Any]:
        """Return counters, which only grow, and ``available``: whether Redis answered the last request."""
        with self._lock:
            return {"name": "shared_cache", **self._counts, "available": self._silent_until == float("-inf")}

    def close(self) -> None:
        """Disconnect. A second call does nothing."""
        self._client.close()

    def _key(self, content_hash: str) -> str:
        own = "".join(f"+{name}={version}" for name, version in sorted(self._own().items()))
        return f"playlist-workbench:features:{self._version}{own}:{content_hash}"

    def _record(self, data: bytes | None) -> FeatureRecord | None:
        from workbench.store.serialization import decode

        if data is None:
            return None
        try:
            scalars, vector, series, seconds, landmarks = decode(data)
            if not (isinstance(scalars, Mapping) and isinstance(series, Mapping)):
                raise ValueError("not features")
            return FeatureRecord(
                self._version, scalars, vector, series, float(seconds), landmarks, dict(self._own())
            )
        except (StoreError, TypeError, ValueError) as error:
            self._count("errors")
            _log.warning("A value in Redis is damaged: %s", error)
            return None

    def _ask(self, command: str, *arguments: Any, **options: Any) -> Any:
        """Return what Redis answers, or ``None``."""
        if time.monotonic() < self._silent_until:
            return None
        try:
            answer = getattr(self._client, command)(*arguments, **options)
        except self._failures as error:
            self._count("errors")
            _log.warning("Redis is not asked for %g s after an error: %s", LEFT_ALONE_S, error)
            self._silent_until = time.monotonic() + LEFT_ALONE_S
            return None
        self._silent_until = float("-inf")
        return answer

    def _count(self, name: str, amount: int = 1) -> None:
        with self._lock:
            self._counts[name] += amount
