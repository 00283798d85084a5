"""What we use of Voila beyond its public names. A failure here says which version of Voila no longer has it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import voila
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager
from traitlets.config import Configurable
from voila import notebook_renderer
from voila.exporter import VoilaExporter
from voila.voila_kernel_manager import voila_kernel_manager_factory

from workbench.apps.voila.compiled_templates import CompiledTemplates
from workbench.apps.voila.voila_app import WorkbenchVoila
from workbench.apps.voila.voila_internals import (
    CachingExporter,
    prepare_kernels,
    render_pages_with,
    wait_until_preheated,
)
from workbench.settings import Settings

BROKEN = f"Voila {voila.__version__} no longer has what workbench/apps/voila/voila_internals.py uses"


class Parent(Configurable):
    """The part of the Voila server that its kernel manager asks."""

    root_dir, notebook_path, base_url, server_url, port = "", None, "/", "/", 1


@pytest.fixture
def exporter_of_pages() -> Any:
    before = notebook_renderer.VoilaExporter
    yield
    notebook_renderer.VoilaExporter = before


async def test_pools_of_prepared_kernels_are_waited_for(tmp_path: Any) -> None:
    manager_class = voila_kernel_manager_factory(
        AsyncMappingKernelManager, preheat_kernel=True, default_pool_size=0
    )
    assert isinstance(manager_class, type), BROKEN
    rendered = []

    async def render() -> None:
        await asyncio.sleep(0)
        rendered.append("page")

    class OnePage(manager_class):  # type: ignore[misc, valid-type]
        async def _initialize(self, *_: Any, **__: Any) -> dict[str, Any]:
            return {"task": asyncio.create_task(render()), "kernel_id": "1", "renderer": None}

    (tmp_path / "app.ipynb").write_text("{}")
    parent = Parent()
    parent.root_dir = str(tmp_path)
    manager = OnePage(
        parent=parent, kernel_pools_config={"default": {"pool_size": 1, "kernel_env_variables": {}}}
    )
    assert hasattr(manager, "_pools"), BROKEN
    await wait_until_preheated(manager)
    assert rendered == ["page"], BROKEN
    prepare_kernels(manager, of_each_app=0)
    assert manager.get_pool_size("app.ipynb") == 1, BROKEN
    prepare_kernels(manager, of_each_app=2)
    assert manager.get_pool_size("app.ipynb") == 2, BROKEN
    await wait_until_preheated(manager)
    assert rendered == ["page", "page"], BROKEN


def test_the_renderer_takes_our_exporter(exporter_of_pages: Any) -> None:
    assert notebook_renderer.VoilaExporter is not None, BROKEN
    render_pages_with(CachingExporter)
    names = notebook_renderer.NotebookRenderer.initialize.__code__.co_names
    assert "VoilaExporter" in names, f"{BROKEN}: the renderer does not look the exporter up by this name"


def test_environments_share_compiled_templates() -> None:
    class Exporter(CachingExporter):
        compiled = CompiledTemplates()

    assert "_create_environment" in dir(VoilaExporter), BROKEN
    first, second = Exporter(), Exporter()
    assert first.environment is not second.environment
    assert first.environment.bytecode_cache is second.environment.bytecode_cache is Exporter.compiled, BROKEN


def test_kernels_share_one_event_logger(tmp_path: Path) -> None:
    """Jupyter would make one for each kernel, and Python keeps every logger until the process ends."""
    service: Any = None
    app = WorkbenchVoila(Settings(data_dir=tmp_path), service, sockets=[], token_for_others="")
    manager = AsyncMappingKernelManager(parent=app)
    kernels = [ServerKernelManager(parent=manager) for _ in range(2)]
    assert {id(kernel.event_logger) for kernel in kernels} == {id(app.event_logger)}
