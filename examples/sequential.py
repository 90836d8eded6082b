"""Grow predictors of a coin of unknown bias, and hold the best against exact Bayes."""

import jax.numpy as jnp

import ontogeny as og
from ontogeny.ops.bayes.predictives import categorical_predictive

run = og.grow("coin", population=4, rounds=5, steps=100)
predict = run.product()

tosses = jnp.array([1, 1, 0, 1, 1, 1, 0, 1])
print("heads so far   network   exact Bayes")
said = predict(tosses)[:, 1]
exact = categorical_predictive(jnp.append(tosses, 0), jnp.ones(2))[:, 1]
for n in range(len(tosses) + 1):
    print(f"{int(tosses[:n].sum()):2d} of {n}           {said[n]:.3f}     {exact[n]:.3f}")
print(f"lost over Bayes: {-run.best.score:.4f} nats a sequence of 20")
