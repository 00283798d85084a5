"""Compile every page template once a process, and not on the event loop.

Voila makes a new Jinja environment for each page it renders, preheated or not, and compiles all templates in it
on the event loop: measured, 100 ms of CPU a page, and 250 ms for the first, during which nobody else is answered.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from types import CodeType
from typing import Any

import IPython.lib.lexers  # noqa: F401  # pages need it: not to be met half-imported by two threads
import nbformat
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from voila import notebook_renderer
from voila.exporter import VoilaExporter


class CompiledTemplates(BytecodeCache):
    """Keeps code in memory; a template that was changed has another checksum."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


class CompilingOnce(VoilaExporter):  # type: ignore[misc]
    """Voila's exporter, its environments sharing what was compiled."""

    compiled = CompiledTemplates()

    def _create_environment(self) -> Any:
        environment = super()._create_environment()
        environment.bytecode_cache = self.compiled
        return environment


def compile_once(template_paths: Sequence[str], template_name: str) -> None:
    """Let Voila's pages be rendered by :class:`CompilingOnce`; it has no setting for that.

    What the first page needs is made ready on a thread meanwhile.
    """
    notebook_renderer.VoilaExporter = CompilingOnce
    exporter = CompilingOnce(template_paths=list(template_paths), template_name=template_name)
    threading.Thread(target=_prepare, args=(exporter,), name="page-templates", daemon=True).start()


def _prepare(exporter: CompilingOnce) -> None:
    """Render a page without a kernel, for what that loads and compiles."""
    make: Any = nbformat.v4
    cells = [make.new_markdown_cell("# Title"), make.new_code_cell("pass")]
    asyncio.run(_render(exporter, make.new_notebook(cells=cells)))


async def _render(exporter: CompilingOnce, notebook: Any) -> None:
    async def kernel_start(_: Any) -> str:
        return ""

    async def cell_generator(notebook: Any, _: str) -> AsyncIterator[Any]:
        for cell in notebook.cells:
            yield cell

    context = {"frontend": "voila", "kernel_start": kernel_start, "cell_generator": cell_generator}
    async for _ in exporter.generate_from_notebook_node(notebook, extra_context=context):
        pass
