"""All private parts of Voila that we use; ``test_voila_internals.py`` checks each for the
installed version.

Voila makes a new Jinja environment for each page it renders, preheated or not, and compiles all templates in it on
the event loop: measured, 100 ms of CPU a page, and 250 ms for the first, during which no other request is answered.
It has no setting for the exporter that does this, so ours replaces it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import BytecodeCache
from voila import notebook_renderer
from voila.exporter import VoilaExporter


async def wait_until_preheated(kernel_manager: Any) -> None:
    """Wait until every app in the pools of Voila's kernel manager has been rendered once."""
    pools = kernel_manager._pools.values()
    started = await asyncio.gather(*(task for pool in pools for task in pool), return_exceptions=True)
    pages = [found["task"] for found in started if not isinstance(found, BaseException)]
    await asyncio.gather(*pages, return_exceptions=True)


def prepare_kernels(kernel_manager: Any, *, of_each_app: int) -> None:
    """Prepare so many kernels of each app from now on, the missing ones at once; those that wait already stay."""
    default = {
        **kernel_manager.kernel_pools_config["default"],
        "pool_size": of_each_app,
    }
    kernel_manager.kernel_pools_config = {"default": default}
    for app in list(kernel_manager._pools):
        kernel_manager.fill_if_needed(notebook_name=app)


class CachingExporter(VoilaExporter):  # type: ignore[misc]
    """Voila's exporter. Its environments share the templates that were compiled before."""

    compiled: BytecodeCache

    def _create_environment(self) -> Any:
        environment = super()._create_environment()
        environment.bytecode_cache = self.compiled
        return environment


def render_pages_with(exporter: type[CachingExporter]) -> None:
    """Let Voila render its pages with this exporter."""
    notebook_renderer.VoilaExporter = exporter
