"""A student of text: who writes, what is lost and paid, what is kept of a teacher."""

from __future__ import annotations

import dataclasses
import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import with_drawn_start
from ontogeny.core.errors import ConfigError, DataError
from ontogeny.core.space import Linear, Log, Space
from ontogeny.learners.teaching.rule import Control, Rule
from ontogeny.learners.teaching.rules import RULES
from ontogeny.learners.teaching.token_rules import TOKEN_RULES, returns, token_rule_named
from ontogeny.learners.teaching.tokens import (
    TokenStudentConfig,
    agreement,
    token_student,
    writers_of,
)
from ontogeny.learners.text.config import LanguageModelConfig
from ontogeny.learners.text.language_model import network_of
from ontogeny.learners.text.text_model import TextModel
from ontogeny.testing import check_learner
from ontogeny.worlds.language.text import Corpus
from ontogeny.worlds.language.vocabularies import Bytes, tokenised

VERSE = "row, row, row your boat, gently down the stream. "
TEXT = tokenised(Corpus([VERSE * 20], [VERSE]), Bytes())
MODEL = LanguageModelConfig(width=8, layers=1, heads=2, context=8)
LARGE = LanguageModelConfig(width=16, layers=1, heads=2, context=8)
SMALL = TokenStudentConfig(MODEL, batch=4, prompt=3, tested=2)
RATE = {"learning_rate": jnp.float32(1e-2)}
HALF = Control(student=0.5, teacher=0.5)


@functools.cache
def teacher() -> TextModel:
    """Return a teacher that is sure of itself, though it has learned nothing."""
    arrays = jax.jit(network_of(LARGE, 256).init)(jax.random.key(7))
    sure = eqx.tree_at(lambda a: a.head.weight, arrays, 1500 * arrays.head.weight)
    return TextModel(LARGE, Bytes(), sure)


def test_the_contract():
    space = {"learning_rate": Log(1e-4, 1e-2), "temperature": Linear(0.5, 2.0)}
    learner = token_student(TEXT, teacher(), RULES["reverse-kl"], SMALL)
    check_learner(with_drawn_start(learner), Space(space))


def test_shares_are_of_whole_texts():
    config = dataclasses.replace(SMALL, batch=8, data=0.25)
    rule = Rule("mixed", Control(student=0.5, teacher=0.5), TOKEN_RULES["kl"].loss)
    assert writers_of(rule, config) == (3, 3, 2)
    assert writers_of(RULES["teacher"], config) == (0, 6, 2)
    assert writers_of(RULES["teacher"], dataclasses.replace(config, data=1.0)) == (0, 0, 8)


def test_on_the_corpus_the_losses_are_those_by_hand():
    """All in one program; the student learns from the rows that the key draws."""
    every = dataclasses.replace(SMALL, data=1.0, temperature=2.0)
    plain = dataclasses.replace(every, truth=1.0)
    kept = dataclasses.replace(every, top_k=2)
    rules = {name: TOKEN_RULES[name] for name in ("kl", "reverse-kl")}
    arms = {
        **{name: token_student(TEXT, teacher(), rule, every) for name, rule in rules.items()},
        "truth": token_student(TEXT, teacher(), rules["kl"], plain),
        "kept": token_student(TEXT, teacher(), rules["kl"], kept),
    }
    key, net = jax.random.key(1), network_of(MODEL, 256)

    @jax.jit
    def look():
        arrays = net.init(jax.random.key(0))
        state = arms["kl"].init(jax.random.key(0), RATE)
        told = {name: arm.step(key, state, RATE)[1] for name, arm in arms.items()}
        begins = jax.random.randint(jax.random.split(key, 3)[0], (4,), 0, TEXT.train.shape[0] - 8)
        rows = TEXT.train[begins[:, None] + jnp.arange(9)].astype(jnp.int32)
        both = net.whole(arrays).along(rows[:, :-1]), teacher().network.along(rows[:, :-1])
        return told, rows, *both

    told, rows, student, taught = jax.device_get(look())

    def softmax(logits):
        p = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return p / p.sum(axis=-1, keepdims=True)

    def kl(p, q):
        return (p * np.log(p / q)).sum(axis=-1).mean()

    q, p = softmax(student / 2), softmax(taught / 2)
    np.testing.assert_allclose(told["kl"]["loss"], 4 * kl(p, q), rtol=1e-3)
    np.testing.assert_allclose(told["reverse-kl"]["loss"], 4 * kl(q, p), rtol=1e-3)
    said = np.take_along_axis(softmax(student), rows[:, 1:, None], axis=-1)
    np.testing.assert_allclose(told["truth"]["loss"], -np.log(said).mean(), rtol=1e-3)
    two = np.argsort(-p, axis=-1)[..., :2]
    p2, q2 = (np.take_along_axis(one, two, axis=-1) for one in (p, q))
    p2, q2 = (np.concatenate([x, 1 - x.sum(-1, keepdims=True)], axis=-1) for x in (p2, q2))
    np.testing.assert_allclose(told["kept"]["loss"], 4 * kl(p2, q2), rtol=1e-3)
    for each in told.values():
        assert set(each) == {"loss", "gradient_norm", "agreement/corpus", "kl/corpus"}
        np.testing.assert_allclose(each["kl/corpus"], kl(softmax(taught), softmax(student)), 1e-3)
        same = student.argmax(-1) == taught.argmax(-1)
        np.testing.assert_allclose(each["agreement/corpus"], same.mean(), atol=1e-6)


