"""The style sheet of cards. Colors are those of JupyterLab or VS Code; elsewhere, the system sets light or dark."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.palette import CARD_DARK, CARD_LIGHT

_OF_THE_PAGE = {
    "ink": ("--jp-content-font-color1", "--vscode-editor-foreground"),
    "soft": ("--jp-content-font-color2", "--vscode-descriptionForeground"),
    "paper": ("--jp-layout-color1", "--vscode-editor-background"),
    "panel": ("--jp-layout-color2", "--vscode-editorWidget-background"),
    "edge": ("--jp-border-color2", "--vscode-editorWidget-border"),
}


def _colors(colors: Mapping[str, str]) -> str:
    shown = {
        name: f"var({first}, var({second}, {colors[name]}))" for name, (first, second) in _OF_THE_PAGE.items()
    }
    return "".join(f"--c-{name}:{value};" for name, value in {**colors, **shown}.items())


# The class is doubled: JupyterLab has strong rules for tables and headings.
STYLE = f"""
.pw-card{{{_colors(CARD_LIGHT)}}}
@media (prefers-color-scheme:dark){{.pw-card{{{_colors(CARD_DARK)}}}}}
[data-jp-theme-light="true"] .pw-card{{{_colors(CARD_LIGHT)}}}
:is([data-jp-theme-light="false"],.theme-dark,.vscode-dark) .pw-card{{{_colors(CARD_DARK)}}}
.pw-card.pw-card{{color:var(--c-ink);background:var(--c-paper);border:1px solid var(--c-edge);border-radius:8px;
padding:14px 18px;margin:4px 0;max-width:60rem;box-sizing:border-box;
font:13px/1.5 var(--jp-content-font-family,system-ui,sans-serif)}}
.pw-card.pw-card h4{{margin:0;padding:0;font-size:17px;font-weight:600;line-height:1.3;color:inherit}}
.pw-card.pw-card p{{margin:2px 0 0;padding:0}}
.pw-card.pw-card .pw-about,.pw-card.pw-card .pw-note,.pw-card.pw-card dt{{color:var(--c-soft)}}
.pw-card.pw-card .pw-problem{{color:var(--c-error)}}
.pw-card.pw-card .pw-note,.pw-card.pw-card .pw-problem{{margin-top:8px}}
.pw-card.pw-card dl{{display:flex;flex-wrap:wrap;gap:8px 28px;margin:12px 0 0;padding:0}}
.pw-card.pw-card dl div{{max-width:100%}}
.pw-card.pw-card dt{{float:none;font-size:11px;font-weight:400;margin:0;padding:0;width:auto}}
.pw-card.pw-card dd{{float:none;width:auto;margin:0;padding:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}}
.pw-card.pw-card .pw-scroll{{overflow-x:auto;margin-top:12px}}
.pw-card.pw-card table{{border:0;border-collapse:collapse;width:100%;margin:0;table-layout:auto;font-size:13px}}
.pw-card.pw-card tr,.pw-card.pw-card tbody tr:nth-child(n){{background:none}}
.pw-card.pw-card tbody tr:hover{{background:var(--c-panel)}}
.pw-card.pw-card :is(th,td){{text-align:left;vertical-align:top;padding:5px 14px 5px 0;border:0;
border-bottom:1px solid var(--c-edge);white-space:normal;max-width:26rem;overflow-wrap:anywhere;color:inherit}}
.pw-card.pw-card th{{font-size:11px;font-weight:400;color:var(--c-soft);white-space:nowrap;overflow-wrap:normal}}
.pw-card.pw-card tbody tr:last-child td{{border-bottom:0}}
.pw-card.pw-card .pw-number{{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}}
.pw-card.pw-card td b{{font-weight:600}}
.pw-card.pw-card td small{{display:block;color:var(--c-soft);font-size:12px}}
.pw-card.pw-card .pw-beside{{display:flex;flex-wrap:wrap;gap:0 16px;align-items:flex-start;margin-top:12px}}
.pw-card.pw-card .pw-beside>:last-child{{flex:1 1 16rem;min-width:0}}
.pw-card.pw-card .pw-beside svg:first-child{{margin-top:0}}
.pw-card.pw-card td details{{margin:0}}
.pw-card.pw-card .pw-cover{{width:112px;height:112px;object-fit:cover;border-radius:6px;margin:0;flex:none}}
.pw-card.pw-card .pw-key{{display:inline-block;white-space:nowrap;
min-width:2.2em;text-align:center;border:0 solid;border-left-width:6px;
padding:0 4px;border-radius:3px;font-variant-numeric:tabular-nums}}
.pw-card.pw-card svg{{display:block;width:100%;margin-top:12px}}
.pw-card.pw-card .pw-wave{{height:72px;fill:var(--c-accent)}}
.pw-card.pw-card .pw-wave line{{stroke:var(--c-ink);stroke-width:1px;stroke-dasharray:4 4;opacity:.55;
vector-effect:non-scaling-stroke}}
.pw-card.pw-card .pw-curves{{display:flex;gap:28px;margin-top:10px;color:var(--c-soft)}}
.pw-card.pw-card .pw-curves>div{{flex:1;min-width:0;max-width:22rem}}
.pw-card.pw-card .pw-curves svg{{margin-top:2px}}
.pw-card.pw-card .pw-bar{{height:6px;border-radius:3px;background:var(--c-panel);fill:var(--c-accent)}}
.pw-card.pw-card td .pw-bar{{margin:7px 0 0}}
.pw-card.pw-card .pw-curve{{height:36px;fill:none;stroke:var(--c-accent);overflow:visible}}
.pw-card.pw-card .pw-curve polyline{{stroke-width:2px;vector-effect:non-scaling-stroke}}
.pw-card.pw-card audio{{height:32px;max-width:100%;vertical-align:middle;margin-top:8px}}
.pw-card.pw-card td audio{{width:190px;margin:0}}
.pw-card.pw-card code{{white-space:nowrap;
background:var(--c-panel);color:inherit;padding:1px 5px;border-radius:3px;font-size:12px}}
.pw-card.pw-card details{{margin-top:12px}}
.pw-card.pw-card summary{{cursor:pointer;color:var(--c-accent)}}
.pw-card.pw-card .pw-buttons{{display:flex;gap:8px;margin-top:14px}}
.pw-card.pw-card .pw-buttons[hidden]{{display:none}}
.pw-card.pw-card button{{font:inherit;color:inherit;background:var(--c-panel);border:1px solid var(--c-edge);
border-radius:4px;padding:3px 14px;min-height:28px;cursor:pointer}}
.pw-card.pw-card button:hover{{border-color:var(--c-accent)}}
.pw-card.pw-card button:disabled{{opacity:.5;cursor:default}}
.pw-card.pw-card button:focus-visible{{outline:2px solid var(--c-accent);outline-offset:1px}}
""".replace("\n", "")
