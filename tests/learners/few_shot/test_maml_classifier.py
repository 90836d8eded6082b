"""MAML on few-shot classes: its first steps by hand, the order of classes, and what it learns."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import drawn
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import check_shapes
from ontogeny.learners.few_shot.config import MetaConfig
from ontogeny.learners.few_shot.few_shot import few_shot
from ontogeny.learners.few_shot.maml_classifier import MAMLClassifierConfig, maml_classifier
from ontogeny.worlds.classes.few_shot import split_at_random

N = 6
SMALL = MAMLClassifierConfig(widths=(8,), steps=2, rate=0.5, dropout=0.0)


@pytest.fixture(scope="module")
def support():
    return np.random.default_rng(1).normal(size=(3, 2, N)).astype(np.float32)


def test_the_first_step_moves_the_rows_alone(support):
    method = maml_classifier(N, MAMLClassifierConfig(widths=(8,), steps=1, rate=0.5))

    @jax.jit
    def moved(key, support):
        arrays = method.init(key)
        return arrays, method.adapt(arrays, support)

    arrays, point = jax.device_get(moved(jax.random.key(0), support))
    jax.tree.map(np.testing.assert_array_equal, point["torso"], arrays["start"]["torso"])
    # All rows begin at zero, so every class is as likely: each row moves by
    # rate × mean over examples of (own class - 1/3) × features.
    layer = arrays["start"]["torso"].layers[0]
    seen = np.maximum(support @ layer.weight + layer.bias, 0)
    own = np.eye(3)[:, :, None, None] - 1 / 3
    wanted = 0.5 * np.sum(own * seen[:, None], axis=(0, 2)) / 6
    np.testing.assert_allclose(point["row"], wanted, rtol=1e-5, atol=1e-6)


def test_the_order_of_the_classes_does_not_matter(support):
    method = maml_classifier(N, SMALL)
    arrays, order = drawn(method.init), np.array([2, 0, 1])

    @jax.jit
    def logits(support):
        query = jnp.linspace(-1, 1, N)
        return method.logits(arrays, method.adapt(arrays, support), query)

    said, turned = np.asarray(logits(support)), logits(support[order])
    assert said.max() - said.min() > 0.01
    np.testing.assert_allclose(turned, said[order], atol=1e-5)


def test_it_learns_which_numbers_tell_classes_apart():
    """Classes differ in two numbers of six; the others are noise, three times as wide."""
    rng = np.random.default_rng(0)

    def items():
        kind = np.concatenate([rng.normal(size=2), np.zeros(4)])
        return (kind + rng.normal(size=(8, N)) * [0.1, 0.1, 3, 3, 3, 3]).astype(np.float32)

    data = split_at_random("two of six", {str(n): items() for n in range(60)}, (40, 10, 10))
    meta = MetaConfig(
        ways=3, shots=1, queries=4, tasks=16, clip=1.0, learning_rate=1e-2, test_queries=4
    )
    learner = few_shot(maml_classifier(N, SMALL), data, meta)
    check_shapes(learner, {"learning_rate": jnp.float32(1e-2), "dropout": jnp.float32(0.1)})

    @jax.jit
    def grow(key):
        def step(state, key):
            return learner.step(key, state, {})

        first = learner.init(key, {})
        state, _ = jax.lax.scan(step, first, jax.random.split(key, 200))
        return learner.score(key, first, {}), learner.score(key, state, {})

    before, after = grow(jax.random.key(0))
    assert float(before) < 0.5
    assert float(after) > 0.65


@pytest.mark.parametrize(
    "settings", [{"widths": ()}, {"steps": 0}, {"rate": 0.0}, {"order": 3}, {"dropout": 1.0}]
)
def test_settings_that_mean_nothing_are_refused(settings):
    with pytest.raises(ConfigError):
        MAMLClassifierConfig(**settings)
