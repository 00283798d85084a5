"""Convert a notebook that was run to one HTML page with text, tables and drawings, without code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parent / "templates"
# The types of outputs that a page can show, best first. Widgets need a kernel.
_SHOWN = ["text/html", "image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/plain"]
HINT = "not-in-file"
"""The tag of cells that are left out of pages."""

_NO_ALT = "No description has been provided for this image"  # nbconvert writes this for every plot
_WIDGET = "application/vnd.jupyter.widget-view+json"


def html_page(notebook: Any) -> str:
    """Return the page.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        A notebook with outputs. The heading of its first cell is the title.
    """
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    from workbench.apps.dashboards.widgets.static_file import FOLDER

    config = Config()
    config.NbConvertBase.display_data_priority = _SHOWN
    exporter: Any = HTMLExporter(  # type: ignore[no-untyped-call]
        config=config,
        template_name="report",
        extra_template_basedirs=[str(TEMPLATES)],
        extra_template_paths=[str(FOLDER)],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    page, _ = exporter.from_notebook_node(_for_readers(notebook))
    return str(page).replace(_NO_ALT, "Plot")


def _for_readers(notebook: Any) -> Any:
    """Remove hints for the notebook only, progress bars, and standard error."""
    notebook.cells = [cell for cell in notebook.cells if HINT not in cell.metadata.get("tags", ())]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if _is_for_readers(output)]
    notebook.metadata["title"] = _title(notebook)
    return notebook


def _is_for_readers(output: Any) -> bool:
    if output.output_type == "stream":
        return bool(output.name == "stdout")
    return _WIDGET not in output.get("data", {})


def _title(notebook: Any) -> str:
    """Return the heading of the first Markdown cell."""
    text = next((cell.source for cell in notebook.cells if cell.cell_type == "markdown"), "")
    return str(text).strip().partition("\n")[0].lstrip("# ")
