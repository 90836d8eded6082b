"""Few actions into many: four rooms are walked by unit moves, soon learned, or by 48 macro-actions,
which lead to more in the end. A mixture of both is to be as soon and to lead as far.

All that is told of an agent is what it earns alone with its last component: the exact return,
discounted, from where episodes begin. So a mixture is not credited with what its simple component
can do. Observations are standardised: of the walls and the goal, which never change, nothing is
left, and a place has weights of its own. As they are, they move all places together, and there a
transfer of any use drowns what rewards teach.

Source: Czarnecki et al. 2018, Mix & Match (arXiv 1806.01780). Frames here are those
of one agent, and what a population earns is its mean.
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
from ontogeny.claims.mix_and_match.figures import alphas, curves
from ontogeny.claims.trainings import ends, frames_to, frames_told, train
from ontogeny.claims.weighing import grow
from ontogeny.core.learner import Learner
from ontogeny.core.space import Space
from ontogeny.learners.agents.actor_critic import AgentState, actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import policy_network
from ontogeny.learners.teaching.mix_and_match import mix
from ontogeny.learners.teaching.mixed_network import Component
from ontogeny.learners.teaching.transfer import ALPHA, CURRICULUM
from ontogeny.ops.distributions.factored import FactoredCategorical, joint_actions
from ontogeny.ops.moments import standardise
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.worlds.grids.rooms import SIZE, SMALL_IN_BIG, Place, four_rooms
from ontogeny.worlds.spaces import Factored
from ontogeny.worlds.world import World

AGENT = ActorCriticConfig(
    loss="vtrace",
    hidden=(64,),
    environments=4,
    unroll=32,
    epochs=1,
    minibatches=1,
    learning_rate=2e-3,
    discount=0.97,
    normalise_observations=True,
)
TINY = {"hidden": (4,), "environments": 2, "unroll": 4}
LEVEL = 0.4  # of the return
SOONER = 1.5  # times
TRANSFER = 0.1
RISES = 0.5  # the share of the training after which a scheduled alpha is 1
IDLE = np.int32(2)  # a big action that stays where it is
SMALL, BIG = "few actions", "all actions"
SCHEDULED, TUNED, UNTAUGHT = "mixed", "mixed by PBT", "no divergence"
MASKED, HEAD, STRONG = "masked divergence", "shared head", "divergence of weight 1"
KINDS: dict[str, dict[str, Any]] = {
    UNTAUGHT: {"transfer": 0.0},
    MASKED: {"masked": True},
    HEAD: {"shared": ("torso", "policy")},
    STRONG: {"transfer": 1.0},
}


FULL, QUICK, LEAST = Budget(6, 96, 8, 6), Budget(2, 48, 16, 2), Budget(2, 2, 1, 2)


class Walks(NamedTuple):
    """How all went."""

    score: dict[str, np.ndarray]  # of each arm, [round, seed]; of PBT its populations' mean
    alpha: np.ndarray  # along the line of each population's best, [round, seed]
    frames: float  # of an agent a round


def measure(how: Measuring) -> Found:
    """Return the claims about the rooms, the arms' curves, and alpha by PBT."""
    walks = walked(how)
    rounds, seeds = walks.score[BIG].shape
    cost = f"{seeds} seeds, {rounds * walks.frames:,.0f} frames each{how.weak()}"
    drawn = [
        curves("rooms", "4 actions into 48", walks.score, walks.frames, LEVEL),
        alphas("rooms_alpha", walks.alpha, walks.frames, RISES),
    ]
    return claims_of(walks, cost, how), drawn


