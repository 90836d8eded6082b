"""LEO against its equations: the encoder's pairs, the divergences, the descents, the conventions,
and the contract of a learner.
"""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import with_drawn_start
from ontogeny.core.errors import ConfigError
from ontogeny.core.space import Linear, Log, Space
from ontogeny.learners.few_shot.config import MetaConfig
from ontogeny.learners.few_shot.few_shot import accuracies, few_shot
from ontogeny.learners.few_shot.leo import leo
from ontogeny.learners.few_shot.leo_config import CODE, PAPER, Conventions, LEOConfig
from ontogeny.learners.few_shot.leo_network import (
    FLOOR,
    Gaussian,
    correlations_off_identity,
    deviation,
    encode,
    entropy,
    kl_to_standard,
    sampled_kl,
)
from ontogeny.learners.few_shot.leo_presets import TABLES, published
from ontogeny.testing import check_learner
from ontogeny.worlds.classes.few_shot import Episode, split_at_random

N = 12  # features
SMALL = LEOConfig(n_codes=6, n_latents=4, dropout=0.0)
ONE_EACH = dataclasses.replace(SMALL, latent_steps=1, weight_steps=1)  # no loops to compile
STILL = dataclasses.replace(SMALL, stochastic=False)
META = MetaConfig(ways=3, shots=2, queries=3, tasks=4, test_queries=3, test_episodes=20)
SPACE = Space(
    {
        "learning_rate": Log(1e-4, 1e-2),
        "kl_weight": Log(1e-3, 1.0),
        "encoder_penalty": Log(1e-9, 1e-3),
        "l2_penalty": Log(1e-9, 1e-3),
        "orthogonality_penalty": Log(1e-3, 1.0),
        "dropout": Linear(0.0, 0.6),
    }
)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    groups = {}
    for c in range(24):
        items = rng.normal(size=N) + 0.6 * rng.normal(size=(8, N))
        items /= np.linalg.norm(items, axis=1, keepdims=True)
        groups[str(c)] = items.astype(np.float32)
    return split_at_random("gaussians", groups, (12, 6, 6))


@pytest.fixture(scope="module")
def episode():
    rng, way = np.random.default_rng(3), np.eye(3, N)[:, None]
    parts = (way + 0.3 * rng.normal(size=(3, each, N)) for each in (2, 3))
    return Episode(*(part.astype(np.float32) for part in parts))


encoded = jax.jit(encode, static_argnums=2)


@functools.cache
def drawn(relate):
    config = dataclasses.replace(SMALL, relate=relate)
    return jax.device_get(jax.jit(leo(N, config).init)(jax.random.key(0)))


def arrays_of(config):
    """Return new arrays of SMALL's sizes, with the rates of the config."""
    arrays = drawn(config.relate)
    return arrays._replace(
        latent_rate=np.full_like(arrays.latent_rate, config.latent_rate),
        weight_rate=np.full_like(arrays.weight_rate, config.weight_rate),
    )


@functools.cache
def adapting(config):
    return jax.jit(leo(N, config).adapt)


@functools.cache
def compiled(config):
    """Return the loss, and its gradient by the arrays."""
    loss = leo(N, config).loss
    return jax.jit(loss), jax.jit(jax.grad(lambda *given: loss(*given)[0], argnums=1))


def given(config, episode, seed):
    return jax.random.key(seed), arrays_of(config), episode, leo(N, config).hypers


def loss_of(config, episode, seed=1):
    return compiled(config)[0](*given(config, episode, seed))


def gradient_of(config, episode):
    return compiled(config)[1](*given(config, episode, 0))


def test_leo_keeps_the_contract_of_a_learner(data):
    check_learner(with_drawn_start(few_shot(leo(N, ONE_EACH), data, META)), SPACE)


def test_the_encoder_is_the_mean_over_all_pairs_of_examples(episode):
    arrays = arrays_of(SMALL)
    codes = episode.support @ arrays.encoder
    expected = np.zeros((3, 8))
    for n in range(3):
        for k in range(2):
            for m in range(3):
                for other in range(2):
                    x = np.concatenate([codes[n, k], codes[m, other]])
                    for layer in arrays.relation[:2]:
                        x = np.maximum(x @ layer, 0)
                    expected[n] += x @ arrays.relation[2] / (3 * 2 * 2)
    np.testing.assert_allclose(encoded(arrays, episode.support, True), expected, atol=1e-6)


def test_without_relations_a_class_is_encoded_by_itself(episode):
    arrays = arrays_of(dataclasses.replace(SMALL, relate=False))
    moved = episode.support * np.array([0, 1, 1], np.float32)[:, None, None]
    before, after = (np.asarray(encoded(arrays, x, False)) for x in (episode.support, moved))
    np.testing.assert_array_equal(before[1:], after[1:])
    before, after = (
        np.asarray(encoded(arrays_of(SMALL), x, True)) for x in (episode.support, moved)
    )
    assert not np.allclose(before[1:], after[1:])


