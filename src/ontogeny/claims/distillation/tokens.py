"""The claims about token-level distillation: a small language model that learns from data alone, or
by a larger one's forward KL on data, by its reverse KL on the student's own text, or by a mixture;
all in equally many updates of equally many tokens.

Beyond the paper of the system. Sources: Agarwal et al. 2024, On-policy Distillation of Language
Models (arXiv 2306.13649), and Gu et al. 2024, MiniLLM (arXiv 2306.08543), of much larger models;
the rules that decide here are this project's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ontogeny.claims.claim import Claim
from ontogeny.claims.distillation.tokens_figures import curves, ends
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.trainings import train
from ontogeny.core.learner import Learner, settled
from ontogeny.learners.teaching.rule import Rule
from ontogeny.learners.teaching.token_rules import TOKEN_RULES
from ontogeny.learners.teaching.tokens import TokenStudentConfig, agreement, token_student
from ontogeny.learners.text.config import LanguageModelConfig, TextTrainingConfig
from ontogeny.learners.text.language_model import held_out, language_model, network_of
from ontogeny.learners.text.text_model import TextModel
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.worlds.text import standard_library
from ontogeny.worlds.vocabularies import Text, tokenised, vocabulary_of

TEACHER = TextTrainingConfig(LanguageModelConfig(64, layers=3, heads=4, context=64), batch=16)
STUDENT = TokenStudentConfig(LanguageModelConfig(32, layers=1, heads=2, context=64), prompt=16)
TINY = LanguageModelConfig(8, layers=1, heads=2, context=12)

# At full, quick and tiny scale.
SEEDS = (4, 4, 2)
TAUGHT = (1500, 400, 4)  # updates of the teacher
UPDATES = (600, 120, 4)  # of each student
LOOKED_AT = (64, 32, 4)  # texts
ROUNDS = 4
WRITTEN = 192  # bytes of a text, the prompt among them, in which repetition is looked for
GRAM = 4  # tokens that are repeated


class Arm(NamedTuple):
    """How a student is taught: the rule, and what else is fixed."""

    rule: Rule
    fields: Mapping[str, Any]


KL, REVERSE = TOKEN_RULES["kl"], TOKEN_RULES["reverse-kl"]
ARMS = {
    "data": Arm(KL, {"data": 1.0, "truth": 1.0}),
    "KL on data": Arm(KL, {"data": 1.0}),
    "reverse KL on own text": Arm(REVERSE, {"data": 0.0}),
    "mixture": Arm(TOKEN_RULES["jensen-shannon"], {"data": 0.5}),
}


class Judged(NamedTuple):
    """What became of one student."""

    perplexity: Float[Array, ""]  # of held-out text, a byte
    agreement: Float[Array, ""]  # with the teacher, on held-out text
    own_agreement: Float[Array, ""]  # and on its own
    own_kl: Float[Array, ""]  # of the student from the teacher there, nats a token
    repetition: Float[Array, ""]  # share of the 4-grams of its texts that were there before


def measure(how: Measuring) -> Found:
    """Return the claims about the four arms, and the figures."""
    text = tokenised(standard_library(), vocabulary_of(b""))
    teacher, its_perplexity = grown_teacher(text, how)
    config = STUDENT if how.scale != "tiny" else replace(STUDENT, model=TINY, batch=2, prompt=2)
    seeds, updates = how.choose(*SEEDS), how.choose(*UPDATES)
    scores: dict[str, np.ndarray] = {}
    judged: dict[str, Judged] = {}
    seconds = 0.0
    for name, arm in ARMS.items():
        c = replace(config, **arm.fields)
        learner = _at_one_rate(token_student(text, teacher, arm.rule, c), how)
        run = train(learner, seeds, how.seed, ROUNDS, updates // ROUNDS, how.progress, name)
        scores[name], seconds = run.score, seconds + run.seconds[-1]
        judged[name] = judge(run.states.network, text, teacher, c, how)
    rows = held_out(text, how.choose(*LOOKED_AT), WRITTEN)
    corpus = float(jnp.mean(jax.vmap(repetition)(rows[:, config.prompt :])))
    tokens = updates * config.batch * config.model.context
    cost = (
        f"{seeds} seeds, {updates:,} updates of {tokens / updates:,.0f} bytes each, {seconds:.0f} s"
        f" for all; teacher {its_perplexity:.2f}{how.weak()}"
    )
    return claims_of(judged, corpus, cost, how.seed), [
        curves(scores, updates, its_perplexity),
        ends({name: one._asdict() for name, one in judged.items()}, corpus),
    ]


def grown_teacher(text: Text, how: Measuring) -> tuple[TextModel, float]:
    """Return a teacher that has learned from the text, and its perplexity of what is held out."""
    c = TEACHER if how.scale != "tiny" else replace(TEACHER, model=TINY, batch=2)
    updates = how.choose(*TAUGHT)
    learner = _at_one_rate(language_model(text, c), how)
    run = train(learner, 1, how.seed, ROUNDS, updates // ROUNDS, how.progress, "teacher")
    arrays = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), run.states.network)
    return TextModel(c.model, text.vocabulary, arrays), float(np.exp(-run.score[-1, 0]))


RATE = 3e-3  # of Adam, for all


def _at_one_rate(learner: Learner[Any], how: Measuring) -> Learner[Any]:
    """Return the learner at the learning rate of all arms."""
    del how
    fixed = settled({}, learning_rate=jnp.float32(RATE))
    return Learner(
        lambda key, _: learner.init(key, fixed),
        lambda key, state, _: learner.step(key, state, fixed),
        lambda key, state, _: learner.score(key, state, fixed),
    )


def judge(
    networks: Any, text: Text, teacher: TextModel, config: TokenStudentConfig, how: Measuring
) -> Judged:
    """Return what became of the students, arrays with an axis of seeds."""
    net = network_of(config.model, len(text.vocabulary))
    count, length = how.choose(*LOOKED_AT), config.model.context + 1

    @jax.jit
    def one(arrays: Any, its: Any, rows: Array, begins: Array, key: Array) -> Judged:
        student, master = net.whole(arrays), teacher.whole(its)
        on_text = agreement(student, master, rows)
        own = student.write(key, begins, config.prompt)
        on_own = agreement(student, master, own[:, :length], config.prompt)
        again = jnp.mean(jax.vmap(repetition)(own[:, config.prompt :]))
        logits = student.along(rows[:, :-1])
        said = jnp.take_along_axis(jax.nn.log_softmax(logits), rows[:, 1:, None], axis=-1)
        return Judged(jnp.exp(-jnp.mean(said)), on_text[0], *on_own, again)

    rows, begins = held_out(text, count, length), held_out(text, count, WRITTEN)
    seeds = jax.tree.leaves(networks)[0].shape[0]
    told = [
        one(
            jax.tree.map(lambda leaf, seed=seed: jnp.asarray(leaf[seed]), networks),
            teacher.arrays,
            rows,
            begins,
            jax.random.key(how.seed + seed),
        )
        for seed in range(seeds)
    ]
    return jax.tree.map(lambda *each: np.stack(each), *jax.device_get(told))


def repetition(tokens: Int[Array, " time"]) -> Float[Array, ""]:
    """Return the share of a text's 4-grams that are in it before."""
    grams = jnp.stack([tokens[i : len(tokens) - GRAM + 1 + i] for i in range(GRAM)], axis=1)
    same = jnp.all(grams[:, None] == grams, axis=-1)
    return jnp.mean(jnp.any(jnp.tril(same, -1), axis=1))


