"""Plain values for planned or made changes: the fields of files that change, and why others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from workbench.audio.tags import numbers
from workbench.audio.tags.writing import Value, as_text
from workbench.cards.card import card, note, problem, table
from workbench.readable import counted


@dataclass(frozen=True)
class FieldChange:
    """One field of a file: its value in the file (``None`` if it has none) and the value to be written."""

    field: str
    old: str | None
    new: Value

    @property
    def new_text(self) -> str:
        """The new value in the notation of other programs."""
        return as_text(self.field, self.new)


@dataclass(frozen=True)
class FileChange:
    """The changes that would be, or were, made in one file.

    Attributes
    ----------
    changes : tuple of FieldChange
        Empty if the file has all the values already.
    kept : tuple of FieldChange
        Values of the user that differ and are kept.
    problem : str or None
        Why the file was not changed.
    """

    track_id: int
    path: str
    changes: tuple[FieldChange, ...]
    kept: tuple[FieldChange, ...] = ()
    problem: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-serializable values."""

        def listed(changes: tuple[FieldChange, ...]) -> list[dict[str, Any]]:
            return [{"field": one.field, "old": one.old, "new": one.new} for one in changes]

        return {
            "track_id": self.track_id,
            "path": self.path,
            "changes": listed(self.changes),
            "kept": listed(self.kept),
            "problem": self.problem,
        }


_MOST_SHOWN = 50  # lines of a card; set by hand


@dataclass(frozen=True)
class TagPlan:
    """The files that would change or that have a note, and notes that concern several files.

    Attributes
    ----------
    overwrite : bool
        Whether the user's values are replaced.
    notes : tuple of str
        Which values were left out, and why.
    by_hand : bool
        Whether the user gave the values, so that later plans do not change them.
    """

    files: tuple[FileChange, ...]
    overwrite: bool = False
    notes: tuple[str, ...] = ()
    by_hand: bool = False

    def __len__(self) -> int:
        return sum(bool(file.changes) for file in self.files)

    def __repr__(self) -> str:
        return "\n".join([f"Tags of {counted(len(self), 'file')} would change", *self.notes])

    def _repr_html_(self) -> str:
        changes = [(file.path, one) for file in self.files for one in file.changes]
        rows = [
            (PurePath(path).name, one.field, one.old or "", one.new_text)
            for path, one in changes[:_MOST_SHOWN]
        ]
        kept = sum(len(file.kept) for file in self.files)
        more = len(changes) - len(rows)
        return card(
            f"Tags of {counted(len(self), 'file')} would change",
            table(("File", "Field", "Is", "Becomes"), rows)
            if rows
            else note("The files say everything already."),
            note(f"… and {counted(more, 'change')} more" if more else ""),
            note(f"{counted(kept, 'value')} of your own stay." if kept else ""),
            *map(note, self.notes),
            *(problem(f"{file.path}: {file.problem}") for file in self.files if file.problem),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-serializable values."""
        return {"files": [file.to_dict() for file in self.files], "notes": list(self.notes)}


def compare(
    said: Mapping[str, Sequence[str]],
    wanted: Mapping[str, Value],
    *,
    written: Mapping[str, Value],
    overwrite: bool,
) -> tuple[tuple[FieldChange, ...], tuple[FieldChange, ...]]:
    """Return the fields that change, and those that are kept because the user has given them another value.

    Parameters
    ----------
    said : mapping
        The values in the file, in all its kinds of tags. All are written, so none of them may have a value of the user.
    written : mapping
        The values that the workbench has written before, which it may replace.
    """
    changes: list[FieldChange] = []
    kept: list[FieldChange] = []
    for field, new in wanted.items():
        texts = said.get(field, ())
        if texts and says(field, texts[0], new):
            continue
        ours = [value for value in (new, written.get(field)) if value is not None]
        theirs = [text for text in texts if not any(says(field, text, value) for value in ours)]
        if theirs and not overwrite:
            kept.append(FieldChange(field, theirs[0], new))
        else:
            changes.append(FieldChange(field, texts[0] if texts else None, new))
    return tuple(changes), tuple(kept)


def says(field: str, text: str, value: Value) -> bool:
    """Whether a text in a file means a value. Kinds of tags differ in how they write numbers."""
    if isinstance(value, str):
        return text.strip() == value
    if field == "bpm":  # whole in ID3 and MP4
        tempo = numbers.bpm(text)
        return tempo is not None and abs(tempo - value) <= (0.5 if tempo == round(tempo) else 0.006)
    number = numbers.decimal(text)
    if number is None:
        return False
    if field.endswith("_gain"):  # R128 gains have steps of 1/256 dB, the others of 0.01 dB
        return abs(number - value) < 0.0101
    return abs(number - value) <= 1e-5 * max(1.0, abs(value))
