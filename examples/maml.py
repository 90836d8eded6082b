"""Grow starts that learn a sinusoid from ten points, and hold the best beside the ideal learner."""

import jax
import numpy as np

import ontogeny as og
from ontogeny.worlds.sources.sinusoids import sinusoids

run = og.grow("sinusoid", population=4, rounds=5, steps=100)
adapter = run.product()

source = sinusoids(shots=10, queries=100)
draw, exact = jax.jit(source.draw), jax.jit(source.ideal)
tasks = [draw(key)[1] for key in jax.random.split(jax.random.key(1), 10)]
print("steps   squared error, mean over 10 fresh curves")
for steps in (0, 1, 5, 10):
    errors = [
        np.mean((adapter(*task.support, task.query.inputs, steps) - task.query.targets) ** 2)
        for task in tasks
    ]
    print(f"{steps:5d}   {np.mean(errors):.3f}")
ideal = [exact(task.support, task.query.inputs) - task.query.targets for task in tasks]
print(f"ideal   {np.mean(np.square(ideal)):.3f}")
print(f"found   {run.best.hypers}")
