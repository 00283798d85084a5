"""Fixtures for every folder of tests."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from warm_python import WarmPython

from workbench.lazy_imports import defer_iri_grammar
from workbench.settings import Settings

defer_iri_grammar()  # most files of tests import some of Jupyter

if TYPE_CHECKING:
    from workbench import Workbench

# The time of an example depends on the load of the machine.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")
# Two processes on two cores: more threads would only wait for each other and use processor time.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Otherwise, every process that a test starts would compile our modules again. Container images often set it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Otherwise, this process would rewrite the assertions of all tests, nearly half of the time of collecting them.
sys.dont_write_bytecode = False

TOGETHER = ("processing", "apps", "models", "dashboards")
"""Folders whose tests run one after the other: they share a server, a cluster, a browser or TensorFlow."""
FIRST = ("test_image", "processing", "apps", "test_readme", "models", "test_notebooks", "benchmark/test_bench",
         "dashboards", "test_project", "test_other_machines", "test_main_job")  # fmt: skip
"""The longest tests, which start first, so that no process waits for another one at the end."""

WARM = (
    "processing", "apps", "dashboards", "models", "session", "benchmark", "media/test_supysonic", "test_bad_input",
    "test_main_job", "test_notebooks", "test_other_machines", "test_readme", "test_shared_cache", "test_terminal",
    "test_versions",
)  # fmt: skip
"""Files and folders whose programs, those of fixtures too, are forks of one that has imported the packages."""
warm = WarmPython()


def group_of(nodeid: str) -> str:
    """Return the file or folder whose tests run in one process, in order."""
    _, *below = Path(nodeid.partition("::")[0]).with_suffix("").parts
    return below[0] if below[0] in TOGETHER else "/".join(below)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    begin = {group: place for place, group in enumerate(FIRST)}
    items.sort(key=lambda item: begin.get(group_of(item.nodeid), len(FIRST)))


def pytest_collection_finish() -> None:
    # Full collections would go through the modules and items of all tests again and again: a tenth of the CPU.
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler.loadscope import LoadScopeScheduling

    class GroupScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return GroupScheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    group = group_of(item.nodeid)
    warm.used = (group in WARM or group.partition("/")[0] in WARM) and item.get_closest_marker("cold") is None


def pytest_unconfigure() -> None:
    warm.close()


@pytest.fixture(scope="session")
def warm_python() -> WarmPython:
    return warm


@pytest.fixture(scope="session")
def chromium_profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The profile that the browsers of one process share, with files and compiled scripts."""
    return tmp_path_factory.mktemp("chromium")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir)


class SharedFolders:
    """Folders that the workers of a run share. The first worker that needs a folder makes it, and the others wait."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, name: str, make: Callable[[Path], object]) -> Path:
        folder, done = self._root / name, self._root / f"{name}.done"
        with (self._root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                folder.mkdir(exist_ok=True)
                make(folder)
                done.touch()
        return folder


@pytest.fixture(scope="session")
def shared_folders(tmp_path_factory: pytest.TempPathFactory) -> SharedFolders:
    base = tmp_path_factory.getbasetemp()
    return SharedFolders(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


def run_demo(*arguments: str) -> str:
    command = [sys.executable, "-m", "workbench", "demo", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def analyzed_data_dir(shared_folders: SharedFolders) -> Path:
    """What ``workbench demo --json`` leaves in an empty data folder, ``demo.json`` being what it printed."""

    def run(folder: Path) -> None:
        (folder / "demo.json").write_text(run_demo("--json", "--data-dir", str(folder)), "utf-8")

    return shared_folders.get("analyzed", run)


@pytest.fixture(scope="session")
def demo_folder(analyzed_data_dir: Path) -> Path:
    """The files of the demo library, made once per run; tests only read them."""
    return analyzed_data_dir / "demo"


@pytest.fixture(scope="session")
def style_folder(shared_folders: SharedFolders) -> Path:
    """The library of four styles as files, which ``workbench demo --styles`` wrote; tests only read it."""
    return shared_folders.get("styles", lambda folder: run_demo("--styles", str(folder)))


@pytest.fixture(scope="session")
def known_contents_dir(shared_folders: SharedFolders, analyzed_data_dir: Path, style_folder: Path) -> Path:
    """A data folder with the features of demo and styles but without tracks, so that nothing is decoded again."""

    def make(folder: Path) -> None:
        from workbench import Workbench

        shutil.copytree(analyzed_data_dir, folder, ignore=shutil.ignore_patterns("demo*"), dirs_exist_ok=True)
        with Workbench(folder, async_workers=2) as wb:
            wb.analyze(style_folder, show=False).result(timeout=280)
            with wb.library.pool.writing() as connection:
                connection.execute("DELETE FROM tracks")

    return shared_folders.get("known", make)


@pytest.fixture
def library_dir(analyzed_data_dir: Path, data_dir: Path) -> Path:
    """A private copy of the analyzed data folder; its tracks are the files of the shared one."""
    shutil.copytree(analyzed_data_dir, data_dir, ignore=shutil.ignore_patterns("demo"))
    return data_dir


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """Five tracks with outputs of both networks; tests only read them."""
    from heard_library import fill

    from workbench import Workbench

    with Workbench(tmp_path_factory.mktemp("heard")) as wb:
        fill(wb)
        yield wb


@pytest.fixture
def jp_asyncio_loop() -> None:
    """Keep pytest-jupyter from giving every test of the run an event loop that it closes.

    Only tests/apps/test_extension needs that. Playwright's loop is open during several tests and cannot be closed
    like that.
    """


@pytest.fixture
def jp_server_cleanup() -> None:
    """As above."""
