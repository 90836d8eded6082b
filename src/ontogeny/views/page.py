"""The frame of a report: one whole HTML page, for a phone, in the dark and on paper.

Everything here returns HTML. Text is escaped by `text`, `table` and `section` themselves; what they
are given as `html` is HTML already.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ontogeny.core.files import absolute, replace_file
from ontogeny.views.figure import Figure

TITLE = 40  # pixels that a figure keeps for its title, which the page takes over

STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --soft: #5f6368; --rule: #dcdfe3; --ground:
  #fff; --tile: #f5f6f8;
  --accent: #b34700; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --soft: #a3a8ae; --rule: #3a3d42;
  --ground: #16181b;
  --tile: #202327; --accent: #ff9a52; } }
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
@media print { body { font-size: 11pt; } main { max-width: none; padding: 0; } h2, h3 {
  break-after: avoid; }
  figure, tr, .tiles { break-inside: avoid; } }
@media (max-width: 480px) { main { padding: 18px 12px 40px; } h1 { font-size: 1.5rem; } th, td {
  padding: 4px 7px; } }
"""

# Draws each figure from the JSON beside it, in the colours of the page; paper is always light. What
# comes into the page later is drawn by `showFigures`, on the plot that was there if it is the same.
SCRIPT = """
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const plots = [];
  const colours = (night) => night ? ["#d8d8d8", "#16181b"] : ["#1c1c1c", "#ffffff"];
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
    Plotly.react(div, data, layout,
      { responsive: true, displayModeBar: false });
  });
  window.showFigures = (root) => {
    const some = [...root.querySelectorAll(".plot")].map(
      (div) => [div, JSON.parse(document.getElementById(div.dataset.figure).textContent)]);
    const shown = new Set(some.map(([div]) => div));
    const rest = plots.filter(([div]) => div.isConnected && !shown.has(div));
    plots.splice(0, plots.length, ...rest, ...some);
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


def text(value: Any) -> str:
    """Return the value as escaped text."""
    return escape(str(value))


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
) -> str:
    """Return a table; `left` are the columns of words, `chosen` is the row that stands out."""
    words = set(left)

    def cells(tag: str, row: Sequence[Any]) -> str:
        return "".join(
            f'<{tag} class="left">{text(cell)}</{tag}>'
            if i in words
            else f"<{tag}>{text(cell)}</{tag}>"
            for i, cell in enumerate(row)
        )

    begins = ["<tr>", '<tr class="chosen">']
    body = "".join(f"{begins[i == chosen]}{cells('td', row)}</tr>\n" for i, row in enumerate(rows))
    head = f"<thead><tr>{cells('th', columns)}</tr></thead>"
    return f'<div class="wide"><table>\n{head}\n<tbody>\n{body}</tbody></table></div>\n'


def drawn(figure: Figure) -> str:
    """Return a figure, drawn, as HTML."""
    return plot(figure.draw(figure), figure.name, figure.caption)


def plot(figure: Any, name: str, caption: str = "", *, level: int = 2) -> str:
    """Return a plotly figure, its title and caption as HTML, which wraps on a narrow screen.

    `name` is unique in the page and a valid identifier; `level` is the title's rank among headings.
    """
    spec = json.loads(figure.to_json())
    layout = spec["layout"]
    title = layout.pop("title", {}).get("text", "")  # a figure's own title is escaped already
    layout.pop("template", None)
    layout["height"] -= TITLE
    layout["margin"]["t"] -= TITLE
    data = json.dumps(spec, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        data = data.replace(character, f"\\u{ord(character):04x}")
    below = f"<figcaption>{text(caption)}</figcaption>\n" if caption else ""
    return (
        f"<figure>\n<h{level}>{title}</h{level}>\n"
        f'<div class="plot" data-figure="{text(name)}" style="height:{layout["height"]}px"></div>\n'
        f'<script type="application/json" id="{text(name)}">{data}</script>\n{below}</figure>\n'
    )
