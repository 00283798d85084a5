"""Compile every page template once a process.

Voila makes a new Jinja environment for each page it renders, preheated or not, and compiles all templates in it
on the event loop: measured, 100 ms of CPU a page, during which nobody else is answered.
"""

from __future__ import annotations

from types import CodeType
from typing import Any

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


def compile_once() -> None:
    """Let Voila's pages be rendered by :class:`CompilingOnce`; it has no setting for that."""
    notebook_renderer.VoilaExporter = CompilingOnce
