"""All colors of plots, pages and cards. They can be distinguished with every common form of color blindness.

The pages read their colors from ``apps/dashboards/widgets/static/palette.css``, which ``python -m workbench.palette``
writes; a test compares the two.
"""

from __future__ import annotations

from pathlib import Path

# Okabe & Ito 2008, Color Universal Design.
BLUE, VERMILLION, GREEN, PINK = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
ORANGE, SKY = "#e69f00", "#56b4e9"
GRAY, OTHER = "#666666", "#8a8a8a"
# Groups of points. Wine and olive of Tol 2021 replace black and yellow, which are invisible on a dark or light page.
CATEGORICAL = (BLUE, VERMILLION, GREEN, PINK, ORANGE, SKY, "#882255", "#999933")
# Lines of a chart need a contrast of 3 with the page (WCAG 2.1, 1.4.11); orange and sky blue have only 2.3 on white.
LINES_ON_LIGHT = (BLUE, VERMILLION, GREEN, PINK, "#b07800", "#3a86c8")
LINES_ON_DARK = (SKY, "#ff8c42", "#2cc295", "#e3a3c8", "#f0c342", "#9ecbff")
# Nuñez, Anderton & Renslow 2018: cividis in steps of a tenth, without its darkest fifth.
SEQUENTIAL = (
    "#2b446e", "#434e6c", "#575c6d", "#696970", "#7c7b78",
    "#908d78", "#a59c74", "#bcae6c", "#d3c164", "#ecd558",
)  # fmt: skip
# Around the wheel and back, from blue over violet and red to ochre; neighbors look similar to everybody.
CYCLIC = (
    "#6f9fb5", "#5b8fc0", "#6276ba", "#6259ae", "#5e43a5", "#6b2f83",
    "#7a2560", "#8e2c50", "#a3424b", "#b25652", "#b9795f", "#94918a",
)  # fmt: skip

# Contrast with the page is at least 4.5 (WCAG 2.1, level AA): accent for links and chosen elements, error for messages.
_MARKS_ON_LIGHT = {"accent": "#0063a0", "chosen": "rgba(0, 114, 178, 0.16)", "error": "#a63603"}
_MARKS_ON_DARK = {"accent": SKY, "chosen": "rgba(86, 180, 233, 0.24)", "error": "#ff9d6c"}
# The page itself: text, fainter text, background, raised surfaces, and lines.
_PAGE_LIGHT = {"ink": "#1d2733", "soft": "#5a6875", "paper": "#ffffff", "panel": "#f3f5f7", "edge": "#d8dee4"}
_PAGE_DARK = {"ink": "#e8edf2", "soft": "#a9b6c2", "paper": "#161d24", "panel": "#202932", "edge": "#36424d"}
# Below the cards of a page.
_GROUND_LIGHT, _GROUND_DARK = (
    {"ground": "#f4f6f8", "control": "#7d8b98"},
    {"ground": "#0e1318", "control": "#6b7a88"},
)
# Cards in notebooks use the same colors if the page has no theme.
CARD_LIGHT, CARD_DARK = _PAGE_LIGHT | _MARKS_ON_LIGHT, _PAGE_DARK | _MARKS_ON_DARK
# JupyterLab's names for the same colors in a dark Voila page, which loads Lab's light theme.
_LAB_DARK = {
    **dict.fromkeys(("layout-color0", "layout-color1"), _PAGE_DARK["paper"]),
    **{"layout-color2": "#222b33", "layout-color3": "#35414c", "inverse-layout-color1": "#ffffff"},
    **dict.fromkeys(("border-color0", "border-color1", "widgets-input-border-color"), "#4a5763"),
    **{"border-color2": _PAGE_DARK["edge"], "border-color3": "#2b353f"},
    **dict.fromkeys(("ui-font-color0", "content-font-color0"), "#ffffff"),
    **dict.fromkeys(("ui-font-color1", "content-font-color1"), _PAGE_DARK["ink"]),
    **dict.fromkeys(("ui-font-color2", "content-font-color2"), _PAGE_DARK["soft"]),
    **dict.fromkeys(
        ("widgets-color", "widgets-label-color", "widgets-readout-color", "widgets-input-color"),
        _PAGE_DARK["ink"],
    ),
    **dict.fromkeys(("widgets-input-background-color", "input-background"), _PAGE_DARK["panel"]),
    **{"ui-font-color3": "#8695a3", "brand-color1": SKY, "brand-color2": "#2f6f9a"},
}
_STYLE_SHEET = Path(__file__).parent / "apps/dashboards/widgets/static/palette.css"


def style_sheet() -> str:
    """Return the colors of the pages as CSS variables, for light and for dark pages.

    In JupyterLab, the theme decides which ones are used; in Voila and on the home page, the setting of the system.
    """
    light = _variables("pw", _MARKS_ON_LIGHT | _numbered(LINES_ON_LIGHT))
    dark = _variables("pw", _MARKS_ON_DARK | _numbered(LINES_ON_DARK))
    ours = ":is(.pw, .pw-page, .pw-nav, .pw-lost, .pw-home, .pw-jobs)"
    return f"""/* Written by `python -m workbench.palette`: change the colors there. */
:root {{ {_variables("pw", _PAGE_LIGHT | _GROUND_LIGHT)} }}
{ours} {{ {light} }}
:is([data-jp-theme-light="false"], .theme-dark) {ours} {{ {dark} }}
@media (prefers-color-scheme: dark) {{
  :root {{ {_variables("pw", _PAGE_DARK | _GROUND_DARK)} }}
  body[data-voila] {{ {_variables("jp", _LAB_DARK)} }}
  body[data-voila] {ours} {{ {dark} }}
}}
"""


def _numbered(colors: tuple[str, ...]) -> dict[str, str]:
    return {str(number): color for number, color in enumerate(colors, start=1)}


def _variables(prefix: str, colors: dict[str, str]) -> str:
    return " ".join(f"--{prefix}-{name}: {color};" for name, color in colors.items())


if __name__ == "__main__":
    _STYLE_SHEET.write_text(style_sheet(), encoding="utf-8")
