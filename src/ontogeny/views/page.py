"""The frame of a report: one whole HTML page, for a phone, in the dark and on paper.

Everything here returns HTML. Text is escaped by `text`, `table` and `section` themselves; what they
are given as `html` is HTML already.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ontogeny.core.files import absolute, replace_file
from ontogeny.views.figure import Figure

Kind: TypeAlias = Literal["good", "bad", "doubtful", "plain", "live"]
STACKED = 3  # columns from which a row of a table is a block of its own on a phone
LEFT = ' class="left"'
TITLE = 40  # pixels that a figure keeps for its title, which the page takes over

STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --soft: #5f6368; --rule: #dcdfe3; --ground:
  #fff; --tile: #f5f6f8;
  --accent: #b34700; --good: #00695c; --bad: #b3261e; --doubtful: #7a5200;
  --live: #0061a4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --soft: #a3a8ae; --rule: #3a3d42;
  --ground: #16181b;
  --tile: #202327; --accent: #ff9a52; --good: #5bd6b4; --bad: #ff8f85; --doubtful: #f0c05a;
  --live: #7cc4ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); overflow-wrap: anywhere;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial,
  sans-serif; }
main { max-width: 1100px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 1.25rem; margin: 40px 0 6px; }
h3 { font-size: 1rem; margin: 0 0 2px; }
figure + h3, .wide + h3 { margin-top: 24px; }
p { margin: 0 0 10px; max-width: 75ch; }
.soft, figcaption { color: var(--soft); font-size: 0.92rem; }
.verdict { font-size: 1.1rem; margin: 18px 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(138px, 1fr)); gap: 10px;
  margin: 18px 0; }
.tiles div { background: var(--tile); border-radius: 8px; padding: 10px 12px; }
.tiles dt { color: var(--soft); font-size: 0.82rem; }
.tiles dd { margin: 0; font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; }
dl { margin: 0; }
figure { margin: 0; min-width: 0; }
.head { display: flex; flex-wrap: wrap; gap: 2px 14px; align-items: baseline; }
.head h2, .head h3 { flex: 1 1 auto; }
.choice { display: inline-flex; flex-wrap: wrap; }
button { font: inherit; font-size: 0.82rem; color: var(--soft); background: none; cursor: pointer;
  border: 1px solid var(--rule); padding: 1px 9px; margin-left: -1px; }
button:first-child { border-radius: 6px 0 0 6px; } button:last-child { border-radius: 0 6px 6px 0; }
button:only-child { border-radius: 6px; }
button[aria-pressed="true"] { color: var(--ink); background: var(--tile); font-weight: 600; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr));
  gap: 20px 24px; }
.plot { width: 100%; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; width:
  100%; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--rule);
  overflow-wrap: normal; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
th.left, td.left { text-align: left; }
.mark { font-weight: 600; font-size: 0.85em; padding: 1px 8px; border-radius: 6px;
  color: var(--soft); border: 1px solid currentColor; display: inline-block; }
.mark.good { color: var(--good); } .mark.bad { color: var(--bad); }
.mark.doubtful { color: var(--doubtful); } .mark.live { color: var(--live); }
td { vertical-align: top; }
tr.chosen td { color: var(--accent); font-weight: 600; }
pre { background: var(--tile); padding: 10px 12px; border-radius: 8px; white-space: pre-wrap;
  font-size: 0.9rem; }
img.film { max-width: 100%; image-rendering: pixelated; border-radius: 8px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(310px, 100%), 1fr));
  gap: 18px 16px; }
.card figcaption { font-variant-numeric: tabular-nums; }
.card b { color: var(--ink); font-weight: 600; }
.seen { display: grid; grid-template-columns: 1fr 1fr; gap: 3px; border-radius: 8px;
  overflow: hidden; background: var(--tile); }
.seen img { width: 100%; display: block; }
.seen img:only-child { grid-column: span 2; }
.seen p { grid-column: span 2; margin: 0; padding: 24px 12px; }
li { max-width: 75ch; }
@media print { .across { display: none; } body { font-size: 11pt; }
  main { max-width: none; padding: 0; } h2, h3 {
  break-after: avoid; }
  figure, tr, .tiles { break-inside: avoid; } }
@media screen and (max-width: 600px) {
  .stacked colgroup, .stacked thead { display: none; }
  .stacked table, .stacked tbody { display: block; }
  .stacked tr { display: grid; grid-template-columns: 1fr 1fr; column-gap: 18px; padding: 8px 0;
    border-bottom: 1px solid var(--rule); }
  .stacked td { border: 0; padding: 2px 0; display: flex; gap: 10px;
    justify-content: space-between; }
  .stacked td::before { content: attr(data-column); color: var(--soft); font-weight: 400; }
  .stacked td.left { grid-column: span 2; display: block; }
  .stacked td.left::before { display: block; font-size: 0.85em; }
}
@media (max-width: 480px) { main { padding: 18px 12px 40px; } h1 { font-size: 1.5rem; } th, td {
  padding: 4px 7px; } }
"""

