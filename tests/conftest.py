"""Fixtures for every folder of tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.settings import Settings


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir)


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo library as files, synthesized once a run; tests only read it."""
    from workbench.audio.demo.demo_library import make_demo_library

    folder = tmp_path_factory.mktemp("demo")
    make_demo_library(folder)
    return folder


@pytest.fixture(scope="session")
def analyzed_data_dir(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo library analyzed; tests copy it before they write."""
    from workbench.session.workbench import Workbench

    folder = tmp_path_factory.mktemp("analyzed")
    with Workbench(folder, async_workers=2) as wb:
        report = wb.analyze(demo_folder).result(timeout=240)
        assert not report.failed
    return folder


@pytest.fixture
def library_dir(analyzed_data_dir: Path, data_dir: Path) -> Iterator[Path]:
    """A private copy of the analyzed data folder."""
    import shutil

    shutil.copytree(analyzed_data_dir, data_dir)
    yield data_dir


@pytest.fixture
def jp_asyncio_loop() -> None:
    """Keep pytest-jupyter from giving every test of the run an event loop that it closes.

    Only tests/apps/test_extension wants that. Playwright's loop stays open over several tests and cannot be closed
    that way.
    """


@pytest.fixture
def jp_server_cleanup() -> None:
    """As above."""
