"""Explorations: what an heir's hypers become."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.core.space import Linear, Log, Space
from ontogeny.evolution.explore import jitter, keep, mutate, perturb, perturb_or_resample, resample

SPACE = Space(
    {"rate": Log(1e-6, 1e6, prior=(10.0, 20.0)), "gene": Linear(-10, 10, prior=(5, 6), shape=(3,))}
)
HYPERS = {"rate": jnp.float32(1), "gene": jnp.zeros(3)}


def explored(exploration, n=600):
    keys = jax.random.split(jax.random.key(0), n)
    return jax.jit(jax.vmap(lambda key: exploration(key, SPACE, HYPERS)))(keys)


def found(values):
    return set(np.round(np.unique(np.float64(values)), 4))


def test_perturb_tosses_one_of_two_factors_for_each_number():
    new = explored(perturb((0.8, 1.25)))
    assert found(new["rate"]) == {0.8, 1.25}
    assert found(new["gene"]) == {-4.0, 5.0}
    assert np.mean(new["rate"] > 1) == pytest.approx(0.5, abs=0.07)
    signs = np.column_stack([new["rate"] > 1, np.asarray(new["gene"]) > 0])
    assert len(np.unique(signs, axis=0)) == 16  # every combination comes up


def test_perturb_with_a_probability_moves_only_so_often():
    new = explored(perturb((1 / 1.2, 1.2), probability=0.33))
    assert np.mean(new["rate"] != 1) == pytest.approx(0.33, abs=0.06)
    assert np.mean(new["gene"] != 0) == pytest.approx(0.33, abs=0.06)
    assert np.log(new["rate"]).mean() == pytest.approx(0, abs=0.02)  # symmetric in the logarithm


def test_resample_draws_from_the_prior():
    new = explored(resample())
    assert np.all((new["rate"] >= 10) & (new["rate"] <= 20.001))
    assert np.all((new["gene"] >= 5) & (new["gene"] <= 6))
    sometimes = explored(resample(0.25))
    assert np.mean(sometimes["rate"] != 1) == pytest.approx(0.25, abs=0.06)


def test_perturb_or_resample_does_one_or_the_other():
    new = explored(perturb_or_resample((0.5, 2.0), probability=0.25))
    redrawn = np.asarray(new["rate"]) >= 9
    assert redrawn.mean() == pytest.approx(0.25, abs=0.06)
    assert found(np.asarray(new["rate"])[~redrawn]) == {0.5, 2.0}


def test_jitter_is_normal_on_the_scale():
    new = explored(jitter(0.3))
    assert np.std(np.log(new["rate"])) == pytest.approx(0.3, rel=0.1)
    assert np.std(new["gene"]) == pytest.approx(0.3, rel=0.1)
    assert abs(np.corrcoef(np.asarray(new["gene"]).T)[0, 1]) < 0.15


def test_keep_keeps():
    new = explored(keep())
    assert np.all(new["rate"] == 1)
    assert np.all(new["gene"] == 0)


def test_a_factor_that_is_not_positive_is_refused():
    with pytest.raises(ConfigError, match="not positive"):
        perturb((-0.8, 1.2))


GENES = Space(
    {"weights": Linear(-9.0, 9.0, shape=(2000,)), "rate": Log(1e-9, 1e9), "fixed": Log(0.1, 10.0)}
)
BORN = {"weights": jnp.zeros(2000), "rate": jnp.float32(1.0), "fixed": jnp.float32(2.0)}


def moved(key=0, **settings):
    child = mutate(0.5, others={"weights": 0.1, "fixed": 0.0}, **settings)(
        jax.random.key(key), GENES, BORN
    )
    assert child["fixed"] == 2.0
    return np.asarray(child["weights"]), float(jnp.log(child["rate"]))


def test_genes_mutate_on_their_scales_with_deviations_of_their_own():
    weights, _ = moved()
    assert abs(weights.std() - 0.1) < 0.005
    assert abs(weights.mean()) < 0.01
    assert abs(np.std([moved(key)[1] for key in range(60)]) - 0.5) < 0.15


def test_cauchy_mutations_have_heavy_tails():
    weights, _ = moved(law="cauchy")
    assert abs(np.median(np.abs(weights)) - 0.1) < 0.01  # the median of |Cauchy| is its scale
    assert np.abs(weights).max() > 5 * 0.1 * 4  # of 2000 normal ones the largest is about 3.5


def test_log_uniform_mutations_differ_in_size_between_children():
    sizes = np.array([moved(key, law="log-uniform")[0].std() for key in range(60)])
    assert sizes.min() > 0.009
    assert sizes.max() < 0.11
    assert abs(np.mean(np.log10(sizes)) - -1.5) < 0.15  # evenly from 0.01 to 0.1


def test_a_self_adapted_deviation_is_a_gene_that_moves_too():
    space = Space({"weights": Linear(-9.0, 9.0, shape=(2000,)), "sigma": Log(0.01, 10.0)})
    born = {"weights": jnp.zeros(2000), "sigma": jnp.float32(3.0)}
    child = mutate(0.1, "self-adapted")(jax.random.key(0), space, born)
    assert child["sigma"] != 3.0
    assert abs(np.std(child["weights"]) - 0.1 * child["sigma"]) < 0.02
    with pytest.raises(ConfigError, match="sigma"):
        mutate(0.1, "self-adapted")(jax.random.key(0), GENES, BORN)


@pytest.mark.parametrize("settings", [{"deviation": -1.0}, {"deviation": 1.0, "low": 0.0}])
def test_mutations_that_make_no_sense_are_refused(settings):
    with pytest.raises(ConfigError):
        mutate(**settings)
