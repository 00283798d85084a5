"""Open, save and delete the recipes of a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench.apps.dashboards.views.page import button, note_html, offer, problem_html, row
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.apps.dashboards.views.method_form import MethodForm
    from workbench.session.recipes import Recipes


class RecipesView(widgets.VBox):  # type: ignore[misc]
    """The saved recipes, for one form."""

    def __init__(self, recipes: Recipes, form: MethodForm) -> None:
        self._recipes, self._form = recipes, form
        self.choice = widgets.Dropdown(description="Recipe", layout=widgets.Layout(width="100%"))
        self.name = widgets.Text(
            description="Recipe name",
            placeholder="such as Friday evening",
            layout=widgets.Layout(width="100%"),
        )
        self.line = widgets.HTML()
        self._open = button("Open recipe", self.open_chosen, tooltip="Fill the form from this recipe")
        self._delete = button("Delete recipe", self.delete, tooltip=f"Delete its file in {recipes.folder}")
        save = button("Save recipe", self.save, tooltip="Keep what the form says now as a file")
        super().__init__([self.choice, row(self._open, self._delete), self.name, row(save), self.line])
        self.add_class("pw-form")
        self.renew()

    def renew(self) -> None:
        """Read the folder again."""
        names = list(self._recipes)
        offer(self.choice, [(name, name) for name in names] or [("none yet", "")])
        self._open.disabled = self._delete.disabled = not names

    def open_chosen(self) -> None:
        """Fill the form from the chosen recipe."""

        def act() -> str:
            name = self.choice.value
            recipe = self._recipes.get(name)
            known = {**recipe["parameters"], "random_state": recipe.get("random_state")}
            self._form.fill(recipe["method"], known)
            self.name.value = name
            return f"The form shows {name}."

        self._do(act)

    def save(self) -> None:
        """Save the values of the form under the name."""

        def act() -> str:
            asked: dict[str, Any] = self._form.values()
            method, random_state = asked.pop("method"), asked.pop("random_state", None)
            path = self._recipes.save(self.name.value, method, asked, random_state=random_state)
            self.renew()
            self.choice.value = path.stem
            return f"Saved as {path}."

        self._do(act)

    def delete(self) -> None:
        """Delete the chosen recipe."""

        def act() -> str:
            name = self.choice.value
            self._recipes.delete(name)
            self.renew()
            return f"{name} is deleted. Save recipe keeps the form again."

        self._do(act)

    def _do(self, act: Callable[[], str]) -> None:
        try:
            self.line.value = note_html(act())
        except (WorkbenchError, OSError) as error:
            self.line.value = problem_html(str(error))
