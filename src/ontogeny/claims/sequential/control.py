"""The claims about control: rewards alone, over tasks from a prior, give a Bayes-optimal explorer.

In five worlds whose exact optimum is known, agents with memory are trained by actor-critic from
nothing; what is claimed is the return of their likeliest actions. In the first, one arm is known
and one is not, so that exploring costs at first and pays later: there two critics are compared (one
knows the task and adds up expected rewards; the plain one knows the history and adds up what was
paid), each with much entropy at first and with little.

Source: Ortega et al. 2019 (arXiv 1905.03030); the thresholds are this project's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.sequential.figures import draw_learning, draw_returns
from ontogeny.claims.sequential.prediction import SETTINGS
from ontogeny.claims.trainings import Trained, still
from ontogeny.core.space import Log, Space
from ontogeny.learners.sequential.config import ControlConfig
from ontogeny.learners.sequential.controller import controller
from ontogeny.learners.sequential.visits import belief_policy, played, visits
from ontogeny.ops.bayes.machines import expected_rewards
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.bandits import Bandit, Name
from ontogeny.recipes.portraits.bandits import exact_rewards, rewards_portrait
from ontogeny.runtime.executor import Job
from ontogeny.runtime.vectorised import Vectorised
from ontogeny.views.figure import Figure
from ontogeny.worlds.solved.solved_world import Solved

PAPER = "the optimum of the expected return over tasks is the Bayes-adaptive policy"
Critic: TypeAlias = Literal["privileged", "plain"]
POLICIES = ("oracle", "optimal", "greedy", "thompson", "random")
LITTLE = 0.01  # an entropy cost that is common in actor-critics
# For a full, a quick and a tiny look:
SEEDS = (4, 2, 2)
ROUNDS = (10, 10, 2)
EPISODES = (2**15, 2**15, 2**8)  # of each network, to average it by state


class Study(NamedTuple):
    """A world, how long is trained in it, and what still holds."""

    world: Name
    horizon: int
    updates: int
    least: float  # of the return, as a fraction of the optimum


class Grown(NamedTuple):
    """Some trainings in a world."""

    limits: dict[str, float]
    trained: Trained
    rewards: np.ndarray  # [seed, time], expected, of the likeliest actions


def studies(how: Measuring) -> list[Study]:
    """Return the worlds of the claims; the first, which both critics see, has a rule of its own.

    A quick look stays in it, for half the updates, and a tiny one too, for what costs time there is
    to compile each.
    """
    full = [
        Study("known-arm", 20, 1000, 12.95 / 12.99014),
        Study("two-arms", 20, 1000, 0.98),
        Study("mirrored", 20, 1000, 0.98),
        Study("gaussian", 20, 1000, 0.98),
        Study("hidden-goal", 15, 1000, 0.98),
    ]
    return how.choose(
        full,
        [study._replace(updates=study.updates // 2) for study in full[:1]],
        [study._replace(horizon=4, updates=4) for study in full[:1]],
    )


def measure(how: Measuring) -> Found:
    """Return a claim a world, two about what the training needs, and three figures. Only a full
    look has the plain critic.
    """
    known, *others = studies(how)
    costs = (ControlConfig().entropy_cost, LITTLE)
    agents: dict[str, Grown] = {}
    critics: tuple[Critic, ...] = ("privileged", "plain")
    for critic in how.choose(critics, critics[:1], critics[:1]):
        found = _grow(known, critic, costs, how)
        agents |= {f"{critic} critic, entropy {c:g}": g for c, g in zip(costs, found, strict=True)}
    own, own_little, *plain = agents.values()
    grown = {known.world: own}
    for study in others:
        (grown[study.world],) = _grow(study, "privileged", costs[:1], how)
    claims = [
        return_claim(known, own, how),
        *(return_claim(known, one, how, "a plain critic will do, ") for one in plain[:1]),
        entropy_claim([own_little, *plain[1:]], how),
        *(return_claim(study, grown[study.world], how) for study in others),
    ]
    shown: dict[str, Grown] = {"network": own, "little entropy": own_little}
    return claims, [
        learning_portrait(agents),
        known_arm_portrait(known, shown),
        returns_portrait(grown),
    ]


def _grow(study: Study, critic: Critic, costs: Sequence[float], how: Measuring) -> list[Grown]:
    """Return what became of some agents for each entropy cost, all trained by one program."""
    recipe = Bandit(world=study.world, horizon=study.horizon)
    rewards = "expected" if critic == "privileged" else "paid"
    settings = {"critic": critic, "rewards": rewards, **how.choose(*SETTINGS)}
    training = replace(recipe.training, updates=study.updates, **settings)
    solved, updates = recipe.solved(), study.updates
    seeds, rounds = how.choose(*SEEDS), how.choose(*ROUNDS)
    space = Space({"entropy_cost": Log(1e-3, 1.0)})
    hypers = {"entropy_cost": jnp.repeat(jnp.array(costs, jnp.float32), seeds)}
    size = seeds * len(costs)
    learner = controller(solved, training)
    moves = still()
    job = Job(learner, space, moves, how.seed, size, rounds, updates // rounds, hypers)
    how.progress(f"control, {study.world}, {critic} critic: {size} agents, {updates:,} updates")
    lived = list(Vectorised().prepare(job).rounds())
    score = np.stack([one.score for one in lived])
    network = jax.tree.map(jnp.asarray, lived[-1].snapshot().population.state.network)
    earned = _rewards_of(solved, training, network, how)
    told = ", ".join(f"{value:.2f}" for value in earned.sum(axis=1))
    done = job.steps * np.arange(1, rounds + 1)
    seconds = np.cumsum([one.seconds for one in lived])
    how.progress(f"control, {study.world}, {critic} critic: {seconds[-1]:.0f} s, returns {told}")
    limits = solved.limits()
    parts = [slice(first, first + seeds) for first in range(0, size, seeds)]
    return [Grown(limits, Trained(None, score[:, s], done, seconds, {}), earned[s]) for s in parts]


def _rewards_of(
    solved: Solved, training: ControlConfig, network: Any, how: Measuring
) -> np.ndarray:
    """Return the expected rewards of the likeliest actions, [network, time]."""
    key, episodes = jax.random.fold_in(jax.random.key(how.seed), 1), how.choose(*EPISODES)
    if solved.machine is None:
        # No states to average by, so 4 times as many, and
        # less the best arm, whose own average is known exactly: the luck of the draw falls out.
        mean = played(solved, training.core, network, key, 4 * episodes, "greedy")
        lost = np.asarray(mean.earned - mean.best, np.float64)
        return lost + solved.limits()["oracle"] / lost.shape[1]
    machine = solved.machine()
    found = visits(solved, training.core, network, key, episodes, "greedy")
    return np.stack([expected_rewards(machine, belief_policy(machine, one)) for one in found])


def return_claim(study: Study, grown: Grown, how: Measuring, kind: str = "") -> Claim:
    """Return whether the return in a world is near the optimum."""
    exact = grown.limits
    found = bootstrap_interval(grown.rewards.sum(axis=1), seed=how.seed)
    least = study.least * exact["optimal"]
    others = ", ".join(f"{name} {exact[name]:.3f}" for name in POLICIES if name != "optimal")
    return Claim(
        claim=f"control, {study.world}: {kind}the agent explores as Bayes does: "
        f"{exact['optimal']:.3f} over T = {study.horizon}",
        paper=PAPER,
        measured=f"expected return {found}, {found.value / exact['optimal']:.2%} of the optimum "
        f"({others}); {_effort(grown.trained)}{how.weak()}",
        threshold=f"the interval at least {least:.2f} ({study.least:.1%} of the optimum)",
        holds=bool(found.low >= least),
    )


def entropy_claim(little: Sequence[Grown], how: Measuring) -> Claim:
    """Return whether critics with little entropy, the privileged one first, all stay greedy."""
    limits = little[0].limits
    middle = (limits["greedy"] + limits["optimal"]) / 2
    found = [bootstrap_interval(one.rewards.sum(axis=1), seed=how.seed) for one in little]
    names = ("privileged", "plain")
    return Claim(
        claim=f"control, known-arm: with an entropy cost of {LITTLE:g} no critic finds out that "
        "exploring pays",
        paper="not in the paper: what the training needs",
        measured="expected return "
        + ", ".join(f"{i} ({name} critic)" for name, i in zip(names, found, strict=False))
        + f"; greedy {limits['greedy']:.3f}; {_effort(little[0].trained)}{how.weak()}",
        threshold=f"every interval below {middle:.2f}, half way from greedy to the optimum",
        holds=bool(max(interval.high for interval in found) < middle),
    )


def _effort(trained: Trained) -> str:
    seeds = trained.score.shape[1]
    return f"{seeds} agents, {trained.updates[-1]:,} updates in {trained.seconds[-1]:.0f} s"


def learning_portrait(agents: dict[str, Grown]) -> Figure:
    """Return the figure of what each critic's agents earn while they train."""
    one = next(iter(agents.values()))
    return Figure(
        "control_learning",
        "One known arm, one unknown: the return of the likeliest actions while the agents train "
        "(a line the mean, a dot a seed, on fresh tasks each time), and exact returns.",
        {name: grown.trained.score for name, grown in agents.items()}
        | {"updates": one.trained.updates}
        | {f"exact {name}": np.array(one.limits[name]) for name in POLICIES},
        {"curves": list(agents), "levels": list(POLICIES)},
        draw_learning,
    )


def known_arm_portrait(study: Study, agents: dict[str, Grown]) -> Figure:
    """Return the figure of rewards step by step in the first world."""
    solved: Solved = Bandit(world=study.world, horizon=study.horizon).solved()
    assert solved.machine is not None
    return rewards_portrait(
        "control_rewards",
        "One known arm, one unknown: expected reward of each pull. The optimum pays at first to "
        "learn, and earns more later.",
        exact_rewards(solved, solved.machine()),
        {name: grown.rewards for name, grown in agents.items()},
    )


def returns_portrait(grown: dict[str, Grown]) -> Figure:
    """Return the figure of the returns in every world, by its name."""
    return Figure(
        "control_returns",
        "Return in every world as a fraction of the exact optimum (random play is 0, the optimum "
        "1): a dot a seed, and the exact policies.",
        {name: one.rewards.sum(axis=1) for name, one in grown.items()}
        | {
            f"{name} {policy}": np.array(one.limits[policy])
            for name, one in grown.items()
            for policy in POLICIES
        },
        {"worlds": list(grown), "policies": list(POLICIES)},
        draw_returns,
    )
