"""What LEO is held against, by hand; and the classifier that a person gets of any of them."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError, StoreError
from ontogeny.core.space import Linear, Log, Space
from ontogeny.learners.few_shot.classifier import FewShotClassifier, load_classifier
from ontogeny.learners.few_shot.config import MetaConfig
from ontogeny.learners.few_shot.few_shot import (
    clipped_each,
    cross_entropy,
    few_shot,
    share_right,
)
from ontogeny.learners.few_shot.heads import PROBE, HeadConfig, head
from ontogeny.learners.few_shot.leo_config import CODE, LEOConfig
from ontogeny.learners.few_shot.maml_classifier import MAMLClassifierConfig
from ontogeny.learners.few_shot.prototypes import PrototypesConfig, prototypes
from ontogeny.ops.dropout import dropped
from ontogeny.testing import check_learner
from ontogeny.worlds.classes.few_shot import Episode, split_at_random
from ontogeny.worlds.classes.random_features import RandomFeatures

N = 6
META = MetaConfig(ways=3, shots=1, queries=2, tasks=2, test_queries=2, test_episodes=4)
SPACE = Space({"learning_rate": Log(1e-4, 1e-2), "dropout": Linear(0.0, 0.6)})
CONFIGS = {
    "leo": LEOConfig(n_codes=4, n_latents=3, conventions=CODE),
    "prototypes": PrototypesConfig(widths=(8, 4)),
    "head": HeadConfig(steps=2),
    "maml": MAMLClassifierConfig(widths=(8, 4), steps=2),
}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    groups = {str(c): rng.normal(size=(4, N)).astype(np.float32) for c in range(9)}
    return split_at_random("noise", groups, (3, 3, 3))


def test_a_baseline_keeps_the_contract_of_a_learner(data):
    # A start that all classes share moves no softmax: its gradient is rounding, of which Adam
    # makes steps of the size of the learning rate.
    check_learner(few_shot(head(N, HeadConfig(steps=1)), data, META), SPACE, tolerance=2e-2)


def test_the_nearest_centroid():
    method = prototypes(2, PrototypesConfig(widths=(), scale=2.0))
    support = np.float32([[[0, 0], [2, 0]], [[0, 4], [0, 2]]])

    @jax.jit
    def look(key, support):
        arrays = method.init(key)
        centres = method.adapt(arrays, support)
        return centres, method.logits(arrays, centres, jnp.array([1.0, 1.0]))

    centres, said = look(jax.random.key(0), support)
    np.testing.assert_allclose(centres, [[1, 0], [0, 3]])
    np.testing.assert_allclose(said, [-2, -10], rtol=1e-5)


def test_a_step_from_a_shared_start_compares_inner_products_with_the_support():
    method = head(3, HeadConfig(steps=1, rate=0.5))
    support = np.random.default_rng(1).normal(size=(4, 1, 3)).astype(np.float32)
    query = np.float32([1, 2, -1])

    @jax.jit
    def look(key, support, query):
        # what all share does not tell them apart
        arrays = method.init(key) | {"start": jnp.array([0.3, -0.2, 0.1])}
        return method.logits(arrays, method.adapt(arrays, support), query)

    said = np.asarray(look(jax.random.key(0), support, query))
    products = support[:, 0] @ query
    np.testing.assert_allclose(said - said[0], 0.5 * (products - products[0]), rtol=1e-4)


def test_the_probe_learns_nothing_before_a_task_and_separates_what_can_be_separated():
    method = head(N, PROBE)

    @jax.jit
    def look(key, support):
        def loss(arrays):
            return method.loss(key, arrays, Episode(support, support), method.hypers)[0]

        arrays = method.init(key)
        right = share_right(support @ method.adapt(arrays, support).T)
        return jax.grad(loss)(arrays), right

    gradient, right = look(jax.random.key(0), np.eye(3, N, dtype=np.float32)[:, None])
    assert not any(np.any(g) for g in jax.tree.leaves(gradient))
    assert right == 1.0


def test_cross_entropy_and_the_share_that_is_right():
    logits = np.log(np.float32([[[0.5, 0.25, 0.25]], [[0.2, 0.7, 0.1]], [[0.5, 0.4, 0.1]]]))
    lost, right, of_even = jax.jit(
        lambda logits: (
            cross_entropy(logits),
            share_right(logits),
            share_right(jnp.zeros((4, 2, 4))),
        )
    )(logits)
    np.testing.assert_allclose(lost, -np.log([[0.5], [0.7], [0.1]]), rtol=1e-5)
    assert float(right) == pytest.approx(2 / 3)
    assert of_even == 0.25


def test_gradients_are_clipped_number_by_number_then_array_by_array():
    # Adam's first direction is the sign; its moments show what it was given.
    direction = clipped_each(0.1)
    gradient = {"a": np.float32([3.0, -0.05]), "b": np.full(4, 0.1, np.float32)}
    _, moments = jax.jit(lambda g: direction.update(g, direction.init(g)))(gradient)
    seen = moments[1].mu
    norm = np.hypot(0.1, 0.05)
    np.testing.assert_allclose(seen["a"], 0.1 * np.array([0.1, -0.05]) * 0.1 / norm, rtol=1e-5)
    np.testing.assert_allclose(seen["b"], np.full(4, 0.1 * 0.05), rtol=1e-5)


def test_dropout_keeps_the_mean_and_drops_the_share():
    ones = jnp.asarray(np.ones((400, 100), np.float32))
    some = jax.jit(lambda key, rate: dropped(key, ones, rate))  # of a hyper
    fixed = jax.jit(lambda key: [dropped(key, ones, rate) for rate in (0.0, 0.3)])
    key = jax.random.key(0)
    none, third = map(np.asarray, fixed(key))
    for rate, seen in ((0.0, none), (0.3, third), (0.75, np.asarray(some(key, np.float32(0.75))))):
        assert np.mean(seen == 0) == pytest.approx(rate, abs=0.01)
        assert np.mean(seen) == pytest.approx(1.0, abs=0.03)
    np.testing.assert_array_equal(none, ones)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_classifier_comes_back_from_its_file(name, tmp_path):
    empty = FewShotClassifier(CONFIGS[name], N, None, RandomFeatures(3, 3, N))
    product = dataclasses.replace(empty, arrays=jax.jit(empty.method.init)(jax.random.key(0)))
    product.save(tmp_path / "it")
    again = load_classifier(tmp_path / "it")
    assert (again.config, again.view) == (CONFIGS[name], product.view)
    rng = np.random.default_rng(1)
    support = rng.normal(size=(4, 2, N)).astype(np.float32)  # not what it was grown for: it fits
    query = rng.normal(size=(3, 5, N)).astype(np.float32)
    said = product.adapt(support)(query)
    assert said.shape == (3, 5, 4)
    np.testing.assert_allclose(np.exp(said).sum(axis=-1), 1, rtol=1e-5)
    np.testing.assert_array_equal(said, again(support, query))


def test_what_does_not_fit_a_classifier_is_refused(tmp_path):
    empty = FewShotClassifier(CONFIGS["head"], N, None)
    product = dataclasses.replace(empty, arrays=jax.jit(empty.method.init)(jax.random.key(0)))
    with pytest.raises(DataError, match="has 5 features"):
        product.adapt(np.zeros((2, 1, 5)))
    with pytest.raises(DataError, match="not finite"):
        product.adapt(np.full((2, 1, N), np.nan))
    with pytest.raises(DataError, match="two classes or more"):
        product.adapt(np.zeros((1, 1, N)))
    with pytest.raises(DataError, match="the query has 4 features"):
        product.adapt(np.zeros((2, 1, N)))(np.zeros(4))
    with pytest.raises(StoreError):
        load_classifier(tmp_path)
    with pytest.raises(ConfigError, match="0 steps"):
        HeadConfig(steps=0)
    with pytest.raises(ConfigError, match=r"dropout 1\.5"):
        PrototypesConfig(dropout=1.5)
