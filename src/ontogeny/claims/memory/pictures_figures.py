"""The figures of the claims about pictures: a line a memory by the numbers that it stores, and what
all of them give back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ontogeny.learners.memory.task import Episode
from ontogeny.recipes.portraits.retrieval import draw_strips
from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, INK, QUIET, SECOND, add_seeds, empty

UNITS = {
    "error": ("Squared error by stored numbers", "squared error of a picture"),
    "cpu": ("Cost of learning", "CPU-seconds an update"),
}
SHOWN = 6  # queries


def by_number_figure(
    name: str, what: str, rows: Mapping[str, np.ndarray], asked: Sequence[int]
) -> Figure:
    """Return the figure of "error" or "cpu" on a set of pictures, [number, seed] for each memory,
    of as many numbers as it was trained at.
    """
    title, unit = UNITS[what]
    return Figure(
        f"{_words(name)}_{what}",
        f"{title}, {name}: a line a memory, dots are seeds. Memories that are slow to train end "
        "early.",
        dict(rows),
        {"asked": list(asked), "names": list(rows), "words": [f"{title}: {name}", unit]},
        draw_by_number,
    )


def answers_figure(
    name: str, answers: Mapping[str, np.ndarray], episode: Episode, numbers: int
) -> Figure:
    """Return the figure of queries, what each memory of so many numbers answers, and the truth."""
    stages = [np.asarray(episode.query), *answers.values()]
    return Figure(
        f"{_words(name)}_answers",
        f"{name.capitalize()}: queries, what each memory of {numbers:,} numbers gives back, and "
        "what was stored.",
        {
            "reads": np.stack(stages, axis=1)[:SHOWN],
            "truth": np.asarray(episode.patterns)[:SHOWN],
        },
        {
            "names": [f"picture {number + 1}" for number in range(min(SHOWN, len(stages[0])))],
            "stages": ["query", *(name.removeprefix("EBMM, ") for name in answers), "truth"],
            "dark": ["ground" if name.startswith("photo") else "ink"],
        },
        draw_strips,
    )


def draw_by_number(figure: Figure) -> go.Figure:
    """Return a line for each memory; both axes are logarithmic."""
    title, unit = map(str, figure.labels["words"])
    fig = empty(title, "numbers stored", unit, height=460, type="log")
    looks = [(colour, "solid") for colour in (*COLOURS, INK, QUIET)]
    looks += [(colour, "dash") for colour in (INK, QUIET, SECOND)]
    for name, (colour, dash) in zip(figure.labels["names"], looks, strict=False):
        rows = np.asarray(figure.data[str(name)])
        asked = np.array(figure.labels["asked"])[: len(rows)]
        rows = np.where(rows > 0, rows, np.nan)  # what keeps all errs by 0: it has no logarithm
        add_seeds(fig, asked, rows, colour, str(name))
        fig.data[-2].line.dash = dash  # pyright: ignore[reportAttributeAccessIssue]
    ticks = list(map(int, figure.labels["asked"]))
    fig.update_xaxes(type="log", tickvals=ticks, ticktext=[f"{tick:,}" for tick in ticks])
    fig.update_layout(legend={"orientation": "v", "x": 1.02, "y": 1, "yanchor": "top"})
    return fig


def _words(name: str) -> str:
    return name.replace(" ", "_")
