"""The translator: the vocabulary, the contract, that it learns, and the product."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import with_drawn_start
from ontogeny.core.archive import write_archive
from ontogeny.core.errors import ConfigError, DataError, StoreError
from ontogeny.core.learner import check_shapes
from ontogeny.core.space import Linear, Log, Space
from ontogeny.learners.generation.config import TranslatorConfig
from ontogeny.learners.generation.corpus import corpus_of
from ontogeny.learners.generation.translation import DROPOUTS, translation
from ontogeny.learners.generation.translator import Translator, load_translator
from ontogeny.learners.generation.vocabulary import END, FILL, Vocabulary
from ontogeny.testing import check_learner
from ontogeny.worlds.language.catalogues import Pair, Parallel

SMALL = TranslatorConfig(width=16, wide=16, heads=2, time=10, batch=32)
TOKENS = 34
WORDS = {"the": "das", "red": "rote", "old": "alte", "house": "Haus", "book": "Buch", "is": "ist"}
PAIRS = [
    Pair(" ".join(words), " ".join(map(WORDS.__getitem__, words)))
    for a in ("red", "old", "is")
    for b in ("house", "book", "the")
    for words in (("the", a, b), (a, "the", b), (b, a), (a, b, "is"))
]
TEXT = Parallel(PAIRS[4:], PAIRS[:4], PAIRS[:2])


@pytest.fixture(scope="module")
def corpus():
    return corpus_of(TEXT, TOKENS, SMALL.time)


@pytest.fixture(scope="module")
def learner(corpus):
    return translation(corpus.train, corpus.validation, TOKENS, SMALL)


@pytest.fixture(scope="module")
def grown(learner):
    """Return the state after some updates, and the scores before and after."""
    hypers = {"learning_rate": jnp.float32(1e-2), **dict.fromkeys(DROPOUTS, jnp.float32(0.05))}

    @jax.jit
    def grow(key):
        first = learner.init(key, hypers)
        keys = jax.random.split(jax.random.key(1), 150)
        last, metrics = jax.lax.scan(lambda s, k: learner.step(k, s, hypers), first, keys)
        both = jax.tree.map(lambda *pair: jnp.stack(pair), first, last)
        return last, metrics, *jax.lax.map(lambda s: learner.score(key, s, hypers), both)

    return grow(jax.random.key(0))


def test_a_vocabulary_says_back_what_it_is_told(corpus):
    vocabulary = corpus.vocabulary
    assert len(vocabulary) == TOKENS
    for pair in PAIRS:
        assert vocabulary.decode([*vocabulary.encode(pair.target), END, 7, 8]) == pair.target
    assert Vocabulary(vocabulary.model).encode("the house") == vocabulary.encode("the house")
    with pytest.raises(DataError, match="vocabulary of 4000"):
        Vocabulary.of(["too little"], 4000)


def test_tables_hold_the_pairs_that_fit(corpus):
    fewer = corpus_of(TEXT, TOKENS, 8)
    assert 0 < len(fewer.text.train) == len(fewer.train.source) < len(corpus.text.train)
    assert len(corpus.text.train) == len(TEXT.train)
    for pair, source, target in zip(corpus.text.train, *corpus.train, strict=True):
        assert corpus.vocabulary.encode(pair.source) == [int(t) for t in source if t != FILL]
        kept = [int(t) for t in target if t != FILL]
        assert kept == [*corpus.vocabulary.encode(pair.target), END]


def test_the_contract(learner):
    dropout = Linear(0.0, 0.5)
    space = Space({"learning_rate": Log(1e-4, 1e-2), **dict.fromkeys(DROPOUTS, dropout)})
    check_learner(with_drawn_start(learner), space)


def test_a_hyper_that_it_does_not_read_is_refused(learner):
    rates = dict.fromkeys(["learning_rate", *DROPOUTS, "drop"], jnp.float32(0.1))
    with pytest.raises(ConfigError, match="no hyper of this learner is called 'drop'"):
        check_shapes(learner, rates)


def test_it_learns_to_translate_what_it_has_not_read(grown):
    _, metrics, before, after = grown
    assert metrics["loss"][0] > 3
    assert metrics["loss"][-20:].mean() < 0.4
    assert before < 10
    assert after > 40


def test_the_product_translates_text_and_survives_a_save(corpus, grown, tmp_path):
    state = jax.tree.map(np.asarray, grown[0])
    translator = Translator(SMALL, corpus.vocabulary, jax.tree.map(jnp.asarray, state.network))
    known = corpus.text.train[0]
    assert translator(known.source) == known.target
    several = [pair.source for pair in corpus.text.train] * 2  # more than go side by side
    said = translator.many(several)
    assert len(said) == len(several)
    assert said[0] == known.target
    translator.save(tmp_path / "translator")
    assert load_translator(tmp_path / "translator").many(several[:3]) == said[:3]
    with pytest.raises(DataError, match="tokens"):
        translator("the house is the house is the house")
    write_archive(tmp_path / "other", jnp.zeros(1), {"kind": "policy"})
    with pytest.raises(StoreError, match="policy"):
        load_translator(tmp_path / "other")


@pytest.mark.parametrize("fields", [{"layers": 0}, {"width": 10, "heads": 4}])
def test_settings_that_make_no_sense_are_refused(fields):
    with pytest.raises(ConfigError):
        TranslatorConfig(**fields)
