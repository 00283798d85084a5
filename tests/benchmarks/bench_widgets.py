"""Our widgets beside kept libraries in their place: `python bench_widgets.py [ROWS] [NAME ...]` (100,000; all).

Wants `pip install bqplot ipydatagrid itables jupyter-scatter plotly`. Each widget is one notebook on our server, with
its kernel preheated. Chromium opens it three times in one profile; the third visit is measured, from the start of the
navigation to the second frame after the widget is there. Processor time is that of server, kernels and browser.
`docs/decisions.md` has the figures and what they decided.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from bench_dashboards import NOTE_PAINT, person, timed, wait_until_quiet
from make_screenshots import server

EXTENSIONS = ("bqplot", "bqscales", "ipydatagrid", "jupyterlab-plotly", "jupyter-scatter")
TABLE = """
import numpy as np, pandas as pd
rng = np.random.default_rng(1)
names = np.array([f"Night {i}" for i in range(ROWS)], object)
values = {"title": names, "artist": names[::-1], "bpm": rng.normal(120, 20, ROWS), "lufs": rng.normal(-12, 3, ROWS)}
"""
POINTS = """
import numpy as np, pandas as pd
rng = np.random.default_rng(1)
places, groups = rng.normal(0, 1, (ROWS, 2)).astype(np.float32), rng.integers(0, 8, ROWS)
"""
LINES = """
import numpy as np
x = np.arange(150.0)
lines = np.cumsum(np.random.default_rng(1).normal(0, 1, (8, 3, 150)), axis=2)
"""
# name: what is there when it is painted, and the code that shows it. `line` tells what Python knows is selected.
WIDGETS = {
    "table: ours": (
        ".pw-grid [role=row][aria-rowindex='2']",
        TABLE
        + """
from workbench.apps.dashboards.widgets.grid import Grid, GridColumn
shown = Grid([GridColumn(name, name) for name in values], label="tracks")
shown.fill(np.arange(ROWS), values)
shown.observe(lambda change: tell(change["new"]), "selected")
""",
    ),
    "table: ipydatagrid": (
        ".lm-DataGrid canvas",
        TABLE
        + """
from ipydatagrid import DataGrid
shown = DataGrid(pd.DataFrame(values), selection_mode="row", layout={"height": "420px"})
shown.observe(lambda change: tell(change["new"]), "selections")
""",
    ),
    "table: itables": (
        "table.dataTable tbody tr",
        TABLE
        + """
from itables.widget import ITable
shown = ITable(pd.DataFrame(values), maxBytes=0, select=True, scrollY="360px", scroller=True)
shown.observe(lambda change: tell(change["new"]), "selected_rows")
""",
    ),
    "map: ours": (
        ".pw-field[data-drawn]",
        POINTS
        + """
from workbench.apps.dashboards.widgets.scatter import Scatter
from workbench.plots.coloring import by_category
shown = Scatter(label="map", empty="", describe=str, on_open=tell, on_select=lambda found: tell(len(found)))
shown.place(places, by_category(groups.tolist()), axes="")
""",
    ),
    "map: jupyter-scatter": (
        "canvas",
        POINTS
        + """
import jscatter
frame = pd.DataFrame({"x": places[:, 0], "y": places[:, 1], "group": groups.astype(str)})
scatter = jscatter.Scatter(data=frame, x="x", y="y", color_by="group", height=420)
scatter.widget.observe(lambda change: tell(len(change["new"])), "selection")
shown = scatter.show()
""",
    ),
    "8 charts: ours": (
        ".pw-chart path",
        LINES
        + """
from workbench.apps.dashboards.widgets.chart import Chart
charts = [Chart("a", "x", "y") for _ in lines]
for chart, each in zip(charts, lines): chart.draw(x, {str(i): line for i, line in enumerate(each)})
shown = widgets.VBox(charts)
""",
    ),
    "8 charts: bqplot": (
        ".bqplot path.line",
        LINES
        + """
from bqplot import pyplot
def drawn(each):
    figure = pyplot.figure(title="a", layout={"height": "190px", "width": "100%"})
    pyplot.plot(x, each)
    return figure
shown = widgets.VBox([drawn(each) for each in lines])
""",
    ),
    "8 charts: plotly": (
        ".js-plotly-plot .scatterlayer path",
        LINES
        + """
