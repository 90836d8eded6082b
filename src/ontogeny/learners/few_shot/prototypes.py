"""Prototypical networks: a class is the mean of its embedded examples, and the nearest one wins.

    c_n = mean of f(x) over the support of class n;   logits of x: -|f(x) - c_n|²

With f the identity and nothing learned it is the nearest centroid.

Source: Snell, Swersky and Zemel 2017, "Prototypical Networks for Few-shot Learning" (arXiv
1703.05175).
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
from ontogeny.learners.few_shot.leo_network import glorot_uniform
from ontogeny.ops.dropout import dropped
from ontogeny.worlds.classes.few_shot import Episode


@dataclass(frozen=True)
class PrototypesConfig:
    """The embedding: linear layers without biases, ReLUs between them."""

    widths: tuple[int, ...] = (256, 64)
    """Of the layers; none leaves the features as they are: the nearest centroid."""
    dropout: float = 0.3
    """Share of the inputs that is dropped in training."""
    scale: float = 10.0
    """What the squared distances are multiplied with at first; it is learned."""

    def __post_init__(self) -> None:
        if not (0 <= self.dropout < 1 and self.scale > 0 and all(w > 0 for w in self.widths)):
            raise ConfigError(
                f"widths {self.widths}, dropout {self.dropout}, scale {self.scale}",
                where="prototypes",
                hint="use positive widths and scale, and a dropout from 0 to less than 1",
            )


def prototypes(n_features: int, config: PrototypesConfig | None = None) -> Method:
    """Return the method on inputs of so many features. Its hypers may have "dropout".

    >>> from ontogeny.learners.few_shot.prototypes import PrototypesConfig
    >>> method = og.prototypes(n_features=6, config=PrototypesConfig(widths=(8,)))
    >>> arrays = method.init(jax.random.key(0))
    >>> support = jnp.eye(6)[:3, None]  # [way, shot, feature]
    >>> head = method.adapt(arrays, support)
    >>> method.logits(arrays, head, support[2, 0]).argmax().item()
    2
    """
    c = config or PrototypesConfig()

    def init(key: Array) -> PyTree[Array]:
        keys = jax.random.split(key, max(len(c.widths), 1))
        sizes = zip((n_features, *c.widths), c.widths, strict=False)
        layers = tuple(glorot_uniform(k, *s) for k, s in zip(keys, sizes, strict=False))
        return {"layers": layers, "log_scale": jnp.log(jnp.float32(c.scale))}

    def embed(arrays: PyTree[Array], x: Float[Array, "*rows feature"]) -> Array:
        for number, layer in enumerate(arrays["layers"]):
            x = (jax.nn.relu(x) if number else x) @ layer
        return x

    def loss(
        key: Array, arrays: PyTree[Array], episode: Episode, hypers: dict[str, Any]
    ) -> tuple[Array, Metrics]:
        support_key, query_key = jax.random.split(key)
        dropout = hypers["dropout"]
        head = adapt(arrays, dropped(support_key, episode.support, dropout))
        query = dropped(query_key, episode.query, dropout)
        said = jax.vmap(jax.vmap(lambda x: logits(arrays, head, x)))(query)
        whole = jnp.mean(cross_entropy(said))
        return whole, {"query_loss": whole, "accuracy": share_right(said)}

    def adapt(
        arrays: PyTree[Array], support: Float[Array, "way shot feature"]
    ) -> Float[Array, "way embedded"]:
        return jnp.mean(embed(arrays, support), axis=1)

    def logits(arrays: PyTree[Array], head: Array, query: Float[Array, " feature"]) -> Array:
        apart = embed(arrays, query) - head
        return -jnp.exp(arrays["log_scale"]) * jnp.sum(apart**2, axis=-1)

    return Method(init, loss, adapt, logits, {"dropout": c.dropout})
