"""Small Bayesian decision processes: the true one is among finitely many, and acting reveals which.

Every hypothesis h is a finite Markov decision process over the same states and actions; an action
has finitely many outcomes, each with its reward and its next state, and the hypotheses disagree on
p(outcome | h, s, a). What can be known is the state and the posterior over h. That posterior
depends on the outcomes only through how often each *kind of evidence* was seen: outcomes whose
likelihoods are proportional across hypotheses are one kind, those alike under all are none, and
evidence that only rules hypotheses out counts once. So the belief machine stays small.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Integer

from ontogeny.core.errors import ConfigError
from ontogeny.ops.bayes.machines import Machine, Outcomes, best_actions, unfold


class Hypotheses(NamedTuple):
    """What may be true, and where one begins."""

    prior: Float[np.ndarray, " task"]
    probability: Float[np.ndarray, "task state action outcome"]
    reward: Float[np.ndarray, "state action outcome"]
    successor: Integer[np.ndarray, "state action outcome"]
    start: int = 0


class Evidence(NamedTuple):
    """The kinds of evidence: which one each outcome is (-1: none), its log-likelihood under every
    hypothesis up to a constant, and whether it only rules out.
    """

    kind: Int[np.ndarray, "state action outcome"]
    log_likelihood: Float[np.ndarray, "kind task"]
    once: np.ndarray


def check_hypotheses(hypotheses: Hypotheses) -> None:
    """Raise `ConfigError` unless the prior and every outcome's probabilities sum to one."""
    sums = hypotheses.probability.sum(axis=-1)
    if abs(hypotheses.prior.sum() - 1) > 1e-9 or np.abs(sums - 1).max() > 1e-9:
        raise ConfigError(
            f"the prior sums to {hypotheses.prior.sum():.6g}, the outcomes to {sums.min():.6g} "
            f"… {sums.max():.6g}",
            where="hypotheses",
            hint="make the prior, and the outcomes of every state and action, sum to one",
        )


def evidence_of(hypotheses: Hypotheses) -> Evidence:
    """Return the kinds of evidence that the outcomes are; see the module's text."""
    likelihood = hypotheses.probability.reshape(len(hypotheses.prior), -1)
    most = likelihood.max(axis=0)
    relative = np.round(likelihood / np.where(most > 0, most, 1.0), 12)
    informative = (most > 0) & (relative.min(axis=0) < 1)
    kinds, which = np.unique(relative[:, informative], axis=1, return_inverse=True)
    kind = np.full(likelihood.shape[1], -1)
    kind[informative] = which
    with np.errstate(divide="ignore"):
        log_likelihood = np.log(kinds.T)
    once = np.all((kinds == 0) | (kinds == 1), axis=0)
    return Evidence(kind.reshape(hypotheses.reward.shape), log_likelihood, once)


def posterior(
    hypotheses: Hypotheses, evidence: Evidence, statistics: Integer[np.ndarray, "row stat"]
) -> Float[np.ndarray, "row task"]:
    """Return the posterior over hypotheses; a row is a state, and the count of each kind."""
    counts = statistics[:, 1:]
    # 0 × log 0 is nothing seen, so it is nothing; NumPy would call it NaN.
    log_p = np.where(counts[:, :, None] > 0, evidence.log_likelihood[None], 0.0)
    total = np.log(hypotheses.prior) + np.sum(counts[:, :, None] * log_p, axis=1)
    weight = np.exp(total - total.max(axis=1, keepdims=True))
    return weight / weight.sum(axis=1, keepdims=True)


def hypotheses_machine(hypotheses: Hypotheses, horizon: int) -> Machine:
    """Return the belief machine: its statistics are the state, and the count of each kind.

    Raises `ConfigError` when probabilities don't sum to one.
    """
    check_hypotheses(hypotheses)
    evidence = evidence_of(hypotheses)
    n_kinds = len(evidence.log_likelihood)

    def expand(statistics: np.ndarray) -> Outcomes:
        state, belief = statistics[:, 0], posterior(hypotheses, evidence, statistics)
        chance = np.einsum("bh,hbao->bao", belief, hypotheses.probability[:, state])
        kind = evidence.kind[state]
        seen = statistics[:, None, None, 1:] + (kind[..., None] == np.arange(n_kinds))
        seen = np.where(evidence.once, np.minimum(seen, 1), seen)
        after = np.concatenate([hypotheses.successor[state][..., None], seen], axis=-1)
        return Outcomes(chance, hypotheses.reward[state], after)

    return unfold(np.array([hypotheses.start] + [0] * n_kinds), expand, horizon)


def informed_values(
    hypotheses: Hypotheses, horizon: int
) -> Float[np.ndarray, "time task state action"]:
    """Return the optimal action values of one who knows the hypothesis, before each step."""
    expected = np.sum(hypotheses.probability * hypotheses.reward, axis=-1)
    values = np.zeros((horizon, *expected.shape))
    later = np.zeros(expected.shape[:2])
    for time in reversed(range(horizon)):
        future = later[:, hypotheses.successor]
        values[time] = expected + np.sum(hypotheses.probability * future, axis=-1)
        later = values[time].max(axis=-1)
    return values


def oracle_value(hypotheses: Hypotheses, horizon: int) -> float:
    """Return the expected return of one who knows which hypothesis is true."""
    first = informed_values(hypotheses, horizon)[0, :, hypotheses.start].max(axis=-1)
    return float(hypotheses.prior @ first)


def posterior_sampling(
    hypotheses: Hypotheses, machine: Machine
) -> Float[np.ndarray, "time state action"]:
    """Return Thompson sampling: at every step a hypothesis is drawn from the posterior, and the
    action taken that is best if it is true (ties split). Source: Strens 2000, drawn anew each step.
    """
    steps = machine.reached.shape[0]
    belief = posterior(hypotheses, evidence_of(hypotheses), machine.statistics)
    best = best_actions(informed_values(hypotheses, steps))[:, :, machine.statistics[:, 0]]
    return np.einsum("bh,thba->tba", belief, best)
