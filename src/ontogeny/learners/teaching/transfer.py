"""What a mixture learns beside its rewards: the divergence that hands what the simpler components
can do to the last one; and where the curriculum over their weights stands.

With several components that of each is weighted as it is, KL(pi_i || pi_K) by w_i, which bounds
KL(pi || pi_K) from above. The last component may act for some steps beside each rollout, in a world
of its own, so that what it earns alone is known.

Source: Czarnecki et al. 2018, Mix & Match (arXiv 1806.01780).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ontogeny.core import trees
from ontogeny.core.space import Dimension, Linear
from ontogeny.learners.agents.network import Outputs, Student
from ontogeny.learners.agents.rollout import Trajectory
from ontogeny.learners.agents.terms import Term, Tunable
from ontogeny.ops.distributions.listed import Listed
from ontogeny.ops.distributions.mixture import Mixture, Switch
from ontogeny.worlds.episodes import autoreset
from ontogeny.worlds.world import World

NAME = "mix"
ALPHA = "alpha"
TRANSFER = "transfer"
CURRICULUM = Linear(0.0, 1.0, prior=(0.0, 0.05), step=0.05)
"""Where alpha begins and how it moves when a population tunes it."""
Curriculum: TypeAlias = float | Dimension | Callable[[Int[Array, ""]], Any] | tuple[float, ...]


class Scene(NamedTuple):
    """Where the last component stands in a world of its own, and what it earned."""

    world: Any
    observation: Array
    memory: Any
    total: Float[Array, ""]  # of the running episode
    last: Float[Array, ""]  # of the last that ended; of the running one before any has
    ended: Array


class MixState(NamedTuple):
    """How many updates are done, where alpha goes by them; where the last component is; and what
    each component weighed in the last rollout.
    """

    updates: Any
    scene: Any
    weights: Float[Array, " part"]


def weights_at(alpha: Curriculum, now: Any, n: int) -> Float[Array, " part"]:
    """Return what each of `n` components weighs where the curriculum stands at `now`."""
    if isinstance(alpha, tuple):
        return jnp.array(alpha)
    if n == 2:
        return jnp.stack([1 - now, now])
    return jnp.maximum(0.0, 1 - jnp.abs(now * (n - 1) - jnp.arange(n)))


def stands_at(alpha: Curriculum, hypers: Mapping[str, Any], state: MixState | None) -> Any:
    """Return where the curriculum stands. Before there is a state, where it begins."""
    if callable(alpha):
        done = jnp.int32(0) if state is None else state.updates[0]
        return jnp.clip(jnp.asarray(alpha(done), jnp.float32), 0, 1)
    if isinstance(alpha, Dimension):
        return hypers[ALPHA]
    return jnp.float32(alpha if not isinstance(alpha, tuple) else 0.0)


def transferred(
    said: Mixture | Switch, masked: bool = False, both: bool = False
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Return sum_i w_i KL(pi_i || pi_K) of the components before the last, and the plain mean of
    the divergences. Unless `both`, the simpler ones are as they are.
    """
    *simple, last = said.parts
    shares, apart = [], []
    for weight, part in zip(said.weights[:-1], simple, strict=True):
        one: Any = part if both else jax.lax.stop_gradient(part)
        kl = one.kl_within(last) if masked and isinstance(one, Listed) else one.kl(last)
        shares.append(weight * kl)
        apart.append(kl)
    return jnp.sum(jnp.stack(shares)), jnp.mean(jnp.stack(apart))


def transfer_term(
    world: World,
    n: int,
    alpha: Curriculum,
    transfer: float | Dimension,
    masked: bool,
    both: bool,
    watch: int,
) -> Term:
    """Return the divergence of `n` components as a loss that plugs in, which watches the last of
    them alone for `watch` steps a rollout; the arguments are those of `og.mix`.
    """
    hypers = {}
    if isinstance(alpha, Dimension):
        hypers[ALPHA] = Tunable(0.0, alpha)
    if isinstance(transfer, Dimension):
        hypers[TRANSFER] = Tunable(1.0, transfer)
    stepped = autoreset(world)

    def init(key: Array, memory: Any) -> MixState:
        scene: Any = ()
        if watch:
            state, observation = world.reset(key)
            zero = jnp.zeros(())
            scene = Scene(state, observation, memory, zero, zero, jnp.array(False))
        begun = jnp.int32(0) if callable(alpha) else ()
        return MixState(begun, scene, jnp.zeros(n))

    def note(state: MixState, trajectory: Trajectory, hypers: Any) -> Any:
        del trajectory
        updates = state.updates + 1 if callable(alpha) else ()
        weights = jnp.asarray(weights_at(alpha, hypers[ALPHA], n), jnp.float32)
        return state._replace(updates=updates, weights=weights), None

    def loss(outputs: Outputs, trajectory: Trajectory, notes: Any, hypers: Any) -> Any:
        del notes
        said: Any = outputs.distribution
        shares, apart = jax.vmap(lambda d: transferred(d, masked, both))(said)
        taken = trajectory.decision.action
        responsible = jax.vmap(lambda d, a: d.responsibilities(a)[-1])(
            jax.lax.stop_gradient(said), taken
        )
        metrics = {
            "kl": jnp.mean(apart),
            "responsible": jnp.mean(responsible),
            "weight": jnp.mean(said.weights[:, -1]),
        }
        weight = hypers[TRANSFER] if isinstance(transfer, Dimension) else transfer
        return weight * jnp.mean(shares), metrics

    def watch_on(key: Array, state: MixState, student: Student, hypers: Any) -> Any:
        del hypers

        def one(scene: Scene, key: Array) -> tuple[Scene, None]:
            act_key, world_key = jax.random.split(key)
            outputs, memory = student.step(scene.observation, scene.memory)
            said: Any = outputs.distribution
            action = said.parts[-1].sample(act_key)
            world_state, observation, came = stepped(world_key, scene.world, action)
            done = came.terminated | came.truncated
            total = scene.total + came.reward
            ended = scene.ended | done
            last = jnp.where(done | ~ended, total, scene.last)
            memory = trees.where(done, student.begin(), memory)
            total = jnp.where(done, 0.0, total)
            return Scene(world_state, observation, memory, total, last, ended), None

        scene, _ = jax.lax.scan(one, state.scene, jax.random.split(key, watch))
        return state._replace(scene=scene), {"last_return": scene.last}

    return Term(NAME, loss, hypers, init=init, note=note, watch=watch_on if watch else None)
