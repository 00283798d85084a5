"""Check whether the cluster works."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from workbench.processing.cluster import admission


def health(
    client: Any,
    *,
    lost: bool,
    memory_limit_percent: float | None,
    expected_processes: Callable[[int], int],
    timeout_s: float,
) -> dict[str, Any]:
    """Send a message through the scheduler to every worker and wait for the answers.

    Parameters
    ----------
    client : distributed.Client or None
        ``None`` if there is no cluster yet.
    lost : bool
        Whether a cluster existed and has ended.
    memory_limit_percent : float or None
        ``None`` if the workers are on other machines, whose memory is unknown here.
    expected_processes : callable
        Returns the expected number of worker processes, given how many exist.
    timeout_s : float, seconds

    Returns
    -------
    dict
        ``status``: "healthy"; "degraded" if workers are missing or do not answer in time, or memory is short;
        "unhealthy" if no worker answers. ``response_time_ms`` of the fastest answer, ``None`` without one.
        ``reasons``: sentences about problems. ``workers``: numbers of processes expected, alive and silent (no answer
        in time), and of threads. ``started``: ``False`` if there is no cluster yet, which is healthy. ``memory_ok``.
        ``active_operations``: batches of all processes on the workers.
    """
    shortage = None if memory_limit_percent is None else admission.why_wait(memory_limit_percent)
    answer: dict[str, Any] = {
        "status": "healthy",
        "started": client is not None,
        "response_time_ms": None,
        "memory_ok": shortage is None,
        "active_operations": 0,
        "workers": dict.fromkeys(("expected", "alive", "silent", "threads"), 0),
        "reasons": [] if shortage is None else [shortage],
    }
    if lost:
        answer |= {
            "status": "unhealthy",
            "reasons": ["the cluster has ended; the next analysis starts a new one"],
        }
        return answer
    if client is not None:
        try:
            _ask(client, answer, expected_processes, timeout_s)
        except (OSError, TimeoutError) as error:
            answer["reasons"].insert(0, f"the scheduler does not answer ({type(error).__name__})")
            answer["status"] = "unhealthy"
            return answer
    if answer["reasons"] and answer["status"] == "healthy":
        answer["status"] = "degraded"
    return answer


def ping() -> float:
    """Return a short answer from a worker."""
    return time.time()


def _ask(
    client: Any, answer: dict[str, Any], expected_processes: Callable[[int], int], timeout_s: float
) -> None:
    threads, busy, times = client.sync(_round_trips, client, timeout_s, callback_timeout=2 * timeout_s)
    expected = expected_processes(len(threads))
    silent = len(threads) - len(times)
    answer["active_operations"] = busy
    answer["workers"] = {
        "expected": expected,
        "alive": len(times),
        "silent": silent,
        "threads": sum(threads.values()),
    }
    if times:
        answer["response_time_ms"] = round(1000 * min(times), 3)
    else:
        answer["status"] = "unhealthy"
    if len(threads) < expected:
        answer["reasons"].append(f"{expected - len(threads)} of {expected} worker processes are missing")
    if silent:
        answer["reasons"].append(
            f"{silent} of {expected} worker processes have not answered for {timeout_s:g} s"
        )


async def _round_trips(client: Any, timeout_s: float) -> tuple[dict[str, int], int, list[float]]:
    threads = await client.scheduler.ncores()
    processing = await client.scheduler.processing()
    answers = await asyncio.gather(*(_round_trip(client, worker, timeout_s) for worker in threads))
    busy = sum(len(keys) for keys in processing.values())
    return threads, busy, [seconds for seconds in answers if seconds is not None]


async def _round_trip(client: Any, worker: str, timeout_s: float) -> float | None:
    start = time.perf_counter()
    try:
        answers = await asyncio.wait_for(client.run(ping, workers=[worker], on_error="return"), timeout_s)
    except (TimeoutError, OSError):
        return None
    return time.perf_counter() - start if isinstance(answers.get(worker), float) else None
