"""A generator and a critic that learn against each other: a Wasserstein GAN with gradient penalty.

    critic     minimises  E D(G(z)) - E D(x) + λ E (|∇D(x̂)| - 1)²,   x̂ between a real and a made one
    generator  minimises  -E D(G(z))

One step is a few updates of the critic and one of the generator, each by Adam at a rate of its own.
The two rates are hypers: which of the two learns faster decides whether both go on learning, and
the best proportion changes as they do. The score is the inception score by a classifier of the same
images, which neither of the two ever sees.

Sources: Goodfellow et al. 2014 (arXiv 1406.2661); Gulrajani et al. 2017 (WGAN-GP, arXiv
1704.00028). The set-up is that of Jaderberg et al. 2017 (arXiv 1711.09846), section 4.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Key, PyTree

from ontogeny.core.learner import Hypers, Learner, Metrics, settled
from ontogeny.learners.generation.config import GANConfig
from ontogeny.nn.dense import Dense
from ontogeny.nn.mlp import MLP
from ontogeny.nn.parting import Parted, part
from ontogeny.ops.adam import descend
from ontogeny.ops.inception import inception_score


class Generator(eqx.Module):
    """Noise [latent] in, an image [height, width] out, its pixels from 0 to 1."""

    torso: MLP
    head: Dense
    shape: tuple[int, int] = eqx.field(static=True)

    def __init__(
        self, shape: tuple[int, int], latent: int, hidden: tuple[int, ...], *, key: Key[Array, ""]
    ):
        torso_key, head_key = jax.random.split(key)
        self.torso = MLP(latent, hidden, "relu", key=torso_key)
        self.head = Dense(hidden[-1], shape[0] * shape[1], 1.0, key=head_key)
        self.shape = shape

    def __call__(self, noise: Float[Array, " latent"]) -> Float[Array, "height width"]:
        return jax.nn.sigmoid(self.head(self.torso(noise))).reshape(self.shape)


class Critic(eqx.Module):
    """An image in, a number out: higher the more real it looks."""

    torso: MLP
    head: Dense

    def __init__(self, shape: tuple[int, int], hidden: tuple[int, ...], *, key: Key[Array, ""]):
        torso_key, head_key = jax.random.split(key)
        self.torso = MLP(shape[0] * shape[1], hidden, "relu", key=torso_key)
        self.head = Dense(hidden[-1], 1, 1.0, key=head_key)

    def __call__(self, image: Float[Array, "height width"]) -> Float[Array, ""]:
        return self.head(self.torso(image))[0]


class Adversaries(NamedTuple):
    """Both networks and Adam's moments of each. An heir takes them together."""

    generator: PyTree[Array]
    critic: PyTree[Array]
    generator_moments: optax.OptState
    critic_moments: optax.OptState


def generator(config: GANConfig, shape: tuple[int, int]) -> Parted[Generator]:
    """Return how generators are made."""
    return part(lambda key: Generator(shape, config.latent, config.hidden, key=key))


def draw(
    config: GANConfig, shape: tuple[int, int], arrays: PyTree[Array], key: Array, count: int
) -> Float[Array, "batch height width"]:
    """Return `count` images that a generator makes."""
    noise = jax.random.normal(key, (count, config.latent))
    return jax.vmap(generator(config, shape).whole(arrays))(noise)


def gan(
    images: Float[Array, "batch height width"],
    judge: Callable[[Float[Array, "height width"]], Float[Array, " classes"]],
    config: GANConfig | None = None,
) -> Learner[Adversaries]:
    """Return the learner. Its hypers are a dict of "generator_rate" and "critic_rate".

    `judge` returns the logits of an image's class.

    >>> from ontogeny.learners.generation.config import GANConfig
    >>> images = np.random.default_rng(0).uniform(size=(40, 8, 8)).astype(np.float32)
    >>> config = GANConfig(latent=2, hidden=(8,), batch=4, judged=8)
    >>> learner = og.gan(jnp.asarray(images), lambda image: image.sum(axis=1), config)
    >>> key, rates = jax.random.key(0), {"generator_rate": 1e-3, "critic_rate": 1e-3}
    >>> state = jax.eval_shape(learner.init, key, rates)
    >>> jax.eval_shape(learner.score, key, state, rates).shape
    ()
    """
    c = config or GANConfig()
    shape = images.shape[1], images.shape[2]
    makers, critics = generator(c, shape), part(lambda key: Critic(shape, c.hidden, key=key))
    adam = optax.scale_by_adam(b1=c.momentum, b2=0.999, eps=1e-8)

    def make(arrays: PyTree[Array], key: Array) -> Array:
        return draw(c, shape, arrays, key, c.batch)

    def penalty(critic: Critic, real: Array, made: Array, key: Array) -> Array:
        share = jax.random.uniform(key, (c.batch, 1, 1))
        between = share * real + (1 - share) * made
        slope = jax.vmap(jax.grad(lambda image: critic(image)))(between)
        steep = jnp.sqrt(jnp.sum(slope**2, axis=(1, 2)) + 1e-12)  # its own slope at 0 is not finite
        return jnp.mean((steep - 1) ** 2)

    def judged(arrays: PyTree[Array], real: Array, made: Array, key: Array) -> tuple[Array, Array]:
        critic = critics.whole(arrays)
        distance = jnp.mean(jax.vmap(critic)(real)) - jnp.mean(jax.vmap(critic)(made))
        return c.penalty * penalty(critic, real, made, key) - distance, distance

    def fooled(arrays: PyTree[Array], critic: PyTree[Array], key: Array) -> Array:
        return -jnp.mean(jax.vmap(critics.whole(critic))(make(arrays, key)))

    def init(key: Array, hypers: Hypers) -> Adversaries:
        del hypers
        maker_key, critic_key = jax.random.split(key)
        maker, critic = makers.init(maker_key), critics.init(critic_key)
        return Adversaries(maker, critic, adam.init(maker), adam.init(critic))

    def step(key: Array, state: Adversaries, hypers: Hypers) -> tuple[Adversaries, Metrics]:
        h = settled(hypers, "generator_rate", "critic_rate")
        critic_key, maker_key = jax.random.split(key)

        def sharpen(now: tuple[Any, Any], key: Array) -> tuple[tuple[Any, Any], Array]:
            arrays, moments = now
            real_key, noise_key, share_key = jax.random.split(key, 3)
            real = images[jax.random.randint(real_key, (c.batch,), 0, images.shape[0])]
            made = make(state.generator, noise_key)
            gradient, distance = jax.grad(judged, has_aux=True)(arrays, real, made, share_key)
            return descend(adam, h["critic_rate"], arrays, moments, gradient), distance

        begin = state.critic, state.critic_moments
        keys = jax.random.split(critic_key, c.critic_updates)
        (critic, critic_moments), distance = jax.lax.scan(sharpen, begin, keys)
        gradient = jax.grad(fooled)(state.generator, critic, maker_key)
        maker, moments = descend(
            adam, h["generator_rate"], state.generator, state.generator_moments, gradient
        )
        metrics = {"distance": distance[-1], "generator_gradient": optax.tree.norm(gradient)}
        return Adversaries(maker, critic, moments, critic_moments), metrics

    def score(key: Array, state: Adversaries, hypers: Hypers) -> Float[Array, ""]:
        del hypers
        made = draw(c, shape, state.generator, key, c.judged)
        return inception_score(jax.vmap(judge)(made))

    return Learner(init, step, score)
