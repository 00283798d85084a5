"""Compile every page template once in each process, off the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from types import CodeType
from typing import Any

import IPython.lib.lexers  # noqa: F401  # pages need it; two threads must not import it at the same time
import nbformat
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from workbench.apps.voila.voila_internals import CachingExporter, render_pages_with


class CompiledTemplates(BytecodeCache):
    """Keeps compiled templates in memory. A changed template has another checksum."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


class CompilingOnce(CachingExporter):
    """The exporter of our pages, which compiles each template once."""

    compiled = CompiledTemplates()


def compile_once(template_paths: Sequence[str], template_name: str) -> None:
    """Let all pages share compiled templates, and compile those of the first page on a thread now."""
    render_pages_with(CompilingOnce)
    exporter = CompilingOnce(template_paths=list(template_paths), template_name=template_name)
    threading.Thread(target=_prepare, args=(exporter,), name="page-templates", daemon=True).start()


def _prepare(exporter: CompilingOnce) -> None:
    """Render a page without a kernel, so that everything is loaded and compiled."""
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
