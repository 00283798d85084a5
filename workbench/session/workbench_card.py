"""The card of an open library in notebooks."""

from __future__ import annotations

from typing import Any

from workbench.cards.card import card, command, facts, folded, note, problem, table
from workbench.cards.html import Html
from workbench.cards.verbs import verbs_table
from workbench.readable import counted, span

_FIRST_STEPS = (
    ('wb.analyze("~/Music")', "analyze a folder of music; what is known already is not analyzed again"),
    ("wb.tracks", "the library as a pandas DataFrame"),
    ('wb.search("bpm 120-128 and key 8A")', "tracks by a filter; like=… by words that say how they sound"),
    (
        "wb.track(3)",
        "one track: by id, title or path; wb.play(3) plays it, wb.similar(3) finds its neighbors",
    ),
    ("wb.playlist.similarity(start=3)", "make a playlist; Tab after wb.playlist. lists the methods"),
    ("wb.library_app()", "look through the tracks; also wb.map(), wb.maker(), wb.problems_app()"),
    ("wb.performance()", "how fast all of this runs, and what to change"),
)


def workbench_card(wb: Any) -> Html:
    """Return a card with the content of the library of a ``Workbench`` and the operations on it."""
    if wb.closed:
        return card(
            "Workbench", problem("This session is closed."), note("Workbench(…) opens the library again.")
        )
    counts, kept = wb.library.tracks.count_by_status(), len(wb.playlists())
    seconds = wb.library.features.audio_seconds()
    shown = [
        ("Tracks", f"{sum(counts.values()):,}"),
        ("Music", span(seconds) if seconds else ""),
        *((status.capitalize(), f"{count:,}" if count else "") for status, count in counts.items()),
        ("Kept playlists", f"{kept:,}" if kept else ""),
        ("Workers", f"{wb.settings.async_workers} × {'process' if wb.settings.process_pool else 'thread'}"),
    ]
    empty = note("The library is empty. Analyze a folder of music, or wb.make_demo_library().")
    steps = table(("", ""), [(command(code), text) for code, text in _FIRST_STEPS])
    return card(
        f"Workbench: {counted(sum(counts.values()), 'track')}",
        facts(shown),
        "" if sum(counts.values()) else empty,
        steps,
        folded("Everything it can do", verbs_table(wb)),
        about=wb.settings.data_dir,
    )
