"""``workbench lab``: JupyterLab on the notebooks, with the same REST on the same port."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from workbench.apps.server.notebooks import notebooks_folder
from workbench.apps.server.serve import pass_to_kernels, refuse_open_host
from workbench.settings import Settings

EXTENSION = "workbench.apps.server.jupyter_extension"


def lab(settings: Settings, extra_args: Sequence[str] = ()) -> int:
    """Run JupyterLab until it is told to stop; return the exit status.

    Parameters
    ----------
    extra_args : sequence of str
        Passed on to JupyterLab, after ours.

    Raises
    ------
    SettingsError
        A host that is not loopback without a token.
    """
    refuse_open_host(settings)
    logging.basicConfig(level=logging.WARNING)
    pass_to_kernels(settings)

    from jupyterlab.labapp import LabApp

    LabApp.launch_instance([*arguments(settings), *extra_args])
    return 0


def arguments(settings: Settings) -> list[str]:
    """Return JupyterLab's command line; without a token of ours it makes one and shows it, as ever."""
    made = [
        f"--ServerApp.root_dir={notebooks_folder()}",
        f"--ServerApp.ip={settings.host}",
        f"--ServerApp.port={settings.port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.jpserver_extensions={EXTENSION}=True",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    if settings.token:
        made.append(f"--IdentityProvider.token={settings.token}")
    return made
