"""Four members go down a noisy quadratic, under strategies by name and one with its settings."""

import ontogeny as og
from ontogeny.evolution.pb2 import PB2

small = {"population": 4, "rounds": 20, "steps": 50, "progress": False}
for name in ("random-search", "pbt"):
    run = og.grow("quadratic", strategy=name, **small)
    print(f"{name}: loss {-run.best.score:.4f} at a rate of {run.best.hypers['learning_rate']:.4f}")

run = og.grow("quadratic", strategy=PB2(window=32), **small)
print(f"pb2: loss {-run.best.score:.4f} at a rate of {run.best.hypers['learning_rate']:.4f}")
