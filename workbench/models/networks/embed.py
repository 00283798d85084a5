"""Find the files of the library that the published models have not analyzed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.models.networks.model_file import ModelFile
from workbench.store.library.records import UnseenFile

if TYPE_CHECKING:
    from workbench.store.library.library import Library


def files_to_embed(library: Library, models: Sequence[ModelFile], *, force: bool = False) -> list[UnseenFile]:
    """Return the analyzed files without an output of a model with this name and hash; with ``force``, all files."""
    return library.models.unseen([(model.name, "" if force else model.sha256) for model in models])
