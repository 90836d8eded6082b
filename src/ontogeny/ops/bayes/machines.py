"""Belief machines: all that can be known in a decision problem, as a finite automaton, and its
dynamic programmes.

When outcomes are finite, histories with equal sufficient statistics have equal futures, so they
share one state. A machine lists those states; the Bayes-adaptive optimum is then plain backward
induction over them, V(b) = max_a sum_o p(o | b, a) (r + gamma V(b')), and the value of any policy
of the statistics is a forward sweep. Everything is exact, in float64.
Source: Martin 1967, "Bayesian Decision Problems and Markov Chains"; Duff 2002 (Bayes-adaptive).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Integer

from ontogeny.core.errors import ConfigError, DataError

BEYOND = -1  # the successor of a last decision: nothing is decided there


class Outcomes(NamedTuple):
    """What may follow each action in some states: how likely, what it pays, what is then known."""

    probability: Float[np.ndarray, "state action outcome"]
    reward: Float[np.ndarray, "state action outcome"]
    statistics: Integer[np.ndarray, "state action outcome stat"]


class Machine(NamedTuple):
    """States in the order in which they can first be reached; the start is state 0."""

    statistics: Int[np.ndarray, "state stat"]
    probability: Float[np.ndarray, "state action outcome"]
    reward: Float[np.ndarray, "state action outcome"]
    successor: Int[np.ndarray, "state action outcome"]
    reached: Int[np.ndarray, " time"]  # states 0 … reached[t] - 1 can be met after t steps

    @property
    def expected_reward(self) -> Float[np.ndarray, "state action"]:
        """The mean of the next reward, each state and action."""
        return np.sum(self.probability * self.reward, axis=-1)


def unfold(
    start: Integer[np.ndarray, " stat"],
    expand: Callable[[Int[np.ndarray, "state stat"]], Outcomes],
    horizon: int,
) -> Machine:
    """Return the machine of every state in which one of `horizon` decisions may have to be taken.

    `expand` says what may follow from some states at once. Outcomes of probability zero lead
    nowhere. Raises `ConfigError` for a horizon below 1.
    """
    if horizon < 1:
        raise ConfigError(f"a horizon of {horizon} has no decision", where="ops.bayes.machines")
    frontier = np.asarray(start, np.int64)[None]
    number = {frontier[0].tobytes(): 0}
    statistics, outcomes, successors, reached = [], [], [], []
    for time in range(horizon):
        statistics.append(frontier)
        reached.append(len(number))
        came = expand(frontier)
        outcomes.append(came)
        shape = came.probability.shape
        rows = np.ascontiguousarray(came.statistics, np.int64).reshape(-1, frontier.shape[1])
        possible = came.probability.reshape(-1) > 0
        after = np.full(rows.shape[0], BEYOND)
        if time < horizon - 1 and possible.any():
            unique, which = _unique_rows(rows[possible])
            keys = [row.tobytes() for row in unique]
            fresh = [i for i, key in enumerate(keys) if key not in number]
            number |= {keys[i]: len(number) + n for n, i in enumerate(fresh)}
            after[possible] = np.array([number[key] for key in keys])[which]
            frontier = unique[fresh]
        successors.append(after.reshape(shape))
    return Machine(
        np.concatenate(statistics),
        np.concatenate([came.probability for came in outcomes]),
        np.concatenate([came.reward for came in outcomes]),
        np.concatenate(successors),
        np.array(reached),
    )


def locate(
    machine: Machine, statistics: Integer[np.ndarray, "batch stat"]
) -> Int[np.ndarray, " batch"]:
    """Return the state that each row of statistics is. Raises `DataError` for one that is none."""
    own = machine.statistics
    both = np.concatenate([own, np.asarray(statistics, np.int64)])
    unique, which = _unique_rows(both)
    state_of = np.full(len(unique), BEYOND)
    state_of[which[: len(own)]] = np.arange(len(own))
    found = state_of[which[len(own) :]]
    if (found == BEYOND).any():
        lost = int(np.argmax(found == BEYOND))
        raise DataError(
            f"{both[len(own) + lost].tolist()} is no state of the machine",
            where=f"row {lost}",
            hint="unfold the machine to a longer horizon, or look only before a decision",
        )
    return found


def plan(
    machine: Machine, horizon: int | None = None, discount: float = 1.0
) -> Float[np.ndarray, "time state action"]:
    """Return the Bayes-optimal action values by backward induction; NaN where t steps can't lead.

    `Q_t(b, a) = sum_o p (r + discount max_a' Q_{t+1}(b', a'))`, nothing being paid after `horizon`
    steps (as many as the machine holds when None). The optimum is `plan(machine)[0, 0].max()`.
    """
    steps = _steps(machine, horizon)
    n_states, n_actions, _ = machine.probability.shape
    values = np.full((steps, n_states, n_actions), np.nan)
    later = np.zeros(n_states + 1)  # the last entry is read for what lies beyond
    for time in reversed(range(steps)):
        n = machine.reached[time]
        future = machine.reward[:n] + discount * later[machine.successor[:n]]
        values[time, :n] = np.sum(machine.probability[:n] * future, axis=-1)
        later = np.zeros(n_states + 1)
        later[:n] = values[time, :n].max(axis=-1)
    return values


def best_actions(
    values: Float[np.ndarray, "*time state action"], ties: str = "split"
) -> Float[np.ndarray, "*time state action"]:
    """Return the policy that takes an action of the highest value: with ties "split" evenly among
    the equal (to one part in 10^12), with "first" the first of them.

    Raises `ConfigError` for another word.
    """
    if ties not in ("split", "first"):
        raise ConfigError(f"ties are {ties!r}", where="best_actions", hint='"split" or "first"')
    known = np.where(np.isnan(values), -np.inf, values)
    top = known.max(axis=-1, keepdims=True)
    slack = 1e-12 * np.maximum(1.0, np.abs(np.where(np.isfinite(top), top, 0.0)))
    best = known >= top - slack
    if ties == "first":
        best &= np.cumsum(best, axis=-1) == 1
    return best / best.sum(axis=-1, keepdims=True)


def expected_rewards(
    machine: Machine, policy: Float[np.ndarray, "*time state action"], horizon: int | None = None
) -> Float[np.ndarray, " time"]:
    """Return the policy's expected reward at every step, tasks drawn from the prior.

    `policy` holds action probabilities, one table for all times or one a step. The sum is its
    value.
    """
    steps = _steps(machine, horizon)
    n_states = machine.probability.shape[0]
    each = np.broadcast_to(policy, (steps, *policy.shape[-2:]))
    visited = np.zeros(n_states)
    visited[0] = 1.0
    rewards = np.zeros(steps)
    for time in range(steps):
        n = machine.reached[time]
        flow = (visited[:n, None] * each[time, :n])[..., None] * machine.probability[:n]
        rewards[time] = np.sum(flow * machine.reward[:n])
        # Successors are shifted by one, so that what lies beyond falls into a bin that is dropped.
        place = machine.successor[:n].ravel() + 1
        visited = np.bincount(place, weights=flow.ravel(), minlength=n_states + 1)[1:]
    return rewards


def _steps(machine: Machine, horizon: int | None) -> int:
    longest = machine.reached.shape[0]
    if horizon is not None and not 1 <= horizon <= longest:
        raise ConfigError(
            f"a horizon of {horizon} is not in 1 … {longest}",
            where="ops.bayes.machines",
            hint="unfold the machine to the longest horizon that you ask about",
        )
    return longest if horizon is None else horizon


def _unique_rows(
    rows: Int[np.ndarray, "row stat"],
) -> tuple[Int[np.ndarray, "unique stat"], Int[np.ndarray, " row"]]:
    """Return the distinct rows, and which of them each row is. Rows are compared as bytes: far
    quicker than column by column.
    """
    rows = np.ascontiguousarray(rows)
    if rows.shape[1] == 0:
        return rows[:1], np.zeros(len(rows), np.int64)
    whole = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    _, first, which = np.unique(whole, return_index=True, return_inverse=True)
    return rows[first], which
