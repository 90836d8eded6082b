"""Evolve what learning begins with: a start and a rate, from which three steps find any minimum."""

import jax
import jax.numpy as jnp

import ontogeny as og
from ontogeny.learners.baldwin.lifetime import LifetimeConfig, Subject, scores_by_step


def init(key):
    return {"x": jax.random.normal(key, (4,))}


def draw(key):  # each task is another point that must be found
    return jax.random.normal(key, (4,))


def loss(key, weights, task, genes):
    return jnp.sum((weights["x"] - task) ** 2)


def score(key, weights, task, genes):
    return -jnp.sum((weights["x"] - task) ** 2)


subject = Subject("points", init, draw, loss, score)
life = LifetimeConfig(tasks=16)
space = og.genes_space(subject, life)
strategy = og.baldwin(space)
learner = og.lifetime(subject, life)
run = og.grow(learner, space=space, strategy=strategy, population=32, rounds=60, steps=3)

genes = jax.tree.map(jnp.asarray, run.best.hypers)
keys = jax.random.split(jax.random.key(1), 256)
lived = jnp.mean(jax.vmap(lambda key: scores_by_step(subject, genes, key, 3))(keys), axis=0)
print("score after 0, 1, 2, 3 steps:", lived.round(3))
print("evolved rate (0.5 finds a minimum at once):", float(genes["rates"][0]))
print(run.report())
