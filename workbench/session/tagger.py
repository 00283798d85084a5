"""``wb.tagger``: learn tags from the user's own labels, and predict them. ``wb.tags`` writes them into files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cards.card import problem
from workbench.cards.html import Html
from workbench.cards.rows import Rows
from workbench.cards.verbs import Verbs
from workbench.errors import ModelError

if TYPE_CHECKING:
    from workbench.models.tagger.training_report import TaggerReport
    from workbench.models.tagger.use import Application, Evaluation
    from workbench.processing.job.job import Job
    from workbench.session.jobs.command_call import CommandReport
    from workbench.session.jobs.jobs import Jobs
    from workbench.session.playlists import Playlists
    from workbench.store.library.library import Library

_TRAINED: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    "Label": lambda card: card.get("label"),
    "Values": lambda card: ", ".join(map(str, card.get("classes", ()))),
    "Trained": lambda card: str(card.get("trained_at", "")).replace("T", " ")[:16],
    "What is wrong": lambda card: problem(card.get("problem")),
}


class Tagger(Verbs):
    """The taggers of one library. A label is ``genre``, ``rating``, ``playlist`` or the name of labels of your own.

    Parameters
    ----------
    data_dir : Path
        Taggers are kept in ``taggers`` there.
    """

    def __init__(self, library: Library, playlists: Playlists, data_dir: Path, jobs: Jobs) -> None:
        self._library = library
        self._playlists = playlists
        self._data_dir = data_dir
        self._jobs = jobs
        self.folder = data_dir / "taggers"

    def labels(
        self, label: str, *, csv_file: str | Path | None = None, playlists: Sequence[str | Path] | None = None
    ) -> dict[str, str]:
        """Return the labels that a tagger learns from, by content hash.

        Parameters
        ----------
        csv_file : path, optional
            Take the labels from this file: its columns are ``path`` (or ``id``) and ``label`` or ``rating``.
        playlists : sequence of names, ids or paths, optional
            Take the labels from these kept playlists or playlist files: a track has the name of its playlist.

        Raises
        ------
        ModelError, PlaylistError
            The file or a playlist cannot be read.
        """
        from workbench.models.tagger import labels_of

        named = None if playlists is None else dict(map(self._playlists.contents, playlists))
        found: dict[str, str] = labels_of(self._library, label, csv_file=csv_file, playlists=named)
        return found

    def train(
        self, label: str = "genre", *, random_state: int = 0, epochs: int = 100, **where: Any
    ) -> TaggerReport:
        """Learn a label from the tracks that have it, and keep the tagger.

        Parameters
        ----------
        random_state : int
            Random state of the split and of the network.
        epochs : int
            The most passes over the examples that the network may take.
        **where
            The source of the labels; see :meth:`labels`.

        Raises
        ------
        ModelError
            There are too few examples. The message says how many are needed. Nothing is written.
        """
        from workbench.models.tagger.train import train

        labels = self.labels(label, **where)
        job = self._jobs.call(
            lambda steps: train(
                self._library,
                label,
                folder=self.folder,
                seed=random_state,
                epochs=epochs,
                labels=labels,
                on_epoch=steps,
            ),
            title=f"Tagger for {label}",
            unit="epoch",
        )
        return job.result()

    def start_training(self, label: str = "genre") -> Job[CommandReport]:
        """Begin to learn a label in a separate process, which loads TensorFlow; return at once."""
        from workbench.session.jobs.command_call import command_call

        call = command_call(["tagger", "train", f"--label={label}", "--data-dir", str(self._data_dir)])
        return self._jobs.call(call, title=f"Tagger for {label}", unit="epoch", show=False)

    def shortage(self, label: str = "genre", **where: Any) -> str | None:
        """Return why there are too few examples to learn a label; ``None`` if there are enough.

        Raises
        ------
        ModelError, PlaylistError
            The file or a playlist with the labels cannot be read.
        """
        from workbench.models.columns import tagger_inputs
        from workbench.models.tagger.examples import choose_classes, collect

        labels = self.labels(label, **where)
        try:
            choose_classes(collect(tagger_inputs(self._library)[0], labels), label)
        except ModelError as error:
            return error.message
        return None

    def evaluate(self, label: str = "genre", **where: Any) -> Evaluation:
        """Score a tagger on the artists that it did not learn from; ``where`` as for :meth:`train`."""
        from workbench.models.tagger.use import evaluate

        return evaluate(self._library, label, folder=self.folder, labels=self.labels(label, **where))

    def apply(self, label: str = "genre", *, everything: bool = False, **where: Any) -> Application:
        """Predict a label for the tracks that have none, and store the predictions apart from the tags.

        Parameters
        ----------
        everything : bool
            Predict for the tracks that have a label, too.
        **where
            The source of the labels, as for :meth:`train`.
        """
        from workbench.models.tagger.use import predict

        summary, predictions = predict(
            self._library,
            label,
            folder=self.folder,
            labels=self.labels(label, **where),
            everything=everything,
        )
        self._library.models.save_predictions(predictions)
        return summary

    def _repr_html_(self) -> str:
        return self._card(Html(self.trained()._repr_html_()))

    def trained(self) -> Rows[dict[str, Any]]:
        """Return the cards of the trained taggers, by label; damaged ones have a ``problem``."""
        from workbench.models.tagger.storage import taggers

        return Rows(taggers(self.folder), "trained tagger", _TRAINED, empty="wb.tagger.train(…) trains one.")
