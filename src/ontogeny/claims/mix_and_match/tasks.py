"""A component a task into one of all tasks: three errands in four rooms, of which one is worth more
than the others and so makes up most of the gradient.

Each component has a head of its own, where Adam makes as much of a small gradient as of a large
one, and its divergence from the last component does not tell what its rewards are worth. So each
task comes to its own, and hands on as much as the others.

What is told of an agent is the exact discounted return of its last component alone, a task each, in
units of what the task's goal is worth.

Source: Czarnecki et al. 2018, Mix & Match (arXiv 1806.01780), section 4.3; its numbers are read off
a figure. Frames here are those of one agent, and what a population earns is its mean.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.mix_and_match.budget import Budget
from ontogeny.claims.mix_and_match.figures import alphas, panels
from ontogeny.claims.mix_and_match.rooms import exact_return
from ontogeny.claims.trainings import train
from ontogeny.claims.weighing import grow
from ontogeny.core.learner import Learner
from ontogeny.core.space import Linear, Space
from ontogeny.learners.agents.actor_critic import AgentState, actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import policy_network
from ontogeny.learners.teaching.mix_and_match import mix
from ontogeny.learners.teaching.mixed_network import Component
from ontogeny.learners.teaching.transfer import ALPHA
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.worlds.grids.errands import GOALS, WORTHS, errands
from ontogeny.worlds.grids.rooms import SIZE, four_rooms

AGENT = ActorCriticConfig(
    loss="vtrace",
    hidden=(64,),
    environments=8,
    unroll=32,
    epochs=1,
    minibatches=1,
    learning_rate=2e-3,
    discount=0.97,
)
TINY = {"hidden": (4,), "environments": 2, "unroll": 4}
TRANSFER = 1.0
RISES = 0.5  # the share of the training after which a scheduled alpha is 1
MOVES = Linear(0.0, 1.0, prior=(0.0, 0.05), step=0.1)  # alpha, where a population tunes it
PLAIN, SCHEDULED, TUNED, UNTAUGHT = "one agent", "mixed", "mixed by PBT", "no divergence"
OTHER_WORTHS = 1.0, 10.0  # of the first errand
NAMES = "worth most", "near", "far"  # of the errands


FULL, QUICK, LEAST = Budget(6, 96, 10, 6), Budget(2, 48, 20, 2), Budget(2, 2, 1, 2)


class Sent(NamedTuple):
    """How all went."""

    returns: dict[tuple[str, float], np.ndarray]  # by arm and worth, [task, round, seed]
    alpha: np.ndarray  # along the line of each population's best, [round, seed]
    frames: float  # of an agent a round


def measure(how: Measuring) -> Found:
    """Return the claims about the errands, the curves of each, and alpha by PBT."""
    sent = grown(how)
    _, rounds, seeds = sent.returns[PLAIN, WORTHS[0]].shape
    cost = f"{seeds} seeds, {rounds * sent.frames:,.0f} frames each{how.weak()}"
    arms = {arm: sent.returns[arm, WORTHS[0]] for arm in (PLAIN, SCHEDULED, TUNED, UNTAUGHT)}
    title = "A component an errand into one of all"
    drawn = [
        panels("tasks", title, NAMES, arms, sent.frames),
        alphas("tasks_alpha", sent.alpha, sent.frames, RISES),
    ]
    return claims_of(sent, cost, how), drawn


def grown(how: Measuring) -> Sent:
    """Return how the agents of all arms went. In a tiny look one mixture stands for all."""
    config = replace(AGENT, **how.choose({}, {}, TINY))
    seeds, rounds, updates, members = how.choose(FULL, QUICK, LEAST)
    rises = np.minimum(1, np.arange(rounds) / (RISES * rounds))
    table, space = {ALPHA: np.repeat(rises[:, None], seeds, axis=1)}, Space({ALPHA: MOVES})
    given = (seeds, members), how.seed, 0, how.progress, f"{SCHEDULED} and {TUNED}"
    both = grow(mixed(WORTHS[0], config, updates, MOVES), space, table, *given)
    told = np.stack([both.metrics[name] for name in NAMES])
    of_all = np.stack([both.populations(one).mean(axis=-1) for one in told])
    returns = {(SCHEDULED, WORTHS[0]): told[:, :, :seeds], (TUNED, WORTHS[0]): of_all}

    def risen(done: Any) -> Any:
        return (done // updates) / (RISES * rounds)

    others = {
        (PLAIN, WORTHS[0]): plain(WORTHS[0], config, updates),
        (UNTAUGHT, WORTHS[0]): mixed(WORTHS[0], config, updates, risen, transfer=0.0),
        **{(PLAIN, worth): plain(worth, config, updates) for worth in OTHER_WORTHS},
        **{(SCHEDULED, worth): mixed(worth, config, updates, risen) for worth in OTHER_WORTHS},
    }
    for (arm, worth), learner in others.items():
        if how.scale == "tiny":
            returns[arm, worth] = told[:, :, :seeds]
            continue
        what = f"{arm}, the first errand worth {worth:g}"
        run = train(how, learner, seeds, rounds, 1, what, quick=True)
        returns[arm, worth] = np.stack([run.metrics[name] for name in NAMES])
    frames = float(updates * config.environments * config.unroll)
    return Sent(returns, both.lines(ALPHA), frames)


def plain(worth: float, config: ActorCriticConfig, updates: int) -> Learner[AgentState]:
    """Return one agent of all errands."""
    return judged(actor_critic(errands((worth, *WORTHS[1:])), config), config, updates)


def mixed(
    worth: float, config: ActorCriticConfig, updates: int, alpha: Any, transfer: float = TRANSFER
) -> Learner[AgentState]:
    """Return the mixture of a component an errand and that of all."""
    parts = [Component(config)] * (len(GOALS) + 1)
    policy = mix(parts, alpha, values="mixed", transfer=transfer, by_task=True, watch=0)
    world = errands((worth, *WORTHS[1:]))
    return judged(actor_critic(world, config, policy=policy), config, updates)


def judged(
    learner: Learner[AgentState], config: ActorCriticConfig, updates: int
) -> Learner[AgentState]:
    """Return the learner whose step is so many updates, which tells the exact return of the last
    component on each errand, and whose score is their mean.
    """
    network = policy_network(errands(), config)
    n_places = SIZE * SIZE

    def returns(state: AgentState) -> Any:
        last = state.network[-1] if isinstance(state.network, tuple) else state.network

        def of_task(goal: Any, which: Any) -> Any:
            told = jnp.broadcast_to(which, (n_places, len(GOALS)))
            seen = jnp.concatenate([jnp.eye(n_places), told], axis=1)
            said: Any = jax.vmap(lambda x: network.step(last, x, ())[0].distribution)(seen)
            rooms = four_rooms("small", goal)
            return exact_return(jax.nn.softmax(said.logits), rooms, config.discount)

        return jax.vmap(of_task)(jnp.array(GOALS), jnp.eye(len(GOALS)))

    def step(key: Any, state: AgentState, hypers: Any) -> Any:
        def one(state: AgentState, key: Any) -> Any:
            return learner.step(key, state, hypers)[0], None

        state, _ = jax.lax.scan(one, state, jax.random.split(key, updates))
        return state, dict(zip(NAMES, returns(state), strict=True))

    def score(key: Any, state: AgentState, hypers: Any) -> Any:
        del key, hypers
        return jnp.mean(returns(state))

    return Learner(learner.init, step, score)


def claims_of(sent: Sent, cost: str, how: Measuring) -> list[Claim]:
    """Return the claims about the arms."""
    end = {
        of: went[:, -max(1, went.shape[1] // 4) :].mean(axis=1) for of, went in sent.returns.items()
    }  # [task, seed]
    half = {
        of: went[1:, : max(1, went.shape[1] // 2)].mean(axis=(0, 1))
        for of, went in sent.returns.items()
    }  # [seed], of the dominated tasks

    def more(values: np.ndarray) -> Interval:
        return bootstrap_interval(values, seed=how.seed)

    def ended(arm: str, worth: float) -> str:
        each = zip(NAMES, end[arm, worth], strict=True)
        return f"{arm}: " + ", ".join(f"{name} {more(values)}" for name, values in each)

    def gains(claim: str, paper: str, arm: str, worth: float, tasks: slice) -> Claim:
        gain = [more(one) for one in (end[arm, worth] - end[PLAIN, worth])[tasks]]
        told = ", ".join(f"{name} {one}" for name, one in zip(NAMES[tasks], gain, strict=True))
        said = f"more by: {told}; {ended(arm, worth)}; {ended(PLAIN, worth)}; {cost}"
        return Claim.above(claim, paper, said, *gain)

    worth, first = WORTHS[0], max(1, round(0.12 * sent.returns[PLAIN, WORTHS[0]].shape[1]))
    lost = more(end[PLAIN, worth][0] - end[SCHEDULED, worth][0])
    begun = [sent.returns[arm, worth][0, :first].mean(axis=0) for arm in (PLAIN, SCHEDULED)]
    later = more(half[SCHEDULED, worth] - half[UNTAUGHT, worth])
    alike, much = OTHER_WORTHS
    kept = [more(one) for one in (end[SCHEDULED, much] - end[SCHEDULED, alike] / 2)[1:]]
    told = ", ".join(f"{name} {one}" for name, one in zip(NAMES[1:], kept, strict=True))
    paper = "34 to 43 and 48 to 57: +26 and +19 %"
    dominated, every = slice(1, None), slice(None)
    of = f"one errand worth {worth:g} times the others"
    return [
        gains(
            f"{of}: a component a task, alpha from 0 to 1 after {RISES:.0%} of the training: "
            "both dominated tasks end higher than under one agent",
            paper,
            SCHEDULED,
            worth,
            dominated,
        ),
        gains(
            f"{of}, alpha by PBT from 0: both dominated tasks end higher than under one agent",
            paper,
            TUNED,
            worth,
            dominated,
        ),
        Claim.above(
            "the dominating task pays for it at the end",
            "66 to 53",
            f"less by {lost}; over the first 12 % by {more(begun[0] - begun[1])}; {cost}",
            lost,
        ),
        Claim.above(
            "the divergence: without it the dominated tasks are later",
            "whoever earns takes the responsibility, and the other is left behind",
            f"over the first half less by {later}; {ended(UNTAUGHT, worth)}; {cost}",
            later,
        ),
        gains(
            "where all errands are worth the same, none ends lower than under one agent",
            "not in the source",
            SCHEDULED,
            OTHER_WORTHS[0],
            every,
        ),
        Claim.above(
            f"one errand worth {much:g} times the others: both dominated tasks end at half or more "
            "of where they do when all are worth the same",
            "not in the source",
            f"above half by: {told}; {ended(SCHEDULED, much)}; {ended(PLAIN, much)}; {cost}",
            *kept,
        ),
    ]
