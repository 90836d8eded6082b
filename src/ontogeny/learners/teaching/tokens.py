"""A small language model that is taught by a larger one, token by token.

    ell(t) = tau² D(softmax(teacher's logits / tau), softmax(student's logits / tau))

at every place t of a text, where D is the loss of a rule (`token_rules`). Who wrote the text is a
share each: the corpus, the teacher, or the student itself, from the begin of a text of the corpus
on. Nothing is differentiated through what was written. A rule's pseudo-rewards are paid by their
log-probabilities' gradient, on the student's own text alone.

Sources: as of `token_rules`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int, PyTree

from ontogeny.core.config import at_least, positive, within
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers, Learner, Metrics, settled
from ontogeny.learners.teaching.rule import Rule, Step
from ontogeny.learners.teaching.token_rules import WHERE, check_token_rule, returns
from ontogeny.learners.text.config import LanguageModelConfig, TextTrainingConfig
from ontogeny.learners.text.language_model import (
    LanguageModelState,
    language_model,
    network_of,
    stretches,
)
from ontogeny.learners.text.text_model import TextModel
from ontogeny.nn.language_model import LanguageModel
from ontogeny.ops.adam import clipped_adam, descend
from ontogeny.ops.distributions.categorical import Categorical, kl_divergence, log_probability
from ontogeny.ops.distributions.top_k import TopK, top_k
from ontogeny.worlds.language.vocabularies import Text

HYPERS = ("learning_rate", "temperature", "truth")


@dataclass(frozen=True)
class TokenStudentConfig:
    """A student of text, and how it is taught."""

    model: LanguageModelConfig = field(
        default_factory=lambda: LanguageModelConfig(width=64, layers=2)
    )
    batch: int = 16
    """Stretches of text an update, each as long as the context."""
    data: float = 0.5
    """Share of them that are the corpus' own; the rest is written by whom the rule's control names.
    Shares are of whole stretches."""
    prompt: int = 16
    """Tokens of the corpus that a written text begins with. They are not taught."""
    truth: float = 0.0
    """On the corpus' own text, how much of the loss is the plain cross-entropy of what stands
    there: 1 has no teacher."""
    temperature: float = 1.0
    """Of both sides' probabilities where they are compared. Text is written at 1."""
    top_k: int | None = None
    """How many of the teacher's log-probabilities are kept at each place, with the mass of all the
    others as one number; all of them when not given."""
    learning_rate: float = 3e-3
    """Of Adam, where the population does not tune it."""
    max_gradient_norm: float = 1.0
    """Longer gradients are scaled down to it."""
    tested: int = 64
    """Held-out stretches that a score is measured on."""

    def __post_init__(self) -> None:
        at_least(self, 1, "batch", "tested", "prompt", where="training.")
        at_least(self, 1, "top_k", where="training.", optional=True)
        above_zero = "temperature", "learning_rate", "max_gradient_norm"
        positive(self, *above_zero, where="training.")
        within(self.data, 0, 1, "data", "training")
        within(self.truth, 0, 1, "truth", "training")
        if self.prompt >= self.model.context:
            raise ConfigError(
                f"a prompt of {self.prompt} tokens in texts of {self.model.context}",
                where="training.prompt",
                hint="leave some to be written: use fewer",
            )


class Writers(NamedTuple):
    """How many of a batch's texts each writes: the student the first of them, then the teacher,
    then the corpus.
    """

    student: int
    teacher: int
    corpus: int


def writers_of(rule: Rule, config: TokenStudentConfig) -> Writers:
    """Return who writes what."""
    written = round(config.batch * (1 - config.data))
    student = round(written * rule.control.student)
    return Writers(student, written - student, config.batch - written)


def token_student(
    text: Text, teacher: TextModel, rule: Rule, config: TokenStudentConfig | None = None
) -> Learner[LanguageModelState]:
    """Return the learner. Its hypers are a dict, which may have "learning_rate", "temperature" and
    "truth": the config says what it leaves out.

    The score is the language model's. The metrics are the loss, and on the corpus' text and (where
    it writes) on the student's own: how often both think the same token likeliest, and KL(pi ||
    pi_s). Raises `ConfigError` for a rule that can't teach text, a teacher of another vocabulary
    and more of its log-probabilities than it has, `DataError` for text that is too short.
    """
    c = config or TokenStudentConfig()
    writers = writers_of(rule, c)
    check_token_rule(rule, writers.student)
    check_teacher(text, teacher, c.top_k)
    plain = TextTrainingConfig(c.model, c.batch, tested=c.tested)
    alone = language_model(text, plain)  # how it begins and is scored is no matter of teaching
    network = network_of(c.model, len(text.vocabulary))
    adam = clipped_adam(c.max_gradient_norm, epsilon=1e-8)
    places = _places(writers, c)

    def loss_of(
        arrays: PyTree[Array], rows: Array, taught: Array, h: dict[str, Any]
    ) -> tuple[Array, Metrics]:
        logits = network.whole(arrays).along(rows[:, :-1])
        token = rows[:, 1:]
        steps = _steps(logits, taught, token, h["temperature"], c.top_k)
        told, each = -log_probability(logits, token), jnp.zeros(token.shape)
        if rule.loss is not None:
            each = h["temperature"] ** 2 * steps.each(rule.aligned)
        if rule.pays:
            each = each + _paid(rule, steps, told, places.own)
        each = rule.weight * each
        each = jnp.where(places.corpus, (1 - h["truth"]) * each + h["truth"] * told, each)
        loss = jnp.sum(jnp.where(places.counted, each, 0.0)) / np.sum(places.counted)
        return loss, _agreement(jax.lax.stop_gradient(logits), taught, places)

    def step(
        key: Array, state: LanguageModelState, hypers: Hypers
    ) -> tuple[LanguageModelState, Metrics]:
        fixed = {name: getattr(c, name) for name in HYPERS}
        h = settled(hypers, **fixed)
        row_key, *write_keys = jax.random.split(key, 3)
        rows = stretches(row_key, text.train, c.batch, c.model.context + 1)
        mine, its, kept = jnp.split(rows, np.cumsum(writers)[:2])
        if writers.student:
            mine = network.whole(state.network).write(write_keys[0], mine, c.prompt)
        if writers.teacher:
            its = teacher.network.write(write_keys[1], its, c.prompt)
        rows = jnp.concatenate([mine, its, kept])
        taught = teacher.network.along(rows[:, :-1])
        (loss, told), gradient = jax.value_and_grad(loss_of, has_aux=True)(
            state.network, rows, taught, h
        )
        arrays, moments = descend(adam, h["learning_rate"], state.network, state.moments, gradient)
        metrics = {"loss": loss, "gradient_norm": optax.tree.norm(gradient), **told}
        return LanguageModelState(arrays, moments), metrics

    return Learner(alone.init, step, alone.score)


