"""The encoder-decoder: what sees what, saying is what was foretold, and dropout."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import drawn
from ontogeny.core.errors import ConfigError
from ontogeny.nn.encoder_decoder import Dropout, EncoderDecoder, dropped

TOKENS, TIME = 11, 6


@pytest.fixture(scope="module")
def network():
    return drawn(lambda key: EncoderDecoder(TOKENS, TIME, 8, 16, 2, 2, key=key))


@pytest.fixture(scope="module")
def logits(network):
    """Return the network as a function, which may be given a network of other numbers."""
    whole = jax.jit(lambda network, *inputs: network(*inputs))
    return lambda *inputs, network=network: np.asarray(whole(network, *inputs))


SOURCE = jnp.array([4, 7, 5, 9, 0, 0])
SAID = jnp.array([1, 5, 6, 7, 8, 9])


def test_what_is_said_depends_on_what_was_said_before_alone(logits):
    before = logits(SOURCE, SAID)
    after = logits(SOURCE, SAID.at[3].set(10))
    assert before.shape == (TIME, TOKENS)
    np.testing.assert_allclose(before[:3], after[:3], atol=1e-6)
    assert np.abs(before[3:] - after[3:]).max(axis=1).min() > 1e-3


def test_every_word_of_the_source_counts_and_its_filling_does_not(network, logits):
    before = logits(SOURCE, SAID)
    assert np.abs(before - logits(SOURCE.at[2].set(6), SAID)).max() > 1e-3
    other = network.source_places.at[4:].set(5.0)  # what stands at the places that are filled up
    changed = eqx.tree_at(lambda whole: whole.source_places, network, other)
    np.testing.assert_allclose(before, logits(SOURCE, SAID, network=changed), atol=1e-6)


def test_saying_word_by_word_is_what_the_whole_foretells(network, logits):
    translate = jax.jit(lambda end: network.translate(SOURCE, 1, end))
    said, length = jax.device_get(translate(2))
    heard = np.int32([1, *said[:-1]])
    np.testing.assert_array_equal(said, np.argmax(logits(SOURCE, heard), axis=-1))
    assert length == TIME or said[length] == 2
    assert not (said[:length] == 2).any()
    assert translate(int(said[0]))[1] == 0


def test_dropout_drops_at_its_rate_and_keeps_the_mean():
    some = jax.jit(lambda rate: dropped(jax.random.key(0), rate, jnp.ones(20_000)))
    kept = np.asarray(some(np.float32(0.3)))
    assert np.mean(kept == 0) == pytest.approx(0.3, abs=0.015)
    np.testing.assert_allclose(kept[kept > 0], 1 / 0.7, rtol=1e-5)
    np.testing.assert_array_equal(some(np.float32(0)), 1)


@pytest.mark.parametrize("place", ["attention", "layer", "relu"])
def test_each_of_the_three_rates_drops_something_of_its_own(logits, place):
    none = Dropout(jax.random.key(1), *jnp.zeros(3))
    np.testing.assert_allclose(logits(SOURCE, SAID, none), logits(SOURCE, SAID), atol=1e-5)
    some = none._replace(**{place: jnp.float32(0.5)})
    assert np.abs(logits(SOURCE, SAID, some) - logits(SOURCE, SAID)).max() > 1e-2


def test_a_width_that_the_heads_do_not_part_is_refused():
    with pytest.raises(ConfigError, match="3 heads"):
        EncoderDecoder(TOKENS, TIME, 8, 16, 1, 3, key=jax.random.key(0))
