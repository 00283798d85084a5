"""Complete titles of tracks, methods, choices and names of playlists inside the quotes of a call by Tab."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import Any

from workbench.playlists import METHODS
from workbench.session.playlist_verbs import parameters_of
from workbench.values import Value

MOST = 50  # as many as a person looks through
# The name of a workbench, the function, the arguments before, and the text that was begun.
_CALL = re.compile(
    r"""(?P<wb>\w+)\.(?P<verb>track|similar|play|compare|playlist(?:\.\w+)?|playlists\.\w+)\("""
    r"""(?P<before>[^()]*?)(?:(?P<parameter>\w+)\s*=\s*)?(?P<list>\[[^]]*)?["'](?P<begun>[^"']*)$"""
)
_TAKE_TRACKS = ("track", "similar", "play", "compare")
_TAKE_PLAYLISTS = (
    "playlists.get",
    "playlists.refresh",
    "playlists.compare",
    "playlists.file",
    "playlists.again",
)


def offer_completions(workbench: Any) -> None:
    """Register the completions of the class ``Workbench`` in a running IPython; do nothing elsewhere."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    completer = getattr(shell, "Completer", None)
    matchers = getattr(completer, "custom_matchers", None)
    if (
        shell is None
        or matchers is None
        or any(getattr(matcher, "of_workbench", False) for matcher in matchers)
    ):
        return

    def match(context: Any) -> dict[str, Any]:
        return _match(workbench, shell.user_ns, context.line_with_cursor[: context.cursor_position])

    match.matcher_api_version = 2  # type: ignore[attr-defined]
    match.matcher_identifier = "workbench"  # type: ignore[attr-defined]
    match.of_workbench = True  # type: ignore[attr-defined]
    matchers.append(match)


def _match(workbench: Any, names: dict[str, Any], line: str) -> dict[str, Any]:
    from IPython.core.completer import SimpleCompletion

    call = _CALL.search(line)
    wb: Any = names.get(call["wb"]) if call else None
    if call is None or not isinstance(wb, workbench) or wb.closed:
        return {"completions": [], "suppress": False}
    texts = candidates(wb, call["verb"], call["parameter"], call["before"], call["begun"])
    return {
        "completions": [SimpleCompletion(text, type="workbench") for text in texts],
        "matched_fragment": call["begun"],
        "suppress": bool(texts),
    }


def candidates(wb: Any, verb: str, parameter: str | None, before: str, begun: str) -> list[str]:
    """Return the completions of the text that was begun."""
    if verb in _TAKE_TRACKS:
        return list(wb.track.titles(begun, limit=MOST))
    if verb in _TAKE_PLAYLISTS:
        return _beginning(begun, [kept.name for kept in wb.playlists()])
    if verb.startswith("playlists."):
        return _beginning(begun, METHODS) if parameter is None and not before.strip() else []
    if verb == "playlist" and parameter is None and not before.strip():
        return _beginning(begun, METHODS)
    method = verb.partition(".")[2] or next(iter(re.findall(r"""^\s*["'](\w+)["']""", before)), "")
    known = parameters_of(METHODS[method]) if method in METHODS else {}
    value = known.get(parameter or "")
    return _values(wb, value, begun) if value is not None else []


def _values(wb: Any, value: Value, begun: str) -> list[str]:
    if value.kind in ("track", "tracks"):
        return list(wb.track.titles(begun, limit=MOST))
    return _beginning(begun, value.choices)


def _beginning(begun: str, texts: Iterable[str]) -> list[str]:
    return [text for text in texts if text.casefold().startswith(begun.casefold())]
