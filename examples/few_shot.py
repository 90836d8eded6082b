"""Grow LEO on drawn characters; then show it one example of each of five that it never saw."""

import jax.numpy as jnp

import ontogeny as og
from ontogeny.worlds.classes.characters import characters

run = og.grow("leo", population=2, rounds=2, steps=150)
classifier = run.product()

pictures = characters(seed=7, n_classes=5, n_images=21)  # another seed: other characters
features = classifier.view(pictures)
tell = classifier.adapt(features[:, :1])  # learn from the first of each
said = tell(features[:, 1:]).argmax(axis=-1)  # tell the other twenty
print("character   told as")
for number, row in enumerate(said):
    print(f"{number}           {' '.join(map(str, row))}")
right = jnp.mean(said == jnp.arange(5)[:, None])
print(f"{right:.0%} right; guessing gets 20 %")
