"""Classifiers of handwritten digits: a small network on real images, in seconds.

    loss = mean over a batch of -log p(label | image)      descended by SGD with momentum

The population tunes the learning rate and the dropout of the hidden layers. Of the 1,200 images to
learn from, the last 300 are for the score alone (the mean log-likelihood of their labels, in nats);
597 more are held out from both, for what is claimed of the winner.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers, Learner, settled
from ontogeny.core.product import Product
from ontogeny.core.space import Linear, Log, Space
from ontogeny.nn.dense import Dense
from ontogeny.recipes.recipe import Recipe
from ontogeny.worlds.digits import CLASSES, SIDE, digit_images

SCORED = 300  # images that the score is taken on
MOMENTUM = 0.9

Layers = tuple[Dense, ...]


class Classifying(NamedTuple):
    """A member: the network, and the velocity of its descent."""

    layers: Layers
    velocity: Layers


@dataclass(frozen=True)
class DigitClassifier(Recipe):
    """Classifiers of 8x8 handwritten digits; the population tunes their rate and their dropout."""

    rounds: int = 24
    """How many rounds: a move, some steps, a score."""
    steps: int = 25
    """Updates of each member in a round."""
    hidden: tuple[int, ...] = (64, 64)
    """Widths of the hidden layers."""
    batch: int = 32
    """Images of an update, drawn with replacement."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.batch < 1 or any(width < 1 for width in self.hidden):
            raise ConfigError(
                f"a batch of {self.batch} and widths {self.hidden}",
                where="recipe fields batch, hidden",
                hint="use 1 or more",
            )

    def learner(self) -> Learner[Classifying]:
        train, scored, _ = parted()
        widths = (SIDE * SIDE, *self.hidden, CLASSES)

        def init(key: Array, hypers: Hypers) -> Classifying:
            del hypers
            layers = new_layers(widths, key)
            return Classifying(layers, jax.tree.map(jnp.zeros_like, layers))

        def step(key: Array, state: Classifying, hypers: Hypers) -> tuple[Any, dict[str, Array]]:
            h = settled(hypers, "learning_rate", "dropout")
            draw_key, drop_key = jax.random.split(key)
            chosen = jax.random.randint(draw_key, (self.batch,), 0, len(train.label))

            def loss(layers: Layers) -> Array:
                said = logits(layers, train.pixels[chosen], drop_key, h["dropout"])
                return surprise(said, train.label[chosen])

            value, gradient = jax.value_and_grad(loss)(state.layers)
            velocity = jax.tree.map(lambda v, g: MOMENTUM * v + g, state.velocity, gradient)
            rate = h["learning_rate"]
            layers = jax.tree.map(lambda w, v: w - rate * v, state.layers, velocity)
            return Classifying(layers, velocity), {"loss": value}

        def score(key: Array, state: Classifying, hypers: Hypers) -> Float[Array, ""]:
            del key, hypers
            return -surprise(logits(state.layers, scored.pixels), scored.label)

        return Learner(init, step, score)

    def space(self) -> Space:
        return Space(
            {
                "learning_rate": Log(1e-4, 1.0, prior=(1e-3, 0.3)),
                "dropout": Linear(0.0, 0.8, prior=(0.0, 0.5)),
            }
        )

    def product(self, state: Classifying) -> Reader:
        return Reader(state.layers)


class Shown(NamedTuple):
    """Images on the device, and what each shows."""

    pixels: Float[Array, "batch height width"]
    label: Int[Array, " batch"]


class Parts(NamedTuple):
    """The images: to learn from, to score on, and held out from both."""

    train: Shown
    scored: Shown
    test: Shown


def parted() -> Parts:
    """Return the three parts, the same every time. Raises `MissingExtra` without scikit-learn."""
    train, test = (Shown(*map(jnp.asarray, images)) for images in digit_images())
    return Parts(
        Shown(train.pixels[:-SCORED], train.label[:-SCORED]),
        Shown(train.pixels[-SCORED:], train.label[-SCORED:]),
        test,
    )


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


def surprise(said: Float[Array, "batch class"], label: Int[Array, " batch"]) -> Float[Array, ""]:
    """Return the mean of -log p(label), in nats."""
    chances = jax.nn.log_softmax(said)
    return -jnp.mean(jnp.take_along_axis(chances, label[:, None], axis=1))


@dataclass(frozen=True)
class Reader(Product):
    """A grown classifier. Called with images of 8x8 pixels (0 the ground, 1 the ink), it returns
    the digits that it reads.
    """

    layers: Layers

    def __call__(self, *args: Any) -> Int[Array, " batch"]:
        return jnp.argmax(logits(self.layers, jnp.asarray(args[0])), axis=-1)

    def save(self, folder: Path) -> None:
        """Write the network as an archive."""
        widths = [layer.weight.shape[0] for layer in self.layers]
        about = {"product": "digit_classifier.Reader", "widths": [*widths, CLASSES]}
        write_archive(folder, self.layers, about=about)


def load(folder: Path) -> Reader:
    """Return the classifier that was saved. Raises `StoreError` or `StructureError` for a folder
    that holds none.
    """
    widths = [int(n) for n in read_about(folder).get("widths", [SIDE * SIDE, CLASSES])]
    like = jax.eval_shape(lambda: new_layers(widths, jax.random.key(0)))
    return Reader(jax.tree.map(jnp.asarray, read_archive(folder, like)))
