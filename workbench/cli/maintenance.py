"""``workbench db`` and ``workbench doctor``: maintain the database and check the installation."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.options import DONE, ERROR, Add, open_library
from workbench.cli.output import print_json, put, show

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench


def add_commands(add: Add, common: argparse.ArgumentParser) -> None:
    sub = add("db", _db, "maintain the database")
    actions = sub.add_subparsers(title="actions", metavar="ACTION", required=True, dest="action")
    for name, text in (
        ("info", "sizes, counts and versions"),
        ("check", "look for damage"),
        ("vacuum", "give unused space back to the disk"),
    ):
        actions.add_parser(name, help=text, description=text, parents=[common])
    for name, text in (
        ("backup", "copy the database to FILE"),
        ("restore", "replace the database with FILE"),
    ):
        actions.add_parser(name, help=text, description=text, parents=[common]).add_argument(
            "file", metavar="FILE"
        )

    add("doctor", _doctor, "check the installation, and say how to fix what is missing")


def _db(options: argparse.Namespace) -> int:
    with open_library(options) as wb:
        answer = _DB_ACTIONS[options.action](wb, options)
    show(answer, options)
    return DONE if answer.get("ok", True) else ERROR


def _db_check(wb: Workbench, options: argparse.Namespace) -> dict[str, Any]:
    problems = wb.database.check()
    return {"ok": not problems, "problems": problems}


def _db_vacuum(wb: Workbench, options: argparse.Namespace) -> dict[str, Any]:
    before = wb.database.info()["size_bytes"]
    wb.database.vacuum()
    return {"size_bytes_before": before, "size_bytes": wb.database.info()["size_bytes"]}


def _db_restore(wb: Workbench, options: argparse.Namespace) -> dict[str, Any]:
    return {"restored": str(Path(options.file)), "before": str(wb.database.restore(Path(options.file)))}


_DB_ACTIONS: dict[str, Callable[[Workbench, argparse.Namespace], dict[str, Any]]] = {
    "info": lambda wb, options: wb.database.info(),
    "check": _db_check,
    "vacuum": _db_vacuum,
    "backup": lambda wb, options: {"backup": str(wb.database.backup(Path(options.file)))},
    "restore": _db_restore,
}


def _doctor(options: argparse.Namespace) -> int:
    from workbench.session.doctor import examine
    from workbench.settings import Settings

    answer = examine(Settings.load(data_dir=options.data_dir))
    if options.json:
        print_json(answer)
    else:
        for check in answer["checks"]:
            put(f"{'ok' if check['ok'] else 'FIX':<4} {check['name']:<22} {check['found']}")
            if not check["ok"]:
                put(f"     {check['fix']}")
    return DONE if answer["ok"] else ERROR
