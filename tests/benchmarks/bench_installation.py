"""Measure what the installed packages weigh, and which direct dependency brings what.

    python tests/benchmarks/bench_installation.py

It reads what pip recorded; packages of the extra ``test`` do not count. *With* is what would go if this
dependency went: the packages that nothing else needs.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE = "playlist-workbench"


def main() -> None:
    direct = needed_by(PACKAGE)
    everything = closure(direct)
    weights = {name: size_mb(name) for name in everything}
    rows = []
    for name in direct:
        gone = everything - closure(direct - {name})
        rows.append((sum(weights[each] for each in gone), weights[name], name, len(gone)))
    print(f"{len(everything)} packages, {sum(weights.values()):,.0f} MB\n")
    print(f"{'dependency':24} {'MB':>8} {'with':>8} {'packages':>9}")
    for together, own, name, count in sorted(rows, reverse=True):
        print(f"{name:24} {own:8.1f} {together:8.1f} {count:9}")
    shared = sorted(((weights[name], name) for name in everything - direct), reverse=True)[:12]
    print("\nindirect: " + ", ".join(f"{name} {mb:.0f}" for mb, name in shared))


def needed_by(name: str) -> set[str]:
    """Return what a distribution requires here, without extras."""
    try:
        requirements = map(Requirement, distribution(name).requires or ())
    except PackageNotFoundError:
        return set()
    return {
        canonicalize_name(requirement.name)
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    }


def closure(names: set[str]) -> set[str]:
    found: set[str] = set()
    todo = list(names)
    while todo:
        if (name := todo.pop()) not in found:
            found.add(name)
            todo += needed_by(name)
    return found


def size_mb(name: str) -> float:
    """Return what a distribution takes on the disk; 0 if it is not installed."""
    try:
        files = distribution(name).files or ()
    except PackageNotFoundError:
        return 0.0
    paths = (Path(str(file.locate())) for file in files)
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


if __name__ == "__main__":
    main()
