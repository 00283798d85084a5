"""Write the files that run a command every week: a systemd timer, a launchd agent, or a line for cron."""

from __future__ import annotations

import plistlib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import ReportError
from workbench.machine.run_folder import TemporaryFolder

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")  # cron and launchd count from Sunday
_WHEN = re.compile(rf"(daily|{'|'.join(DAYS)})[a-z]*\s+(\d{{1,2}}):(\d{{2}})", re.IGNORECASE)


@dataclass(frozen=True)
class When:
    """A time of the week. ``weekday`` counts from Sunday; ``None`` is every day."""

    weekday: int | None
    hour: int
    minute: int


@dataclass(frozen=True)
class Schedule:
    """A command and the time at which it runs; ``name`` is the name of its files."""

    name: str
    command: Sequence[str]
    when: When


def read_when(text: str) -> When:
    """Read "sun 04:00" or "daily 04:00".

    Raises
    ------
    ReportError
        The text is not a day and a time.
    """
    found = _WHEN.fullmatch(text.strip())
    if not found or int(found[2]) > 23 or int(found[3]) > 59:
        raise ReportError(
            f'{text!r} is not a day and a time. Write for example "sun 04:00" or "daily 04:00".'
        )
    day = found[1].lower()
    return When(None if day == "daily" else DAYS.index(day), int(found[2]), int(found[3]))


def file_name(name: str) -> str:
    """Return a name for files that has only letters, digits and hyphens.

    >>> file_name("After the ferry!")
    'after-the-ferry'
    """
    return re.sub(r"[^a-z0-9]+", "-", Path(name).stem.lower()).strip("-") or "workbench"


def system_here() -> str:
    """Return the scheduler of this machine."""
    if sys.platform == "darwin":
        return "launchd"
    return "systemd" if shutil.which("systemctl") else "cron"


def files_and_steps(schedule: Schedule, system: str) -> tuple[dict[str, str], list[str]]:
    """Return the files by their path, and the steps of the installation as sentences."""
    if system == "systemd":
        folder = "~/.config/systemd/user"
        files = {f"{folder}/{name}": text for name, text in systemd_units(schedule).items()}
        return files, [
            f"Save these two files in {folder}, then run:",
            f"  systemctl --user daemon-reload && systemctl --user enable --now {schedule.name}.timer",
            "To have it run while you are logged out: loginctl enable-linger",
        ]
    if system == "launchd":
        path = f"~/Library/LaunchAgents/{schedule.name}.plist"
        return {path: launchd_agent(schedule)}, [
            f"Save this file as {path}, then run:",
            f"  launchctl load {path}",
        ]
    return {"crontab": cron_line(schedule)}, ["Add this line with: crontab -e"]


def systemd_units(schedule: Schedule) -> dict[str, str]:
    """Return the service and the timer."""
    when = schedule.when
    day = "" if when.weekday is None else f"{DAYS[when.weekday].title()} "
    command = " ".join(systemd_word(word) for word in schedule.command)
    return {
        f"{schedule.name}.service": (
            f"[Unit]\nDescription=Playlist Workbench: {schedule.name}\n\n"
            f"[Service]\nType=oneshot\nNice=10\nExecStart={command}\n"
        ),
        f"{schedule.name}.timer": (
            f"[Unit]\nDescription=When {schedule.name} runs\n\n"
            f"[Timer]\nOnCalendar={day}*-*-* {when.hour:02}:{when.minute:02}:00\nPersistent=true\n\n"
            "[Install]\nWantedBy=timers.target\n"
        ),
    }


def systemd_word(word: str) -> str:
    """Quote a word by systemd.syntax(7) and systemd.service(5)."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return escaped if re.fullmatch(r"[\w@:./=+,%$-]+", escaped) else f'"{escaped}"'


def launchd_agent(schedule: Schedule) -> str:
    """Return the property list of an agent."""
    when = {"Hour": schedule.when.hour, "Minute": schedule.when.minute}
    if schedule.when.weekday is not None:
        when["Weekday"] = schedule.when.weekday
    agent = {
        "Label": schedule.name,
        "ProgramArguments": list(schedule.command),
        "StartCalendarInterval": when,
        "ProcessType": "Background",
        "StandardErrorPath": f"/tmp/{schedule.name}.log",
    }
    return plistlib.dumps(agent, sort_keys=False).decode()


def cron_line(schedule: Schedule) -> str:
    """Return the line for cron, which takes a bare % for a line break."""
    when = schedule.when
    day = "*" if when.weekday is None else str(when.weekday)
    return (
        f"{when.minute} {when.hour} * * {day}  {shlex.join(schedule.command).replace('%', chr(92) + '%')}\n"
    )


def check(files: Mapping[str, str], system: str) -> list[str]:
    """Check the files as far as this machine can, and return a sentence about the checks.

    Raises
    ------
    ReportError
        The system would not accept one of the files.
    """
    if system == "systemd":
        return _check_systemd(files)
    (text,) = files.values()
    if system == "launchd":
        plistlib.loads(text.encode())
        return ["the property list can be read"]
    if not re.fullmatch(r"(@reboot|\d{1,2} \d{1,2} \* \* [0-6*])  [^\n]+\n", text):
        raise ReportError("A name, path or parameter has a line break, which cron cannot run.")
    return ["a time, one line, % escaped"]


def _check_systemd(files: Mapping[str, str]) -> list[str]:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        return ["systemd is not on this machine, so nothing was verified"]
    with TemporaryFolder("units") as folder:
        paths = [folder / Path(name).name for name in files]
        for path, text in zip(paths, files.values(), strict=True):
            path.write_text(text, "utf-8")
        done = subprocess.run(
            [verify, "--user", "verify", *map(str, paths)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    complaints = [line for line in done.stderr.splitlines() if any(path.name in line for path in paths)]
    if complaints:
        raise ReportError(f"systemd refuses it: {complaints[0]}")
    return ["systemd-analyze verify"]
