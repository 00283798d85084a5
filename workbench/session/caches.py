"""The caches of one session: tracks and features in memory, and a level that several servers share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.settings import Settings
from workbench.store.memory_cache import MemoryCache

if TYPE_CHECKING:
    from workbench.store.shared_cache import SharedCache


class Caches:
    """CACHE_SIZE_MB shared by the two caches in memory, and Redis behind them where REDIS_URL is set.

    Raises
    ------
    SettingsError
        REDIS_URL cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        half_bytes = int(settings.cache_size_mb * 2**20) // 2
        self.analysis = MemoryCache(half_bytes, settings.cache_ttl_seconds, name="analysis_cache")
        self.features = MemoryCache(half_bytes, settings.cache_ttl_seconds, name="feature_cache")
        self.shared = _open_shared(settings)

    def stats(self) -> dict[str, dict[str, Any]]:
        """Return the figures of every cache, by name."""
        caches = (self.analysis, self.features, self.shared)
        return {stats["name"]: stats for stats in (cache.stats() for cache in caches if cache is not None)}

    def clear(self) -> None:
        """Empty the caches in memory; the shared one is not ours alone."""
        self.analysis.clear()
        self.features.clear()

    def close(self) -> None:
        self.analysis.close()
        self.features.close()
        if self.shared is not None:
            self.shared.close()


def _open_shared(settings: Settings) -> SharedCache | None:
    if settings.redis_url is None:
        return None
    from workbench.analysis.features import VERSION
    from workbench.store.shared_cache import SharedCache

    return SharedCache(settings.redis_url, version=VERSION, ttl_seconds=settings.cache_ttl_seconds)