import plotly.graph_objects as go
shown = widgets.VBox([go.FigureWidget([go.Scatter(x=x, y=line) for line in each], {"height": 190}) for each in lines])
""",
    ),
}
START = """
import ipywidgets as widgets
line = widgets.Label()
def tell(value): line.value = "selected " + str(value)[:60]
"""
END = "\nwidgets.VBox([shown, line])"
ROLES = "[role=row], [role=grid], [role=application], svg[aria-label]"  # what a screen reader meets
BRIGHTNESS_DARK = 0.4  # of 1: a page that has stayed light is over 0.8


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    names = sys.argv[2:] or list(WIDGETS)
    print(f"{rows:,} rows or points; load {psutil.getloadavg()[0]:.1f} on {psutil.cpu_count()} cores")
    head = (
        "widget",
        "paint",
        "processor",
        "sent",
        "scripts",
        "dark",
        "phone",
        "keyboard",
        "roles",
        "outside",
    )
    print("| " + " | ".join(head) + " |")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            selector, code = WIDGETS[name]
            write_notebook(Path(folder) / "apps", START + code.replace("ROWS", str(rows)) + END)
            try:
                with served(Path(folder)) as url, person() as browser:
                    measured = measure(browser, url, selector)
            except Exception as error:  # noqa: BLE001 - one that fails is a row of the table; the rest go on
                measured = [f"did not draw: {str(error).splitlines()[0][:90]}"]
            print("| " + " | ".join([name, *measured]) + " |", flush=True)


def measure(browser: Any, url: str, selector: str) -> list[str]:
    address = f"{url}voila/render/widget.ipynb"
    scripts = visit(browser, address, selector).sizes
    wait_until_quiet()
    visit(browser, address, selector)
    wait_until_quiet()
    found, (_, processor_s) = timed(lambda: visit(browser, address, selector, keep=True))
    keyboard = keyboard_works(found.page, selector)
    roles = found.page.evaluate(f"document.querySelectorAll({json.dumps(ROLES)}).length")
    found.page.close()
    wait_until_quiet()
    dark, too_wide = on_a_dark_phone(browser, address, selector)
    return [
        f"{found.painted_s:.2f} s",
        f"{processor_s:.2f} s",
        f"{found.sent / 1e6:.2f} MB",
        f"{scripts / 1e6:.2f} MB",
        f"{'yes' if dark < BRIGHTNESS_DARK else 'no'} ({dark:.2f})",
        f"{'fits' if too_wide <= 0 else f'{too_wide} px too wide'}",
        keyboard,
        str(roles),
        str(len(found.outside)),
    ]


class Visit:
    """One visit to a page: what it took, and what was sent to it."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.page = browser.new_page(**options)
        self.page.set_default_timeout(90_000)
        self.sent = self.sizes = 0
        self.outside: list[str] = []
        self.painted_s = 0.0
        session = self.page.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.on("Network.webSocketFrameReceived", self._add_frame)
        session.on("Network.loadingFinished", self._add_file)
        self.page.on("request", self._look)

    def _add_frame(self, event: Any) -> None:
        self.sent += len(event["response"]["payloadData"])

    def _add_file(self, event: Any) -> None:
        self.sizes += int(event["encodedDataLength"])

    def _look(self, request: Any) -> None:
        if not re.match(r"(http|ws)://127\.0\.0\.1|data:|blob:", request.url):
            self.outside.append(request.url)


def visit(browser: Any, address: str, selector: str, *, keep: bool = False) -> Visit:
    found = Visit(browser)
    found.page.add_init_script(NOTE_PAINT % json.dumps(selector))
    found.page.goto(address, wait_until="commit")
    found.page.wait_for_function("window.paintedAt")
    found.painted_s = found.page.evaluate("window.paintedAt") / 1000
    if not keep:
        found.page.wait_for_timeout(1000)
        found.page.close()
    return found


def keyboard_works(page: Any, selector: str) -> str:
    """Say whether arrow keys, Space and Enter on the focused widget reach Python as a selection."""
    page.locator(selector).first.click(
        position={"x": 30, "y": 60} if "canvas" in selector else None, force=True
    )
    page.wait_for_timeout(1500)
    before = page.evaluate("document.body.innerText.match(/selected .*/)?.[0] || ''")
    for key in ("ArrowDown", "ArrowDown", "Enter", "Space"):
        page.keyboard.press(key)
        page.wait_for_timeout(400)
    after = page.evaluate("document.body.innerText.match(/selected .*/)?.[0] || ''")
    return "yes" if after != before else f"no ({'click selects' if before else 'nothing selected'})"


def on_a_dark_phone(browser: Any, address: str, selector: str) -> tuple[float, int]:
    """Return how bright the widget is where the system asks for dark pages, 0 to 1, and by how many pixels the page is
    wider than a phone's screen."""
    import io

    from PIL import Image

    found = Visit(browser)
    found.page.emulate_media(color_scheme="dark")
    found.page.set_viewport_size({"width": 390, "height": 844})
    found.page.goto(address)
    found.page.wait_for_selector(selector, state="attached")
    found.page.wait_for_timeout(2000)
    area = found.page.locator(selector).first.evaluate(
        "(node) => { const b = (node.closest('.pw-chart, .bqplot, .js-plotly-plot, .pw-grid, table') || node)"
        ".getBoundingClientRect(); return { x: b.x, y: b.y, width: b.width, height: Math.min(b.height, 400) }; }"
    )
    picture = Image.open(io.BytesIO(found.page.screenshot(clip=area))).convert("L")
    wide = found.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found.page.close()
    return float(np.asarray(picture).mean() / 255), int(wide)


def write_notebook(folder: Path, code: str) -> None:
    import nbformat

    folder.mkdir()
    book: Any = nbformat.v4
    cells = [book.new_markdown_cell("# Widget"), book.new_code_cell(code)]
    nbformat.write(book.new_notebook(cells=cells), folder / "widget.ipynb")


def served(folder: Path) -> AbstractContextManager[str]:
    return server([sys.executable, __file__, "--serve", str(folder)], os.environ)


def serve_with_extensions(folder: Path) -> None:
    """Serve the notebooks of a folder as our server does, with the extensions of the libraries allowed too."""
    from workbench.apps.server.serve import serve
    from workbench.apps.voila import page_files, voila_app
    from workbench.settings import Settings

    page_files.EXTENSIONS = voila_app.EXTENSIONS = (*page_files.EXTENSIONS, *EXTENSIONS)
    serve(Settings(data_dir=folder / "data", port=0), apps=folder / "apps")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve_with_extensions(Path(sys.argv[2]))
    else:
        main()
