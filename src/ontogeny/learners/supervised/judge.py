"""A small classifier of images, trained once and then asked: the judge of what a generator makes.

It minimises the cross-entropy by Adam on small batches, at a rate that decays to a twentieth.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from ontogeny.nn.conv import ConvTorso
from ontogeny.nn.dense import Dense
from ontogeny.nn.mlp import MLP
from ontogeny.nn.parting import Parted, part
from ontogeny.ops.adam import clipped_adam, decayed, descend
from ontogeny.ops.distributions.categorical import log_probability

Kind: TypeAlias = Literal["dense", "conv"]

BATCH, RATE, FINAL = 64, 3e-3, 0.05


class Classifier(eqx.Module):
    """A torso and a dense layer: an image [height, width] in, the logits of its class out."""

    torso: MLP | ConvTorso
    head: Dense

    def __init__(self, shape: tuple[int, int], classes: int, kind: Kind, *, key: Key[Array, ""]):
        torso_key, head_key = jax.random.split(key)
        if kind == "conv":
            self.torso = ConvTorso((*shape, 1), 16, (64,), key=torso_key)
        else:
            self.torso = MLP(shape[0] * shape[1], (128,), "relu", key=torso_key)
        self.head = Dense(self.torso.n_out, classes, 0.01, key=head_key)

    def __call__(self, image: Float[Array, "height width"]) -> Float[Array, " classes"]:
        return self.head(self.torso(image[..., None]))


class Trained(NamedTuple):
    """A trained classifier, as arrays and how to apply them."""

    parts: Parted[Classifier]
    arrays: PyTree[Array]

    def logits(self, images: Float[Array, "batch height width"]) -> Float[Array, "batch classes"]:
        """Return the logits of every image's class."""
        return jax.vmap(self.parts.whole(self.arrays))(images)

    def accuracy(
        self, images: Float[Array, "batch height width"], label: Int[Array, " batch"]
    ) -> Float[Array, ""]:
        """Return which share of the images is put in its class."""
        return jnp.mean(jnp.argmax(self.logits(images), axis=1) == label)


def train_classifier(
    images: Float[Array, "batch height width"],
    label: Int[Array, " batch"],
    kind: Kind,
    seed: int,
    updates: int = 1000,
) -> Trained:
    """Return a classifier, dense or convolutional, that has learned from the images."""
    shape, classes = (images.shape[1], images.shape[2]), int(jnp.max(label)) + 1
    parts = part(lambda key: Classifier(shape, classes, kind, key=key))
    direction = clipped_adam(max_gradient_norm=1.0)

    def loss(arrays: PyTree[Array], chosen: Int[Array, " batch"]) -> Float[Array, ""]:
        logits = jax.vmap(parts.whole(arrays))(images[chosen])
        return -jnp.mean(jax.vmap(log_probability)(logits, label[chosen]))

    @jax.jit
    def train(key: Key[Array, ""]) -> PyTree[Array]:
        def update(now: tuple[PyTree, PyTree], number: Array) -> tuple[tuple[PyTree, PyTree], None]:
            arrays, moments = now
            chosen = jax.random.randint(
                jax.random.fold_in(key, number), (BATCH,), 0, images.shape[0]
            )
            rate = decayed(RATE, FINAL, number / updates)
            gradient = jax.grad(loss)(arrays, chosen)
            return descend(direction, rate, arrays, moments, gradient), None

        arrays = parts.init(jax.random.fold_in(key, updates))
        begin = arrays, direction.init(arrays)
        return jax.lax.scan(update, begin, jnp.arange(updates))[0][0]

    return Trained(parts, train(jax.random.key(seed)))
