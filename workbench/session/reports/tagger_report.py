"""The tagger report: the scores of a trained tagger, and the tracks with doubtful labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from workbench.readable import counted
from workbench.session.reports.tables import table

MOST_DOUBTFUL = 25


@dataclass(frozen=True)
class TaggerCard:
    """The content of the report about one tagger, made from the ``TaggerReport`` that was kept with it."""

    kept: Mapping[str, Any]

    @property
    def facts(self) -> Any:
        """The label that it learned, and the number of examples, as a table."""
        examples = self.kept["examples"]
        trained = datetime.fromisoformat(str(self.kept["trained_at"])).astimezone()
        rows = [
            ("Label", str(self.kept["label"])),
            ("Classes", ", ".join(self.kept["classes"])),
            ("Learned from", counted(examples["train"], "track")),
            ("Tested with", f"{counted(examples['test'], 'track')} of other artists"),
            ("Kind", str(self.kept["chosen"])),
            ("Trained", f"{trained:%d %B %Y, %H:%M}"),
        ]
        return table(("", "This tagger"), rows)

    @property
    def scores(self) -> Any:
        """The scores of the tagger beside those of the simpler ones that it must exceed."""
        ordered = sorted(self.kept["scores"].items(), key=lambda item: -item[1]["balanced_accuracy"])
        rows = [
            (
                f"{kind} (used)" if kind == self.kept["chosen"] else kind,
                _percent(score["balanced_accuracy"]),
                _percent(score["chance"]),
                _percent(score["calibration_error"]),
            )
            for kind, score in ordered
        ]
        head = ("Kind", "Correct, each class counted equally", "By chance", "Calibration error")
        return table(head, rows)

    @property
    def doubtful(self) -> Any:
        """Tracks whose label differs from a confident prediction, or whose prediction is uncertain."""
        rows = [
            (
                track["title"] or PurePath(track["path"]).name,
                track["artist"] or "",
                track["label"] or "none",
                track["predicted"],
                _percent(track["probability"]),
            )
            for track in self.kept["doubtful"][:MOST_DOUBTFUL]
        ]
        head = ("Title", "Artist", "Label", "Predicted", "Probability")
        return table(head, rows, empty="No track is in doubt.")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
