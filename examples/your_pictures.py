"""Tell pictures of your own apart, after one of each: here, three letters that are drawn first.

Needs Pillow, which `ontogeny[worlds]` brings.
"""

from pathlib import Path

import numpy as np
from PIL import Image

import ontogeny as og
from ontogeny.worlds.classes.characters import characters

run = og.grow("protonet", population=1, rounds=2, steps=50)

drawn = 255 - np.uint8(255 * characters(seed=7, n_classes=3, n_images=5))  # ink on white paper
for name, pictures in zip(("ah", "be", "ce"), drawn, strict=True):
    for number, picture in enumerate(pictures):
        folder = Path("support" if number == 0 else "query", name)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / f"{number}.png")

told = og.adapt(run.product(), "support", "query")
for answer in told.answers:
    print(answer.file, "is", answer.best, f"({answer.probabilities[answer.best]:.2f})")
print(f"{told.accuracy:.0%} right; guessing gets 33 %")
