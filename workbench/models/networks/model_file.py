"""A published model on disk: the facts in its JSON, and its problem if it cannot be used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from workbench.models.networks.published import FRONTS, Front

Kind = Literal["embedding", "classifier", "head", "tempo"]

DEFAULT_PATCHES = 8
"""Number of patches of 3 s that MusiCNN reads of a track. On 17 tracks of 24 to 132 s, the embedding of 4, 8, 16 and 32
patches has a mean cosine of .980, .994, .998 and 1.000 with that of all (tests/benchmarks/bench_patches.py)."""


FRAME_ALGORITHMS = {
    "TensorflowPredictMusiCNN": "TensorflowInputMusiCNN",
    "TensorflowPredictEffnetDiscogs": "TensorflowInputMusiCNN",
    "TensorflowPredictVGGish": "TensorflowInputVGGish",
}
"""Algorithms whose embeddings a SavedModel can also compute, with the algorithms that make their frames."""


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """A ``.pb`` and the ``.json`` beside it.

    Attributes
    ----------
    name : str
        Stem of the files, such as ``mood_happy-msd-musicnn-1``.
    kind : {"embedding", "classifier", "head", "tempo"}
        Audio to embedding, audio to predictions, embedding to predictions, or audio to tempo.
    algorithm : str
        Algorithm of Essentia that runs the model.
    input_node, output_node : str
        Names in the graph.
    embedding : str or None
        For a head: name of the embedding that it reads, without the versions (``msd-musicnn``).
    dimensions : int or None
        Length of one output, if it is in the JSON.
    batch, patch : int or None
        Patches per run and frames per patch, if the graph fixes them and they are in the JSON.
    patches_per_track : int or None
        How many evenly spaced patches the model reads during the analysis; ``None`` for a model that reads all in
        ``embed``.
    tags_node : str
        Output with the predictions of a model that gives an embedding and predictions at once.
    classes : tuple of str
        Names of the outputs; empty for embeddings without predictions.
    sha256 : str
        Checksum of the ``.pb``.
    known : bool
        Whether the hash is that of the file that Essentia publishes under this name; ``False`` for names without a
        known hash.
    problem : str or None
        Why the model cannot be used; the other fields may then be empty.
    """

    name: str
    path: str
    version: str = ""
    kind: Kind | None = None
    algorithm: str = ""
    input_node: str = ""
    output_node: str = ""
    embedding: str | None = None
    dimensions: int | None = None
    batch: int | None = None
    patch: int | None = None
    patches_per_track: int | None = None
    tags_node: str = ""
    classes: tuple[str, ...] = ()
    sha256: str = ""
    size_bytes: int = 0
    known: bool = False
    problem: str | None = None

    @property
    def front(self) -> Front:
        """How the patches of this model are cut; only for models that read audio."""
        front = FRONTS[self.algorithm]
        if self.batch:
            front = replace(front, batch=self.batch)
        if self.patch and self.patch != front.patch:
            front = front.with_patch(self.patch)
        return front

    @property
    def task(self) -> str:
        """The topic of a head or classifier: ``mood_happy``, ``voice_instrumental``, ``deam``…"""
        return self.name.partition("-")[0]

    @property
    def adds(self) -> tuple[str, ...]:
        """Names under which its results appear in the library."""
        from workbench.models.networks.flat_names import flat_names

        if self.problem:
            return ()
        if self.kind == "tempo":
            return ("tempo",)
        names = flat_names(self.task, self.classes)
        return ("embedding", *names) if self.kind == "embedding" else names

    def __repr__(self) -> str:
        return (
            f"Model {self.name}: {self.problem or f'{self.kind}, adds {len(self.adds)} values'}\n{self.path}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-serializable facts, as ``workbench models --json`` prints them."""
        return {
            "name": self.name,
            "path": self.path,
            "version": self.version,
            "kind": self.kind,
            "algorithm": self.algorithm,
            "embedding": self.embedding,
            "patches_per_track": self.patches_per_track,
            "classes": list(self.classes),
            "adds": list(self.adds),
            "sha256": self.sha256,
            "size_bytes": self.size_bytes,
            "known": self.known,
            "problem": self.problem,
        }


def saved_model_folder(model: ModelFile) -> Path | None:
    """Return the SavedModel beside an embedding's ``.pb``, if there is one that can be run."""
    folder = Path(model.path).with_name(f"{model.name}-savedmodel")
    runs = model.kind == "embedding" and model.algorithm in FRAME_ALGORITHMS
    return folder if runs and (folder / "saved_model.pb").is_file() else None
