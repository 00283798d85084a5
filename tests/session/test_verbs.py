"""What one types in a notebook: verbs, Tab and ``?``, through a real IPython."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench import ParameterValueError, Workbench, WorkbenchError
from workbench.playlists import COMMON_PARAMETERS, METHODS
from workbench.session import playlist_stub
from workbench.session.apps import installed_apps

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def test_a_method_is_a_function_with_a_real_signature(wb: Workbench) -> None:
    made = wb.playlist.similarity(start=3, size=5, random_state=1)
    assert made.track_ids == wb.playlist("similarity", start=3, size=5, random_state=1).track_ids
    assert set(METHODS) <= set(dir(wb.playlist))
    for name, method in METHODS.items():
        function = getattr(wb.playlist, name)
        taken = inspect.signature(function).parameters
        assert {*method.parameters, *COMMON_PARAMETERS, "name", "random_state"} == set(taken)
        assert method.help in (inspect.getdoc(function) or "")
        assert f"wb.playlist.{name}(" in (inspect.getdoc(function) or "")
    with pytest.raises(AttributeError, match="Did you mean harmonic"):
        wb.playlist.harmonik  # noqa: B018


def test_editors_know_the_same_signatures() -> None:
    assert playlist_stub.STUB.read_text("utf-8") == playlist_stub.stub(), (
        "run python -m workbench.session.playlist_stub"
    )


def test_two_tracks_are_compared(wb: Workbench) -> None:
    compared, near = wb.compare(3, 5), wb.similar(3, 1)[0]
    assert wb.compare(3, near.id).distance == pytest.approx(near.explanation["distance"], abs=1e-6)
    assert compared.distance == pytest.approx(wb.compare(5, 3).distance or 0)
    assert wb.compare(3, 3).keys == "same key" and "closer than" in repr(compared)


def test_every_app_opens_by_its_verb(wb: Workbench) -> None:
    assert {"library", "map", "maker", "performance", "problems"} <= set(installed_apps())
    for open_app in (wb.library_app, wb.map, wb.maker, wb.performance_app, wb.problems_app):
        widget = open_app()
        assert "pw-page" in widget.children[0]._dom_classes
        widget.close()  # not close_all: other widgets may share its layouts
    with pytest.raises(WorkbenchError, match="Did you mean library"):
        wb.app("libary")


@pytest.fixture(scope="module")
def complete(wb: Workbench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], list[str]]]:
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    shell.user_ns["wb"] = wb
    from workbench.session.completion import offer_completions

    offer_completions(Workbench)
    offer_completions(Workbench)  # a second session adds nothing

    def ask(line: str) -> list[str]:
        from IPython.core.completer import provisionalcompleter

        with provisionalcompleter():
            return [found.text for found in shell.Completer.completions(line, len(line))]

    yield ask
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("wb.playlist.simi", ["similarity"]),
        ('wb.playlist("harm', ["harmonic"]),
        ('wb.track("gulls at', ["Gulls at Noon"]),
        ('wb.play("Blue T', ["Blue Tram"]),
        ('wb.compare("Blue Tram", "Corn', ["Corner Light"]),
        ('wb.playlist.similarity(start="Gull', ["Gulls at Noon"]),
        ('wb.playlist.harmonic(size=3, keys="w', ["wide"]),
        ('wb.playlist("harmonic", keys="s', ["strict"]),
        ('wb.playlist.harmonic(order="ramp', ["ramp_down", "ramp_up"]),
        ('wb.playlist.alchemy(add=["Gulls at Noon", "Blue T', ["Blue Tram"]),
        ('wb.playlists.get("Demo: r', ["Demo: random"]),
        ('wb.playlists.draft("harm', ["harmonic"]),
        ('wb.track("no such tit', []),
        ('print("Gull', []),
    ],
)
def test_tab_completes(line: str, expected: list[str], complete: Callable[[str], list[str]]) -> None:
    assert [text for text in complete(line) if not text.endswith("/")] == expected


def test_tab_completes_parameters(complete: Callable[[str], list[str]]) -> None:
    found = complete("wb.playlist.similarity(")
    assert {"start=", "size=", "max_per_artist=", "random_state="} <= set(found)


def test_a_title_with_quotes_or_a_closed_session_harms_nothing(
    complete: Callable[[str], list[str]], tmp_path: Path
) -> None:
    closed = Workbench(tmp_path / "data")
    closed.close()
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.instance().user_ns["gone"] = closed
    assert complete('gone.track("Gull') == [] and complete("""wb.track("a'b%""") == []


def test_a_question_mark_shows_what_a_method_does(
    complete: Callable[[str], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shown = InteractiveShell.instance().object_inspect_text("wb.playlist.harmonic")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert METHODS["harmonic"].help in plain and "wb.playlist.harmonic(size=20)" in plain
    assert "max_tempo_change_percent=6.0" in plain


@pytest.mark.parametrize("notebook", sorted(NOTEBOOKS.rglob("*.ipynb")), ids=lambda path: path.name)
def test_notebooks_import_from_package_roots_only(notebook: Path) -> None:
    cells: list[Any] = json.loads(notebook.read_text("utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    assert re.findall(r"(?:from|import) (workbench\.\w+\.[\w.]+)", code) == []
    exec("\n".join(re.findall(r"^from workbench\S* import [^(\n]+$", code, re.M)), {})


def test_similarity_says_why_and_weighs_parts(wb: Workbench) -> None:
    first = wb.track.first_playable()
    near = wb.similar(first, 1)[0].id
    why = wb.similarity.why(first, near)
    assert set(why.closer_than_percent) == {"timbre", "tonal", "rhythm", "dynamics"}
    assert max(why.closer_than_percent.values()) > 80 and "Nearer than" in why._repr_html_()
    tempo = {"timbre": 0, "tonal": 0, "dynamics": 0}
    by_rhythm = wb.similarity.nearest(first, 5, tempo)
    assert [row["id"] for row in by_rhythm] != [row["id"] for row in wb.similarity.nearest(first, 5)]
    assert [row["distance"] for row in by_rhythm] == sorted(row["distance"] for row in by_rhythm)
    judged = wb.similarity.judge()
    assert judged.hits > 2 * judged.chance and judged.tracks > 20
    with pytest.raises(ParameterValueError, match="rhythm"):
        wb.similarity.nearest(first, weights={"rythm": 2})