def walked(how: Measuring) -> Walks:
    """Return how the agents of all arms went. In a tiny look one mixture stands for all."""
    config = replace(AGENT, **how.choose({}, {}, TINY))
    seeds, rounds, updates, members = how.choose(FULL, QUICK, LEAST)
    score = {}
    for name, world in {SMALL: four_rooms("small"), BIG: four_rooms("big")}.items():
        if how.scale != "tiny":
            learner = judged(actor_critic(world, config), world, config, updates)
            score[name] = _score(learner, name, how)
    learner = mixed(config, updates, CURRICULUM)
    rises = np.minimum(1, np.arange(rounds) / (RISES * rounds))
    table = {ALPHA: np.repeat(rises[:, None], seeds, axis=1)}
    space, burn_in = Space({ALPHA: CURRICULUM}), 0
    given = (seeds, members), how.seed, burn_in, how.progress, f"{SCHEDULED} and {TUNED}"
    grown = grow(learner, space, table, *given)
    score[SCHEDULED] = grown.score[:, :seeds]
    score[TUNED] = grown.populations(grown.score).mean(axis=-1)

    def risen(done: Any) -> Any:
        return (done // updates) / (RISES * rounds)

    for name, kind in KINDS.items():
        if how.scale != "tiny":
            score[name] = _score(mixed(config, updates, risen, **kind), name, how)
    for name in (SMALL, BIG, *KINDS):  # in a tiny look
        score.setdefault(name, score[SCHEDULED])
    frames = float(updates * config.environments * config.unroll)
    return Walks(score, grown.lines(ALPHA), frames)


def _score(learner: Learner[Any], name: str, how: Measuring) -> np.ndarray:
    seeds, rounds, *_ = how.choose(FULL, QUICK, LEAST)
    return train(how, learner, seeds, rounds, 1, name, quick=True).score


def mixed(config: ActorCriticConfig, updates: int, alpha: Any, **kind: Any) -> Learner[AgentState]:
    """Return a mixture of few actions and all, judged by the latter."""
    world = four_rooms("big")
    parts = [Component(config, SMALL_IN_BIG), Component(config)]
    settings: dict[str, Any] = {"transfer": TRANSFER, "watch": 0} | kind
    policy = mix(parts, alpha, **settings)
    return judged(actor_critic(world, config, policy=policy), world, config, updates)


def judged(
    learner: Learner[AgentState], world: World, config: ActorCriticConfig, updates: int
) -> Learner[AgentState]:
    """Return the learner whose step is so many updates, and whose score is the exact return of its
    last component.
    """
    network = policy_network(world, config)

    def step(key: Any, state: AgentState, hypers: Any) -> Any:
        def one(state: AgentState, key: Any) -> Any:
            return learner.step(key, state, hypers)

        state, metrics = jax.lax.scan(one, state, jax.random.split(key, updates))
        return state, jax.tree.map(lambda x: x.mean(axis=0), metrics)

    def score(key: Any, state: AgentState, hypers: Any) -> Any:
        del key, hypers
        arrays, seen = state.network, places_seen()
        last = arrays[-1] if isinstance(arrays, tuple) else arrays
        given = seen if state.moments is None else standardise(state.moments, seen)

        def chosen(seen: Any) -> Any:
            said: Any = network.step(last, seen, ())[0].distribution
            whole = said.joint() if isinstance(said, FactoredCategorical) else said
            return jax.nn.softmax(whole.logits)

        return exact_return(jax.vmap(chosen)(given), world, config.discount)

    return Learner(learner.init, step, score)


def exact_return(policy: Any, world: World, discount: float) -> Any:
    """Return the discounted return of a policy, [place, action], the mean over the places where
    episodes begin.
    """
    space, key = world.action_space, jax.random.key(0)
    several = isinstance(space, Factored)
    actions = jnp.asarray(joint_actions(space.sizes)) if several else jnp.arange(world.n_actions)
    places = _places()
    after, came = jax.vmap(
        lambda place: jax.vmap(lambda action: world.step(key, place, action))(actions)
    )(places)
    leads = jax.nn.one_hot(after.row * SIZE + after.column, SIZE * SIZE)  # [place, action, place]
    leads *= discount * ~came.terminated[..., None]
    begins = (places.row >= 1) & (places.row < SIZE // 2)
    begins &= (places.column >= 1) & (places.column < SIZE // 2)

    pays = jnp.sum(policy * came.reward, axis=1)
    moves = jnp.einsum("pa,paq->pq", policy, leads)
    limit = world.time_limit
    value, _ = jax.lax.scan(lambda v, _: (pays + moves @ v, None), 0 * pays, None, limit)
    return jnp.sum(value * begins) / jnp.sum(begins)


def places_seen() -> Any:
    """Return what is seen at every place of the grid."""
    world, key = four_rooms("big"), jax.random.key(0)
    _, came = jax.vmap(lambda place: world.step(key, place, jnp.asarray(IDLE)))(_places())
    return came.observation


def _places() -> Place:
    row, column = (x.reshape(-1) for x in jnp.indices((SIZE, SIZE)))
    return Place(row, column, jnp.zeros_like(row))


def claims_of(walks: Walks, cost: str, how: Measuring) -> list[Claim]:
    """Return the claims about the arms."""
    score, frames = walks.score, walks.frames

    def more(values: np.ndarray) -> Interval:
        return bootstrap_interval(values, seed=how.seed)

    needed = {arm: frames_to(went, LEVEL, frames) for arm, went in score.items()}
    end = {arm: ends(went) for arm, went in score.items()}
    budget = len(score[BIG]) * frames
    to = ", ".join(f"{arm} {frames_told(each, budget)}" for arm, each in needed.items())
    to = f"frames to {LEVEL:g}: {to}"
    ended = ", ".join(f"{arm} {more(values)}" for arm, values in end.items())
    gain = {arm: more(needed[BIG] - SOONER * each) for arm, each in needed.items()}
    times = {arm: needed[BIG].mean() / each.mean() for arm, each in needed.items()}

    def sooner(arm: str, how_alpha: str) -> Claim:
        return Claim.above(
            f"few actions into many, alpha {how_alpha}: at a return of {LEVEL:g} {SOONER:g} times "
            "sooner than with all actions alone",
            "as fast as few actions at first; 1.7 to 2.4 times sooner in this project's pilot",
            f"{times[arm]:.3g} times; frames of {BIG} less {SOONER:g} times its own {gain[arm]}; "
            f"{to}; {cost}",
            gain[arm],
        )

    variants = {arm: more(needed[BIG] - needed[arm]) for arm in (MASKED, HEAD)}
    tiers = more(needed[BIG] - needed[SMALL]), more(end[BIG] - end[SMALL])
    later = more(needed[UNTAUGHT] - needed[SCHEDULED])
    first, last = (more(walks.alpha[at]) for at in (0, -1))
    return [
        Claim.above(
            "few actions are learned sooner, and all lead to more",
            "few actions ahead until half of the frames; .86 at the end, all .96",
            f"sooner by {tiers[0]} frames, more at the end by {tiers[1]}; {to}; at the end: "
            f"{ended}; {cost}",
            *tiers,
        ),
        sooner(SCHEDULED, f"from 0 to 1 after {RISES:.0%} of the training"),
        sooner(TUNED, "by PBT from 0"),
        Claim(
            "without the divergence it is not",
            "whoever earns takes the responsibility, and the other is left behind",
            f"{times[UNTAUGHT]:.3g} times sooner than {BIG}, {gain[UNTAUGHT]} as above; later than "
            f"with it by {later}; {cost}",
            f"the interval of how much later above 0, and that of {SOONER:g} times not",
            bool(later.low > 0 and gain[UNTAUGHT].low <= 0),
        ),
        Claim.above(
            "a shared head and a masked divergence are sooner than all actions alone, too",
            "both end above all actions alone: 1.20 to 1.40 and 1.05 to 1.25",
            "sooner by "
            + ", ".join(f"{arm} {each} ({times[arm]:.3g} times)" for arm, each in variants.items())
            + f"; {cost}",
            *variants.values(),
        ),
        Claim.above(
            "what the mixture leaves in the end is above few actions alone",
            "1.18 at the end, all actions .96, few .86",
            f"above {SMALL} by {more(end[SCHEDULED] - end[SMALL])}; than {BIG} more by "
            f"{more(end[SCHEDULED] - end[BIG])}; by PBT, alpha from {first} to {last}; {cost}",
            more(end[SCHEDULED] - end[SMALL]),
        ),
    ]
