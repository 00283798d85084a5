"""``/api/v1/performance/*`` and ``/metrics``: all answers come from memory, so no handler waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from workbench.apps.rest import schemas
from workbench.apps.rest.api_handler import ApiHandler
from workbench.apps.rest.operations import Operation

if TYPE_CHECKING:
    from workbench.performance.monitor import PerformanceMonitor


def _figures(summary: str, answer: Any) -> dict[str, Operation]:
    return {"get": Operation(summary, answers={200: answer}, open="performance")}


class PerformanceHandler(ApiHandler):
    @property
    def monitor(self) -> PerformanceMonitor:
        return self.service.workbench.performance.monitor


class MetricsHandler(PerformanceHandler):
    operations: ClassVar = _figures("Machine, caches, pool, workers and every live process", schemas.METRICS)

    async def get(self) -> None:
        self.answer(self.monitor.metrics())


class CacheStatsHandler(PerformanceHandler):
    operations: ClassVar = _figures("Caches of all processes together", schemas.CACHE_STATS)

    async def get(self) -> None:
        self.answer(self.monitor.cache_stats())


class CacheClearHandler(PerformanceHandler):
    operations: ClassVar = {
        "post": Operation(
            "Empty the caches of every process; each does so within a second or two",
            body={},
            answers={200: schemas.has(status=schemas.STRING, processes=schemas.COUNT)},
        )
    }

    async def post(self) -> None:
        self.json_body()
        await self.service.write(self.service.workbench.performance.clear_caches)
        self.answer({"status": "cleared", "processes": self.monitor.cache_stats()["processes"]})


class DatabasePoolHandler(PerformanceHandler):
    operations: ClassVar = _figures("Database pools of all processes together", schemas.POOL)

    async def get(self) -> None:
        self.answer(self.monitor.database_pool())


class ProcessorHealthHandler(PerformanceHandler):
    operations: ClassVar = _figures("Whether the workers answer, and how fast", schemas.HEALTH_OF_WORKERS)

    async def get(self) -> None:
        self.answer(self.monitor.processor_health())


class ResourceUsageHandler(PerformanceHandler):
    operations: ClassVar = _figures("The machine over the last five minutes", schemas.USAGE)

    async def get(self) -> None:
        self.answer(self.monitor.resource_usage())


class OptimizationReportHandler(PerformanceHandler):
    operations: ClassVar = _figures("Scores, measured gains and what to change", schemas.REPORT)

    async def get(self) -> None:
        self.answer(self.monitor.optimization_report())


class PrometheusHandler(PerformanceHandler):
    operations: ClassVar = _figures("The figures for Prometheus", "text/plain")

    async def get(self) -> None:
        from workbench.performance.prometheus import CONTENT_TYPE

        self.set_header("Content-Type", CONTENT_TYPE)
        lag = self.service.lag
        self.finish(
            self.monitor.prometheus(
                loop_lag_seconds={"minute": lag.longest_recent_s, "serving": lag.longest_s}
            )
        )