def check_teacher(text: Text, teacher: TextModel, kept: int | None = None) -> None:
    """Raise `ConfigError` unless the teacher is of the text's vocabulary, and has more
    log-probabilities than are `kept`.
    """
    mine, its = len(text.vocabulary), len(teacher.vocabulary)
    if mine != its or text.vocabulary.model != teacher.vocabulary.model:
        raise ConfigError(
            f"the teacher's vocabulary of {its} tokens is not the text's, of {mine}",
            where=WHERE,
            hint="make the text's tokens by the teacher's: tokenised(corpus, teacher.vocabulary)",
        )
    if kept is not None and kept >= its:
        raise ConfigError(
            f"{kept} of the teacher's log-probabilities are to be kept, and it has {its}",
            where="training.top_k",
            hint="leave it out to keep all of them",
        )


class _Places(NamedTuple):
    """Which places of a batch's texts the corpus wrote (prompts among them), which the student did,
    and where the loss counts: what is written, and all of the corpus' own texts.
    """

    prompted: Bool[np.ndarray, "batch time"]
    own: Bool[np.ndarray, "batch time"]
    corpus: Bool[np.ndarray, "batch 1"]
    counted: Bool[np.ndarray, "batch time"]


def _places(writers: Writers, c: TokenStudentConfig) -> _Places:
    row = np.arange(c.batch)[:, None]
    corpus = row >= writers.student + writers.teacher
    written = ~corpus & (np.arange(c.model.context) >= c.prompt - 1)  # place t has token t + 1
    return _Places(~written, written & (row < writers.student), corpus, written | corpus)


class _Steps(NamedTuple):
    """What both would do at every place, and which of its events the token is that stands there."""

    student: Categorical
    teacher: Categorical
    event: Int[Array, "batch time"]

    def each(self, function: Any, *more: Any) -> Array:
        """Return what a function of a `Step` (and more) makes of every place."""
        return _each(lambda s, t, *m: function(Step(s, t), *m), self.student, self.teacher, *more)


def _steps(
    logits: Float[Array, "batch time token"],
    taught: Float[Array, "batch time token"],
    token: Int[Array, "batch time"],
    temperature: Float[Array, ""] | float,
    kept: int | None,
) -> _Steps:
    student, teacher = Categorical(logits / temperature), Categorical(taught / temperature)
    if kept is None:
        return _Steps(student, teacher, token)
    top: TopK = _each(lambda one: top_k(one, kept), teacher)
    coarse = _each(TopK.gathered, top, student), _each(TopK.distribution, top)
    return _Steps(*coarse, _each(TopK.event, top, token))


def _each(function: Any, *over: Any) -> Any:
    """Return what the function makes of every place of a batch of texts."""
    return jax.vmap(jax.vmap(function))(*over)


def _paid(
    rule: Rule, steps: _Steps, told: Float[Array, "batch time"], own: Bool[np.ndarray, "batch time"]
) -> Float[Array, "batch time"]:
    """Return what has the gradient -(what a token earns) grad ln pi_s(token), where the student
    wrote it, given `told`, its -ln pi_s; elsewhere zero.
    """
    none = jnp.zeros(told.shape)
    now = none if rule.own is None else steps.each(rule.own, steps.event)
    following = none if rule.following is None else steps.each(rule.following)
    return jax.lax.stop_gradient(returns(rule, now, following, jnp.asarray(own))) * told


def _agreement(
    logits: Float[Array, "batch time token"], taught: Float[Array, "batch time token"], at: _Places
) -> Metrics:
    same = jnp.argmax(logits, axis=-1) == jnp.argmax(taught, axis=-1)
    apart = _each(kl_divergence, taught, logits)
    told: Metrics = {}
    for name, where in (("corpus", at.prompted), ("own", at.own)):
        if where.any():
            told[f"agreement/{name}"] = jnp.mean(same, where=jnp.asarray(where))
            told[f"kl/{name}"] = jnp.mean(apart, where=jnp.asarray(where))
    return told


def agreement(
    student: LanguageModel, teacher: LanguageModel, rows: Int[Array, "batch time"], prompt: int = 1
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Return how often both think the same token likeliest at the places of some texts after their
    prompts, and the mean KL(pi || pi_s) there.
    """
    logits, taught = (one.along(rows[:, :-1]) for one in (student, teacher))
    everywhere = np.broadcast_to(np.arange(rows.shape[1] - 1) >= prompt - 1, logits.shape[:2])
    told = _agreement(logits, taught, _Places(everywhere, ~everywhere, everywhere, everywhere))
    return told["agreement/corpus"], told["kl/corpus"]
