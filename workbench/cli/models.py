"""``workbench models``, ``workbench embed`` and ``workbench tagger``: published models, and your own tagger."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.cli.analysis import print_failures, wait_for
from workbench.cli.options import (
    DONE,
    SOME_FAILED,
    Add,
    add_analysis_options,
    open_for_analysis,
    open_library,
)
from workbench.cli.output import print_json, put, say

if TYPE_CHECKING:
    from workbench.session.models import ModelsFolder
    from workbench.session.tagger import Tagger


def add_commands(add: Add, common: argparse.ArgumentParser) -> None:
    """Add the commands to a parser; ``add(name, command, text)`` adds a command."""
    _add_models(add("models", models, "list the models that are there, or get free ones"), common)
    sub = add("embed", embed, "run published models over the analyzed tracks that they have not seen")
    sub.add_argument("--force", action="store_true", help="over all analyzed tracks")
    add_analysis_options(sub)
    _add_tagger(
        add("tagger", tagger, "learn tags from your own library and predict them for the rest"), common
    )


def _add_models(sub: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    text = "fetch networks with a free license (MusiCNN, TempoCNN) with pip, check and convert them"
    actions = sub.add_subparsers(title="actions", metavar="ACTION", dest="action")
    get = actions.add_parser("get", help=text, description=text, parents=[common])
    get.add_argument("names", nargs="*", metavar="NAME", help="which networks (default: all)")
    get.add_argument(
        "--wheel", metavar="FILE", help="a wheel that was fetched elsewhere: nothing is downloaded"
    )


def _add_tagger(sub: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    actions = sub.add_subparsers(title="actions", metavar="ACTION", required=True, dest="action")

    def action(name: str, text: str, *, labeled: bool = True) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=text, description=text, parents=[common])
        if labeled:
            made.add_argument(
                "--label",
                default="genre",
                metavar="NAME",
                help="genre, rating, playlist, or the name of labels of your own (default genre)",
            )
        return made

    for name, text in (
        ("train", "learn a label from the tracks that have it"),
        ("evaluate", "evaluate a tagger on the artists that were held out"),
        ("apply", "predict a label for the tracks that have none"),
    ):
        where = action(name, text).add_mutually_exclusive_group()
        where.add_argument(
            "--csv", metavar="FILE", help="labels from a file: path (or id), and label or rating"
        )
        where.add_argument(
            "--playlist",
            metavar="NAME|FILE",
            action="append",
            help="the tracks of a kept playlist or a playlist file have its name as their label; give two or more",
        )
    actions.choices["train"].add_argument(
        "--random-state", type=int, default=0, metavar="INT", help="of the split and the network (default 0)"
    )
    actions.choices["apply"].add_argument(
        "--all", action="store_true", help="also for tracks that have a label"
    )
    action("list", "list the trained taggers", labeled=False)


def models(options: argparse.Namespace) -> int:
    """List the models in MODELS_DIR, or fetch free networks."""
    from workbench.session.models import ModelsFolder
    from workbench.settings import Settings

    models = ModelsFolder(Settings.load(data_dir=options.data_dir))
    if options.action == "get":
        return _get(models, options)
    found = models.found()
    if options.json:
        print_json({"models_dir": str(models.folder), "models": [model.to_dict() for model in found]})
        return DONE
    if not found:
        put(models.would_add())
    for model in found:
        if model.problem:
            put(f"{model.name}: NOT USED: {model.problem}")
        else:
            adds = ", ".join(model.adds) or "classes"
            known = "hash as known" if model.known else "unknown file, not verified"
            put(f"{model.name}: {model.kind}, version {model.version or '?'}, adds {adds} ({known})")
    return DONE


def _get(models: ModelsFolder, options: argparse.Namespace) -> int:
    fetched = models.get(*options.names, wheel=options.wheel, say=say)
    if options.json:
        print_json({"models_dir": str(models.folder), "models": [one.to_dict() for one in fetched]})
    else:
        for one in fetched:
            put(f"{one.network.name}: {'fetched' if one.fetched else 'was there already'}")
        put(f"in {models.folder}")
    return DONE


def embed(options: argparse.Namespace) -> int:
    """Run published models over the library."""
    with open_for_analysis(options) as wb:
        report = wait_for(wb.models.embed(force=options.force, show=True))
    if options.json:
        print_json(report)
    else:
        put(
            f"{report['found']} tracks to see, {report['analyzed']} seen, {len(report['failed'])} failed "
            f"in {report['seconds']:.1f} s"
        )
        print_failures(report)
    return SOME_FAILED if report["failed"] else DONE


def tagger(options: argparse.Namespace) -> int:
    """Train, evaluate, apply or list taggers."""
    with open_library(options) as wb:
        answer, text, code = _TAGGER[options.action](wb.tagger, options)
    if options.json:
        print_json(answer)
    else:
        put(text)
    return code


Answer = tuple[dict[str, Any], str, int]


def _where(options: argparse.Namespace) -> dict[str, Any]:
    return {"csv_file": options.csv, "playlists": options.playlist}


def _train(tagger: Tagger, options: argparse.Namespace) -> Answer:
    say(f"learning {options.label}…")
    report = tagger.train(options.label, random_state=options.random_state, **_where(options))
    return report.to_dict(), str(report), DONE


def _evaluate(tagger: Tagger, options: argparse.Namespace) -> Answer:
    found = tagger.evaluate(options.label, **_where(options))
    return found.to_dict(), str(found), DONE


def _apply(tagger: Tagger, options: argparse.Namespace) -> Answer:
    found = tagger.apply(options.label, everything=options.all, **_where(options))
    return found.to_dict(), str(found), DONE


def _list(tagger: Tagger, options: argparse.Namespace) -> Answer:
    cards = tagger.trained()
    lines = [
        f"{card['label']}: {card.get('problem') or card['chosen'] + ', ' + ', '.join(card['classes'])}"
        for card in cards
    ]
    names = ("label", "problem", "chosen", "classes", "scores", "trained_at", "model_id")
    answer = {"taggers": [{name: card.get(name) for name in names} for card in cards]}
    return answer, "\n".join(lines) or "No tagger has been trained; run workbench tagger train.", DONE


_TAGGER: dict[str, Callable[[Tagger, argparse.Namespace], Answer]] = {
    "train": _train,
    "evaluate": _evaluate,
    "apply": _apply,
    "list": _list,
}
