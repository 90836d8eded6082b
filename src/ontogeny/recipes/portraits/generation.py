"""What a generator has become: a sheet of its images; what a translator has: some sentences."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from ontogeny.views.figure import Figure
from ontogeny.views.theme import FAINT, dress

if TYPE_CHECKING:
    from ontogeny.learners.generation.sampler import Sampler
    from ontogeny.learners.generation.translator import Translator
    from ontogeny.worlds.language.catalogues import Pair

IMAGES = 100
SENTENCES = 16
COLUMNS = 10  # of images in a sheet
CLEAR = "rgba(0, 0, 0, 0)"  # the page's own ground


def samples(sampler: Sampler, real: Float[np.ndarray, "batch height width"], seed: int) -> Figure:
    """Return the sheet of what a sampler makes."""
    return sheet(np.asarray(sampler(IMAGES, seed)), real)


def sheet(
    made: Float[np.ndarray, "batch height width"], real: Float[np.ndarray, "batch height width"]
) -> Figure:
    """Return the sheet: images that were made, none of them chosen, and real ones."""
    return Figure(
        "samples",
        f"{IMAGES} images that the winner makes, none of them chosen, and {IMAGES} real ones that "
        "nothing has learned from.",
        {"made": made, "real": real[:IMAGES]},
        {},
        draw_sheets,
    )


def sample_translations(translator: Translator, pairs: Sequence[Pair], seed: int) -> Figure:
    """Return the table: messages of several words from the test, none of them chosen."""
    several = [pair for pair in pairs if len(pair.source.split()) > 2] or list(pairs)
    order = np.random.default_rng(seed).permutation(len(several))[:SENTENCES]
    some = [several[place] for place in order]
    said = translator.many([pair.source for pair in some])
    return Figure(
        "translations",
        f"{len(some)} messages that nothing has learned from, drawn at random, as the winner puts "
        "them, and as the package's translators did.",
        {},
        {"message": [p.source for p in some], "said": said, "people": [p.target for p in some]},
        draw_sentences,
    )


def draw_sheets(figure: Figure) -> go.Figure:
    """Return sheets of images side by side, each under its name; ink is dark."""
    sheets = figure.data
    fig = make_subplots(1, len(sheets), subplot_titles=list(sheets), horizontal_spacing=0.04)
    dress(fig, "Images", 470)
    for number, images in enumerate(sheets.values(), 1):
        pixels = _tiled(images)
        fig.add_heatmap(
            z=np.round(pixels[::-1], 3).astype("float32"),  # row 0 at the bottom
            zmin=0,
            zmax=1,
            colorscale=[[0, "white"], [1, "black"]],
            showscale=False,
            hoverinfo="skip",
            row=1,
            col=number,
        )
        across = "x" if number == 1 else f"x{number}"
        fig.update_yaxes(visible=False, scaleanchor=across, constrain="domain", row=1, col=number)
        fig.update_xaxes(visible=False, constrain="domain", row=1, col=number)
    fig.update_layout(margin={"l": 8, "r": 8, "b": 8})
    return fig


def draw_sentences(figure: Figure) -> go.Figure:
    """Return a table of sentences, a column each."""
    columns = {name: [escape(str(said)) for said in some] for name, some in figure.labels.items()}
    fig = go.Figure()
    rows = max(map(len, columns.values()), default=0)
    dress(fig, "Translations", 130 + 30 * rows)
    fig.add_table(
        header={
            "values": [f"<b>{escape(name)}</b>" for name in columns],
            "align": "left",
            "fill": {"color": CLEAR},
            "line": {"color": FAINT},
        },
        cells={
            "values": list(columns.values()),
            "align": "left",
            "height": 28,
            "fill": {"color": CLEAR},
            "line": {"color": FAINT},
        },
    )
    fig.update_layout(margin={"l": 8, "r": 8, "b": 8})
    return fig


def _tiled(images: Float[np.ndarray, "batch height width"]) -> np.ndarray:
    """Return the images in rows of `COLUMNS`, a pixel of white around each."""
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    missing = -len(framed) % COLUMNS
    framed = np.concatenate([framed, np.zeros((missing, *framed.shape[1:]))])
    count, height, width = framed.shape
    rows = framed.reshape(count // COLUMNS, COLUMNS, height, width)
    return rows.transpose(0, 2, 1, 3).reshape(count // COLUMNS * height, COLUMNS * width)
