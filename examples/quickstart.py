"""Grow sixteen noisy descents, and see which learning rates they find."""

import jax
import jax.numpy as jnp

import ontogeny as og

curvature = jnp.logspace(-1, 0, 20)


def init(key, hypers):
    return jnp.full(20, 3.0)


def step(key, x, hypers):
    gradient = curvature * x + jax.random.normal(key, x.shape)
    return x - hypers["learning_rate"] * gradient, {"distance": jnp.linalg.norm(x)}


def score(key, x, hypers):
    return -jnp.sum(curvature * x**2) / 2


learner = og.Learner(init, step, score)
space = og.Space({"learning_rate": og.Log(1e-4, 1.0)})
run = og.grow(learner, space=space, strategy=og.pbt(space), population=16, rounds=40, steps=50)
print(run.best)
print(run.report())
