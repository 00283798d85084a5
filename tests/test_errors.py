"""The error tree: drawn, complete, and able to cross processes."""

from __future__ import annotations

import pickle

import pytest

import workbench
from workbench import errors

CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, errors.WorkbenchError)
]


@pytest.mark.parametrize("cls", CLASSES)
def test_an_error_survives_pickling_with_its_details(cls: type[errors.WorkbenchError]) -> None:
    error = pickle.loads(
        pickle.dumps(cls("song.mp3 is broken; replace it", path="song.mp3", candidates=[1, 2]))
    )
    assert type(error) is cls
    assert str(error) == "song.mp3 is broken; replace it"
    assert (error.path, error.candidates) == ("song.mp3", [1, 2])
    assert not hasattr(error, "nothing")


def test_every_error_can_be_caught_by_its_name_in_the_package() -> None:
    assert all(getattr(workbench, cls.__name__) is cls for cls in CLASSES)


def test_the_drawing_names_every_class_and_kinds_differ() -> None:
    assert all(cls.__name__ in (errors.__doc__ or "") for cls in CLASSES)
    assert len({cls.kind for cls in CLASSES}) == len(CLASSES)
