"""The elements of a page: headings, notes, problems, rows and columns, in the style of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

from workbench.apps.dashboards.widgets.static_file import style


def page(*children: widgets.Widget) -> widgets.VBox:
    """Return a page with the style of the workbench; everything that is shown must be inside one page."""
    sheet = widgets.HTML(f"<style>{style()}</style>")
    return classed(widgets.VBox([sheet, *children]), "pw-page")


def heading(text: str) -> widgets.HTML:
    return widgets.HTML(f"<h2>{escape(text)}</h2>")


def row(*children: widgets.Widget) -> widgets.HBox:
    """Return children side by side, wrapped if the page is narrow."""
    return classed(widgets.HBox(list(children)), "pw-row")


def panel(*children: widgets.Widget) -> widgets.VBox:
    """Return children on a surface with a border."""
    return classed(widgets.VBox(list(children)), "pw-panel")


def columns(*children: widgets.Widget) -> widgets.Box:
    """Return children in as many columns as fit."""
    return classed(widgets.Box(list(children)), "pw-columns")


def classed(widget: Any, name: str) -> Any:
    widget.add_class(name)
    return widget


def beside(side: widgets.Widget, main: widgets.Widget) -> widgets.Box:
    """Return a form and its result: side by side on a wide page, one below the other on a phone."""
    return classed(widgets.Box([side, main]), "pw-beside")


def halves(left: widgets.Widget, right: widgets.Widget) -> widgets.Box:
    """Return two views side by side, the left one a little wider; one below the other on a phone."""
    return classed(widgets.Box([left, right]), "pw-halves")


class Section(widgets.VBox):  # type: ignore[misc]
    """Children under a title that opens and closes them by mouse or keyboard."""

    def __init__(self, title: str, *children: widgets.Widget, open: bool = False) -> None:
        self._title = title
        self.head = widgets.ToggleButton(value=open, layout=widgets.Layout(width="100%"))
        self._body = widgets.VBox(list(children))
        super().__init__([classed(self.head, "pw-section-head"), self._body])
        self.add_class("pw-section")
        self.head.observe(lambda _: self._arrange(), "value")
        self._arrange()

    def _arrange(self) -> None:
        self.head.description = f"{'▾' if self.head.value else '▸'} {self._title}"
        self.head.tooltip = f"{'Close' if self.head.value else 'Open'} {self._title}"
        self._body.layout.display = "" if self.head.value else "none"


def section(title: str, *children: widgets.Widget, open: bool = False) -> Section:
    """Return children under a title that opens and closes them."""
    return Section(title, *children, open=open)


def note(text: str = "") -> widgets.HTML:
    return widgets.HTML(note_html(text))


def note_html(text: str) -> str:
    return f"<p class='pw-note' role='status'>{escape(text)}</p>" if text else ""


def problem_html(text: str) -> str:
    return f"<p class='pw-problem' role='alert'>{escape(text)}</p>" if text else ""


def empty_html(text: str) -> str:
    return f"<div class='pw-empty'>{escape(text)}</div>"


def facts_html(rows: Sequence[tuple[str, str]]) -> str:
    """Return a two-column table of names and values."""
    lines = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows
    )
    return f"<table class='pw-facts'>{lines}</table>"


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Sequence[int] = ()) -> str:
    """Return a table; ``numeric`` columns are aligned to the right."""
    kind = dict.fromkeys(numeric, " class='pw-number'")
    top = "".join(f"<th scope='col'{kind.get(i, '')}>{escape(name)}</th>" for i, name in enumerate(head))
    lines = "".join(
        "<tr>"
        + "".join(f"<td{kind.get(i, '')}>{escape(cell)}</td>" for i, cell in enumerate(cells))
        + "</tr>"
        for cells in rows
    )
    return f"<div style='overflow-x:auto'><table class='pw-facts'><tr>{top}</tr>{lines}</table></div>"


def scores_html(scores: Mapping[str, float | None], reasons: Mapping[str, str]) -> str:
    """Return scores of 0 to 100, by their names in the report, as tiles with a bar and the reasons of each score."""
    tiles = []
    for name, score in scores.items():
        title = name.removesuffix("_score").replace("_", " ").capitalize()
        shown = "<b class='pw-none'>—</b>" if score is None else f"<b>{score:.0f}</b>"
        bar = f"<div class='pw-bar'><i style='width:{score or 0:.0f}%'></i></div>"
        why = "nothing measured yet" if score is None else reasons.get(name, "mean of those that are known")
        tiles.append(f"<div class='pw-score'>{escape(title)}{shown}{bar}<small>{escape(why)}</small></div>")
    return f"<div class='pw-scores'>{''.join(tiles)}</div>"


def offer(choice: Any, options: Sequence[tuple[str, Any]]) -> None:
    """Replace the options of a selection widget; keep the chosen one if possible, otherwise choose the first."""
    if choice.options == tuple(options):
        return
    before = choice.value
    choice.options = tuple(options)
    values = [value for _, value in options]
    choice.value = before if before in values else next(iter(values), None)


def button(text: str, act: Any, *, tooltip: str = "", primary: bool = False) -> widgets.Button:
    """Return a button that calls ``act()``."""
    made = widgets.Button(
        description=text,
        tooltip=tooltip or text,
        button_style="primary" if primary else "",
        layout=widgets.Layout(width="auto"),
    )
    made.on_click(lambda _: act())
    return made
