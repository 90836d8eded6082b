"""Grow scorers of relative technical quality, and score photographs before and after damage.

Needs `ontogeny[beauty]`.
"""

import numpy as np

import ontogeny as og
from ontogeny.worlds.photos.degradations import OTHERS, degrade
from ontogeny.worlds.photos.photographs import packaged_files
from ontogeny.worlds.photos.squares import read_photo

# Nobody rated anything: of two versions of one photograph, the less damaged is the better one. With
# ratings of your own: ontogeny beauty train RATINGS --photos FOLDER
run = og.grow("photo-quality", squares=1, population=4, rounds=5, steps=40)
print(f"held pairs in order: {run.best.score:.1%}")

scorer = run.product()
print(f"it scores {scorer.says}")
photos = np.stack([read_photo(file) for file in packaged_files()[:3]])
said = scorer(photos)
for file, score, spread in zip(packaged_files(), said.score, said.spread, strict=False):
    print(f"{file.stem:20}{score:6.2f}, give or take {spread:.2f}")

for kind in OTHERS:  # kinds of damage that it never saw
    damaged = np.stack([degrade(kind, 3, photo, key=0) for photo in photos])
    lower = scorer(damaged).score < said.score
    print(f"{kind:20}{lower.sum()} of {len(photos)} score lower")
