"""Run a report: papermill sets the parameters and runs the notebook, nbconvert converts it to a page."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.apps.notebooks import notebook_files
from workbench.apps.reports.page import html_page
from workbench.apps.reports.pdf import browser, print_pdf
from workbench.errors import ReportError
from workbench.machine.run_folder import TemporaryFolder
from workbench.notebook_parameters import refuse_unknown
from workbench.user_paths import expand_home
from workbench.values import did_you_mean
from workbench.whole_file import whole_file

_SUFFIX = "_report"
# Drawings as SVG. A kernel would also warn about its ports, which only this machine can reach.
_KERNEL_OPTIONS = ["--InlineBackend.figure_formats={'svg'}", "--log-level=CRITICAL"]


def report_names() -> list[str]:
    """Return the names of the shipped reports."""
    return [path.stem.removesuffix(_SUFFIX) for path in notebook_files() if path.stem.endswith(_SUFFIX)]


def find_notebook(name: str) -> Path:
    """Return the notebook of a report by a name such as ``library``, the name of a shipped notebook, or a path.

    Raises
    ------
    ReportError
        There is no such report.
    """
    own = expand_home(name)
    if own.suffix == ".ipynb" and own.is_file():
        return own
    shipped = {path.stem: path for path in notebook_files()}
    for stem in (name + _SUFFIX, name):
        if stem in shipped:
            return shipped[stem]
    names = report_names()
    raise ReportError(
        f"There is no report {name!r}.{did_you_mean(name, names)} The reports are {', '.join(names)}; the path of a "
        "notebook of your own works too."
    )


def parameters_of(notebook: Path) -> dict[str, str]:
    """Return the parameters of a notebook, each with its meaning.

    Raises
    ------
    ReportError
        The file is not a notebook, or has no name of a kernel.
    """
    with _quiet():
        from papermill.inspection import inspect_notebook

        try:
            found: Mapping[str, Any] = inspect_notebook(str(notebook))
        except (ValueError, OSError, LookupError) as error:
            raise ReportError(
                f"{notebook} cannot be read as a notebook. Open it in JupyterLab, choose its kernel and save it."
            ) from error
    return {name: str(parameter["help"]) for name, parameter in found.items()}


def check_report(name: str, parameters: Mapping[str, str], *, to: str) -> Path:
    """Check that a report can be run with these parameters, and return its notebook.

    Raises
    ------
    ReportError
        There is no such report, or no browser that can print it.
    NotebookParameterError
        The notebook does not have one of the parameters.
    """
    notebook = find_notebook(name)
    refuse_unknown(parameters, list(parameters_of(notebook)))
    if to == "pdf":
        browser()
    return notebook


def run_report(
    notebook: Path, parameters: Mapping[str, str], *, data_dir: Path, out: Path, to: str = "html"
) -> None:
    """Run a report and write it to a file.

    Parameters
    ----------
    notebook : Path
        A result of :func:`check_report`.
    parameters : mapping of str to str
        Values as text; the notebook determines their types.
    data_dir : Path
        Folder of the library.
    to : {"html", "pdf"}

    Raises
    ------
    ReportError
        A cell failed (the notebook is kept beside ``out`` and shows which one), or the file cannot be written.
    """
    _make_folder(out.parent)
    with TemporaryFolder("report") as folder:
        ran = folder / notebook.name
        done = _execute(notebook, ran, parameters, data_dir=data_dir, failed=out.with_suffix(".failed.ipynb"))
        page = html_page(done)
    try:
        with whole_file(out) as unfinished:
            if to == "pdf":
                print_pdf(page, unfinished)
            else:
                unfinished.write_text(page, "utf-8")
    except OSError as error:
        raise ReportError(f"{out} cannot be written: {error.strerror}.") from error
    out.with_suffix(".failed.ipynb").unlink(missing_ok=True)  # left by an earlier run


def _execute(
    notebook: Path, ran: Path, parameters: Mapping[str, str], *, data_dir: Path, failed: Path
) -> Any:
    with _quiet():
        import papermill

        os.environ["WORKBENCH_DATA_DIR"] = str(data_dir)  # the kernel reads it
        try:
            return papermill.execute_notebook(
                str(notebook),
                str(ran),
                dict(parameters),
                kernel_name="python3",
                progress_bar=sys.stderr.isatty(),
                extra_arguments=_KERNEL_OPTIONS,
            )
        except papermill.PapermillExecutionError as error:
            with whole_file(failed) as unfinished:
                unfinished.write_bytes(ran.read_bytes())
            raise ReportError(
                f"The report {notebook.stem.removesuffix(_SUFFIX)} stopped: {_ended(error.evalue)} See {failed}."
            ) from error


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(
            f"{folder} cannot be made: {error.strerror}. Choose another place with --out."
        ) from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep papermill from logging each file; its errors are exceptions."""
    log = logging.getLogger("papermill")
    before, log.level = log.level, logging.ERROR
    try:
        yield
    finally:
        log.level = before
