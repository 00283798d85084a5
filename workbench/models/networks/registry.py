"""Find the models in ``MODELS_DIR``, read their JSON, and tell what each adds or why it cannot be used."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench.models.networks.graph_file import node_names
from workbench.models.networks.model_file import ModelFile
from workbench.models.networks.published import (
    EMBEDDING_FAMILIES,
    FRONTS,
    HEAD_ALGORITHM,
    LICENSE,
    PUBLISHED_SHA256,
    SOURCE,
    TEMPO_ALGORITHM,
)

logger = logging.getLogger(__name__)


class _Bad(ValueError):
    """A pair cannot be used; the message becomes ``ModelFile.problem``."""


def find_models(
    models_dir: Path | None, *, manifest: Mapping[str, str] = PUBLISHED_SHA256
) -> list[ModelFile]:
    """Return all models in a folder (``.pb`` or, for tempo, ``.onnx``, each with a ``.json``), also unusable ones.

    Parameters
    ----------
    models_dir : Path or None
        ``settings.models_dir``; a folder that does not exist has no models.
    manifest : mapping of stem to SHA-256
        A file with one of these names must have this hash.

    Returns
    -------
    list of ModelFile
        Models with a ``problem`` cannot be used, such as a head whose embedding is missing.
    """
    if models_dir is None or not models_dir.is_dir():
        return []
    stems = {path.stem for path in models_dir.iterdir() if path.suffix in (".pb", ".json") and path.is_file()}
    models = [_read(models_dir / f"{stem}.pb", manifest.get(stem)) for stem in sorted(stems)]
    embeddings = {family(model.name) for model in models if model.kind == "embedding" and not model.problem}
    return [_needing(model, embeddings) for model in models]


def usable_models(models_dir: Path | None) -> tuple[ModelFile, ...]:
    """Return the models that can describe a track, and log the problems of the others."""
    return tuple(model for model in _without_problem(models_dir) if model.kind != "tempo")


def models_that_listen(models_dir: Path | None) -> tuple[ModelFile, ...]:
    """Return the models that read a few patches of a file while it is analyzed, including the tempo model."""
    models = _without_problem(models_dir)
    tempo = [model for model in models if model.kind == "tempo"]
    return (*(model for model in models if model.patches_per_track), *tempo[:1])


def _without_problem(models_dir: Path | None) -> list[ModelFile]:
    models = find_models(models_dir)
    for model in models:
        if model.problem:
            logger.warning("model %s is not used: %s", model.name, model.problem)
    return [model for model in models if not model.problem]


def what_models_would_add(models_dir: Path | None) -> str:
    """Return a sentence about where models come from and what they add, for a library without models."""
    return (
        f"No models in {models_dir}. `workbench models get` fetches free ones that hear genres, instruments, voice "
        f"and mood. Essentia's published models would add more, such as valence and arousal: put .pb and .json "
        f"pairs from {SOURCE} there. Their license: {LICENSE}."
    )


def family(name: str) -> str:
    """Return an embedding's name without batch size and version: ``discogs-effnet-bs64-1`` → ``discogs-effnet``."""
    return re.sub(r"(-bs\w+)?(-\d+)?$", "", name)


def _read(path: Path, sha256: str | None) -> ModelFile:
    try:
        return _describe(path, sha256)
    except _Bad as problem:
        return ModelFile(name=path.stem, path=str(path), problem=str(problem))


def _describe(path: Path, published: str | None) -> ModelFile:
    metadata = _metadata(path)
    algorithm = _mapping(metadata, "inference").get("algorithm")
    if algorithm == TEMPO_ALGORITHM:
        path = path.with_suffix(".onnx")
    if not path.exists():
        raise _Bad(f"{path.name} is missing beside its .json; put it there.")
    stat = path.stat()
    if not stat.st_size:
        raise _Bad(f"{path.name} is empty; fetch it again.")
    sha256 = _sha256(str(path), stat.st_size, stat.st_mtime_ns)
    _check_files(path, metadata)
    if algorithm == TEMPO_ALGORITHM:
        facts: dict[str, Any] = {"kind": "tempo", "algorithm": algorithm}
    else:
        facts = _facts(path.stem, metadata)
        _check_nodes(path, facts)
    if published is not None and sha256 != published:
        raise _Bad(
            f"{path.name} is not the file that Essentia publishes under this name (SHA-256 {sha256[:12]}… where "
            f"{published[:12]}… is known); fetch it again, or give your own model another name."
        )
    return ModelFile(
        name=path.stem,
        path=str(path),
        version=str(metadata.get("version", "")),
        sha256=sha256,
        size_bytes=stat.st_size,
        known=published is not None or "files" in metadata,
        **facts,
    )


