"""The generator and its critic: the contract, that each has a rate of its own, and the product."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import with_drawn_start
from ontogeny.core.archive import write_archive
from ontogeny.core.errors import ConfigError, StoreError
from ontogeny.core.learner import check_shapes
from ontogeny.core.space import Log, Space
from ontogeny.learners.generation.config import GANConfig
from ontogeny.learners.generation.gan import gan
from ontogeny.learners.generation.sampler import Sampler, load_sampler
from ontogeny.learners.supervised.judge import train_classifier
from ontogeny.testing import check_learner
from ontogeny.worlds.classes.digits import digit_images

SMALL = GANConfig(latent=2, hidden=(8,), batch=4, judged=8, critic_updates=2)
IMAGES = jnp.asarray(digit_images().train.pixels[:40])


@pytest.fixture(scope="module")
def learner():
    def judge(image):
        return image.reshape(8, 8).sum(axis=1)

    return gan(IMAGES, judge, SMALL)


def test_the_contract(learner):
    rate = Log(1e-4, 1e-2)
    check_learner(with_drawn_start(learner), Space({"generator_rate": rate, "critic_rate": rate}))


def test_a_hyper_that_it_does_not_read_is_refused(learner):
    rates = dict.fromkeys(["generator_rate", "critic_rate", "critic_rat"], jnp.float32(0.1))
    with pytest.raises(ConfigError, match=r"'critic_rat'.*\n.*did you mean 'critic_rate'"):
        check_shapes(learner, rates)


def test_each_network_has_a_rate_of_its_own(learner):
    key, step = jax.random.key(0), jax.jit(learner.step)
    first = jax.device_get(jax.jit(learner.init)(key, {}))

    def moved(**rates):
        after, _ = jax.device_get(step(key, first, {k: np.float32(v) for k, v in rates.items()}))
        apart = [
            max(np.abs(a - b).max() for a, b in zip(*map(jax.tree.leaves, pair), strict=True))
            for pair in ((first.generator, after.generator), (first.critic, after.critic))
        ]
        return np.round(np.array(apart, float), 4).tolist()

    # a step of Adam is as long as its rate: the critic makes two, the generator one
    assert moved(generator_rate=0.01, critic_rate=0.0) == [0.01, 0.0]
    assert moved(generator_rate=0.0, critic_rate=0.03) == [0.0, pytest.approx(0.06, abs=0.025)]


def test_a_critic_that_learns_tells_real_from_made():
    config = dataclasses.replace(SMALL, hidden=(32,), batch=32, critic_updates=5)
    learner = gan(IMAGES, lambda image: image[0], config)
    hypers = {"generator_rate": jnp.float32(0), "critic_rate": jnp.float32(3e-3)}

    @jax.jit
    def distances(key):
        state = learner.init(key, hypers)
        keys = jax.random.split(jax.random.key(1), 40)
        return jax.lax.scan(lambda s, k: learner.step(k, s, hypers), state, keys)[1]["distance"]

    told = np.asarray(distances(jax.random.key(0)))
    # made images are grey (0.5 everywhere, nearly) and real ones 3 or more away: with a slope of 1
    # the distance is bounded by that of the images
    assert told[-5:].mean() > 2
    assert told.max() < np.linalg.norm(np.asarray(IMAGES) - 0.5, axis=(1, 2)).max() * 1.3


def test_a_classifier_that_has_learned_knows_digits_that_it_has_not_seen():
    train, test = digit_images()
    learned = train_classifier(jnp.asarray(train.pixels), jnp.asarray(train.label), "dense", 0, 300)
    assert learned.accuracy(jnp.asarray(test.pixels), jnp.asarray(test.label)) > 0.9
    assert learned.accuracy(jnp.asarray(test.pixels), jnp.asarray(test.label + 1) % 10) < 0.2


def test_the_sampler_draws_the_same_for_a_seed_and_survives_a_save(learner, tmp_path):
    arrays = jax.jit(learner.init)(jax.random.key(0), {}).generator
    sampler = Sampler(SMALL, (8, 8), arrays)
    images = sampler(3, seed=1)
    assert images.shape == (3, 8, 8)
    assert 0 <= images.min() <= images.max() <= 1
    assert not np.array_equal(images, sampler(3, seed=2))
    sampler.save(tmp_path / "sampler")
    np.testing.assert_array_equal(load_sampler(tmp_path / "sampler")(3, seed=1), images)
    with pytest.raises(ConfigError, match="0 images"):
        sampler(0)
    write_archive(tmp_path / "other", jnp.zeros(1), {"kind": "policy"})
    with pytest.raises(StoreError, match="policy"):
        load_sampler(tmp_path / "other")


@pytest.mark.parametrize(
    "fields", [{"latent": 0}, {"hidden": ()}, {"momentum": 1.0}, {"penalty": -1}]
)
def test_settings_that_make_no_sense_are_refused(fields):
    with pytest.raises(ConfigError):
        GANConfig(**fields)
