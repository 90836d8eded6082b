"""A member of your own under PBT: a network that reads digits, and how fast it is to learn."""

import jax
import jax.numpy as jnp
import optax
from sklearn.datasets import load_digits

import ontogeny as og

pixels, labels = (jnp.asarray(x) for x in load_digits(return_X_y=True))


def error(net, rows):
    said = jnp.tanh(pixels[rows] / 16 @ net["in"]) @ net["out"]
    return optax.softmax_cross_entropy_with_integer_labels(said, labels[rows]).mean()


def init(key, hypers):  # a fresh state
    one, two = jax.random.split(key)
    return {"in": jax.random.normal(one, (64, 32)) / 8, "out": jax.random.normal(two, (32, 10))}


def step(key, net, hypers):  # the state after one update, and what to record
    rows = jax.random.randint(key, 32, 0, 1400)
    loss, slope = jax.value_and_grad(error)(net, rows)
    rate, decay = hypers["learning_rate"], hypers["weight_decay"]
    return jax.tree.map(lambda w, s: w - rate * (s + decay * w), net, slope), {"loss": loss}


def score(key, net, hypers):  # how good it is on digits that it never saw: bigger is better
    return -error(net, jnp.arange(1400, len(labels)))


space = og.Space({"learning_rate": og.Log(1e-3, 10.0), "weight_decay": og.Log(1e-6, 1e-1)})
size = {"population": 16, "rounds": 10, "steps": 50}
for name in ("pbt", "random-search"):
    for seed in range(4):
        where = {"strategy": name, "seed": seed, "folder": f"runs/{name}-{seed}"}
        run = og.grow(og.Learner(init, step, score), space=space, **where, **size)
print(run.report())
