"""Write the files that keep a command running: a systemd service, a launchd agent, or a line for cron."""

from __future__ import annotations

import plistlib
import shlex
from collections.abc import Sequence

from workbench.apps.reports.schedule import systemd_word

_AGAIN_S = 60  # set by hand: long enough for a share that is mounted late


def files_and_steps(name: str, command: Sequence[str], system: str) -> tuple[dict[str, str], list[str]]:
    """Return the files by their path, and the steps of the installation as sentences."""
    if system == "systemd":
        path = f"~/.config/systemd/user/{name}.service"
        return {path: _service(name, command)}, [
            f"Save this file as {path}, then run:",
            f"  systemctl --user daemon-reload && systemctl --user enable --now {name}.service",
            f"To see what it does: journalctl --user --unit {name}",
            "To have it run while you are logged out: loginctl enable-linger",
        ]
    if system == "launchd":
        path = f"~/Library/LaunchAgents/{name}.plist"
        return {path: _agent(name, command)}, [
            f"Save this file as {path}, then run:",
            f"  launchctl load {path}",
        ]
    line = shlex.join(command).replace("%", "\\%")
    return {"crontab": f"@reboot  {line}\n"}, ["Add this line with: crontab -e"]


def _service(name: str, command: Sequence[str]) -> str:
    words = " ".join(systemd_word(word) for word in command)
    return (
        f"[Unit]\nDescription=Playlist Workbench: {name}\n\n"
        f"[Service]\nNice=10\nExecStart={words}\nRestart=on-failure\nRestartSec={_AGAIN_S}\n\n"
        "[Install]\nWantedBy=default.target\n"
    )


def _agent(name: str, command: Sequence[str]) -> str:
    agent = {
        "Label": name,
        "ProgramArguments": list(command),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": _AGAIN_S,
        "ProcessType": "Background",
        "StandardOutPath": f"/tmp/{name}.log",
        "StandardErrorPath": f"/tmp/{name}.log",
    }
    return plistlib.dumps(agent, sort_keys=False).decode()