# Draws each figure from the JSON beside it, in the colours of the page; paper is always light. The
# buttons of its menus stand beside its title; one that chooses what the x axis counts is for all.
# What comes into the page later is drawn by `showFigures`, on the plot that was there if it is the
# same.
SCRIPT = """
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const plots = [];
  const colours = (night) => night ? ["#d8d8d8", "#16181b"] : ["#1c1c1c", "#ffffff"];
  const whole = new Set();
  let across = 0;
  const put = (layout, settings) => {
    for (const [path, value] of Object.entries(settings)) {
      const keys = path.split("."), last = keys.pop();
      const inner = keys.reduce((at, key) => at[key] ??= {}, layout);
      if (value === null) delete inner[last]; else inner[last] = value;
    }
  };
  const choose = (div, fig, data, layout) => (fig.menus || []).forEach(({ name, buttons }) => {
    if (name === "all") put(layout, buttons[0][whole.has(div) ? "args" : "args2"][0]);
    if (name === "across" && across in buttons) {
      const [{ x }, settings] = buttons[across].args;
      if (x) data.forEach((trace, i) => trace.x = x[i]);
      put(layout, settings);
    }
  });
  const dress = (night, some = plots) => some.forEach(([div, fig]) => {
    const [ink, ground] = colours(night);
    const layout = structuredClone(fig.layout), narrow = div.clientWidth < 520;
    Object.assign(layout, { paper_bgcolor: ground, plot_bgcolor: ground, autosize: true,
      uirevision: "kept" });
    layout.font = { ...layout.font, color: ink, size: narrow ? 11 : 13 };
    if (narrow) layout.margin = { ...layout.margin, l: 48, r: 8 };
    const data = fig.data.map((trace) => {
      const own = structuredClone(trace);
      for (const part of [own.line, own.marker])
        if (part && part.color === "#1c1c1c") part.color = ink;
      return own;
    });
    choose(div, fig, data, layout);
    Plotly.react(div, data, layout,
      { responsive: true, displayModeBar: false });
  });
  const told = () => document.querySelectorAll("button[data-menu]").forEach((button) => {
    const { menu, index, figure } = button.dataset;
    const on = menu === "across" ? Number(index) === across
      : whole.has(plots.find(([div]) => div.dataset.figure === figure)?.[0]);
    button.setAttribute("aria-pressed", on);
  });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("button[data-menu]");
    if (!button) return;
    const { menu, index, figure } = button.dataset;
    const mine = plots.filter(([div]) => div.dataset.figure === figure);
    if (menu === "across") across = Number(index);
    else whole.has(mine[0][0]) ? whole.delete(mine[0][0]) : whole.add(mine[0][0]);
    told();
    dress(dark.matches, menu === "across" ? plots.filter(([, fig]) => fig.menus) : mine);
  });
  window.showFigures = (root) => {
    const some = [...root.querySelectorAll(".plot")].map(
      (div) => [div, JSON.parse(document.getElementById(div.dataset.figure).textContent)]);
    const shown = new Set(some.map(([div]) => div));
    const rest = plots.filter(([div]) => div.isConnected && !shown.has(div));
    plots.splice(0, plots.length, ...rest, ...some);
    told();
    dress(dark.matches, some);
  };
  showFigures(document);
  dark.addEventListener("change", () => dress(dark.matches));
  addEventListener("beforeprint", () => {
    dress(false);
    plots.forEach(([div]) => Plotly.Plots.resize(div));
  });
  addEventListener("afterprint", () => dress(dark.matches));
})();
"""


class Html(str):
    """Text that is HTML already."""


def text(value: Any) -> str:
    """Return the value as escaped text; what is `Html` as it is."""
    return value if isinstance(value, Html) else escape(str(value))


def mark(word: str, kind: Kind, why: str = "") -> Html:
    """Return a verdict in its colour, which the word says too; `why` is told who points at it."""
    told = f' title="{text(why)}"' if why else ""
    return Html(f'<span class="mark {kind}"{told}>{text(word)}</span>')