def _check_files(path: Path, metadata: dict[str, Any]) -> None:
    """Compare files with the hashes in the description that `workbench models get` wrote."""
    for name, expected in _mapping(metadata, "files").items():
        file = path.with_name(name)
        if not file.exists():
            raise _Bad(f"{name} is missing; run `workbench models get`.")
        stat = file.stat()
        if _sha256(str(file), stat.st_size, stat.st_mtime_ns) != expected:
            raise _Bad(f"{name} is damaged; run `workbench models get`.")


def _check_nodes(path: Path, facts: dict[str, Any]) -> None:
    try:
        names = node_names(path)
    except (OSError, ValueError) as error:
        raise _Bad(f"{path.name} is damaged or no frozen graph: {error}; fetch it again.") from error
    for node in filter(None, (facts["input_node"], facts["output_node"], facts.get("tags_node"))):
        if node.partition(":")[0] not in names:
            raise _Bad(f"{path.name} has no node {node}, which its .json names; fetch both files again.")


def _metadata(path: Path) -> dict[str, Any]:
    sidecar = path.with_suffix(".json")
    if not sidecar.exists():
        raise _Bad(f"{sidecar.name} is missing; put the .json that is published with the model beside it.")
    try:
        metadata = json.loads(sidecar.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _Bad(f"{sidecar.name} cannot be read ({error}); fetch it again.") from error
    if not isinstance(metadata, dict):
        raise _Bad(f"{sidecar.name} is not a description of a model; fetch it again.")
    return metadata


def _facts(stem: str, metadata: dict[str, Any]) -> dict[str, Any]:
    """Read kind, algorithm, nodes and classes from the JSON, and check that the model can be run."""
    inference = _mapping(metadata, "inference")
    algorithm = str(inference.get("algorithm") or _algorithm_by_name(stem, metadata))
    rate = inference.get("sample_rate", 16_000)
    if rate != 16_000:
        raise _Bad(f"{stem}.json wants audio at {rate} Hz; only models for 16 kHz are supported.")
    if algorithm == HEAD_ALGORITHM:
        return _head_facts(stem, metadata, inference)
    if algorithm not in FRONTS:
        allowed = ", ".join([*FRONTS, HEAD_ALGORITHM])
        raise _Bad(f"{stem}.json asks for {algorithm or 'no algorithm'}; supported: {allowed}.")
    node = _node(stem, metadata, "inputs")
    front = FRONTS[algorithm]
    shape = [size for size in node.get("shape", []) if isinstance(size, int) and size > 0]
    patch = shape[-2] if len(shape) >= 2 and algorithm == "TensorflowPredictMAEST" else front.patch
    if len(shape) >= 2 and shape[-2:] != [patch, front.bands]:
        raise _Bad(
            f"{stem}.json says that the input has shape {shape[-2:]}; {algorithm} gives "
            f"{[front.patch, front.bands]}."
        )
    embedding = _embedding(metadata)
    purpose = "embeddings" if embedding else "predictions"
    output = embedding or _output(metadata, "predictions") or _node(stem, metadata, "outputs")
    patches = inference.get("patches_per_track")
    tags = _output(metadata, "predictions") if embedding and patches else None
    return {
        "kind": "embedding" if purpose == "embeddings" else "classifier",
        "algorithm": algorithm,
        "patches_per_track": _patches(stem, algorithm, patches, tags),
        "tags_node": tags["name"] if tags else "",
        "input_node": node["name"],
        "output_node": output["name"],
        "dimensions": _last_dimension(output),
        "patch": patch,
        "batch": shape[0] if len(shape) == 3 else None,
        "classes": _classes(stem, metadata, tags or output) if tags or purpose == "predictions" else (),
    }


def _patches(stem: str, algorithm: str, patches: Any, tags: dict[str, Any] | None) -> int | None:
    if patches is None:
        return None
    if not isinstance(patches, int) or patches < 1 or tags is None or algorithm != "TensorflowPredictMusiCNN":
        raise _Bad(
            f"{stem}.json has patches_per_track, which only models of MusiCNN with an embedding and predictions may "
            "have, as a whole number from 1."
        )
    return patches


def _head_facts(stem: str, metadata: dict[str, Any], inference: dict[str, Any]) -> dict[str, Any]:
    output = _output(metadata, "predictions") or _node(stem, metadata, "outputs")
    named = _mapping(inference, "embedding_model").get("model_name")
    embedding = family(str(named)) if named else stem.partition("-")[2].rpartition("-")[0]
    if "maest" in embedding:
        raise _Bad(f"{stem} reads every token of MAEST, which is not supported; MAEST's embedding itself is.")
    return {
        "kind": "head",
        "algorithm": HEAD_ALGORITHM,
        "input_node": _node(stem, metadata, "inputs")["name"],
        "output_node": output["name"],
        "embedding": embedding,
        "dimensions": _last_dimension(output),
        "classes": _classes(stem, metadata, output),
    }


def _algorithm_by_name(stem: str, metadata: dict[str, Any]) -> str:
    inputs = _mapping(metadata, "schema").get("inputs") or [{}]
    if len(inputs[0].get("shape", [])) == 1:
        return HEAD_ALGORITHM
    return next((algorithm for name, algorithm in EMBEDDING_FAMILIES if name in stem), "")


def _mapping(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _outputs(metadata: dict[str, Any], purpose: str) -> list[dict[str, Any]]:
    outputs = _mapping(metadata, "schema").get("outputs") or []
    return [
        node
        for node in outputs
        if isinstance(node, dict) and node.get("output_purpose") == purpose and node.get("name")
    ]


def _output(metadata: dict[str, Any], purpose: str) -> dict[str, Any] | None:
    return next(iter(_outputs(metadata, purpose)), None)


def _embedding(metadata: dict[str, Any]) -> dict[str, Any] | None:
    """Return the output that is the embedding; for a transformer, its seventh layer, as in Essentia's examples."""
    layers = _outputs(metadata, "embeddings")
    seventh = [node for node in layers if re.search(r"[:_]7$", node["name"])]
    return next(iter(seventh or layers), None)


def _node(stem: str, metadata: dict[str, Any], side: str) -> dict[str, Any]:
    nodes = _mapping(metadata, "schema").get(side)
    if not (isinstance(nodes, list) and nodes and isinstance(nodes[0], dict) and nodes[0].get("name")):
        raise _Bad(f"{stem}.json names no {side} in its schema; fetch it again.")
    return dict(nodes[0])


def _last_dimension(node: dict[str, Any]) -> int | None:
    shape = node.get("shape") or []
    return shape[-1] if shape and isinstance(shape[-1], int) else None


def _classes(stem: str, metadata: dict[str, Any], output: dict[str, Any]) -> tuple[str, ...]:
    classes = tuple(str(name) for name in metadata.get("classes") or ())
    if not classes:
        raise _Bad(f"{stem}.json names no classes; fetch it again.")
    if (size := _last_dimension(output)) is not None and size != len(classes):
        raise _Bad(f"{stem}.json names {len(classes)} classes for {size} outputs; fetch it again.")
    return classes


def _needing(model: ModelFile, embeddings: set[str]) -> ModelFile:
    if model.problem or model.kind != "head" or model.embedding in embeddings:
        return model
    return ModelFile(
        name=model.name,
        path=model.path,
        kind="head",
        embedding=model.embedding,
        problem=f"it reads the embedding {model.embedding}, which is not there; put that model beside it.",
    )


@lru_cache(maxsize=256)
def _sha256(path: str, size_bytes: int, mtime_ns: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
