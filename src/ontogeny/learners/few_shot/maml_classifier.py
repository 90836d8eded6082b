"""MAML as a method of few-shot classification: every layer of a network learns the task.

    (torso, rows) ← (torso, rows) - rates ∘ ∇ mean cross-entropy of  rows · torso(x)  on the support

The start of the torso, one row that all classes begin with, and a rate for every array are
meta-learned. Because the classes begin alike, their order cannot matter, and there may be as many
as one likes; the torso moves from the second step on, since equal rows tell it nothing.

Sources: Finn, Abbeel and Levine 2017 (MAML, arXiv 1703.03400); Ye and Chao 2022, "How to Train Your
MAML to Excel in Few-Shot Classification" (arXiv 2106.16245), for the shared row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Metrics
from ontogeny.learners.few_shot.few_shot import Method, cross_entropy, share_right
from ontogeny.nn.mlp import MLP
from ontogeny.nn.parting import part
from ontogeny.ops.descent import descend_inner
from ontogeny.ops.dropout import dropped
from ontogeny.worlds.classes.few_shot import Episode


@dataclass(frozen=True)
class MAMLClassifierConfig:
    """The network, and how it learns a task."""

    widths: tuple[int, ...] = (128, 64)
    """Of the torso's layers, a ReLU after each."""
    steps: int = 5
    """Of descent on the support."""
    rate: float = 0.1
    """Of every step, at first."""
    order: int = 2
    """2 differentiates through the steps, 1 takes their gradients as constants."""
    dropout: float = 0.3
    """Share of the inputs that is dropped in meta-training."""

    def __post_init__(self) -> None:
        if not (self.widths and min(self.widths) > 0 and self.steps > 0 and self.rate > 0):
            raise ConfigError(
                f"widths {self.widths}, {self.steps} steps at rate {self.rate}",
                where="maml classifier",
                hint="use a layer or more, a step or more, and positive numbers",
            )
        if self.order not in (1, 2) or not 0 <= self.dropout < 1:
            raise ConfigError(
                f"order {self.order}, dropout {self.dropout}",
                where="maml classifier",
                hint="use order 1 or 2, and a dropout from 0 to less than 1",
            )


def maml_classifier(n_features: int, config: MAMLClassifierConfig | None = None) -> Method:
    """Return the method on inputs of so many features. Its hypers may have "dropout"."""
    c = config or MAMLClassifierConfig()
    torso = part(lambda key: MLP(n_features, c.widths, "relu", key=key))

    def init(key: Array) -> PyTree[Array]:
        start = {"torso": torso.init(key), "row": jnp.zeros(c.widths[-1])}
        return {"start": start, "rates": jax.tree.map(lambda _: jnp.float32(c.rate), start)}

    def tell(point: PyTree[Array], x: Float[Array, "*rows feature"]) -> Float[Array, "*rows way"]:
        rows = x.reshape(-1, x.shape[-1])
        seen = jax.vmap(torso.whole(point["torso"]))(rows)
        return (seen @ point["row"].T).reshape(*x.shape[:-1], -1)

    def learn(
        arrays: PyTree[Array], support: Array, key: Array | None, dropout: Array | float
    ) -> PyTree[Array]:
        """Return the network after the descent; without a key nothing is dropped."""

        def on_support(point: PyTree[Array], key: Array | None = None) -> Array:
            inputs = support if key is None else dropped(key, support, dropout)
            return jnp.mean(cross_entropy(tell(point, inputs)))

        start = arrays["start"]
        start = start | {"row": jnp.tile(start["row"], (support.shape[0], 1))}
        each = None if key is None else jax.random.split(key, c.steps)
        return descend_inner(
            on_support, start, arrays["rates"], c.steps, order=c.order, each=each
        ).end

    def loss(
        key: Array, arrays: PyTree[Array], episode: Episode, hypers: dict[str, Any]
    ) -> tuple[Array, Metrics]:
        support_key, query_key = jax.random.split(key)
        dropout = hypers["dropout"]
        point = learn(arrays, episode.support, support_key, dropout)
        said = tell(point, dropped(query_key, episode.query, dropout))
        whole = jnp.mean(cross_entropy(said))
        return whole, {"query_loss": whole, "accuracy": share_right(said)}

    def adapt(arrays: PyTree[Array], support: Float[Array, "way shot feature"]) -> PyTree[Array]:
        return learn(arrays, support, None, 0.0)

    def logits(
        arrays: PyTree[Array], head: PyTree[Array], query: Float[Array, " feature"]
    ) -> Float[Array, " way"]:
        del arrays
        return tell(head, query)

    return Method(init, loss, adapt, logits, {"dropout": c.dropout})
