"""``workbench serve`` and ``workbench lab``: the two servers."""

from __future__ import annotations

import argparse
from pathlib import Path

from workbench.cli.options import Add
from workbench.cli.output import say
from workbench.user_paths import ensure_home


def add_commands(add: Add) -> None:
    sub = add("serve", _serve, "Voila apps and REST on one port")
    sub.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    sub.add_argument("--port", type=int, help="port to listen on (default 8500)")
    sub.add_argument("--base-url", default="/", metavar="PATH", help="prefix behind a proxy (default /)")
    sub.add_argument(
        "--token-file",
        metavar="FILE",
        help="take the token from FILE; made and shown once when it is not there",
    )

    sub.add_argument(
        "--no-token",
        action="store_true",
        help="let every user of this machine in, not only your own programs",
    )

    sub = add(
        "lab",
        _lab,
        "JupyterLab on your copies of the notebooks, with the apps and the same REST",
        epilog="JupyterLab's own options come after --: workbench lab ~/notebooks -- --ServerApp.root_dir=/music",
    )
    sub.add_argument(
        "folder",
        nargs="?",
        metavar="FOLDER",
        help="where you work (default: the current folder if it has notebooks, or ~/workbench-notebooks)",
    )
    sub.add_argument(
        "--refresh",
        action="store_true",
        help="update the copies that you have not edited, show your edits in the others, and stop",
    )
    sub.add_argument("--port", type=int, help="port to listen on (default 8500)")
    sub.add_argument("--no-browser", action="store_true", help="do not open a browser")


def _serve(options: argparse.Namespace) -> int:
    from workbench.apps.server.serve import serve
    from workbench.settings import Settings

    settings = Settings.load(data_dir=options.data_dir, host=options.host, port=options.port)
    ensure_home(settings.data_dir)
    if options.token_file and not settings.token:
        from workbench.apps.server.token_file import kept_token

        settings = settings.with_(token=kept_token(Path(options.token_file), say))
    return serve(settings, base_url=options.base_url, token_for_others=not options.no_token)


def _lab(options: argparse.Namespace) -> int:
    from workbench.apps.server.lab import lab, refresh, working_folder
    from workbench.settings import Settings

    passed_on = [*(["--no-browser"] if options.no_browser else []), *options.passed_on]
    folder = working_folder(options.folder, passed_on)
    if options.refresh:
        return refresh(folder, say)
    settings = Settings.load(data_dir=options.data_dir, port=options.port)
    ensure_home(settings.data_dir)
    return lab(settings, folder, passed_on)
