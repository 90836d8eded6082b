"""What holds of any mixture of policies: the transfer bounds how far who acts is from who remains;
its gradient parts by who is responsible, and varies less than that of a drawn component; and at
either end of the curriculum it is a plain agent, to the bit.

Mixtures are drawn at random, and means are exact sums over all actions, in float64.

Source: Czarnecki et al. 2018, Mix & Match (arXiv 1806.01780).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.core.compiling import quick_to_compile
from ontogeny.core.learner import Learner
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.teaching.mix_and_match import mix
from ontogeny.learners.teaching.mixed_network import Component
from ontogeny.learners.teaching.transfer import transferred
from ontogeny.ops.distributions.categorical import Categorical
from ontogeny.ops.distributions.listed import Listed
from ontogeny.ops.distributions.mixture import Mixture, Switch
from ontogeny.worlds.grids.rooms import BIG, SMALL_IN_BIG
from ontogeny.worlds.solved.bandits import bernoulli_bandit

MIXTURES = 500, 500, 10  # drawn of each kind
KINDS = "two", "three", "few actions and all"
WIDTH = 3.0  # standard deviation of their logits
ROUNDED = 1e-12  # what sums in float64 may be off
AGENT = ActorCriticConfig(
    loss="vtrace", hidden=(4,), environments=2, unroll=4, epochs=1, minibatches=1
)
UPDATES = 20, 20, 2  # after more the order of sums shows, which the compiler chooses


class Identities(NamedTuple):
    """How far random mixtures are from what holds of all of them."""

    slack: Any  # the transfer less the divergence that it bounds
    unequal: Any  # the slack less H(pi) - sum w_i H(pi_i)
    apart: Any  # |gradient of log pi - its parts by responsibility|, the largest
    biased: Any  # |mean gradient of a drawn component - that of the mixture|, the largest
    varies: Any  # variance of the gradient of a drawn component, less the mixture's


def measure(how: Measuring) -> Found:
    """Return the claims; they have no figure."""
    claims = of_mixtures(how)
    how.progress("random mixtures: done")
    return [*claims, *at_the_ends(how)], []


def of_mixtures(how: Measuring) -> list[Claim]:
    """Return the claims about random mixtures: of two and of three components of all actions, and
    of one that takes few of them beside one that takes all.
    """
    draws = how.choose(*MIXTURES)
    with jax.enable_x64(True):
        keys = jax.random.split(jax.random.key(how.seed), draws)
        kinds: tuple[str, ...] = KINDS[how.choose(0, 0, 2) :]

        def each(key: Any) -> list[Identities]:
            return [identities(drawn(key, kind), key) for kind in kinds]

        run = jax.jit(
            lambda keys: jax.lax.map(each, keys, batch_size=10),
            compiler_options=quick_to_compile(),
        )
        each_kind = zip(kinds, jax.device_get(run(keys)), strict=True)
        found: dict[str, Identities] = dict(each_kind)
    return claims_of(found, f"{draws:,} random mixtures of each kind{how.weak()}")


def drawn(key: Any, kind: str) -> Mixture:
    """Return a random mixture over the actions of the rooms."""
    n_parts = 3 if kind == "three" else 2
    logits_key, share_key = jax.random.split(key)
    logits = WIDTH * jax.random.normal(logits_key, (n_parts, len(BIG)), float)
    shares = jax.nn.softmax(jax.random.normal(share_key, (n_parts,), float))
    parts: list[Any] = [Categorical(one) for one in logits]
    if kind == "few actions and all":
        few = jnp.asarray(SMALL_IN_BIG)
        parts[0] = Listed(logits[0][few], SMALL_IN_BIG, (len(BIG),))
    return Mixture(shares, tuple(parts))


def identities(mixture: Mixture, key: Any) -> Identities:
    """Return what was found of one mixture. The policy's gradient is of actions that earn at
    random.
    """
    shares, parts = mixture
    of_parts = jnp.stack([part.entropy() for part in parts])
    slack = transferred(mixture)[0] - mixture.kl(parts[-1])
    mixing = mixture.entropy() - jnp.sum(shares * of_parts)

    actions = jnp.arange(len(BIG))
    earned = jax.random.normal(jax.random.fold_in(key, 1), (len(BIG), 1), float)

    def of_all(given: Any) -> Any:
        return jax.vmap(Mixture(shares, given).log_probability)(actions)

    def of_one(given: Any, part: int) -> Any:
        by_it = jnp.stack([jnp.full_like(actions, part), actions], axis=1)
        return jax.vmap(Switch(shares, given).log_probability)(by_it)

    def gradients(of: Any, *args: Any) -> Any:  # [action, logit]
        return jnp.concatenate(jax.tree.leaves(jax.jacobian(of)(parts, *args)), axis=1)

    whole = gradients(of_all)
    single = jnp.stack([gradients(of_one, part) for part in range(len(parts))])
    responsible = jax.vmap(mixture.responsibilities)(actions).T[:, :, None]  # [part, action, 1]
    p = jnp.exp(of_all(parts))[:, None]
    mean, spread = (jnp.sum(p * (earned * whole) ** n, axis=0) for n in (1, 2))
    mean_drawn, spread_drawn = (
        jnp.sum(p * responsible * (earned * single) ** n, axis=(0, 1)) for n in (1, 2)
    )
    return Identities(
        slack,
        jnp.abs(slack - mixing),
        jnp.max(jnp.abs(jnp.sum(responsible * single, axis=0) - whole)),
        jnp.max(jnp.abs(mean_drawn - mean)),
        jnp.sum(spread_drawn - spread) / jnp.sum(spread - mean**2),  # their means are equal
    )


def claims_of(found: Mapping[str, Identities], cost: str) -> list[Claim]:
    """Return the claims, given what was found of each kind of mixture, an array each."""

    def told(name: str, pick: Any) -> tuple[str, list[float]]:
        values = {kind: float(pick(getattr(one, name))) for kind, one in found.items()}
        return ", ".join(f"{kind} {x:.2g}" for kind, x in values.items()), list(values.values())

    slack, least = told("slack", np.min)
    unequal, off = told("unequal", np.max)
    apart, parted = told("apart", np.max)
    biased, bias = told("biased", np.max)
    more, added = told("varies", np.median)
    added_least = min(float(np.min(one.varies)) for one in found.values())
    return [
        Claim(
            "the transfer bounds from above how far who acts is from who remains",
            "L_mm >= KL(pi_mm || pi_2), by the concavity of entropy",
            f"least slack: {slack} nats; it is H(pi) - sum w_i H(pi_i) but for {unequal}; {cost}",
            f"no slack below -{ROUNDED:g}, and the entropies' within {ROUNDED:g} of it",
            min(least) >= -ROUNDED and max(off) <= ROUNDED,
        ),
        Claim(
            "the mixture's gradient parts by who is responsible for the action",
            "whoever earns takes the responsibility, and the other's gradient vanishes",
            f"largest difference of d log pi from sum r_i d log pi_i: {apart}; {cost}",
            f"below {ROUNDED:g}",
            max(parted) < ROUNDED,
        ),
        Claim(
            "learning from who was drawn has the mixture's mean gradient, and varies more",
            "the same in expectation, the explicit mixture with lower variance",
            f"largest difference of the means: {biased}; variance more by a share of (medians) "
            f"{more}, least {added_least:.2g}; {cost}",
            f"means within {ROUNDED:g}, and no mixture whose variance is not lower",
            max(bias) < ROUNDED and added_least > 0 and min(added) > 0,
        ),
    ]


def at_the_ends(how: Measuring) -> list[Claim]:
    """Return the claims about alpha = 1 and alpha = 0, of agents that choose among three arms."""
    world = bernoulli_bandit([(1, 1)] * 3, horizon=4).world
    few, whole = Component(AGENT, (0, 2)), Component(AGENT)
    given = how.choose(*UPDATES), how.seed
    two = mix([few, whole], watch=how.choose(4, 4, 0))
    tuned = after(actor_critic(world, AGENT, policy=two), {"alpha": jnp.float32(1)}, *given)
    last = tuned.network[-1]
    plain = how.unless_tiny(lambda: after(actor_critic(world, AGENT), {}, *given).network, last)
    bits = same_bits(last, plain)

    remembers = replace(AGENT, core="gru", core_units=4)
    ends = [whole, Component(remembers)]
    alone = {0.0: AGENT, 1.0: remembers}

    def alike(alpha: float) -> bool:
        mixture = actor_critic(world, alone[alpha], policy=mix(ends, alpha, shared=(), transfer=0))
        return program(actor_critic(world, alone[alpha])) == program(mixture)

    same = list(how.of_each(alone, alike, (0.0,)).values())
    how.progress("agents at the ends: done")
    return [
        Claim(
            "at a tuned alpha of 1 the last component learns as the plain agent does, to the bit",
            "the curriculum ends with the last agent alone",
            f"{bits:.2%} of the numbers are equal after {given[0]} updates of V-trace{how.weak()}",
            "all of them",
            bits == 1,
        ),
        Claim(
            "fixed at either end and without transfer, a mixture is the plain agent's program",
            "alpha = 0 is the first agent alone, alpha = 1 the last",
            f"the same program at alpha 0: {same[0]}; at alpha 1: {same[1]}",
            "both, letter by letter",
            all(same),
        ),
    ]


def after(learner: Learner[Any], hypers: Mapping[str, Any], updates: int, seed: int) -> Any:
    """Return the learner's state after so many updates."""

    def lived(key: Any) -> Any:
        state = learner.init(key, hypers)
        keys = jax.random.split(key, updates)
        return jax.lax.scan(lambda s, k: (learner.step(k, s, hypers)[0], None), state, keys)[0]

    # the key is an argument: of a constant the compiler would compute all by itself, and slowly
    return jax.jit(lived, compiler_options=quick_to_compile())(jax.random.key(seed))


def program(learner: Learner[Any]) -> str:
    """Return one step of the learner, as it is traced."""
    key = jax.random.key(0)
    return str(jax.make_jaxpr(learner.step)(key, jax.eval_shape(learner.init, key, {}), {}))


def same_bits(one: Any, other: Any) -> float:
    """Return the share of the numbers of two trees that are equal."""
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return float(np.concatenate([np.ravel(a == b) for a, b in pairs]).mean())
