"""Grow scikit-learn classifiers of digits with `partial_fit`: a population tunes step and penalty.

The state is the two arrays that it has learned, and its count of examples: nothing is pickled.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier

import ontogeny as og

pixels, labels = load_digits(return_X_y=True)
pixels = pixels / 16


def classifier(state, hypers, key=0):
    rates = {"eta0": hypers["step"], "alpha": hypers["penalty"]}
    model = SGDClassifier(learning_rate="constant", random_state=key, **rates)
    model.classes_, model.t_ = np.arange(10), state["t"]
    model.coef_, model.intercept_ = state["coef"], state["intercept"]
    return model


def init(key, hypers):
    return {"coef": np.zeros((10, 64)), "intercept": np.zeros(10), "t": 1.0}


def step(key, state, hypers):
    rows = np.random.default_rng(key).integers(1400, size=32)
    model = classifier(state, hypers, key).partial_fit(pixels[rows], labels[rows], np.arange(10))
    return {"coef": model.coef_, "intercept": model.intercept_, "t": model.t_}, {}


def score(key, state, hypers):
    return classifier(state, hypers).score(pixels[1400:], labels[1400:])


space = og.Space({"step": og.Log(1e-4, 3.0), "penalty": og.Log(1e-6, 1e-1)})
run = og.grow(og.HostLearner(init, step, score), space=space, population=6, rounds=6, steps=10)
print(run.best)
