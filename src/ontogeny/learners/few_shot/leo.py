"""LEO: few-shot learning by descent in a latent space that generates the weights.

For a task of N classes, K examples each, D the support:

    q(z_n | D) = N(m, s²),   (m, s) = mean of g_r(g_e(x_n), g_e(x_m)) over all pairs
    w_n ~ N(m_d, s_d²),      (m_d, s_d) = g_d(z_n);   logits of x: w · x
    z ← z - α ∘ ∇_z L(D),    decoded anew after every step;   then   w ← w - α' ∘ ∇_w L(D)
    minimise  L(query) + β KL(q || N(0, 1)) + γ |stop(z') - z|² + λ1 |φ|² + λ2 |C_d - I|

The encoder sees all pairs of examples, so a class is placed among its rivals; the descent goes
through a bottleneck that all tasks share; α and α' are learned vectors. Gradients of the
meta-objective go through all of it, second order.

Source: Rusu et al. 2019, "Meta-Learning with Latent Embedding Optimization" (arXiv 1807.05960).
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from ontogeny.core.learner import Metrics
from ontogeny.learners.few_shot.few_shot import Method, cross_entropy, share_right
from ontogeny.learners.few_shot.leo_config import HYPERS, LEOConfig
from ontogeny.learners.few_shot.leo_network import (
    Gaussian,
    LEOArrays,
    correlations_off_identity,
    deviation,
    encode,
    entropy,
    glorot_deviation,
    glorot_uniform,
    kl_to_standard,
    sampled_kl,
)
from ontogeny.ops.descent import descend_inner
from ontogeny.ops.dropout import dropped
from ontogeny.worlds.classes.few_shot import Episode


def leo(n_features: int, config: LEOConfig | None = None) -> Method:
    """Return LEO on inputs of so many features. Its hypers, where given, take the place of the
    config's fields of the names in `leo_config.HYPERS`.

    >>> method = og.leo(n_features=6, config=og.LEOConfig(n_codes=4, n_latents=4))
    >>> arrays = jax.eval_shape(method.init, jax.random.key(0))
    >>> support = jnp.eye(6)[:3, None]  # [way, shot, feature]
    >>> jax.eval_shape(method.adapt, arrays, support).shape  # [way, feature]: a softmax's weights
    (3, 6)
    """
    c = config or LEOConfig()
    total = jnp.sum if c.conventions.reduce == "sum" else jnp.mean

    def init(key: Array) -> LEOArrays:
        keys = jax.random.split(key, 5)
        pair, twice = c.n_codes * (1 + c.relate), 2 * c.n_latents
        sizes = ((pair, twice), (twice, twice), (twice, twice))
        return LEOArrays(
            encoder=glorot_uniform(keys[0], n_features, c.n_codes),
            relation=tuple(glorot_uniform(k, *s) for k, s in zip(keys[1:4], sizes, strict=True)),
            decoder=glorot_uniform(keys[4], c.n_latents, 2 * n_features),
            latent_rate=jnp.full(c.n_latents, c.latent_rate, jnp.float32),
            weight_rate=jnp.full(n_features, c.weight_rate, jnp.float32),
        )

    def loss(
        key: Array, arrays: LEOArrays, episode: Episode, hypers: dict[str, Any]
    ) -> tuple[Array, Metrics]:
        encode_key, draw_key, descent_key, query_key = jax.random.split(key, 4)
        dropout = hypers["dropout"]
        q = latents(c, arrays, dropped(encode_key, episode.support, dropout))
        noise = jax.random.normal(draw_key, q.mean.shape)
        z = q.sample(noise) if c.stochastic or c.prior == "random" else q.mean
        adapted, w, metrics = descent(c, arrays, episode.support, z, descent_key, dropout)
        logits = head_logits(w, dropped(query_key, episode.query, dropout))
        kl = jnp.zeros(())
        if c.stochastic and c.prior == "data":
            each = kl_to_standard(q) if c.conventions.kl == "closed" else sampled_kl(q, noise)
            kl = total(each)
        moved = total((jax.lax.stop_gradient(adapted) - z) ** 2)
        query_loss = total(cross_entropy(logits))
        whole = query_loss + hypers["kl_weight"] * kl + hypers["encoder_penalty"] * moved
        return whole, metrics | {
            "query_loss": query_loss,
            "accuracy": share_right(logits),
            "kl": kl,
            "encoder_penalty": moved,
            "latent_spread": jnp.mean(jnp.std(jnp.mean(q.mean, axis=1), axis=0)),
            "latent_entropy": jnp.mean(entropy(q)),
            "weight_entropy": jnp.mean(entropy(decode(c, arrays, adapted))),
        }

    def penalty(arrays: LEOArrays, hypers: dict[str, Any]) -> tuple[Array, Metrics]:
        matrices = (arrays.encoder, *arrays.relation, arrays.decoder)
        squares = sum((jnp.sum(m**2) for m in matrices), jnp.zeros(()))
        off = correlations_off_identity(arrays.decoder)
        mean_square = c.conventions.orthogonality == "mean square"
        crossing = jnp.mean(off**2) if mean_square else jnp.sum(jnp.abs(off))
        l2 = c.conventions.l2_factor * squares
        whole = hypers["l2_penalty"] * l2 + hypers["orthogonality_penalty"] * crossing
        return whole, {"l2": l2, "orthogonality": crossing}

    def adapt(
        arrays: LEOArrays, support: Float[Array, "way shot feature"]
    ) -> Float[Array, "way feature"]:
        z = latents(c, arrays, support).mean
        return jnp.mean(descent(c, arrays, support, z, None, 0.0)[1], axis=1)

    def logits(arrays: PyTree[Array], head: Array, query: Float[Array, " feature"]) -> Array:
        del arrays
        return head @ query

    read = {name: getattr(c, name) for name in HYPERS}
    return Method(init, loss, adapt, logits, read, penalty)


def latents(
    config: LEOConfig, arrays: LEOArrays, inputs: Float[Array, "way shot feature"]
) -> Gaussian:
    """Return q(z | support), [way, copy, latent]."""
    c, (way, shot) = config, inputs.shape[:2]
    shape = (way, shot if c.conventions.copies else 1, c.n_latents)
    if c.prior == "random":
        return Gaussian(jnp.zeros(shape), jnp.ones(shape))
    mean, u = jnp.split(encode(arrays, inputs, c.relate)[:, None], 2, axis=-1)
    spread = deviation(u, c.conventions.latent_deviation, c.conventions.deviations)
    return Gaussian(jnp.broadcast_to(mean, shape), jnp.broadcast_to(spread, shape))


def decode(config: LEOConfig, arrays: LEOArrays, z: Float[Array, "way copy latent"]) -> Gaussian:
    """Return p(w | z), [way, copy, feature]."""
    mean, u = jnp.split(z @ arrays.decoder, 2, axis=-1)
    at_zero = glorot_deviation(z.shape[0], arrays.weight_rate.size)
    return Gaussian(mean, deviation(u, at_zero, config.conventions.deviations))


def descent(
    config: LEOConfig,
    arrays: LEOArrays,
    support: Float[Array, "way shot feature"],
    z: Float[Array, "way copy latent"],
    key: Array | None,
    dropout: Array | float,
) -> tuple[Float[Array, "way copy latent"], Float[Array, "way copy feature"], Metrics]:
    """Return the latents and weights after both loops, and the support losses on the way.
    Without a key all is at its mean and nothing is dropped.
    """
    c = config

    def evaluate(w: Array, key: Array | None = None) -> Array:
        inputs = support if key is None else dropped(key, support, dropout)
        return jnp.sum(cross_entropy(head_logits(w, inputs)))

    def generate(z: Array, key: Array | None, noise_key: Array | None) -> Array:
        """Return weights decoded from z: drawn, or the means."""
        w = decode(c, arrays, z)
        if key is None or noise_key is None or not c.stochastic:
            return w.mean
        at = noise_key if c.conventions.noise == "kept" else key
        return w.sample(jax.random.normal(at, w.mean.shape))

    def apart(key: Array | None, count: int) -> list[Array | None]:
        return [None] * count if key is None else list(jax.random.split(key, count))

    def rows(key: Array | None, count: int) -> Array | None:
        return None if key is None else jax.random.split(key, count)

    noise_key, latent_key, decode_key, weight_key, last_key = apart(key, 5)

    def latent_loss(z: Array, key: Array | None = None) -> Array:
        decode_key, drop_key = apart(key, 2)
        return evaluate(generate(z, decode_key, noise_key), drop_key)

    in_latents = descend_inner(
        latent_loss,
        z,
        arrays.latent_rate,
        c.latent_steps,
        each=rows(latent_key, c.latent_steps),
    )
    z = in_latents.end
    in_weights = descend_inner(
        evaluate,
        generate(z, decode_key, noise_key),
        arrays.weight_rate,
        c.weight_steps,
        each=rows(weight_key, c.weight_steps),
    )
    w = in_weights.end
    along = jnp.concatenate([in_latents.losses, in_weights.losses, evaluate(w, last_key)[None]])
    met = {"begun": 0, "generated": c.latent_steps, "adapted": c.latent_steps + c.weight_steps}
    each = along / (support.shape[0] * support.shape[1])
    return z, w, {f"support_loss_{name}": each[place] for name, place in met.items()}


def head_logits(
    weights: Float[Array, "way copy feature"], inputs: Float[Array, "row item feature"]
) -> Float[Array, "row item way"]:
    """Return the logits of every input, the mean over the copies of its products with the
    weights.
    """
    return inputs @ jnp.mean(weights, axis=1).T
