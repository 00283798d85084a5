"""The kinds of jobs that clients can request from a server: the name of each kind, and how it is started."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from workbench.readable import counted
from workbench.values import Value

if TYPE_CHECKING:
    from workbench.processing.job.job import Job

Request = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of job.

    Attributes
    ----------
    help : str
        What such a job does.
    title : callable
        ``title(request)`` returns a short title of the job.
    start : callable
        ``start(wb, request)`` starts the job in a workbench and returns it.
    parameters : mapping of str to Value
        The parameters of a request.
    """

    help: str
    title: Callable[[Request], str]
    start: Callable[[Any, Request], Job[Any]]
    parameters: Mapping[str, Value] = field(default_factory=dict)


def analysis_title(paths: Sequence[str]) -> str:
    """Return the title of an analysis of these folders and files.

    >>> analysis_title(["/home/ann/Music"]), analysis_title(["/a", "/b"])
    ('Analysis of Music', 'Analysis of 2 places')
    """
    one = PurePath(paths[0]).name or paths[0] if len(paths) == 1 else counted(len(paths), "place")
    return f"Analysis of {one}"


def _analyze(wb: Any, request: Request) -> Job[Any]:
    options = {name: request[name] for name in ("force", "recursive", "formats")}
    plan = wb.analyze.plan(*request["paths"], **options, within=wb.settings.library_roots)
    job: Job[Any] = wb.analyze(plan=plan, show=False)
    return job


_ANALYSIS = Kind("analyze files and folders", lambda request: analysis_title(request["paths"]), _analyze)

KINDS: Mapping[str, Kind] = {
    "analyze": _ANALYSIS,
    "import": _ANALYSIS,
    "embed": Kind(
        "run the networks over the tracks that they have not heard",
        lambda request: "Listening with networks",
        lambda wb, request: wb.models.embed(
            force=request["force"], show=False, within=wb.settings.library_roots
        ),
        {"force": Value("over all analyzed tracks", bool, default=False)},
    ),
    "map": Kind(
        "lay out the music map",
        lambda request: "Layout of the music map",
        lambda wb, request: wb.maps.start_layout(wb.table(), show=False),
    ),
    "tagger": Kind(
        "learn a label from the tracks that have it",
        lambda request: f"Tagger for {request['label']}",
        lambda wb, request: wb.tagger.start_training(request["label"]),
        {"label": Value("genre, rating, playlist, or a label of your own", str, default="genre")},
    ),
    "benchmark": Kind(
        "measure before and after on this machine, in about a minute",
        lambda request: "Benchmark",
        lambda wb, request: wb.performance.benchmark(show=False),
    ),
}