def test_the_divergence_to_the_standard_normal_by_hand():
    q = Gaussian(np.float32([0, 1, 0]), np.float32([1, 1, math.e]))
    kl, spread = jax.device_get(jax.jit(lambda q: (kl_to_standard(q), entropy(q)))(q))
    np.testing.assert_allclose(kl, [0.0, 0.5, (math.e**2 - 3) / 2], rtol=1e-6)
    np.testing.assert_allclose(spread[0], 0.5 * math.log(2 * math.pi * math.e), rtol=1e-6)


def test_one_sample_of_the_divergence_has_it_as_its_mean_and_survives_a_tiny_deviation():
    q = Gaussian(np.float32(0.7), np.float32([0.4, FLOOR]))
    noise = np.random.default_rng(0).normal(size=20000).astype(np.float32)

    @jax.jit
    def sampled(q, noise):
        def estimate(mean, deviation):
            return jnp.mean(sampled_kl(Gaussian(mean, deviation), noise))

        return jax.vmap(jax.value_and_grad(estimate), (None, 0))(q.mean, q.deviation), (
            kl_to_standard(q)
        )

    (found, slope), exact = jax.device_get(sampled(q, noise))
    np.testing.assert_allclose(found, exact, atol=0.02)
    assert slope[1] == pytest.approx(0.7, rel=1e-3)


def test_deviations_are_what_they_should_be_at_zero_and_positive_elsewhere():
    forms = [(at_zero, form) for at_zero in (0.05, 1.0) for form in ("smooth", "floored")]

    @jax.jit
    def look(u):
        return {
            each: jax.vmap(jax.value_and_grad(lambda x, each=each: deviation(x, *each)))(u)
            for each in forms
        }

    found = jax.device_get(look(np.float32([0, -3])))
    for (at_zero, _), (spread, _) in found.items():
        assert spread[0] == pytest.approx(at_zero)
    below, slope = found[0.05, "floored"]
    assert below[1] == pytest.approx(FLOOR)
    assert slope[1] == 0.0
    assert found[0.05, "smooth"][1][1] > 0.0


def test_the_decoders_rows_are_held_against_the_identity():
    arrays = arrays_of(SMALL)
    arrays = arrays._replace(decoder=np.tile(arrays.decoder[:1], (2, 1)))
    hypers = {"l2_penalty": np.float32(0), "orthogonality_penalty": np.float32(3)}
    own, paper = (leo(N, dataclasses.replace(SMALL, conventions=c)) for c in (Conventions(), PAPER))

    @jax.jit
    def look(arrays, apart, parallel):
        penalties = [method.penalty(arrays, hypers) for method in (own, paper)]
        return correlations_off_identity(apart), correlations_off_identity(parallel), penalties

    still, crossed, penalties = jax.device_get(
        look(arrays, 2 * np.eye(2, 5, dtype=np.float32), np.float32([[1, 2], [2, 4]]))
    )
    np.testing.assert_allclose(still, 0, atol=1e-6)
    np.testing.assert_allclose(crossed, [[0, 1], [1, 0]], atol=1e-6)
    for (whole, parts), expected in zip(penalties, (0.5, 2.0), strict=True):
        assert float(parts["orthogonality"]) == pytest.approx(expected, rel=1e-5)
        assert float(whole) == pytest.approx(3 * expected, rel=1e-5)


def test_without_steps_it_is_the_conditional_generator(episode):
    config = dataclasses.replace(SMALL, latent_steps=0, weight_steps=0)
    arrays = arrays_of(config)
    z = np.split(np.asarray(encoded(arrays, episode.support, True)), 2, axis=-1)[0]
    head = adapting(config)(arrays, episode.support)
    np.testing.assert_allclose(head, (z @ arrays.decoder)[:, :N], atol=1e-6)
    assert float(loss_of(config, episode)[1]["encoder_penalty"]) == 0.0


def test_both_descents_lower_the_loss_on_the_support(episode):
    config = dataclasses.replace(STILL, latent_rate=0.3, weight_rate=0.03)
    met = loss_of(config, episode)[1]
    assert float(met["support_loss_begun"]) > float(met["support_loss_generated"]) + 1e-3
    assert float(met["support_loss_generated"]) > float(met["support_loss_adapted"]) + 1e-3
    assert float(met["encoder_penalty"]) > 0.0


def test_the_loss_is_differentiated_through_the_descents_to_their_rates(episode):
    gradient = gradient_of(STILL, episode)
    for rate in (gradient.latent_rate, gradient.weight_rate):
        assert np.abs(rate).min() > 0.0


