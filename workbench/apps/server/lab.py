"""``workbench lab``: JupyterLab in the user's folder of notebooks, with the same REST and the apps on the same port."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.apps.server.notebook_copies import FOLDER_NAME, NotebookCopies
from workbench.apps.server.serve import pass_to_kernels, refuse_few_files, refuse_open_host
from workbench.errors import ServerError
from workbench.log_lines import show_log
from workbench.settings import Settings
from workbench.user_paths import expand_home

EXTENSION = "workbench.apps.server.jupyter_extension"
LAB_EXTENSIONS = Path(__file__).parent / "labextensions"
NO_BUILD_CHECK = "{'page_config_data': {'buildCheck': False}}"
"""Every page would start Node.js several times, a second of CPU, to say whether a source extension must be built."""
_ROOT_OPTIONS = ("--ServerApp.root_dir", "--notebook-dir")
# Jupyter's short names of the options that we set.
_SHORT_NAMES = {
    "--ip": "--ServerApp.ip",
    "--port": "--ServerApp.port",
    "--port-retries": "--ServerApp.port_retries",
}


def lab(settings: Settings, folder: Path, extra_args: Sequence[str] = ()) -> int:
    """Run JupyterLab until it is stopped; return the exit status.

    Parameters
    ----------
    folder : Path
        The working folder of the user, which gets copies of the shipped notebooks.
    extra_args : sequence of str
        Options for JupyterLab, which replace ours.

    Raises
    ------
    SettingsError
        The host is not loopback, and there is no token.
    ServerError
        The notebooks cannot be copied to the folder, or this process may open too few files.
    """
    refuse_open_host(settings)
    refuse_few_files()
    NotebookCopies.below(folder).copy_all()
    show_log(logging.WARNING)
    pass_to_kernels(settings)

    from jupyterlab.labapp import LabApp

    LabApp.launch_instance([*arguments(settings, folder, extra_args), *extra_args])
    return 0


def working_folder(asked: str | None, extra_args: Sequence[str] = ()) -> Path:
    """Return the folder of notebooks: the given one, the current one if it has notebooks, or one in the home folder.

    Raises
    ------
    ServerError
        The path is a file.
    """
    folder = expand_home(asked or _root_of(extra_args) or _usual_folder()).absolute()
    if folder.exists() and not folder.is_dir():
        raise ServerError(f"{folder} is not a folder.")
    if not folder.exists() or not any(folder.iterdir()):
        NotebookCopies(folder).copy_all()  # the folder of the copies themselves
    return folder


def refresh(folder: Path, say: Callable[[str], None]) -> int:
    """Update the copies that were not edited, and show the edits of the others."""
    for copy in NotebookCopies.below(folder).refresh():
        match copy.state:
            case "outdated":
                say(f"{copy.name}: updated")
            case "absent" | "removed":
                say(f"{copy.name}: copied")
            case "edited":
                say(
                    f"{copy.name}: you edited it, so it stays as it is. Remove or rename it to get the shipped one."
                )
                say(copy.difference())
            case "same":
                say(f"{copy.name}: up to date")
    return 0


def _usual_folder() -> Path:
    here = Path.cwd()
    return here if any(here.glob("*.ipynb")) else expand_home("~") / FOLDER_NAME


def _root_of(extra_args: Sequence[str]) -> str | None:
    """Return the folder in the options for JupyterLab."""
    named = [arg.partition("=") for arg in extra_args]
    return next((value for option, _, value in reversed(named) if option in _ROOT_OPTIONS and value), None)


def arguments(settings: Settings, folder: Path, extra_args: Sequence[str] = ()) -> list[str]:
    """Return our options for JupyterLab without those of the user, because it refuses an option that is given twice.

    Without a token of ours, JupyterLab makes one and shows it.
    """
    ours = {
        "--ServerApp.root_dir": str(folder),
        "--ServerApp.ip": settings.host,
        "--ServerApp.port": str(settings.port),
        "--ServerApp.port_retries": "0",
        "--ServerApp.tornado_settings": NO_BUILD_CHECK,
        "--ServerApp.jpserver_extensions": f"{EXTENSION}=True",
        "--LabApp.extra_labextensions_path": str(LAB_EXTENSIONS),
        "--LabApp.news_url": "None",
        "--LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "--IdentityProvider.token": settings.token,
    }
    options = [arg.partition("=")[0] for arg in extra_args]
    given = {_SHORT_NAMES.get(option, option) for option in options}
    if not given.isdisjoint(_ROOT_OPTIONS):
        given.add("--ServerApp.root_dir")
    return [f"{option}={value}" for option, value in ours.items() if value and option not in given]
