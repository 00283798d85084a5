"""Valid small files of every format, damaged in every way: each ends with features or with a reason."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmarks.mutations import DAMAGE, EXTENSIONS, Damage, complaints, damaged, valid_files
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench import Workbench
from workbench.analysis.analyze_file import analyze_and_listen
from workbench.analysis.features import stale
from workbench.errors import WorkbenchError
from workbench.processing.job.task import Failure, Task
from workbench.session.jobs.analysis_tasks import AnalysisTasks
from workbench.settings import Settings

Analyze = Callable[[str, bytes], list[str]]
FILES = valid_files()

places = st.floats(0, 1, exclude_max=True)
damages = st.lists(
    st.builds(
        Damage,
        st.sampled_from(DAMAGE),
        # headers and tags are at the ends of a file; half of the damage goes there
        st.one_of(places, st.floats(0, 0.02), st.floats(0.98, 1, exclude_max=True)),
        places,
        st.sampled_from([1, 4, 64, 1000, 10_000]),
        st.integers(1, 255),
    ),
    max_size=4,
)


@pytest.fixture(scope="module")
def analyze(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Analyze]:
    """Analyze one file as a job does, without workers; return what is wrong with its row."""
    folder, numbers = tmp_path_factory.mktemp("mutations"), itertools.count()
    for_workers = Settings(data_dir=folder / "data")
    with Workbench(folder / "data", async_workers=1) as wb:

        def run(name: str, data: bytes) -> list[str]:
            path = folder / f"{next(numbers)}" / name
            path.parent.mkdir()
            path.write_bytes(data)
            tasks = AnalysisTasks(
                wb.library,
                wb.analyze.plan(path),
                stale=lambda version: stale(version.analysis),
                keep=wb.analyze.keep,
            )
            for task in tasks.tasks():
                if isinstance(task, Task):
                    try:
                        tasks.on_value(task, analyze_and_listen(task.path, for_workers))
                    except WorkbenchError as error:
                        tasks.on_failure(task, Failure(task.path, str(error), error.kind))
            return complaints(wb, [path])

        yield run


@pytest.mark.parametrize("name", FILES)
def test_a_whole_file_is_analyzed_whatever_its_name(analyze: Analyze, name: str) -> None:
    assert analyze(name, FILES[name]) == []
    assert analyze("renamed.mp3", FILES[name]) == []


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(FILES)), damages, st.sampled_from([None, *EXTENSIONS]))
def test_a_damaged_file_gives_features_or_a_reason(
    analyze: Analyze, name: str, harm: list[Damage], extension: str | None
) -> None:
    called = Path(name).with_suffix(extension or Path(name).suffix).name
    assert analyze(called, damaged(FILES[name], harm)) == []
