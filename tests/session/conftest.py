"""Libraries that the tests of a module share: the demo, and tracks without outputs of networks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from heard_library import fill

from workbench import Workbench


@pytest.fixture(scope="module")
def wb(analyzed_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """The analyzed demo library; modules that need another library have a ``wb`` of their own."""
    data_dir = tmp_path_factory.mktemp("demo") / "data"
    shutil.copytree(analyzed_data_dir, data_dir, ignore=shutil.ignore_patterns("demo"))
    with Workbench(data_dir, async_workers=1) as wb:
        yield wb


@pytest.fixture(scope="module")
def unheard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """The tracks of ``heard`` without outputs of networks."""
    with Workbench(tmp_path_factory.mktemp("unheard")) as wb:
        fill(wb, heard=False)
        yield wb