def test_a_student_of_its_own_and_its_teachers_text_becomes_its_teacher():
    """By a teacher of which little is kept, and then by the rest too."""
    rule = dataclasses.replace(TOKEN_RULES["kl"], control=HALF)
    config = dataclasses.replace(SMALL, batch=16, data=0.0, top_k=8)
    learner, net = token_student(TEXT, teacher(), rule, config), network_of(MODEL, 256)

    @jax.jit
    def learn():
        state = learner.init(jax.random.key(0), RATE)
        keys = jax.random.split(jax.random.key(1), 80)
        state, told = jax.lax.scan(lambda s, k: learner.step(k, s, RATE), state, keys)
        rows = jax.random.randint(jax.random.key(2), (2, 9), 0, 256)
        its = teacher().network
        student = net.whole(state.network)
        return told, agreement(its, its, rows), agreement(student, its, rows, 4)

    told, itself, apart = learn()
    assert told["kl/own"][-10:].mean() < 0.5 * told["kl/own"][:5].mean()
    assert told["agreement/own"][-10:].mean() > 2 * told["agreement/own"][:5].mean() + 0.1
    np.testing.assert_allclose(itself, [1, 0], atol=1e-6)
    assert apart[1] > 0


def test_pseudo_rewards_are_paid_to_what_comes_before():
    own = np.float32([[1, 2, 4], [0, 0, 0], [9, 9, 9]])
    following = np.float32([[5, 10, 20], [0, 3, 0], [9, 9, 9]])
    wrote = np.array([[False, True, True]] * 2 + [[False] * 3])
    rule = Rule("paid", own=lambda s, a: 0.0)
    once = dataclasses.replace(rule, one_step=True)
    every, next_, of_one = jax.jit(
        lambda own, following, wrote: (
            returns(rule, own, following, wrote),
            returns(once, own, following, wrote),
            returns(rule, own[:1], following[:1], wrote[:1]),
        )
    )(own, following, wrote)
    # of the first text: 2 + 20 and 4, then all that comes; of the second nothing
    expected = [[0, 26, 4], [0, -26, -4], [0, 0, 0]]
    np.testing.assert_array_equal(every, expected)
    expected = [[0, 22, 4], [0, -22, -4], [0, 0, 0]]
    np.testing.assert_array_equal(next_, expected)
    np.testing.assert_array_equal(of_one, [[0, 26, 4]])


def test_a_reward_for_a_token_makes_it_likelier():
    """Paid for writing "e", a student that knows nothing writes little else."""
    e = ord("e")
    rule = Rule("e", own=lambda step, token: jnp.where(token == e, 1.0, 0.0), one_step=True)
    learner = token_student(TEXT, teacher(), rule, dataclasses.replace(SMALL, batch=32, data=0.0))
    network, high = network_of(MODEL, 256), {"learning_rate": jnp.float32(0.03)}

    @jax.jit
    def learn():
        state = learner.init(jax.random.key(0), high)
        keys = jax.random.split(jax.random.key(1), 60)
        state, _ = jax.lax.scan(lambda s, k: learner.step(k, s, high), state, keys)
        texts = jnp.full((32, 9), ord("r"))
        return network.whole(state.network).write(jax.random.key(3), texts, 3)

    assert (np.asarray(learn())[:, 3:] == e).mean() > 0.5


@pytest.mark.parametrize(
    ("rule", "fields", "said"),
    [
        (RULES["on-policy+task"], {}, "the task's own rewards"),
        (RULES["v-gated"], {}, "compares values"),
        (Rule("even", Control(uniform=1), RULES["on-policy"].loss), {}, "noise"),
        (RULES["entropy-regularised"], {"data": 1.0}, "it writes nothing"),
        (Rule("nothing"), {}, "neither a loss nor"),
        (RULES["reverse-kl"], {"top_k": 256}, "256 of the teacher's log-prob"),
    ],
)
def test_rules_that_can_not_teach_text_are_refused(rule, fields, said):
    with pytest.raises(ConfigError, match=said):
        token_student(TEXT, teacher(), rule, dataclasses.replace(SMALL, **fields))


def test_settings_and_names_that_make_no_sense_are_refused():
    for wrong in (
        {"data": 1.5},
        {"truth": -0.1},
        {"temperature": 0.0},
        {"prompt": 8},
        {"top_k": 0},
    ):
        with pytest.raises(ConfigError, match=f"{next(iter(wrong))}"):
            dataclasses.replace(SMALL, **wrong)
    assert token_rule_named("on-policy") is RULES["on-policy"]
    with pytest.raises(ConfigError, match="did you mean 'jensen-shannon'"):
        token_rule_named("jensen-shanon")
    with pytest.raises(ConfigError, match="the task's own rewards"):
        token_rule_named("n-distill+task")


def test_a_teacher_of_another_vocabulary_and_short_text_are_refused():
    other = dataclasses.replace(teacher(), vocabulary=Letters())
    with pytest.raises(ConfigError, match="vocabulary of 256 tokens is not the text's"):
        token_student(TEXT, other, RULES["reverse-kl"], SMALL)
    short = tokenised(Corpus([VERSE], ["row"]), Bytes())
    with pytest.raises(DataError, match="too short"):
        token_student(short, teacher(), RULES["reverse-kl"], SMALL)


class Letters(Bytes):
    """Another vocabulary of as many tokens."""

    model = b"letters"