def test_the_encoder_penalty_pulls_the_code_and_not_where_it_was_moved(episode):
    # With stop(z') the gradient by the decoder is that of z' held still: zero.
    config = dataclasses.replace(STILL, encoder_penalty=1.0)
    free = dataclasses.replace(config, encoder_penalty=0.0)

    pulled, plain = gradient_of(config, episode), gradient_of(free, episode)
    np.testing.assert_allclose(pulled.decoder, plain.decoder, atol=1e-6)
    assert not np.allclose(pulled.encoder, plain.encoder, atol=1e-6)


@pytest.mark.parametrize("conventions", [Conventions(), PAPER, CODE], ids=["own", "paper", "code"])
def test_renaming_the_classes_renames_the_weights(conventions, episode):
    config = dataclasses.replace(SMALL, conventions=conventions)
    adapt, arrays, order = adapting(config), arrays_of(config), np.array([2, 0, 1])
    plain = np.asarray(adapt(arrays, episode.support))
    np.testing.assert_allclose(adapt(arrays, episode.support[order]), plain[order], atol=1e-5)


def test_copies_share_the_gradient_of_their_mean(episode):
    # Two copies that begin alike stay alike, and each gets half of the gradient.
    copies = Conventions(copies=True)
    two = dataclasses.replace(STILL, conventions=copies, latent_rate=0.5, weight_rate=0.02)
    one = dataclasses.replace(STILL, latent_rate=0.25, weight_rate=0.01)
    heads = [adapting(c)(arrays_of(c), episode.support) for c in (two, one)]
    np.testing.assert_allclose(*heads, atol=1e-5)


def test_sums_and_means_differ_by_what_they_range_over(episode):
    mean = loss_of(STILL, episode)[1]
    total = loss_of(dataclasses.replace(STILL, conventions=PAPER), episode)[1]
    assert float(total["query_loss"]) == pytest.approx(9 * float(mean["query_loss"]), rel=1e-4)
    assert float(total["encoder_penalty"]) == pytest.approx(
        12 * float(mean["encoder_penalty"]), rel=1e-4
    )


def test_noise_is_drawn_anew_at_every_decoding_or_kept(episode):
    kept = dataclasses.replace(
        SMALL, latent_steps=0, weight_steps=0, conventions=Conventions(noise="kept")
    )
    found = {float(loss_of(kept, episode, seed)[0]) for seed in range(3)}
    assert len(found) == 3
    still = dataclasses.replace(STILL, latent_steps=0, weight_steps=0)
    assert len({float(loss_of(still, episode, seed)[0]) for seed in range(3)}) == 1
    assert float(loss_of(still, episode)[1]["kl"]) == 0.0


def test_it_learns_and_its_latents_do_not_collapse(data):
    method = leo(N, dataclasses.replace(ONE_EACH, n_codes=16, n_latents=8))
    learner = few_shot(method, data, META)

    @jax.jit
    def grow(key):
        def step(state, key):
            return learner.step(key, state, {"learning_rate": jnp.float32(1e-2)})

        state, metrics = jax.lax.scan(step, learner.init(key, {}), jax.random.split(key, 150))
        return metrics, accuracies(method, state.arrays, key, data.test, META, 3, 60)

    metrics, found = jax.device_get(grow(jax.random.key(0)))
    assert metrics["query_loss"][-20:].mean() < 0.8 * metrics["query_loss"][0]
    assert metrics["latent_spread"][-1] > 0.02
    assert found.mean() > 0.7


def test_the_published_tables():
    config, meta = published("code", "tieredImageNet", 5)
    assert config.kl_weight == 1.622811
    assert config.conventions == CODE
    assert (meta.learning_rate, meta.shots, meta.queries) == (6.110314e-4, 5, 15)
    config, meta = published("paper", "miniImageNet", 1)
    assert config.dropout == pytest.approx(0.288475912)
    assert config.orthogonality_penalty == 303.216647
    assert config.conventions == PAPER
    assert (config.n_codes, config.latent_rate, config.weight_rate) == (64, 1.0, 1e-3)
    assert [len(columns) for columns, _ in TABLES.values()] == [4, 4]
    with pytest.raises(ConfigError, match="nothing was published"):
        published("paper", "miniImageNet", 2)


@pytest.mark.parametrize(
    ("field", "value"), [("latent_steps", -1), ("n_latents", 0), ("dropout", 1.0)]
)
def test_settings_that_can_not_be_are_refused(field, value):
    with pytest.raises(ConfigError, match=field):
        dataclasses.replace(SMALL, **{field: value})


def test_data_that_gives_no_such_episodes_is_refused(data):
    with pytest.raises(ConfigError, match="13 ways"):
        few_shot(leo(N, SMALL), data, dataclasses.replace(META, ways=13))
    with pytest.raises(ConfigError, match="the smallest class has 8"):
        few_shot(leo(N, SMALL), data, dataclasses.replace(META, shots=6))
    with pytest.raises(ConfigError, match="tasks is 0"):
        MetaConfig(tasks=0)
