"""Grow four generators of handwritten digits, and look at what the best of them makes.

Needs `ontogeny[digits]`.
"""

import ontogeny as og

run = og.grow("digits-gan", population=4, rounds=4, steps=50)
print("rates", {name: float(rate) for name, rate in run.best.hypers.items()})
print(f"inception score {run.best.score:.2f} of 10 at most")

make = run.product()
for image in make(count=3, seed=1):
    for row in image:
        print("".join(" .:+#@"[min(int(pixel * 6), 5)] * 2 for pixel in row))
    print()
