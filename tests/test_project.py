"""The project's own promises: layers, style, types, notebooks, and one list of dependencies in two files."""

from __future__ import annotations

import ast
import functools
import graphlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from workbench import Workbench

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
CONDA_NAMES = {
    "duckdb": "python-duckdb",
    "nbconvert": "nbconvert-core",
    "soundfile": "pysoundfile",
    "xxhash": "python-xxhash",
    "dask": "dask-core",
    "matplotlib": "matplotlib-base",
    "soxr": "soxr-python",
    "prometheus-client": "prometheus_client",
}


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "ruff", "check", "."],
        [str(Path(sys.executable).with_name("lint-imports"))],
    ],
    ids=["ruff", "layers"],
)
def test_a_check_passes(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ci_checks_the_types() -> None:
    """Not a test of its own: without a cache it takes a minute."""
    assert "-m mypy\n" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_imports_go_in_no_circle_and_packages_are_at_most_nine_deep() -> None:
    """Imports for type checkers and inside functions count. Packages that import each other's wings are one step."""
    graph = grimp.build_graph("workbench", exclude_type_checking_imports=False)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    graphlib.TopologicalSorter(imports).prepare()  # CycleError names the modules

    def package(module: str) -> str:
        parent = module.rpartition(".")[0]
        return module if graph.find_children(module) or parent == "workbench" else parent

    modules = sorted(graph.modules - {"workbench", "workbench.__main__"})
    names = sorted({package(module) for module in modules})
    matrix = np.zeros((len(names), len(names)), bool)
    for module in modules:
        for imported in imports[module] - {"workbench"}:
            matrix[names.index(package(module)), names.index(package(imported))] = True
    _, group = connected_components(matrix, directed=True, connection="strong")
    below: dict[int, set[int]] = {int(number): set() for number in group}
    for above, under in zip(*np.nonzero(matrix), strict=True):
        below[int(group[above])] |= {int(group[under])} - {int(group[above])}
    depth: dict[int, int] = {}
    for number in graphlib.TopologicalSorter(below).static_order():
        depth[number] = 1 + max((depth[under] for under in below[number]), default=0)
    assert max(depth.values()) <= 9


def test_no_block_of_six_lines_stands_in_two_places() -> None:
    """Blank lines, imports and generated files do not count."""
    places: dict[tuple[str, ...], str] = {}
    twice = []
    for path in sorted((ROOT / "workbench").rglob("*")):
        if path.suffix not in {".py", ".pyi", ".js", ".css"}:
            continue
        text = path.read_text("utf-8")
        if text.startswith("# Written by"):
            continue
        lines = lines_that_count(text)
        for at in range(len(lines) - 5):
            place = f"{path.relative_to(ROOT)}:{lines[at][0]}"
            first = places.setdefault(tuple(line for _, line in lines[at : at + 6]), place)
            if first != place:
                twice.append(f"{first} = {place}")
    assert twice == []


def lines_that_count(text: str) -> list[tuple[int, str]]:
    """Return the lines with their numbers, but no blank lines and no imports."""
    found = []
    importing = False
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        starts = re.match(r"(from [\w.]+ import|import [\w.]+( as \w+)?$)", line) is not None
        if line and not (importing or starts):
            found.append((number, line))
        importing = (importing or (starts and line.endswith("("))) and ")" not in line
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_files_that_a_page_names_exist(page: Path) -> None:
    named = set(re.findall(r"`((?:[\w.-]+/)*[\w.-]+\.py)`", page.read_text("utf-8")))
    roots = (ROOT, ROOT / "workbench", ROOT / "tests" / "benchmarks")
    missing = [name for name in sorted(named) if not any((root / name).exists() for root in roots)]
    assert missing == []


def test_verbs_that_pages_and_notebooks_name_exist(tmp_path: Path) -> None:
    pages = {page: page.read_text("utf-8") for page in PAGES}
    notebooks = {
        path: "\n".join("".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"])
        for path in NOTEBOOKS
    }
    with Workbench(tmp_path) as wb:
        for place, text in (pages | notebooks).items():
            for verb in set(re.findall(r"\bwb((?:\.[a-z_]+)+)\(", text)):
                _, *above, last = verb.split(".")
                if f'"{last}"' not in text:  # a playlist method that the notebook itself registers
                    assert hasattr(functools.reduce(getattr, above, wb), last), (place, verb)


@pytest.mark.parametrize("script", sorted((ROOT / "tests" / "benchmarks").glob("*.py")), ids=lambda p: p.stem)
def test_what_a_benchmark_imports_from_the_package_exists(script: Path) -> None:
    """Nobody runs the benchmarks in the tests, so a renamed function would stay unnoticed."""
    for node in ast.walk(ast.parse(script.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "workbench":
            exec(ast.unparse(node), {})


@pytest.mark.parametrize("script", sorted((ROOT / "tests" / "benchmarks").glob("*.py")), ids=lambda p: p.stem)
def test_a_benchmark_finds_what_it_shares_with_the_tests(script: Path) -> None:
    """Python looks for modules beside a script only, and pytest in the folder above as well."""
    shared = {path.stem for path in (ROOT / "tests").glob("*.py")}
    added = False
    for node in ast.parse(script.read_text("utf-8")).body:
        added = added or "sys.path" in ast.unparse(node)
        if isinstance(node, ast.ImportFrom) and node.module in shared:
            assert added, f"{node.module} is in tests/, which is not in sys.path"


def test_environment_yml_asks_for_what_pyproject_asks_for() -> None:
    wanted = {}
    for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]:
        name, pins = re.fullmatch(r"([\w-]+)(?:\[[\w,]+\])?(.*)", line).groups()
        wanted[CONDA_NAMES.get(name, name)] = pins
    text = (ROOT / "environment.yml").read_text()
    listed = dict(re.findall(r"^ +- ([\w-]+) ?([<>=!][^\s]*)?$", text, re.MULTILINE))
    extra = {"python", "pip", "nodefaults", "conda-forge", "protobuf"}
    assert {name: pins for name, pins in listed.items() if name not in extra} == wanted
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert listed["python"] == project["requires-python"]
    [optional] = project["optional-dependencies"]["redis"]
    assert f"# - {optional.replace('redis', 'redis-py ')}\n" in text
    from_pip = text.partition("- pip:")[2]
    assert from_pip.rstrip().endswith("- ."), "the package itself comes from the clone"
    wheels = {
        "tensorflow",
        "essentia-tensorflow",
        "onnxruntime",
        "tf2onnx",
        "pysqlite3",
        "openapi-ui-bundles",
    }  # not to be had from conda-forge, or not together
    assert set(re.findall(r"^ +- ([a-z][\w-]+)", from_pip, re.MULTILINE)) == wheels | {"protobuf"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_clean_thin_and_titled(path: Path) -> None:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    first = "".join(cells[0]["source"])
    assert cells[0]["cell_type"] == "markdown" and re.match(r"# \w.*\n\n\w", first, re.DOTALL)
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert 0 < len(code) < 12
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert sum("parameters" in cell["metadata"].get("tags", []) for cell in cells) <= 1
    source = "\n".join("".join(cell["source"]) for cell in code)
    assert not re.search(r"\bSELECT\b|^\s*try:", source, re.MULTILINE)


def test_nothing_of_a_machine_or_registry_is_written_down() -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    forbidden = re.compile(
        "|".join(
            ["/work" + "/", "/root" + r"/(?!\.cache/pip)", "pypi" + r"\.org", "files\\.python" + "hosted"]
        )
    )
    found = [
        name
        for name in files
        if name.endswith((".py", ".md", ".toml", ".yml", ".ipynb", "run", ".html"))
        and forbidden.search((ROOT / name).read_text("utf-8"))
    ]
    assert found == []
