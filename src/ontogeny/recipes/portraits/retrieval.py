"""What an associative memory makes of queries, and the energy between two patterns."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Bool, Float

from ontogeny.core.errors import DataError
from ontogeny.learners.memory.product import Memory
from ontogeny.views.figure import Figure
from ontogeny.views.quantities import count
from ontogeny.views.theme import ACCENT, SECOND, dress, empty

GAP = 2  # pixels between pictures
PLACES = 81  # of a slice, each way
ROUNDING = 1e-6
AT_ONCE = 256  # patterns whose energy is computed together
NONE = "#e4e6e8"  # the ground where there is no pattern


def retrieval_strips(
    memory: Memory,
    patterns: Float[np.ndarray, "pattern ..."],
    queries: Float[np.ndarray, "pattern ..."],
    known: Bool[np.ndarray, "pattern ..."] | None,
    names: Sequence[str],
    *,
    ink: bool = False,
) -> Figure:
    """Return the figure of what broken patterns lead to, step by step; with `ink`, 1 is dark."""
    reads = np.asarray(memory.reads(queries, known))
    error = np.mean(np.sum((reads[:, -1] - patterns).reshape(len(reads), -1) ** 2, axis=1))
    before = np.mean(np.sum((queries - patterns).reshape(len(reads), -1) ** 2, axis=1))
    held = "" if known is None or not np.any(known) else " What is known to be right is held."
    stages = ["query", *(f"read {n}" for n in range(1, reads.shape[1] - 1)), "answer", "truth"]
    return Figure(
        "retrieval",
        f"What {count(len(reads), 'query', 'queries')} lead to, of {count(memory.count, 'pattern')}"
        f" in {count(memory.n_numbers, 'number')}: squared error {before:.3g} before reading and "
        f"{error:.3g} after it, the mean over those that are shown.{held}",
        {"reads": reads, "truth": np.asarray(patterns)},
        {"names": list(names), "stages": stages, "dark": ["ink" if ink else "ground"]},
        draw_strips,
    )


def energy_slice(
    memory: Memory,
    a: Float[np.ndarray, "..."],
    b: Float[np.ndarray, "..."],
    third: Float[np.ndarray, "..."],
    words: Sequence[str] = ("stored", "stored too", "mean of the queries"),
) -> Figure:
    """Return the figure of the energy over the plane through two stored patterns and a third point.
    Raises `DataError` where the three lie on a line.
    """
    along, aside = (np.asarray(one - a, float).reshape(-1) for one in (b, third))
    length = np.linalg.norm(along)
    one = along / max(length, 1e-12)
    height = np.linalg.norm(aside - (aside @ one) * one)
    if min(length, height) < 1e-6 * np.sqrt(along.size):
        raise DataError(
            "the three patterns lie on a line",
            where="energy_slice",
            hint="give a third that is not between the two",
        )
    other = (aside - (aside @ one) * one) / height
    ends = np.array([[0, 0], [length, 0], [aside @ one, height]])
    start = np.asarray(a, float).reshape(-1)

    def cut(low: Any, high: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return places of both axes, the patterns there, and which of them are patterns."""
        x, y = (np.linspace(*ends, PLACES) for ends in zip(low, high, strict=True))
        plane = start + x[:, None] * one + y[:, None, None] * other
        return x, y, plane, ((plane >= -ROUNDING) & (plane <= 1 + ROUNDING)).all(axis=-1)

    x, y, _, inside = cut(ends.min(axis=0) - length / 2, ends.max(axis=0) + length / 2)
    rows, columns = np.nonzero(inside)
    seen = np.concatenate([np.stack([x[columns], y[rows]], axis=1), ends])
    margin = 0.06 * length
    x, y, plane, inside = cut(seen.min(axis=0) - margin, seen.max(axis=0) + margin)
    energy = np.full(inside.shape, np.nan)
    energy[inside] = _energies(memory, np.clip(plane[inside], 0, 1))
    return Figure(
        "slice",
        "Energy over the plane through two stored patterns and a third point: low where reading "
        "goes. Grey: no number of a pattern may leave 0 to 1.",
        {"x": x, "y": y, "energy": energy, "marks": ends},
        {"words": list(words)},
        draw_slice,
    )


