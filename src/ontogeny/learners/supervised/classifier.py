"""A small classifier of images that learns a batch a step.

    loss = mean over a batch of -log p(label | image)      descended by SGD with momentum

Its hypers are the learning rate and the dropout of the hidden layers. The score is the mean
log-likelihood of labels that it does not learn from, in nats.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.learner import Hypers, Learner, settled
from ontogeny.nn.dense import Dense

MOMENTUM = 0.9

Layers = tuple[Dense, ...]


class Shown(NamedTuple):
    """Images on the device, and what each shows."""

    pixels: Float[Array, "batch height width"]
    label: Int[Array, " batch"]


class ClassifierState(NamedTuple):
    """A member: the network, and the velocity of its descent."""

    layers: Layers
    velocity: Layers


def classifier(
    train: Shown, scored: Shown, classes: int, hidden: Sequence[int] = (64, 64), batch: int = 32
) -> Learner[ClassifierState]:
    """Return the learner: hidden layers of these widths, and `batch` images an update, drawn with
    replacement.
    """
    widths = (math.prod(train.pixels.shape[1:]), *hidden, classes)

    def init(key: Array, hypers: Hypers) -> ClassifierState:
        del hypers
        layers = new_layers(widths, key)
        return ClassifierState(layers, jax.tree.map(jnp.zeros_like, layers))

    def step(key: Array, state: ClassifierState, hypers: Hypers) -> tuple[Any, dict[str, Array]]:
        h = settled(hypers, "learning_rate", "dropout")
        draw_key, drop_key = jax.random.split(key)
        chosen = jax.random.randint(draw_key, (batch,), 0, len(train.label))

        def loss(layers: Layers) -> Array:
            said = logits(layers, train.pixels[chosen], drop_key, h["dropout"])
            return cross_entropy(said, train.label[chosen])

        value, gradient = jax.value_and_grad(loss)(state.layers)
        velocity = jax.tree.map(lambda v, g: MOMENTUM * v + g, state.velocity, gradient)
        rate = h["learning_rate"]
        layers = jax.tree.map(lambda w, v: w - rate * v, state.layers, velocity)
        return ClassifierState(layers, velocity), {"loss": value}

    def score(key: Array, state: ClassifierState, hypers: Hypers) -> Float[Array, ""]:
        del key, hypers
        return -cross_entropy(logits(state.layers, scored.pixels), scored.label)

    return Learner(init, step, score)


def new_layers(widths: Sequence[int], key: Key[Array, ""]) -> Layers:
    """Return fresh layers between these widths, the first being the pixels."""
    keys = jax.random.split(key, len(widths) - 1)
    pairs = itertools.pairwise(widths)
    return tuple(Dense(a, b, 2**0.5, key=k) for (a, b), k in zip(pairs, keys, strict=True))


def logits(
    layers: Layers,
    pixels: Float[Array, "batch height width"],
    key: Key[Array, ""] | None = None,
    dropout: Float[Array, ""] | float = 0.0,
) -> Float[Array, "batch class"]:
    """Return what the network says of images; with a key, a share `dropout` of each hidden layer
    is silent, and the rest as much louder.
    """
    x = pixels.reshape(pixels.shape[0], -1)
    for number, layer in enumerate(layers[:-1]):
        x = jax.nn.relu(layer(x))
        if key is not None:
            # Drawn in steps of 1 / 256: random numbers of 32 bits took a quarter of the time.
            toss = jax.random.bits(jax.random.fold_in(key, number), x.shape, "uint8")
            x = jnp.where(toss >= 256 * dropout, x / (1 - dropout), 0.0)
    return layers[-1](x)


def cross_entropy(
    said: Float[Array, "batch class"], label: Int[Array, " batch"]
) -> Float[Array, ""]:
    """Return the mean of -log p(label), in nats."""
    chances = jax.nn.log_softmax(said)
    return -jnp.mean(jnp.take_along_axis(chances, label[:, None], axis=1))


@dataclass(frozen=True)
class ImageClassifier:
    """A grown classifier. Called with images (0 the ground, 1 the ink) of the size that it was
    grown on, it returns the classes that it sees.
    """

    kind: ClassVar[str] = "image classifier"

    layers: Layers

    def __call__(
        self, pixels: Float[Array | np.ndarray, "batch height width"]
    ) -> Int[Array, " batch"]:
        return jnp.argmax(logits(self.layers, jnp.asarray(pixels)), axis=-1)

    def save(self, folder: Path) -> None:
        """Write the network as an archive. Raises `StoreError` when it can't be written."""
        widths = [self.layers[0].weight.shape[0], *(len(layer.bias) for layer in self.layers)]
        write_archive(Path(folder), self.layers, {"kind": self.kind, "widths": widths})


def load_image_classifier(folder: Path) -> ImageClassifier:
    """Return the classifier that `ImageClassifier.save` wrote.

    Raises `StoreError` when the folder holds something else or is damaged.
    """
    folder = Path(folder)
    about = read_about(folder, ImageClassifier.kind, "digit_classifier.Reader")
    like = jax.eval_shape(lambda: new_layers(about["widths"], jax.random.key(0)))
    return ImageClassifier(jax.tree.map(jnp.asarray, read_archive(folder, like)))
