"""All private parts of Voila that we use; ``test_voila_internals.py`` checks each for the installed version.

Voila makes a new Jinja environment for each page that it renders, preheated or not, and compiles all templates in it on
the event loop. Measured, that takes 100 ms of CPU time for a page and 250 ms for the first one, during which no other
request is answered. There is no setting for the exporter that does this, so ours replaces it.
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
    """Set how many kernels of each app are prepared. Start missing ones now, and keep the ones that wait already."""
    default = {
        **kernel_manager.kernel_pools_config["default"],
        "pool_size": of_each_app,
    }
    kernel_manager.kernel_pools_config = {"default": default}
    for app in list(kernel_manager._pools):
        kernel_manager.fill_if_needed(notebook_name=app)


class CachingExporter(VoilaExporter):  # type: ignore[misc]
    """Voila's exporter, whose environments share compiled templates."""

    compiled: BytecodeCache

    def _create_environment(self) -> Any:
        environment = super()._create_environment()
        environment.bytecode_cache = self.compiled
        return environment


def render_pages_with(exporter: type[CachingExporter]) -> None:
    """Make Voila render its pages with this exporter."""
    notebook_renderer.VoilaExporter = exporter
