"""Grow memories of handwritten digits; store some that they never saw, and read a broken one.

Needs `ontogeny[digits]`.
"""

import numpy as np

import ontogeny as og
from ontogeny.worlds.classes.digits import digit_images

run = og.grow("ebmm-characters", characters="digits", amount=4, population=2, rounds=3, steps=100)

digits = digit_images().test.pixels  # [picture, 8, 8], which nothing has learned from
stored, others = digits[:8], digits[8:16]
memory = run.product().write(stored)
print(f"{memory.count} pictures of {stored[0].size} pixels in {memory.n_numbers} numbers")

known = np.ones(stored.shape, bool)
known[:, 2:6, 2:6] = False
queries = np.where(known, stored, np.float32(0.5))
reads = np.asarray(memory.reads(queries, known))
print("a query, its answer, and the truth:")
for row in np.concatenate([queries[0], reads[0, -1], stored[0]], axis=1):
    print("".join(" .:+#@"[min(int(pixel * 6), 5)] * 2 for pixel in row))
errors = ((reads - stored[:, None]) ** 2).sum(axis=(2, 3)).mean(axis=0)
print("squared error by read:", " ".join(f"{error:.2f}" for error in errors))

strange = [np.asarray(memory.energy(some)) for some in (stored, others)]
print(f"energy of what is stored {strange[0].mean():.2f}, of what is not {strange[1].mean():.2f}")
