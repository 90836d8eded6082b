"""The claims about token-level distillation: a small language model that learns from data alone, or
by a larger one's forward KL on data, by its reverse KL on the student's own text, or by forward KL
on half of each; all in equally many updates of equally many tokens.

All begin alike, with as many updates on data alone: a student that can't yet write has nothing of
its own to be taught on, and who teaches one begins with one that can.

Beyond the paper of the system. Sources: Agarwal et al. 2024, On-policy Distillation of Language
Models (arXiv 2306.13649), and Gu et al. 2024, MiniLLM (arXiv 2306.08543), of much larger models;
the rules that decide here are this project's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ontogeny.claims.claim import Claim
from ontogeny.claims.distillation.tokens_figures import curves, ends
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.trainings import Trained, train
from ontogeny.learners.teaching.rule import Rule
from ontogeny.learners.teaching.token_rules import TOKEN_RULES
from ontogeny.learners.teaching.tokens import TokenStudentConfig, agreement, token_student
from ontogeny.learners.text.config import LanguageModelConfig, TextTrainingConfig
from ontogeny.learners.text.language_model import held_out, language_model, network_of, surprise
from ontogeny.learners.text.text_model import TextModel
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.worlds.language.text import standard_library
from ontogeny.worlds.language.vocabularies import Text, tokenised, vocabulary_of

TEACHER = TextTrainingConfig(LanguageModelConfig(64, layers=3, heads=4, context=64), batch=16)
STUDENT = TokenStudentConfig(LanguageModelConfig(32, layers=2, heads=2, context=64), prompt=16)
TINY = LanguageModelConfig(8, layers=1, heads=2, context=12)

# At full, quick and tiny scale.
SEEDS = (4, 2, 2)
TAUGHT = (1500, 120, 0)  # updates of the teacher; with 0 it knows nothing
UPDATES = (600, 40, 4)  # of each student, after as many on data alone
LOOKED_AT = (64, 16, 4)  # texts
SHORT = (50_000, 50_000, 2_000)  # bytes of a short text
SHORT_ARMS = (("data", "KL on data", "mixture"), (), ("data", "KL on data"))
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
    "mixture": Arm(KL, {"data": 0.5}),
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

    def taught(name: str, arm: Arm, first: Any = None) -> Trained:
        learner = token_student(text, teacher, arm.rule, replace(config, **arm.fields))
        size, begins = (seeds, ROUNDS, updates // ROUNDS), first is None
        return train(how, learner, *size, name, quick=how.quick, first=first, onward=begins)

    judge = judging(text, teacher, config, how)
    # in a tiny look one arm stands for all: it learns from data and from its own text
    start = taught("all", ARMS[how.choose("data", "data", "mixture")])
    seconds = start.seconds[-1]

    def of_arm(name: str) -> Trained:
        return how.unless_tiny(lambda: taught(name, ARMS[name], start.last), start)

    runs = {name: of_arm(name) for name in ARMS}
    scores = {name: np.concatenate([start.score, run.score]) for name, run in runs.items()}
    seconds += sum(run.seconds[-1] for run in runs.values())
    judged = how.of_each(ARMS, lambda name: judge(runs[name].states.network), ["mixture"])
    rows = held_out(text, how.choose(*LOOKED_AT), WRITTEN)
    repeated = jax.jit(lambda rows: jnp.mean(jax.vmap(repetition)(rows)))
    corpus = float(repeated(rows[:, config.prompt :]))
    cost = (
        f"{seeds} seeds, {updates:,} updates after {updates:,} on data, of "
        f"{config.batch * config.model.context:,} bytes each, {seconds:.0f} s for all; the "
        f"teacher's perplexity {its_perplexity:.2f}{how.weak()}"
    )
    arms = how.choose(*SHORT_ARMS)

    def on_little(name: str) -> Trained:
        return how.unless_tiny(lambda: on_short_text(name, text, teacher, config, how), start)

    short = {name: perplexity_of(on_little(name)) for name in arms}
    claims = claims_of(judged, corpus, cost, how.seed)
    return claims + claims_of_short_text(short, how), [
        curves(scores, 2 * updates, its_perplexity),
        ends({name: one._asdict() for name, one in judged.items()}, corpus),
    ]


def on_short_text(
    name: str, text: Text, teacher: TextModel, config: TokenStudentConfig, how: Measuring
) -> Trained:
    """Return the trainings of students who learn from nothing, where the text is short; the teacher
    is the same.
    """
    few, arm = text._replace(train=text.train[: how.choose(*SHORT)]), ARMS[name]
    learner = token_student(few, teacher, arm.rule, replace(config, **arm.fields))
    size = how.choose(*SEEDS), ROUNDS, how.choose(*UPDATES) // ROUNDS
    return train(how, learner, *size, f"{name}, short text", quick=how.quick)


def perplexity_of(run: Trained) -> np.ndarray:
    """Return the perplexity of held-out text, a student."""
    return np.exp(-run.score[-1])


def claims_of_short_text(perplexity: Mapping[str, np.ndarray], how: Measuring) -> list[Claim]:
    """Return the claims about a short text, given each arm's perplexities; those whose arms there
    are.
    """
    told = ", ".join(
        f"{name} {bootstrap_interval(values, seed=how.seed)}" for name, values in perplexity.items()
    )
    cost = (
        f"{how.choose(*SHORT):,} bytes, {how.choose(*UPDATES)} updates from nothing, "
        f"{how.choose(*SEEDS)} seeds{how.weak()}"
    )

    def lower(name: str, below: str, claim: str, paper: str) -> Claim:
        gap = bootstrap_interval(perplexity[name] - perplexity[below], seed=how.seed)
        return Claim.above(
            claim,
            paper,
            f"perplexity a byte of held-out text: {told}: lower by {gap}; {cost}",
            gap,
            threshold=f"the interval of the perplexity of {name} less that of {below} above 0",
        )

    claims: list[Claim] = []
    if "KL on data" in perplexity:
        what = "of a short text a teacher's forward KL teaches more than the text itself"
        paper = (
            "soft targets keep a model from overfitting few data (Hinton et al. 2015, section 6)"
        )
        claims.append(lower("data", "KL on data", what, paper))
    if "mixture" in perplexity:
        what = "to a short text the student's own adds: a mixture ends lower than KL on data alone"
        claims.append(lower("KL on data", "mixture", what, "mixtures do well (GKD)"))
    return claims


def grown_teacher(text: Text, how: Measuring) -> tuple[TextModel, float]:
    """Return a teacher that has learned from the text, and its perplexity of what is held out."""
    c = TEACHER if how.scale != "tiny" else replace(TEACHER, model=TINY, batch=2)
    updates = how.choose(*TAUGHT)
    learner = language_model(text, c)
    if not updates:
        state = jax.jit(lambda key: learner.init(key, {}))(jax.random.key(how.seed))
        return TextModel(c.model, text.vocabulary, state.network), float(len(text.vocabulary))
    run = train(how, learner, 1, ROUNDS, updates // ROUNDS, "teacher", quick=how.quick)
    arrays = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), run.states.network)
    return TextModel(c.model, text.vocabulary, arrays), float(np.exp(-run.score[-1, 0]))


def judging(
    text: Text, teacher: TextModel, config: TokenStudentConfig, how: Measuring
) -> Callable[[Any], Judged]:
    """Return what tells what became of students, given their networks with an axis of seeds."""
    net = network_of(config.model, len(text.vocabulary))
    count, length = how.choose(*LOOKED_AT), config.model.context + 1
    rows, begins = held_out(text, count, length), held_out(text, count, WRITTEN)

    @jax.jit
    def one(arrays: Any, its: Any, key: Array) -> Judged:
        student, master = net.whole(arrays), teacher.whole(its)
        own = student.write(key, begins, config.prompt)
        again = jnp.mean(jax.vmap(repetition)(own[:, config.prompt :]))
        return Judged(
            jnp.exp(surprise(student, rows)),
            agreement(student, master, rows)[0],
            *agreement(student, master, own[:, :length], config.prompt),
            again,
        )

    def judge(networks: Any) -> Judged:
        seeds = range(jax.tree.leaves(networks)[0].shape[0])
        members = (
            jax.tree.map(lambda leaf, at=at: jnp.asarray(leaf[at]), networks) for at in seeds
        )
        keys = (jax.random.key(how.seed + at) for at in seeds)
        told = [one(m, teacher.arrays, key) for m, key in zip(members, keys, strict=True)]
        return jax.tree.map(lambda *each: np.stack(each), *jax.device_get(told))

    return judge


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
    again = gap("repetition", own, "KL on data")
    return [
        Claim.above(
            "a teacher's forward KL on data teaches more than the data alone, in equal updates",
            "soft targets carry more than hard ones (Hinton et al. 2015)",
            f"perplexity a byte of held-out text: {told('perplexity')}; {cost}",
            gap("perplexity", "data", "KL on data"),
            threshold="the interval of data's perplexity less KL's above 0",
        ),
        Claim.above(
            "and what it teaches is the teacher: agreement on the student's own text above that of "
            "data alone",
            "a student of soft targets is like its teacher",
            f"agreement on its own text: {told('own_agreement')}; {cost}",
            gap("own_agreement", "KL on data", "data"),
        ),
        Claim.above(
            "what is taught on the student's own text agrees with the teacher there more than what "
            "is taught on data",
            paper,
            f"agreement on its own text: {told('own_agreement')}; {cost}",
            gap("own_agreement", own, "KL on data"),
        ),
        Claim.above(
            "reverse KL on own text costs held-out perplexity: it takes the modes",
            "reverse KL is mode-seeking",
            f"higher by {worse}: {told('perplexity')}; {cost}",
            worse,
            threshold="the interval of its perplexity less forward KL's above 0",
        ),
        Claim.above(
            "a mixture has most of both: less perplexity than reverse KL, more agreement on own "
            "text than KL on data",
            "mixtures of data and own text do well (GKD)",
            f"perplexity lower by {between[0]}, agreement higher by {between[1]}; {cost}",
            *between,
            threshold="both intervals above 0",
        ),
        Claim.above(
            "reverse KL's students repeat themselves more than forward KL's",
            "mode-seeking loses diversity",
            f"repeated 4-grams: {told('repetition')}, the corpus {corpus:.3f}: more by {again}; "
            f"{cost}",
            again,
        ),
    ]
