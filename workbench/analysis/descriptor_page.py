"""DESCRIPTORS.md, the page that people read, from the tables that the code reads."""

from __future__ import annotations

from pathlib import Path

from workbench.analysis.descriptors import DESCRIPTORS, Descriptor
from workbench.analysis.features import HISTORY
from workbench.analysis.similarity import COMPOSITION


def to_markdown() -> str:
    """Return ``DESCRIPTORS.md``: the table, and what the similarity vector is made of."""
    lines = [
        "# Descriptors",
        "",
        "Made from `workbench/analysis/descriptors.py` by `python -m workbench.analysis.descriptor_page`.",
        "",
        "Numbers, words and profiles are null or empty where there is nothing to say: the key of noise, the tempo of a "
        "drone, anything of silence.",
        "",
        "| name | kind | unit | range | what it says | source |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{d.name}` | {d.kind} | {d.unit} | {_range(d)} | {d.meaning} | {d.source} |" for d in DESCRIPTORS
    ]
    lines += [
        "",
        "## The similarity vector",
        "",
        "Raw units, float32; standardized by the library at query time.",
        "",
        "| from | part | values; value when there is nothing to say |",
        "|---|---|---|",
    ]
    start = 0
    for part, length, contents in COMPOSITION:
        lines.append(f"| {start} | {part}, {length} | {contents} |")
        start += length
    lines += ["", "## Versions", ""]
    lines += [f"- {version}: {change}" for version, change in HISTORY.items()]
    return "\n".join(lines) + "\n"


def _range(descriptor: Descriptor) -> str:
    low, high = ("" if bound is None else f"{bound:g}" for bound in (descriptor.low, descriptor.high))
    return f"{low} … {high}".strip() if low or high else ""


if __name__ == "__main__":
    Path(__file__).with_name("DESCRIPTORS.md").write_text(to_markdown(), encoding="utf-8")
