"""``workbench models get``: what a user sees with an index, without one, twice, and with a bad wheel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from workbench.errors import ModelError
from workbench.models.fetching.get import get_networks, is_whole
from workbench.models.fetching.manifest import NETWORKS
from workbench.models.networks.registry import find_models, models_that_listen, usable_models


def get(models_dir: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workbench", "models", "get", *arguments]
    settings = {
        "WORKBENCH_MODELS_DIR": str(models_dir),
        "WORKBENCH_DATA_DIR": str(models_dir.parent / "data"),
    }
    return subprocess.run(
        command, env=os.environ | settings | environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def folder(free_models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(free_models, tmp_path / "models"))


def test_what_was_fetched_is_whole_and_says_what_it_is(free_models: Path) -> None:
    found = {model.name: model for model in find_models(free_models)}
    assert found.keys() == {network.name for network in NETWORKS}
    assert not [model.problem for model in found.values() if model.problem]
    assert all(model.known for model in found.values())
    msd, mtt = found["msd-musicnn-free-1"], found["mtt-musicnn-free-1"]
    assert (msd.kind, msd.patches_per_track, len(msd.classes), msd.dimensions) == ("embedding", 8, 50, 200)
    assert "jazz" in msd.classes and "piano" in mtt.classes
    assert found["deeptemp-k4-tempocnn-free-1"].kind == "tempo"
    about = json.loads((free_models / "msd-musicnn-free-1.json").read_text())
    assert about["license"] == "ISC" and "musicnn" in about["source"]
    assert {model.name for model in usable_models(free_models)} == {msd.name, mtt.name}
    listening = models_that_listen(free_models)
    assert listening[:-1] == usable_models(free_models) and listening[-1].kind == "tempo"


def test_a_second_time_nothing_is_fetched_even_without_an_index(folder: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    ran = get(folder, PIP_NO_INDEX="1")
    assert ran.returncode == 0 and ran.stdout.count("was there already") == len(NETWORKS)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_without_an_index_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    ran = get(tmp_path / "models", PIP_NO_INDEX="1")
    assert ran.returncode == 1 and "Traceback" not in ran.stderr
    assert "pip could not fetch musicnn==0.1.0" in ran.stderr and "--wheel FILE" in ran.stderr
    assert list((tmp_path / "models").iterdir()) == []


def test_a_damaged_file_is_a_problem_until_it_is_fetched_again(folder: Path) -> None:
    """That fetching mends it is what ``free_models`` begins with: a conversion takes half a minute."""
    onnx = folder / "msd-musicnn-free-1.onnx"
    onnx.write_bytes(onnx.read_bytes()[:-1000])
    (model,) = (model for model in find_models(folder) if model.name == "msd-musicnn-free-1")
    assert model.problem == "msd-musicnn-free-1.onnx is damaged; run `workbench models get`."
    assert not is_whole(next(network for network in NETWORKS if network.name == model.name), folder)


def test_a_wheel_that_is_not_the_known_one_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "musicnn-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("musicnn/MSD_musicnn/.meta", "not a graph")
    ran = get(tmp_path / "models", "--wheel", str(wheel))
    assert ran.returncode == 1 and "is not the known wheel of musicnn==0.1.0" in ran.stderr
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize(
    ("names", "wheel", "said"),
    [
        (["jazznet"], None, "no free network 'jazznet'"),
        ([], "gone-1.whl", "is not a wheel of musicnn or tempocnn"),
        ([], "musicnn-9.whl", "cannot be read: No such file"),
    ],
)
def test_networks_that_cannot_be_fetched_are_reported(
    tmp_path: Path, names: list[str], wheel: str | None, said: str
) -> None:
    with pytest.raises(ModelError, match=said):
        get_networks(names, models_dir=tmp_path / "models", wheel=tmp_path / wheel if wheel else None)
