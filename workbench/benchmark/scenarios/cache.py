"""Request the features of tracks, some often and most rarely; measure cache hits and the time of a request."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from workbench.benchmark.child import ScenarioInput

REQUESTS_A_TRACK = 20  # set by hand: enough that most answers can come from memory
MOST_REQUESTS = 4000  # set by hand: keeps the scenario short in a large library


def before(given: ScenarioInput) -> dict[str, float]:
    from workbench.benchmark.plain_program import connection
    from workbench.store.serialization import decode

    def read(content_hash: str) -> None:
        with connection(given.library) as opened:
            scalars, series = opened.execute(
                "SELECT scalars, series FROM feature_details WHERE content_hash = ?", (content_hash,)
            ).fetchone()
        json.loads(scalars)
        decode(series)

    return {"cache_hit_rate": 0.0, "cached_answer": _ask(given, read)}


def after(given: ScenarioInput) -> dict[str, float]:
    from workbench import Workbench

    with Workbench(given.library.parent) as wb:

        def read(content_hash: str) -> None:
            wb.caches.features.get_or_compute(content_hash, lambda: wb.library.features.get(content_hash))

        milliseconds = _ask(given, read)
        rate = wb.caches.features.stats()["hit_rate"]
    return {"cache_hit_rate": 100 * rate, "cached_answer": milliseconds}


def _ask(given: ScenarioInput, read: Callable[[str], None]) -> float:
    """Return the milliseconds for a request."""
    import numpy as np

    from workbench.benchmark.plain_program import connection

    with connection(given.library) as opened:
        hashes = [row[0] for row in opened.execute("SELECT content_hash FROM features ORDER BY content_hash")]
    weights = 1 / np.arange(1, len(hashes) + 1)
    requests = min(MOST_REQUESTS, REQUESTS_A_TRACK * len(hashes))
    wanted = np.random.default_rng(7).choice(len(hashes), requests, p=weights / weights.sum())
    start = time.perf_counter()
    for number in wanted:
        read(hashes[number])
    return (time.perf_counter() - start) / requests * 1e3
