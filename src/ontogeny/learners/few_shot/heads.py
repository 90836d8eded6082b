"""Softmax heads that learn a task by descent on the inputs as they are: what LEO is held against.

    w ← w - α ∘ ∇_w sum of cross-entropies over the support + decay/2 |w|²

- **Meta-SGD**: the start (one row, shared by all classes) and α (a number a feature) are learned.
  With one step the logits compare inner products with the support alone, hence the nearest centroid
  is never far.
- **Linear probe**: nothing is learned before: from zero, many steps, with weight decay.

Source: Li et al. 2017, "Meta-SGD: Learning to Learn Quickly for Few-Shot Learning" (arXiv
1707.09835); on fixed features it is the baseline of Rusu et al. 2019 (arXiv 1807.05960).
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
from ontogeny.ops.descent import descend_inner
from ontogeny.ops.dropout import dropped
from ontogeny.worlds.classes.few_shot import Episode


@dataclass(frozen=True)
class HeadConfig:
    """The descent, and what of it is learned."""

    steps: int = 5
    """Of descent on the support."""
    rate: float = 1.0
    """Of every step, at first."""
    learned: bool = True
    """Whether the start and the rates are meta-learned: Meta-SGD. If not: a linear probe."""
    decay: float = 0.0
    """Of the weights, while a task is learned."""
    dropout: float = 0.3
    """Share of the inputs that is dropped in meta-training."""

    def __post_init__(self) -> None:
        if self.steps < 1 or not self.rate > 0 or self.decay < 0 or not 0 <= self.dropout < 1:
            raise ConfigError(
                f"{self.steps} steps at rate {self.rate}, decay {self.decay}, "
                f"dropout {self.dropout}",
                where="head",
                hint="use 1 step or more, a positive rate, no negative decay, dropout below 1",
            )


PROBE = HeadConfig(steps=100, rate=1.0, learned=False, decay=0.01)


def head(n_features: int, config: HeadConfig | None = None) -> Method:
    """Return the method on inputs of so many features. Its hypers may have "dropout"."""
    c = config or HeadConfig()

    def init(key: Array) -> PyTree[Array]:
        del key
        return {"start": jnp.zeros(n_features), "rate": jnp.full(n_features, c.rate, jnp.float32)}

    def loss(
        key: Array, arrays: PyTree[Array], episode: Episode, hypers: dict[str, Any]
    ) -> tuple[Array, Metrics]:
        support_key, query_key = jax.random.split(key)
        dropout = hypers["dropout"]
        weights = learn(arrays, episode.support, support_key, dropout)
        said = dropped(query_key, episode.query, dropout) @ weights.T
        whole = jnp.mean(cross_entropy(said))
        return whole, {"query_loss": whole, "accuracy": share_right(said)}

    def learn(
        arrays: PyTree[Array], support: Array, key: Array | None, dropout: Array | float
    ) -> Float[Array, "way feature"]:
        """Return the weights after the descent; without a key nothing is dropped."""
        if not c.learned:
            arrays = jax.lax.stop_gradient(arrays)

        def on_support(weights: Array, key: Array | None = None) -> Array:
            inputs = support if key is None else dropped(key, support, dropout)
            shrinking = 0.5 * c.decay * jnp.sum(weights**2)
            return jnp.sum(cross_entropy(inputs @ weights.T)) + shrinking

        start = jnp.broadcast_to(arrays["start"], (support.shape[0], n_features))
        each = None if key is None else jax.random.split(key, c.steps)
        return descend_inner(on_support, start, arrays["rate"], c.steps, each=each).end

    def adapt(
        arrays: PyTree[Array], support: Float[Array, "way shot feature"]
    ) -> Float[Array, "way feature"]:
        return learn(arrays, support, None, 0.0)

    def logits(arrays: PyTree[Array], head: Array, query: Float[Array, " feature"]) -> Array:
        del arrays
        return head @ query

    return Method(init, loss, adapt, logits, {"dropout": c.dropout})
