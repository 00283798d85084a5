"""Start a job without a session."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from workbench.processing.cluster.cluster import Cluster
from workbench.processing.cluster.workers import TaskCall
from workbench.processing.job.job import Job
from workbench.processing.job.loop import JobLoop
from workbench.processing.job.task import Cached, Failure, Progress, Task


def run(
    cluster: Cluster,
    tasks: Iterable[Task | Cached | Failure],
    function: Callable[..., Any],
    *,
    on_value: Callable[[Task, Any], float],
    on_failure: Callable[[Task | None, Failure], None],
    **call: Any,
) -> Job[Progress]:
    """Call ``function(path)`` on the workers of a cluster; ``call`` are further fields of a ``TaskCall``."""
    loop = JobLoop(cluster, tasks, TaskCall(function, **call), on_value=on_value, on_failure=on_failure)
    return Job(loop)
