"""The measurements of the benchmark, with the seed's claims as targets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """A measurement, which is one line of the table.

    ``at_most`` is the largest ratio of after to before that meets the target, if less is better. ``at_least`` is the
    smallest such ratio, if more is better. ``after_at_least`` is a bound on the value after. A measurement without any
    of them has no target.
    """

    name: str
    title: str
    unit: str
    scenario: str
    before: str
    after: str
    at_most: float | None = None
    at_least: float | None = None
    after_at_least: float | None = None

    @property
    def less_is_better(self) -> bool:
        return self.unit in ("s", "ms", "MB")

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"−{100 * (1 - self.at_most):.0f} %"
        if self.at_least is not None:
            return f"≥ {self.at_least:g}×"
        return "—" if self.after_at_least is None else f"≥ {self.after_at_least:g} {self.unit}".rstrip()

    def met(self, before: float, after: float) -> bool | None:
        """Whether the target is met; ``None`` without a target."""
        if self.at_most is not None:
            return after <= self.at_most * before
        if self.at_least is not None:
            return after >= self.at_least * before
        return None if self.after_at_least is None else after >= self.after_at_least


MEASUREMENTS = (
    Measurement(
        "startup_time", "Start, until the library is open", "s", "analyze",
        "imports everything at the top", "imports what is used", at_most=0.15,
    ),
    Measurement(
        "memory_usage", "Memory with the library open", "MB", "analyze",
        "imports everything at the top", "imports what is used", at_most=0.5,
    ),
    Measurement(
        "analysis_time", "Analyzing the tracks, from the command on", "s", "analyze",
        "Essentia's algorithms on whole files, one file after another", "one streaming pass on every worker",
    ),
    Measurement(
        "analysis_cpu", "CPU time of that", "s", "analyze",
        "all processes", "all processes, workers' start included",
    ),
    Measurement(
        "peak_memory", "Most memory while analyzing", "MB", "analyze",
        "all processes", "all processes: session, scheduler, workers", at_most=0.5,
    ),
    Measurement(
        "file_length", "Longest file in 128 MB of working memory", "min", "long_file",
        "whole file in memory", "blocks", at_least=10,
    ),
    Measurement(
        "api_response_time", "First answer to “analyze this track”", "s", "serve",
        "analyses in the request", "answers with a job", at_most=0.1,
    ),
    Measurement(
        "api_repeated_time", "Repeated answer", "s", "serve",
        "analyses again", "cached", at_most=0.01,
    ),
    Measurement(
        "api_result_time", "Until that track's features are there", "s", "serve",
        "analyses in the request", "waits for the job",
    ),
    Measurement(
        "concurrent_requests", "Of 32 requests at once, answered within a second while analyzing", "", "serve",
        "a thread for each, Essentia in the same process", "an event loop, analysis in workers", after_at_least=8,
    ),
    Measurement(
        "cache_hit_rate", "Cache hits, requests Zipf-distributed (s = 1), 20 for each track", "%", "cache",
        "no cache", "memory cache", after_at_least=80,
    ),
    Measurement(
        "cached_answer", "Features of one of those requests", "ms", "cache",
        "read from the database", "memory cache",
    ),
    Measurement(
        "database_operations", "Database point reads", "per s", "database",
        "a connection each", "pooled", at_least=8,
    ),
    Measurement(
        "database_writes", "Database small writes", "per s", "database",
        "a connection each", "pooled", at_least=10,
    ),
    Measurement(
        "database_batch_rows", "Rows written in batches of 1,000", "per s", "database",
        "a connection a batch", "pooled",
    ),
    Measurement(
        "database_contention", "Reads by 8 threads while 2 write", "per s", "database",
        "a connection each", "pooled",
    ),
)  # fmt: skip
SCENARIOS = tuple(dict.fromkeys(measurement.scenario for measurement in MEASUREMENTS))
"""The scenarios in order; the analysis is first, because it makes the library that others open."""