def claims_of(judged: Mapping[str, Judged], corpus: float, cost: str, seed: int) -> list[Claim]:
    """Return the claims, given what became of each arm's students and the share of repeated
    4-grams in the corpus.
    """

    def interval(values: Any) -> Interval:
        return bootstrap_interval(np.asarray(values, float), seed=seed)

    def gap(quantity: str, above: str, below: str) -> Interval:
        return interval(getattr(judged[above], quantity) - getattr(judged[below], quantity))

    def told(quantity: str) -> str:
        return ", ".join(f"{n} {interval(getattr(one, quantity))}" for n, one in judged.items())

    own = "reverse KL on own text"
    paper = "on-policy distillation beats supervised (GKD, of T5 models)"
    worse = gap("perplexity", own, "KL on data")
    between = gap("perplexity", own, "mixture"), gap("own_agreement", "mixture", "KL on data")
    again = interval(judged[own].repetition - corpus)
    return [
        Claim.above(
            "a teacher's forward KL on data teaches more than the data alone, in equal updates",
            "soft targets carry more than hard ones (Hinton et al. 2015)",
            f"perplexity a byte of held-out text: {told('perplexity')}; {cost}",
            gap("perplexity", "data", "KL on data"),
            threshold="the interval of data's perplexity less KL's above 0",
        ),
        Claim.above(
            "what is taught on the student's own text agrees with the teacher there more than what "
            "is taught on data",
            paper,
            f"agreement on its own text: {told('own_agreement')}; {cost}",
            gap("own_agreement", own, "KL on data"),
        ),
        Claim.above(
            "and pays for it in held-out perplexity: reverse KL takes the modes",
            "reverse KL is mode-seeking",
            f"higher by {worse}: {told('perplexity')}; {cost}",
            worse,
            threshold="the interval of its perplexity less forward KL's above 0",
        ),
        Claim.above(
            "a mixture has most of both: less perplexity than reverse KL, more agreement on own "
            "text than KL on data",
            "mixtures of data and own text are best (GKD)",
            f"perplexity lower by {between[0]}, agreement higher by {between[1]}; {cost}",
            *between,
            threshold="both intervals above 0",
        ),
        Claim.above(
            "reverse KL's students repeat themselves more than people do",
            "mode-seeking loses diversity",
            f"repeated 4-grams: {told('repetition')}, the corpus {corpus:.3f}; {cost}",
            again,
            threshold="the interval of its share less the corpus' above 0",
        ),
    ]
