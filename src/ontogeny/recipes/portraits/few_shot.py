"""What a few-shot classifier has become: one episode of unseen characters, as it tells them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import plotly.graph_objects as go
from jaxtyping import Array, PyTree

from ontogeny.learners.few_shot.classifier import FewShotClassifier
from ontogeny.learners.few_shot.config import MetaConfig
from ontogeny.learners.few_shot.few_shot import accuracies
from ontogeny.recipes.few_shot_data import Featured
from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, INK, SECOND, empty
from ontogeny.worlds.classes.few_shot import Classes, Episode, Splits, draw_episode, mean_interval

TESTED = 400  # episodes of test classes
SHOWN = 10  # queries of a class, at most
MARGIN = 2  # pixels of ground around a picture of an episode


def portrait(
    data: Featured, pictures: Splits, product: FewShotClassifier, meta: MetaConfig, seed: int
) -> list[Figure]:
    """Return the picture of one test episode, its caption with the accuracy over many."""
    n_shown = min(SHOWN, meta.test_queries)

    @jax.jit
    def look(
        key: Array, arrays: PyTree[Array], features: Classes, drawn: Classes
    ) -> tuple[Array, Episode]:
        asked = meta, meta.test_queries, TESTED
        shown = jax.random.fold_in(key, 1), drawn, meta.ways, meta.shots, n_shown
        return accuracies(product.method, arrays, key, features, *asked), draw_episode(*shown)

    of_test = data.splits.test, pictures.test
    found, episode = look(jax.random.key(seed), product.arrays, *of_test)
    whole = mean_interval(100 * np.asarray(found, np.float64))
    assert product.view is not None  # pictures are at hand, so there is what views them
    told = product(product.view(episode.support), product.view(episode.query))
    return [
        Figure(
            "episode",
            f"Left of the line: what it learned from, {meta.shots} of each class. Right: what it "
            "was then asked; a frame marks what it told wrong. Over "
            f"{TESTED} such episodes of classes that it never saw it is right in {whole.value:.1f} "
            f"± {whole.high - whole.value:.1f} % of the cases.",
            {
                "support": np.asarray(episode.support, np.float32),
                "query": np.asarray(episode.query, np.float32),
                "told": np.asarray(jnp.argmax(told, axis=-1)),
            },
            {},
            draw_told,
        )
    ]


def draw_told(figure: Figure) -> go.Figure:
    """Return an episode of pictures (ink high): a row a class, what was learned from, a line, what
    was asked. A frame marks what was told wrong, with the row that it was taken for.
    """
    support, query, told = (figure.data[name] for name in ("support", "query", "told"))
    n_ways, n_shots = support.shape[:2]
    room = ((0, 0), (0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN))
    cells = np.pad(np.concatenate([support, query], axis=1), room)
    height, width = cells.shape[2:]
    sheet = cells.transpose(0, 2, 1, 3).reshape(n_ways * height, -1)
    fig = empty("One episode", "", "", height=90 + 64 * n_ways)
    fig.add_heatmap(
        z=sheet,
        colorscale=[[0, "#ffffff"], [1, INK]],
        showscale=False,
        hoverinfo="skip",
    )
    edge = n_shots * width - 0.5
    fig.add_shape(
        type="line",
        x0=edge,
        x1=edge,
        y0=-0.5,
        y1=n_ways * height - 0.5,
        line={"color": SECOND, "width": 2},
    )
    for row, column in np.argwhere(told != np.arange(n_ways)[:, None]):
        left, top = (n_shots + column) * width - 0.5, row * height - 0.5
        fig.add_shape(
            type="rect",
            x0=left + 0.5,
            x1=left + width - 0.5,
            y0=top + 0.5,
            y1=top + height - 0.5,
            line={"color": ACCENT, "width": 2},
        )
        fig.add_annotation(
            x=left + width - 2,
            y=top + 2.5,
            text=str(int(told[row, column]) + 1),
            showarrow=False,
            font={"color": ACCENT, "size": 12},
        )
    places = [row * height + height / 2 for row in range(n_ways)]
    fig.update_yaxes(
        autorange="reversed",
        scaleanchor="x",
        tickvals=places,
        ticktext=[str(row + 1) for row in range(n_ways)],
        showgrid=False,
    )
    fig.update_xaxes(visible=False, constrain="domain")
    return fig
