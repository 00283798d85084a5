"""Live figures of every process, as one widget."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets

if TYPE_CHECKING:
    from workbench.session import Workbench

REFRESH_S = 1.0


def performance_app(wb: Workbench) -> ipywidgets.Widget:
    """Return a widget that shows the whole workbench's figures and keeps them up to date.

    Its thread ends with the kernel.
    """
    from workbench.performance.monitor import PerformanceMonitor
    from workbench.performance.system import SystemSampler

    monitor = PerformanceMonitor(wb.settings, wb.library, SystemSampler(wb.settings.data_dir))
    page = ipywidgets.HTML()

    def refresh() -> None:
        ticks = threading.Event()
        while True:
            monitor.refresh()
            page.value = page_html(monitor.metrics(), monitor.optimization_report())
            ticks.wait(REFRESH_S)

    threading.Thread(target=refresh, name="performance-app", daemon=True).start()
    return page


def page_html(metrics: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """Return the page for one moment, from what the endpoints answer."""
    scores = {name.replace("_", " "): _score(value) for name, value in report["optimization_scores"].items()}
    pool, caches = metrics["database_pool"], metrics["caches"]
    figures = {
        "cache hits": sum(cache["hits"] for cache in caches.values()),
        "cache memory, MiB": f"{sum(cache['size_mb'] for cache in caches.values()):.1f}",
        "queries": pool["total_queries"],
        "tracks processed": metrics["async_processor"]["total_processed"],
        "processor use, %": f"{metrics['system']['cpu']['usage_percent']:.0f}",
        "memory used, %": f"{metrics['system']['memory']['used_percent']:.0f}",
    }
    advice = "".join(f"<li>{escape(found['message'])}</li>" for found in report["recommendations"])
    return (
        f"<h3>Scores, 0 to 100</h3>{_table(scores)}<h3>All processes together</h3>{_table(figures)}"
        f"<h3>Processes</h3>{_processes(metrics['processes'])}"
        f"<h3>Recommendations</h3><ul>{advice or '<li>None: nothing needs to change.</li>'}</ul>"
    )


def _table(values: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in values.items()
    )
    return f"<table>{rows}</table>"


def _processes(processes: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td>{escape(process['role'])}</td><td>{process['pid']}</td><td>{_mib(process['rss_mb'])}</td>"
        f"<td>{_mib(process['pss_mb'])}</td></tr>"
        for process in processes
    )
    return f"<table><tr><th>role</th><th>pid</th><th>RSS, MiB</th><th>PSS, MiB</th></tr>{rows}</table>"


def _score(value: float | None) -> str:
    return "not known yet" if value is None else f"{value:.0f}"


def _mib(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"
