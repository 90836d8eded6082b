"""The three maps of LEO: an encoder with a relation network, and a decoder to softmax weights.

Both give a mean and a deviation per number. All are linear maps without biases, but for the ReLUs
of the relation network.

Source: Rusu et al. 2019 (arXiv 1807.05960), section 2.3.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

FLOOR = 1e-10  # the least deviation of the floored form


class Gaussian(NamedTuple):
    """Independent normals: means and deviations of one shape."""

    mean: Float[Array, "..."]
    deviation: Float[Array, "..."]

    def sample(self, noise: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return mean + deviation × noise, the noise standard normal."""
        return self.mean + self.deviation * noise


class LEOArrays(NamedTuple):
    """What LEO meta-learns."""

    encoder: Float[Array, "feature code"]
    relation: tuple[Float[Array, "n_in n_out"], ...]  # three layers
    decoder: Float[Array, "latent two_features"]
    latent_rate: Float[Array, " latent"]
    weight_rate: Float[Array, " feature"]


def glorot_uniform(key: Key[Array, ""], n_in: int, n_out: int) -> Float[Array, "n_in n_out"]:
    """Return a matrix of numbers uniform within ± sqrt(6 / (n_in + n_out)) (Glorot and Bengio
    2010).
    """
    bound = math.sqrt(6 / (n_in + n_out))
    return jax.random.uniform(key, (n_in, n_out), minval=-bound, maxval=bound)


def glorot_deviation(ways: int, n_features: int) -> float:
    """Return sqrt(2 / (ways + features)), the deviation of a softmax layer's first weights."""
    return math.sqrt(2 / (ways + n_features))


def deviation(
    u: Float[Array, "..."], at_zero: float, form: Literal["smooth", "floored"]
) -> Float[Array, "..."]:
    """Return a positive number for each u, `at_zero` for u = 0.

    smooth: at_zero softplus(u) / ln 2, which has a gradient everywhere. floored:
    max(exp(u) - (1 - at_zero), 1e-10), the code's form; on the floor the gradient is zero.
    """
    if form == "smooth":
        return at_zero * jax.nn.softplus(u) / math.log(2)
    return jnp.maximum(jnp.exp(u) - (1 - at_zero), FLOOR)


def encode(
    arrays: LEOArrays, inputs: Float[Array, "way shot feature"], relate: bool
) -> Float[Array, "way two_latents"]:
    """Return the numbers that parametrise each class's latent: (1 / (N K²)) sum of g_r(g_e(x_n),
    g_e(x_m)) over all pairs of examples whose first is of class n, itself included.

    Without relations it is the mean over the class's own examples of g_r(g_e(x)).
    """
    codes = inputs @ arrays.encoder
    first, second, last = arrays.relation
    if relate:
        n_code = codes.shape[-1]
        every = codes.reshape(-1, n_code) @ first[n_code:]
        hidden = (codes @ first[:n_code])[:, :, None] + every  # [way, shot, other, hidden]
    else:
        hidden = (codes @ first)[:, :, None]
    hidden = jax.nn.relu(jax.nn.relu(hidden) @ second)
    return jnp.mean(hidden, axis=(1, 2)) @ last  # the last layer is linear: the mean goes first


def kl_to_standard(q: Gaussian) -> Float[Array, "..."]:
    """Return KL(q || N(0, 1)) of every number, in nats: (m² + s² - 1) / 2 - log s."""
    return (q.mean**2 + q.deviation**2 - 1) / 2 - jnp.log(q.deviation)


def sampled_kl(q: Gaussian, noise: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return log q(z) - log N(z; 0, 1) at z = m + s noise, whose mean over the noise is the KL.

    It is written with the noise, (z² - noise²) / 2 - log s: (z - m) / s in its place is another
    number when s is near the rounding of m, and the loss explodes.
    """
    return (q.sample(noise) ** 2 - noise**2) / 2 - jnp.log(q.deviation)


def entropy(q: Gaussian) -> Float[Array, "..."]:
    """Return the entropy of every number, in nats: log s + log(2 pi e) / 2."""
    return jnp.log(q.deviation) + (math.log(2 * math.pi) + 1) / 2


def correlations_off_identity(matrix: Float[Array, "row column"]) -> Float[Array, "row row"]:
    """Return C - I, C the cosines between all pairs of rows."""
    norm = jnp.sqrt(jnp.sum(matrix**2, axis=1, keepdims=True)) + 1e-32
    rows = matrix / norm
    return rows @ rows.T - jnp.eye(matrix.shape[0])
