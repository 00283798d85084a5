"""``wb.tagger``: learn tags from the user's own labels, predict them, write them into files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.audio.source import inode_time, size_and_time
from workbench.audio.tags import read_tags
from workbench.cards.card import problem
from workbench.cards.html import Html
from workbench.cards.rows import Rows
from workbench.cards.verbs import Verbs
from workbench.errors import ModelError
from workbench.models.predicted import WRITTEN
from workbench.store.library.records import Prediction, ScannedFile

if TYPE_CHECKING:
    from workbench.models.tag_files import TagWrite
    from workbench.models.tagger.training_report import TaggerReport
    from workbench.models.tagger.use import Application, Evaluation
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
        Taggers are kept in ``taggers`` there, and copies of changed files in ``tag-backups``.
    """

    def __init__(self, library: Library, playlists: Playlists, data_dir: Path) -> None:
        self._library = library
        self._playlists = playlists
        self.folder = data_dir / "taggers"
        self.backups = data_dir / "tag-backups"

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
            Of the split and the network.
        epochs : int
            The most passes over the examples that the network may take.
        **where
            Where the labels come from; see :meth:`labels`.

        Raises
        ------
        ModelError
            There are too few examples; says how many are needed. Nothing is written.
        """
        from workbench.models.tagger.train import train

        return train(
            self._library,
            label,
            folder=self.folder,
            seed=random_state,
            epochs=epochs,
            labels=self.labels(label, **where),
        )

    def shortage(self, label: str = "genre", **where: Any) -> str | None:
        """Say why there are too few examples to learn a label; ``None`` if there are enough.

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
            As for :meth:`train`.
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

    def plan_tags(
        self, label: str = "genre", *, minimum_probability: float = 0.8, overwrite: bool = False
    ) -> list[TagWrite]:
        """Return which files would get a predicted genre, and change none.

        Parameters
        ----------
        minimum_probability : float
            Leave out predictions that are less sure than this, 0–1.
        overwrite : bool
            Also files that have a genre.

        Raises
        ------
        ModelError
            The label is not ``genre``, or nothing has been predicted.
        """
        from workbench.models.tag_files import plan_tag_writes

        return plan_tag_writes(
            self._library, label, minimum_probability=minimum_probability, overwrite=overwrite
        )

    def write_tags(self, planned: Sequence[TagWrite]) -> list[TagWrite]:
        """Write planned genres into files, keep a copy of each file, and bring the library up to date.

        Returns
        -------
        list of TagWrite
            As planned. One that could not be written has a ``problem``, and its file is unchanged.
        """
        from workbench.models.tag_files import write_tags

        return write_tags(planned, backup_dir=self.backups, on_written=self._carry_over) if planned else []

    def restore_tags(self, folder: str | Path) -> list[str]:
        """Put the files of one backup folder back and return their paths; analyze their folder afterwards.

        Raises
        ------
        ModelError
            The folder is not such a backup, or a file cannot be put back.
        """
        from workbench.models.tag_files import restore_tags

        return restore_tags(Path(folder))

    def _carry_over(self, write: TagWrite, new_hash: str) -> None:
        """Record that a file has a new content with the same sound, and a genre that was predicted."""
        library, status = self._library, Path(write.path).stat()
        tags = asdict(read_tags(write.path))
        record = library.features.get(write.content_hash)
        with library.transaction():
            if record is not None:
                library.features.save(new_hash, record)
            library.files.add(
                [ScannedFile(write.path, *size_and_time(status), new_hash, tags, ctime_ns=inode_time(status))]
            )
            library.models.copy(write.content_hash, new_hash)
            library.ratings.copy(write.content_hash, new_hash)
            library.models.save_predictions(
                [Prediction(new_hash, WRITTEN, "", "", {write.new: write.probability})]
            )
