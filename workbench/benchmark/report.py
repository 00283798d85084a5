"""A benchmark's result as a table in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HEAD = "| | before | after | better | target | met | n |\n|---|---:|---:|---:|---:|---|---:|"


def markdown(result: Mapping[str, Any]) -> str:
    """Return the table; a cell has the median, then lowest–highest."""
    figures = {name: figure for name, figure in result["figures"].items() if figure is not None}
    unmeasured = [name for name, figure in result["figures"].items() if figure is None]
    lines = [HEAD, *(_row(figure) for figure in figures.values()), "", _machine(result)]
    if unmeasured:
        lines.append(f"Not measured here: {', '.join(unmeasured)}.")
    hows = [
        f"- {figure['title']}: {figure['how']['before']} → {figure['how']['after']}"
        for figure in figures.values()
    ]
    return "\n".join([*lines, "", "Before → after:", "", *hows])


def _row(figure: Mapping[str, Any]) -> str:
    met = {None: "", True: "yes", False: "**no**"}[figure["met"]]
    cells = [figure["title"], _cell(figure, "before"), _cell(figure, "after"), _times(figure["ratio"])]
    return f"| {' | '.join(cells)} | {figure['target']} | {met} | {figure['samples']} |"


def _times(ratio: float | None) -> str:
    if ratio is None:
        return "—"
    return f"{ratio:.2g}×" if ratio < 10 else f"{ratio:,.0f}×"


def _cell(figure: Mapping[str, Any], side: str) -> str:
    low, high = figure["spread"][side]
    spread = "" if low == high else f" ({number(low)}–{number(high)})"
    return f"{number(figure[side])} {figure['unit']}".rstrip() + spread


def number(value: float) -> str:
    """Return three figures, without an exponent."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2g}" if abs(value) < 0.01 else f"{value:.3g}"


def _machine(result: Mapping[str, Any]) -> str:
    machine, audio = result["machine"], result["audio"]
    plural = "" if audio["tracks"] == 1 else "s"
    return (
        f"{audio['tracks']} track{plural}, {audio['seconds'] / 60:.1f} min of audio; {machine['processor']}, "
        f"{machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, Python {machine['python']}, "
        f"load {machine['load_at_end']}; {'quick' if result['quick'] else 'full'} run of {result['seconds']:.0f} s."
    )