def document(title: str, body: Iterable[str]) -> str:
    """Return the whole page; plotly.js is inside it, once."""
    from plotly.offline import get_plotlyjs

    return "".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n",
            *body,
            f"</main>\n<script>{get_plotlyjs()}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        ]
    )


def write(path: Path, html: str) -> Path:
    """Write the page, and return where. What stood there is replaced whole, or not at all. Raises
    `StoreError` when it can't be written.
    """
    path, hint = (
        absolute(path),
        "free some space or choose another file; what it tells of is intact",
    )
    with replace_file(path, "write the page", hint=hint) as part:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(html, encoding="utf-8", errors="backslashreplace")
    return path


def section(title: str, *html: str) -> str:
    """Return a titled part."""
    return f"<section>\n<h2>{text(title)}</h2>\n{''.join(html)}</section>\n"


def paragraph(words: str, kind: str = "") -> str:
    """Return a paragraph of text."""
    return f'<p class="{text(kind)}">{text(words)}</p>\n' if kind else f"<p>{text(words)}</p>\n"


def tiles(facts: Iterable[tuple[str, str]]) -> str:
    """Return name and value pairs as a row of tiles."""
    inside = "".join(
        f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>\n" for name, value in facts
    )
    return f'<dl class="tiles">\n{inside}</dl>\n'


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    left: Iterable[int] = (),
    chosen: int | None = None,
    widths: Sequence[int] = (),
) -> str:
    """Return a table; `left` are the columns of words, `chosen` is the row that stands out, and
    `widths` are percents. On a phone a wide table's rows stand below each other, cell by cell.
    """
    words = set(left)

    def cells(row: Sequence[Any]) -> str:
        return "".join(
            f'<td{LEFT if i in words else ""} data-column="{text(columns[i])}">{text(cell)}</td>'
            for i, cell in enumerate(row)
        )

    head = "".join(
        f"<th{LEFT if i in words else ''}>{text(name)}</th>" for i, name in enumerate(columns)
    )
    begins = ["<tr>", '<tr class="chosen">']
    body = "".join(f"{begins[i == chosen]}{cells(row)}</tr>\n" for i, row in enumerate(rows))
    stacked = " stacked" if len(columns) >= STACKED else ""
    shares = "".join(f'<col style="width:{width}%">' for width in widths)
    return (
        f'<div class="wide{stacked}"><table>\n{shares and f"<colgroup>{shares}</colgroup>"}'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n"
    )


def drawn(figure: Figure) -> str:
    """Return a figure, drawn, as HTML."""
    return plot(figure.draw(figure), figure.name, figure.caption)


def plot(figure: Any, name: str, caption: str = "", *, level: int = 2) -> str:
    """Return a plotly figure, its title and caption as HTML, which wraps on a narrow screen.

    `name` is unique in the page and a valid identifier; `level` is the title's rank among headings.
    What its menus offer stands beside the title; what x axes count is offered by the figures of the
    first rank alone, for all.
    """
    spec = json.loads(figure.to_json())
    layout = spec["layout"]
    title = layout.pop("title", {}).get("text", "")  # a figure's own title is escaped already
    layout.pop("template", None)
    spec["menus"] = layout.pop("updatemenus", [])
    for menu in spec["menus"]:
        if menu["name"] == "across":
            menu["buttons"][0]["args"][0] = {}  # as it is drawn: nothing to say twice
    layout["height"] -= TITLE
    layout["margin"]["t"] -= TITLE
    data = json.dumps(spec, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        data = data.replace(character, f"\\u{ord(character):04x}")
    below = f"<figcaption>{text(caption)}</figcaption>\n" if caption else ""
    return (
        f'<figure>\n<div class="head"><h{level}>{title}</h{level}>'
        f"{_buttons(spec['menus'], name, level)}</div>\n"
        f'<div class="plot" data-figure="{text(name)}" style="height:{layout["height"]}px"></div>\n'
        f'<script type="application/json" id="{text(name)}">{data}</script>\n{below}</figure>\n'
    )


def _buttons(menus: Sequence[Mapping[str, Any]], figure: str, level: int) -> str:
    """Return the buttons of a figure's menus, whose labels are escaped already."""
    told = ""
    for menu in menus:
        if menu["name"] == "across" and level > 2:
            continue
        told += f'<span class="choice {menu["name"]}">'
        for index, button in enumerate(menu["buttons"]):
            told += (
                f'<button type="button" data-menu="{menu["name"]}" data-index="{index}" '
                f'data-figure="{text(figure)}">{button["label"]}</button>'
            )
        told += "</span>"
    return told
