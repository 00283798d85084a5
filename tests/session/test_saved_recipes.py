"""Recipes as files in a folder: saved, opened in the form, made into playlists, deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench import Workbench, WorkbenchError
from workbench.apps.dashboards.views.method_form import MethodForm
from workbench.apps.dashboards.views.recipes_view import RecipesView
from workbench.apps.dashboards.views.suggestions import Suggestions
from workbench.cli.main import main


def test_a_recipe_of_the_command_line_is_opened_in_the_form(heard: Workbench) -> None:
    data_dir = str(heard.settings.data_dir)
    command = ["playlist", "random", "--size", "2", "-p", "where=bpm > 0", "--data-dir", data_dir]
    assert main([*command, "--save-recipe", "Friday – früh"]) == 0
    assert list(heard.recipes) == ["Friday – früh"]
    form = MethodForm(
        heard.playlists.methods,
        heard.playlists.common_parameters,
        Suggestions(heard.table()),
        count=heard.playlists.count,
    )
    view = RecipesView(heard.recipes, form)
    view.open_chosen()
    assert form.values() == {"method": "random", "size": 2, "where": "bpm > 0"}
    form.first.fields["size"].value = 3
    view.name.value = "Later"
    view.save()
    assert "Saved as" in view.line.value and view.choice.value == "Later"
    made = heard.playlists.again("Later")
    assert (made.name, made.method, len(made)) == ("Later", "random", 3)
    view.delete()
    assert list(heard.recipes) == ["Friday – früh"]
    view.name.value = "../up"
    view.save()
    assert "cannot be the name of a recipe" in view.line.value


def test_a_file_that_is_no_recipe_is_named(heard: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    path: Path = heard.recipes.save("Broken", "random", {})
    for text in ("{", "[]", json.dumps({"recipe": 1, "method": "random"})):
        path.write_text(text)
        with pytest.raises(WorkbenchError, match=r"Broken\.json is not a recipe"):
            heard.playlists.again("Broken")
    with pytest.raises(WorkbenchError, match="no recipe 'Gone'"):
        heard.recipes.get("Gone")
    assert main(["playlist", "--recipes", "--json", "--data-dir", str(heard.settings.data_dir)]) == 0
    assert "Broken" in json.loads(capsys.readouterr().out)["recipes"]
