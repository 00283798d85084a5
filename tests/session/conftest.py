"""A library that networks have heard, and one that none has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from heard_library import fill

from workbench import Workbench


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """Five tracks, heard by both networks; tests only read them."""
    with Workbench(tmp_path_factory.mktemp("heard")) as wb:
        fill(wb)
        yield wb


@pytest.fixture(scope="module")
def unheard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """The same tracks, heard by none."""
    with Workbench(tmp_path_factory.mktemp("unheard")) as wb:
        fill(wb, heard=False)
        yield wb
