"""Write DESCRIPTORS.md, the page that people read, from the tables that the code uses."""

from __future__ import annotations

from pathlib import Path

from workbench.analysis.descriptors import DESCRIPTORS, Descriptor
from workbench.analysis.features import HISTORY
from workbench.analysis.sound_vector import COMPOSITION


def to_markdown() -> str:
    """Return ``DESCRIPTORS.md``: the table of descriptors, the parts of the sound vector, the versions."""
    lines = [
        "# Descriptors",
        "",
        "Made from `workbench/analysis/descriptors.py` by `python -m workbench.analysis.descriptor_page`.",
        "",
        "A descriptor is null, or empty if it is a list, where the audio has no such value: noise has no key, a drone "
        "has no tempo, and silence has neither.",
        "",
        *_table([d for d in DESCRIPTORS if not d.cost]),
        "",
        "## Extended",
        "",
        "Essentia computes these with the setting `DESCRIPTORS=extended`; they are null otherwise. Costs are CPU time "
        "on one core. Some read the whole track, others one minute of it.",
        "",
        *_table([d for d in DESCRIPTORS if d.cost]),
    ]
    lines += [
        "",
        "## The sound vector",
        "",
        "float32 values in raw units. A query standardizes them with the statistics of the library.",
        "",
        "| first index | part, length | values; the value used where a descriptor is missing |",
        "|---|---|---|",
    ]
    start = 0
    for part, length, contents in COMPOSITION:
        lines.append(f"| {start} | {part}, {length} | {contents} |")
        start += length
    lines += ["", "## Versions", ""]
    lines += [f"- {version}: {change}" for version, change in HISTORY.items()]
    return "\n".join(lines) + "\n"


def _table(descriptors: list[Descriptor]) -> list[str]:
    costs = any(d.cost for d in descriptors)
    heads = ["name", "kind", "unit", "range", "meaning", "source", *(["cost"] if costs else [])]
    rows = [
        [f"`{d.name}`", d.kind, d.unit, _range(d), d.meaning, d.source, *([d.cost] if costs else [])]
        for d in descriptors
    ]
    return [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows)]


def _range(descriptor: Descriptor) -> str:
    low, high = ("" if bound is None else f"{bound:g}" for bound in (descriptor.low, descriptor.high))
    return f"{low} … {high}".strip() if low or high else ""


if __name__ == "__main__":
    Path(__file__).with_name("DESCRIPTORS.md").write_text(to_markdown(), encoding="utf-8")
