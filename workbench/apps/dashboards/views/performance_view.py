"""Live measurements: machine, caches, database, workers, processes, scores and recommendations."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

import ipywidgets as widgets

from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.job_view import ShownJob
from workbench.apps.dashboards.views.job_view import describe as describe_job
from workbench.apps.dashboards.views.messages import Messages
from workbench.apps.dashboards.views.page import (
    button,
    columns,
    empty_html,
    heading,
    note,
    note_html,
    panel,
    row,
    scores_html,
    table_html,
)
from workbench.apps.dashboards.widgets.chart import Chart
from workbench.apps.dashboards.widgets.pulse import Pulse
from workbench.performance.live_series import LiveSeries, live_values, rates
from workbench.readable import counted, measured, number, span

Figures = Mapping[str, Any]
History = Sequence[tuple[float, Mapping[str, Any]]]
PULSE_S = 2.0  # set by hand; processes publish once a second
LOW_SCORE = 60  # the seed's troubleshooting section, about hit rates
HISTORY_EVERY_S = 60.0  # the history has one point a minute


class PerformanceView(widgets.VBox):  # type: ignore[misc]
    """Measurements of every process, updated while the page is visible.

    Parameters
    ----------
    measure : callable
        Returns the same as ``Workbench.performance()``; called on a thread.
    history : callable
        Returns ``(time, counters)`` of the last hours, oldest first; called on a thread, once a minute.
    clear : callable
        Asks every process to empty its caches.
    bench : callable
        Asks for the benchmark and returns its job; called on a thread.
    running_bench : callable
        Returns the job of a benchmark that runs already, or ``None``; called on a thread.
    """

    def __init__(
        self,
        measure: Callable[[], Figures],
        history: Callable[[], History],
        clear: Callable[[], object],
        bench: Callable[[], ShownJob],
        running_bench: Callable[[], ShownJob | None] = lambda: None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._measure, self._history, self._clear, self._clock = measure, history, clear, clock
        self._bench, self._running_bench = bench, running_bench
        self._job: ShownJob | None = None
        self._live, self._history_at, self._asked = LiveSeries(), float("-inf"), False
        self._looked, self._trouble = False, ""
        self._scores, self._advice, self._facts, self._impact = (widgets.HTML() for _ in range(4))
        self._state, self._bench_line, self.messages = note("Measuring …"), widgets.HTML(), Messages()
        self._bench_bar = widgets.FloatProgress(
            min=0, max=1, layout=widgets.Layout(width="100%", height="8px")
        )
        self._bench_bar.layout.display = "none"
        self._charts = _charts()
        self._past = _past_charts()
        self._bench_button = button(
            "Run benchmark", self._run_bench, tooltip="Measures before and after: a minute"
        )
        self._pulse = Pulse(self.look, PULSE_S, ask_server=True)
        super().__init__(
            [
                row(self._state, button("Clear caches", self._clear_caches), self._bench_button),
                self._bench_line,
                self._bench_bar,
                self.messages,
                self._scores,
                self._advice,
                panel(heading("Now"), columns(*self._charts.values())),
                panel(heading("Processes"), self._facts),
                panel(heading("The last hours"), columns(*self._past.values())),
                panel(heading("What it gains on this machine"), self._impact),
                self._pulse,
            ]
        )

    def look(self) -> None:
        """Measure on a thread, and show the result."""
        self._look_at_bench()
        if not self._asked:
            self._asked = True
            in_background(self._measured, self._show_all, self._failed)

    def _measured(self) -> tuple[Figures, History | None]:
        figures = self._measure()
        if time.monotonic() - self._history_at < HISTORY_EVERY_S:
            return figures, None
        self._history_at = time.monotonic()
        return figures, self._history()

    def _show_all(self, measured: tuple[Figures, History | None]) -> None:
        self._asked = False
        self.messages.dismiss(self._trouble)
        self.show(measured[0])
        if measured[1] is not None:
            self.show_history(measured[1])

    def _failed(self, message: str) -> None:
        self._asked = False
        self.messages.dismiss(self._trouble)
        self._trouble = message
        self.messages.problem(message)

    def show(self, figures: Figures) -> None:
        """Show one measurement."""
        lag_ms = self._pulse.health.get("event_loop_lag_ms", {}).get("last_minute")
        self._live.add(
            self._clock(), live_values(figures) | {"answer": self._pulse.took_ms, "server lag": lag_ms}
        )
        report, health = figures["optimization_report"], figures["async_processor_health"]
        workers = f"workers {health['status']}"
        if health["status"] == "healthy" and not health["started"]:
            workers = "no workers are started"
        reasons = ": " + "; ".join(health["reasons"]) if health["reasons"] else ""
        self._state.value = note_html(
            f"Live, every {PULSE_S:g} s · {len(figures['processes'])} processes · {workers}{reasons}"
        )
        scores, reasons = report["optimization_scores"], report["score_reasons"]
        self._scores.value = scores_html(scores, reasons)
        self._advice.value = advice_html(report["recommendations"], low_scores(scores, reasons))
        self._facts.value = processes_html(figures)
        self._impact.value = impact_html(report["performance_impact"])
        for chart, lines in zip(self._charts.values(), _lines(figures), strict=True):
            chart.draw(list(self._live.times), {label: self._live[name] for label, name in lines.items()})

    def show_history(self, history: History) -> None:
        """Show the counters of the last hours as rates."""
        lines = rates(history)
        for name, chart in self._past.items():
            chart.draw(lines["at"], {name: lines[name]} if lines["at"] else {})

    def _clear_caches(self) -> None:
        in_background(
            self._clear,
            lambda _: self.messages.tell("Every process empties its caches within a second."),
            self.messages.problem,
        )

    def _run_bench(self) -> None:
        self._bench_button.disabled = True
        self._bench_line.value = note_html("Starting the benchmark …")
        self._show_bar(0, 0)
        in_background(self._bench, self._follow_bench, self._bench_refused)

    def _bench_refused(self, message: str) -> None:
        self._bench_button.disabled = False
        self._bench_line.value = ""
        self._bench_bar.layout.display = "none"
        self.messages.problem(message)

    def _show_bar(self, done: int, total: int) -> None:
        self._bench_bar.layout.display = ""
        self._bench_bar.value = done / total if total else 0.0

    def _follow_bench(self, job: ShownJob | None) -> None:
        if job is not None:
            self._job = job
            self._look_at_bench()

    def _look_at_bench(self) -> None:
        """Show the progress of the benchmark and, at the end, its result."""
        if self._job is None:
            if not self._looked:
                self._looked = True
                in_background(self._running_bench, self._follow_bench, self.messages.problem)
            return
        job, progress = self._job, self._job.progress
        self._bench_button.disabled = not job.done()
        if not job.done():
            self._bench_line.value = note_html(f"Benchmark: {describe_job(progress)}")
            self._show_bar(progress.finished, progress.total)
            return
        self._job, self._bench_line.value = None, ""
        self._bench_bar.layout.display = "none"
        if progress.state == "failed":
            self.messages.problem(f"The benchmark did not finish: {progress.note or 'no reason given'}")
        else:
            ended = "is done; its figures are below" if progress.state == "done" else "was cancelled"
            self.messages.tell(f"The benchmark {ended}.")


def _charts() -> dict[str, Chart]:
    time_of_day, clock = "time of day", {"x_kind": "time", "y_low": 0.0, "empty": "Measuring …"}
    return {
        "machine": Chart("Machine", time_of_day, "used (%)", y_high=100.0, **clock),
        "memory": Chart("Memory of each process", time_of_day, "proportional set size (MiB)", **clock),
        "cache": Chart("Cache size", time_of_day, "all processes (MiB)", **clock),
        "hits": Chart("Cache hit rate", time_of_day, "of all lookups (%)", y_high=100.0, **clock),
        "pool": Chart("Database connections", time_of_day, "connections", **clock),
        "waits": Chart("Wait for a connection", time_of_day, "mean (ms)", **clock),
        "workers": Chart("Analysis", time_of_day, "files, workers", **clock),
        "answer": Chart("Event-loop lag", time_of_day, "wait (ms)", **clock),
    }


def _past_charts() -> dict[str, Chart]:
    options = {"x_kind": "time", "y_low": 0.0, "empty": "No history yet: it is kept while the workbench runs"}
    return {
        "tracks per minute": Chart("Tracks analyzed", "time of day", "tracks/min", **options),
        "queries per second": Chart("Database queries", "time of day", "queries/s", **options),
        "hit rate": Chart("Cache hit rate", "time of day", "hits (%)", y_high=100.0, **options),
    }


def _lines(figures: Figures) -> list[dict[str, str]]:
    processes = sorted(figures["processes"], key=lambda p: -(p["rss_mb"] or 0))[:6]
    names = [f"{process['role']} {process['pid']}" for process in processes]
    return [
        {"processor": "cpu", "memory": "memory", "disk": "disk"},
        {name: name for name in names},
        {"size": "cache size"},
        {"hit rate": "hit rate"},
        {"open": "connections", "in use": "connections in use"},
        {"mean wait": "mean wait"},
        {"in work": "files in work", "waiting": "files waiting", "workers": "workers"},
        {"this page's kernel": "answer", "server, longest of a minute": "server lag"},
    ]


def low_scores(scores: Mapping[str, float | None], reasons: Mapping[str, str]) -> list[str]:
    """Return sentences about low scores, with their reasons."""
    return [
        f"{name.replace('_', ' ').capitalize()} {score:.0f}: {reasons[name]}."
        for name, score in scores.items()
        if score is not None and score < LOW_SCORE and name in reasons
    ]


def advice_html(recommendations: Sequence[Mapping[str, Any]], low: Sequence[str]) -> str:
    """Return a list of recommendations; if there are none, a sentence about that and the reasons of low scores."""
    if recommendations:
        lines = "".join(f"<li>{escape(str(found['message']))}</li>" for found in recommendations)
        return f"<ul>{lines}</ul>"
    return note_html(" ".join([*low, "No setting would change that." if low else "Nothing needs to change."]))


def processes_html(figures: Figures) -> str:
    """Return a table of live processes."""
    head = ("Process", "PID", "PSS (MiB)", "RSS (MiB)", "Queries", "Cache (MiB)", "Tracks")
    rows = [
        [
            p["role"],
            str(p["pid"]),
            number(p["pss_mb"], digits=0),
            number(p["rss_mb"], digits=0),
            number((p["database_pool"] or {}).get("total_queries", 0), digits=0),
            number(sum(c["size_mb"] for c in (p["caches"] or {}).values())),
            number((p["async_processor"] or {}).get("total_processed", 0), digits=0),
        ]
        for p in figures["processes"]
    ]
    return table_html(head, rows, numeric=range(1, 7))


def impact_html(impact: Mapping[str, Any]) -> str:
    """Return the results of the last benchmark, or the command that runs it."""
    figures = {name: value for name, value in impact.items() if isinstance(value, Mapping)}
    if not figures:
        return empty_html(f"Not measured yet. {impact['how_to_measure'] or ''}")
    gains = "".join(_gain_html(name, value) for name, value in figures.items())
    measured_at = impact.get("measured_at")
    return f"<div class='pw-gains'>{gains}</div>" + note_html(
        f"Measured {_ago(measured_at)}. {impact['how_to_measure'] or ''}" if measured_at else ""
    )


def _gain_html(name: str, value: Mapping[str, Any]) -> str:
    """Return one measurement: bars for before and after, and the ratio of the two."""
    unit, title = str(value.get("unit", "")), str(value.get("title") or name.replace("_", " ").capitalize())
    sides = {side: value.get(side) or 0.0 for side in ("before", "after")}
    most = max(sides.values()) or 1.0
    bars = "".join(
        f"<dt>{side}</dt><dd><i class='pw-{side}' style='width:{100 * size / most:.1f}%'></i>"
        f"<span>{escape(f'{measured(size)} {unit}'.strip())}</span></dd>"
        for side, size in sides.items()
    )
    times = f"<b>{measured(value['ratio'])}× better</b>" if (value.get("ratio") or 0) >= 1 else ""
    samples = f"<small>{counted(value['samples'], 'sample')}</small>" if value.get("samples") else ""
    return f"<div class='pw-gain'><h3>{escape(title)}</h3><dl>{bars}</dl>{times}{samples}</div>"


def _ago(measured_at: str) -> str:
    passed = datetime.now().astimezone() - datetime.fromisoformat(measured_at)
    return f"{span(passed.total_seconds())} ago"
