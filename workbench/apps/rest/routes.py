"""The list of all REST addresses and handlers, which the Voila server and the Jupyter extension share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from jupyter_server.utils import url_path_join

from workbench.apps.rest import (
    audio_handler,
    cover_handler,
    database_handlers,
    history_handlers,
    job_handlers,
    performance_handlers,
    playlist_handlers,
    sonic_handlers,
    track_handlers,
)
from workbench.apps.rest.api_handler import ApiHandler, UnknownPathHandler
from workbench.apps.rest.openapi import document
from workbench.apps.rest.operations import ANY_OBJECT, Operation

PREFIX = "/api/v1"


class OpenApiHandler(ApiHandler):
    operations: ClassVar = {"get": Operation("This document", answers={200: ANY_OBJECT})}

    async def get(self) -> None:
        self.answer(document(ROUTES, self.base_url))


ROUTES: tuple[tuple[str, type[ApiHandler]], ...] = (
    ("/api/v1/health", database_handlers.HealthHandler),
    ("/api/v1/openapi.json", OpenApiHandler),
    ("/api/v1/performance/metrics", performance_handlers.MetricsHandler),
    ("/api/v1/performance/cache/stats", performance_handlers.CacheStatsHandler),
    ("/api/v1/performance/cache/clear", performance_handlers.CacheClearHandler),
    ("/api/v1/performance/database/pool", performance_handlers.DatabasePoolHandler),
    ("/api/v1/performance/async-processor/health", performance_handlers.ProcessorHealthHandler),
    ("/api/v1/performance/resource-usage", performance_handlers.ResourceUsageHandler),
    ("/api/v1/performance/optimization-report", performance_handlers.OptimizationReportHandler),
    ("/api/v1/tracks", track_handlers.TracksHandler),
    ("/api/v1/tracks/analyze", job_handlers.AnalyzeHandler),
    ("/api/v1/tracks/import", job_handlers.ImportHandler),
    ("/api/v1/tracks/{track_id}", track_handlers.TrackHandler),
    ("/api/v1/tracks/{track_id}/similar", track_handlers.SimilarHandler),
    ("/api/v1/tracks/{track_id}/audio", audio_handler.AudioHandler),
    ("/api/v1/tracks/{track_id}/rating", track_handlers.RatingHandler),
    ("/api/v1/tracks/{track_id}/excluded", track_handlers.ExcludedHandler),
    ("/api/v1/tracks/{track_id}/plays", track_handlers.PlaysHandler),
    ("/api/v1/tracks/{track_id}/cover", cover_handler.CoverHandler),
    ("/api/v1/problems", track_handlers.ProblemsHandler),
    ("/api/v1/stats/problems", track_handlers.ProblemStatsHandler),
    ("/api/v1/stats/analysis", track_handlers.AnalysisStatsHandler),
    ("/api/v1/jobs", job_handlers.JobsHandler),
    ("/api/v1/jobs/{job_id}", job_handlers.JobHandler),
    ("/api/v1/jobs/{job_id}/events", job_handlers.JobEventsHandler),
    ("/api/v1/jobs/{job_id}/pause", job_handlers.PauseHandler),
    ("/api/v1/jobs/{job_id}/resume", job_handlers.ResumeHandler),
    ("/api/v1/playlists", playlist_handlers.PlaylistsHandler),
    ("/api/v1/playlists/generate", playlist_handlers.GenerateHandler),
    ("/api/v1/playlists/methods", playlist_handlers.MethodsHandler),
    ("/api/v1/playlists/compare", playlist_handlers.CompareHandler),
    ("/api/v1/playlists/{playlist_id}", playlist_handlers.PlaylistHandler),
    ("/api/v1/playlists/{playlist_id}/again", playlist_handlers.AgainHandler),
    ("/api/v1/playlists/{playlist_id}/refresh", playlist_handlers.RefreshHandler),
    ("/api/v1/history", history_handlers.HistoryHandler),
    ("/api/v1/database/info", database_handlers.DatabaseInfoHandler),
    ("/api/v1/database/manage", database_handlers.DatabaseManageHandler),
    ("/metrics", performance_handlers.PrometheusHandler),
)


def handlers(base_url: str) -> Iterator[tuple[str, type[ApiHandler]]]:
    """Yield (pattern, handler) pairs for Tornado, below a base URL."""
    for template, handler in ROUTES:
        pattern = re.sub(r"\{\w+\}", "([^/]+)", template.replace(".", r"\."))
        yield url_path_join(re.escape(base_url), pattern), handler
    for pattern, handler in sonic_handlers.ROUTES:
        yield url_path_join(re.escape(base_url), pattern), handler
    yield url_path_join(re.escape(base_url), PREFIX + "(?:/.*)?"), UnknownPathHandler
