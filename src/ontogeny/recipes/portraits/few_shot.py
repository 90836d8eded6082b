"""What a few-shot classifier has become: one episode of unseen characters, as it tells them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.learners.few_shot.classifier import FewShotClassifier
from ontogeny.learners.few_shot.config import MetaConfig
from ontogeny.learners.few_shot.few_shot import accuracies
from ontogeny.recipes.few_shot_data import Featured
from ontogeny.recipes.portraits.few_shot_figures import episode_figure
from ontogeny.views.figure import Figure
from ontogeny.worlds.few_shot import Splits, draw_episode, mean_interval

TESTED = 400  # episodes of test classes
SHOWN = 10  # queries of a class, at most


def portrait(
    data: Featured, pictures: Splits, product: FewShotClassifier, meta: MetaConfig, seed: int
) -> list[Figure]:
    """Return the picture of one test episode, its caption with the accuracy over many."""
    key = jax.random.key(seed)
    found = jax.jit(
        lambda arrays: accuracies(
            product.method, arrays, key, data.splits.test, meta, meta.test_queries, TESTED
        )
    )(product.arrays)
    whole = mean_interval(100 * np.asarray(found, np.float64))
    n_shown = min(SHOWN, meta.test_queries)
    episode = draw_episode(
        jax.random.fold_in(key, 1), pictures.test, meta.ways, meta.shots, n_shown
    )
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
            lambda figure: episode_figure(
                figure.data["support"], figure.data["query"], figure.data["told"]
            ),
        )
    ]
