"""Sources of symbols and of numbers: their predictors are those of what they draw."""

from __future__ import annotations

from functools import cache

import jax
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.ops.bayes.code_lengths import dirichlet_code_length, informed_code_length
from ontogeny.ops.bayes.predictives import kt_predictive
from ontogeny.worlds.sources.sequences import (
    coins,
    dice,
    markov_chains,
    switching_dice,
    variable_order,
)
from ontogeny.worlds.sources.signals import gaussian_means, linear_regressions

N = 6000
SOURCES = {
    "coins": coins(20),
    "uneven coins": coins(8, (3.0, 0.5)),
    "dice": dice(10),
    "chains": markov_chains(12, 3),
    "trees": variable_order(10, depth=2, n_symbols=3, split=0.7),
    "switching coins": switching_dice(16, hazard=0.1),
}
SIGNALS = {
    "means": gaussian_means(12, mean=0.5, variance=2.0, noise=0.5),
    "lines": linear_regressions(12, n_features=3),
}


@cache
def sample(source):
    """Return tasks, sequences, and the two predictors on them, of N draws."""

    def one(key):
        task, sequence = source.draw(key)
        return task, sequence, source.predictive(sequence), source.informed(task, sequence)

    return jax.device_get(jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0), N)))


@pytest.fixture(scope="module", params=SOURCES)
def drawn(request):
    source = SOURCES[request.param]
    return source, *sample(source)


def z_score(values):
    """Return how many standard errors the mean of the draws is from zero."""
    values = np.asarray(values, np.float64)
    return values.mean() / (values.std() / np.sqrt(len(values)))


def losses(predictive, sequences):
    taken = np.take_along_axis(predictive, sequences[..., None], axis=-1)
    return -np.log(taken[..., 0]).sum(axis=-1)


def test_a_source_has_its_shapes(drawn):
    source, _, sequences, predictive, informed = drawn
    assert sequences.shape == (N, source.length)
    assert sequences.dtype == np.int32
    assert set(np.unique(sequences)) == set(range(source.n_symbols))
    for p in (predictive, informed):
        assert p.shape == (N, source.length, source.n_symbols)
        np.testing.assert_allclose(p.sum(axis=-1), 1.0, rtol=1e-4)


def test_the_predictive_is_the_mean_of_the_informed_given_the_past(drawn):
    """E[informed | past] = predictive, so what is left is orthogonal to every function of the past:
    here the predictive itself. And symbols come as the informed predictor says.
    """
    _, _, sequences, predictive, informed = drawn
    surprise = ((informed - predictive) * predictive).sum(axis=(1, 2))
    assert abs(z_score(surprise)) < 4.5
    came = np.eye(informed.shape[-1])[sequences]
    assert abs(z_score(((came - informed) * informed).sum(axis=(1, 2)))) < 4.5
    assert np.abs((came - predictive).mean(axis=0)).max() < 4.5 * 0.5 / np.sqrt(N)


def test_knowing_the_task_is_worth_something(drawn):
    _, _, sequences, predictive, informed = drawn
    assert z_score(losses(predictive, sequences) - losses(informed, sequences)) > 10


def test_the_check_tells_another_prior_apart():
    """KT on coins whose prior is uniform: the orthogonality above must fail."""
    source = SOURCES["coins"]
    _, sequences, _, informed = sample(source)
    kt = np.asarray(jax.jit(jax.vmap(lambda x: kt_predictive(x, 2)))(sequences))
    assert abs(z_score(((informed - kt) * kt).sum(axis=(1, 2)))) > 10


@pytest.mark.parametrize(("name", "prior"), [("coins", (1, 1)), ("dice", (1, 1, 1))])
def test_code_lengths_are_the_closed_forms(name, prior):
    source = SOURCES[name]
    _, sequences, predictive, informed = sample(source)
    closed = dirichlet_code_length(source.length, prior)
    assert abs(z_score(losses(predictive, sequences) - closed)) < 4.5
    known = informed_code_length(source.length, prior)
    assert abs(z_score(losses(informed, sequences) - known)) < 4.5


def test_a_coin_gives_ones_their_prior():
    task, *_ = sample(SOURCES["uneven coins"])
    assert abs(z_score(task[:, 1] - 3.0 / 3.5)) < 4.5


def test_a_switching_die_changes_at_its_hazard():
    task, *_ = sample(SOURCES["switching coins"])
    changed = (np.diff(task[..., 0], axis=1) != 0).mean(axis=1)
    assert abs(z_score(changed - 0.1)) < 4.5


@pytest.fixture(scope="module", params=SIGNALS)
def signals(request):
    source = SIGNALS[request.param]
    return source, *sample(source)


def test_a_signal_source_has_its_shapes(signals):
    source, _, signal, predictive, informed = signals
    assert signal.inputs.shape == (N, source.length, source.n_features)
    for normal in (predictive, informed):
        assert normal.mean.shape == normal.variance.shape == (N, source.length)
        assert (normal.variance > 0).all()


def test_the_normal_predictive_is_calibrated(signals):
    """Standardised errors are iid standard normals, and uncorrelated with what was predicted."""
    _, _, signal, predictive, informed = signals
    for normal in (predictive, informed):
        z = (signal.targets - normal.mean) / np.sqrt(normal.variance)
        assert abs(z_score(z.mean(axis=1))) < 4.5
        assert abs(z_score((z**2 - 1).mean(axis=1))) < 4.5
        assert abs(z_score((z[:, 1:] * z[:, :-1]).mean(axis=1))) < 4.5
        assert abs(z_score((z * normal.mean).mean(axis=1))) < 4.5


@pytest.mark.parametrize(
    "build",
    [
        lambda: coins(0),
        lambda: dice(5, (1.0,)),
        lambda: dice(5, (1.0, -1.0)),
        lambda: switching_dice(5, hazard=1.0),
        lambda: variable_order(5, split=0.0),
        lambda: variable_order(5, depth=-1),
        lambda: gaussian_means(0),
        lambda: linear_regressions(5, noise=0.0),
    ],
)
def test_what_is_no_source_is_refused(build):
    with pytest.raises(ConfigError):
        build()
