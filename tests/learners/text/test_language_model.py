"""The language model: the contract, that it learns, writing by a memory, and the product."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ontogeny as og
from drawn import with_drawn_start
from ontogeny.core.archive import write_archive
from ontogeny.core.errors import ConfigError, DataError, StoreError
from ontogeny.core.space import Log, Space
from ontogeny.learners.text.config import LanguageModelConfig, TextTrainingConfig
from ontogeny.learners.text.language_model import language_model, network_of, stretches
from ontogeny.learners.text.text_model import TextModel, load_text_model
from ontogeny.testing import check_learner, check_product
from ontogeny.worlds.language.text import Corpus
from ontogeny.worlds.language.vocabularies import Bytes, tokenised

MODEL = LanguageModelConfig(width=16, layers=2, heads=2, context=8)
SMALL = TextTrainingConfig(MODEL, batch=8, tested=4)
VERSE = "row, row, row your boat, gently down the stream. "
TEXT = tokenised(Corpus([VERSE * 20], [VERSE]), Bytes())
RATE = {"learning_rate": jnp.float32(1e-2)}


@pytest.fixture(scope="module")
def grown():
    """Return the state after some updates, the losses, and the scores before and after."""
    learner = language_model(TEXT, SMALL)

    @jax.jit
    def grow(key):
        first = learner.init(key, RATE)
        keys = jax.random.split(jax.random.key(1), 150)
        last, metrics = jax.lax.scan(lambda s, k: learner.step(k, s, RATE), first, keys)
        both = jax.tree.map(lambda *pair: jnp.stack(pair), first, last)
        return last, metrics["loss"], *jax.lax.map(lambda s: learner.score(key, s, RATE), both)

    return grow(jax.random.key(0))


@pytest.fixture(scope="module")
def model(grown):
    return TextModel(MODEL, Bytes(), grown[0].network)


def test_the_contract():
    one_layer = dataclasses.replace(SMALL, model=dataclasses.replace(MODEL, layers=1))
    check_learner(
        with_drawn_start(language_model(TEXT, one_layer)), Space({"learning_rate": Log(1e-4, 1e-2)})
    )


def test_it_learns_a_verse(grown):
    _, loss, before, after = grown
    np.testing.assert_allclose([loss[0], -before], np.log(256), rtol=0.02)
    assert loss[-10:].mean() < 1.0
    assert after > -1.0


def test_stretches_begin_anywhere_and_end_within():
    tokens = jnp.arange(10, dtype=jnp.uint8)
    rows = np.asarray(jax.jit(lambda k: stretches(k, tokens, 200, 4))(jax.random.key(0)))
    assert set(rows[:, 0]) == set(range(7))
    np.testing.assert_array_equal(rows - rows[:, :1], np.tile(np.arange(4), (200, 1)))


def test_writing_by_a_memory_is_writing_without():
    """Longer than the context: the last tokens alone are looked at."""
    network = network_of(MODEL, 256)
    arrays = jax.jit(network.init)(jax.random.key(0))
    texts = jnp.asarray(np.random.default_rng(1).integers(0, 256, (3, 20), np.int32))

    @jax.jit
    def both(arrays, key):
        whole = network.whole(arrays)
        said = whole.write(key, texts, 5)
        memory = whole.begin()
        memory, read = jax.lax.scan(lambda m, t: whole.step(m, t), memory, said[0])
        along = jax.vmap(whole.along)(said)
        likeliest = whole.write(key, texts, jnp.int32(5), 0.0)
        slope = jax.grad(lambda a: network.whole(a).along(texts[0]).sum())(arrays)
        chosen = jax.nn.one_hot(texts[0], 256)
        dense = jax.grad(
            lambda a: network.whole(a).head(network.whole(a).core.along(chosen)).sum()
        )(arrays)
        return said, along, read, likeliest, jax.vmap(whole.along)(likeliest), slope, dense

    said, along, read, likeliest, ahead, slope, dense = both(arrays, jax.random.key(2))
    np.testing.assert_array_equal(said[:, :5], texts[:, :5])
    assert len(np.unique(said[:, 5:])) > 30  # untrained: drawn about evenly
    np.testing.assert_allclose(read, along[0], atol=1e-5)
    np.testing.assert_array_equal(likeliest[:, 5:], np.argmax(ahead, axis=-1)[:, 4:-1])
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-3), slope, dense)


def test_the_product_goes_on_with_a_text(model):
    assert model.sample(jax.random.key(0), VERSE[:20], 12, 0.0) == [VERSE[20:32]]
    two = model.sample(jax.random.key(0), "row", 20, 2.0, count=2)
    assert two[0] != two[1]
    assert model("row", 20, seed=3) == model("row", 20, seed=3)
    check_product(model, lambda m: m("ro", 8), og.load_product)
    with pytest.raises(ConfigError, match="temperature"):
        model.sample(jax.random.key(0), "row", 4, -1.0)


def test_perplexity_by_hand(model):
    """Over a text of several stretches, and not a whole number of them."""
    text = VERSE + "row"
    tokens = [0, *text.encode()]
    told, c = [], MODEL.context
    along = jax.jit(lambda row: model.network.along(row))
    for first in range(0, len(text), c):
        row = tokens[first : first + c + 1]
        padded = jnp.array((row + [0] * c)[:c])
        said = jax.nn.log_softmax(along(padded))
        told += [said[place, token] for place, token in enumerate(row[1:])]
    np.testing.assert_allclose(model.perplexity(text), np.exp(-np.mean(told)), rtol=1e-4)
    assert 1 < model.perplexity(VERSE * 20) < 3 < model.perplexity("zebra quilt")
    with pytest.raises(DataError, match="empty"):
        model.perplexity("")


def test_what_can_not_be_used_is_refused(tmp_path):
    with pytest.raises(DataError, match="held-out text has 4 tokens"):
        language_model(tokenised(Corpus([VERSE], ["row"]), Bytes()), SMALL)
    for wrong in ({"heads": 3}, {"layers": 0}, {"context": 1}):
        with pytest.raises(ConfigError, match="model"):
            dataclasses.replace(MODEL, **wrong)
    write_archive(tmp_path / "other", jnp.zeros(1), {"kind": "policy"})
    with pytest.raises(StoreError, match="policy"):
        load_text_model(tmp_path / "other")
