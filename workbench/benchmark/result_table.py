"""Write the result of a benchmark as a table in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.readable import measured

HEAD = "| | before | after | better | target | met | n |\n|---|---:|---:|---:|---:|---|---:|"


def markdown(result: Mapping[str, Any]) -> str:
    """Return the table. A cell has the median, and the lowest and highest value."""
    measurements = {
        name: measurement for name, measurement in result["figures"].items() if measurement is not None
    }
    unmeasured = [name for name, measurement in result["figures"].items() if measurement is None]
    lines = [HEAD, *(_row(measurement) for measurement in measurements.values()), "", _machine(result)]
    if unmeasured:
        lines.append(f"Not measured here: {', '.join(unmeasured)}.")
    hows = [
        f"- {measurement['title']}: {measurement['how']['before']} → {measurement['how']['after']}"
        for measurement in measurements.values()
    ]
    return "\n".join([*lines, "", "Before → after:", "", *hows])


def _row(measurement: Mapping[str, Any]) -> str:
    met = {None: "", True: "yes", False: "**no**"}[measurement["met"]]
    cells = [
        measurement["title"],
        _cell(measurement, "before"),
        _cell(measurement, "after"),
        _times(measurement["ratio"]),
    ]
    return f"| {' | '.join(cells)} | {measurement['target']} | {met} | {measurement['samples']} |"


def _times(ratio: float | None) -> str:
    if ratio is None:
        return "—"
    return f"{ratio:.2g}×" if ratio < 10 else f"{ratio:,.0f}×"


def _cell(measurement: Mapping[str, Any], side: str) -> str:
    low, high = measurement["spread"][side]
    spread = "" if low == high else f" ({measured(low)}–{measured(high)})"
    return f"{measured(measurement[side])} {measurement['unit']}".rstrip() + spread


def _machine(result: Mapping[str, Any]) -> str:
    machine, audio = result["machine"], result["audio"]
    plural = "" if audio["tracks"] == 1 else "s"
    return (
        f"{audio['tracks']} track{plural}, {audio['seconds'] / 60:.1f} min of audio; {machine['processor']}, "
        f"{machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, Python {machine['python']}, "
        f"load {machine['load_at_end']}; {'quick' if result['quick'] else 'full'} run of {result['seconds']:.0f} s."
    )
