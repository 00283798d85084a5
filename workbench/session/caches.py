"""The caches of one session: tracks and features in memory, and the shared cache behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.settings import Settings
from workbench.store.memory_cache import MemoryCache

if TYPE_CHECKING:
    from workbench.store.shared_cache import SharedCache


class Caches:
    """Half of CACHE_SIZE_MB for features, half for tracks, and Redis behind them if REDIS_URL is set.

    Attributes
    ----------
    features : MemoryCache
        Features by content hash. Its statistics are published as ``analysis_cache``, the name that clients know.
    tracks : MemoryCache
        Tracks by query and version of the library; published as ``feature_cache``. See :meth:`tracks_at`.
    shared : SharedCache or None
        Features by content hash, for several servers.

    Parameters
    ----------
    own : callable
        Returns the versions of the own descriptors; Redis has features for each set of versions.

    Raises
    ------
    SettingsError
        REDIS_URL cannot be used.
    """

    def __init__(self, settings: Settings, own: Callable[[], Mapping[str, int]] = dict) -> None:
        half_bytes = int(settings.cache_size_mb * 2**20) // 2
        self.features = MemoryCache(half_bytes, settings.cache_ttl_seconds, name="analysis_cache")
        self.tracks = MemoryCache(half_bytes, settings.cache_ttl_seconds, name="feature_cache")
        self.shared = _open_shared(settings, own)
        self._version: str | None = None

    def tracks_at(self, version: str) -> MemoryCache:
        """Return the cache of tracks without those of another version of the library: nobody asks for them again."""
        if version != self._version:
            self._version = version
            self.tracks.clear()
        return self.tracks

    def stats(self) -> dict[str, dict[str, Any]]:
        """Return the statistics of every cache, by published name."""
        caches = (self.features, self.tracks, self.shared)
        return {stats["name"]: stats for stats in (cache.stats() for cache in caches if cache is not None)}

    def clear(self) -> None:
        """Empty the caches in memory; the shared cache belongs to other servers too."""
        self.features.clear()
        self.tracks.clear()

    def close(self) -> None:
        self.features.close()
        self.tracks.close()
        if self.shared is not None:
            self.shared.close()


def _open_shared(settings: Settings, own: Callable[[], Mapping[str, int]]) -> SharedCache | None:
    if settings.redis_url is None:
        return None
    from workbench.analysis.features import version_of
    from workbench.store.shared_cache import SharedCache

    version = version_of(settings.descriptors)
    return SharedCache(settings.redis_url, version=version, own=own, ttl_seconds=settings.cache_ttl_seconds)