def draw_strips(figure: Figure) -> go.Figure:
    """Return a row a pattern, from the query to the truth; of bit strings a block a pattern, and a
    row a stage.
    """
    stages, names = (list(map(str, figure.labels[one])) for one in ("stages", "names"))
    whole = np.concatenate([figure.data["reads"], figure.data["truth"][:, None]], axis=1)
    is_bits = whole.ndim == 3
    tiles = whole[:, None] if is_bits else whole  # of bits, one a pattern, with the stages in it
    rows, columns = tiles.shape[2:4]
    canvas = _tiled(tiles)
    title = "Bits: one is dark" if is_bits else "From a broken query to an answer"
    high, wide = canvas.shape[:2]
    scale = min(24.0, max(2.0, 1000 / wide))
    fig = go.Figure()
    dress(fig, title, round(110 + max(high * scale, 14 * high if is_bits else 0)))
    dark = is_bits or figure.labels["dark"][0] == "ink"
    ground = ("white", "black") if dark else ("black", "white")
    if canvas.ndim == 2:
        fig.add_heatmap(
            z=np.round(canvas, 3).astype("float32"),
            zmin=0,
            zmax=1,
            colorscale=[[0, ground[0]], [1, ground[1]]],
            showscale=False,
            hoverinfo="skip",
        )
    else:
        pixels = np.rint(255 * np.where(np.isnan(canvas), 0.9, canvas)).astype(np.uint8)
        fig.add_image(z=pixels, hoverinfo="skip")
    blocks = np.arange(len(names)) * (rows + GAP)
    if is_bits:
        words = [f"{name}: {s}" if not i else s for name in names for i, s in enumerate(stages)]
        places = (blocks[:, None] + np.arange(rows)).ravel()
        fig.update_yaxes(tickvals=places, ticktext=list(map(escape, words)))
        fig.update_xaxes(title_text="bit")
    else:
        fig.update_yaxes(
            tickvals=blocks + (rows - 1) / 2,
            ticktext=[escape(name) for name in names],
            scaleanchor="x",
            constrain="domain",
        )
        middles = np.arange(len(stages)) * (columns + GAP) + (columns - 1) / 2
        fig.update_xaxes(tickvals=middles, ticktext=stages, side="top", constrain="domain")
    fig.update_layout(plot_bgcolor=NONE)
    fig.update_xaxes(showgrid=False, showline=False, ticklen=6, tickcolor="rgba(0, 0, 0, 0)")
    fig.update_yaxes(showgrid=False, autorange="reversed")
    return fig


def draw_slice(figure: Figure) -> go.Figure:
    """Return the contours of the energy, with the three points that the plane goes through."""
    words = list(map(str, figure.labels["words"]))
    marks = figure.data["marks"]
    fig = empty(
        "Energy between two stored patterns",
        "along the line through both (distance)",
        "towards the third point (distance)",
        height=560,
    )
    fig.add_contour(
        x=figure.data["x"],
        y=figure.data["y"],
        z=figure.data["energy"].astype("float32"),
        colorscale="Blues_r",
        ncontours=24,
        line={"width": 0.6, "color": "rgba(255, 255, 255, 0.6)"},
        colorbar={"title": {"text": "energy"}, "thickness": 14, "outlinewidth": 0},
    )
    for (x, y), word, colour in zip(marks, words, (ACCENT, ACCENT, SECOND), strict=True):
        fig.add_scatter(
            x=[x],
            y=[y],
            mode="markers",
            marker={"color": colour, "size": 11, "line": {"color": "white", "width": 2}},
            showlegend=False,
            hoverinfo="skip",
        )
        fig.add_annotation(
            x=x,
            y=y,
            text=escape(word),
            yshift=20,
            showarrow=False,
            bgcolor="rgba(255, 255, 255, 0.8)",
        )
    fig.update_layout(plot_bgcolor=NONE)
    fig.update_xaxes(showgrid=False, constrain="domain")
    fig.update_yaxes(showgrid=False, scaleanchor="x", constrain="domain")
    return fig


def _tiled(tiles: np.ndarray) -> np.ndarray:
    """Return tiles [pattern, stage, row, column, …] as one, with gaps of NaN."""
    patterns, stages, rows, columns, *colours = tiles.shape
    out = np.full((patterns, rows + GAP, stages, columns + GAP, *colours), np.nan)
    out[:, :rows, :, :columns] = tiles.swapaxes(1, 2)
    whole = out.reshape(patterns * (rows + GAP), stages * (columns + GAP), *colours)
    return whole[: -GAP or None, : -GAP or None]


def _energies(memory: Memory, flat: Float[np.ndarray, "place number"]) -> np.ndarray:
    """Return the energies of patterns, some at a time: all at once would fill the memory."""
    padded = np.concatenate([flat, flat[:1].repeat(-len(flat) % AT_ONCE, axis=0)])
    parts = padded.astype(np.float32).reshape(-1, AT_ONCE, *memory.shape)
    return np.concatenate([np.asarray(memory.energy(part)) for part in parts])[: len(flat)]
